//! 资金 · F8, D43, D68, D82, D96, D97 (A2.3, B1.1, B3.1, C3.5).

use minzheng_ground::codes::CodeList as _;
use minzheng_payments::payment::PaymentCategory;

use crate::indicator::assistance::{not_paid, payments};
use crate::indicator::sql::{ROWS, Rows, year};
use crate::indicator::{By, Count, Definition, Kind, Part};
use crate::setting::Setting;

/// F8 的类别: the categories of payments that make it up.
static WELFARE: Setting = Setting { name: "f8.kinds", place: "r.division", day: "r.paid_on", condition: kinds };

fn kinds(value: &str) -> Option<String> {
    let codes = value.split_whitespace().map(|code| PaymentCategory::parse(code).map(|of| format!("'{}'", of.code())));
    let codes: Vec<String> = codes.collect::<Option<_>>()?;
    (!codes.is_empty()).then(|| format!("r.category IN ({})", codes.join(", ")))
}

/// Budget lines of the year in which the period ends.
fn budget(code: &'static str, value: &str, condition: &str) -> Count {
    let filter = format!("r.year = t.year{condition}");
    let rows = Rows { from: "budget_line r", filter: &filter, date: "t.from_day", value, ..ROWS };
    Count::asked(code, "BudgetLine", rows.at()).money(100)
}

/// What was paid in the year up to the period's end out of budget lines of a source (or of any).
fn spent(code: &'static str, source: &str) -> Count {
    let line = format!(
        "EXISTS (SELECT 1 FROM budget_line b WHERE b.year = {} AND b.item = r.category AND b.source = r.source \
         AND substr(b.division, 1, 6) = substr(r.division, 1, 6) AND NOT b.voided){source}",
        year("r.paid_on")
    );
    Count::sum(code, "Payment", &["paid_on"], payments(&line))
        .also("BudgetLine", By::Everything)
        .needs(&["BudgetLine"])
        .money(100)
        .since_new_year()
        .sensitive()
        .beside(&["F1", "F1.PERSONS", "F8.PERSONS"])
}

