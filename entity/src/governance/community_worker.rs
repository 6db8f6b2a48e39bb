//! 社区工作者 · one spell of employment in a community.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "community_worker")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// sealed
    pub id_number: Vec<u8>,
    pub id_number_blind: Vec<u8>,
    pub name: String,
    pub division: String,
    pub post: String,
    pub hired_on: Date,
    pub left_on: Option<Date>,
    pub certificate: Option<String>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("CommunityWorker", divisions [Division.division], personal [IdNumber: Id, IdNumberBlind: Id, Name: Name], salt key_salt, figures [Division, HiredOn, LeftOn, Certificate]);
