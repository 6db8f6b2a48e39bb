//! 核查 · an inquiry into a suspicion of fraud, while which the person is not told who looks.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inquiry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    /// sealed with the person's salt
    pub reason: Vec<u8>,
    pub division: String,
    /// OPENED RUNNING CLOSED
    pub state: String,
    /// last day
    pub until: Date,
    pub opened_at: DateTimeUtc,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Inquiry", divisions [Division.division], personal [Reason: Case], refers [PersonId -> "Person"]);
