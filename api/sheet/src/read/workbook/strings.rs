//! Texts of a workbook: plain, or in runs of different looks; what is written above signs to say how they are read is
//! no part of them.

use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::super::super::SheetError;
use super::{Xml, attribute, broken, push_entity};

/// The shared texts.
pub(super) fn read<R: Read + Seek>(mut xml: Xml<'_, R>) -> Result<Vec<String>, SheetError> {
    let (mut strings, mut buffer) = (Vec::new(), Vec::new());
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(element) if element.local_name().as_ref() == "si" => strings.push(text_of(&mut xml, "si")?),
            Event::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The text up to the end of the element that was begun.
pub(in super::super) fn text_of<R: Read + Seek>(xml: &mut Xml<'_, R>, closing: &str) -> Result<String, SheetError> {
    let (mut text, mut run, mut buffer) = (String::new(), String::new(), Vec::new());
    let (mut in_text, mut aside, mut keeps) = (false, false, false);
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => {
                    (in_text, keeps) = (true, attribute(&element, "space").as_deref() == Some("preserve"));
                    run.clear();
                }
                "rPh" => aside = true,
                _ => {}
            },
            Event::Text(part) if in_text => run.push_str(&part.xml10_content()),
            Event::CData(part) if in_text => run.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if in_text => push_entity(&entity, &mut run),
            Event::End(element) => match element.local_name().as_ref() {
                "t" => {
                    let whole = if keeps { run.as_str() } else { run.trim_matches([' ', '\t', '\r', '\n']) };
                    if !aside {
                        text.push_str(&unescaped(whole));
                    }
                    in_text = false;
                }
                "rPh" => aside = false,
                name if name == closing => return Ok(text),
                _ => {}
            },
            Event::Eof => return Err(SheetError::Broken(format!("{closing} does not end"))),
            _ => {}
        }
    }
}

/// `_x000D_` is the sign of that number.
pub(in super::super) fn unescaped(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        units.extend(before.encode_utf16());
        let hex = from.get(2..6).filter(|_| from.get(6..7) == Some("_"));
        match hex.and_then(|hex| u16::from_str_radix(hex, 16).ok()) {
            Some(unit) => {
                units.push(unit);
                rest = from.get(7..).unwrap_or_default();
            }
            None => {
                units.extend("_x".encode_utf16());
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}
