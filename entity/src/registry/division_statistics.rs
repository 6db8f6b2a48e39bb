//! 区划统计 · population of a division on a date.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_statistics")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub division: String,
    pub on_date: Date,
    pub resident: Option<i64>,
    pub registered: Option<i64>,
    pub aged60: Option<i64>,
    pub aged65: Option<i64>,
    pub aged80: Option<i64>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("DivisionStatistics", divisions[Division.division]);
