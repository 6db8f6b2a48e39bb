//! 账户 · an account that signs in: who it is, whether it may, and what the security administrator does about it.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::access::account::{Column, Entity, Model};
use entity::access::{platform_client, role_grant as grant_row};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::policy::{POLICY, ROLES};
use minzheng_ground::scalars::{Date, DateTime};
use minzheng_ground::state::{state, viewer};
use minzheng_ground::{Builder, Link, Row, Table, Which};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Serialize;

use crate::credential::{Hashed, Hidden, OneTime};
use crate::role_grant::Proposed;
use crate::session::end_sessions;
use crate::{holder, lock, not_own, role_grant, row_id};

/// One account.
pub type Account = Row<Entity>;

/// 账户 · an account that signs in; requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new("账户 · an account that signs in; requires `SECURITY_ADMIN` or AUDITOR.")
        .list("accounts", "账户列表 · accounts; requires `SECURITY_ADMIN` or AUDITOR.", Column::Username)
        .id()
        .text(Column::Username, "用户名 · the name to sign in with.")
        .filter()
        .order()
        .personal(Column::Name, "姓名 · masked without a purpose.")
        .filter()
        .order()
        .personal(
            Column::IdNumber,
            "持有人证件号码 · masked without a purpose; null: not recorded, and the account neither proposes \
             nor confirms.",
        )
        .sealed_as(holder::SEALED_AS)
        .computed_for::<bool>(
            "holderKnown",
            "持有人已知 · whose it is, is recorded: else it neither proposes, confirms nor deputises.",
            |_, row, json| json.flag(holder::is_known(&row.model)),
        )
        .personal(Column::Phone, "联系电话 · masked without a purpose.")
        .flag(Column::Disabled, "已停用 · cannot sign in, and no token of it is heard.")
        .computed_for::<Option<DateTime>>(
            "lockedUntil",
            "锁定至 · after too many failures: for where they came from, or after many more for all but \
             known devices.",
            |reading, row, json| {
                let (now, until) =
                    (reading.kernel.clock.now(), row.model.locked_until.max(row.model.source_locked_until));
                json.instant_or_null(until.filter(|until| *until > now));
            },
        )
        .flag(Column::OneTime, "一次性密码 · the password must be changed before anything else.")
        .named("oneTimePassword")
        .computed_for::<bool>("secondFactor", "二次验证 · a second factor is enrolled.", |_, row, json| {
            json.flag(row.model.totp_secret.is_some());
        })
        .flag(Column::System, "系统账户 · behind a minted token; nobody signs in as it.")
        .date(Column::ValidUntil, "有效期至 · last day.")
        .filter()
        .instant(Column::CreatedAt, "建立时间")
        .many(
            "roleGrants",
            "角色授予 · all, also proposed and revoked ones.",
            "RoleGrant",
            ("account_id", Which::Parts("id")),
        )
        .many(
            "sessions",
            "会话 · the last twenty sign-ins, newest first.",
            "Session",
            ("account_id", Which::Latest("id", 20)),
        )
        .version()
        .table()
}

