//! 角色授予 · a role held by an account, in a scope, from a day to a day (domain §5): proposed by one person,
//! confirmed by another, never for oneself; the three duties (三员) stand apart from each other and from business.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::access::role_grant::{Column, Entity, Model};
use entity::access::{account, deputy, platform_client};
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::policy::{LINES, Line, ROLES, ScopeKind, incompatible, least_digits, role_of, takes_line};
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{local_id, state, viewer};
use minzheng_ground::{Builder, Row, Table, loaders as load};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use minzheng_rules::division::division_prefix;
use minzheng_rules::machine::ROLE_GRANT;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};

use crate::{holder, locked, not_own, row_id};

/// Grants in one command at most.
const MOST: usize = 200;

/// One grant.
pub type RoleGrant = Row<Entity>;

/// 角色授予 · a role held by an account; requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new("角色授予 · a role held by an account; requires `SECURITY_ADMIN` or AUDITOR.")
        .list("roleGrants", "角色授予列表 · grants of roles; requires `SECURITY_ADMIN` or AUDITOR.", Column::Id)
        .id()
        .order()
        .one("account", "账户 · whose it is.", "Account", Column::AccountId)
        .text(Column::Role, "角色 · code.")
        .filter()
        .order()
        .text(Column::Line, "业务线 · line of an officer.")
        .filter()
        .text(
            Column::Scope,
            "范围 · a division's 12 digits, a USCC or centre number, a person's id; empty where the \
             role has none.",
        )
        .filter()
        .text(Column::State, "状态 · PROPOSED, ACTIVE or REVOKED.")
        .filter()
        .date(Column::ValidFrom, "生效日期 · first day; null: since it was confirmed.")
        .date(Column::ValidUntil, "有效期至 · last day; null: until revoked.")
        .filter()
        .one(
            "proposedBy",
            "提出人 · the account that proposed it; null: the command line.",
            "Account",
            Column::ProposedBy,
        )
        .one(
            "confirmedBy",
            "确认人 · the account that confirmed it; null: not yet, or the command line.",
            "Account",
            Column::ConfirmedBy,
        )
        .version()
        .table()
}

/// A grant that is asked for.
#[derive(InputObject)]
pub struct RoleGrantInput {
    /// 账户
    account: ID,
    /// 角色 · code.
    role: String,
    /// 业务线 · required of `BUSINESS_OFFICER`: ASSISTANCE, ELDERLY, ORGANISATIONS, GOVERNANCE or WINDOW.
    line: Option<String>,
    /// 范围 · a division, a USCC or centre number, a person's id; by role.
    scope: Option<String>,
    /// 生效日期 · first day.
    valid_from: Option<Date>,
    /// 有效期至 · last day.
    valid_until: Option<Date>,
}

/// Grants that are asked for.
#[derive(InputObject)]
pub struct ProposeRoleGrantsInput {
    /// 授予 · at most 200.
    #[graphql(validator(max_items = 200))]
    grants: Vec<RoleGrantInput>,
    /// 幂等键 · the client's own, for repeated sending.
    pub idempotency_key: Option<String>,
}

/// Grants to confirm or revoke.
#[derive(InputObject)]
pub struct RoleGrantsInput {
    /// 授予 · at most 200.
    #[graphql(validator(max_items = 200))]
    ids: Vec<ID>,
    /// 幂等键 · the client's own, for repeated sending.
    pub idempotency_key: Option<String>,
}

impl ProposeRoleGrantsInput {
    /// What it asks for.
    pub fn command(&self) -> Result<ProposeRoleGrants, Refusal> {
        let grants = self.grants.iter().enumerate().map(|(at, grant)| {
            let account = row_id::<account::Entity>(&grant.account, "account").map_err(|r| r.at(&at.to_string()))?;
            Ok(Proposed {
                account,
                role: grant.role.clone(),
                line: grant.line.clone(),
                scope: grant.scope.clone().unwrap_or_default(),
                valid_from: grant.valid_from.map(|date| date.0),
                valid_until: grant.valid_until.map(|date| date.0),
            })
        });
        let grants = grants.collect::<Result<Vec<_>, Refusal>>().map_err(|refusal| refusal.at("grants"))?;
        Ok(ProposeRoleGrants { grants })
    }
}

