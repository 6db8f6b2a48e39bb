//! Random worlds: sheets drawn from a seed, with dates at the edges of periods, returns and payments anew, arrears and
//! top-ups, consecutive beds, withdrawals, stopped and resumed projects, late conclusions, superseded charters, abolished
//! and new villages, guidance on the day itself. Every F equals a recount written here from the cells of the sheets, also
//! after corrections and after these were undone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Value, json};
use tests::{On, World};

/// A stream of numbers from a seed (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).expect("small")
    }

    fn days(&mut self, most: usize) -> Days {
        Days::new(self.below(most).try_into().expect("few"))
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A day of 2022 or 2023, as often as not one at the edge of a period.
    fn day(&mut self) -> NaiveDate {
        const EDGES: [&str; 12] = [
            "2022-06-30",
            "2022-07-01",
            "2022-12-31",
            "2023-01-01",
            "2023-01-31",
            "2023-03-31",
            "2023-04-01",
            "2023-06-15",
            "2023-06-29",
            "2023-06-30",
            "2023-07-01",
            "2023-12-31",
        ];
        if self.one_in(2) { day(EDGES[self.below(EDGES.len())]) } else { day("2022-01-01") + self.days(730) }
    }

    fn after(&mut self, from: NaiveDate, most: usize) -> NaiveDate {
        from + self.days(most)
    }

    /// A day as a cell, missing now and then.
    fn maybe(&mut self, date: NaiveDate, missing: usize) -> String {
        if self.one_in(missing) { String::new() } else { date.to_string() }
    }
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// One sheet.
#[derive(Clone)]
pub(super) struct Table {
    kind: &'static str,
    header: &'static str,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(kind: &'static str, header: &'static str) -> Self {
        Self { kind, header, rows: Vec::new() }
    }

    fn push(&mut self, cells: &[&str]) {
        assert_eq!(cells.len(), self.header.split(',').count(), "{}", self.kind);
        self.rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    fn column(&self, name: &str) -> usize {
        self.header.split(',').position(|header| header == name).unwrap_or_else(|| panic!("{name} of {}", self.kind))
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|cells| Record { table: self, cells })
    }

    fn csv(&self) -> String {
        let mut text = format!("{}\n", self.header);
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.join(","));
        }
        text
    }
}

/// What is sent over tables that were sent before: an empty cell would leave what stood there.
fn over(before: &Table, now: &Table) -> Table {
    let mut sent = now.clone();
    for (row, before) in sent.rows.iter_mut().zip(&before.rows) {
        for (cell, _) in row.iter_mut().zip(before).filter(|(cell, before)| cell.is_empty() && !before.is_empty()) {
            "清空".clone_into(cell);
        }
    }
    sent
}

struct Record<'a> {
    table: &'a Table,
    cells: &'a [String],
}

impl<'a> Record<'a> {
    fn text(&self, name: &str) -> &'a str {
        &self.cells[self.table.column(name)]
    }

    fn date(&self, name: &str) -> Option<NaiveDate> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(day)
    }

    fn fen(&self, name: &str) -> i64 {
        let (yuan, cents) = self.text(name).split_once('.').expect("two decimals");
        yuan.parse::<i64>().expect("yuan") * 100 + cents.parse::<i64>().expect("fen")
    }

    fn within(&self, place: &str) -> bool {
        self.text("区划代码").starts_with(place)
    }
}

