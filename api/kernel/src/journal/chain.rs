//! What makes an entry this program's own. Each process gives an entry, when it writes it, a MAC with a key outside the
//! database, over the process, its count of entries, the entry itself and the entries *before*: those that it committed
//! and that no committed entry of it names yet. So an entry that is made up, changed or taken out before it is sealed
//! is found, without letting one commit wait for another: where commands commit side by side an entry names all that
//! came before it, and one that is rolled back is named by none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use entity::kernel::journal_entry::{self, Model};
use sea_orm::{DatabaseTransaction, EntityTrait as _, FromQueryResult, IntoActiveModel as _};

use super::{Sealer, digest, field};
use crate::error::Fault;
use crate::secrets::{JournalSigner, SecretError, random_bytes};

/// Most entries that one names: as many as write at once do not come near it.
const NAMED: usize = 32;

/// An entry that one names: its number and the beginning of its MAC.
pub(super) type Name = (i64, String);

/// The entries of one process.
pub(crate) struct Chain {
    process: String,
    signer: Arc<JournalSigner>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counter: i64,
    /// Committed, and named by no committed entry yet.
    ends: BTreeMap<i64, String>,
}

/// An entry that was written and is not committed yet.
#[must_use]
pub(crate) struct Written {
    row: Model,
    /// The entries that it names.
    named: Vec<i64>,
    /// The transaction's number in PostgreSQL.
    number: Option<String>,
}

impl Written {
    /// The entry's number.
    pub(crate) fn id(&self) -> i64 {
        self.row.id
    }
}

/// The number of an entry, and that of its transaction.
#[derive(FromQueryResult)]
struct Numbers {
    n: i64,
    number: String,
}

impl Chain {
    /// A chain of a process that just started.
    pub(super) fn new(signer: Arc<JournalSigner>) -> Result<Self, SecretError> {
        let process = hex::encode(random_bytes::<8>()?);
        Ok(Self { process, signer, state: Mutex::default() })
    }

    fn sign(&self, mut entry: Model) -> Written {
        let (counter, ends) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.counter += 1;
            (state.counter, state.ends.iter().take(NAMED).map(|(id, mark)| (*id, mark.clone())).collect::<Vec<_>>())
        };
        let before: Vec<String> = ends.iter().map(|(id, mark)| format!("{id}:{mark}")).collect();
        entry.process = Some(self.process.clone());
        entry.counter = Some(counter);
        entry.before = Some(before.join(","));
        entry.mac = Some(self.signer.mac(&message(&entry, &digest(&entry))).to_vec());
        Written { row: entry, named: ends.into_iter().map(|(id, _)| id).collect(), number: None }
    }

    /// The database has confirmed that the entry is there: the next one names it.
    fn committed(&self, written: &Written) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &written.named {
            state.ends.remove(id);
        }
        state.ends.insert(written.row.id, written.row.mac.as_deref().map(mark).unwrap_or_default());
    }
}

/// The beginning of a MAC, by which another entry names this one.
pub(super) fn mark(mac: &[u8]) -> String {
    hex::encode(mac.get(..8).unwrap_or(mac))
}

/// The entries that one names; `None` where that cannot be read.
pub(super) fn names(entry: &Model) -> Option<Vec<Name>> {
    let named = entry.before.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty());
    named.map(|name| name.split_once(':').and_then(|(id, mark)| Some((id.parse().ok()?, mark.to_owned())))).collect()
}

/// Whether an entry is as a process of this program wrote it; `digest` is its own.
pub(super) fn is_own(signer: &JournalSigner, entry: &Model, digest: &[u8; 32]) -> bool {
    entry.mac.as_ref().is_some_and(|mac| signer.is_mac(&message(entry, digest), mac))
}

/// What the MAC is over.
fn message(entry: &Model, digest: &[u8; 32]) -> Vec<u8> {
    let mut message = b"entry".to_vec();
    for text in [&entry.process, &entry.before] {
        field(&mut message, text.as_deref().unwrap_or_default().as_bytes());
    }
    message.extend(entry.counter.unwrap_or(0).to_be_bytes());
    message.extend(digest);
    message
}

