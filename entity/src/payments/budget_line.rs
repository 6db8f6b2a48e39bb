//! 预算 · what is budgeted and arrived for a category from a source in a year.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub year: i32,
    pub item: String,
    pub source: String,
    pub budget_fen: i64,
    pub arrived_fen: Option<i64>,
    pub arrived_on: Option<Date>,
    pub document: Option<String>,
    pub earmarked: bool,
    /// the district whose money it is
    pub division: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("BudgetLine", divisions [Division.division], figures [Division, Year, Item, Source]);
