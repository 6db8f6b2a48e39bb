//! 锁定 · what wrong passwords and codes come to. After a few, the account is locked for where they came from; after many
//! more within an hour, for all but those who are known: a device that signed in before, a session that is open. Each lock
//! is twice as long as the one before. So nobody guesses, and nobody locks others out of where they work. A name that is
//! no account is locked as one is, so that names cannot be found out.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::access::account;
use entity::access::sign_in_failure::{Column, Entity, Model};
use minzheng_ground::config::Config;
use minzheng_kernel::secrets::{Keyring, constant_time_eq, random_bytes};
use minzheng_kernel::{Checked, Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Names that are no account, of which failures are counted.
const STRANGERS: usize = 20_000;
/// How often a lock is twice as long as the one before.
const DOUBLED: i32 = 6;

/// After how many failures an account is locked, and for how long.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Limits {
    /// From one place.
    pub failures: i32,
    /// From all places within an hour.
    pub everywhere: i32,
    /// The first lock.
    pub minutes: i64,
}

impl Limits {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            failures: config.sign_in_failures.max(1),
            everywhere: config.sign_in_failures_everywhere.max(1),
            minutes: config.lock_minutes.clamp(1, 24 * 60),
        }
    }
}

/// Where an attempt comes from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Source {
    /// An address, `device:…` or `session:…`.
    pub name: String,
    /// Whether the account was open there before: what others do locks nobody out of it.
    pub known: bool,
}

impl Source {
    /// The open session in which something is asked.
    pub(super) fn of_session(viewer: &Viewer) -> Self {
        Self { name: format!("session:{}", viewer.session_id.unwrap_or_default()), known: true }
    }

    /// The address from which something is asked; in IPv6 the network that one customer has.
    pub(super) fn of_address(viewer: &Viewer) -> Self {
        let address = viewer.address.map(minzheng_ground::state::counted);
        Self { name: address.map_or_else(|| "—".to_owned(), |address| address.to_string()), known: false }
    }
}

/// Failures of one account, from one place or from all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Failures {
    count: i32,
    since: Option<DateTime<Utc>>,
    locks: i32,
    until: Option<DateTime<Utc>>,
}

impl Failures {
    /// Whether that locks at an instant. What was noted by a clock that was far ahead does not.
    fn is_locked(self, limits: Limits, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until > now && until - now <= wait(limits, DOUBLED + 1))
    }

    /// One more; that which fills the number within the time locks.
    fn failed(&mut self, most: i32, within: TimeDelta, limits: Limits, now: DateTime<Utc>) {
        let over = self.until.is_some_and(|until| until <= now);
        let begun = self.since.is_some_and(|since| since <= now && now - since <= within);
        // Who has been quiet for a day begins with the first lock again.
        if self.until.or(self.since).is_some_and(|last| now - last > a_day()) {
            self.locks = 0;
        }
        if over || !begun {
            (self.count, self.since, self.until) = (0, Some(now), None);
        }
        self.count = self.count.saturating_add(1);
        if self.count >= most {
            self.locks = self.locks.saturating_add(1).min(DOUBLED + 1);
            self.until = Some(now + wait(limits, self.locks));
        }
    }

    fn of_account(row: &account::Model) -> Self {
        Self {
            count: row.failures,
            since: row.failing_since,
            locks: row.locks.unwrap_or_default(),
            until: row.locked_until,
        }
    }

    fn into_account(self, row: &mut account::Model) {
        row.failures = self.count;
        row.failing_since = self.since;
        row.locks = Some(self.locks).filter(|locks| *locks > 0);
        row.locked_until = self.until;
    }

    fn of_source(row: &Model) -> Self {
        Self {
            count: row.failures,
            since: row.failing_since,
            locks: row.locks.unwrap_or_default(),
            until: row.locked_until,
        }
    }

    fn into_source(self, row: &mut Model) {
        row.failures = self.count;
        row.failing_since = self.since;
        row.locks = Some(self.locks).filter(|locks| *locks > 0);
        row.locked_until = self.until;
    }
}

/// How long the n-th lock after another is.
fn wait(limits: Limits, locks: i32) -> TimeDelta {
    TimeDelta::minutes(limits.minutes << (locks - 1).clamp(0, DOUBLED))
}

/// Failures from one place are forgotten after this.
fn a_day() -> TimeDelta {
    TimeDelta::days(1)
}

fn an_hour() -> TimeDelta {
    TimeDelta::hours(1)
}

pub(super) fn locked_out() -> Failure {
    Refusal::new(UserErrorCode::LockedOut, Text::of("locked-out")).into()
}

