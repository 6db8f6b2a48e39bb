//! 会话 · a sign-in, from its begin to its end: a short access token, and a refresh token that is good once and of which
//! only digests are kept. A session can be ended by its holder and by the security administrator.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use entity::access::session::{Column, Entity, Model};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::state::{state, viewer};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::{Claims, Keyring, OpaqueToken};
use minzheng_kernel::{Checked, Failure, Fault, Kernel, Refusal, Work, commands};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use crate::{locked, row_id};

/// Good for everything that the account may.
pub const FULL: &str = "full";
/// Good only for choosing a password and enrolling a second factor.
pub const SETUP: &str = "setup";

/// One session.
pub type Session = Row<Entity>;

/// 会话 · a sign-in, from its begin to its end; one's own, or requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "会话 · a sign-in, from its begin to its end; one's own, or requires `SECURITY_ADMIN` or \
             AUDITOR.",
    )
    .id()
    .one("account", "账户 · whose; null where accounts are not shown.", "Account", Column::AccountId)
    .text(Column::Kind, "方式 · PASSWORD, CLIENT, SCREEN or MINTED.")
    .computed::<bool>(
        "setupOnly",
        "仅供设置 · good only for choosing a password and enrolling a second factor.",
        &[Column::Scope],
        |row, json| json.flag(row.cell::<Entity>(Column::Scope).text() == Some(SETUP)),
    )
    .one(
        "actingFor",
        "代理 · the account whose deputy it was begun as; null where accounts are not shown.",
        "Account",
        Column::ActingFor,
    )
    .computed_for::<bool>("current", "当前会话 · the one in which this is asked.", |reading, row, json| {
        json.flag(reading.viewer.session_id == Some(row.model.id));
    })
    .instant(Column::CreatedAt, "开始时间")
    .instant(Column::UsedAt, "最近续期")
    .instant(Column::ExpiresAt, "到期时间 · unless renewed.")
    .instant(Column::EndedAt, "结束时间 · null while it is alive.")
    .table()
}

/// Which session.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// 会话
    id: ID,
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
    /// 退出 · ends the session of this token.
    async fn sign_out(&self, context: &Context<'_>) -> Answer<EndSessionPayload> {
        ended(context, SignOut {}).await
    }

    /// 结束会话 · ends a session: one's own, or another account's (requires `SECURITY_ADMIN`).
    async fn end_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: EndSessionInput,
    ) -> Answer<EndSessionPayload> {
        match row_id::<Entity>(&input.id, "id") {
            Ok(id) => ended(context, EndSession { id }).await,
            Err(refusal) => {
                let (_, user_errors) = outcome::<()>(context, Err(refusal.into()))?;
                Ok(EndSessionPayload { ended: false, user_errors })
            }
        }
    }
}

async fn ended<C: Command>(context: &Context<'_>, command: C) -> Answer<EndSessionPayload> {
    let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await;
    let (done, user_errors) = outcome(context, done)?;
    Ok(EndSessionPayload { ended: done.is_some(), user_errors })
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
    Ok(rows.into_iter().map(|model| Row::new(viewer, model)).collect())
}

/// The refresh token of a new session: what the client keeps, and what we keep.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Kept {
    pub family: String,
    pub hash: String,
}

pub(super) struct Renewal {
    pub plain: String,
    pub kept: Kept,
}

impl Renewal {
    /// Of a new session.
    pub fn new() -> Result<Self, Fault> {
        Ok(Self::of(&OpaqueToken::generate()?, &OpaqueToken::generate()?))
    }

    /// The one after another of the same session. The first half is the session's, the second its own: of one token
    /// there is one next, so that a client that renews twice at once has the same from both.
    pub fn after(keys: &Keyring, family: &OpaqueToken, token: &OpaqueToken) -> Result<Self, Fault> {
        let said = format!("{}.{}", family.reveal(), token.reveal());
        let mut bytes = Vec::with_capacity(32);
        bytes.extend(keys.blind("session.next.1", &said)?);
        bytes.extend(keys.blind("session.next.2", &said)?);
        let next = OpaqueToken::parse(&URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self::of(family, &next.ok_or_else(|| Fault::internal("a token of 32 bytes is none"))?))
    }

    fn of(family: &OpaqueToken, token: &OpaqueToken) -> Self {
        let kept = Kept { family: hex::encode(family.digest()), hash: hex::encode(token.digest()) };
        Self { plain: format!("{}.{}", family.reveal(), token.reveal()), kept }
    }

    /// Both halves of what a client sends.
    pub fn parse(text: &str) -> Option<(OpaqueToken, OpaqueToken)> {
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
    /// As it is now.
    pub(super) fn of(session: &Model, one_time: bool) -> Self {
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
            previous_hash: None,
            renewed_at: None,
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

/// Live sessions of an account, for a viewer that is it or read it in scope.
pub(super) fn live_sessions(now: chrono::DateTime<chrono::Utc>) -> sea_orm::sea_query::Condition {
    sea_orm::sea_query::Condition::all().add(Column::EndedAt.is_null()).add(Column::ExpiresAt.gt(now))
}
