//! 人员号码 · persons by their numbers: how a number is written, the digest by which it is found, and the persons behind
//! the numbers that rows of other sheets name.

use std::collections::{HashMap, HashSet};

use entity::registry::person::{Column, Entity, Model};
use entity::registry::person_identity;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::{Numbered, Taken};
use minzheng_ground::source::Reading;
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::identifiers::{normal_number, phone};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter as _, QueryOrder as _};

use crate::elsewhere::{Elsewhere, Why};
use crate::person::IdKind;

/// What to do where a row names a person that nobody has recorded.
pub const IMPORT_FIRST: &str = "先导入人员（persons），或核对证件号码 · import the person first, or check the number";

/// A telephone number as it is kept and searched.
pub fn normal_phone(number: &str) -> String {
    phone::parse(number).unwrap_or_else(|| number.to_owned())
}

/// The digest by which a person's number is found.
pub fn blind(keys: &Keyring, kind: &str, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("person.id_number", &format!("{kind}:{number}"))?.to_vec())
}

/// The digest by which a citizen's number is found, whether of a registered person or of somebody who only works here.
pub fn citizen_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    blind(keys, IdKind::CitizenId.code(), number)
}

/// The condition that a column holds the digest of a citizen's number, for lists that are asked by it.
pub fn is_citizen(reading: &Reading<'_>, column: impl ColumnTrait, number: &str) -> Result<Condition, Fault> {
    let blind = citizen_blind(&reading.kernel.keys, &normal_number(number))?;
    Ok(Condition::all().add(column.eq(blind)))
}

/// The digest by which a telephone number is found.
pub fn phone_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("person.phone", number)?.to_vec())
}

/// The persons whom rows name by their numbers, of whatever kind.
pub struct Named {
    /// Those whom the command reaches.
    here: HashMap<String, Model>,
    /// Numbers that are held out of its reach.
    pub elsewhere: Elsewhere,
}

impl std::ops::Deref for Named {
    type Target = HashMap<String, Model>;

    fn deref(&self) -> &Self::Target {
        &self.here
    }
}

impl Named {
    /// Names a row as not taken since the person of this number cannot be named in it.
    pub fn refuse(&self, taken: &mut Taken, row: u64, column: &str, number: &str) {
        if !self.elsewhere.refuse(taken, row, column, number) {
            taken.missing(row, column, number, IMPORT_FIRST);
        }
    }

    /// Why the person of this number cannot be named, where it is held elsewhere.
    pub fn elsewhere(&self, number: &str) -> Option<Why> {
        self.elsewhere.why(number).filter(|_| !self.here.contains_key(number))
    }

    /// Names a row as not taken where a number is held elsewhere; gives whether it was.
    pub fn refuse_elsewhere(&self, taken: &mut Taken, row: u64, column: &str, number: &str) -> bool {
        !self.here.contains_key(number) && self.elsewhere.refuse(taken, row, column, number)
    }

    /// The rows whose person is here; the others are named as refused.
    pub fn sift<R>(
        &self,
        rows: Vec<Numbered<R>>,
        refused: &mut Taken,
        column: &str,
        named: impl Fn(&R) -> &String,
    ) -> Vec<Numbered<R>> {
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            let number = named(&row.row);
            if self.here.contains_key(number) {
                good.push(row);
            } else {
                self.refuse(refused, row.number, column, number);
            }
        }
        good
    }
}

