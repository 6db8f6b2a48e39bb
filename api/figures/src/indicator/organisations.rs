//! 社会组织 · F9–F11, D54, D55, D64 (A3.3a, A4.2a, A4.2b).

use crate::indicator::sql::{ROWS, Rows, earlier, later, new_year, year};
use crate::indicator::{By, Count, Definition, Kind, Measure, Part};

/// Registered in the second half of the year of the report: less than six months before its end (F9).
fn exempt_in(inspected: &str) -> String {
    format!("o.registered_on > {{day CAST({inspected} AS TEXT) || '-06-30'}}")
}

/// Inspections of organisations that were due, accepted in the year after the year of the report.
const ACCEPTED: &str = "r.accepted_on IS NOT NULL";

/// Organisations inspected, from a day of the inspection until the year ends.
fn inspected(code: &'static str, from: &str, until: Option<&str>, condition: &str) -> Count {
    let (begins, ends) = (new_year("r.year", 1), new_year("r.year", 2));
    let until = until.map_or_else(|| ends.clone(), |day| earlier(&ends, day));
    let filter = format!(
        "NOT o.voided AND {ACCEPTED} AND r.accepted_on >= {begins} AND r.accepted_on < {ends} AND NOT ({}) \
         AND (o.cancelled_on IS NULL OR o.cancelled_on >= {begins}) AND {from} < {ends}{condition}",
        exempt_in("r.year")
    );
    let rows = Rows {
        from: "annual_inspection r JOIN social_organisation o ON o.id = r.organisation_id",
        filter: &filter,
        date: from,
        until: Some(&until),
        unit: "r.organisation_id",
        ..ROWS
    };
    Count::standing(code, "AnnualInspection", rows.sql())
        .also("SocialOrganisation", By::Children("annual_inspection", "organisation_id"))
}

/// From the first year for which a report is due, or is not yet, until the new year after it was cancelled.
fn organisations(code: &'static str, from: &str, until: &str, condition: &str) -> Count {
    let rows = Rows { from: "social_organisation r", filter: condition, date: from, until: Some(until), ..ROWS };
    Count::standing(code, "SocialOrganisation", rows.sql())
}