fn id_number(n: usize) -> String {
    let body = format!("430199{:04}{:02}{:02}{:03}", 1930 + n % 60, 1 + n % 12, 1 + n % 28, n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{body}{}", &"10X98765432"[sum % 11..=sum % 11])
}

fn uscc(n: usize) -> String {
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let weigh = |text: &str, weights: &[usize]| -> usize {
        text.chars().zip(weights).map(|(c, w)| LETTERS.find(c).expect("a letter of it") * w).sum()
    };
    let own = format!("MJ{n:06}");
    let inner: usize = own
        .bytes()
        .zip([3, 7, 9, 10, 5, 8, 4, 2])
        .map(|(c, w)| if c.is_ascii_digit() { usize::from(c - b'0') * w } else { usize::from(c - b'A' + 10) * w })
        .sum();
    let inner = match 11 - inner % 11 {
        10 => "X".to_owned(),
        11 => "0".to_owned(),
        digit => digit.to_string(),
    };
    let body = format!("52430199{own}{inner}");
    let sum = weigh(&body, &[1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]);
    format!("{body}{}", LETTERS.chars().nth((31 - sum % 31) % 31).expect("one of 31"))
}

pub(super) const TOWNS: [&str; 3] = ["430199001", "430199002", "430199100"];

pub(super) fn villages() -> Vec<String> {
    TOWNS.iter().flat_map(|town| ["001", "002", "201"].map(|village| format!("{town}{village}"))).collect()
}

/// All sheets, in the order of loading.
#[derive(Clone)]
pub(super) struct Sheets(pub(super) Vec<Table>);

impl Sheets {
    fn of(&self, kind: &str) -> &Table {
        self.0.iter().find(|table| table.kind == kind).unwrap_or_else(|| panic!("{kind}"))
    }
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let villages = villages();
        let mut divisions = Table::new("divisions", "区划代码,名称,级别,上级代码,类型,启用日期,停用日期");
        divisions.push(&["430199000000", "甲区", "DISTRICT", "430100000000", "", "", ""]);
        for town in TOWNS {
            divisions.push(&[&format!("{town}000"), &format!("镇{town}"), "TOWN", "430199000000", "", "", ""]);
        }
        for code in &villages {
            divisions.push(&[code, &format!("村{code}"), "VILLAGE", &format!("{}000", &code[..9]), "", "", ""]);
        }
        // New and abolished villages, and units that are none.
        for (n, town) in TOWNS.iter().enumerate() {
            let parent = format!("{town}000");
            let (born, gone) = (dice.day().to_string(), dice.day().to_string());
            divisions.push(&[&format!("{town}003"), &format!("新村{n}"), "VILLAGE", &parent, "居委会", &born, ""]);
            divisions.push(&[&format!("{town}202"), &format!("旧村{n}"), "VILLAGE", &parent, "", "", &gone]);
            divisions.push(&[&format!("{town}498"), &format!("园区{n}"), "VILLAGE", &parent, "", "", ""]);
            divisions.push(&[&format!("{town}004"), &format!("农场{n}"), "VILLAGE", &parent, "其他", "", ""]);
        }

        let ids: Vec<String> = (0..40).map(id_number).collect();
        let mut persons = Table::new("persons", "证件号码,姓名,现住地代码");
        for (n, id) in ids.iter().enumerate() {
            persons.push(&[id, &format!("测试{n}"), &villages[n % villages.len()]]);
        }
        let mut households = Table::new("households", "户编号,户主证件号码,区划代码,城乡");
        for n in 0..16 {
            households.push(&[&format!("H{n}"), &ids[n], &villages[n % villages.len()], *dice.pick(&["城市", "农村"])]);
        }
        let mut recognitions = Table::new(
            "recognitions",
            "认定编号,户编号,救助类别,保障方式,保障对象证件号码,生效月份,终止月份,月保障金额",
        );
        let mut covered: Vec<(String, &str, Vec<String>, String)> = Vec::new();
        for n in 0..12 {
            let category = *dice.pick(&["低保", "特困"]);
            let mut of = vec![ids[n].clone()];
            if category == "低保" && dice.one_in(2) {
                of.push(ids[16 + n].clone());
            }
            let support = if category == "特困" { "分散" } else { "" };
            let number = format!("R{n}");
            recognitions.push(&[&number, &format!("H{n}"), category, support, &of.join(";"), "2021-06", "", "500.00"]);
            covered.push((number, category, of, villages[n % villages.len()].clone()));
        }
        let mut aid = Table::new(
            "temporary-aid",
            "救助编号,救助类型,先行救助,申请人证件号码,受益人证件号码,区划代码,受理日期,批准日期",
        );
        for n in 0..6 {
            let of: Vec<String> = (0..=dice.below(3)).map(|k| ids[28 + (n + k) % 8].clone()).collect();
            let accepted = dice.day();
            let approved = dice.after(accepted, 40);
            let place = dice.pick(&villages).clone();
            let cells = [&format!("G{n}"), "急难型", "是", &of[0], &of.join(";"), &place, &accepted.to_string()];
            let approved = dice.maybe(approved, 4);
            aid.push(&[cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], &approved]);
            covered.push((format!("G{n}"), "临时救助", of, place));
        }
        let mut benefits =
            Table::new("welfare-benefits", "待遇编号,类别,受益人证件号码,区划代码,生效月份,终止月份,月标准");
        for n in 0..8 {
            let kind = *dice.pick(&["高龄津贴", "孤儿", "事实无人抚养儿童", "困难残疾人生活补贴", "护理补贴"]);
            let (of, place) = (ids[24 + n].clone(), dice.pick(&villages).clone());
            benefits.push(&[&format!("W{n}"), kind, &of, &place, "2021-06", "", "50.00"]);
            covered.push((format!("W{n}"), kind, vec![of], place));
        }
        Self(vec![
            divisions,
            persons,
            households,
            recognitions,
            aid,
            benefits,
            payments(dice, &covered),
            centres(&villages),
            projects(dice, &villages),
            renovation(dice, &villages),
            beds(dice, &villages, &ids),
            organisations(dice, &villages),
            inspections(dice),
            charters(dice),
            ceremonies(dice, &villages),
        ])
    }

    /// Other rows under the same keys: what a clerk corrects weeks later.
    fn corrected(&self, dice: &mut Dice) -> Self {
        let mut sheets = self.clone();
        for table in &mut sheets.0 {
            let set = |row: &mut Vec<String>, table: &Table, name: &str, value: String| {
                row[table.column(name)] = value;
            };
            let model = table.clone();
            for row in &mut table.rows {
                if !dice.one_in(4) {
                    continue;
                }
                let text = |name: &str| Record { table: &model, cells: row }.text(name).to_owned();
                match model.kind {
                    "payments" => match dice.below(3) {
                        // The bank sends it back late.
                        0 => set(row, &model, "状态", "退回".to_owned()),
                        1 => set(row, &model, "金额", format!("{}.{:02}", 1 + dice.below(900), dice.below(100))),
                        _ => set(row, &model, "发放日期", dice.day().to_string()),
                    },
                    "ceremonies" => match dice.below(4) {
                        0 => set(row, &model, "劝导日期", text("举办日期")),
                        1 => set(row, &model, "有凭据", "否".to_owned()),
                        2 => set(row, &model, "实际费用", String::new()),
                        _ => set(row, &model, "种类", dice.pick(&["婚", "丧", "寿宴"]).to_string()),
                    },
                    "renovation" => {
                        let admitted = day(&text("纳入日期"));
                        let withdrawn = dice.after(admitted, 200).to_string();
                        set(row, &model, "退出日期", withdrawn);
                    }
                    "home-beds" => set(row, &model, "作废", "是".to_owned()),
                    "centre-projects" => {
                        let name = *dice.pick(&["类别", "取消日期"]);
                        if name == "类别" {
                            set(row, &model, "设施类别", "日间照料中心".to_owned());
                        } else if !text("批准日期").is_empty() {
                            let cancelled = dice.after(day(&text("批准日期")), 500).to_string();
                            set(row, &model, "取消日期", cancelled);
                        }
                    }
                    "organisations" => {
                        let registered = day(&text("登记日期"));
                        let cancelled = dice.after(registered, 2000).to_string();
                        set(row, &model, "注销日期", cancelled);
                    }
                    "annual-inspections" if !text("结论").is_empty() => {
                        set(row, &model, "结论", dice.pick(&["合格", "基本合格", "不合格"]).to_string());
                    }
                    "charters" => {
                        let ended = dice.after(day(&text("生效日期")), 400).to_string();
                        set(row, &model, "失效日期", ended);
                    }
                    "divisions" if text("级别") == "VILLAGE" && dice.one_in(3) => {
                        set(row, &model, "停用日期", dice.maybe(day("2023-06-30"), 2));
                    }
                    _ => {}
                }
            }
        }
        sheets
    }
}

