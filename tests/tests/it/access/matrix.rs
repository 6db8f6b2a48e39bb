//! The access matrix: every role, and those who are nobody, × every list and type, by every path: list, node, nested,
//! search, filter, figure, feed, error text. The matrix is a checked-in snapshot, so that a diff shows what a change opens;
//! and whatever it says, no answer may hold a secret of somebody whom the viewer may not see in full.
//!
//! A new field of the root or a new type is asked by itself, since both are read from the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use tests::{On, World, golden, repository};

use super::foreign_sheets;
use crate::sdl::Sdl;

/// Persons beside those of the worked half-year, with everything that is sealed. Of each: number, name, place, phone,
/// address.
pub const PERSONS: [(&str, &str, &str, &str, &str); 3] = [
    ("430199195001010017", "欧阳春花", "430199001001", "13800000001", "示例街道一号院三单元"),
    ("430199195101010014", "司马秋月", "430199100201", "13800000002", "示例镇东村七组"),
    ("430198195201010015", "诸葛冬雪", "430198001001", "13800000003", "外区街道九号"),
];

/// An account of each, and an organisation that each speaks for.
pub const ACCOUNTS: [&str; 3] = ["6228480000000000018", "6217000000000000012", "6210980000000000011"];
pub const ORGANISATIONS: [&str; 3] = ["52430199MJ00001220", "51430199MJ0000018Y", "53430199MJ0000034E"];

/// Sheets in which the persons stand in every other way there is, in the order of loading: kind, headers, and the row of
/// one of them, in which `{…}` stand for what [`fill`] knows.
const ROOMS: [(&str, &str, &str); 23] = [
    (
        "centres",
        "机构编号,名称,类别,区划代码,床位数,状态,法定代表人,联系电话,地址",
        "C{n},机构{n},养老机构,{place},50,运营,{name},{phone},机构路{n}号",
    ),
    (
        "centre-projects",
        "项目编号,项目名称,设施类别,项目性质,区划代码,批准日期",
        "PR{n},项目{n},居家养老服务中心,新建,{place},2023-01-05",
    ),
    ("stays", "机构编号,证件号码,入住日期", "C{n},{number},2023-01-01"),
    ("renovation", "改造编号,批次年度,户编号,区划代码,纳入日期", "RN{n},2023,X{n},{place},2023-02-01"),
    ("care-workers", "证件号码,姓名,机构编号,岗位,入职日期", "{number},{name},C{n},护理,2022-01-01"),
    (
        "home-beds",
        "床位编号,老人证件号码,区划代码,机构编号,建床启动日期,验收日期,服务开始日期,作废",
        "B{n},{number},{place},C{n},2023-01-10,2023-01-20,2023-02-01,否",
    ),
    (
        "home-visits",
        "服务编号,床位编号,服务类型,护理员证件号码,开始时间,结束时间,状态",
        "V{n},B{n},护理,{number},2023-03-01 09:00,2023-03-01 10:00,已核实",
    ),
    (
        "inspections",
        "检查编号,机构编号,检查日期,检查表版本,应答项数,已答项数,检查人",
        "I{n},C{n},2023-03-01,2022版,40,40,{name};检查员乙",
    ),
    ("hazards", "隐患编号,检查编号,等级,描述,责任人,整改期限", "H{n},I{n},一般,消防通道堆物,{name},2023-04-01"),
    (
        "organisations",
        "统一社会信用代码,名称,类别,区划代码,登记日期,法定代表人,联系电话",
        "{uscc},组织{n},社会团体,{place},2020-01-01,{name},{phone}",
    ),
    (
        "annual-inspections",
        "统一社会信用代码,检查年度,受理日期,结论,结论日期",
        "{uscc},2022,2023-03-01,合格,2023-04-01",
    ),
    ("party-organisations", "名称,种类,所属社会组织,成立日期", "支部{n},支部,{uscc},2021-07-01"),
    ("charters", "区划代码,种类,名称,生效日期,含移风易俗条款", "{place},居民公约,公约{n},2022-01-01,是"),
    ("councils", "区划代码,名称,成立日期,成员人数", "{place},理事会{n},2022-01-01,7"),
    (
        "ceremonies",
        "事项编号,种类,区划代码,劝导日期,举办日期,结果,计划费用,实际费用,有凭据,事主,联系电话",
        "Y{n},婚,{place},2023-02-01,2023-03-01,简办,10000,8000,是,{name},{phone}",
    ),
    ("disclosures", "区划代码,种类,所属期,应公开日期,公开日期", "{place},村务,2023Q1,2023-04-10,2023-04-08"),
    ("community-workers", "证件号码,姓名,区划代码,岗位,入职日期", "{number},{name},{place},社区工作者,2022-01-01"),
    // What lies in no village is a district's: that served, where none is told.
    (
        "items",
        "事项编码,名称,类别,法定时限,承诺时限,时限单位,进驻政务中心,设定依据,收费,区划代码",
        "IT,事项,行政确认,20,10,工作日,是,条例,否,{district}",
    ),
    (
        "item-cases",
        "办件编号,事项编码,申请人,受理日期,办结日期,来源,区划代码",
        "K{n},IT,{name},2023-03-01,2023-03-08,窗口,{district}",
    ),
    ("donations", "捐赠编号,捐赠人,类型,金额,日期,区划代码", "DN{n},{name},现金,500.00,2023-05-01,{district}"),
    ("budget-lines", "年度,项目,资金来源,预算金额,专项,区划代码", "202{n},低保,中央,1000000.00,是,{district}"),
    (
        "payment-accounts",
        "受益人证件号码,账号,户名,与受益人关系,开户行,启用日期",
        "{number},{account},{name},本人,示例银行,2022-01-01",
    ),
    ("bank-returns", "发放编号,金额,结果,日期,账号,户名", "PX{n},300.00,成功,2023-03-11,{account},{name}"),
];

