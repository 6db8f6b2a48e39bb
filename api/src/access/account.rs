//! 账户 · an account that signs in: who it is, whether it may, and what the security administrator does about it.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::access::account::{Column, Entity, Model};
use entity::access::platform_client;
use minzheng_kernel::commands::{self, Command, Sent};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Level, Refusal, Text, UserErrorCode, Viewer, Work};
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use super::credential::{Hashed, OneTime};
use super::role_grant::{self, Proposed, RoleGrant};
use super::session::{Session, end_sessions};
use super::{not_own, row_id};
use crate::graphql::error::{Answer, UserError, fault, outcome};
use crate::graphql::list::{DateFilter, Node, Row, TextFilter};
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::{global_id, load, state, viewer};
use crate::{list_query, listing};

/// One account.
pub struct Account(Row<Entity>);

impl From<Row<Entity>> for Account {
    fn from(row: Row<Entity>) -> Self {
        Self(row)
    }
}

impl Node for Account {
    type Entity = Entity;
}

impl async_graphql::TypeName for Account {
    fn type_name() -> std::borrow::Cow<'static, str> {
        "Account".into()
    }
}

impl Account {
    /// Whether personal fields are shown in full; if so, the read is noted.
    fn open(&self, context: &Context<'_>, field: &'static str) -> Answer<bool> {
        if self.0.level < Level::Full {
            return Ok(false);
        }
        if let Some(person) = self.0.model.person_id {
            viewer(context)?.note_read(person, field);
        }
        Ok(true)
    }
}

/// 账户 · an account that signs in; requires `SECURITY_ADMIN` or AUDITOR.
#[Object(name_type)]
impl Account {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Account", self.0.model.id)
    }

    /// 用户名 · the name to sign in with.
    fn username(&self) -> &str {
        &self.0.model.username
    }

    /// 姓名 · masked without a purpose.
    fn name(&self, context: &Context<'_>) -> Answer<String> {
        let name = &self.0.model.name;
        Ok(if self.open(context, "name")? { name.clone() } else { mask::name(name) })
    }

    /// 联系电话 · masked without a purpose.
    fn phone(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let Some(sealed) = &self.0.model.phone else { return Ok(None) };
        let keys = &state(context)?.kernel.keys;
        let phone = keys
            .open(&self.0.model.key_salt, "account.phone", sealed)
            .map_err(|error| fault(context, Fault::internal(error)))?;
        Ok(Some(if self.open(context, "phone")? { phone } else { mask::phone(&phone) }))
    }

    /// 已停用 · cannot sign in, and no token of it is heard.
    fn disabled(&self) -> bool {
        self.0.model.disabled
    }

    /// 锁定至 · after too many failures.
    fn locked_until(&self, context: &Context<'_>) -> Answer<Option<DateTime>> {
        let now = state(context)?.kernel.clock.now();
        Ok(self.0.model.locked_until.filter(|until| *until > now).map(DateTime))
    }

    /// 一次性密码 · the password must be changed before anything else.
    fn one_time_password(&self) -> bool {
        self.0.model.one_time
    }

    /// 二次验证 · a second factor is enrolled.
    fn second_factor(&self) -> bool {
        self.0.model.totp_secret.is_some()
    }

    /// 系统账户 · behind a minted token; nobody signs in as it.
    fn system(&self) -> bool {
        self.0.model.system
    }

    /// 有效期至 · last day.
    fn valid_until(&self) -> Option<Date> {
        self.0.model.valid_until.map(Date)
    }

    /// 建立时间
    fn created_at(&self) -> DateTime {
        DateTime(self.0.model.created_at)
    }

    /// 角色授予 · all, also proposed and revoked ones.
    async fn role_grants(&self, context: &Context<'_>) -> Answer<Vec<RoleGrant>> {
        role_grant::of_account(context, self.0.model.id).await
    }

    /// 会话 · sign-ins that have not ended.
    async fn sessions(&self, context: &Context<'_>) -> Answer<Vec<Session>> {
        super::session::of_account(context, self.0.model.id).await
    }

    /// 版本 · counts up with every change.
    fn version(&self) -> i32 {
        self.0.model.version
    }
}

listing! {
    Entity, Column;
    filter AccountWhere {
        /// 用户名
        username: TextFilter = Username,
        /// 姓名
        name: TextFilter = Name personal "name",
        /// 有效期至
        valid_until: DateFilter = ValidUntil,
    }
    order AccountOrder {
        /// 用户名
        Username = Username,
        /// 姓名
        Name = Name personal "name",
    }
}

list_query! {
    AccountQuery, Account, AccountWhere, AccountOrder::Username,
    "账户列表 · accounts; requires `SECURITY_ADMIN` or AUDITOR.", accounts
}

/// An account to be made.
#[derive(InputObject)]
pub struct CreateAccountInput {
    /// 用户名 · 3 to 64 letters, digits, `.`, `-`, `_` or `@`; small letters.
    username: String,
    /// 姓名
    name: String,
    /// 联系电话
    phone: Option<String>,
    /// 有效期至 · last day.
    valid_until: Option<Date>,
}