fn payments(dice: &mut Dice, covered: &[(String, &str, Vec<String>, String)]) -> Table {
    let mut table = Table::new(
        "payments",
        "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,原发放编号",
    );
    let mut paid: BTreeSet<(String, String, String)> = BTreeSet::new();
    for n in 0..220 {
        let (basis, category, persons, place) = dice.pick(covered);
        let monthly = *category != "临时救助";
        let month = if monthly { format!("{}-{:02}", 2022 + dice.below(2), 1 + dice.below(12)) } else { String::new() };
        let mut state = if dice.one_in(6) { "退回" } else { "成功" };
        let mut nature = if monthly {
            *dice.pick(&[
                "正常",
                "正常",
                "正常",
                "补发",
                "照料护理",
                "分类施保",
                "价格临时补贴",
                "一次性补贴",
                "追缴",
                "误发",
            ])
        } else {
            *dice.pick(&["正常", "正常", "追缴"])
        };
        if nature == "正常" && monthly && state == "成功" {
            let programme = if ["低保", "特困"].contains(category) { "低保" } else { category };
            let keys: Vec<_> = persons.iter().map(|id| (id.clone(), programme.to_owned(), month.clone())).collect();
            if keys.iter().any(|key| paid.contains(key)) {
                if dice.one_in(2) { nature = "补发" } else { state = "退回" }
            } else {
                paid.extend(keys);
            }
        }
        let amount = format!("{}.{:02}", 1 + dice.below(900), dice.below(100));
        let on = dice.day().to_string();
        table.push(&[
            &format!("P{n:04}"),
            category,
            basis,
            &persons.join(";"),
            place,
            &month,
            &on,
            &amount,
            nature,
            state,
            "",
        ]);
    }
    table
}

fn centres(villages: &[String]) -> Table {
    let mut table = Table::new("centres", "机构编号,名称,类别,区划代码,床位数,状态");
    table.push(&["K1", "甲院", "养老机构", &villages[0], "80", "运营"]);
    table
}

