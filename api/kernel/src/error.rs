//! What can go wrong: a *refusal* is an expected answer (data for the client, rule 4), a *fault* is
//! ours and says nothing of the database to the outside.

use sea_orm::sqlx::Error as DriverError;
use sea_orm::{DbErr, RuntimeErr};

use crate::text::{Lang, Text};

/// Stable codes of refusals, the GraphQL enum `UserErrorCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum UserErrorCode {
    WrongState,
    StaleVersion,
    FourEyes,
    InvalidValue,
    NotFound,
    Duplicate,
    PolicyMissing,
    BudgetExceeded,
    IdempotencyKeyReused,
    IdempotencyInProgress,
    IdempotencyKeyRequired,
    Forbidden,
    BadCredentials,
    LockedOut,
    WeakPassword,
    IncompatibleRoles,
    LaterWork,
    TooMany,
}

impl UserErrorCode {
    /// All codes with the name clients see.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::WrongState, "WRONG_STATE"),
        (Self::StaleVersion, "STALE_VERSION"),
        (Self::FourEyes, "FOUR_EYES"),
        (Self::InvalidValue, "INVALID_VALUE"),
        (Self::NotFound, "NOT_FOUND"),
        (Self::Duplicate, "DUPLICATE"),
        (Self::PolicyMissing, "POLICY_MISSING"),
        (Self::BudgetExceeded, "BUDGET_EXCEEDED"),
        (Self::IdempotencyKeyReused, "IDEMPOTENCY_KEY_REUSED"),
        (Self::IdempotencyInProgress, "IDEMPOTENCY_IN_PROGRESS"),
        (Self::IdempotencyKeyRequired, "IDEMPOTENCY_KEY_REQUIRED"),
        (Self::Forbidden, "FORBIDDEN"),
        (Self::BadCredentials, "BAD_CREDENTIALS"),
        (Self::LockedOut, "LOCKED_OUT"),
        (Self::WeakPassword, "WEAK_PASSWORD"),
        (Self::IncompatibleRoles, "INCOMPATIBLE_ROLES"),
        (Self::LaterWork, "LATER_WORK"),
        (Self::TooMany, "TOO_MANY"),
    ];

    /// The name clients see.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self).map_or("INVALID_VALUE", |(_, name)| name)
    }
}

/// An expected "no": which field, why, what to do. Goes to the client as `userErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of no.
    pub code: UserErrorCode,
    /// Path of the input field, outermost first; empty when it is about the whole command.
    pub path: Vec<String>,
    /// In words, with the remedy.
    pub text: Text,
}

impl Refusal {
    /// A refusal about the whole command.
    pub fn new(code: UserErrorCode, text: Text) -> Self {
        Self { code, path: Vec::new(), text }
    }

    /// A value that cannot be taken.
    pub fn invalid(field: &str, text: Text) -> Self {
        Self::new(UserErrorCode::InvalidValue, text).at(field)
    }

    /// Something that is not there or out of scope: both answer alike.
    pub fn not_found(field: &str) -> Self {
        Self::new(UserErrorCode::NotFound, Text::of("not-found")).at(field)
    }

    /// Names the input field, outermost first when called from inside out.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.path.insert(0, field.to_owned());
        self
    }

    /// In the client's language.
    pub fn message(&self, lang: Lang) -> String {
        self.text.say(lang)
    }
}

/// Why a command did not run.
#[derive(Debug)]
pub enum Failure {
    /// An expected no: data.
    Refused(Vec<Refusal>),
    /// No token, and the command needs one.
    Unauthenticated,
    /// The viewer may not run this command.
    Forbidden(String),
    /// Our fault.
    Fault(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Fault(Fault::from(error))
    }
}

/// A fault on our side. The text is for the log only.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The database said no.
    #[error("database: {0}")]
    Database(#[source] DbErr),
    /// The database is away, did not answer in time, or is being left; nothing was done, and it may be tried again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The disk of the database is full; nothing was done.
    #[error("storage full: {0}")]
    StorageFull(String),
    /// The connection was lost while the database kept what was done, and it could not be asked since whether it did.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// Anything else that should not happen.
    #[error("{0}")]
    Internal(String),
    /// A query that must be refused (masked filter, bad cursor): code, field.
    #[error("{code} {field}")]
    Query {
        /// `extensions.code`
        code: &'static str,
        /// `extensions.field`
        field: String,
        /// In words.
        text: Text,
    },
}

