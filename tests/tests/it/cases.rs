//! Sheets as they came from desks and were got wrong once (`tests/data/cases`), and others with the same faults.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tests::{World, golden, on_both};

const PLACES: &str = "区划代码,名称,级别
430199,示例区,DISTRICT
430199001,示例街道,TOWN
430199001001,示例001社区,VILLAGE
430199001002,示例002社区,VILLAGE
430199100,示例镇,TOWN
430199100201,示例201村,VILLAGE
";

fn case(file: &str) -> String {
    tests::repository().join("tests/data/cases").join(file).display().to_string()
}

/// Sends a sheet; gives its exit code, what is told as JSON, and all that was printed. The summary always adds up.
fn send(world: &World, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = world.run(&[&["import", "--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let all = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {all}"));
    let count = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name}: {told}"));
    let parts = ["created", "changed", "unchanged", "refused", "blank", "skipped"];
    assert_eq!(count("seen"), parts.iter().map(|part| count(part)).sum::<u64>(), "{told}");
    (output.status.code(), told, all)
}

/// Seen, created, changed, unchanged, refused, blank, skipped.
fn counts(told: &Value) -> Value {
    let names = ["seen", "created", "changed", "unchanged", "refused", "blank", "skipped"];
    names.iter().map(|name| told[*name].clone()).collect()
}

fn places(world: &World) {
    assert_eq!(send(world, &["divisions", &world.file("places.csv", PLACES)]).0, Some(0));
}