fn projects(dice: &mut Dice, villages: &[String]) -> Table {
    let mut table = Table::new(
        "centre-projects",
        "项目编号,项目名称,设施类别,项目性质,区划代码,批准日期,开工日期,停工日期,复工日期,竣工验收日期,投入运营日期,取消日期",
    );
    for n in 0..24 {
        let mut on = dice.day() - Days::new(200);
        let mut cells = vec![
            format!("C{n}"),
            format!("中心{n}"),
            (*dice.pick(&["居家养老服务中心", "居家养老服务中心", "居家养老服务中心", "日间照料中心"])).to_owned(),
            (*dice.pick(&["新建", "新建", "新建", "改建", "扩建"])).to_owned(),
            dice.pick(villages).clone(),
        ];
        let reached = dice.below(7);
        for step in 0..6 {
            let missing = step > reached || dice.one_in(4);
            cells.push(if missing { String::new() } else { on.to_string() });
            // Two steps on one day happen.
            on = if dice.one_in(5) { on } else { dice.after(on, 150) };
        }
        let approved = cells[5].clone();
        let cancelled = !approved.is_empty() && dice.one_in(6);
        cells.push(if cancelled { dice.after(day(&approved), 500).to_string() } else { String::new() });
        table.rows.push(cells);
    }
    table
}

fn renovation(dice: &mut Dice, villages: &[String]) -> Table {
    let mut table =
        Table::new("renovation", "改造编号,批次年度,户编号,区划代码,纳入日期,开工日期,完工日期,验收日期,退出日期");
    for n in 0..30 {
        let admitted = dice.day();
        let year = if dice.one_in(5) { admitted.year() + 1 } else { admitted.year() };
        let accepted = dice.after(admitted, 200);
        let accepted = dice.maybe(accepted, 3);
        let withdrawn = if dice.one_in(5) { dice.after(admitted, 200).to_string() } else { String::new() };
        let household = dice.below(16);
        let place = villages[household % villages.len()].clone();
        table.push(&[
            &format!("N{n}"),
            &year.to_string(),
            &format!("H{household}"),
            &place,
            &admitted.to_string(),
            "",
            "",
            &accepted,
            &withdrawn,
        ]);
    }
    table
}

fn beds(dice: &mut Dice, villages: &[String], ids: &[String]) -> Table {
    let mut table = Table::new(
        "home-beds",
        "床位编号,老人证件号码,区划代码,机构编号,建床启动日期,验收日期,服务开始日期,终止日期,终止原因,作废",
    );
    let mut n = 0;
    for id in ids {
        // One elder may have two beds, one after the other.
        let mut on = dice.day() - Days::new(100);
        for _ in 0..dice.below(3) {
            let closed = dice.after(on, 250);
            let place = dice.pick(villages).clone();
            table.push(&[
                &format!("B{n}"),
                id,
                &place,
                "K1",
                &on.to_string(),
                "",
                "",
                &closed.to_string(),
                "其他",
                if dice.one_in(8) { "是" } else { "否" },
            ]);
            n += 1;
            on = dice.after(closed, 60);
        }
    }
    table
}

fn organisations(dice: &mut Dice, villages: &[String]) -> Table {
    let mut table = Table::new("organisations", "统一社会信用代码,名称,类别,区划代码,登记日期,注销日期");
    for n in 0..24 {
        let registered = if dice.one_in(2) { dice.day() } else { day("2015-05-06") };
        let cancelled = if dice.one_in(4) { dice.after(registered, 900).to_string() } else { String::new() };
        let place = dice.pick(villages).clone();
        table.push(&[&uscc(n), &format!("组织{n}"), "民办非企业单位", &place, &registered.to_string(), &cancelled]);
    }
    table
}

fn inspections(dice: &mut Dice) -> Table {
    let mut table = Table::new("annual-inspections", "统一社会信用代码,检查年度,受理日期,结论,结论日期");
    for n in 0..24 {
        for year in [2021, 2022] {
            if dice.one_in(5) {
                continue;
            }
            let base = day(&format!("{}-01-01", year + 1));
            let accepted = if dice.one_in(6) { base - Days::new(1) } else { dice.after(base, 200) };
            let concluded = dice.after(accepted, 120).to_string();
            let (conclusion, on) = if dice.one_in(5) {
                ("", "")
            } else {
                (*dice.pick(&["合格", "合格", "基本合格", "不合格"]), concluded.as_str())
            };
            let accepted = if on.is_empty() { dice.maybe(accepted, 6) } else { accepted.to_string() };
            table.push(&[&uscc(n), &year.to_string(), &accepted, conclusion, on]);
        }
    }
    table
}

