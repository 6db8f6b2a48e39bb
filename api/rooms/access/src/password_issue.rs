//! 密码发放 · one-time passwords that were given out: with a new account, or in place of a lost one. For staff a reset is
//! proposed by one security administrator and confirmed by another person; each is shown one half of the password, so
//! that neither alone gets in as its owner. The owner is told who it was, and for some days after the password was used
//! the account and those who gave it out are one person to the rules of two ([`super::holder`]).

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use entity::access::password_issue::{Column, Entity, Model};
use entity::access::{account, deputy, platform_client};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::policy::POLICY;
use minzheng_ground::scalars::DateTime;
use minzheng_ground::state::{state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Checked, Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde::{Deserialize, Serialize};

use crate::account::forbidden;
use crate::credential::{Hashed, Hidden, OneTime, is_staff};
use crate::role_grant::{is_system, roles_of};
use crate::session::end_sessions;
use crate::{locked, not_own, row_id};

/// With a new account.
const NEW: &str = "NEW";
/// In place of a lost one.
const RESET: &str = "RESET";
/// Waits for another person.
const PROPOSED: &str = "PROPOSED";
/// Was given out.
pub(super) const ISSUED: &str = "ISSUED";
/// Was taken back before that.
const CANCELLED: &str = "CANCELLED";
/// What the sealed half is called.
const SEALED_AS: &str = "account.half";

/// One password that was given out.
pub type PasswordIssue = Row<Entity>;

/// 密码发放 · a one-time password that was given out, or waits to be; requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "密码发放 · a one-time password that was given out, or waits to be; requires `SECURITY_ADMIN` \
             or AUDITOR.",
    )
    .list(
        "passwordIssues",
        "密码发放列表 · one-time passwords that were given out or wait to be; requires `SECURITY_ADMIN` \
             or AUDITOR.",
        Column::Id,
    )
    .id()
    .order()
    .one("account", "账户 · whose password.", "Account", Column::AccountId)
    .text(Column::Kind, "种类 · NEW: with a new account; RESET: in place of a lost one.")
    .filter()
    .text(Column::State, "状态 · PROPOSED, ISSUED or CANCELLED.")
    .filter()
    .flag(Column::SecondFactor, "同时取消二次验证 · the second factor goes too.")
    .one("proposedBy", "提出人 · the account that asked for it; null: the command line.", "Account", Column::ProposedBy)
    .one(
        "confirmedBy",
        "确认人 · the account that confirmed it; null: not yet, or not needed.",
        "Account",
        Column::ConfirmedBy,
    )
    .instant(Column::ProposedAt, "提出时间")
    .instant(Column::IssuedAt, "发放时间 · null while it waits.")
    .instant(Column::UsedAt, "启用时间 · when another password was chosen in its place.")
    .version()
    .table()
}

/// 密码重置告知 · the last reset of one's own password: who did it, told to the owner.
#[derive(SimpleObject)]
pub struct LastReset {
    /// 时间
    at: DateTime,
    /// 提出人 · user name; null: the command line.
    by: Option<String>,
    /// 确认人 · user name; null where nobody had to confirm.
    confirmed_by: Option<String>,
    /// 同时取消了二次验证 · the second factor went too.
    second_factor: bool,
    /// 回避至 · until then the account confirms nothing of theirs, nor they of its; null: not any more, or not used yet.
    bound_until: Option<DateTime>,
}

impl LastReset {
    /// Of an account.
    pub async fn of(kernel: &Kernel, account: i64, days: i64) -> Result<Option<Self>, Fault> {
        let system = Viewer::system(&POLICY, "access", kernel.clock.today());
        let last = system
            .select::<Entity>()
            .filter(Column::AccountId.eq(account))
            .filter(Column::Kind.eq(RESET))
            .filter(Column::State.eq(ISSUED))
            .order_by_desc(Column::Id)
            .one(kernel.db.read())
            .await?;
        let Some(last) = last else { return Ok(None) };
        let gave = [last.proposed_by, last.confirmed_by].into_iter().flatten();
        let gave = system.select::<account::Entity>().filter(account::Column::Id.is_in(gave));
        let gave = gave.all(kernel.db.read()).await?;
        let name = |id: Option<i64>| gave.iter().find(|row| Some(row.id) == id).map(|row| row.username.clone());
        let until = last.used_at.map(|used| used + TimeDelta::days(days.clamp(0, 3650)));
        Ok(Some(Self {
            at: DateTime(last.issued_at.unwrap_or(last.proposed_at)),
            by: name(last.proposed_by),
            confirmed_by: name(last.confirmed_by),
            second_factor: last.second_factor,
            bound_until: until.filter(|until| *until > kernel.clock.now()).map(DateTime),
        }))
    }
}

