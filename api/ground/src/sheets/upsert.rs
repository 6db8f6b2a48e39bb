//! 入库 · rows of sheets matched to the records they are about: new, corrected, or as known.

use std::collections::{HashMap, HashSet};

use entity::Aggregate;
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Work};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{IntoActiveModel, ModelTrait as _, QueryFilter as _};

use crate::sheets::{Numbered, Taken};

/// The records that rows may be about, by key.
pub struct Known<E: Aggregate, K> {
    /// Those that the command reaches.
    here: HashMap<K, E::Model>,
    /// The keys of those that it does not: a row that means one of them is refused before anything is told of it.
    elsewhere: HashSet<K>,
}

impl<E: Aggregate, K: std::hash::Hash + Eq> Known<E, K> {
    /// Of rows read in this transaction.
    pub async fn of(work: &Work<'_>, rows: Vec<E::Model>, key: impl Fn(&E::Model) -> K) -> Result<Self, Failure> {
        let (here, elsewhere) = work.part_by_reach::<E>(rows).await?;
        Ok(Self {
            here: here.into_iter().map(|row| (key(&row), row)).collect(),
            elsewhere: elsewhere.iter().map(key).collect(),
        })
    }

    /// Those that the command reaches.
    pub fn rows(&self) -> impl Iterator<Item = &E::Model> {
        self.here.values()
    }

    /// The keys of those that it does not.
    pub fn elsewhere(&self) -> impl Iterator<Item = &K> {
        self.elsewhere.iter()
    }
}

/// The records that rows may be about, by key.
pub async fn known_by<E: Aggregate, K: std::hash::Hash + Eq>(
    work: &Work<'_>,
    about: impl IntoCondition,
    key: impl Fn(&E::Model) -> K,
) -> Result<Known<E, K>, Failure> {
    let rows = work.everywhere::<E>().filter(about).all(work.tx()).await?;
    Known::of(work, rows, key).await
}

/// Rows matched to known ones by their key: new, corrected, or as known. `write` says a row into a
/// record, which is blank but for its id and the salt of its key when it is new. Gives also the records as they are now.
///
/// This is where rows of sheets meet records: one that lies out of the command's reach is neither changed nor told, and
/// none is made there or moved there.
pub async fn upsert<E, R, K>(
    work: &mut Work<'_>,
    rows: &[Numbered<R>],
    known: Known<E, K>,
    key: impl Fn(&R) -> K,
    write: impl Fn(&mut E::Model, &R) -> Result<(), Failure>,
) -> Result<(Taken, HashMap<K, E::Model>), Failure>
where
    E: Aggregate,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Default,
    E::ActiveModel: Send,
    K: std::hash::Hash + Eq + Clone,
{
    let Known { here: mut known, elsewhere } = known;
    let mut taken = Taken::default();
    let mut new: Vec<(K, E::Model)> = Vec::new();
    let mut seen: HashMap<K, usize> = HashMap::new();
    let mut id = work.ids(rows.len()).await?;
    for Numbered { row, number } in rows {
        let key = key(row);
        if elsewhere.contains(&key) {
            taken.not_here(*number);
            continue;
        }
        if let Some(old) = known.get_mut(&key) {
            let mut wanted = old.clone();
            salted::<E>(&mut wanted)?;
            write(&mut wanted, row)?;
            work.keep_spared::<E>(old, &mut wanted);
            for header in work.keep_silent::<E>(*number, old, &mut wanted) {
                taken.kept.entry(header.to_owned()).or_default().insert(*number);
            }
            if wanted == *old {
                taken.unchanged += 1;
            } else if work.reaches::<E>(&wanted) {
                let checked = work.checked::<E>(old.clone());
                *old = work.update::<E>(checked, |model| *model = wanted).await?;
                taken.changed += 1;
                taken.touched.insert(*number);
            } else {
                taken.out_of_scope(*number, "", "");
            }
            continue;
        }
        let again = seen.get(&key).and_then(|at| new.get_mut(*at));
        let mut record = match &again {
            // The same key twice in one sheet: the later row is a correction of the earlier.
            Some((_, record)) => record.clone(),
            None => {
                let mut record = E::Model::default();
                record.set(E::id_column(), id.into());
                E::set_version(&mut record, 1);
                salted::<E>(&mut record)?;
                record
            }
        };
        write(&mut record, row)?;
        if !work.reaches::<E>(&record) {
            taken.out_of_scope(*number, "", "");
            continue;
        }
        match again {
            Some((_, before)) if *before == record => taken.unchanged += 1,
            Some((_, before)) => {
                *before = record;
                taken.changed += 1;
                taken.touched.insert(*number);
            }
            None => {
                id += 1;
                seen.insert(key.clone(), new.len());
                new.push((key, record));
                taken.created += 1;
                taken.touched.insert(*number);
            }
        }
    }
    work.insert_many::<E>(new.iter().map(|(_, record)| record.clone()).collect()).await?;
    known.extend(new);
    Ok((taken, known))
}

/// Gives a record the salt of its own key, where such records have one and it has none yet.
fn salted<E: Aggregate>(model: &mut E::Model) -> Result<(), Failure> {
    if let Some(salt) = E::salt_mut(model).filter(|salt| salt.is_empty()) {
        *salt = Keyring::new_salt()?.to_vec();
    }
    Ok(())
}

/// The rows that name nothing, or something that is there; the others are named as refused.
pub fn sift<R, M>(
    rows: Vec<Numbered<R>>,
    refused: &mut Taken,
    column: &str,
    there: &HashMap<String, M>,
    named: impl Fn(&R) -> Option<&String>,
    remedy: &str,
) -> Vec<Numbered<R>> {
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        match named(&row.row).filter(|name| !there.contains_key(*name)) {
            Some(name) => refused.missing(row.number, column, name, remedy),
            None => good.push(row),
        }
    }
    good
}

/// Makes the parts of some rows what they should be: missing ones are added, others corrected or voided.
/// `wanted` need no id. Gives how many parts were touched.
pub async fn replace_parts<E, K>(
    work: &mut Work<'_>,
    existing: Vec<E::Model>,
    wanted: Vec<E::Model>,
    key: impl Fn(&E::Model) -> K,
) -> Result<HashSet<i64>, Failure>
where
    E: Aggregate,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq,
    E::ActiveModel: Send,
    K: std::hash::Hash + Eq,
{
    let mut touched = HashSet::new();
    let mut known: HashMap<K, E::Model> = existing.into_iter().map(|part| (key(&part), part)).collect();
    let mut new = Vec::new();
    let mut corrected = Vec::new();
    for mut part in wanted {
        match known.remove(&key(&part)) {
            Some(old) => {
                part.set(E::id_column(), E::id(&old).into());
                E::set_version(&mut part, E::version(&old));
                if part != old {
                    corrected.push((old, part));
                }
            }
            None => new.push(part),
        }
    }
    // First what goes, so that what comes may take its place in a unique index.
    for old in known.into_values() {
        touched.insert(E::id(&old));
        let checked = work.checked::<E>(old);
        work.void::<E>(checked).await?;
    }
    for (old, part) in corrected {
        touched.insert(E::id(&old));
        let checked = work.checked::<E>(old);
        work.update::<E>(checked, |model| *model = part).await?;
    }
    for chunk in new.chunks_mut(1000) {
        let first = work.ids(chunk.len()).await?;
        for (id, part) in (first..).zip(chunk.iter_mut()) {
            part.set(E::id_column(), id.into());
            touched.insert(id);
        }
    }
    work.insert_many::<E>(new).await?;
    Ok(touched)
}
