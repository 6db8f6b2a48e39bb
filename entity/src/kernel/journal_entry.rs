//! The journal: append-only, one row a command, a bulk chunk or a request that read personal data.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_entry")]
pub struct Model {
    /// from the sequence, taken after the row locks are held
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub at: DateTimeUtc,
    pub account_id: Option<i64>,
    /// the account's name, or a system account such as `cli:root`
    pub actor: String,
    /// COMMAND or READ
    pub kind: String,
    pub command: String,
    pub command_version: i32,
    pub purpose: Option<String>,
    pub case_number: Option<String>,
    pub request_id: Option<String>,
    /// what it belongs to: `import:17`, `undo:17`
    pub cause: Option<String>,
    /// when it happened in the field, for late sends
    pub happened_at: Option<DateTimeUtc>,
    /// JSON: the rows changed, or the persons read
    pub body: String,
    /// given by the sealer, gap-free; below 0 where it refused the entry
    pub position: Option<i64>,
    /// drawn when a process starts
    pub process: Option<String>,
    /// counts the entries that the process began to write
    pub counter: Option<i64>,
    /// entries that the process committed before and that none of these names: `id:beginning of its MAC`, by commas
    pub before: Option<String>,
    /// over all of the entry but its position, with a key outside the database; none in entries older than it
    pub mac: Option<Vec<u8>>,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