fn charters(dice: &mut Dice) -> Table {
    let mut table = Table::new("charters", "区划代码,种类,名称,生效日期,失效日期,含移风易俗条款");
    let codes: Vec<String> = TOWNS
        .iter()
        .flat_map(|t| ["001", "002", "201", "003", "202", "498", "004"].map(|v| format!("{t}{v}")))
        .collect();
    for code in codes {
        let mut begun = BTreeSet::new();
        for _ in 0..dice.below(4) {
            let on = dice.day();
            if !begun.insert(on) {
                continue;
            }
            let ended = if dice.one_in(4) { dice.after(on, 400).to_string() } else { String::new() };
            let kind = *dice.pick(&["村规民约", "居民公约"]);
            table.push(&[&code, kind, "公约", &on.to_string(), &ended, "是"]);
        }
    }
    table
}

fn ceremonies(dice: &mut Dice, villages: &[String]) -> Table {
    let mut table = Table::new(
        "ceremonies",
        "事项编号,种类,区划代码,申报日期,劝导日期,举办日期,结果,决定日期,计划费用,实际费用,有凭据",
    );
    for n in 0..60 {
        let held = dice.day();
        let around = |dice: &mut Dice| held - Days::new(5) + dice.days(8);
        let guided = if dice.one_in(4) { held } else { around(dice) };
        let decided = if dice.one_in(3) { guided } else { around(dice) };
        let planned = format!("{}.00", dice.below(20_000));
        let actual = if dice.one_in(4) { String::new() } else { format!("{}.50", dice.below(20_000)) };
        let kind = *dice.pick(&["婚", "丧", "寿宴", "满月"]);
        let place = dice.pick(villages).clone();
        let outcome = *dice.pick(&["简办", "新办", "停办", "停办", "未劝导成功"]);
        let (guided, decided) = (dice.maybe(guided, 8), dice.maybe(decided, 8));
        table.push(&[
            &format!("E{n}"),
            kind,
            &place,
            "",
            &guided,
            &held.to_string(),
            outcome,
            &decided,
            &planned,
            &actual,
            if dice.one_in(5) { "否" } else { "是" },
        ]);
    }
    table
}

/// Communities and villages that are valid on a day, by code.
pub(super) fn valid_villages<'a>(sheets: &'a Sheets, place: &str, on: NaiveDate) -> Vec<&'a str> {
    let by = |date: Option<NaiveDate>| date.is_some_and(|date| date <= on);
    let villages = sheets.of("divisions").records().filter(|row| row.text("级别") == "VILLAGE" && row.within(place));
    let valid = villages.filter(|village| {
        let (code, kind) = (village.text("区划代码"), village.text("类型"));
        let real = ["居委会", "村委会"].contains(&kind) || (kind.is_empty() && &code[9..] < "400");
        real && village.date("启用日期").is_none_or(|from| from <= on) && !by(village.date("停用日期"))
    });
    valid.map(|village| village.text("区划代码")).collect()
}

