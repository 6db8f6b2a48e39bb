//! Who is asking. Made once a request from a verified token (jobs and the command line act under
//! named system accounts), and the only way to rows: `viewer.select::<E>()` carries the scope.

use chrono::{DateTime, NaiveDate, Utc};
use entity::aggregate::{Reaches, nothing};
use entity::{Aggregate, PersonScope};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, Iterable as _, ModelTrait as _, QueryFilter, Select};

use crate::error::Fault;
use crate::journal::column_name;
use crate::reads::Reads;
use crate::text::{Lang, Text};

/// How much of a row a viewer sees. Ordered: more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing; answers as if it were not there.
    None,
    /// Only in sums.
    Counts,
    /// The row, its personal fields masked.
    Masked,
    /// The row in full, where a purpose is given.
    Full,
}

/// The business table of rights that the kernel asks (design §3.2); `policy.rs` in the program.
pub trait Rights: Send + Sync {
    /// What a role (with its line) sees of an aggregate.
    fn level(&self, role: &str, line: Option<&str>, aggregate: &str) -> Level;
    /// Whether a role (with its line) may run a command.
    fn may(&self, role: &str, line: Option<&str>, command: &str) -> bool;
    /// Of some aggregates a role (with its line) sees only the rows with one of these values in this column.
    fn only(&self, role: &str, line: Option<&str>, aggregate: &str) -> Option<(&'static str, Values)>;
    /// Whether the role's full reads need a stated purpose (staff: yes; the subject: no).
    fn needs_purpose(&self, role: &str) -> bool;
}

/// Values of a column.
pub type Values = &'static [&'static str];

/// Which rows a grant reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every row: system accounts and the auditor of the whole database.
    Everywhere,
    /// Rows in these ranges of division codes, `low <= code < high`: the own code and its
    /// predecessors.
    Divisions(Vec<(String, String)>),
    /// Rows of an organisation or centre.
    Organisation {
        /// Its code, or the numbers of its centres.
        codes: Vec<String>,
        /// The persons it serves today.
        served: Vec<i64>,
    },
    /// Rows of these persons and households.
    Persons {
        /// Own and wards.
        persons: Vec<i64>,
        /// Households of which they are members now.
        households: Vec<i64>,
    },
    /// No business row at all.
    Nothing,
}

/// A role that is held, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Role code.
    pub role: String,
    /// Business line, where the role has one.
    pub line: Option<String>,
    /// The scope as it was granted: a division code, a USCC, a person's id.
    pub scope: String,
    /// What that reaches.
    pub reach: Reach,
}

/// The person behind an account, and behind the one it acts for: between people, not accounts, rules of two hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Whether it is known who that is: else nothing is proposed or confirmed.
    pub known: bool,
    /// All accounts of these people.
    pub accounts: Vec<i64>,
    /// Whose steps count as own ones beside these: accounts whose password these people gave out, in the days after it
    /// was first used, and of an account in such days, the accounts of who gave it out.
    pub bound: Vec<Bound>,
}

impl Holder {
    /// Whether a step that an account took at an instant counts as one of these people's.
    pub fn took(&self, account: i64, at: DateTime<Utc>) -> bool {
        self.accounts.contains(&account) || self.bound.iter().any(|bound| bound.holds(account, at))
    }
}

/// Tells who a viewer is to the rules of two as it is at this moment: what a request began with may be a second old.
#[async_trait::async_trait]
pub trait People: Send + Sync {
    /// By what the transaction sees.
    async fn holder(&self, tx: &sea_orm::DatabaseTransaction, viewer: &Viewer) -> Result<Holder, Fault>;
}

/// An account whose steps of some time count as one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The account.
    pub account: i64,
    /// From this instant; `None`: always.
    pub from: Option<DateTime<Utc>>,
    /// To this instant; `None`: until now.
    pub until: Option<DateTime<Utc>>,
}

impl Bound {
    fn holds(&self, account: i64, at: DateTime<Utc>) -> bool {
        self.account == account && self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at <= until)
    }
}

impl Grant {
    /// Whether it reaches every row in these codes, both of them too.
    pub fn reaches(&self, first: &str, last: &str) -> bool {
        match &self.reach {
            Reach::Everywhere => true,
            Reach::Divisions(ranges) => ranges.iter().any(|(low, high)| low.as_str() <= first && last < high.as_str()),
            Reach::Organisation { .. } | Reach::Persons { .. } | Reach::Nothing => false,
        }
    }
}

/// What a full read of personal data is for (header `Minzheng-Purpose`).
pub const PURPOSES: &[&str] =
    &["APPLICATION", "REVIEW", "PAYMENT", "SERVICE", "COMPLAINT", "INSPECTION", "CORRECTION", "STATISTICS"];

