//! Registry, assistance, welfare and payments.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use minzheng_rules::assistance::eligibility::{self, Disability, Tier, assess};
use minzheng_rules::assistance::policy::{Policy, national};
use minzheng_rules::identifiers::citizen_id::{self, Sex, age};

use super::super::{Plan, district, families};
use super::check::{Row, Sheets, TODAY, day, first_of, month, span};

const RECOGNISED: [&str; 3] = ["低保", "单人保", "特困"];

pub fn references_exist(sheets: &Sheets) {
    for (from, column, to, target) in [
        ("person-conditions", "证件号码", "persons", "证件号码"),
        ("households", "户主证件号码", "persons", "证件号码"),
        ("household-members", "户编号", "households", "户编号"),
        ("household-members", "证件号码", "persons", "证件号码"),
        ("recognitions", "户编号", "households", "户编号"),
        ("recognitions", "保障对象证件号码", "persons", "证件号码"),
        ("temporary-aid", "申请人证件号码", "persons", "证件号码"),
        ("temporary-aid", "受益人证件号码", "persons", "证件号码"),
        ("welfare-benefits", "受益人证件号码", "persons", "证件号码"),
        ("payments", "受益人证件号码", "persons", "证件号码"),
        ("payments", "原发放编号", "payments", "发放编号"),
        ("payment-accounts", "受益人证件号码", "persons", "证件号码"),
    ] {
        sheets.refer(from, column, to, target);
    }
    let villages: BTreeSet<String> =
        super::divisions().into_iter().filter(|d| d.level == "VILLAGE").map(|d| d.code).collect();
    for (kind, column) in [
        ("persons", "现住地代码"),
        ("persons", "户籍地代码"),
        ("households", "区划代码"),
        ("temporary-aid", "区划代码"),
        ("welfare-benefits", "区划代码"),
        ("payments", "区划代码"),
    ] {
        for row in sheets.rows(kind) {
            assert!(villages.contains(row.get(column)), "{}", row.says());
        }
    }
    sheets.ordered("temporary-aid", &["受理日期", "批准日期"]);
    sheets.ends_after("person-conditions", "生效日期", "失效日期");
    sheets.ends_after("household-members", "加入日期", "离开日期");
    sheets.ends_after("payment-accounts", "启用日期", "停用日期");
    for row in sheets.rows("temporary-aid") {
        if let Some(found) = row.given("发现时间") {
            assert!(day(&found[..10]) <= row.must("受理日期"), "{}", row.says());
        }
        assert_eq!(row.given("批准日期").is_some(), row.given("批准金额").is_some(), "{}", row.says());
    }
}

pub fn people_are_as_their_numbers_say(sheets: &Sheets) {
    let today = day(TODAY);
    for row in sheets.rows("persons") {
        let id = citizen_id::parse(row.get("证件号码"), today).expect("number");
        assert_eq!(row.must("出生日期"), id.birth, "{}", row.says());
        assert_eq!(row.get("性别") == "男", id.sex == Sex::Male, "{}", row.says());
        assert!(row.date("死亡日期").is_none_or(|death| death >= id.birth), "{}", row.says());
        assert!(age(id.birth, today) <= 106, "{}", row.says());
    }
    for row in sheets.rows("person-conditions") {
        let id = citizen_id::parse(row.get("证件号码"), today).expect("number");
        assert!(row.must("生效日期") >= id.birth, "{}", row.says());
        let disabled = row.get("种类") == "残疾";
        for column in ["残疾类别", "残疾等级", "证号"] {
            assert_eq!(row.given(column).is_some(), disabled, "{}", row.says());
        }
        if disabled {
            let types = ["视力", "听力", "言语", "肢体", "智力", "精神", "多重"];
            let kind = types.iter().position(|kind| *kind == row.get("残疾类别")).expect("type") + 1;
            assert_eq!(row.get("证号"), format!("{}{kind}{}", row.get("证件号码"), row.get("残疾等级")));
            assert!((1..=4).contains(&row.number("残疾等级")), "{}", row.says());
        }
    }
    let phones: Vec<&str> = sheets.rows("persons").filter_map(|row| row.given("联系电话")).collect();
    assert_eq!(phones.iter().collect::<BTreeSet<_>>().len(), phones.len(), "a telephone number is there twice");
}

