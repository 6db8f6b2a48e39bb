//! 护理队伍 · D75–D81 (B2.2–B2.4): who cares on the front line. Their spells of employment decide.

use crate::indicator::eldercare::centres;
use crate::indicator::sql::{ROWS, Rows, month_number};
use crate::indicator::{Count, Definition, Part, Ratio};
use crate::setting::Setting;

/// 认可的证书等级
static CERTIFICATES: Setting = Setting {
    name: "care_worker.certificates",
    place: "r.division",
    day: "t.last_day",
    condition: |value| {
        let levels: Vec<&str> = value.split_whitespace().collect();
        let known = !levels.is_empty() && levels.iter().all(|level| matches!(*level, "1" | "2" | "3" | "4" | "5"));
        known.then(|| format!("r.certificate_level IN ({})", levels.join(", ")))
    },
};

/// 要求的年度培训学时
static HOURS: Setting = Setting {
    name: "care_worker.training_hours",
    place: "r.division",
    day: "t.last_day",
    condition: |value| value.parse::<u32>().ok().map(|hours| format!("r.training_hours >= {hours}")),
};

/// On duty on the last day.
const ON_DUTY: &str =
    "r.post = 'CARE' AND r.hired_on < t.until_day AND (r.left_on IS NULL OR r.left_on >= t.until_day)";

/// The person, however many spells there are: the first of them.
const PERSON: &str =
    "(SELECT MIN(x.id) FROM care_worker x WHERE x.id_number_blind = r.id_number_blind AND NOT x.voided)";

fn workers(code: &'static str, filter: &str, unit: &str, value: &str, date: &str) -> Count {
    let rows = Rows { from: "care_worker r", filter, date, unit, value, ..ROWS };
    Count::asked(code, "CareWorker", rows.at()).sensitive()
}

/// Persons on duty of whom something else holds.
fn on_duty(code: &'static str, condition: &str) -> Count {
    workers(code, &format!("{ON_DUTY}{condition}"), PERSON, "1", "r.hired_on")
}

