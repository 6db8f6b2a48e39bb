//! 待查 · what is odd of a record and yet can be: it is taken, and listed for somebody to look into. Every way in asks the
//! same question.

use chrono::NaiveDate;

use crate::identifiers::citizen_id::age;
use crate::period::Grain;

/// What is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Odd {
    /// 所属月份早于依据生效
    BeforeBasis,
    /// 所属月份晚于依据终止
    AfterBasis,
    /// 本人已死亡
    AfterDeath,
    /// 不是保障对象
    NotCovered,
    /// 年龄不符
    OtherAge,
}

impl Odd {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::BeforeBasis, Self::AfterBasis, Self::AfterDeath, Self::NotCovered, Self::OtherAge];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::BeforeBasis => "BEFORE_BASIS",
            Self::AfterBasis => "AFTER_BASIS",
            Self::AfterDeath => "AFTER_DEATH",
            Self::NotCovered => "NOT_COVERED",
            Self::OtherAge => "OTHER_AGE",
        }
    }
}

/// From when on something holds, and the first day on which it no longer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: NaiveDate,
    /// First day without it.
    pub until: Option<NaiveDate>,
}

/// Somebody for whom something is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Whether what it rests on is for this person.
    pub covered: bool,
    /// The day of death.
    pub died: Option<NaiveDate>,
}

/// What is odd of a payment: first and last benefit month, or the day where it has none.
pub fn payment(months: Option<(NaiveDate, NaiveDate)>, paid_on: NaiveDate, basis: Span, payees: &[Payee]) -> Vec<Odd> {
    let (first, last) = months.unwrap_or((paid_on, paid_on));
    let month = |day: NaiveDate| Grain::Month.containing(day);
    let mut odd = Vec::new();
    // A month is due where a day of it is.
    if months.map_or(first < basis.from, |_| month(first).until <= basis.from) {
        odd.push(Odd::BeforeBasis);
    }
    if basis.until.is_some_and(|until| month(last).from >= until) {
        odd.push(Odd::AfterBasis);
    }
    // The month of a death is still due.
    if months.is_some() && payees.iter().any(|payee| payee.died.is_some_and(|died| month(last).from > died)) {
        odd.push(Odd::AfterDeath);
    }
    if payees.iter().any(|payee| !payee.covered) {
        odd.push(Odd::NotCovered);
    }
    odd
}

/// For what age a benefit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForAge {
    /// For the old: from so many years on.
    From(i32),
    /// For children: under so many years.
    Under(i32),
    /// For every age.
    Any,
}

/// What is odd of a standing benefit.
pub fn benefit(of: ForAge, held: Span, born: Option<NaiveDate>, died: Option<NaiveDate>) -> Vec<Odd> {
    let mut odd = Vec::new();
    if died.is_some_and(|died| Grain::Month.containing(held.from).from > died) {
        odd.push(Odd::AfterDeath);
    }
    // The age is reached in the first month, or was passed before it.
    let last_of_month = Grain::Month.containing(held.from).last_day();
    let wrong = born.is_some_and(|born| match of {
        ForAge::From(least) => age(born, last_of_month) < least,
        ForAge::Under(most) => age(born, held.from) >= most,
        ForAge::Any => false,
    });
    if wrong {
        odd.push(Odd::OtherAge);
    }
    odd
}

/// What is odd of a stay; one that began before birth cannot be.
pub fn stay(held: Span, died: Option<NaiveDate>) -> Vec<Odd> {
    let odd = died.is_some_and(|died| held.from > died || held.until.is_none());
    if odd { vec![Odd::AfterDeath] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn span(from: &str, until: Option<&str>) -> Span {
        Span { from: day(from), until: until.map(day) }
    }

    #[test]
    fn payments_are_compared_with_what_they_rest_on() {
        let well = Payee { covered: true, died: None };
        let months = |first: &str, last: &str| Some((day(first), day(last)));
        let dead = |died: &str| Payee { died: Some(day(died)), ..well };
        let basis = span("2022-12-01", Some("2023-07-01"));
        for (months, payees, odd) in [
            (months("2022-12-01", "2023-06-01"), vec![well], vec![]),
            (months("2020-01-01", "2020-01-01"), vec![well], vec![Odd::BeforeBasis]),
            (months("2022-11-01", "2022-12-01"), vec![well], vec![Odd::BeforeBasis]),
            (months("2023-06-01", "2023-07-01"), vec![well], vec![Odd::AfterBasis]),
            (months("2023-05-01", "2023-05-01"), vec![well, dead("2023-05-02")], vec![]),
            (months("2023-05-01", "2023-06-01"), vec![well, dead("2023-05-31")], vec![Odd::AfterDeath]),
            (months("2023-05-01", "2023-05-01"), vec![Payee { covered: false, died: None }], vec![Odd::NotCovered]),
        ] {
            assert_eq!(payment(months, day("2023-08-01"), basis, &payees), odd, "{months:?} {payees:?}");
        }
        // A grant has no month: it is not paid before it was approved.
        let grant = span("2023-03-10", None);
        assert_eq!(payment(None, day("2023-03-09"), grant, &[well]), [Odd::BeforeBasis]);
        assert_eq!(payment(None, day("2023-03-10"), grant, &[dead("2023-03-09")]), []);
    }

    #[test]
    fn a_recognition_that_begins_within_a_month_is_due_in_it() {
        let well = Payee { covered: true, died: None };
        let month = Some((day("2023-03-01"), day("2023-03-01")));
        assert_eq!(payment(month, day("2023-03-28"), span("2023-03-15", None), &[well]), []);
        assert_eq!(payment(month, day("2023-03-28"), span("2023-04-01", None), &[well]), [Odd::BeforeBasis]);
    }

    #[test]
    fn benefits_have_their_age() {
        let (old, child) = (ForAge::From(60), ForAge::Under(18));
        let from = |from: &str| span(from, None);
        for (of, held, born, odd) in [
            (old, from("2023-05-01"), "1963-05-31", vec![]),
            (old, from("2023-05-01"), "1963-06-01", vec![Odd::OtherAge]),
            (old, from("2023-05-01"), "2015-01-01", vec![Odd::OtherAge]),
            (child, from("2023-05-01"), "2005-05-02", vec![]),
            (child, from("2023-05-01"), "2005-05-01", vec![Odd::OtherAge]),
            (ForAge::Any, from("2023-05-01"), "2015-01-01", vec![]),
        ] {
            assert_eq!(benefit(of, held, Some(day(born)), None), odd, "{of:?} {born}");
        }
        assert_eq!(benefit(ForAge::Any, from("2023-05-01"), None, Some(day("2023-04-30"))), [Odd::AfterDeath]);
        assert_eq!(benefit(ForAge::Any, from("2023-05-01"), None, Some(day("2023-05-01"))), []);
    }

    #[test]
    fn the_dead_stay_nowhere() {
        let died = Some(day("2023-05-10"));
        assert_eq!(stay(span("2023-01-01", Some("2023-05-11")), died), []);
        assert_eq!(stay(span("2023-01-01", None), died), [Odd::AfterDeath]);
        assert_eq!(stay(span("2023-05-11", Some("2023-05-12")), died), [Odd::AfterDeath]);
    }
}