pub fn nobody_is_in_two_households_on_one_day(sheets: &Sheets) {
    let deaths: BTreeMap<&str, NaiveDate> =
        sheets.rows("persons").filter_map(|row| Some((row.get("证件号码"), row.date("死亡日期")?))).collect();
    let mut spells: BTreeMap<&str, Vec<(NaiveDate, Option<NaiveDate>)>> = BTreeMap::new();
    for row in sheets.rows("household-members") {
        let person = row.get("证件号码");
        spells.entry(person).or_default().push((row.must("加入日期"), row.date("离开日期")));
        if let Some(death) = deaths.get(person) {
            assert!(row.date("离开日期").is_some_and(|left| left != *death), "{}", row.says());
        }
    }
    for (person, spells) in &mut spells {
        spells.sort_unstable();
        for pair in spells.windows(2) {
            assert!(pair[0].1.is_some_and(|left| left <= pair[1].0), "{person}: {pair:?}");
        }
    }
    let heads: BTreeMap<&str, Row<'_>> = sheets.by("households", "户编号");
    for row in sheets.rows("household-members") {
        let head = heads[row.get("户编号")].get("户主证件号码");
        assert_eq!(row.get("证件号码") == head, row.get("与户主关系") == "本人", "{}", row.says());
    }
    let members: BTreeSet<(&str, &str)> =
        sheets.rows("household-members").map(|row| (row.get("户编号"), row.get("证件号码"))).collect();
    for (number, row) in &heads {
        assert!(members.contains(&(*number, row.get("户主证件号码"))), "{}", row.says());
    }
}

/// Whoever is paid lives with somebody or alone, but in a household, and parents are older than their children.
pub fn whoever_is_paid_has_a_home(sheets: &Sheets) {
    let mut joined: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for row in sheets.rows("household-members") {
        let first = joined.entry(row.get("证件号码")).or_insert(row.must("加入日期"));
        *first = row.must("加入日期").min(*first);
    }
    for row in sheets.rows("payments") {
        for person in row.list("受益人证件号码") {
            assert!(joined.get(person).is_some_and(|on| *on <= row.must("发放日期")), "{person}: {}", row.says());
        }
    }
    for row in sheets.rows("home-beds") {
        assert!(joined.contains_key(row.get("老人证件号码")), "{}", row.says());
    }
    let heads = sheets.by("households", "户编号");
    let births: BTreeMap<&str, NaiveDate> =
        sheets.rows("persons").map(|row| (row.get("证件号码"), row.must("出生日期"))).collect();
    for row in sheets.rows("household-members") {
        let (head, own) = (births[heads[row.get("户编号")].get("户主证件号码")], births[row.get("证件号码")]);
        let (elder, younger) = match row.get("与户主关系") {
            "子" | "女" => (head, own),
            "父母" => (own, head),
            _ => continue,
        };
        assert!(age(elder, younger) >= 16, "{}", row.says());
    }
}

/// The versions of each recognition, by their months.
fn versions(sheets: &Sheets) -> BTreeMap<&str, Vec<(i64, Row<'_>)>> {
    let mut all: BTreeMap<&str, Vec<(i64, Row<'_>)>> = BTreeMap::new();
    for row in sheets.rows("recognitions") {
        all.entry(row.get("认定编号")).or_default().push((month(row.get("生效月份")), row));
    }
    for list in all.values_mut() {
        list.sort_by_key(|(month, _)| *month);
    }
    all
}

/// The version that holds in a month.
fn holding<'a>(versions: &[(i64, Row<'a>)], at: i64) -> Option<Row<'a>> {
    let last = versions.last().expect("a version").1;
    if last.given("终止月份").is_some_and(|ended| at > month(ended)) {
        return None;
    }
    versions.iter().rev().find(|(from, _)| *from <= at).map(|(_, row)| *row)
}

