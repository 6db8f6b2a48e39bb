//! Months and spans of months.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime};

use super::super::{CellCode, NoteCode, RawCell};
use super::date::{is_separator, parse_date, serial};
use super::{CellResult, Input, Parsed, compact, fail, groups, input, plausible_year, small};

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth {
    year: i32,
    month: u32,
}

impl YearMonth {
    /// A month between 1850 and 2200.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1..=12).contains(&month) && plausible_year(year)).then_some(Self { year, month })
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month, from 1.
    pub fn month(self) -> u32 {
        self.month
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A span of months, both ends inside; a single month begins and ends with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MonthRange {
    /// The first month.
    pub from: YearMonth,
    /// The last month.
    pub to: YearMonth,
}

impl MonthRange {
    /// All its months in order.
    pub fn months(self) -> impl Iterator<Item = YearMonth> {
        std::iter::successors(Some(self.from), |month| Some(month.next())).take_while(move |month| *month <= self.to)
    }
}

impl fmt::Display for MonthRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{}~{}", self.from, self.to) }
    }
}

/// A month: `2023-06`, `2023年6月`, `2023.6`, `2023/06`, `202306`, `Jun-23`, or a date cell or date of its first day.
/// `2023.1` is refused: it may be an October that lost its zero.
pub fn month(cell: &RawCell) -> CellResult<YearMonth> {
    one(cell, CellCode::MonthInvalid, |plain| of_text(plain, true).map(|month| (month, month.to_string())))
}

/// A month, or a span such as `2023-01~2023-03`, with `~`, `至`, `到`, `-` or `—` between; also `2023年1-3月`.
pub fn month_range(cell: &RawCell) -> CellResult<MonthRange> {
    one(cell, CellCode::MonthRangeInvalid, |plain| range_of_text(plain).map(|range| (range, range.to_string())))
}

/// What both have in common.
fn one<T>(cell: &RawCell, invalid: CellCode, parse: impl Fn(&str) -> Result<(T, String), CellCode>) -> CellResult<T> {
    let shown = match input(cell)? {
        None => return Ok(Parsed::none()),
        Some(Input::DateTime(at)) if at.day() == 1 && at.time() == NaiveTime::MIN => {
            return match parse(&format!("{:04}-{:02}", at.year(), at.month())) {
                Ok((value, _)) => Ok(Parsed::exact(value)),
                Err(_) => fail(CellCode::DateOutOfRange, cell.to_string()),
            };
        }
        Some(Input::DateTime(_)) => return fail(CellCode::MonthHasDay, cell.to_string()),
        Some(Input::Bool) => return fail(CellCode::WrongType, cell.to_string()),
        Some(Input::Text(raw) | Input::Number(raw)) => raw,
    };
    let plain = compact(shown);
    if super::is_empty_mark(&plain) {
        return Ok(super::marked_empty(shown));
    }
    match parse(&plain) {
        Ok((value, text)) => Ok(Parsed::noted(value, NoteCode::MonthForm, shown, text)),
        Err(code @ (CellCode::MonthHasDay | CellCode::MonthAmbiguous | CellCode::MonthRangeBackwards)) => {
            fail(code, shown)
        }
        Err(_) => fail(invalid, shown),
    }
}

/// One written month. With `strict`, `2023.1` is ambiguous.
fn of_text(plain: &str, strict: bool) -> Result<YearMonth, CellCode> {
    let invalid = CellCode::MonthInvalid;
    if let Some(month) = of_english(plain) {
        return Ok(month);
    }
    let parts = groups(plain).ok_or(invalid)?;
    let make = |year: &str, month: &str| {
        let (year, month) = small(year).zip(small(month)).ok_or(invalid)?;
        YearMonth::new(i32::try_from(year).map_err(|_| invalid)?, month).ok_or(invalid)
    };
    match parts.as_slice() {
        [(only, after)] if after.is_empty() && only.len() == 6 => {
            let (year, month) = only.split_at_checked(4).ok_or(invalid)?;
            make(year, month)
        }
        [(year, first), (month, after)]
            if year.len() == 4
                && month.len() <= 2
                && is_separator(first, "年")
                && matches!(after.as_str(), "" | "月" | "月份") =>
        {
            if strict && first == "." && month == "1" && after.is_empty() {
                return Err(CellCode::MonthAmbiguous);
            }
            make(year, month)
        }
        _ => {
            let date = parse_date(plain)
                .ok()
                .or_else(|| serial(plain, false).filter(|at| at.time() == NaiveTime::MIN).map(|at| at.date()))
                .ok_or(invalid)?;
            if date.day() == 1 {
                YearMonth::new(date.year(), date.month()).ok_or(invalid)
            } else {
                Err(CellCode::MonthHasDay)
            }
        }
    }
}

/// `Jun-23`, as spreadsheets show a month they took for a date.
fn of_english(plain: &str) -> Option<YearMonth> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (name, year) = plain.split_once('-')?;
    let name = name.to_ascii_lowercase();
    let month = NAMES.iter().position(|known| *known == name)?;
    let year: i32 = (year.len() == 2).then(|| year.parse().ok()).flatten()?;
    YearMonth::new(2000 + year, u32::try_from(month).ok()? + 1)
}

/// One month or a span.
fn range_of_text(plain: &str) -> Result<MonthRange, CellCode> {
    let invalid = CellCode::MonthRangeInvalid;
    let marked = ['~', '〜', '至', '到', '—', '–'].into_iter().find_map(|mark| {
        let (from, to) = plain.split_once(mark)?;
        Some((from.to_owned(), to.trim_start_matches(mark).to_owned()))
    });
    let dashed = || {
        let parts = groups(plain)?;
        match parts.as_slice() {
            // 2023-01-2023-03, 2023年1月-2023年3月, 202301-202303
            [(y1, a), (m1, b), (y2, c), (m2, d)] if y1.len() == 4 && y2.len() == 4 && b.ends_with('-') => {
                Some((format!("{y1}{a}{m1}"), format!("{y2}{c}{m2}{d}")))
            }
            [(from, a), (to, b)] if from.len() == 6 && to.len() == 6 && a == "-" && b.is_empty() => {
                Some((from.clone(), to.clone()))
            }
            // 2023年1-3月, 2023年1月-3月
            [(year, a), (m1, b), (m2, c)] if a == "年" && b.ends_with('-') && c.starts_with('月') => {
                Some((format!("{year}年{m1}月"), format!("{year}年{m2}月")))
            }
            _ => None,
        }
    };
    let Some((from, to)) = marked.or_else(dashed) else {
        let month = of_text(plain, true)?;
        return Ok(MonthRange { from: month, to: month });
    };
    let from = of_text(&from, false)?;
    let to = match groups(&to).as_deref() {
        Some([(month, after)]) if month.len() <= 2 && matches!(after.as_str(), "" | "月" | "月份") => {
            small(month).and_then(|month| YearMonth::new(from.year, month)).ok_or(invalid)?
        }
        _ => of_text(&to, false)?,
    };
    if from > to { Err(CellCode::MonthRangeBackwards) } else { Ok(MonthRange { from, to }) }
}
