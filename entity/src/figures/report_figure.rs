//! 报告指标 · a figure as a published report tells it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_figure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub report_id: i64,
    pub place: i32,
    pub code: String,
    pub name: String,
    pub unit: String,
    pub value: Option<String>,
    pub amount_fen: Option<i64>,
    pub display: String,
    /// few persons stand behind it: not told
    pub suppressed: bool,
    pub year_on_year: Option<String>,
    pub previous_period: Option<String>,
    /// SHA-256 of what it was defined to count
    pub definition: String,
    /// SHA-256 over the ids of the rows counted
    pub rows_hash: Option<String>,
    pub rows_counted: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("ReportFigure", part true, refers [ReportId -> "PeriodicReport"]);
