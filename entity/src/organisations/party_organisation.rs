//! 党组织 · a party organisation of social organisations.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub kind: String,
    pub superior: Option<String>,
    pub founded_on: Date,
    pub revoked_on: Option<Date>,
    pub members: Option<i64>,
    pub organisation_id: Option<i64>,
    /// of the organisation
    pub uscc: Option<String>,
    /// of the organisation
    pub division: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PartyOrganisation", divisions [Division.division], organisation Uscc.uscc, figures [Division, Kind, OrganisationId, FoundedOn, RevokedOn], refers [OrganisationId -> "SocialOrganisation"]);
