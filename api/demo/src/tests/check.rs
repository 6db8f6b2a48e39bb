//! A reader of its own for the sheets: knows the templates (`templates.txt`: `*` key, `?` may be empty, `=` closed
//! list) and nothing of how the sheets are made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use minzheng_rules::identifiers::{bank_card, citizen_id, phone, uscc};

pub const TODAY: &str = "2023-06-30";

/// Cells that speak of what is to come.
const AHEAD: &[&str] = &["失效日期", "整改期限", "签约有效期至", "证书有效期至", "届满日期", "应公开日期", "举办日期"];

/// One sheet.
pub struct Table {
    pub kind: String,
    columns: BTreeMap<String, usize>,
    rows: Vec<csv::StringRecord>,
}

/// One row of it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    pub fn get(&self, column: &str) -> &'a str {
        let index = self.table.columns.get(column).unwrap_or_else(|| panic!("{}: no {column}", self.table.kind));
        &self.record[*index]
    }

    pub fn given(&self, column: &str) -> Option<&'a str> {
        Some(self.get(column)).filter(|cell| !cell.is_empty())
    }

    pub fn date(&self, column: &str) -> Option<NaiveDate> {
        self.given(column).map(day)
    }

    pub fn must(&self, column: &str) -> NaiveDate {
        self.date(column).unwrap_or_else(|| panic!("{}: no {column} in {:?}", self.table.kind, self.record))
    }

    pub fn number(&self, column: &str) -> i64 {
        self.get(column).parse().unwrap_or_else(|_| panic!("{}: {column} in {:?}", self.table.kind, self.record))
    }

    pub fn fen(&self, column: &str) -> i64 {
        fen(self.get(column)).unwrap_or_else(|| panic!("{}: {column} in {:?}", self.table.kind, self.record))
    }

    pub fn list(&self, column: &str) -> Vec<&'a str> {
        self.get(column).split(';').collect()
    }

    pub fn says(&self) -> String {
        format!("{}: {:?}", self.table.kind, self.record)
    }
}

/// All sheets of a folder.
pub struct Sheets(BTreeMap<String, Table>);

pub fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap_or_else(|_| panic!("{text}"))
}

pub fn fen(text: &str) -> Option<i64> {
    let (yuan, rest) = text.split_once('.')?;
    (rest.len() == 2).then(|| yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest.parse().ok()?)).flatten()
}

/// Months as whole numbers.
pub fn month(text: &str) -> i64 {
    let (year, month) = text.split_once('-').unwrap_or_else(|| panic!("{text}"));
    let month: i64 = month.parse().expect("month");
    assert!((1..=12).contains(&month), "{text}");
    year.parse::<i64>().expect("year") * 12 + month - 1
}

pub fn first_of(month: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(i32::try_from(month / 12).unwrap(), u32::try_from(month % 12 + 1).unwrap(), 1).unwrap()
}

/// `2023-01~2023-03` as its months.
pub fn span(text: &str) -> Vec<i64> {
    let (from, to) = text.split_once('~').unwrap_or((text, text));
    (month(from)..=month(to)).collect()
}