/// Who is asking.
pub struct Viewer {
    /// `None` for the anonymous viewer and for system accounts.
    pub account_id: Option<i64>,
    /// The account's user name, `anonymous`, or a system account such as `cli:root`.
    pub actor: String,
    /// The account on whose behalf a deputy acts; its grants are then the ones held.
    pub acting_for: Option<i64>,
    /// The session the token belongs to.
    pub session_id: Option<i64>,
    /// Until when the viewer may go on without asking anew: the end of the session, or of an outside token.
    pub good_until: Option<DateTime<Utc>>,
    /// The natural person behind the account, if known.
    pub person_id: Option<i64>,
    /// Who that is to the rules of two.
    pub holder: Holder,
    /// Where the request came from.
    pub address: Option<std::net::IpAddr>,
    /// Roles held today.
    pub grants: Vec<Grant>,
    /// The reader's language.
    pub lang: Lang,
    /// Why personal data are read.
    pub purpose: Option<String>,
    /// For which case.
    pub case_number: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The business date.
    pub today: NaiveDate,
    /// What this work belongs to, such as `import:17`.
    pub cause: Option<String>,
    rights: &'static dyn Rights,
    pub(crate) reads: Reads,
}

impl Viewer {
    /// The viewer without a token.
    pub fn anonymous(rights: &'static dyn Rights, today: NaiveDate) -> Self {
        Self {
            account_id: None,
            actor: "anonymous".to_owned(),
            acting_for: None,
            session_id: None,
            good_until: None,
            person_id: None,
            holder: Holder::default(),
            address: None,
            grants: vec![Grant {
                role: PUBLIC_ROLE.to_owned(),
                line: None,
                scope: String::new(),
                reach: Reach::Everywhere,
            }],
            lang: Lang::default(),
            purpose: None,
            case_number: None,
            request_id: None,
            today,
            cause: None,
            rights,
            reads: Reads::default(),
        }
    }

    /// A named system account that may everything: jobs and the command line.
    pub fn system(rights: &'static dyn Rights, name: &str, today: NaiveDate) -> Self {
        let mut viewer = Self::anonymous(rights, today);
        name.clone_into(&mut viewer.actor);
        viewer.grants.push(Grant {
            role: SYSTEM_ROLE.to_owned(),
            line: None,
            scope: String::new(),
            reach: Reach::Everywhere,
        });
        viewer
    }

