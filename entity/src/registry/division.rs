//! 区划 · an administrative division with its validity and predecessors.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// 12 digits
    pub code: String,
    pub name: String,
    pub level: String,
    /// RESIDENTS VILLAGERS OTHER where given
    pub kind: Option<String>,
    pub valid_from: Option<Date>,
    /// first day on which it no longer holds
    pub valid_until: Option<Date>,
    pub successor: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Division", divisions[Code.code], figures [Code, Kind, ValidFrom, ValidUntil]);
