//! The pages that are printed from the program's own tables.

use std::fmt::Write as _;

use minzheng_exchange::kind::kinds;
use minzheng_figures::indicator;
use minzheng_ground::policy::{
    AGGREGATES, FigureRight, Kind, LINES, MEMBER_ROLE, POLICY, ROLES, SETUP_ROLE, ScopeKind, figure_right, roles_of,
};
use minzheng_kernel::Level;
use minzheng_kernel::viewer::{PUBLIC_ROLE, Rights as _};
use minzheng_rules::machine::MACHINES;
use minzheng_sheet::CellKind;

use super::Tongue;
use crate::schema::{codes as lists, mutations, names};

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Sheets.
pub fn sheets(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 花名册\n\n本页由程序自动生成。表头次序不限；“可缺”的表头和单元格可以没有。\n",
            "# Sheets\n\nThis page is generated. Headers stand in any order; those marked optional may be missing, as may their cells.\n",
        )
        .to_owned();
    for kind in kinds() {
        let _ = write!(
            text,
            "\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|\n",
            match tongue {
                Tongue::Zh => {
                    format!("{}（`{}`）", names::sheet(kind.name, kind.command).unwrap_or_default(), kind.name)
                }
                Tongue::En => kind.name.to_owned(),
            },
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

/// What a record, command, role or state is called: in Chinese its name, in English its code.
fn called(tongue: Tongue, code: &str, name: Option<impl Into<String>>) -> String {
    match (tongue, name) {
        (Tongue::Zh, Some(name)) => name.into(),
        _ => format!("`{code}`"),
    }
}

fn roles_called(tongue: Tongue, codes: &[&str]) -> String {
    let each = codes.iter().map(|code| match (tongue, *code) {
        (Tongue::Zh, PUBLIC_ROLE) => "任何人",
        (Tongue::Zh, MEMBER_ROLE) => "所有账户",
        (Tongue::Zh, SETUP_ROLE) => "首次登录的账户",
        (Tongue::En, PUBLIC_ROLE) => "anybody",
        (Tongue::En, MEMBER_ROLE) => "every account",
        (Tongue::En, SETUP_ROLE) => "an account signing in for the first time",
        (Tongue::Zh, code) => names::role(code).unwrap_or(code),
        (Tongue::En, code) => code,
    });
    each.collect::<Vec<_>>().join(tongue.pick("、", ", "))
}

/// Roles and rights.
pub fn roles(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 岗位与权限\n\n本页由程序按权限表自动生成。各岗位的接口代码见“代码表”。\n\n## 岗位\n\n| 岗位 | 范围 | 指标 |\n|---|---|---|\n",
            "# Roles and rights\n\nThis page is generated from the table of rights.\n\n## Roles\n\n| role | name | scope | figures |\n|---|---|---|---|\n",
        )
        .to_owned();
    for role in ROLES {
        let scope = match role.scope {
            ScopeKind::None => tongue.pick("无", "none"),
            ScopeKind::Division => tongue.pick("区划", "division"),
            ScopeKind::Organisation => tongue.pick("机构或组织", "organisation"),
            ScopeKind::Person => tongue.pick("本人", "person"),
        };
        let figures = match figure_right(role.code) {
            FigureRight::Full => tongue.pick("全部", "all"),
            FigureRight::Suppressed => tongue.pick("人数过少的隐藏", "small numbers hidden"),
            FigureRight::None => tongue.pick("无", "none"),
        };
        let _ = match tongue {
            Tongue::Zh => writeln!(text, "| {} | {scope} | {figures} |", role.zh),
            Tongue::En => writeln!(text, "| `{}` | {} | {scope} | {figures} |", role.code, role.zh),
        };
    }
    text.push_str(tongue.pick(
        "\n## 记录\n\n各岗位在其范围内看得到的记录：全文须由工作人员写明用途；脱敏的个人信息被遮盖；仅合计的只见数目。没有列出的看不到；人人看得到全文的在表后。\
         写明业务线的审批人和平台只及该线的记录和指令，其他线的如同没有。\n\n| 岗位 | 全文 | 脱敏 | 仅合计 |\n|---|---|---|---|\n",
        "\n## Records\n\nWhat a role sees of the records in its scope: in full (staff say for what), with personal data masked, or only in \
         sums; what is not named it does not see, but for what everybody sees, below the table. A grant of APPROVER or PLATFORM that names a line reaches records and commands of that \
         line only.\n\n| role | in full | masked | only in sums |\n|---|---|---|---|\n",
    ));
    for role in ROLES {
        let lines: Vec<Option<&str>> =
            if role.code == "BUSINESS_OFFICER" { LINES.iter().copied().map(Some).collect() } else { vec![None] };
        for line in lines {
            let seen = |level: Level| {
                let those = AGGREGATES.iter().filter(|(aggregate, kind)| {
                    *kind != Kind::Public && POLICY.level(role.code, line, aggregate) == level
                });
                let those = those.map(|(aggregate, _)| {
                    let only = POLICY.only(role.code, line, aggregate);
                    let only = only.map(|(column, values)| match (tongue, column) {
                        (Tongue::Zh, "kind") => {
                            let sheets: Vec<String> = values.iter().filter_map(|kind| names::sheet(kind, "")).collect();
                            format!("（仅{}表）", sheets.join("、"))
                        }
                        (Tongue::Zh, _) => {
                            let of: Vec<String> = values.iter().filter_map(|aggregate| names::of(aggregate)).collect();
                            format!("（仅{}）", of.join("、"))
                        }
                        (Tongue::En, _) => format!(" ({} only)", values.join(", ")),
                    });
                    called(tongue, aggregate, names::of(aggregate)) + &only.unwrap_or_default()
                });
                those.collect::<Vec<_>>().join(tongue.pick("、", " "))
            };
            let who = match (tongue, line) {
                (Tongue::Zh, Some(line)) => format!("{}（{}）", role.zh, names::line(line).unwrap_or(line)),
                (Tongue::Zh, None) => role.zh.to_owned(),
                (Tongue::En, Some(line)) => format!("`{}` {line}", role.code),
                (Tongue::En, None) => format!("`{}`", role.code),
            };
            let _ =
                writeln!(text, "| {who} | {} | {} | {} |", seen(Level::Full), seen(Level::Masked), seen(Level::Counts));
        }
    }
    let all = AGGREGATES.iter().filter(|(_, kind)| *kind == Kind::Public);
    let all: Vec<String> = all.map(|(aggregate, _)| called(tongue, aggregate, names::of(aggregate))).collect();
    let _ = match tongue {
        Tongue::Zh => writeln!(text, "\n人人看得到：{}。", all.join("、")),
        Tongue::En => writeln!(text, "\nEverybody sees {}.", all.join(", ")),
    };
    text.push_str(
        tongue.pick("\n## 指令\n\n| 指令 | 岗位 |\n|---|---|\n", "\n## Commands\n\n| command | roles |\n|---|---|\n"),
    );
    for name in mutations::names() {
        let roles = roles_called(tongue, &mutations::roles(name));
        let _ = writeln!(text, "| {} | {roles} |", called(tongue, name, names::of(name)));
    }
    text.push_str(
        tongue.pick("\n## 导入\n\n| 表格 | 岗位 |\n|---|---|\n", "\n## Imports\n\n| sheet | roles |\n|---|---|\n"),
    );
    for kind in kinds() {
        let roles = roles_called(tongue, &roles_of(kind.command));
        let _ = writeln!(text, "| {} | {roles} |", called(tongue, kind.name, names::sheet(kind.name, kind.command)));
    }
    text
}

/// States and steps.
pub fn states(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 状态与步骤\n\n本页由程序按状态机自动生成：在哪个状态可用哪条指令、由谁、须记录什么、哪些步骤须由另一人办理。\n",
            "# States and steps\n\nThis page is generated from the machines: which command leads from which state where, who gives it, what is \
             recorded with it, and which steps another person must have taken.\n",
        )
        .to_owned();
    let state = |code: &'static str| match tongue {
        Tongue::Zh => names::state(code).unwrap_or(code),
        Tongue::En => code,
    };
    let command = |code: &str| match tongue {
        Tongue::Zh => names::of(code).unwrap_or_else(|| code.to_owned()),
        Tongue::En => code.to_owned(),
    };
    let field = |name: &'static str| match tongue {
        Tongue::Zh => names::field(name).unwrap_or(name),
        Tongue::En => name,
    };
    let (comma, space) = (tongue.pick("、", " "), tongue.pick("、", " "));
    for machine in MACHINES {
        let _ = write!(text, "\n## {}\n\n```mermaid\nstateDiagram-v2\n", command(machine.aggregate));
        for step in machine.steps {
            let from: Vec<&str> =
                if step.from.is_empty() { vec!["[*]"] } else { step.from.iter().map(|from| state(from)).collect() };
            for from in from {
                let _ = writeln!(text, "    {from} --> {}: {}", state(step.next), command(step.command));
            }
        }
        text.push_str("```\n\n");
        text.push_str(tongue.pick(
            "| 状态 | 指令 | 到 | 岗位 | 须记录 | 须由另一人办理 | 时限（工作日） |\n|---|---|---|---|---|---|---|\n",
            "| state | command | to | roles | recorded | another person than | working days |\n|---|---|---|---|---|---|---|\n",
        ));
        for step in machine.steps {
            let from = if step.from.is_empty() {
                tongue.pick("（新）", "(new)").to_owned()
            } else {
                step.from.iter().map(|from| state(from)).collect::<Vec<_>>().join(comma)
            };
            let _ = writeln!(
                text,
                "| {from} | {} | {} | {} | {} | {} | {} |",
                called(tongue, step.command, names::of(step.command)),
                state(step.next),
                roles_called(tongue, step.roles),
                step.record.iter().map(|name| field(name)).collect::<Vec<_>>().join(comma),
                step.not_by.iter().map(|name| command(name)).collect::<Vec<_>>().join(space),
                step.days.map(|days| days.to_string()).unwrap_or_default()
            );
        }
    }
    text
}

