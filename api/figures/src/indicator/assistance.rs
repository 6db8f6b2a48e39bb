//! 社会救助 · F0–F2, D03, D05–D07, D18 (A1).

use crate::indicator::relation::{CASES, Class, HOUSEHOLDS, PERSONS};
use crate::indicator::sql::{ROWS, Rows};
use crate::indicator::{By, Count, Definition, Kind, Measure, Part, Ratio};
use crate::setting::Setting;

/// 低保、单人保、特困、临时救助: categories of F1 and F2.
const ASSISTANCE: &str = "('DIBAO', 'DIBAO_SINGLE', 'TEKUN', 'TEMPORARY_AID')";

/// Natures that can make a person-time.
const PERSON_TIME: &str = "('NORMAL', 'ARREARS', 'CARE', 'TOP_UP')";

/// 临时救助计次: each beneficiary of a grant, or each grant once.
static AID_RULE: Setting = Setting {
    name: "temp_aid_count_rule",
    place: "r.division",
    day: "r.paid_on",
    condition: |value| match value {
        "BENEFICIARIES" => Some("1 = 1".to_owned()),
        "CASES" => Some(format!(
            "r.category <> 'TEMPORARY_AID' OR NOT EXISTS (SELECT 1 FROM payment_person e JOIN payment g \
             ON g.id = e.payment_id WHERE g.basis = r.basis AND g.category = 'TEMPORARY_AID' AND e.live \
             AND NOT e.voided AND e.nature IN {PERSON_TIME} AND {EARLIER})"
        )),
        _ => None,
    },
};

/// `e` comes before `r`.
const EARLIER: &str = "(e.paid_on < r.paid_on OR (e.paid_on = r.paid_on AND e.id < r.id))";

/// Each (person, category, month) and each (grant, beneficiary) once ever: on its first payment that arrived.
fn person_times() -> String {
    let filter = format!(
        "r.live AND r.category IN {ASSISTANCE} AND r.nature IN {PERSON_TIME} AND {{setting}} AND NOT EXISTS \
         (SELECT 1 FROM payment_person e WHERE e.person_id = r.person_id AND e.category = r.category \
         AND e.unit = r.unit AND e.live AND NOT e.voided AND e.nature IN {PERSON_TIME} AND {EARLIER})"
    );
    Rows {
        from: "payment_person r",
        filter: &filter,
        date: "r.paid_on",
        unit: "r.person_id",
        person: "r.person_id",
        node: "r.payment_id",
        ..ROWS
    }
    .sql()
}

/// Payments that arrived, of categories that a condition tells.
pub(super) fn payments(condition: &str) -> String {
    let filter = format!("r.state = 'PAID' AND r.nature <> 'CLAWBACK' AND {condition}");
    Rows { from: "payment r", filter: &filter, date: "r.paid_on", value: "r.amount_fen", ..ROWS }.sql()
}

/// Payment lines that look like those counted.
pub(super) fn not_paid(condition: &str) -> Vec<(&'static str, &'static str, String)> {
    let lines = |of: &str| {
        format!("SELECT r.division AS division, r.paid_on AS on_date FROM payment r WHERE {of} AND {condition}")
    };
    vec![
        ("退回", "returned", lines("r.state = 'RETURNED' AND NOT r.voided")),
        ("作废", "voided", lines("r.voided")),
        ("追缴", "taken back", lines("r.nature = 'CLAWBACK' AND NOT r.voided")),
    ]
}

/// Where the household of a recognition lives and lived, by days, as `h`.
const AT_PLACES: &str = "recognition r JOIN (SELECT o.id AS household_id, o.division, o.area, \
    COALESCE((SELECT MAX(f.valid_until) FROM household_place f WHERE f.household_id = o.id AND NOT f.voided), \
    {day '0001-01-01'}) AS valid_from, {day NULL} AS valid_until FROM household o \
    UNION ALL SELECT household_id, division, area, COALESCE(valid_from, {day '0001-01-01'}), valid_until \
    FROM household_place WHERE NOT voided) h ON h.household_id = r.household_id";

