//! 更正记录 · why something that stood of a person was put right.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_correction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    /// IDENTITY or DEATH
    pub kind: String,
    pub on_date: Date,
    /// sealed with the person's salt
    pub reason: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PersonCorrection", part true, person PersonId.person_id, of super::person::Entity [PersonId], personal [Reason: Case], refers [PersonId -> "Person"]);