impl Fault {
    /// A fault with a text for the log.
    pub fn internal(text: impl std::fmt::Display) -> Self {
        Self::Internal(text.to_string())
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        match Said::of(&error) {
            Said::Away => Self::Unavailable(error.to_string()),
            Said::Full => Self::StorageFull(error.to_string()),
            Said::Again | Said::Other => Self::Database(error),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(Fault::internal(error))
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

impl From<crate::secrets::SecretError> for Fault {
    fn from(error: crate::secrets::SecretError) -> Self {
        Self::internal(error)
    }
}

impl From<crate::secrets::SecretError> for Failure {
    fn from(error: crate::secrets::SecretError) -> Self {
        Self::Fault(Fault::internal(error))
    }
}

/// What an error of the database means for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// To be tried again at once: somebody else was quicker.
    Again,
    /// It cannot be asked now.
    Away,
    /// Its disk is full.
    Full,
    /// Anything else: a statement that is wrong, a row that may not be.
    Other,
}

impl Said {
    fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => return Self::Away,
            _ => {}
        }
        match driver_error(error) {
            Some(DriverError::Database(said)) => said.code().map_or(Self::Other, |code| Self::of_code(&code)),
            Some(
                DriverError::Io(_)
                | DriverError::Tls(_)
                | DriverError::Protocol(_)
                | DriverError::PoolTimedOut
                | DriverError::PoolClosed
                | DriverError::WorkerCrashed
                | DriverError::BeginFailed
                | DriverError::InvalidSavePointStatement,
            ) => Self::Away,
            _ => Self::Other,
        }
    }

    /// By the code of PostgreSQL, five signs, or of SQLite, a number whose lowest byte is the kind.
    fn of_code(code: &str) -> Self {
        if code.len() == 5 {
            return match code {
                "40001" | "40P01" | "55P03" => Self::Again,
                "53100" => Self::Full,
                "57014" | "25006" => Self::Away,
                _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Self::Away,
                _ => Self::Other,
            };
        }
        match code.parse::<i32>().map(|code| code & 0xff) {
            // BUSY, LOCKED
            Ok(5 | 6) => Self::Again,
            // FULL
            Ok(13) => Self::Full,
            // NOMEM, READONLY, INTERRUPT, IOERR, CANTOPEN, PROTOCOL
            Ok(7..=10 | 14 | 15) => Self::Away,
            _ => Self::Other,
        }
    }
}

/// What the driver said.
fn driver_error(error: &DbErr) -> Option<&DriverError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error.as_ref()),
        _ => None,
    }
}

impl Failure {
    /// Whether the same may be tried again at once, since nothing of it stands: the database asks for it (serialisation
    /// failure, deadlock).
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Fault(Fault::Database(error)) if Said::of(error) == Said::Again)
    }

    /// Whether the database refused a second row of the same key.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Fault(Fault::Database(error)) if is_duplicate(error))
    }
}

/// Whether the database refused a second row of the same key.
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_say_what_is_to_be_done() {
        for (code, said) in [
            ("40001", Said::Again),
            ("40P01", Said::Again),
            ("5", Said::Again),
            ("517", Said::Again),
            ("53100", Said::Full),
            ("13", Said::Full),
            ("53300", Said::Away),
            ("57P01", Said::Away),
            ("57014", Said::Away),
            ("08006", Said::Away),
            ("7", Said::Away),
            ("778", Said::Away),
            ("1546", Said::Away),
            ("14", Said::Away),
            ("23505", Said::Other),
            ("42601", Said::Other),
            ("2067", Said::Other),
            ("1", Said::Other),
            ("", Said::Other),
        ] {
            assert_eq!(Said::of_code(code), said, "{code}");
        }
    }
}
