//! `minzheng account create | holder | reset`: accounts at the command line, above all the first ones, for which there is nobody
//! yet who could confirm. The one-time password is printed once and kept nowhere.

use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Subcommand;
use entity::access::account;
use minzheng_access::account::{CreateAccount, RecordHolder};
use minzheng_access::credential::{Hidden, OneTime};
use minzheng_access::password_issue::ResetPassword;
use minzheng_access::role_grant::Proposed;
use minzheng_ground::config::Config;
use minzheng_ground::policy::{ScopeKind, role_of};
use minzheng_kernel::commands::Sent;
use minzheng_kernel::{Failure, Fault, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

#[derive(Subcommand)]
pub enum Command {
    /// 新建账户 · make an account and print its one-time password; until two security administrators can sign in, its
    /// roles hold at once, afterwards when another account has confirmed them
    Create {
        /// 用户名
        #[arg(long)]
        username: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 持有人证件号码 · of the identity card of who holds it; without it the account neither proposes nor confirms
        #[arg(long)]
        id_number: Option<String>,
        /// 角色 · may be given several times
        #[arg(long, required = true)]
        role: Vec<String>,
        /// 范围 · one for all roles, or one a role in the same order; left out: the district served
        #[arg(long)]
        scope: Vec<String>,
        /// 业务线 · of an officer
        #[arg(long)]
        line: Option<String>,
        /// 联系电话
        #[arg(long)]
        phone: Option<String>,
        /// 有效期至 · last day
        #[arg(long)]
        valid_until: Option<NaiveDate>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// 登记持有人 · whose account it is, where that was not known or was wrong
    Holder {
        /// 用户名
        #[arg(long)]
        username: String,
        /// 姓名 · where it changes
        #[arg(long)]
        name: Option<String>,
        /// 持有人证件号码 · of the identity card
        #[arg(long)]
        id_number: String,
    },
    /// 重置密码 · a new one-time password, when nobody is left who could do it over the API
    Reset {
        /// 用户名
        #[arg(long)]
        username: String,
        /// The authenticator is lost too
        #[arg(long)]
        second_factor: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// The scope of a role where none was given: the district served, if the role has one.
pub(super) fn usual_scope(config: &Config, role: &str) -> String {
    match role_of(role).map(|role| role.scope) {
        Some(ScopeKind::Division) => config.district.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode, Fault> {
    let (kernel, _) = super::open(config).await?;
    let viewer = super::cli_viewer(&kernel);
    let secret = OneTime::new(&kernel, config.one_time_days).await?;
    match command {
        Command::Create { username, name, id_number, role, scope, line, phone, valid_until, json } => {
            if scope.len() > 1 && scope.len() != role.len() {
                crate::err!("--scope: one for all roles, or one a role");
                return Ok(ExitCode::from(2));
            }
            let grants = role.iter().enumerate().map(|(at, role)| {
                let has_scope = role_of(role).is_none_or(|role| role.scope != ScopeKind::None);
                let given = match scope.as_slice() {
                    [all] => Some(all).filter(|_| has_scope),
                    each => each.get(at),
                };
                Proposed {
                    account: 0,
                    role: role.clone(),
                    line: line
                        .clone()
                        .filter(|_| minzheng_ground::policy::takes_line(role) != minzheng_ground::policy::Line::None),
                    scope: given.cloned().unwrap_or_else(|| usual_scope(config, role)),
                    valid_from: None,
                    valid_until: None,
                }
            });
            let command = CreateAccount {
                username,
                name,
                id_number: id_number.clone().map(Hidden),
                phone,
                person_id: None,
                valid_until,
                password: Some(secret.hashed.clone()),
                grants: grants.collect(),
            };
            let username = command.username.trim().to_lowercase();
            let created = match commands::run(&kernel, &viewer, command, &Sent::default()).await {
                Ok(created) => created,
                Err(failure) => return super::refused(&viewer, failure),
            };
            super::settle(&kernel).await?;
            let staff = role.iter().any(|role| role_of(role).is_some_and(|role| role.staff));
            if staff && id_number.is_none() {
                crate::err!(
                    "未登记持有人：该账户不能提出、确认（--id-number）· no holder: it neither proposes nor confirms"
                );
            }
            let state = if created.confirmed { "ACTIVE" } else { "PROPOSED" };
            if json {
                let id = minzheng_ground::state::global_id("Account", created.account);
                let grants = created.grants.iter().map(|id| minzheng_ground::state::global_id("RoleGrant", *id));
                let grants: Vec<_> = grants.map(|id| id.to_string()).collect();
                crate::out!(
                    "{}",
                    serde_json::json!({
                        "id": id.to_string(), "username": username, "oneTimePassword": secret.plain,
                        "grants": grants, "state": state,
                    })
                );
            } else {
                crate::out!("{username} {}", secret.plain);
                if !created.confirmed {
                    crate::err!("角色待另一账户确认（confirmRoleGrants）· roles wait for another account to confirm");
                }
            }
        }
        Command::Holder { username, name, id_number } => {
            let command = RecordHolder { username, name, id_number: Hidden(id_number) };
            if let Err(failure) = commands::run(&kernel, &viewer, command, &Sent::default()).await {
                return super::refused(&viewer, failure);
            }
            super::settle(&kernel).await?;
        }
        Command::Reset { username, second_factor, json } => {
            let username = username.trim().to_lowercase();
            let found = viewer
                .select::<account::Entity>()
                .filter(account::Column::Username.eq(&username))
                .one(kernel.db.read())
                .await?;
            let Some(found) = found else {
                return super::refused(&viewer, Failure::from(minzheng_kernel::Refusal::not_found("username")));
            };
            let command = ResetPassword::new(found.id, Some(found.version), second_factor, &secret);
            if let Err(failure) = commands::run(&kernel, &viewer, command, &Sent::default()).await {
                return super::refused(&viewer, failure);
            }
            super::settle(&kernel).await?;
            if json {
                crate::out!("{}", serde_json::json!({ "username": username, "oneTimePassword": secret.plain }));
            } else {
                crate::out!("{username} {}", secret.plain);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
