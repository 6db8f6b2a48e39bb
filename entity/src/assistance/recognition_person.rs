//! 保障对象 · a person covered by a recognition.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recognition_person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub recognition_id: i64,
    pub person_id: i64,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("RecognitionPerson", part true, person PersonId.person_id, of super::recognition::Entity [RecognitionId], figures [RecognitionId], refers [PersonId -> "Person"]);