/// The persons with these numbers whom the command that is being run reaches, for rows that name persons.
pub async fn by_numbers(work: &Work<'_>, numbers: impl IntoIterator<Item = &String>) -> Result<Named, Failure> {
    let keys = &work.kernel.keys;
    let mut here: HashMap<String, Model> = HashMap::new();
    let mut others: Vec<(String, i64)> = Vec::new();
    let mut missing: HashSet<&String> = numbers.into_iter().collect();
    // Nearly all are numbers of identity cards; the other kinds are asked only for what is left.
    let (first, rest) = IdKind::CODES.split_at(1);
    for kinds in [first, rest] {
        let mut wanted: HashMap<Vec<u8>, String> = HashMap::with_capacity(missing.len() * kinds.len());
        for number in &missing {
            for kind in kinds {
                wanted.insert(blind(keys, kind.code, &normal_number(number))?, (*number).clone());
            }
        }
        let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
        for chunk in blinds.chunks(5_000) {
            let rows = work.everywhere::<Entity>().filter(Column::IdBlind.is_in(chunk.to_vec())).all(work.tx()).await?;
            let (own, far) = work.part_by_reach::<Entity>(rows).await?;
            here.extend(own.into_iter().filter_map(|row| Some((wanted.get(&row.id_blind)?.clone(), row))));
            others.extend(far.into_iter().filter_map(|row| Some((wanted.get(&row.id_blind)?.clone(), row.id))));
        }
        missing.retain(|number| !here.contains_key(*number));
    }
    // Papers of several kinds may have one number: whom the command reaches is meant.
    others.retain(|(number, _)| !here.contains_key(number));
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::with_capacity(missing.len() * IdKind::CODES.len());
    for number in missing.iter().filter(|number| others.iter().all(|(other, _)| other != **number)) {
        for kind in IdKind::CODES {
            wanted.insert(blind(keys, kind.code, &normal_number(number))?, (*number).clone());
        }
    }
    let former = by_former_blinds(work, wanted.keys().cloned().collect()).await?;
    here.extend(former.into_iter().filter_map(|(blind, row)| Some((wanted.remove(&blind)?, row))));
    let elsewhere = if missing.is_empty() { Elsewhere::none() } else { Elsewhere::told(work, others).await? };
    Ok(Named { here, elsewhere })
}

/// Of these persons those whom the command does not reach. A sheet cannot name them: what it says of a record leaves
/// their part in it as it is.
pub async fn out_of_reach(work: &Work<'_>, ids: impl Iterator<Item = i64>) -> Result<HashSet<i64>, Failure> {
    let mut far: HashSet<i64> = ids.collect();
    for chunk in far.iter().copied().collect::<Vec<i64>>().chunks(5_000) {
        for row in work.within::<Entity>().filter(Column::Id.is_in(chunk.to_vec())).all(work.tx()).await? {
            far.remove(&row.id);
        }
    }
    Ok(far)
}

/// Persons in the viewer's scope by their numbers, outside a unit of work.
pub async fn found(
    kernel: &Kernel,
    viewer: &Viewer,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Fault> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        for kind in IdKind::CODES {
            wanted.insert(blind(&kernel.keys, kind.code, &normal_number(number))?, number.clone());
        }
    }
    let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
    let mut found = HashMap::new();
    for chunk in blinds.chunks(5_000) {
        let select = viewer.select::<Entity>().filter(Column::IdBlind.is_in(chunk.to_vec()));
        let rows = select.all(kernel.db.read()).await?;
        found.extend(rows.into_iter().filter_map(|row| Some((wanted.get(&row.id_blind)?.clone(), row))));
    }
    Ok(found)
}

/// The persons within reach whose number these were before, by the digest; of several the one who had it last. Of
/// others it is not told: a number that somebody had is nobody's.
pub async fn by_former_blinds(work: &Work<'_>, blinds: Vec<Vec<u8>>) -> Result<HashMap<Vec<u8>, Model>, Failure> {
    use person_identity::Column as Former;
    let mut had: HashMap<Vec<u8>, i64> = HashMap::new();
    for chunk in blinds.chunks(5_000) {
        let former = work.within::<person_identity::Entity>().filter(Former::IdBlind.is_in(chunk.to_vec()));
        let former = former.order_by_asc(Former::Until).order_by_asc(Former::Id).all(work.tx()).await?;
        had.extend(former.into_iter().map(|row| (row.id_blind, row.person_id)));
    }
    if had.is_empty() {
        return Ok(HashMap::new());
    }
    let mut persons: HashMap<i64, Model> = HashMap::with_capacity(had.len());
    let ids: Vec<i64> = had.values().copied().collect();
    for chunk in ids.chunks(5_000) {
        let rows = work.within::<Entity>().filter(Column::Id.is_in(chunk.to_vec())).all(work.tx()).await?;
        persons.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(had.into_iter().filter_map(|(blind, id)| Some((blind, persons.get(&id)?.clone()))).collect())
}

/// The numbers of persons, for rows that name them; that they were read is noted.
pub async fn numbers_of(
    kernel: &Kernel,
    viewer: &Viewer,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, Fault> {
    let ids: HashSet<i64> = ids.into_iter().collect();
    let rows = viewer.parts::<Entity>(Column::Id, ids).all(kernel.db.read()).await?;
    let mut numbers = HashMap::with_capacity(rows.len());
    for row in rows {
        viewer.note_read(row.id, "export");
        numbers.insert(row.id, kernel.keys.open(&row.key_salt, "person.id_number", &row.id_number)?);
    }
    Ok(numbers)
}
