//! 养老机构 · a centre or institution of care for the elderly.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "care_centre")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub name: String,
    pub kind: String,
    pub division: String,
    pub beds: i64,
    pub state: String,
    pub state_on: Option<Date>,
    pub nursing_beds: Option<i64>,
    pub care_posts: Option<i64>,
    pub medical: Option<String>,
    pub agreement_until: Option<Date>,
    pub rehabilitation: Option<String>,
    pub comfort: Option<String>,
    pub hospice: Option<String>,
    pub ownership: Option<String>,
    pub filed_on: Option<Date>,
    pub uscc: Option<String>,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    pub longitude: Option<String>,
    pub latitude: Option<String>,
    /// sealed
    pub phone: Option<Vec<u8>>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("CareCentre", divisions [Division.division], organisation Number.number, personal [LegalRepresentative: Name, Phone: Phone], salt key_salt, figures [Division, Kind, State, StateOn, FiledOn]);
