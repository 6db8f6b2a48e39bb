//! One cell at a time.

use chrono::NaiveDate;

use super::cell::{self, CellResult, Parsed};
use super::{CellCode, Lang, NoteCode, RawCell};

fn text(value: &str) -> RawCell {
    RawCell::text(value)
}

fn number(value: &str) -> RawCell {
    RawCell::Number(value.to_owned())
}

fn at(y: i32, m: u32, d: u32, h: u32, min: u32) -> RawCell {
    RawCell::DateTime(NaiveDate::from_ymd_opt(y, m, d).unwrap().and_hms_opt(h, min, 0).unwrap())
}

/// The value as text and the note's code, or the error's code.
fn shown<T: ToString>(result: CellResult<T>) -> (String, Option<NoteCode>) {
    match result {
        Ok(Parsed { value, note }) => {
            (value.map_or("∅".to_owned(), |value| value.to_string()), note.map(|note| note.code))
        }
        Err(error) => (error.code.as_str().to_owned(), None),
    }
}

#[test]
fn dates_in_all_forms() {
    use NoteCode::{DateForm, DateSerial, EmptyMark, TimeDropped};
    let june = "2023-06-01";
    let cases: &[(RawCell, &str, Option<NoteCode>)] = &[
        (text("2023-06-01"), june, None),
        (text("2023.6.1"), june, Some(DateForm)),
        (text("2023.06.01."), june, Some(DateForm)),
        (text("2023/6/1"), june, Some(DateForm)),
        (text("2023年6月1日"), june, Some(DateForm)),
        (text("2023年06月01号"), june, Some(DateForm)),
        (text(" 2023 年 6 月 1 日　"), june, Some(DateForm)),
        (text("２０２３－０６－０１"), june, Some(DateForm)),
        (text("20230601"), june, Some(DateForm)),
        (number("20230601"), june, Some(DateForm)),
        (number("45078"), june, Some(DateSerial)),
        (text("45078"), june, Some(DateSerial)),
        (number("45078.354167"), june, Some(DateSerial)),
        (number("9133"), "1925-01-01", Some(DateSerial)),
        (at(2023, 6, 1, 0, 0), june, None),
        (at(2023, 6, 1, 8, 30), june, Some(TimeDropped)),
        (text("2023-06-01 00:00:00"), june, Some(TimeDropped)),
        (text("2023-06-01T16:30:00Z"), "2023-06-02", Some(TimeDropped)),
        (text(""), "∅", None),
        (text(" 　\u{a0}"), "∅", None),
        (RawCell::Empty, "∅", None),
        (text("/"), "∅", Some(EmptyMark)),
        (text("无"), "∅", Some(EmptyMark)),
        (text("2024.3"), "DATE_NEEDS_DAY", None),
        (number("2024.3"), "DATE_NEEDS_DAY", None),
        (text("2024年3月"), "DATE_NEEDS_DAY", None),
        (text("2024-03"), "DATE_NEEDS_DAY", None),
        (text("202403"), "DATE_NEEDS_DAY", None),
        (number("2024"), "DATE_NEEDS_DAY", None),
        (text("2023-02-29"), "DATE_INVALID", None),
        (text("20230631"), "DATE_INVALID", None),
        (text("6/1/2023"), "DATE_INVALID", None),
        (text("23-6-1"), "DATE_INVALID", None),
        (text("20236.1"), "DATE_INVALID", None),
        (text("去年"), "DATE_INVALID", None),
        (text("2023-06-01 25:00"), "DATE_INVALID", None),
        (text("1023-06-01"), "DATE_OUT_OF_RANGE", None),
        (RawCell::Bool(true), "WRONG_CELL_TYPE", None),
        (RawCell::Error("#N/A".to_owned()), "CELL_ERROR", None),
    ];
    for (cell, value, note) in cases {
        assert_eq!(shown(cell::date(cell)), ((*value).to_owned(), *note), "{cell:?}");
    }
}

