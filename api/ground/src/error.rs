//! Errors as clients see them: refusals as data, wrong questions and our own faults as GraphQL
//! errors with `extensions.code`. No text of the database ever leaves.

use async_graphql::{Context, Enum, Error, ErrorExtensions as _, SimpleObject};
use minzheng_kernel::{Failure, Fault, Lang, Refusal, Text, Viewer};

use crate::state::{state, viewer};

/// What a resolver gives.
pub type Answer<T> = async_graphql::Result<T>;

macro_rules! user_error_code {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        /// 业务拒绝代码 · why a command was refused.
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        #[graphql(remote = "minzheng_kernel::UserErrorCode")]
        pub enum UserErrorCode {
            $($(#[$meta])* $name,)*
        }
    };
}

user_error_code! {
    /// 状态不符 · the state does not allow the command
    WrongState,
    /// 版本过期 · someone else changed the row
    StaleVersion,
    /// 须由另一账户 · another account must do this step
    FourEyes,
    /// 值无效 · a value cannot be taken
    InvalidValue,
    /// 找不到 · missing or out of scope
    NotFound,
    /// 重复 · there is already one
    Duplicate,
    /// 缺少政策参数 · no policy value for this place and date
    PolicyMissing,
    /// 超预算 · the budget line would be overspent
    BudgetExceeded,
    /// 幂等键重用 · the key was used for other content
    IdempotencyKeyReused,
    /// 处理中 · the request with this key is still running
    IdempotencyInProgress,
    /// 缺幂等键 · money moves, so a key is required
    IdempotencyKeyRequired,
    /// 无权限 · not for this viewer
    Forbidden,
    /// 账户或密码错误 · user name, password or code is wrong
    BadCredentials,
    /// 已锁定 · too many failures
    LockedOut,
    /// 密码过弱 · the password is too easy to guess
    WeakPassword,
    /// 角色不相容 · the roles may not be held together
    IncompatibleRoles,
    /// 已有后续业务 · later work stands on it
    LaterWork,
    /// 过多 · more than is taken at once
    TooMany,
}

/// One refusal, for `userErrors`.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// 代码 · stable
    pub code: UserErrorCode,
    /// 字段路径 · of the input, outermost first; empty: the whole command
    pub path: Vec<String>,
    /// 说明 · what and how to mend it, in the reader's language
    pub message: String,
}

impl UserError {
    /// In the reader's language.
    pub fn of(refusal: &Refusal, lang: Lang) -> Self {
        Self { code: refusal.code.into(), path: refusal.path.clone(), message: refusal.message(lang) }
    }
}

/// An argument that a resolver reads by itself and cannot take.
pub fn asked_wrong(error: async_graphql::ServerError) -> Error {
    Error { message: error.message, source: error.source, extensions: error.extensions }
}

fn coded(code: &'static str, message: String) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", code))
}

/// A fault as a GraphQL error, in the language of who asks.
pub fn fault(context: &Context<'_>, fault: Fault) -> Error {
    if let (Fault::Unavailable(_) | Fault::StorageFull(_), Ok(state)) = (&fault, state(context)) {
        state.kernel.db.health().suspect();
    }
    said(viewer(context).map_or(Lang::Zh, |viewer| viewer.lang), fault)
}

/// A fault as a GraphQL error.
pub fn said(lang: Lang, fault: Fault) -> Error {
    match fault {
        Fault::Query { code, field, text } => coded(code, text.say(lang)).extend_with(|_, e| {
            e.set("code", code);
            e.set("field", field.as_str());
        }),
        Fault::Unavailable(detail) => {
            tracing::warn!(detail, "unavailable");
            coded("UNAVAILABLE", Text::of("unavailable").say(lang))
        }
        Fault::StorageFull(detail) => {
            tracing::error!(detail, "the disk is full");
            coded("STORAGE_FULL", Text::of("storage-full").say(lang))
        }
        Fault::Unknown(detail) => {
            tracing::error!(detail, "what became of a command is not known");
            coded("UNAVAILABLE", Text::of("outcome-unknown").say(lang)).extend_with(|_, e| e.set("outcome", "UNKNOWN"))
        }
        other => {
            tracing::error!(fault = %other, "internal fault");
            coded("INTERNAL", Text::of("internal").say(lang))
        }
    }
}

/// Who asks has not signed in.
pub fn unauthenticated(lang: Lang) -> Error {
    coded("UNAUTHENTICATED", Text::of("unauthenticated").say(lang))
}

/// Refuses who may not ask a root field ([`crate::policy::FIELDS`]).
pub fn may_ask(context: &Context<'_>, field: &'static str) -> Answer<()> {
    let viewer = viewer(context)?;
    if crate::policy::may_ask(viewer, field) {
        return Ok(());
    }
    if viewer.is_anonymous() {
        return Err(unauthenticated(viewer.lang));
    }
    let roles = crate::policy::FIELDS.iter().find(|(name, _)| *name == field).map(|(_, roles)| roles.join(" "));
    let text = Text::of("forbidden-field").with("field", field).with("roles", roles.unwrap_or_default());
    Err(said(viewer.lang, Fault::Query { code: "FORBIDDEN", field: field.to_owned(), text }))
}

/// Refuses a root field that tells of the whole district, where no grant of the viewer that lets it ask reaches so far.
pub fn may_ask_of_district(context: &Context<'_>, field: &'static str) -> Answer<()> {
    may_ask(context, field)?;
    let viewer = viewer(context)?;
    if crate::policy::may_ask_of(viewer, field, &state(context)?.district()) {
        return Ok(());
    }
    let text = Text::of("whole-district").with("field", field);
    Err(said(viewer.lang, Fault::Query { code: "FORBIDDEN", field: field.to_owned(), text }))
}

/// The question cannot be taken: `key` says why, `field` where.
pub fn bad_request(context: &Context<'_>, key: &'static str, field: &str) -> Error {
    fault(context, Fault::Query { code: "BAD_REQUEST", field: field.to_owned(), text: Text::of(key) })
}

/// The viewer may not ask this; who has not signed in is told to do so first.
pub fn forbidden(context: &Context<'_>, key: &'static str, field: &str) -> Error {
    if viewer(context).is_ok_and(Viewer::is_anonymous) {
        let lang = viewer(context).map_or(Lang::Zh, |viewer| viewer.lang);
        return unauthenticated(lang);
    }
    fault(
        context,
        Fault::Query { code: "FORBIDDEN", field: field.to_owned(), text: Text::of(key).with("field", field) },
    )
}

/// What a mutation gives: the outcome and refusals as data.
pub fn outcome<T>(context: &Context<'_>, result: Result<T, Failure>) -> Answer<(Option<T>, Vec<UserError>)> {
    let lang = viewer(context)?.lang;
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Failure::Refused(refusals)) => Ok((None, refusals.iter().map(|r| UserError::of(r, lang)).collect())),
        Err(Failure::Unauthenticated) => Err(unauthenticated(lang)),
        Err(Failure::Forbidden(command)) => {
            Err(coded("FORBIDDEN", Text::of("forbidden").with("command", command).say(lang)))
        }
        Err(Failure::Fault(error)) => Err(fault(context, error)),
    }
}
