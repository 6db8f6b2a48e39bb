//! Files that are broken, or meant to break.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{CellKind, Column, Layout, RawCell, ReadOptions, SheetError, cell, open};

fn layout() -> Layout {
    let mut layout = Layout::new(vec![
        Column::required("姓名", CellKind::Text),
        Column::optional("证件号码", CellKind::Id).also(&["身份证号"]),
    ]);
    layout.fill_down = vec![super::FillDown::new(&["姓名"], &["姓名"])];
    layout
}

/// Opens and reads everything; gives the error, if any.
fn read(bytes: Vec<u8>) -> Option<SheetError> {
    match open(bytes, "x", &layout(), &ReadOptions::default()) {
        Err(error) => Some(error),
        Ok(sheet) => { sheet }.find_map(Result::err),
    }
}

/// A workbook made of these parts, with what every workbook needs.
fn workbook(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let needed: [(&str, &[u8]); 4] = [
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>姓名</t></is></c></row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>甲</t></is></c></row></sheetData></worksheet>".as_bytes()),
    ];
    let own = |name: &str| parts.iter().any(|(part, _)| *part == name);
    for (name, content) in needed.iter().filter(|(name, _)| !own(name)).chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn code(parts: &[(&str, &[u8])]) -> &'static str {
    read(workbook(parts)).map_or("", |error| error.code())
}

#[test]
fn workbooks_that_would_fill_memory() {
    assert_eq!(code(&[]), "");
    let zeros = vec![b' '; 40 << 20];
    assert_eq!(code(&[("xl/sharedStrings.xml", &zeros)]), "FILE_TOO_LARGE");
    // a part that is never read
    assert_eq!(code(&[("xl/media/image1.png", &zeros)]), "");
    let ratio = b"<row></row>".repeat(4 << 20);
    assert_eq!(code(&[("xl/worksheets/sheet1.xml", &ratio)]), "FILE_TOO_LARGE");
    let run = [b"<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>".as_slice(), &vec![b'a'; 5 << 20]].concat();
    assert_eq!(code(&[("xl/worksheets/sheet1.xml", &run)]), "FILE_TOO_LARGE");
    // what is claimed does not matter, and neither does the encoding
    let claim = b"<sst uniqueCount=\"99999999999\"><si><t>x</t></si></sst>";
    assert_eq!(code(&[("xl/sharedStrings.xml", claim)]), "");
    let honest = b"<sst count=\"1\" uniqueCount=\"1\"><si><t>x</t></si></sst>";
    assert_eq!(code(&[("xl/sharedStrings.xml", honest)]), "");
}

#[test]
fn workbooks_that_are_wrong() {
    let sheet = |content: &str| code(&[("xl/worksheets/sheet1.xml", content.as_bytes())]);
    let row =
        |number: u32| format!("<row r=\"{number}\"><c r=\"A{number}\" t=\"inlineStr\"><is><t>姓名</t></is></c></row>");
    assert_eq!(sheet(&format!("<worksheet><sheetData>{}{}</sheetData></worksheet>", row(2), row(1))), "FILE_BROKEN");
    assert_eq!(sheet("<worksheet><sheetData><row><c"), "FILE_BROKEN");
    assert_eq!(sheet("<worksheet/>"), "FILE_BROKEN");
    assert_eq!(sheet("<worksheet><sheetData></sheetData></worksheet>"), "FILE_EMPTY");
    let backwards = "<worksheet><dimension ref=\"B9:A1\"/><sheetData></sheetData></worksheet>";
    assert!(["FILE_BROKEN", "FILE_EMPTY"].contains(&sheet(backwards)));
    assert_eq!(code(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]), "FILE_FORMAT");
}

#[test]
fn a_quotation_mark_that_does_not_end() {
    let mut csv = String::from("姓名,身份证号\n甲,A1\n乙,\"A2\n");
    for _ in 0..1_000_000 {
        csv.push_str("丙,A3\n");
    }
    let rows: Vec<_> =
        open(csv.into_bytes(), "x", &layout(), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    let stray: Vec<u64> = rows.iter().filter(|row| row.stray_quote.is_some()).map(|row| row.number).collect();
    assert_eq!((rows.len(), stray), (1_000_002, vec![3]));

    // without any separator after it, in many rows
    let mut csv = String::from("姓名\n甲\n\"乙\n");
    for _ in 0..2_000_000 {
        csv.push_str("丙丙\n");
    }
    let rows: Vec<_> =
        open(csv.into_bytes(), "x", &layout(), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!((rows.len(), rows[1].stray_quote), (2_000_002, Some(0)));
}

#[test]
fn a_dropped_sheet_ends_its_thread() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    for row in 1..5_000 {
        sheet.write_string(row, 0, "甲").unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    for _ in 0..20 {
        let mut sheet = open(bytes.clone(), "x", &layout(), &ReadOptions::default()).unwrap();
        assert!(sheet.next().unwrap().is_ok());
    }
}

/// A small true workbook to be damaged.
fn sample() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    sheet.write_number(1, 0, 1.5).unwrap();
    sheet.merge_range(2, 0, 4, 0, "甲", &rust_xlsxwriter::Format::new()).unwrap();
    book.save_to_buffer().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(read(bytes.clone()));
        drop(read([b"\xEF\xBB\xBF".as_slice(), "姓名,身份证号\n".as_bytes(), &bytes].concat()));
        drop(read([b"\xFF\xFE".as_slice(), &bytes].concat()));
        drop(read([b"PK\x03\x04".as_slice(), &bytes].concat()));
    }

    #[test]
    fn no_text_panics(text in "[姓名,;\t\"'\n\r0-9甲=]{0,200}") {
        drop(read(text.into_bytes()));
    }

    #[test]
    fn no_damaged_workbook_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = sample();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        drop(read(bytes));
    }

    #[test]
    fn no_sheet_content_panics(content in "(<(row|c|v|is|t|f)( r=\"[A-Z0-9]{0,9}\")?( t=\"(s|b|n|e|d|str)\")?>|</(row|c|v|is|t)>|[0-9.eE-]{0,20}){0,20}") {
        let content = format!("<worksheet><sheetData>{content}</sheetData></worksheet>");
        drop(read(workbook(&[("xl/worksheets/sheet1.xml", content.as_bytes())])));
    }

    #[test]
    fn no_cell_panics(text in "\\PC{0,30}|[0-9.,:/年月日~TZ+-]{0,24}", number in any::<f64>()) {
        for cell in [RawCell::text(text.clone()), RawCell::Number(number.to_string()), RawCell::Number(text.clone())] {
            drop(cell::text(&cell));
            drop(cell::name(&cell));
            drop(cell::id(&cell));
            drop(cell::text_list(&cell));
            drop(cell::id_list(&cell));
            drop(cell::date(&cell));
            drop(cell::month(&cell));
            drop(cell::month_range(&cell));
            drop(cell::date_time(&cell));
            drop(cell::money(&cell));
            drop(cell::integer(&cell));
            drop(cell::decimal(&cell));
            drop(cell::yes_no(&cell));
            drop(cell::choice(&cell, &[("是", true), ("否", false)]));
        }
    }
}