#[test]
fn months_in_all_forms() {
    use NoteCode::MonthForm;
    let june = "2023-06";
    let cases: &[(RawCell, &str, Option<NoteCode>)] = &[
        (text("2023-06"), june, None),
        (text("2023-6"), june, Some(MonthForm)),
        (text("2023年6月"), june, Some(MonthForm)),
        (text("2023年06月份"), june, Some(MonthForm)),
        (text("2023.6"), june, Some(MonthForm)),
        (number("2023.6"), june, Some(MonthForm)),
        (text("2023/06"), june, Some(MonthForm)),
        (text("202306"), june, Some(MonthForm)),
        (number("202306"), june, Some(MonthForm)),
        (text("２０２３年６月"), june, Some(MonthForm)),
        (text("Jun-23"), june, Some(MonthForm)),
        (text("2023-06-01"), june, Some(MonthForm)),
        (number("45078"), june, Some(MonthForm)),
        (at(2023, 6, 1, 0, 0), june, None),
        (text("2023.10"), "2023-10", Some(MonthForm)),
        (text("2023.1"), "MONTH_AMBIGUOUS", None),
        (number("2023.1"), "MONTH_AMBIGUOUS", None),
        (at(2023, 6, 2, 0, 0), "MONTH_HAS_DAY", None),
        (text("2023-06-15"), "MONTH_HAS_DAY", None),
        (text("2023-13"), "MONTH_INVALID", None),
        (text("六月"), "MONTH_INVALID", None),
        (text(""), "∅", None),
    ];
    for (cell, value, note) in cases {
        assert_eq!(shown(cell::month(cell)), ((*value).to_owned(), *note), "{cell:?}");
    }
}

#[test]
fn month_ranges_in_all_forms() {
    let quarter = "2023-01~2023-03";
    let cases = [
        ("2023-01~2023-03", quarter),
        ("2023-01 ～ 2023-03", quarter),
        ("2023-01至2023-03", quarter),
        ("2023年1月至2023年3月", quarter),
        ("2023年1月到3月", quarter),
        ("2023年1-3月", quarter),
        ("2023年1月-3月", quarter),
        ("2023-01-2023-03", quarter),
        ("2023年1月-2023年3月", quarter),
        ("2023.1-2023.3", quarter),
        ("2023.01—2023.03", quarter),
        ("2023.01——2023.03", quarter),
        ("202301-202303", quarter),
        ("2023-01~03", quarter),
        ("2022-12~2023-03", "2022-12~2023-03"),
        ("2023-01", "2023-01"),
        ("2023年1月", "2023-01"),
        ("2023-03~2023-01", "MONTH_RANGE_BACKWARDS"),
        ("2023-01-03", "MONTH_HAS_DAY"),
        ("2023-01~", "MONTH_RANGE_INVALID"),
        ("全年", "MONTH_RANGE_INVALID"),
    ];
    for (written, value) in cases {
        assert_eq!(shown(cell::month_range(&text(written))).0, value, "{written}");
    }
    let range = cell::month_range(&text("2022-11~2023-02")).unwrap().value.unwrap();
    let months: Vec<String> = range.months().map(|month| month.to_string()).collect();
    assert_eq!(months, ["2022-11", "2022-12", "2023-01", "2023-02"]);
    assert_eq!(range.from.first_day().to_string(), "2022-11-01");
}

