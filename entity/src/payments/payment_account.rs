//! 发放账户 · the account into which a beneficiary is paid.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// sealed
    pub account: Vec<u8>,
    pub account_blind: Vec<u8>,
    pub holder: String,
    pub relation: String,
    pub bank_name: String,
    pub opened_on: Date,
    pub closed_on: Option<Date>,
    pub agreement: Option<String>,
    pub person_id: i64,
    /// where the beneficiary lives, or else is registered
    pub division: Option<String>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PaymentAccount", divisions [Division.division], person PersonId.person_id, personal [Account: Bank, AccountBlind: Bank, Holder: Name, Relation: Child, Agreement: Child], salt key_salt, refers [PersonId -> "Person"]);
