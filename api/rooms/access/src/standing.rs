//! What a session is worth now: is it alive, is its account enabled, which roles does it hold today and what do they
//! reach. Read at most once a second for each session, so that a disabled account, an ended session or a revoked role
//! is out on every process within two seconds, and no request asks the database while that is fresh.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use entity::access::{account, deputy, role_grant, session};
use entity::eldercare::{care_centre, home_care_bed, stay};
use entity::registry::{division, guardianship, household_member};
use minzheng_ground::config::Config;
use minzheng_ground::policy::{MEMBER_ROLE, POLICY, SETUP_ROLE, ScopeKind, role_of};
use minzheng_kernel::viewer::{Grant, Holder, PUBLIC_ROLE, People, Reach, within};
use minzheng_kernel::{Fault, Kernel, Viewer};
use minzheng_reference::guardianship::holds_on;
use minzheng_rules::division::division_prefix;
use sea_orm::sea_query::{Condition, ExprTrait as _};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use crate::lane::Lanes;
use crate::lock::Strangers;
use crate::outside::Outside;
use crate::session::{FULL, live_sessions};

/// How long a standing is taken as it was read.
const FRESH: Duration = Duration::from_secs(1);
/// How long it is taken as that of this moment, by those who ask again and again: the connections of one session ask
/// once together.
const SHARED: Duration = Duration::from_millis(500);
/// Standings kept; stale ones go first.
const MOST: usize = 10_000;
/// Divisions succeed one another; nobody has come through more changes than this.
const SUCCESSIONS: usize = 20;

/// Whose standing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Of a token of ours.
    Session(i64),
    /// Of an outside issuer's token: the account's user name.
    Outside(String),
    /// Of a job, which runs without a session: the account, and for whom it acts.
    Account {
        /// The account.
        account: i64,
        /// The account it acts for.
        acting_for: Option<i64>,
    },
}

/// What a session is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account_id: i64,
    /// What the journal calls it; of a deputy, both names.
    pub actor: String,
    /// The account it acts for.
    pub acting_for: Option<i64>,
    /// The natural person behind it.
    pub person_id: Option<i64>,
    /// Who that is to the rules of two.
    pub holder: Holder,
    /// The session.
    pub session_id: Option<i64>,
    /// What is held today.
    grants: Vec<Grant>,
    /// For whom it acts as a proxy today: the purpose, and the person. Only what is asked for that purpose reaches them.
    proxies: Proxies,
    /// When the session ends.
    pub good_until: Option<DateTime<Utc>>,
}

impl Standing {
    /// Makes a viewer of it: the one place that does. The viewer's purpose stands before, since some rights are for one.
    pub fn lend(&self, viewer: &mut Viewer) {
        viewer.account_id = Some(self.account_id);
        viewer.actor.clone_from(&self.actor);
        viewer.acting_for = self.acting_for;
        viewer.session_id = self.session_id;
        viewer.person_id = self.person_id;
        viewer.holder.clone_from(&self.holder);
        viewer.grants = self.grants_for(viewer.purpose.as_deref());
    }

    /// What is held today, for what is asked for a purpose.
    pub fn grants_for(&self, purpose: Option<&str>) -> Vec<Grant> {
        let mut grants = self.grants.clone();
        for (of_proxy, person) in &self.proxies {
            if purpose != Some(of_proxy.as_str()) {
                continue;
            }
            for grant in grants.iter_mut().filter(|grant| grant.role == "CITIZEN") {
                if let Reach::Persons { persons, .. } = &mut grant.reach {
                    persons.push(*person);
                }
            }
        }
        grants
    }
}

type Read = (Instant, Option<Arc<Standing>>);

/// Where everybody comes in: what is known of sessions, of strangers, and the outside issuer.
#[derive(Debug)]
pub struct Gate {
    standings: Mutex<HashMap<Who, Read>>,
    /// Where those wait who ask for the same at once.
    asking: Mutex<HashMap<Who, Arc<tokio::sync::Mutex<()>>>>,
    /// Names that are no account.
    pub strangers: Strangers,
    /// Where those wait whose password is checked.
    pub(super) lanes: Lanes,
    /// Days for which a password that somebody gave out binds the two.
    reset_days: i64,
    /// Another issuer whose tokens are taken.
    pub outside: Option<Outside>,
}