/// Figures.
pub fn figures(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 指标\n\n本页由程序按指标定义自动生成。“待接入”的指标还没有数据来源，没有数值，显示“—”，不是零；本区从未上报过的也一样。百分比的环比、同比为百分点。\n\n| 编码 | 名称 | 单位 | 类型 | 条目 | 口径 | 分母 |\n|---|---|---|---|---|---|---|\n",
            "# Figures\n\nThis page is generated from the definitions. One that nothing feeds yet, or that the district never reported, has no value and shows “—”, never zero. Percentages are compared in points.\n\n| code | name | unit | kind | clause | what counts | denominator |\n|---|---|---|---|---|---|---|\n",
        )
        .to_owned();
    for of in indicator::all() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {}{} | {} | {} | {} |",
            of.code,
            tongue.pick(of.zh, of.en),
            of.unit,
            match tongue {
                Tongue::Zh => of.kind.zh(),
                Tongue::En => of.kind.code(),
            },
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
                cell(match tongue {
                    Tongue::Zh if held.source.is_ascii() || held.source.contains(": ") => of.source,
                    _ => held.source,
                })
            );
        }
    }
    text
}

/// Code lists; in Chinese also the codes of what other pages call by its name.
pub fn codes(tongue: Tongue) -> String {
    let mut text = tongue
        .pick(
            "# 代码表\n\n本页由程序自动生成：接口中使用的代码及其名称。\n",
            "# Code lists\n\nThis page is generated by the program.\n",
        )
        .to_owned();
    for (name, list) in lists::all() {
        let codes: Vec<&str> = list.iter().map(|entry| entry.code).collect();
        match tongue {
            Tongue::Zh => {
                let title = names::list(&codes).unwrap_or(name);
                let _ = write!(text, "\n## {title}（`{name}`）\n\n| 名称 | 代码 |\n|---|---|\n");
                for entry in list {
                    let _ = writeln!(text, "| {} | `{}` |", entry.zh, entry.code);
                }
            }
            Tongue::En => {
                let _ = write!(text, "\n## {name}\n\n| code | Chinese | English |\n|---|---|---|\n");
                for entry in list {
                    let _ = writeln!(text, "| `{}` | {} | {} |", entry.code, entry.zh, entry.en);
                }
            }
        }
    }
    if tongue == Tongue::Zh {
        let mut table = |title: &str, rows: Vec<(String, &str)>| {
            let _ = write!(text, "\n## {title}\n\n| 名称 | 代码 |\n|---|---|\n");
            for (name, code) in rows {
                let _ = writeln!(text, "| {name} | `{code}` |");
            }
        };
        let named = |code: &'static str| (names::of(code).unwrap_or_default(), code);
        table("岗位", ROLES.iter().map(|role| (role.zh.to_owned(), role.code)).collect());
        table("业务线", LINES.iter().map(|line| (names::line(line).unwrap_or_default().to_owned(), *line)).collect());
        table("用途", names::PURPOSES.iter().map(|(code, name)| ((*name).to_owned(), *code)).collect());
        table("记录", AGGREGATES.iter().map(|(name, _)| named(name)).collect());
        table("指令", mutations::names().map(named).collect());
    }
    text
}