/// Whether it lived there while the recognition held.
const MEANWHILE: &str = "(h.valid_until IS NULL OR h.valid_until > r.effective_from) \
    AND (r.effective_until IS NULL OR r.effective_until > h.valid_from)";

/// First day of a recognition at a place.
const SINCE: &str = "CASE WHEN h.valid_from > r.effective_from THEN h.valid_from ELSE r.effective_from END";

/// First day on which it no longer holds there.
const UNTIL: &str = "CASE WHEN h.valid_until IS NULL OR r.effective_until <= h.valid_until THEN r.effective_until \
    ELSE h.valid_until END";

/// What it needs to be known to be counted again.
fn at_places(count: Count) -> Count {
    let own = count.also("Recognition", By::Former).also("HouseholdPlace", By::Place("division"));
    own.also("Household", By::Place("division"))
}

fn covered_persons(condition: &str) -> String {
    let filter = format!("NOT c.voided AND {MEANWHILE} AND {condition}");
    Rows {
        from: &format!("{AT_PLACES} JOIN recognition_person c ON c.recognition_id = r.id"),
        filter: &filter,
        date: SINCE,
        until: Some(UNTIL),
        division: "h.division",
        unit: "c.person_id",
        person: "c.person_id",
        id: "c.id",
        ..ROWS
    }
    .sql()
}

/// Codes of a column.
type Codes = &'static [(&'static str, &'static [&'static str])];

/// Persons covered on the last day by recognitions of some codes.
fn persons(code: &'static str, codes: Codes) -> Count {
    let class = Class { base: PERSONS, codes };
    at_places(Count::standing(code, "Recognition", covered_persons(&class.condition())))
        .also("RecognitionPerson", By::Parent("recognition_id", "recognition"))
        .also("RecognitionPerson", By::Former)
        .sensitive()
        .of(class)
}

/// Households recognised on the last day.
fn households(code: &'static str, codes: Codes) -> Count {
    let class = Class { base: HOUSEHOLDS, codes };
    let rows = Rows {
        from: AT_PLACES,
        filter: &format!("{MEANWHILE} AND {}", class.condition()),
        date: SINCE,
        until: Some(UNTIL),
        division: "h.division",
        unit: "r.household_id",
        ..ROWS
    };
    at_places(Count::standing(code, "Recognition", rows.sql())).sensitive().of(class)
}

const DIBAO: &[&str] = &["DIBAO", "DIBAO_SINGLE"];
const CATEGORY: &str = "r.category";
const AREA: &str = "h.area";
const SUPPORT: &str = "r.support";
const KIND: &str = "r.kind";

