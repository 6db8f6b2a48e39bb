//! `accounts`: accounts with their roles, as after an election when a hundred change at once. A row makes or corrects an
//! account (matched by user name) and proposes one role for it, which another person confirms; roles are never taken
//! back by a sheet. One-time passwords come back in the outcome sheet only.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::access::account::{Column, Entity};
use entity::access::{account, platform_client, role_grant};
use entity::registry::{division, person};
use minzheng_ground::policy::{LINE_LABELS, ROLES, ScopeKind, role_of};
use minzheng_ground::sheets::check::check_phone;
use minzheng_ground::sheets::pages::{Exported, export_page};
use minzheng_ground::sheets::row::{Day, Id, Text as Words};
use minzheng_ground::sheets::{GivenBack, Kind, Numbered, Taken};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Fault, Kernel, Level, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use minzheng_reference::person_number::{IMPORT_FIRST, by_numbers, numbers_of};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

use crate::account::{blank, new_username, normal_username};
use crate::credential::{Hashed, OneTime};
use crate::role_grant::{Proposed, compatible, insert_grants};
use crate::{holder, locked};

/// Passwords hashed at once.
const AT_ONCE: usize = 8;

minzheng_ground::sheet_row! {
    /// One account with one role as a sheet tells it.
    SheetRow {
        username: need Id => "用户名",
        name: need Words => "姓名",
        role: need Words => "角色",
        scope: one Id => "范围",
        line: may Words => "业务线",
        valid_until: may Day => "有效期至",
        phone: may Id => "联系电话",
        id_number: may Id => "证件号码",
    }
}

/// `accounts`: matched by user name.
pub struct Sheet;

