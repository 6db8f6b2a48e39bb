//! 小数隐藏 · what the screen is not told (design §3.9): counts of 1–4 persons, households or person-times and the money
//! beside them; and so much more that nothing hidden can be worked out from what is shown.
//!
//! What is shown of one district in one year is a grid of places and times. Its sums are equations: the district is its
//! towns, a year its halves, a half its quarters, a quarter its months, and the sub-codes of a figure are parts of one
//! whole. As long as an equation has exactly one hidden term, its smallest other term is hidden too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};
use minzheng_kernel::Fault;
use minzheng_rules::period::{Grain, Period};
use sea_orm::{FromQueryResult, Value};

use super::cells::range;
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

/// One number of the grid: figure, place, time.
type Spot = (&'static str, String, Period);

/// What is hidden of one district.
pub struct Hidden(HashSet<Spot>);

impl Hidden {
    /// Whether a figure of a place and a time is hidden; `raw` is what it would be.
    pub fn hides(&self, of: &'static Definition, place: &str, period: Period, raw: Option<Raw>) -> bool {
        if of.beside.iter().filter_map(|code| indicator::cell(code)).any(|count| self.has(count, place, period)) {
            return true;
        }
        let values = raw.map_or([None, None], |raw| [Some(raw.top), raw.bottom]);
        of.counts().into_iter().zip(values).filter(|(count, _)| count.sensitive).any(|(count, value)| {
            if !count.counting.has_cells() {
                // Counted when it is asked for: few persons stand behind it, or not.
                return value.is_some_and(|value| small(count, value));
            }
            self.has(count, place, period)
        })
    }

    fn has(&self, of: &Count, place: &str, period: Period) -> bool {
        if of.since == Since::Year {
            // It is no part of the grid, but what it is paid to is: shown of the district alone, as long as nothing of it
            // is hidden there.
            let year = Grain::Year.containing(period.last_day());
            return level_of(place) != Some("DISTRICT")
                || self.0.iter().any(|(code, of, time)| PAID_TO.contains(code) && of == place && year.contains(time));
        }
        self.0.contains(&(of.code, place.to_owned(), standing(of, period)))
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

/// District, years and position of a grid, and the database.
type Asked = (String, String, i32, i32, i64);

/// Grids kept.
const KEPT_MOST: usize = 8;

/// What is hidden in the district of a place, for the years in which a time lies.
pub async fn hidden(
    state: &State,
    place: &str,
    (from, until): (NaiveDate, NaiveDate),
    position: i64,
) -> Result<Arc<Hidden>, Fault> {
    let district = place.get(..6).unwrap_or(place);
    let last = until.pred_opt().unwrap_or(until);
    let asked: Asked = (state.kernel.db.url().to_owned(), district.to_owned(), from.year(), last.year(), position);
    let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, known)) = lock().iter().find(|(key, _)| *key == asked) {
        return Ok(known.clone());
    }
    let grid = Grid::read(state, district, from.year(), last.year()).await?;
    let found = Arc::new(Hidden(grid.close()));
    let mut kept = lock();
    kept.push((asked, found.clone()));
    if kept.len() > KEPT_MOST {
        kept.remove(0);
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Cell {
    level: String,
    division: String,
    code: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// Cells of one figure at one place, by grain and first day.
type CellsOf = BTreeMap<(String, NaiveDate), i64>;

struct Grid {
    district: String,
    towns: BTreeSet<String>,
    years: (i32, i32),
    values: BTreeMap<Spot, i64>,
}

fn periods(grain: Grain, years: (i32, i32)) -> Vec<Period> {
    let parts = 12 / grain.months();
    (years.0..=years.1).flat_map(|year| (1..=parts).filter_map(move |n| Period::part(grain, year, n))).collect()
}

impl Grid {
    async fn read(state: &State, district: &str, first: i32, last: i32) -> Result<Self, Fault> {
        let (low, high) = range(district);
        let end = NaiveDate::from_ymd_opt(last + 1, 1, 1).unwrap_or(NaiveDate::MAX);
        let db = &state.kernel.db;
        let codes: Vec<&str> = sensitive().map(|of| of.code).collect();
        let places = (4..4 + codes.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT level, division, code, grain, starts_on, value FROM figure_cell WHERE level IN ('TOWN', 'DISTRICT') \
             AND division >= $1 AND division <= $2 AND starts_on < $3 AND code IN ({places})"
        );
        let mut values: Vec<Value> = vec![low.into(), high.into(), end.into()];
        values.extend(codes.into_iter().map(Value::from));
        let cells: Vec<Cell> = db.rows(db.read(), &sql, values).await?;
        let mut grid = Self {
            district: format!("{district:0<12}"),
            towns: BTreeSet::new(),
            years: (first, last),
            values: BTreeMap::new(),
        };
        let mut by_place: BTreeMap<(&'static str, String), CellsOf> = BTreeMap::new();
        for cell in cells {
            let Some(of) = indicator::cell(&cell.code) else { continue };
            if cell.level == "TOWN" {
                grid.towns.insert(cell.division.clone());
            }
            by_place.entry((of.code, cell.division)).or_default().insert((cell.grain, cell.starts_on), cell.value);
        }
        for ((code, place), cells) in by_place {
            let Some(of) = indicator::cell(code) else { continue };
            for grain in Grain::ALL {
                if of.counting == Counting::Standing && grain != Grain::Month {
                    continue;
                }
                for period in periods(grain, grid.years) {
                    let months = cells.iter().filter(|((grain, _), _)| grain == "MONTH");
                    let value = match of.counting {
                        Counting::Standing => {
                            months.filter(|((_, start), _)| *start < period.until).map(|(_, value)| value).sum()
                        }
                        Counting::Distinct => cells.get(&(grain.code().to_owned(), period.from)).copied().unwrap_or(0),
                        _ => months
                            .filter(|((_, start), _)| *start >= period.from && *start < period.until)
                            .map(|(_, value)| value)
                            .sum::<i64>(),
                    };
                    if value != 0 {
                        grid.values.insert((code, place.clone(), period), value);
                    }
                }
            }
        }
        Ok(grid)
    }

    fn value(&self, spot: &Spot) -> i64 {
        self.values.get(spot).copied().unwrap_or(0)
    }

    /// The sums of the grid; each is a list of terms of which no single one may be the only hidden one.
    fn equations(&self) -> Vec<Vec<Spot>> {
        let mut all = Vec::new();
        let sensitive: Vec<&'static Count> = sensitive().collect();
        let grains = |of: &Count| if of.counting == Counting::Standing { &Grain::ALL[..1] } else { &Grain::ALL[..] };
        for of in &sensitive {
            for period in grains(of).iter().flat_map(|grain| periods(*grain, self.years)) {
                let places = [&self.district].into_iter().chain(&self.towns);
                all.push(places.map(|place| (of.code, place.clone(), period)).collect());
            }
            if of.counting == Counting::Standing {
                continue;
            }
            for pair in Grain::ALL.windows(2) {
                let [small, large] = pair else { continue };
                let parts = periods(*small, self.years);
                for whole in periods(*large, self.years) {
                    for place in [&self.district].into_iter().chain(&self.towns) {
                        let times =
                            [whole].into_iter().chain(parts.iter().copied().filter(|part| whole.contains(part)));
                        all.push(times.map(|time| (of.code, place.clone(), time)).collect());
                    }
                }
            }
        }
        // Sub-codes that count the same thing by kind, with the whole where there is one: `D03.*.PERSONS`, `D07` and
        // `D07.*`.
        let mut families: BTreeMap<(&str, &str), Vec<&'static Count>> = BTreeMap::new();
        for of in &sensitive {
            let (head, rest) = of.code.split_once('.').unwrap_or((of.code, ""));
            let tail = rest.split_once('.').map_or("", |(_, tail)| tail);
            families.entry((head, tail)).or_default().push(of);
        }
        for family in families.values().filter(|family| family.len() > 2) {
            let times = family.first().map_or(&Grain::ALL[..], |of| grains(of));
            for period in times.iter().flat_map(|grain| periods(*grain, self.years)) {
                for place in [&self.district].into_iter().chain(&self.towns) {
                    all.push(family.iter().map(|of| (of.code, place.clone(), period)).collect());
                }
            }
        }
        all
    }

    fn close(&self) -> HashSet<Spot> {
        let mut hidden: HashSet<Spot> = self
            .values
            .iter()
            .filter(|((code, ..), value)| {
                indicator::cell(code).is_some_and(|of| !of.money) && (1..SHOWN_FROM).contains(value)
            })
            .map(|(spot, _)| spot.clone())
            .collect();
        let equations = self.equations();
        loop {
            let before = hidden.len();
            for (money, counts) in BESIDE {
                let beside: Vec<Spot> = hidden
                    .iter()
                    .filter(|(code, ..)| counts.contains(code))
                    .map(|(_, place, time)| (*money, place.clone(), *time))
                    .collect();
                hidden.extend(beside);
            }
            for equation in &equations {
                let mut terms = equation.iter().filter(|spot| hidden.contains(*spot));
                if terms.next().is_none() || terms.next().is_some() {
                    continue;
                }
                // Nothing is told by hiding a zero where others are left.
                let open = equation.iter().filter(|spot| !hidden.contains(*spot));
                let next = open.min_by_key(|spot| {
                    let value = self.value(spot);
                    (value == 0, value, (*spot).clone().1, spot.2.from, spot.0)
                });
                if let Some(next) = next {
                    hidden.insert(next.clone());
                }
            }
            if hidden.len() == before {
                return hidden;
            }
        }
    }
}
