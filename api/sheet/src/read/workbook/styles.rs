//! Which formats of cells show dates or times.

use std::collections::HashMap;
use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::super::super::SheetError;
use super::{Xml, attribute, broken};

/// For each format of cells whether it shows dates or times.
pub(super) fn read<R: Read + Seek>(mut xml: Xml<'_, R>) -> Result<Vec<bool>, SheetError> {
    let (mut own, mut formats, mut buffer) = (HashMap::new(), Vec::new(), Vec::new());
    let mut in_cells = false;
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(element) => match element.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&element, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0_u32);
                    own.insert(id, attribute(&element, "formatCode").is_some_and(|code| shows_date(&code)));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = attribute(&element, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0_u32);
                    formats.push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
    }
}

/// Formats that every program knows by number, those of East Asia among them.
fn built_in(id: u32) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45 | 47 | 50..=58)
}

/// Whether a format of the workbook's own shows a date or time: its first section has a letter for one outside quotation
/// marks and brackets.
pub(super) fn shows_date(code: &str) -> bool {
    let mut signs = code.chars();
    let (mut quoted, mut bracket) = (false, String::new());
    let mut in_bracket = false;
    while let Some(sign) = signs.next() {
        match sign {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => {
                signs.next();
            }
            '[' => {
                in_bracket = true;
                bracket.clear();
            }
            ']' => {
                in_bracket = false;
                let elapsed = bracket.to_ascii_lowercase();
                if !elapsed.is_empty() && ["h", "m", "s"].iter().any(|letter| elapsed.replace(letter, "").is_empty()) {
                    // a duration is no date
                    return false;
                }
            }
            _ if in_bracket => bracket.push(sign),
            ';' => return false,
            // "General" has letters of dates in other languages
            'G' | 'g' if signs.as_str().to_ascii_lowercase().starts_with("eneral") => return false,
            'd' | 'm' | 'y' | 'h' | 's' | 'D' | 'M' | 'Y' | 'H' | 'S' | 'e' | 'E'
                if !(sign.eq_ignore_ascii_case(&'e') && signs.as_str().starts_with(['+', '-'])) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::shows_date;

    #[test]
    fn formats_of_dates() {
        for code in ["yyyy/m/d", "yyyy\"年\"m\"月\"", "[$-804]yyyy年m月d日;@", "h:mm AM/PM", "mmm-yy", "DD\\.MM"] {
            assert!(shows_date(code), "{code}");
        }
        for code in [
            "General",
            "0.00",
            "#,##0.00_);[Red](#,##0.00)",
            "@",
            "0.00E+00",
            "\"dmy\"0",
            "\\d0",
            "[Red]0",
            "0;yyyy",
            "[h]:mm:ss",
        ] {
            assert!(!shows_date(code), "{code}");
        }
    }
}
