//! Writing, and reading again what was written.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;

use super::{
    CellKind, Column, Fields, Format, Lang, Layout, MendSheet, OutCell, RawRow, ReadOptions, Sheet, SheetWriter, cell,
    money_text, open,
};

fn layout() -> Layout {
    Layout::new(vec![
        Column::required("证件号码", CellKind::Id).also(&["身份证号"]),
        Column::required("姓名", CellKind::Text),
        Column::optional("金额", CellKind::Money),
        Column::optional("日期", CellKind::Date),
        Column::optional("月份", CellKind::Month),
        Column::optional("时间", CellKind::DateTime),
        Column::optional("人数", CellKind::Integer),
        Column::optional("城乡", CellKind::Choice(vec!["城市".to_owned(), "农村".to_owned()])),
        Column::optional("是否", CellKind::YesNo),
        Column::optional("成员", CellKind::List),
    ])
}

fn read(bytes: Vec<u8>) -> Sheet {
    let options = ReadOptions { strict: true, ..ReadOptions::default() };
    open(bytes, "again", &layout(), &options).unwrap()
}

fn write(format: Format, rows: &[Vec<OutCell<'_>>]) -> Vec<u8> {
    let mut writer = SheetWriter::new(Vec::new(), format, &layout().columns).unwrap();
    for row in rows {
        writer.row(row.iter().cloned()).unwrap();
    }
    assert_eq!(writer.rows_written(), u64::try_from(rows.len()).unwrap());
    writer.finish().unwrap()
}

#[test]
fn every_kind_comes_back_without_a_note() {
    for format in [Format::Csv, Format::Xlsx] {
        let date = NaiveDate::from_ymd_opt(2023, 6, 1).unwrap();
        let at = DateTime::parse_from_rfc3339("2023-06-01T08:30:15+08:00").unwrap();
        let month = cell::YearMonth::new(2023, 6).unwrap();
        let bytes = write(
            format,
            &[vec![
                "43019919560708001X".into(),
                "测试，\"甲\"\n乙".into(),
                OutCell::Money(-123_405),
                date.into(),
                month.into(),
                at.into(),
                12.into(),
                "农村".into(),
                OutCell::yes_no(true),
                OutCell::list(&["甲", "乙"]),
            ]],
        );
        let row = read(bytes).next().unwrap().unwrap();
        let mut fields = Fields::new(&row, Lang::Zh);
        assert_eq!(fields.need("证件号码", cell::id).as_deref(), Some("43019919560708001X"));
        assert_eq!(fields.need("姓名", cell::text).as_deref(), Some("测试，\"甲\"\n乙"));
        assert_eq!(fields.need("金额", cell::money), Some(-123_405));
        assert_eq!(fields.need("日期", cell::date), Some(date));
        assert_eq!(fields.need("月份", cell::month), Some(month));
        assert_eq!(fields.need("时间", cell::date_time), Some(at));
        assert_eq!(fields.need("人数", cell::integer), Some(12));
        assert_eq!(fields.need("城乡", |cell| cell::choice(cell, &[("农村", 'R')])), Some('R'));
        assert_eq!(fields.need("是否", cell::yes_no), Some(true));
        assert_eq!(fields.need("成员", cell::text_list), Some(vec!["甲".to_owned(), "乙".to_owned()]));
        assert_eq!(fields.finish(), Ok(Vec::new()), "{format:?}");
    }
}

/// A part of a workbook.
fn part(book: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
    text
}

#[test]
fn numbers_money_and_days_are_number_cells_and_names_are_text() {
    let columns = vec![
        Column::required("编号", CellKind::Id),
        Column::optional("金额", CellKind::Money),
        Column::optional("日期", CellKind::Date),
        Column::optional("人数", CellKind::Integer),
        Column::optional("系数", CellKind::Decimal),
    ];
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let rows: Vec<[OutCell<'_>; 5]> = vec![
        ["007".into(), OutCell::Money(-123_405), day(2023, 6, 1).into(), 12.into(), OutCell::Decimal("12.5".into())],
        // What a number cell would not keep stays text.
        ["8".into(), OutCell::Money(i64::MAX), day(1899, 12, 31).into(), 0.into(), OutCell::Decimal("12.50".into())],
        ["9".into(), OutCell::Money(10), day(1900, 3, 1).into(), OutCell::Empty, OutCell::Decimal("-0.1".into())],
    ];
    let mut writer = SheetWriter::new(Vec::new(), Format::Xlsx, &columns).unwrap();
    writer.set_title("发放记录/2023").unwrap();
    for row in &rows {
        writer.row(row.iter().cloned()).unwrap();
    }
    writer.set_about(&[("导出人", "甲".to_owned())]).unwrap();
    let book = writer.finish().unwrap();
    let sheet = part(&book, "xl/worksheets/sheet1.xml");
    for (at, value) in [("B2", "-1234.05"), ("C2", "45078"), ("D2", "12"), ("E2", "12.5"), ("C4", "61"), ("B4", "0.1")]
    {
        let cell = sheet.split(&format!("r=\"{at}\"")).nth(1).unwrap();
        let (head, rest) = cell.split_once('>').unwrap();
        assert!(!head.contains("t="), "{at}: {head}");
        assert!(rest.starts_with(&format!("<v>{value}</v>")), "{at}: {}", &rest[..40]);
    }
    for at in ["A2", "B3", "C3", "E3"] {
        let head = sheet.split(&format!("r=\"{at}\"")).nth(1).unwrap().split('>').next().unwrap();
        assert!(head.contains("t="), "{at}: {head}");
    }
    let names = part(&book, "xl/workbook.xml");
    assert!(names.contains("\"发放记录2023\"") && names.contains("\"关于本表\""), "{names}");
    // It comes back as it was, without a word of the worksheet that was added.
    let mut sheet = open(book, "again", &Layout::new(columns.clone()), &ReadOptions::default()).unwrap();
    assert!(sheet.info().other_worksheets.is_empty());
    for row in &rows {
        let raw = sheet.next().unwrap().unwrap();
        let text = |at: usize| row[at].to_text().into_owned();
        assert_eq!(raw.get("编号").to_string(), text(0));
        let money = cell::money(raw.get("金额")).unwrap();
        assert_eq!((OutCell::Money(money.value.unwrap()), money.note), (row[1].clone(), None));
        let date = cell::date(raw.get("日期")).unwrap();
        assert_eq!((OutCell::from(date.value), date.note), (row[2].clone(), None));
        assert_eq!(cell::decimal(raw.get("系数")).unwrap().value.unwrap_or_default(), text(4));
    }
}

#[test]
fn drop_downs_hold_long_lists_too() {
    let long: Vec<String> = (0..60).map(|n| format!("第{n}种选项")).collect();
    let columns = vec![
        Column::required("城乡", CellKind::Choice(vec!["城市".to_owned(), "农村".to_owned()])),
        Column::required("种类", CellKind::Choice(long)),
    ];
    let about = [("表格", "样表".to_owned())];
    let book = SheetWriter::template(Vec::new(), Format::Xlsx, &Layout::new(columns.clone()), "样表", &about).unwrap();
    let sheet = part(&book, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("&quot;城市,农村&quot;") || sheet.contains("\"城市,农村\""), "{sheet}");
    assert!(sheet.contains("$A$1:$A$60"), "{sheet}");
    assert!(part(&book, "xl/workbook.xml").contains("state=\"hidden\""));
    let sheet = open(book, "again", &Layout::new(columns), &ReadOptions::default()).unwrap();
    assert!(sheet.info().other_worksheets.is_empty() && sheet.info().hidden_worksheets.is_empty());
}

#[test]
fn cells_to_mend_are_red() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in ["姓名", "证件号码", "金额"].into_iter().enumerate() {
        sheet.write_string(0, u16::try_from(column).unwrap(), header).unwrap();
    }
    sheet.write_string(1, 1, "A2").unwrap();
    sheet.write_string(1, 2, "12.345").unwrap();
    let (_, mend) = import(book.save_to_buffer().unwrap());
    let mend = mend.unwrap();
    let (sheet, styles) = (part(&mend, "xl/worksheets/sheet1.xml"), part(&mend, "xl/styles.xml"));
    assert!(styles.contains("FFFFC7CE"), "{styles}");
    let style = |at: &str| {
        let head = sheet.split(&format!("r=\"{at}\"")).nth(1)?.split('>').next()?;
        Some(head.split("s=\"").nth(1)?.split('"').next()?.to_owned())
    };
    // The name is missing, the amount has three decimals, the number is good.
    assert!(style("A2").is_some() && style("A2") == style("C2"), "{sheet}");
    assert_ne!(style("A2"), style("B2"));
}

