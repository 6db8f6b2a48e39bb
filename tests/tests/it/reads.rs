//! What is masked tells nothing, whichever way it is asked; what is read stands in the journal, whichever way it was read
//! (design §3.9).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::World;

use crate::sdl::{camel, schema};

const DIVISIONS: &str =
    "区划代码,名称,级别\n430199,示例区,DISTRICT\n430199001,示例街道,TOWN\n430199001001,甲村,VILLAGE\n";
/// Two of one village, as alike as can be but for what is masked: one grown up, one not; and one who is older still.
const ADULT: &str = "430199194306301013";
const CHILD: &str = "430199201206303030";
const ELDER: &str = "430199193001010018";

fn load(world: &World) {
    let persons = format!(
        "证件号码,姓名,现住地代码,死亡日期,民族\n{ADULT},欧阳春花,430199001001,,汉族\n{CHILD},欧阳秋花,430199001001,,汉族\n{ELDER},欧阳冬花,430199001001,2023-05-01,汉族\n"
    );
    for (kind, text) in [("divisions", DIVISIONS), ("persons", persons.as_str())] {
        world.succeed(&["import", kind, &world.file(&format!("{kind}.csv"), text)]);
    }
}

/// The newest entries of the journal about reading, as the auditor has them.
fn read_entries(world: &mut World) -> Vec<Value> {
    let auditor = world.token(&["--role", "AUDITOR", "--scope", ""]);
    let query = "{ auditEntries(first: 100) { nodes { command account purpose reads { person fields }
        rowReads { aggregate id fields } searches { aggregate fields found } } } }";
    let told = world.data_as(&auditor, query, json!({}));
    let nodes = told["auditEntries"]["nodes"].as_array().expect("entries").clone();
    nodes.into_iter().filter(|entry| entry["command"] == "read").collect()
}

/// What the request that was sent last left in the journal; it must be one entry.
fn noted(world: &mut World, known: &mut usize) -> Value {
    let entries = read_entries(world);
    assert_eq!(entries.len(), *known + 1, "one entry a request: {:?}", entries.first());
    *known += 1;
    entries[0].clone()
}