impl Sealer {
    /// Writes an entry, as the last thing in a transaction: the row locks are held, so the order within a row never
    /// turns. Its number is given here by the database.
    pub(crate) async fn write(&self, tx: &DatabaseTransaction, mut entry: Model) -> Result<Written, Fault> {
        let number;
        (entry.id, number) = if self.db.is_sqlite() {
            (self.db.value(tx, "SELECT COALESCE(MAX(id), 0) + 1 AS n FROM journal_entry", vec![]).await?, None)
        } else {
            let sql = "SELECT nextval('journal_entry_id') AS n, CAST(pg_current_xact_id() AS text) AS number";
            let numbers = self.db.rows::<Numbers, _>(tx, sql, vec![]).await?.pop();
            let numbers = numbers.ok_or_else(|| Fault::internal("no number for an entry"))?;
            (numbers.n, Some(numbers.number))
        };
        let written = Written { number, ..self.chain.sign(entry) };
        journal_entry::Entity::insert(written.row.clone().into_active_model()).exec_without_returning(tx).await?;
        Ok(written)
    }

    /// Commits the transaction with the entry and what it describes. It is done when this says so, and only then.
    pub(crate) async fn commit(&self, written: Written, tx: DatabaseTransaction) -> Result<(), Fault> {
        self.db.commit(tx, written.number.as_deref(), &written.row).await?;
        self.chain.committed(&written);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> (tempfile::TempDir, Chain) {
        let folder = tempfile::tempdir().unwrap();
        let signer = JournalSigner::load_or_create(&folder.path().join("keys")).unwrap();
        (folder, Chain::new(Arc::new(signer)).unwrap())
    }

    fn written(chain: &Chain, id: i64) -> (Model, Written) {
        let entry = Model { id, kind: "COMMAND".into(), body: "{}".into(), ..Model::default() };
        let written = chain.sign(entry);
        (written.row.clone(), written)
    }

    fn named(entry: &Model) -> Vec<i64> {
        names(entry).unwrap().into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn each_entry_names_what_was_committed_before_and_nothing_else() {
        let (_folder, chain) = chain();
        let (first, link) = written(&chain, 1);
        assert!(named(&first).is_empty());
        chain.committed(&link);
        // Two side by side, of which one is rolled back: both name the first, the next names only what stands.
        let (second, kept) = written(&chain, 2);
        let (third, lost) = written(&chain, 3);
        assert_eq!((named(&second), named(&third)), (vec![1], vec![1]));
        drop(lost);
        chain.committed(&kept);
        let (fourth, late) = written(&chain, 4);
        let (fifth, early) = written(&chain, 5);
        assert_eq!((named(&fourth), named(&fifth)), (vec![2], vec![2]));
        chain.committed(&early);
        chain.committed(&late);
        assert_eq!(named(&written(&chain, 6).0), [4, 5]);
        assert_eq!(names(&fifth).unwrap()[0].1, mark(second.mac.as_deref().unwrap()));
    }

    #[test]
    fn nothing_of_an_entry_can_be_changed_and_its_mac_still_fit() {
        let (_folder, chain) = chain();
        let (_, link) = written(&chain, 1);
        chain.committed(&link);
        let (entry, _link) = written(&chain, 2);
        let fits = |entry: &Model| is_own(&chain.signer, entry, &digest(entry));
        assert!(fits(&entry) && fits(&Model { position: Some(7), ..entry.clone() }));
        let changes: [fn(&mut Model); 9] = [
            |entry| entry.id = 3,
            |entry| entry.account_id = Some(1),
            |entry| entry.actor = "x".into(),
            |entry| entry.purpose = Some(String::new()),
            |entry| entry.body = "{ }".into(),
            |entry| entry.process = Some("x".into()),
            |entry| entry.counter = Some(1),
            |entry| entry.before = None,
            |entry| entry.mac = None,
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut changed = entry.clone();
            change(&mut changed);
            assert!(!fits(&changed), "{n}");
        }
    }
}
