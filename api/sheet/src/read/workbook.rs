//! The parts of a workbook that say what its cells mean: which worksheets there are, its shared texts, and which cell
//! formats show dates. Whatever else is in the file does not matter.

mod strings;
mod styles;

use std::collections::HashMap;
use std::io::{BufReader, Read, Seek};

use quick_xml::Reader as XmlReader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::super::SheetError;
use super::guard::is_read;

pub(super) use strings::{text_of, unescaped};

/// One part as XML.
pub(super) type Xml<'a, R> = XmlReader<DecodingReader<BufReader<ZipFile<'a, R>>>>;

/// One entry in the list of sheets.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name.
    pub name: String,
    /// Its part in the archive.
    part: usize,
    /// Whether the eye sees it.
    pub visible: bool,
}

/// An open workbook.
pub(super) struct Workbook<R> {
    zip: ZipArchive<R>,
    /// Worksheets, in order.
    pub sheets: Vec<Entry>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    /// Shared texts.
    pub strings: Vec<String>,
    /// Which formats of cells show dates or times.
    pub dates: Vec<bool>,
}

/// What makes a part unreadable, without its content.
pub(super) fn broken(error: &quick_xml::Error) -> SheetError {
    let what = match error {
        quick_xml::Error::Io(_) => "unreadable data",
        _ => "XML",
    };
    SheetError::Broken(what.to_owned())
}

/// The value of an attribute, whatever its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = element.attributes();
    let found = all.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// Adds the sign that an entity stands for; unknown ones stand for nothing.
pub(super) fn push_entity(entity: &BytesRef<'_>, text: &mut String) {
    match quick_xml::escape::resolve_xml_entity(entity.as_ref()) {
        Some(known) => text.push_str(known),
        None => text.extend(entity.resolve_char_ref().ok().flatten()),
    }
}

/// Whether an attribute says yes.
pub(super) fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "on"))
}

impl<R: Read + Seek> Workbook<R> {
    /// Opens it, as far as all worksheets have it in common.
    pub fn open(input: R) -> Result<Self, SheetError> {
        let zip = ZipArchive::new(input).map_err(|error| SheetError::Broken(error.to_string()))?;
        let mut book = Self { zip, sheets: Vec::new(), from_1904: false, strings: Vec::new(), dates: Vec::new() };
        let parts = book.parts();
        let main = book.relations("_rels/.rels", "", &parts)?;
        let main = main.into_values().find(|(kind, _)| kind == "officeDocument").map(|(_, part)| part);
        let main = main.unwrap_or_else(|| "xl/workbook.xml".to_owned());
        if main == "xl/workbook.bin" || book.zip.index_for_name("xl/workbook.bin").is_some() {
            return Err(SheetError::UnknownFormat(".xlsb"));
        }
        let Some(&part) = parts.get(&main) else { return Err(SheetError::Broken("no workbook".to_owned())) };
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let relations = book.relations(&format!("{folder}/_rels/{file}.rels"), folder, &parts)?;
        book.read_list(part, &relations, &parts)?;
        let of = |kind: &str| {
            let part = relations.values().find(|(known, _)| known == kind).map(|(_, part)| part);
            part.and_then(|part| parts.get(part)).copied()
        };
        if let Some(part) = of("sharedStrings") {
            let strings = strings::read(book.xml(part)?)?;
            book.strings = strings;
        }
        if let Some(part) = of("styles") {
            let dates = styles::read(book.xml(part)?)?;
            book.dates = dates;
        }
        Ok(book)
    }

    /// Parts by their name in small letters.
    fn parts(&mut self) -> HashMap<String, usize> {
        let mut parts = HashMap::new();
        for at in 0..self.zip.len() {
            if let Ok(part) = self.zip.by_index_raw(at)
                && let Ok(name) = part.name()
            {
                let name = name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase();
                if is_read(&name) {
                    parts.insert(name, at);
                }
            }
        }
        parts
    }

    fn xml(&mut self, part: usize) -> Result<Xml<'_, R>, SheetError> {
        opened(&mut self.zip, part)
    }

    /// The last word of each relation's kind, and its part, by id.
    fn relations(
        &mut self,
        name: &str,
        folder: &str,
        parts: &HashMap<String, usize>,
    ) -> Result<HashMap<String, (String, String)>, SheetError> {
        let mut relations = HashMap::new();
        let Some(&part) = parts.get(name.trim_start_matches('/')) else { return Ok(relations) };
        let mut xml = self.xml(part)?;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
                Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                    let (id, kind) = (attribute(&element, "Id"), attribute(&element, "Type"));
                    let target = attribute(&element, "Target").unwrap_or_default().replace('\\', "/");
                    let kind = kind.as_deref().and_then(|kind| kind.rsplit('/').next()).unwrap_or_default();
                    let path = match target.strip_prefix('/') {
                        Some(path) => path.to_owned(),
                        None => resolved(folder, &target),
                    };
                    relations.insert(id.unwrap_or_default(), (kind.to_owned(), path.to_ascii_lowercase()));
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }

    /// Its sheets. Those that hold no cells of a table, such as charts and macros, are left out.
    fn read_list(
        &mut self,
        part: usize,
        relations: &HashMap<String, (String, String)>,
        parts: &HashMap<String, usize>,
    ) -> Result<(), SheetError> {
        let (mut sheets, mut from_1904) = (Vec::new(), false);
        let mut xml = self.xml(part)?;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|error| broken(&error))? {
                Event::Start(element) if element.local_name().as_ref() == "workbookPr" => {
                    from_1904 |= is_true(attribute(&element, "date1904").as_deref());
                }
                Event::Start(element) if element.local_name().as_ref() == "sheet" => {
                    let id = attribute(&element, "id").unwrap_or_default();
                    let Some((kind, path)) = relations.get(&id) else { continue };
                    let Some(part) = parts.get(path).copied().filter(|_| kind == "worksheet") else { continue };
                    let visible = attribute(&element, "state").is_none_or(|state| state == "visible");
                    sheets.push(Entry { name: attribute(&element, "name").unwrap_or_default(), part, visible });
                }
                Event::Eof => break,
                _ => {}
            }
        }
        drop(xml);
        (self.sheets, self.from_1904) = (sheets, from_1904);
        Ok(())
    }

    /// A worksheet's XML beside what its cells refer to.
    pub fn worksheet(&mut self, entry: &Entry) -> Result<(Xml<'_, R>, Meaning<'_>), SheetError> {
        let xml = opened(&mut self.zip, entry.part)?;
        Ok((xml, Meaning { strings: &self.strings, dates: &self.dates, from_1904: self.from_1904 }))
    }
}

/// A part as XML, in whatever encoding.
fn opened<R: Read + Seek>(zip: &mut ZipArchive<R>, part: usize) -> Result<Xml<'_, R>, SheetError> {
    let part = zip.by_index(part).map_err(|error| SheetError::Broken(error.to_string()))?;
    let mut xml = XmlReader::from_reader(DecodingReader::new(BufReader::new(part)));
    let config = xml.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    config.allow_dangling_amp = true;
    Ok(xml)
}

/// What the cells of all worksheets refer to.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'a> {
    /// Shared texts.
    pub strings: &'a [String],
    /// Which formats show dates or times.
    pub dates: &'a [bool],
    /// Whether days are counted from 1904.
    pub from_1904: bool,
}

/// A target relative to a folder.
fn resolved(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}
