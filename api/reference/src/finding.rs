//! 待查事项 · listing what is odd of records as they are written, whatever room they are of.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::Aggregate;
use entity::registry::finding::{Column, Entity, Model};
use minzheng_ground::sheets::Taken;
use minzheng_kernel::{Failure, Work};
use minzheng_rules::odd::Odd;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// A record that was written, and what is odd of it.
pub struct Seen {
    /// Its row in the sheet.
    pub row: u64,
    /// Its id.
    pub id: i64,
    /// Its number, or that of what it belongs to.
    pub number: String,
    /// Where it lies.
    pub division: String,
    /// What is odd.
    pub odd: Vec<Odd>,
}

/// Lists what is odd of records of an aggregate that were written, and settles what no longer is.
pub async fn keep<E: Aggregate>(work: &mut Work<'_>, seen: Vec<Seen>, taken: &mut Taken) -> Result<(), Failure> {
    let today = work.today();
    let mut known: HashMap<i64, Vec<Model>> = HashMap::new();
    let ids: Vec<i64> = seen.iter().map(|seen| seen.id).collect();
    for some in ids.chunks(1_000) {
        let of = work.everywhere::<Entity>().filter(Column::Aggregate.eq(E::NAME));
        let of = of.filter(Column::RowId.is_in(some.iter().copied()));
        for finding in of.all(work.tx()).await? {
            known.entry(finding.row_id).or_default().push(finding);
        }
    }
    let mut new = Vec::new();
    // The same record twice in one sheet counts as it was told last.
    let last: HashMap<i64, usize> = seen.iter().enumerate().map(|(at, seen)| (seen.id, at)).collect();
    for (at, Seen { row, id, number, division, odd }) in seen.into_iter().enumerate() {
        if last.get(&id) != Some(&at) {
            continue;
        }
        let odd: BTreeSet<Odd> = odd.into_iter().collect();
        for kind in &odd {
            taken.odd.entry(kind.code().to_owned()).or_default().insert(row);
        }
        let known = known.remove(&id).unwrap_or_default();
        let listed: HashSet<String> = known.iter().map(|finding| finding.kind.clone()).collect();
        for finding in known {
            let holds = odd.iter().any(|odd| odd.code() == finding.kind);
            if finding.settled_on.is_none() && !holds {
                let checked = work.checked::<Entity>(finding);
                work.update::<Entity>(checked, |finding| finding.settled_on = Some(today)).await?;
            } else if finding.division != division {
                let checked = work.checked::<Entity>(finding);
                work.update::<Entity>(checked, |finding| finding.division.clone_from(&division)).await?;
            }
        }
        new.extend(odd.into_iter().filter(|odd| !listed.contains(odd.code())).map(|odd| Model {
            kind: odd.code().to_owned(),
            aggregate: E::NAME.to_owned(),
            row_id: id,
            number: number.clone(),
            division: division.clone(),
            noted_on: today,
            version: 1,
            ..Model::default()
        }));
    }
    if new.is_empty() {
        return Ok(());
    }
    let first = work.ids(new.len()).await?;
    for (finding, id) in new.iter_mut().zip(first..) {
        finding.id = id;
    }
    work.insert_many::<Entity>(new).await?;
    Ok(())
}
