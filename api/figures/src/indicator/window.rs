//! 政务服务 · D59–D63 (A4.1).

use crate::indicator::sql::{ROWS, Rows};
use crate::indicator::{Count, Definition, Kind, Part};

fn items(code: &'static str, value: &str, condition: &str) -> Count {
    let rows = Rows { from: "administrative_item r", filter: condition, date: "t.from_day", value, ..ROWS };
    Count::asked(code, "AdministrativeItem", rows.at())
}

fn cases(code: &'static str, date: &str, condition: &str) -> Count {
    let filter = format!("{date} >= t.from_day AND {date} < t.until_day{condition}");
    let rows = Rows { from: "item_case r", filter: &filter, date, ..ROWS };
    Count::asked(code, "ItemCase", rows.at())
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let classes = Rows {
        from: "administrative_item r",
        filter: "NOT EXISTS (SELECT 1 FROM administrative_item e WHERE e.class = r.class AND e.division = r.division \
                 AND NOT e.voided AND e.id < r.id)",
        date: "t.from_day",
        ..ROWS
    };
    let all_items = ("全部政务服务事项", "all items");
    vec![
        Definition::percent(
            "D59",
            ("事项进驻政务中心率", "items at the government service centre"),
            "A4.1a",
            Part::own(items("D59#N", "1", "r.at_centre")),
            Part::Same("D59.ITEMS"),
            all_items,
        )
        .words("进驻政务中心的事项 ÷ 全部事项", "items handled at the centre over all items"),
        Definition::counting(("政务服务事项", "items"), "项", "A4.1a", Kind::Stock, items("D59.ITEMS", "1", ""))
            .words("行政权力事项数", "items of administrative power"),
        Definition::counting(
            ("事项类别", "classes of items"),
            "类",
            "A4.1a",
            Kind::Stock,
            Count::asked("D59.CLASSES", "AdministrativeItem", classes.at()),
        )
        .words("行政权力事项涉及的类别数", "different classes of the items"),
        Definition::percent(
            "D60",
            ("承诺时限压缩率", "time saved by promises"),
            "A4.1b",
            Part::own(items("D60#N", "r.statutory_days - r.promised_days", "")),
            Part::own(items("D60#D", "r.statutory_days", "")),
            ("法定时限之和", "the sum of statutory days"),
        )
        .words("1 − 承诺时限之和 ÷ 法定时限之和", "one less the sum of promised over the sum of statutory days"),
        Definition::percent(
            "D61",
            ("网上受理率", "cases that came in online"),
            "A4.1b",
            Part::own(cases("D61#N", "r.accepted_on", " AND r.channel IN ('ONLINE', 'MOBILE')")),
            Part::own(cases("D61#D", "r.accepted_on", "")),
            ("本期受理的办件", "cases accepted in the period"),
        )
        .words("网上、移动端受理的 ÷ 本期受理的办件", "by web or mobile app over those accepted in the period"),
        Definition::percent(
            "D62",
            ("按时办结率", "cases finished on time"),
            "A4.1b",
            Part::own(cases("D62#N", "r.finished_on", " AND r.finished_on <= r.promised_by")),
            Part::own(cases("D62#D", "r.finished_on", "")),
            ("本期办结的办件", "cases finished in the period"),
        )
        .words(
            "承诺时限内办结的 ÷ 本期办结的办件",
            "finished within the promised time over those finished in the period",
        ),
        Definition::percent(
            "D63",
            ("好评率", "ratings that are good"),
            "A4.1b",
            Part::own(cases(
                "D63#N",
                "r.finished_on",
                " AND r.rating IN ('VERY_SATISFIED', 'SATISFIED', 'FAIRLY_SATISFIED')",
            )),
            Part::own(cases("D63#D", "r.finished_on", " AND r.rating IS NOT NULL")),
            ("本期办结并评价的办件", "cases finished in the period and rated"),
        )
        .words(
            "非常满意、满意、基本满意 ÷ 本期办结并评价的办件",
            "very, plainly and fairly satisfied over cases finished in the period and rated",
        ),
        Definition::new("D63.CALLED_BACK", ("差评回访率", "bad ratings called back"), "%", "A4.1b").words(
            "回访的差评 ÷ 差评；尚无数据来源",
            "bad ratings called back over all bad ones; nothing feeds it yet",
        ),
    ]
}
