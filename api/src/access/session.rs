//! 会话 · a sign-in: a short access token, and a refresh token that is good once. A refresh token that was used already
//! ends the session, since two hold it. Failed sign-ins are counted on the account and stand in the journal; a name
//! that is no account takes as long and is locked as soon, so that names cannot be found out.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{TimeDelta, Utc};
use entity::access::session::{Column, Entity, Model};
use entity::access::{account, deputy, platform_client};
use minzheng_kernel::commands::{self, Command, Sent};
use minzheng_kernel::secrets::{Claims, OpaqueToken, Verdict, constant_time_eq};
use minzheng_kernel::{Checked, Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use super::account::{Account, Hidden, Limits, is_staff, live_sessions, second_factor_needed, totp};
use super::role_grant::{Proposed, roles_of, system_name};
use super::{locked, password_fault, row_id};
use crate::config::Config;
use crate::graphql::error::{Answer, UserError, fault, outcome};
use crate::graphql::list::{Node, Row};
use crate::graphql::scalars::DateTime;
use crate::graphql::{State, global_id, load, state, viewer};
use crate::policy::{POLICY, role_of};

/// Good for everything that the account may.
pub const FULL: &str = "full";
/// Good only for choosing a password and enrolling a second factor.
pub const SETUP: &str = "setup";

/// One session.
pub struct Session(Row<Entity>);

impl From<Row<Entity>> for Session {
    fn from(row: Row<Entity>) -> Self {
        Self(row)
    }
}

impl Node for Session {
    type Entity = Entity;
}

impl async_graphql::TypeName for Session {
    fn type_name() -> std::borrow::Cow<'static, str> {
        "Session".into()
    }
}

/// 会话 · a sign-in, from its begin to its end; one's own, or requires SECURITY_ADMIN or AUDITOR.
#[Object(name_type)]
impl Session {
    /// 全局编号 · global id.
    async fn id(&self) -> ID {
        global_id("Session", self.0.model.id)
    }

    /// 账户 · whose; null where accounts are not shown.
    async fn account(&self, context: &Context<'_>) -> Answer<Option<Account>> {
        load::by_id(context, self.0.model.account_id).await
    }

    /// 方式 · PASSWORD, CLIENT, SCREEN or MINTED.
    async fn kind(&self) -> &str {
        &self.0.model.kind
    }

    /// 仅供设置 · good only for choosing a password and enrolling a second factor.
    async fn setup_only(&self) -> bool {
        self.0.model.scope == SETUP
    }

    /// 代理 · the account whose deputy it was begun as; null where accounts are not shown.
    async fn acting_for(&self, context: &Context<'_>) -> Answer<Option<Account>> {
        match self.0.model.acting_for {
            Some(id) => load::by_id(context, id).await,
            None => Ok(None),
        }
    }

    /// 当前会话 · the one in which this is asked.
    async fn current(&self, context: &Context<'_>) -> Answer<bool> {
        Ok(viewer(context)?.session_id == Some(self.0.model.id))
    }

    /// 开始时间
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.model.created_at)
    }

    /// 最近续期
    async fn used_at(&self) -> DateTime {
        DateTime(self.0.model.used_at)
    }

    /// 到期时间 · unless renewed.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.model.expires_at)
    }

    /// 结束时间 · null while it is alive.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.model.ended_at.map(DateTime)
    }
}

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

/// Which session.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// 会话
    id: ID,
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
    /// 须先修改密码 · the token is good only for changePassword and enrolSecondFactor.
    must_change_password: bool,
    /// 须先登记二次验证 · the token is good only for enrolSecondFactor and changePassword.
    must_enrol_second_factor: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// What became of a session.
#[derive(SimpleObject)]
pub struct EndSessionPayload {
    /// 已结束
    ended: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// 登录 · gives an access token and a refresh token. Send it without a token.
    async fn sign_in(&self, context: &Context<'_>, input: SignInInput) -> Answer<SignInPayload> {
        let done = sign_in(state(context)?, input).await;
        payload(context, done)
    }

    /// 平台登录 · a platform client's credentials for an access token.
    async fn sign_in_platform_client(
        &self,
        context: &Context<'_>,
        input: SignInPlatformClientInput,
    ) -> Answer<SignInPayload> {
        let done = sign_in_client(state(context)?, &input).await;
        payload(context, done)
    }

