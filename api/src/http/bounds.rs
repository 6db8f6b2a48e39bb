//! How much one address or account may ask for, and how long anything may take.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use minzheng_ground::state::counted;
use minzheng_kernel::Viewer;
use minzheng_kernel::request::{SlowLane, Turns};
use tokio::sync::Semaphore;

/// A request's body arrives within this time.
pub const BODY_TIME: Duration = Duration::from_secs(15);
/// What was sent is taken by the client within this time, or the connection is cut.
pub const WRITE_TIME: Duration = Duration::from_secs(30);
/// A new WebSocket says `connection_init` within this time.
pub const INIT_TIME: Duration = Duration::from_secs(10);
/// How often it is looked whether the viewer of a long connection is still good.
pub const GOOD_EVERY: Duration = Duration::from_secs(2);
/// How often a quiet connection is spoken to.
pub const PING_EVERY: Duration = Duration::from_secs(15);
/// A WebSocket that says nothing for so long, not even a pong, is closed.
pub const SILENCE: Duration = Duration::from_secs(45);
/// Operations on one WebSocket at a time.
pub const OPERATIONS: usize = 50;
/// Answers that wait for one connection.
pub const WAITING: usize = 16;
/// Long connections of this process.
const CONNECTIONS: u32 = 10_000;

/// How many requests at once, in seconds' worth.
const BURST_SECONDS: u32 = 5;
/// How often the rates forget keys that are not limited now.
pub const FORGET_EVERY: Duration = Duration::from_secs(10);

/// A rate for each key.
pub struct Rate<K: std::hash::Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: std::hash::Hash + Eq + Clone> Rate<K> {
    /// So many a second for each key; 0: no limit.
    pub fn new(per_second: u32) -> Self {
        let quota = NonZeroU32::new(per_second).map(|rate| {
            Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(rate)))
        });
        Self(quota.map(RateLimiter::keyed))
    }

    /// Counts one request; the seconds to wait where it is one too many.
    pub fn admit(&self, key: &K) -> Result<(), u64> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let wait = |until: governor::NotUntil<_>| until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        limiter.check_key(key).map_err(wait)
    }

    /// Forgets keys that are not limited now.
    pub fn forget(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// Who pays for what a request uses: its account, and where there is none its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// Without a token.
    Address(IpAddr),
    /// By its actor.
    Account(String),
}

impl Payer {
    /// Who pays for a request of this viewer from this address.
    pub fn of(viewer: &Viewer, address: IpAddr) -> Self {
        if viewer.is_anonymous() { Self::Address(counted(address)) } else { Self::Account(viewer.actor.clone()) }
    }
}

/// What comes in each second; 0: no limit.
#[derive(Clone, Copy, Debug)]
pub struct Income {
    /// Milliseconds of processor and database.
    pub work: u32,
    /// Statements.
    pub statements: u32,
}

/// Seconds whose income is saved, and owed at most.
const SAVED_SECONDS: i64 = 60;

/// Savings in microseconds of work or millionths of a statement.
#[derive(Clone, Copy, Debug)]
struct Savings {
    left: i64,
    income: i64,
    at: Instant,
}

impl Savings {
    /// With so much coming in each second; 0: never used up.
    fn new(income: i64, at: Instant) -> Self {
        Self { left: income * SAVED_SECONDS, income, at }
    }

    fn most(&self) -> i64 {
        self.income * SAVED_SECONDS
    }

    fn come_in(&mut self, now: Instant) {
        let micros = i64::try_from(now.saturating_duration_since(self.at).as_micros()).unwrap_or(i64::MAX);
        let income = i64::try_from(i128::from(micros) * i128::from(self.income) / 1_000_000).unwrap_or(i64::MAX);
        self.left = self.left.saturating_add(income).min(self.most());
        self.at = now;
    }

    /// Seconds until something is left.
    fn wait(&mut self, now: Instant) -> u64 {
        self.come_in(now);
        if self.income == 0 || self.left > 0 { 0 } else { (-self.left / self.income).unsigned_abs() + 1 }
    }

    fn spend(&mut self, amount: i64, now: Instant) {
        if self.income > 0 {
            self.come_in(now);
            // What is owed is paid off within a minute: one request too many must not shut anybody out for long.
            self.left = self.left.saturating_sub(amount).max(-self.most());
        }
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.come_in(now);
        self.left >= self.most()
    }
}

#[derive(Debug)]
struct Purse {
    work: Savings,
    statements: Savings,
    turns: Arc<Semaphore>,
}

/// What requests may use, for each who pays. It is paid when it is known; who owes something waits.
#[derive(Debug)]
pub struct Budget {
    address: Income,
    account: Income,
    /// Statements at a time.
    turns: usize,
    /// For all together.
    slow: SlowLane,
    purses: Mutex<HashMap<Payer, Purse>>,
}

impl Budget {
    /// With incomes of an address and an account, and so many statements of each at a time.
    pub fn new(address: Income, account: Income, turns: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // All slow ones together use as much of the database as one who pays, and leave a processor free.
        let slow = SlowLane::new(processors - 1, turns);
        Self { address, account, turns, slow, purses: Mutex::default() }
    }

