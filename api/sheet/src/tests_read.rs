//! Whole sheets.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};

use super::{
    CellKind, Column, Fields, FillDown, Format, Lang, Layout, NoteCode, RawCell, RawRow, ReadOptions, Sheet,
    SheetError, Skip, cell, open,
};

fn layout(required: &[&str], optional: &[&str]) -> Layout {
    let required = required.iter().map(|header| Column::required(*header, CellKind::Text));
    let optional = optional.iter().map(|header| Column::optional(*header, CellKind::Text));
    Layout::new(required.chain(optional).collect())
}

/// Persons, with an id, a name and an amount.
fn persons() -> Layout {
    let mut layout = layout(&["证件号码", "姓名"], &["金额"]);
    layout.columns[0] = Column::required("证件号码", CellKind::Id).also(&["身份证号", "公民身份号码", "身份证号码"]);
    layout
}

fn read(bytes: impl Into<Vec<u8>>, layout: &Layout) -> Result<Sheet, SheetError> {
    open(bytes.into(), "花名册", layout, &ReadOptions::default())
}

fn rows(sheet: &mut Sheet) -> Vec<RawRow> {
    sheet.map(Result::unwrap).collect()
}

/// The cells under these headers, by row.
fn table(sheet: &mut Sheet, headers: &[&str]) -> Vec<String> {
    rows(sheet)
        .iter()
        .map(|row| {
            let cells: Vec<String> = headers.iter().map(|header| row.get(header).to_string()).collect();
            format!("{} {}", row.number, cells.join("|"))
        })
        .collect()
}

fn xlsx(build: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    build(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

#[test]
fn every_golden_file() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/golden-2023H1"));
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        files += 1;
        let content = std::fs::read_to_string(&path).unwrap();
        let mut lines = content.lines();
        let headers: Vec<&str> = lines.next().unwrap().split(',').collect();
        let options = ReadOptions { strict: true, ..ReadOptions::default() };
        let mut sheet = open(path.as_path(), "golden", &layout(&headers, &[]), &options).unwrap();
        assert_eq!(sheet.info().headers, headers);
        assert_eq!(sheet.info().encoding, Some("UTF-8"));
        let table = table(&mut sheet, &headers);
        let expected: Vec<String> =
            lines.enumerate().map(|(at, line)| format!("{} {}", at + 2, line.replace(',', "|"))).collect();
        assert_eq!(table, expected, "{}", path.display());
        assert_eq!(sheet.skipped_count(), 0);
    }
    assert!(files >= 17, "{files}");
}

#[test]
fn encodings_and_separators() {
    let csv = "姓名,身份证号\r\n测试甲,430199198801020014\r\n";
    let utf16: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: Vec<(Vec<u8>, &str, char)> = vec![
        (csv.into(), "UTF-8", ','),
        (format!("\u{FEFF}{csv}").into(), "UTF-8", ','),
        (encoding_rs::GB18030.encode(csv).0.into_owned(), "gb18030", ','),
        ([&[0xFF, 0xFE], utf16.as_slice()].concat(), "UTF-16LE", ','),
        (csv.replace(',', "\t").into(), "UTF-8", '\t'),
        (csv.replace(',', ";").into(), "UTF-8", ';'),
        (encoding_rs::GB18030.encode(&csv.replace(',', "\t")).0.into_owned(), "gb18030", '\t'),
        (csv.replace("\r\n", "\r").into(), "UTF-8", ','),
        (csv.trim_end().into(), "UTF-8", ','),
        (csv.replace("测试甲", "\"测试甲\"").into(), "UTF-8", ','),
    ];
    for (bytes, encoding, delimiter) in files {
        let mut sheet = read(bytes, &persons()).unwrap();
        assert_eq!(sheet.info().encoding, Some(encoding));
        assert_eq!(sheet.info().delimiter, Some(delimiter));
        assert_eq!(table(&mut sheet, &["姓名", "证件号码"]), ["2 测试甲|430199198801020014"]);
    }
    // signs outside GBK, and across chunks
    let mut long = String::from("姓名,身份证号\n");
    for at in 0..20_000 {
        writeln!(long, "㐱𠮷{at},A{at}").unwrap();
    }
    let mut sheet = read(encoding_rs::GB18030.encode(&long).0.into_owned(), &persons()).unwrap();
    let all = rows(&mut sheet);
    assert_eq!(all.len(), 20_000);
    assert_eq!(all[19_999].get("姓名"), &RawCell::text("㐱𠮷19999"));
    assert_eq!(all[19_999].number, 20_001);
}

