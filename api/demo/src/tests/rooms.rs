//! Elder care, charity, organisations, governance, window.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::check::{Row, Sheets, TODAY, day, first_of, month};

pub fn references_exist(sheets: &Sheets) {
    for (from, column, to, target) in [
        ("stays", "机构编号", "centres", "机构编号"),
        ("stays", "证件号码", "persons", "证件号码"),
        ("renovation", "户编号", "households", "户编号"),
        ("home-beds", "老人证件号码", "persons", "证件号码"),
        ("home-beds", "机构编号", "centres", "机构编号"),
        ("home-visits", "床位编号", "home-beds", "床位编号"),
        ("home-visits", "护理员证件号码", "care-workers", "证件号码"),
        ("inspections", "机构编号", "centres", "机构编号"),
        ("hazards", "检查编号", "inspections", "检查编号"),
        ("care-workers", "机构编号", "centres", "机构编号"),
        ("annual-inspections", "统一社会信用代码", "organisations", "统一社会信用代码"),
        ("party-organisations", "所属社会组织", "organisations", "统一社会信用代码"),
        ("party-organisations", "上级", "party-organisations", "名称"),
        ("item-cases", "事项编码", "items", "事项编码"),
    ] {
        sheets.refer(from, column, to, target);
    }
    let villages: BTreeSet<String> =
        super::divisions().into_iter().filter(|d| d.level == "VILLAGE").map(|d| d.code).collect();
    for kind in [
        "centres",
        "centre-projects",
        "renovation",
        "home-beds",
        "organisations",
        "charters",
        "councils",
        "ceremonies",
        "disclosures",
        "community-workers",
    ] {
        for row in sheets.rows(kind) {
            assert!(villages.contains(row.get("区划代码")), "{}", row.says());
        }
    }
    // Staff have their own numbers, and one person one name.
    let persons: BTreeSet<&str> = sheets.rows("persons").map(|row| row.get("证件号码")).collect();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for kind in ["care-workers", "community-workers"] {
        for row in sheets.rows(kind) {
            assert!(!persons.contains(row.get("证件号码")), "{}", row.says());
            let known = names.insert(row.get("证件号码"), row.get("姓名"));
            assert!(known.is_none_or(|name| name == row.get("姓名")), "{}", row.says());
        }
    }
    for (kind, column) in [("centres", "名称"), ("organisations", "名称"), ("items", "名称")] {
        sheets.by(kind, column);
    }
}

