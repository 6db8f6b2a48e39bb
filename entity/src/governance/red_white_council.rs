//! 红白理事会 · the council on weddings and funerals of a village.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "red_white_council")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub division: String,
    pub name: String,
    pub founded_on: Date,
    pub revoked_on: Option<Date>,
    pub members: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("RedWhiteCouncil", divisions [Division.division], figures [Division, FoundedOn, RevokedOn]);
