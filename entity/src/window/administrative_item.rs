//! 政务服务事项 · an item of administrative power.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "administrative_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub code: String,
    pub name: String,
    pub class: String,
    pub statutory_days: i64,
    pub promised_days: i64,
    pub unit: String,
    pub at_centre: bool,
    pub basis: String,
    pub fee: bool,
    pub materials: Option<String>,
    /// the district whose item it is
    pub division: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("AdministrativeItem", divisions [Division.division], figures [Division, Class, AtCentre, StatutoryDays, PromisedDays]);
