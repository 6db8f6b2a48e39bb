//! The journal (rule 7): one append-only table of who ran which command on which rows and who read
//! whose data. Each entry carries a MAC of the process that wrote it; a sealer takes no other, gives
//! committed entries a gap-free position, seals them in a chain of signed blocks and anchors these
//! outside the database. From it come the audit trail, the change feed and the wake-up for figures.

mod anchors;
mod chain;
mod entries;
mod facts;
mod feed;
mod listen;
mod sealer;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeMap;

use entity::Aggregate;
use entity::kernel::{journal_block, journal_entry};
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use anchors::{Anchor, AnchorPlace, up_to as anchors_up_to};
pub(crate) use chain::Written;
pub use entries::{DOWNLOAD, EntryFilter, READ};
pub use feed::{FeedChange, FeedCursor, FeedPage};
pub use sealer::{SealedHead, Sealer};
pub use verify::{AnyAggregate, Fault as AuditFault, Keys, Table, Verdict};
pub(crate) use verify::{job_end, keys_of};

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// 新增
    #[serde(rename = "C")]
    Created,
    /// 变更
    #[serde(rename = "U")]
    Changed,
    /// 作废
    #[serde(rename = "V")]
    Voided,
}

/// One row of a command's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// Aggregate name.
    #[serde(rename = "a")]
    pub aggregate: String,
    /// Row id.
    #[serde(rename = "i")]
    pub id: i64,
    /// What happened.
    #[serde(rename = "k")]
    pub kind: ChangeKind,
    /// Division of the row, where it has one.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    pub division: Option<String>,
    /// Hash of the row as it was afterwards.
    #[serde(rename = "h")]
    pub hash: String,
    /// Columns that changed, with their values before (personal ones sealed): what they became
    /// stands in the row, or in the next entry about it.
    #[serde(rename = "b", skip_serializing_if = "BTreeMap::is_empty", default)]
    pub before: BTreeMap<String, serde_json::Value>,
    /// What the row's figure keys were before a change, changed or not.
    #[serde(rename = "w", skip_serializing_if = "BTreeMap::is_empty", default)]
    pub was: BTreeMap<String, serde_json::Value>,
    /// A part of another aggregate: not in the feed.
    #[serde(rename = "p", skip_serializing_if = "std::ops::Not::not", default)]
    pub part: bool,
}

/// The body of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Rows changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rows: Vec<RowChange>,
    /// Persons read, with the fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reads: BTreeMap<i64, Vec<String>>,
    /// Persons of whom something changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub persons: Vec<i64>,
    /// The role in which was read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    /// Numbers of what the persons read are told: of the first one of each run.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub told: Vec<i64>,
    /// Rows of the kernel's own tables that were written beside.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub kept: Vec<Kept>,
    /// Files whose content was handed out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub downloads: Vec<i64>,
    /// Rows about no registered person, or about several, that were read.
    #[serde(rename = "rowReads", skip_serializing_if = "Vec::is_empty", default)]
    pub row_reads: Vec<RowRead>,
    /// Searches and orders by personal fields.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub searches: Vec<Search>,
}

/// A row of a table of the kernel's own that belongs to a command: its key, a job that it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Table.
    #[serde(rename = "t")]
    pub table: String,
    /// Row id.
    #[serde(rename = "i")]
    pub id: i64,
    /// Hash of what never changes of it.
    #[serde(rename = "h")]
    pub hash: String,
}

/// Rows of which the same was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRead {
    /// Aggregate name.
    #[serde(rename = "a")]
    pub aggregate: String,
    /// What was read, as `Type.field`.
    #[serde(rename = "f")]
    pub fields: Vec<String>,
    /// Row ids.
    #[serde(rename = "i")]
    pub ids: Vec<i64>,
}

