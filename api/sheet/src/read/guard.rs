//! Looks over a workbook before it is opened: a small file must not unpack to more than memory holds.

use std::io::{Read, Seek};

use zip::ZipArchive;

use super::super::SheetError;

/// What a workbook may unpack to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// All parts together.
    pub total: u64,
    /// A part that is kept in memory: shared texts, styles, relations.
    pub kept: u64,
    /// The longest text or tag.
    pub run: u64,
    /// How often the packed size the unpacked may be, from `ratio_from` bytes on.
    pub ratio: u64,
    /// Below this size the ratio does not matter.
    pub ratio_from: u64,
    /// The most parts.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 1 << 30, kept: 128 << 20, run: 4 << 20, ratio: 100, ratio_from: 32 << 20, parts: 5_000 }
    }
}

/// Whether a part may be read at all, by its name in small letters. What others hold never matters: pictures, macros,
/// queries, what programs keep for themselves.
pub(super) fn is_read(name: &str) -> bool {
    const OTHERS: [&str; 10] = [
        "customxml/",
        "docprops/",
        "docmetadata/",
        "xl/charts/",
        "xl/drawings/",
        "xl/embeddings/",
        "xl/externallinks/",
        "xl/media/",
        "xl/theme/",
        "xl/macrosheets/",
    ];
    let ending = [".xml", ".rels"].iter().any(|ending| name.ends_with(ending));
    ending && OTHERS.iter().all(|other| !name.starts_with(other))
}

/// Unpacks every part that may be read once without keeping it. Sizes are counted, not believed. Gives the largest number of rows that
/// any sheet seems to have.
pub(super) fn check(input: impl Read + Seek, limits: Limits) -> Result<u64, SheetError> {
    let broken = |error: zip::result::ZipError| SheetError::Broken(error.to_string());
    let too_large = |what: &str| SheetError::TooLarge(what.to_owned());
    let mut archive = ZipArchive::new(input).map_err(broken)?;
    if archive.len() > limits.parts {
        return Err(too_large("parts"));
    }
    if archive.index_for_name("mimetype").is_some() {
        return Err(SheetError::UnknownFormat("ODS"));
    }
    let (mut total, mut most_rows) = (0_u64, 0_u64);
    let mut buffer = vec![0_u8; 64 * 1024];
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(broken)?;
        let name = part.name().map_err(broken)?.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase();
        let packed = part.compressed_size().max(1);
        let is_shared = ["sharedstrings.xml", "styles.xml"].iter().any(|ending| name.ends_with(ending));
        let is_sheet = name.contains("worksheets/") && !is_shared;
        if !is_read(&name) {
            continue;
        }
        let most = if is_sheet { limits.total } else { limits.kept };
        let mut scan = Scan::default();
        let mut size = 0_u64;
        loop {
            let read = match part.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(SheetError::Broken(error.to_string())),
            };
            let count = u64::try_from(read).unwrap_or(u64::MAX);
            size = size.saturating_add(count);
            total = total.saturating_add(count);
            if size > most || total > limits.total {
                return Err(too_large(&name));
            }
            if size > limits.ratio_from && size / packed > limits.ratio {
                return Err(too_large("ratio"));
            }
            scan.over(buffer.get(..read).unwrap_or_default());
            if scan.longest > limits.run {
                return Err(too_large(&name));
            }
        }
        if is_sheet {
            most_rows = most_rows.max(scan.rows);
        }
    }
    Ok(most_rows)
}

/// What is looked for in the bytes of one part.
#[derive(Debug, Default)]
struct Scan {
    /// Beginnings of row elements.
    rows: u64,
    row_at: usize,
    /// The longest stretch without `<`.
    longest: u64,
    stretch: u64,
}

impl Scan {
    fn over(&mut self, bytes: &[u8]) {
        // whatever its prefix, and in two bytes a sign too
        const ROW: &[u8] = b"row";
        for &byte in bytes.iter().filter(|&&byte| byte != 0) {
            if byte == b'<' {
                self.stretch = 0;
            } else {
                self.stretch += 1;
                self.longest = self.longest.max(self.stretch);
            }
            self.row_at = match self.row_at {
                // the sign before the name, then how much of the name
                at if at > 0 && ROW.get(at - 1) == Some(&byte) => at + 1,
                _ => usize::from(byte == b'<' || byte == b':'),
            };
            if self.row_at > ROW.len() {
                self.rows += 1;
                self.row_at = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn checked(limits: Limits) -> Result<u64, &'static str> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            ("xl/worksheets/sheet1.xml", "<row><c/></row>".repeat(100)),
            ("xl/worksheets/sheet2.xml", "<row r=\"1\"/><<row/>".to_owned()),
            ("xl/sharedStrings.xml", "<sst uniqueCount=\"2\"/>".to_owned()),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        check(zip.finish().unwrap(), limits).map_err(|error| error.code())
    }

    #[test]
    fn every_limit_holds() {
        let limits = Limits::default();
        assert_eq!(checked(limits), Ok(100));
        let too_large = Err("FILE_TOO_LARGE");
        assert_eq!(checked(Limits { total: 1_000, ..limits }), too_large);
        assert_eq!(checked(Limits { kept: 10, ..limits }), too_large);
        assert_eq!(checked(Limits { run: 3, ..limits }), too_large);
        assert_eq!(checked(Limits { ratio: 10, ratio_from: 0, ..limits }), too_large);
        assert_eq!(checked(Limits { parts: 2, ..limits }), too_large);
    }
}
