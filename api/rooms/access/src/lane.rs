//! 排队 · checking a password takes memory and time, so those who ask wait in lines: one for each address, one for each
//! account, one for each known device. Who floods one fills only that; the others go on. However many addresses ask, known
//! devices do not wait behind them: strangers together leave a place free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use minzheng_kernel::Fault;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Checks of one address at once, and how many may wait: a whole bureau may come through one.
const ADDRESS: (usize, usize) = (2, 64);
/// Of one account: one after the other, so that each knows of the failures before it.
const ACCOUNT: (usize, usize) = (1, 16);

#[derive(Debug)]
struct Line {
    turns: Arc<Semaphore>,
    /// In it and waiting.
    there: usize,
}

type Lines = Arc<Mutex<HashMap<String, Line>>>;

/// The lines of this process.
#[derive(Debug)]
pub struct Lanes {
    lines: Lines,
    /// Checks of unknown places at once.
    strangers: Arc<Semaphore>,
}

/// A place in a line, until it is dropped.
struct Place {
    lines: Lines,
    name: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(&self.name) {
            line.there -= 1;
            if line.there == 0 {
                lines.remove(&self.name);
            }
        }
    }
}

/// One's turn in a line. The turn is over before the place is given up.
pub(super) struct Turn(#[allow(dead_code)] OwnedSemaphorePermit, #[allow(dead_code)] Option<Place>);

impl Lanes {
    /// With so many passwords checked at once.
    pub fn new(at_once: usize) -> Self {
        Self { lines: Lines::default(), strangers: Arc::new(Semaphore::new(at_once.saturating_sub(1).max(1))) }
    }

    async fn turn(&self, name: String, (at_once, waiting): (usize, usize)) -> Result<Turn, Fault> {
        let full = || Fault::Unavailable("too many passwords are being checked for this account or address".to_owned());
        let (turns, place) = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Line { turns: Arc::new(Semaphore::new(at_once)), there: 0 };
            let line = lines.entry(name.clone()).or_insert_with(new);
            if line.there >= at_once + waiting {
                return Err(full());
            }
            line.there += 1;
            (line.turns.clone(), Place { lines: self.lines.clone(), name })
        };
        Ok(Turn(turns.acquire_owned().await.map_err(|_| full())?, Some(place)))
    }

    /// Waits for one's turn: in the line of a place that is known, else in those of the address and of the account, in
    /// this order, so that who waits for an account holds up no other address.
    pub(super) async fn enter(&self, source: &super::lock::Source, account: &str) -> Result<Vec<Turn>, Fault> {
        if source.known {
            return Ok(vec![self.turn(format!("{account} {}", source.name), ACCOUNT).await?]);
        }
        let address = self.turn(format!("address {}", source.name), ADDRESS).await?;
        let account = self.turn(format!("account {account}"), ACCOUNT).await?;
        let closed = |_| Fault::Unavailable("passwords are no longer checked".to_owned());
        let among_strangers = self.strangers.clone().acquire_owned().await.map_err(closed)?;
        Ok(vec![Turn(among_strangers, None), account, address])
    }
}

#[cfg(test)]
mod tests {
    use super::super::lock::Source;
    use super::*;

    fn from(address: &str) -> Source {
        Source { name: address.to_owned(), known: false }
    }

    #[tokio::test]
    async fn who_floods_fills_the_own_line_only() {
        let lanes = Arc::new(Lanes::new(8));
        let _held =
            [lanes.enter(&from("10.0.0.1"), "a").await.unwrap(), lanes.enter(&from("10.0.0.1"), "b").await.unwrap()];
        let mut waiting = Vec::new();
        for n in 0..ADDRESS.1 {
            let lanes = lanes.clone();
            waiting.push(tokio::spawn(async move { lanes.enter(&from("10.0.0.1"), &format!("n{n}")).await.is_ok() }));
            tokio::task::yield_now().await;
        }
        assert!(lanes.enter(&from("10.0.0.1"), "c").await.is_err(), "its line is full");
        assert!(lanes.enter(&from("10.0.0.2"), "c").await.is_ok(), "another's is not");
        for waits in &waiting {
            waits.abort();
        }
        for waits in waiting {
            let _ = waits.await;
        }
        assert_eq!(
            lanes.lines.lock().unwrap().len(),
            3,
            "who went away is forgotten: the address and its two accounts are left"
        );
    }

    #[tokio::test]
    async fn strangers_from_everywhere_leave_a_place_to_known_devices() {
        let lanes = Arc::new(Lanes::new(2));
        let held = lanes.enter(&from("10.0.0.1"), "a").await.unwrap();
        let others: Vec<_> = (2..9)
            .map(|n| {
                let lanes = lanes.clone();
                tokio::spawn(async move { lanes.enter(&from(&format!("10.0.0.{n}")), &format!("n{n}")).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(others.iter().all(|other| !other.is_finished()), "one stranger at a time where two are checked");
        assert!(lanes.enter(&Source { name: "device:1".to_owned(), known: true }, "a").await.is_ok());
        drop(held);
        for other in others {
            assert!(other.await.unwrap(), "each in turn");
        }
    }

    #[tokio::test]
    async fn a_known_device_does_not_wait_for_others_at_its_account() {
        let lanes = Lanes::new(8);
        let _held = lanes.enter(&from("10.0.0.1"), "a").await.unwrap();
        let device = Source { name: "device:1".to_owned(), known: true };
        assert!(lanes.enter(&device, "a").await.is_ok());
    }
}
