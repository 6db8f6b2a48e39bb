//! 发放对象 · a person and benefit month that a payment line is for. Repeats what figures and the double-payment rule need.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub payment_id: i64,
    pub person_id: i64,
    pub month: Option<Date>,
    /// in which a person counts once: the month, or the grant of temporary aid
    pub unit: String,
    pub programme: String,
    pub category: String,
    pub basis: String,
    pub nature: String,
    /// paid and not voided
    pub live: bool,
    pub division: String,
    pub paid_on: Date,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PaymentPerson", part true, divisions [Division.division], person PersonId.person_id, personal [Programme: Child, Category: Child], figures [Division, PaidOn, PersonId, Category, Unit], refers [PersonId -> "Person"]);
