//! One sheet of an import kind, written row by row.

use std::fmt::{self, Display, Write as _};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use minzheng_rules::exact::yuan;

/// Where sheets go.
pub enum Target {
    /// Files in a folder.
    Folder(PathBuf),
    /// Nowhere: the rows are only counted.
    Nowhere,
}

/// A sheet that has been written.
pub struct Written {
    /// Import kind.
    pub kind: &'static str,
    /// The file; empty where it went nowhere.
    pub path: PathBuf,
    /// Rows without the header.
    pub rows: usize,
}

/// A sheet that is being written: UTF-8 without mark, lines end with `\n`.
pub struct Sheet {
    written: Written,
    out: csv::Writer<Box<dyn Write>>,
    cell: String,
    width: usize,
}

impl Sheet {
    /// Begins `<kind>.csv` with its headers.
    pub fn create(target: &Target, kind: &'static str, headers: &[&str]) -> io::Result<Self> {
        let (path, out): (PathBuf, Box<dyn Write>) = match target {
            Target::Folder(folder) => {
                let path = folder.join(format!("{kind}.csv"));
                let file = BufWriter::new(File::create(&path)?);
                (path, Box::new(file))
            }
            Target::Nowhere => (PathBuf::new(), Box::new(io::sink())),
        };
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
        out.write_record(headers)?;
        Ok(Self { written: Written { kind, path, rows: 0 }, out, cell: String::new(), width: headers.len() })
    }

    /// One row, as many cells as headers.
    pub fn row(&mut self, cells: &[&dyn Display]) -> io::Result<()> {
        if cells.len() != self.width {
            return Err(io::Error::other(format!(
                "{}: {} cells under {} headers",
                self.written.kind,
                cells.len(),
                self.width
            )));
        }
        for cell in cells {
            self.cell.clear();
            write!(self.cell, "{cell}").map_err(io::Error::other)?;
            self.out.write_field(&self.cell)?;
        }
        self.out.write_record(None::<&[u8]>)?;
        self.written.rows += 1;
        Ok(())
    }

    /// Ends the sheet.
    pub fn end(self) -> io::Result<Written> {
        let mut file = self.out.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        file.flush()?;
        Ok(self.written)
    }
}

/// Fen as yuan.
#[derive(Clone, Copy)]
pub struct Yuan(pub i64);

impl Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&yuan(self.0))
    }
}

/// A value, or an empty cell.
#[derive(Clone, Copy)]
pub struct Maybe<T>(pub Option<T>);

impl<T: Display> Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// 是 or 否.
pub fn yes(value: bool) -> &'static str {
    if value { "是" } else { "否" }
}

/// Several values in one cell.
pub fn several<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    values.into_iter().collect::<Vec<_>>().join(";")
}