#[test]
fn files_are_written_by_their_ending_only() {
    for (name, format) in [
        ("a.csv", Some(Format::Csv)),
        ("./b.XLSX", Some(Format::Xlsx)),
        ("a.b.xlsx", Some(Format::Xlsx)),
        ("a.xls", None),
        ("a.xlsm", None),
        ("a.pdf", None),
        ("a", None),
        (".csv", None),
        ("folder/.xlsx", None),
    ] {
        assert_eq!(Format::written_as(name), format, "{name}");
    }
}

#[test]
fn formulas_are_guarded_and_come_back() {
    let texts = ["=1+1", "+86 731", "-甲", "@cmd", "'=1", "''+x", "'quoted", "-12.50", "=\"001\"", "＝1", "'", "a'=b"];
    for format in [Format::Csv, Format::Xlsx] {
        let rows: Vec<Vec<OutCell<'_>>> = texts.iter().map(|text| vec!["A1".into(), (*text).into()]).collect();
        let bytes = write(format, &rows);
        if format == Format::Csv {
            let csv = String::from_utf8(bytes.clone()).unwrap();
            assert!(csv.starts_with("\u{FEFF}证件号码,姓名,"));
            for line in csv.lines().skip(1) {
                let cell = line.strip_prefix("A1,").unwrap().trim_start_matches('"');
                assert!(cell == "-12.50" || !cell.starts_with(['=', '+', '-', '@', '\t']), "{line}");
            }
        }
        let back: Vec<String> = read(bytes).map(|row| row.unwrap().get("姓名").to_string()).collect();
        assert_eq!(back, texts, "{format:?}");
    }
}

