//! 曾住地 · a place where a household lived before.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household_place")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub household_id: i64,
    pub division: String,
    /// URBAN or RURAL
    pub area: String,
    /// null: as long as anything is known
    pub valid_from: Option<Date>,
    /// first day elsewhere
    pub valid_until: Date,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("HouseholdPlace", part true, of super::household::Entity [HouseholdId], household HouseholdId.household_id, figures [Division], refers [HouseholdId -> "Household"]);
