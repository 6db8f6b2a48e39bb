//! 平台客户端 · a machine client with what it may do.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "platform_client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub client_id: String,
    /// its account, which holds its role grants
    pub account_id: i64,
    /// SHA-256 of the secret, which is 256 random bits
    pub secret_hash: String,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("PlatformClient", secret [SecretHash], refers [AccountId -> "Account"]);