/// A row of [`ROOMS`] for a person.
fn fill(row: &str, n: usize) -> String {
    let (number, name, place, phone, _) = PERSONS[n];
    let known = [
        ("{n}", n.to_string()),
        ("{number}", number.to_owned()),
        ("{name}", name.to_owned()),
        ("{place}", place.to_owned()),
        ("{phone}", phone.to_owned()),
        ("{account}", ACCOUNTS[n].to_owned()),
        ("{uscc}", ORGANISATIONS[n].to_owned()),
        ("{district}", ["", "430199", "430198"][n].to_owned()),
    ];
    known.iter().fold(row.to_owned(), |row, (sign, value)| row.replace(sign, value))
}

struct Seen {
    name: &'static str,
    headers: Vec<(String, String)>,
    /// Prefix of the places whose persons may be shown in full; `None`: nobody's.
    full: Option<&'static str>,
    /// Prefix of the places whose persons may be shown masked.
    masked: Option<&'static str>,
    /// Own persons, by number.
    own: Vec<&'static str>,
}

/// The places of the third person.
pub const OTHER: &str =
    "区划代码,名称,级别\n430198,外区,DISTRICT\n430198001,外区街道,TOWN\n430198001001,外区社区,VILLAGE\n";

/// All sheets in which the persons stand, in the order of loading: kind, headers, and the row of each person.
pub fn sheets() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut sheets: Vec<(&str, &str, Vec<String>)> = vec![
        ("persons", "证件号码,姓名,现住地代码,联系电话,详细地址", vec![]),
        ("households", "户编号,户主证件号码,区划代码,城乡,详细地址", vec![]),
        ("household-members", "户编号,证件号码,与户主关系,加入日期", vec![]),
        ("person-conditions", "证件号码,种类,生效日期,程度", vec![]),
        ("recognitions", "认定编号,户编号,救助类别,保障对象证件号码,生效月份,月保障金额", vec![]),
        ("welfare-benefits", "待遇编号,类别,受益人证件号码,区划代码,生效月份,月标准", vec![]),
        (
            "temporary-aid",
            "救助编号,救助类型,先行救助,申请人证件号码,受益人证件号码,区划代码,受理日期,困难原因",
            vec![],
        ),
        ("payments", "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态", vec![]),
        ("donors", "捐赠人编号,类型,名称,区划代码,匿名", vec![]),
    ];
    for (n, (number, name, place, phone, address)) in PERSONS.into_iter().enumerate() {
        let rows = [
            format!("{number},{name},{place},{phone},{address}"),
            format!("X{n},{number},{place},城市,{address}"),
            format!("X{n},{number},本人,2020-01-01"),
            format!("{number},重病,2021-01-01,尿毒症{n}"),
            format!("RX{n},X{n},低保,{number},2023-01,300.00"),
            format!("WX{n},高龄津贴,{number},{place},2023-01,60.00"),
            format!("AX{n},支出型,否,{number},{number},{place},2023-02-01,家中失火{n}"),
            format!("PX{n},低保,RX{n},{number},{place},2023-03,2023-03-10,300.00,正常,成功"),
            format!("DX{n},个人,{name},{place},是"),
        ];
        for (sheet, row) in sheets.iter_mut().zip(rows) {
            sheet.2.push(row);
        }
    }
    let rooms = ROOMS
        .into_iter()
        .map(|(kind, headers, row)| (kind, headers, (0..PERSONS.len()).map(|n| fill(row, n)).collect()));
    sheets.extend(rooms);
    sheets
}