pub fn recognitions_follow_each_other(sheets: &Sheets) {
    let mut covered: BTreeMap<(&str, i64), &str> = BTreeMap::new();
    let members: BTreeMap<(&str, &str), Row<'_>> =
        sheets.rows("household-members").map(|row| ((row.get("户编号"), row.get("证件号码")), row)).collect();
    for (number, versions) in versions(sheets) {
        let (_, first) = versions[0];
        for (at, (from, row)) in versions.iter().enumerate() {
            assert_eq!(row.get("户编号"), first.get("户编号"), "{}", row.says());
            assert_eq!(row.get("救助类别"), first.get("救助类别"), "{}", row.says());
            assert!(row.given("终止月份").is_none() || at + 1 == versions.len(), "{}", row.says());
            assert!(row.given("终止月份").is_none_or(|ended| month(ended) >= *from), "{}", row.says());
            assert_eq!(row.given("保障方式").is_some(), row.get("救助类别") == "特困", "{}", row.says());
            let paid = RECOGNISED.contains(&row.get("救助类别")) && *from >= month("2022-01");
            assert_eq!(row.given("月保障金额").is_some(), paid, "{}", row.says());
            for person in row.list("保障对象证件号码") {
                let member = members.get(&(row.get("户编号"), person)).unwrap_or_else(|| panic!("{}", row.says()));
                let on = first_of(*from);
                assert!(member.must("加入日期") <= on, "{}", row.says());
                assert!(member.date("离开日期").is_none_or(|left| on < left), "{}", row.says());
            }
        }
        for at in month("2022-01")..=month(&TODAY[..7]) {
            let Some(row) = holding(&versions, at) else { continue };
            for person in row.list("保障对象证件号码") {
                let before = covered.insert((person, at), number);
                assert!(before.is_none(), "{person} is covered twice in {at}: {number}, {before:?}");
            }
        }
    }
}

