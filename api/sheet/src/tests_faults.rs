//! Faults that sheets come with: nothing of them disappears, and nothing is taken for what it is not.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{
    CellKind, Column, Fields, Format as SheetFormat, Lang, Layout, OutCell, RawCell, RawRow, ReadOptions, Sheet,
    SheetWriter, cell, open, tellable,
};

fn layout() -> Layout {
    let mut layout = Layout::new(vec![
        Column::required("编号", CellKind::Id),
        Column::required("名称", CellKind::Text),
        Column::optional("类别", CellKind::Choice(vec!["甲".to_owned()])),
        Column::optional("地址", CellKind::Text),
        Column::optional("日期", CellKind::Date),
    ]);
    layout.ignored = vec!["户号".to_owned()];
    layout
}

fn read(bytes: impl Into<Vec<u8>>) -> Sheet {
    open(bytes.into(), "x", &layout(), &ReadOptions::default()).unwrap()
}

fn rows(sheet: &mut Sheet) -> Vec<RawRow> {
    sheet.map(Result::unwrap).collect()
}

fn xlsx(build: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    build(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

/// What is seen is all there is.
fn adds_up(sheet: &mut Sheet, lines: u64) {
    let given = rows(sheet).len() as u64;
    assert_eq!(given + sheet.blank().0 + sheet.skipped_count(), lines);
}

const HEAD: &str = "编号,名称,类别,地址";

fn lines(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("A{at},名{at},甲,路{at}号")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_row_is_lost_behind_a_stray_mark(count in 1_usize..12, strays in prop::collection::vec((0_usize..12, 0_usize..40), 0..4), end in prop::sample::select(vec!["\n", "\r\n", "\r"])) {
        let mut lines = lines(count);
        for (at, place) in strays {
            let line: &mut String = &mut lines[at % count];
            let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
            line.insert(starts[place % starts.len()], '"');
        }
        let text = format!("{HEAD}{end}{}{end}", lines.join(end));
        let mut sheet = read(text);
        let all = rows(&mut sheet);
        // every line is a row of its own, read as it stands or refused
        prop_assert_eq!(all.len(), count);
        for (row, line) in all.iter().zip(&lines) {
            let fields = Fields::new(row, Lang::Zh);
            if !line.contains('"') {
                prop_assert!(fields.is_clean(), "{line}");
                let cells: Vec<String> = row.cells.iter().map(ToString::to_string).collect();
                prop_assert_eq!(cells.join(","), line.clone());
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again_with_whatever_signs(cells in prop::collection::vec("[a,;\"'=\n\t甲 ]{1,12}", 4)) {
        let columns = [Column::required("编号", CellKind::Text), Column::optional("名称", CellKind::Text), Column::optional("类别", CellKind::Text), Column::optional("地址", CellKind::Text)];
        let mut writer = SheetWriter::new(Vec::new(), SheetFormat::Csv, &columns).unwrap();
        writer.row(cells.iter().map(|cell| OutCell::from(cell.as_str())).collect::<Vec<_>>()).unwrap();
        let bytes = writer.finish().unwrap();
        let mut sheet = read(bytes);
        let all = rows(&mut sheet);
        if cells.iter().any(|cell| !cell.trim().is_empty()) && cells[0].trim() != "" {
            prop_assert_eq!(all.len(), 1);
            prop_assert_eq!(all[0].stray_quote, None);
            let told: Vec<String> = all[0].cells.iter().map(ToString::to_string).collect();
            prop_assert_eq!(told, cells);
        }
    }
}

#[test]
fn a_stray_mark_names_the_row_where_it_opens() {
    for (text, stray, count) in [
        ("A1,一,甲,\"路1号\nA2,二,甲,路2号\nA3,三,甲,路3号\n", vec![2], 3),
        ("A1,一,甲,路1号\n\"A2,二,甲,路2号\nA3,三,甲,路3号\n", vec![3], 3),
        ("A1,一,甲,\"路1号\nA2,二,甲,路2号\nA3,三,甲,路3号\"\nA4,四,甲,路\n", vec![2], 4),
        ("A1,一,甲,\"路1号\n\"A2,二,甲,路2号\nA3,三,甲,路\n", vec![2, 3], 3),
        ("A1,一,甲,\"路1号\"\nA2,二,甲,\"路2号", vec![3], 2),
        ("A1,一,甲,\"路\n1号\"\nA2,二,甲,\"路，\n\n2号\"\n", vec![], 2),
        ("A1,一,甲,\"路,\n1号\"\nA2,二,甲,路\n", vec![2], 3),
        ("A1,一,甲,\"说\"\"引\"\"\"\nA2,二,甲,\"路\"旁\n", vec![], 2),
        ("A1,一,甲,3\"管\nA2,二,甲,路\n", vec![], 2),
    ] {
        for end in ["\n", "\r\n"] {
            let text = format!("{HEAD}\n{text}").replace('\n', end);
            let all = rows(&mut read(text.clone()));
            let found: Vec<u64> = all.iter().filter(|row| row.stray_quote.is_some()).map(|row| row.number).collect();
            assert_eq!((&found, all.len()), (&stray, count), "{text}");
            for row in all.iter().filter(|row| row.stray_quote.is_some()) {
                let mut fields = Fields::new(row, Lang::Zh);
                assert_eq!(fields.need("编号", cell::id), None);
                let errors = fields.finish().unwrap_err();
                assert_eq!((errors.len(), errors[0].code.as_str(), errors[0].row), (1, "STRAY_QUOTE", row.number));
            }
        }
    }
}

#[test]
fn carriage_returns_end_lines_whatever_cells_hold() {
    let text = format!("{HEAD}\rA1,一,甲,\"路\n1号\"\rA2,二,甲,\"路\n\n2号\"\rA3,三,甲,路\r");
    let all = rows(&mut read(text));
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(all[1].get("地址"), &RawCell::text("路\n\n2号"));
}

#[test]
fn rows_that_say_nothing_are_blank() {
    let text =
        "序号,编号,名称,类别,户号,备注\n1,A1,一,甲,1,\n2,,,,,\n3,,,甲,9,\n,,,,,\n\n4,,,,,留着\n5,,二,,,\n6,,,,,\n";
    let mut sheet = read(text);
    let all = rows(&mut sheet);
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 7, 8]);
    assert_eq!(sheet.blank(), (5, [3, 4, 9].as_slice()));
    adds_up(&mut read(text), 8);
}

#[test]
fn formulas_errors_and_hidden_things_of_a_workbook() {
    let bytes = xlsx(|sheet| {
        for (at, header) in ["编号", "名称", "类别", "地址", "日期"].iter().enumerate() {
            sheet.write_string(0, u16::try_from(at).unwrap(), *header).unwrap();
        }
        for row in 1..=4 {
            sheet.write_string(row, 0, format!("A{row}")).unwrap();
            sheet.write_string(row, 1, "名").unwrap();
        }
        sheet.write_formula(1, 3, Formula::new("=B2").set_result("路")).unwrap();
        sheet.write_formula(2, 3, Formula::new("=NA()").set_result("#N/A")).unwrap();
        sheet.set_row_hidden(3).unwrap();
        sheet.write_string(4, 2, "甲").unwrap();
        sheet.set_column_hidden(2).unwrap();
    });
    let mut sheet = read(bytes.clone());
    assert_eq!(sheet.info().hidden_columns, [2]);
    let all = rows(&mut sheet);
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!((sheet.hidden_count(), sheet.skipped_count()), (1, 1));
    assert_eq!(all[0].get("地址"), &RawCell::text("路"));
    assert_eq!(cell::text(all[1].get("地址")).unwrap_err().code.as_str(), "CELL_ERROR");
    assert_eq!((all[2].get("类别"), all[2].has("类别")), (&RawCell::Empty, false));
    let options = ReadOptions { hidden: true, ..ReadOptions::default() };
    let mut sheet = open(bytes, "x", &layout(), &options).unwrap();
    let all = rows(&mut sheet);
    assert_eq!((all.len(), sheet.hidden_count(), sheet.skipped_count()), (4, 1, 0));
    assert_eq!(all[3].get("类别"), &RawCell::text("甲"));

    // a required column that nobody sees
    let bytes = xlsx(|sheet| {
        sheet.write_string(0, 0, "编号").unwrap();
        sheet.write_string(0, 1, "名称").unwrap();
        sheet.set_column_hidden(1).unwrap();
    });
    let error = open(bytes, "x", &layout(), &ReadOptions::default()).unwrap_err();
    assert!(error.message(Lang::Zh).contains("名称") && error.remedy(Lang::Zh).contains("隐藏"));
}

/// A workbook made of these parts, with what every workbook needs.
fn workbook(sheet: &str, others: &[(&str, &[u8])]) -> Vec<u8> {
    const TYPES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    };
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{TYPES}/{kind}\" Target=\"{target}\"/>")
    };
    add(
        "_rels/.rels",
        format!("<Relationships>{}</Relationships>", relation("r1", "officeDocument", "xl/workbook.xml")).as_bytes(),
    );
    let all = [
        relation("m", "xlMacrosheet", "macrosheets/sheet1.xml"),
        relation("d", "dialogsheet", "dialogsheets/sheet1.xml"),
        relation("s", "worksheet", "/xl/worksheets/sheet1.xml"),
    ]
    .concat();
    add("xl/_rels/workbook.xml.rels", format!("<Relationships>{all}</Relationships>").as_bytes());
    if others.iter().all(|(name, _)| *name != "xl/workbook.xml") {
        add("xl/workbook.xml", b"<x:workbook xmlns:x=\"m\" xmlns:r=\"r\"><x:sheets><x:sheet name=\"M\" sheetId=\"1\" r:id=\"m\"/><x:sheet name=\"D\" r:id=\"d\"/><x:sheet name=\"S\" state=\"visible\" r:id=\"s\"/></x:sheets></x:workbook>");
    }
    add("xl/worksheets/sheet1.xml", sheet.as_bytes());
    for (name, content) in others {
        add(name, content);
    }
    zip.finish().unwrap().into_inner()
}