    /// The table of rights.
    pub fn rights(&self) -> &'static dyn Rights {
        self.rights
    }

    /// Whether nobody signed in.
    pub fn is_anonymous(&self) -> bool {
        self.account_id.is_none() && self.grants.iter().all(|grant| grant.role == PUBLIC_ROLE)
    }

    /// Whether the viewer is this account, or acts for it.
    pub fn is_account(&self, id: i64) -> bool {
        self.account_id == Some(id) || self.acting_for == Some(id)
    }

    /// Whether this account is of the viewer's person, or of the one for whom it acts.
    pub fn is_person_of(&self, account: i64) -> bool {
        self.is_account(account) || self.holder.accounts.contains(&account)
    }

    /// Whether a step that an account took at an instant counts as the viewer's own.
    pub fn took(&self, account: i64, at: DateTime<Utc>) -> bool {
        self.is_account(account) || self.holder.took(account, at)
    }

    /// Whether the viewer may take part in what two people decide: it is known who it is. System accounts are what they
    /// are called.
    pub fn is_somebody(&self) -> bool {
        self.account_id.is_none() || self.holder.known
    }

    /// Whether the viewer holds a role.
    pub fn holds(&self, role: &str) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// Whether some grant lets the viewer run a command.
    pub fn may(&self, command: &str) -> bool {
        self.grants.iter().any(|grant| self.grant_may(grant, command))
    }

    /// Whether a grant for this command reaches the division of the row to be written.
    pub fn may_in(&self, command: &str, division: &str) -> bool {
        self.grants.iter().any(|grant| {
            self.grant_may(grant, command)
                && match &grant.reach {
                    Reach::Everywhere => true,
                    Reach::Divisions(ranges) => within(ranges, division),
                    _ => false,
                }
        })
    }

    fn grant_may(&self, grant: &Grant, command: &str) -> bool {
        grant.role == SYSTEM_ROLE || self.rights.may(&grant.role, grant.line.as_deref(), command)
    }

    fn grant_level(&self, grant: &Grant, aggregate: &str) -> Level {
        if grant.role == SYSTEM_ROLE {
            return Level::Full;
        }
        let level = self.rights.level(&grant.role, grant.line.as_deref(), aggregate);
        if level == Level::Full && self.rights.needs_purpose(&grant.role) && self.purpose.is_none() {
            return Level::Masked;
        }
        level
    }

    /// The most that the viewer may see of any row of an aggregate.
    pub fn best_level<E: Aggregate>(&self) -> Level {
        self.best_level_of(E::NAME)
    }

    /// The same by the aggregate's name.
    pub fn best_level_of(&self, aggregate: &str) -> Level {
        self.grants.iter().map(|g| self.grant_level(g, aggregate)).max().unwrap_or(Level::None)
    }

    /// The most that the viewer may see of every row of an aggregate in these codes, both of them too: by the grants that
    /// reach all of them.
    pub fn level_throughout(&self, aggregate: &str, first: &str, last: &str) -> Level {
        let reaches = |grant: &&Grant| grant.reaches(first, last);
        self.grants.iter().filter(reaches).map(|g| self.grant_level(g, aggregate)).max().unwrap_or(Level::None)
    }

    /// What the viewer sees of one row that was read in scope.
    pub fn level<E: Aggregate>(&self, model: &E::Model) -> Level {
        let (mut here, mut perhaps) = (Level::None, None);
        for grant in self.grants.iter().filter(|grant| self.is_of::<E>(grant, model)) {
            let level = self.grant_level(grant, E::NAME);
            match covered::<E>(grant, model) {
                Covered::No => {}
                Covered::Here => here = here.max(level),
                Covered::Perhaps if level < Level::Masked => {}
                Covered::Perhaps => perhaps = Some(perhaps.map_or(level, |least: Level| least.min(level))),
            }
        }
        // A row that a grant covers by itself was reached by that one: what another may show of rows elsewhere is not for
        // it. Which of those that perhaps cover it did, only the database knows: the least is taken.
        if here >= Level::Masked { here } else { perhaps.unwrap_or(here) }
    }

    /// Whether a role that sees only some rows of an aggregate sees this one.
    fn is_of<E: Aggregate>(&self, grant: &Grant, model: &E::Model) -> bool {
        self.only::<E>(grant).is_none_or(|(column, values)| {
            let own = model.get(column);
            values.iter().any(|value| own == (*value).into())
        })
    }

    fn only<E: Aggregate>(&self, grant: &Grant) -> Option<(E::Column, Values)> {
        let (name, values) = self.rights.only(&grant.role, grant.line.as_deref(), E::NAME)?;
        Some((E::Column::iter().find(|column| column_name(*column) == name)?, values))
    }

    /// The columns from which it follows how much of a row is shown and whom it is about: what [`Self::level`] looks at.
    pub fn deciding<E: Aggregate>(&self) -> Vec<E::Column> {
        let scope = E::scope();
        let person = if let PersonScope::Column(column) = scope.person { Some(column) } else { None };
        let of_row = scope.divisions.iter().copied().chain(person).chain(scope.household).chain(scope.organisation);
        let only = self.grants.iter().filter_map(|grant| Some(self.only::<E>(grant)?.0));
        of_row.chain(E::open_column()).chain(only).collect()
    }

    /// Whether a grant for this command covers a row, as far as the row itself tells.
    pub(crate) fn covered_for<E: Aggregate>(&self, command: &str, model: &E::Model) -> Covered {
        let grants = self.grants.iter().filter(|grant| self.gives::<E>(grant, Asked::Command(command)));
        let of = grants.filter(|grant| self.is_of::<E>(grant, model)).map(|grant| covered::<E>(grant, model));
        of.max().unwrap_or(Covered::No)
    }

    /// Whether the viewer may know of changes of an aggregate in a division: those that a grant
    /// shows at least masked. A row without a division concerns the whole district. What the public is granted does not
    /// count: which rows are open is not known here.
    pub fn may_know(&self, aggregate: &str, division: Option<&str>) -> bool {
        self.grants.iter().filter(|grant| grant.role != PUBLIC_ROLE).any(|grant| {
            self.grant_level(grant, aggregate) >= Level::Masked
                && match &grant.reach {
                    Reach::Everywhere => true,
                    Reach::Divisions(ranges) => division.is_none_or(|code| within(ranges, code)),
                    Reach::Organisation { .. } | Reach::Persons { .. } | Reach::Nothing => false,
                }
        })
    }

    /// The condition that a row is in scope and visible.
    pub fn condition<E: Aggregate>(&self) -> Condition {
        self.reached::<E>(Asked::Sight)
    }

    /// The condition that a command may be run about a row.
    pub(crate) fn condition_for<E: Aggregate>(&self, command: &str) -> Condition {
        self.reached::<E>(Asked::Command(command))
    }

    fn reached<E: Aggregate>(&self, asked: Asked<'_>) -> Condition {
        let mut any = Condition::any();
        let mut some = false;
        for grant in &self.grants {
            let Some(condition) = self.reached_by::<E>(grant, asked) else { continue };
            if condition.is_empty() {
                return Condition::all();
            }
            some = true;
            any = any.add(condition);
        }
        if some { any } else { nothing() }
    }

    /// Whether a grant gives what is asked for of an aggregate, by its role and line; its place says of which rows.
    fn gives<E: Aggregate>(&self, grant: &Grant, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Sight => {
                let least = if E::WHOLE { Level::Full } else { Level::Masked };
                self.grant_level(grant, E::NAME) >= least
            }
            Asked::Command(command) => self.grant_may(grant, command),
        }
    }

    /// The condition that a grant reaches a row and gives of it what is asked for: the one decision by role, line and
    /// place. `None`: of none. An empty one: of every row.
    fn reached_by<E: Aggregate>(&self, grant: &Grant, asked: Asked<'_>) -> Option<Condition> {
        if !self.gives::<E>(grant, asked) {
            return None;
        }
        let own = reach_condition::<E>(&grant.reach);
        let reached = match E::parents(&ByGrant { viewer: self, grant, asked }) {
            Some(_) if own.as_ref().is_some_and(Condition::is_empty) => own,
            Some(parents) => Some(Condition::any().add(parents).add_option(own)),
            None => own,
        }?;
        let reached = match E::open_column().filter(|_| grant.role == PUBLIC_ROLE) {
            Some(open) if reached.is_empty() => Condition::all().add(open.eq(true)),
            Some(open) => Condition::all().add(reached).add(open.eq(true)),
            None => reached,
        };
        Some(match self.only::<E>(grant) {
            Some((column, values)) => Condition::all().add(reached).add(column.is_in(values.iter().copied())),
            None => reached,
        })
    }

    /// Live rows in scope. The only way to rows outside a unit of work.
    pub fn select<E: Aggregate>(&self) -> Select<E> {
        E::find().filter(E::live()).filter(self.condition::<E>())
    }

    /// Live rows that hang on rows already in scope, such as the members of a household: `parents`
    /// must come from a scoped read.
    pub fn parts<E: Aggregate>(&self, column: E::Column, parents: impl IntoIterator<Item = i64>) -> Select<E> {
        self.parts_where(column.is_in(parents))
    }

    /// The same by a condition that only rows of such parents fulfil.
    pub fn parts_where<E: Aggregate>(&self, of_parents: Expr) -> Select<E> {
        E::find().filter(E::live()).filter(of_parents)
    }

    /// Whether a personal field may be used to filter, sort or search: only where every row that
    /// the viewer can reach is shown in full.
    pub fn require_open<E: Aggregate>(&self, field: &str) -> Result<(), Fault> {
        self.require_open_of(E::NAME, field)
    }

    /// The same of an aggregate by its name.
    pub fn require_open_of(&self, aggregate: &str, field: &str) -> Result<(), Fault> {
        let masked = self.grants.iter().any(|grant| self.grant_level(grant, aggregate) == Level::Masked);
        if !masked && self.best_level_of(aggregate) == Level::Full {
            return Ok(());
        }
        Err(Fault::Query {
            code: "FORBIDDEN",
            field: field.to_owned(),
            text: Text::of("masked-field").with("field", field),
        })
    }

    /// The role shown beside an access: the first held.
    pub(crate) fn first_role(&self) -> String {
        self.grants
            .iter()
            .find(|grant| grant.role != PUBLIC_ROLE)
            .map_or_else(|| "ANONYMOUS".to_owned(), |grant| grant.role.clone())
    }

    /// A copy for another request on the same connection, with nothing read yet.
    #[must_use]
    pub fn for_request(&self, request_id: String, today: NaiveDate) -> Self {
        Self { cause: None, request_id: Some(request_id), today, ..self.for_job(String::new()) }
    }

    /// A copy for another task of the same work, with nothing read yet.
    #[must_use]
    pub fn for_job(&self, cause: String) -> Self {
        Self {
            account_id: self.account_id,
            actor: self.actor.clone(),
            acting_for: self.acting_for,
            session_id: self.session_id,
            good_until: self.good_until,
            person_id: self.person_id,
            holder: self.holder.clone(),
            address: self.address,
            grants: self.grants.clone(),
            lang: self.lang,
            purpose: self.purpose.clone(),
            case_number: self.case_number.clone(),
            request_id: self.request_id.clone(),
            today: self.today,
            cause: Some(cause),
            rights: self.rights,
            reads: Reads::default(),
        }
    }
}

