//! 共用读数 · one keeper of readings for all who are told of the same figures: thousands of screens that follow one
//! district are one question, read once for each position of the journal. Questions are the same where the document asks
//! for the same figures, times and targets of the same place, whatever it calls them and whatever its language; where the
//! same is hidden from the viewers; and on the same business date. What viewers are told apart (the rows behind a figure)
//! is no part of a reading.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use minzheng_ground::state::State;
use minzheng_kernel::{Fault, Kernel, Viewer};
use tokio::sync::{OnceCell, watch};

use crate::figure::FigureSet;
use crate::question::{Asked, Known, read};
use crate::setting::Settings;
use crate::{projector, reported, spans, suppression};

/// How often it is looked whether another process has counted.
const LOOK: Duration = Duration::from_secs(1);

/// What was just sealed is counted a moment later.
const MOMENT: Duration = Duration::from_millis(50);

/// Bytes of readings kept.
const BYTES_MOST: usize = 32 << 20;

/// Readings kept.
const READINGS_MOST: usize = 256;

/// What makes two questions the same.
#[derive(Clone, PartialEq, Eq)]
struct Question {
    asked: Arc<Asked>,
    today: NaiveDate,
}

/// What came of a reading.
type Outcome = Result<Arc<FigureSet>, Fault>;

/// One reading: made by the first who asks, the others wait for it.
struct Reading {
    question: Question,
    /// The position of the journal for which it was asked.
    position: i64,
    set: Arc<OnceCell<Outcome>>,
}

impl Reading {
    fn weight(&self) -> usize {
        self.set.get().and_then(|set| set.as_ref().ok()).map_or(0, |set| set.weight())
    }
}

/// What many are told of figures.
#[derive(Default)]
pub struct Shared {
    /// The position on which the cells stand, as long as anybody follows it.
    followed: Mutex<Option<Arc<watch::Sender<i64>>>>,
    /// The latest last.
    readings: Mutex<Vec<Reading>>,
    /// What was counted from the rows.
    pub spans: spans::Kept,
    /// What districts ever gave records of.
    pub reported: reported::Known,
    /// What is hidden in districts.
    pub grids: suppression::Grids,
}

/// What is kept of figures for all who ask.
pub fn kept(state: &State) -> Result<&Arc<Shared>, Fault> {
    state.part::<Arc<Shared>>()
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The position on which the cells stand, as it moves; below 0 before it is known. One task looks for all.
    pub fn position(self: &Arc<Self>, kernel: &Arc<Kernel>) -> watch::Receiver<i64> {
        let mut followed = lock(&self.followed);
        if let Some(sender) = &*followed {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(-1);
        let sender = Arc::new(sender);
        *followed = Some(sender.clone());
        tokio::spawn(follow(self.clone(), kernel.clone(), sender));
        receiver
    }

    /// The figures asked for, as they are at a position or after it.
    pub async fn reading(
        &self,
        state: &State,
        viewer: &Viewer,
        asked: &Arc<Asked>,
        position: i64,
        known: Option<Known<'_>>,
    ) -> Result<Arc<FigureSet>, Fault> {
        let question = Question { asked: asked.clone(), today: viewer.today };
        let cell = self.cell(&question, position);
        let read = || async {
            let settings = match known.and_then(|known| known.settings) {
                Some(of_request) => of_request.settings(&state.kernel.db).await?,
                None => Settings::all(&state.kernel.db).await?,
            };
            read(state, viewer, asked, &settings, known.map(|known| known.stands)).await.map(Arc::new)
        };
        match cell.get_or_init(read).await {
            Ok(set) => {
                self.keep_within();
                Ok(set.clone())
            }
            Err(fault) => {
                // Whoever comes now reads anew.
                lock(&self.readings).retain(|known| !Arc::ptr_eq(&known.set, &cell));
                Err(fault.clone())
            }
        }
    }

    /// The reading of a question at a position or after it; older ones of it are forgotten.
    fn cell(&self, question: &Question, position: i64) -> Arc<OnceCell<Outcome>> {
        let mut readings = lock(&self.readings);
        let same = readings.iter().position(|known| known.question == *question);
        let reading = match same.map(|n| readings.remove(n)) {
            Some(known) if known.position >= position => known,
            _ => Reading { question: question.clone(), position, set: Arc::default() },
        };
        let set = reading.set.clone();
        readings.push(reading);
        set
    }

    /// Forgets what was not asked for the longest.
    fn keep_within(&self) {
        let mut readings = lock(&self.readings);
        let mut bytes: usize = readings.iter().map(Reading::weight).sum();
        while readings.len() > 1 && (bytes > BYTES_MOST || readings.len() > READINGS_MOST) {
            bytes -= readings.remove(0).weight().min(bytes);
        }
    }
}

/// Looks for the position until nobody follows it any more.
async fn follow(shared: Arc<Shared>, kernel: Arc<Kernel>, told: Arc<watch::Sender<i64>>) {
    let mut sealed = kernel.sealer.watch();
    loop {
        match projector::position(&kernel.db).await {
            Ok(position) => {
                told.send_if_modified(|known| {
                    let moved = *known != position;
                    *known = position;
                    moved
                });
            }
            // Those who follow wait until the database is back.
            Err(fault) => tracing::warn!(%fault, "the position of the figures could not be read"),
        }
        tokio::select! {
            () = told.closed() => {
                let mut followed = lock(&shared.followed);
                if told.receiver_count() == 0 {
                    *followed = None;
                    return;
                }
            }
            _ = tokio::time::timeout(LOOK, sealed.changed()) => tokio::time::sleep(MOMENT).await,
        }
    }
}