impl Gate {
    /// As configured.
    pub fn new(config: &Config) -> Result<Self, Fault> {
        let outside = Outside::configured(config)?;
        Ok(Self {
            standings: Mutex::default(),
            asking: Mutex::default(),
            strangers: Strangers::default(),
            lanes: Lanes::new(minzheng_kernel::secrets::passwords_at_once()),
            reset_days: config.reset_days,
            outside,
        })
    }

    /// What it is worth, no older than a second; `None`: nothing.
    pub async fn standing(&self, kernel: &Kernel, who: &Who) -> Result<Option<Arc<Standing>>, Fault> {
        match self.known(who) {
            Some(standing) => Ok(standing),
            None => self.standing_now(kernel, who).await,
        }
    }

    /// The same, where it was read in the last second.
    #[allow(clippy::option_option)] // not known, or known to be worth nothing
    pub fn known(&self, who: &Who) -> Option<Option<Arc<Standing>>> {
        self.known_for(who, FRESH)
    }

    #[allow(clippy::option_option)]
    fn known_for(&self, who: &Who, time: Duration) -> Option<Option<Arc<Standing>>> {
        self.lock().get(who).filter(|(read, _)| read.elapsed() < time).map(|(_, standing)| standing.clone())
    }

    /// What it is worth, no older than half a second: for the many connections of one session, which look every few
    /// seconds. One of them reads, the others take what it read.
    pub async fn standing_shared(&self, kernel: &Kernel, who: &Who) -> Result<Option<Arc<Standing>>, Fault> {
        let turn = {
            let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            if asking.len() >= MOST {
                asking.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            asking.entry(who.clone()).or_default().clone()
        };
        let _turn = turn.lock().await;
        match self.known_for(who, SHARED) {
            Some(standing) => Ok(standing),
            None => self.standing_now(kernel, who).await,
        }
    }

    /// What it is worth at this moment.
    pub async fn standing_now(&self, kernel: &Kernel, who: &Who) -> Result<Option<Arc<Standing>>, Fault> {
        // Whoever gives a command with an account came through here.
        let known =
            || -> Arc<dyn People> { Arc::new(super::holder::Known { days: self.reset_days, clock: kernel.clock }) };
        kernel.people.get_or_init(known);
        let begun = Instant::now();
        let standing = read(kernel, who, self.reset_days).await?.map(Arc::new);
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, (read, _)| read.elapsed() < FRESH);
        }
        if kept.len() < MOST {
            kept.insert(who.clone(), (begun, standing.clone()));
        }
        Ok(standing)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Who, Read>> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(kernel: &Kernel, who: &Who, reset_days: i64) -> Result<Option<Standing>, Fault> {
    let db = kernel.db.read();
    let today = kernel.clock.today();
    let system = Viewer::system(&POLICY, "access", today);
    let accounts = system.select::<account::Entity>().filter(account::Column::Disabled.eq(false)).filter(
        Condition::any().add(account::Column::ValidUntil.is_null()).add(account::Column::ValidUntil.gte(today)),
    );
    let (session, own) = match who {
        Who::Session(id) => {
            let sessions = system.select::<session::Entity>().filter(session::Column::Id.eq(*id));
            let Some(session) = sessions.filter(live_sessions(kernel.clock.now())).one(db).await? else {
                return Ok(None);
            };
            let own = accounts.clone().filter(account::Column::Id.eq(session.account_id)).one(db).await?;
            (Some(session), own)
        }
        Who::Outside(username) => {
            let own = accounts.clone().filter(account::Column::Username.eq(username));
            (None, own.filter(account::Column::System.eq(false)).one(db).await?)
        }
        Who::Account { account, .. } => {
            (None, accounts.clone().filter(account::Column::Id.eq(*account)).one(db).await?)
        }
    };
    let Some(own) = own else { return Ok(None) };
    let acting_for = match who {
        Who::Account { acting_for, .. } => *acting_for,
        _ => session.as_ref().and_then(|session| session.acting_for),
    };
    let mut actor = own.username.clone();
    let mut principal = None;
    if let Some(from) = acting_for {
        let Some(from) = accounts.filter(account::Column::Id.eq(from)).one(db).await? else { return Ok(None) };
        let stands_in =
            system.select::<deputy::Entity>().filter(super::deputy::today(from.id, own.id, today)).one(db).await?;
        if stands_in.is_none() {
            return Ok(None);
        }
        actor = format!("{} 代 {}", own.username, from.username);
        principal = Some(from);
    }
    let full = session.as_ref().is_none_or(|session| session.scope == FULL);
    let mut grants = vec![public()];
    let mut proxies = Vec::new();
    if full {
        let (held, of_proxies) = held(kernel, &system, acting_for.unwrap_or(own.id), today).await?;
        grants.extend(held);
        proxies = of_proxies;
        if session.as_ref().is_some_and(|session| session.kind == "SCREEN") {
            // A screen hangs on a wall for weeks: it is nobody, and has nothing else that the account may hold.
            grants.retain(|grant| [PUBLIC_ROLE, "SCREEN"].contains(&grant.role.as_str()));
            proxies.clear();
        } else {
            grants.push(pseudo(MEMBER_ROLE));
        }
    } else {
        // The one place where a token that is good only for setting up the account gets no more than that.
        grants.push(pseudo(SETUP_ROLE));
    }
    let citizen = grants.iter().find(|grant| grant.role == "CITIZEN").and_then(|grant| grant.scope.parse().ok());
    let people: Vec<&account::Model> = std::iter::once(&own).chain(&principal).collect();
    let holder = super::holder::of(db, &system, &people, kernel.clock.now(), reset_days).await?;
    Ok(Some(Standing {
        holder,
        account_id: own.id,
        actor,
        acting_for,
        person_id: own.person_id.or(citizen),
        session_id: session.as_ref().map(|session| session.id),
        grants,
        proxies,
        good_until: session.map(|session| session.expires_at),
    }))
}

fn public() -> Grant {
    Grant { role: PUBLIC_ROLE.to_owned(), line: None, scope: String::new(), reach: Reach::Everywhere }
}

/// What comes with having signed in: commands about oneself, and no row.
fn pseudo(role: &str) -> Grant {
    Grant { role: role.to_owned(), line: None, scope: String::new(), reach: Reach::Nothing }
}

/// For whom somebody acts as a proxy: the purpose, and the person.
type Proxies = Vec<(String, i64)>;

/// The roles an account holds today, with what they reach, and for whom it acts as a proxy.
async fn held(
    kernel: &Kernel,
    system: &Viewer,
    account: i64,
    today: NaiveDate,
) -> Result<(Vec<Grant>, Proxies), Fault> {
    use role_grant::Column;
    let mut rows = system
        .select::<role_grant::Entity>()
        .filter(Column::AccountId.eq(account))
        .filter(Column::State.eq("ACTIVE"))
        .filter(Condition::any().add(Column::ValidFrom.is_null()).add(Column::ValidFrom.lte(today)))
        .filter(super::role_grant::not_over(today))
        .all(kernel.db.read())
        .await?;
    rows.sort_by_key(|row| row.id);
    let mut grants = Vec::with_capacity(rows.len());
    let mut proxies = Vec::new();
    for row in rows {
        let Some(role) = role_of(&row.role) else { continue };
        let reach = match role.scope {
            ScopeKind::None => Reach::Everywhere,
            ScopeKind::Division if row.scope.is_empty() && row.role == "AUDITOR" => Reach::Everywhere,
            ScopeKind::Division => Reach::Divisions(ranges(kernel, system, &row.scope).await?),
            ScopeKind::Organisation => organisation(kernel, system, &row.scope, today).await?,
            ScopeKind::Person => match row.scope.parse() {
                Ok(person) => {
                    let (reach, of_proxies) = own_and_wards(kernel, system, person, today).await?;
                    proxies.extend(of_proxies);
                    reach
                }
                Err(_) => Reach::Nothing,
            },
        };
        grants.push(Grant { role: row.role, line: row.line, scope: row.scope, reach });
    }
    Ok((grants, proxies))
}

type Ranges = Vec<(String, String)>;

/// The codes of a division and all that lies in it: `low <= code < high`.
fn range(code: &str) -> (String, String) {
    let prefix = division_prefix(code);
    let high = prefix.parse::<u64>().ok().map(|number| format!("{:0width$}", number + 1, width = prefix.len()));
    // After the last code of all (99…) comes none, and 13 nines are above every code of 12 digits.
    let high = high.filter(|high| high.len() == prefix.len()).unwrap_or_else(|| "9".repeat(13));
    (prefix.to_owned(), high)
}

/// The ranges of a division and of the codes that were its own, or its parts', before.
async fn ranges(kernel: &Kernel, system: &Viewer, code: &str) -> Result<Ranges, Fault> {
    use division::Column;
    let mut all = vec![range(code)];
    let mut new = all.clone();
    for _ in 0..SUCCESSIONS {
        let mut of_new = Condition::any();
        for (low, high) in &new {
            of_new = of_new.add(Column::Successor.gte(low).and(Column::Successor.lt(high)));
        }
        let before = system.select::<division::Entity>().filter(of_new).all(kernel.db.read()).await?;
        new.clear();
        for row in before {
            if !within(&all, &row.code) {
                new.push(range(&row.code));
                all.push(range(&row.code));
            }
        }
        if new.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// An organisation by its USCC, with the centres that it runs, or a centre by its number; and the persons served today:
/// residents, and elders with a bed at home.
async fn organisation(kernel: &Kernel, system: &Viewer, code: &str, today: NaiveDate) -> Result<Reach, Fault> {
    use {care_centre::Column as Centre, home_care_bed::Column as Bed, stay::Column as Stay};
    let db = kernel.db.read();
    let of_code = Condition::any().add(Centre::Uscc.eq(code)).add(Centre::Number.eq(code));
    let centres = system.select::<care_centre::Entity>().filter(of_code).all(db).await?;
    let mut codes: Vec<String> = centres.iter().map(|centre| centre.number.clone()).collect();
    if !codes.iter().any(|known| known == code) {
        codes.push(code.to_owned());
    }
    let mut served = Vec::new();
    if !centres.is_empty() {
        let stays = system
            .select::<stay::Entity>()
            .filter(Stay::Centre.is_in(codes.clone()))
            .filter(Stay::EnteredOn.lte(today))
            .filter(Condition::any().add(Stay::LeftOn.is_null()).add(Stay::LeftOn.gt(today)))
            .all(db)
            .await?;
        let beds = system
            .select::<home_care_bed::Entity>()
            .filter(Bed::Centre.is_in(codes.clone()))
            .filter(Bed::Mistaken.eq(false))
            .filter(Bed::StartedOn.lte(today))
            .filter(Condition::any().add(Bed::ClosedOn.is_null()).add(Bed::ClosedOn.gt(today)))
            .all(db)
            .await?;
        served.extend(stays.iter().map(|row| row.person_id).chain(beds.iter().map(|row| row.person_id)));
        served.sort_unstable();
        served.dedup();
    }
    Ok(Reach::Organisation { codes, served })
}

/// A person, those it is guardian of today, and the households of which they are members today; and for whom it acts as
/// a proxy.
async fn own_and_wards(
    kernel: &Kernel,
    system: &Viewer,
    person: i64,
    today: NaiveDate,
) -> Result<(Reach, Proxies), Fault> {
    use {guardianship::Column as Ward, household_member::Column as Member};
    let acts_for = system
        .select::<guardianship::Entity>()
        .filter(Ward::GuardianId.eq(person))
        .filter(holds_on(today))
        .order_by_asc(Ward::Id)
        .all(kernel.db.read())
        .await?;
    let (wards, others): (Vec<_>, Vec<_>) = acts_for.into_iter().partition(|row| row.kind == "GUARDIAN");
    let proxies = others.into_iter().filter_map(|row| Some((row.purpose?, row.person_id))).collect();
    let mut persons: Vec<i64> = std::iter::once(person).chain(wards.iter().map(|row| row.person_id)).collect();
    persons.sort_unstable();
    persons.dedup();
    let households = system
        .select::<household_member::Entity>()
        .filter(Member::PersonId.is_in(persons.iter().copied()))
        .filter(Member::JoinedOn.lte(today))
        .filter(Condition::any().add(Member::LeftOn.is_null()).add(Member::LeftOn.gt(today)))
        .all(kernel.db.read())
        .await?;
    let mut households: Vec<i64> = households.iter().map(|row| row.household_id).collect();
    households.sort_unstable();
    households.dedup();
    Ok((Reach::Persons { persons, households }, proxies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_the_division_and_nothing_beside_it() {
        assert_eq!(range("430104102000"), ("430104102".into(), "430104103".into()));
        assert_eq!(range("430104000000"), ("430104".into(), "430105".into()));
        assert_eq!(range("090000000000"), ("09".into(), "10".into()));
        let (low, high) = range("999999999999");
        assert!(low.as_str() <= "999999999999" && "999999999999" < high.as_str());
        let ranges = [range("430104102203")];
        assert!(within(&ranges, "430104102203"));
        assert!(!within(&ranges, "430104102204") && !within(&ranges, "430104102000"));
    }
}
