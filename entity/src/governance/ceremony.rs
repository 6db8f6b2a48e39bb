//! 婚丧喜庆事项 · a wedding, a funeral or another feast.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ceremony")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub kind: String,
    pub division: String,
    pub declared_on: Option<Date>,
    pub guided_on: Option<Date>,
    pub held_on: Date,
    pub outcome: String,
    pub decided_on: Option<Date>,
    pub planned_fen: i64,
    pub actual_fen: Option<i64>,
    pub evidence: bool,
    pub host: Option<String>,
    /// sealed
    pub phone: Option<Vec<u8>>,
    pub tables: Option<i64>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Ceremony", divisions [Division.division], personal [Host: Name, Phone: Phone], salt key_salt, figures [Division, Kind, Outcome, GuidedOn, HeldOn, DecidedOn, Evidence]);