#[test]
fn times_in_all_forms() {
    use NoteCode::{DateSerial, TimeForm};
    let morning = "2023-06-01 08:30:00 +08:00";
    let cases: &[(RawCell, &str, Option<NoteCode>)] = &[
        (text("2023-06-01 08:30"), morning, None),
        (text("2023-06-01 08:30:00"), morning, None),
        (text("2023-06-01T08:30"), morning, None),
        (text("2023-06-01T08:30:00+08:00"), morning, None),
        (text("2023-06-01T00:30:00Z"), "2023-06-01 00:30:00 +00:00", None),
        (text("2023-06-01 08:30:00 +0800"), morning, Some(TimeForm)),
        (text("2023/6/1 8:30"), morning, Some(TimeForm)),
        (text("2023年6月1日8时30分"), morning, Some(TimeForm)),
        (text("2023年6月1日 8点30分"), morning, Some(TimeForm)),
        (text("２０２３－０６－０１　０８：３０"), morning, Some(TimeForm)),
        (text("2023-06-01 08:30:00.000"), morning, Some(TimeForm)),
        (at(2023, 6, 1, 8, 30), morning, None),
        (number("45078.3541666667"), morning, Some(DateSerial)),
        (text("2023-06-01"), "TIME_MISSING", None),
        (number("45078"), "TIME_MISSING", None),
        (at(2023, 6, 1, 0, 0), "TIME_MISSING", None),
        (text("2023-06-01 24:30"), "DATETIME_INVALID", None),
        (text("2023-06-01 8"), "DATETIME_INVALID", None),
        (text("08:30"), "DATETIME_INVALID", None),
        (text("2023-06-01 08:30+99:99"), "DATETIME_INVALID", None),
        (text(""), "∅", None),
    ];
    for (cell, value, note) in cases {
        assert_eq!(shown(cell::date_time(cell)), ((*value).to_owned(), *note), "{cell:?}");
    }
}

#[test]
fn ids_and_the_number_traps() {
    use NoteCode::{Blanks, EndsIn000, FullWidth, LetterCase, NumberAsText};
    let cases: &[(RawCell, &str, Option<NoteCode>)] = &[
        (text("430199198801020014"), "430199198801020014", None),
        (text(" 430199198801020014　"), "430199198801020014", Some(Blanks)),
        (text("430199 19880102 0014"), "430199198801020014", Some(Blanks)),
        (text("\u{202A}430199198801020014\u{202C}"), "430199198801020014", Some(Blanks)),
        (text("'430199198801020014"), "430199198801020014", Some(Blanks)),
        (text("４３０１９９１９８８０１０２００１４"), "430199198801020014", Some(FullWidth)),
        (text("43019919560708001x"), "43019919560708001X", Some(LetterCase)),
        (text("43019919560708001ｘ"), "43019919560708001X", Some(FullWidth)),
        (text("430199198801020000"), "430199198801020000", Some(EndsIn000)),
        (number("430199001001"), "430199001001", Some(NumberAsText)),
        (number("110105491231002"), "110105491231002", Some(NumberAsText)),
        (text("E12345678"), "E12345678", None),
        (text("5E3"), "5E3", None),
        (text("4.3E+17"), "ID_AS_NUMBER", None),
        (text("4.30199E+17"), "ID_AS_NUMBER", None),
        (text("４.３Ｅ＋１７"), "ID_AS_NUMBER", None),
        (number("430199198801020000"), "ID_AS_NUMBER", None),
        (number("430199198801020032"), "ID_AS_NUMBER", None),
        (number("6228480000000000000"), "ID_AS_NUMBER", None),
        (number("12.5"), "WRONG_CELL_TYPE", None),
        (at(2023, 6, 1, 0, 0), "WRONG_CELL_TYPE", None),
        (text("　"), "∅", None),
        (text("'"), "∅", None),
    ];
    for (cell, value, note) in cases {
        assert_eq!(shown(cell::id(cell)), ((*value).to_owned(), *note), "{cell:?}");
    }
    assert_eq!(shown(cell::text(&number("430199198801020000"))).0, "ID_AS_NUMBER");
    let error = cell::id(&number("430199198801020000")).unwrap_err();
    assert_eq!(error.value, "4.3019919880102E+17");
    assert!(error.remedy(Lang::Zh).contains("文本"), "{}", error.remedy(Lang::Zh));
    assert!(error.remedy(Lang::En).contains("text"));
}

