//! Work off the request path, with progress; claimed by one process at a time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub kind: String,
    /// QUEUED RUNNING DONE FAILED
    pub state: String,
    /// JSON
    pub input: String,
    /// JSON
    pub output: Option<String>,
    pub done: i64,
    pub total: Option<i64>,
    pub account_id: Option<i64>,
    pub actor: String,
    pub created_at: DateTimeUtc,
    pub claimed_until: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
    pub message: Option<String>,
    /// who works on it, drawn anew with each claim
    pub lease: Option<String>,
    /// how often it was claimed
    pub attempts: i32,
    /// over how it ended, with a key outside the database
    pub mac: Option<Vec<u8>>,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
