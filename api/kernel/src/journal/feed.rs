//! The ordered change feed: every business change once, in the order of sealing, nothing skipped
//! under concurrent commits, since only sealed positions are served.

use chrono::{DateTime, Utc};
use entity::kernel::journal_entry;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Body, ChangeKind};
use crate::db::Db;
use crate::error::Fault;

/// Where a reader stands: position of the entry and ordinal within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedCursor {
    /// Position of the entry.
    pub position: i64,
    /// Row within it, from 0.
    pub ordinal: i64,
}

impl FeedCursor {
    /// The opaque form.
    pub fn encode(self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{}.{}", self.position, self.ordinal))
    }

    /// From the opaque form.
    pub fn decode(text: &str) -> Option<Self> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (position, ordinal) = text.split_once('.')?;
        Some(Self { position: position.parse().ok()?, ordinal: ordinal.parse().ok()? })
    }
}

/// One business change.
#[derive(Clone, Debug)]
pub struct FeedChange {
    /// Where it stands.
    pub cursor: FeedCursor,
    /// Aggregate name.
    pub aggregate: String,
    /// Row id.
    pub id: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// Division of the row.
    pub division: Option<String>,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// The columns that changed.
    pub fields: Vec<String>,
}

impl Db {
    /// Sealed changes after a cursor, at most `limit`.
    pub async fn changes(&self, after: Option<FeedCursor>, limit: usize) -> Result<Vec<FeedChange>, Fault> {
        let mut after = after.unwrap_or(FeedCursor { position: 0, ordinal: -1 });
        let mut found = Vec::new();
        while found.len() < limit {
            let entries = journal_entry::Entity::find()
                .filter(journal_entry::Column::Position.gte(after.position))
                .order_by_asc(journal_entry::Column::Position)
                .limit(50)
                .all(self.read())
                .await?;
            let full = entries.len() == 50;
            for entry in &entries {
                let position = entry.position.unwrap_or(0);
                if entry.kind == "COMMAND" {
                    let body: Body = serde_json::from_str(&entry.body)?;
                    for (ordinal, row) in (0_i64..).zip(body.rows) {
                        let cursor = FeedCursor { position, ordinal };
                        if row.part || cursor <= after {
                            continue;
                        }
                        if found.len() == limit {
                            return Ok(found);
                        }
                        found.push(FeedChange {
                            cursor,
                            aggregate: row.aggregate,
                            id: row.id,
                            kind: row.kind,
                            division: row.division,
                            at: entry.at,
                            fields: row.before.into_keys().collect(),
                        });
                    }
                }
                after = after.max(FeedCursor { position, ordinal: i64::MAX });
            }
            if !full {
                break;
            }
            after = FeedCursor { position: after.position + 1, ordinal: -1 };
        }
        Ok(found)
    }

    /// Sealed entries at or after a position, for projectors.
    pub async fn entries_from(&self, position: i64, limit: u64) -> Result<Vec<journal_entry::Model>, Fault> {
        Ok(journal_entry::Entity::find()
            .filter(journal_entry::Column::Position.gte(position))
            .order_by_asc(journal_entry::Column::Position)
            .limit(limit)
            .all(self.read())
            .await?)
    }
}