pub fn payments_fit_what_they_are_for(sheets: &Sheets) {
    let versions = versions(sheets);
    let benefits = sheets.by("welfare-benefits", "待遇编号");
    let grants = sheets.by("temporary-aid", "救助编号");
    let payments = sheets.by("payments", "发放编号");
    let deaths: BTreeMap<&str, NaiveDate> =
        sheets.rows("persons").filter_map(|row| Some((row.get("证件号码"), row.date("死亡日期")?))).collect();
    let mut normal: BTreeSet<(&str, &str, i64)> = BTreeSet::new();
    let mut paid: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    let mut granted: BTreeMap<&str, i64> = BTreeMap::new();
    let mut again: BTreeSet<&str> = BTreeSet::new();
    for row in sheets.rows("payments") {
        let (category, basis, nature) = (row.get("类别"), row.get("依据编号"), row.get("款项性质"));
        let returned = row.get("状态") == "退回";
        assert!(row.fen("金额") > 0, "{}", row.says());
        let mut claimed_back = false;
        if let Some(original) = row.given("原发放编号") {
            let original = payments[original];
            assert!(original.must("发放日期") <= row.must("发放日期"), "{}", row.says());
            assert!(row.fen("金额") <= original.fen("金额"), "{}", row.says());
            if nature == "追缴" {
                assert_eq!(original.get("款项性质"), "误发", "{}", row.says());
                claimed_back = true;
            } else {
                assert_eq!(original.get("状态"), "退回", "{}", row.says());
                for column in ["类别", "依据编号", "受益人证件号码", "所属月份", "金额", "款项性质"]
                {
                    assert_eq!(row.get(column), original.get(column), "{}", row.says());
                }
                assert!(again.insert(original.get("发放编号")), "paid again twice: {}", row.says());
            }
        }
        assert_eq!(claimed_back, nature == "追缴", "{}", row.says());
        if category == "临时救助" {
            assert!(row.given("所属月份").is_none(), "{}", row.says());
            let grant = grants[basis];
            assert_eq!(row.get("受益人证件号码"), grant.get("受益人证件号码"), "{}", row.says());
            assert!(row.must("发放日期") >= grant.must("受理日期"), "{}", row.says());
            if row.given("原发放编号").is_none() {
                *granted.entry(basis).or_default() += row.fen("金额");
            }
            continue;
        }
        let months = span(row.get("所属月份"));
        for at in &months {
            assert!(first_of(*at) <= row.must("发放日期"), "paid ahead: {}", row.says());
        }
        let apart = matches!(nature, "误发" | "追缴" | "丧葬" | "价格临时补贴" | "一次性补贴");
        let programme = if RECOGNISED.contains(&category) { "基本生活" } else { category };
        for at in months.iter().filter(|_| !apart) {
            let due: i64;
            if RECOGNISED.contains(&category) {
                let list = &versions[basis];
                let version = holding(list, *at).unwrap_or_else(|| panic!("not due: {}", row.says()));
                assert_eq!(version.get("救助类别"), category, "{}", row.says());
                let covered = version.list("保障对象证件号码");
                for person in row.list("受益人证件号码") {
                    assert!(covered.contains(&person), "not covered: {}", row.says());
                }
                if matches!(nature, "正常" | "补发") {
                    assert_eq!(row.list("受益人证件号码"), covered, "{}", row.says());
                }
                due = row.fen("金额");
            } else {
                let benefit = benefits[basis];
                assert_eq!(benefit.get("类别"), category, "{}", row.says());
                assert_eq!(benefit.get("受益人证件号码"), row.get("受益人证件号码"), "{}", row.says());
                assert!(month(benefit.get("生效月份")) <= *at, "{}", row.says());
                assert!(benefit.given("终止月份").is_none_or(|until| *at <= month(until)), "{}", row.says());
                due = row.fen("金额") / i64::try_from(months.len()).unwrap();
                assert_eq!(due, benefit.fen("月标准"), "{}", row.says());
            }
            for person in row.list("受益人证件号码") {
                assert!(deaths.get(person).is_none_or(|death| first_of(*at) <= *death), "dead: {}", row.says());
                if nature == "正常" && !returned {
                    assert!(normal.insert((person, programme, *at)), "twice: {}", row.says());
                }
            }
            // What is paid again stands for what came back.
            if row.given("原发放编号").is_none() {
                *paid.entry((basis, *at)).or_default() += due;
            }
        }
    }
    // What was due in a month was paid, to the fen; the last months may still wait for arrears.
    let until = month("2023-04");
    for (number, list) in &versions {
        for at in month("2022-01")..=until {
            let Some(fen) = holding(list, at).and_then(|row| row.given("月保障金额").map(|_| row.fen("月保障金额")))
            else {
                assert!(!paid.contains_key(&(*number, at)), "{number} in {at}");
                continue;
            };
            assert_eq!(paid.get(&(*number, at)), Some(&fen), "{number} in {at}");
        }
    }
    for (number, row) in &benefits {
        for at in month("2022-01").max(month(row.get("生效月份")))..=until {
            if row.given("终止月份").is_none_or(|until| at <= month(until)) {
                assert_eq!(paid.get(&(*number, at)), Some(&row.fen("月标准")), "{number} in {at}");
            }
        }
    }
    for (number, sum) in granted {
        let grant = grants[number];
        assert!(grant.given("批准金额").is_none_or(|_| sum <= grant.fen("批准金额")), "{}", grant.says());
        assert!(grant.given("到账时间").is_some(), "{}", grant.says());
    }
    // What the bank tells is true of the line, and not of a day before it.
    let accounts: BTreeSet<(&str, &str)> =
        sheets.rows("payment-accounts").map(|row| (row.get("账号"), row.get("户名"))).collect();
    for row in sheets.rows("bank-returns") {
        let line = payments[row.get("发放编号")];
        assert_eq!((row.get("金额"), row.get("结果")), (line.get("金额"), line.get("状态")), "{}", row.says());
        assert!(line.must("发放日期") <= row.must("日期"), "{}", row.says());
        assert!(row.get("发放编号").starts_with(row.get("批次号")), "{}", row.says());
        assert_eq!(row.given("退回原因").is_some(), row.get("结果") == "退回", "{}", row.says());
        assert!(
            row.given("账号").is_none() || accounts.contains(&(row.get("账号"), row.get("户名"))),
            "{}",
            row.says()
        );
    }
    let told = sheets.rows("bank-returns").filter(|row| row.get("结果") == "退回").count();
    assert_eq!(told, sheets.rows("payments").filter(|row| row.get("状态") == "退回").count());
    // No budget line is overspent.
    let mut spent: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
    for row in sheets.rows("payments").filter(|row| row.get("状态") == "成功" && row.get("款项性质") != "追缴")
    {
        *spent.entry((&row.get("发放日期")[..4], row.get("类别"), row.get("资金来源"))).or_default() += row.fen("金额");
    }
    let lines: BTreeMap<(&str, &str, &str), Row<'_>> =
        sheets.rows("budget-lines").map(|row| ((row.get("年度"), row.get("项目"), row.get("资金来源")), row)).collect();
    for (key, sum) in spent {
        let line = lines.get(&key).unwrap_or_else(|| panic!("no budget: {key:?}"));
        assert!(sum <= line.fen("到账金额") && line.fen("到账金额") <= line.fen("预算金额"), "{sum} {}", line.says());
    }
}

