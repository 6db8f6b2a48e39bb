//! 迁入申请 · a request that the place which has a person hand the person over.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub person_id: i64,
    /// RESIDENCE REGISTERED
    pub kind: String,
    /// where the person is wanted
    pub to_division: String,
    /// where the person was when it was asked: never told to who asked
    pub from_division: String,
    /// sealed
    pub reason: Vec<u8>,
    /// why it was refused, sealed
    pub remark: Option<Vec<u8>>,
    pub key_salt: Vec<u8>,
    /// REQUESTED HANDED_OVER REFUSED
    pub state: String,
    pub requested_at: DateTimeUtc,
    pub due_on: Option<Date>,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("TransferRequest", divisions [ToDivision.to_division, FromDivision.from_division], person PersonId.person_id, personal [Reason: Case, Remark: Case], salt key_salt, refers [PersonId -> "Person"]);
