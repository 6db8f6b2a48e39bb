//! 手册 · the handbook: written pages of `api/docs`, and pages printed from the program's own tables, so that they cannot
//! tell another story. Served at `/docs`; `minzheng handbook --write api/docs` prints the latter, and a test compares.

use std::fmt::Write as _;

use minzheng_guard::table::{COMMAND_WEIGHT, COUNT_WEIGHT};
use minzheng_guard::{Each, Limits};
use minzheng_kernel::{Level, viewer::Rights as _};
use minzheng_rules::machine::MACHINES;
use pulldown_cmark::{Options, Parser, html};

use crate::config::Config;
use crate::exchange::kind::kinds;
use crate::exchange::sheet::CellKind;
use crate::figures::indicator;
use crate::graphql::codes;
use crate::graphql::prices::PRICES;
use crate::policy::{AGGREGATES, COMMANDS, LINES, POLICY, ROLES, ScopeKind, figure_right};

/// 中文 or English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// 中文
    Zh,
    /// English
    En,
}

impl Tongue {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Folder and part of the address.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// One page.
pub struct Page {
    /// Name of the file and part of the address.
    pub name: &'static str,
    /// 标题
    pub zh: &'static str,
    /// Title
    pub en: &'static str,
    text: Text,
}

enum Text {
    Written(&'static str, &'static str),
    Printed(fn(Tongue) -> String),
}

macro_rules! written {
    ($name:literal, $zh:literal, $en:literal) => {
        Page {
            name: $name,
            zh: $zh,
            en: $en,
            text: Text::Written(
                include_str!(concat!("../docs/zh/", $name, ".md")),
                include_str!(concat!("../docs/en/", $name, ".md")),
            ),
        }
    };
}

const fn printed(name: &'static str, zh: &'static str, en: &'static str, text: fn(Tongue) -> String) -> Page {
    Page { name, zh, en, text: Text::Printed(text) }
}

/// All pages, in the order of reading.
pub const PAGES: &[Page] = &[
    written!("concepts", "概念", "Concepts"),
    written!("api", "接口", "The API"),
    printed("limits", "限额", "Limits", limits),
    written!("import", "导入与导出", "Import and export"),
    printed("sheets", "花名册", "Sheets", sheets),
    printed("roles", "岗位与权限", "Roles and rights", roles),
    printed("states", "状态与步骤", "States and steps", states),
    printed("figures", "指标", "Figures", figures),
    written!("report", "定期报告", "Periodic reports"),
    printed("codes", "代码表", "Code lists", code_lists),
    written!("screen", "大屏", "The big screen"),
    written!("operations", "运行", "Operations"),
    written!("security", "安全承诺", "What is promised"),
    written!("changes", "变更记录", "Change log"),
];

impl Page {
    /// Whether it is printed from the program's tables.
    pub fn is_printed(&self) -> bool {
        matches!(self.text, Text::Printed(_))
    }

    /// Its text, as Markdown.
    pub fn markdown(&self, tongue: Tongue) -> String {
        match &self.text {
            Text::Written(zh, en) => tongue.pick(zh, en).to_owned(),
            Text::Printed(print) => print(tongue),
        }
    }

