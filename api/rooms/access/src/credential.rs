//! 凭据 · passwords and second factors of accounts. Passwords are kept as Argon2id hashes, second factors sealed; neither
//! stands in the journal. A new or reset account gets a one-time password, shown once, which is good for nothing but
//! choosing another.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::Days;
use entity::access::account::{Column, Entity, Model};
use minzheng_ground::config::Config;
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::policy::{POLICY, role_of};
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::{Keyring, PasswordFault, TotpSecret, Verdict, password};
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use serde::Serialize;

use crate::account::forbidden;
use crate::lane::Lanes;
use crate::lock::{Limits, Source};
use crate::session::end_sessions;
use crate::standing::Gate;
use crate::{lock, locked, password_fault, password_issue};

/// A new password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// 原密码
    current: String,
    /// 新密码 · 12 characters, or 10 of three kinds.
    new: String,
}

/// A code of the authenticator.
#[derive(InputObject)]
pub struct ConfirmSecondFactorInput {
    /// 验证码 · six digits.
    code: String,
}

/// What became of the own password.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// 须重新登录 · this token stays what it was; sign in again for one that is good for everything.
    sign_in_again: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// A second factor on its way.
#[derive(SimpleObject)]
pub struct EnrolSecondFactorPayload {
    /// 密钥 · base32, to type by hand; shown this once.
    secret: Option<String>,
    /// 地址 · `otpauth://…`, for a QR code.
    uri: Option<String>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// Whether the second factor counts now.
#[derive(SimpleObject)]
pub struct ConfirmSecondFactorPayload {
    /// 已启用
    enrolled: bool,
    /// 须重新登录 · for a token that is good for everything.
    sign_in_again: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct CredentialMutation;

#[Object]
impl CredentialMutation {
    /// 修改密码 · of the own account; all its other sessions end.
    async fn change_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ChangePasswordInput,
    ) -> Answer<ChangePasswordPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let lanes = &state.part::<Gate>().map_err(|error| fault(context, error))?.lanes;
        let done = change_password(&state.kernel, &state.config, lanes, viewer, &input.current, &input.new).await;
        let (done, user_errors) = outcome(context, done)?;
        Ok(ChangePasswordPayload { sign_in_again: done == Some(true), user_errors })
    }

    /// 登记二次验证 · a new secret for the own authenticator app; it counts when a code of it was given. In place of one
    /// that counts already it needs a code of that.
    async fn enrol_second_factor(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "现用验证码 · of the authenticator that is to be replaced")] code: Option<String>,
    ) -> Answer<EnrolSecondFactorPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let secret = TotpSecret::generate().map_err(|e| fault(context, Fault::internal(e)))?;
        let base32 = secret.to_base32().to_string();
        let command = EnrolSecondFactor {
            secret: Hidden(base32.clone()),
            code: Hidden(code.unwrap_or_default()),
            limits: Limits::of(&state.config),
        };
        let done = match commands::run(&state.kernel, viewer, command, &Sent::default()).await {
            Ok(None) => Err(bad_code()),
            Ok(Some(username)) => Ok(username),
            Err(failure) => Err(failure),
        };
        let (username, user_errors) = outcome(context, done)?;
        let uri = username.as_ref().map(|username| secret.uri(&state.config.name, username).to_string());
        Ok(EnrolSecondFactorPayload { secret: username.map(|_| base32), uri, user_errors })
    }

    /// 确认二次验证 · proves that the authenticator holds the secret; from now on signing in takes a code.
    async fn confirm_second_factor(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ConfirmSecondFactorInput,
    ) -> Answer<ConfirmSecondFactorPayload> {
        let done = run(context, ConfirmSecondFactor { code: Hidden(input.code) }).await?;
        let (again, user_errors) = outcome(context, done)?;
        Ok(ConfirmSecondFactorPayload { enrolled: again.is_some(), sign_in_again: again == Some(true), user_errors })
    }
}

async fn run<C: Command>(context: &Context<'_>, command: C) -> Answer<Result<C::Output, Failure>> {
    Ok(commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await)
}

