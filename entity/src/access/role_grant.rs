//! 角色授予 · a role held by an account, with scope and dates; proposed by one account, confirmed by another.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub account_id: i64,
    pub role: String,
    pub line: Option<String>,
    /// division code, USCC, centre number or person id
    pub scope: String,
    pub state: String,
    pub valid_from: Option<Date>,
    /// last day
    pub valid_until: Option<Date>,
    pub proposed_by: Option<i64>,
    pub confirmed_by: Option<i64>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("RoleGrant", refers [AccountId -> "Account", ProposedBy -> "Account", ConfirmedBy -> "Account"]);
