//! A kept part of a figure: one indicator, one division or level, one stretch of time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_cell")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub code: String,
    /// MONTH QUARTER HALF YEAR
    pub grain: String,
    pub starts_on: Date,
    /// OWN: rows of exactly this division; else the level whose whole it is
    pub level: String,
    pub division: String,
    pub value: i64,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
