//! 机构建设项目 · the building of a centre.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_project")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub number: String,
    pub name: String,
    pub kind: String,
    pub nature: String,
    pub division: String,
    pub beds: Option<i64>,
    pub approved_on: Option<Date>,
    pub begun_on: Option<Date>,
    pub stopped_on: Option<Date>,
    pub resumed_on: Option<Date>,
    pub accepted_on: Option<Date>,
    pub opened_on: Option<Date>,
    pub cancelled_on: Option<Date>,
    pub medical: bool,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("CentreProject", divisions [Division.division], figures [Division, Kind, Nature, BegunOn, StoppedOn, ResumedOn, AcceptedOn, OpenedOn, CancelledOn]);