pub fn exclusions_hold(sheets: &Sheets) {
    let versions = versions(sheets);
    let mut tekun: BTreeSet<(&str, i64)> = BTreeSet::new();
    for list in versions.values().filter(|list| list[0].1.get("救助类别") == "特困") {
        for at in month("2022-01")..=month("2023-06") {
            let persons = holding(list, at).map(|row| row.list("保障对象证件号码")).unwrap_or_default();
            tekun.extend(persons.into_iter().map(|person| (person, at)));
        }
    }
    let mut held: BTreeMap<(&str, i64), BTreeSet<&str>> = BTreeMap::new();
    for row in sheets.rows("welfare-benefits") {
        let until = row.given("终止月份").map_or(month("2023-06"), month);
        for at in month("2022-01").max(month(row.get("生效月份")))..=until {
            let kinds = held.entry((row.get("受益人证件号码"), at)).or_default();
            assert!(kinds.insert(row.get("类别")), "twice in {at}: {}", row.says());
        }
    }
    for ((person, at), kinds) in held {
        let has = |kind: &str| kinds.contains(kind);
        let says = || format!("{person} in {at}: {kinds:?}");
        for kind in ["困难残疾人生活补贴", "重度残疾人护理补贴", "养老服务补贴", "护理补贴"]
        {
            assert!(!(has(kind) && tekun.contains(&(person, at))), "{}", says());
        }
        let child = has("孤儿") || has("事实无人抚养儿童");
        assert!(!(child && has("困难残疾人生活补贴")), "{}", says());
        assert!(!(has("孤儿") && has("事实无人抚养儿童")), "{}", says());
        assert!(!(has("护理补贴") && has("重度残疾人护理补贴")), "{}", says());
        let birth = citizen_id::parse(person, day(TODAY)).expect("number").birth;
        let years = |first: bool| age(birth, if first { first_of(at) } else { first_of(at + 1) });
        assert!(!has("高龄津贴") || years(true) >= 80, "{}", says());
        assert!(!child || years(true) < 18, "{}", says());
        assert!(!has("养老服务补贴") || years(true) >= 65, "{}", says());
    }
    for row in sheets.rows("welfare-benefits").filter(|row| row.get("类别") == "高龄津贴") {
        let birth = citizen_id::parse(row.get("受益人证件号码"), day(TODAY)).expect("number").birth;
        // The band of the month is that of the day before it: it changes with the month after the birthday.
        let from = first_of(month(row.get("生效月份")).max(month("2022-01"))).pred_opt().unwrap();
        let rate = match age(birth, from) {
            80..=89 => 5_000,
            90..=99 => 10_000,
            _ => 30_000,
        };
        assert_eq!(row.fen("月标准"), rate, "{}", row.says());
    }
}

