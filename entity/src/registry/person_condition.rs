//! 人员状况 · disability, illness, schooling, labour ability of a person by dates.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_condition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    pub kind: String,
    pub valid_from: Date,
    pub valid_until: Option<Date>,
    pub disability_type: Option<String>,
    pub disability_level: Option<i32>,
    /// sealed with the person's salt
    pub certificate: Option<Vec<u8>>,
    pub degree: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PersonCondition", person PersonId.person_id, of super::person::Entity [PersonId], personal [Kind: Health, DisabilityType: Health, DisabilityLevel: Health, Certificate: Health, Degree: Health], whole true, refers [PersonId -> "Person"]);
