//! What one request asks of this process and of the database: counted, held to its limit, and ended with it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::PollSemaphore;

tokio::task_local! {
    /// The request that runs here.
    static REQUEST: Arc<Request>;
}

/// Tasks of a request are forgotten, once they are done, when there are more than these.
const TASKS: usize = 64;

/// A request that has kept a processor for so long is slow,
const SLOW_AFTER: Duration = Duration::from_millis(100);
/// or that has worked for so long with the database: that also takes longer where others keep it busy.
const SLOW_AFTER_IN_ALL: Duration = Duration::from_secs(1);

/// Slow requests go one behind the other, whoever sends them and from wherever: a part of the machine is left to those
/// that are quick.
#[derive(Clone, Debug)]
pub struct SlowLane {
    processors: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl SlowLane {
    /// With so many of them at work at a time, and so many of their statements.
    pub fn new(processors: usize, reads: usize) -> Self {
        let turns = |number: usize| Arc::new(Semaphore::new(number.max(1)));
        Self { processors: turns(processors), reads: turns(reads) }
    }
}

/// What a request waits for.
#[derive(Clone, Debug)]
pub struct Turns {
    /// How many statements those who pay together may have running at a time.
    pub own: Arc<Semaphore>,
    /// Where it goes once it is slow.
    pub slow: SlowLane,
    /// Nobody waits for the moment of its answer: it is slow from the start.
    pub unhurried: bool,
}

/// A turn to read, until it is dropped.
pub(crate) struct Turn(#[allow(dead_code)] OwnedSemaphorePermit, #[allow(dead_code)] Option<OwnedSemaphorePermit>);

/// Who pays: hears of time and statements once more when all of a request has ended.
type Pays = Box<dyn Fn(Duration, u64) + Send + Sync>;

/// One request, or one subscription, while it runs.
pub struct Request {
    statements: AtomicU64,
    microseconds: AtomicU64,
    /// Statements that who pays was told of.
    told: AtomicU64,
    pays: Pays,
    /// The most statements.
    most: Option<u64>,
    over: Notify,
    /// What it waits for; a change waits for nothing.
    turns: Option<Turns>,
    slow: AtomicBool,
    /// Microseconds of processor alone.
    processor: AtomicU64,
    /// Tasks of its own.
    tasks: Mutex<Vec<AbortHandle>>,
}

/// Ends the tasks of a request with it.
struct Ends<'a>(&'a Request);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        for task in self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl Request {
    /// A request that may send so many statements before it pays, and goes on only when it is its turn. Who pays hears
    /// what it used, at the latest when the last of it has ended.
    pub fn new(
        most: Option<u64>,
        turns: Option<Turns>,
        pays: impl Fn(Duration, u64) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            statements: AtomicU64::new(0),
            microseconds: AtomicU64::new(0),
            told: AtomicU64::new(0),
            pays: Box::new(pays),
            most,
            over: Notify::new(),
            processor: AtomicU64::new(0),
            slow: AtomicBool::new(turns.as_ref().is_some_and(|turns| turns.unhurried)),
            turns,
            tasks: Mutex::default(),
        })
    }

    /// The request that runs here, if there is one.
    pub(crate) fn current() -> Option<Arc<Self>> {
        REQUEST.try_with(Clone::clone).ok()
    }

    /// Runs a future as this request; nothing where it sent one statement too many and was given up.
    pub async fn run<F: Future>(self: &Arc<Self>, future: F) -> Option<F::Output> {
        let _ends = Ends(self);
        let mut future = Box::pin(REQUEST.scope(self.clone(), future));
        let mut lane = None;
        let timed = poll_fn(|context| self.poll(&mut lane, future.as_mut(), context));
        tokio::select! {
            biased;
            output = timed => Some(output),
            () = self.over.notified() => None,
        }
    }

    /// Goes on with a part of it, when it is its turn; `lane` is the part's place among the slow ones.
    fn poll<F: Future>(
        &self,
        lane: &mut Option<PollSemaphore>,
        future: Pin<&mut F>,
        context: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _turn = match self.slow_lane() {
            Some(slow) => {
                let place = || PollSemaphore::new(slow.processors.clone());
                ready!(lane.get_or_insert_with(place).poll_acquire(context))
            }
            None => None,
        };
        let began = Instant::now();
        let polled = future.poll(context);
        let time = began.elapsed();
        self.slow_beyond(SLOW_AFTER, &self.processor, time);
        self.worked(time);
        polled
    }

    /// Statements sent so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Tells who pays what was used meanwhile: time of processor and database together, and statements.
    pub fn pay(&self) {
        let microseconds = self.microseconds.swap(0, Ordering::Relaxed);
        let statements = self.statements();
        let new = statements.saturating_sub(self.told.swap(statements, Ordering::Relaxed));
        (self.pays)(Duration::from_micros(microseconds), new);
    }

    fn slow_lane(&self) -> Option<&SlowLane> {
        self.turns.as_ref().filter(|_| self.slow.load(Ordering::Relaxed)).map(|turns| &turns.slow)
    }

    /// Takes account of time that was used.
    pub(crate) fn worked(&self, time: Duration) {
        self.slow_beyond(SLOW_AFTER_IN_ALL, &self.microseconds, time);
    }

    /// Adds to what was used; beyond so much the request is slow.
    fn slow_beyond(&self, most: Duration, used: &AtomicU64, time: Duration) {
        let more = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let before = used.fetch_add(more, Ordering::Relaxed);
        if u128::from(before) + time.as_micros() > most.as_micros() {
            self.slow.store(true, Ordering::Relaxed);
        }
    }

    /// Takes account of a statement of a transaction: those are never cut off half-way.
    pub(crate) fn sent(time: Duration) {
        let _ = REQUEST.try_with(|request| {
            request.statements.fetch_add(1, Ordering::Relaxed);
            request.worked(time);
        });
    }

    /// Waits until a read may be sent. One too many waits until the request, which is told, is given up.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        let sent = self.statements.fetch_add(1, Ordering::Relaxed) + 1;
        if self.most.is_some_and(|most| sent - self.told.load(Ordering::Relaxed) > most) {
            self.over.notify_one();
            std::future::pending::<()>().await;
        }
        let own = self.turns.as_ref()?.own.clone().acquire_owned().await.ok()?;
        let slow = match self.slow_lane() {
            Some(slow) => slow.reads.clone().acquire_owned().await.ok(),
            None => None,
        };
        Some(Turn(own, slow))
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.pay();
    }
}