impl Sheets {
    pub fn read(folder: &Path) -> Self {
        let mut tables = BTreeMap::new();
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let mut reader = csv::Reader::from_path(&path).expect("sheet");
            let columns =
                reader.headers().expect("headers").iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect();
            let rows = reader.records().collect::<Result<_, _>>().expect("rows");
            tables.insert(kind.clone(), Table { kind, columns, rows });
        }
        Self(tables)
    }

    pub fn rows(&self, kind: &str) -> impl Iterator<Item = Row<'_>> {
        let table = self.0.get(kind).unwrap_or_else(|| panic!("no {kind}"));
        table.rows.iter().map(move |record| Row { table, record })
    }

    /// Rows by one column that is unique.
    pub fn by(&self, kind: &str, column: &str) -> BTreeMap<&str, Row<'_>> {
        let mut map = BTreeMap::new();
        for row in self.rows(kind) {
            assert!(map.insert(row.get(column), row).is_none(), "{column} twice: {}", row.says());
        }
        map
    }

    pub fn kinds(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What the templates ask of every sheet: headers, cells that must be filled, closed lists, keys, values.
    pub fn obey_the_templates(&self) {
        let today = day(TODAY);
        let mut known = BTreeSet::new();
        for line in include_str!("templates.txt").lines() {
            let mut cells = line.split('\t');
            let kind = cells.next().expect("kind");
            known.insert(kind);
            let Some(table) = self.0.get(kind) else { continue };
            let mut keys: Vec<String> = Vec::new();
            let mut headers = Vec::new();
            for header in cells {
                let (name, list) = header.split_once('=').map_or((header, None), |(name, list)| (name, Some(list)));
                let plain = name.trim_end_matches(['*', '?']);
                headers.push(plain);
                if name.contains('*') {
                    keys.push(plain.to_owned());
                }
                for row in self.rows(kind) {
                    let cell = row.get(plain);
                    assert!(!cell.is_empty() || name.contains('?'), "{plain} is empty: {}", row.says());
                    assert!(cell.trim() == cell, "{}", row.says());
                    if let (Some(list), false) = (list, cell.is_empty()) {
                        assert!(list.split('/').any(|value| value == cell), "{plain}: {}", row.says());
                    }
                    if !cell.is_empty() {
                        value(plain, cell, today, row);
                    }
                }
            }
            assert_eq!(table.columns.len(), headers.len(), "{kind}");
            let mut seen = BTreeSet::new();
            for row in self.rows(kind) {
                let key: Vec<&str> = keys.iter().map(|column| row.get(column)).collect();
                assert!(seen.insert(key), "the key is there twice: {}", row.says());
            }
        }
        assert!(self.kinds().is_subset(&known), "{:?}", self.kinds());
    }

    /// Every number of a person, household, division … names one that is there.
    pub fn refer(&self, from: &str, column: &str, to: &str, target: &str) {
        let there: BTreeSet<&str> = self.rows(to).map(|row| row.get(target)).collect();
        for row in self.rows(from) {
            for cell in row.given(column).into_iter().flat_map(|cell| cell.split(';')) {
                assert!(there.contains(cell), "{column} names nothing in {to}: {}", row.says());
            }
        }
    }

    /// Dates given in a row stand in this order.
    pub fn ordered(&self, kind: &str, columns: &[&str]) {
        for row in self.rows(kind) {
            let dates: Vec<NaiveDate> = columns.iter().filter_map(|column| row.date(column)).collect();
            assert!(dates.is_sorted(), "{columns:?}: {}", row.says());
        }
    }

    /// What has an end has it after its beginning.
    pub fn ends_after(&self, kind: &str, from: &str, until: &str) {
        for row in self.rows(kind) {
            if let (Some(from), Some(until)) = (row.date(from), row.date(until)) {
                assert!(from < until, "{}", row.says());
            }
        }
    }
}

fn value(column: &str, cell: &str, today: NaiveDate, row: Row<'_>) {
    let plain_date = column.ends_with("日期") || matches!(column, "整改期限" | "签约有效期至" | "证书有效期至");
    if plain_date {
        let date = day(cell);
        assert!(date <= today || AHEAD.contains(&column), "{column} is to come: {}", row.says());
    }
    if column.ends_with("时间") {
        let at =
            chrono::NaiveDateTime::parse_from_str(cell, "%Y-%m-%d %H:%M").unwrap_or_else(|_| panic!("{}", row.says()));
        assert!(at.date() <= today, "{}", row.says());
    }
    if column.ends_with("金额") || column.ends_with("费用") || matches!(column, "月标准" | "月收费" | "押金")
    {
        assert!(fen(cell).is_some_and(|fen| fen >= 0), "{column}: {}", row.says());
    }
    if column.ends_with("证件号码") {
        for id in cell.split(';') {
            let id = citizen_id::parse(id, today).unwrap_or_else(|error| panic!("{error:?}: {}", row.says()));
            assert!(id.number.starts_with("430199"), "{}", row.says());
        }
    }
    if column == "联系电话" {
        assert!(phone::parse(cell).is_some() && cell.starts_with("154"), "{}", row.says());
    }
    if column == "统一社会信用代码" || column == "所属社会组织" {
        let code = uscc::parse(cell).unwrap_or_else(|error| panic!("{error:?}: {}", row.says()));
        assert!(code.inner_ok && cell[2..].starts_with("430199"), "{}", row.says());
    }
    if column == "账号" {
        assert!(bank_card::luhn(cell), "{}", row.says());
    }
    if matches!(column, "经度" | "纬度") {
        let (whole, rest) = cell.split_once('.').expect("degrees");
        let degrees: i64 = whole.parse().expect("degrees");
        assert!(
            rest.len() == 6 && (degrees == 28 || degrees == 27 || degrees == 112 || degrees == 113),
            "{}",
            row.says()
        );
    }
    if matches!(column, "生效月份" | "终止月份") {
        assert!(month(cell) <= month("2023-06"), "{}", row.says());
    }
}