/// A search by personal fields: never the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Aggregate name.
    #[serde(rename = "a")]
    pub aggregate: String,
    /// By which fields.
    #[serde(rename = "f")]
    pub fields: Vec<String>,
    /// How many rows were found.
    #[serde(rename = "n")]
    pub found: i64,
}

/// The hash of a row: over the names and values of its columns that are not null, so that a column
/// added later changes no earlier hash. 128 bits, hexadecimal.
pub fn row_hash<E: Aggregate>(model: &E::Model) -> String {
    hash_of::<E>(model, |_| true)
}

/// The same over some columns of a row of any table.
pub(crate) fn hash_of<E>(model: &E::Model, wanted: impl Fn(&str) -> bool) -> String
where
    E: EntityTrait<Model: ModelTrait<Entity = E>>,
{
    let columns = E::Column::iter().map(|c| (c.as_str(), c));
    let mut columns: Vec<(&'static str, E::Column)> = columns.filter(|(name, _)| wanted(name)).collect();
    columns.sort_unstable_by_key(|(name, _)| *name);
    let mut hasher = Sha256::new();
    for (name, column) in columns {
        canonical(&mut hasher, name, &model.get(column));
    }
    hex::encode(hasher.finalize().get(..16).unwrap_or_default())
}

/// Takes in a value as bytes, the same from both databases; nothing for null.
fn canonical(hasher: &mut Sha256, name: &str, value: &Value) {
    let mut take = |bytes: &[u8]| {
        field(hasher, name.as_bytes());
        field(hasher, bytes);
    };
    match value {
        Value::Bool(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Bytes(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None) => {}
        Value::Bool(Some(v)) => take(&[u8::from(*v)]),
        Value::Int(Some(v)) => take(&i64::from(*v).to_be_bytes()),
        Value::BigInt(Some(v)) => take(&v.to_be_bytes()),
        Value::String(Some(v)) => take(v.as_bytes()),
        Value::Bytes(Some(v)) => take(v),
        Value::ChronoDate(Some(v)) => take(v.to_string().as_bytes()),
        Value::ChronoDateTimeUtc(Some(v)) => take(&v.timestamp_micros().to_be_bytes()),
        other => take(format!("{other:?}").as_bytes()),
    }
}

/// A value as JSON, for the columns before a change.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    use base64::Engine as _;
    match value {
        Value::Bool(Some(v)) => (*v).into(),
        Value::Int(Some(v)) => (*v).into(),
        Value::BigInt(Some(v)) => (*v).into(),
        Value::String(Some(v)) => v.clone().into(),
        Value::Bytes(Some(v)) => base64::engine::general_purpose::STANDARD.encode(v).into(),
        Value::ChronoDate(Some(v)) => v.to_string().into(),
        Value::ChronoDateTimeUtc(Some(v)) => v.to_rfc3339().into(),
        _ => serde_json::Value::Null,
    }
}

/// The value of a column before a change, back from its JSON form; `like` is a value of the same
/// column.
pub(crate) fn from_json(json: &serde_json::Value, like: &Value) -> Option<Value> {
    use base64::Engine as _;
    Some(match like {
        Value::Bool(_) => Value::Bool(json.as_bool()),
        Value::Int(_) => Value::Int(json.as_i64().and_then(|v| i32::try_from(v).ok())),
        Value::BigInt(_) => Value::BigInt(json.as_i64()),
        Value::String(_) => Value::String(json.as_str().map(str::to_owned)),
        Value::Bytes(_) => {
            Value::Bytes(json.as_str().and_then(|v| base64::engine::general_purpose::STANDARD.decode(v).ok()))
        }
        Value::ChronoDate(_) => Value::ChronoDate(json.as_str().and_then(|v| v.parse().ok())),
        Value::ChronoDateTimeUtc(_) => Value::ChronoDateTimeUtc(json.as_str().and_then(|v| v.parse().ok())),
        _ => return None,
    })
}

/// Takes bytes with their length before them.
fn field(to: &mut impl Take, bytes: &[u8]) {
    to.take(&(bytes.len() as u64).to_be_bytes());
    to.take(bytes);
}

/// What takes in bytes.
trait Take {
    fn take(&mut self, bytes: &[u8]);
}

impl Take for Sha256 {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Take for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// The leaf of an entry at its position; `digest` is its own. One without a MAC is of before there were any.
fn leaf(position: i64, entry: &journal_entry::Model, digest: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let Some(mac) = &entry.mac else {
        hasher.update([0_u8]);
        hasher.update(position.to_be_bytes());
        content(&mut hasher, entry);
        return hasher.finalize().into();
    };
    hasher.update([3_u8]);
    hasher.update(position.to_be_bytes());
    hasher.update(digest);
    for text in [&entry.process, &entry.before] {
        field(&mut hasher, text.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.update(entry.counter.unwrap_or(0).to_be_bytes());
    field(&mut hasher, mac);
    hasher.finalize().into()
}

/// The hash of what an entry says.
fn digest(entry: &journal_entry::Model) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([5_u8]);
    content(&mut hasher, entry);
    hasher.finalize().into()
}

fn content(hasher: &mut Sha256, entry: &journal_entry::Model) {
    hasher.update(entry.id.to_be_bytes());
    hasher.update(entry.at.timestamp_micros().to_be_bytes());
    hasher.update(entry.account_id.unwrap_or(0).to_be_bytes());
    hasher.update(entry.command_version.to_be_bytes());
    hasher.update(entry.happened_at.map_or(0, |at| at.timestamp_micros()).to_be_bytes());
    for text in [
        Some(&entry.actor),
        Some(&entry.kind),
        Some(&entry.command),
        entry.purpose.as_ref(),
        entry.case_number.as_ref(),
        entry.request_id.as_ref(),
        entry.cause.as_ref(),
        Some(&entry.body),
    ] {
        match text {
            Some(text) => field(hasher, text.as_bytes()),
            None => hasher.update(u64::MAX.to_be_bytes()),
        }
    }
}

/// The Merkle root over the leaves: an odd one out moves up as it is.
fn merkle(leaves: &[[u8; 32]]) -> [u8; 32] {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    let mut hasher = Sha256::new();
                    hasher.update([1_u8]);
                    hasher.update(left);
                    hasher.update(right);
                    hasher.finalize().into()
                }
                [one] => *one,
                _ => [0; 32],
            })
            .collect();
    }
    level.first().copied().unwrap_or([0; 32])
}

