//! 养老服务 · F3–F7, D22, D28–D30, D34–D39, D73, D95, D105 (A2, B2.1, C3.4).

use crate::indicator::relation::{Class, RENOVATIONS};
use crate::indicator::sql::{ROWS, Rows, earlier, later, month_number, new_year};
use crate::indicator::{Count, Definition, Kind, Part, Ratio};
use crate::setting::Setting;

/// 新建居家养老服务中心
const NEW_CENTRE: &str = "r.kind = 'HOME_CARE_CENTRE' AND r.nature = 'NEW'";

/// The day on which the state that began on `from` ended: the first of the other dates on or after it that comes later
/// in the order of steps, or any that is later.
fn ends(from: &str, earlier_steps: &[&str], later_steps: &[&str]) -> String {
    let step = |column: &&str, at: &str| {
        format!("SELECT s.{column} AS on_date FROM centre_project s WHERE s.id = r.id AND s.{column} {at} r.{from}")
    };
    let steps =
        later_steps.iter().map(|column| step(column, ">=")).chain(earlier_steps.iter().map(|column| step(column, ">")));
    format!("(SELECT MIN(e.on_date) FROM ({}) e)", steps.collect::<Vec<_>>().join(" UNION ALL "))
}

/// The times of a project in a state: from each of these steps until the next step.
fn project_state(code: &'static str, steps: &[&str]) -> Count {
    const ORDER: [&str; 7] =
        ["approved_on", "begun_on", "stopped_on", "resumed_on", "accepted_on", "opened_on", "cancelled_on"];
    let select = |step: &str| {
        let place = ORDER.iter().position(|column| *column == step).unwrap_or(0);
        let (before, after) = (ORDER.get(..place).unwrap_or(&[]), ORDER.get(place + 1..).unwrap_or(&[]));
        let (filter, date) = (format!("{NEW_CENTRE} AND r.{step} IS NOT NULL"), format!("r.{step}"));
        Rows { from: "centre_project r", filter: &filter, date: &date, until: Some(&ends(step, before, after)), ..ROWS }
            .sql()
    };
    Count::standing(
        code,
        "CentreProject",
        steps.iter().map(|step| select(step)).collect::<Vec<_>>().join(" UNION ALL "),
    )
}

/// F5: whether a household that withdrew after admission is subtracted.
static WITHDRAWAL: Setting = Setting {
    name: "renovation.withdrawn",
    place: "r.division",
    day: "r.withdrawn_on",
    condition: |value| match value {
        "SUBTRACT" => Some("1 = 1".to_owned()),
        "KEEP" => Some("1 = 0".to_owned()),
        _ => None,
    },
};

/// Households of the batch of a year, from a day of theirs until the year ends.
fn renovation(code: &'static str, from: &str, condition: &str) -> Count {
    let (year, next) = (new_year("r.batch_year", 0), new_year("r.batch_year", 1));
    let withdrawn = format!("CASE WHEN {{setting}} THEN {} ELSE {next} END", earlier(&next, "r.withdrawn_on"));
    let rows = Rows {
        from: "renovation_case r",
        filter: condition,
        date: &later(from, &year),
        until: Some(&withdrawn),
        unit: "r.household_id",
        ..ROWS
    };
    Count::standing(code, "RenovationCase", rows.sql()).sensitive().decided_by(&WITHDRAWAL)
}

/// 运营: what holds of a centre that operates on the last day.
pub(super) const OPERATING: &str = "((r.state = 'OPERATING' AND (r.filed_on IS NULL OR r.filed_on < t.until_day \
    OR r.state_on < t.until_day)) OR (r.state <> 'OPERATING' AND r.state_on >= t.until_day \
    AND (r.filed_on IS NULL OR r.filed_on < t.until_day)))";

/// 养老机构、嵌入式养老机构、敬老院: institutions that need a hazard file.
const INSTITUTION: &str = "r.kind IN ('INSTITUTION', 'EMBEDDED', 'RURAL_HOME')";

/// Centres that operate on the last day and of which something else holds.
pub(super) fn centres(code: &'static str, value: &str, condition: &str) -> Count {
    let filter = format!("{OPERATING}{condition}");
    let rows = Rows {
        from: "care_centre r",
        filter: &filter,
        date: "CASE WHEN r.filed_on IS NULL THEN t.from_day ELSE r.filed_on END",
        value,
        ..ROWS
    };
    Count::asked(code, "CareCentre", rows.at())
}

const OPERATING_CENTRES: (&str, &str) =
    ("期末运营的各类养老机构和设施", "centres of every kind that operate on the last day");

fn rate(
    code: &'static str,
    names: (&'static str, &'static str),
    clause: &'static str,
    top: Count,
    bottom: &'static str,
) -> Definition {
    Definition::percent(code, names, clause, Part::own(top), Part::own(centres(bottom, "1", "")), OPERATING_CENTRES)
}