/// Whether an account is locked for a place, outside a unit of work: as much is computed then, to no avail.
pub(super) async fn is_locked(
    kernel: &Kernel,
    system: &Viewer,
    row: &account::Model,
    source: &Source,
    limits: Limits,
) -> Result<bool, Fault> {
    let of_place = system
        .select::<Entity>()
        .filter(Column::AccountId.eq(row.id))
        .filter(Column::Source.eq(&source.name))
        .one(kernel.db.read())
        .await?;
    Ok(locks(row, of_place.as_ref(), source, limits, kernel.clock.now()))
}

fn locks(row: &account::Model, of_place: Option<&Model>, source: &Source, limits: Limits, now: DateTime<Utc>) -> bool {
    of_place.is_some_and(|row| Failures::of_source(row).is_locked(limits, now))
        || (!source.known && Failures::of_account(row).is_locked(limits, now))
}

async fn of_place(work: &Work<'_>, account: i64, source: &Source) -> Result<Option<Model>, Failure> {
    let known = work.everywhere::<Entity>().filter(Column::AccountId.eq(account));
    Ok(known.filter(Column::Source.eq(&source.name)).one(work.tx()).await?)
}

/// Refuses where the account is locked for this place. The account's row must be locked in this work.
pub(super) async fn open(
    work: &Work<'_>,
    row: &account::Model,
    source: &Source,
    limits: Limits,
) -> Result<(), Failure> {
    let of_place = of_place(work, row.id, source).await?;
    if locks(row, of_place.as_ref(), source, limits, work.now) { Err(locked_out()) } else { Ok(()) }
}

/// Counts a failure of the account from this place.
pub(super) async fn failed(
    work: &mut Work<'_>,
    row: Checked<account::Entity>,
    source: &Source,
    limits: Limits,
) -> Result<(), Failure> {
    let (id, now) = (row.row().id, work.now);
    let of_place = of_place(work, id, source).await?;
    let mut failures = of_place.as_ref().map(Failures::of_source).unwrap_or_default();
    failures.failed(limits.failures, a_day(), limits, now);
    match of_place {
        Some(of_place) => {
            let of_place = work.checked::<Entity>(of_place);
            work.update::<Entity>(of_place, |row| failures.into_source(row)).await?;
        }
        None => {
            let mut new = Model {
                id: work.id().await?,
                account_id: id,
                source: source.name.clone(),
                version: 1,
                ..Model::default()
            };
            failures.into_source(&mut new);
            work.insert::<Entity>(new).await?;
        }
    }
    work.update::<account::Entity>(row, |row| {
        let mut all = Failures::of_account(row);
        all.failed(limits.everywhere, an_hour(), limits, now);
        all.into_account(row);
        row.source_locked_until = row.source_locked_until.max(failures.until);
    })
    .await?;
    Ok(())
}

/// Forgets the failures of a place from which the right password came, and those of all places unless they lock: whoever
/// goes on guessing elsewhere does not begin anew with each sign-in of the owner.
pub(super) async fn passed(work: &mut Work<'_>, row: &mut account::Model, source: &Source) -> Result<(), Failure> {
    if row.locked_until.is_none_or(|until| until <= work.now) {
        Failures::default().into_account(row);
    }
    if let Some(of_place) = of_place(work, row.id, source).await? {
        let of_place = work.checked::<Entity>(of_place);
        work.update::<Entity>(of_place, |row| Failures::default().into_source(row)).await?;
    }
    Ok(())
}

/// Forgets all failures of an account but those on its row.
pub(super) async fn forget(work: &mut Work<'_>, account: i64) -> Result<(), Failure> {
    for row in work.everywhere::<Entity>().filter(Column::AccountId.eq(account)).all(work.tx()).await? {
        let row = work.checked::<Entity>(row);
        work.update::<Entity>(row, |row| Failures::default().into_source(row)).await?;
    }
    Ok(())
}

/// Forgets those on the row.
pub(super) fn clear(row: &mut account::Model) {
    Failures::default().into_account(row);
    row.source_locked_until = None;
}

/// Failures of names that are no account. Only digests are kept.
#[derive(Debug)]
pub struct Strangers(Mutex<lru::LruCache<[u8; 32], Failures>>);

impl Default for Strangers {
    fn default() -> Self {
        Self(Mutex::new(lru::LruCache::new(NonZeroUsize::new(STRANGERS).unwrap_or(NonZeroUsize::MIN))))
    }
}

impl Strangers {
    fn with<T>(&self, name: &str, source: &str, run: impl FnOnce(&mut Failures) -> T) -> T {
        let key = Sha256::digest(format!("{name}\0{source}")).into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        run(kept.get_or_insert_mut(key, Failures::default))
    }

    /// Whether the name is locked for this place.
    pub(super) fn is_locked(&self, name: &str, source: &Source, limits: Limits, now: DateTime<Utc>) -> bool {
        let locked = |failures: &mut Failures| failures.is_locked(limits, now);
        self.with(name, &source.name, locked) || self.with(name, "", locked)
    }