/// Asks the decision again, with who lived in the household, how old, how disabled and how ill each was as the
/// sheets say, the means as they were found, and the policy of the sheet.
pub fn amounts_are_what_the_decision_gives(sheets: &Sheets, seed: u64, persons: usize) {
    let policy = |area: &str| {
        Policy::from_values(|name| {
            let own = sheets
                .rows("policies")
                .find(|row| row.get("参数") == name && row.given("城乡").is_none_or(|of| of == area));
            own.map(|row| row.get("值").to_owned()).or_else(|| national(name, day("2022-01-01")).map(str::to_owned))
        })
        .expect("policy")
    };
    let (town, country) = (policy("城市"), policy("农村"));
    let homes = sheets.by("households", "户编号");
    let mut members: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in sheets.rows("household-members") {
        members.entry(row.get("户编号")).or_default().push(row);
    }
    let mut conditions: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in sheets.rows("person-conditions") {
        conditions.entry(row.get("证件号码")).or_default().push(row);
    }
    let versions = versions(sheets);
    let divisions = super::divisions();
    let area = district::District::of(&Plan { seed, persons, divisions: &divisions }).expect("district");
    let mut settler = families::Settler::new(seed, &area);
    let made = super::super::assistance::make(seed, &area, &mut settler).expect("assistance");
    let mut asked = 0;
    let listed = made.recognitions.iter().filter(|found| !matches!(found.category, "防返贫监测" | "其他困难"));
    for recognition in listed {
        for version in recognition.versions.iter().filter(|version| version.from.year() >= 2022) {
            let at = month(&version.from.to_string());
            let on = first_of(at);
            let (_, row) = versions[recognition.number.as_str()]
                .iter()
                .find(|(from, _)| *from == at)
                .unwrap_or_else(|| panic!("{} from {at}", recognition.number));
            let home = row.get("户编号");
            let living: BTreeSet<&str> = members[home]
                .iter()
                .filter(|row| row.must("加入日期") <= on && row.date("离开日期").is_none_or(|left| on < left))
                .map(|row| row.get("证件号码"))
                .collect();
            let counted: Vec<&str> = version.means.members.iter().map(|(id, _)| id.as_str()).collect();
            assert!(counted.iter().all(|id| living.contains(id)), "{}", row.says());
            let snapshot = eligibility::Household {
                members: version
                    .means
                    .members
                    .iter()
                    .map(|(id, facts)| {
                        let (disability, major_illness) = state(conditions.get(id.as_str()), on);
                        eligibility::Member {
                            age: age(citizen_id::parse(id, day(TODAY)).expect("number").birth, on),
                            wage: facts.wage,
                            other: facts.other,
                            pension: facts.pension,
                            disability,
                            major_illness,
                            abilities_lost: facts.lost,
                            capable_supporter: facts.supporter,
                            elects_child_track: false,
                            refusals: facts.refusals,
                        }
                    })
                    .collect(),
                financial_assets: version.means.assets,
                dwellings: version.means.dwellings,
                vehicle_value: None,
                rigid_expenditure_year: version.means.rigid,
            };
            let policy = if homes[home].get("城乡") == "农村" { &country } else { &town };
            let decision = assess(&snapshot, policy).expect("decision");
            asked += 1;
            let covered = row.list("保障对象证件号码");
            let singles: Vec<&str> = decision.single_applicants.iter().map(|(at, _)| counted[*at]).collect();
            let rest: Vec<&str> = counted.iter().copied().filter(|id| !singles.contains(id)).collect();
            match row.get("救助类别") {
                "低保" => {
                    assert_eq!(
                        (decision.tier, decision.monthly_amount),
                        (Tier::Dibao, row.fen("月保障金额")),
                        "{}",
                        row.says()
                    );
                    assert_eq!(covered, counted, "{}", row.says());
                }
                "特困" => {
                    assert_eq!(
                        (decision.tier, decision.monthly_amount),
                        (Tier::Tekun, row.fen("月保障金额")),
                        "{}",
                        row.says()
                    );
                }
                "单人保" => {
                    let [person] = covered[..] else { panic!("{}", row.says()) };
                    let amount = decision.single_applicants.iter().find(|(at, _)| counted[*at] == person);
                    assert_eq!(amount.map(|(_, fen)| *fen), Some(row.fen("月保障金额")), "{}", row.says());
                }
                "低保边缘" => assert_eq!((decision.tier, covered), (Tier::Edge, rest), "{}", row.says()),
                "刚性支出" => assert_eq!((decision.tier, covered), (Tier::Rigid, rest), "{}", row.says()),
                other => panic!("{other}"),
            }
        }
    }
    assert!(asked > 30, "{asked}");
}

fn state(conditions: Option<&Vec<Row<'_>>>, on: NaiveDate) -> (Option<(Disability, u8)>, bool) {
    let mut found = (None, false);
    for row in conditions.into_iter().flatten() {
        if row.must("生效日期") > on || row.date("失效日期").is_some_and(|until| until <= on) {
            continue;
        }
        match row.get("种类") {
            "残疾" => {
                let kind = match row.get("残疾类别") {
                    "视力" => Disability::Visual,
                    "听力" => Disability::Hearing,
                    "言语" => Disability::Speech,
                    "肢体" => Disability::Physical,
                    "智力" => Disability::Intellectual,
                    "精神" => Disability::Mental,
                    _ => Disability::Multiple,
                };
                found.0 = Some((kind, u8::try_from(row.number("残疾等级")).unwrap()));
            }
            "重病" => found.1 = true,
            _ => {}
        }
    }
    found
}