#[test]
fn money_as_text() {
    for (fen, text) in
        [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123_450, "1234.50"), (i64::MIN, "-92233720368547758.08")]
    {
        assert_eq!(money_text(fen), text);
        assert_eq!(cell::money(&super::RawCell::text(text)).unwrap().value, Some(fen));
    }
}

#[test]
fn templates_are_read_as_empty_sheets() {
    for format in [Format::Csv, Format::Xlsx] {
        let bytes = SheetWriter::template(Vec::new(), format, &layout(), "人员", &[]).unwrap();
        let mut sheet = read(bytes);
        assert_eq!(sheet.info().headers, layout().headers());
        assert!(sheet.next().is_none());
    }
    let path = tempfile::tempdir().unwrap();
    let file = path.path().join("template.xlsx");
    SheetWriter::create(&file, Format::of_file_name("template.XLSX"), &layout().columns).unwrap().finish().unwrap();
    assert!(open(file.as_path(), "template.xlsx", &layout(), &ReadOptions::default()).unwrap().next().is_none());
}

/// Reads all rows with the parsers; the refused ones go to a sheet to mend.
fn import(bytes: Vec<u8>) -> (Vec<RawRow>, Option<Vec<u8>>) {
    let mut sheet = open(bytes, "list", &layout(), &ReadOptions::default()).unwrap();
    let mut mend = MendSheet::new(Vec::new(), sheet.info()).unwrap();
    let mut good = Vec::new();
    for row in &mut sheet {
        let row = row.unwrap();
        let mut fields = Fields::new(&row, Lang::Zh);
        fields.need("证件号码", cell::id);
        fields.need("姓名", cell::text);
        fields.get("金额", cell::money);
        match fields.finish() {
            Ok(_) => good.push(row),
            Err(errors) => mend.add(&row, &errors).unwrap(),
        }
    }
    let any = mend.rows() > 0;
    (good, any.then(|| mend.finish().unwrap()))
}

