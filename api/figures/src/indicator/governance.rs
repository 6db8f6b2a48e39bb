//! 基层治理 · F12–F15, D66, D67, D101–D104, D106 (A3, A4.3, A4.4, C4).

use crate::indicator::sql::{ROWS, Rows, later, month_number};
use crate::indicator::{By, Count, Definition, Kind, Part, Ratio};

/// 村委会、居委会: bodies of villages and communities. Where the kind was not told, the code tells: 001–199 and 200–399.
const REAL: &str = "d.level = 'VILLAGE' AND NOT d.voided AND (d.kind IN ('RESIDENTS', 'VILLAGERS') \
    OR (d.kind IS NULL AND substr(d.code, 10, 3) >= '001' AND substr(d.code, 10, 3) <= '399'))";

/// Since when a division is valid: as long as anybody knows where nothing was told.
const VALID_FROM: &str = "CASE WHEN d.valid_from IS NULL THEN {day '1900-01-01'} ELSE d.valid_from END";

/// Villages and communities that are valid.
fn villages(code: &'static str) -> Count {
    let filter = REAL.replace("d.", "r.").replace("AND NOT r.voided ", "");
    let rows = Rows {
        from: "division r",
        filter: &filter,
        division: "r.code",
        date: &VALID_FROM.replace("d.", "r."),
        until: Some("r.valid_until"),
        ..ROWS
    };
    Count::standing(code, "Division", rows.sql()).only("Division", By::Place("code"))
}

/// Villages and communities that have something while they are valid.
fn having(code: &'static str, node: &'static str, table: &str, from: &str, until: &str) -> Count {
    let rows = Rows {
        from: &format!("{table} r JOIN division d ON d.code = r.division"),
        filter: REAL,
        date: &later(&format!("r.{from}"), &format!("({VALID_FROM})")),
        until: Some(&format!(
            "CASE WHEN r.{until} IS NULL OR d.valid_until < r.{until} THEN d.valid_until ELSE r.{until} END"
        )),
        unit: "d.id",
        ..ROWS
    };
    Count::standing(code, node, rows.sql()).also("Division", By::Place("code"))
}

fn charters(code: &'static str) -> Count {
    having(code, "VillageCharter", "village_charter", "effective_from", "effective_until")
}

const ACTIVE: (&str, &str) = ("期末有效的社区和村", "communities and villages valid on the last day");

const SIMPLIFIED: &str =
    "r.outcome IN ('SIMPLIFIED', 'NEW_STYLE') AND r.kind IN ('WEDDING', 'FUNERAL') AND r.guided_on < r.held_on";

const CANCELLED: &str = "r.outcome = 'CANCELLED_BANQUET' AND r.guided_on <= r.decided_on";

fn ceremonies() -> Vec<Definition> {
    let select = |filter: &str, date: &str, value: &str| Rows { from: "ceremony r", filter, date, value, ..ROWS }.sql();
    let difference = "CASE WHEN r.planned_fen > r.actual_fen THEN r.planned_fen - r.actual_fen ELSE 0 END";
    let saved = format!(
        "{} UNION ALL {}",
        select(
            &format!("{SIMPLIFIED} AND r.evidence"),
            "r.held_on",
            &format!("CASE WHEN r.actual_fen IS NULL THEN 0 ELSE {difference} END"),
        ),
        select(
            &format!("{CANCELLED} AND r.evidence"),
            "r.decided_on",
            &format!("CASE WHEN r.actual_fen IS NULL THEN r.planned_fen ELSE {difference} END"),
        ),
    );
    let late = "SELECT r.division AS division, r.held_on AS on_date FROM ceremony r WHERE NOT r.voided \
        AND r.outcome IN ('SIMPLIFIED', 'NEW_STYLE') AND r.kind IN ('WEDDING', 'FUNERAL') \
        AND (r.guided_on IS NULL OR r.guided_on >= r.held_on)";
    let unproved = format!(
        "SELECT r.division AS division, r.held_on AS on_date FROM ceremony r WHERE NOT r.voided AND NOT r.evidence \
         AND {SIMPLIFIED} UNION ALL SELECT r.division AS division, r.decided_on AS on_date FROM ceremony r \
         WHERE NOT r.voided AND NOT r.evidence AND {CANCELLED}"
    );
    vec![
        Definition::counting(
            ("引导新办简办婚丧事宜", "weddings and funerals simplified"),
            "起",
            "A4.3e",
            Kind::Flow,
            Count::sum("F13", "Ceremony", &["held_on"], select(SIMPLIFIED, "r.held_on", "1")),
        )
        .words(
            "本期举办、劝导在举办之前、结果为简办或新办的婚丧事宜",
            "weddings and funerals held in the period, simplified or in the new style, with guidance before the day itself",
        )
        .over("申报的婚丧事宜", "ceremonies reported")
        .not_counting([("劝导不早于举办", "no guidance before the day", late.to_owned())]),
        Definition::counting(
            ("劝导停办宴席", "banquets dissuaded"),
            "起",
            "A4.3e",
            Kind::Flow,
            Count::sum("F14", "Ceremony", &["decided_on"], select(CANCELLED, "r.decided_on", "1")),
        )
        .words(
            "本期决定停办、劝导不晚于决定的各种宴席",
            "banquets of any kind that were decided in the period not to be held, with guidance on or before the decision",
        ),
        Definition::counting(
            ("为群众节约资金", "money saved for families"),
            "元",
            "A4.3e",
            Kind::Flow,
            Count::sum("F15", "Ceremony", &["held_on", "decided_on"], saved).money(100),
        )
        .words(
            "F13、F14 中有凭据的事项计划费用减实际费用（不小于零）；没有实际费用的，停办计全部计划，简办不计",
            "planned less actual cost, never below zero, of the events of F13 and F14 with evidence; without an actual cost a cancelled banquet saves its plan and a simplified one nothing",
        )
        .over("有凭据的事项（平均）", "events with evidence, for the mean")
        .not_counting([("无凭据", "without evidence", unproved)]),
    ]
}