/// Loads the worked half-year and the persons.
pub fn load(world: &mut World) {
    for kind in [
        "divisions",
        "persons",
        "households",
        "household-members",
        "recognitions",
        "temporary-aid",
        "welfare-benefits",
        "payments",
    ] {
        world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
    world.succeed(&["import", "divisions", &world.file("other.csv", OTHER)]);
    let policies = "区划代码,参数,生效日期,值,依据文号\n430199,dibao.standard,2022-01-01,700,示例[2022]1号\n";
    world.succeed(&["import", "policies", &world.file("x-policies.csv", policies)]);
    for (kind, headers, rows) in sheets() {
        let text = format!("{headers}\n{}\n", rows.join("\n"));
        world.succeed(&["import", kind, &world.file(&format!("x-{kind}.csv"), &text)]);
    }
    report(world);
}

/// A draft, and a published report.
fn report(world: &mut World) {
    let officer = world.token(&["--role", "BUSINESS_OFFICER", "--line", "WINDOW"]);
    let approver = world.token(&["--role", "APPROVER"]);
    for (period, commands) in [("quarter: 1", &[][..]), ("half: H1", &["reviewReport", "publishReport"])] {
        let draft = format!(
            "mutation {{ draftReport(input: {{ division: \"430199\", period: {{ year: 2023, {period} }} }}) {{ report {{ id }} }} }}"
        );
        let id = world.data_as(&officer, &draft, json!({}))["draftReport"]["report"]["id"].clone();
        for command in commands {
            let query = format!("mutation {{ {command}(input: {{ id: {id} }}) {{ report {{ id }} }} }}");
            assert!(world.data_as(&approver, &query, json!({}))[command]["report"]["id"].is_string(), "{command}");
        }
    }
}

/// What is recorded over the API: a corrected number, so that the one above is a former one, a proxy for another purpose
/// than the matrix asks for, an inquiry, an instrument.
pub fn record(world: &mut World) {
    let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let mut person = |number: &str| {
        let query = format!("{{ persons(idNumber: \"{number}\") {{ nodes {{ id }} }} }}");
        world.ask_for(&admin, "SERVICE", &query, json!({}))["data"]["persons"]["nodes"][0]["id"].clone()
    };
    let (one, two) = (person(PERSONS[0].0), person(PERSONS[1].0));
    for (command, input) in [
        ("correctIdentity", json!({ "person": two, "idNumber": "430199195101010030", "reason": "更正缘由1" })),
        (
            "recordGuardianship",
            json!({ "ward": two, "guardian": one, "kind": "PROXY", "purpose": "SERVICE", "validUntil": "2024-01-01",
                "basis": "委托书1" }),
        ),
        ("openInquiry", json!({ "person": two, "reason": "涉嫌冒领1", "until": "2023-07-31" })),
        (
            "recordPolicyDocument",
            json!({ "docNo": "示例〔2022〕1号", "title": "示例", "issuer": "示例", "field": "OTHER", "validFrom": "2022-01-01" }),
        ),
    ] {
        let of = format!("{}{}Input", command[..1].to_uppercase(), &command[1..]);
        let query = format!("mutation($input: {of}!) {{ {command}(input: $input) {{ userErrors {{ code path }} }} }}");
        let done = world.ask_for(&admin, "CORRECTION", &query, json!({ "input": input }));
        assert_eq!(done["data"][command]["userErrors"], json!([]), "{command}");
    }
}

/// What must not be shown of a person but in full.
pub fn secrets(n: usize) -> Vec<String> {
    let (number, name, _, phone, address) = PERSONS[n];
    vec![
        number.to_owned(),
        name.to_owned(),
        phone.to_owned(),
        address.to_owned(),
        format!("尿毒症{n}"),
        format!("家中失火{n}"),
        format!("更正缘由{n}"),
        format!("委托书{n}"),
        format!("涉嫌冒领{n}"),
        ACCOUNTS[n].to_owned(),
        format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]),
    ]
}

