//! 小数隐藏 · what the screen is not told (design §3.9): counts of 1–4 persons, households or person-times and the money
//! beside them; and so much more that nothing hidden can be worked out from what is shown.
//!
//! What is shown of one district in one year is a grid of places and times. Its sums are equations: the district is its
//! towns, a year its halves, a half its quarters, a quarter its months, and the sub-codes of a figure are parts of one
//! whole. As long as an equation has exactly one hidden term, its smallest other term is hidden too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};
use minzheng_kernel::Fault;
use minzheng_rules::period::{Grain, Period};
use sea_orm::FromQueryResult;

use super::cells::{codes, range};
use super::indicator::{self, Count, Counting, Definition, Since};
use super::read::{Raw, level_of};
use crate::graphql::State;

/// Counts from here on are shown.
const SHOWN_FROM: i64 = 5;

/// Money and the counts of the persons whom it was paid to.
const BESIDE: &[(&str, &[&str])] =
    &[("F2", &["F1", "F1.PERSONS"]), ("F1", &["F1.PERSONS"]), ("F8", &["F8.PERSONS"]), ("F1.PERSONS", &["F1"])];

/// Counts from which money that is counted since the new year comes.
const PAID_TO: &[&str] = &["F1", "F1.PERSONS", "F8.PERSONS"];

/// Whether a count of persons is so small that it is not told.
pub fn small(of: &Count, value: i64) -> bool {
    value > 0 && value < SHOWN_FROM * of.scale
}

/// The counts beside which a figure stands: hidden with one of them.
pub fn beside(code: &str) -> &'static [&'static str] {
    BESIDE.iter().find(|(beside, _)| *beside == code).map_or(&[], |(_, counts)| counts)
}

/// What is hidden of one district.
pub struct Hidden {
    axes: Axes,
    by_spot: Vec<bool>,
    sums: Arc<Sums>,
}

impl Hidden {
    /// Whether a figure of a place and a time is hidden; `raw` is what it would be.
    pub fn hides(&self, of: &'static Definition, place: &str, period: Period, raw: Option<Raw>) -> bool {
        if of.beside.iter().filter_map(|code| indicator::cell(code)).any(|count| self.has(count, place, period)) {
            return true;
        }
        let values = raw.map_or([None, None], |raw| [Some(raw.top), raw.bottom]);
        of.counts().into_iter().zip(values).filter(|(count, _)| count.sensitive).any(|(count, value)| {
            // What has no cells is counted when it is asked for; a cell may be newer than the grid.
            value.is_some_and(|value| !count.money && small(count, value))
                || (count.counting.has_cells() && self.has(count, place, period))
        })
    }

    fn has(&self, of: &Count, place: &str, period: Period) -> bool {
        if of.since == Since::Year {
            // It is no part of the grid, but what it is paid to is: shown of the district alone, as long as nothing of it
            // is hidden there.
            let year = Grain::Year.containing(period.last_day());
            let times = || self.axes.times.keys().filter(|time| year.contains(time));
            return level_of(place) != Some("DISTRICT")
                || PAID_TO.iter().any(|code| times().any(|time| self.at(code, place, *time)));
        }
        self.at(of.code, place, standing(of, period))
    }

    fn at(&self, code: &str, place: &str, time: Period) -> bool {
        self.axes.spot(code, place, time).and_then(|spot| self.by_spot.get(spot)).copied().unwrap_or(false)
    }
}

/// What stands is what holds at the end: of a half-year it is that of its last month.
fn standing(of: &Count, period: Period) -> Period {
    if of.counting == Counting::Standing { Grain::Month.containing(period.last_day()) } else { period }
}

/// What the grid is made of.
fn sensitive() -> impl Iterator<Item = &'static Count> {
    indicator::cells().iter().copied().filter(|of| of.sensitive && of.since == Since::Period)
}

/// The last grids that were asked for: the screens of one district ask the same again and again.
static KEPT: Mutex<Vec<(Asked, Arc<Hidden>)>> = Mutex::new(Vec::new());

/// Which grid: the database, the district, the years, and the position that last changed a cell.
struct Asked {
    of: (String, String, i32, i32),
    changed: i64,
}

/// Grids kept.
const KEPT_MOST: usize = 8;