fn text_cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn sheet_of(row: &str, around: &str) -> String {
    let head = [("A1", "编号"), ("B1", "名称"), ("D1", "地址"), ("E1", "日期")]
        .map(|(place, text)| text_cell(place, text))
        .concat();
    format!(
        "<worksheet><dimension ref=\"A:XFD\"/><sheetData><row r=\"1\">{head}</row><row r=\"2\">{row}</row></sheetData>{around}</worksheet>"
    )
}

#[test]
fn formulas_without_a_stored_value_are_no_empty_cells() {
    let known = [text_cell("A2", "A1"), text_cell("B2", "名")].concat();
    for (formula, code) in [
        ("<c r=\"D2\"><f>VLOOKUP(A2,B:C,2,0)</f><v/></c>", "FORMULA_WITHOUT_VALUE"),
        ("<c r=\"D2\"><f>A2</f></c>", "FORMULA_WITHOUT_VALUE"),
        ("<c r=\"D2\"><f t=\"shared\" si=\"0\"/></c>", "FORMULA_WITHOUT_VALUE"),
        ("<c r=\"D2\" t=\"str\"><f>A2</f></c>", "FORMULA_WITHOUT_VALUE"),
        ("<c r=\"D2\" t=\"e\"><f>A2</f><v>#SPILL!</v></c>", "CELL_ERROR"),
        ("<c r=\"D2\" t=\"e\"><v>#NEW!</v></c>", "CELL_ERROR"),
        ("<c r=\"D2\" t=\"s\"><v>77</v></c>", "CELL_ERROR"),
    ] {
        let all = rows(&mut read(workbook(&sheet_of(&format!("{known}{formula}"), ""), &[])));
        assert_eq!(cell::text(all[0].get("地址")).unwrap_err().code.as_str(), code, "{formula}");
    }
    // an empty text is what was computed
    let row = format!("{known}<c r=\"D2\" t=\"str\"><f>IF(1,\"\")</f><v></v></c>");
    assert_eq!(rows(&mut read(workbook(&sheet_of(&row, ""), &[])))[0].get("地址"), &RawCell::Empty);
}

