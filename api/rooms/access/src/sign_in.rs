//! 登录 · the ways in: password and second factor, a refresh token, a platform client's secret, a screen. A refresh token
//! that was used already ends the session, since two hold it; one that is sent twice at once has one successor. Failed
//! sign-ins are counted ([`super::lock`]) and stand in the journal; a name that is no account takes as long and is locked
//! as soon, so that names cannot be found out.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{TimeDelta, Utc};
use entity::access::session::{Column, Entity};
use entity::access::{account, deputy, platform_client};
use minzheng_ground::config::Config;
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::{State, state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::{OpaqueToken, Verdict, constant_time_eq};
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use crate::credential::{Hidden, is_staff, second_factor_needed, totp};
use crate::lock::{Device, Limits, Source, locked_out};
use crate::password_issue::LastReset;
use crate::role_grant::roles_of;
use crate::session::{Begin, FULL, Kept, Opened, Renewal, SETUP, end_where, issue, no_renewal};
use crate::standing::Gate;
use crate::{lock, locked, password_fault};

/// What to sign in with.
#[derive(InputObject)]
pub struct SignInInput {
    /// 用户名
    username: String,
    /// 密码
    password: String,
    /// 验证码 · of the authenticator, where one is enrolled.
    code: Option<String>,
    /// 代理 · the user name of the account to act for, whose deputy one is today.
    on_behalf_of: Option<String>,
    /// 设备令牌 · that of an earlier sign-in of this account: what others do wrong does not lock it out here.
    device_token: Option<String>,
}

/// What a machine signs in with.
#[derive(InputObject)]
pub struct SignInPlatformClientInput {
    /// 客户端编号
    client_id: String,
    /// 客户端密钥
    client_secret: String,
}

/// What to renew a session with.
#[derive(InputObject)]
pub struct RefreshTokenInput {
    /// 续期令牌 · good once.
    refresh_token: String,
}

/// Tokens, or why there are none.
#[derive(SimpleObject, Default)]
pub struct SignInPayload {
    /// 访问令牌 · for the header `Authorization: Bearer …`.
    access_token: Option<String>,
    /// 续期令牌 · good once; null where the session cannot be renewed.
    refresh_token: Option<String>,
    /// 有效秒数 · of the access token.
    expires_in: Option<i32>,
    /// 须先修改密码 · the token is good only for `changePassword` and `enrolSecondFactor`.
    must_change_password: bool,
    /// 须先登记二次验证 · the token is good only for `enrolSecondFactor` and `changePassword`.
    must_enrol_second_factor: bool,
    /// 设备令牌 · to be kept on the device and sent with its next sign-in of this account; opens nothing by itself.
    device_token: Option<String>,
    /// 密码重置告知 · who reset the password last; null: nobody did.
    password_reset: Option<LastReset>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The ways in.
#[derive(Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// 登录 · gives an access token and a refresh token. One a document.
    async fn sign_in(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SignInInput,
    ) -> Answer<SignInPayload> {
        let done = sign_in(state(context)?, viewer(context)?, input).await;
        payload(context, done)
    }

    /// 平台登录 · a platform client's credentials for an access token.
    async fn sign_in_platform_client(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: SignInPlatformClientInput,
    ) -> Answer<SignInPayload> {
        let done = sign_in_client(state(context)?, &input).await;
        payload(context, done)
    }

    /// 续期 · a new pair of tokens for a refresh token; the old one, seen again, ends the session, unless it was sent twice
    /// within half a minute: then both have the same. Send it without a token.
    async fn refresh_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RefreshTokenInput,
    ) -> Answer<SignInPayload> {
        let done = refresh(state(context)?, &input.refresh_token).await;
        payload(context, done)
    }

    /// 大屏会话 · a session of weeks for a big screen, in place of the token it was opened with; it holds SCREEN and no
    /// other role of the account. Requires SCREEN.
    async fn start_screen_session(&self, context: &Context<'_>) -> Answer<SignInPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let renewal = Renewal::new().map_err(|e| fault(context, e))?;
        if viewer.acting_for.is_some() {
            // The session would be the deputy's own.
            return payload(context, Err(Failure::Forbidden(StartScreenSession::NAME.to_owned())));
        }
        let begin = StartScreenSession { renewal: renewal.kept.clone(), days: state.config.screen_days.max(1) };
        let done = commands::run(&state.kernel, viewer, begin, &Sent::default()).await;
        let done = match done {
            Ok(opened) => tokens(state, &opened, Some(renewal.plain)).map_err(Failure::Fault),
            Err(failure) => Err(failure),
        };
        payload(context, done)
    }
}

