//! 政策参数 · one parameter of policy for a division, an area and a time.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_value")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub division: String,
    pub parameter: String,
    pub area: Option<String>,
    pub valid_from: Date,
    pub valid_until: Option<Date>,
    pub value: String,
    pub source: Option<String>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PolicyValue", divisions[Division.division], figures[Parameter]);