/// The proportions that a reviewer of a bureau looks at first; for the usual size.
pub fn proportions(sheets: &Sheets) {
    let at = month("2023-06");
    let homes = sheets.by("households", "户编号");
    let mut stock: BTreeMap<(&str, bool), i64> = BTreeMap::new();
    let mut households: BTreeMap<&str, i64> = BTreeMap::new();
    let (mut sum, mut men, mut tekun, mut scattered) = (0, 0, 0, 0);
    for list in versions(sheets).values() {
        let Some(row) = holding(list, at) else { continue };
        let rural = homes[row.get("户编号")].get("城乡") == "农村";
        let covered = row.list("保障对象证件号码");
        *stock.entry((row.get("救助类别"), rural)).or_default() += i64::try_from(covered.len()).unwrap();
        *households.entry(row.get("救助类别")).or_default() += 1;
        if row.get("救助类别") == "低保" {
            sum += row.fen("月保障金额");
        }
        if row.get("救助类别") == "特困" {
            tekun += 1;
            men += i64::from(covered[0].as_bytes()[16] % 2 == 1);
            scattered += i64::from(row.get("保障方式") == "分散");
        }
    }
    let mut residents = [0, 0];
    for row in sheets.rows("division-statistics").filter(|row| row.get("日期") == "2022-12-31") {
        let code = row.get("区划代码");
        if !code.ends_with("000") {
            residents[usize::from(matches!(&code[9..10], "2" | "3"))] += row.number("常住人口");
        }
    }
    let share = |category: &str, rural: bool| {
        stock.get(&(category, rural)).copied().unwrap_or(0) * 100_000 / residents[usize::from(rural)]
    };
    let told = format!("{stock:?} {households:?} {residents:?} {sum} {men}/{tekun} {scattered}");
    println!("{told}");
    // 低保 about half a percent in town, 1.5 to 2 percent in the country.
    assert!((420..600).contains(&share("低保", false)), "{told}");
    assert!((1_450..2_050).contains(&share("低保", true)), "{told}");
    assert!(men * 100 > tekun * 75 && scattered * 100 > tekun * 65, "{told}");
    let persons = stock[&("低保", false)] + stock[&("低保", true)];
    let per_household = persons * 100 / households["低保"];
    assert!((150..230).contains(&per_household), "{told}");
    let per_person = sum / persons / 100;
    assert!((300..560).contains(&per_person), "yuan a month: {per_person}");
    let recipients: BTreeSet<&str> = sheets.rows("payments").flat_map(|row| row.list("受益人证件号码")).collect();
    println!("recipients {}", recipients.len());
    assert!((5_000..7_500).contains(&recipients.len()), "{}", recipients.len());
    // Some trouble: sent back and not yet paid again; covered fewer than living in the household; late reviews.
    let again: BTreeSet<&str> = sheets.rows("payments").filter_map(|row| row.given("原发放编号")).collect();
    let open = sheets.rows("payments").filter(|row| row.get("状态") == "退回" && !again.contains(row.get("发放编号")));
    assert!(open.count() >= 5);
    assert!(households["单人保"] >= 10, "{told}");
    let orphans = sheets.rows("welfare-benefits").filter(|row| row.get("类别") == "孤儿").count();
    let unattended: BTreeSet<&str> = sheets
        .rows("welfare-benefits")
        .filter(|row| row.get("类别") == "事实无人抚养儿童")
        .map(|row| row.get("受益人证件号码"))
        .collect();
    println!("orphans {orphans}, unattended {}", unattended.len());
    assert!((4..25).contains(&orphans) && unattended.len() < 90 && unattended.len() > orphans);
    // Every village and community has households, and people who are paid.
    for (kind, what) in [("households", "households"), ("payments", "recipients")] {
        let places: BTreeSet<&str> = sheets.rows(kind).map(|row| row.get("区划代码")).collect();
        assert_eq!(places.len(), 192, "{what}");
    }
    let natures: BTreeSet<&str> = sheets.rows("payments").map(|row| row.get("款项性质")).collect();
    assert_eq!(natures.len(), 9, "{natures:?}");
    let categories: BTreeSet<&str> = sheets.rows("payments").map(|row| row.get("类别")).collect();
    assert_eq!(categories.len(), 11, "{categories:?}");
}
