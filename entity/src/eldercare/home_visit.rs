//! 上门服务 · one visit to an elder at home.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "home_visit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub kind: String,
    pub started_at: DateTimeUtc,
    pub ended_at: DateTimeUtc,
    pub longitude: Option<String>,
    pub latitude: Option<String>,
    pub state: String,
    /// the day in China on which it began
    pub visited_on: Date,
    pub bed_id: i64,
    pub worker_id: i64,
    /// the elder
    pub person_id: i64,
    /// number of the centre: whose row it is
    pub centre: String,
    /// of the bed
    pub division: String,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("HomeVisit", divisions [Division.division], person PersonId.person_id, organisation Centre.centre, personal [Kind: Health, Longitude: Address, Latitude: Address], figures [Division, VisitedOn, State, Kind], refers [BedId -> "HomeCareBed", WorkerId -> "CareWorker", PersonId -> "Person"]);
