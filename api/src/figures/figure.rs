//! 指标 · figures of a place and a time, as clients ask for them (design §9): read from cells, opened down to the rows.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::NaiveDate;
use entity::registry::division;
use minzheng_kernel::viewer::PUBLIC_ROLE;
use minzheng_kernel::{Fault, PageInput, Viewer};
use minzheng_rules::figures::TARGET;
use minzheng_rules::period::{Grain, Period};
use sea_orm::{ColumnTrait as _, Condition, FromQueryResult, QueryFilter as _, QueryOrder as _, Value};
use tokio::sync::OnceCell;

use super::breakdown::{BreakdownConnection, BreakdownLevel, Parts};
use super::cells::range;
use super::compare::compared;
use super::indicator::{self, Definition, Kind, Measure};
use super::period::{PeriodInfo, PeriodInput};
use super::projector;
use super::read::{CellsOf, Shown, level_of};
use super::report::compose::Told;
use super::rows::{FigureRowConnection, counted_rows, may_open, rows};
use super::setting::{OfRequest, Settings};
use super::suppression::{self, Hidden};
use crate::graphql::error::{Answer, bad_request, fault, forbidden};
use crate::graphql::list::{division_prefix, small};
use crate::graphql::scalars::{DateTime, Decimal, DivisionCode, Money};
use crate::graphql::{State, state, viewer};
use crate::policy::{FigureRight, figure_right};
use crate::registry::division::Division;

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
    code: String,
    /// 期间 · of which time
    period: PeriodInfo,
    /// 截至 · when the answer was read
    as_of: DateTime,
    /// 日志位置 · position of the journal on which it stands at least
    position: String,
    /// 指标 · in the order asked for
    pub figures: Vec<Figure>,
    /// The place, once somebody asked for it.
    #[graphql(skip)]
    place: OnceCell<Option<Arc<division::Model>>>,
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
            .map(|model| Division::of(viewer, model.clone()))
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
    position: i64,
    /// In this time.
    pub now: Shown,
    year_before: Shown,
    before: Shown,
    /// The text of a text or a date.
    text: Option<String>,
    target: Option<Decimal>,
    /// What decides what it counts.
    pub settings: Arc<Settings>,
    cells: Arc<CellsOf>,
    /// What is hidden from this viewer.
    pub hidden: Option<Arc<Hidden>>,
    /// Its parts, as they were asked for.
    parts: Parts,
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

    /// 数值 · in the unit, rounded half-up to its decimals; null: no data, or hidden.
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

    /// 目标 · target for the place at the period's end, in the unit, where policy sets one.
    fn target(&self) -> Option<&Decimal> {
        self.target.as_ref()
    }

    /// 同比 · percent against the same time a year before, of a percentage the difference in points; null where
    /// that was zero or is hidden.
    fn year_on_year(&self) -> Option<Decimal> {
        compared(self.of, &self.now, &self.year_before)
    }

    /// 环比 · percent against the time just before, of a percentage the difference in points; null where that was
    /// zero or is hidden.
    fn previous_period(&self) -> Option<Decimal> {
        compared(self.of, &self.now, &self.before)
    }

    /// 明细 · the rows that were counted, earliest first.
    async fn rows(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
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
        level: BreakdownLevel,
        first: Option<i32>,
        after: Option<String>,
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
    /// What a report tells of it.
    pub fn told(&self) -> Told {
        let text = |change: Option<Decimal>| change.map(|change| change.0);
        Told {
            code: self.of.code.to_owned(),
            name: self.of.zh.to_owned(),
            unit: self.of.unit.to_owned(),
            value: text(self.now.value(self.of)),
            amount: self.now.amount(self.of).map(|amount| amount.0),
            display: self.text.clone().unwrap_or_else(|| self.now.display(self.of)),
            year_on_year: text(compared(self.of, &self.now, &self.year_before)),
            previous_period: text(compared(self.of, &self.now, &self.before)),
            target: text(self.target.clone()),
            definition: self.of.fingerprint(),
            ..Told::default()
        }
    }

    /// Whether it counts so few persons that it is not told outside.
    pub fn is_small(&self) -> bool {
        let values = self.now.raw.map_or([None, None], |raw| [Some(raw.top), raw.bottom]);
        let mut counts = self.of.counts().into_iter().zip(values).filter(|(count, _)| count.sensitive && !count.money);
        counts.any(|(count, value)| value.is_some_and(|value| suppression::small(count, value)))
    }
}

