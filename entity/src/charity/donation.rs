//! 捐赠 · one gift.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "donation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub donor: String,
    pub kind: String,
    pub amount_fen: i64,
    pub donated_on: Date,
    pub purpose: Option<String>,
    /// the district that was given it
    pub division: Option<String>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Donation", divisions [Division.division], personal [Donor: Name], salt key_salt, figures [Division, DonatedOn, Kind]);
