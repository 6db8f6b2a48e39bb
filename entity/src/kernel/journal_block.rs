//! A sealed run of journal entries: leaves, Merkle root and the chain over the blocks before.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_block")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub first_position: i64,
    pub last_position: i64,
    /// 32 bytes an entry
    pub leaves: Vec<u8>,
    pub root: Vec<u8>,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    pub key_id: String,
    pub signature: Vec<u8>,
    pub sealed_at: DateTimeUtc,
    /// 1: of entries without a MAC, the hash not over time and key
    pub version: i32,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