    /// Counts a failure.
    pub(super) fn failed(&self, name: &str, source: &Source, limits: Limits, now: DateTime<Utc>) {
        self.with(name, &source.name, |own| own.failed(limits.failures, a_day(), limits, now));
        self.with(name, "", |all| all.failed(limits.everywhere, an_hour(), limits, now));
    }
}

/// 已知设备 · a device at which an account signed in before. It opens nothing: it only stands aside of locks that others
/// brought about. Kept by the client; nothing is stored here.
pub(super) struct Device {
    nonce: String,
}

impl Device {
    /// A new one.
    pub(super) fn new() -> Result<Self, Fault> {
        Ok(Self { nonce: hex::encode(random_bytes::<8>()?) })
    }

    /// That of a token of this account that is still good.
    pub(super) fn of(keys: &Keyring, token: &str, account: i64, now: DateTime<Utc>) -> Option<Self> {
        let (said, tag) = token.rsplit_once('.')?;
        let mut parts = said.split('.');
        let (nonce, until) = (parts.next()?, parts.next()?.parse::<i64>().ok()?);
        let right = keys.blind("device", &format!("{account}.{said}")).ok()?;
        let good = constant_time_eq(hex::encode(right).as_bytes(), tag.as_bytes()) && until > now.timestamp();
        good.then(|| Self { nonce: nonce.to_owned() })
    }

    /// Its token, good for so many days.
    pub(super) fn token(&self, keys: &Keyring, account: i64, now: DateTime<Utc>, days: i64) -> Result<String, Fault> {
        let said = format!("{}.{}", self.nonce, (now + TimeDelta::days(days.clamp(1, 3650))).timestamp());
        let tag = keys.blind("device", &format!("{account}.{said}"))?;
        Ok(format!("{said}.{}", hex::encode(tag)))
    }

    /// As where an attempt comes from.
    pub(super) fn source(&self) -> Source {
        Source { name: format!("device:{}", self.nonce), known: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { failures: 2, everywhere: 5, minutes: 15 };

    fn place(name: &str) -> Source {
        Source { name: name.to_owned(), known: false }
    }

    #[test]
    fn a_lock_is_of_the_place_and_each_is_twice_as_long() {
        let (strangers, mut now) = (Strangers::default(), DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let (here, there) = (place("10.0.0.1"), place("10.0.0.2"));
        for minutes in [15, 30, 60] {
            strangers.failed("wang.wu", &here, LIMITS, now);
            assert!(!strangers.is_locked("wang.wu", &here, LIMITS, now));
            strangers.failed("wang.wu", &here, LIMITS, now);
            assert!(strangers.is_locked("wang.wu", &here, LIMITS, now), "{minutes}");
            assert!(!strangers.is_locked("wang.wu", &there, LIMITS, now), "elsewhere it is not locked");
            assert!(!strangers.is_locked("li.si", &here, LIMITS, now), "nor another name");
            now += TimeDelta::minutes(minutes);
            assert!(!strangers.is_locked("wang.wu", &here, LIMITS, now), "after {minutes} minutes");
            now += TimeDelta::hours(2);
        }
    }

    #[test]
    fn many_places_within_an_hour_lock_all() {
        let (strangers, now) = (Strangers::default(), DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        for n in 0..5 {
            assert!(!strangers.is_locked("wang.wu", &place("home"), LIMITS, now));
            strangers.failed("wang.wu", &place(&format!("10.0.0.{n}")), LIMITS, now);
        }
        assert!(strangers.is_locked("wang.wu", &place("home"), LIMITS, now));
        assert!(!strangers.is_locked("wang.wu", &place("home"), LIMITS, now + TimeDelta::minutes(15)));
    }

    #[test]
    fn a_lock_of_a_clock_that_was_ahead_is_none() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let ahead = Failures { until: Some(now + TimeDelta::days(400)), ..Failures::default() };
        assert!(!ahead.is_locked(LIMITS, now));
    }

    #[test]
    fn a_device_is_of_one_account_and_for_some_days() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::load_or_create(&folder.path().join("keys")).unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let token = Device::new().unwrap().token(&keys, 7, now, 30).unwrap();
        assert!(Device::of(&keys, &token, 7, now).is_some());
        assert!(Device::of(&keys, &token, 8, now).is_none(), "of another account");
        assert!(Device::of(&keys, &token, 7, now + TimeDelta::days(31)).is_none());
        for bad in ["", ".", "a.b", "a.9999999999.b", &token[1..]] {
            assert!(Device::of(&keys, bad, 7, now).is_none(), "{bad}");
        }
    }
}
