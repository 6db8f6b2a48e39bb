//! 导入 · one sheet taken in.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub kind: String,
    pub file_name: String,
    pub file_hash: String,
    pub state: String,
    pub dry_run: bool,
    pub total: i64,
    pub created: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub refused: i64,
    pub account_id: Option<i64>,
    pub actor: String,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    /// JSON
    pub notes: Option<String>,
    /// the sheet, where it was uploaded
    pub file_id: Option<i64>,
    /// the work, where it runs as a job
    pub job_id: Option<i64>,
    /// the place of who sent it
    pub division: Option<String>,
    /// of the key that its errors are sealed with
    pub key_salt: Option<Vec<u8>>,
    /// number of the last row of the sheet that was dealt with
    pub resume_row: Option<i64>,
    /// rows with nothing in them
    pub blank: Option<i64>,
    /// titles, totals, signatures, remarks and hidden rows
    pub skipped: Option<i64>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Import", divisions[Division.division]);