pub(super) fn payload(context: &Context<'_>, done: Result<SignInPayload, Failure>) -> Answer<SignInPayload> {
    let (done, user_errors) = outcome(context, done)?;
    Ok(SignInPayload { user_errors, ..done.unwrap_or_default() })
}

/// A viewer that is nobody yet, or an account that gave its password.
pub(super) fn arriving(kernel: &Kernel, account: Option<&account::Model>) -> Viewer {
    let mut viewer = Viewer::anonymous(&POLICY, kernel.clock.today());
    if let Some(account) = account {
        viewer.account_id = Some(account.id);
        viewer.actor.clone_from(&account.username);
    }
    viewer
}

pub(super) fn tokens(state: &State, opened: &Opened, refresh: Option<String>) -> Result<SignInPayload, Fault> {
    let (token, seconds) = issue(&state.kernel, opened, state.config.token_minutes.max(1) * 60)?;
    let setup = opened.scope == SETUP;
    Ok(SignInPayload {
        access_token: Some(token),
        refresh_token: refresh.filter(|_| !setup),
        expires_in: i32::try_from(seconds).ok(),
        must_change_password: opened.one_time,
        must_enrol_second_factor: setup && !opened.one_time,
        ..SignInPayload::default()
    })
}

fn bad_credentials() -> Failure {
    Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-credentials")).into()
}

/// Whether an account may sign in at all.
fn usable(account: &account::Model, work_today: chrono::NaiveDate, now: chrono::DateTime<Utc>) -> bool {
    !account.disabled
        && !account.system
        && account.valid_until.is_none_or(|until| until >= work_today)
        && (!account.one_time || account.one_time_until.is_none_or(|until| until > now))
}

/// Where somebody who wants into an account comes from: an open session of it, a device that it knows, or an address.
fn source(
    state: &State,
    asking: &Viewer,
    input: &SignInInput,
    found: Option<&account::Model>,
) -> (Source, Option<Device>) {
    let Some(found) = found else { return (Source::of_address(asking), None) };
    let kernel = &state.kernel;
    let token = input.device_token.as_deref();
    let device = token.and_then(|token| Device::of(&kernel.keys, token, found.id, kernel.clock.now()));
    let source = match &device {
        Some(device) => device.source(),
        None if asking.account_id == Some(found.id) && asking.session_id.is_some() => Source::of_session(asking),
        None => Source::of_address(asking),
    };
    (source, device)
}

