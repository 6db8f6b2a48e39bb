//! 定期报告 · one revision of the report of a district on a time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "periodic_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub division: String,
    pub period_from: Date,
    /// first day after it
    pub period_until: Date,
    pub revision: i32,
    /// DRAFT REVIEWED PUBLISHED REVISED
    pub state: String,
    /// version of the template it is written from
    pub template: i32,
    /// how often a paragraph was edited: a reviewer agrees to what was read
    pub edits: i32,
    /// why a published report is revised
    pub reason: Option<String>,
    /// why it was given back
    pub remark: Option<String>,
    /// from then on it is public and stands as it is
    pub published: bool,
    pub published_at: Option<DateTimeUtc>,
    /// the business date of that day
    pub published_on: Option<Date>,
    /// when its figures were read
    pub as_of: Option<DateTimeUtc>,
    /// position of the journal on which they stand
    pub position: Option<i64>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PeriodicReport", divisions [Division.division], open Published.published);
