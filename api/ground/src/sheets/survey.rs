//! How the rows of a sheet stand to one another: which are taken together or not at all, and what may stand in it once.

use minzheng_sheet::RowError;

/// Rows that may be taken together: no household is larger.
pub const GROUP_MOST: usize = 100;

/// How a row stands to the other rows of its sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rows of the same group are taken together or not at all, and stand one below the other.
    pub group: Option<String>,
    /// What stands once in its group.
    pub once: Option<Once>,
}

/// Something that stands once in a sheet; in several groups only if they are of the same owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Header under which it stands.
    pub header: &'static str,
    /// What it is.
    pub item: String,
    /// Whose it is.
    pub owner: String,
}

/// Why a row is not taken with which nothing is wrong but that it stands with another.
pub fn with_another(row: u64, other: u64) -> RowError {
    RowError {
        row,
        column: None,
        value: None,
        code: "HOUSEHOLD".to_owned(),
        message: format!("同户第 {other} 行未接受，全户未导入 · row {other} of the household is not taken, so none is"),
        remedy: format!("改正第 {other} 行，整户重新导入 · mend row {other} and import the household again"),
    }
}
