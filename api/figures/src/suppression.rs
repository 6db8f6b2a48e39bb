//! 小数隐藏 · what the screen is not told (design §3.9): counts of 1–4 persons, households or person-times and the money
//! beside them; and so much more that nothing hidden can be worked out from what is shown.
//!
//! What is shown of one district in one year is a grid of figures, places and times. Its sums are equations: the district
//! is its towns, a year its halves, a half its quarters, a quarter its months, and a figure is those that its definition
//! is made of ([`indicator::relation`]). As long as an equation has one hidden term, or hidden parts that are few
//! together, its smallest other term is hidden too. Then all equations are solved at once ([`super::audit`]): what several
//! of them together give away costs another term, until nothing hidden is determined.
//!
//! Each year is a grid of its own, so that the same number is hidden whatever else was asked for with it. Of what moves
//! what stands the month before the year is looked at too.
//!
//! Times that are no month, quarter, half or year (as far as a running one has gone) are told only where they are sums of
//! months that are shown.
//!
//! Money that is shown is told in whole 万元, and all that is worked out from it: read before and after one payment it
//! does not tell what was paid.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};
use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::period::{Grain, Period};
use sea_orm::FromQueryResult;

use crate::cells::{codes, range};
use crate::indicator::{Count, Counting, Definition, Since, relation};
use crate::read::{CellsOf, Raw, Shown, level_of};
use crate::shared::kept;
use crate::{audit, indicator};

/// Counts from here on are shown.
const SHOWN_FROM: i64 = 5;

/// Fen to which money is rounded that few may not be told from: one 万元.
const ROUNDED_TO: i64 = 1_000_000;

/// Whether a count of persons is so small that it is not told.
pub fn small(of: &Count, value: i64) -> bool {
    value > 0 && value < SHOWN_FROM * of.scale * of.each && !relation::is_balance(of.code)
}

/// The counts beside which a figure stands: hidden with one of them.
pub fn beside(code: &str) -> &'static [&'static str] {
    indicator::cell(code).map_or(&[], |of| of.beside)
}

/// What is hidden of one district, year by year.
pub struct Hidden {
    years: BTreeMap<i32, OfYear>,
}

/// What is hidden of one district in one year.
struct OfYear {
    axes: Axes,
    values: Vec<i64>,
    by_spot: Vec<bool>,
    sums: Arc<Sums>,
}

impl Hidden {
    /// What the screen is shown of a figure of a place and a time; `cells` has what it counts in the times around too.
    pub fn shown(&self, of: &'static Definition, place: &str, period: Period, cells: &CellsOf) -> Shown {
        let raw = cells.value(of, period);
        if period.grain.is_none() && self.tells_more(of, place, period) {
            return Shown { raw: raw.map(|raw| rounded(of, raw)), hidden: true };
        }
        let gives_away = || {
            let counts = of.counts();
            let counts = counts.iter().filter(|count| kept_apart(count));
            // It has no cells and no grid: of times of one length all are shown or none.
            let mut times = counts.flat_map(|count| siblings(period).map(move |time| (count, time)));
            times.any(|(count, time)| cells.number(count, time).is_some_and(|value| small(count, value)))
        };
        self.part(of, place, period, raw, gives_away())
    }

    /// The same of a part of a place, by what it would be.
    pub fn shown_part(&self, of: &'static Definition, place: &str, period: Period, raw: Option<Raw>) -> Shown {
        self.part(of, place, period, raw, false)
    }

    fn part(&self, of: &'static Definition, place: &str, period: Period, raw: Option<Raw>, known: bool) -> Shown {
        Shown { raw: raw.map(|raw| rounded(of, raw)), hidden: known || self.hides(of, place, period, raw) }
    }

    /// Whether a time that has no name of its own would tell more than the sum of what is shown does: a day more or less
    /// of it tells what happened to single persons.
    fn tells_more(&self, of: &'static Definition, place: &str, time: Period) -> bool {
        let shows = |month: Period, of: &Count| !self.has(of, place, month);
        let follows = |of: &Count| match of.counting {
            Counting::Sum if of.since == Since::Period && time.whole_months() => time.months().all(|at| shows(at, of)),
            Counting::Standing if time.until.day() == 1 => shows(time, of),
            _ => false,
        };
        let beside = of.beside.iter().filter_map(|code| indicator::cell(code));
        let own = of.counts().into_iter().filter(|count| count.sensitive);
        own.chain(beside).any(|count| !follows(count))
    }

