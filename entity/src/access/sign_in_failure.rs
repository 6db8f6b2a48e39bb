//! 登录失败 · failures of one account from one address, device or session.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub account_id: i64,
    /// an address, `device:…` or `session:…`
    pub source: String,
    pub failures: i32,
    /// the first of these
    pub failing_since: Option<DateTimeUtc>,
    /// locks one after the other: each is longer
    pub locks: Option<i32>,
    pub locked_until: Option<DateTimeUtc>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("SignInFailure", part true, refers [AccountId -> "Account"]);