/// Which account.
#[derive(InputObject)]
pub struct AccountInput {
    /// 账户
    id: ID,
    /// 版本 · as it was read.
    version: Option<i32>,
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

/// What became of an account.
#[derive(SimpleObject)]
pub struct AccountPayload {
    /// 账户 · as it is now; null when refused.
    account: Option<Account>,
    /// 一次性密码 · of a new or reset account; shown this once.
    one_time_password: Option<String>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// 新建账户 · makes an account with a one-time password; it can do nothing until a role is proposed and confirmed.
    /// Requires `SECURITY_ADMIN`.
    async fn create_account(&self, context: &Context<'_>, input: CreateAccountInput) -> Answer<AccountPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        if !viewer.may(CreateAccount::NAME) {
            return refused(context, &forbidden::<CreateAccount>(viewer));
        }
        let secret = OneTime::new(&state.kernel, state.config.one_time_days).await.map_err(|e| fault(context, e))?;
        let command = CreateAccount {
            username: input.username,
            name: input.name,
            phone: input.phone,
            person_id: None,
            valid_until: input.valid_until.map(|date| date.0),
            password: Some(secret.hashed.clone()),
            grants: Vec::new(),
        };
        let done = commands::run(&state.kernel, viewer, command, &Sent::default()).await;
        payload(context, done.map(|created| (created.account, Some(secret.plain)))).await
    }

    /// 停用账户 · ends all its sessions and hears no token of it; on every process within two seconds.
    /// Requires `SECURITY_ADMIN`.
    async fn disable_account(&self, context: &Context<'_>, input: AccountInput) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, DisableAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None))).await
    }

    /// 启用账户 · lets a disabled account sign in again; requires `SECURITY_ADMIN`.
    async fn enable_account(&self, context: &Context<'_>, input: AccountInput) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, EnableAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None))).await
    }

    /// 解锁账户 · forgets the failures; requires `SECURITY_ADMIN`.
    async fn unlock_account(&self, context: &Context<'_>, input: AccountInput) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, UnlockAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None))).await
    }

    /// 重置密码 · a one-time password for another account, whose sessions end; requires `SECURITY_ADMIN`.
    async fn reset_password(&self, context: &Context<'_>, input: ResetPasswordInput) -> Answer<AccountPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        if !viewer.may(ResetPassword::NAME) {
            return refused(context, &forbidden::<ResetPassword>(viewer));
        }
        let id = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => id,
            Err(refusal) => return payload(context, Err(refusal.into())).await,
        };
        let secret = OneTime::new(&state.kernel, state.config.one_time_days).await.map_err(|e| fault(context, e))?;
        let command = ResetPassword {
            id,
            version: input.version,
            password: secret.hashed.clone(),
            second_factor: input.second_factor,
        };
        let done = run(context, command).await?;
        payload(context, done.map(|id| (id, Some(secret.plain)))).await
    }
}

async fn run<C: Command>(context: &Context<'_>, command: C) -> Answer<Result<C::Output, Failure>> {
    Ok(commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await)
}

/// What the runner would say, before a password is hashed for somebody who may not run the command.
pub(super) fn forbidden<C: Command>(viewer: &Viewer) -> Failure {
    if viewer.is_anonymous() { Failure::Unauthenticated } else { Failure::Forbidden(C::NAME.to_owned()) }
}

fn refused(context: &Context<'_>, failure: &Failure) -> Answer<AccountPayload> {
    let failure = match failure {
        Failure::Unauthenticated => Failure::Unauthenticated,
        Failure::Forbidden(command) => Failure::Forbidden(command.clone()),
        other => Failure::Fault(Fault::internal(format!("{other:?}"))),
    };
    let (_, user_errors) = outcome::<()>(context, Err(failure))?;
    Ok(AccountPayload { account: None, one_time_password: None, user_errors })
}

async fn payload(context: &Context<'_>, done: Result<(i64, Option<String>), Failure>) -> Answer<AccountPayload> {
    let (done, user_errors) = outcome(context, done)?;
    let Some((id, one_time_password)) = done else {
        return Ok(AccountPayload { account: None, one_time_password: None, user_errors });
    };
    Ok(AccountPayload { account: load::by_id(context, id).await?, one_time_password, user_errors })
}

/// A user name in the one form in which it is kept.
pub fn normal_username(username: &str) -> Result<String, Refusal> {
    let name = username.trim().to_lowercase();
    let plain =
        (3..=64).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || ".-_@".contains(c));
    if plain {
        return Ok(name);
    }
    Err(Refusal::invalid("username", Text::of("username").with("value", username.trim())))
}