/// What every F is, counted from the cells of the sheets: a place by the digits of its code, a time from a day until
/// another that is no longer in it.
pub(super) fn recount(
    sheets: &Sheets,
    place: &str,
    from: NaiveDate,
    until: NaiveDate,
) -> BTreeMap<&'static str, String> {
    let last = until.pred_opt().expect("a day");
    let within = |date: Option<NaiveDate>| date.is_some_and(|date| from <= date && date < until);
    let by_last = |date: Option<NaiveDate>| date.is_some_and(|date| date <= last);
    let mut told = BTreeMap::new();
    let mut tell = |code, value: i64| drop(told.insert(code, value.to_string()));
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);

    // Person-times: each key on the earliest day on which it was paid anywhere.
    let mut first: BTreeMap<(String, String, String), (NaiveDate, String)> = BTreeMap::new();
    let (mut f2, mut f8) = (0, 0);
    for row in sheets.of("payments").records().filter(|row| row.text("状态") == "成功") {
        let (category, nature, on) = (row.text("类别"), row.text("款项性质"), row.date("发放日期").expect("paid"));
        let assistance = ["低保", "单人保", "特困", "临时救助"].contains(&category);
        if nature != "追缴" && row.within(place) && within(Some(on)) {
            f2 += if assistance { row.fen("金额") } else { 0 };
            let welfare = ["孤儿", "事实无人抚养儿童", "高龄津贴", "养老服务补贴", "护理补贴"].contains(&category);
            f8 += if welfare { row.fen("金额") } else { 0 };
        }
        if assistance && ["正常", "补发", "照料护理", "分类施保"].contains(&nature) {
            let unit = if category == "临时救助" { row.text("依据编号") } else { row.text("所属月份") };
            for person in row.text("受益人证件号码").split(';') {
                let key = (person.to_owned(), category.to_owned(), unit.to_owned());
                let here = (on, row.text("区划代码").to_owned());
                first
                    .entry(key)
                    .and_modify(|known| {
                        if here.0 < known.0 {
                            known.clone_from(&here);
                        }
                    })
                    .or_insert(here);
            }
        }
    }
    let counted: Vec<_> = first.iter().filter(|(_, (on, at))| within(Some(*on)) && at.starts_with(place)).collect();
    let persons: BTreeSet<&String> = counted.iter().map(|((person, ..), _)| person).collect();
    tell("F1", few(counted.len()));
    tell("F1.PERSONS", few(persons.len()));

    let (mut done, mut building, mut stopped) = (0, 0, 0);
    for row in sheets.of("centre-projects").records().filter(|row| row.within(place)) {
        if row.text("设施类别") != "居家养老服务中心" || row.text("项目性质") != "新建" {
            continue;
        }
        done += i64::from(within(row.date("竣工验收日期")));
        let steps = ["批准日期", "开工日期", "停工日期", "复工日期", "竣工验收日期", "投入运营日期", "取消日期"];
        // Of two steps on one day the later one holds.
        let state = steps
            .iter()
            .enumerate()
            .filter_map(|(n, name)| row.date(name).filter(|on| *on <= last).map(|on| (on, n)))
            .max();
        match state.map(|(_, n)| steps[n]) {
            Some("开工日期" | "复工日期") => building += 1,
            Some("停工日期") => stopped += 1,
            _ => {}
        }
    }
    tell("F3", done);
    tell("F4", building);
    tell("F4.SUSPENDED", stopped);

    let (mut admitted, mut accepted) = (BTreeSet::new(), BTreeSet::new());
    for row in sheets.of("renovation").records().filter(|row| row.within(place)) {
        let of_year = row.text("批次年度") == last.year().to_string();
        if of_year && by_last(row.date("纳入日期")) && !by_last(row.date("退出日期")) {
            admitted.insert(row.text("户编号"));
            if by_last(row.date("验收日期")) {
                accepted.insert(row.text("户编号"));
            }
        }
    }
    tell("F5", few(admitted.len()));
    tell("F6", few(accepted.len()));

    let beds = sheets.of("home-beds").records().filter(|row| row.within(place) && row.text("作废") == "否");
    let elders: BTreeSet<&str> =
        beds.filter(|row| within(row.date("建床启动日期"))).map(|row| row.text("老人证件号码")).collect();
    tell("F7", few(elders.len()));

    let year = last.year();
    let new_year = day(&format!("{year}-01-01"));
    let half = day(&format!("{}-06-30", year - 1));
    let (mut due, mut exempt) = (BTreeMap::new(), 0);
    for row in sheets.of("organisations").records() {
        let registered = row.date("登记日期").expect("registered");
        let there = row.date("注销日期").is_none_or(|on| on >= new_year);
        if registered <= half && there {
            due.insert(row.text("统一社会信用代码"), row.text("区划代码"));
        } else if registered < new_year && there && row.within(place) {
            exempt += 1;
        }
    }
    tell("F9.DUE", few(due.values().filter(|at| at.starts_with(place)).count()));
    tell("F9.EXEMPT", exempt);
    let mut of = BTreeMap::from([("F9", 0), ("F9.PENDING", 0), ("F9.UNQUALIFIED", 0), ("F10", 0), ("F11", 0)]);
    for row in sheets.of("annual-inspections").records() {
        let here = due.get(row.text("统一社会信用代码")).is_some_and(|at| at.starts_with(place));
        let on = row.date("受理日期").filter(|on| *on >= new_year && *on <= last);
        if !here || on.is_none() || row.text("检查年度") != (year - 1).to_string() {
            continue;
        }
        let code = match (by_last(row.date("结论日期")), row.text("结论")) {
            (false, _) => "F9.PENDING",
            (true, "合格") => "F10",
            (true, "基本合格") => "F11",
            (true, _) => "F9.UNQUALIFIED",
        };
        for code in ["F9", code] {
            *of.get_mut(code).expect("listed") += 1;
        }
    }
    for (code, value) in of {
        tell(code, value);
    }

    let active = valid_villages(sheets, place, last);
    let mut covered = 0;
    for code in &active {
        let own = sheets.of("charters").records().filter(|row| row.text("区划代码") == *code);
        let latest = own.filter(|row| by_last(row.date("生效日期"))).max_by_key(|row| row.date("生效日期"));
        covered += i64::from(latest.is_some_and(|row| !by_last(row.date("失效日期"))));
    }
    tell("F12", covered);

    let (mut simplified, mut dissuaded, mut saved) = (0, 0, 0);
    for row in sheets.of("ceremonies").records().filter(|row| row.within(place)) {
        let (guided, held, decided) = (row.date("劝导日期"), row.date("举办日期"), row.date("决定日期"));
        let Some(guided) = guided else { continue };
        let plan = row.fen("计划费用");
        let less = || (!row.text("实际费用").is_empty()).then(|| (plan - row.fen("实际费用")).max(0));
        let proved = row.text("有凭据") == "是";
        let kind = ["婚", "丧"].contains(&row.text("种类"));
        if ["简办", "新办"].contains(&row.text("结果")) && kind && held.is_some_and(|on| guided < on) && within(held)
        {
            simplified += 1;
            saved += if proved { less().unwrap_or(0) } else { 0 };
        }
        if row.text("结果") == "停办" && decided.is_some_and(|on| guided <= on) && within(decided) {
            dissuaded += 1;
            saved += if proved { less().unwrap_or(plan) } else { 0 };
        }
    }
    tell("F13", simplified);
    tell("F14", dissuaded);
    told.insert("F2 amount", yuan(f2));
    told.insert("F8 amount", yuan(f8));
    told.insert("F15 amount", yuan(saved));
    told.insert(
        "D106.CHARTER",
        if active.is_empty() { "null".to_owned() } else { percent(covered, few(active.len())) },
    );
    let (five, six) = (few(admitted.len()), few(accepted.len()));
    told.insert("D105", if five == 0 { "null".to_owned() } else { percent(six, five) });
    told
}