#[test]
fn texts_and_lists() {
    use NoteCode::{Blanks, FullWidth, ListForm, NumberAsText};
    assert_eq!(shown(cell::text(&text("测试甲"))), ("测试甲".to_owned(), None));
    assert_eq!(shown(cell::text(&text("\u{a0}测试甲　"))), ("测试甲".to_owned(), Some(Blanks)));
    assert_eq!(shown(cell::text(&text("Ａ１号（东）"))), ("A1号（东）".to_owned(), Some(FullWidth)));
    assert_eq!(shown(cell::text(&number("12"))), ("12".to_owned(), Some(NumberAsText)));
    assert_eq!(shown(cell::text(&text("无"))), ("∅".to_owned(), Some(NoteCode::EmptyMark)));
    assert_eq!(shown(cell::word(&text("无"))), ("无".to_owned(), None));
    assert_eq!(shown(cell::word(&text("none"))), ("none".to_owned(), None));
    let joined = |cell: &RawCell| shown(cell::id_list(cell).map(|parsed| parsed.map(|values| values.join(","))));
    for written in ["A1;B2;C3", "A1；B2、C3", "A1，B2,C3", "A1 B2\nC3", " A1；；B2 ;C3; "] {
        assert_eq!(joined(&text(written)).0, "A1,B2,C3", "{written}");
    }
    assert_eq!(joined(&text("A1;B2")).1, None);
    assert_eq!(joined(&text("A1、B2")).1, Some(ListForm));
    assert_eq!(joined(&text("；；")), ("∅".to_owned(), Some(NoteCode::EmptyMark)));
    assert_eq!(joined(&text("A1;4.3E+17")).0, "ID_AS_NUMBER");
    assert_eq!(joined(&number("430199198801020000")).0, "ID_AS_NUMBER");
    let names = cell::text_list(&text("张三、李四")).unwrap().value.unwrap();
    assert_eq!(names, ["张三", "李四"]);
}

#[test]
fn money_to_the_fen() {
    use NoteCode::{FloatTail, NumberForm};
    let cases: &[(RawCell, &str, Option<NoteCode>)] = &[
        (text("240.00"), "24000", None),
        (text("240"), "24000", None),
        (text("-12.05"), "-1205", None),
        (text("1,234.50"), "123450", Some(NumberForm)),
        (text("￥1,234.50"), "123450", Some(NumberForm)),
        (text("¥1234.5元"), "123450", Some(NumberForm)),
        (text("-￥12.05"), "-1205", Some(NumberForm)),
        (text("人民币1234元整"), "123400", Some(NumberForm)),
        (text("１２３４．５０"), "123450", Some(NumberForm)),
        (text("1，234.50"), "123450", Some(NumberForm)),
        (text("240.100"), "24010", None),
        (number("240"), "24000", None),
        (number("240.1"), "24010", None),
        (number("0.29"), "29", None),
        (number("4.35"), "435", None),
        (number("1234567890.12"), "123456789012", None),
        (number("0.30000000000000004"), "30", Some(FloatTail)),
        (number("1199.9999999999998"), "120000", Some(FloatTail)),
        (number("9.999999999999999999"), "1000", Some(FloatTail)),
        (number("0.305"), "MONEY_DECIMALS", None),
        (number("0.3000001"), "MONEY_DECIMALS", None),
        (text("0.30000000000000004"), "MONEY_DECIMALS", None),
        (text("12.345"), "MONEY_DECIMALS", None),
        (text("1.34万元"), "MONEY_UNIT", None),
        (text("12,34"), "MONEY_INVALID", None),
        (text("1,23,456"), "MONEY_INVALID", None),
        (text("1.2E+3"), "MONEY_INVALID", None),
        (text("-"), "∅", Some(NoteCode::EmptyMark)),
        (text("--5"), "MONEY_INVALID", None),
        (text("约500"), "MONEY_INVALID", None),
        (text("99999999999999999999"), "NUMBER_TOO_LARGE", None),
        (at(2023, 6, 1, 0, 0), "WRONG_CELL_TYPE", None),
        (text("/"), "∅", Some(NoteCode::EmptyMark)),
        (text(" "), "∅", None),
    ];
    for (cell, value, note) in cases {
        assert_eq!(shown(cell::money(cell)), ((*value).to_owned(), *note), "{cell:?}");
    }
}

