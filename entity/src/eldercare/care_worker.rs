//! 护理员 · one spell of employment in a centre.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "care_worker")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// sealed
    pub id_number: Vec<u8>,
    pub id_number_blind: Vec<u8>,
    pub name: String,
    pub post: String,
    pub hired_on: Date,
    pub left_on: Option<Date>,
    pub leave_reason: Option<String>,
    pub certificate_level: Option<i32>,
    pub certificate_number: Option<String>,
    pub certificate_until: Option<Date>,
    pub training_year: Option<i32>,
    pub training_hours: Option<i64>,
    pub exam: Option<String>,
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

crate::aggregate!("CareWorker", divisions [Division.division], organisation Centre.centre, personal [IdNumber: Id, IdNumberBlind: Id, Name: Name, LeaveReason: Case, CertificateNumber: Id], salt key_salt, figures [Division, Post, HiredOn, LeftOn, CertificateLevel, CertificateUntil, TrainingYear], refers [CentreId -> "CareCentre"]);
