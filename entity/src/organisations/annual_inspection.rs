//! 年度检查 · the annual inspection of an organisation.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "annual_inspection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uscc: String,
    pub year: i32,
    pub accepted_on: Option<Date>,
    pub conclusion: Option<String>,
    pub concluded_on: Option<Date>,
    pub regraded: Option<String>,
    pub regraded_on: Option<Date>,
    pub organisation_id: i64,
    /// of the organisation
    pub division: String,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("AnnualInspection", divisions [Division.division], organisation Uscc.uscc, figures [Division, Uscc, Year, AcceptedOn, Conclusion, ConcludedOn], refers [OrganisationId -> "SocialOrganisation"]);