/// Whose password.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// 账户
    id: ID,
    /// 版本 · as it was read.
    version: Option<i32>,
    /// 同时取消二次验证 · the authenticator is lost too.
    #[graphql(default)]
    second_factor: bool,
}

/// Which reset.
#[derive(InputObject)]
pub struct PasswordIssueInput {
    /// 密码发放
    id: ID,
    /// 版本 · as it was read.
    version: Option<i32>,
}

/// What became of a reset.
#[derive(SimpleObject, Default)]
pub struct PasswordIssuePayload {
    /// 密码发放 · as it is now; null when refused.
    password_issue: Option<Link<Entity>>,
    /// 账户 · as it is now; null when refused.
    account: Option<Link<account::Entity>>,
    /// 一次性密码 · of an account that is not staff's; shown this once.
    one_time_password: Option<String>,
    /// 一次性密码的一半 · of a staff account: the first half to who proposes, the second to who confirms, shown this once;
    /// the owner types both, one after the other, without a blank.
    one_time_password_half: Option<String>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct PasswordIssueMutation;

#[Object]
impl PasswordIssueMutation {
    /// 重置密码 · a one-time password for another account, whose sessions end: at once where the account holds no staff
    /// role, else when another person has confirmed it (`confirmPasswordReset`). Requires `SECURITY_ADMIN`.
    async fn reset_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ResetPasswordInput,
    ) -> Answer<PasswordIssuePayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        if !viewer.may(ResetPassword::NAME) {
            return payload(context, Err(forbidden::<ResetPassword>(viewer)), Shown::Nothing);
        }
        let id = match row_id::<account::Entity>(&input.id, "id") {
            Ok(id) => id,
            Err(refusal) => return payload(context, Err(refusal.into()), Shown::Nothing),
        };
        let secret = OneTime::new(&state.kernel, state.config.one_time_days).await.map_err(|e| fault(context, e))?;
        let command = ResetPassword::new(id, input.version, input.second_factor, &secret);
        let done = commands::run(&state.kernel, viewer, command, &Sent::default()).await;
        let shown = match &done {
            Ok(reset) if reset.issued => Shown::Whole(secret.plain),
            _ => Shown::Half(secret.halves().0.to_owned()),
        };
        payload(context, done, shown)
    }

    /// 确认重置密码 · confirms a reset that another person proposed for a third; requires `SECURITY_ADMIN`.
    async fn confirm_password_reset(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: PasswordIssueInput,
    ) -> Answer<PasswordIssuePayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let (done, shown) = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => confirm(&state.kernel, viewer, id, input.version, state.config.one_time_days).await,
            Err(refusal) => (Err(refusal.into()), Shown::Nothing),
        };
        payload(context, done, shown)
    }

    /// 撤回重置密码 · takes a reset back that was not confirmed yet; requires `SECURITY_ADMIN`.
    async fn cancel_password_reset(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: PasswordIssueInput,
    ) -> Answer<PasswordIssuePayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => {
                let command = CancelPasswordReset { id, version: input.version };
                commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done, Shown::Nothing)
    }
}

/// What of the password is shown to whom.
enum Shown {
    Nothing,
    Half(String),
    Whole(String),
}

fn payload(context: &Context<'_>, done: Result<Reset, Failure>, shown: Shown) -> Answer<PasswordIssuePayload> {
    let (done, user_errors) = outcome(context, done)?;
    let Some(reset) = done else { return Ok(PasswordIssuePayload { user_errors, ..PasswordIssuePayload::default() }) };
    let (one_time_password, one_time_password_half) = match shown {
        Shown::Nothing => (None, None),
        Shown::Half(half) => (None, Some(half)),
        Shown::Whole(whole) => (Some(whole), None),
    };
    Ok(PasswordIssuePayload {
        password_issue: Some(Link::id(reset.issue)),
        account: Some(Link::id(reset.account)),
        one_time_password,
        one_time_password_half,
        user_errors,
    })
}