const FRONTLINE: (&str, &str) =
    ("期末在岗的一线护理员，按人去重", "different front-line care workers on duty on the last day");

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let rate = |code, names, clause, top, bottom| {
        Definition::percent(code, names, clause, Part::own(top), Part::own(on_duty(bottom, "")), FRONTLINE)
    };
    let certified = " AND {setting} AND (r.certificate_until IS NULL OR r.certificate_until >= t.last_day)";
    let this_year = " AND r.training_year = t.year";
    let left = "r.post = 'CARE' AND r.left_on >= t.from_day AND r.left_on < t.until_day AND r.left_on > r.hired_on";
    // Half a person for each end of the period.
    let at_start = "r.hired_on < t.from_day AND (r.left_on IS NULL OR r.left_on >= t.from_day)";
    let at_end = "r.hired_on < t.until_day AND (r.left_on IS NULL OR r.left_on >= t.until_day)";
    let average = format!("(CASE WHEN {at_start} THEN 5 ELSE 0 END) + (CASE WHEN {at_end} THEN 5 ELSE 0 END)");
    let tenure = format!(
        "{} - {} - (CASE WHEN substr(CAST(t.last_day AS TEXT), 9, 2) < substr(CAST(r.hired_on AS TEXT), 9, 2) \
         THEN 1 ELSE 0 END)",
        month_number("t.last_day"),
        month_number("r.hired_on")
    );
    let employed = "(SELECT COUNT(*) FROM care_worker w WHERE w.centre_id = r.id AND NOT w.voided AND w.post = 'CARE' \
        AND w.hired_on < t.until_day AND (w.left_on IS NULL OR w.left_on >= t.until_day))";
    let vacant = format!("CASE WHEN r.care_posts > {employed} THEN r.care_posts - {employed} ELSE 0 END");
    let residents = Rows {
        from: "stay r",
        filter: "r.entered_on < t.until_day AND (r.left_on IS NULL OR r.left_on >= t.until_day)",
        date: "r.entered_on",
        unit: "r.person_id",
        person: "r.person_id",
        ..ROWS
    };
    vec![
        rate(
            "D75",
            ("护理员持证率", "certified care workers"),
            "B2.2",
            on_duty("D75#N", certified).decided_by(&CERTIFICATES),
            "D75#D",
        )
        .words(
            "期末在岗并持有效养老护理员证书（认可等级为口径参数）的一线护理员 ÷ 在岗一线护理员；有效期至当日仍有效，未填为长期；按人不按证",
            "front-line care workers on duty with a valid certificate (accepted levels are a parameter of policy) over those on duty; persons, not certificates",
        ),
        rate(
            "D76",
            ("护理员培训率", "trained care workers"),
            "B2.3",
            on_duty("D76#N", &format!("{this_year} AND {{setting}}")).decided_by(&HOURS),
            "D76#D",
        )
        .words(
            "期末所在年度培训学时达标（学时为口径参数）的在岗一线护理员 ÷ 在岗一线护理员",
            "front-line care workers on duty with the required hours of training (a parameter of policy) in the year in which the period ends, over those on duty",
        ),
        Definition::percent(
            "D77",
            ("培训考核合格率", "exams passed"),
            "B2.3",
            Part::own(on_duty("D77#N", &format!("{this_year} AND r.exam = 'PASSED'"))),
            Part::own(on_duty("D77#D", &format!("{this_year} AND r.exam IS NOT NULL"))),
            ("期末所在年度参加考核的在岗一线护理员", "front-line care workers on duty who sat the exam in the year in which the period ends"),
        )
        .words("考核合格 ÷ 参加考核", "passed over sat"),
        Definition::percent(
            "D78",
            ("护理员流失率", "turnover of care workers"),
            "B2.4",
            Part::own(workers("D78#N", left, "r.id", "10", "r.left_on").scaled(10)),
            Part::own(
                workers(
                    "D78#D",
                    &format!("r.post = 'CARE' AND (({at_start}) OR ({at_end}))"),
                    "r.id",
                    &average,
                    "r.hired_on",
                )
                .scaled(10),
            ),
            ("期初与期末在岗一线护理员的平均数", "mean of front-line care workers on duty at the period's beginning and end"),
        )
        .words(
            "本期离职的一线护理员 ÷ 平均在岗人数，未折算为年率",
            "front-line care workers who left in the period over the mean on duty; not made annual",
        ),
        Definition::percent(
            "D79",
            ("护理岗位空缺率", "vacant care posts"),
            "B2.4",
            Part::own(centres("D79#N", &vacant, " AND r.care_posts IS NOT NULL").needs(&["CareWorker"])),
            Part::own(centres("D79#D", "r.care_posts", " AND r.care_posts IS NOT NULL")),
            ("期末运营机构的编制护理岗位", "care posts of centres that operate on the last day"),
        )
        .words("空缺岗位（每个机构编制减在岗，不小于零）÷ 编制岗位", "posts less workers on duty, by centre and never below zero, over posts"),
        Definition::quotient(
            "D80",
            ("护理员平均在岗月数", "mean tenure of care workers"),
            "月",
            "B2.4",
            Ratio {
                top: Part::own(workers("D80#N", ON_DUTY, "r.id", &tenure, "r.hired_on")),
                bottom: Part::own(workers("D80#D", ON_DUTY, "r.id", "1", "r.hired_on")),
                factor: 1,
            },
            ("期末在岗的一线护理员", "front-line care workers on duty on the last day"),
        )
        .words("在岗一线护理员入职至期末的整月数的平均", "mean of completed months from hiring to the last day"),
        Definition::quotient(
            "D81",
            ("每名护理员服务的入住老人", "residents a care worker"),
            "人",
            "B2.4",
            Ratio {
                top: Part::own(Count::asked("D81#N", "Stay", residents.at()).sensitive()),
                bottom: Part::own(on_duty("D81#D", "")),
                factor: 1,
            },
            FRONTLINE,
        )
        .words("期末入住机构的老人 ÷ 在岗一线护理员", "residents of centres on the last day over front-line care workers on duty"),
    ]
}
