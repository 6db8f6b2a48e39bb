//! Rosters as they lie on the desk: a whole district's assistance roster with everything that goes wrong in one, what is
//! paid of it, names of towns and villages in place of codes, and notes of what was changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use minzheng_sheet::{CellKind, Column, Layout, ReadOptions, open};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};
use tests::{World, eventually, on_both};

use crate::files::{get, upload};

const DISTRICT: &str = "430104";
const ROWS: usize = 3_000;

fn import(world: &World, arguments: &[&str]) -> (Value, String) {
    let output = world.run(&[&["import", "--json"], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout);
    (serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}")), errors)
}

fn counts(outcome: &Value) -> Value {
    json!([outcome["state"], outcome["created"], outcome["changed"], outcome["unchanged"], outcome["refused"]])
}

/// The divisions of the district: (town, village, code).
fn villages() -> Vec<(String, String, String)> {
    let file = std::fs::read_to_string(tests::repository().join("tests/data/divisions-43.csv")).expect("divisions");
    let rows: Vec<Vec<&str>> =
        file.lines().filter(|line| line.starts_with(DISTRICT)).map(|line| line.split(',').collect()).collect();
    let town = |code: &str| rows.iter().find(|row| row[2] == "TOWN" && row[0][..9] == code[..9]).expect("a town")[1];
    let villages = rows.iter().filter(|row| row[2] == "VILLAGE");
    villages.map(|row| (town(row[0]).to_owned(), row[1].to_owned(), row[0].to_owned())).collect()
}

fn load_divisions(world: &mut World) {
    world.set("MINZHENG_DISTRICT", DISTRICT);
    let file = std::fs::read_to_string(tests::repository().join("tests/data/divisions-43.csv")).expect("divisions");
    let own = |line: &&str| line.starts_with("code") || line.starts_with(DISTRICT) || line.starts_with("4301000");
    let own: Vec<&str> = file.lines().filter(own).collect();
    let file = world.file("divisions.csv", &own.join("\n"));
    assert_eq!(import(world, &["divisions", &file]).0["refused"], 0);
}

/// A citizen's number of the district; each `n` below 4,000 has another.
fn number(n: usize) -> String {
    let (year, month, day) = (1940 + n * 37 % 80, 1 + n * 5 % 12, 1 + n * 11 % 28);
    let body = format!("{DISTRICT}{year}{month:02}{day:02}{:03}", n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11])
}

fn name(n: usize) -> String {
    const SURNAMES: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "黄", "周", "吴", "欧阳", "彭", "谭"];
    const GIVEN: [&str; 16] = [
        "伟", "芳", "秀英", "敏", "静", "强", "磊", "桂香", "建国", "玉兰", "小红", "志明", "冬梅", "国庆", "丽华",
        "平",
    ];
    format!("{}{}", SURNAMES[n % 12], GIVEN[n / 12 % 16])
}

#[derive(Clone)]
struct Member {
    name: String,
    number: String,
    relation: &'static str,
    covered: bool,
    disability: Option<(&'static str, u8)>,
    pupil: bool,
}

/// A household as it is in truth.
#[derive(Clone)]
struct Home {
    town: String,
    village: String,
    code: String,
    urban: bool,
    category: &'static str,
    support: &'static str,
    difference: usize,
    top_up: usize,
    from: (usize, usize),
    reviewed: (usize, usize),
    account: Option<String>,
    members: Vec<Member>,
}

impl Home {
    fn monthly(&self) -> usize {
        self.difference + self.top_up
    }

