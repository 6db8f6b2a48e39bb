//! Periodic reports: drafted by one, reviewed and published by another, kept as they were; as Word through LibreOffice.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::{On, World, golden, on_both, repository};

const PERIOD: &str = "{ year: 2023, half: H1 }";

/// A token of an account with these roles.
fn account(world: &World, username: &str, roles: &[&str]) -> String {
    let number = tests::id_number(username);
    let mut arguments = vec!["account", "create", "--username", username, "--name", "王小明", "--id-number", &number];
    arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
    if roles.contains(&"BUSINESS_OFFICER") {
        arguments.extend(["--line", "ASSISTANCE"]);
    }
    world.succeed(&arguments);
    world.token(&["--account", username])
}

/// Runs a command of reports: the report, or the first refusal.
fn give(world: &mut World, token: &str, command: &str, input: Value) -> Result<Value, Value> {
    let kind = match command {
        "reviewReport" | "publishReport" => "Report".to_owned(),
        other => format!("{}{}", other[..1].to_uppercase(), &other[1..]),
    };
    let query = format!(
        "mutation($input: {kind}Input!) {{ {command}(input: $input) {{ report {{ id state revision version reason remark \
         availableCommands differences {{ code old new }} }} userErrors {{ code path message }} }} }}"
    );
    let answer = world.ask_as(token, &query, json!({ "input": input }));
    assert!(answer["errors"].is_null(), "{command}: {answer}");
    let payload = &answer["data"][command];
    match payload["userErrors"].get(0) {
        Some(error) => {
            assert!(payload["report"].is_null(), "{payload}");
            Err(error.clone())
        }
        None => Ok(payload["report"].clone()),
    }
}

fn draft(world: &mut World, token: &str) -> Value {
    let input = json!({ "division": "430199", "period": { "year": 2023, "half": "H1" } });
    give(world, token, "draftReport", input).expect("a draft")
}

/// Drafts, reviews and publishes; gives the id.
fn published(world: &mut World, officer: &str, approver: &str) -> Value {
    let id = draft(world, officer)["id"].clone();
    for command in ["reviewReport", "publishReport"] {
        give(world, approver, command, json!({ "id": id })).expect(command);
    }
    id
}

fn figure(report: &Value, code: &str) -> Value {
    let figures = report["figures"].as_array().expect("figures");
    figures.iter().find(|figure| figure["code"] == code).unwrap_or_else(|| panic!("no {code}")).clone()
}

fn report_of(world: &mut World, token: Option<&str>) -> Value {
    let query = format!(
        "{{ report(division: \"430199\", period: {PERIOD}) {{ id state revision publishedOn position markdown \
         docx: document(format: DOCX) figures {{ code value amount unit display definitionHash rowsHash rowsCounted }} \
         paragraphs {{ key level source edited text }} }} }}"
    );
    let told = match token {
        Some(token) => world.data_as(token, &query, json!({})),
        None => world.data(&query, json!({})),
    };
    told["report"].clone()
}

/// Raises the first payment of household HA by 100 yuan.
fn correct(world: &World) {
    let sheet = std::fs::read_to_string(golden("payments.csv")).expect("payments");
    let mut lines = sheet.lines();
    let (head, first) = (lines.next().expect("a head"), lines.next().expect("a row"));
    assert!(first.contains(",240.00,"), "{first}");
    let file = world.file("mended.csv", &format!("{head}\n{}\n", first.replace(",240.00,", ",340.00,")));
    let told: Value = serde_json::from_str(&world.succeed(&["import", "payments", &file, "--json"])).expect("JSON");
    assert_eq!(told["changed"], 1, "{told}");
}

