//! 密码发放 · a one-time password that was given out: with a new account, or in place of a lost one.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_issue")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub account_id: i64,
    /// NEW or RESET
    pub kind: String,
    /// the second factor goes too
    pub second_factor: bool,
    /// PROPOSED, ISSUED or CANCELLED
    pub state: String,
    /// the half of the password that the proposer was shown, sealed with the account's salt, until the other is made
    pub half: Option<Vec<u8>>,
    /// null: the command line
    pub proposed_by: Option<i64>,
    pub confirmed_by: Option<i64>,
    pub proposed_at: DateTimeUtc,
    pub issued_at: Option<DateTimeUtc>,
    /// when another password was chosen in its place
    pub used_at: Option<DateTimeUtc>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PasswordIssue", secret [Half], refers [AccountId -> "Account", ProposedBy -> "Account", ConfirmedBy -> "Account"]);