fn gifts(code: &'static str, condition: &str) -> Count {
    let filter = format!("r.donated_on >= t.from_day AND r.donated_on < t.until_day{condition}");
    let rows = Rows { from: "donation r", filter: &filter, date: "r.donated_on", value: "r.amount_fen", ..ROWS };
    Count::asked(code, "Donation", rows.at()).money(100)
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let persons = Rows {
        from: "payment_person r",
        filter: "r.live AND r.nature <> 'CLAWBACK' AND {setting}",
        date: "r.paid_on",
        unit: "r.person_id",
        person: "r.person_id",
        node: "r.payment_id",
        ..ROWS
    };
    let budgeted = ("期末所在年度的预算金额", "the budget of the year in which the period ends");
    vec![
        Definition::counting(
            ("发放社会福利资金", "welfare money paid"),
            "元",
            "A2.3d",
            Kind::Flow,
            Count::sum("F8", "Payment", &["paid_on"], payments("{setting}"))
                .money(100)
                .sensitive()
                .beside(&["F8.PERSONS"])
                .decided_by(&WELFARE),
        )
        .words(
            "孤儿、事实无人抚养儿童、高龄津贴、养老服务补贴、护理补贴（类别为口径参数）按发放日期的成功发放，除追缴外的各种性质",
            "payments to orphans and de-facto unattended children, old-age allowance, subsidies of elderly services and nursing (the kinds are a parameter of policy) that arrived, by the day they were paid, of every nature but 追缴",
        )
        .not_counting(not_paid("{setting}")),
        Definition::counting(
            ("发放社会福利资金人数", "persons paid welfare money"),
            "人",
            "A2.3d",
            Kind::Distinct,
            Count::distinct("F8.PERSONS", "Payment", &[], persons.sql())
                .only("PaymentPerson", By::Dates(&["paid_on"]))
                .sensitive()
                .decided_by(&WELFARE),
        )
        .words("本期领取社会福利资金的不同的人", "different persons whom the welfare money of the period was paid to"),
        Definition::percent(
            "D43",
            ("预算执行率", "execution of the budget"),
            "A2.3c",
            Part::Same("D68.SPENT"),
            Part::Same("D68.BUDGET"),
            budgeted,
        )
        .words(
            "年初至期末按预算项目（发放类别）和资金来源的成功发放（除追缴）÷ 全年预算；与时间进度对照",
            "what was paid from the new year to the period's end for the category and source of a budget line, but for 追缴, over the year's budget; to be compared with the share of the year that has passed",
        ),
        Definition::counting(
            ("年度预算", "budget of the year"),
            "元",
            "B1.1",
            Kind::Stock,
            budget("D68.BUDGET", "r.budget_fen", ""),
        )
        .words("期末所在年度各项目、各来源的预算金额", "the budget of all categories and sources of the year in which the period ends"),
        Definition::counting(
            ("到账资金", "money arrived"),
            "元",
            "B1.1",
            Kind::Stock,
            budget(
                "D68.ARRIVED",
                "r.arrived_fen",
                " AND r.arrived_fen IS NOT NULL AND (r.arrived_on IS NULL OR r.arrived_on < t.until_day)",
            ),
        )
        .words("期末所在年度已到账的预算资金", "what of the year's budget has arrived by the period's end"),
        Definition::counting(("支出资金", "money spent"), "元", "B1.1", Kind::Flow, spent("D68.SPENT", ""))
            .words(
                "年初至期末从预算项目发放的资金，除追缴",
                "what was paid out of budget lines from the new year to the period's end, but for 追缴",
            ),
        Definition::percent(
            "D82",
            ("专项资金占比", "share of earmarked money"),
            "B3.1",
            Part::own(budget("D82#N", "r.budget_fen", " AND r.earmarked")),
            Part::Same("D68.BUDGET"),
            budgeted,
        )
        .words("标为专项的预算 ÷ 全部预算", "the earmarked budget over all"),
        Definition::counting(
            ("福彩公益金支出", "lottery money spent"),
            "元",
            "C3.5",
            Kind::Flow,
            spent("D96", " AND r.source = 'LOTTERY'"),
        )
        .words(
            "年初至期末从福彩公益金预算发放的资金，除追缴",
            "what was paid out of the lottery fund's budget lines from the new year to the period's end, but for 追缴",
        ),
        Definition::percent(
            "D96.EXECUTION",
            ("福彩公益金执行率", "execution of the lottery money"),
            "C3.5",
            Part::Same("D96"),
            Part::own(budget("D96.EXECUTION#D", "r.budget_fen", " AND r.source = 'LOTTERY'")),
            ("期末所在年度的福彩公益金预算", "the lottery fund's budget of the year in which the period ends"),
        )
        .words("福彩公益金支出 ÷ 全年预算", "lottery money spent over the year's budget"),
        Definition::counting(("接收捐赠", "gifts received"), "元", "C3.5", Kind::Flow, gifts("D97", ""))
            .words("本期接收的捐赠，物资按价值", "gifts received in the period, goods by their value"),
        Definition::counting(
            ("接收捐赠：现金", "gifts received: money"),
            "元",
            "C3.5",
            Kind::Flow,
            gifts("D97.CASH", " AND r.kind = 'CASH'"),
        )
        .words("本期接收的现金捐赠", "money given in the period"),
        Definition::counting(
            ("接收捐赠：物资", "gifts received: goods"),
            "元",
            "C3.5",
            Kind::Flow,
            gifts("D97.GOODS", " AND r.kind = 'GOODS'"),
        )
        .words("本期接收的物资捐赠，按价值", "goods given in the period, by their value"),
        Definition::new("D97.USED", ("使用捐赠", "gifts used"), "元", "C3.5")
            .words("捐赠的使用；尚无数据来源", "what was done with gifts; nothing feeds it yet"),
    ]
}
