//! 隐患 · a hazard found in an inspection.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hazard")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub grade: String,
    pub description: String,
    pub owner: String,
    pub deadline: Date,
    pub rectified_on: Option<Date>,
    pub verified_on: Option<Date>,
    pub verifier: Option<String>,
    pub photo: Option<String>,
    pub inspection_id: i64,
    /// the day of the inspection
    pub found_on: Date,
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

crate::aggregate!("Hazard", divisions [Division.division], organisation Centre.centre, personal [Owner: Name, Verifier: Name], salt key_salt, figures [Division, CentreId, FoundOn, Deadline, RectifiedOn, VerifiedOn, Grade], refers [InspectionId -> "Inspection", CentreId -> "CareCentre"]);
