//! 人员 · a natural person, also one without an ID number.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub id_kind: String,
    /// sealed
    pub id_number: Vec<u8>,
    pub id_blind: Vec<u8>,
    pub name: String,
    /// GB/T 2261.1
    pub sex: String,
    pub birth_date: Option<Date>,
    pub ethnicity: Option<String>,
    pub residence: Option<String>,
    /// hukou
    pub registered: Option<String>,
    /// sealed
    pub address: Option<Vec<u8>>,
    /// sealed
    pub phone: Option<Vec<u8>>,
    pub phone_blind: Option<Vec<u8>>,
    pub death_date: Option<Date>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Person", divisions [Residence.residence, Registered.registered], itself yes, personal [Name: Name, IdNumber: Id, IdBlind: Id, BirthDate: Birth, Ethnicity: Belief, Address: Address, Phone: Phone, PhoneBlind: Phone], salt key_salt);