    fn months(&self) -> String {
        format!("{}-{:02}", self.from.0, self.from.1)
    }
}

/// Households with together so many members.
fn homes(rows: usize) -> Vec<Home> {
    let villages = villages();
    let (mut homes, mut person) = (Vec::new(), 0);
    while person < rows {
        let n = homes.len();
        let (town, village, code) = villages[n * 17 % villages.len()].clone();
        let category =
            ["低保", "低保", "特困", "低保", "低保边缘", "低保", "单人保", "刚性支出", "低保", "特困"][n % 10];
        let size = if category == "特困" { 1 } else { 1 + n * 7 % 5 }.min(rows - person);
        let members = (0..size).map(|at| {
            let k = person + at;
            Member {
                name: name(k),
                number: number(k),
                relation: ["本人", "配偶", "子", "女", "父母"][at],
                covered: category != "单人保" || at == size - 1,
                disability: (k % 9 == 0).then(|| (["肢体", "视力", "精神"][k % 3], u8::try_from(1 + k % 4).unwrap())),
                pupil: at >= 2 && k % 3 == 0,
            }
        });
        let members: Vec<Member> = members.collect();
        person += size;
        homes.push(Home {
            urban: !village.contains('村'),
            town,
            village,
            code,
            category,
            support: if category == "特困" { ["集中", "分散"][n / 10 % 2] } else { "" },
            difference: 200 + n * 13 % 400,
            top_up: n % 4 * 30,
            from: (2021 + n % 2, 1 + n * 5 % 12),
            reviewed: (1 + n % 5, 1 + n % 28),
            account: (n % 3 != 0).then(|| format!("62170029{:011}", 10_000 + n * 7)),
            members,
        });
    }
    homes
}

const HEADERS: [&str; 27] = [
    "镇街",
    "村居",
    "组",
    "户主姓名",
    "户主身份证号",
    "成员姓名",
    "成员身份证号",
    "与户主关系",
    "是否保障对象",
    "城乡",
    "救助类别",
    "保障方式",
    "残疾类别",
    "残疾等级",
    "残疾证号",
    "在校",
    "差额金额",
    "分类施保金额",
    "月保障金额",
    "起始月份",
    "最近核查日期",
    "户名",
    "开户行",
    "账号",
    "联系电话",
    "备注",
    "负责干部",
];

/// Columns of the household, filled in once.
const ONCE: [usize; 17] = [0, 1, 2, 3, 4, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23, 25];

/// Another way to write a place, where it stays clear which is meant.
fn loose(n: usize, home: &Home, homes: &[(String, String, String)]) -> (String, String) {
    let core = |name: &str| -> String {
        let ends = ["社区居委会", "村委会", "社区", "居委会"];
        ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    let short = core(&home.village);
    let alone = homes.iter().filter(|other| other.0 == home.town && core(&other.1).contains(&short)).count() == 1;
    let town =
        if n.is_multiple_of(3) { home.town.trim_end_matches("街道").trim_end_matches('镇') } else { &home.town };
    let village = if n.is_multiple_of(2) && alone && short.chars().count() > 1 { short } else { home.village.clone() };
    (town.to_owned(), village)
}

/// The rows of households as a clerk writes them, the household's cells in its first row only.
fn written(homes: &[Home]) -> Vec<Vec<String>> {
    let villages = villages();
    let mut rows = Vec::new();
    for (n, home) in homes.iter().enumerate() {
        let (town, village) = loose(n, home, &villages);
        let (year, month) = home.from;
        let from = match n % 4 {
            0 => format!("{year}-{month:02}"),
            1 => format!("{year}年{month}月"),
            2 => format!("{year}{month:02}"),
            _ => format!("{year}/{month:02}"),
        };
        let (month, day) = home.reviewed;
        let reviewed = match n % 5 {
            0 => format!("2023-{month:02}-{day:02}"),
            1 => format!("2023.{month}.{day}"),
            2 => format!("2023年{month}月{day}日"),
            3 => format!("2023{month:02}{day:02}"),
            _ => format!("2023/{month}/{day}"),
        };
        let head = &home.members[0];
        for (at, member) in home.members.iter().enumerate() {
            let mut row = vec![String::new(); HEADERS.len()];
            let first = at == 0;
            let once = |text: &str| if first { text.to_owned() } else { String::new() };
            row[0] = once(&town);
            row[1] = once(&village);
            row[2] = once(&format!("{}组", n % 9 + 1));
            row[3] = once(&head.name);
            row[4] = once(&head.number);
            row[5].clone_from(&member.name);
            // A clerk's hand: blanks, full-width digits, a small x.
            row[6] = match (n + at) % 7 {
                0 => format!(" {} ", member.number),
                1 => member.number.to_lowercase(),
                2 => member
                    .number
                    .chars()
                    .map(|c| c.to_digit(10).map_or(c, |d| char::from_u32(0xFF10 + d).unwrap()))
                    .collect(),
                _ => member.number.clone(),
            };
            if at == 0 && n % 2 == 0 { "户主" } else { member.relation }.clone_into(&mut row[7]);
            if member.covered { "是" } else { "否" }.clone_into(&mut row[8]);
            row[9] = once(if home.urban { "城市" } else { "农村" });
            row[10] = once(if home.category == "低保" && !home.urban { "农村低保" } else { home.category });
            row[11] = once(home.support);
            if let Some((kind, level)) = member.disability {
                row[12] = format!("{kind}残疾");
                ["一级", "二级", "三级", "四级"][usize::from(level) - 1].clone_into(&mut row[13]);
                row[14] = format!("{}{level}2", member.number);
            }
            if member.pupil { "是" } else { "" }.clone_into(&mut row[15]);
            row[16] = once(&format!("{}.00", home.difference));
            row[17] = once(&home.top_up.to_string());
            row[18] = once(&format!("{}元", home.monthly()));
            row[19] = once(&from);
            row[20] = once(&reviewed);
            if let Some(account) = &home.account {
                row[21] = once(&head.name);
                row[22] = once("长沙银行");
                row[23] = once(account);
            }
            row[24] = if at == 0 && n % 4 == 0 { format!("138{n:08}") } else { String::new() };
            "驻村干部".clone_into(&mut row[26]);
            rows.push(row);
        }
    }
    rows
}

/// The code that a row must be refused with, and how it is mended: a cell, or `None` if it is to go.
type Planted = (&'static str, Option<(usize, String)>);

/// What goes wrong in a sheet: rows that are added, cells that are not what they should be.
struct Spoilt {
    /// (index of the row, cells).
    rows: Vec<Vec<String>>,
    /// Row in the file → codes that it must be refused with, and how it is mended: a cell, or `None` if it is to go.
    planted: BTreeMap<u64, Planted>,
    /// Rows in the file that fall with their household.
    fallen: BTreeSet<u64>,
    /// Rows whose number is a number cell in a workbook.
    as_number: BTreeSet<usize>,
}

/// The first row of data in a file.
const FIRST: u64 = 4;

fn spoil(homes: &[Home], clean: &[Vec<String>]) -> Spoilt {
    let mut starts = Vec::new();
    let mut at = 0;
    for home in homes {
        starts.push(at);
        at += home.members.len();
    }
    let large = |skip: usize| (0..homes.len()).filter(|n| homes[*n].members.len() >= 3).nth(skip * 5).expect("enough");
    let mut before: BTreeMap<usize, (&'static str, usize, String)> = BTreeMap::new();
    let mut insert: Vec<(usize, Vec<String>, &'static str)> = Vec::new();
    for skip in 0..10 {
        let row = starts[large(skip)] + 2;
        let good = number_of(clean, row);
        let last = if good.ends_with('7') { '8' } else { '7' };
        before.insert(row, ("CHECK_DIGIT", 6, format!("{}{last}", &good[..17])));
    }
    for skip in 10..12 {
        before.insert(starts[large(skip)] + 1, ("ID_AS_NUMBER", 6, "4.30104E+17".to_owned()));
    }
    for skip in 12..14 {
        before.insert(starts[large(skip)], ("PLACE_UNKNOWN", 1, "望不见".to_owned()));
    }
    before.insert(starts[large(14)], ("NOT_IN_LIST", 10, "大病户".to_owned()));
    before.insert(starts[large(15)], ("MONTH_AMBIGUOUS", 19, "2022.1".to_owned()));
    before.insert(starts[large(16)], ("SUM", 18, "1.00".to_owned()));
    let mut twice = Vec::new();
    for skip in 17..20 {
        // The same person twice in a household, once covered and once not.
        let row = starts[large(skip)] + 1;
        let mut other = clean[row].clone();
        let not_covered = ["否", "×", "N", "无", ""].contains(&other[8].as_str());
        (if not_covered { "是" } else { "否" }).clone_into(&mut other[8]);
        insert.push((row + 1, other, "PERSON_TWICE"));
        twice.push(row);
    }
    for skip in 20..23 {
        // A person of another household.
        let (own, other) = (large(skip), large(skip + 10));
        let mut row = clean[starts[own] + 1].clone();
        "其他".clone_into(&mut row[7]);
        row[12].clear();
        row[13].clear();
        row[14].clear();
        insert.push((starts[other] + homes[other].members.len(), row, "PERSON_TWICE"));
        twice.push(starts[own] + 1);
    }
    insert.sort_by_key(|(at, ..)| *at);
    let (mut rows, mut planted) = (Vec::new(), BTreeMap::new());
    let (mut bad_homes, mut as_number) = (BTreeSet::new(), BTreeSet::new());
    let mut home_of = Vec::new();
    let mut home = 0;
    for (at, row) in clean.iter().enumerate() {
        for (_, extra, code) in insert.iter().filter(|(before, ..)| *before == at) {
            // It belongs to the household above.
            planted.insert(rows.len() as u64 + FIRST, (*code, None));
            rows.push(extra.clone());
            home_of.push(home);
            bad_homes.insert(home);
        }
        if home + 1 < starts.len() && at == starts[home + 1] {
            home += 1;
        }
        let mut row = row.clone();
        if let Some((code, column, wrong)) = before.get(&at) {
            planted.insert(
                rows.len() as u64 + FIRST,
                (*code, Some((*column, std::mem::replace(&mut row[*column], wrong.clone())))),
            );
            bad_homes.insert(home);
            if *code == "ID_AS_NUMBER" {
                as_number.insert(rows.len());
            }
        }
        if twice.contains(&at) {
            // The row that was there first is named too, and nothing is to be mended in it.
            let number = row[6].clone();
            planted.insert(rows.len() as u64 + FIRST, ("PERSON_TWICE", Some((6, number))));
            bad_homes.insert(home);
        }
        rows.push(row);
        home_of.push(home);
    }
    let fallen = home_of
        .iter()
        .enumerate()
        .filter(|(_, home)| bad_homes.contains(home))
        .map(|(at, _)| at as u64 + FIRST)
        .filter(|row| !planted.contains_key(row))
        .collect();
    Spoilt { rows, planted, fallen, as_number }
}

fn number_of(rows: &[Vec<String>], at: usize) -> String {
    let half = |c: char| {
        if ('\u{FF10}'..='\u{FF19}').contains(&c) { char::from_u32(u32::from(c) - 0xFEE0).unwrap() } else { c }
    };
    rows[at][6].trim().chars().map(half).collect::<String>().to_uppercase()
}

/// A workbook with a title, merged cells of households, dates as dates and lines below.
fn workbook(world: &World, file: &str, rows: &[Vec<String>], as_number: &BTreeSet<usize>) -> String {
    let mut book = Workbook::new();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let sheet = book.add_worksheet();
    let last = u16::try_from(HEADERS.len() - 1).unwrap();
    sheet.merge_range(0, 0, 0, last, "岳麓区2023年6月社会救助对象花名册", &bold).unwrap();
    sheet.write_string(1, 0, "填报单位：社会救助科").unwrap();
    for (at, header) in (0..).zip(HEADERS) {
        sheet.write_string(2, at, header).unwrap();
    }
    let plain = Format::new();
    for (at, cells) in rows.iter().enumerate() {
        let row = u32::try_from(at).unwrap() + 3;
        // How many rows below are of the same household.
        let below = u32::try_from(rows[at + 1..].iter().take_while(|next| next[4].is_empty()).count()).unwrap();
        for (column, text) in cells.iter().enumerate() {
            let place = u16::try_from(column).unwrap();
            if ONCE.contains(&column) && !cells[4].is_empty() && below > 0 && !text.is_empty() {
                sheet.merge_range(row, place, row + below, place, text, &plain).unwrap();
            } else if column == 6 && as_number.contains(&at) {
                sheet.write_number(row, place, 4.301_041_965_010_112e17).unwrap();
            } else if !text.is_empty() {
                sheet.write_string(row, place, text).unwrap();
            }
            let date = text.split('/').map(str::parse::<u16>).collect::<Result<Vec<_>, _>>();
            if let (20, Ok([year, month, date])) = (column, date.as_deref()) {
                let date = ExcelDateTime::from_ymd(*year, u8::try_from(*month).unwrap(), u8::try_from(*date).unwrap())
                    .unwrap();
                sheet.write_datetime_with_format(row, place, &date, &day).unwrap();
            }
        }
    }
    let end = u32::try_from(rows.len()).unwrap() + 3;
    sheet.write_string(end, 0, "合计").unwrap();
    sheet.write_number(end, 18, 1_234_567.0).unwrap();
    sheet.write_string(end + 1, 0, "制表人：张三　审核人：李四").unwrap();
    let path = world.folder().join(file);
    book.save(&path).unwrap();
    path.display().to_string()
}

/// The same as CSV in the encoding of older programs.
fn gb18030(world: &World, file: &str, rows: &[Vec<String>]) -> String {
    let mut text = format!("岳麓区社会救助对象花名册\r\n填报单位：社会救助科\r\n{}\r\n", HEADERS.join(","));
    for row in rows {
        let _ = write!(text, "{}\r\n", row.join(","));
    }
    text.push_str("合计,,,,\r\n制表人：张三\r\n");
    let path = world.folder().join(file);
    std::fs::write(&path, encoding_rs::GB18030.encode(&text).0).expect("written");
    path.display().to_string()
}

/// Rows and codes of what was told of rows.
fn told(errors: &str) -> BTreeSet<(u64, String)> {
    let row = |line: &str| -> Option<(u64, String)> {
        let (row, rest) = line.strip_prefix("第 ")?.split_once(" 行 ")?;
        let code = rest.split_once('[')?.1.split_once(']')?.0;
        Some((row.parse().ok()?, code.to_owned()))
    };
    errors.lines().filter_map(row).collect()
}

/// A written sheet without its header, by rows of cells.
fn table(world: &World, kind: &str) -> Vec<Vec<String>> {
    let file = world.folder().join(format!("out-{kind}.csv")).display().to_string();
    world.succeed(&["export", kind, &file]);
    let text = std::fs::read_to_string(file).expect("the sheet");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Everything in the records of households, recounted from what is exported, equals the truth.
fn recount(world: &World, homes: &[Home]) {
    let heads: HashMap<String, Vec<String>> =
        table(world, "households").into_iter().map(|row| (row[0].clone(), row)).collect();
    assert_eq!(heads.len(), homes.len());
    let mut members: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
    for row in table(world, "household-members") {
        members.entry(row[0].clone()).or_default().insert((row[1].clone(), row[2].clone()));
    }
    let mut gets: HashMap<String, Vec<Vec<String>>> = HashMap::new();
    for row in table(world, "recognitions") {
        gets.entry(row[1].clone()).or_default().push(row);
    }
    let names: HashMap<String, String> =
        table(world, "persons").into_iter().map(|row| (row[1].clone(), row[2].clone())).collect();
    let mut disabled: HashMap<String, String> = HashMap::new();
    let mut pupils = BTreeSet::new();
    for row in table(world, "person-conditions") {
        match row[1].as_str() {
            "残疾" => {
                disabled.insert(row[0].clone(), format!("{}{}", row[4], row[5]));
            }
            "在校" => {
                pupils.insert(row[0].clone());
            }
            other => panic!("{other}"),
        }
    }
    let accounts: HashMap<String, String> =
        table(world, "payment-accounts").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(names.len(), homes.iter().map(|home| home.members.len()).sum::<usize>());
    assert_eq!(accounts.len(), homes.iter().filter(|home| home.account.is_some()).count());
    let by_head: HashMap<&String, &String> = heads.iter().map(|(number, row)| (&row[1], number)).collect();
    for home in homes {
        let head = &home.members[0].number;
        let household = by_head[head];
        assert_eq!(heads[household][2], home.code, "{head}");
        let wanted: BTreeSet<(String, String)> =
            home.members.iter().map(|member| (member.number.clone(), member.relation.to_owned())).collect();
        assert_eq!(members[household], wanted, "{head}");
        let [version] = gets[household].as_slice() else { panic!("{head}: {:?}", gets[household]) };
        let covered: BTreeSet<&str> = version[4].split(';').collect();
        let wanted: BTreeSet<&str> =
            home.members.iter().filter(|member| member.covered).map(|member| member.number.as_str()).collect();
        assert_eq!(
            (version[2].as_str(), version[3].as_str(), covered),
            (home.category, home.support, wanted),
            "{head}"
        );
        assert_eq!((&version[5], &version[7]), (&home.months(), &format!("{}.00", home.monthly())), "{head}");
        assert_eq!(version[8], format!("2023-{:02}-{:02}", home.reviewed.0, home.reviewed.1), "{head}");
        assert_eq!(accounts.get(head), home.account.as_ref(), "{head}");
        for member in &home.members {
            assert_eq!(names[&member.number], member.name);
            let disability = member.disability.map(|(kind, level)| format!("{kind}{level}"));
            assert_eq!(disabled.get(&member.number), disability.as_ref(), "{}", member.number);
            assert_eq!(pupils.contains(&member.number), member.pupil, "{}", member.number);
        }
    }
}

/// D03 by sub-code, recounted from the truth.
fn d03(homes: &[Home]) -> BTreeMap<String, usize> {
    let mut sums = BTreeMap::new();
    for home in homes {
        let code = match (home.category, home.support, home.urban) {
            ("低保" | "单人保", _, true) => "DIBAO_URBAN",
            ("低保" | "单人保", _, false) => "DIBAO_RURAL",
            ("特困", "集中", _) => "TEKUN_INSTITUTION",
            ("特困", ..) => "TEKUN_SCATTERED",
            ("低保边缘", ..) => "EDGE",
            _ => "RIGID",
        };
        *sums.entry(format!("D03.{code}.HOUSEHOLDS")).or_default() += 1;
        *sums.entry(format!("D03.{code}.PERSONS")).or_default() +=
            home.members.iter().filter(|member| member.covered).count();
    }
    sums
}

fn verified(world: &World) {
    world.succeed(&["figures", "verify"]);
    world.succeed(&["audit", "verify", "--records"]);
}

on_both! {
    a_whole_districts_roster_is_rehearsed_mended_taken_in_and_taken_back(world) {
        load_divisions(world);
        // Three rows stand twice in their household, three persons in another's.
        let homes = homes(ROWS - 6);
        let clean = written(&homes);
        let spoilt = spoil(&homes, &clean);
        assert_eq!(spoilt.rows.len(), ROWS);
        let sheet = workbook(world, "花名册.xlsx", &spoilt.rows, &spoilt.as_number);

        // A rehearsal tells everything and changes nothing.
        let (rehearsed, errors) = import(world, &["assistance-roster", &sheet, "--dry-run"]);
        let refused = spoilt.planted.len() + spoilt.fallen.len();
        let accepted = ROWS - refused;
        assert_eq!(counts(&rehearsed), json!(["VALIDATED", accepted, 0, 0, refused]), "{errors}");
        let mut wanted: BTreeSet<(u64, String)> =
            spoilt.planted.iter().map(|(row, (code, _))| (*row, (*code).to_owned())).collect();
        wanted.extend(spoilt.fallen.iter().map(|row| (*row, "HOUSEHOLD".to_owned())));
        assert_eq!(told(&errors), wanted);
        // What was changed to read it is noted, in a bounded number of lines and without anybody's number.
        let notes = rehearsed["notes"].to_string();
        for sign in ["负责干部", "表题", "合计", "制表", "“成员证件号码”全角字符改成了半角", "“最近核查日期”统一了日期写法", "按镇街和村居名称找到区划代码"] {
            assert!(notes.contains(sign), "{sign}: {notes}");
        }
        assert!(rehearsed["notes"].as_array().unwrap().len() < 60 && !notes.contains(&homes[0].members[0].number));
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", DISTRICT]);
        let stock = "{ persons { totalCount } households { totalCount } recognitions { totalCount } }";
        let none = json!({ "persons": { "totalCount": 0 }, "households": { "totalCount": 0 }, "recognitions": { "totalCount": 0 } });
        assert_eq!(world.data_as(&token, stock, json!({})), none);

        // Valid households stand; the others come back whole, and mended are accepted whole.
        let mend = world.folder().join("待改.csv").display().to_string();
        let outcome = world.folder().join("结果.csv").display().to_string();
        let (first, _) = import(world, &["assistance-roster", &sheet, "--mend", &mend, "--outcome", &outcome]);
        assert_eq!(counts(&first), json!(["PARTLY_ACCEPTED", accepted, 0, 0, refused]));
        let mended = mended(world, &mend, &spoilt);
        let (second, errors) = import(world, &["assistance-roster", &mended]);
        assert_eq!(counts(&second), json!(["ACCEPTED", refused - 6, 0, 0, 0]), "{errors}");
        recount(world, &homes);
        let period = "figures(division: \"430104\", period: { year: 2023, half: H1 }, codes: $codes)";
        let query = format!("query($codes: [String!]) {{ {period} {{ figures {{ code value }} }} }}");
        let expected = d03(&homes);
        let codes: Vec<&String> = expected.keys().collect();
        let figures = world.data_as(&token, &query, json!({ "codes": codes }))["figures"]["figures"].clone();
        let figures: BTreeMap<String, usize> = figures.as_array().unwrap().iter()
            .map(|figure| (figure["code"].as_str().unwrap().to_owned(), figure["value"].as_str().unwrap().parse().unwrap())).collect();
        assert_eq!(figures, expected);
        verified(world);

        // The outcome sheet has the numbers, and says the same when it is sent again; so does the same roster from
        // another program.
        let text = std::fs::read_to_string(&outcome).expect("the outcome");
        assert!(text.lines().next().unwrap().ends_with("户编号,认定编号"), "{}", text.lines().next().unwrap());
        assert!(text.lines().skip(1).all(|line| line.contains(",H430104-") && line.contains(",R430104-")));
        assert_eq!(counts(&import(world, &["assistance-roster", &outcome]).0), json!(["ACCEPTED", 0, 0, accepted, 0]));
        let other = gb18030(world, "花名册.csv", &clean);
        let (again, errors) = import(world, &["assistance-roster", &other]);
        assert_eq!(counts(&again), json!(["ACCEPTED", 0, 0, ROWS - 6, 0]), "{errors}");
        verified(world);

        // Taken back, nothing is left.
        for id in [&second["id"], &first["id"]] {
            world.succeed(&["import", "--undo", &id.to_string()]);
        }
        assert_eq!(world.data_as(&token, stock, json!({})), none);
        verified(world);
    }

    a_corrected_roster_changes_what_differs_and_removes_nobody(world) {
        load_divisions(world);
        let mut homes = homes(60);
        let sheet = gb18030(world, "a.csv", &written(&homes));
        assert_eq!(import(world, &["assistance-roster", &sheet]).0["created"], 60);
        let large = homes.iter().position(|home| home.members.len() >= 3 && home.category == "低保").expect("one");
        let other = homes.iter().rposition(|home| home.members.len() >= 2 && home.category == "低保").expect("one");
        // Another amount; a name that was misspelt; a member who is left out; a child that was born; an adjustment.
        homes[large].difference += 100;
        "更正名".clone_into(&mut homes[large].members[1].name);
        let gone = homes[large].members.pop().expect("a member");
        let mut child = homes[large].members[1].clone();
        (child.name, child.number, child.relation) = ("新生儿".to_owned(), number(3_777), "女");
        homes[large].members.push(child);
        homes[other].from = (2023, 4);
        homes[other].top_up += 50;
        let (rows, adjusted) = (homes[large].members.len(), homes[other].members.len());
        let second = gb18030(world, "b.csv", &written(&homes));
        let (outcome, errors) = import(world, &["assistance-roster", &second]);
        // New: the child, and all rows of the adjusted household; changed: the first row for the amount, and the name.
        assert_eq!(counts(&outcome), json!(["ACCEPTED", 1 + adjusted, 2, 60 - 3 - adjusted, 0]), "{errors} {rows}");
        let masked = gone.name.chars().next().unwrap();
        assert!(outcome["notes"].to_string().contains(&format!("{masked}*")) && errors.contains("仍为家庭成员"), "{errors}");
        assert!(!errors.contains(&gone.name));
        let members = table(world, "household-members");
        assert!(members.iter().any(|row| row[1] == gone.number), "nobody is removed silently");
        let head = &homes[other].members[0].number;
        let households = table(world, "households");
        let household = &households.iter().find(|row| row[1] == *head).expect("the household")[0];
        let versions: Vec<Vec<String>> = table(world, "recognitions").into_iter().filter(|row| row[1] == *household).collect();
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[0][0], versions[1][0], "an adjustment goes on with the number");
        verified(world);
        world.succeed(&["import", "--undo", &outcome["id"].to_string()]);
        assert_eq!(counts(&import(world, &["assistance-roster", &sheet]).0), json!(["ACCEPTED", 0, 0, 60, 0]));
        verified(world);
    }

    a_household_of_which_one_row_cannot_be_is_not_taken_in_part(world) {
        load_divisions(world);
        let homes = homes(40);
        let sheet = gb18030(world, "a.csv", &written(&homes));
        import(world, &["assistance-roster", &sheet]);
        let families: Vec<&Home> = homes.iter().filter(|home| home.members.len() >= 3).collect();
        // A member of another household, who has not left it, in a sheet that has this household and a new one only.
        let mut family = families[0].clone();
        family.difference += 50;
        let mut guest = families[1].members[1].clone();
        guest.relation = "其他";
        family.members.push(guest);
        let mut new = families[0].clone();
        for (at, member) in (0..).zip(&mut new.members) {
            member.number = number(3_500 + at);
        }
        new.account = None;
        // A number that is known under another name.
        let mut wrong = new.clone();
        for (at, member) in (0..).zip(&mut wrong.members) {
            member.number = number(3_600 + at);
        }
        wrong.members[2].number.clone_from(&families[1].members[2].number);
        "另一人".clone_into(&mut wrong.members[2].name);
        let rows = written(&[family.clone(), new.clone(), wrong.clone()]);
        let (outcome, errors) = import(world, &["assistance-roster", &gb18030(world, "b.csv", &rows)]);
        let (refused, taken) = (family.members.len() + wrong.members.len(), new.members.len());
        assert_eq!(counts(&outcome), json!(["PARTLY_ACCEPTED", taken, 0, 0, refused]), "{errors}");
        let at = FIRST + family.members.len() as u64 - 1;
        let differs = FIRST + (family.members.len() + taken) as u64 + 2;
        let said = told(&errors);
        assert!(errors.contains(&format!("第 {at} 行 成员证件号码 [TWO_HOUSEHOLDS]")), "{errors}");
        assert!(errors.contains(&format!("第 {differs} 行 成员证件号码 [NAME_DIFFERS]")), "{errors}");
        assert_eq!(said.iter().filter(|(_, code)| code == "HOUSEHOLD").count(), refused - 2, "{errors}");
        // What is known of the refused households is as it was.
        world.succeed(&["import", "--undo", &outcome["id"].to_string()]);
        assert_eq!(counts(&import(world, &["assistance-roster", &sheet]).0), json!(["ACCEPTED", 0, 0, 40, 0]));
        verified(world);
    }

    what_a_month_paid_rests_on_what_is_in_force(world) {
        load_divisions(world);
        let homes = homes(60);
        let sheet = gb18030(world, "a.csv", &written(&homes));
        import(world, &["assistance-roster", &sheet]);
        let family = homes.iter().find(|home| home.category == "低保" && home.members.len() >= 3).expect("a family");
        let old = &homes.iter().find(|home| home.category == "特困").expect("somebody").members[0];
        let single = homes.iter().find(|home| home.category == "单人保" && home.members.len() >= 2).expect("one");
        let head = &family.members[0];
        let benefits = format!("待遇编号,类别,受益人证件号码,区划代码,生效月份,终止月份,月标准\nB1,高龄津贴,{},{},2022-01,,100\n", head.number, family.code);
        import(world, &["welfare-benefits", &world.file("w.csv", &benefits)]);
        let header = "类别,所属月份,发放日期,镇街,村居,姓名,证件号码,人数,金额,款项性质,户名,账号,状态\n";
        let line = |category: &str, home: &Home, person: &Member, count: usize, amount: &str, nature: &str| {
            format!("{category},2023年6月,2023.6.10,{},{},{},{},{count},{amount},{nature},,,\n", home.town, home.village, person.name, person.number)
        };
        let good = [
            line("低保", family, head, family.members.len(), "900", ""),
            line("单人保", single, &single.members[0], 1, "300", "正常"),
            line("高龄津贴", family, head, 1, "100", ""),
            line("低保", family, head, family.members.len(), "50", "补发"),
        ];
        let bad = [
            line("低保", family, &family.members[1], 1, "900", "价格临时补贴"),
            line("特困", family, old, 1, "800", "正常").replace(&old.name, "别人"),
            line("孤儿", family, head, 1, "800", "正常"),
        ];
        // What is the same as above is left out.
        let more = good[1..].concat().replace(",2023年6月,2023.6.10,", ",,,");
        let file = world.file(
            "g.csv",
            &format!("2023年6月发放花名册\n{header}{}{more}{}合计,,,,,,,,3000\n", good[0], bad.concat()),
        );
        let (rehearsed, errors) = import(world, &["grant-roster", &file, "--dry-run"]);
        assert_eq!(counts(&rehearsed), json!(["VALIDATED", 4, 0, 0, 3]), "{errors}");
        assert_eq!(told(&errors), BTreeSet::from([(7, "COUNT_DIFFERS".to_owned()), (8, "NAME_DIFFERS".to_owned()), (9, "NO_BASIS".to_owned())]));
        assert!(errors.contains("表中 1 人，R430104-") && errors.contains(&format!("保障 {} 人", family.members.len())), "{errors}");
        let outcome = world.folder().join("g-out.csv").display().to_string();
        let (taken, _) = import(world, &["grant-roster", &file, "--outcome", &outcome]);
        assert_eq!(counts(&taken), json!(["PARTLY_ACCEPTED", 4, 0, 0, 3]));
        // The lines are of the whole family, or of the one who is covered.
        let payments = table(world, "payments");
        let of = |category: &str, nature: &str| payments.iter().find(|row| row[1] == category && row[8] == nature).expect("a line");
        let covered: BTreeSet<&str> = family.members.iter().map(|member| member.number.as_str()).collect();
        assert_eq!(of("低保", "正常")[3].split(';').collect::<BTreeSet<_>>(), covered);
        assert_eq!(of("单人保", "正常")[3], single.members.iter().find(|member| member.covered).unwrap().number);
        assert_eq!((&of("高龄津贴", "正常")[2], &of("低保", "补发")[7]), (&"B1".to_owned(), &"50.00".to_owned()));
        // Given back with numbers; sent again it changes nothing; another amount corrects the line.
        let text = std::fs::read_to_string(&outcome).expect("the outcome");
        assert_eq!(text.matches("F430104-202306-").count(), 4, "{text}");
        assert_eq!(counts(&import(world, &["grant-roster", &outcome]).0), json!(["ACCEPTED", 0, 0, 4, 0]));
        let corrected = world.file("h.csv", &format!("{header}{}", good[0].replace(",900,", ",930,")));
        assert_eq!(counts(&import(world, &["grant-roster", &corrected]).0), json!(["ACCEPTED", 0, 1, 0, 0]));
        // The same payee, category, month and nature twice is told, not taken for a correction.
        let twice = world.file("t.csv", &format!("{header}{}{}", good[0], good[0].replace(",900,", ",1,")));
        let (told_twice, errors) = import(world, &["grant-roster", &twice]);
        assert_eq!((&told_twice["refused"], errors.matches("PERSON_TWICE").count()), (&json!(2), 2), "{errors}");
        verified(world);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", DISTRICT]);
        let query = "{ figures(division: \"430104\", period: { year: 2023, half: H1 }, codes: [\"F1\", \"F8\"]) { figures { code value } } }";
        let figures = world.data_as(&token, query, json!({}))["figures"]["figures"].clone();
        assert_eq!(figures[0]["value"], (family.members.len() + 1).to_string(), "{figures}");
    }

    rosters_go_over_the_api_and_come_back_with_numbers(world) {
        load_divisions(world);
        let token = world.token(&["--role", "DISTRICT_ADMIN", "--scope", DISTRICT]);
        let homes = homes(20);
        let mut rows = written(&homes);
        let bad = homes.iter().position(|home| home.members.len() > 1).expect("a family");
        let row: usize = homes[..bad].iter().map(|home| home.members.len()).sum();
        "123456789012345678".clone_into(&mut rows[row + 1][6]);
        let sheet = std::fs::read(gb18030(world, "a.csv", &rows)).expect("the sheet");
        let file = upload(world, &token, "花名册.csv", &sheet);
        let start = "mutation($file: ID!) { startImport(input: { kind: \"assistance-roster\", file: $file }) { job { id } userErrors { message } } }";
        let job = world.data_as(&token, start, json!({ "file": file }))["startImport"]["job"]["id"].clone();
        let query = "query($id: ID!) { job(id: $id) { finishedAt message import { state created refused notes
            errors { nodes { row code message } } mendSheet { name address } outcomeSheet { name address } } } }";
        let mut done = Value::Null;
        eventually("the job ends", || {
            done = world.ask_for(&token, "CORRECTION", query, json!({ "id": job }))["data"]["job"].clone();
            !done["finishedAt"].is_null()
        });
        let imported = done["import"].clone();
        let size = homes[bad].members.len();
        assert_eq!((&imported["state"], &imported["created"], &imported["refused"]),
            (&json!("PARTLY_ACCEPTED"), &json!((20 - size).to_string()), &json!(size.to_string())), "{done}");
        let (_, outcome) = get(world, imported["outcomeSheet"]["address"].as_str().expect("an outcome sheet"));
        let outcome = String::from_utf8(outcome).expect("text");
        assert_eq!(outcome.lines().filter(|line| line.contains("H430104-") && line.contains("R430104-")).count(), 20 - size);
        let (_, mend) = get(world, imported["mendSheet"]["address"].as_str().expect("a sheet to mend"));
        assert_eq!(String::from_utf8(mend).expect("text").matches("HOUSEHOLD").count(), size - 1);
        // Errors and notes in the reader's language.
        assert!(imported["errors"].to_string().contains("不是有效的居民身份证号码"), "{imported}");
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("accept-language", "en"), ("minzheng-purpose", "CORRECTION")];
        let english = world.ask_with(&headers, query, json!({ "id": job })).1["data"]["job"]["import"].clone();
        let said = english["errors"].to_string();
        assert!(said.contains("not a valid citizen's number") && !said.contains("不是有效的"), "{said}");
        assert!(english["notes"].to_string().contains("unknown headers, left out"), "{english}");
        // Without a purpose there is no sheet.
        assert_eq!(world.data_as(&token, query, json!({ "id": job }))["job"]["import"]["outcomeSheet"], Value::Null);
        // Another district's administrator takes nothing in here.
        let other = world.token(&["--role", "DISTRICT_ADMIN", "--scope", "430102"]);
        let file = upload(world, &other, "花名册.csv", &sheet);
        let job = world.data_as(&other, start, json!({ "file": file }))["startImport"]["job"]["id"].clone();
        eventually("the job ends", || {
            done = world.ask_for(&other, "CORRECTION", query, json!({ "id": job }))["data"]["job"].clone();
            !done["finishedAt"].is_null()
        });
        assert_eq!((&done["import"]["state"], &done["import"]["created"]), (&json!("REFUSED"), &json!("0")), "{done}");
        verified(world);
    }

    names_of_town_and_village_stand_for_the_code_in_every_kind(world) {
        load_divisions(world);
        let one = |world: &World, name: &str, kind: &str, content: &str| import(world, &[kind, &world.file(name, content)]);
        let (outcome, errors) = one(world, "p.csv", "persons", &format!("镇街,村居,身份证号,姓名\n岳麓,枇杷塘,{},甲\n莲花镇,,{},乙\n岳麓街道,没有的村,{},丙\n", number(1), number(2), number(3)));
        assert_eq!(counts(&outcome), json!(["PARTLY_ACCEPTED", 2, 0, 0, 1]), "{errors}");
        assert!(errors.contains("第 4 行 村居 [PLACE_UNKNOWN]") && errors.contains("枇杷塘社区居委会"), "{errors}");
        let lived: BTreeSet<String> = table(world, "persons").into_iter().map(|row| row[3].clone()).collect();
        assert_eq!(lived, BTreeSet::from(["430104002001".to_owned(), "430104102000".to_owned()]));
        let households = format!("户编号,户主身份证号,镇街,村居,区划代码,城乡\nX1,{0},岳麓,枇杷塘社区,,城市\nX2,{1},莲花,,430104002001,农村\n", number(1), number(2));
        let (outcome, errors) = one(world, "h.csv", "households", &households);
        assert_eq!(outcome["created"], 1, "{errors}");
        assert!(errors.contains("第 3 行 区划代码 [PLACE_DIFFERS]"), "{errors}");
        // In English, and with the district unset.
        let english = world.run(&["import", "households", &world.file("h.csv", &households), "--lang", "en"]);
        let said = String::from_utf8_lossy(&english.stderr).into_owned();
        assert!(said.contains("row 3 区划代码 [PLACE_DIFFERS] the names say 430104102000 check both"), "{said}");
        world.set("MINZHENG_DISTRICT", "");
        let unset = world.run(&["import", "households", &world.file("n.csv", "户编号,户主身份证号,镇街,城乡\n")]);
        assert_eq!(unset.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&unset.stderr).contains("MINZHENG_DISTRICT"), "{unset:?}");
        for kind in ["assistance-roster", "grant-roster"] {
            let template = world.succeed(&["import", "--template", kind]);
            assert!(template.contains("镇街,村居") && !template.contains("区划代码"), "{template}");
            assert!(world.succeed(&["import", "--list"]).lines().any(|line| line.split_whitespace().next() == Some(kind)));
            world.refused(2, &["export", kind, "x.csv"]);
        }
    }
}

