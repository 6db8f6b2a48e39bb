//! 家庭 · a household.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub division: String,
    /// URBAN or RURAL
    pub area: String,
    /// since when it lives there; null where that is not known
    pub moved_on: Option<Date>,
    pub head_id: i64,
    /// sealed
    pub address: Option<Vec<u8>>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Household", divisions [Division.division], household Id.id, personal [Address: Address], salt key_salt, figures [Division], refers [HeadId -> "Person"]);