    /// The page as a browser shows it, with the list of all pages beside it.
    pub fn html(&self, tongue: Tongue) -> String {
        let mut body = String::new();
        let text = self.markdown(tongue);
        html::push_html(&mut body, Parser::new_ext(&text, Options::ENABLE_TABLES));
        let mut pages = String::new();
        for page in PAGES {
            let here = if page.name == self.name { " aria-current=\"page\"" } else { "" };
            let title = tongue.pick(page.zh, page.en);
            let _ = write!(pages, "<a href=\"../{}/{}\"{here}>{title}</a>", tongue.code(), page.name);
        }
        let (other, label) = match tongue {
            Tongue::Zh => (Tongue::En, "English"),
            Tongue::En => (Tongue::Zh, "中文"),
        };
        let title = tongue.pick(self.zh, self.en);
        format!(
            "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title} · minzheng</title><style>{STYLE}</style>\
             <nav>{pages}<a href=\"../{}/{}\">{label}</a></nav><main>{body}</main></html>",
            tongue.pick("zh-CN", "en"),
            other.code(),
            self.name
        )
    }
}

const STYLE: &str = "body{font:16px/1.65 system-ui,'Noto Sans CJK SC',sans-serif;margin:0;display:flex;color:#1c2733}\
nav{flex:0 0 12rem;padding:1.5rem 1rem;background:#f3f6f9;min-height:100vh;box-sizing:border-box}\
nav a{display:block;padding:.3rem .5rem;color:#234;text-decoration:none;border-radius:4px}\
nav a[aria-current]{background:#1f5f99;color:#fff}main{padding:1rem 2.5rem;max-width:70rem;overflow-x:auto}\
table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #cfd8e0;padding:.3rem .6rem;text-align:left;\
vertical-align:top}th{background:#eef2f6}code,pre{background:#f3f6f9;border-radius:4px}code{padding:.1rem .3rem}\
pre{padding:.8rem;overflow-x:auto}pre code{padding:0}@media(max-width:50rem){body{display:block}nav{min-height:0}}";

/// A page by its name.
pub fn find(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.name == name)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn limits(tongue: Tongue) -> String {
    let of = Limits::default();
    let rows: [(&str, &str, u64); 13] = [
        ("请求体（字节）", "bytes of a request's body", of.body_bytes),
        ("文档（字节）", "bytes of a document", of.document_bytes),
        ("词法单元", "lexical tokens of a document", of.tokens),
        ("括号嵌套", "brackets within brackets", of.nesting),
        ("字段嵌套（含片段）", "fields within fields, through fragments", of.depth),
        ("选择数（片段展开后）", "selections with every fragment written out", of.fields),
        ("别名", "aliases", of.aliases),
        ("根字段", "fields of the root", of.root_fields),
        ("指令", "directives", of.directives),
        ("变量", "variables", of.variables),
        ("参数值（展开后）", "size of all argument values", of.values),
        ("每页行数", "rows of a page", of.page),
        ("费用", "price of an operation", of.cost),
    ];
    let mut text = tongue
        .pick(
            "# 限额\n\n每个请求先过这些限额，超过即拒绝（TOO_EXPENSIVE）。费用为各字段之和，列表乘以每页行数；每个回答的 \
             `extensions.cost` 给出本次费用与上限。\n\n| 限额 | 值 |\n|---|---|\n",
            "# Limits\n\nA request passes these before it is run; beyond one it is refused (TOO_EXPENSIVE). The price is the \
             sum of the fields, a list multiplies by its page; each answer tells the price and the limit in \
             `extensions.cost`.\n\n| limit | value |\n|---|---|\n",
        )
        .to_owned();
    for (zh, en, value) in rows {
        let _ = writeln!(text, "| {} | {value} |", tongue.pick(zh, en));
    }
    let usual = Config::default();
    text += tongue.pick(
        "\n## 费用\n\n字段为 1，另有：\n\n| 字段 | 费用 |\n|---|---|\n",
        "\n## Prices\n\nA field costs 1, but:\n\n| field | price |\n|---|---|\n",
    );
    let _ = writeln!(text, "| {} | {COMMAND_WEIGHT} |", tongue.pick("变更", "a change"));
    let _ = writeln!(text, "| {} | {COUNT_WEIGHT} |", tongue.pick("列表的 `totalCount`", "`totalCount` of a list"));
    for (field, price) in PRICES {
        if let Some(Each { path, weight }) = price.each {
            let own = price.weight.unwrap_or(COMMAND_WEIGHT);
            let path = path.join(".");
            let each = tongue.pick("每条", "for each of");
            let _ = writeln!(text, "| `{field}` | {own} + {weight} {each} `{path}` |");
        } else if let Some(weight) = price.weight {
            let _ = writeln!(text, "| `{field}` | {weight} |");
        }
    }
    let (seconds, most) = (usual.time_limit, usual.statements_per_request);
    let (work, statements) = (usual.work_per_account, usual.statements_per_account);
    let _ = match tongue {
        Tongue::Zh => write!(
            text,
            "\n## 运行\n\n一次请求至多运行 {seconds} 秒，到时放弃（UNAVAILABLE），其数据库查询随即取消；变更不中断。查询至多发出 {most} 次\
             数据库查询，超过即放弃（TOO_EXPENSIVE）。`verifyAudit` 可运行 600 秒，须单独请求。\n\n运行用时（处理器和数据库）和数据库查询次数\
             记在账户名下，未登录的记在地址名下：每秒 {work} 毫秒和 {statements} 次，可积存一分钟；用完后暂不受理（RATE_LIMITED），至多一分钟。\
             同一账户或地址同时只占用一部分读取连接，其余留给别人。\n"
        ),
        Tongue::En => write!(
            text,
            "\n## Running\n\nA request runs for at most {seconds} seconds and is given up then (UNAVAILABLE); its statements are \
             ended in the database. Changes are not cut off. A query sends at most {most} statements; beyond that it is given \
             up (TOO_EXPENSIVE). `verifyAudit` may run for 600 seconds and is asked for alone.\n\nTime (of processor and \
             database) and statements are charged to the account, without a token to the address: {work} milliseconds and \
             {statements} statements a second, of which a minute's worth is saved. Who has used them up waits (RATE_LIMITED), \
             for a minute at most. One account or address uses only some of the connections for reading at a time; the others \
             are left for others.\n"
        ),
    };
    text
}

fn sheets(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 花名册\n\n表头次序不限；“可缺”的表头和单元格可以没有。\n",
            "# Sheets\n\nHeaders stand in any order; those marked optional may be missing, as may their cells.\n",
        )
        .to_owned();
    for kind in kinds() {
        let _ = write!(
            text,
            "\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|\n",
            kind.name,
            tongue.pick("表头", "header"),
            tongue.pick("内容", "content"),
            tongue.pick("可缺", "optional"),
            tongue.pick("别名", "synonyms")
        );
        for column in (kind.layout)().columns {
            let content = match &column.kind {
                CellKind::Choice(list) => list.join(tongue.pick("、", ", ")),
                CellKind::Text => tongue.pick("文字", "text").to_owned(),
                CellKind::Place => tongue
                    .pick("区划代码，或另列“镇街”“村居”写名称", "a division's code, or names in columns 镇街 and 村居")
                    .to_owned(),
                CellKind::Id => tongue.pick("编号或代码", "a number or code").to_owned(),
                CellKind::List => tongue.pick("几个值，用；分开", "several, set apart by ;").to_owned(),
                CellKind::Date => tongue.pick("日期 2023-06-30", "a date, 2023-06-30").to_owned(),
                CellKind::Month => tongue.pick("月份 2023-06", "a month, 2023-06").to_owned(),
                CellKind::MonthRange => tongue.pick("月份或 2023-01~2023-03", "a month or 2023-01~2023-03").to_owned(),
                CellKind::DateTime => tongue.pick("时间 2023-06-30 08:30", "a time, 2023-06-30 08:30").to_owned(),
                CellKind::Money => tongue.pick("金额（元）", "yuan").to_owned(),
                CellKind::Integer => tongue.pick("整数", "a whole number").to_owned(),
                CellKind::Decimal => tongue.pick("数字", "a number").to_owned(),
                CellKind::YesNo => tongue.pick("是、否", "是 or 否").to_owned(),
            };
            let optional = if column.required { "" } else { tongue.pick("可缺", "yes") };
            let _ = writeln!(
                text,
                "| {} | {} | {optional} | {} |",
                cell(&column.header),
                cell(&content),
                cell(&column.synonyms.join(tongue.pick("、", ", ")))
            );
        }
    }
    text
}

