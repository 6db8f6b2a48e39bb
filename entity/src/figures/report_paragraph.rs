//! 报告段落 · a paragraph that was edited, and in a published report every paragraph with its figures written out.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report_paragraph")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub report_id: i64,
    /// its name in the template
    pub key: String,
    /// words with placeholders
    pub source: String,
    /// edited: the source is not the template's
    pub edited: bool,
    /// where it stands, in a published report that has it
    pub place: Option<i32>,
    /// 0 text, 1 and 2 headings
    pub level: i32,
    /// what begins the paragraph, in bold
    pub lead: Option<String>,
    /// with the figures written out
    pub text: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("ReportParagraph", part true, refers [ReportId -> "PeriodicReport"]);