/// A code by itself or by its Chinese label.
fn code_of<'a>(codes: impl Iterator<Item = (&'a str, &'a str)>, given: &str) -> Option<String> {
    codes.into_iter().find(|(code, zh)| *code == given.to_uppercase() || *zh == given).map(|(code, _)| code.to_owned())
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "accounts";
    const COMMAND: &'static str = "recordAccount";
    const GIVES: &'static [&'static str] = &["一次性密码"];
    const KEEPS_GIVEN: bool = true;
    const KEY: &'static [&'static str] = &["用户名", "角色", "范围", "业务线"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        match normal_username(&row.username) {
            Ok(normal) => row.username = normal,
            Err(_) => fields.refuse(
                Some("用户名"),
                "USERNAME",
                "用户名不可用 · not a user name",
                "3 至 64 个字母、数字或 . - _ @ · 3 to 64 letters, digits or . - _ @",
            ),
        }
        let roles = || ROLES.iter().map(|role| (role.code, role.zh));
        let list = |codes: Vec<(&str, &str)>| {
            codes.iter().map(|(code, zh)| format!("{zh} {code}")).collect::<Vec<_>>().join("；")
        };
        if let Some(code) = code_of(roles(), &row.role) {
            row.role = code;
        } else {
            fields.refuse(Some("角色"), "CHOICE", "没有这一角色 · no such role", list(roles().collect()));
        }
        if let Some(given) = &row.line {
            if let Some(code) = code_of(LINE_LABELS.iter().copied(), given) {
                row.line = Some(code);
            } else {
                let text = "没有这一业务线 · no such line";
                fields.refuse(Some("业务线"), "CHOICE", text, list(LINE_LABELS.to_vec()));
            }
        }
        if row.valid_until.is_some_and(|until| until < today) {
            let text = "有效期已过 · it is over already";
            fields.refuse(
                Some("有效期至"),
                "DATE_ORDER",
                text,
                "改正日期，或删去这一行 · correct the date, or remove the row",
            );
        }
        check_phone(&mut row.phone, fields);
        if let Some(given) = &row.id_number {
            match holder::number(given, today) {
                Ok(number) => row.id_number = Some(number),
                Err(_) => fields.refuse(
                    Some("证件号码"),
                    "ID_NUMBER",
                    "不是有效的居民身份证号码 · no valid number of a citizen's identity card",
                    "填持有人的身份证号码，或留空 · that of who holds the account, or nothing",
                ),
            }
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let mut taken = Taken::default();
        let citizens = rows.iter().filter(|row| row.row.role == "CITIZEN").filter_map(|row| row.row.scope.as_ref());
        let persons: HashMap<String, i64> =
            by_numbers(work, citizens).await?.iter().map(|(number, person)| (number.clone(), person.id)).collect();
        let places = places(work, &rows).await?;
        let lang = work.viewer.lang;
        for Numbered { number, row } in rows {
            let person = match (&row.scope, row.role.as_str()) {
                (Some(scope), "CITIZEN") => {
                    let Some(person) = persons.get(scope) else {
                        taken.missing(number, "范围", scope, IMPORT_FIRST);
                        continue;
                    };
                    Some(*person)
                }
                _ => None,
            };
            let grant = Proposed {
                account: 0,
                role: row.role.clone(),
                line: row.line.clone(),
                scope: person.map(|id| id.to_string()).or_else(|| row.scope.clone()).unwrap_or_default(),
                valid_from: None,
                valid_until: row.valid_until,
            };
            let taken_in = match grant.checked() {
                Ok(grant) if !known_place(&grant, places.as_ref()) => Err(Failure::from(Refusal::not_found("scope"))),
                Ok(grant) => one(work, &row, grant, person).await,
                Err(refusals) => Err(Failure::Refused(refusals)),
            };
            match taken_in {
                Ok(Change::Created) => taken.created += 1,
                Ok(Change::Changed) => taken.changed += 1,
                Ok(Change::None) => taken.unchanged += 1,
                Err(Failure::Refused(refusals)) => {
                    for refusal in refusals {
                        let (column, value) = match refusal.path.last().map(String::as_str) {
                            Some("role") => ("角色", Some(row.role.clone())),
                            Some("line") => ("业务线", row.line.clone()),
                            Some("scope") => ("范围", row.scope.clone()),
                            Some("idNumber") => ("证件号码", None),
                            _ => ("用户名", Some(row.username.clone())),
                        };
                        let remedy = "改正后重新导入这一行 · correct it and import the row again";
                        let value = value.unwrap_or_default();
                        taken.refuse(number, column, value, refusal.code.code(), &refusal.message(lang), remedy);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(taken)
    }

    /// The one-time passwords of accounts that have none yet.
    async fn give_back(
        kernel: &Kernel,
        viewer: &Viewer,
        rows: &[Numbered<SheetRow>],
        days: i64,
    ) -> Result<GivenBack, Failure> {
        let names: HashSet<&str> = rows.iter().map(|row| row.row.username.as_str()).collect();
        let waiting = viewer
            .select::<Entity>()
            .filter(Column::Username.is_in(names))
            .filter(Column::Password.is_null())
            .filter(Column::Disabled.eq(false))
            .filter(Column::System.eq(false))
            .all(kernel.db.read())
            .await?;
        let mut plain = HashMap::new();
        let mut passwords = Vec::new();
        for chunk in waiting.chunks(AT_ONCE) {
            let made = chunk.iter().map(|_| OneTime::new(kernel, days));
            for (account, secret) in chunk.iter().zip(futures_util::future::try_join_all(made).await?) {
                plain.insert(account.username.clone(), secret.plain);
                passwords.push((account.id, secret.hashed));
            }
        }
        if !passwords.is_empty() {
            commands::run(kernel, viewer, IssuePasswords { passwords }, &Sent::default()).await?;
        }
        let cells = rows.iter().filter_map(|row| Some((row.number, plain.remove(&row.row.username)?)));
        Ok(cells.map(|(row, password)| (row, vec![password])).collect())
    }

    /// A row a role that is held or proposed; those of citizens, whose scope is an ID number, for those who see that.
    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (accounts, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let accounts: HashMap<i64, account::Model> =
            accounts.into_iter().filter(|account| !account.system).map(|account| (account.id, account)).collect();
        let grants = viewer
            .parts::<role_grant::Entity>(role_grant::Column::AccountId, accounts.keys().copied())
            .filter(role_grant::Column::State.is_in(["PROPOSED", "ACTIVE"]))
            .filter(role_grant::Column::Role.ne("PLATFORM"))
            .order_by_asc(role_grant::Column::Id)
            .all(kernel.db.read())
            .await?;
        let sees_numbers = viewer.best_level::<person::Entity>() == Level::Full;
        let citizens = grants.iter().filter(|grant| sees_numbers && grant.role == "CITIZEN");
        let numbers = numbers_of(kernel, viewer, citizens.filter_map(|grant| grant.scope.parse().ok())).await?;
        let mut rows = Vec::with_capacity(grants.len());
        for grant in grants {
            let Some(account) = accounts.get(&grant.account_id) else { continue };
            let scope = match grant.role.as_str() {
                "CITIZEN" => match grant.scope.parse().ok().and_then(|id: i64| numbers.get(&id)) {
                    Some(number) => number.clone(),
                    None => continue,
                },
                _ => grant.scope,
            };
            viewer.note::<account::Entity>(account, "export");
            let sealed = account.id_number.as_deref().filter(|_| viewer.level::<Entity>(account) == Level::Full);
            let id_number = kernel.keys.open_some(&account.key_salt, holder::SEALED_AS, sealed)?;
            let phone = match &account.phone {
                Some(sealed) => Some(kernel.keys.open(&account.key_salt, "account.phone", sealed)?),
                None => None,
            };
            rows.push(SheetRow {
                username: account.username.clone(),
                name: account.name.clone(),
                role: label(ROLES.iter().map(|role| (role.code, role.zh)), &grant.role),
                scope: Some(scope).filter(|scope| !scope.is_empty()),
                line: grant.line.map(|line| label(LINE_LABELS.iter().copied(), &line)),
                valid_until: grant.valid_until,
                phone,
                id_number,
            });
        }
        Ok(Exported { rows, next })
    }
}

/// The code's Chinese label.
fn label<'a>(codes: impl Iterator<Item = (&'a str, &'a str)>, code: &str) -> String {
    codes.into_iter().find(|(known, _)| *known == code).map_or(code, |(_, zh)| zh).to_owned()
}

enum Change {
    Created,
    Changed,
    None,
}

/// The divisions that rows name; `None` where the database has no divisions yet.
async fn places(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Option<HashSet<String>>, Failure> {
    if work.everywhere::<division::Entity>().limit(1).one(work.tx()).await?.is_none() {
        return Ok(None);
    }
    let named = rows.iter().filter_map(|row| row.row.scope.as_ref()).map(|scope| format!("{scope:0<12}"));
    let known =
        work.everywhere::<division::Entity>().filter(division::Column::Code.is_in(named)).all(work.tx()).await?;
    Ok(Some(known.into_iter().map(|row| row.code).collect()))
}

fn known_place(grant: &Proposed, places: Option<&HashSet<String>>) -> bool {
    let of_division = role_of(&grant.role).is_some_and(|role| role.scope == ScopeKind::Division);
    !of_division || grant.scope.is_empty() || places.is_none_or(|places| places.contains(&grant.scope))
}

/// Takes one row in; what is refused is refused before anything is written.
async fn one(work: &mut Work<'_>, row: &SheetRow, grant: Proposed, person: Option<i64>) -> Result<Change, Failure> {
    if row.role == "PLATFORM" {
        return Err(Refusal::invalid("role", Text::of("platform-role")).into());
    }
    let known = work.everywhere::<Entity>().filter(Column::Username.eq(&row.username)).one(work.tx()).await?;
    let Some(known) = known else {
        let username = new_username(&row.username)?;
        let id = work.id().await?;
        let mut new = blank(work, id, username, row.name.clone(), row.phone.as_deref())?;
        new.person_id = person;
        if let Some(number) = &row.id_number {
            holder::write(&work.kernel.keys, &mut new, number)?;
        }
        holder::needed(work.viewer, &new, &[&grant.role])?;
        compatible(work, &new, &[&grant.role], true).await?;
        work.insert::<Entity>(new).await?;
        insert_grants(work, vec![Proposed { account: id, ..grant }], false).await?;
        return Ok(Change::Created);
    };
    super::not_own(work.viewer, known.id, "username")?;
    let client = platform_client::Column::AccountId.eq(known.id);
    let client = work.everywhere::<platform_client::Entity>().filter(client).one(work.tx()).await?;
    if known.system || client.is_some() || known.person_id.is_some_and(|own| person.is_some_and(|new| new != own)) {
        let text = Text::of("duplicate").with("what", &row.username);
        return Err(Refusal::new(UserErrorCode::Duplicate, text).at("username").into());
    }
    let held = work
        .everywhere::<role_grant::Entity>()
        .filter(role_grant::Column::AccountId.eq(known.id))
        .filter(role_grant::Column::State.is_in(["PROPOSED", "ACTIVE"]))
        .all(work.tx())
        .await?;
    let same = |row: &role_grant::Model| {
        (&row.role, &row.line, &row.scope, row.valid_until)
            == (&grant.role, &grant.line, &grant.scope, grant.valid_until)
    };
    let new_grant = !held.iter().any(same);
    let checked = locked::<account::Entity>(work, known.id, "username").await?;
    let mut with_holder = checked.row().clone();
    if let Some(number) = &row.id_number {
        holder::write(&work.kernel.keys, &mut with_holder, number)?;
        let holds_roles = held.iter().any(|grant| grant.state == "ACTIVE");
        let blind = with_holder.id_blind.clone().unwrap_or_default();
        holder::may_be_given(work.viewer, checked.row(), &blind, holds_roles)?;
    }
    if new_grant || with_holder.id_blind != checked.row().id_blind {
        let new = if new_grant { vec![grant.role.as_str()] } else { Vec::new() };
        holder::needed(work.viewer, &with_holder, &new)?;
        compatible(work, &with_holder, &new, true).await?;
    }
    let phone = match (&known.phone, &row.phone) {
        (_, None) => known.phone.clone(),
        (Some(sealed), Some(given)) if work.kernel.keys.open(&known.key_salt, "account.phone", sealed)? == *given => {
            Some(sealed.clone())
        }
        (_, Some(given)) => Some(work.kernel.keys.seal(&known.key_salt, "account.phone", given)?),
    };
    let before = checked.row().version;
    let now = work
        .update::<Entity>(checked, |account| {
            account.name.clone_from(&row.name);
            (account.id_number, account.id_blind) = (with_holder.id_number, with_holder.id_blind);
            account.phone = phone;
            account.person_id = account.person_id.or(person);
        })
        .await?;
    if new_grant {
        insert_grants(work, vec![Proposed { account: known.id, ..grant }], false).await?;
    }
    Ok(if new_grant || now.version != before { Change::Changed } else { Change::None })
}

/// 发放一次性密码 · to accounts that have no password yet.
#[derive(Clone, Debug, Serialize)]
struct IssuePasswords {
    passwords: Vec<(i64, Hashed)>,
}

#[async_trait::async_trait]
impl Command for IssuePasswords {
    const NAME: &'static str = "recordAccount";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        for (id, password) in self.passwords {
            let row = locked::<Entity>(work, id, "username").await?;
            if row.row().password.is_none() {
                work.update::<Entity>(row, |account| password.write(account)).await?;
                super::password_issue::with_new_account(work, id).await?;
            }
        }
        Ok(())
    }
}
