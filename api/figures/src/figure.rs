//! 指标 · figures of a place and a time, as clients ask for them (design §9): read from cells, opened down to the rows.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::NaiveDate;
use entity::registry::division;
use minzheng_ground::error::{Answer, bad_request, fault};
use minzheng_ground::loaders::small;
use minzheng_ground::scalars::{DateTime, Decimal, Money};
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::{Fault, PageInput};
use minzheng_registry::division as divisions;
use minzheng_registry::division::Division;
use minzheng_rules::division::division_prefix;
use minzheng_rules::period::{Grain, Period};
use sea_orm::{ColumnTrait as _, QueryFilter as _, Value};
use tokio::sync::OnceCell;

use crate::breakdown::{BreakdownConnection, BreakdownLevel, Parts};
use crate::cells::range;
use crate::compare::{Compared, Comparison, compared};
use crate::indicator::Definition;
use crate::period::PeriodInfo;
use crate::read::{CellsOf, NO_DATA, Shown};
use crate::report::compose::Told;
use crate::rows::{FigureRowConnection, may_open, rows};
use crate::setting::Settings;
use crate::suppression;
use crate::suppression::Hidden;

/// 期间粒度 · length of the periods of a series.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Grain")]
pub enum SeriesBy {
    /// 月
    Month,
    /// 季度
    Quarter,
    /// 半年
    Half,
    /// 年
    Year,
}

/// 指标集 · figures of a place and a time.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct FigureSet {
    #[graphql(skip)]
    pub(super) code: String,
    /// 期间 · of which time
    pub(super) period: PeriodInfo,
    /// 日志位置 · position of the journal on which it stands at least
    pub(super) position: String,
    /// 指标 · in the order asked for
    pub figures: Vec<Figure>,
    /// The place, once somebody asked for it.
    #[graphql(skip)]
    pub(super) place: OnceCell<Option<Arc<division::Model>>>,
}

impl FigureSet {
    /// Position of the journal on which it stands at least.
    pub fn stands_on(&self) -> i64 {
        self.position.parse().unwrap_or_default()
    }

    /// Whether a number of it is another one than in a set of the same figures.
    pub fn differs(&self, other: &Self) -> bool {
        let same = |(a, b): (&Figure, &Figure)| a.now == b.now;
        !std::ptr::eq(self, other) && !self.figures.iter().zip(&other.figures).all(same)
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        // The figures of a set have the cells of their place together.
        let cells = self.figures.first().map_or(0, |figure| figure.cells.weight());
        let own = |figure: &Figure| size_of::<Figure>() + figure.place.len() + figure.parts.weight();
        size_of::<Self>() + cells + self.figures.iter().map(own).sum::<usize>()
    }
}

#[ComplexObject]
impl FigureSet {
    /// 截至 · when the answer was given
    async fn as_of(&self, context: &Context<'_>) -> Answer<DateTime> {
        Ok(DateTime(state(context)?.kernel.clock.now()))
    }

    /// 区划 · of which place.
    async fn division(&self, context: &Context<'_>) -> Answer<Division> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        // Every viewer sees all of a division: the sets that many are told of are the same.
        let read = || async {
            let found = viewer.select::<division::Entity>().filter(division::Column::Code.eq(&self.code));
            Ok::<_, Fault>(found.one(state.kernel.db.read()).await?.map(Arc::new))
        };
        let found = self.place.get_or_try_init(read).await.map_err(|e| fault(context, e))?;
        found
            .as_ref()
            .map(|model| divisions::seen(viewer, model.clone()))
            .ok_or_else(|| bad_request(context, "not-found", "division"))
    }
}

/// 序列点 · a figure in one period of a series.
#[derive(SimpleObject)]
pub struct SeriesPoint {
    /// 期间 · of which time
    period: PeriodInfo,
    /// 数值 · in the figure's unit; null where hidden
    value: Option<Decimal>,
    /// 金额 · where the figure is money
    amount: Option<Money>,
    /// 显示 · grouped number
    display: String,
    /// 已隐藏 · hidden, since few persons stand behind it
    suppressed: bool,
}

/// 无数值原因 · why a figure has no value.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// 暂未上报 · the district never gave a record of what it counts, or is over
    NotReported,
    /// 未接入 · nothing feeds it yet
    NotFed,
    /// 无可统计 · its denominator is zero, or there is nothing to be averaged or dated
    NothingCounted,
    /// 已隐藏 · few persons stand behind it
    Suppressed,
}

/// 未计原因 · what looks like a row and is not counted.
#[derive(SimpleObject)]
pub struct NotCounted {
    /// 原因 · why
    reason: String,
    /// 条数 · how many
    count: i32,
}

/// 口径说明 · how a figure came about.
#[derive(SimpleObject)]
pub struct Explanation {
    /// 口径 · what counts
    definition: String,
    /// 日志位置 · position of the journal on which it stands at least
    position: String,
    /// 未计 · what was not counted and why
    not_counted: Vec<NotCounted>,
}

