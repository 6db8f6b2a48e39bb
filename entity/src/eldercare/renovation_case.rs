//! 适老化改造 · a household's home made fit for age.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "renovation_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub batch_year: i32,
    pub division: String,
    pub admitted_on: Date,
    pub begun_on: Option<Date>,
    pub finished_on: Option<Date>,
    pub accepted_on: Option<Date>,
    pub withdrawn_on: Option<Date>,
    pub household_id: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("RenovationCase", divisions [Division.division], household HouseholdId.household_id, figures [Division, BatchYear, HouseholdId, AdmittedOn, AcceptedOn, WithdrawnOn], refers [HouseholdId -> "Household"]);