async fn sign_in(state: &State, asking: &Viewer, input: SignInInput) -> Result<SignInPayload, Failure> {
    let kernel = &state.kernel;
    let limits = Limits::of(&state.config);
    let username: String = input.username.trim().to_lowercase().chars().take(100).collect();
    let (now, today) = (kernel.clock.now(), kernel.clock.today());
    let system = Viewer::system(&POLICY, "access", today);
    let found = system
        .select::<account::Entity>()
        .filter(account::Column::Username.eq(&username))
        .one(kernel.db.read())
        .await?;
    let (source, device) = source(state, asking, &input, found.as_ref());
    let gate = state.part::<Gate>()?;
    let _turns = gate.lanes.enter(&source, &username).await?;
    let Some(found) = found else {
        let locked = gate.strangers.is_locked(&username, &source, limits, now);
        kernel.passwords.verify(None, &input.password).await.map_err(|error| password_fault(&error))?;
        if locked {
            return Err(locked_out());
        }
        gate.strangers.failed(&username, &source, limits, now);
        tracing::info!("a sign-in failed: no such account");
        return Err(bad_credentials());
    };
    let is_locked = lock::is_locked(kernel, &system, &found, &source, limits).await?;
    let stored = found.password.clone().filter(|_| !is_locked && usable(&found, today, now));
    let verdict = kernel.passwords.verify(stored.as_deref(), &input.password).await;
    let verdict = verdict.map_err(|error| password_fault(&error))?;
    let right = verdict != Verdict::Wrong;
    let upgrade = match verdict {
        Verdict::Right { upgrade: true } => {
            Some(Hidden(kernel.passwords.hash(&input.password).await.map_err(|error| password_fault(&error))?))
        }
        _ => None,
    };
    let renewal = Renewal::new()?;
    let command = SignIn {
        account: found.id,
        seen: Hidden(stored.filter(|_| right).unwrap_or_default()),
        upgrade,
        code: Hidden(input.code.unwrap_or_default()),
        on_behalf_of: input.on_behalf_of.map(|name| name.trim().to_lowercase()),
        renewal: renewal.kept.clone(),
        limits,
        source,
        lives: Lives::of(&state.config),
        second_factor: second_factor_needed(&state.config, state.test),
    };
    let viewer = arriving(kernel, Some(&found).filter(|_| right));
    match commands::run(kernel, &viewer, command, &Sent::default()).await? {
        Arrival::In(opened) => {
            let mut payload = tokens(state, &opened, Some(renewal.plain))?;
            if opened.scope == FULL {
                let device = device.map_or_else(Device::new, Ok)?;
                payload.device_token = Some(device.token(&kernel.keys, found.id, now, state.config.device_days)?);
            }
            payload.password_reset = LastReset::of(kernel, found.id, state.config.reset_days).await?;
            Ok(payload)
        }
        Arrival::NoPrincipal => Err(Refusal::not_found("onBehalfOf").into()),
        Arrival::Wrong => Err(bad_credentials()),
        Arrival::WrongCode => Err(Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-code")).at("code").into()),
    }
}

/// How long things live.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Lives {
    token: i64,
    idle: i64,
    most: i64,
}

impl Lives {
    fn of(config: &Config) -> Self {
        Self {
            token: config.token_minutes.max(1),
            idle: config.session_hours.max(1) * 60,
            most: config.session_days.max(1) * 24 * 60,
        }
    }
}

/// 登录 · `seen` is the hash that the password fitted; empty: it fitted none.
#[derive(Clone, Debug, Serialize)]
struct SignIn {
    account: i64,
    seen: Hidden,
    upgrade: Option<Hidden>,
    code: Hidden,
    on_behalf_of: Option<String>,
    renewal: Kept,
    limits: Limits,
    source: Source,
    lives: Lives,
    second_factor: bool,
}

/// What became of somebody who wants in. Failures are outcomes too, so that they are written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Arrival {
    In(Opened),
    Wrong,
    WrongCode,
    /// All was right but the account to act for: the code is used up nevertheless.
    NoPrincipal,
}

#[async_trait::async_trait]
impl Command for SignIn {
    const NAME: &'static str = "signIn";
    type Output = Arrival;

