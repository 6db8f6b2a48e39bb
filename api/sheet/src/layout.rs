//! What the caller tells about a sheet: its columns, their other names, and which cells are filled down.

/// What a column holds. Reading does not depend on it (the caller picks the parser); widths, text formats and the
/// drop-down lists of written sheets do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CellKind {
    /// Any text.
    #[default]
    Text,
    /// A number that is a name: digits that must not be taken for a quantity.
    Id,
    /// The code of a division, or the names of town and village in columns of their own.
    Place,
    /// Several texts or ids in one cell.
    List,
    /// A civil date.
    Date,
    /// A month.
    Month,
    /// A month or a span of months.
    MonthRange,
    /// A date with a time.
    DateTime,
    /// Yuan with up to two decimals.
    Money,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// 是 or 否.
    YesNo,
    /// One of a closed list, as it is written in the cell.
    Choice(Vec<String>),
}

/// One column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The header that names it, in this program and in written sheets.
    pub header: String,
    /// Other headers that mean the same.
    pub synonyms: Vec<String>,
    /// Whether the header must be there.
    pub required: bool,
    /// What its cells hold.
    pub kind: CellKind,
}

impl Column {
    /// A column whose header must be there.
    pub fn required(header: impl Into<String>, kind: CellKind) -> Self {
        Self { header: header.into(), synonyms: Vec::new(), required: true, kind }
    }

    /// A column that may be missing.
    pub fn optional(header: impl Into<String>, kind: CellKind) -> Self {
        Self { required: false, ..Self::required(header, kind) }
    }

    /// The same column, also found under these headers.
    #[must_use]
    pub fn also(mut self, synonyms: &[&str]) -> Self {
        self.synonyms.extend(synonyms.iter().map(ToString::to_string));
        self
    }
}

/// Cells that clerks fill in once for several rows: an empty cell of `columns` takes the value above it as long as
/// the `group` cells are empty or unchanged. Rules are applied in order, so that a later one sees what an earlier
/// one has filled. In XLSX files the cells below the first of a merged block are filled too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillDown {
    /// Headers whose change begins a new group (the household's number); rows before the first group are left alone.
    pub group: Vec<String>,
    /// Headers whose empty cells are filled.
    pub columns: Vec<String>,
}

impl FillDown {
    /// A rule from header names.
    pub fn new(group: &[&str], columns: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self { group: owned(group), columns: owned(columns) }
    }
}

/// The whole sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The columns, in the order in which they are written.
    pub columns: Vec<Column>,
    /// Groups of headers of which at least one must be there.
    pub one_of: Vec<Vec<String>>,
    /// Headers that are left out without being reported as unknown.
    pub ignored: Vec<String>,
    /// Headers whose cells are mostly the same in all rows, so that they alone say nothing of anybody. Those of closed
    /// lists, of 是 and 否 and of numbering always are.
    pub defaults: Vec<String>,
    /// Cells filled in once for several rows.
    pub fill_down: Vec<FillDown>,
}

impl Layout {
    /// A layout of columns only.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// The headers in order.
    pub fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.header.as_str()).collect()
    }
}

/// How strictly and how far to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    /// Unknown headers are an error instead of being named and left out.
    pub strict: bool,
    /// Hidden rows and columns are read too.
    pub hidden: bool,
    /// The most data rows an XLSX file may have; CSV has no such limit.
    pub max_rows: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { strict: false, hidden: false, max_rows: 200_000 }
    }
}

/// The two file formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text with separators.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
}

impl Format {
    /// By the ending of a file name; anything but `.xlsx` and `.xlsm` is CSV.
    pub fn of_file_name(name: &str) -> Self {
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if ending == "xlsx" || ending == "xlsm" { Self::Xlsx } else { Self::Csv }
    }

    /// The format in which a file of this name is written; none for an ending that is not written.
    pub fn written_as(name: &str) -> Option<Self> {
        let (before, ending) = name.rsplit_once('.')?;
        let is_named = !before.is_empty() && !before.ends_with('/');
        match ending.to_ascii_lowercase().as_str() {
            "csv" if is_named => Some(Self::Csv),
            "xlsx" if is_named => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// The ending of a file name, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}