/// 指标 · one figure of a place and a time.
pub struct Figure {
    /// Its definition.
    pub of: &'static Definition,
    /// Of which place.
    pub place: String,
    /// Of which time.
    pub period: Period,
    pub(super) position: i64,
    /// In this time.
    pub now: Shown,
    /// The business date on which it is told.
    pub(super) today: NaiveDate,
    /// What it is compared with, as far as it was asked for.
    pub(super) comparisons: Vec<Compared>,
    /// The text of a text or a date.
    pub(super) text: Option<String>,
    pub(super) target: Option<Decimal>,
    /// What decides what it counts.
    pub settings: Arc<Settings>,
    pub(super) cells: Arc<CellsOf>,
    /// What is hidden from this viewer.
    pub hidden: Option<Arc<Hidden>>,
    /// Its parts, as they were asked for.
    pub(super) parts: Parts,
}

/// 指标 · one figure of a place and a time.
#[Object]
impl Figure {
    /// 编码 · `F1`, `D03.TEKUN_SCATTERED.PERSONS`.
    fn code(&self) -> &str {
        self.of.code
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        self.of.zh
    }

    /// 单位 · unit of the value.
    fn unit(&self) -> &str {
        self.of.unit
    }

    /// 数值 · in the unit, rounded half-up to its decimals; null: no data, or hidden; `reason` says why.
    fn value(&self) -> Option<Decimal> {
        self.now.value(self.of)
    }

    /// 金额 · exact, where the figure is money.
    fn amount(&self) -> Option<Money> {
        self.now.amount(self.of)
    }

    /// 显示 · grouped number without unit, the text of a text figure, or "—".
    fn display(&self) -> String {
        self.text.clone().unwrap_or_else(|| self.now.display(self.of))
    }

    /// 已隐藏 · hidden, since few persons stand behind it.
    fn suppressed(&self) -> bool {
        self.now.hidden
    }

    /// 无数值原因 · why it has no value; null where it has one, or a text.
    fn reason(&self) -> Option<NoValue> {
        self.no_value()
    }

    /// 目标 · target for the place at the period's end, in the unit, where policy sets one.
    fn target(&self) -> Option<&Decimal> {
        self.target.as_ref()
    }

    /// 同比 · percent against the same time a year before, of a percentage the difference in points; of a time that is
    /// not over the days that have gone against as many of that one. Null where that was zero or is hidden.
    fn year_on_year(&self) -> Option<Decimal> {
        self.change(Comparison::YearOnYear)
    }

    /// 环比 · percent against the time just before, of a percentage the difference in points; of a time that is not over
    /// the days that have gone against as many of that one. Null where that was zero or is hidden.
    fn previous_period(&self) -> Option<Decimal> {
        self.change(Comparison::PreviousPeriod)
    }

    /// 比较期 · with which days it is compared; null where its time is still to come.
    fn compared_to(
        &self,
        #[graphql(desc = "哪一种比较 · which comparison", default_with = "Comparison::YearOnYear")] with: Comparison,
    ) -> Option<PeriodInfo> {
        with.spans(self.period, self.today).map(|spans| spans.then.into())
    }

    /// 明细 · the rows that were counted, earliest first.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "条数 · so many from the start, or after `after`; at most 100, left out: 20")] first: Option<
            i32,
        >,
        #[graphql(desc = "游标 · those after this cursor")] after: Option<String>,
    ) -> Answer<FigureRowConnection> {
        small(rows(context, self, first, after)).await
    }

    /// 序列 · the last periods up to this one, oldest first.
    fn series(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "每期长度 · length of each")] by: SeriesBy,
        #[graphql(desc = "期数 · how many, 1–60")] last: i32,
    ) -> Answer<Vec<SeriesPoint>> {
        let periods = series_periods(self.period, by.into(), last)
            .ok_or_else(|| bad_request(context, "series-length", "last"))?;
        let mut points = Vec::with_capacity(periods.len());
        for period in periods {
            let shown = shown(self.of, &self.place, period, &self.cells, self.hidden.as_deref());
            points.push(SeriesPoint {
                period: period.into(),
                value: shown.value(self.of),
                amount: shown.amount(self.of),
                display: shown.display(self.of),
                suppressed: shown.hidden,
            });
        }
        Ok(points)
    }

    /// 分解 · the figure of each town or village of the place, by code.
    async fn breakdown(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "按哪一级 · by which level")] level: BreakdownLevel,
        #[graphql(desc = "条数 · so many from the start, or after `after`; at most 100, left out: 20")] first: Option<
            i32,
        >,
        #[graphql(desc = "游标 · those after this cursor")] after: Option<String>,
    ) -> Answer<Arc<BreakdownConnection>> {
        let page = PageInput { first, ..PageInput::default() };
        let (size, _) = page.size().map_err(|e| fault(context, e))?;
        small(self.parts.of(context, self, (level, usize::try_from(size).unwrap_or(usize::MAX), after))).await
    }

    /// 口径说明 · how it came about: the definition, and what was not counted and why.
    async fn explain(&self, context: &Context<'_>) -> Answer<Explanation> {
        let zh = viewer(context)?.lang == minzheng_kernel::Lang::Zh;
        let db = &state(context)?.kernel.db;
        let (low, high) = range(division_prefix(&self.place));
        let mut not_counted = Vec::new();
        let open = !self.now.hidden && may_open(viewer(context)?, self.of, &self.place);
        for excluded in self.of.excluded.iter().filter(|_| open) {
            let sql = format!(
                "SELECT COUNT(*) AS n FROM ({}) r WHERE r.division >= $1 AND r.division <= $2 \
                 AND r.on_date >= $3 AND r.on_date < $4",
                self.settings.excluded(self.of, &excluded.rows)
            );
            let values: Vec<Value> =
                vec![low.clone().into(), high.clone().into(), self.period.from.into(), self.period.until.into()];
            let count = db.value(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
            if count > 0 {
                not_counted.push(NotCounted {
                    reason: if zh { excluded.zh.to_owned() } else { excluded.en.to_owned() },
                    count: i32::try_from(count).unwrap_or(i32::MAX),
                });
            }
        }
        let definition = if zh { self.of.words_zh } else { self.of.words_en };
        Ok(Explanation { definition: definition.to_owned(), position: self.position.to_string(), not_counted })
    }
}