/// Centres that offer a service, over those that operate.
fn offers(
    code: &'static str,
    top: &'static str,
    bottom: &'static str,
    names: (&'static str, &'static str),
    column: &str,
) -> Definition {
    let offering = format!(" AND r.{column} IN ('PARTIAL', 'FULL')");
    rate(code, names, "B2.1", centres(top, "1", &offering), bottom).words(
        "提供（含部分提供）该项服务的机构 ÷ 期末运营的机构",
        "centres that offer the service, in part too, over centres that operate on the last day",
    )
}

fn beds() -> Vec<Definition> {
    let in_service = Rows {
        from: "home_care_bed r",
        filter: "NOT r.mistaken AND r.served_from IS NOT NULL",
        date: "r.served_from",
        until: Some("r.closed_on"),
        person: "r.person_id",
        ..ROWS
    };
    let visits = Rows {
        from: "home_visit r",
        filter: "r.state = 'VERIFIED'",
        date: "r.visited_on",
        person: "r.person_id",
        ..ROWS
    };
    let started = Rows {
        from: "home_care_bed r",
        filter: "NOT r.mistaken",
        date: "r.started_on",
        unit: "r.person_id",
        person: "r.person_id",
        ..ROWS
    };
    // The last month in which it served: the day of closing is the first on which it no longer does.
    let last = format!(
        "CASE WHEN r.closed_on IS NULL OR r.closed_on >= t.until_day THEN {end} \
         WHEN substr(CAST(r.closed_on AS TEXT), 9, 2) = '01' THEN {closed} - 1 ELSE {closed} END",
        end = month_number("t.last_day"),
        closed = month_number("r.closed_on")
    );
    let first = format!(
        "CASE WHEN r.served_from < t.from_day THEN {} ELSE {} END",
        month_number("t.from_day"),
        month_number("r.served_from")
    );
    let bed_months = Rows {
        from: "home_care_bed r",
        filter: "NOT r.mistaken AND r.served_from < t.until_day AND (r.closed_on IS NULL OR (r.closed_on > t.from_day \
                 AND r.closed_on > r.served_from))",
        date: &later("r.served_from", "t.from_day"),
        value: &format!("({last}) - ({first}) + 1"),
        person: "r.person_id",
        ..ROWS
    };
    vec![
        Definition::counting(
            ("启动家庭养老床位建床", "persons for whom the building of a home-care bed began"),
            "名",
            "A2.2i",
            Kind::Distinct,
            Count::distinct("F7", "HomeCareBed", &["started_on"], started.sql()).sensitive(),
        )
        .words(
            "本期启动建床的不同老人；启动后因去世、退出终止的仍计，录错作废的不计",
            "different elders whose bed was begun in the period; one closed later counts, one entered by mistake does not",
        )
        .not_counting([(
            "录错作废",
            "entered by mistake",
            "SELECT r.division AS division, r.started_on AS on_date FROM home_care_bed r WHERE r.mistaken AND NOT r.voided"
                .to_owned(),
        )]),
        Definition::counting(
            ("服务中的家庭养老床位", "home-care beds in service"),
            "张",
            "A2.2a",
            Kind::Stock,
            Count::standing("D28", "HomeCareBed", in_service.sql()).sensitive(),
        )
        .words("期末已开始服务、未终止的家庭养老床位", "home-care beds whose service has begun and not ended on the last day"),
        Definition::counting(
            ("上门服务", "home visits"),
            "人次",
            "A2.2a",
            Kind::Flow,
            Count::sum("D29", "HomeVisit", &["visited_on"], visits.sql()).sensitive(),
        )
        .words("本期已核实的上门服务，以开始服务当日为准", "verified visits, by the day in China on which they began")
        .not_counting([
            (
                "待核实",
                "not yet verified",
                "SELECT r.division AS division, r.visited_on AS on_date FROM home_visit r \
                 WHERE r.state = 'UNVERIFIED' AND NOT r.voided"
                    .to_owned(),
            ),
            (
                "作废",
                "void",
                "SELECT r.division AS division, r.visited_on AS on_date FROM home_visit r \
                 WHERE r.state = 'VOID' AND NOT r.voided"
                    .to_owned(),
            ),
        ]),
        Definition {
            beside: &["D28", "D29"],
            ..Definition::quotient(
                "D30",
                ("每床每月上门服务", "visits a bed and month"),
                "人次",
                "A2.2a",
                Ratio {
                    top: Part::Same("D29"),
                    bottom: Part::own(Count::asked("D30#D", "HomeCareBed", bed_months.at()).sensitive()),
                    factor: 1,
                },
                ("床位月数：本期内至少服务一天的（床位、日历月）", "bed-months: (bed, calendar month) with a day of service in the period"),
            )
        }
        .words("本期上门服务 ÷ 床位月数", "visits of the period over bed-months"),
    ]
}