#[test]
fn what_is_no_sheet() {
    let code = |bytes: &[u8]| read(bytes, &persons()).map(|_| ()).unwrap_err().code();
    assert_eq!(code(b""), "FILE_EMPTY");
    assert_eq!(code(b"\n\n"), "FILE_EMPTY");
    assert_eq!(code(b"%PDF-1.7"), "FILE_FORMAT");
    assert_eq!(code(b"<html><table>"), "FILE_FORMAT");
    assert_eq!(code(b"a\0b"), "FILE_FORMAT");
    assert_eq!(code(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...."), "FILE_OLD_OR_LOCKED");
    assert_eq!(code(b"PK\x03\x04 nothing"), "FILE_BROKEN");
    assert_eq!(code(b"a,b\nc,d\n"), "HEADER_NOT_FOUND");
    let bad = ["姓名,身份证号\n甲,1\n乙,".as_bytes(), b"\xFF\xFF\n"].concat();
    match read(bad, &persons()) {
        Err(SheetError::Encoding { line: 3 }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(
        open(Path::new("/nowhere/x.csv"), "x", &persons(), &ReadOptions::default()).unwrap_err().code(),
        "FILE_UNREADABLE"
    );
}

#[test]
fn title_totals_and_blank_rows() {
    let csv = "示例区低保花名册,,,\n制表单位：示例区民政局,,,\n\n序号,姓 名*,※身份证号码（必填）,金额（元）\n1,测试甲,A1,240\n,,,\n2,测试乙,A2,100\n\
               小计,,,340\n序号,姓 名*,※身份证号码（必填）,金额（元）\n3,测试丙,A3,1\n合 计,,,341\n,,,\n制表人：张三,,审核人：李四,\n注：以上数据截至六月底,,,\n";
    let mut sheet = read(csv, &persons()).unwrap();
    assert_eq!(sheet.info().header_row, 4);
    assert_eq!(sheet.info().unknown, ["序号"]);
    assert_eq!(
        table(&mut sheet, &["证件号码", "姓名", "金额"]),
        ["5 A1|测试甲|240", "7 A2|测试乙|100", "10 A3|测试丙|1"]
    );
    let skipped: Vec<(u64, Skip)> = sheet.skipped().iter().map(|row| (row.number, row.reason)).collect();
    assert_eq!(
        skipped,
        [
            (1, Skip::Title),
            (2, Skip::Title),
            (8, Skip::Total),
            (9, Skip::RepeatedHeader),
            (11, Skip::Total),
            (13, Skip::Signature),
            (14, Skip::Remark)
        ]
    );
    assert_eq!((sheet.rows_read(), sheet.skipped_count(), sheet.blank().0), (3, 7, 2));
}

#[test]
fn row_numbers_with_newlines_in_cells() {
    let csv = "姓名,身份证号,备注\r\n甲,A1,\"一\r\n二\r\n三\"\r\n\r\n乙,A2,x\r\n丙,A3,\"\"\"引\"\"\"\r\n";
    let mut layout = persons();
    layout.columns.push(Column::optional("备注", CellKind::Text));
    let mut sheet = read(csv, &layout).unwrap();
    assert_eq!(table(&mut sheet, &["证件号码", "备注"]), ["2 A1|一\n二\n三", "4 A2|x", "5 A3|\"引\""]);
}

#[test]
fn headers_that_do_not_fit() {
    let mut layout = persons();
    layout.columns.push(Column::required("区划代码", CellKind::Id));
    layout.one_of.push(vec!["现住地".to_owned(), "户籍地".to_owned()]);
    let error = read("姓名,年龄\n甲,3\n", &layout).unwrap_err();
    assert_eq!(error.message(Lang::Zh), "表头（第 1 行）缺少：证件号码、区划代码、现住地或户籍地");
    assert!(error.remedy(Lang::Zh).contains("补上"));
    assert!(error.message(Lang::En).contains("证件号码, 区划代码, 现住地 or 户籍地"));

    let error = read("姓名,身份证号,公民身份号码\n甲,1,1\n", &persons()).unwrap_err();
    assert_eq!(error.message(Lang::Zh), "几列的表头是同一个意思——证件号码：身份证号、公民身份号码");

    let unknown = "姓名,身份证号,年龄,处理办法\n甲,1,3,x\n";
    let sheet = read(unknown, &persons()).unwrap();
    assert_eq!(sheet.info().unknown, ["年龄"]);
    assert_eq!(sheet.info().absent, ["金额"]);
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    match open(unknown.as_bytes().to_vec(), "x", &persons(), &strict) {
        Err(SheetError::UnknownHeaders(names)) => assert_eq!(names, ["年龄"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_header_of_two_rows() {
    let csv = "花名册,,,\n姓名,证件,,金额\n,身份证号,备注,\n甲,A1,x,3\n";
    let mut sheet = read(csv, &persons()).unwrap();
    assert_eq!((sheet.info().header_row, sheet.info().unknown.len()), (3, 1));
    assert_eq!(table(&mut sheet, &["证件号码", "姓名", "金额"]), ["4 A1|甲|3"]);
}

#[test]
fn cells_beyond_the_header() {
    let mut sheet = read("姓名,身份证号\n甲,A1,\n乙,A2,多,了\n丙\n", &persons()).unwrap();
    let all = rows(&mut sheet);
    assert!(all[0].surplus.is_empty());
    let fields = Fields::new(&all[1], Lang::Zh);
    let errors = fields.finish().unwrap_err();
    assert_eq!((errors[0].code.as_str(), errors[0].value.as_deref()), ("TOO_MANY_CELLS", Some("多 | 了")));
    assert_eq!(all[2].get("证件号码"), &RawCell::Empty);
}

#[test]
fn fields_gather_notes_and_errors() {
    let mut sheet = read("姓名,身份证号,金额\n 甲,A1,\"1,200\"\n,4.3E+17,12.345\n", &persons()).unwrap();
    let all = rows(&mut sheet);
    let mut fields = Fields::new(&all[0], Lang::Zh);
    assert_eq!(fields.need("姓名", cell::text).as_deref(), Some("甲"));
    assert_eq!(fields.need("证件号码", cell::id).as_deref(), Some("A1"));
    assert_eq!(fields.get("金额", cell::money), Some(120_000));
    assert_eq!(fields.get("没有的列", cell::money), None);
    let notes = fields.finish().unwrap();
    let notes: Vec<_> =
        notes.iter().map(|note| (note.row, note.column.as_str(), note.code, note.to.as_str())).collect();
    assert_eq!(notes, [(2, "姓名", NoteCode::Blanks, "甲"), (2, "金额", NoteCode::NumberForm, "1200")]);

    let mut fields = Fields::new(&all[1], Lang::En);
    assert_eq!(fields.need("姓名", cell::text), None);
    assert_eq!(fields.need("证件号码", cell::id), None);
    assert_eq!(fields.get("金额", cell::money), None);
    fields.refuse(None, "OWN", "message", "remedy");
    let codes: Vec<_> = fields.finish().unwrap_err().into_iter().map(|error| error.code).collect();
    assert_eq!(codes, ["REQUIRED", "ID_AS_NUMBER", "MONEY_DECIMALS", "OWN"]);
}

/// A roster of households with the household's cells in its first row.
fn roster() -> Layout {
    let mut layout = layout(&["户主证件号码", "成员证件号码"], &["镇街", "月保障金额"]);
    layout.fill_down =
        vec![FillDown::new(&["镇街"], &["镇街"]), FillDown::new(&["户主证件号码"], &["户主证件号码", "月保障金额"])];
    layout
}

const FILLED: [&str; 6] =
    ["3 甲镇|H1|M1|240", "4 甲镇|H1|M2|240", "5 甲镇|H2|M3|", "6 乙镇|H3|M4|90", "7 乙镇|H3|M5|90", "8 乙镇|H3|M6|90"];
const COLUMNS: [&str; 4] = ["镇街", "户主证件号码", "成员证件号码", "月保障金额"];

#[test]
fn cells_filled_down_in_csv() {
    let csv = "花名册\n镇街,户主证件号码,成员证件号码,月保障金额\n甲镇,H1,M1,240\n,,M2,\n,H2,M3,\n乙镇,H3,M4,90\n,H3,M5,\n,,M6,\n";
    let mut sheet = read(csv, &roster()).unwrap();
    assert_eq!(table(&mut sheet, &COLUMNS), FILLED);
    let all = rows(&mut read(csv, &roster()).unwrap());
    assert!(all[1].was_filled("户主证件号码") && !all[1].was_filled("成员证件号码") && !all[0].was_filled("镇街"));
}

#[test]
fn title_and_merged_cells_in_xlsx() {
    let bytes = xlsx(|sheet| {
        let plain = CellFormat::new();
        sheet.merge_range(0, 0, 0, 3, "示例区低保花名册", &plain).unwrap();
        for (at, header) in COLUMNS.iter().enumerate() {
            sheet.write_string(1, u16::try_from(at).unwrap(), *header).unwrap();
        }
        sheet.merge_range(2, 0, 4, 0, "甲镇", &plain).unwrap();
        sheet.merge_range(2, 1, 3, 1, "H1", &plain).unwrap();
        sheet.merge_range(2, 3, 3, 3, "", &plain).unwrap();
        sheet.write_number(2, 3, 240).unwrap();
        sheet.write_string(4, 1, "H2").unwrap();
        sheet.merge_range(5, 0, 7, 0, "乙镇", &plain).unwrap();
        sheet.merge_range(5, 1, 7, 1, "H3", &plain).unwrap();
        sheet.write_number(5, 3, 90).unwrap();
        for at in 0..6 {
            sheet.write_string(2 + at, 2, format!("M{}", at + 1)).unwrap();
        }
        sheet.write_string(8, 0, "合计").unwrap();
        sheet.write_number(8, 3, 330).unwrap();
    });
    let mut sheet = read(bytes, &roster()).unwrap();
    assert_eq!((sheet.info().format, sheet.info().header_row), (Format::Xlsx, 2));
    assert_eq!(sheet.info().worksheet.as_deref(), Some("Sheet1"));
    assert_eq!(table(&mut sheet, &COLUMNS), FILLED);
    assert_eq!(sheet.skipped_count(), 2);
}

#[test]
fn typed_cells_in_xlsx() {
    let bytes = xlsx(|sheet| {
        for (at, header) in ["姓名", "身份证号", "金额", "日期", "时间"].iter().enumerate() {
            sheet.write_string(0, u16::try_from(at).unwrap(), *header).unwrap();
        }
        let date = CellFormat::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
        let time = CellFormat::new().set_num_format("yyyy/m/d h:mm");
        sheet.write_string(1, 0, "甲").unwrap();
        sheet.write_number(1, 1, 430_199_198_801_020_014_f64).unwrap();
        sheet.write_number(1, 2, 0.1 + 0.2).unwrap();
        sheet.write_datetime_with_format(1, 3, ExcelDateTime::from_ymd(2023, 6, 1).unwrap(), &date).unwrap();
        let at = ExcelDateTime::from_ymd(2023, 6, 1).unwrap().and_hms(8, 30, 0).unwrap();
        sheet.write_datetime_with_format(1, 4, at, &time).unwrap();
        sheet.write_string(2, 1, "430199198801020014").unwrap();
        sheet.write_number(2, 2, 240.1).unwrap();
        sheet.write_number(2, 3, 45078).unwrap();
        sheet.write_string(2, 4, "2023-06-01 08:30").unwrap();
        sheet.write_boolean(2, 0, true).unwrap();
    });
    let mut layout = persons();
    layout.columns.extend(["日期", "时间"].map(|header| Column::optional(header, CellKind::Date)));
    let all = rows(&mut read(bytes, &layout).unwrap());
    let [first, second] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(cell::id(first.get("证件号码")).unwrap_err().code.as_str(), "ID_AS_NUMBER");
    assert_eq!(cell::money(first.get("金额")).unwrap().value, Some(30));
    assert_eq!(cell::money(second.get("金额")).unwrap().value, Some(24_010));
    for row in [first, second] {
        assert_eq!(cell::date(row.get("日期")).unwrap().value.unwrap().to_string(), "2023-06-01");
        let at = cell::date_time(row.get("时间")).unwrap().value.unwrap();
        assert_eq!(at.to_rfc3339(), "2023-06-01T08:30:00+08:00");
    }
    assert_eq!(second.get("姓名"), &RawCell::Bool(true));
}

#[test]
fn the_first_visible_worksheet() {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_hidden(true);
    hidden.write_string(0, 0, "姓名").unwrap();
    let second = book.add_worksheet();
    second.set_name("名单").unwrap();
    second.set_active(true);
    for (row, cells) in [["姓名", "身份证号"], ["甲", "A1"]].iter().enumerate() {
        for (at, value) in cells.iter().enumerate() {
            second.write_string(u32::try_from(row).unwrap(), u16::try_from(at).unwrap(), *value).unwrap();
        }
    }
    book.add_worksheet().set_name("说明").unwrap();
    let mut sheet = read(book.save_to_buffer().unwrap(), &persons()).unwrap();
    assert_eq!(sheet.info().worksheet.as_deref(), Some("名单"));
    assert_eq!(sheet.info().other_worksheets, ["说明"]);
    assert_eq!(table(&mut sheet, &["姓名"]), ["2 甲"]);
}

#[test]
fn too_many_rows_in_xlsx() {
    let bytes = xlsx(|sheet| {
        sheet.write_string(0, 0, "姓名").unwrap();
        sheet.write_string(0, 1, "身份证号").unwrap();
        for row in 1..=500 {
            sheet.write_string(row, 0, "甲").unwrap();
            sheet.write_string(row, 1, format!("A{row}")).unwrap();
        }
        sheet.write_string(501, 0, "合计").unwrap();
        sheet.set_row_height(900, 30).unwrap();
    });
    let with = |max_rows| open(bytes.clone(), "x", &persons(), &ReadOptions { max_rows, ..ReadOptions::default() });
    assert_eq!(with(500).unwrap().map(Result::unwrap).count(), 500);
    match with(499) {
        Err(error @ SheetError::TooManyRows { limit: 499 }) => assert!(error.remedy(Lang::Zh).contains("CSV")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_million_rows_of_csv() {
    const ROWS: u64 = 1_000_000;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    {
        let mut out = std::io::BufWriter::new(file.as_file_mut());
        out.write_all("姓名,身份证号,金额\n".as_bytes()).unwrap();
        for at in 0..ROWS {
            writeln!(out, "测试人员{at},4301991988010{at:05},{}.50", at % 1000).unwrap();
        }
        out.flush().unwrap();
    }
    let mut sheet = open(file.path(), "many.csv", &persons(), &ReadOptions::default()).unwrap();
    let (mut count, mut fen) = (0, 0);
    for row in &mut sheet {
        let row = row.unwrap();
        count += 1;
        fen += cell::money(row.get("金额")).unwrap().value.unwrap();
    }
    assert_eq!((count, sheet.rows_read()), (ROWS, ROWS));
    assert_eq!(fen, i64::try_from(ROWS).unwrap() / 1000 * (499_500 + 500) * 100);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    // the whole test program, in case other tests run beside it
    assert!(peak.unwrap_or_default() < 300_000, "{peak:?} kB");
}
