//! 安全检查 · one inspection of a centre.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub inspected_on: Date,
    pub checklist: String,
    pub items_asked: i64,
    pub items_answered: i64,
    pub inspectors: String,
    pub centre_id: i64,
    /// number of the centre: whose row it is
    pub centre: String,
    /// of the centre
    pub division: String,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Inspection", divisions [Division.division], organisation Centre.centre, personal [Inspectors: Name], salt key_salt, figures [Division, CentreId, InspectedOn], refers [CentreId -> "CareCentre"]);