pub fn dates_do_not_run_backwards(sheets: &Sheets) {
    sheets
        .ordered("centre-projects", &["批准日期", "开工日期", "停工日期", "复工日期", "竣工验收日期", "投入运营日期"]);
    sheets.ordered("centre-projects", &["批准日期", "取消日期"]);
    sheets.ordered("renovation", &["纳入日期", "开工日期", "完工日期", "验收日期"]);
    sheets.ordered("renovation", &["纳入日期", "退出日期"]);
    sheets.ordered("home-beds", &["建床启动日期", "验收日期", "服务开始日期", "终止日期"]);
    sheets.ordered("charters", &["表决日期", "备案日期", "生效日期", "失效日期"]);
    sheets.ordered("annual-inspections", &["受理日期", "结论日期", "整改后结论日期"]);
    sheets.ordered("item-cases", &["受理日期", "办结日期"]);
    sheets.ordered("organisations", &["登记日期", "注销日期"]);
    for (kind, from, until) in [
        ("stays", "入住日期", "离开日期"),
        ("care-workers", "入职日期", "离职日期"),
        ("community-workers", "入职日期", "离职日期"),
        ("councils", "成立日期", "撤销日期"),
        ("party-organisations", "成立日期", "撤销日期"),
        ("charters", "生效日期", "失效日期"),
    ] {
        sheets.ends_after(kind, from, until);
    }
    for row in sheets.rows("ceremonies") {
        let declared = row.must("申报日期");
        for column in ["劝导日期", "举办日期", "决定日期"] {
            assert!(row.date(column).is_none_or(|on| declared <= on), "{}", row.says());
        }
        let called_off = row.get("结果") == "停办";
        assert!(called_off || row.must("举办日期") <= day(TODAY), "{}", row.says());
        assert_eq!(row.given("决定日期").is_some(), row.get("结果") != "未劝导成功", "{}", row.says());
        if let (Some(guided), Some(decided)) = (row.date("劝导日期"), row.date("决定日期")) {
            assert!(guided <= decided && decided <= row.must("举办日期"), "{}", row.says());
        }
        assert!(row.fen("计划费用") > 0, "{}", row.says());
    }
    let inspections = sheets.by("inspections", "检查编号");
    let centres = sheets.by("centres", "机构编号");
    for row in inspections.values() {
        assert!(row.number("已答项数") <= row.number("应答项数"), "{}", row.says());
        let centre = centres[row.get("机构编号")];
        let on = row.must("检查日期");
        assert!(centre.date("备案日期").is_none_or(|filed| filed <= on), "{}", row.says());
        assert!(centre.get("状态") == "运营" || on < centre.must("状态日期"), "{}", row.says());
        let [first, second] = row.list("检查人")[..] else { panic!("{}", row.says()) };
        assert_ne!(first, second, "{}", row.says());
    }
    for row in sheets.rows("hazards") {
        let found = inspections[row.get("检查编号")].must("检查日期");
        let dates: Vec<NaiveDate> =
            [Some(found), row.date("整改日期"), row.date("复核日期")].into_iter().flatten().collect();
        assert!(dates.is_sorted() && found <= row.must("整改期限"), "{}", row.says());
        assert!(row.date("复核日期").is_none() || row.date("整改日期").is_some(), "{}", row.says());
        assert_eq!(row.date("复核日期").is_some(), row.given("复核人").is_some(), "{}", row.says());
        assert_ne!(row.given("复核人"), Some(row.get("责任人")), "{}", row.says());
    }
    for row in sheets.rows("centres") {
        assert_eq!(row.get("状态") == "运营", row.date("状态日期").is_none(), "{}", row.says());
        assert!(row.number("护理型床位") <= row.number("床位数"), "{}", row.says());
        assert_eq!(row.get("医养结合") == "签约", row.date("签约有效期至").is_some(), "{}", row.says());
    }
    for row in sheets.rows("annual-inspections") {
        assert_eq!(row.given("结论").is_some(), row.date("结论日期").is_some(), "{}", row.says());
        assert_eq!(row.given("整改后结论").is_some(), row.date("整改后结论日期").is_some(), "{}", row.says());
    }
}

/// From a day to, not including, another.
type Spell = (NaiveDate, Option<NaiveDate>);

/// Spells that must not overlap.
fn apart<'a>(spells: impl Iterator<Item = (&'a str, NaiveDate, Option<NaiveDate>)>) {
    let mut all: BTreeMap<&str, Vec<Spell>> = BTreeMap::new();
    for (key, from, until) in spells {
        all.entry(key).or_default().push((from, until));
    }
    for (key, spells) in &mut all {
        spells.sort_unstable();
        for pair in spells.windows(2) {
            assert!(pair[0].1.is_some_and(|until| until <= pair[1].0), "{key}: {pair:?}");
        }
    }
}

