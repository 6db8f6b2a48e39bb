//! What was read of whom in one request: noted with the viewer where it is shown, searched or judged by, and recorded
//! before the answer leaves (design §3.9), whether what was asked succeeded or was refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use entity::Aggregate;

use crate::journal::{Body, RowRead, Search};
use crate::viewer::{PUBLIC_ROLE, Reach, Viewer};

/// The fields that were read, as `Type.field`.
type Fields = BTreeSet<Cow<'static, str>>;

/// What was noted and is not recorded yet.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    persons: BTreeMap<i64, Fields>,
    rows: BTreeMap<(&'static str, i64), Fields>,
    searches: Vec<Search>,
}

/// The notes of one request, of whatever task they come.
#[derive(Debug, Default)]
pub(crate) struct Reads(Mutex<Noted>);

impl Reads {
    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was noted since the last call.
    pub(crate) fn take(&self) -> Noted {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Noted {
    /// The body of the entry; `None`: nothing was read.
    pub(crate) fn body(self) -> Option<Body> {
        if self.persons.is_empty() && self.rows.is_empty() && self.searches.is_empty() {
            return None;
        }
        let told = |fields: Fields| fields.into_iter().map(Cow::into_owned).collect::<Vec<_>>();
        let mut rows: BTreeMap<(&'static str, Vec<String>), Vec<i64>> = BTreeMap::new();
        for ((aggregate, id), fields) in self.rows {
            rows.entry((aggregate, told(fields))).or_default().push(id);
        }
        let row = |((aggregate, fields), ids): ((&str, _), _)| RowRead { aggregate: aggregate.to_owned(), fields, ids };
        Some(Body {
            reads: self.persons.into_iter().map(|(id, fields)| (id, told(fields))).collect(),
            row_reads: rows.into_iter().map(row).collect(),
            searches: self.searches,
            ..Body::default()
        })
    }
}

impl Viewer {
    /// Notes that a person's field is shown in full, or judged by. The entry is committed before the answer leaves.
    pub fn note_read(&self, person: i64, field: impl Into<Cow<'static, str>>) {
        if self.person_id == Some(person) {
            return;
        }
        self.reads.note(|noted| {
            noted.persons.entry(person).or_default().insert(field.into());
        });
    }

    /// Persons of whom a field was noted as read and is not recorded yet.
    pub(crate) fn noted(&self, field: &str) -> BTreeSet<i64> {
        let mut found = BTreeSet::new();
        self.reads.note(|noted| {
            let of = noted.persons.iter().filter(|(_, fields)| fields.contains(field));
            found.extend(of.map(|(person, _)| *person));
        });
        found
    }

    /// The same of a row about no registered person, or about several: a telephone of staff, a cell of a sheet, a file.
    pub fn note_read_of(&self, aggregate: &'static str, id: i64, field: impl Into<Cow<'static, str>>) {
        if self.sees_only_own() {
            return;
        }
        self.reads.note(|noted| {
            noted.rows.entry((aggregate, id)).or_default().insert(field.into());
        });
    }

    /// The same of a row: of the person it is about, or else of the row.
    pub fn note<E: Aggregate>(&self, row: &E::Model, field: impl Into<Cow<'static, str>>) {
        match E::person(row) {
            Some(person) => self.note_read(person, field),
            None => self.note_read_of(E::NAME, E::id(row), field),
        }
    }

    /// Notes that rows were searched or ordered by personal fields, and how many were found: what is found tells of these
    /// fields, and that nothing is found tells of them too.
    pub fn note_search(&self, aggregate: &'static str, fields: Vec<String>, found: i64) {
        if self.sees_only_own() {
            return;
        }
        self.reads.note(|noted| noted.searches.push(Search { aggregate: aggregate.to_owned(), fields, found }));
    }

    /// Whether all that the viewer reaches is about the viewer: such reads are nobody's to be told.
    fn sees_only_own(&self) -> bool {
        self.person_id.is_some_and(|own| {
            self.grants.iter().all(|grant| match &grant.reach {
                Reach::Persons { persons, .. } => persons.iter().all(|person| *person == own),
                Reach::Nothing => true,
                _ => grant.role == PUBLIC_ROLE,
            })
        })
    }
}
