//! 入住 · who lives in a centre from a day to a day.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stay")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub entered_on: Date,
    pub left_on: Option<Date>,
    pub bed: Option<String>,
    pub care_level: Option<String>,
    pub monthly_fee_fen: Option<i64>,
    pub deposit_fen: Option<i64>,
    pub centre_id: i64,
    /// number of the centre: whose row it is
    pub centre: String,
    /// of the centre
    pub division: String,
    pub person_id: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Stay", divisions [Division.division], person PersonId.person_id, organisation Centre.centre, personal [CareLevel: Health], figures [Division, EnteredOn, LeftOn], refers [CentreId -> "CareCentre", PersonId -> "Person"]);
