//! 曾用证件 · an earlier or corrected ID number of a person.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    pub id_kind: String,
    /// sealed with the person's salt
    pub id_number: Vec<u8>,
    pub id_blind: Vec<u8>,
    pub until: Date,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PersonIdentity", part true, person PersonId.person_id, of super::person::Entity [PersonId], personal [IdNumber: Id, IdBlind: Id], refers [PersonId -> "Person"]);
