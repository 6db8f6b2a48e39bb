//! The one place where the time comes from. Business dates are civil dates in Asia/Shanghai and may
//! be pinned in demo and test databases; instants are the system's, to the microsecond, since that
//! is what both databases keep.

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, Utc};

/// Hours east of Greenwich of China's civil time; there is no summer time.
pub const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    pinned: Option<NaiveDate>,
}

impl Clock {
    /// A clock whose business date stands still.
    pub fn pinned(date: NaiveDate) -> Self {
        Self { pinned: Some(date) }
    }

    /// The instant, UTC, to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    /// The business date in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        self.pinned.unwrap_or_else(|| local(self.now()).date_naive())
    }
}

/// The instant as China's civil time.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    match FixedOffset::east_opt(CHINA_OFFSET_SECONDS) {
        Some(offset) => at.with_timezone(&offset),
        None => at.fixed_offset(),
    }
}