/// Statements that the current request sent so far; none outside of one.
pub fn statements() -> u64 {
    REQUEST.try_with(|request| request.statements()).unwrap_or(0)
}

/// Starts a task that counts for the request that starts it, and ends with it.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let Some(request) = Request::current() else { return tokio::spawn(future) };
    let own = request.clone();
    let task = tokio::spawn(async move {
        let mut future = Box::pin(REQUEST.scope(own.clone(), future));
        let mut lane = None;
        poll_fn(|context| own.poll(&mut lane, future.as_mut(), context)).await
    });
    let mut tasks = request.tasks.lock().unwrap_or_else(PoisonError::into_inner);
    if tasks.len() >= TASKS {
        tasks.retain(|task| !task.is_finished());
    }
    tasks.push(task.abort_handle());
    task
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(most: Option<u64>) -> (Arc<Request>, Arc<AtomicU64>) {
        let paid = Arc::new(AtomicU64::new(0));
        let till = paid.clone();
        let pays = move |_, statements| {
            till.fetch_add(statements, Ordering::Relaxed);
        };
        (Request::new(most, None, pays), paid)
    }

    async fn reads(n: u32) -> u32 {
        for _ in 0..n {
            Request::current().expect("a request").turn().await;
        }
        n
    }

    #[tokio::test]
    async fn one_statement_too_many_ends_the_request() {
        let (request, paid) = limited(Some(2));
        assert_eq!(request.run(reads(2)).await, Some(2));
        request.pay();
        assert_eq!(paid.load(Ordering::Relaxed), 2);
        assert_eq!(request.run(reads(3)).await, None);
        drop(request);
        assert_eq!(paid.load(Ordering::Relaxed), 5, "paid at the end, once");
        let (in_a_task, _) = limited(Some(2));
        assert_eq!(in_a_task.run(async { spawn(reads(3)).await.expect("done") }).await, None);
        let (unlimited, _) = limited(None);
        assert_eq!(unlimited.run(reads(1000)).await, Some(1000));
    }

    fn turns(slow: &SlowLane, unhurried: bool) -> Turns {
        Turns { own: Arc::new(Semaphore::new(8)), slow: slow.clone(), unhurried }
    }

    #[tokio::test]
    async fn slow_ones_go_one_behind_the_other_and_quick_ones_beside_them() {
        let lane = SlowLane::new(1, 1);
        let at_work = lane.processors.clone().acquire_owned().await.expect("the lane");
        let quick = Request::new(None, Some(turns(&lane, false)), |_, _| {});
        assert_eq!(quick.run(reads(3)).await, Some(3), "does not wait for those");
        let busy = Request::new(None, Some(turns(&lane, false)), |_, _| {});
        let unhurried = Request::new(None, Some(turns(&lane, true)), |_, _| {});
        let all = [(busy, true), (unhurried, false)].map(|(request, works)| {
            tokio::spawn(async move {
                let work = async {
                    if works {
                        std::thread::sleep(SLOW_AFTER * 2);
                    }
                    tokio::task::yield_now().await;
                    reads(2).await
                };
                request.run(work).await
            })
        });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(all.iter().all(|task| !task.is_finished()), "wait for who is at work");
        drop(at_work);
        for task in all {
            assert_eq!(task.await.expect("done"), Some(2));
        }
        assert_eq!((lane.processors.available_permits(), lane.reads.available_permits()), (1, 1));
    }

    #[tokio::test]
    async fn tasks_end_with_their_request() {
        let kept = Arc::new(());
        let (request, _) = limited(None);
        let held = kept.clone();
        let run = request.run(async move {
            spawn(async move {
                std::future::pending::<()>().await;
                drop(held);
            });
            tokio::task::yield_now().await;
        });
        run.await;
        while Arc::strong_count(&kept) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