/// The hash that the next block stands on.
fn block_hash(block: &journal_block::Model) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([if block.version == 1 { 2_u8 } else { 4 }]);
    for n in [block.number, block.first_position, block.last_position] {
        hasher.update(n.to_be_bytes());
    }
    hasher.update(&block.root);
    hasher.update(&block.previous);
    if block.version != 1 {
        hasher.update(block.version.to_be_bytes());
        hasher.update(block.sealed_at.timestamp_micros().to_be_bytes());
        field(&mut hasher, block.key_id.as_bytes());
    }
    hasher.finalize().into()
}

/// Name of a column as the journal writes it.
pub(crate) fn column_name<C: IdenStatic>(column: C) -> String {
    column.as_str().to_owned()
}

#[cfg(test)]
mod trees {
    use super::*;

    #[test]
    fn the_root_moves_with_every_leaf_and_their_order() {
        let leaves: Vec<[u8; 32]> = (0..5_u8).map(|n| [n; 32]).collect();
        let root = merkle(&leaves);
        let mut swapped = leaves.clone();
        swapped.swap(1, 3);
        assert_ne!(merkle(&swapped), root);
        assert_ne!(merkle(&leaves[..4]), root);
        for n in 0..5 {
            let mut changed = leaves.clone();
            changed[n][7] ^= 1;
            assert_ne!(merkle(&changed), root);
        }
    }
}