impl Figure {
    /// How it compares, where that was asked for.
    fn change(&self, with: Comparison) -> Option<Decimal> {
        let of = self.comparisons.iter().find(|of| of.with == with)?;
        compared(self.of, &of.now, &of.then)
    }

    /// Whether the district ever gave records of what it counts.
    pub fn is_reported(&self) -> bool {
        self.cells.reported(self.of)
    }

    /// Why it has no value; `None` where it has one, or a text.
    fn no_value(&self) -> Option<NoValue> {
        if self.now.hidden {
            return Some(NoValue::Suppressed);
        }
        if self.now.raw.is_some() || self.text.as_ref().is_some_and(|text| text != NO_DATA) {
            return None;
        }
        Some(match self.of.fed() {
            false => NoValue::NotFed,
            true if self.is_reported() => NoValue::NothingCounted,
            true => NoValue::NotReported,
        })
    }

    /// What a report, which is made for the public, tells of it.
    pub fn told(&self) -> Told {
        let text = |change: Option<Decimal>| change.map(|change| change.0);
        Told {
            code: self.of.code.to_owned(),
            name: self.of.zh.to_owned(),
            unit: self.of.unit.to_owned(),
            value: text(self.now.value(self.of)),
            amount: self.now.amount(self.of).map(|amount| amount.0),
            display: self.text.clone().unwrap_or_else(|| self.now.display(self.of)),
            year_on_year: text(self.change(Comparison::YearOnYear)),
            previous_period: text(self.change(Comparison::PreviousPeriod)),
            target: text(self.target.clone()),
            definition: self.of.fingerprint(),
            not_reported: self.no_value() == Some(NoValue::NotReported),
            ..Told::default()
        }
    }

    /// Whether it counts so few persons that it is not told outside.
    pub fn is_small(&self) -> bool {
        self.few(&self.now)
    }

    /// The same of the times that are compared: the growth would tell how few they were.
    pub fn is_small_compared(&self, with: Comparison) -> bool {
        let few = |of: &Compared| self.few(&of.now) || self.few(&of.then);
        self.comparisons.iter().any(|of| of.with == with && few(of))
    }

    fn few(&self, shown: &Shown) -> bool {
        let values = shown.raw.map_or([None, None], |raw| [Some(raw.top), raw.bottom]);
        let mut counts = self.of.counts().into_iter().zip(values).filter(|(count, _)| count.sensitive && !count.money);
        counts.any(|(count, value)| value.is_some_and(|value| suppression::small(count, value)))
    }
}

/// What a viewer is shown of a figure of a place and a time.
pub(super) fn shown(
    of: &'static Definition,
    place: &str,
    time: Period,
    cells: &CellsOf,
    hidden: Option<&Hidden>,
) -> Shown {
    match hidden {
        // Of what was never reported there is nothing to hide.
        Some(hidden) if cells.reported(of) => hidden.shown(of, place, time, cells),
        _ => Shown { raw: cells.value(of, time), hidden: false },
    }
}

/// The last `count` periods of a length, up to the one in which the period ends.
pub(super) fn series_periods(period: Period, grain: Grain, count: i32) -> Option<Vec<Period>> {
    if !(1..=60).contains(&count) {
        return None;
    }
    let mut periods = vec![grain.containing(period.last_day())];
    while i32::try_from(periods.len()).ok()? < count {
        let earlier = periods.last()?.before();
        periods.push(earlier);
    }
    periods.reverse();
    Some(periods)
}