    fn with<T>(&self, payer: &Payer, now: Instant, work: impl FnOnce(&mut Purse) -> T) -> T {
        let mut purses = self.purses.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked for first: the key is seldom new.
        if let Some(purse) = purses.get_mut(payer) {
            return work(purse);
        }
        let income = if matches!(payer, Payer::Account(_)) { self.account } else { self.address };
        let purse = purses.entry(payer.clone()).or_insert_with(|| Purse {
            work: Savings::new(i64::from(income.work) * 1_000, now),
            statements: Savings::new(i64::from(income.statements) * 1_000_000, now),
            turns: Arc::new(Semaphore::new(self.turns)),
        });
        work(purse)
    }

    /// Whether there is something left; else the seconds to wait.
    pub fn admit(&self, payer: &Payer) -> Result<(), u64> {
        self.admit_at(payer, Instant::now())
    }

    fn admit_at(&self, payer: &Payer, now: Instant) -> Result<(), u64> {
        match self.with(payer, now, |purse| purse.work.wait(now).max(purse.statements.wait(now))) {
            0 => Ok(()),
            seconds => Err(seconds),
        }
    }

    /// Turns of a request: those who pay together read together. Nobody waits for the moment of an answer that is
    /// `unhurried`.
    pub fn turns(&self, payer: &Payer, unhurried: bool) -> Turns {
        let own = self.with(payer, Instant::now(), |purse| purse.turns.clone());
        Turns { own, slow: self.slow.clone(), unhurried }
    }

    /// Pays for what was used.
    pub fn spend(&self, payer: &Payer, work: Duration, statements: u64) {
        self.spend_at(payer, work, statements, Instant::now());
    }

    fn spend_at(&self, payer: &Payer, work: Duration, statements: u64, now: Instant) {
        let amount = |number: u128| i64::try_from(number).unwrap_or(i64::MAX);
        self.with(payer, now, |purse| {
            purse.work.spend(amount(work.as_micros()), now);
            purse.statements.spend(amount(u128::from(statements) * 1_000_000), now);
        });
    }

    /// Forgets those who have all that can be saved, and run nothing.
    pub fn forget(&self) {
        let now = Instant::now();
        let mut purses = self.purses.lock().unwrap_or_else(PoisonError::into_inner);
        purses.retain(|_, purse| {
            Arc::strong_count(&purse.turns) > 1 || !purse.work.is_full(now) || !purse.statements.is_full(now)
        });
        purses.shrink_to_fit();
    }
}

/// The long connections of this process, counted by address.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
    per_address: u32,
}

/// A long connection, until it is dropped.
pub struct Connection {
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
    address: IpAddr,
    kind: &'static str,
}

impl Connections {
    /// At most so many from one address.
    pub fn new(per_address: u32) -> Self {
        Self { open: Arc::default(), per_address }
    }

    /// One more from this address, unless there are too many.
    pub fn open(&self, address: IpAddr, kind: &'static str) -> Option<Connection> {
        let address = counted(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&address).copied().unwrap_or(0);
        if own >= self.per_address || open.values().sum::<u32>() >= CONNECTIONS {
            return None;
        }
        open.insert(address, own + 1);
        metrics::gauge!("minzheng_connections", "kind" => kind).increment(1.0);
        Some(Connection { open: self.open.clone(), address, kind })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        metrics::gauge!("minzheng_connections", "kind" => self.kind).decrement(1.0);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_waits() {
        let rate = Rate::new(2);
        for _ in 0..10 {
            assert_eq!(rate.admit(&"a"), Ok(()));
        }
        assert_eq!(rate.admit(&"a"), Err(1));
        assert_eq!(rate.admit(&"b"), Ok(()), "another key has its own");
        assert_eq!(Rate::new(0).admit(&"a"), Ok(()));
    }

    #[test]
    fn who_owes_something_waits_and_nobody_else() {
        let budget = Budget::new(Income { work: 100, statements: 10 }, Income { work: 0, statements: 0 }, 2);
        let now = Instant::now();
        let later = |seconds| now + Duration::from_secs(seconds);
        let (a, b) = (Payer::Address([10, 0, 0, 1].into()), Payer::Address([10, 0, 0, 2].into()));
        let account = Payer::Account("a".to_owned());
        budget.spend_at(&a, Duration::from_millis(5_999), 0, now);
        assert_eq!(budget.admit_at(&a, now), Ok(()), "something is left");
        budget.spend_at(&a, Duration::from_secs(1), 0, now);
        assert_eq!(budget.admit_at(&a, now), Err(10));
        assert_eq!(budget.admit_at(&b, now), Ok(()));
        assert_eq!(budget.admit_at(&a, later(11)), Ok(()));
        // However much it was, it is over after a minute.
        budget.spend_at(&a, Duration::from_secs(100_000), 0, later(11));
        assert_eq!(budget.admit_at(&a, later(11)), Err(61));
        assert_eq!(budget.admit_at(&a, later(72)), Ok(()));
        budget.spend_at(&b, Duration::ZERO, 605, now);
        assert_eq!(budget.admit_at(&b, now), Err(1));
        budget.spend_at(&account, Duration::from_secs(100_000), u64::MAX, now);
        assert_eq!(budget.admit_at(&account, now), Ok(()), "0: no limit");
        budget.forget();
        assert_eq!(budget.purses.lock().unwrap().len(), 2);
    }

    #[test]
    fn connections_are_counted_by_address_and_given_back() {
        let connections = Connections::new(2);
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let one = connections.open(a, "test");
        let two = connections.open(a, "test");
        assert!(one.is_some() && two.is_some() && connections.open(a, "test").is_none());
        assert!(connections.open(b, "test").is_some());
        drop(one);
        assert!(connections.open(a, "test").is_some());
    }
}