    /// 续期 · a new pair of tokens for a refresh token; the old one, seen again, ends the session. Send it without
    /// a token.
    async fn refresh_token(&self, context: &Context<'_>, input: RefreshTokenInput) -> Answer<SignInPayload> {
        let done = refresh(state(context)?, &input.refresh_token).await;
        payload(context, done)
    }

    /// 退出 · ends the session of this token.
    async fn sign_out(&self, context: &Context<'_>) -> Answer<EndSessionPayload> {
        ended(context, SignOut {}).await
    }

    /// 结束会话 · ends a session: one's own, or another account's (requires SECURITY_ADMIN).
    async fn end_session(&self, context: &Context<'_>, input: EndSessionInput) -> Answer<EndSessionPayload> {
        match row_id::<Entity>(&input.id, "id") {
            Ok(id) => ended(context, EndSession { id }).await,
            Err(refusal) => {
                let (_, user_errors) = outcome::<()>(context, Err(refusal.into()))?;
                Ok(EndSessionPayload { ended: false, user_errors })
            }
        }
    }

    /// 大屏会话 · a session of weeks for a big screen, in place of the token it was opened with; requires SCREEN.
    async fn start_screen_session(&self, context: &Context<'_>) -> Answer<SignInPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let renewal = Renewal::new().map_err(|e| fault(context, e))?;
        let begin = StartScreenSession { renewal: renewal.kept.clone(), days: state.config.screen_days.max(1) };
        let done = commands::run(&state.kernel, viewer, begin, &Sent::default()).await;
        let done = match done {
            Ok(opened) => tokens(state, opened, Some(renewal.plain)).map_err(Failure::Fault),
            Err(failure) => Err(failure),
        };
        payload(context, done)
    }
}

async fn ended<C: Command>(context: &Context<'_>, command: C) -> Answer<EndSessionPayload> {
    let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await;
    let (done, user_errors) = outcome(context, done)?;
    Ok(EndSessionPayload { ended: done.is_some(), user_errors })
}

fn payload(context: &Context<'_>, done: Result<SignInPayload, Failure>) -> Answer<SignInPayload> {
    let (done, user_errors) = outcome(context, done)?;
    Ok(SignInPayload { user_errors, ..done.unwrap_or_default() })
}

/// Sessions of an account that was read in scope, newest first.
pub(super) async fn of_account(context: &Context<'_>, account: i64) -> Answer<Vec<Session>> {
    load::newest(context, Column::AccountId, account, Column::Id, 20).await
}

/// The viewer's own live sessions, newest first.
pub async fn own(context: &Context<'_>) -> Answer<Vec<Session>> {
    let (state, viewer) = (state(context)?, viewer(context)?);
    let Some(id) = viewer.account_id else { return Ok(Vec::new()) };
    let rows = viewer
        .parts::<Entity>(Column::AccountId, [id])
        .filter(live_sessions(state.kernel.clock.now()))
        .order_by_desc(Column::Id)
        .limit(100)
        .all(state.kernel.db.read())
        .await
        .map_err(|e| fault(context, e.into()))?;
    Ok(rows.into_iter().map(|model| Session(Row::new(viewer, model))).collect())
}

/// A viewer that is nobody yet, or an account that gave its password.
fn arriving(kernel: &Kernel, account: Option<&account::Model>) -> Viewer {
    let mut viewer = Viewer::anonymous(&POLICY, kernel.clock.today());
    if let Some(account) = account {
        viewer.account_id = Some(account.id);
        viewer.actor.clone_from(&account.username);
    }
    viewer
}

/// The refresh token of a new session: what the client keeps, and what we keep.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Kept {
    family: String,
    hash: String,
}

struct Renewal {
    plain: String,
    kept: Kept,
}

impl Renewal {
    fn new() -> Result<Self, Fault> {
        Self::of_family(&OpaqueToken::generate()?)
    }

    /// Another one of the same session. The first half is the session's, the second its own.
    fn of_family(family: &OpaqueToken) -> Result<Self, Fault> {
        let token = OpaqueToken::generate()?;
        let kept = Kept { family: hex::encode(family.digest()), hash: hex::encode(token.digest()) };
        Ok(Self { plain: format!("{}.{}", family.reveal(), token.reveal()), kept })
    }

    fn parse(text: &str) -> Option<(OpaqueToken, OpaqueToken)> {
        let (family, token) = text.split_once('.')?;
        Some((OpaqueToken::parse(family)?, OpaqueToken::parse(token)?))
    }
}