/// The golden sheets.
fn golden_rows(world: &World) {
    let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
    world.succeed(&[
        "import",
        "divisions",
        &tests::repository().join("tests/data/divisions-43.csv").display().to_string(),
    ]);
    for kind in order.lines().filter(|kind| !kind.is_empty()) {
        world.run(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
}

fn persons(world: &mut World) -> Value {
    let officer = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let known = "{ persons(first: 50) { nodes { name phone ethnicity deathDate address } } }";
    world.ask_for(&officer, "SERVICE", known, json!({}))["data"]["persons"]["nodes"].clone()
}

on_both! {
    a_stray_quotation_mark_costs_its_row_only(world) {
        places(world);
        let (code, told, all) = send(world, &["persons", &case("v01-stray-quote.csv")]);
        assert_eq!((code, counts(&told)), (Some(1), json!([10, 9, 0, 0, 1, 0, 0])), "{all}");
        assert!(all.contains("第 4 行 详细地址 [STRAY_QUOTE]"), "{all}");
        assert!(!all.contains("4301991930"), "{all}");
        assert_eq!(persons(world).as_array().map(Vec::len), Some(9));
    }

    lines_may_end_with_a_carriage_return(world) {
        places(world);
        let (code, told, all) = send(world, &["persons", &case("v05-mac-cr-with-lf-in-quotes.csv")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([10, 10, 0, 0, 0, 0, 0])), "{all}");
        assert!(!all.contains("430199193001"), "{all}");
    }

    one_number_with_two_contents_is_none(world) {
        golden_rows(world);
        let (code, told, all) = send(world, &["payments", &case("d05-one-number-twice.csv")]);
        assert_eq!((code, counts(&told)), (Some(1), json!([2, 0, 0, 0, 2, 0, 0])), "{all}");
        assert_eq!(told["state"], "REFUSED");
        assert!(all.contains("第 2 行 发放编号 [KEY_TWICE]") && all.contains("第 3 行 发放编号 [KEY_TWICE]"), "{all}");
    }

    marks_for_none_are_none_in_a_roster(world) {
        places(world);
        let (code, told, all) = send(world, &["assistance-roster", &case("n06-roster-marks-for-none.csv")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([2, 2, 0, 0, 0, 0, 0])), "{all}");
        assert!(all.contains("“重病”") && all.contains("“账号”") && all.contains("“联系电话”"), "{all}");
        let out = |world: &World, kind: &str| {
            let file = world.folder().join(format!("{kind}.csv")).display().to_string();
            world.succeed(&["export", kind, &file]);
            std::fs::read_to_string(file).expect("the sheet").lines().count()
        };
        assert_eq!((out(world, "person-conditions"), out(world, "payment-accounts")), (1, 1));
    }

    what_could_not_be_read_clears_nothing(world) {
        places(world);
        assert_eq!(send(world, &["persons", &case("w04-first.csv")]).0, Some(0));
        let before = persons(world);
        let (code, told, all) = send(world, &["persons", &case("w04-formulas-without-values.xlsx")]);
        assert_eq!((code, counts(&told)), (Some(1), json!([2, 0, 0, 0, 2, 0, 0])), "{all}");
        assert!(all.contains("FORMULA_WITHOUT_VALUE") && all.contains("保存"), "{all}");
        assert!(all.contains("名单"), "the worksheet that was not read is named: {all}");
        assert_eq!(persons(world), before);
        // an error in a cell, also where it came as text
        let sheet = "证件号码,姓名,现住地代码,联系电话\n430199195001010017,张三,430199001001,#N/A\n";
        assert_eq!(send(world, &["persons", &world.file("p.csv", sheet)]).0, Some(1));
        assert_eq!(persons(world), before);
    }

    an_empty_cell_says_nothing_and_clearing_is_said(world) {
        places(world);
        send(world, &["persons", &case("w04-first.csv")]);
        let before = persons(world);
        let sheet = "证件号码,姓名,现住地代码,民族,联系电话,死亡日期\n430199195001010017,张三,430199001001,无,,\n430199195001010025,李四,430199001001,,,/\n";
        let (code, told, all) = send(world, &["persons", &world.file("p.csv", sheet)]);
        assert_eq!((code, counts(&told)), (Some(0), json!([2, 0, 0, 2, 0, 0, 0])), "{all}");
        assert!(all.contains("“联系电话”为空，原有内容保留") && all.contains("第 2、3 行"), "{all}");
        assert_eq!(persons(world), before);
        let sheet = "证件号码,姓名,现住地代码,民族,联系电话,死亡日期\n430199195001010025,李四,430199001001,,清空,清空\n";
        let (code, told, all) = send(world, &["persons", &world.file("p.csv", sheet)]);
        assert_eq!((code, counts(&told)), (Some(0), json!([1, 0, 1, 0, 0, 0, 0])), "{all}");
        let now = persons(world);
        let of = |name: &str| now.as_array().expect("rows").iter().find(|row| row["name"] == name).expect("a row").clone();
        assert_eq!((&of("李四")["phone"], &of("李四")["deathDate"], &of("李四")["ethnicity"]), (&json!(null), &json!(null), &json!("苗族")));
        assert_eq!(of("张三")["phone"], "13800000000");
        // a key cannot be cleared
        let sheet = "证件号码,姓名,现住地代码\n430199195001010025,清空,430199001001\n";
        assert_eq!(send(world, &["persons", &world.file("p.csv", sheet)]).0, Some(1));
        world.succeed(&["audit", "verify", "--records"]);
    }

    rows_numbered_beforehand_are_blank(world) {
        places(world);
        let (code, told, all) = send(world, &["assistance-roster", &case("e01-prenumbered-rows.csv")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([5, 1, 0, 0, 0, 4, 0])), "{all}");
    }

    names_are_compared_and_kept_in_one_form(world) {
        places(world);
        assert_eq!(send(world, &["persons", &case("n01-persons.csv")]).0, Some(0));
        let (code, told, all) = send(world, &["assistance-roster", &case("n01-roster-other-dot-and-padding.csv")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([2, 2, 0, 0, 0, 0, 0])), "{all}");
        let mut names: Vec<String> = persons(world).as_array().expect("rows").iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect();
        names.sort();
        assert_eq!(names, ["张三", "阿依古丽·买买提"]);
        // another name is told masked

        let (code, _, all) = send(world, &["grant-roster", &world.file("g.csv", "类别,所属月份,发放日期,镇街,村居,姓名,证件号码,金额\n低保,2023-01,2023-01-10,示例街道,示例001社区,李四,430199193001010026,500\n")]);
        assert_eq!(code, Some(1));
        assert!(all.contains("NAME_DIFFERS") && all.contains("张*") && !all.contains("张三"), "{all}");

    }

    a_hidden_row_is_told_and_taken_only_when_asked_for(world) {
        places(world);
        let (code, told, all) = send(world, &["persons", &case("w02-hidden-row.xlsx")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([3, 2, 0, 0, 0, 0, 1])), "{all}");
        assert!(all.contains("有 1 行被隐藏"), "{all}");
        let (code, told, all) = send(world, &["persons", &case("w02-hidden-row.xlsx"), "--hidden", "--lang", "en"]);
        assert_eq!((code, counts(&told)), (Some(0), json!([3, 1, 0, 2, 0, 0, 0])), "{all}");
        assert!(all.contains("1 rows are hidden"), "{all}");
    }

    odd_parts_of_a_workbook_never_matter(world) {
        places(world);
        let (code, told, all) = send(world, &["persons", &case("r1-power-query-part-in-utf16.xlsx")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([1, 1, 0, 0, 0, 0, 0])), "{all}");
    }

    a_sheet_of_which_nothing_is_taken_is_no_success(world) {
        for sheet in ["区划代码,名称,级别\n", "区划代码,名称,级别\n,,\n", "标题\n区划代码,名称,级别\n合计,,\n"] {
            let (code, told, all) = send(world, &["divisions", &world.file("d.csv", sheet)]);
            assert_eq!((code, &told["state"]), (Some(1), &json!("REFUSED")), "{all}");
            assert!(all.contains("没有一行"), "{all}");
        }
        let (code, told, all) = send(world, &["divisions", &world.file("d.csv", "甲,乙\n1,2\n")]);
        assert_eq!((code, &told["state"], &told["id"]), (Some(1), &json!("REFUSED"), &json!(null)), "{all}");
        // known already is taken
        places(world);
        let (code, told, _) = send(world, &["divisions", &world.file("d.csv", PLACES)]);
        assert_eq!((code, counts(&told)), (Some(0), json!([6, 0, 0, 6, 0, 0, 0])));
    }

    the_same_row_twice_is_one_row_and_contradictions_are_none_in_every_kind(world) {
        golden_rows(world);
        let order = std::fs::read_to_string(golden("order.txt")).expect("the order");
        for kind in order.lines().filter(|kind| !kind.is_empty()) {
            let sheet = std::fs::read_to_string(golden(&format!("{kind}.csv"))).expect("a golden sheet");
            let rows = sheet.lines().count() as u64 - 1;
            let (head, body) = sheet.split_once('\n').expect("a header");
            let twice = format!("{head}\n{body}{body}");
            let (_, told, all) = send(world, &["--dry-run", kind, &world.file("twice.csv", &twice)]);
            let (_, once, _) = send(world, &["--dry-run", kind, &world.file("once.csv", &sheet)]);
            assert_eq!(told["seen"], json!(rows * 2), "{kind}: {all}");
            assert_eq!((&told["created"], &told["changed"]), (&once["created"], &once["changed"]), "{kind}: {all}");
            assert!(all.contains("只算一行"), "{kind}: {all}");
        }
    }

    a_file_that_breaks_off_leaves_nothing(world) {
        let mut rows = String::from(PLACES);
        for at in 0..1_500 {
            let _ = writeln!(rows, "4301990{:02}{:03},村{at},VILLAGE", 10 + at / 900, at % 900 + 1);
        }
        let mut bytes = rows.into_bytes();
        bytes.extend(b"430199100999,\xFF\xFF,VILLAGE\n");
        let path = world.folder().join("broken.csv");
        std::fs::write(&path, bytes).expect("written");
        let (code, told, _) = send(world, &["divisions", &path.display().to_string()]);
        assert_eq!((code, counts(&told)), (Some(1), json!([0, 0, 0, 0, 0, 0, 0])));
        assert_eq!(world.data("{ divisions { totalCount } }", json!({}))["divisions"]["totalCount"], 0);
    }

    unknown_headers_tell_of_nobody(world) {
        places(world);
        let sheet = "证件号码,姓名,现住地代码,430199195001010033李某13800000000\n430199195001010017,张三,430199001001,x\n";
        let (code, told, all) = send(world, &["persons", &world.file("p.csv", sheet)]);
        assert_eq!((code, counts(&told)), (Some(0), json!([1, 1, 0, 0, 0, 0, 0])));
        assert!(all.contains("D 列") && !all.contains("430199195001010033") && !all.contains("13800000000"), "{all}");
    }

    a_household_that_moves_leaves_its_past_where_it_was(world) {
        world.set("MINZHENG_TODAY", "2023-07-15");
        golden_rows(world);
        let officer = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        // Persons on 低保 of the old town, urban, and of the new one, rural, at the end of a time.
        let standing = |world: &mut World, time: &str| {
            let query = "query($period: PeriodInput!) {
                old: figures(division: \"430199001\", period: $period, codes: [\"D03.DIBAO_URBAN.PERSONS\", \"D07.DIBAO\"]) { figures { value } }
                new: figures(division: \"430199100\", period: $period, codes: [\"D03.DIBAO_RURAL.PERSONS\", \"D07.DIBAO\"]) { figures { value } }
                all: figures(division: \"430199\", period: $period, codes: [\"D07.DIBAO\", \"D18.ENTRANTS\", \"D18.LEAVERS\"]) { figures { value } } }";
            let period = match time.split_once('-') {
                Some((year, month)) => json!({ "year": year.parse::<i32>().expect("a year"), "month": month.parse::<i32>().expect("a month") }),
                None => json!({ "year": 2023, "half": time }),
            };
            let told = world.data_as(&officer, query, json!({ "period": period }));
            let values = |of: &str| -> Vec<i64> {
                let figures = told[of]["figures"].as_array().expect("figures");
                figures.iter().map(|figure| figure["value"].as_str().map_or(0, |value| value.parse().expect("a number"))).collect()
            };
            (values("old"), values("new"), values("all"))
        };
        let (june, half) = (standing(world, "2023-06"), standing(world, "H1"));
        let (july, year) = (standing(world, "2023-07"), standing(world, "H2"));
        assert!(june.0[0] >= 3, "{june:?}");
        let moved = |before: &(Vec<i64>, Vec<i64>, Vec<i64>)| {
            let by = |values: &[i64], by: i64| values.iter().map(|value| value + by).collect::<Vec<_>>();
            (by(&before.0, -3), by(&before.1, 3), before.2.clone())
        };

        let (code, told, all) = send(world, &["households", &case("d01-household-moved.csv")]);
        assert_eq!((code, counts(&told)), (Some(0), json!([1, 0, 1, 0, 0, 0, 0])), "{all}");
        for again in 0..2 {
            assert_eq!(standing(world, "2023-06"), june, "{again}");
            assert_eq!(standing(world, "H1"), half, "{again}");
            assert_eq!(standing(world, "2023-07"), moved(&july), "{again}");
            assert_eq!(standing(world, "H2"), moved(&year), "{again}");
            // What stood is sent once more: nothing is moved by it, now or then.
            let (code, told, all) = send(world, &["recognitions", &golden("recognitions.csv")]);
            assert_eq!((code, &told["created"], &told["changed"]), (Some(0), &json!(0), &json!(0)), "{all}");
            let (code, told, all) = send(world, &["households", &case("d01-household-moved.csv")]);
            assert_eq!((code, counts(&told)), (Some(0), json!([1, 0, 0, 1, 0, 0, 0])), "{all}");
        }
        // The new town has the household and what it gets, and sees where it lived.
        let town = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199100"]);
        let query = "{ recognitions(where: { number: { eq: \"R-HA\" } }) { nodes { division area household { division area movedOn
            formerPlaces { division area validFrom validUntil } } } } }";
        let row = world.data_as(&town, query, json!({}))["recognitions"]["nodes"][0].clone();
        let lives = json!({ "division": "430199100203", "area": "RURAL", "movedOn": "2023-07-15", "formerPlaces": [
            { "division": "430199001001", "area": "URBAN", "validFrom": null, "validUntil": "2023-07-15" }] });
        assert_eq!((&row["division"], &row["household"]), (&json!("430199100203"), &lives), "{row}");
        let old = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        assert_eq!(world.data_as(&old, query, json!({}))["recognitions"]["nodes"], json!([]));

        // The day is corrected; nobody moves tomorrow, or out before he came in.
        let sheet = |day: &str| format!("户编号,户主证件号码,区划代码,城乡,迁居日期\nHA,430199198801020014,430199100203,农村,{day}\n");
        let (code, _, all) = send(world, &["households", &world.file("h.csv", &sheet("2023-07-16"))]);
        assert!(code == Some(1) && all.contains("第 2 行 迁居日期 [AHEAD]"), "{all}");
        let (code, told, all) = send(world, &["households", &world.file("h.csv", &sheet("2023-06-30"))]);
        assert_eq!((code, &told["changed"]), (Some(0), &json!(1)), "{all}");
        assert_eq!((standing(world, "2023-06"), standing(world, "2023-05").0), (moved(&june), june.0.clone()));
        let back = "户编号,户主证件号码,区划代码,城乡,迁居日期\nHA,430199198801020014,430199001001,城市,2023-06-29\n";
        let (code, _, all) = send(world, &["households", &world.file("h.csv", back)]);
        assert!(code == Some(1) && all.contains("[OUT_OF_ORDER]") && all.contains("2023-06-30"), "{all}");
        // It never moved: the same day with the old place.
        let never = back.replace("2023-06-29", "2023-06-30");
        assert_eq!(send(world, &["households", &world.file("h.csv", &never)]).0, Some(0));
        assert_eq!((standing(world, "2023-06"), standing(world, "2023-07")), (june, july));
        world.succeed(&["figures", "verify"]);
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_cannot_be_is_refused_and_what_is_odd_is_listed(world) {
        golden_rows(world);
        let (code, told, all) = send(world, &["payments", &case("d03-paid-in-the-future.csv")]);
        assert_eq!((code, counts(&told)), (Some(1), json!([3, 2, 0, 0, 1, 0, 0])), "{all}");
        assert!(all.contains("第 2 行 发放日期 [AHEAD]"), "{all}");
        assert!(all.contains("第 3 行：早于依据生效") && all.contains("第 4 行：不是保障对象"), "{all}");

        let officer = world.token(&["--role", "BUSINESS_OFFICER", "--line", "ASSISTANCE", "--scope", "430199"]);
        let found = |world: &mut World, with: Value| {
            // What is not asked for is left out.
            let given: String = [("kind", "FindingKind"), ("room", "Room"), ("open", "Boolean")]
                .into_iter()
                .filter(|(name, _)| !with[*name].is_null())
                .map(|(name, _)| format!("{name}: ${name}, "))
                .collect();
            let query = format!("query($kind: FindingKind, $room: Room, $open: Boolean, $number: String!) {{
                findings({given}where: {{ number: {{ eq: $number }} }}) {{
                    nodes {{ id kind room number division notedOn settledOn version node {{ __typename ... on Payment {{ number }} }} }} }} }}");
            let declared = [("$kind: FindingKind, ", "kind"), ("$room: Room, ", "room"), ("$open: Boolean, ", "open")];
            let query = declared.into_iter().fold(query, |query, (text, name)| {
                if with[name].is_null() { query.replace(text, "") } else { query }
            });
            world.data_as(&officer, &query, with)["findings"]["nodes"].clone()
        };
        let of = |number: &str| json!({ "open": true, "number": number });
        let before = found(world, of("PF2"));
        assert_eq!(
            (&before[0]["kind"], &before[0]["room"], &before[0]["division"], &before[0]["notedOn"], &before[0]["node"]),
            (&json!("BEFORE_BASIS"), &json!("PAYMENTS"), &json!("430199001001"), &json!("2023-06-30"),
                &json!({ "__typename": "Payment", "number": "PF2" })),
            "{before}"
        );
        assert_eq!(found(world, of("PF8"))[0]["kind"], "NOT_COVERED");
        assert_eq!(found(world, of("PF1")), json!([]));
        for (with, seen) in [
            (json!({ "kind": "BEFORE_BASIS", "number": "PF2" }), 1),
            (json!({ "kind": "NOT_COVERED", "number": "PF2" }), 0),
            (json!({ "room": "PAYMENTS", "number": "PF2" }), 1),
            (json!({ "room": "ELDERCARE", "number": "PF2" }), 0),
            (json!({ "open": false, "number": "PF2" }), 0),
        ] {
            assert_eq!(found(world, with.clone()).as_array().map(Vec::len), Some(seen), "{with}");
        }

        // Somebody looked into the one; the other is put right. Neither is found again when the same is sent once more.
        let settle = "mutation($input: SettleFindingInput!) { settleFinding(input: $input) { finding { settledOn version } userErrors { code } } }";
        let input = json!({ "input": { "id": before[0]["id"], "version": before[0]["version"] } });
        let far = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199100"]);
        let refused = world.ask_for(&far, "REVIEW", settle, input.clone());
        assert_eq!(refused["data"]["settleFinding"]["userErrors"][0]["code"], "NOT_FOUND", "{refused}");
        let done = world.ask_for(&officer, "REVIEW", settle, input.clone())["data"]["settleFinding"].clone();
        assert_eq!(done, json!({ "finding": { "settledOn": "2023-06-30", "version": 2 }, "userErrors": [] }));
        let again = json!({ "input": { "id": before[0]["id"] } });
        let again = world.ask_for(&officer, "REVIEW", settle, again);
        assert_eq!(again["data"]["settleFinding"]["userErrors"][0]["code"], "WRONG_STATE", "{again}");
        let right = "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态\n\
            PF8,低保,R-HA,430199198801020014,430199001001,2023-09,2023-07-10,240,正常,成功\n";
        assert_eq!(send(world, &["payments", &world.file("p.csv", right)]).0, Some(0));
        send(world, &["payments", &case("d03-paid-in-the-future.csv")]);
        send(world, &["payments", &world.file("p.csv", right)]);
        assert_eq!((found(world, of("PF2")), found(world, of("PF8"))), (json!([]), json!([])));
        assert_eq!(found(world, json!({ "open": false, "number": "PF8" })).as_array().map(Vec::len), Some(1));

        // An allowance of the old for a child, a stay before birth, a division that becomes nothing, or itself in the end.
        let benefit = "待遇编号,类别,受益人证件号码,区划代码,生效月份,月标准\nWX,高龄津贴,430199201504050019,430199001001,2023-05,100\n";
        let (code, _, all) = send(world, &["welfare-benefits", &world.file("w.csv", benefit)]);
        assert!(code == Some(0) && all.contains("第 2 行：年龄不符"), "{all}");
        assert_eq!(found(world, of("WX"))[0]["room"], "WELFARE");
        let centre = std::fs::read_to_string(golden("centres.csv")).expect("centres");
        let centre = centre.lines().nth(1).and_then(|row| row.split(',').next()).expect("a centre");
        let stay = format!("机构编号,证件号码,入住日期\n{centre},430199201504050019,2015-04-04\n");
        let (code, _, all) = send(world, &["stays", &world.file("s.csv", &stay)]);
        assert!(code == Some(1) && all.contains("第 2 行 入住日期 [OUT_OF_ORDER]"), "{all}");
        let places = |rows: &str| format!("区划代码,名称,级别,停用日期,继任代码\n{rows}");
        let nowhere = places("430199001990,甲村,VILLAGE,2023-01-01,430199001991\n");
        let (code, _, all) = send(world, &["divisions", &world.file("d.csv", &nowhere)]);
        assert!(code == Some(1) && all.contains("第 2 行 继任代码 [NOT_FOUND]"), "{all}");
        let circle = places("430199001990,甲村,VILLAGE,2023-01-01,430199001991\n430199001991,乙村,VILLAGE,2023-01-01,430199001990\n");
        let (code, told, all) = send(world, &["divisions", &world.file("d.csv", &circle)]);
        assert!(code == Some(1) && all.contains("[CIRCLE]") && told["created"] == 0, "{all}");
        world.succeed(&["audit", "verify", "--records"]);
    }
}
