//! 监护与代办 · who may act for a person.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guardianship")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    pub guardian_id: i64,
    /// GUARDIAN or PROXY
    pub kind: String,
    pub valid_from: Date,
    /// first day on which it no longer holds
    pub valid_until: Option<Date>,
    /// sealed with the ward's salt: what it stands on
    pub basis: Option<Vec<u8>>,
    /// of a proxy: for what it acts
    pub purpose: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Guardianship", person PersonId.person_id, of super::person::Entity [PersonId], personal [Kind: Child, Purpose: Child, Basis: Case], refers [PersonId -> "Person", GuardianId -> "Person"]);
