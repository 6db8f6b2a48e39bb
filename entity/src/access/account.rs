//! 账户 · an account that signs in.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub username: String,
    pub name: String,
    pub person_id: Option<i64>,
    /// the holder's ID number, sealed
    pub id_number: Option<Vec<u8>>,
    /// its digest, that of a person with the number
    pub id_blind: Option<Vec<u8>>,
    /// Argon2id in PHC form
    pub password: Option<String>,
    /// the password is good only for changing it
    pub one_time: bool,
    /// until when a one-time password can be used
    pub one_time_until: Option<DateTimeUtc>,
    /// sealed
    pub totp_secret: Option<Vec<u8>>,
    /// sealed; becomes `totp_secret` when a code of it was given
    pub totp_pending: Option<Vec<u8>>,
    /// last step used
    pub totp_step: Option<i64>,
    /// sealed
    pub phone: Option<Vec<u8>>,
    pub key_salt: Vec<u8>,
    pub disabled: bool,
    pub system: bool,
    /// of sign-ins, wherever they came from
    pub failures: i32,
    /// the first of these
    pub failing_since: Option<DateTimeUtc>,
    /// locks one after the other: each is longer
    pub locks: Option<i32>,
    /// everywhere but where it is known
    pub locked_until: Option<DateTimeUtc>,
    /// the last lock of one place from which it failed
    pub source_locked_until: Option<DateTimeUtc>,
    /// last day
    pub valid_until: Option<Date>,
    pub created_at: DateTimeUtc,
    pub version: i32,
    pub voided: bool,
}

/// No relations: rooms join by scoped reads only.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::aggregate!("Account", person PersonId.person_id, personal [Name: Name, IdNumber: Id, IdBlind: Id, Phone: Phone], salt key_salt, secret [Password, TotpSecret, TotpPending], refers [PersonId -> "Person"]);
