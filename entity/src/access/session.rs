//! 会话 · a sign-in with its rotating refresh token.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub account_id: i64,
    /// PASSWORD, CLIENT, SCREEN or MINTED: how it began
    pub kind: String,
    /// of the refresh token that is good now
    pub refresh_hash: String,
    /// of the one before
    pub previous_hash: Option<String>,
    /// when that became the present one
    pub renewed_at: Option<DateTimeUtc>,
    /// of the part that all its refresh tokens have in common: one that is not the present one ends the session
    pub family_hash: Option<String>,
    /// full or setup
    pub scope: String,
    /// the account whose deputy it was begun as
    pub acting_for: Option<i64>,
    pub created_at: DateTimeUtc,
    pub used_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Session", secret [RefreshHash, PreviousHash, FamilyHash], refers [AccountId -> "Account", ActingFor -> "Account"]);
