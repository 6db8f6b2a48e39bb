//! What moved when: the one history that machines, stocks and four eyes are read from.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "state_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub aggregate: String,
    pub row_id: i64,
    pub command: String,
    pub from_state: Option<String>,
    pub to_state: String,
    pub on_date: Date,
    pub recorded_at: DateTimeUtc,
    pub account_id: Option<i64>,
    pub actor: String,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("StateChange", part true);
