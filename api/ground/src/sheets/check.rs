//! 校验 · checks of cells that many kinds of sheets share.

use chrono::NaiveDate;
use minzheng_rules::identifiers::{citizen_id, normal_number, phone, uscc};
use minzheng_sheet::{Fields, NoteCode};

/// A code of an organisation, where one is given.
pub fn check_uscc(code: Option<&str>, fields: &mut Fields<'_>) {
    if code.is_some_and(|code| uscc::parse(code).is_err()) {
        let text = "不是有效的统一社会信用代码 · not a valid USCC";
        fields.refuse(Some("统一社会信用代码"), "USCC", text, "按证书核对 18 位 · check the 18 signs");
    }
}

/// A telephone number, where one is given, in its normal form.
pub fn check_phone(number: &mut Option<String>, fields: &mut Fields<'_>) {
    let Some(given) = number else { return };
    match phone::parse(given) {
        Some(normal) => *number = Some(normal),
        None => fields.refuse(
            Some("联系电话"),
            "PHONE",
            "不是有效的电话号码 · not a telephone number",
            "填手机号或带区号的座机 · a mobile number, or a landline with its area code",
        ),
    }
}

/// The number of a person's paper in its normal form. Of 15 or 18 signs it is a citizen's number, which is checked;
/// others are taken as they are.
pub fn check_id_number(number: &mut String, today: NaiveDate, fields: &mut Fields<'_>) {
    check_number_under("证件号码", number, today, fields);
}

/// The same under another header.
pub fn check_number_under(header: &str, number: &mut String, today: NaiveDate, fields: &mut Fields<'_>) {
    *number = normal_number(number);
    if ![15, 18].contains(&number.len()) {
        return;
    }
    match citizen_id::parse(number, today) {
        Ok(known) => {
            if number.len() != known.number.len() {
                fields.say(header, NoteCode::MadeEighteen);
            }
            *number = known.number;
        }
        Err(error) => fields.refuse(
            Some(header),
            error.code(),
            "不是有效的居民身份证号码 · not a valid citizen's number",
            "按身份证核对 18 位号码 · check the 18 characters against the card",
        ),
    }
}

/// A number that cannot be below zero, where one is given.
pub fn not_negative(fields: &mut Fields<'_>, header: &str, number: Option<impl Into<i64>>) {
    if number.is_some_and(|number| number.into() < 0) {
        fields.refuse(Some(header), "NEGATIVE", "不能为负 · it is not negative", "改正数值 · correct it");
    }
}

/// A year that can be meant.
pub fn check_year(fields: &mut Fields<'_>, header: &str, year: i32) {
    if !(1949..=2200).contains(&year) {
        fields.refuse(Some(header), "YEAR", "不是年份 · not a year", "填四位年份，如 2023 · four digits");
    }
}