    async fn execute(self, work: &mut Work<'_>) -> Result<Arrival, Failure> {
        let (now, today) = (work.now, work.today());
        let row = locked::<account::Entity>(work, self.account, "username").await?;
        let account = row.row().clone();
        lock::open(work, &account, &self.source, self.limits).await?;
        // One that cannot be used is locked as any other, so that it is not told apart either.
        let wrong = self.seen.0.is_empty() || account.password.as_ref() != Some(&self.seen.0);
        if wrong || !usable(&account, today, now) {
            lock::failed(work, row, &self.source, self.limits).await?;
            return Ok(Arrival::Wrong);
        }
        let mut step = account.totp_step;
        if let Some(sealed) = &account.totp_secret {
            if self.code.0.is_empty() {
                let text = Text::of("code-needed");
                return Err(Refusal::new(UserErrorCode::BadCredentials, text).at("code").into());
            }
            let secret = totp(&work.kernel.keys, &account, sealed)?;
            step = secret.verify(&self.code.0, now.timestamp(), account.totp_step);
            if step.is_none() {
                lock::failed(work, row, &self.source, self.limits).await?;
                return Ok(Arrival::WrongCode);
            }
        }
        let acting_for = match &self.on_behalf_of {
            Some(username) => match principal(work, account.id, username).await? {
                Some(principal) => Some(principal),
                None => {
                    work.update::<account::Entity>(row, |account| account.totp_step = step).await?;
                    return Ok(Arrival::NoPrincipal);
                }
            },
            None => None,
        };
        let roles = roles_of(work, [Some(account.id), acting_for].into_iter().flatten(), false).await?;
        let enrol = self.second_factor && account.totp_secret.is_none() && is_staff(&roles);
        let setup = account.one_time || enrol;
        let mut new = account.clone();
        lock::passed(work, &mut new, &self.source).await?;
        new.totp_step = step;
        if let Some(hash) = self.upgrade {
            new.password = Some(hash.0);
        }
        work.update::<account::Entity>(row, |account| *account = new).await?;
        let minutes = if setup { self.lives.token } else { self.lives.idle.min(self.lives.most) };
        let session = Begin {
            account: account.id,
            kind: "PASSWORD",
            scope: if setup { SETUP } else { FULL },
            acting_for: acting_for.filter(|_| !setup),
            renewal: self.renewal,
            life: TimeDelta::minutes(minutes),
        };
        if !setup {
            end_where(work, account.id, Column::Scope.eq(SETUP)).await?;
        }
        Ok(Arrival::In(session.insert(work, account.one_time).await?))
    }
}

/// The account whose deputy this one is today; `None`: of that name none.
async fn principal(work: &Work<'_>, to: i64, username: &str) -> Result<Option<i64>, Failure> {
    let from = work
        .everywhere::<account::Entity>()
        .filter(account::Column::Username.eq(username))
        .filter(account::Column::Disabled.eq(false))
        .one(work.tx())
        .await?;
    let Some(from) = from else { return Ok(None) };
    let stands_in = work
        .everywhere::<deputy::Entity>()
        .filter(super::deputy::today(from.id, to, work.today()))
        .one(work.tx())
        .await?;
    Ok(stands_in.map(|_| from.id))
}

async fn refresh(state: &State, text: &str) -> Result<SignInPayload, Failure> {
    let Some((family, token)) = Renewal::parse(text) else { return Err(bad_refresh()) };
    let next = Renewal::after(&state.kernel.keys, &family, &token)?;
    let command = Refresh {
        family: hex::encode(family.digest()),
        hash: hex::encode(token.digest()),
        next: next.kept.hash.clone(),
        lives: Lives::of(&state.config),
    };
    let viewer = arriving(&state.kernel, None);
    match commands::run(&state.kernel, &viewer, command, &Sent::default()).await? {
        Some(opened) => Ok(tokens(state, &opened, Some(next.plain))?),
        None => Err(bad_refresh()),
    }
}

/// A client that renews twice at once, or did not hear the answer, sends the token again within this time.
const TWICE: TimeDelta = TimeDelta::seconds(30);

fn bad_refresh() -> Failure {
    Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-refresh")).at("refreshToken").into()
}

/// 续期 · turns a refresh token into the next.
#[derive(Clone, Debug, Serialize)]
struct Refresh {
    family: String,
    hash: String,
    next: String,
    lives: Lives,
}