impl RoleGrantsInput {
    fn rows(&self) -> Result<Vec<i64>, Refusal> {
        let each = self.ids.iter().enumerate();
        each.map(|(at, id)| row_id::<Entity>(id, &at.to_string()).map_err(|r| r.at("ids"))).collect()
    }

    /// To confirm them.
    pub fn confirm(&self) -> Result<ConfirmRoleGrants, Refusal> {
        Ok(ConfirmRoleGrants { ids: self.rows()? })
    }

    /// To take them back.
    pub fn revoke(&self) -> Result<RevokeRoleGrants, Refusal> {
        Ok(RevokeRoleGrants { ids: self.rows()? })
    }
}

/// What became of the grants.
#[derive(SimpleObject)]
pub struct RoleGrantsPayload {
    /// 授予 · as they are now; null when refused.
    role_grants: Option<Vec<RoleGrant>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct RoleGrantMutation;

#[Object]
impl RoleGrantMutation {
    /// 提出角色授予 · proposes roles for other accounts; they hold when another person has confirmed them.
    /// Requires `SECURITY_ADMIN`.
    async fn propose_role_grants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ProposeRoleGrantsInput,
    ) -> Answer<RoleGrantsPayload> {
        match input.command() {
            Ok(command) => run(context, command, input.idempotency_key).await,
            Err(refusal) => payload(context, Err(refusal.into())).await,
        }
    }

    /// 确认角色授予 · confirms roles that another person proposed for a third; requires `SECURITY_ADMIN`.
    async fn confirm_role_grants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RoleGrantsInput,
    ) -> Answer<RoleGrantsPayload> {
        match input.confirm() {
            Ok(command) => run(context, command, input.idempotency_key).await,
            Err(refusal) => payload(context, Err(refusal.into())).await,
        }
    }

    /// 撤销角色授予 · takes roles back; at once, on every process within two seconds. Requires `SECURITY_ADMIN`.
    async fn revoke_role_grants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RoleGrantsInput,
    ) -> Answer<RoleGrantsPayload> {
        match input.revoke() {
            Ok(command) => run(context, command, input.idempotency_key).await,
            Err(refusal) => payload(context, Err(refusal.into())).await,
        }
    }
}

async fn run<C>(context: &Context<'_>, command: C, key: Option<String>) -> Answer<RoleGrantsPayload>
where
    C: Command<Output = Vec<i64>>,
{
    let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await;
    payload(context, done).await
}

async fn payload(context: &Context<'_>, done: Result<Vec<i64>, Failure>) -> Answer<RoleGrantsPayload> {
    let (ids, user_errors) = outcome(context, done)?;
    let role_grants = match ids {
        Some(ids) => {
            let mut grants = Vec::with_capacity(ids.len());
            for id in ids {
                grants.extend(load::by_id(context, id).await?);
            }
            Some(grants)
        }
        None => None,
    };
    Ok(RoleGrantsPayload { role_grants, user_errors })
}

/// A grant that is asked for, not yet checked.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Proposed {
    /// For which account.
    pub account: i64,
    /// Role code.
    pub role: String,
    /// Business line.
    pub line: Option<String>,
    /// Scope as it was written.
    pub scope: String,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_until: Option<NaiveDate>,
}