/// A new row; `username` must be normal.
pub(super) fn blank(
    work: &Work<'_>,
    id: i64,
    username: String,
    name: String,
    phone: Option<&str>,
) -> Result<Model, Failure> {
    let salt = Keyring::new_salt()?;
    let phone = match phone {
        Some(phone) => Some(work.kernel.keys.seal(&salt, "account.phone", phone)?),
        None => None,
    };
    Ok(Model {
        id,
        username,
        name,
        person_id: None,
        password: None,
        one_time: false,
        one_time_until: None,
        totp_secret: None,
        totp_pending: None,
        totp_step: None,
        phone,
        key_salt: salt.to_vec(),
        disabled: false,
        system: false,
        failures: 0,
        locked_until: None,
        valid_until: None,
        created_at: work.now,
        version: 1,
        voided: false,
    })
}

/// 新建账户 · makes an account.
#[derive(Clone, Debug, Serialize)]
pub struct CreateAccount {
    /// User name, as typed.
    pub username: String,
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The natural person, where known.
    pub person_id: Option<i64>,
    /// Last day.
    pub valid_until: Option<NaiveDate>,
    /// Its one-time password.
    pub password: Option<Hashed>,
    /// Roles to propose with it; `account` is not looked at.
    pub grants: Vec<Proposed>,
}

/// What was made.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct Created {
    /// The account.
    pub account: i64,
    /// Its grants.
    pub grants: Vec<i64>,
    /// Whether they hold already: the very first accounts of a database, made at the command line.
    pub confirmed: bool,
}

#[async_trait::async_trait]
impl Command for CreateAccount {
    const NAME: &'static str = "createAccount";
    type Output = Created;

    async fn execute(self, work: &mut Work<'_>) -> Result<Created, Failure> {
        let username = normal_username(&self.username)?;
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Refusal::invalid("name", Text::of("required")).into());
        }
        let phone = match self.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty()) {
            Some(given) => Some(minzheng_rules::identifiers::phone::parse(given).ok_or_else(|| {
                Refusal::invalid("phone", Text::of("bad-value").with("value", given).with("expected", "13800000000"))
            })?),
            None => None,
        };
        let taken = work.everywhere::<Entity>().filter(Column::Username.eq(&username)).one(work.tx()).await?;
        if taken.is_some() {
            let text = Text::of("duplicate").with("what", &username);
            return Err(Refusal::new(UserErrorCode::Duplicate, text).at("username").into());
        }
        let confirmed = role_grant::is_system(work.viewer) && role_grant::needs_first_accounts(work).await?;
        let id = work.id().await?;
        let mut row = blank(work, id, username, name, phone.as_deref())?;
        row.person_id = self.person_id;
        row.valid_until = self.valid_until;
        if let Some(password) = &self.password {
            password.write(&mut row);
        }
        work.insert::<Entity>(row).await?;
        let grants = self.grants.into_iter().map(|grant| Proposed { account: id, ..grant }).collect();
        let grants = role_grant::write_grants(work, grants, confirmed).await?;
        Ok(Created { account: id, grants, confirmed })
    }
}

/// 停用账户 · disables an account and ends its sessions.
#[derive(Clone, Debug, Serialize)]
pub struct DisableAccount {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for DisableAccount {
    const NAME: &'static str = "disableAccount";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        not_own(work.viewer, self.id, "id")?;
        work.update::<Entity>(row, |account| account.disabled = true).await?;
        end_sessions(work, self.id, None).await?;
        Ok(self.id)
    }
}

/// 启用账户 · enables a disabled account.
#[derive(Clone, Debug, Serialize)]
pub struct EnableAccount {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for EnableAccount {
    const NAME: &'static str = "enableAccount";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        not_own(work.viewer, self.id, "id")?;
        work.update::<Entity>(row, |account| account.disabled = false).await?;
        Ok(self.id)
    }
}

/// 解锁账户 · forgets the failures.
#[derive(Clone, Debug, Serialize)]
pub struct UnlockAccount {
    id: i64,
    version: Option<i32>,
}

#[async_trait::async_trait]
impl Command for UnlockAccount {
    const NAME: &'static str = "unlockAccount";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        not_own(work.viewer, self.id, "id")?;
        work.update::<Entity>(row, |account| {
            account.failures = 0;
            account.locked_until = None;
        })
        .await?;
        Ok(self.id)
    }
}

/// 重置密码 · a one-time password for another account.
#[derive(Clone, Debug, Serialize)]
pub struct ResetPassword {
    /// Which account.
    pub id: i64,
    /// As it was read.
    pub version: Option<i32>,
    /// Its one-time password.
    pub password: Hashed,
    /// Its second factor goes too.
    pub second_factor: bool,
}

#[async_trait::async_trait]
impl Command for ResetPassword {
    const NAME: &'static str = "resetPassword";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        not_own(work.viewer, self.id, "id")?;
        let client =
            work.everywhere::<platform_client::Entity>().filter(platform_client::Column::AccountId.eq(self.id));
        if row.row().system || client.one(work.tx()).await?.is_some() {
            return Err(Refusal::invalid("id", Text::of("system-account")).into());
        }
        work.update::<Entity>(row, |account| {
            self.password.write(account);
            if self.second_factor {
                account.totp_secret = None;
                account.totp_pending = None;
                account.totp_step = None;
            }
        })
        .await?;
        end_sessions(work, self.id, None).await?;
        Ok(self.id)
    }
}