fn roles(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 岗位与权限\n\n由权限表打印。记录一栏：全文（工作人员须写明用途）、脱敏、仅合计；空白为看不到。\n\n## 岗位\n\n| 岗位 | 名称 | 范围 | 指标 |\n|---|---|---|---|\n",
            "# Roles and rights\n\nPrinted from the table of rights. Of records: full (staff say for what), masked, only in sums; empty: nothing.\n\n## Roles\n\n| role | name | scope | figures |\n|---|---|---|---|\n",
        )
        .to_owned();
    for role in ROLES {
        let scope = match role.scope {
            ScopeKind::None => tongue.pick("无", "none"),
            ScopeKind::Division => tongue.pick("区划", "division"),
            ScopeKind::Organisation => tongue.pick("机构或组织", "organisation"),
            ScopeKind::Person => tongue.pick("本人", "person"),
        };
        let figures = format!("{:?}", figure_right(role.code));
        let _ = writeln!(text, "| `{}` | {} | {scope} | {figures} |", role.code, role.zh);
    }
    text.push_str(tongue.pick(
        "\n## 记录\n\n写明业务线的审批人和平台只及该线的记录和指令，其他线的如同没有。\n\n| 记录 |",
        "\n## Records\n\nA grant of APPROVER or PLATFORM that names a line reaches records and commands of that line only.\n\n| record |",
    ));
    // One column a role; an officer has one for each line.
    let mut columns: Vec<(String, &str, Option<&str>)> = Vec::new();
    for role in ROLES {
        if role.code == "BUSINESS_OFFICER" {
            columns.extend(LINES.iter().map(|line| (format!("OFFICER {line}"), role.code, Some(*line))));
        } else {
            columns.push((role.code.to_owned(), role.code, None));
        }
    }
    for (name, ..) in &columns {
        let _ = write!(text, " {} |", name.replace('_', " "));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(columns.len()));
    text.push('\n');
    for (aggregate, _) in AGGREGATES {
        let _ = write!(text, "| `{aggregate}` |");
        for (_, role, line) in &columns {
            let level = match POLICY.level(role, *line, aggregate) {
                Level::Full => tongue.pick("全文", "full"),
                Level::Masked => tongue.pick("脱敏", "masked"),
                Level::Counts => tongue.pick("合计", "sums"),
                Level::None => "",
            };
            let only = POLICY.only(role, aggregate).map(|(column, value)| format!(" ({column} = {value})"));
            let _ = write!(text, " {level}{} |", only.unwrap_or_default());
        }
        text.push('\n');
    }
    text.push_str(
        tongue.pick("\n## 指令\n\n| 指令 | 岗位 |\n|---|---|\n", "\n## Commands\n\n| command | roles |\n|---|---|\n"),
    );
    for (command, roles) in COMMANDS {
        let _ = writeln!(text, "| `{command}` | {} |", roles.join(" "));
    }
    text
}

