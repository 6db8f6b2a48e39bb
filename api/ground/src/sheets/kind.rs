//! 表的种类 · what a kind of sheet says of itself, and what becomes of its rows.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_sheet::{Fields, Layout, RawRow, RowError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::pages::Exported;
use super::row::SheetRow;
use super::survey::{Standing, with_another};

/// A row that could be read, with its number in the sheet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Numbered<R> {
    /// Row number as the clerk sees it.
    pub number: u64,
    /// What it says.
    pub row: R,
}

/// Why a row that could be read is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRefusal {
    /// Row number as the clerk sees it.
    pub number: u64,
    /// Header of the cell.
    pub column: String,
    /// What the cell says.
    pub value: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// What became of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// New rows.
    pub created: u64,
    /// Corrected rows.
    pub changed: u64,
    /// Rows that say what was known.
    pub unchanged: u64,
    /// Rows that are not taken.
    pub refused: Vec<RowRefusal>,
    /// Numbers of the rows that made or changed something.
    pub touched: BTreeSet<u64>,
    /// What else there is to say, in both languages and without anybody's data in full.
    pub notes: Vec<String>,
    /// Headers under which rows are empty where something stood, which stays: numbers of the rows.
    #[serde(default)]
    pub kept: BTreeMap<String, BTreeSet<u64>>,
    /// What is odd of rows that are taken: codes, and numbers of the rows.
    #[serde(default)]
    pub odd: BTreeMap<String, BTreeSet<u64>>,
}

