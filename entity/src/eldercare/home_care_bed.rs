//! 家庭养老床位 · a bed of care in an elder's own home.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "home_care_bed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub division: String,
    pub started_on: Date,
    pub accepted_on: Option<Date>,
    pub served_from: Option<Date>,
    pub closed_on: Option<Date>,
    pub close_reason: Option<String>,
    pub mistaken: bool,
    pub centre_id: i64,
    /// number of the centre: whose row it is
    pub centre: String,
    pub person_id: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("HomeCareBed", divisions [Division.division], person PersonId.person_id, organisation Centre.centre, figures [Division, PersonId, StartedOn, ServedFrom, ClosedOn, Mistaken], refers [CentreId -> "CareCentre", PersonId -> "Person"]);