/// Whoever makes a grid: the others that ask for it wait, and find it made.
static MAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What is hidden in the district of a place, for the years in which a time lies.
pub async fn hidden(
    state: &State,
    place: &str,
    (from, until): (NaiveDate, NaiveDate),
    changed: i64,
) -> Result<Arc<Hidden>, Fault> {
    let district = place.get(..6).unwrap_or(place);
    let last = until.pred_opt().unwrap_or(until);
    let of = (state.kernel.db.url().to_owned(), district.to_owned(), from.year(), last.year());
    let asked = Asked { of, changed };
    let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let is_good = |key: &Asked| key.of == asked.of && key.changed >= asked.changed;
    let known = || lock().iter().find(|(key, _)| is_good(key)).map(|(_, known)| known.clone());
    if let Some(known) = known() {
        return Ok(known);
    }
    let _making = MAKING.lock().await;
    if let Some(known) = known() {
        return Ok(known);
    }
    let grid = Grid::read(state, district, from.year(), last.year()).await?;
    // The same places have the same sums: only the numbers in them are others now.
    let before = lock().iter().find(|(key, _)| key.of == asked.of).map(|(_, before)| before.clone());
    let sums = before.filter(|before| before.axes == grid.axes).map(|before| before.sums.clone());
    let found = Arc::new(grid.close(sums));
    let mut kept = lock();
    kept.retain(|(key, _)| key.of != asked.of);
    kept.push((asked, found.clone()));
    if kept.len() > KEPT_MOST {
        kept.remove(0);
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Cell {
    division: String,
    code: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// One number of the grid: figure, place and time in one.
type Spot = usize;

/// Many short lists in one.
#[derive(Default)]
struct Lists {
    items: Vec<u32>,
    ends: Vec<usize>,
}

impl Lists {
    fn push(&mut self, list: impl IntoIterator<Item = usize>) {
        self.items.extend(list.into_iter().filter_map(|item| u32::try_from(item).ok()));
        self.ends.push(self.items.len());
    }

    fn get(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        let begin = n.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(n).copied().unwrap_or(begin);
        self.items.get(begin..end).into_iter().flatten().filter_map(|item| usize::try_from(*item).ok())
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// The sums of a grid; each is a list of terms of which no single one may be the only hidden one.
struct Sums {
    terms: Lists,
    /// By spot: the sums in which it is a term.
    with: Lists,
}

impl Sums {
    fn of(terms: Lists, spots: usize) -> Self {
        let mut with = vec![Vec::new(); spots];
        for sum in 0..terms.len() {
            for spot in terms.get(sum) {
                if let Some(with) = with.get_mut(spot) {
                    with.push(sum);
                }
            }
        }
        let mut lists = Lists::default();
        for with in with {
            lists.push(with);
        }
        Self { terms, with: lists }
    }
}

/// What a number of the grid is of: each figure, place and time has its number.
#[derive(Default, PartialEq)]
struct Axes {
    codes: HashMap<&'static str, usize>,
    /// The district first, then its towns by code.
    places: BTreeMap<String, usize>,
    times: HashMap<Period, usize>,
}

impl Axes {
    fn spots(&self) -> usize {
        self.codes.len() * self.places.len() * self.times.len()
    }

    fn number(&self, code: usize, place: usize, time: usize) -> Spot {
        (code * self.places.len() + place) * self.times.len() + time
    }

    fn spot(&self, code: &str, place: &str, time: Period) -> Option<Spot> {
        Some(self.number(*self.codes.get(code)?, *self.places.get(place)?, *self.times.get(&time)?))
    }
}

/// What is shown and hidden on the way to what may be.
struct Shown<'a> {
    /// By spot.
    hidden: Vec<bool>,
    /// By sum: how many of its terms are hidden.
    of_sum: Vec<u32>,
    sums: &'a Sums,
}

impl Shown<'_> {
    fn hides(&self, spot: Spot) -> bool {
        self.hidden.get(spot).copied().unwrap_or(false)
    }

    /// Hides a number; whether that is new.
    fn hide(&mut self, spot: Spot) -> bool {
        let Some(hidden) = self.hidden.get_mut(spot).filter(|hidden| !**hidden) else { return false };
        *hidden = true;
        for sum in self.sums.with.get(spot) {
            if let Some(count) = self.of_sum.get_mut(sum) {
                *count += 1;
            }
        }
        true
    }
}

struct Grid {
    axes: Axes,
    counts: Vec<&'static Count>,
    times: Vec<Period>,
    /// By spot.
    values: Vec<i64>,
}

fn periods(grain: Grain, years: (i32, i32)) -> Vec<Period> {
    let parts = 12 / grain.months();
    (years.0..=years.1).flat_map(|year| (1..=parts).filter_map(move |n| Period::part(grain, year, n))).collect()
}

fn grains(of: &Count) -> &'static [Grain] {
    if of.counting == Counting::Standing { &[Grain::Month] } else { &Grain::ALL }
}

impl Grid {
    async fn read(state: &State, district: &str, first: i32, last: i32) -> Result<Self, Fault> {
        let (low, high) = range(district);
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1);
        let (begin, end) = (day(first).unwrap_or(NaiveDate::MIN), day(last + 1).unwrap_or(NaiveDate::MAX));
        let db = &state.kernel.db;
        let counts: Vec<&'static Count> = sensitive().collect();
        let all = codes(&counts, |_| true);
        let standing = codes(&counts, |counting| counting == Counting::Standing);
        let of_district = "figure_cell WHERE level IN ('TOWN', 'DISTRICT') AND division >= $1 AND division <= $2";
        // What lies before the years counts only as what stands at their beginning.
        let sql = format!(
            "SELECT division, code, grain, starts_on, value FROM {of_district} AND code IN ({all}) \
             AND starts_on >= $3 AND starts_on < $4 \
             UNION ALL SELECT division, code, 'BEFORE' AS grain, MIN(starts_on) AS starts_on, \
             CAST(SUM(value) AS BIGINT) AS value FROM {of_district} AND code IN ({standing}) \
             AND grain = 'MONTH' AND starts_on < $3 GROUP BY division, code"
        );
        let values = vec![low.into(), high.into(), begin.into(), end.into()];
        let cells: Vec<Cell> = db.rows(db.read(), &sql, values).await?;
        Ok(Self::of(&format!("{district:0<12}"), (first, last), counts, &cells))
    }

    fn of(district: &str, years: (i32, i32), counts: Vec<&'static Count>, cells: &[Cell]) -> Self {
        let mut places: BTreeSet<&str> = cells.iter().map(|cell| cell.division.as_str()).collect();
        places.insert(district);
        // Months first, in order.
        let times: Vec<Period> = Grain::ALL.iter().flat_map(|grain| periods(*grain, years)).collect();
        let axes = Axes {
            codes: counts.iter().zip(0..).map(|(of, n)| (of.code, n)).collect(),
            places: places.into_iter().map(str::to_owned).zip(0..).collect(),
            times: times.iter().copied().zip(0..).collect(),
        };
        let mut grid = Self { values: vec![0; axes.spots()], axes, counts, times };
        let mut before = HashMap::new();
        for cell in cells {
            if cell.grain == "BEFORE" {
                before.insert((cell.code.as_str(), cell.division.as_str()), cell.value);
                continue;
            }
            let grain = Grain::ALL.into_iter().find(|grain| grain.code() == cell.grain);
            let time = grain.map(|grain| grain.containing(cell.starts_on));
            let spot = time.and_then(|time| grid.axes.spot(&cell.code, &cell.division, time));
            if let Some(value) = spot.and_then(|spot| grid.values.get_mut(spot)) {
                *value = cell.value;
            }
        }
        for (of, code) in grid.counts.iter().zip(0..) {
            for (place, n) in &grid.axes.places {
                let first = grid.axes.number(code, *n, 0);
                let Some(values) = grid.values.get_mut(first..first + grid.times.len()) else { continue };
                match of.counting {
                    Counting::Distinct => {}
                    Counting::Standing => {
                        let mut stands = before.get(&(of.code, place.as_str())).copied().unwrap_or(0);
                        for (value, _) in values.iter_mut().zip(&grid.times).take_while(|(_, time)| is_month(time)) {
                            stands += *value;
                            *value = stands;
                        }
                    }
                    _ => {
                        for (time, n) in grid.times.iter().zip(0..).skip_while(|(time, _)| is_month(time)) {
                            let months = values.iter().zip(&grid.times).take_while(|(_, month)| is_month(month));
                            let sum = months.filter(|(_, month)| time.contains(month)).map(|(value, _)| value).sum();
                            if let Some(value) = values.get_mut(n) {
                                *value = sum;
                            }
                        }
                    }
                }
            }
        }
        grid
    }

    fn value(&self, spot: Spot) -> i64 {
        self.values.get(spot).copied().unwrap_or(0)
    }

    /// Numbers of the times of one length.
    fn of_length(&self, grain: Grain) -> impl Iterator<Item = (usize, Period)> + '_ {
        self.times.iter().copied().enumerate().filter(move |(_, time)| time.grain == Some(grain))
    }

    /// The sums of the grid.
    fn sums(&self) -> Sums {
        let mut all = Lists::default();
        let (axes, places) = (&self.axes, self.axes.places.len());
        for (of, code) in self.counts.iter().zip(0..) {
            for (time, _) in grains(of).iter().flat_map(|grain| self.of_length(*grain)) {
                all.push((0..places).map(|place| axes.number(code, place, time)));
            }
            if of.counting == Counting::Standing {
                continue;
            }
            for pair in Grain::ALL.windows(2) {
                let [small, large] = pair else { continue };
                for (whole, long) in self.of_length(*large) {
                    let parts = self.of_length(*small).filter(|(_, part)| long.contains(part)).map(|(part, _)| part);
                    let times: Vec<usize> = [whole].into_iter().chain(parts).collect();
                    for place in 0..places {
                        all.push(times.iter().map(|time| axes.number(code, place, *time)));
                    }
                }
            }
        }
        // Sub-codes that count the same thing by kind, with the whole where there is one: `D03.*.PERSONS`, `D07` and
        // `D07.*`.
        let mut families: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (of, code) in self.counts.iter().zip(0..) {
            let (head, rest) = of.code.split_once('.').unwrap_or((of.code, ""));
            let tail = rest.split_once('.').map_or("", |(_, tail)| tail);
            families.entry((head, tail)).or_default().push(code);
        }
        for family in families.values().filter(|family| family.len() > 2) {
            let first = family.first().and_then(|code| self.counts.get(*code));
            let times = first.map_or(&Grain::ALL[..], |of| grains(of));
            for (time, _) in times.iter().flat_map(|grain| self.of_length(*grain)) {
                for place in 0..places {
                    all.push(family.iter().map(|code| axes.number(*code, place, time)));
                }
            }
        }
        Sums::of(all, axes.spots())
    }

    /// What is hidden: small numbers, the money beside them, and so much more that no sum has one hidden term.
    fn close(self, sums: Option<Arc<Sums>>) -> Hidden {
        let sums = sums.unwrap_or_else(|| Arc::new(self.sums()));
        let (times, places) = (self.times.len(), self.axes.places.len());
        let of_code =
            |code: &str| self.axes.codes.get(code).map(|code| code * places * times..(code + 1) * places * times);
        let mut shown =
            Shown { hidden: vec![false; self.values.len()], of_sum: vec![0; sums.terms.len()], sums: &sums };
        for of in self.counts.iter().filter(|of| !of.money) {
            for spot in of_code(of.code).into_iter().flatten() {
                if (1..SHOWN_FROM).contains(&self.value(spot)) {
                    shown.hide(spot);
                }
            }
        }
        let beside: Vec<(usize, usize)> = BESIDE
            .iter()
            .flat_map(|(money, counts)| counts.iter().map(move |count| (of_code(money), of_code(count))))
            .filter_map(|(money, count)| Some((money?, count?)))
            .flat_map(|(money, count)| money.zip(count))
            .collect();
        loop {
            let mut more = false;
            for (money, count) in &beside {
                more |= shown.hides(*count) && shown.hide(*money);
            }
            for sum in 0..sums.terms.len() {
                if shown.of_sum.get(sum) != Some(&1) {
                    continue;
                }
                // Nothing is told by hiding a zero where others are left.
                let open = sums.terms.get(sum).filter(|spot| !shown.hides(*spot));
                let next = open.min_by_key(|spot| (self.value(*spot) == 0, self.value(*spot), self.named(*spot)));
                more |= next.is_some_and(|next| shown.hide(next));
            }
            if !more {
                let by_spot = shown.hidden;
                return Hidden { axes: self.axes, by_spot, sums };
            }
        }
    }

    /// Place, first day and figure of a number: of equal ones the first is hidden.
    fn named(&self, spot: Spot) -> (usize, Option<NaiveDate>, Option<&str>) {
        let (times, places) = (self.times.len(), self.axes.places.len());
        let time = self.times.get(spot % times).map(|time| time.from);
        let code = self.counts.get(spot / times / places).map(|of| of.code);
        (spot / times % places, time, code)
    }
}

fn is_month(time: &Period) -> bool {
    time.grain == Some(Grain::Month)
}