/// What rows are asked for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    /// To be seen.
    Sight,
    /// For a command to be run about them.
    Command(&'a str),
}

/// What one grant reaches.
struct ByGrant<'a> {
    viewer: &'a Viewer,
    grant: &'a Grant,
    asked: Asked<'a>,
}

impl Reaches for ByGrant<'_> {
    fn reached<E: Aggregate>(&self) -> Condition {
        self.viewer.reached_by::<E>(self.grant, self.asked).unwrap_or_else(nothing)
    }
}

/// The role of system accounts. Never granted.
pub const SYSTEM_ROLE: &str = "SYSTEM";

/// What everybody may, also without a token. Never granted.
pub const PUBLIC_ROLE: &str = "PUBLIC";

/// Whether a code lies in one of the ranges.
pub fn within(ranges: &[(String, String)], code: &str) -> bool {
    ranges.iter().any(|(low, high)| low.as_str() <= code && code < high.as_str())
}

/// Whether a grant covers a row, as far as the row itself tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Covered {
    /// Not.
    No,
    /// Only the database knows: the row would be reached through rows of others.
    Perhaps,
    /// By what stands in the row.
    Here,
}

fn covered<E: Aggregate>(grant: &Grant, model: &E::Model) -> Covered {
    if grant.role == PUBLIC_ROLE && !E::is_open(model) {
        return Covered::No;
    }
    let person = E::scope().person;
    let (here, through) = match &grant.reach {
        Reach::Everywhere => (true, false),
        Reach::Nothing => return Covered::No,
        Reach::Divisions(ranges) => {
            let codes = E::division_codes(model);
            (codes.iter().any(|code| within(ranges, code)) || unscoped::<E>(), false)
        }
        Reach::Organisation { codes, served } => {
            let own = E::organisation(model).is_some_and(|own| codes.contains(&own));
            (own || (matches!(person, PersonScope::Itself) && served.contains(&E::id(model))), false)
        }
        Reach::Persons { persons, households } => {
            let own = E::person(model).is_some_and(|id| persons.contains(&id));
            let home = E::household(model).is_some_and(|id| households.contains(&id));
            (own || home, matches!(person, PersonScope::Through(_)))
        }
    };
    match here {
        true => Covered::Here,
        false if through || E::OF_ANOTHER => Covered::Perhaps,
        false => Covered::No,
    }
}

