//! Spreadsheets in and out: rosters as clerks keep them, read row by row, and written back.
//!
//! - [`open`] reads CSV (UTF-8, GB18030, UTF-16 with mark; `,`, tab or `;`) and the first visible sheet of an XLSX
//!   file against a [`Layout`]; [`Sheet`] is an iterator of [`RawRow`], in constant memory for CSV.
//! - [`cell`] turns one cell into a value and says what it had to change ([`Note`]) or why it cannot ([`CellError`]).
//! - [`Fields`] does so for the named cells of one row and collects the notes and [`RowError`]s.
//! - [`SheetWriter`] writes CSV or XLSX so that reading it again gives the same values.
//! - [`MendSheet`] writes the refused rows with the reasons beside them, to be mended and sent again.
//!
//! Nothing here knows the business: headers, synonyms and closed lists come from the caller. Money is integer fen.

pub mod cell;
mod errors_sheet;
mod fields;
mod layout;
mod problem;
mod read;
mod row;
mod sheet_error;
mod write;

#[cfg(test)]
mod tests_cell;
#[cfg(test)]
mod tests_faults;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_read;
#[cfg(test)]
mod tests_write;

pub use errors_sheet::{ADDED_HEADERS, MendSheet};
pub use fields::Fields;
pub use layout::{CellKind, Column, FillDown, Format, Layout, ReadOptions};
pub use problem::{CellCode, CellError, Lang, Note, NoteCode, RowError, RowNote};
pub use read::{Sheet, SheetInfo, Skip, SkippedRow, Source, column_letters, open, tellable};
pub use row::{RawCell, RawRow};
pub use sheet_error::SheetError;
pub use write::{OutCell, SheetWriter, WriteError, money_text};