/// A text that no `Debug` and no remembered command shows.
#[derive(Clone, Serialize)]
pub struct Hidden(#[serde(skip)] pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// The hash of a password, and until when it can be used; `None`: it lasts, as those of the demo's accounts.
#[derive(Clone, Debug, Serialize)]
pub struct Hashed {
    hash: Hidden,
    until: Option<chrono::DateTime<chrono::Utc>>,
}

/// A one-time password: the plain form is shown once and kept nowhere.
pub struct OneTime {
    /// To show.
    pub plain: String,
    /// To keep.
    pub hashed: Hashed,
}

impl OneTime {
    /// A new one that can be used for so many days.
    pub async fn new(kernel: &Kernel, days: i64) -> Result<Self, Fault> {
        Self::hashed(kernel, password::one_time_password()?.to_string(), days).await
    }

    /// One of which the first half is known to somebody already.
    pub async fn beginning_with(kernel: &Kernel, first: &str, days: i64) -> Result<Self, Fault> {
        let fresh = password::one_time_password()?;
        let second = fresh.get(fresh.len() / 2..).unwrap_or_default();
        Self::hashed(kernel, format!("{first}{second}"), days).await
    }

    /// Both halves, each of which alone is good for nothing.
    pub fn halves(&self) -> (&str, &str) {
        self.plain.split_at_checked(self.plain.len() / 2).unwrap_or((&self.plain, ""))
    }

    async fn hashed(kernel: &Kernel, plain: String, days: i64) -> Result<Self, Fault> {
        let hash = kernel.passwords.hash(&plain).await.map_err(|error| password_fault(&error))?;
        let days = Days::new(u64::try_from(days.max(1)).unwrap_or(1));
        let now = kernel.clock.now();
        let until = now.checked_add_days(days).unwrap_or(now);
        Ok(Self { plain, hashed: Hashed { hash: Hidden(hash), until: Some(until) } })
    }
}

impl Hashed {
    /// A password that lasts.
    pub async fn lasting(kernel: &Kernel, plain: &str) -> Result<Self, Fault> {
        let hash = kernel.passwords.hash(plain).await.map_err(|error| password_fault(&error))?;
        Ok(Self { hash: Hidden(hash), until: None })
    }

    /// Into the account: the old password and all failures are gone.
    pub(super) fn write(&self, account: &mut Model) {
        account.password = Some(self.hash.0.clone());
        account.one_time = self.until.is_some();
        account.one_time_until = self.until;
        lock::clear(account);
    }
}

/// Says which rules a new password breaks.
fn weak(faults: &[PasswordFault]) -> Failure {
    let refusals =
        faults.iter().map(|fault| Refusal::new(UserErrorCode::WeakPassword, Text::of(fault.code())).at("new"));
    Failure::Refused(refusals.collect())
}

fn bad_code() -> Failure {
    Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-code")).at("code").into()
}

fn wrong_current() -> Refusal {
    Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-credentials")).at("current")
}

/// Changes the own password; gives whether to sign in again. Hashing is done outside the transaction.
async fn change_password(
    kernel: &Kernel,
    config: &Config,
    lanes: &Lanes,
    viewer: &Viewer,
    current: &str,
    new: &str,
) -> Result<bool, Failure> {
    let Some(id) = viewer.account_id.filter(|_| viewer.may(ChangePassword::NAME)) else {
        return Err(forbidden::<ChangePassword>(viewer));
    };
    let own = viewer.parts::<Entity>(Column::Id, [id]).one(kernel.db.read()).await?;
    let own = own.ok_or(Failure::Unauthenticated)?;
    let (limits, source) = (Limits::of(config), Source::of_session(viewer));
    let _turns = lanes.enter(&source, &own.username).await?;
    let system = Viewer::system(&POLICY, "access", viewer.today);
    let locked = lock::is_locked(kernel, &system, &own, &source, limits).await?;
    let stored = own.password.as_deref().filter(|_| !locked);
    let verdict = kernel.passwords.verify(stored, current).await.map_err(|error| password_fault(&error))?;
    let command = if verdict == Verdict::Wrong {
        ChangePassword { seen: Hidden(String::new()), hash: Hidden(String::new()), limits }
    } else {
        password::check(new, &own.username).map_err(|faults| weak(&faults))?;
        if current == new {
            return Err(Refusal::new(UserErrorCode::WeakPassword, Text::of("password-same")).at("new").into());
        }
        let hash = kernel.passwords.hash(new).await.map_err(|error| password_fault(&error))?;
        let seen = own.password.unwrap_or_default();
        ChangePassword { seen: Hidden(seen), hash: Hidden(hash), limits }
    };
    match commands::run(kernel, viewer, command, &Sent::default()).await? {
        Some(again) => Ok(again),
        None => Err(wrong_current().into()),
    }
}

/// 修改密码 · of the own account. `seen` is the hash that the current password fitted; empty: it fitted none.
#[derive(Clone, Debug, Serialize)]
struct ChangePassword {
    seen: Hidden,
    hash: Hidden,
    limits: Limits,
}

#[async_trait::async_trait]
impl Command for ChangePassword {
    const NAME: &'static str = "changePassword";
    /// Whether to sign in again; null when the current password was wrong, which is counted.
    type Output = Option<bool>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Option<bool>, Failure> {
        let id = work.viewer.account_id.ok_or(Failure::Unauthenticated)?;
        let row = locked::<Entity>(work, id, "account").await?;
        let source = Source::of_session(work.viewer);
        lock::open(work, row.row(), &source, self.limits).await?;
        if self.seen.0.is_empty() || row.row().password.as_ref() != Some(&self.seen.0) {
            lock::failed(work, row, &source, self.limits).await?;
            return Ok(None);
        }
        let mut new = row.row().clone();
        lock::passed(work, &mut new, &source).await?;
        if new.one_time {
            password_issue::used(work, id).await?;
        }
        new.password = Some(self.hash.0);
        new.one_time = false;
        new.one_time_until = None;
        work.update::<Entity>(row, |account| *account = new).await?;
        end_sessions(work, id, work.viewer.session_id).await?;
        Ok(Some(!work.viewer.holds(minzheng_ground::policy::MEMBER_ROLE)))
    }
}

/// 登记二次验证 · keeps a secret until a code of it is given.
#[derive(Clone, Debug, Serialize)]
struct EnrolSecondFactor {
    secret: Hidden,
    code: Hidden,
    limits: Limits,
}

#[async_trait::async_trait]
impl Command for EnrolSecondFactor {
    const NAME: &'static str = "enrolSecondFactor";
    /// The user name, for the authenticator; null when the code was wrong, which is counted.
    type Output = Option<String>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Option<String>, Failure> {
        let id = work.viewer.account_id.ok_or(Failure::Unauthenticated)?;
        let row = locked::<Entity>(work, id, "account").await?;
        if row.row().password.is_none() {
            return Err(Refusal::new(UserErrorCode::WrongState, Text::of("system-account")).into());
        }
        let now = work.now;
        let mut step = row.row().totp_step;
        if let Some(present) = &row.row().totp_secret {
            // Whoever has only found an open session must not take the account over for good.
            let source = Source::of_session(work.viewer);
            lock::open(work, row.row(), &source, self.limits).await?;
            if self.code.0.is_empty() {
                return Err(Refusal::new(UserErrorCode::BadCredentials, Text::of("code-needed")).at("code").into());
            }
            step = totp(&work.kernel.keys, row.row(), present)?.verify(&self.code.0, now.timestamp(), step);
            if step.is_none() {
                lock::failed(work, row, &source, self.limits).await?;
                return Ok(None);
            }
        }
        let sealed = work.kernel.keys.seal(&row.row().key_salt, "account.totp", &self.secret.0)?;
        let row = work
            .update::<Entity>(row, |account| {
                account.totp_pending = Some(sealed);
                account.totp_step = step;
            })
            .await?;
        Ok(Some(row.username))
    }
}

/// The second factor in a sealed column.
pub(super) fn totp(keys: &Keyring, account: &Model, sealed: &[u8]) -> Result<TotpSecret, Fault> {
    let base32 = keys.open(&account.key_salt, "account.totp", sealed)?;
    TotpSecret::from_base32(&base32).ok_or_else(|| Fault::internal("a second factor cannot be read"))
}

/// 确认二次验证 · a code of the pending secret makes it count.
#[derive(Clone, Debug, Serialize)]
struct ConfirmSecondFactor {
    code: Hidden,
}

#[async_trait::async_trait]
impl Command for ConfirmSecondFactor {
    const NAME: &'static str = "confirmSecondFactor";
    /// Whether to sign in again.
    type Output = bool;

    async fn execute(self, work: &mut Work<'_>) -> Result<bool, Failure> {
        let id = work.viewer.account_id.ok_or(Failure::Unauthenticated)?;
        let row = locked::<Entity>(work, id, "account").await?;
        let Some(pending) = row.row().totp_pending.clone() else {
            return Err(Refusal::new(UserErrorCode::WrongState, Text::of("second-factor-none")).into());
        };
        let secret = totp(&work.kernel.keys, row.row(), &pending)?;
        let Some(step) = secret.verify(&self.code.0, work.now.timestamp(), None) else {
            return Err(bad_code());
        };
        work.update::<Entity>(row, |account| {
            account.totp_secret = Some(pending);
            account.totp_pending = None;
            account.totp_step = Some(step);
        })
        .await?;
        Ok(!work.viewer.holds(minzheng_ground::policy::MEMBER_ROLE))
    }
}

/// Whether any of these roles is a staff role, which needs a second factor.
pub(super) fn is_staff<'a>(roles: impl IntoIterator<Item = &'a String>) -> bool {
    roles.into_iter().any(|role| role_of(role).is_some_and(|role| role.staff))
}

/// Whether staff need a second factor here.
pub fn second_factor_needed(config: &Config, test: bool) -> bool {
    config.second_factor.unwrap_or(!test)
}