/// All definitions of the line.
pub fn definitions() -> Vec<Definition> {
    let registered = year("r.registered_on");
    let late = "substr(CAST(r.registered_on AS TEXT), 6) > '06-30'";
    let first_due = new_year(&format!("{registered} + CASE WHEN {late} THEN 1 ELSE 0 END"), 1);
    let gone = format!("CASE WHEN r.cancelled_on IS NULL THEN NULL ELSE {} END", new_year(&year("r.cancelled_on"), 1));
    let exempt_until = earlier(&new_year(&registered, 2), &gone);
    let concluded = later("r.concluded_on", "r.accepted_on");
    let conclusion = |code, names, value: &str| {
        let condition = format!(" AND r.concluded_on IS NOT NULL AND r.conclusion = '{value}'");
        Definition::counting(names, "家", "A4.2a", Kind::Stock, inspected(code, &concluded, None, &condition))
    };
    let due = || Part::Same("F9.DUE");
    let existing = |code| {
        let rows = Rows {
            from: "social_organisation r",
            filter: "",
            date: "r.registered_on",
            until: Some("r.cancelled_on"),
            ..ROWS
        };
        Count::standing(code, "SocialOrganisation", rows.sql())
    };
    let branches = |code, kinds: &str, condition: &str| {
        let filter = format!("NOT o.voided{kinds}{condition}");
        let rows = Rows {
            from: "party_organisation r JOIN social_organisation o ON o.id = r.organisation_id",
            filter: &filter,
            division: "o.division",
            date: &later("r.founded_on", "o.registered_on"),
            until: Some(
                "CASE WHEN r.revoked_on IS NULL OR o.cancelled_on < r.revoked_on THEN o.cancelled_on ELSE r.revoked_on END",
            ),
            unit: "o.id",
            ..ROWS
        };
        Count::standing(code, "PartyOrganisation", rows.sql())
            .only("PartyOrganisation", By::Parent("organisation_id", "social_organisation"))
            .also("SocialOrganisation", By::Place("division"))
    };
    let three = Rows {
        from: "social_organisation r",
        filter: "r.party_members >= 3",
        date: "r.registered_on",
        until: Some("r.cancelled_on"),
        ..ROWS
    };
    let committee = Rows {
        from: "party_organisation r",
        filter: "r.kind = 'COMMITTEE' AND r.organisation_id IS NULL AND r.founded_on < t.until_day \
                 AND (r.revoked_on IS NULL OR r.revoked_on >= t.until_day)",
        date: "r.founded_on",
        ..ROWS
    };
    vec![
        Definition::counting(
            ("社会组织年检", "organisations inspected"),
            "家",
            "A4.2a",
            Kind::Stock,
            inspected("F9", "r.accepted_on", None, ""),
        )
        .words(
            "期末所在年度受理上一年度年检的应检社会组织；免检、上年末前注销、未报送的不计",
            "organisations due whose report for the year before was accepted from the new year to the period's end; neither exempt, cancelled before the new year nor absent ones",
        ),
        Definition::counting(
            ("年检应检", "organisations due for inspection"),
            "家",
            "A4.2a",
            Kind::Stock,
            organisations("F9.DUE", &first_due, &gone, ""),
        )
        .words(
            "上一年度 6 月 30 日前登记、期末所在年度 1 月 1 日前未注销的社会组织",
            "organisations registered by 30 June of the year before and not cancelled before the new year",
        ),
        Definition::percent(
            "F9.PARTICIPATION",
            ("年检参检率", "participation in the inspection"),
            "A4.2a",
            Part::Same("F9"),
            due(),
            ("应检 F9.DUE", "F9.DUE"),
        )
        .words("参检 ÷ 应检", "F9 over F9.DUE"),
        conclusion("F9.UNQUALIFIED", ("年检不合格", "organisations not qualified"), "UNQUALIFIED")
            .words("参检中首次结论为不合格的", "of those inspected, whose first conclusion is 不合格"),
        Definition::counting(
            ("年检待结论", "inspections without a conclusion"),
            "家",
            "A4.2a",
            Kind::Stock,
            inspected("F9.PENDING", "r.accepted_on", Some("r.concluded_on"), ""),
        )
        .words("参检中期末尚无结论的", "of those inspected, without a conclusion on the last day"),
        Definition::counting(
            ("年检免检", "organisations exempt from inspection"),
            "家",
            "A4.2a",
            Kind::Stock,
            organisations("F9.EXEMPT", &new_year(&registered, 1), &exempt_until, late),
        )
        .words("上一年度 6 月 30 日后登记的社会组织", "organisations registered after 30 June of the year before"),
        conclusion("F10", ("年检合格", "organisations qualified"), "QUALIFIED")
            .words("参检中首次结论为合格的，整改后结论不计", "of those inspected, whose first conclusion is 合格; not what it became later")
            .over("参检 F9", "F9"),
        conclusion("F11", ("年检基本合格", "organisations basically qualified"), "BASICALLY_QUALIFIED")
            .words(
                "参检中首次结论为基本合格的，整改后结论不计",
                "of those inspected, whose first conclusion is 基本合格; not what it became later",
            )
            .over("参检 F9", "F9"),
        Definition::percent(
            "D54",
            ("社会组织党组织覆盖率", "organisations with a party organisation"),
            "A3.3a",
            Part::own(branches("D54#N", "", "")),
            Part::own(existing("D54#D")),
            ("期末登记在册的社会组织", "organisations registered on the last day"),
        )
        .words(
            "期末有党组织（任何种类）的社会组织 ÷ 登记在册的社会组织",
            "organisations with a party organisation of any kind over those registered",
        ),
        Definition::percent(
            "D55",
            ("应建尽建率", "organisations that should have a branch and do"),
            "A3.3a",
            Part::own(branches(
                "D55#N",
                " AND r.kind IN ('COMMITTEE', 'GENERAL_BRANCH', 'BRANCH')",
                " AND o.party_members >= 3",
            )),
            Part::own(Count::standing("D55#D", "SocialOrganisation", three.sql())),
            ("党员三人以上的社会组织", "organisations with three party members or more"),
        )
        .words("单独建立党组织的 ÷ 党员三人以上的社会组织", "those with a branch of their own over those with three members or more"),
        Definition {
            kind: Kind::Date,
            measure: Measure::Day(Count::asked("D64", "PartyOrganisation", committee.at())),
            ..Definition::new("D64", ("综合党委成立", "comprehensive party committee founded"), "", "A4.2b")
        }
        .words("期末存续的社会组织综合党委的成立日期", "day on which the comprehensive party committee that exists on the last day was founded"),
    ]
}