impl Proposed {
    /// The grant with its scope in the one form in which it is kept; refuses what the role cannot have.
    pub fn checked(mut self) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let codes = || ROLES.iter().map(|role| role.code).collect::<Vec<_>>().join(" ");
        let Some(role) = role_of(&self.role) else {
            let text = Text::of("bad-value").with("value", &self.role).with("expected", codes());
            return Err(vec![Refusal::invalid("role", text)]);
        };
        self.line = self.line.filter(|line| !line.is_empty());
        let bad_line = |line: &Option<String>| {
            let expected = if takes_line(role.code) == Line::None { "—".to_owned() } else { LINES.join(" ") };
            let value = line.clone().unwrap_or_default();
            Refusal::invalid("line", Text::of("bad-value").with("value", value).with("expected", expected))
        };
        let fits = match (&self.line, takes_line(role.code)) {
            (None, Line::Required) | (Some(_), Line::None) => false,
            (Some(line), _) => LINES.contains(&line.as_str()),
            (None, _) => true,
        };
        if !fits {
            refusals.push(bad_line(&self.line));
        }
        match scope_of(role.code, role.scope, &self.scope) {
            Ok(scope) => self.scope = scope,
            Err(text) => refusals.push(Refusal::invalid("scope", text)),
        }
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && until < from
        {
            refusals.push(Refusal::invalid("validUntil", Text::of("date-order")));
        }
        if refusals.is_empty() { Ok(self) } else { Err(refusals) }
    }
}

/// A scope in the form in which it is kept: 12 digits, a number in capitals, a person's id, or nothing.
fn scope_of(role: &str, kind: ScopeKind, scope: &str) -> Result<String, Text> {
    let scope = scope.trim();
    let bad = |key: &'static str| Text::of(key).with("role", role).with("value", scope);
    match kind {
        ScopeKind::None if scope.is_empty() => Ok(String::new()),
        ScopeKind::None => Err(bad("scope-none")),
        // All rows there are, for the audit of a database that serves several districts.
        ScopeKind::Division if role == "AUDITOR" && scope.is_empty() => Ok(String::new()),
        ScopeKind::Division => {
            let digits = matches!(scope.len(), 2 | 4 | 6 | 9 | 12) && scope.bytes().all(|byte| byte.is_ascii_digit());
            let code = format!("{scope:0<12}");
            let own = division_prefix(&code).len();
            if digits && own >= least_digits(role) {
                Ok(code)
            } else {
                Err(bad("scope-division").with("digits", least_digits(role)))
            }
        }
        ScopeKind::Organisation => {
            let number = scope.to_uppercase();
            let plain =
                (1..=64).contains(&number.len()) && number.chars().all(|c| c.is_alphanumeric() || "-_/".contains(c));
            if plain { Ok(number) } else { Err(bad("scope-organisation")) }
        }
        ScopeKind::Person => {
            let id = match local_id(scope) {
                Some((aggregate, id)) if aggregate == "Person" => Some(id),
                _ => scope.parse().ok().filter(|id| *id > 0),
            };
            id.map(|id| id.to_string()).ok_or_else(|| bad("scope-person"))
        }
    }
}

/// Condition: not over yet on a day.
pub fn not_over(today: NaiveDate) -> Condition {
    Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gte(today))
}

/// Refuses roles that one person may not hold together: over all accounts of the person, and over those that stand in
/// for each other.
pub(super) async fn compatible(
    work: &Work<'_>,
    account: &account::Model,
    new: &[&str],
    proposed_too: bool,
) -> Result<(), Failure> {
    let mut accounts: BTreeSet<i64> = holder::people(work, account).await?.into_iter().collect();
    // One that is only asked for changes nothing of what others may hold: it is looked at when it is confirmed.
    let deputies = work
        .everywhere::<deputy::Entity>()
        .filter(deputy::Column::State.eq("ACTIVE"))
        .filter(deputy::Column::Until.gte(work.today()))
        .filter(
            Condition::any()
                .add(deputy::Column::FromAccountId.is_in(accounts.iter().copied()))
                .add(deputy::Column::ToAccountId.is_in(accounts.iter().copied())),
        )
        .all(work.tx())
        .await?;
    accounts.extend(deputies.iter().flat_map(|row| [row.from_account_id, row.to_account_id]));
    let roles = roles_of(work, accounts, proposed_too).await?;
    let mut all: Vec<&str> = new.to_vec();
    all.extend(roles.iter().map(String::as_str));
    refuse_incompatible(&all)
}

