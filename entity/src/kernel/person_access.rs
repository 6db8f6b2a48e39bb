//! Who looked at whose personal data: read by the person themself.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_access")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    pub entry_id: i64,
    pub at: DateTimeUtc,
    pub account_id: Option<i64>,
    pub actor: String,
    pub role: String,
    pub purpose: Option<String>,
    /// comma-separated `Type.field`
    pub fields: String,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
