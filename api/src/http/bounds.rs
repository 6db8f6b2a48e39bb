//! How much one address or account may ask for, and how long anything may take.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

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

/// What an address is counted as: in IPv6 the network of 64 bits that one customer has.
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::from((six.to_bits() >> 64 << 64).to_be_bytes()),
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
