//! 已报 · what a district ever gave a record of. A figure is 0 only where somebody reported: a district that never gave a
//! sheet of inspections has no coverage of 0 percent.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use minzheng_ground::state::State;
use minzheng_kernel::Fault;
use minzheng_rules::division::division_prefix;
use sea_orm::FromQueryResult;

use crate::cells::range;
use crate::indicator::{Count, Definition, Part};
use crate::shared::kept;
use crate::touch::table;

/// The aggregate of the statistics that populations come from.
const STATISTICS: &str = "DivisionStatistics";

/// The aggregate of divisions: they are there before anything else.
const DIVISION: &str = "Division";

/// Districts with the aggregates that they gave records of. A record that once stood stays, if only as a voided one, so
/// what is known here stays true.
#[derive(Default)]
pub struct Known(Mutex<HashSet<(String, &'static str)>>);

/// The aggregates of which a district gave records.
#[derive(Default)]
pub struct Reported(HashSet<&'static str>);

#[derive(FromQueryResult)]
struct Given {
    n: i64,
}

impl Reported {
    /// Of what some figures count in the district of a place. One statement asks for all that is not known yet.
    pub async fn read(state: &State, place: &str, definitions: &[&'static Definition]) -> Result<Self, Fault> {
        let prefix = division_prefix(place);
        let district = prefix.get(..6).unwrap_or(prefix);
        let sources: BTreeSet<&'static str> = definitions
            .iter()
            .flat_map(|of| of.counts())
            .flat_map(Count::sources)
            .chain(definitions.iter().filter(|of| has_population(of)).map(|_| STATISTICS))
            .filter(|source| *source != DIVISION)
            .collect();
        let known = &kept(state)?.reported.0;
        let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |source: &&'static str| lock().contains(&(district.to_owned(), *source));
        let (mut given, asked): (Vec<_>, Vec<_>) = sources.into_iter().partition(is_known);
        if !asked.is_empty() {
            let select = |(n, source): (usize, &&str)| {
                let rows = format!("SELECT 1 FROM {} WHERE division >= $1 AND division <= $2", table(source));
                format!("SELECT CAST({n} AS BIGINT) AS n WHERE EXISTS ({rows})")
            };
            let selects: Vec<String> = asked.iter().enumerate().map(select).collect();
            let (low, high) = range(district);
            let db = &state.kernel.db;
            let rows: Vec<Given> =
                db.rows(db.read(), &selects.join(" UNION ALL "), vec![low.into(), high.into()]).await?;
            let found = rows.iter().filter_map(|row| asked.get(usize::try_from(row.n).ok()?).copied());
            let found: Vec<&'static str> = found.collect();
            lock().extend(found.iter().map(|source| (district.to_owned(), *source)));
            given.extend(found);
        }
        Ok(Self(given.into_iter().chain([DIVISION]).collect()))
    }

    /// Whether all that a figure counts was ever reported.
    pub fn has(&self, of: &Definition) -> bool {
        let mut counts = of.counts().into_iter();
        counts.all(|count| count.sources().all(|source| self.0.contains(source)))
            && (!has_population(of) || self.0.contains(STATISTICS))
    }
}

fn has_population(of: &Definition) -> bool {
    of.ratio().is_some_and(|ratio| ratio.parts().iter().any(|part| matches!(part, Part::Population(_))))
}