/// A session that was begun or renewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Session id.
    pub id: i64,
    /// Account id.
    pub account: i64,
    /// How it began.
    pub kind: String,
    /// What it is good for.
    pub scope: String,
    /// For whom it acts.
    pub acting_for: Option<i64>,
    /// When it ends.
    pub expires_at: chrono::DateTime<Utc>,
    /// The password must be changed.
    pub one_time: bool,
}

impl Opened {
    fn of(session: &Model, one_time: bool) -> Self {
        Self {
            id: session.id,
            account: session.account_id,
            kind: session.kind.clone(),
            scope: session.scope.clone(),
            acting_for: session.acting_for,
            expires_at: session.expires_at,
            one_time,
        }
    }
}

/// Signs the access token of a session; `seconds` bounds its life, the session's end does in any case.
pub fn issue(kernel: &Kernel, opened: &Opened, seconds: i64) -> Result<(String, i64), Fault> {
    let now = kernel.clock.now().timestamp();
    let exp = opened.expires_at.timestamp().min(now.saturating_add(seconds));
    let claims = Claims {
        iss: kernel.tokens.issuer().to_owned(),
        aud: kernel.tokens.audience().to_owned(),
        sub: opened.account.to_string(),
        sid: opened.id.to_string(),
        iat: now,
        nbf: now,
        exp,
        kind: opened.kind.to_lowercase(),
        scope: Some(opened.scope.clone()),
        act: opened.acting_for.map(|id| serde_json::json!({ "sub": id.to_string() })),
    };
    let token = kernel.tokens.issue(&claims).map_err(Fault::internal)?;
    Ok((token, exp - now))
}

fn tokens(state: &State, opened: Opened, refresh: Option<String>) -> Result<SignInPayload, Fault> {
    let (token, seconds) = issue(&state.kernel, &opened, state.config.token_minutes.max(1) * 60)?;
    let setup = opened.scope == SETUP;
    Ok(SignInPayload {
        access_token: Some(token),
        refresh_token: refresh.filter(|_| !setup),
        expires_in: i32::try_from(seconds).ok(),
        must_change_password: opened.one_time,
        must_enrol_second_factor: setup && !opened.one_time,
        user_errors: Vec::new(),
    })
}

fn bad_credentials() -> Failure {
    Refusal::new(UserErrorCode::BadCredentials, Text::of("bad-credentials")).into()
}

fn locked_out() -> Failure {
    Refusal::new(UserErrorCode::LockedOut, Text::of("locked-out")).into()
}

/// Whether an account may sign in at all.
fn usable(account: &account::Model, work_today: chrono::NaiveDate, now: chrono::DateTime<Utc>) -> bool {
    !account.disabled
        && !account.system
        && account.valid_until.is_none_or(|until| until >= work_today)
        && (!account.one_time || account.one_time_until.is_none_or(|until| until > now))
}

async fn sign_in(state: &State, input: SignInInput) -> Result<SignInPayload, Failure> {
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
    let Some(found) = found else {
        let locked = state.access.strangers.is_locked(&username, now);
        kernel.passwords.verify(None, &input.password).await.map_err(|error| password_fault(&error))?;
        if locked {
            return Err(locked_out());
        }
        state.access.strangers.failed(&username, limits, now);
        tracing::info!("a sign-in failed: no such account");
        return Err(bad_credentials());
    };
    let is_locked = found.locked_until.is_some_and(|until| until > now);
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
        lives: Lives::of(&state.config),
        second_factor: second_factor_needed(&state.config, state.test),
    };
    let viewer = arriving(kernel, Some(&found).filter(|_| right));
    match commands::run(kernel, &viewer, command, &Sent::default()).await? {
        Arrival::In(opened) => Ok(tokens(state, opened, Some(renewal.plain))?),
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
    lives: Lives,
    second_factor: bool,
}

/// What became of somebody who wants in. Failures are outcomes too, so that they are written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Arrival {
    In(Opened),
    Wrong,
    WrongCode,
}

#[async_trait::async_trait]
impl Command for SignIn {
    const NAME: &'static str = "signIn";
    type Output = Arrival;

