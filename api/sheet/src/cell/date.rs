//! Dates and points of time.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::super::{CellCode, CellError, NoteCode, RawCell};
use super::{CellResult, Input, Parsed, fail, groups, input, narrow, plausible_year, small};

/// A date in any of the usual forms: `2023-06-01`, `2023.6.1`, `2023/6/1`, `2023年6月1日`, `20230601`, a date cell, a
/// spreadsheet's day count. A time of day is left out with a note.
pub fn date(cell: &RawCell) -> CellResult<NaiveDate> {
    let raw = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::DateTime(at)) => return of_date_cell(cell, at),
        Some(Input::Bool) => return fail(CellCode::WrongType, cell.to_string()),
        Some(Input::Text(raw) | Input::Number(raw)) => raw,
    };
    let plain = narrow(raw);
    if super::is_empty_mark(&plain) {
        return Ok(super::marked_empty(raw));
    }
    let (day, time) = split_time(&plain);
    let (date, serial) = match parse_date(day) {
        Ok(date) => (date, false),
        Err(code) => {
            let from_number = matches!(cell, RawCell::Number(_));
            match serial(&plain, from_number).filter(|_| from_number || !plain.contains('.')) {
                Some(at) => (at.date(), true),
                None => return fail(code, raw),
            }
        }
    };
    let date = match time.map(parse_time) {
        None | Some(Some((_, None))) => date,
        // a point of time elsewhere: its date here
        Some(Some((time, Some(offset)))) => {
            match offset.from_local_datetime(&date.and_time(time)).single().zip(FixedOffset::east_opt(8 * 3600)) {
                Some((at, here)) => at.with_timezone(&here).date_naive(),
                None => return fail(CellCode::DateInvalid, raw),
            }
        }
        Some(None) => return fail(CellCode::DateInvalid, raw),
    };
    if !plausible_year(date.year()) {
        return fail(CellCode::DateOutOfRange, raw);
    }
    let code = match (time, serial) {
        (_, true) => NoteCode::DateSerial,
        (Some(_), false) => NoteCode::TimeDropped,
        (None, false) => NoteCode::DateForm,
    };
    Ok(Parsed::noted(date, code, raw, date.to_string()))
}

/// A point of time: a date in any form with `8:30`, `08:30:00` or `8时30分`, with an offset or else at +08:00, a date
/// cell, a spreadsheet's day count with a fraction. A date without a time is an error.
pub fn date_time(cell: &RawCell) -> CellResult<DateTime<FixedOffset>> {
    let raw = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::DateTime(at)) if at.time() == NaiveTime::MIN => {
            return fail(CellCode::TimeMissing, cell.to_string());
        }
        Some(Input::DateTime(at)) => {
            return match local(at).filter(|at| plausible_year(at.year())) {
                Some(at) => Ok(Parsed::exact(at)),
                None => fail(CellCode::DateOutOfRange, cell.to_string()),
            };
        }
        Some(Input::Bool) => return fail(CellCode::WrongType, cell.to_string()),
        Some(Input::Text(raw) | Input::Number(raw)) => raw,
    };
    let plain = narrow(raw);
    if super::is_empty_mark(&plain) {
        return Ok(super::marked_empty(raw));
    }
    let (day, time) = split_time(&plain);
    let (at, code) = if let Some(time) = time {
        let date = parse_date(day).map_err(|_| CellError::new(CellCode::DateTimeInvalid, raw))?;
        let at = parse_time(time).and_then(|(time, offset)| {
            let at = date.and_time(time);
            offset.map_or_else(|| local(at), |offset| offset.from_local_datetime(&at).single())
        });
        (at, NoteCode::TimeForm)
    } else {
        match serial(&plain, matches!(cell, RawCell::Number(_))) {
            Some(at) if at.time() != NaiveTime::MIN => (local(at), NoteCode::DateSerial),
            Some(_) => return fail(CellCode::TimeMissing, raw),
            None if parse_date(day).is_ok() => return fail(CellCode::TimeMissing, raw),
            None => return fail(CellCode::DateTimeInvalid, raw),
        }
    };
    let Some(at) = at else {
        return fail(CellCode::DateTimeInvalid, raw);
    };
    if !plausible_year(at.year()) {
        return fail(CellCode::DateOutOfRange, raw);
    }
    if is_canonical(raw, at) {
        return Ok(Parsed::exact(at));
    }
    Ok(Parsed::noted(at, code, raw, at.format("%Y-%m-%d %H:%M:%S").to_string()))
}

/// A cell formatted as date.
fn of_date_cell(cell: &RawCell, at: NaiveDateTime) -> CellResult<NaiveDate> {
    if !plausible_year(at.year()) {
        return fail(CellCode::DateOutOfRange, cell.to_string());
    }
    if at.time() == NaiveTime::MIN {
        return Ok(Parsed::exact(at.date()));
    }
    Ok(Parsed::noted(at.date(), NoteCode::TimeDropped, &cell.to_string(), at.date().to_string()))
}

/// The point of time in China's standard time.
fn local(at: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(8 * 3600)?.from_local_datetime(&at).single()
}

/// Whether it stood in one of the forms that need no note.
fn is_canonical(raw: &str, at: DateTime<FixedOffset>) -> bool {
    ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .any(|form| at.format(form).to_string() == raw)
        || DateTime::parse_from_rfc3339(raw).is_ok_and(|same| same == at)
}