fn safety() -> Vec<Definition> {
    let found = |code, names, condition: &str| {
        let rows = Rows { from: "hazard r", filter: condition, date: "r.found_on", ..ROWS };
        Definition::counting(names, "处", "A2.3a", Kind::Flow, Count::sum(code, "Hazard", &["found_on"], rows.sql()))
            .words("本期检查发现的隐患，以检查日期为准", "hazards found in inspections of the period")
    };
    let due = |code, condition: &str| {
        let filter = format!("r.deadline >= t.from_day AND r.deadline < t.until_day{condition}");
        let rows = Rows { from: "hazard r", filter: &filter, date: "r.deadline", ..ROWS };
        Count::asked(code, "Hazard", rows.at())
    };
    let inspected = " AND EXISTS (SELECT 1 FROM inspection i WHERE i.centre_id = r.id AND NOT i.voided \
        AND i.inspected_on >= t.from_day AND i.inspected_on < t.until_day)";
    let in_half = |name: &str| {
        format!("NOT {name}.voided AND {name}.inspected_on >= t.half_from AND {name}.inspected_on < t.until_day")
    };
    let file = format!(
        " AND {INSTITUTION} AND EXISTS (SELECT 1 FROM inspection i WHERE i.centre_id = r.id AND {} \
         AND i.items_answered >= i.items_asked AND NOT EXISTS (SELECT 1 FROM inspection j WHERE j.centre_id = r.id \
         AND {} AND (j.inspected_on > i.inspected_on OR (j.inspected_on = i.inspected_on AND j.id > i.id))) \
         AND NOT EXISTS (SELECT 1 FROM hazard h WHERE h.inspection_id = i.id AND NOT h.voided \
         AND (h.photo IS NULL OR h.photo = '' OR h.owner = '' OR h.grade = '')))",
        in_half("i"),
        in_half("j")
    );
    vec![
        rate("D37", ("机构检查覆盖率", "centres inspected"), "A2.3a", centres("D37#N", "1", inspected).needs(&["Inspection"]), "D37#D").words(
            "本期至少检查过一次的运营机构 ÷ 期末运营的机构",
            "operating centres inspected at least once in the period over centres that operate on the last day",
        ),
        found("D38", ("发现隐患", "hazards found"), ""),
        found("D38.GENERAL", ("发现隐患：一般", "hazards found: general"), "r.grade = 'GENERAL'"),
        found("D38.MAJOR", ("发现隐患：重大", "hazards found: major"), "r.grade = 'MAJOR'"),
        Definition::percent(
            "D39",
            ("隐患整改率", "hazards put right"),
            "A2.3a",
            Part::own(due("D39#N", " AND r.verified_on < t.until_day")),
            Part::own(due("D39#D", "")),
            ("整改期限在本期内的隐患", "hazards with a deadline in the period"),
        )
        .words("期末前已复核的 ÷ 整改期限在本期内的隐患", "verified by the period's end over hazards with a deadline in the period"),
        Definition::percent(
            "D95",
            ("隐患排查建档率", "institutions with a complete hazard file"),
            "C3.4",
            Part::own(centres("D95#N", "1", &file).needs(&["Inspection"])),
            Part::own(centres("D95#D", "1", &format!(" AND {INSTITUTION}"))),
            ("期末运营的养老机构、嵌入式养老机构、敬老院", "care institutions that operate on the last day"),
        )
        .words(
            "期末所在半年内最近一次检查完整（应答项全部作答，发现的隐患均登记等级、照片、责任人、期限）的机构 ÷ 期末运营的机构；没有隐患也算建档",
            "institutions whose latest inspection of the half-year answered every item and registered every hazard with grade, photo, owner and deadline, over those that operate; nothing found is a file too",
        ),
    ]
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let completed = Rows {
        from: "centre_project r",
        filter: &format!("{NEW_CENTRE} AND r.accepted_on IS NOT NULL"),
        date: "r.accepted_on",
        ..ROWS
    }
    .sql();
    let medical = Rows {
        from: "centre_project r",
        filter: "r.medical AND r.accepted_on IS NOT NULL",
        date: "r.accepted_on",
        ..ROWS
    }
    .sql();
    let agreed = " AND (r.medical IN ('INNER_CLINIC', 'HOSPITAL_RUN') OR (r.medical = 'AGREEMENT' \
        AND (r.agreement_until IS NULL OR r.agreement_until >= t.last_day)))";
    let mut all = vec![
        Definition::counting(
            ("新建成居家养老服务中心", "centres of home care completed"),
            "个",
            "A2.2g",
            Kind::Flow,
            Count::sum("F3", "CentreProject", &["accepted_on"], completed),
        )
        .words(
            "本期竣工验收的新建居家养老服务中心；改建、扩建和其他类别不计，是否投入运营不论",
            "new centres of home care whose acceptance lies in the period; neither rebuilt nor extended ones, whether opened or not",
        )
        .over("全年计划", "the year's plan"),
        Definition::counting(
            ("在建居家养老服务中心", "centres of home care under construction"),
            "个",
            "A2.2g",
            Kind::Stock,
            project_state("F4", &["begun_on", "resumed_on"]),
        )
        .words(
            "期末已开工或复工、未停工、未竣工、未取消的新建居家养老服务中心",
            "new centres of home care begun or resumed and neither stopped, accepted nor cancelled on the last day",
        ),
        Definition::counting(
            ("停工的居家养老服务中心", "centres of home care stopped"),
            "个",
            "A2.2g",
            Kind::Stock,
            project_state("F4.SUSPENDED", &["stopped_on"]),
        )
        .words("期末停工的新建居家养老服务中心，不计入在建", "new centres of home care stopped on the last day; not in F4"),
        Definition::counting(
            ("适老化改造启动", "households admitted to renovation"),
            "户",
            "A2.2h",
            Kind::Stock,
            renovation("F5", "r.admitted_on", "").of(Class { base: RENOVATIONS, codes: &[] }),
        )
        .words(
            "期末所在年度批次已纳入的户；纳入后退出的扣减（口径参数）",
            "households admitted to the batch of the year in which the period ends; those who withdrew are subtracted (a parameter of policy)",
        ),
        Definition::counting(
            ("适老化改造完成", "households renovated"),
            "户",
            "A2.2h",
            Kind::Stock,
            renovation("F6", &later("r.accepted_on", "r.admitted_on"), "r.accepted_on IS NOT NULL")
                .of(Class { base: RENOVATIONS, codes: &[("accepted", &["YES"])] }),
        )
        .words(
            "期末所在年度批次中期末前验收通过的户；完工未验收、以前批次不计",
            "households of that batch accepted by the period's end; neither those finished but not accepted nor earlier batches",
        )
        .over("启动户数 F5", "F5"),
        Definition::percent(
            "D105",
            ("适老化改造完成率", "renovation completed"),
            "A2.2h",
            Part::Same("F6"),
            Part::Same("F5"),
            ("启动户数 F5", "F5"),
        )
        .words("完成户数 ÷ 启动户数", "F6 over F5"),
        Definition::quotient(
            "D22",
            ("每千名老年人养老床位", "beds a thousand persons of 60 and more"),
            "张",
            "A2.0",
            Ratio {
                top: Part::own(centres("D22#N", "r.beds", "")),
                bottom: Part::Population("aged60"),
                factor: 1000,
            },
            ("60 岁以上人口：本级最近一次统计，没有则下级之和", "persons of 60 and more: the place's own latest statistics, else the sum of its parts if all have one"),
        )
        .words("期末运营机构的床位 ÷ 60 岁以上人口 × 1000", "beds of centres that operate on the last day over persons of 60 and more"),
        Definition::counting(
            ("建成医养结合设施", "facilities with medical care completed"),
            "个",
            "A2.2d",
            Kind::Flow,
            Count::sum("D34", "CentreProject", &["accepted_on"], medical),
        )
        .words("本期竣工验收的医养结合项目，不论新建、改建、扩建", "projects with medical care accepted in the period, new, rebuilt or extended"),
        Definition::counting(
            ("嵌入式养老机构", "embedded institutions"),
            "个",
            "A2.2e",
            Kind::Stock,
            centres("D35", "1", " AND r.kind = 'EMBEDDED'"),
        )
        .words("期末运营的嵌入式养老机构", "embedded institutions that operate on the last day"),
        rate("D36", ("医养签约率", "facilities with medical care"), "A2.2f", centres("D36#N", "1", agreed), "D36#D").words(
            "内设医疗机构、医院办或签约在有效期内的 ÷ 期末运营的机构；有效期至当日仍有效，未填为长期",
            "with a clinic of its own, run by a hospital, or with an agreement valid on the last day, over centres that operate",
        ),
        offers("D73.REHAB", "D73.REHAB#N", "D73.REHAB#D", ("康复服务覆盖率", "centres that offer rehabilitation"), "rehabilitation"),
        offers("D73.PSYCH", "D73.PSYCH#N", "D73.PSYCH#D", ("心理慰藉覆盖率", "centres that offer comfort"), "comfort"),
        offers("D73.HOSPICE", "D73.HOSPICE#N", "D73.HOSPICE#D", ("安宁疗护覆盖率", "centres that offer hospice care"), "hospice"),
    ];
    all.extend(beds());
    all.extend(safety());
    all
}