/// Recipients at the period's end, by category; 单人保 counts in 低保.
fn recipients() -> Vec<Definition> {
    macro_rules! of {
        ($code:literal, $zh:literal, $en:literal, $codes:expr) => {
            [
                Definition::counting(
                    (concat!($zh, "人数"), concat!($en, ", persons")),
                    "人",
                    "A1.1b",
                    Kind::Stock,
                    persons(concat!("D03.", $code, ".PERSONS"), $codes),
                )
                .words(
                    concat!("期末在保的", $zh, "保障对象；终止月份当月仍在保，死亡以认定的更正为准"),
                    concat!("persons covered on the period's last day: ", $en),
                ),
                Definition::counting(
                    (concat!($zh, "户数"), concat!($en, ", households")),
                    "户",
                    "A1.1b",
                    Kind::Stock,
                    households(concat!("D03.", $code, ".HOUSEHOLDS"), $codes),
                )
                .words(
                    concat!("期末在保的", $zh, "家庭"),
                    concat!("households recognised on the period's last day: ", $en),
                ),
            ]
        };
    }
    [
        of!("DIBAO_URBAN", "城市低保", "minimum living guarantee, urban", &[(CATEGORY, DIBAO), (AREA, &["URBAN"])]),
        of!("DIBAO_RURAL", "农村低保", "minimum living guarantee, rural", &[(CATEGORY, DIBAO), (AREA, &["RURAL"])]),
        of!(
            "TEKUN_INSTITUTION",
            "集中供养特困",
            "extreme difficulty, in institutions",
            &[(CATEGORY, &["TEKUN"]), (SUPPORT, &["INSTITUTION"])]
        ),
        of!(
            "TEKUN_SCATTERED",
            "分散供养特困",
            "extreme difficulty, at home",
            &[(CATEGORY, &["TEKUN"]), (SUPPORT, &["SCATTERED"])]
        ),
        of!("EDGE", "低保边缘", "marginal", &[(CATEGORY, &["EDGE"])]),
        of!("RIGID", "刚性支出困难", "rigid expenditure", &[(CATEGORY, &["RIGID"])]),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Low-income persons at the period's end, by class.
fn low_income() -> Vec<Definition> {
    let class = |code, zh, en, codes| {
        Definition::counting((zh, en), "人", "A1.2a", Kind::Stock, persons(code, codes))
            .words("期末在册的低收入人口，按人去重", "different persons listed as low-income on the period's last day")
    };
    vec![
        class("D07", "低收入人口", "low-income persons", &[]),
        class("D07.DIBAO", "低收入人口：低保", "low-income persons: minimum living guarantee", &[(CATEGORY, DIBAO)]),
        class("D07.TEKUN", "低收入人口：特困", "low-income persons: extreme difficulty", &[(CATEGORY, &["TEKUN"])]),
        class("D07.EDGE", "低收入人口：低保边缘", "low-income persons: marginal", &[(CATEGORY, &["EDGE"])]),
        class(
            "D07.RIGID",
            "低收入人口：刚性支出困难",
            "low-income persons: rigid expenditure",
            &[(CATEGORY, &["RIGID"])],
        ),
        class(
            "D07.RETURN_RISK",
            "低收入人口：防返贫监测",
            "low-income persons: watched against a return to poverty",
            &[(CATEGORY, &["RETURN_RISK"])],
        ),
        class("D07.OTHER", "低收入人口：其他困难", "low-income persons: other difficulty", &[(CATEGORY, &["OTHER"])]),
    ]
}

/// Recognitions that hold on the last day and of which something else holds.
fn verified(code: &'static str, condition: &str) -> Count {
    let filter = format!(
        "r.effective_from < t.until_day AND (r.effective_until IS NULL OR r.effective_until >= t.until_day) \
         AND h.valid_from < t.until_day AND (h.valid_until IS NULL OR h.valid_until >= t.until_day){condition}"
    );
    let rows = Rows { from: AT_PLACES, filter: &filter, date: "r.effective_from", division: "h.division", ..ROWS };
    Count::asked(code, "Recognition", rows.at()).sensitive()
}

/// Who entered or left the roll of 低保 and 特困: a change from one recognition to the next is neither.
fn moves() -> Vec<Definition> {
    const ROLL: &str = "('DIBAO', 'DIBAO_SINGLE', 'TEKUN')";
    let other = |condition: &str| {
        format!(
            "NOT EXISTS (SELECT 1 FROM recognition o JOIN recognition_person p ON p.recognition_id = o.id \
             WHERE p.person_id = c.person_id AND NOT o.voided AND NOT p.voided AND p.id <> c.id \
             AND o.category IN {ROLL} AND (o.effective_until IS NULL OR o.effective_until > o.effective_from) \
             AND ({condition}))"
        )
    };
    let select = |date: &str, value: &str, none: &str| {
        // Who enters does so where the household lives that day; who leaves, where it lived the day before.
        let there = if date == "r.effective_from" {
            "h.valid_from <= r.effective_from AND (h.valid_until IS NULL OR h.valid_until > r.effective_from)"
        } else {
            "h.valid_from < r.effective_until AND (h.valid_until IS NULL OR h.valid_until >= r.effective_until)"
        };
        let filter = format!(
            "NOT c.voided AND {there} AND r.category IN {ROLL} AND (r.effective_until IS NULL \
             OR r.effective_until > r.effective_from) AND {date} IS NOT NULL AND {none}"
        );
        let id = if value == "1" { "c.id * 2" } else { "c.id * 2 + 1" };
        Rows {
            from: &format!("{AT_PLACES} JOIN recognition_person c ON c.recognition_id = r.id"),
            filter: &filter,
            date,
            division: "h.division",
            value,
            unit: "c.person_id",
            person: "c.person_id",
            id,
            ..ROWS
        }
        .sql()
    };
    let entered = select(
        "r.effective_from",
        "1",
        &other(
            "(o.effective_from < r.effective_from AND (o.effective_until IS NULL \
             OR o.effective_until >= r.effective_from)) OR (o.effective_from = r.effective_from AND p.id < c.id)",
        ),
    );
    let left = |value| {
        select(
            "r.effective_until",
            value,
            &other(
                "(o.effective_from <= r.effective_until AND (o.effective_until IS NULL \
                 OR o.effective_until > r.effective_until)) OR (o.effective_until = r.effective_until AND p.id < c.id)",
            ),
        )
    };
    let count = |code, rows| {
        Count::sum(code, "Recognition", &[], rows)
            .only("Recognition", By::Everything)
            .also("RecognitionPerson", By::Everything)
            .also("HouseholdPlace", By::Place("division"))
            .also("Household", By::Place("division"))
            .sensitive()
            .moves(&["D07.DIBAO", "D07.TEKUN"])
    };
    let entered_less_left = || count("D18.ENTRANTS", entered.clone()).less("D18.LEAVERS", "D18.NET");
    let of = |names, count| Definition::counting(names, "人", "A1.3a", Kind::Flow, count);
    vec![
        of(("新增保障对象", "persons who entered the roll"), entered_less_left()).words(
            "本期开始享受低保或特困、此前一日不在保的人；类别之间转换不计",
            "persons whose 低保 or 特困 began in the period and who had neither the day before; a change of category is none",
        ),
        of(("退出保障对象", "persons who left the roll"), count("D18.LEAVERS", left("1"))).words(
            "本期停止享受低保、特困的人，以停止享受的第一天为准；类别之间转换不计",
            "persons whose 低保 or 特困 ended, by the first day without it; a change of category is none",
        ),
        of(("保障对象净增", "net change of the roll"), count("D18.NET", format!("{entered} UNION ALL {}", left("-1"))))
            .words("新增减退出", "those who entered less those who left"),
    ]
}

/// Temporary aid by type, and how quick urgent aid was.
fn temporary_aid() -> Vec<Definition> {
    let cases = |code, names, codes: Codes| {
        let class = Class { base: CASES, codes };
        let and = if codes.is_empty() { String::new() } else { format!(" AND {}", class.condition()) };
        let filter = format!("r.approved_on IS NOT NULL{and}");
        let rows = Rows { from: "temporary_aid r", filter: &filter, date: "r.approved_on", ..ROWS };
        let count = Count::sum(code, "TemporaryAid", &["approved_on"], rows.sql()).sensitive().of(class);
        Definition::counting(names, "件", "A1.1d", Kind::Flow, count)
            .words("本期批准的临时救助，以批准日期为准", "grants of temporary aid by the day of approval")
    };
    let urgent = |value| {
        Rows {
            from: "temporary_aid r",
            filter: "r.kind = 'URGENT' AND r.found_at IS NOT NULL AND r.received_at IS NOT NULL",
            date: "{china r.received_at}",
            value,
            ..ROWS
        }
        .sql()
    };
    let hours = |code, rows| Count::sum(code, "TemporaryAid", &[], rows).only("TemporaryAid", By::Place("division"));
    vec![
        cases("D05", ("临时救助", "grants of temporary aid"), &[]),
        cases("D05.URGENT", ("临时救助：急难型", "temporary aid: urgent hardship"), &[(KIND, &["URGENT"])]),
        cases(
            "D05.EXPENDITURE",
            ("临时救助：支出型", "temporary aid: hardship by expenditure"),
            &[(KIND, &["EXPENDITURE"])],
        ),
        Definition::quotient(
            "D06",
            ("急难救助平均用时", "mean hours from lead to money, urgent aid"),
            "小时",
            "A1.1d",
            Ratio {
                top: Part::own(hours("D06#N", urgent("{seconds r.received_at|r.found_at}"))),
                bottom: Part::own(hours("D06#D", urgent("3600")).each(3600).sensitive()),
                factor: 1,
            },
            ("发现和到账时间齐全的急难型救助，每件 3600 秒", "urgent grants with both instants, 3,600 seconds each"),
        )
        .words(
            "急难型救助从发现到资金到账的平均小时数，以到账日期为准",
            "mean hours from finding to the arrival of the money, by the day of arrival",
        ),
    ]
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let in_assistance = format!("r.category IN {ASSISTANCE}");
    let times = |code, counting: fn(&'static str, &'static str, &'static [&'static str], String) -> Count| {
        counting(code, "Payment", &[], person_times())
            .only("PaymentPerson", By::Units)
            .sensitive()
            .beside(&["F1", "F1.PERSONS"])
            .decided_by(&AID_RULE)
    };
    let mut all = vec![
        Definition { kind: Kind::Text, measure: Measure::Name, ..Definition::new("F0", ("区名称", "name of the district"), "", "P0.1") }
            .words("区划表在期末的名称", "name in the table of divisions at the period's end"),
        Definition::counting(
            ("救助保障困难对象", "person-times of assistance"),
            "人次",
            "A1.4",
            Kind::Flow,
            times("F1", Count::sum),
        )
        .words(
            "低保、单人保、特困按（人、类别、所属月份），临时救助按（救助、受益人）或按件（口径参数），各计一次，计在首次成功发放之日和所在区划；性质为正常、补发、照料护理、分类施保",
            "each (person, category, month) of 低保, 单人保 and 特困 and each (grant, beneficiary), or each grant where policy says so, of temporary aid once, on the day and at the place of its first payment that arrived, of nature 正常, 补发, 照料护理 or 分类施保",
        )
        .over("常住人口或户籍人口", "resident or registered population")
        .not_counting(not_paid(&in_assistance)),
        Definition::counting(
            ("救助保障困难对象人数", "persons assisted"),
            "人",
            "A1.4",
            Kind::Distinct,
            times("F1.PERSONS", Count::distinct),
        )
        .words("本期人次中不同的人", "different persons among the person-times of the period")
        .not_counting(not_paid(&in_assistance)),
        Definition::counting(
            ("发放各类救助资金", "assistance money paid"),
            "万元",
            "A1.4",
            Kind::Flow,
            Count::sum("F2", "Payment", &["paid_on"], payments(&in_assistance))
                .money(1_000_000)
                .sensitive()
                .beside(&["F1", "F1.PERSONS"]),
        )
        .words(
            "低保、单人保、特困、临时救助按发放日期的成功发放，除追缴外的各种性质，不扣减追缴",
            "payments of 低保, 单人保, 特困 and temporary aid that arrived, by the day they were paid, of every nature but 追缴, which is not netted",
        )
        .over("年度预算、人次（人均）", "the year's budget; person-times, for the mean")
        .not_counting(not_paid(&in_assistance)),
    ];
    all.extend(recipients());
    all.extend(temporary_aid());
    all.extend(low_income());
    all.push(
        Definition::percent(
            "D08",
            ("低收入数据更新率", "recognitions verified within 180 days"),
            "A1.2a",
            Part::own(verified("D08#N", " AND r.reviewed_on >= t.lately")),
            Part::own(verified("D08#D", "")),
            ("期末有效的认定", "recognitions that hold on the last day"),
        )
        .words(
            "期末前 180 天内核查过的认定 ÷ 期末有效的认定",
            "verified within the 180 days up to the last day over those that hold",
        ),
    );
    all.extend(moves());
    all
}
