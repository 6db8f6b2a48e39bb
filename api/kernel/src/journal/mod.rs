//! The journal (rule 7): one append-only table of who ran which command on which rows and who read
//! whose data. A sealer gives committed entries a gap-free position and seals them in a chain of
//! signed blocks. From it come the audit trail, the change feed and the wake-up for figures.

mod entries;
mod feed;
mod listen;
mod sealer;
mod verify;

use std::collections::BTreeMap;

use entity::Aggregate;
use entity::kernel::journal_entry;
use sea_orm::{IdenStatic, Iterable, ModelTrait, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use entries::{DOWNLOAD, EntryFilter, READ};
pub use feed::{FeedChange, FeedCursor, FeedPage};
pub use sealer::{SealedHead, Sealer};
pub(crate) use verify::keys_of;
pub use verify::{AnyAggregate, Fault as AuditFault, Keys, Table, Verdict};

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
    /// Files whose content was handed out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub downloads: Vec<i64>,
}

/// The hash of a row: over the names and values of its columns that are not null, so that a column
/// added later changes no earlier hash. 128 bits, hexadecimal.
pub fn row_hash<E: Aggregate>(model: &E::Model) -> String {
    let mut columns: Vec<(&'static str, E::Column)> = E::Column::iter().map(|c| (c.as_str(), c)).collect();
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

fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

/// The leaf of an entry at its position.
fn leaf(position: i64, entry: &journal_entry::Model) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([0_u8]);
    hasher.update(position.to_be_bytes());
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
            Some(text) => field(&mut hasher, text.as_bytes()),
            None => hasher.update(u64::MAX.to_be_bytes()),
        }
    }
    hasher.finalize().into()
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
fn block_hash(number: i64, first: i64, last: i64, root: &[u8], previous: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([2_u8]);
    for n in [number, first, last] {
        hasher.update(n.to_be_bytes());
    }
    hasher.update(root);
    hasher.update(previous);
    hasher.finalize().into()
}

/// Name of a column as the journal writes it.
pub(crate) fn column_name<C: IdenStatic>(column: C) -> String {
    column.as_str().to_owned()
}

#[cfg(test)]
mod tests {
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