fn disclosures() -> Vec<Definition> {
    let postings = |code, filter: &str| {
        Count::sum(
            code,
            "Disclosure",
            &["due_on"],
            Rows { from: "disclosure r", filter, date: "r.due_on", ..ROWS }.sql(),
        )
    };
    let valid = "(r.valid_from IS NULL OR r.valid_from < t.until_day) AND (r.valid_until IS NULL OR r.valid_until >= t.until_day)";
    let real = format!("{} AND {valid}", REAL.replace("d.", "r.").replace("AND NOT r.voided ", ""));
    let meeting = format!(
        "{real} AND EXISTS (SELECT 1 FROM disclosure p WHERE p.division = r.code AND NOT p.voided \
         AND p.due_on >= t.from_day AND p.due_on < t.until_day) \
         AND NOT EXISTS (SELECT 1 FROM disclosure p WHERE p.division = r.code AND NOT p.voided \
         AND p.due_on >= t.from_day AND p.due_on < t.until_day AND (p.posted_on IS NULL OR p.posted_on > p.due_on)) \
         AND (SELECT COUNT(DISTINCT ({} - 1) / 3) FROM disclosure p WHERE p.division = r.code AND NOT p.voided \
         AND p.kind = 'VILLAGE' AND p.posted_on <= p.due_on AND p.due_on >= t.quarter_from AND p.due_on < t.until_day) \
         >= t.quarters",
        month_number("p.due_on")
    );
    let villages = |code, filter: &str| {
        let rows = Rows { from: "division r", filter, date: "t.from_day", division: "r.code", ..ROWS };
        Count::asked(code, "Division", rows.at())
    };
    vec![
        Definition::percent(
            "D67",
            ("公开及时率", "postings on time"),
            "A4.3c",
            Part::own(postings("D67#N", "r.posted_on <= r.due_on")),
            Part::own(postings("D67#D", "")),
            ("应公开日期在本期内的公开事项", "postings due in the period"),
        )
        .words("按期公开 ÷ 应公开", "posted on or before the last day over those due"),
        Definition::percent(
            "D101",
            ("村务公开达标率", "villages that meet the norm of disclosure"),
            "C4.3",
            Part::own(villages("D101#N", &meeting).needs(&["Disclosure"])),
            Part::own(villages("D101#D", &real)),
            ACTIVE,
        )
        .words(
            "本期应公开的全部按期、且在本期内结束的每个季度至少一次村务公开按期的村居 ÷ 村居",
            "villages with every posting of the period on time, at least one of them, and one of village affairs in each quarter that ends in the period, over villages",
        ),
    ]
}