on_both! {
    a_report_is_reviewed_by_another_published_and_stays_as_it_was(golden world) {
        // One who could do everything, and one who did not write it.
        let both = account(world, "zhang.san", &["BUSINESS_OFFICER", "APPROVER"]);
        let other = account(world, "li.si", &["APPROVER"]);
        let made = draft(world, &both);
        let id = made["id"].clone();
        assert_eq!((&made["state"], &made["revision"]), (&json!("DRAFT"), &json!(1)));
        let again = give(world, &both, "draftReport", json!({ "division": "430199", "period": { "year": 2023, "half": "H1" } }));
        assert_eq!(again.expect_err("there is one")["code"], "DUPLICATE");
        for (input, path) in [
            (json!({ "division": "430199001", "period": { "year": 2023 } }), "division"),
            (json!({ "division": "430199", "period": { "year": 2024, "half": "H1" } }), "period"),
            (json!({ "division": "430199", "period": { "from": "2023-01-02", "to": "2023-03-04" } }), "period"),
        ] {
            let refused = give(world, &both, "draftReport", input).expect_err("it cannot be");
            assert_eq!((&refused["code"], &refused["path"]), (&json!("INVALID_VALUE"), &json!([path])));
        }

        // Drafts are for those who write and review them.
        let path = format!("/reports/{}.md", id.as_str().expect("an id"));
        assert_eq!(report_of(world, None), Value::Null);
        let town = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        assert_eq!(report_of(world, Some(&town)), Value::Null);
        assert_eq!(world.data(&format!("{{ reports {{ totalCount }} node(id: {id}) {{ id }} }}"), json!({})), json!({ "reports": { "totalCount": 0 }, "node": null }));
        assert_eq!(world.get(&path).0, 404);
        assert_eq!(world.get(&format!("{path}?until=9999999999&sign=00")).0, 404);
        let seen = report_of(world, Some(&other));
        assert!(seen["markdown"].as_str().expect("text").contains("〔草稿〕"));
        let mut statements = |fields: &str| {
            let query = format!("{{ report(division: \"430199\", period: {PERIOD}) {{ {fields} }} }}");
            let asked = || world.ask_as(&other, &query, json!({}))["extensions"]["statements"].as_u64().expect("a count");
            // Once a second the session is looked at too.
            std::iter::repeat_with(asked).take(3).min()
        };
        let one = statements("figures { code }");
        assert_eq!(statements("figures { code } paragraphs { key } markdown"), one, "its fields are of one reading");
        let signed = seen["docx"].as_str().expect("an address").to_owned();
        assert_eq!(world.get_bytes(&signed).0, 200);

        // Words with placeholders, no figures.
        let edit = |key: &str, text: &str| json!({ "id": id, "paragraph": key, "text": text });
        for (input, path, named) in [
            (edit("preamble", "今年救助30人次。"), "text", "30"),
            (edit("preamble", "今年救助{F99}。"), "text", "{F99}"),
            (edit("preamble", "今年救助{F1:去年}。"), "text", "{F1:去年}"),
            (edit("preamble", "今年救助{F1。"), "text", "{"),
            (edit("preamble", "一行\n又一行"), "text", ""),
            (edit("nowhere", "文字"), "paragraph", "nowhere"),
        ] {
            let refused = give(world, &both, "editReportParagraph", input).expect_err("it cannot be");
            assert_eq!((&refused["code"], &refused["path"]), (&json!("INVALID_VALUE"), &json!([path])), "{refused}");
            assert!(refused["message"].as_str().expect("words").contains(named), "{refused}");
        }
        let edited = give(world, &both, "editReportParagraph", edit("preamble", "{期间}救助{F1}，详见附件<b>&。")).expect("edited");
        assert!(edited["version"].as_i64() > made["version"].as_i64());
        let stale = give(world, &other, "reviewReport", json!({ "id": id, "version": made["version"] }));
        assert_eq!(stale.expect_err("edited since")["code"], "STALE_VERSION");
        let seen = report_of(world, Some(&other));
        let preamble = seen["paragraphs"].as_array().expect("paragraphs").iter().find(|one| one["key"] == "preamble").expect("it").clone();
        assert_eq!((&preamble["edited"], &preamble["text"]), (&json!(true), &json!("2023年上半年救助30人次，详见附件<b>&。")));

        // Four eyes.
        let own = give(world, &both, "reviewReport", json!({ "id": id })).expect_err("one's own");
        assert_eq!(own["code"], "FOUR_EYES");
        assert_eq!(report_of(world, Some(&other))["state"], "DRAFT");
        let waiting = world.data_as(&other, "{ viewer { tasks(room: FIGURES) { availableCommands node { id } } } }", json!({}));
        assert_eq!(waiting["viewer"]["tasks"], json!([{ "availableCommands": ["reviewReport", "returnReport"], "node": { "id": id } }]));
        give(world, &other, "reviewReport", json!({ "id": id })).expect("reviewed");
        let late = give(world, &both, "editReportParagraph", edit("preamble", "改动。")).expect_err("reviewed already");
        assert_eq!(late["code"], "WRONG_STATE");
        let own = give(world, &both, "publishReport", json!({ "id": id })).expect_err("one's own");
        assert_eq!(own["code"], "FOUR_EYES");
        let bare = give(world, &other, "returnReport", json!({ "id": id })).expect_err("says not why");
        assert_eq!((&bare["code"], &bare["path"]), (&json!("INVALID_VALUE"), &json!(["remark"])));
        let back = give(world, &other, "returnReport", json!({ "id": id, "remark": "请补充养老部分" })).expect("given back");
        assert_eq!((&back["state"], &back["remark"]), (&json!("DRAFT"), &json!("请补充养老部分")));
        give(world, &other, "reviewReport", json!({ "id": id })).expect("reviewed");
        let out = give(world, &other, "publishReport", json!({ "id": id })).expect("published");
        assert_eq!(out["state"], "PUBLISHED");
        assert_eq!(give(world, &other, "publishReport", json!({ "id": id })).expect_err("once")["code"], "WRONG_STATE");

        // Public now, and as it is.
        let kept = report_of(world, None);
        assert_eq!((&kept["id"], &kept["state"], &kept["publishedOn"]), (&id, &json!("PUBLISHED"), &json!("2023-06-30")));
        let f2 = figure(&kept, "F2");
        assert_eq!((&f2["value"], &f2["amount"], &f2["unit"], &f2["display"]), (&json!("1.34"), &json!("13410.00"), &json!("万元"), &json!("1.34")));
        let f1 = figure(&kept, "F1");
        assert_eq!((&f1["value"], &f1["rowsCounted"]), (&json!("30"), &json!("30")));
        assert_eq!(f1["rowsHash"].as_str().map(str::len), Some(64));
        assert_eq!(f1["definitionHash"].as_str().map(str::len), Some(64));
        let text = world.get(&path);
        assert_eq!(text.0, 200);
        assert!(!text.1.contains("草稿") && text.1.contains("救助30人次") && text.1.contains("详见附件\\<b\\>\\&"), "{}", text.1);
        let document = world.get_bytes(&path.replace(".md", ".docx"));
        assert_eq!(document.0, 200);
        correct(world);
        assert_eq!(report_of(world, None), kept);
        assert_eq!(world.get(&path), text);
        assert_eq!(world.get_bytes(&path.replace(".md", ".docx")).2, document.2);
        let now: Value = serde_json::from_str(&world.succeed(&["report", "--division", "430199", "--period", "2023H1", "--format", "json", "--draft"])).expect("JSON");
        assert_eq!((&now["figures"]["F2"]["amount"], &now["status"]), (&json!("13510.00"), &json!("DRAFT")));
        let kept_by_line: Value = serde_json::from_str(&world.succeed(&["report", "--division", "430199", "--period", "2023H1", "--format", "json"])).expect("JSON");
        assert_eq!((&kept_by_line["figures"]["F2"]["amount"], &kept_by_line["status"]), (&json!("13410.00"), &json!("PUBLISHED")));

        // A revision says what changed, and the first stands.
        let bare = give(world, &both, "reviseReport", json!({ "id": id })).expect_err("says not why");
        assert_eq!((&bare["code"], &bare["path"]), (&json!("INVALID_VALUE"), &json!(["reason"])));
        let next = give(world, &both, "reviseReport", json!({ "id": id, "reason": "一笔发放更正" })).expect("a revision");
        assert_eq!((&next["state"], &next["revision"], &next["reason"]), (&json!("DRAFT"), &json!(2), &json!("一笔发放更正")));
        assert_eq!(next["differences"], json!([{ "code": "F2", "old": "13410.00", "new": "13510.00" }]));
        assert_ne!(next["id"], id);
        assert_eq!(give(world, &both, "reviseReport", json!({ "id": id, "reason": "再改" })).expect_err("begun")["code"], "WRONG_STATE");
        let stands = report_of(world, None);
        assert_eq!((&stands["id"], &stands["state"]), (&id, &json!("REVISED")));
        for command in ["reviewReport", "publishReport"] {
            assert_eq!(give(world, &both, command, json!({ "id": next["id"] })).expect_err("one's own")["code"], "FOUR_EYES");
            give(world, &other, command, json!({ "id": next["id"] })).expect(command);
        }
        let latest = report_of(world, None);
        assert_eq!((&latest["revision"], &figure(&latest, "F2")["amount"]), (&json!(2), &json!("13510.00")));
        let markdown = latest["markdown"].as_str().expect("text");
        assert!(markdown.contains("救助30人次") && markdown.contains("修订原因：一笔发放更正"), "the edited words went along: {markdown}");
        assert_eq!(world.get(&path), text, "the first revision stands at its address");
        let differences = world.data("{ reports { nodes { revision differences { code old new } } } }", json!({}));
        assert_eq!(differences["reports"]["nodes"], json!([
            { "revision": 1, "differences": [] },
            { "revision": 2, "differences": [{ "code": "F2", "old": "13410.00", "new": "13510.00" }] },
        ]));
        world.succeed(&["figures", "verify"]);
        world.succeed(&["audit", "verify", "--records"]);
    }

    who_may_not_write_or_review_is_told_so(golden world) {
        let officer = world.token(&["--role", "BUSINESS_OFFICER", "--line", "ELDERLY"]);
        let approver = world.token(&["--role", "APPROVER"]);
        let elsewhere = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430198"]);
        let id = draft(world, &officer)["id"].clone();
        let ask = |world: &mut World, token: Option<&str>, command: &str, kind: &str, input: Value| {
            let query = format!("mutation($input: {kind}!) {{ {command}(input: $input) {{ userErrors {{ code }} }} }}");
            let answer = match token {
                Some(token) => world.ask_as(token, &query, json!({ "input": input })),
                None => world.ask(&query, json!({ "input": input })),
            };
            let code = answer["errors"][0]["extensions"]["code"].clone();
            if code.is_null() { answer["data"][command]["userErrors"][0]["code"].clone() } else { code }
        };
        assert_eq!(ask(world, Some(&officer), "reviewReport", "ReportInput", json!({ "id": id })), "FORBIDDEN");
        assert_eq!(ask(world, Some(&approver), "editReportParagraph", "EditReportParagraphInput", json!({ "id": id, "paragraph": "preamble", "text": "改" })), "FORBIDDEN");
        assert_eq!(ask(world, Some(&elsewhere), "editReportParagraph", "EditReportParagraphInput", json!({ "id": id, "paragraph": "preamble", "text": "改" })), "NOT_FOUND");
        assert_eq!(ask(world, Some(&elsewhere), "draftReport", "DraftReportInput", json!({ "division": "430199", "period": { "year": 2022 } })), "FORBIDDEN");
        for (command, input) in [("reviewReport", json!({ "id": id })), ("publishReport", json!({ "id": id }))] {
            assert_eq!(ask(world, None, command, "ReportInput", input), "UNAUTHENTICATED");
        }
        assert_eq!(report_of(world, Some(&officer))["state"], "DRAFT", "nothing of it happened");
    }

    third_parties_read_the_published_figures(golden world) {
        let (status, _, empty) = world.get_bytes("/figures.csv");
        assert_eq!((status, String::from_utf8_lossy(&empty).lines().count()), (200, 1), "only the head");
        world.stop();
        world.set("MINZHENG_CORS_ORIGINS", "https://data.example.cn");
        let officer = world.token(&["--role", "DISTRICT_ADMIN"]);
        let approver = world.token(&["--role", "APPROVER"]);
        published(world, &officer, &approver);
        let (status, headers, csv) = world.get_bytes("/figures.csv");
        let csv = String::from_utf8(csv).expect("UTF-8");
        assert_eq!((status, headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
        let mut lines = csv.strip_prefix('\u{feff}').expect("the mark of UTF-8").lines();
        let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let at = |name: &str| head.iter().position(|column| *column == name).unwrap_or_else(|| panic!("no {name}"));
        let f2 = rows.iter().find(|row| row[at("code")] == "F2").expect("F2");
        let told = ["division", "period", "from", "to", "revision", "unit", "value", "amount"].map(|name| f2[at(name)]);
        assert_eq!(told, ["430199000000", "2023H1", "2023-01-01", "2023-06-30", "1", "万元", "1.34", "13410.00"]);
        for page in ["zh", "en"] {
            let text = std::fs::read_to_string(repository().join(format!("api/docs/{page}/report.md"))).expect("a page");
            for column in &head {
                assert!(text.contains(&format!("`{column}`")), "{column} is not in the handbook ({page})");
            }
        }
        for path in ["/figures.csv", "/figures.json"] {
            let (_, headers, body) = world.get_bytes(path);
            let tag = headers["etag"].clone();
            let again = world.get_with(path, &[("if-none-match", &tag), ("origin", "https://data.example.cn")]);
            assert_eq!((again.0, again.2.len(), &again.1["etag"]), (304, 0, &tag));
            assert_eq!(again.1["access-control-allow-origin"], "https://data.example.cn");
            let other = world.get_with(path, &[("if-none-match", "\"other\""), ("origin", "https://elsewhere.example.cn")]);
            assert!(!other.1.contains_key("access-control-allow-origin"));
            assert!(other.0 == 200 && other.2 == body || other.0 == 400, "{}", other.0);
        }
        let (_, _, json) = world.get_bytes("/figures.json");
        let json: Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(json["periods"][0]["figures"]["F1"]["value"], "30");
        let report = json["periods"][0]["report"].as_str().expect("an address").to_owned();
        assert_eq!(world.get(&report).0, 200);
        // Few persons stand behind it, and everybody reads this.
        let single = &json["periods"][0]["figures"]["D03.TEKUN_SCATTERED.PERSONS"];
        assert_eq!((&single["value"], &single["suppressed"]), (&Value::Null, &json!(true)), "{single}");
    }
}

#[test]
fn the_command_line_writes_a_draft_without_any_row() {
    let mut world = World::golden(On::Sqlite);
    let run = |format: &str, more: &[&str]| {
        let mut arguments = vec!["report", "--division", "430199", "--period", "2023H1", "--format", format];
        arguments.extend(more);
        world.succeed(&arguments)
    };
    let told: Value = serde_json::from_str(&run("json", &[])).expect("JSON");
    assert_eq!((&told["division"], &told["status"]), (&json!("430199000000"), &json!("DRAFT")));
    assert_eq!((&told["period"]["from"], &told["period"]["to"]), (&json!("2023-01-01"), &json!("2023-06-30")));
    assert!(told["asOf"].is_string() && told["position"].is_string());
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("expected.json")).expect("it")).expect("JSON");
    for (code, value) in expected["figures"].as_object().expect("figures") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if told["figures"].get(code).is_some() {
            assert_eq!(told["figures"][code]["value"], json!(value), "{code}");
        }
    }
    assert!(run("md", &[]).starts_with("# 示例区民政局2023年上半年工作报告\n"), "no city is recorded");
    let city = world.file("city.csv", "区划代码,名称,级别\n430100,长沙市,CITY\n");
    world.succeed(&["import", "divisions", &city]);
    let markdown = run("md", &[]);
    assert!(markdown.starts_with("# 长沙市示例区民政局2023年上半年工作报告\n\n〔草稿〕\n"), "{markdown}");
    assert!(markdown.contains("累计救助困难群众30人次"), "{markdown}");
    assert!(markdown.contains("\n长沙市示例区民政局  \n草稿\n"), "{markdown}");
    assert!(markdown.contains("支出救助资金1.34万元"), "{markdown}");
    for word in ["期末", "心中无数", "|+", "| +", "| -"] {
        assert!(!markdown.contains(word), "{word}: {markdown}");
    }
    let file = world.folder().join("report.docx").display().to_string();
    assert_eq!(run("docx", &["--out", &file]), "");
    assert!(std::fs::read(&file).expect("the file").starts_with(b"PK"));
    world.refused(2, &["report", "--division", "430199", "--period", "2023H3"]);
    world.refused(2, &["report", "--division", "430199001", "--period", "2023H1"]);
    world.refused(1, &["report", "--division", "430188", "--period", "2023H1"]);
    assert_eq!(world.data("{ reports { totalCount } }", json!({}))["reports"]["totalCount"], 0);
}