pub fn a_bed_is_one_persons_and_a_person_has_one(sheets: &Sheets) {
    let deaths: BTreeMap<&str, NaiveDate> =
        sheets.rows("persons").filter_map(|row| Some((row.get("证件号码"), row.date("死亡日期")?))).collect();
    let live = |row: &Row<'_>| row.get("作废") == "否";
    apart(
        sheets
            .rows("home-beds")
            .filter(live)
            .map(|row| (row.get("老人证件号码"), row.must("建床启动日期"), row.date("终止日期"))),
    );
    apart(sheets.rows("stays").map(|row| (row.get("证件号码"), row.must("入住日期"), row.date("离开日期"))));
    let births: BTreeMap<&str, NaiveDate> =
        sheets.rows("persons").map(|row| (row.get("证件号码"), row.must("出生日期"))).collect();
    for row in sheets.rows("home-beds") {
        let person = row.get("老人证件号码");
        let on = row.must("建床启动日期");
        assert!(minzheng_rules::identifiers::citizen_id::age(births[person], on) >= 60, "{}", row.says());
        assert_eq!(row.date("终止日期").is_some(), row.given("终止原因").is_some(), "{}", row.says());
        if let Some(death) = deaths.get(person).filter(|_| live(&row)) {
            assert!(
                row.date("终止日期").is_some_and(|end| end <= *death || end == death.succ_opt().unwrap()),
                "{}",
                row.says()
            );
        }
        assert_eq!(
            row.given("终止原因") == Some("去世"),
            live(&row) && row.date("终止日期").is_some_and(|end| deaths.get(person).is_some_and(|d| end > *d)),
            "{}",
            row.says()
        );
    }
    for row in sheets.rows("stays") {
        if let Some(death) = deaths.get(row.get("证件号码")) {
            assert!(row.date("离开日期").is_some_and(|left| left <= death.succ_opt().unwrap()), "{}", row.says());
        }
    }
    // No centre has more residents than beds, and no bed two people.
    let centres = sheets.by("centres", "机构编号");
    let mut beds: BTreeMap<(&str, &str), Vec<Spell>> = BTreeMap::new();
    for row in sheets.rows("stays") {
        let centre = centres[row.get("机构编号")];
        assert!(matches!(centre.get("类别"), "养老机构" | "嵌入式养老机构" | "敬老院"), "{}", row.says());
        assert!(centre.date("备案日期").is_none_or(|filed| filed <= row.must("入住日期")), "{}", row.says());
        beds.entry((row.get("机构编号"), row.get("床号")))
            .or_default()
            .push((row.must("入住日期"), row.date("离开日期")));
    }
    let mut used: BTreeMap<&str, i64> = BTreeMap::new();
    for ((centre, bed), spells) in &mut beds {
        *used.entry(centre).or_default() += 1;
        spells.sort_unstable();
        for pair in spells.windows(2) {
            assert!(pair[0].1.is_some_and(|until| until <= pair[1].0), "{centre} {bed}: {pair:?}");
        }
    }
    for (centre, beds) in used {
        assert!(beds <= centres[centre].number("床位数"), "{centre}");
    }
    let mut seen = BTreeSet::new();
    for row in sheets.rows("renovation") {
        assert!(seen.insert(row.get("户编号")), "{}", row.says());
        assert_eq!(&row.get("纳入日期")[..4], row.get("批次年度"), "{}", row.says());
        assert!(row.date("退出日期").is_none() || row.date("验收日期").is_none(), "{}", row.says());
    }
}

pub fn visits_are_made_by_the_employed_to_beds_in_service(sheets: &Sheets) {
    let beds = sheets.by("home-beds", "床位编号");
    let mut workers: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in sheets.rows("care-workers") {
        workers.entry(row.get("证件号码")).or_default().push(row);
    }
    let mut busy: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for row in sheets.rows("home-visits") {
        let bed = beds[row.get("床位编号")];
        let (begins, ends) = (row.get("开始时间"), row.get("结束时间"));
        assert!(begins < ends && begins[..10] == ends[..10], "{}", row.says());
        let on = day(&begins[..10]);
        assert!(bed.get("作废") == "否" && bed.must("服务开始日期") <= on, "{}", row.says());
        assert!(bed.date("终止日期").is_none_or(|end| on < end), "{}", row.says());
        assert!(
            workers[row.get("护理员证件号码")].iter().any(|worker| {
                worker.get("岗位") == "护理"
                    && worker.get("机构编号") == bed.get("机构编号")
                    && worker.must("入职日期") <= on
                    && worker.date("离职日期").is_none_or(|left| on < left)
            }),
            "{}",
            row.says()
        );
        assert!(("07:00".."19:00").contains(&&begins[11..]), "{}", row.says());
        let before = busy.insert((row.get("护理员证件号码"), begins), ends);
        assert!(before.is_none(), "{}", row.says());
    }
    // Nobody is at two bedsides at once: the visits of a carer in order of their beginnings.
    let list: Vec<_> = busy.iter().collect();
    for pair in list.windows(2) {
        let ((first, _), end) = pair[0];
        let ((second, begins), _) = pair[1];
        assert!(first != second || end <= begins, "{first}: {end} {begins}");
    }
}

pub fn organisations_are_inspected_when_due(sheets: &Sheets) {
    let organisations = sheets.by("organisations", "统一社会信用代码");
    for (code, row) in &organisations {
        let kind = match row.get("类别") {
            "社会团体" => "51",
            "民办非企业单位" => "52",
            _ => "53",
        };
        assert!(code.starts_with(kind), "{}", row.says());
    }
    for row in sheets.rows("annual-inspections") {
        let organisation = organisations[row.get("统一社会信用代码")];
        let year = row.number("检查年度");
        assert!(organisation.must("登记日期") <= day(&format!("{year}-06-30")), "exempt: {}", row.says());
        if let Some(accepted) = row.date("受理日期") {
            assert!(accepted >= day(&format!("{}-01-01", year + 1)), "{}", row.says());
            assert!(organisation.date("注销日期").is_none_or(|end| accepted < end), "{}", row.says());
        }
        assert!(row.given("结论").is_none() || row.given("受理日期").is_some(), "{}", row.says());
    }
    for row in sheets.rows("party-organisations").filter(|row| row.given("所属社会组织").is_some()) {
        let organisation = organisations[row.get("所属社会组织")];
        assert!(organisation.must("登记日期") <= row.must("成立日期"), "{}", row.says());
        assert_eq!(organisation.date("注销日期"), row.date("撤销日期"), "{}", row.says());
    }
}