fn community_workers() -> Vec<Definition> {
    const PERSON: &str =
        "(SELECT MIN(x.id) FROM community_worker x WHERE x.id_number_blind = r.id_number_blind AND NOT x.voided)";
    let on_duty = "r.hired_on < t.until_day AND (r.left_on IS NULL OR r.left_on >= t.until_day)";
    let at_start = "r.hired_on < t.from_day AND (r.left_on IS NULL OR r.left_on >= t.from_day)";
    let average = format!("(CASE WHEN {at_start} THEN 5 ELSE 0 END) + (CASE WHEN {on_duty} THEN 5 ELSE 0 END)");
    let count = |code, filter: &str, unit: &str, value: &str, date: &str| {
        let rows = Rows { from: "community_worker r", filter, date, unit, value, ..ROWS };
        Count::asked(code, "CommunityWorker", rows.at()).sensitive()
    };
    let persons = |code, condition: &str| count(code, &format!("{on_duty}{condition}"), PERSON, "1", "r.hired_on");
    vec![
        Definition::quotient(
            "D102",
            ("每万居民专职社区工作者", "community workers per ten thousand residents"),
            "人",
            "C4.4",
            Ratio { top: Part::own(persons("D102#N", "")), bottom: Part::Population("resident"), factor: 10_000 },
            (
                "常住人口：本级最近一次统计，没有则下级之和",
                "residents: the place's own latest statistics, else the sum of its parts if all have one",
            ),
        )
        .words("期末在岗专职社区工作者 ÷ 常住人口 × 10000", "community workers on duty on the last day over residents"),
        Definition::percent(
            "D103",
            ("社区工作者持证率", "certified community workers"),
            "C4.4",
            Part::own(persons("D103#N", " AND r.certificate IS NOT NULL")),
            Part::own(persons("D103#D", "")),
            ("期末在岗专职社区工作者", "community workers on duty on the last day"),
        )
        .words("持社会工作者职业资格证书的 ÷ 在岗人数", "with a certificate of social work over those on duty"),
        Definition::percent(
            "D104",
            ("社区工作者流失率", "turnover of community workers"),
            "C4.4",
            Part::own(
                count(
                    "D104#N",
                    "r.left_on >= t.from_day AND r.left_on < t.until_day AND r.left_on > r.hired_on",
                    "r.id",
                    "10",
                    "r.left_on",
                )
                .scaled(10),
            ),
            Part::own(
                count("D104#D", &format!("(({at_start}) OR ({on_duty}))"), "r.id", &average, "r.hired_on").scaled(10),
            ),
            ("期初与期末在岗人数的平均数", "mean of those on duty at the period's beginning and end"),
        )
        .words(
            "本期离职 ÷ 平均在岗人数，未折算为年率",
            "who left in the period over the mean on duty; not made annual",
        ),
    ]
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let effective = |code, condition: &str| {
        let rows = Rows {
            from: "village_charter r",
            filter: condition,
            date: "r.effective_from",
            until: Some("r.effective_until"),
            ..ROWS
        };
        Count::standing(code, "VillageCharter", rows.sql())
    };
    let mut all = vec![
        Definition::counting(
            ("村规民约（居民公约）全覆盖的社区和村", "communities and villages with a charter"),
            "个",
            "A4.3d",
            Kind::Stock,
            charters("F12"),
        )
        .words(
            "期末有生效村规民约或居民公约的有效村居（村委会、居委会，不含统计用虚拟单位）",
            "valid villages and communities (bodies that are real, no statistical units) with a charter in force on the last day",
        )
        .over("期末有效的社区和村（D106.CHARTER）", "communities and villages valid on the last day (D106.CHARTER)"),
        Definition::percent(
            "D106.CHARTER",
            ("村规民约覆盖率", "coverage by charters"),
            "A4.3d",
            Part::Same("F12"),
            Part::own(villages("D106.CHARTER#D")),
            ACTIVE,
        )
        .words("F12 ÷ 有效村居", "F12 over valid villages and communities"),
        Definition::percent(
            "D106.COUNCIL",
            ("红白理事会覆盖率", "coverage by red-white councils"),
            "A4.3d",
            Part::own(having("D106.COUNCIL#N", "RedWhiteCouncil", "red_white_council", "founded_on", "revoked_on")),
            Part::own(villages("D106.COUNCIL#D")),
            ACTIVE,
        )
        .words("有红白理事会的有效村居 ÷ 有效村居", "valid villages and communities with a council over all that are valid"),
        Definition::percent(
            "D66",
            ("含移风易俗条款的公约", "charters with a clause on customs"),
            "A4.3b",
            Part::own(effective("D66#N", "r.customs")),
            Part::own(effective("D66#D", "")),
            ("期末生效的公约", "charters in force on the last day"),
        )
        .words("含移风易俗条款的 ÷ 生效的公约", "with a clause on customs over those in force"),
    ];
    all.extend(ceremonies());
    all.extend(disclosures());
    all.extend(community_workers());
    all
}
