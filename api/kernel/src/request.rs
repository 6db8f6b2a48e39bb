//! What one request asks of this process and of the database: counted, held to its limit, and ended with it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};

tokio::task_local! {
    /// The request that runs here.
    static REQUEST: Arc<Request>;
}

/// Tasks of a request are forgotten, once they are done, when there are more than these.
const TASKS: usize = 64;

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
    /// How many statements those who pay together may have running at a time.
    turns: Option<Arc<Semaphore>>,
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
    /// A request that may send so many statements before it pays, and reads only so many things at a time as `turns` has left. Who pays
    /// hears what it used, at the latest when the last of it has ended.
    pub fn new(
        most: Option<u64>,
        turns: Option<Arc<Semaphore>>,
        pays: impl Fn(Duration, u64) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            statements: AtomicU64::new(0),
            microseconds: AtomicU64::new(0),
            told: AtomicU64::new(0),
            pays: Box::new(pays),
            most,
            over: Notify::new(),
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
        let timed = poll_fn(|context| self.poll(future.as_mut(), context));
        tokio::select! {
            biased;
            output = timed => Some(output),
            () = self.over.notified() => None,
        }
    }

    fn poll<F: Future>(&self, future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = Instant::now();
        let polled = future.poll(context);
        self.worked(began.elapsed());
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

    /// Takes account of time that was used.
    pub(crate) fn worked(&self, time: Duration) {
        self.microseconds.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Takes account of a statement of a transaction: those are never cut off half-way.
    pub(crate) fn sent(time: Duration) {
        let _ = REQUEST.try_with(|request| {
            request.statements.fetch_add(1, Ordering::Relaxed);
            request.worked(time);
        });
    }

    /// Waits until a read may be sent. One too many waits until the request, which is told, is given up.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let sent = self.statements.fetch_add(1, Ordering::Relaxed) + 1;
        if self.most.is_some_and(|most| sent - self.told.load(Ordering::Relaxed) > most) {
            self.over.notify_one();
            std::future::pending::<()>().await;
        }
        self.turns.clone()?.acquire_owned().await.ok()
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
        poll_fn(|context| own.poll(future.as_mut(), context)).await
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