    fn hides(&self, of: &'static Definition, place: &str, period: Period, raw: Option<Raw>) -> bool {
        if of.beside.iter().filter_map(|code| indicator::cell(code)).any(|count| self.has(count, place, period)) {
            return true;
        }
        if raw.is_some_and(|raw| few_left(of, raw)) {
            return true;
        }
        let values = raw.map_or([None, None], |raw| [Some(raw.top), raw.bottom]);
        of.counts().into_iter().zip(values).filter(|(count, _)| count.sensitive).any(|(count, value)| {
            // A cell may be newer than the grid.
            value.is_some_and(|value| !count.money && small(count, value)) || self.has(count, place, period)
        })
    }

    fn has(&self, of: &Count, place: &str, period: Period) -> bool {
        if !of.counting.has_cells() {
            // Told of the district alone: its towns cannot be taken from it.
            return level_of(place) != Some("DISTRICT");
        }
        if of.since == Since::Year {
            // It is no part of the grid, but what it is paid to is: shown of the district alone, as long as nothing of it
            // is hidden there.
            let Some(year) = self.years.get(&period.from.year()) else { return true };
            let some = || of.beside.iter().any(|code| year.axes.own().any(|time| year.at(code, place, *time)));
            return level_of(place) != Some("DISTRICT") || some();
        }
        self.years.get(&period.from.year()).is_none_or(|year| year.at(of.code, place, standing(of, period)))
    }
}

impl OfYear {
    fn at(&self, code: &str, place: &str, time: Period) -> bool {
        self.axes.spot(code, place, time).and_then(|spot| self.by_spot.get(spot)).copied().unwrap_or(false)
    }
}

/// Persons that no cell is kept of, counted over a time: what a year's quarters give, the year less the others gives too.
fn kept_apart(of: &Count) -> bool {
    of.sensitive && !of.counting.has_cells() && of.adds_over_times()
}

/// Whether a percentage of persons leaves out so few of them that these are not told: 38 certified of 40.
fn few_left(of: &Definition, raw: Raw) -> bool {
    // An average, in halves, is no whole of which the others are a part.
    let persons = |count: &Count| count.sensitive && !count.money && count.scale == 1;
    let (counts, left) = (of.counts(), raw.bottom.map_or(0, |bottom| bottom - raw.top));
    of.is_percent() && counts.iter().all(|count| persons(count)) && counts.last().is_some_and(|of| small(of, left))
}

/// The times of the same length in the same year.
fn siblings(period: Period) -> impl Iterator<Item = Period> {
    let grain = period.grain.unwrap_or(Grain::Year);
    let year = period.from.year();
    (1..=12 / grain.months()).filter_map(move |n| Period::part(grain, year, n))
}