/// The roles that accounts hold or are to hold, past ones left out.
pub(super) async fn roles_of(
    work: &Work<'_>,
    accounts: impl IntoIterator<Item = i64>,
    proposed_too: bool,
) -> Result<BTreeSet<String>, Failure> {
    let states: &[&str] = if proposed_too { &["ACTIVE", "PROPOSED"] } else { &["ACTIVE"] };
    let grants = work
        .everywhere::<Entity>()
        .filter(Column::AccountId.is_in(accounts))
        .filter(Column::State.is_in(states.iter().copied()))
        .filter(not_over(work.today()))
        .all(work.tx())
        .await?;
    Ok(grants.into_iter().map(|grant| grant.role).collect())
}

pub(super) fn refuse_incompatible(roles: &[&str]) -> Result<(), Failure> {
    match incompatible(roles) {
        Some((one, other)) => {
            let text = Text::of("incompatible-roles").with("one", one).with("other", other);
            Err(Refusal::new(UserErrorCode::IncompatibleRoles, text).at("role").into())
        }
        None => Ok(()),
    }
}

/// Looks at grants and writes them down; `confirmed` is for the very first accounts only.
pub(super) async fn write_grants(
    work: &mut Work<'_>,
    grants: Vec<Proposed>,
    confirmed: bool,
) -> Result<Vec<i64>, Failure> {
    let mut refusals = Vec::new();
    let mut checked = Vec::new();
    for (at, grant) in grants.into_iter().enumerate() {
        match grant.checked() {
            Ok(grant) => checked.push((at, grant)),
            Err(wrong) => refusals.extend(wrong.into_iter().map(|r| r.at(&at.to_string()).at("grants"))),
        }
    }
    let accounts: BTreeSet<i64> = checked.iter().map(|(_, grant)| grant.account).collect();
    for id in accounts {
        let own: Vec<_> = checked.iter().filter(|(_, grant)| grant.account == id).collect();
        let at = own.first().map(|(at, _)| at.to_string()).unwrap_or_default();
        let place = |refusal: Refusal| refusal.at(&at).at("grants");
        if let Err(refusal) = not_own(work.viewer, id, "account") {
            refusals.push(place(refusal));
            continue;
        }
        let row = match locked::<account::Entity>(work, id, "account").await {
            Ok(row) => row,
            Err(Failure::Refused(wrong)) => {
                refusals.extend(wrong.into_iter().map(place));
                continue;
            }
            Err(other) => return Err(other),
        };
        let client = work.everywhere::<platform_client::Entity>().filter(platform_client::Column::AccountId.eq(id));
        let client = client.one(work.tx()).await?.is_some();
        if own.iter().any(|(_, grant)| (grant.role == "PLATFORM") != client) {
            refusals.push(place(Refusal::invalid("role", Text::of("platform-role"))));
        }
        let new: Vec<&str> = own.iter().map(|(_, grant)| grant.role.as_str()).collect();
        if let Err(refusal) = holder::needed(work.viewer, row.row(), &new) {
            refusals.push(place(refusal));
        }
        match compatible(work, row.row(), &new, true).await {
            Err(Failure::Refused(wrong)) => refusals.extend(wrong.into_iter().map(place)),
            other => other?,
        }
    }
    refusals.extend(unknown_divisions(work, &checked).await?);
    if !refusals.is_empty() {
        return Err(Failure::Refused(refusals));
    }
    insert_grants(work, checked.into_iter().map(|(_, grant)| grant).collect(), confirmed).await
}

