//! 银行回盘 · what the bank says became of a payment line.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_return")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub batch: Option<String>,
    /// sealed
    pub account: Option<Vec<u8>>,
    pub holder: Option<String>,
    pub amount_fen: i64,
    pub result: String,
    pub returned_on: Date,
    pub reason: Option<String>,
    pub payment_id: i64,
    pub payment_number: String,
    /// of the payment line
    pub division: String,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("BankReturn", divisions [Division.division], personal [Account: Bank, Holder: Name], salt key_salt, figures [Division, ReturnedOn], refers [PaymentId -> "Payment"]);