    async fn execute(self, work: &mut Work<'_>) -> Result<Arrival, Failure> {
        let (now, today) = (work.now, work.today());
        let row = locked::<account::Entity>(work, self.account, "username").await?;
        let account = row.row().clone();
        if account.locked_until.is_some_and(|until| until > now) {
            return Err(locked_out());
        }
        if !usable(&account, today, now) {
            return Err(bad_credentials());
        }
        if self.seen.0.is_empty() || account.password.as_ref() != Some(&self.seen.0) {
            work.update::<account::Entity>(row, |account| self.limits.failed(account, now)).await?;
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
                work.update::<account::Entity>(row, |account| self.limits.failed(account, now)).await?;
                return Ok(Arrival::WrongCode);
            }
        }
        let acting_for = match &self.on_behalf_of {
            Some(username) => Some(principal(work, account.id, username).await?),
            None => None,
        };
        let roles = roles_of(work, [Some(account.id), acting_for].into_iter().flatten(), false).await?;
        let enrol = self.second_factor && account.totp_secret.is_none() && is_staff(&roles);
        let setup = account.one_time || enrol;
        let upgrade = self.upgrade;
        work.update::<account::Entity>(row, |account| {
            account.failures = 0;
            account.locked_until = None;
            account.totp_step = step;
            if let Some(hash) = upgrade {
                account.password = Some(hash.0);
            }
        })
        .await?;
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

/// The account whose deputy this one is today.
async fn principal(work: &Work<'_>, to: i64, username: &str) -> Result<i64, Failure> {
    let missing = || Failure::from(Refusal::not_found("onBehalfOf"));
    let from = work
        .everywhere::<account::Entity>()
        .filter(account::Column::Username.eq(username))
        .filter(account::Column::Disabled.eq(false))
        .one(work.tx())
        .await?
        .ok_or_else(missing)?;
    let stands_in = work
        .everywhere::<deputy::Entity>()
        .filter(super::deputy::today(from.id, to, work.today()))
        .one(work.tx())
        .await?;
    stands_in.map(|_| from.id).ok_or_else(missing)
}

/// A session to be begun.
pub(super) struct Begin {
    pub account: i64,
    pub kind: &'static str,
    pub scope: &'static str,
    pub acting_for: Option<i64>,
    pub renewal: Kept,
    pub life: TimeDelta,
}

impl Begin {
    pub(super) async fn insert(self, work: &mut Work<'_>, one_time: bool) -> Result<Opened, Failure> {
        let session = Model {
            id: work.id().await?,
            account_id: self.account,
            kind: self.kind.to_owned(),
            refresh_hash: self.renewal.hash,
            family_hash: Some(self.renewal.family),
            scope: self.scope.to_owned(),
            acting_for: self.acting_for,
            created_at: work.now,
            used_at: work.now,
            expires_at: work.now + self.life,
            ended_at: None,
            version: 1,
            voided: false,
        };
        let session = work.insert::<Entity>(session).await?;
        Ok(Opened::of(&session, one_time))
    }
}

/// A refresh token that is given to nobody, for sessions that are not renewed.
pub(super) fn no_renewal() -> Result<Kept, Fault> {
    Ok(Renewal::new()?.kept)
}

async fn refresh(state: &State, text: &str) -> Result<SignInPayload, Failure> {
    let Some((family, token)) = Renewal::parse(text) else { return Err(bad_refresh()) };
    let next = Renewal::of_family(&family)?;
    let command = Refresh {
        family: hex::encode(family.digest()),
        hash: hex::encode(token.digest()),
        next: next.kept.hash.clone(),
        lives: Lives::of(&state.config),
    };
    let viewer = arriving(&state.kernel, None);
    match commands::run(&state.kernel, &viewer, command, &Sent::default()).await? {
        Some(opened) => Ok(tokens(state, opened, Some(next.plain))?),
        None => Err(bad_refresh()),
    }
}

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
        if !constant_time_eq(session.refresh_hash.as_bytes(), self.hash.as_bytes()) {
            // Used once already: the client or a thief comes second, and we cannot tell which.
            work.update::<Entity>(row, |session| session.ended_at = Some(now)).await?;
            return Ok(None);
        }
        let account = locked::<account::Entity>(work, session.account_id, "refreshToken").await?;
        let ends = account.row().valid_until.is_some_and(|until| until < work.today());
        if account.row().disabled || ends || session.scope != FULL {
            return Err(bad_refresh());
        }
        let end = session.created_at + TimeDelta::minutes(self.lives.most);
        let session = work
            .update::<Entity>(row, |session| {
                session.refresh_hash = self.next;
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
    Ok(tokens(state, opened, None)?)
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

/// Ends all live sessions of an account but one.
pub(super) async fn end_sessions(work: &mut Work<'_>, account: i64, except: Option<i64>) -> Result<(), Failure> {
    end_where(work, account, Column::Id.ne(except.unwrap_or(0))).await
}

/// Ends those live sessions of an account that a condition names.
pub(super) async fn end_where(work: &mut Work<'_>, account: i64, which: SimpleExpr) -> Result<(), Failure> {
    let sessions = work
        .everywhere::<Entity>()
        .filter(Column::AccountId.eq(account))
        .filter(live_sessions(work.now))
        .filter(which)
        .order_by_asc(Column::Id)
        .all(work.tx())
        .await?;
    for session in sessions {
        let session = locked::<Entity>(work, session.id, "id").await?;
        end(work, session).await?;
    }
    Ok(())
}

async fn end(work: &mut Work<'_>, session: Checked<Entity>) -> Result<(), Failure> {
    let now = work.now;
    work.update::<Entity>(session, |session| {
        session.ended_at.get_or_insert(now);
    })
    .await?;
    Ok(())
}

/// 退出 · ends the session of the viewer's token.
#[derive(Clone, Debug, Serialize)]
struct SignOut {}

#[async_trait::async_trait]
impl Command for SignOut {
    const NAME: &'static str = "signOut";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let id = work.viewer.session_id.ok_or_else(|| Refusal::not_found("session"))?;
        let session = locked::<Entity>(work, id, "session").await?;
        end(work, session).await
    }
}

/// 结束会话 · one's own, or one that the viewer sees by its role.
#[derive(Clone, Debug, Serialize)]
struct EndSession {
    id: i64,
}

#[async_trait::async_trait]
impl Command for EndSession {
    const NAME: &'static str = "endSession";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let session = locked::<Entity>(work, self.id, "id").await?;
        let own = work.viewer.account_id == Some(session.row().account_id);
        if !own && !work.viewer.holds("SECURITY_ADMIN") {
            return Err(Refusal::not_found("id").into());
        }
        end(work, session).await
    }
}

/// Whom a token without a sign-in is for.
#[derive(Clone, Debug, Serialize)]
pub enum Minted {
    /// The one system account of a role, line and scope, made when it is first asked for.
    Role(Proposed),
    /// An account that there is.
    Account(String),
}

/// A token without a sign-in, and its session; for demo and test databases.
pub async fn mint(
    kernel: &Kernel,
    viewer: &Viewer,
    whom: Minted,
    life: TimeDelta,
) -> Result<(String, Opened), Failure> {
    let command = Mint { whom, seconds: life.num_seconds(), renewal: no_renewal()? };
    let opened = commands::run(kernel, viewer, command, &Sent::default()).await?;
    let (token, _) = issue(kernel, &opened, life.num_seconds())?;
    Ok((token, opened))
}

/// 签发令牌 · a session without a sign-in.
#[derive(Clone, Debug, Serialize)]
struct Mint {
    whom: Minted,
    seconds: i64,
    renewal: Kept,
}

#[async_trait::async_trait]
impl Command for Mint {
    const NAME: &'static str = "mintToken";
    type Output = Opened;