#[test]
fn whole_and_decimal_numbers() {
    use NoteCode::NumberForm;
    assert_eq!(shown(cell::integer(&text("12"))), ("12".to_owned(), None));
    assert_eq!(shown(cell::integer(&text("1,200"))), ("1200".to_owned(), Some(NumberForm)));
    assert_eq!(shown(cell::integer(&text("１２"))), ("12".to_owned(), Some(NumberForm)));
    assert_eq!(shown(cell::integer(&text("12.0"))), ("12".to_owned(), Some(NumberForm)));
    assert_eq!(shown(cell::integer(&number("-3"))), ("-3".to_owned(), None));
    assert_eq!(shown(cell::integer(&text("12.5"))).0, "INTEGER_INVALID");
    assert_eq!(shown(cell::integer(&text("十二"))).0, "INTEGER_INVALID");
    assert_eq!(shown(cell::integer(&text("2147483647"))).0, "2147483647");
    assert_eq!(shown(cell::integer(&text("2147483648"))).0, "NUMBER_TOO_LARGE");
    assert_eq!(shown(cell::decimal(&text("112.9388140"))), ("112.9388140".to_owned(), None));
    assert_eq!(shown(cell::decimal(&text("+.50"))), ("0.50".to_owned(), Some(NumberForm)));
    assert_eq!(shown(cell::decimal(&number("0.1"))), ("0.1".to_owned(), None));
    assert_eq!(shown(cell::decimal(&number("0.30000000000000004"))).0, "0.3");
    assert_eq!(shown(cell::decimal(&text("-0"))).0, "0");
    assert_eq!(shown(cell::decimal(&text("60%"))).0, "DECIMAL_INVALID");
}

#[test]
fn yes_no_and_closed_lists() {
    for yes in ["是", "√", "✓", "Y", "y", "1", " 是 ", "Ｙ"] {
        assert_eq!(cell::yes_no(&text(yes)).unwrap().value, Some(true), "{yes}");
    }
    for no in ["否", "N", "0", "×", "无"] {
        assert_eq!(cell::yes_no(&text(no)).unwrap().value, Some(false), "{no}");
    }
    assert_eq!(shown(cell::yes_no(&text("是"))).1, None);
    assert_eq!(shown(cell::yes_no(&text("√"))).1, Some(NoteCode::YesNoForm));
    assert_eq!(shown(cell::yes_no(&RawCell::Bool(true))), ("true".to_owned(), Some(NoteCode::YesNoForm)));
    assert_eq!(shown(cell::yes_no(&number("1"))).0, "true");
    assert_eq!(shown(cell::yes_no(&text("也许"))).0, "YES_NO_INVALID");
    assert_eq!(shown(cell::yes_no(&text(""))).0, "∅");

    let list = [("城市", 'U'), ("农村", 'R'), ("城镇", 'U')];
    assert_eq!(shown(cell::choice(&text("农村"), &list)), ("R".to_owned(), None));
    assert_eq!(shown(cell::choice(&text("城 市 "), &list)), ("U".to_owned(), Some(NoteCode::ChoiceForm)));
    assert_eq!(shown(cell::choice(&text("城镇"), &list)), ("U".to_owned(), None));
    assert_eq!(shown(cell::choice(&number("5"), &[("5", 5)])), ("5".to_owned(), None));
    assert_eq!(shown(cell::choice(&text("无"), &[("无", 0), ("有", 1)])), ("0".to_owned(), None));
    assert_eq!(shown(cell::choice(&text("/"), &list)), ("∅".to_owned(), Some(NoteCode::EmptyMark)));
    let error = cell::choice(&text("郊区"), &list).unwrap_err();
    assert_eq!(error.code, CellCode::NotInList);
    assert_eq!(error.value, "郊区");
    assert_eq!(error.message(Lang::Zh), "不在可选范围内");
    assert_eq!(error.remedy(Lang::Zh), "从可选值中选一个：城市、农村");
    assert_eq!(error.remedy(Lang::En), "choose one of the list: 城市, 农村");
}

