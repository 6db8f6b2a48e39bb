//! 导入错误 · what is wrong with one cell of a sheet, and how to mend it. Holds the cell sealed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_error")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub import_id: i64,
    pub row_number: i64,
    pub column_name: Option<String>,
    /// sealed
    pub value: Option<Vec<u8>>,
    pub code: String,
    pub message: String,
    pub remedy: String,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("ImportError", part true, personal [Value: Case], refers [ImportId -> "Import"]);
