//! A stored file: content by hash in the data folder or an object store.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub sha256: String,
    pub size: i64,
    /// sniffed
    pub media_type: String,
    pub name: String,
    /// the row it belongs to
    pub aggregate: Option<String>,
    pub row_id: Option<i64>,
    /// bytes received so far, for resumable upload
    pub received: i64,
    pub complete: bool,
    pub account_id: Option<i64>,
    pub created_at: DateTimeUtc,
    /// its content was deleted then
    pub removed_at: Option<DateTimeUtc>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("File");