#[test]
fn odd_parts_of_a_good_workbook_never_matter() {
    let row = [text_cell("A2", "A1"), text_cell("B2", "名")].concat();
    let wide: Vec<u8> = std::iter::once(0xFEFF)
        .chain("<?xml version=\"1.0\" encoding=\"utf-16\"?><DataMashup>x</DataMashup>".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let merges = "<mergeCells><mergeCell ref=\"A:A\"/><mergeCell ref=\"1:1\"/><mergeCell ref=\"B2:C\"/><mergeCell ref=\"?\"/></mergeCells>";
    let others: [(&str, &[u8]); 5] = [
        ("customXml/item1.xml", &wide),
        ("xl/macrosheets/sheet1.xml", b"<xm:macrosheet/>"),
        ("xl/dialogsheets/sheet1.xml", b"<dialogsheet/>"),
        ("xl/vbaProject.bin", b"\0\0"),
        ("docProps/app.xml", b"<not closed"),
    ];
    let mut filled = layout();
    filled.fill_down = vec![super::FillDown::new(&["编号"], &["编号"])];
    let mut sheet = open(workbook(&sheet_of(&row, merges), &others), "x", &filled, &ReadOptions::default()).unwrap();
    assert_eq!((rows(&mut sheet).len(), sheet.info().worksheet.as_deref()), (1, Some("S")));

    let binary = workbook("", &[("xl/workbook.bin", b"x")]);
    let error = open(binary, "x", &layout(), &ReadOptions::default()).unwrap_err();
    assert!(error.message(Lang::Zh).contains(".xlsb") && error.remedy(Lang::Zh).contains(".xlsx"));
}

#[test]
fn a_workbook_that_counts_from_1904() {
    let book = b"<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets><sheet name=\"S\" r:id=\"s\"/></sheets></workbook>";
    let row = format!("{}{}<c r=\"E2\"><v>43616</v></c>", text_cell("A2", "A1"), text_cell("B2", "名"));
    let mut sheet = read(workbook(&sheet_of(&row, ""), &[("xl/workbook.xml", book)]));
    assert!(sheet.info().from_1904);
    let all = rows(&mut sheet);
    assert_eq!(cell::date(all[0].get("日期")).unwrap().value.unwrap().to_string(), "2023-06-01");
}

#[test]
fn unknown_headers_are_told_short_and_without_numbers() {
    let text = "编号,名称,430199198801020014 张三,很长很长很长很长很长很长很长很长很长很长很长很长的表头,电话13800000000\nA1,一,,,\n";
    let sheet = read(text);
    let info = sheet.info();
    assert_eq!(info.unknown_at, [2, 3, 4]);
    assert!(
        info.unknown.iter().all(|name| name.chars().count() <= 21 && !name.contains("0199") && !name.contains("138")),
        "{:?}",
        info.unknown
    );
    assert_eq!(tellable("2023年"), "2023年");
    assert_eq!(tellable("６２２８４８００００００００"), "…");
}

#[test]
fn a_formula_in_text_is_no_value() {
    let all =
        rows(&mut read(format!("{HEAD}\nA1,一,甲,\"=VLOOKUP(A2,B:C,2,0)\"\nA2,二,甲,=\"0012\"\nA3,三,甲,'=真\n")));
    assert_eq!(all[0].get("地址"), &RawCell::Formula);
    assert_eq!(all[1].get("地址"), &RawCell::text("0012"));
    assert_eq!(all[2].get("地址"), &RawCell::text("=真"));
}

#[test]
fn a_date_format_of_ones_own() {
    let bytes = xlsx(|sheet| {
        for (at, header) in ["编号", "名称", "日期"].iter().enumerate() {
            sheet.write_string(0, u16::try_from(at).unwrap(), *header).unwrap();
        }
        sheet.write_string(1, 0, "A1").unwrap();
        sheet.write_string(1, 1, "名").unwrap();
        sheet
            .write_number_with_format(1, 2, 45_078, &Format::new().set_num_format("[$-804]yyyy\"年\"m\"月\"d\"日\";@"))
            .unwrap();
    });
    let all = rows(&mut read(bytes));
    assert!(matches!(all[0].get("日期"), RawCell::DateTime(_)));
}