/// What a viewer is shown of a figure of a place and a time.
fn shown(of: &'static Definition, place: &str, time: Period, cells: &CellsOf, hidden: Option<&Hidden>) -> Shown {
    match hidden {
        Some(hidden) => hidden.shown(of, place, time, cells),
        None => Shown { raw: cells.value(of, time), hidden: false },
    }
}

/// The last `count` periods of a length, up to the one in which the period ends.
fn series_periods(period: Period, grain: Grain, count: i32) -> Option<Vec<Period>> {
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

/// What a viewer is told of the figures of a place.
pub fn right_at(viewer: &Viewer, place: &str) -> FigureRight {
    let (low, high) = range(division_prefix(place));
    viewer
        .grants
        .iter()
        .filter(|grant| grant.role != PUBLIC_ROLE)
        .filter(|grant| grant.reaches(&low, &high))
        .map(|grant| figure_right(&grant.role))
        .max()
        .unwrap_or(FigureRight::None)
}

/// The fields of the root.
#[derive(Default)]
pub struct FiguresQuery;

#[Object]
impl FiguresQuery {
    /// 指标 · figures of a place and a time; without codes those of the report.
    async fn figures(
        &self,
        context: &Context<'_>,
        division: DivisionCode,
        period: PeriodInput,
        #[graphql(desc = "编码 · left out: F0–F15")] codes: Option<Vec<String>>,
    ) -> Answer<FigureSet> {
        let period = period.period().ok_or_else(|| bad_request(context, "bad-period", "period"))?;
        let asked = asked(context, &division.0, period, codes.as_deref())?;
        let state = state(context)?;
        let settings = context.data::<OfRequest>()?.settings(&state.kernel.db).await.map_err(|e| fault(context, e))?;
        read(state, viewer(context)?, &asked, &settings).await.map_err(|e| fault(context, e))
    }
}

/// What is asked for: checked, and the times that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    place: String,
    period: Period,
    definitions: Vec<&'static Definition>,
    times: Vec<Period>,
    suppressing: bool,
    targets: bool,
}

impl Asked {
    /// Figures of a place and a time with what they are compared with, for who is told all of them.
    pub fn of(place: &str, period: Period, definitions: Vec<&'static Definition>) -> Self {
        let times = vec![period, period.year_before(), period.before()];
        Self { place: place.to_owned(), period, definitions, times, suppressing: false, targets: true }
    }
}

/// Checks a question for figures and finds what it needs to be answered with one read.
pub fn asked(context: &Context<'_>, place: &str, period: Period, codes: Option<&[String]>) -> Answer<Asked> {
    let right = right_at(viewer(context)?, place);
    if right == FigureRight::None {
        return Err(forbidden(context, "figures-scope", "division"));
    }
    let suppressing = right == FigureRight::Suppressed;
    if suppressing && (period.grain.is_none() || !matches!(level_of(place), Some("TOWN" | "DISTRICT"))) {
        return Err(forbidden(context, "figures-screen", "period"));
    }
    // Each once, however often it is asked for.
    let mut told = HashSet::new();
    let definitions: Vec<&'static Definition> = match codes {
        Some(codes) => codes
            .iter()
            .filter(|code| told.insert(code.as_str()))
            .map(|code| indicator::find(code).ok_or_else(|| bad_request(context, "unknown-code", "codes")))
            .collect::<Answer<_>>()?,
        None => indicator::all().filter(|of| of.code.starts_with('F') && !of.code.contains('.')).collect(),
    };
    // This time, what it is compared with, and the series.
    let mut times = vec![period, period.year_before(), period.before()];
    let mut targets = false;
    for field in context.field().selection_set().filter(|field| field.name() == "figures") {
        targets |= field.selection_set().any(|field| field.name() == "target");
        for field in field.selection_set().filter(|field| field.name() == "series") {
            times.extend(series_asked(period, &field.arguments().unwrap_or_default()));
        }
    }
    Ok(Asked { place: place.to_owned(), period, definitions, times, suppressing, targets })
}

/// The periods of a `series` field by its arguments; none where they are wrong, which the field itself tells.
fn series_asked(period: Period, arguments: &[(async_graphql::Name, async_graphql::Value)]) -> Vec<Period> {
    use async_graphql::Value;
    let argument = |name: &str| arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
    let grain = match argument("by") {
        Some(Value::Enum(name)) => Grain::ALL.into_iter().find(|grain| name.as_str() == grain.code()),
        Some(Value::String(name)) => Grain::ALL.into_iter().find(|grain| name == grain.code()),
        _ => None,
    };
    let last = match argument("last") {
        Some(Value::Number(number)) => number.as_i64().and_then(|n| i32::try_from(n).ok()),
        _ => None,
    };
    grain.zip(last).and_then(|(grain, last)| series_periods(period, grain, last)).unwrap_or_default()
}

