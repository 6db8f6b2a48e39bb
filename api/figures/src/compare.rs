//! 同比、环比 · how a number compares with that of another time: exactly, rounded at the end. A time that is not over is
//! compared as far as it has gone, with as many days of the other.

use async_graphql::Enum;
use chrono::NaiveDate;
use minzheng_ground::scalars::Decimal;
use minzheng_rules::number::rounded;
use minzheng_rules::period::Period;

use crate::indicator::Definition;
use crate::read::Shown;

/// 比较 · with which time a figure is compared.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "FigureComparison")]
pub enum Comparison {
    /// 同比 · the same time a year before
    YearOnYear,
    /// 环比 · the time just before
    PreviousPeriod,
}

/// Two times whose numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The part of the time that has gone.
    pub now: Period,
    /// As much of the one it is compared with.
    pub then: Period,
}

impl Comparison {
    /// Both.
    pub const ALL: [Self; 2] = [Self::YearOnYear, Self::PreviousPeriod];

    /// What is compared on a day; `None` where the time is still to come.
    pub fn spans(self, period: Period, today: NaiveDate) -> Option<Spans> {
        let then = match self {
            Self::YearOnYear => period.year_before(),
            Self::PreviousPeriod => period.before(),
        };
        let now = period.elapsed(today)?;
        Some(Spans { now, then: if now == period { then } else { then.first_days_of(&now) } })
    }
}

/// A figure in two times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which comparison it is.
    pub with: Comparison,
    /// In the part of its time that has gone.
    pub now: Shown,
    /// In as much of the other.
    pub then: Shown,
}

/// Percent by which a number grew, of a percentage the difference in points; `None` where one of them is unknown or
/// hidden, or a growth from nothing.
pub fn compared(of: &Definition, now: &Shown, then: &Shown) -> Option<Decimal> {
    let (a, b) = now.visible()?.quotient(of);
    let (c, d) = then.visible()?.quotient(of);
    // a/b − c/d, over c/d unless it is a percentage itself.
    let difference = a.checked_mul(d)?.checked_sub(c.checked_mul(b)?)?;
    if of.is_percent() {
        return Some(Decimal(rounded(difference, b.checked_mul(d)?, 2)));
    }
    let base = c.checked_mul(b)?;
    let grown = difference.checked_mul(base.signum())?.checked_mul(100)?;
    (base != 0).then(|| Decimal(rounded(grown, base.abs(), 2)))
}