impl Taken {
    /// Names a row that is not taken.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    pub fn refuse(
        &mut self,
        number: u64,
        column: &str,
        value: impl std::fmt::Display,
        code: &str,
        message: &str,
        remedy: &str,
    ) {
        self.refused.push(RowRefusal {
            number,
            column: column.to_owned(),
            value: format!("{value}"),
            code: code.to_owned(),
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Names a row whose cell points at something that is not there.
    #[allow(clippy::needless_pass_by_value)]
    pub fn missing(&mut self, number: u64, column: &str, value: impl std::fmt::Display, remedy: &str) {
        self.refuse(number, column, value, "NOT_FOUND", "找不到 · there is none", remedy);
    }

    /// Names a row whose place, or the place of what it is about, is not where the viewer may record.
    pub fn out_of_scope(&mut self, number: u64, column: &str, place: &str) {
        let text = "不在您的区划范围内 · outside your divisions";
        let remedy =
            "由该区划的账户导入，或核对区划代码 · let an account of that division import it, or check the code";
        self.refuse(number, column, place, "OUT_OF_SCOPE", text, remedy);
    }

    /// Names a row that would be about a record elsewhere: no more is told than that its number is not free.
    pub fn not_here(&mut self, number: u64) {
        let text = "这个编号不能在此使用 · this number cannot be used here";
        let remedy = "核对编号；本地的记录用本地的编号 · check the number; records of this place have their own";
        self.refuse(number, "", "", "NOT_FOUND", text, remedy);
    }

    /// Whether a row is named as not taken.
    pub fn refuses(&self, number: u64) -> bool {
        self.refused.iter().any(|refusal| refusal.number == number)
    }

    /// Adds what became of other rows.
    pub fn add(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.refused.extend(other.refused);
        self.touched.extend(other.touched);
        self.notes.extend(other.notes);
        for (header, rows) in other.kept {
            self.kept.entry(header).or_default().extend(rows);
        }
        for (code, rows) in other.odd {
            self.odd.entry(code).or_default().extend(rows);
        }
    }

    /// The rows that are not refused, nor belong to one that is; the latter are refused too.
    pub fn whole<K: Kind>(&mut self, rows: Vec<Numbered<K::Row>>) -> Vec<Numbered<K::Row>> {
        let bad: HashSet<u64> = self.refused.iter().map(|refusal| refusal.number).collect();
        if bad.is_empty() {
            return rows;
        }
        let mut good = Vec::with_capacity(rows.len());
        for group in rows.chunk_by(|a, b| K::together(&a.row, &b.row)) {
            match group.iter().find(|row| bad.contains(&row.number)) {
                Some(first) => {
                    let others = group.iter().filter(|row| !bad.contains(&row.number));
                    self.refused.extend(others.map(|row| RowRefusal::of(&with_another(row.number, first.number))));
                }
                None => good.extend_from_slice(group),
            }
        }
        good
    }
}

impl RowRefusal {
    /// From an error of the sheet.
    pub fn of(error: &RowError) -> Self {
        Self {
            number: error.row,
            column: error.column.clone().unwrap_or_default(),
            value: error.value.clone().unwrap_or_default(),
            code: error.code.clone(),
            message: error.message.clone(),
            remedy: error.remedy.clone(),
        }
    }

    /// As an error of the sheet.
    pub fn into_error(self) -> RowError {
        RowError {
            row: self.number,
            column: Some(self.column).filter(|column| !column.is_empty()),
            value: Some(self.value).filter(|value| !value.is_empty()),
            code: self.code,
            message: self.message,
            remedy: self.remedy,
        }
    }
}

/// One kind of sheet.
#[async_trait::async_trait]
pub trait Kind: Send + Sync + 'static {
    /// The name on the command line, `payments`.
    const NAME: &'static str;
    /// The command its rows run as, `recordPayment`.
    const COMMAND: &'static str;
    /// Headers of the cells by which a row is known: two rows of a sheet in which they are the same say the same, or are
    /// both refused.
    const KEY: &'static [&'static str];
    /// Whether names of town and village may stand for the code of a row's place, its first column of that sort.
    const NAMES: bool = true;
    /// Whether a row says something of others, so that the sheet is looked through before any row is taken.
    const SURVEYED: bool = false;
    /// Headers of what the clerk is given back beside accepted rows: numbers that were made, one-time passwords.
    const GIVES: &'static [&'static str] = &[];
    /// Whether that may be kept as a file beside the import.
    const KEEPS_GIVEN: bool = false;
    /// Whether its rows are written as a sheet too; what a sheet of several kinds makes is written as those.
    const EXPORTS: bool = true;
    /// What a row says.
    type Row: SheetRow + Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The headers, and cells that are filled in once for several rows.
    fn layout() -> Layout {
        Layout::new(Self::Row::columns())
    }
    /// The columns of the record that hold what stands under a header: of what a sheet has no column for, it says nothing.
    fn stored(header: &str) -> &'static [&'static str] {
        Self::Row::stored(header)
    }
    /// Looks at a row by itself: dates in order, numbers that can be. What is wrong is told through the fields.
    fn check(_row: &mut Self::Row, _today: NaiveDate, _fields: &mut Fields<'_>) {}
    /// The division that a row names as its place: only who may record there may say it.
    fn place(_row: &Self::Row) -> Option<&str> {
        None
    }
    /// Where a row says its place that lies in no village: left out, it is the district served.
    fn district(_row: &mut Self::Row) -> Option<&mut Option<String>> {
        None
    }
    /// Takes rows in. Rows that cannot be are named in the outcome and leave nothing behind.
    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<Self::Row>>) -> Result<Taken, Failure>;
    /// How a row stands to the others of its sheet, as it lies in the file.
    fn standing(_row: &RawRow) -> Standing {
        Standing::default()
    }
    /// Whether two rows, one below the other, are taken together or not at all.
    fn together(_one: &Self::Row, _next: &Self::Row) -> bool {
        false
    }
    /// The cells under [`Kind::GIVES`] of accepted rows, by row number; passwords are good for so many days. Asked only
    /// where there is an outcome sheet to write them into.
    async fn give_back(
        _kernel: &Kernel,
        _viewer: &Viewer,
        _rows: &[Numbered<Self::Row>],
        _days: i64,
    ) -> Result<GivenBack, Failure> {
        Ok(GivenBack::default())
    }
    /// A page of live rows after an id, as sheets say them, and where the next page begins. Rows with cells done by
    /// hand say how.
    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<Self::Row>, Fault> {
        Self::Row::export(kernel, viewer, after).await
    }
}

/// What is given back, by row number: the cells under [`Kind::GIVES`].
pub type GivenBack = BTreeMap<u64, Vec<String>>;

/// Takes the kinds of sheets of a room, one by one, each with its type.
pub trait EachKind {
    /// The next.
    fn kind<K: Kind>(&mut self);
}