pub fn governance_is_complete(sheets: &Sheets) {
    let villages = super::divisions().into_iter().filter(|d| d.level == "VILLAGE").count();
    let today = day(TODAY);
    let in_force = |kind: &str, from: &str, until: &str| {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for row in sheets.rows(kind) {
            if row.must(from) <= today && row.date(until).is_none_or(|until| today < until) {
                *places.entry(row.get("区划代码").to_owned()).or_default() += 1;
            }
        }
        assert!(places.values().all(|count| *count == 1), "{kind}");
        places.len()
    };
    assert_eq!(in_force("charters", "生效日期", "失效日期"), villages - 1);
    assert_eq!(in_force("councils", "成立日期", "撤销日期"), villages);
    for row in sheets.rows("charters") {
        let rural = matches!(&row.get("区划代码")[9..10], "2" | "3");
        assert_eq!(row.get("种类"), if rural { "村规民约" } else { "居民公约" }, "{}", row.says());
    }
    apart(sheets.rows("charters").map(|row| (row.get("区划代码"), row.must("生效日期"), row.date("失效日期"))));
    apart(sheets.rows("councils").map(|row| (row.get("区划代码"), row.must("成立日期"), row.date("撤销日期"))));
    // Every village has its quarterly posting of village affairs in each quarter.
    let quarters: BTreeSet<(&str, &str)> = sheets
        .rows("disclosures")
        .filter(|row| row.get("种类") == "村务")
        .map(|row| (row.get("区划代码"), row.get("所属期")))
        .collect();
    assert_eq!(quarters.len(), villages * 6);
    for row in sheets.rows("disclosures") {
        let period = row.get("所属期");
        let end = match period.split_once('Q') {
            Some((year, quarter)) => first_of(year.parse::<i64>().unwrap() * 12 + quarter.parse::<i64>().unwrap() * 3),
            None => first_of(month(period) + 1),
        };
        assert!(row.must("应公开日期") >= end && row.must("应公开日期") <= today, "{}", row.says());
        assert!(row.date("公开日期").is_none_or(|on| on >= end), "posted before its time: {}", row.says());
    }
}

pub fn the_window_has_its_items(sheets: &Sheets) {
    let items = sheets.by("items", "事项编码");
    assert_eq!(items.len(), 72);
    assert_eq!(items.values().map(|row| row.get("类别")).collect::<BTreeSet<_>>().len(), 6);
    for row in items.values() {
        assert!(row.number("承诺时限") <= row.number("法定时限") && row.get("进驻政务中心") == "是", "{}", row.says());
    }
    for row in sheets.rows("item-cases") {
        assert!(row.given("评价").is_none() || row.date("办结日期").is_some(), "{}", row.says());
        assert!(!matches!(items[row.get("事项编码")].get("类别"), "行政处罚" | "行政检查"), "{}", row.says());
    }
}

