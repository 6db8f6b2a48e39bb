//! 福利待遇 · a standing benefit of a person.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "welfare_benefit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub kind: String,
    pub person_id: i64,
    pub division: String,
    pub effective_from: Date,
    pub last_month: Option<Date>,
    pub monthly_fen: i64,
    pub historical: bool,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("WelfareBenefit", divisions [Division.division], person PersonId.person_id, personal [Kind: Child, MonthlyFen: Child], refers [PersonId -> "Person"]);