/// The times that decide whether a figure of a time is shown, besides that time.
pub fn times_around(definitions: &[&'static Definition], times: &[Period]) -> Vec<Period> {
    let some = definitions.iter().any(|of| of.counts().into_iter().any(kept_apart));
    if some { times.iter().copied().flat_map(siblings).collect() } else { Vec::new() }
}

/// A number in which no single payment is to be seen.
fn rounded(of: &Definition, raw: Raw) -> Raw {
    let round = |(count, value): (Option<&&Count>, i64)| match count {
        Some(count) if count.money && count.sensitive => {
            (value + ROUNDED_TO / 2).div_euclid(ROUNDED_TO).saturating_mul(ROUNDED_TO)
        }
        _ => value,
    };
    let counts = of.counts();
    Raw { top: round((counts.first(), raw.top)), bottom: raw.bottom.map(|bottom| round((counts.get(1), bottom))) }
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
#[derive(Default)]
pub struct Grids {
    kept: Mutex<Vec<(Asked, Arc<Hidden>)>>,
    /// Whoever makes a grid: the others that ask for it wait, and find it made.
    making: tokio::sync::Mutex<()>,
}

/// Which grid: the district, the years, and the position that last changed a cell.
struct Asked {
    of: (String, i32, i32),
    changed: i64,
}

/// Grids kept.
const KEPT_MOST: usize = 8;

/// What is hidden in the district of a place, for the years in which a time lies.
pub async fn hidden(
    state: &State,
    place: &str,
    (from, until): (NaiveDate, NaiveDate),
    changed: i64,
) -> Result<Arc<Hidden>, Fault> {
    let district = place.get(..6).unwrap_or(place);
    let last = until.pred_opt().unwrap_or(until);
    let grids = &kept(state)?.grids;
    let of = (district.to_owned(), from.year(), last.year());
    let asked = Asked { of, changed };
    let lock = || grids.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let is_good = |key: &Asked| key.of == asked.of && key.changed >= asked.changed;
    let known = || lock().iter().find(|(key, _)| is_good(key)).map(|(_, known)| known.clone());
    if let Some(known) = known() {
        return Ok(known);
    }
    let _making = grids.making.lock().await;
    if let Some(known) = known() {
        return Ok(known);
    }
    let made = Grid::read(state, district, from.year(), last.year()).await?;
    // The same places have the same sums: only the numbers in them are others now.
    let before = lock().iter().find(|(key, _)| key.of == asked.of).map(|(_, before)| before.clone());
    let years = tokio::task::spawn_blocking(move || close(made, before.as_deref())).await;
    let found = Arc::new(Hidden { years: years.map_err(Fault::internal)? });
    let mut known = lock();
    known.retain(|(key, _)| key.of != asked.of);
    known.push((asked, found.clone()));
    if known.len() > KEPT_MOST {
        known.remove(0);
    }
    Ok(found)
}

fn close(grids: Vec<Grid>, before: Option<&Hidden>) -> BTreeMap<i32, OfYear> {
    let close = |grid: Grid| {
        let known = before.and_then(|before| before.years.get(&grid.year)).filter(|known| known.axes == grid.axes);
        (grid.year, grid.close(known))
    };
    grids.into_iter().map(close).collect()
}

#[derive(FromQueryResult)]
struct Cell {
    division: String,
    code: String,
    grain: String,
    starts_on: Option<NaiveDate>,
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

/// The sums of a grid: of each the first term is the whole, the others are its parts.
struct Sums {
    terms: Lists,
    /// By spot: the sums in which it is a term.
    with: Lists,
    /// Pairs of spots: the first is hidden where the second is.
    beside: Vec<(Spot, Spot)>,
    /// By spot: one of those with which it has to do, whatever lies between.
    kin: Vec<Spot>,
}

impl Sums {
    fn of(terms: Lists, beside: Vec<(Spot, Spot)>, spots: usize) -> Self {
        let mut kin: Vec<Spot> = (0..spots).collect();
        let mut join = |a: Spot, b: Spot| {
            let (a, b) = (first_of(&mut kin, a), first_of(&mut kin, b));
            if let Some(of) = kin.get_mut(a.max(b)) {
                *of = a.min(b);
            }
        };
        for sum in 0..terms.len() {
            if let Some(whole) = terms.get(sum).next() {
                terms.get(sum).for_each(|part| join(whole, part));
            }
        }
        for (spot, other) in &beside {
            join(*spot, *other);
        }
        for spot in 0..spots {
            first_of(&mut kin, spot);
        }
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
        Self { terms, with: lists, beside, kin }
    }
}

/// The first of those with which a spot has to do; the way to it becomes shorter.
fn first_of(kin: &mut [Spot], spot: Spot) -> Spot {
    let mut first = spot;
    while let Some(next) = kin.get(first).copied().filter(|next| *next != first) {
        first = next;
    }
    let mut at = spot;
    while let Some(of) = kin.get_mut(at).filter(|of| **of != first) {
        at = std::mem::replace(of, first);
    }
    first
}

/// What a number of the grid is of: each figure, place and time has its number.
#[derive(Default, PartialEq)]
struct Axes {
    codes: HashMap<&'static str, usize>,
    /// What relations leave, numbered after the codes.
    rests: usize,
    /// The district first, then its towns by code.
    places: BTreeMap<String, usize>,
    times: HashMap<Period, usize>,
}

impl Axes {
    fn spots(&self) -> usize {
        (self.codes.len() + self.rests) * self.places.len() * self.times.len()
    }

    fn number(&self, code: usize, place: usize, time: usize) -> Spot {
        (code * self.places.len() + place) * self.times.len() + time
    }

    fn spot(&self, code: &str, place: &str, time: Period) -> Option<Spot> {
        Some(self.number(*self.codes.get(code)?, *self.places.get(place)?, *self.times.get(&time)?))
    }

    /// The times of the year itself.
    fn own(&self) -> impl Iterator<Item = &Period> {
        self.times.iter().filter(|(_, n)| **n > 0).map(|(time, _)| time)
    }
}

/// What is shown and hidden on the way to what may be.
struct Veil<'a> {
    /// By spot.
    hidden: Vec<bool>,
    /// By sum: how many of its terms are hidden.
    of_sum: Vec<u32>,
    sums: &'a Sums,
}

impl Veil<'_> {
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

/// The numbers of one district in one year.
struct Grid {
    year: i32,
    axes: Axes,
    counts: Vec<&'static Count>,
    /// The month before the year, the months, the longer times.
    times: Vec<Period>,
    /// By spot.
    values: Vec<i64>,
}

/// Months of a grid, with the one before.
const MONTHS: usize = 13;

fn times_of(year: i32) -> Vec<Period> {
    let of = |grain: Grain| (1..=12 / grain.months()).filter_map(move |n| Period::part(grain, year, n));
    Period::part(Grain::Month, year - 1, 12).into_iter().chain(Grain::ALL.into_iter().flat_map(of)).collect()
}

impl Grid {
    async fn read(state: &State, district: &str, first: i32, last: i32) -> Result<Vec<Self>, Fault> {
        let (low, high) = range(district);
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1);
        let (begin, end) = (day(first).unwrap_or(NaiveDate::MIN), day(last + 1).unwrap_or(NaiveDate::MAX));
        let db = &state.kernel.db;
        let counts: Vec<&'static Count> = sensitive().collect();
        let all = codes(&counts, |_| true);
        let standing = codes(&counts, |counting| counting == Counting::Standing);
        let of_district = "figure_cell WHERE level IN ('TOWN', 'DISTRICT') AND division >= $1 AND division <= $2";
        // What lies before the years counts only as what stands at their beginning. All towns are places, also those of
        // which nothing was counted in these years.
        let sql = format!(
            "SELECT division, code, grain, starts_on, value FROM {of_district} AND code IN ({all}) \
             AND starts_on >= $3 AND starts_on < $4 \
             UNION ALL SELECT division, code, 'BEFORE' AS grain, MIN(starts_on) AS starts_on, \
             CAST(SUM(value) AS BIGINT) AS value FROM {of_district} AND code IN ({standing}) \
             AND grain = 'MONTH' AND starts_on < $3 GROUP BY division, code \
             UNION ALL SELECT code AS division, '' AS code, 'PLACE' AS grain, valid_from AS starts_on, \
             CAST(0 AS BIGINT) AS value FROM division WHERE level = 'TOWN' AND code >= $1 AND code <= $2"
        );
        let values = vec![low.into(), high.into(), begin.into(), end.into()];
        let cells: Vec<Cell> = db.rows(db.read(), &sql, values).await?;
        let mut places: BTreeSet<&str> = cells.iter().map(|cell| cell.division.as_str()).collect();
        let district = format!("{district:0<12}");
        places.insert(&district);
        let mut stands: HashMap<(&str, &str), i64> = HashMap::new();
        for cell in cells.iter().filter(|cell| cell.grain == "BEFORE") {
            stands.insert((cell.code.as_str(), cell.division.as_str()), cell.value);
        }
        Ok((first..=last).map(|year| Self::of(year, &places, &counts, &cells, &mut stands)).collect())
    }

    /// The grid of a year; what stands at its beginning becomes what stands at its end.
    fn of<'a>(
        year: i32,
        places: &BTreeSet<&'a str>,
        counts: &[&'static Count],
        cells: &'a [Cell],
        stands: &mut HashMap<(&'a str, &'a str), i64>,
    ) -> Self {
        let times = times_of(year);
        let axes = Axes {
            codes: counts.iter().zip(0..).map(|(of, n)| (of.code, n)).collect(),
            rests: relation::relations().iter().filter(|of| of.rest).count(),
            places: places.iter().map(|place| (*place).to_owned()).zip(0..).collect(),
            times: times.iter().copied().zip(0..).collect(),
        };
        let mut grid = Self { year, values: vec![0; axes.spots()], axes, counts: counts.to_vec(), times };
        for cell in cells {
            let grain = Grain::ALL.into_iter().find(|grain| grain.code() == cell.grain);
            let time = grain.zip(cell.starts_on).map(|(grain, from)| grain.containing(from));
            let time = time.filter(|time| time.from.year() == year);
            let spot = time.and_then(|time| grid.axes.spot(&cell.code, &cell.division, time));
            if let Some(value) = spot.and_then(|spot| grid.values.get_mut(spot)) {
                *value = cell.value;
            }
        }
        for (of, code) in counts.iter().zip(0..) {
            for place in places {
                let Some(n) = grid.axes.places.get(*place) else { continue };
                let first = grid.axes.number(code, *n, 0);
                let Some(values) = grid.values.get_mut(first..first + grid.times.len()) else { continue };
                let (months, longer) = values.split_at_mut(MONTHS);
                match of.counting {
                    Counting::Standing => {
                        let before = stands.entry((of.code, *place)).or_default();
                        for value in months {
                            *before += *value;
                            *value = *before;
                        }
                    }
                    Counting::Sum => {
                        for (value, time) in longer.iter_mut().zip(grid.times.iter().skip(MONTHS)) {
                            let months = months.iter().zip(&grid.times).filter(|(_, month)| time.contains(month));
                            *value = months.map(|(value, _)| value).sum();
                        }
                    }
                    Counting::Distinct | Counting::Asked => {}
                }
            }
        }
        for (rest, of) in grid.rests() {
            let minus = of.parts.iter().map(|part| (*part, -1));
            let terms: Vec<(usize, i64)> = [(of.whole, 1)]
                .into_iter()
                .chain(minus)
                .filter_map(|(code, sign)| Some((*grid.axes.codes.get(code)?, sign)))
                .collect();
            for at in 0..grid.axes.number(1, 0, 0) {
                let left = terms.iter().map(|(code, sign)| sign * grid.value(grid.axes.number(*code, 0, 0) + at)).sum();
                if let Some(value) = grid.values.get_mut(grid.axes.number(rest, 0, 0) + at) {
                    *value = left;
                }
            }
        }
        grid
    }

    fn value(&self, spot: Spot) -> i64 {
        self.values.get(spot).copied().unwrap_or(0)
    }

    /// What relations leave, each with its number among the codes.
    fn rests(&self) -> impl Iterator<Item = (usize, &'static relation::Relation)> + use<> {
        (self.counts.len()..).zip(relation::relations().iter().filter(|of| of.rest))
    }

    /// Numbers of the times for which a count is told: of what stands the months alone.
    fn times_told(&self, of: &Count) -> std::ops::Range<usize> {
        if of.counting == Counting::Standing { 0..MONTHS } else { 1..self.times.len() }
    }

    /// Numbers of the times of one length, of the year itself.
    fn of_length(&self, grain: Grain) -> impl Iterator<Item = (usize, Period)> + '_ {
        self.times.iter().copied().enumerate().skip(1).filter(move |(_, time)| time.grain == Some(grain))
    }

    /// The sums of the grid.
    fn sums(&self) -> Sums {
        let mut all = Lists::default();
        let (axes, places) = (&self.axes, self.axes.places.len());
        for (of, code) in self.counts.iter().zip(0..) {
            for time in self.times_told(of) {
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
        let mut rests = self.rests().map(|(rest, _)| rest);
        for of in relation::relations() {
            let codes = [of.whole].into_iter().chain(of.parts.iter().copied());
            let Some(mut codes) = codes.map(|code| axes.codes.get(code).copied()).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let whole = codes.first().and_then(|whole| self.counts.get(*whole));
            if of.rest {
                codes.extend(rests.next());
            }
            for time in whole.map_or(0..0, |of| self.times_told(of)) {
                for place in 0..places {
                    all.push(codes.iter().map(|code| axes.number(*code, place, time)));
                }
            }
        }
        Sums::of(all, self.beside(), axes.spots())
    }

    /// All spots of a code: those of two codes lie in the same order.
    fn spots_of(&self, code: &str) -> std::ops::Range<Spot> {
        let first = |code: usize| self.axes.number(code, 0, 0);
        self.axes.codes.get(code).map_or(0..0, |code| first(*code)..first(code + 1))
    }

    /// Pairs of spots: the first is hidden where the second is.
    fn beside(&self) -> Vec<(Spot, Spot)> {
        let mut all: Vec<(Spot, Spot)> = relation::beside()
            .into_iter()
            .flat_map(|(code, other)| self.spots_of(code).zip(self.spots_of(other)))
            .collect();
        let month = |day: Option<NaiveDate>| self.axes.times.get(&Grain::Month.containing(day?)).copied();
        for (of, code) in self.counts.iter().zip(0..) {
            let stocks = of.moves.iter().filter_map(|stock| self.axes.codes.get(stock));
            for stock in stocks {
                for time in self.times_told(of) {
                    let Some(period) = self.times.get(time) else { continue };
                    // Known at its beginning and its end it tells what moved it.
                    let ends = [month(period.from.pred_opt()), month(Some(period.last_day()))];
                    for end in ends.into_iter().flatten() {
                        for place in 0..self.axes.places.len() {
                            all.push((self.axes.number(code, place, time), self.axes.number(*stock, place, end)));
                        }
                    }
                }
            }
        }
        all
    }

    /// What is hidden: small numbers, the money beside them, and so much more that nothing of it can be worked out. What
    /// has to do with no number that is another one now than in the grid known before stays as it is there.
    fn close(self, known: Option<&OfYear>) -> OfYear {
        let sums = known.map_or_else(|| Arc::new(self.sums()), |known| known.sums.clone());
        let kin = |spot: Spot| sums.kin.get(spot).copied();
        let moved: Option<BTreeSet<_>> = known.map(|known| {
            let pairs = self.values.iter().zip(&known.values).zip(0..);
            pairs.filter(|((now, before), _)| now != before).map(|(_, spot)| kin(spot)).collect()
        });
        let is_open = |spot: Spot| moved.as_ref().is_none_or(|moved| moved.contains(&kin(spot)));
        let width = self.axes.number(1, 0, 0);
        let is_rest = |spot: Spot| spot / width >= self.counts.len();
        let counted = |spot: Spot| self.counts.get(spot / width).copied();
        let balances: Vec<bool> = self.counts.iter().map(|of| relation::is_balance(of.code)).collect();
        let is_balance = |spot: Spot| balances.get(spot / width).copied().unwrap_or(false);
        let few = |spot: Spot| {
            let bound = SHOWN_FROM * counted(spot).map_or(1, |of| of.each);
            (1..bound).contains(&self.value(spot)) && !is_balance(spot) && !counted(spot).is_some_and(|of| of.money)
        };
        // What nobody is told is no secret by itself, and it cannot be hidden in place of another.
        let guarded = |spot: Spot| if is_rest(spot) { few(spot) } else { !is_balance(spot) };
        let mut veil = Veil { hidden: vec![false; self.values.len()], of_sum: vec![0; sums.terms.len()], sums: &sums };
        for spot in 0..self.values.len() {
            let as_before = || known.and_then(|known| known.by_spot.get(spot)).copied().unwrap_or(false);
            if is_rest(spot) || few(spot) || (!is_open(spot) && as_before()) {
                veil.hide(spot);
            }
        }
        let beside: Vec<&(Spot, Spot)> = sums.beside.iter().filter(|(spot, _)| is_open(*spot)).collect();
        let open_sums: Vec<usize> =
            (0..sums.terms.len()).filter(|sum| sums.terms.get(*sum).next().is_some_and(is_open)).collect();
        for (spot, other) in &beside {
            // Money of persons who are not counted there: nobody knows how few they are.
            let money = counted(*spot).is_some_and(|of| of.money) && self.value(*spot) != 0;
            if money && self.value(*other) < SHOWN_FROM {
                veil.hide(*spot);
            }
        }
        // Nothing is told by hiding a zero where others are left.
        let next = |veil: &Veil<'_>, sum: usize| {
            let open = sums.terms.get(sum).filter(|spot| !veil.hides(*spot) && !is_balance(*spot));
            open.min_by_key(|spot| (self.value(*spot) == 0, self.value(*spot), self.named(*spot)))
        };
        let told = |veil: &Veil<'_>, sum: usize| {
            let mut hidden = sums.terms.get(sum).filter(|spot| veil.hides(*spot));
            match veil.of_sum.get(sum) {
                None | Some(0) => false,
                Some(1) => hidden.any(guarded),
                // Hidden parts of a whole that is shown: together they are a count like any other.
                Some(_) => {
                    let whole = sums.terms.get(sum).next();
                    let money = whole.and_then(counted).is_none_or(|of| of.money);
                    let bound = SHOWN_FROM * whole.and_then(counted).map_or(1, |of| of.each);
                    let balance = || sums.terms.get(sum).any(is_balance);
                    let shown = whole.is_some_and(|whole| !veil.hides(whole));
                    shown && !money && !balance() && (1..bound).contains(&hidden.map(|spot| self.value(spot)).sum())
                }
            }
        };
        loop {
            let mut more = false;
            for (spot, other) in &beside {
                more |= veil.hides(*other) && veil.hide(*spot);
            }
            for sum in open_sums.iter().copied() {
                if told(&veil, sum) {
                    more |= next(&veil, sum).is_some_and(|next| veil.hide(next));
                }
            }
            if more {
                continue;
            }
            let some = |sum: &usize| veil.of_sum.get(*sum).is_some_and(|hidden| *hidden > 0);
            let equations = open_sums.iter().copied().filter(some).map(|sum| {
                let terms = sums.terms.get(sum).enumerate().filter(|(_, spot)| veil.hides(*spot));
                terms.map(|(n, spot)| (spot, if n == 0 { -1 } else { 1 })).collect()
            });
            let mut touched = BTreeSet::new();
            for spot in audit::determined(&equations.collect::<Vec<_>>()).into_iter().filter(|spot| guarded(*spot)) {
                // One term a sum at a time: it may be enough for several.
                let own: Vec<usize> = sums.with.get(spot).collect();
                if own.iter().any(|sum| touched.contains(sum)) {
                    continue;
                }
                touched.extend(own);
                more |= self.nearest(&veil, spot, next).is_some_and(|next| veil.hide(next));
            }
            if !more {
                let by_spot = veil.hidden;
                return OfYear { axes: self.axes, values: self.values, by_spot, sums };
            }
        }
    }

    /// The term to be hidden for a number that is determined: of its own sums, else of those with which they share
    /// hidden terms.
    fn nearest(&self, veil: &Veil<'_>, spot: Spot, next: impl Fn(&Veil<'_>, usize) -> Option<Spot>) -> Option<Spot> {
        let mut seen = BTreeSet::from([spot]);
        let mut edge = vec![spot];
        while !edge.is_empty() {
            let sums: BTreeSet<usize> = edge.iter().flat_map(|spot| veil.sums.with.get(*spot)).collect();
            let found = sums.iter().filter_map(|sum| next(veil, *sum));
            let found = found.min_by_key(|spot| (self.value(*spot) == 0, self.value(*spot), self.named(*spot)));
            if found.is_some() {
                return found;
            }
            let around = sums.iter().flat_map(|sum| veil.sums.terms.get(*sum)).filter(|spot| veil.hides(*spot));
            edge = around.filter(|spot| seen.insert(*spot)).collect();
        }
        None
    }

    /// Place, first day and figure of a number: of equal ones the first is hidden.
    fn named(&self, spot: Spot) -> (usize, Option<NaiveDate>, Option<&str>) {
        let (times, places) = (self.times.len(), self.axes.places.len());
        let time = self.times.get(spot % times).map(|time| time.from);
        let code = self.counts.get(spot / times / places).map(|of| of.code);
        (spot / times % places, time, code)
    }
}