/// What the figures of the half-year would say, and the trouble that must be there; for the usual size.
pub fn proportions(sheets: &Sheets) {
    let half = |on: NaiveDate| (day("2023-01-01")..=day(TODAY)).contains(&on);
    let today = day(TODAY);
    let count = |kind: &str, keep: &dyn Fn(&Row<'_>) -> bool| sheets.rows(kind).filter(|row| keep(row)).count();
    assert_eq!(count("centres", &|_| true), 300);
    assert_eq!(count("home-beds", &|_| true), 2_000);
    assert_eq!(count("home-visits", &|_| true), 60_000);
    assert_eq!(count("organisations", &|_| true), 400);
    let new = |row: &Row<'_>| row.get("设施类别") == "居家养老服务中心" && row.get("项目性质") == "新建";
    let f3 = count("centre-projects", &|row| new(row) && row.date("竣工验收日期").is_some_and(half));
    let f4 = count("centre-projects", &|row| {
        new(row)
            && row.date("开工日期").is_some()
            && row.date("竣工验收日期").is_none()
            && (row.date("停工日期").is_none() || row.date("复工日期").is_some())
    });
    assert!((5..15).contains(&f3) && (5..12).contains(&f4), "F3 {f3}, F4 {f4}");
    let of_2023 = |row: &Row<'_>| row.get("批次年度") == "2023" && row.date("退出日期").is_none();
    let f5 = count("renovation", &of_2023);
    let f6 = count("renovation", &|row| of_2023(row) && row.date("验收日期").is_some());
    assert!(f5 > 120 && f6 * 100 > f5 * 35 && f6 * 100 < f5 * 90, "F5 {f5}, F6 {f6}");
    let f7: BTreeSet<&str> = sheets
        .rows("home-beds")
        .filter(|row| row.get("作废") == "否" && half(row.must("建床启动日期")))
        .map(|row| row.get("老人证件号码"))
        .collect();
    assert!((500..1_200).contains(&f7.len()), "F7 {}", f7.len());
    let of = |conclusion: &'static str| {
        count("annual-inspections", &|row| row.get("检查年度") == "2022" && row.get("结论") == conclusion)
    };
    let f9 = count("annual-inspections", &|row| row.get("检查年度") == "2022" && row.date("受理日期").is_some());
    assert!((300..390).contains(&f9) && of("合格") > of("基本合格") * 5 && of("不合格") >= 1, "F9 {f9}");
    let guided = |row: &Row<'_>| row.date("劝导日期").is_some_and(|on| on < row.must("举办日期"));
    let f13 = count("ceremonies", &|row| {
        matches!(row.get("种类"), "婚" | "丧")
            && matches!(row.get("结果"), "简办" | "新办")
            && guided(row)
            && half(row.must("举办日期"))
    });
    let f14 = count("ceremonies", &|row| row.get("结果") == "停办" && row.date("决定日期").is_some_and(half));
    assert!((350..1_100).contains(&f13) && (50..300).contains(&f14), "F13 {f13}, F14 {f14}");
    // Hazards: closed for the greater part, some overdue.
    let hazards = count("hazards", &|row| row.must("整改期限") <= today);
    let overdue = count("hazards", &|row| row.must("整改期限") <= today && row.date("整改日期").is_none());
    assert!(overdue >= 2 && overdue * 10 < hazards, "{overdue} of {hazards}");
    assert!(count("hazards", &|row| row.get("等级") == "重大") >= 1);
    // D75, D73: problems B2.1 and B2.2.
    let on_duty = |row: &Row<'_>| row.get("岗位") == "护理" && row.date("离职日期").is_none();
    let carers = count("care-workers", &on_duty);
    let certified = count("care-workers", &|row| {
        on_duty(row) && row.given("证书等级").is_some() && row.date("证书有效期至").is_none_or(|until| until >= today)
    });
    assert!((30..55).contains(&(certified * 100 / carers)), "{certified} of {carers}");
    let hospice = count("centres", &|row| row.get("安宁疗护") == "有");
    assert!(hospice * 20 < 300, "{hospice}");
    // D101: some villages are below the norm, most are not.
    let slack: BTreeSet<&str> = sheets
        .rows("disclosures")
        .filter(|row| half(row.must("应公开日期")))
        .filter(|row| row.date("公开日期").is_none_or(|on| on > row.must("应公开日期")))
        .map(|row| row.get("区划代码"))
        .collect();
    assert!((5..60).contains(&slack.len()), "{}", slack.len());
    let without = count("charters", &|row| row.get("含移风易俗条款") == "否");
    assert!(without > 5, "{without}");
    // Beds for 1,000 people of 60 and older.
    let beds: i64 = sheets.rows("centres").map(|row| row.number("床位数")).sum();
    let aged: i64 = sheets
        .rows("division-statistics")
        .filter(|row| row.get("日期") == "2022-12-31" && row.get("区划代码") == "430104000000")
        .map(|row| row.number("60岁以上"))
        .sum();
    assert!((25..75).contains(&(beds * 1_000 / aged)), "{beds} for {aged}");
    println!("F3 {f3} F4 {f4} F5 {f5} F6 {f6} F7 {} F9 {f9} F13 {f13} F14 {f14}", f7.len());
    println!("hazards {overdue}/{hazards}, certified {certified}/{carers}, slack {}, beds {beds}/{aged}", slack.len());
}