#[test]
fn marks_for_none_are_none_in_every_kind_of_cell() {
    let marks = [
        "无",
        "/",
        "-",
        "—",
        "——",
        "×",
        "空",
        "不详",
        "没有",
        "N",
        " 无 ",
        "－",
        "／",
        "\u{3000}—",
        "(无)",
        "暂无",
        "N/A",
    ];
    for mark in marks.iter().chain(["否"].iter()) {
        let cell = text(mark);
        let none = ("∅".to_owned(), Some(NoteCode::EmptyMark));
        assert_eq!(shown(cell::text(&cell)), none, "{mark}");
        assert_eq!(shown(cell::name(&cell)), none, "{mark}");
        assert_eq!(shown(cell::id(&cell)), none, "{mark}");
        assert_eq!(shown(cell::division(&cell)), none, "{mark}");
        assert_eq!(shown(cell::id_list(&cell).map(|list| list.map(|list| list.join(";")))), none, "{mark}");
        assert_eq!(shown(cell::text_list(&cell).map(|list| list.map(|list| list.join(";")))), none, "{mark}");
        assert_eq!(shown(cell::date(&cell)), none, "{mark}");
        assert_eq!(shown(cell::date_time(&cell)), none, "{mark}");
        assert_eq!(shown(cell::month(&cell)), none, "{mark}");
        assert_eq!(shown(cell::month_range(&cell)), none, "{mark}");
        assert_eq!(shown(cell::money(&cell)), none, "{mark}");
        assert_eq!(shown(cell::integer(&cell)), none, "{mark}");
        assert_eq!(shown(cell::decimal(&cell)), none, "{mark}");
        assert_eq!(shown(cell::choice(&cell, &[("肢体", 1), ("视力", 2)])), none, "{mark}");
    }
    for (mark, value) in
        [("否", "false"), ("×", "false"), ("无", "false"), ("没有", "false"), ("N", "false"), ("—", "∅"), ("不详", "∅")]
    {
        assert_eq!(shown(cell::yes_no(&text(mark))).0, value, "{mark}");
    }
    assert_eq!(shown(cell::choice(&text("健康"), &[("肢体", 1)])).0, "NOT_IN_LIST");
    assert_eq!(shown(cell::unless_none(&text("健康"), &["健康"])), ("∅".to_owned(), Some(NoteCode::MeansNone)));
    // what only holds such a sign is something else
    assert_eq!(shown(cell::text(&text("无锡路1号"))).0, "无锡路1号");
    assert_eq!(shown(cell::id(&text("N1"))).0, "N1");
}

#[test]
fn what_could_not_be_read_is_never_empty() {
    let errors =
        ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", " #N/A ", "Err:502"];
    let cells = errors.map(text).into_iter().chain([RawCell::Error("#N/A".to_owned())]);
    for cell in cells {
        for code in [
            shown(cell::text(&cell)),
            shown(cell::name(&cell)),
            shown(cell::id(&cell)),
            shown(cell::date(&cell)),
            shown(cell::money(&cell)),
            shown(cell::yes_no(&cell)),
            shown(cell::choice(&cell, &[("甲", 1)])),
        ] {
            assert_eq!(code.0, "CELL_ERROR", "{cell:?}");
        }
    }
    for cell in [RawCell::Formula, text(&RawCell::Formula.to_string())] {
        assert_eq!(shown(cell::text(&cell)).0, "FORMULA_WITHOUT_VALUE");
        let error = cell::date(&cell).unwrap_err();
        assert!(error.remedy(Lang::Zh).contains("保存") && error.remedy(Lang::En).contains("save"));
    }
    assert_eq!(shown(cell::money(&text("########"))).0, "CUT_OFF");
    for whole in ["#1号楼", "3#", "C#"] {
        assert_eq!(shown(cell::text(&text(whole))).0, whole);
    }
}