/// A part of a Word file.
fn part(document: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(document)).expect("a ZIP");
    let mut text = String::new();
    zip.by_name(name).expect(name).read_to_string(&mut text).expect("text");
    text
}

/// Through LibreOffice: the PDF's path.
fn pdf(folder: &Path, document: &[u8]) -> PathBuf {
    std::fs::write(folder.join("report.docx"), document).expect("written");
    let output = Command::new("soffice")
        .arg("--headless")
        .arg(format!("-env:UserInstallation=file://{}", folder.join("office").display()))
        .args(["--convert-to", "pdf", "--outdir"])
        .arg(folder)
        .arg(folder.join("report.docx"))
        .output()
        .expect("LibreOffice: tests/run installs it");
    let path = folder.join("report.pdf");
    assert!(path.is_file(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    path
}

fn printed(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output().expect(command);
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_word_file_has_the_layout_of_the_standard_and_every_figure() {
    let mut world = World::golden(On::Sqlite);
    let officer = world.token(&["--role", "DISTRICT_ADMIN"]);
    let approver = world.token(&["--role", "APPROVER"]);
    let id = published(&mut world, &officer, &approver);
    let report = report_of(&mut world, None);
    let (_, headers, document) = world.get_bytes(&format!("/reports/{}.docx", id.as_str().expect("an id")));
    assert!(headers["content-type"].contains("wordprocessingml"));

    let main = part(&document, "word/document.xml");
    // A4; 37 mm above and 28 mm left; the type area is 156 × 225 mm, to a tenth of a millimetre.
    assert!(main.contains("<w:pgSz w:w=\"11906\" w:h=\"16838\"/>"));
    let margin = |side: &str| -> f64 {
        let of = main.split("<w:pgMar ").nth(1).expect("margins");
        let value = of.split(&format!("w:{side}=\"")).nth(1).expect(side).split('"').next().expect("a number");
        value.parse::<f64>().expect("a number") / 1440.0 * 25.4
    };
    assert!((margin("top") - 37.0).abs() < 0.1 && (margin("left") - 28.0).abs() < 0.1);
    assert!((210.0 - margin("left") - margin("right") - 156.0).abs() < 0.1);
    assert!((297.0 - margin("top") - margin("bottom") - 225.0).abs() < 0.1);
    // 22 lines of 28 characters.
    assert!(main.contains("<w:docGrid w:type=\"linesAndChars\" w:linePitch=\"579\" w:charSpace=\"-849\"/>"));
    let styles = part(&document, "word/styles.xml");
    assert!(styles.contains("w:line=\"579\" w:lineRule=\"exact\""));
    for (font, size) in [("方正小标宋简体", 44), ("仿宋_GB2312", 32), ("黑体", 32), ("楷体_GB2312", 32)] {
        assert!(
            styles.contains(&format!("w:eastAsia=\"{font}\" w:cs=\"Times New Roman\"/><w:sz w:val=\"{size}\"/>")),
            "{font}"
        );
        assert!(part(&document, "word/fontTable.xml").contains(&format!("<w:font w:name=\"{font}\"><w:altName ")));
    }
    for (footer, side) in [("word/footer1.xml", "right"), ("word/footer2.xml", "left")] {
        let footer = part(&document, footer);
        assert!(footer.contains("— ") && footer.contains(" PAGE ") && footer.contains("w:val=\"28\""));
        assert!(footer.contains(&format!("<w:jc w:val=\"{side}\"/>")));
    }
    assert!(part(&document, "word/settings.xml").contains("<w:evenAndOddHeaders/>"));
    assert!(!main.contains("草稿"));

    // As LibreOffice reads it.
    let path = pdf(world.folder(), &document);
    let path = path.to_str().expect("a path");
    let pages = printed("pdfinfo", &[path]);
    let pages = pages.lines().find_map(|line| line.strip_prefix("Pages:")).expect("a count").trim().to_owned();
    assert!(pages.parse::<u32>().expect("a number") >= 2, "{pages}");
    let text: String =
        printed("pdftotext", &["-layout", path, "-"]).chars().filter(|sign| !sign.is_whitespace()).collect();
    let mut shown = 0;
    for figure in report["figures"].as_array().expect("figures") {
        let display = figure["display"].as_str().expect("a display");
        assert!(text.contains(display), "{figure} is not in the text");
        shown += usize::from(display != "—");
    }
    assert!(shown >= 5, "{shown}");
    for number in 1..=pages.parse::<u32>().expect("a number") {
        assert!(text.contains(&format!("—{number}—")), "page {number} has no number");
    }
    // No sign of a paragraph is lost. A page's number may stand within it; quotation marks come from another font, and are
    // told at another place of the line.
    let numbers = 1..=pages.parse::<u32>().expect("a number");
    let told = numbers.fold(text, |text, number| text.replace(&format!("—{number}—"), ""));
    let told: String = told.chars().filter(|sign| !"“”".contains(*sign)).collect();
    for paragraph in report["paragraphs"].as_array().expect("paragraphs") {
        let words = paragraph["text"].as_str().expect("text");
        let words: String = words.chars().filter(|sign| !sign.is_whitespace() && !"“”".contains(*sign)).collect();
        assert!(told.contains(&words), "{words} is not whole in {told}");
    }
    if let Ok(folder) = std::env::var("TEST_ARTEFACTS") {
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::copy(path, Path::new(&folder).join("report.pdf")).expect("kept");
    }
}
