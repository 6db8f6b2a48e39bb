//! The ordered change feed: every business change once, in the order of sealing, nothing skipped
//! under concurrent commits, since only sealed positions are served.

use chrono::{DateTime, Utc};
use entity::kernel::journal_entry;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Body, ChangeKind};
use crate::db::Db;
use crate::error::Fault;

/// Where a reader stands: position of the entry and ordinal within it. Ordinal -1 is before its rows.
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

/// A page of the feed.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// The changes, oldest first.
    pub changes: Vec<FeedChange>,
    /// Where to go on: at the last change of a full page, else at the head of the journal, so that
    /// what stands between is not read again.
    pub reached: FeedCursor,
    /// Whether the page was full; there may be more.
    pub full: bool,
}

/// Entries read at once: one may carry the hundreds of rows of a bulk command.
const ENTRIES_AT_ONCE: u64 = 20;

/// The position up to which the last block seals.
const SEALED: &str = "SELECT last_position FROM journal_block ORDER BY number DESC LIMIT 1";

impl Db {
    /// The position of the last sealed entry, 0 for none. Told by the blocks: a position that somebody else gave to an
    /// entry is not sealed, and who followed it would skip what comes.
    pub async fn sealed_position(&self) -> Result<i64, Fault> {
        self.value(self.read(), &format!("SELECT COALESCE(({SEALED}), 0) AS n"), vec![]).await
    }

    /// Committed entries that wait for the sealer.
    pub async fn unsealed_entries(&self) -> Result<i64, Fault> {
        self.value(self.read(), "SELECT COUNT(*) AS n FROM journal_entry WHERE position IS NULL", vec![]).await
    }

    /// Entries that the sealer refused, since no process of this program wrote them.
    pub async fn refused_entries(&self) -> Result<i64, Fault> {
        self.value(self.read(), "SELECT COUNT(*) AS n FROM journal_entry WHERE position < 0", vec![]).await
    }

    /// Sealed changes after a cursor that `wanted` admits, at most `limit`.
    pub async fn changes(
        &self,
        after: Option<FeedCursor>,
        limit: usize,
        wanted: impl Fn(&FeedChange) -> bool,
    ) -> Result<FeedPage, Fault> {
        // Below 0 stand entries that the sealer refused.
        let start = FeedCursor { position: 0, ordinal: -1 };
        let mut after = std::cmp::max(after.unwrap_or(start), start);
        let mut changes = Vec::new();
        // Read first: what is sealed meanwhile is for the next page.
        let head = self.sealed_position().await?;
        loop {
            let entries = journal_entry::Entity::find()
                .filter(journal_entry::Column::Position.between(after.position, head))
                .filter(journal_entry::Column::Kind.eq("COMMAND"))
                .order_by_asc(journal_entry::Column::Position)
                .limit(ENTRIES_AT_ONCE)
                .all(self.read())
                .await?;
            let last = entries.len() < usize::try_from(ENTRIES_AT_ONCE).unwrap_or(usize::MAX);
            for entry in entries {
                let position = entry.position.unwrap_or(0);
                let body: Body = serde_json::from_str(&entry.body)?;
                for (ordinal, row) in (0_i64..).zip(body.rows) {
                    let cursor = FeedCursor { position, ordinal };
                    if row.part || cursor <= after {
                        continue;
                    }
                    let change = FeedChange {
                        cursor,
                        aggregate: row.aggregate,
                        id: row.id,
                        kind: row.kind,
                        division: row.division,
                        at: entry.at,
                        fields: row.before.into_keys().collect(),
                    };
                    if !wanted(&change) {
                        continue;
                    }
                    if changes.len() == limit {
                        let reached = changes.last().map_or(after, |change: &FeedChange| change.cursor);
                        return Ok(FeedPage { changes, reached, full: true });
                    }
                    changes.push(change);
                }
                after = FeedCursor { position: position + 1, ordinal: -1 };
            }
            if last {
                let end = FeedCursor { position: head + 1, ordinal: -1 };
                return Ok(FeedPage { changes, reached: after.max(end), full: false });
            }
        }
    }

    /// Sealed entries at or after a position, for projectors.
    pub async fn entries_from(&self, position: i64, limit: u64) -> Result<Vec<journal_entry::Model>, Fault> {
        Ok(journal_entry::Entity::find()
            .filter(journal_entry::Column::Position.gte(position))
            .filter(Expr::col(journal_entry::Column::Position).lte(Expr::cust(format!("({SEALED})"))))
            .order_by_asc(journal_entry::Column::Position)
            .limit(limit)
            .all(self.read())
            .await?)
    }

    /// Entries that a transaction sees and that were not sealed up to a position, in the order in which they were
    /// written; after the one of that number.
    pub async fn entries_beyond(
        &self,
        tx: &DatabaseTransaction,
        position: i64,
        after: i64,
        limit: u64,
    ) -> Result<Vec<journal_entry::Model>, Fault> {
        use journal_entry::Column;
        let beyond = Column::Position.is_null().or(Column::Position.gt(position));
        let entries = journal_entry::Entity::find().filter(beyond).filter(Column::Id.gt(after));
        Ok(entries.order_by_asc(Column::Id).limit(limit).all(tx).await?)
    }
}
