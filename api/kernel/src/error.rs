//! What can go wrong: a *refusal* is an expected answer (data for the client, rule 4), a *fault* is
//! ours and says nothing of the database to the outside.

use sea_orm::DbErr;

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
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database said no.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The database did not answer in time, or is being left.
    #[error("unavailable: {0}")]
    Unavailable(String),
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

/// Whether the database asks to try again (serialisation failure, deadlock).
pub(crate) fn is_retryable(error: &Failure) -> bool {
    let Failure::Fault(Fault::Database(error)) = error else { return false };
    let text = error.to_string();
    ["40001", "40P01", "could not serialize", "deadlock detected", "database is locked"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Whether the database refused a second row of the same key.
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}
