//! 临时救助 · a grant of temporary aid.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "temporary_aid")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub kind: String,
    pub advance: bool,
    pub applicant_id: i64,
    pub division: String,
    pub accepted_on: Date,
    pub approved_on: Option<Date>,
    pub approved_fen: Option<i64>,
    pub hardship: Option<String>,
    pub approval_level: Option<String>,
    pub found_at: Option<DateTimeUtc>,
    pub received_at: Option<DateTimeUtc>,
    pub historical: bool,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("TemporaryAid", divisions [Division.division], through super::temporary_aid_person::Entity [super::temporary_aid_person::Column::TemporaryAidId, super::temporary_aid_person::Column::PersonId, super::temporary_aid_person::Column::Voided], personal [Hardship: Case], figures [Division, ApprovedOn], refers [ApplicantId -> "Person"]);