/// A table about no place, person or organisation: accounts, imports. `policy.rs` alone decides.
fn unscoped<E: Aggregate>() -> bool {
    let scope = E::scope();
    scope.divisions.is_empty()
        && matches!(scope.person, PersonScope::None)
        && scope.household.is_none()
        && scope.organisation.is_none()
}

/// `None`: reaches nothing. An empty condition: reaches everything.
fn reach_condition<E: Aggregate>(reach: &Reach) -> Option<Condition> {
    let scope = E::scope();
    match reach {
        Reach::Everywhere => Some(Condition::all()),
        Reach::Nothing => None,
        Reach::Divisions(ranges) => {
            if unscoped::<E>() {
                return Some(Condition::all());
            }
            // In the text of the statement, not beside it: so a plan that is kept knows how much of the table that is.
            let code = |code: &String| Expr::Constant(code.as_str().into());
            let mut any = Condition::any();
            for column in scope.divisions {
                for (low, high) in ranges {
                    any = any.add(column.into_expr().gte(code(low)).and(column.into_expr().lt(code(high))));
                }
            }
            (!any.is_empty()).then_some(any)
        }
        Reach::Organisation { codes, served } => {
            let mut any = Condition::any();
            if let Some(column) = scope.organisation {
                any = any.add(column.is_in(codes.iter().cloned()));
            }
            if matches!(scope.person, PersonScope::Itself) {
                any = any.add(E::id_column().is_in(served.iter().copied()));
            }
            (!any.is_empty()).then_some(any)
        }
        Reach::Persons { persons, households } => {
            let mut any = Condition::any();
            match scope.person {
                PersonScope::None => {}
                PersonScope::Itself => any = any.add(E::id_column().is_in(persons.iter().copied())),
                PersonScope::Column(column) => any = any.add(column.is_in(persons.iter().copied())),
                PersonScope::Through(part) => any = any.add(part(persons)),
            }
            if let Some(column) = scope.household {
                any = any.add(column.is_in(households.iter().copied()));
            }
            (!any.is_empty()).then_some(any)
        }
    }
}
