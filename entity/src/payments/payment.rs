//! 发放 · one payment line.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub category: String,
    /// number of the recognition, grant or benefit
    pub basis: String,
    /// the version that held in the month paid for, where it has several
    pub basis_id: Option<i64>,
    pub division: String,
    pub first_month: Option<Date>,
    pub last_month: Option<Date>,
    pub paid_on: Date,
    pub amount_fen: i64,
    pub nature: String,
    /// PAID or RETURNED
    pub state: String,
    pub original: Option<String>,
    pub source: Option<String>,
    /// to whom it was paid, where that was told
    pub payee_id: Option<i64>,
    pub historical: bool,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Payment", divisions [Division.division], through super::payment_person::Entity [super::payment_person::Column::PaymentId, super::payment_person::Column::PersonId, super::payment_person::Column::Voided], personal [Category: Child], figures [Division, PaidOn], refers [PayeeId -> "Person", BasisId -> "Recognition", BasisId -> "TemporaryAid", BasisId -> "WelfareBenefit"]);