/// Writes grants down that have been looked at.
pub(super) async fn insert_grants(
    work: &mut Work<'_>,
    grants: Vec<Proposed>,
    confirmed: bool,
) -> Result<Vec<i64>, Failure> {
    if !grants.is_empty() {
        work.must_be_somebody()?;
    }
    let first = work.ids(grants.len()).await?;
    let state = if confirmed { "ACTIVE" } else { "PROPOSED" };
    let rows: Vec<Model> = (first..)
        .zip(grants)
        .map(|(id, grant)| Model {
            id,
            account_id: grant.account,
            role: grant.role,
            line: grant.line,
            scope: grant.scope,
            state: state.to_owned(),
            valid_from: grant.valid_from,
            valid_until: grant.valid_until,
            proposed_by: work.viewer.account_id,
            confirmed_by: None,
            version: 1,
            voided: false,
        })
        .collect();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    work.insert_many::<Entity>(rows).await?;
    for id in &ids {
        work.record_state::<Entity>(*id, "proposeRoleGrants", None, state, work.today()).await?;
    }
    Ok(ids)
}

/// The one grant of a system account, which no person holds; made at the command line only.
pub(super) async fn write_system_grant(work: &mut Work<'_>, grant: Proposed) -> Result<(), Failure> {
    let id = work.id().await?;
    work.insert::<Entity>(Model {
        id,
        account_id: grant.account,
        role: grant.role,
        line: grant.line,
        scope: grant.scope,
        state: "ACTIVE".to_owned(),
        valid_from: None,
        valid_until: None,
        proposed_by: None,
        confirmed_by: None,
        version: 1,
        voided: false,
    })
    .await?;
    work.record_state::<Entity>(id, "mintToken", None, "ACTIVE", work.today()).await
}

/// Scopes that are no division of a database that has divisions.
async fn unknown_divisions(work: &Work<'_>, grants: &[(usize, Proposed)]) -> Result<Vec<Refusal>, Failure> {
    use entity::registry::division;
    let of_division = |role: &str| role_of(role).is_some_and(|role| role.scope == ScopeKind::Division);
    let named: Vec<&(usize, Proposed)> =
        grants.iter().filter(|(_, grant)| of_division(&grant.role) && !grant.scope.is_empty()).collect();
    if named.is_empty() || work.everywhere::<division::Entity>().limit(1).one(work.tx()).await?.is_none() {
        return Ok(Vec::new());
    }
    let codes: BTreeSet<&str> = named.iter().map(|(_, grant)| grant.scope.as_str()).collect();
    let known =
        work.everywhere::<division::Entity>().filter(division::Column::Code.is_in(codes)).all(work.tx()).await?;
    Ok(named
        .into_iter()
        .filter(|(_, grant)| known.iter().all(|row| row.code != grant.scope))
        .map(|(at, _)| Refusal::not_found("scope").at(&at.to_string()).at("grants"))
        .collect())
}

/// 提出授予 · proposes grants.
#[derive(Clone, Debug, Serialize)]
pub struct ProposeRoleGrants {
    /// What is asked for.
    pub grants: Vec<Proposed>,
}

#[async_trait::async_trait]
impl Command for ProposeRoleGrants {
    const NAME: &'static str = "proposeRoleGrants";
    type Output = Vec<i64>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Vec<i64>, Failure> {
        if self.grants.is_empty() || self.grants.len() > MOST {
            return Err(Refusal::new(UserErrorCode::TooMany, Text::of("too-many").with("most", MOST))
                .at("grants")
                .into());
        }
        write_grants(work, self.grants, false).await
    }
}

/// A grant that the viewer sees, in a state in which the command can be given.
async fn in_state(
    work: &Work<'_>,
    at: usize,
    id: i64,
    command: &str,
) -> Result<minzheng_kernel::Checked<Entity>, Failure> {
    let place = |failure| match failure {
        Failure::Refused(wrong) => {
            Failure::Refused(wrong.into_iter().map(|r: Refusal| r.at(&at.to_string()).at("ids")).collect())
        }
        other => other,
    };
    let row = work.load_for_change::<Entity>(id, None, "id").await.map_err(place)?;
    let step = work.step_of::<Entity>(&ROLE_GRANT, command, row.row()).map_err(place)?;
    work.four_eyes::<Entity>(step, id).await.map_err(place)?;
    Ok(row)
}

