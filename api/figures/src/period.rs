//! 期间 · times as clients give and get them.

use async_graphql::{Enum, InputObject, SimpleObject};
use minzheng_ground::scalars::Date;
use minzheng_rules::period::{Grain, Period};

/// 半年 · half of a year.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// 上半年
    H1,
    /// 下半年
    H2,
}

/// 期间 · one of { year half }, { year quarter }, { year month }, { year }, { from to }; `to` is inside.
#[derive(InputObject, Clone, Debug, Default)]
pub struct PeriodInput {
    /// 年
    year: Option<i32>,
    /// 半年
    half: Option<Half>,
    /// 季度 1–4
    quarter: Option<u32>,
    /// 月 1–12
    month: Option<u32>,
    /// 起 · first day
    from: Option<Date>,
    /// 止 · last day
    to: Option<Date>,
}

impl PeriodInput {
    /// The time that is meant; `None` where it is none of the forms.
    pub fn period(&self) -> Option<Period> {
        match (self.year, self.half, self.quarter, self.month, self.from, self.to) {
            (Some(year), None, None, None, None, None) => Period::part(Grain::Year, year, 1),
            (Some(year), Some(half), None, None, None, None) => {
                Period::part(Grain::Half, year, if half == Half::H1 { 1 } else { 2 })
            }
            (Some(year), None, Some(quarter), None, None, None) if quarter <= 4 => {
                Period::part(Grain::Quarter, year, quarter)
            }
            (Some(year), None, None, Some(month), None, None) if month <= 12 => Period::part(Grain::Month, year, month),
            (None, None, None, None, Some(from), Some(to)) => Period::days(from.0, to.0),
            _ => None,
        }
    }
}

/// 期间 · a time for which figures stand.
#[derive(SimpleObject)]
pub struct PeriodInfo {
    /// 起 · first day
    from: Date,
    /// 止 · last day
    to: Date,
    /// 名称 · 2023年上半年
    label: String,
}

impl From<Period> for PeriodInfo {
    fn from(period: Period) -> Self {
        Self { from: Date(period.from), to: Date(period.last_day()), label: period.label_zh() }
    }
}
