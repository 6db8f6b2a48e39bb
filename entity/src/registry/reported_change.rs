//! 情况变动报告 · what somebody in the field reports of a person: a death, a move, a change.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reported_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    pub household_id: Option<i64>,
    pub kind: String,
    pub happened_on: Date,
    /// sealed with the person's salt
    pub note: Option<Vec<u8>>,
    pub division: String,
    /// REPORTED HANDLED DISMISSED
    pub state: String,
    pub due_on: Option<Date>,
    /// sealed with the person's salt: what was done, or why nothing
    pub remark: Option<Vec<u8>>,
    pub reported_at: DateTimeUtc,
    /// of a move: where to
    pub moved_to: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("ReportedChange", divisions [Division.division], person PersonId.person_id, personal [Kind: Health, MovedTo: Address, Note: Case, Remark: Case], refers [PersonId -> "Person", HouseholdId -> "Household"]);