#[async_trait::async_trait]
impl Command for Refresh {
    const NAME: &'static str = "refreshToken";
    /// Null: the token had been used before, and the session was ended for it.
    type Output = Option<Opened>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Option<Opened>, Failure> {
        let now = work.now;
        let known = work.everywhere::<Entity>().filter(Column::FamilyHash.eq(&self.family)).one(work.tx()).await?;
        let Some(known) = known else { return Err(bad_refresh()) };
        let row = locked::<Entity>(work, known.id, "refreshToken").await?;
        let session = row.row().clone();
        if session.ended_at.is_some() || session.expires_at <= now {
            return Err(bad_refresh());
        }
        let same = |kept: &str| constant_time_eq(kept.as_bytes(), self.hash.as_bytes());
        let renewed = session.renewed_at.is_some_and(|at| (now - at).abs() <= TWICE);
        let again = renewed && session.previous_hash.as_deref().is_some_and(same) && session.refresh_hash == self.next;
        if !again && !same(&session.refresh_hash) {
            // Used once already: the client or a thief comes second, and we cannot tell which.
            work.update::<Entity>(row, |session| session.ended_at = Some(now)).await?;
            return Ok(None);
        }
        let account = locked::<account::Entity>(work, session.account_id, "refreshToken").await?;
        let ends = account.row().valid_until.is_some_and(|until| until < work.today());
        if account.row().disabled || ends || session.scope != FULL {
            return Err(bad_refresh());
        }
        if again {
            return Ok(Some(Opened::of(&session, false)));
        }
        let end = session.created_at + TimeDelta::minutes(self.lives.most);
        let session = work
            .update::<Entity>(row, |session| {
                session.previous_hash = Some(std::mem::replace(&mut session.refresh_hash, self.next));
                session.renewed_at = Some(now);
                session.used_at = now;
                if session.kind != "SCREEN" {
                    session.expires_at = end.min(now + TimeDelta::minutes(self.lives.idle));
                }
            })
            .await?;
        Ok(Some(Opened::of(&session, false)))
    }
}

async fn sign_in_client(state: &State, input: &SignInPlatformClientInput) -> Result<SignInPayload, Failure> {
    let kernel = &state.kernel;
    let secret = OpaqueToken::parse(&input.client_secret).ok_or_else(bad_credentials)?;
    let command = SignInPlatformClient {
        client: input.client_id.clone(),
        secret: Hidden(hex::encode(secret.digest())),
        renewal: no_renewal()?,
        minutes: state.config.token_minutes.max(1),
    };
    let opened = commands::run(kernel, &arriving(kernel, None), command, &Sent::default()).await?;
    Ok(tokens(state, &opened, None)?)
}

/// 平台登录 · a client's secret is 256 random bits: it is compared, not guessed.
#[derive(Clone, Debug, Serialize)]
struct SignInPlatformClient {
    client: String,
    secret: Hidden,
    renewal: Kept,
    minutes: i64,
}

#[async_trait::async_trait]
impl Command for SignInPlatformClient {
    const NAME: &'static str = "signInPlatformClient";
    type Output = Opened;

    async fn execute(self, work: &mut Work<'_>) -> Result<Opened, Failure> {
        let client = work
            .everywhere::<platform_client::Entity>()
            .filter(platform_client::Column::ClientId.eq(&self.client))
            .one(work.tx())
            .await?
            .filter(|client| constant_time_eq(client.secret_hash.as_bytes(), self.secret.0.as_bytes()))
            .ok_or_else(bad_credentials)?;
        let account = locked::<account::Entity>(work, client.account_id, "clientId").await?;
        if !usable(account.row(), work.today(), work.now) {
            return Err(bad_credentials());
        }
        let begin = Begin {
            account: client.account_id,
            kind: "CLIENT",
            scope: FULL,
            acting_for: None,
            renewal: self.renewal,
            life: TimeDelta::minutes(self.minutes),
        };
        begin.insert(work, false).await
    }
}

/// 大屏会话 · for the account of a screen's token.
#[derive(Clone, Debug, Serialize)]
struct StartScreenSession {
    renewal: Kept,
    days: i64,
}

#[async_trait::async_trait]
impl Command for StartScreenSession {
    const NAME: &'static str = "startScreenSession";
    type Output = Opened;

    async fn execute(self, work: &mut Work<'_>) -> Result<Opened, Failure> {
        let account = work.viewer.account_id.ok_or(Failure::Unauthenticated)?;
        let begin = Begin {
            account,
            kind: "SCREEN",
            scope: FULL,
            acting_for: None,
            renewal: self.renewal,
            life: TimeDelta::days(self.days),
        };
        begin.insert(work, false).await
    }
}