/// The sheet to mend, mended: cells set right, rows that stand twice taken out.
fn mended(world: &World, path: &str, spoilt: &Spoilt) -> String {
    let file = std::fs::read_to_string(path).expect("a sheet");
    let headers: Vec<String> =
        file.trim_start_matches('\u{feff}').lines().next().expect("headers").split(',').map(str::to_owned).collect();
    // As it stands in the file: no cell is filled in from above.
    let layout = Layout::new(headers.iter().map(|header| Column::optional(header, CellKind::Text)).collect());
    let sheet = open(std::path::Path::new(path), "待改.csv", &layout, &ReadOptions::default()).expect("a sheet");
    let numbered = headers.iter().position(|header| header == "行号").expect("numbers");
    let mut text = headers.join(",") + "\n";
    let mut rows = 0;
    for row in sheet {
        let row = row.expect("a row");
        let mut cells: Vec<String> = row.cells.iter().map(ToString::to_string).collect();
        let number: u64 = cells[numbered].parse().expect("a number");
        rows += 1;
        match spoilt.planted.get(&number) {
            Some((_, None)) => continue,
            Some((_, Some((column, right)))) => {
                cells[*column].clone_from(right);
            }
            None => {}
        }
        let plain = |cell: &String| cell.lines().next().unwrap_or_default().replace(',', "，");
        text.push_str(&cells.iter().map(plain).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    assert_eq!(rows, spoilt.planted.len() + spoilt.fallen.len(), "households come back whole");
    world.file("mended.csv", &text)
}