/// Makes the second half, hashes the whole outside the transaction, and confirms.
async fn confirm(
    kernel: &Kernel,
    viewer: &Viewer,
    id: i64,
    version: Option<i32>,
    days: i64,
) -> (Result<Reset, Failure>, Shown) {
    let made = async {
        if !viewer.may(ConfirmPasswordReset::NAME) {
            return Err(forbidden::<ConfirmPasswordReset>(viewer));
        }
        let row = viewer.select::<Entity>().filter(Column::Id.eq(id)).one(kernel.db.read()).await?;
        // Who confirms what waits no more is told so by the command.
        let half = row.as_ref().and_then(|row| row.half.as_deref());
        let Some((row, sealed)) = row.as_ref().zip(half) else { return Ok((None, String::new())) };
        let owner = viewer.select::<account::Entity>().filter(account::Column::Id.eq(row.account_id));
        let owner = owner.one(kernel.db.read()).await?.ok_or_else(|| Refusal::not_found("id"))?;
        let first = kernel.keys.open(&owner.key_salt, SEALED_AS, sealed)?;
        let secret = OneTime::beginning_with(kernel, &first, days).await?;
        let second = secret.halves().1.to_owned();
        Ok((Some((Hidden(hex::encode(sealed)), secret.hashed)), second))
    };
    let (made, second) = match made.await {
        Ok(made) => made,
        Err(failure) => return (Err(failure), Shown::Nothing),
    };
    let command = ConfirmPasswordReset { id, version, made };
    (commands::run(kernel, viewer, command, &Sent::default()).await, Shown::Half(second))
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reset {
    /// The row.
    pub issue: i64,
    /// Whose password.
    pub account: i64,
    /// Whether it was given out at once.
    pub issued: bool,
}

/// Notes a password that the viewer gave out with a new account. What the command line gives out binds nobody.
pub(super) async fn with_new_account(work: &mut Work<'_>, account: i64) -> Result<(), Failure> {
    if is_system(work.viewer) {
        return Ok(());
    }
    let mut row = blank(work, account, NEW).await?;
    issue(work, &mut row);
    work.insert::<Entity>(row).await?;
    Ok(())
}

async fn blank(work: &Work<'_>, account_id: i64, kind: &str) -> Result<Model, Failure> {
    Ok(Model {
        id: work.id().await?,
        account_id,
        kind: kind.to_owned(),
        second_factor: false,
        state: PROPOSED.to_owned(),
        half: None,
        proposed_by: work.viewer.account_id,
        confirmed_by: None,
        proposed_at: work.now,
        issued_at: None,
        used_at: None,
        version: 1,
        voided: false,
    })
}

fn issue(work: &Work<'_>, row: &mut Model) {
    ISSUED.clone_into(&mut row.state);
    row.half = None;
    row.issued_at = Some(work.now);
}

/// Notes that the owner chose another password in place of the one that was given out.
pub(super) async fn used(work: &mut Work<'_>, account: i64) -> Result<(), Failure> {
    let now = work.now;
    let waiting = work.everywhere::<Entity>().filter(Column::AccountId.eq(account)).filter(Column::State.eq(ISSUED));
    for row in waiting.filter(Column::UsedAt.is_null()).all(work.tx()).await? {
        let row = work.checked::<Entity>(row);
        work.update::<Entity>(row, |row| row.used_at = Some(now)).await?;
    }
    Ok(())
}

/// Whether somebody gets staff's rights with an account: by its own roles, held or proposed, or as a deputy.
async fn is_of_staff(work: &Work<'_>, account: i64) -> Result<bool, Failure> {
    let principals = work
        .everywhere::<deputy::Entity>()
        .filter(deputy::Column::ToAccountId.eq(account))
        .filter(deputy::Column::State.ne("ENDED"))
        .filter(deputy::Column::Until.gte(work.today()))
        .all(work.tx())
        .await?;
    let accounts = std::iter::once(account).chain(principals.into_iter().map(|row| row.from_account_id));
    Ok(is_staff(&roles_of(work, accounts, true).await?))
}

/// Puts the one-time password in the place of the old one.
async fn put(
    work: &mut Work<'_>,
    row: Checked<account::Entity>,
    password: &Hashed,
    second_factor: bool,
) -> Result<(), Failure> {
    let id = row.row().id;
    work.update::<account::Entity>(row, |account| {
        password.write(account);
        if second_factor {
            account.totp_secret = None;
            account.totp_pending = None;
            account.totp_step = None;
        }
    })
    .await?;
    super::lock::forget(work, id).await?;
    end_sessions(work, id, None).await
}

/// 重置密码 · a one-time password for another account: now, or when another person has confirmed it.
#[derive(Clone, Debug, Serialize)]
pub struct ResetPassword {
    id: i64,
    version: Option<i32>,
    password: Hashed,
    half: Hidden,
    second_factor: bool,
}

impl ResetPassword {
    /// With a password that was made for it.
    pub fn new(id: i64, version: Option<i32>, second_factor: bool, secret: &OneTime) -> Self {
        let half = Hidden(secret.halves().0.to_owned());
        Self { id, version, password: secret.hashed.clone(), half, second_factor }
    }
}

#[async_trait::async_trait]
impl Command for ResetPassword {
    const NAME: &'static str = "resetPassword";
    type Output = Reset;

    async fn execute(self, work: &mut Work<'_>) -> Result<Reset, Failure> {
        let row = work.load_for_change::<account::Entity>(self.id, self.version, "id").await?;
        not_own(work.viewer, self.id, "id")?;
        let client =
            work.everywhere::<platform_client::Entity>().filter(platform_client::Column::AccountId.eq(self.id));
        if row.row().system || client.one(work.tx()).await?.is_some() {
            return Err(Refusal::invalid("id", Text::of("system-account")).into());
        }
        let issued = is_system(work.viewer) || !is_of_staff(work, self.id).await?;
        let waiting =
            work.everywhere::<Entity>().filter(Column::AccountId.eq(self.id)).filter(Column::State.eq(PROPOSED));
        if waiting.one(work.tx()).await?.is_some() {
            return Err(Refusal::new(UserErrorCode::Duplicate, Text::of("reset-waiting")).at("id").into());
        }
        let mut new = Model { second_factor: self.second_factor, ..blank(work, self.id, RESET).await? };
        if issued {
            issue(work, &mut new);
            put(work, row, &self.password, self.second_factor).await?;
        } else {
            work.must_be_somebody()?;
            new.half = Some(work.kernel.keys.seal(&row.row().key_salt, SEALED_AS, &self.half.0)?);
        }
        let (id, state) = (new.id, new.state.clone());
        work.insert::<Entity>(new).await?;
        work.record_state::<Entity>(id, Self::NAME, None, &state, work.today()).await?;
        Ok(Reset { issue: id, account: self.id, issued })
    }
}

/// A reset that waits, as the viewer sees it.
async fn waiting(work: &Work<'_>, id: i64, version: Option<i32>, command: &str) -> Result<Checked<Entity>, Failure> {
    let row = work.load_for_change::<Entity>(id, version, "id").await?;
    if row.row().state != PROPOSED {
        let text =
            Text::of("wrong-state").with("state", &row.row().state).with("command", command).with("allowed", "—");
        return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
    }
    Ok(row)
}

/// 确认重置密码 · another person's yes. `made`: the sealed first half that was seen, and the whole of which it is one.
#[derive(Clone, Debug, Serialize)]
struct ConfirmPasswordReset {
    id: i64,
    version: Option<i32>,
    made: Option<(Hidden, Hashed)>,
}

#[async_trait::async_trait]
impl Command for ConfirmPasswordReset {
    const NAME: &'static str = "confirmPasswordReset";
    type Output = Reset;

    async fn execute(self, work: &mut Work<'_>) -> Result<Reset, Failure> {
        let row = waiting(work, self.id, self.version, Self::NAME).await?;
        let account = row.row().account_id;
        not_own(work.viewer, account, "id")?;
        work.two_people::<Entity>(&[ResetPassword::NAME], self.id).await.map_err(at_id)?;
        let seen = |half: &Hidden| row.row().half.as_ref().is_some_and(|sealed| hex::encode(sealed) == half.0);
        let Some((_, password)) = self.made.filter(|(half, _)| seen(half)) else {
            return Err(Refusal::not_found("id").into());
        };
        let owner = locked::<account::Entity>(work, account, "id").await?;
        put(work, owner, &password, row.row().second_factor).await?;
        let (by, now) = (work.viewer.account_id, work.now);
        work.update::<Entity>(row, |row| {
            ISSUED.clone_into(&mut row.state);
            row.half = None;
            row.issued_at = Some(now);
            row.confirmed_by = by;
        })
        .await?;
        work.record_state::<Entity>(self.id, Self::NAME, Some(PROPOSED), ISSUED, work.today()).await?;
        Ok(Reset { issue: self.id, account, issued: true })
    }
}

/// The refusal at the field that says which row.
fn at_id(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refusals) => Failure::Refused(refusals.into_iter().map(|refusal| refusal.at("id")).collect()),
        other => other,
    }
}

/// 撤回重置密码 · before it is confirmed.
#[derive(Clone, Debug, Serialize)]
struct CancelPasswordReset {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for CancelPasswordReset {
    const NAME: &'static str = "cancelPasswordReset";
    type Output = Reset;

    async fn execute(self, work: &mut Work<'_>) -> Result<Reset, Failure> {
        let row = waiting(work, self.id, self.version, Self::NAME).await?;
        let account = row.row().account_id;
        work.update::<Entity>(row, |row| {
            CANCELLED.clone_into(&mut row.state);
            row.half = None;
        })
        .await?;
        work.record_state::<Entity>(self.id, Self::NAME, Some(PROPOSED), CANCELLED, work.today()).await?;
        Ok(Reset { issue: self.id, account, issued: false })
    }
}