fn person(world: &mut World, token: &str, number: &str) -> String {
    let query = "query($number: String) { persons(idNumber: $number) { nodes { id } } }";
    let found = world.ask_for(token, "SERVICE", query, json!({ "number": number }));
    found["data"]["persons"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

/// Sends a mutation with or without a purpose: (codes and paths of its refusals, texts), or the code of the error.
fn send(world: &mut World, token: &str, purpose: Option<&str>, command: &str, input: &Value) -> (Value, Value) {
    let of = match command {
        "handleReportedChange" | "dismissReportedChange" => "SettleReportedChangeInput".to_owned(),
        _ => format!("{}{}Input", command[..1].to_uppercase(), &command[1..]),
    };
    let query =
        format!("mutation($input: {of}!) {{ {command}(input: $input) {{ userErrors {{ code path message }} }} }}");
    let variables = json!({ "input": input });
    let answer = match purpose {
        Some(purpose) => world.ask_for(token, purpose, &query, variables),
        None => world.ask_as(token, &query, variables),
    };
    if !answer["errors"].is_null() {
        let error = &answer["errors"][0]["extensions"];
        return (json!(error["code"]), json!(error["field"]));
    }
    let errors = answer["data"][command]["userErrors"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let of = |error: &Value| json!([error["code"], error["path"]]);
    (errors.iter().map(of).collect(), errors.iter().map(|error| error["message"].clone()).collect())
}

/// A way to ask a list by a personal field: list, arguments, the field that a refusal names, aggregate.
struct Way {
    list: String,
    arguments: String,
    field: String,
    aggregate: String,
}

/// All ways in which the schema lets a list be asked by what its types mark as personal: filters, orders, searches.
fn ways() -> Vec<Way> {
    let schema = schema();
    let personal: BTreeSet<(String, String)> = schema
        .iter()
        .flat_map(|(of, lines)| {
            let marked = lines.iter().filter(|line| line.contains("@personal("));
            marked.map(|line| (of.clone(), line.split([':', '(']).next().expect("a name").to_owned()))
        })
        .collect();
    let mut ways = Vec::new();
    for line in &schema["Query"] {
        let Some((list, rest)) = line.split_once('(').filter(|(_, rest)| rest.contains("where: ")) else { continue };
        let argument = |name: &str| {
            rest.split(&format!("{name}: "))
                .nth(1)
                .map(|rest| rest.split([',', ')']).next().expect("a type").to_owned())
        };
        let node = rest.trim_end().rsplit_once(": ").expect("a type").1.trim_end_matches("Connection!").to_owned();
        let mut add = |arguments: String, field: &str| {
            ways.push(Way { list: list.to_owned(), arguments, field: field.to_owned(), aggregate: node.clone() });
        };
        for filter in &schema[&argument("where").expect("a filter")] {
            let (field, of) = filter.split_once(": ").expect("a field");
            if !personal.contains(&(node.clone(), field.to_owned())) {
                continue;
            }
            let known = &schema[of];
            if known.iter().any(|line| line.starts_with("isNull:")) {
                add(format!("where: {{ {field}: {{ isNull: false }} }}"), field);
            }
            if let Some(of) = known.iter().find_map(|line| line.strip_prefix("eq: ")) {
                let value = match of {
                    "String" => "\"x\"".to_owned(),
                    "Date" => "\"1990-01-01\"".to_owned(),
                    "Boolean" => "true".to_owned(),
                    "Int" => "1".to_owned(),
                    of => schema[of][0].clone(),
                };
                add(format!("where: {{ {field}: {{ eq: {value} }} }}"), field);
            }
        }
        for order in schema.get(&argument("orderBy").expect("an order")).into_iter().flatten() {
            let field = camel(order);
            if personal.contains(&(node.clone(), field.clone())) {
                add(format!("orderBy: {order}"), &field);
            }
        }
        for search in ["idNumber", "phone"] {
            if argument(search).as_deref() == Some("String") {
                add(format!("{search}: \"x\""), search);
            }
        }
    }
    ways
}

tests::on_both! {
    no_list_is_asked_by_what_is_masked_and_who_asks_in_full_stands_in_the_journal(world) {
        load(world);
        let ways = ways();
        let of: BTreeSet<String> = ways.iter().map(|way| format!("{} {}", way.list, way.arguments.split(" }").next().unwrap_or_default())).collect();
        assert!(of.len() >= 20, "the schema is read: {of:#?}");
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let auditor = world.token(&["--role", "AUDITOR", "--scope", "430199"]);
        let mut known = read_entries(world).len();
        for Way { list, arguments, field, aggregate } in &ways {
            let full = if list == "accounts" { &security } else { &admin };
            for told in ["totalCount", "nodes { id }", "pageInfo { hasNextPage }"] {
                let query = format!("{{ {list}({arguments}) {{ {told} }} }}");
                for masked in [full, &auditor] {
                    let answer = world.ask_as(masked, &query, json!({}));
                    let error = &answer["errors"][0]["extensions"];
                    assert_eq!((&error["code"], &error["field"]), (&json!("FORBIDDEN"), &json!(field)), "{query}: {answer}");
                    assert_eq!(answer["data"], Value::Null, "{query}");
                }
            }
            assert_eq!(world.ask_for(&auditor, "INSPECTION", &format!("{{ {list}({arguments}) {{ totalCount }} }}"), json!({}))["errors"][0]["extensions"]["code"], "FORBIDDEN");
            let query = format!("{{ {list}({arguments}) {{ pageInfo {{ hasNextPage }} }} }}");
            let answer = world.ask_for(full, "INSPECTION", &query, json!({}));
            assert!(answer["errors"].is_null(), "{query}: {answer}");
            let entry = noted(world, &mut known);
            let searched = entry["searches"][0].clone();
            assert_eq!((&entry["purpose"], &searched["aggregate"]), (&json!("INSPECTION"), &json!(aggregate)), "{query}: {entry}");
            let named = searched["fields"].as_array().expect("fields").iter().any(|name| name.as_str().is_some_and(|name| name.ends_with(&format!(".{field}"))));
            assert!(named, "{query}: {entry}");
        }
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_birth_date_found_by_halving_leaves_an_entry_for_each_step(world) {
        load(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let child = person(world, &admin, CHILD);
        let mut known = read_entries(world).len();
        let query = "query($from: Date!, $to: Date!) { persons(where: { birthDate: { gte: $from, lt: $to } }) { totalCount } }";
        let (mut low, mut high) = (2005, 2020);
        let mut steps = 0;
        while high - low > 1 {
            let middle = i32::midpoint(low, high);
            let answer = world.ask_for(&admin, "STATISTICS", query, json!({ "from": format!("{low}-01-01"), "to": format!("{middle}-01-01") }));
            let found = answer["data"]["persons"]["totalCount"] == 1;
            let entry = noted(world, &mut known);
            assert_eq!(entry["searches"][0]["fields"], json!(["Person.where.birthDate"]), "{entry}");
            // Who was found is named, also where they are only counted.
            let named = entry["reads"].as_array().unwrap().iter().any(|read| read["person"] == json!(child) && read["fields"] == json!(["Person.where.birthDate"]));
            assert_eq!(named, found, "{entry}");
            if found { high = middle } else { low = middle }
            steps += 1;
        }
        assert_eq!((low, steps), (2012, 4));
        // The subject sees it.
        let citizen = world.token(&["--role", "CITIZEN", "--scope", &child]);
        let own = world.data_as(&citizen, "{ viewer { person { accesses { purpose fields } } } }", json!({}));
        let looked = own["viewer"]["person"]["accesses"].as_array().unwrap().iter().filter(|a| a["fields"] == json!(["Person.where.birthDate"])).count();
        assert!(looked >= 2, "{own}");
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_a_command_answers_without_a_purpose_does_not_depend_on_whom_it_is_about(world) {
        load(world);
        let officer = world.token(&["--role", "TOWN_OFFICER", "--scope", "430199001"]);
        let worker = world.token(&["--role", "VILLAGE_WORKER", "--scope", "430199001001"]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let (adult, child) = (person(world, &admin, ADULT), person(world, &admin, CHILD));
        let elder = person(world, &admin, ELDER);
        // Every command that names a person by id is tried below.
        let schema = schema();
        let named: BTreeSet<&str> = schema["Mutation"].iter().filter_map(|line| {
            let (command, rest) = line.split_once("(input: ")?;
            let input = &schema[rest.split('!').next()?];
            let person = |line: &&String| ["person:", "ward:", "guardian:", "payee:", "applicant:", "head:"].iter().any(|name| line.starts_with(name)) && line.contains(": ID");
            input.iter().find(person).map(|_| command)
        }).collect();
        assert_eq!(named, BTreeSet::from(["correctIdentity", "openInquiry", "recordGuardianship", "reportChange", "revokeDeath"]));

        let guess = "430199194307011026";
        let mut known = read_entries(world).len();
        // Nothing of these may stand at the end: what is tried is refused, or is the same of both.
        for (command, input) in [
            ("recordGuardianship", json!({ "ward": elder, "guardian": "?", "kind": "GUARDIAN", "basis": "父母" })),
            ("recordGuardianship", json!({ "ward": elder, "guardian": "?", "kind": "GUARDIAN", "basis": " " })),
            ("recordGuardianship", json!({ "ward": elder, "guardian": "?", "kind": "GUARDIAN", "basis": "父母", "validFrom": "1961-07-01", "validUntil": "1961-06-01" })),
            ("recordGuardianship", json!({ "ward": elder, "guardian": "?", "kind": "PROXY", "basis": "委托" })),
            ("recordGuardianship", json!({ "ward": elder, "guardian": "?", "kind": "GUARDIAN", "basis": "父母", "validFrom": "1961-07-01" })),
            ("correctIdentity", json!({ "person": "?", "idNumber": ADULT, "reason": "核对" })),
            ("correctIdentity", json!({ "person": "?", "idNumber": CHILD, "reason": "核对" })),
            ("correctIdentity", json!({ "person": "?", "idNumber": guess, "reason": "核对" })),
            ("correctIdentity", json!({ "person": "?", "idNumber": ADULT, "reason": " " })),
            ("correctIdentity", json!({ "person": "?", "idNumber": "430199194306301014", "reason": "核对" })),
            ("revokeDeath", json!({ "person": "?", "reason": " " })),
            ("openInquiry", json!({ "person": "?", "reason": "核查", "until": "2030-01-01" })),
            ("openInquiry", json!({ "person": "?", "reason": " ", "until": "2023-07-01" })),
            ("reportChange", json!({ "person": "?", "kind": "ILLNESS", "happenedOn": "2023-07-01" })),
            ("reportChange", json!({ "person": "?", "kind": "ILLNESS", "happenedOn": "2023-06-01", "movedTo": "430199001001" })),
        ] {
            let mut answers = Vec::new();
            for id in [&adult, &child] {
                let input: Value = serde_json::from_str(&input.to_string().replace('?', id)).expect("JSON");
                answers.push(send(world, if command == "openInquiry" { &admin } else { &officer }, None, command, &input));
            }
            assert_eq!(answers[0], answers[1], "{command} {input}");
            assert_ne!(answers[0].0, json!([]), "{command} {input}: refused");
        }
        assert_eq!(read_entries(world).len(), known, "nothing was read");

        // With a purpose the reason is told, and that it was told stands in the journal, though nothing was done.
        for (command, input, about, code, fields) in [
            ("recordGuardianship", json!({ "ward": elder, "guardian": child, "kind": "GUARDIAN", "basis": "父母" }), &child, "INVALID_VALUE", vec!["Person.birthDate", "Person.deathDate"]),
            ("recordGuardianship", json!({ "ward": adult, "guardian": elder, "kind": "GUARDIAN", "basis": "父母" }), &elder, "INVALID_VALUE", vec!["Person.birthDate", "Person.deathDate"]),
            ("correctIdentity", json!({ "person": adult, "idNumber": ADULT, "reason": "核对" }), &adult, "INVALID_VALUE", vec!["Person.deathDate", "Person.idNumber"]),
            ("correctIdentity", json!({ "person": adult, "idNumber": CHILD, "reason": "核对" }), &child, "DUPLICATE", vec!["Person.idNumber"]),
        ] {
            let (codes, texts) = send(world, &officer, Some("CORRECTION"), command, &input);
            assert_eq!(codes[0][0], code, "{command} {codes} {texts}");
            let entry = noted(world, &mut known);
            let read = entry["reads"].as_array().unwrap().iter().find(|read| read["person"] == json!(about));
            assert_eq!(read.map(|read| &read["fields"]), Some(&json!(fields)), "{command}: {entry}");
        }

        // A death before the birth: judged when it is handled.
        let report = |world: &mut World, id: &str, on: &str| {
            let query = "mutation($input: ReportChangeInput!) { reportChange(input: $input) { reportedChange { id } userErrors { code } } }";
            let told = world.data_as(&worker, query, json!({ "input": { "person": id, "kind": "DEATH", "happenedOn": on } }));
            told["reportChange"]["reportedChange"]["id"].clone()
        };
        let (before, of_adult) = (report(world, &child, "2000-01-01"), report(world, &adult, "2000-01-01"));
        let [refused, other] = [&before, &of_adult].map(|id| send(world, &officer, None, "handleReportedChange", &json!({ "id": id, "remark": "已核实" })));
        assert_eq!((&refused.0[0][0], &refused), (&json!("NOT_FOUND"), &other), "the same whatever was reported of whomever");
        let (codes, _) = send(world, &officer, Some("CORRECTION"), "handleReportedChange", &json!({ "id": before, "remark": "已核实" }));
        assert_eq!(codes, json!([["INVALID_VALUE", ["id"]]]));
        let entry = noted(world, &mut known);
        let fields: BTreeSet<&str> = entry["reads"].as_array().unwrap().iter().filter(|read| read["person"] == json!(child)).flat_map(|read| read["fields"].as_array().unwrap()).filter_map(Value::as_str).collect();
        assert!(fields.contains("Person.birthDate") && fields.contains("ReportedChange.kind"), "{entry}");
        // A village's worker is not told what others reported of a person: their own they know.
        let officers = json!({ "person": adult, "kind": "PRISON", "happenedOn": "2023-06-01" });
        assert_eq!(send(world, &officer, None, "reportChange", &officers).0, json!([]));
        assert_eq!(send(world, &worker, None, "reportChange", &officers).0, json!([]), "one more to deal with");
        assert_eq!(send(world, &worker, None, "reportChange", &officers).0[0][0], "DUPLICATE", "their own");
        world.succeed(&["audit", "verify", "--records"]);
    }

    what_is_about_no_person_is_noted_of_the_row(world) {
        load(world);
        let security = world.token(&["--role", "SECURITY_ADMIN"]);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let accounts = "用户名,姓名,角色,范围,业务条线,有效期至,联系电话\nzhou.ming,周小明,镇街经办,430199001,,,13800001234\n";
        let outcome = world.folder().join("outcome.csv").display().to_string();
        world.succeed(&["import", "accounts", &world.file("accounts.csv", accounts), "--outcome", &outcome]);
        let wrong = "证件号码,姓名,现住地代码\n430199194306301014,王五,430199001001\n";
        world.refused(1, &["import", "persons", &world.file("wrong.csv", wrong)]);
        let mut known = read_entries(world).len();

        let staff = "{ accounts(where: { username: { eq: \"zhou.ming\" } }) { nodes { id name phone } } }";
        let masked = world.data_as(&security, staff, json!({}))["accounts"]["nodes"][0].clone();
        assert_eq!((&masked["name"], &masked["phone"]), (&json!("周*明"), &json!("138****1234")));
        assert_eq!(read_entries(world).len(), known, "masked, nothing is read");
        let full = world.ask_for(&security, "INSPECTION", staff, json!({}))["data"]["accounts"]["nodes"][0].clone();
        assert_eq!((&full["name"], &full["phone"]), (&json!("周小明"), &json!("13800001234")));
        let entry = noted(world, &mut known);
        assert_eq!(entry["rowReads"], json!([{ "aggregate": "Account", "id": full["id"], "fields": ["Account.name", "Account.phone"] }]));
        assert_eq!((&entry["reads"], &entry["purpose"]), (&json!([]), &json!("INSPECTION")));

        let cells = "{ imports { nodes { errors { nodes { column value } } } } }";
        let value = |told: &Value| told["imports"]["nodes"].as_array().unwrap().iter().flat_map(|one| one["errors"]["nodes"].as_array().unwrap().clone()).next().expect("a refused row")["value"].clone();
        assert_eq!(value(&world.data_as(&admin, cells, json!({}))), Value::Null);
        assert_eq!(read_entries(world).len(), known, "masked, nothing is read");
        assert_eq!(value(&world.ask_for(&admin, "INSPECTION", cells, json!({}))["data"]), "430199194306301014");
        let entry = noted(world, &mut known);
        assert_eq!((&entry["rowReads"][0]["aggregate"], &entry["rowReads"][0]["fields"]), (&json!("ImportError"), &json!(["ImportError.value"])), "{entry}");
        world.succeed(&["audit", "verify", "--records"]);
    }

    kinds_of_benefits_are_shown_in_full_only(world) {
        load(world);
        let benefits = format!("待遇编号,类别,受益人证件号码,区划代码,生效月份,月标准\nB1,孤儿,{CHILD},430199001001,2023-01,1100\n");
        let payments = format!("发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态\nP1,孤儿,B1,{CHILD},430199001001,2023-01,2023-01-10,1100,正常,成功\n");
        for (kind, text) in [("welfare-benefits", benefits.as_str()), ("payments", payments.as_str())] {
            world.succeed(&["import", kind, &world.file(&format!("{kind}.csv"), text)]);
        }
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let auditor = world.token(&["--role", "AUDITOR", "--scope", "430199"]);
        let known = read_entries(world).len();
        let query = "{ welfareBenefits { nodes { number kind monthlyAmount } } payments { nodes { number category amount } } }";
        for token in [&admin, &auditor] {
            let told = world.data_as(token, query, json!({}));
            assert_eq!(told["welfareBenefits"]["nodes"], json!([{ "number": "B1", "kind": null, "monthlyAmount": null }]));
            assert_eq!(told["payments"]["nodes"], json!([{ "number": "P1", "category": null, "amount": "1100.00" }]));
        }
        assert_eq!(read_entries(world).len(), known, "masked, nothing is read");

        let told = world.ask_for(&admin, "PAYMENT", query, json!({}))["data"].clone();
        assert_eq!(told["welfareBenefits"]["nodes"], json!([{ "number": "B1", "kind": "ORPHAN", "monthlyAmount": "1100.00" }]));
        assert_eq!(told["payments"]["nodes"], json!([{ "number": "P1", "category": "ORPHAN", "amount": "1100.00" }]));
        let child = person(world, &admin, CHILD);
        let entries = read_entries(world);
        assert_eq!(entries.len(), known + 2);
        assert_eq!(entries[1]["reads"], json!([{ "person": child, "fields": ["WelfareBenefit.kind", "WelfareBenefit.monthlyAmount"] }]));
        assert_eq!((&entries[1]["rowReads"][0]["aggregate"], &entries[1]["rowReads"][0]["fields"]), (&json!("Payment"), &json!(["Payment.category"])));
        // What was a kind before is sealed in the journal, and given back when the change is undone.
        let mended = format!("待遇编号,类别,受益人证件号码,区划代码,生效月份,月标准\nB1,事实无人抚养儿童,{CHILD},430199001001,2023-01,950\n");
        let outcome: Value = serde_json::from_str(&world.succeed(&["import", "--json", "welfare-benefits", &world.file("again.csv", &mended)])).expect("JSON");
        assert_eq!(outcome["changed"], 1, "{outcome}");
        world.succeed(&["import", "--undo", &outcome["id"].to_string()]);
        let told = world.ask_for(&admin, "PAYMENT", query, json!({}))["data"].clone();
        assert_eq!(told["welfareBenefits"]["nodes"], json!([{ "number": "B1", "kind": "ORPHAN", "monthlyAmount": "1100.00" }]));
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_masked_number_shows_three_in_front_and_two_behind(world) {
        load(world);
        let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
        let told = world.data_as(&admin, "{ persons { nodes { idNumber name ethnicity birthDate } } }", json!({}));
        for (node, whole) in told["persons"]["nodes"].as_array().unwrap().iter().zip([ADULT, CHILD, ELDER]) {
            let masked = format!("{}*************{}", &whole[..3], &whole[16..]);
            assert_eq!(node["idNumber"], json!(masked));
            assert_eq!((&node["ethnicity"], &node["birthDate"]), (&Value::Null, &Value::Null));
        }
    }
}
