//! 办件 · a case of an item.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub applicant: String,
    pub accepted_on: Date,
    pub finished_on: Option<Date>,
    pub channel: String,
    pub rating: Option<String>,
    pub item_id: i64,
    pub item_code: String,
    /// last day promised when it was accepted
    pub promised_by: Date,
    /// last day that the law allowed then
    pub statutory_by: Date,
    /// the day of acceptance from which they are counted
    pub promised_for: Option<Date>,
    /// the district whose window it is
    pub division: Option<String>,
    pub key_salt: Vec<u8>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("ItemCase", divisions [Division.division], personal [Applicant: Name], salt key_salt, figures [Division, AcceptedOn, FinishedOn, PromisedBy, Channel, Rating, ItemId], refers [ItemId -> "AdministrativeItem"]);
