//! 家庭成员 · a person in a household from a day to a day.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub household_id: i64,
    pub person_id: i64,
    pub relation: String,
    pub joined_on: Date,
    /// first day on which it no longer holds
    pub left_on: Option<Date>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("HouseholdMember", person PersonId.person_id, of super::household::Entity [HouseholdId], household HouseholdId.household_id, refers [PersonId -> "Person", HouseholdId -> "Household"]);
