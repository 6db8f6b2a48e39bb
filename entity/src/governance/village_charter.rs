//! 村规民约 · a charter of a village or community.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "village_charter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub division: String,
    pub kind: String,
    pub name: String,
    pub effective_from: Date,
    pub voted_on: Option<Date>,
    pub filed_on: Option<Date>,
    pub ended_on: Option<Date>,
    pub customs: bool,
    /// given, or the day on which a later charter of the division begins
    pub effective_until: Option<Date>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("VillageCharter", divisions [Division.division], figures [Division, EffectiveFrom, EffectiveUntil, Customs]);
