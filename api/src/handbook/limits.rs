//! The page of limits and prices.

use std::fmt::Write as _;

use minzheng_ground::config::Config;
use minzheng_guard::table::{COMMAND_WEIGHT, COUNT_WEIGHT};
use minzheng_guard::{Each, Limits};

use super::Tongue;
use crate::schema::prices::PRICES;

/// Limits.
pub fn limits(tongue: Tongue) -> String {
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