fn few(count: usize) -> i64 {
    count.try_into().expect("few")
}

fn percent(over: i64, under: i64) -> String {
    let hundredths = (over * 10_000 * 2 + under) / (under * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

const FIGURES: &str = "query F($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) { \
    figures(division: $division, period: $period, codes: $codes) { figures { code value amount } } }";

fn compare(world: &mut World, sheets: &Sheets, seed: u64, when: &str) {
    let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430199"]);
    let times = [
        (json!({ "year": 2023, "half": "H1" }), "2023-01-01", "2023-07-01"),
        (json!({ "year": 2022, "half": "H2" }), "2022-07-01", "2023-01-01"),
        (json!({ "year": 2023, "month": 6 }), "2023-06-01", "2023-07-01"),
        (json!({ "year": 2023, "quarter": 1 }), "2023-01-01", "2023-04-01"),
        (json!({ "year": 2023 }), "2023-01-01", "2024-01-01"),
        // A ragged range is counted from the rows.
        (json!({ "from": "2023-01-15", "to": "2023-06-29" }), "2023-01-15", "2023-06-30"),
    ];
    let places: Vec<String> =
        ["430199"].into_iter().chain(TOWNS).map(str::to_owned).chain(villages().into_iter().take(4)).collect();
    for place in &places {
        for (period, from, until) in &times {
            let expected = recount(sheets, place, day(from), day(until));
            let codes: Vec<&str> = expected.keys().map(|code| code.split(' ').next().expect("a code")).collect();
            let told = world.data_as(&token, FIGURES, json!({ "division": place, "period": period, "codes": codes }));
            let figures = told["figures"]["figures"].as_array().expect("figures");
            for ((code, value), figure) in expected.iter().zip(figures) {
                let field = if code.ends_with(" amount") { "amount" } else { "value" };
                let is = if figure[field].is_null() { "null" } else { figure[field].as_str().expect("text") };
                assert_eq!(is, value, "seed {seed}, {when}: {code} of {place} in {period}");
            }
        }
    }
    world.stop();
}

/// Codes that count persons, households or person-times, with the money beside them.
pub(super) const SENSITIVE: [&str; 18] = [
    "F1",
    "F1.PERSONS",
    "F2",
    "F5",
    "F6",
    "F7",
    "F8",
    "F8.PERSONS",
    "D05",
    "D05.URGENT",
    "D05.EXPENDITURE",
    "D07",
    "D07.DIBAO",
    "D07.TEKUN",
    "D18.ENTRANTS",
    "D28",
    "D29",
    "D105",
];

/// Codes that stand at the end of a time: a whole is not the sum of its parts.
const STANDING: [&str; 7] = ["F5", "F6", "D07", "D07.DIBAO", "D07.TEKUN", "D28", "D105"];

/// The screen is told no count of 1–4, and of no sum a single term only is kept from it.
fn the_screen_learns_no_small_number(world: &mut World, seed: u64) {
    let token = world.token(&["--role", "SCREEN", "--scope", "430199"]);
    let query = "query F($division: DivisionCode!, $period: PeriodInput!, $codes: [String!]) { \
        figures(division: $division, period: $period, codes: $codes) { figures { code value suppressed yearOnYear } } }";
    let mut hidden: BTreeMap<(&str, &str, String), bool> = BTreeMap::new();
    let parts = |whole: &str| -> Vec<String> {
        let of = |from: u32, to: u32, mark: &str| (from..=to).map(|n| format!("{mark}{n}")).collect();
        match whole {
            "Y" => of(1, 2, "H"),
            "H1" => of(1, 2, "Q"),
            "H2" => of(3, 4, "Q"),
            quarter => {
                let n: u32 = quarter[1..].parse().expect("a quarter");
                of(3 * n - 2, 3 * n, "M")
            }
        }
    };
    let mut times = vec![("Y".to_owned(), json!({ "year": 2023 }))];
    times.extend((1..=2).map(|n| (format!("H{n}"), json!({ "year": 2023, "half": format!("H{n}") }))));
    times.extend((1..=4).map(|n| (format!("Q{n}"), json!({ "year": 2023, "quarter": n }))));
    times.extend((1..=12).map(|n| (format!("M{n}"), json!({ "year": 2023, "month": n }))));
    let places: Vec<&str> = ["430199"].into_iter().chain(TOWNS).collect();
    for place in &places {
        for (name, period) in &times {
            let told = world.data_as(&token, query, json!({ "division": place, "period": period, "codes": SENSITIVE }));
            for (code, figure) in SENSITIVE.iter().zip(told["figures"]["figures"].as_array().expect("figures")) {
                let suppressed = figure["suppressed"] == true;
                hidden.insert((code, place, name.clone()), suppressed);
                assert!(!suppressed || (figure["value"].is_null() && figure["yearOnYear"].is_null()), "{figure}");
                let small = ["1", "2", "3", "4"].contains(&figure["value"].as_str().unwrap_or(""));
                assert!(!small, "seed {seed}: {figure} of {place} in {name}");
            }
        }
    }
    let is = |code: &'static str, place, time: &String| hidden[&(code, place, time.clone())];
    let mut some = 0;
    for (time, _) in &times {
        for code in SENSITIVE.into_iter().filter(|code| *code != "D105") {
            let of = places.iter().filter(|place| is(code, place, time)).count();
            assert_ne!(of, 1, "seed {seed}: one hidden {code} of the places in {time}");
            some += of;
        }
        for place in &places {
            assert_eq!(
                is("D105", place, time),
                is("F5", place, time) || is("F6", place, time),
                "seed {seed}: {place} {time}"
            );
            assert!(!is("F1", place, time) || is("F2", place, time), "seed {seed}: money of few in {place} {time}");
            assert!(
                !is("F8.PERSONS", place, time) || is("F8", place, time),
                "seed {seed}: money of few in {place} {time}"
            );
        }
    }
    for code in SENSITIVE.into_iter().filter(|code| !STANDING.contains(code)) {
        for whole in ["Y", "H1", "H2", "Q1", "Q2", "Q3", "Q4"] {
            for place in &places {
                let terms = [whole.to_owned()].into_iter().chain(parts(whole));
                let of = terms.filter(|time| is(code, place, time)).count();
                assert_ne!(of, 1, "seed {seed}: one hidden {code} of {place} among the times of {whole}");
            }
        }
    }
    assert!(some > 0, "seed {seed}: nothing was small");
    world.stop();
}

pub(super) fn import(world: &World, table: &Table, seed: u64) -> i64 {
    let file = world.file(&format!("{}.csv", table.kind), &table.csv());
    let output = world.run(&["import", table.kind, &file, "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["refused"], 0, "seed {seed}, {}: {told}", table.kind);
    told["id"].as_i64().expect("an id")
}

fn live(on: On, seed: u64) {
    let mut world = World::new(on);
    world.set("MINZHENG_TODAY", "2024-06-30");
    let mut dice = Dice::new(seed);
    let sheets = Sheets::draw(&mut dice);
    for table in &sheets.0 {
        import(&world, table, seed);
    }
    compare(&mut world, &sheets, seed, "as loaded");
    the_screen_learns_no_small_number(&mut world, seed);

    let corrected = sheets.corrected(&mut dice);
    let sent = sheets.0.iter().zip(&corrected.0).map(|(before, now)| over(before, now));
    let ids: Vec<i64> = sent.map(|table| import(&world, &table, seed)).collect();
    compare(&mut world, &corrected, seed, "corrected");
    world.succeed(&["figures", "verify"]);

    for id in ids.iter().rev() {
        world.succeed(&["import", "--undo", &id.to_string()]);
    }
    compare(&mut world, &sheets, seed, "corrections undone");
    world.succeed(&["figures", "verify"]);
    world.succeed(&["audit", "verify", "--records"]);
}

#[test]
fn sqlite_seeds_give_what_a_recount_gives() {
    for seed in [1, 2, 3] {
        live(On::Sqlite, seed);
    }
}

#[test]
fn postgres_a_seed_gives_what_a_recount_gives() {
    live(On::Postgres, 4);
}
