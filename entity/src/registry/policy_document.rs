//! 政策文件 · an instrument on which parameters and lists stand.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub doc_no: String,
    pub title: String,
    pub issuer: String,
    /// SUPPORT FACILITY TALENT SUPERVISION ASSISTANCE WELFARE GOVERNANCE ORGANISATIONS OTHER
    pub field: String,
    pub issued_on: Option<Date>,
    pub valid_from: Date,
    /// first day on which it no longer holds
    pub valid_until: Option<Date>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PolicyDocument");