    async fn execute(self, work: &mut Work<'_>) -> Result<Opened, Failure> {
        let (username, grant) = match self.whom {
            Minted::Account(username) => (username.trim().to_lowercase(), None),
            Minted::Role(grant) => {
                let grant = grant.checked().map_err(Failure::Refused)?;
                (system_name(&grant), Some(grant))
            }
        };
        let known =
            work.everywhere::<account::Entity>().filter(account::Column::Username.eq(&username)).one(work.tx()).await?;
        let account = match (known, grant) {
            (Some(known), _) if known.disabled => {
                return Err(Refusal::new(UserErrorCode::WrongState, Text::of("account-disabled")).at("account").into());
            }
            (Some(known), _) => known.id,
            (None, None) => return Err(Refusal::not_found("account").into()),
            (None, Some(grant)) => {
                let id = work.id().await?;
                let name = role_of(&grant.role).map_or(grant.role.as_str(), |role| role.zh).to_owned();
                let mut account = super::account::blank(work, id, username, name, None)?;
                account.system = true;
                work.insert::<account::Entity>(account).await?;
                super::role_grant::write_system_grant(work, Proposed { account: id, ..grant }).await?;
                id
            }
        };
        let begin = Begin {
            account,
            kind: "MINTED",
            scope: FULL,
            acting_for: None,
            renewal: self.renewal,
            life: TimeDelta::seconds(self.seconds),
        };
        begin.insert(work, false).await
    }
}