/// An account to be made.
#[derive(InputObject)]
pub struct CreateAccountInput {
    /// 用户名 · 3 to 64 letters, digits, `.`, `-`, `_` or `@`; small letters.
    username: String,
    /// 姓名
    name: String,
    /// 持有人证件号码 · of the identity card of who holds it; without it the account neither proposes nor confirms, and
    /// holds none of the three duties.
    id_number: Option<String>,
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

/// What became of an account.
#[derive(SimpleObject)]
pub struct AccountPayload {
    /// 账户 · as it is now; null when refused.
    account: Option<Link<Entity>>,
    /// 一次性密码 · of a new account; shown this once.
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
    async fn create_account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: CreateAccountInput,
    ) -> Answer<AccountPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        if !viewer.may(CreateAccount::NAME) {
            return refused(context, &forbidden::<CreateAccount>(viewer));
        }
        let secret = OneTime::new(&state.kernel, state.config.one_time_days).await.map_err(|e| fault(context, e))?;
        let command = CreateAccount {
            username: input.username,
            name: input.name,
            id_number: input.id_number.map(Hidden),
            phone: input.phone,
            person_id: None,
            valid_until: input.valid_until.map(|date| date.0),
            password: Some(secret.hashed.clone()),
            grants: Vec::new(),
        };
        let done = commands::run(&state.kernel, viewer, command, &Sent::default()).await;
        payload(context, done.map(|created| (created.account, Some(secret.plain))))
    }

    /// 停用账户 · ends all its sessions and hears no token of it; on every process within two seconds.
    /// Requires `SECURITY_ADMIN`.
    async fn disable_account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: AccountInput,
    ) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, DisableAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None)))
    }

    /// 启用账户 · lets a disabled account sign in again; requires `SECURITY_ADMIN`.
    async fn enable_account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: AccountInput,
    ) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, EnableAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None)))
    }

    /// 解锁账户 · forgets the failures; requires `SECURITY_ADMIN`.
    async fn unlock_account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: AccountInput,
    ) -> Answer<AccountPayload> {
        let done = match row_id::<Entity>(&input.id, "id") {
            Ok(id) => run(context, UnlockAccount { id, version: input.version }).await?,
            Err(refusal) => Err(refusal.into()),
        };
        payload(context, done.map(|id| (id, None)))
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

fn payload(context: &Context<'_>, done: Result<(i64, Option<String>), Failure>) -> Answer<AccountPayload> {
    let (done, user_errors) = outcome(context, done)?;
    let Some((id, one_time_password)) = done else {
        return Ok(AccountPayload { account: None, one_time_password: None, user_errors });
    };
    Ok(AccountPayload { account: Some(Link::id(id)), one_time_password, user_errors })
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

/// Names under which the system itself acts, in the journal and elsewhere.
const RESERVED: &[&str] = &[
    "access",
    "anonymous",
    "cli",
    "doctor",
    "files",
    "job",
    "projector",
    "reseal",
    "shared",
    "system",
    "tasks",
    "upkeep",
];

/// The user name of an account to be made: in its one form, and none that the system itself goes by.
pub fn new_username(username: &str) -> Result<String, Refusal> {
    let name = normal_username(username)?;
    // As it would be read: `System_Admin`, `system.admin` and `system-admin` are one.
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let of_role = ROLES.iter().any(|role| {
        let code: String = role.code.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
        code == plain
    });
    if of_role || RESERVED.contains(&plain.as_str()) || RESERVED.contains(&name.as_str()) {
        return Err(Refusal::invalid("username", Text::of("username-reserved").with("value", name)));
    }
    Ok(name)
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
        id_number: None,
        id_blind: None,
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
        failing_since: None,
        locks: None,
        locked_until: None,
        source_locked_until: None,
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
    /// The holder's number, as typed.
    pub id_number: Option<Hidden>,
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
        let username = new_username(&self.username)?;
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
        let given = self.id_number.as_ref().map(|number| number.0.trim()).filter(|number| !number.is_empty());
        let number = given.map(|number| holder::number(number, work.today())).transpose()?;
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
        if let Some(number) = &number {
            holder::write(&work.kernel.keys, &mut row, number)?;
        }
        if let Some(password) = &self.password {
            password.write(&mut row);
        }
        work.insert::<Entity>(row).await?;
        if self.password.is_some() {
            super::password_issue::with_new_account(work, id).await?;
        }
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
        work.update::<Entity>(row, lock::clear).await?;
        lock::forget(work, self.id).await?;
        Ok(self.id)
    }
}

/// 登记持有人 · whose account it is, where that was not known or was wrong: at the command line only, since who decides
/// about whose accounts are whose decides who may confirm what.
#[derive(Clone, Debug, Serialize)]
pub struct RecordHolder {
    /// User name.
    pub username: String,
    /// Name, where it changes.
    pub name: Option<String>,
    /// The holder's number, as typed.
    pub id_number: Hidden,
}

#[async_trait::async_trait]
impl Command for RecordHolder {
    const NAME: &'static str = "recordHolder";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let username = normal_username(&self.username)?;
        let number = holder::number(&self.id_number.0, work.today())?;
        let known = work.everywhere::<Entity>().filter(Column::Username.eq(&username)).one(work.tx()).await?;
        let id = known.ok_or_else(|| Refusal::not_found("username"))?.id;
        let row = super::locked::<Entity>(work, id, "username").await?;
        let client = work.everywhere::<platform_client::Entity>().filter(platform_client::Column::AccountId.eq(id));
        if row.row().system || client.one(work.tx()).await?.is_some() {
            return Err(Refusal::invalid("username", Text::of("system-account")).into());
        }
        let mut new = row.row().clone();
        holder::write(&work.kernel.keys, &mut new, &number)?;
        if let Some(name) = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            name.clone_into(&mut new.name);
        }
        // What the person holds elsewhere counts from now on: three duties stay three people's.
        role_grant::compatible(work, &new, &[], false).await?;
        work.update::<Entity>(row, |row| *row = new).await?;
        Ok(id)
    }
}

/// User names of accounts that hold a staff role and of which nobody recorded whose they are: they neither propose nor
/// confirm. For the check of an installation.
pub async fn without_holder(kernel: &Kernel) -> Result<Vec<String>, Fault> {
    let today = kernel.clock.today();
    let system = Viewer::system(&POLICY, "access", today);
    let staff = ROLES.iter().filter(|role| role.staff && role.code != "PLATFORM").map(|role| role.code);
    let held = sea_orm::sea_query::Query::select()
        .column(grant_row::Column::AccountId)
        .from(grant_row::Entity)
        .and_where(grant_row::Column::State.eq("ACTIVE"))
        .and_where(grant_row::Column::Voided.eq(false))
        .and_where(grant_row::Column::Role.is_in(staff))
        .cond_where(role_grant::not_over(today))
        .to_owned();
    let accounts = system
        .select::<Entity>()
        .filter(Column::Id.in_subquery(held))
        .filter(Column::IdBlind.is_null())
        .filter(Column::PersonId.is_null())
        .filter(Column::System.eq(false))
        .filter(Column::Disabled.eq(false))
        .order_by_asc(Column::Username)
        .all(kernel.db.read())
        .await?;
    Ok(accounts.into_iter().map(|account| account.username).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_is_called_what_the_system_is() {
        for reserved in
            ["system", "Projector", "access", "files", "SHARED", "security_admin", "security-admin", "auditor"]
        {
            assert!(new_username(reserved).is_err(), "{reserved}");
        }
        for plain in ["li.si", "代小明", "systems", "town.officer.1"] {
            assert!(new_username(plain).is_ok(), "{plain}");
        }
        // Nor what any part of the program calls itself, now or later.
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut found = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else if entry.path().extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(entry.path()).unwrap();
                    for call in text.split("Viewer::system(").skip(1) {
                        let name = call.split(',').nth(1).and_then(|second| second.trim().strip_prefix('"'));
                        let Some((name, _)) = name.and_then(|name| name.split_once('"')) else { continue };
                        assert!(new_username(name).is_err(), "{name} is no reserved name");
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 3, "the calls are there");
    }
}
