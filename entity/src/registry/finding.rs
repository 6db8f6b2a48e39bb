//! 待查事项 · something odd of a record that was taken all the same.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub kind: String,
    /// of the record
    pub aggregate: String,
    pub row_id: i64,
    /// that of the record
    pub number: String,
    /// that of the record
    pub division: String,
    pub noted_on: Date,
    /// null: it is open
    pub settled_on: Option<Date>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Finding", divisions[Division.division]);