/// The date part and the time part, which has a colon, 时 or 点.
fn split_time(text: &str) -> (&str, Option<&str>) {
    let Some(mark) = text.find([':', '时', '点']) else {
        return (text, None);
    };
    let Some(before) = text.get(..mark) else {
        return (text, None);
    };
    let start = before.trim_end().trim_end_matches(|sign: char| sign.is_ascii_digit()).len();
    match text.split_at_checked(start) {
        Some((day, time)) => (day.trim_end_matches(['T', 't', ' ']), Some(time)),
        None => (text, None),
    }
}

/// A written date.
pub(super) fn parse_date(text: &str) -> Result<NaiveDate, CellCode> {
    let parts = groups(text).ok_or(CellCode::DateInvalid)?;
    let ymd = |year: &str, month: &str, day: &str| {
        let date = small(year)
            .zip(small(month))
            .zip(small(day))
            .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day));
        date.ok_or(CellCode::DateInvalid)
    };
    match parts.as_slice() {
        [(only, after)] if after.is_empty() && only.len() == 8 => {
            let (year, rest) = only.split_at_checked(4).ok_or(CellCode::DateInvalid)?;
            let (month, day) = rest.split_at_checked(2).ok_or(CellCode::DateInvalid)?;
            ymd(year, month, day)
        }
        [(only, after)] if after.is_empty() && only.len() == 6 && looks_like_month(only) => Err(CellCode::DateNeedsDay),
        [(year, after)] if year.len() == 4 && matches!(after.as_str(), "" | "年") => Err(CellCode::DateNeedsDay),
        [(year, first), (month, after)]
            if year.len() == 4
                && month.len() <= 2
                && is_separator(first, "年")
                && matches!(after.as_str(), "" | "月" | "月份") =>
        {
            Err(CellCode::DateNeedsDay)
        }
        [(year, first), (month, second), (day, after)]
            if year.len() == 4
                && month.len() <= 2
                && day.len() <= 2
                && is_separator(first, "年")
                && is_separator(second, "月")
                && matches!(after.as_str(), "" | "日" | "号" | ".") =>
        {
            ymd(year, month, day)
        }
        _ => Err(CellCode::DateInvalid),
    }
}

/// What may stand between the parts of a date.
pub(super) fn is_separator(text: &str, word: &str) -> bool {
    matches!(text, "-" | "/" | "." | "。" | "、" | "—" | "–") || text == word
}

/// `202306`.
fn looks_like_month(digits: &str) -> bool {
    let (year, month) = digits.split_at_checked(4).unwrap_or((digits, ""));
    small(year).is_some_and(|year| (1850..=2200).contains(&year))
        && small(month).is_some_and(|month| (1..=12).contains(&month))
}

/// A spreadsheet's day count, with the time of day as fraction. Five digits (1927 to 2173) are taken from text too,
/// four digits that are no year only from number cells.
pub(super) fn serial(text: &str, from_number: bool) -> Option<NaiveDateTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let days: u64 = whole.parse().ok()?;
    let lowest = if from_number { 2_201 } else { 10_000 };
    if !(lowest..100_000).contains(&days) {
        return None;
    }
    // the fraction as billionths of a day, rounded to the second
    let billionths: u64 = format!("{:0<9}", fraction.chars().take(9).collect::<String>()).parse().ok()?;
    let seconds = (billionths * 86_400 + 500_000_000) / 1_000_000_000;
    let date = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days + seconds / 86_400))?;
    let seconds = u32::try_from(seconds % 86_400).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).map(|time| date.and_time(time))
}

/// `8:30`, `08:30:15`, `08:30:15.5`, `8时30分15秒`, each with `Z`, `+08:00`, `+0800` or nothing behind.
fn parse_time(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    let text = text.trim();
    let (clock, offset) = if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        (clock, Some(FixedOffset::east_opt(0)?))
    } else if let Some(at) = text.find(['+', '-']) {
        let (clock, offset) = text.split_at_checked(at)?;
        (clock, Some(parse_offset(offset)?))
    } else {
        (text, None)
    };
    let parts = groups(clock.trim())?;
    let mut numbers = [0_u32; 3];
    for (slot, (digits, _)) in numbers.iter_mut().zip(&parts) {
        *slot = (digits.len() <= 2).then(|| small(digits)).flatten()?;
    }
    let [hour, minute, second] = numbers;
    let after: Vec<&str> = parts.iter().map(|(_, after)| after.as_str()).collect();
    let well = match after.as_slice() {
        [hour] => matches!(*hour, "时" | "点" | "点整" | "时整"),
        [first, last] => matches!(*first, ":" | "时" | "点") && matches!(*last, "" | "分"),
        [first, second, last] => {
            matches!(*first, ":" | "时" | "点") && matches!(*second, ":" | "分") && matches!(*last, "" | "秒")
        }
        [first, second, point, last] => *first == ":" && *second == ":" && *point == "." && last.is_empty(),
        _ => false,
    };
    let time = well.then(|| NaiveTime::from_hms_opt(hour, minute, second)).flatten()?;
    Some((time, offset))
}

/// `+08:00`, `+0800`, `+08`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits: String = rest.chars().filter(|&sign| sign != ':').collect();
    if !(digits.len() == 2 || digits.len() == 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at_checked(2)?;
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    (minutes < 60).then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))).flatten()
}
