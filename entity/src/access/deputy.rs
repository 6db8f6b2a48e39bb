//! 代理 · an account stands in for another until a date.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deputy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub from_account_id: i64,
    pub to_account_id: i64,
    pub from_date: Date,
    /// last day
    pub until: Date,
    /// PROPOSED, ACTIVE or ENDED
    pub state: String,
    pub proposed_by: Option<i64>,
    pub confirmed_by: Option<i64>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Deputy", refers [FromAccountId -> "Account", ToAccountId -> "Account"]);