fn states(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 状态与步骤\n\n由状态机打印：在哪个状态可用哪条指令、由谁、须记录什么、哪些步骤须由另一账户办理。\n",
            "# States and steps\n\nPrinted from the machines: which command leads from which state where, who gives it, what is recorded with it, \
             and which steps another account must have taken.\n",
        )
        .to_owned();
    for machine in MACHINES {
        let _ = write!(text, "\n## {}\n\n```mermaid\nstateDiagram-v2\n", machine.aggregate);
        for step in machine.steps {
            let from: &[&str] = if step.from.is_empty() { &["[*]"] } else { step.from };
            for from in from {
                let _ = writeln!(text, "    {from} --> {}: {}", step.next, step.command);
            }
        }
        text.push_str("```\n\n");
        text.push_str(tongue.pick(
            "| 状态 | 指令 | 到 | 岗位 | 须记录 | 须由另一账户办理 | 时限（工作日） |\n|---|---|---|---|---|---|---|\n",
            "| state | command | to | roles | recorded | another account than | working days |\n|---|---|---|---|---|---|---|\n",
        ));
        for step in machine.steps {
            let from =
                if step.from.is_empty() { tongue.pick("（新）", "(new)").to_owned() } else { step.from.join(" ") };
            let _ = writeln!(
                text,
                "| {from} | `{}` | {} | {} | {} | {} | {} |",
                step.command,
                step.next,
                step.roles.join(" "),
                step.record.join(" "),
                step.not_by.join(" "),
                step.days.map(|days| days.to_string()).unwrap_or_default()
            );
        }
    }
    text
}

fn figures(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 指标\n\n由指标定义打印。“待接入”的指标还没有数据来源，没有数值，显示“—”，不是零；本区从未上报过的也一样。百分比的环比、同比为百分点。\n\n| 编码 | 名称 | 单位 | 类型 | 条目 | 口径 | 分母 |\n|---|---|---|---|---|---|---|\n",
            "# Figures\n\nPrinted from the definitions. One that nothing feeds yet, or that the district never reported, has no value and shows “—”, never zero. Percentages are compared in points.\n\n| code | name | unit | kind | clause | what counts | denominator |\n|---|---|---|---|---|---|---|\n",
        )
        .to_owned();
    for of in indicator::all() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {}{} | {} | {} | {} |",
            of.code,
            tongue.pick(of.zh, of.en),
            of.unit,
            of.kind.code(),
            if of.fed() { "" } else { tongue.pick("（待接入）", " (not fed)") },
            of.clause,
            cell(tongue.pick(of.words_zh, of.words_en)),
            of.denominator.map_or("", |(zh, en)| tongue.pick(zh, en))
        );
    }
    text.push_str(tongue.pick(
        "\n## 口径参数\n\n写在花名册 `policies` 里，按地方和日期；改动后有关指标全部重算。`target.编码` 为该指标的目标。\n\n| 参数 | 名称 | 全国默认 | 依据 |\n|---|---|---|---|\n",
        "\n## Parameters\n\nThey stand in the sheet `policies`, by place and date; after a change the figures concerned are counted again whole. `target.CODE` is the target of a figure.\n\n| parameter | name | default | source |\n|---|---|---|---|\n",
    ));
    for of in minzheng_rules::figures::PARAMETERS {
        for held in minzheng_rules::figures::national(of.name) {
            let _ = writeln!(
                text,
                "| `{}` | {} | `{}` | {} |",
                of.name,
                cell(tongue.pick(of.zh, of.en)),
                held.value,
                cell(held.source)
            );
        }
    }
    text
}

fn code_lists(tongue: Tongue) -> String {
    let mut text = tongue.pick("# 代码表\n", "# Code lists\n").to_owned();
    for (name, list) in codes::all() {
        let _ = write!(
            text,
            "\n## {name}\n\n| {} | {} | {} |\n|---|---|---|\n",
            tongue.pick("代码", "code"),
            tongue.pick("名称", "Chinese"),
            tongue.pick("英文", "English")
        );
        for entry in list {
            let _ = writeln!(text, "| `{}` | {} | {} |", entry.code, entry.zh, entry.en);
        }
    }
    text
}
