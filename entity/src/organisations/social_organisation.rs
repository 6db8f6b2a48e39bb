//! 社会组织 · a registered social organisation.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "social_organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uscc: String,
    pub name: String,
    pub kind: String,
    pub division: String,
    pub registered_on: Date,
    pub sponsor: Option<String>,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    /// sealed
    pub phone: Option<Vec<u8>>,
    pub certificate_until: Option<Date>,
    pub term_until: Option<Date>,
    pub party_members: Option<i64>,
    pub cancelled_on: Option<Date>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("SocialOrganisation", divisions [Division.division], organisation Uscc.uscc, personal [LegalRepresentative: Name, Phone: Phone], salt key_salt, figures [Division, RegisteredOn, CancelledOn, PartyMembers]);