#[test]
fn the_sheet_to_mend_goes_round() {
    let csv = "花名册,,,\n姓名,身份证号,金额,备注\n甲,A1,12.00,x\n,4.3E+17,12.345,'=y\n丙,A3,1,\n";
    let (good, mend) = import(csv.into());
    assert_eq!(good.len(), 2);
    let mend = String::from_utf8(mend.unwrap()).unwrap();
    assert_eq!(
        mend,
        "\u{FEFF}姓名,身份证号,金额,备注,行号,问题列,问题值,问题代码,处理办法\r\n\
         ,4.3E+17,12.345,'=y,4,\"证件号码\n姓名\n金额\",\"4.3E+17\n\n12.345\",\"ID_AS_NUMBER\nREQUIRED\nMONEY_DECIMALS\",\"\
         号码被表格软件当成了数字，末几位已经丢失；把这一列的格式设为“文本”，再重新录入完整号码（只改格式不能找回丢失的数字）\n\
         必填项为空；请补填这一格\n金额多于两位小数；按元填写，最多两位小数\"\r\n"
    );
    // half mended: the columns added the first time are not added twice
    let (good, again) = import(mend.replace("\r\n,4.3E+17", "\r\n乙,A2").into());
    assert!(good.is_empty());
    let again = String::from_utf8(again.unwrap()).unwrap();
    assert!(again.starts_with("\u{FEFF}姓名,身份证号,金额,备注,行号,问题列,"), "{again}");
    assert_eq!(again.matches("行号").count(), 1);
    let (good, none) = import(again.replace("12.345,'", "12.34,'").into());
    assert!(none.is_none());
    assert_eq!(good[0].get("姓名").to_string(), "乙");
    assert_eq!(good[0].cells[3].to_string(), "=y");
}

#[test]
fn a_lost_number_stays_lost_in_the_sheet_to_mend() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    sheet.write_string(0, 1, "身份证号").unwrap();
    sheet.write_string(1, 0, "甲").unwrap();
    sheet.write_number(1, 1, 430_199_198_801_020_014_f64).unwrap();
    let (good, mend) = import(book.save_to_buffer().unwrap());
    assert!(good.is_empty());
    // sent again as it is, it is refused again
    let (good, mend) = import(mend.unwrap());
    assert!(good.is_empty() && mend.is_some());
}

/// What stands in a cell, marks for none too.
fn shown(cell: &super::RawCell) -> Option<String> {
    Some(cell.to_string().trim().to_owned()).filter(|text| !text.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_text_comes_back(texts in prop::collection::vec("[ -~、，；甲乙\n'=+@-]{0,12}", 1..6)) {
        for format in [Format::Csv, Format::Xlsx] {
            let rows: Vec<Vec<OutCell<'_>>> =
                texts.iter().map(|text| vec!["A1".into(), OutCell::Text(Cow::Borrowed(text))]).collect();
            let back: Vec<Option<String>> =
                read(write(format, &rows)).map(|row| shown(row.unwrap().get("姓名"))).collect();
            let expected: Vec<Option<String>> =
                texts.iter().map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty())).collect();
            prop_assert_eq!(back, expected);
        }
    }

    #[test]
    fn any_amount_comes_back(fen in any::<i64>()) {
        let parsed = cell::money(&super::RawCell::text(money_text(fen))).unwrap();
        prop_assert_eq!(parsed.value, Some(fen));
        prop_assert!(parsed.note.is_none());
    }
}
