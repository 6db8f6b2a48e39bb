//! 救助认定 · what a household gets, in one version from a month on.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recognition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub household_id: i64,
    pub division: String,
    pub category: String,
    /// INSTITUTION or SCATTERED
    pub support: Option<String>,
    /// of the household when recorded
    pub area: String,
    /// first of the month
    pub effective_from: Date,
    /// first of the last month still due, as given
    pub last_month: Option<Date>,
    /// first day on which it no longer holds: the earlier of the given end and the next version
    pub effective_until: Option<Date>,
    pub monthly_fen: Option<i64>,
    pub reviewed_on: Option<Date>,
    pub historical: bool,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Recognition", divisions [Division.division], through super::recognition_person::Entity [super::recognition_person::Column::RecognitionId, super::recognition_person::Column::PersonId, super::recognition_person::Column::Voided], household HouseholdId.household_id, figures [Division, HouseholdId], refers [HouseholdId -> "Household"]);