/// How a masked person's name looks; masked numbers are those of others too.
fn mask(n: usize) -> String {
    let signs: Vec<char> = PERSONS[n].1.chars().collect();
    format!("{}**{}", signs[0], signs[3])
}

/// Ids of all rows in an answer, by type.
fn ids(of: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match of {
        Value::Object(fields) => {
            if let (Some(name), Some(id)) = (fields.get("__typename"), fields.get("id")) {
                let (name, id) = (name.as_str().unwrap_or_default(), id.as_str().unwrap_or_default());
                found.entry(name.to_owned()).or_default().insert(id.to_owned());
            }
            fields.values().for_each(|value| ids(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| ids(value, found)),
        _ => {}
    }
}

/// One word for an answer: an error's code, whose data are in it and how, or that there are rows or none.
fn word(status: u16, answer: &Value) -> String {
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return if status == 401 { format!("401 {code}") } else { code.to_owned() };
    }
    let text = answer["data"].to_string();
    let mut words = Vec::new();
    for n in 0..PERSONS.len() {
        if secrets(n).iter().any(|secret| text.contains(secret.as_str())) {
            words.push(format!("full:{n}"));
        } else if text.contains(&mask(n)) {
            words.push(format!("masked:{n}"));
        }
    }
    if !words.is_empty() {
        return words.join(" ");
    }
    let mut found = BTreeMap::new();
    ids(answer, &mut found);
    match (found.is_empty(), tells(&answer["data"])) {
        (false, _) => "rows".to_owned(),
        (true, true) => "told".to_owned(),
        (true, false) => "-".to_owned(),
    }
}

/// Whether an answer holds any value at all.
fn tells(of: &Value) -> bool {
    match of {
        Value::Null => false,
        Value::Object(fields) => fields.iter().any(|(name, value)| name != "__typename" && tells(value)),
        Value::Array(values) => values.iter().any(tells),
        _ => true,
    }
}

fn viewers(world: &mut World) -> Vec<Seen> {
    let admin = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let number = PERSONS[0].0;
    let query = format!("{{ persons(idNumber: \"{number}\") {{ nodes {{ id }} }} }}");
    let found = world.ask_for(&admin, "SERVICE", &query, json!({}));
    let person = found["data"]["persons"]["nodes"][0]["id"].as_str().expect("a person").to_owned();
    let mut all = vec![
        Seen { name: "anonymous", headers: vec![], full: None, masked: None, own: vec![] },
        Seen {
            name: "bad token",
            headers: vec![("authorization".to_owned(), "Bearer x.y.z".to_owned())],
            full: None,
            masked: None,
            own: vec![],
        },
    ];
    let mut add = |name, arguments: &[&str], full, masked, own| {
        let bearer = format!("Bearer {}", world.token(arguments));
        all.push(Seen { name, headers: vec![("authorization".to_owned(), bearer)], full, masked, own });
    };
    let district = Some("430199");
    let scoped = |role, scope| ["--role", role, "--scope", scope];
    add("DISTRICT_ADMIN", &scoped("DISTRICT_ADMIN", "430199"), district, district, vec![]);
    let other = Some("430198");
    add("DISTRICT_ADMIN elsewhere", &scoped("DISTRICT_ADMIN", "430198"), other, other, vec![]);
    add("SYSTEM_ADMIN", &["--role", "SYSTEM_ADMIN"], None, None, vec![]);
    add("SECURITY_ADMIN", &["--role", "SECURITY_ADMIN"], None, None, vec![]);
    add("AUDITOR", &scoped("AUDITOR", "430199"), None, district, vec![]);
    add("AUDITOR elsewhere", &scoped("AUDITOR", "430198"), None, other, vec![]);
    let lined = |role, line, scope| ["--role", role, "--line", line, "--scope", scope];
    for line in ["ASSISTANCE", "ELDERLY", "ORGANISATIONS", "GOVERNANCE", "WINDOW"] {
        let named = |role: &str| &*format!("{role} {line}").leak();
        add(named("BUSINESS_OFFICER"), &lined("BUSINESS_OFFICER", line, "430199"), district, district, vec![]);
        add(named("APPROVER"), &lined("APPROVER", line, "430199"), None, district, vec![]);
        add(named("PLATFORM"), &lined("PLATFORM", line, "430199"), district, district, vec![]);
    }
    let line = lined("BUSINESS_OFFICER", "ASSISTANCE", "430198");
    add("BUSINESS_OFFICER ASSISTANCE elsewhere", &line, other, other, vec![]);
    add("APPROVER", &scoped("APPROVER", "430199"), None, district, vec![]);
    add("APPROVER elsewhere", &scoped("APPROVER", "430198"), None, other, vec![]);
    add("TOWN_OFFICER", &scoped("TOWN_OFFICER", "430199001"), Some("430199001"), Some("430199001"), vec![]);
    add("TOWN_OFFICER elsewhere", &scoped("TOWN_OFFICER", "430199100"), Some("430199100"), Some("430199100"), vec![]);
    add("VILLAGE_WORKER", &scoped("VILLAGE_WORKER", "430199001001"), None, Some("430199001001"), vec![]);
    add("VILLAGE_WORKER elsewhere", &scoped("VILLAGE_WORKER", "430198001001"), None, other, vec![]);
    add("WINDOW_CLERK", &scoped("WINDOW_CLERK", "430199"), district, district, vec![]);
    add("WINDOW_CLERK elsewhere", &scoped("WINDOW_CLERK", "430198"), other, other, vec![]);
    // The one whom a centre serves works there and speaks for it too, as for an organisation.
    add("INSTITUTION", &scoped("INSTITUTION", "C0"), None, None, vec![number]);
    add("INSTITUTION elsewhere", &scoped("INSTITUTION", "C1"), None, None, vec![PERSONS[1].0]);
    add("CARE_WORKER", &scoped("CARE_WORKER", "C0"), None, None, vec![number]);
    add("SOCIAL_ORG", &scoped("SOCIAL_ORG", ORGANISATIONS[0]), None, None, vec![number]);
    add("SPONSOR", &scoped("SPONSOR", "52430199MJ00001220"), None, None, vec![]);
    add("DEPARTMENT", &scoped("DEPARTMENT", "430199"), None, None, vec![]);
    add("CITIZEN", &scoped("CITIZEN", &person), None, None, vec![number]);
    add("SCREEN", &scoped("SCREEN", "430199"), None, None, vec![]);
    add("PLATFORM", &scoped("PLATFORM", "430199"), district, district, vec![]);
    add("PLATFORM elsewhere", &scoped("PLATFORM", "430198"), other, other, vec![]);
    all
}

#[test]
fn nobody_sees_more_than_the_matrix_says() {
    let mut world = World::new(On::Sqlite);
    world.without_limits();
    load(&mut world);
    record(&mut world);
    let schema = Sdl::read();
    let viewers = viewers(&mut world);
    // Of each list as much as one question may ask for.
    let mut lists = Vec::new();
    for (list, node) in schema.lists() {
        let field = &list.name;
        // Rather all rows than deep ones: the persons looked for come last.
        let sizes = [(100, 3), (100, 2), (100, 1), (100, 0), (30, 1), (30, 0)];
        let queries = sizes.iter().map(|(first, deep)| {
            format!("{{ {field}(first: {first}) {{ nodes {{ {} }} }} }}", schema.selection(node, *deep, &mut None))
        });
        let admitted = queries.into_iter().find(|query| {
            let code = world.ask(query, json!({}))["errors"][0]["extensions"]["code"].clone();
            code != "TOO_EXPENSIVE" && code != "VALIDATION"
        });
        lists.push((field.clone(), admitted.unwrap_or_else(|| panic!("{field} cannot be asked"))));
    }

    // The rows there are, as those see them who see most.
    let mut rows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for viewer in viewers
        .iter()
        .filter(|viewer| ["DISTRICT_ADMIN", "DISTRICT_ADMIN elsewhere", "SECURITY_ADMIN"].contains(&viewer.name))
    {
        for (_, query) in &lists {
            let mut headers: Vec<(&str, &str)> =
                viewer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            headers.push(("minzheng-purpose", "INSPECTION"));
            ids(&world.ask_with(&headers, query, json!({})).1, &mut rows);
        }
    }
    assert!(rows.len() > 10, "{:?}", rows.keys());

    // Of each type as many at once as one question may ask for.
    let at_once: BTreeMap<String, usize> = rows
        .keys()
        .map(|name| {
            let inner = schema.selection(name, 1, &mut None);
            let admitted = [100, 50, 25, 10, 5].into_iter().find(|many| {
                let ids = serde_json::to_string(&vec!["x"; *many]).expect("JSON");
                let query = format!("{{ nodes(ids: {ids}) {{ __typename ... on {name} {{ {inner} }} }} }}");
                let code = world.ask(&query, json!({}))["errors"][0]["extensions"]["code"].clone();
                code != "TOO_EXPENSIVE"
            });
            (name.clone(), admitted.unwrap_or_else(|| panic!("{name} cannot be asked")))
        })
        .collect();

    let mut table = String::new();
    let mut leaks = Vec::new();
    for viewer in &viewers {
        for purpose in [None, Some("INSPECTION")] {
            let mut headers: Vec<(&str, &str)> =
                viewer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            headers.extend(purpose.map(|purpose| ("minzheng-purpose", purpose)));
            let mut ask = |path: String, query: String| {
                let (status, answer) = world.ask_with(&headers, &query, json!({}));
                let text = answer.to_string();
                for (n, (number, _, place, ..)) in PERSONS.into_iter().enumerate() {
                    let own = viewer.own.contains(&number);
                    let full =
                        own || (purpose.is_some() && viewer.full.is_some_and(|prefix| place.starts_with(prefix)));
                    let masked = full || viewer.masked.is_some_and(|prefix| place.starts_with(prefix));
                    if !full && let Some(secret) = secrets(n).iter().find(|secret| text.contains(secret.as_str())) {
                        leaks.push(format!("{} by {path} ({purpose:?}): {secret}", viewer.name));
                    }
                    if !masked && text.contains(&mask(n)) {
                        leaks.push(format!("{} by {path} ({purpose:?}): {}", viewer.name, mask(n)));
                    }
                }
                let with = purpose.map_or("", |_| "+");
                let _ = writeln!(table, "{}{with} | {path} | {}", viewer.name, word(status, &answer));
            };
            for (field, query) in &lists {
                ask(format!("list {field}"), query.clone());
            }
            for (name, ids) in &rows {
                let inner = schema.selection(name, 1, &mut None);
                for ids in ids.iter().collect::<Vec<_>>().chunks(at_once[name]) {
                    let ids = serde_json::to_string(ids).expect("JSON");
                    ask(
                        format!("nodes {name}"),
                        format!("{{ nodes(ids: {ids}) {{ __typename id ... on {name} {{ {inner} }} }} }}"),
                    );
                }
            }
            for (number, _, _, phone, _) in PERSONS {
                let inner = schema.selection("Person", 1, &mut None);
                ask(
                    format!("search {number}"),
                    format!("{{ persons(idNumber: \"{number}\") {{ nodes {{ {inner} }} }} }}"),
                );
                ask(format!("search {phone}"), format!("{{ persons(phone: \"{phone}\") {{ nodes {{ id name }} }} }}"));
            }
            for (path, query) in [
                ("filter name", "{ persons(where: { name: { eq: \"欧阳春花\" } }) { totalCount } }"),
                ("filter birthDate", "{ persons(where: { birthDate: { lt: \"1950-01-02\" } }) { totalCount } }"),
                ("order name", "{ persons(orderBy: NAME, first: 1) { nodes { id } } }"),
                ("filter donor", "{ donors(where: { name: { eq: \"欧阳春花\" } }) { totalCount } }"),
                ("accesses", "{ persons(first: 1) { nodes { accesses { at } } } }"),
                (
                    "figures",
                    "{ figures(division: \"430199\", period: { year: 2023, half: H1 }) { figures { code value } } }",
                ),
                (
                    "figures elsewhere",
                    "{ figures(division: \"430198\", period: { year: 2023, half: H1 }) { figures { value } } }",
                ),
                (
                    "figure rows",
                    "{ figures(division: \"430199\", period: { year: 2023, half: H1 }, codes: [\"F1\"]) \
                     { figures { rows(first: 100) { nodes { division person { name idNumber } node { id } } } } } }",
                ),
                (
                    "explain",
                    "{ figures(division: \"430199\", period: { year: 2023, half: H1 }, codes: [\"F1\"]) \
                     { figures { explain { notCounted { reason count } } } } }",
                ),
                ("changes", "{ changes(first: 100) { nodes { aggregate id division fields } } }"),
                ("auditEntries", "{ auditEntries(first: 100) { nodes { id } } }"),
                ("verifyAudit", "{ verifyAudit { ok } }"),
                ("viewer", "{ viewer { person { id name idNumber } households { id number address } } }"),
                ("error text", "{ persons(idNumber: \"欧阳春花\", after: \"430199195001010010\") { nodes { id } } }"),
            ] {
                ask(path.to_owned(), query.to_owned());
            }
        }
    }
    // Who may take sheets in, and what becomes of the rows of each place in one.
    for (kind, headers, rows) in sheets() {
        for viewer in viewers.iter().filter(|viewer| !viewer.headers.is_empty() && viewer.name != "bad token") {
            let Some(token) = viewer.headers[0].1.strip_prefix("Bearer ") else { continue };
            let word = match foreign_sheets::rehearsed(&mut world, token, kind, headers, &rows) {
                Ok(told) => told,
                Err(code) => code,
            };
            let _ = writeln!(table, "{} | import {kind} | {word}", viewer.name);
        }
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));

    let kept = repository().join("tests/tests/it/access/matrix.txt");
    if std::env::var("UPDATE_SNAPSHOTS").is_ok() {
        std::fs::write(&kept, &table).expect("written");
    }
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    let differs: Vec<String> = table
        .lines()
        .filter(|line| !before.lines().any(|other| other == *line))
        .map(|line| format!("+ {line}"))
        .chain(before.lines().filter(|line| !table.lines().any(|other| other == *line)).map(|line| format!("- {line}")))
        .collect();
    assert!(differs.is_empty(), "the matrix changed (UPDATE_SNAPSHOTS=1 takes it):\n{}", differs.join("\n"));
}
