//! 外地号码 · ID numbers that are held out of reach: that somebody has one is told, never who or where. It is noted as a
//! read of that person, so many a day an account; the way on is [`requestTransfer`](super::transfer_request).

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use minzheng_ground::sheets::Taken;
use minzheng_kernel::{Failure, Work};

/// What stands in the record of accesses for it.
pub const FIELD: &str = "elsewhere";

/// Persons of whom an account may learn within a day that somebody has their number.
pub const A_DAY: usize = 200;

/// Numbers that are held out of reach, as far as that may be told.
pub struct Elsewhere {
    /// And who has them.
    held: HashMap<String, i64>,
    /// Too many were asked for: of a number that is not in reach nothing is told, whoever has it or not.
    spent: bool,
}

impl Elsewhere {
    /// Of numbers and the persons who have them.
    pub async fn told(work: &Work<'_>, held: Vec<(String, i64)>) -> Result<Self, Failure> {
        let mut numbers = HashMap::new();
        // Who cannot be counted, as the command line, reaches everybody.
        let mut known = match work.viewer.account_id {
            Some(_) => work.recently_read(FIELD, work.now - TimeDelta::days(1)).await?,
            None => BTreeSet::new(),
        };
        let full = known.len() >= A_DAY;
        for (number, person) in held {
            known.insert(person);
            numbers.insert(number, person);
            // On the way to the limit also those count of whom nothing is told: that some are there was found out.
            if !full {
                work.viewer.note_read(person, FIELD);
            }
        }
        Ok(Self { held: numbers, spent: full || known.len() > A_DAY })
    }

    /// Of no number that is not in reach.
    pub fn none() -> Self {
        Self { held: HashMap::new(), spent: false }
    }

    /// Whether nothing more is told today.
    pub fn spent(&self) -> bool {
        self.spent
    }

    /// Who has a number: never for who asks.
    pub fn holder(&self, number: &str) -> Option<i64> {
        self.held.get(number).copied()
    }

    /// Why a number that is not in reach cannot be used, if it is for this.
    pub fn why(&self, number: &str) -> Option<Why> {
        if self.spent {
            Some(Why {
                code: "ELSEWHERE_LIMIT",
                text: "近一天查到的外地号码已达上限 · too many numbers held elsewhere were asked for within a day",
                remedy: "明天再导入这一行，或由登记地导入 · import this row tomorrow",
            })
        } else if self.held.contains_key(number) {
            Some(Why {
                code: "ELSEWHERE",
                text: "这个号码已在外地登记 · the number is held elsewhere",
                remedy: "申请迁入（requestTransfer） · ask for the transfer (requestTransfer)",
            })
        } else {
            None
        }
    }

    /// Names a row as not taken, if it is for this that a number cannot be used; gives whether it is.
    pub fn refuse(&self, taken: &mut Taken, row: u64, column: &str, number: &str) -> bool {
        let why = self.why(number);
        if let Some(Why { code, text, remedy }) = why {
            taken.refuse(row, column, number, code, text, remedy);
        }
        why.is_some()
    }
}

/// Why a number cannot be used.
#[derive(Clone, Copy)]
pub struct Why {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub text: &'static str,
    /// What to do.
    pub remedy: &'static str,
}