/// Reads the figures asked for, as the parameters say.
pub async fn read(state: &State, viewer: &Viewer, asked: &Asked, settings: &Arc<Settings>) -> Result<FigureSet, Fault> {
    let Asked { place, period, definitions, times, suppressing, targets } = asked;
    let (place, period) = (place.as_str(), *period);
    let from = times.iter().map(|time| Grain::Month.containing(time.from).from).min().unwrap_or(period.from);
    let until = times.iter().map(|time| time.until).max().unwrap_or(period.until);
    // Read before the cells, so that they stand on it at least.
    let (position, changed) = projector::position_and_change(&state.kernel.db).await?;
    let db = &state.kernel.db;
    let mut all: HashSet<Period> = times.iter().copied().collect();
    if *suppressing {
        all.extend(suppression::times_around(definitions, times));
    }
    let cells = CellsOf::read(state, settings, place, definitions, &all).await?;
    let names: Vec<String> = definitions.iter().map(|of| format!("{TARGET}{}", of.code)).collect();
    let names: Vec<&str> = if *targets { names.iter().map(String::as_str).collect() } else { Vec::new() };
    let goals = Settings::named(db, db.read(), &names).await?;
    let hidden = match suppressing {
        true => Some(suppression::hidden(state, place, (from, until), changed).await?),
        false => None,
    };
    let cells = Arc::new(cells);
    let mut figures = Vec::with_capacity(definitions.len());
    for of in definitions.iter().copied() {
        let shown = |time: Period| shown(of, place, time, &cells, hidden.as_deref());
        let text = match &of.measure {
            Measure::Name => Some(name_of(state, viewer, place, period.last_day()).await?),
            Measure::Day(count) => Some(day_of(state, settings, count, place, period).await?),
            _ => None,
        };
        let target = goals.value(&format!("{TARGET}{}", of.code), place, period.last_day());
        let target = target.filter(|_| *targets && of.kind != Kind::Text);
        figures.push(Figure {
            of,
            place: place.to_owned(),
            period,
            position,
            now: shown(period),
            year_before: shown(period.year_before()),
            before: shown(period.before()),
            text,
            target: target.map(Decimal),
            settings: settings.clone(),
            cells: cells.clone(),
            hidden: hidden.clone(),
            parts: Parts::default(),
        });
    }
    Ok(FigureSet {
        code: place.to_owned(),
        period: period.into(),
        as_of: DateTime(state.kernel.clock.now()),
        position: position.to_string(),
        figures,
        place: OnceCell::new(),
    })
}

/// F0: the name in the table of divisions on that day: before a place was made, that of the one it was made of.
pub async fn name_of(state: &State, viewer: &Viewer, place: &str, day: NaiveDate) -> Result<String, Fault> {
    use entity::registry::division::{Column, Entity, Model};
    let named = Condition::any().add(Column::Code.eq(place)).add(Column::Successor.eq(place));
    let rows = viewer.select::<Entity>().filter(named).order_by_asc(Column::Id).all(state.kernel.db.read()).await?;
    let began = |row: &Model| row.valid_from.is_none_or(|from| from <= day);
    let own = rows.iter().find(|row| row.code == place);
    let older = rows.iter().filter(|row| row.code != place && began(row));
    let then = match own {
        Some(own) if !began(own) => older.max_by_key(|row| row.valid_from).or(Some(own)),
        own => own,
    };
    Ok(then.map_or_else(|| "—".to_owned(), |row| row.name.clone()))
}

/// The first day of what a date counts; the dash without any.
async fn day_of(
    state: &State,
    settings: &Settings,
    of: &indicator::Count,
    place: &str,
    period: Period,
) -> Result<String, Fault> {
    #[derive(FromQueryResult)]
    struct Day {
        day: Option<NaiveDate>,
    }
    let (sql, values) = counted_rows(settings, of, place, period);
    let db = &state.kernel.db;
    let rows: Vec<Day> = db.rows(db.read(), &format!("SELECT MIN(c.on_date) AS day FROM ({sql}) c"), values).await?;
    Ok(rows.first().and_then(|row| row.day).map_or_else(|| "—".to_owned(), |day| day.to_string()))
}