/// 确认授予 · confirms grants that another account proposed.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmRoleGrants {
    /// Which.
    pub ids: Vec<i64>,
}

#[async_trait::async_trait]
impl Command for ConfirmRoleGrants {
    const NAME: &'static str = "confirmRoleGrants";
    type Output = Vec<i64>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Vec<i64>, Failure> {
        for (at, id) in self.ids.iter().enumerate() {
            let row = in_state(work, at, *id, Self::NAME).await?;
            let grant = row.row().clone();
            let place = |refusal: Refusal| refusal.at(&at.to_string()).at("ids");
            not_own(work.viewer, grant.account_id, "account").map_err(place)?;
            let account = locked::<account::Entity>(work, grant.account_id, "account").await?;
            holder::needed(work.viewer, account.row(), &[&grant.role]).map_err(place)?;
            compatible(work, account.row(), &[&grant.role], false).await?;
            let by = work.viewer.account_id;
            work.update::<Entity>(row, |grant| {
                "ACTIVE".clone_into(&mut grant.state);
                grant.confirmed_by = by;
            })
            .await?;
            work.record_state::<Entity>(*id, Self::NAME, Some("PROPOSED"), "ACTIVE", work.today()).await?;
        }
        Ok(self.ids)
    }
}

/// 撤销授予 · takes grants back.
#[derive(Clone, Debug, Serialize)]
pub struct RevokeRoleGrants {
    /// Which.
    pub ids: Vec<i64>,
}

#[async_trait::async_trait]
impl Command for RevokeRoleGrants {
    const NAME: &'static str = "revokeRoleGrants";
    type Output = Vec<i64>;

    async fn execute(self, work: &mut Work<'_>) -> Result<Vec<i64>, Failure> {
        for (at, id) in self.ids.iter().enumerate() {
            let row = in_state(work, at, *id, Self::NAME).await?;
            let from = row.row().state.clone();
            not_own(work.viewer, row.row().account_id, "account").map_err(|r| r.at(&at.to_string()).at("ids"))?;
            work.update::<Entity>(row, |grant| "REVOKED".clone_into(&mut grant.state)).await?;
            work.record_state::<Entity>(*id, Self::NAME, Some(&from), "REVOKED", work.today()).await?;
        }
        Ok(self.ids)
    }
}

/// Whether so few people can sign in as security administrators that nobody could confirm what another proposes: then
/// the command line confirms. Those of whom nobody knows who they are confirm nothing.
pub(super) async fn needs_first_accounts(work: &Work<'_>) -> Result<bool, Failure> {
    let grants = work
        .everywhere::<Entity>()
        .filter(Column::Role.eq("SECURITY_ADMIN"))
        .filter(Column::State.eq("ACTIVE"))
        .filter(not_over(work.today()))
        .all(work.tx())
        .await?;
    let accounts = work
        .everywhere::<account::Entity>()
        .filter(account::Column::Id.is_in(grants.iter().map(|grant| grant.account_id)))
        .filter(account::Column::Disabled.eq(false))
        .filter(account::Column::System.eq(false))
        .all(work.tx())
        .await?;
    let mut people = BTreeSet::new();
    for account in accounts.iter().filter(|account| holder::is_known(account)) {
        people.extend(holder::people(work, account).await?.into_iter().min());
    }
    Ok(people.len() < 2)
}

/// What a role and its scope are called, for system accounts: `town_officer:430104102000`.
pub(super) fn system_name(grant: &Proposed) -> String {
    let mut name = grant.role.to_lowercase();
    for part in [grant.line.as_deref().unwrap_or_default(), grant.scope.as_str()] {
        if !part.is_empty() {
            name.push(':');
            name.push_str(&part.to_lowercase());
        }
    }
    name
}

/// Whether the viewer is the command line or a job.
pub(super) fn is_system(viewer: &Viewer) -> bool {
    viewer.holds(minzheng_kernel::viewer::SYSTEM_ROLE)
}
