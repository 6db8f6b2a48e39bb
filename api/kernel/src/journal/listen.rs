//! How processes on one PostgreSQL wake each other: whoever seals says so with the block, whoever
//! commits without sealing says so after the commit. The poll of [`Kernel::seal_forever`] remains
//! for what is missed, and for SQLite.

use std::time::Duration;

use sea_orm::DatabaseTransaction;
use sea_orm::sqlx::postgres::PgListener;

use super::Written;
use crate::Kernel;
use crate::error::Fault;

/// A block was sealed; the payload is its last position.
pub(super) const SEALED: &str = "minzheng_journal";
/// An entry was committed by a process that does not seal.
const COMMITTED: &str = "minzheng_entry";
/// Wait before listening again after the connection was lost.
const AGAIN: Duration = Duration::from_secs(1);

impl Kernel {
    /// Commits the transaction with its entry, which is sealed soon.
    pub(crate) async fn commit(&self, entry: Written, tx: DatabaseTransaction) -> Result<(), Fault> {
        self.sealer.commit(entry, tx).await?;
        self.committed().await;
        Ok(())
    }

    /// An entry was committed. A process that seals does so at once. Another (a command line) tells
    /// those that do, outside its transaction: a NOTIFY inside would let only one commit at a time
    /// through the whole database.
    async fn committed(&self) {
        if self.seals() {
            self.wake();
        } else if !self.db.is_sqlite() {
            let told = self.db.execute(self.db.admin(), "SELECT pg_notify($1, '')", vec![COMMITTED.into()]).await;
            if let Err(fault) = told {
                tracing::debug!(%fault, "nobody could be woken; the poll will see the entry");
            }
        }
    }

    /// Wakes the sealer of this process whenever another committed or sealed; never ends.
    pub(crate) async fn listen_forever(&self) {
        if self.db.is_sqlite() {
            return std::future::pending().await;
        }
        loop {
            if let Err(error) = self.listen().await {
                // The first to hear that the database went away.
                self.db.health().suspect();
                tracing::warn!(%error, "not listening to the other processes; polling");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn listen(&self) -> Result<(), sea_orm::sqlx::Error> {
        let mut listener = PgListener::connect(self.db.url()).await?;
        listener.listen_all([SEALED, COMMITTED]).await?;
        loop {
            // Something may have happened before.
            self.wake();
            loop {
                let Some(told) = listener.try_recv().await? else { break };
                // What this process sealed itself is no news.
                let known = *self.sealer.watch().borrow();
                if told.channel() == COMMITTED || told.payload().parse().is_ok_and(|position: i64| position > known) {
                    self.wake();
                }
            }
        }
    }
}
