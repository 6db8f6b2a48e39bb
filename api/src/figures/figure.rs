//! 指标 · figures of a place and a time, as clients ask for them (design §9): read from cells, opened down to the rows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Months, NaiveDate};
use minzheng_kernel::viewer::{PUBLIC_ROLE, Reach};
use minzheng_kernel::{Fault, Level, PageInput, Viewer};
use minzheng_rules::number::{exact, grouped, growth, rounded};
use minzheng_rules::period::{Grain, Period};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _, Value};

use super::cells::range;
use super::indicator::{self, Definition, Kind};
use super::projector;
use super::suppression::{self, Hidden};
use crate::graphql::error::{Answer, bad_request, fault, forbidden};
use crate::graphql::list::{PageInfo, division_prefix};
use crate::graphql::load::by_id;
use crate::graphql::node::{self, AnyNode};
use crate::graphql::scalars::{Date, DateTime, Decimal, DivisionCode, Money};
use crate::graphql::{State, state, viewer};
use crate::policy::{FigureRight, figure_right};
use crate::registry::division::Division;
use crate::registry::person::Person;

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
    fn period(&self) -> Option<Period> {
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

/// 分解层级 · level of a breakdown.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownLevel {
    /// 镇街
    Town,
    /// 村居
    Village,
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
    figures: Vec<Figure>,
}

#[ComplexObject]
impl FigureSet {
    /// 区划 · of which place.
    async fn division(&self, context: &Context<'_>) -> Answer<Division> {
        crate::registry::division::find(context, &self.code)
            .await?
            .ok_or_else(|| bad_request(context, "not-found", "division"))
    }
}

/// A number of a figure, as it is shown.
#[derive(Clone, Debug, Default)]
struct Shown {
    raw: Option<i64>,
    hidden: bool,
}

impl Shown {
    fn visible(&self) -> Option<i64> {
        self.raw.filter(|_| !self.hidden)
    }

    fn value(&self, of: &Definition) -> Option<Decimal> {
        self.visible().map(|raw| Decimal(rounded(raw.into(), of.scale.into(), of.decimals)))
    }

    fn amount(&self, of: &Definition) -> Option<Money> {
        self.visible().filter(|_| of.money).map(Money)
    }

    fn display(&self, of: &Definition) -> String {
        self.value(of).map_or_else(|| "—".to_owned(), |value| grouped(&value.0))
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

/// 分解项 · a figure of one part of the place.
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct BreakdownPart {
    #[graphql(skip)]
    code: String,
    /// 数值 · in the figure's unit; null where hidden
    value: Option<Decimal>,
    /// 金额 · where the figure is money
    amount: Option<Money>,
    /// 显示 · grouped number
    display: String,
    /// 已隐藏 · hidden, since few persons stand behind it
    suppressed: bool,
}

#[ComplexObject]
impl BreakdownPart {
    /// 区划 · of which part.
    async fn division(&self, context: &Context<'_>) -> Answer<Option<Division>> {
        crate::registry::division::find(context, &self.code).await
    }
}

/// 分解列表 · parts of the place, by code.
#[derive(SimpleObject)]
pub struct BreakdownConnection {
    /// 分解项 · the parts
    nodes: Vec<BreakdownPart>,
    /// 带游标的分解项 · the parts with their cursors
    edges: Vec<BreakdownEdge>,
    /// 翻页信息 · where the page stands
    page_info: PageInfo,
    /// 总数 · all parts
    total_count: i32,
}

/// 分解项 · one part of a page.
#[derive(SimpleObject)]
pub struct BreakdownEdge {
    /// 游标 · for `after`
    cursor: String,
    /// 分解项 · the part
    node: BreakdownPart,
}

/// 比率的部分 · of which part of a ratio a row is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatioPart {
    /// 分子
    Numerator,
    /// 分母
    Denominator,
}

/// One row behind a figure.
#[derive(FromQueryResult, Clone, Debug)]
struct Counted {
    row_id: i64,
    division: String,
    on_date: NaiveDate,
    value: i64,
    person_id: Option<i64>,
    node_id: i64,
}

/// 指标明细 · one counted unit behind a figure.
#[derive(Clone)]
pub struct FigureRow {
    of: &'static Definition,
    row: Counted,
}

/// 指标明细 · one counted unit behind a figure: values added up and then rounded give the figure.
#[Object]
impl FigureRow {
    /// 编号 · unique within the figure.
    pub async fn id(&self) -> ID {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.of.code, self.row.row_id)).into()
    }

    /// 区划 · where it counts.
    async fn division(&self) -> DivisionCode {
        DivisionCode(self.row.division.clone())
    }

    /// 日期 · the business date that decides; of a stock the day since when it holds.
    async fn date(&self) -> Date {
        Date(self.row.on_date)
    }

    /// 数值 · exact and unrounded, in the figure's unit.
    async fn value(&self) -> Decimal {
        Decimal(exact(self.row.value, self.of.scale))
    }

    /// 金额 · where the figure is money.
    async fn amount(&self) -> Option<Money> {
        self.of.money.then_some(Money(self.row.value))
    }

    /// 部分 · numerator or denominator of a ratio; null elsewhere.
    async fn part(&self) -> Option<RatioPart> {
        None
    }

    /// 记录 · the row behind it; null where out of scope.
    async fn node(&self, context: &Context<'_>) -> Answer<Option<AnyNode>> {
        node::read(context, self.of.node, self.row.node_id).await
    }

    /// 人员 · the person counted, if it is one; null where out of scope.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Person>> {
        match self.row.person_id {
            Some(id) => by_id(context, id).await,
            None => Ok(None),
        }
    }
}

/// 明细列表 · rows behind a figure, earliest first.
pub struct FigureRowConnection {
    rows: Vec<FigureRow>,
    more: bool,
    previous: bool,
    of: &'static Definition,
    place: String,
    period: Period,
}

/// 明细 · one row of a page.
#[derive(SimpleObject)]
pub struct FigureRowEdge {
    /// 游标 · for `after`
    cursor: String,
    /// 明细 · the row
    node: FigureRow,
}

fn row_cursor(row: &Counted) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", row.on_date, row.row_id))
}

fn read_cursor(text: &str) -> Option<(NaiveDate, i64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (date, id) = text.split_once('/')?;
    Some((date.parse().ok()?, id.parse().ok()?))
}

/// 明细列表 · rows behind a figure, earliest first.
#[Object]
impl FigureRowConnection {
    /// 带游标的明细 · rows with their cursors.
    async fn edges(&self) -> Vec<FigureRowEdge> {
        self.rows.iter().map(|row| FigureRowEdge { cursor: row_cursor(&row.row), node: row.clone() }).collect()
    }

    /// 明细 · the rows.
    async fn nodes(&self) -> &[FigureRow] {
        &self.rows
    }

    /// 翻页信息 · where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.more,
            has_previous_page: self.previous,
            start_cursor: self.rows.first().map(|row| row_cursor(&row.row)),
            end_cursor: self.rows.last().map(|row| row_cursor(&row.row)),
        }
    }

    /// 总数 · all rows, counted only when asked for.
    async fn total_count(&self, context: &Context<'_>) -> Answer<i32> {
        let (sql, values) = counted_rows(self.of, &self.place, self.period);
        let sql = format!("SELECT COUNT(*) AS n FROM ({sql}) c");
        let db = &state(context)?.kernel.db;
        let count = db.value(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// The select of the rows behind a figure at a place in a time: one a counted unit.
fn counted_rows(of: &Definition, place: &str, period: Period) -> (String, Vec<Value>) {
    let (low, high) = range(division_prefix(place));
    let within = "r.division >= $1 AND r.division <= $2";
    let values = vec![low.into(), high.into(), period.from.into(), period.until.into()];
    let columns = "row_id, division, on_date, value, person_id, node_id";
    let rows = of.rows;
    let once = format!(
        "SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.unit ORDER BY r.on_date, r.row_id) AS place_in_unit FROM ({rows}) r"
    );
    let sql = match of.kind {
        Kind::Distinct => format!(
            "SELECT {columns} FROM ({once} WHERE {within} AND r.on_date >= $3 AND r.on_date < $4) u \
             WHERE u.place_in_unit = 1"
        ),
        // `$3` is not asked of a stock, and both databases want every value used.
        Kind::Stock => format!(
            "SELECT {columns} FROM ({once} WHERE {within} AND r.on_date < $4 \
             AND (r.until_date IS NULL OR r.until_date >= $4) AND $3 < $4) u WHERE u.place_in_unit = 1"
        ),
        Kind::Flow | Kind::Text => {
            format!("SELECT {columns} FROM ({rows}) r WHERE {within} AND r.on_date >= $3 AND r.on_date < $4")
        }
    };
    (sql, values)
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
    of: &'static Definition,
    place: String,
    period: Period,
    position: i64,
    now: Shown,
    year_before: Shown,
    before: Shown,
    /// The text of a text figure.
    text: Option<String>,
    cells: Arc<CellsOf>,
    hidden: Option<Arc<Hidden>>,
}

/// 指标 · one figure of a place and a time.
#[Object]
impl Figure {
    /// 编码 · `F1`, `D03.TEKUN_SCATTERED.PERSONS`.
    async fn code(&self) -> &str {
        self.of.code
    }

    /// 名称 · name.
    async fn name(&self) -> &str {
        self.of.zh
    }

    /// 单位 · unit of the value.
    async fn unit(&self) -> &str {
        self.of.unit
    }

    /// 数值 · in the unit, rounded half-up to its decimals; null: no data, or hidden.
    async fn value(&self) -> Option<Decimal> {
        self.now.value(self.of)
    }

    /// 金额 · exact, where the figure is money.
    async fn amount(&self) -> Option<Money> {
        self.now.amount(self.of)
    }

    /// 显示 · grouped number without unit, the text of a text figure, or "—".
    async fn display(&self) -> String {
        self.text.clone().unwrap_or_else(|| self.now.display(self.of))
    }

    /// 已隐藏 · hidden, since few persons stand behind it.
    async fn suppressed(&self) -> bool {
        self.now.hidden
    }

    /// 目标 · target, where one is set.
    async fn target(&self) -> Option<Decimal> {
        None
    }

    /// 同比 · percent against the same time a year before; null where that was zero or is hidden.
    async fn year_on_year(&self) -> Option<Decimal> {
        compared(&self.now, &self.year_before)
    }

    /// 环比 · percent against the time just before; null where that was zero or is hidden.
    async fn previous_period(&self) -> Option<Decimal> {
        compared(&self.now, &self.before)
    }

    /// 明细 · the rows that were counted, earliest first.
    async fn rows(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Answer<FigureRowConnection> {
        let viewer = viewer(context)?;
        if !may_open(viewer, self.of) {
            return Err(forbidden(context, "rows-forbidden", "rows"));
        }
        let page = PageInput { first, ..PageInput::default() };
        let (size, _) = page.size().map_err(|e| fault(context, e))?;
        let mut connection = FigureRowConnection {
            rows: Vec::new(),
            more: false,
            previous: after.is_some(),
            of: self.of,
            place: self.place.clone(),
            period: self.period,
        };
        if self.of.kind == Kind::Text {
            return Ok(connection);
        }
        let (sql, mut values) = counted_rows(self.of, &self.place, self.period);
        let mut beyond = String::new();
        if let Some(after) = &after {
            let (date, id) = read_cursor(after).ok_or_else(|| bad_request(context, "bad-cursor", "after"))?;
            beyond = "WHERE (c.on_date > $5 OR (c.on_date = $5 AND c.row_id > $6))".to_owned();
            values.extend([date.into(), id.into()]);
        }
        let sql = format!("SELECT * FROM ({sql}) c {beyond} ORDER BY c.on_date, c.row_id LIMIT {}", size + 1);
        let db = &state(context)?.kernel.db;
        let mut rows: Vec<Counted> = db.rows(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
        connection.more = rows.len() as u64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        connection.rows = rows.into_iter().map(|row| FigureRow { of: self.of, row }).collect();
        Ok(connection)
    }

    /// 序列 · the last periods up to this one, oldest first.
    async fn series(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "每期长度 · length of each")] by: SeriesBy,
        #[graphql(desc = "期数 · how many, 1–60")] last: i32,
    ) -> Answer<Vec<SeriesPoint>> {
        let periods = series_periods(self.period, by.into(), last)
            .ok_or_else(|| bad_request(context, "series-length", "last"))?;
        let mut points = Vec::with_capacity(periods.len());
        for period in periods {
            let shown = match self.cells.value(self.of, period) {
                Some(raw) => self.shown(raw, period),
                None => Shown::default(),
            };
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
    ) -> Answer<BreakdownConnection> {
        let page = PageInput { first, ..PageInput::default() };
        let (size, _) = page.size().map_err(|e| fault(context, e))?;
        breakdown(context, self, level, usize::try_from(size).unwrap_or(usize::MAX), after).await
    }

    /// 口径说明 · how it came about: the definition, and what was not counted and why.
    async fn explain(&self, context: &Context<'_>) -> Answer<Explanation> {
        let zh = viewer(context)?.lang == minzheng_kernel::Lang::Zh;
        let db = &state(context)?.kernel.db;
        let (low, high) = range(division_prefix(&self.place));
        let mut not_counted = Vec::new();
        let open = may_open(viewer(context)?, self.of);
        for (reason_zh, reason_en, select) in self.of.excluded.iter().filter(|_| open) {
            let sql = format!(
                "SELECT COUNT(*) AS n FROM ({select}) r WHERE r.division >= $1 AND r.division <= $2 \
                 AND r.on_date >= $3 AND r.on_date < $4"
            );
            let values: Vec<Value> =
                vec![low.clone().into(), high.clone().into(), self.period.from.into(), self.period.until.into()];
            let count = db.value(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
            if count > 0 {
                not_counted.push(NotCounted {
                    reason: if zh { (*reason_zh).to_owned() } else { (*reason_en).to_owned() },
                    count: i32::try_from(count).unwrap_or(i32::MAX),
                });
            }
        }
        let definition = if zh { self.of.words_zh } else { self.of.words_en };
        Ok(Explanation { definition: definition.to_owned(), position: self.position.to_string(), not_counted })
    }
}

impl Figure {
    fn shown(&self, raw: i64, period: Period) -> Shown {
        let hidden = self.hidden.as_ref().is_some_and(|hidden| hidden.hides(self.of, &self.place, period));
        Shown { raw: Some(raw), hidden }
    }
}

fn compared(now: &Shown, then: &Shown) -> Option<Decimal> {
    growth(now.visible()?, then.visible()?).map(Decimal)
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

/// Whether the rows behind a figure are for this viewer.
fn may_open(viewer: &Viewer, of: &Definition) -> bool {
    use entity::{assistance, payments};
    let level = match of.node {
        "Payment" => viewer.best_level::<payments::payment::Entity>(),
        "Recognition" => viewer.best_level::<assistance::recognition::Entity>(),
        _ => Level::Full,
    };
    level >= Level::Masked
}

/// What a viewer is told of the figures of a place.
pub fn right_at(viewer: &Viewer, place: &str) -> FigureRight {
    let (low, high) = range(division_prefix(place));
    viewer
        .grants
        .iter()
        .filter(|grant| grant.role != PUBLIC_ROLE)
        .filter(|grant| match &grant.reach {
            Reach::Everywhere => true,
            Reach::Divisions(ranges) => ranges.iter().any(|(from, until)| *from <= low && high < *until),
            _ => false,
        })
        .map(|grant| figure_right(&grant.role))
        .max()
        .unwrap_or(FigureRight::None)
}

/// Which level of cells a place has.
fn level_of(place: &str) -> Option<&'static str> {
    match division_prefix(place).len() {
        12 => Some("OWN"),
        9 => Some("TOWN"),
        6 => Some("DISTRICT"),
        _ => None,
    }
}

#[derive(FromQueryResult)]
struct Cell {
    code: String,
    grain: String,
    starts_on: NaiveDate,
    value: i64,
}

/// The cells of one place, by figure.
#[derive(Default)]
struct CellsOf {
    by_code: HashMap<String, BTreeMap<(String, NaiveDate), i64>>,
    /// What each stock was before the first cell read.
    before: HashMap<String, i64>,
    /// Values counted from rows, for times that have no cells.
    counted: HashMap<(String, Period), i64>,
}

impl CellsOf {
    /// The figure of a time; `None` where its cells were not read.
    fn value(&self, of: &Definition, period: Period) -> Option<i64> {
        if let Some(counted) = self.counted.get(&(of.code.to_owned(), period)) {
            return Some(*counted);
        }
        let none = BTreeMap::new();
        let cells = self.by_code.get(of.code).unwrap_or(&none);
        let months = || cells.iter().filter(|((grain, _), _)| grain == "MONTH");
        match of.kind {
            Kind::Text => None,
            Kind::Flow if period.whole_months() => Some(
                months()
                    .filter(|((_, start), _)| *start >= period.from && *start < period.until)
                    .map(|(_, value)| value)
                    .sum(),
            ),
            Kind::Stock if period.whole_months() => Some(
                self.before.get(of.code).copied().unwrap_or(0)
                    + months().filter(|((_, start), _)| *start < period.until).map(|(_, value)| value).sum::<i64>(),
            ),
            Kind::Distinct if period.grain.is_some() => {
                let grain = period.grain.map_or("", Grain::code).to_owned();
                Some(cells.get(&(grain, period.from)).copied().unwrap_or(0))
            }
            _ => None,
        }
    }

    async fn read(
        state: &State,
        place: &str,
        codes: &[&'static Definition],
        (from, until): (NaiveDate, NaiveDate),
    ) -> Result<Self, Fault> {
        let mut read = Self::default();
        let Some(level) = level_of(place) else { return Ok(read) };
        let db = &state.kernel.db;
        let names: Vec<Value> = codes.iter().map(|of| of.code.into()).collect();
        let list = (5..5 + names.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let place_and_codes = format!("level = $1 AND division = $2 AND code IN ({list})");
        // One statement: the cells of the time, and the sum of all months before it, which is where stocks begin.
        let sql = format!(
            "SELECT code, grain, starts_on, value FROM figure_cell \
             WHERE {place_and_codes} AND starts_on >= $3 AND starts_on < $4 \
             UNION ALL SELECT code, 'BEFORE' AS grain, MIN(starts_on) AS starts_on, CAST(SUM(value) AS BIGINT) AS value \
             FROM figure_cell WHERE {place_and_codes} AND grain = 'MONTH' AND starts_on < $3 GROUP BY code"
        );
        let mut values: Vec<Value> = vec![level.into(), place.into(), from.into(), until.into()];
        values.extend(names);
        let rows: Vec<Cell> = db.rows(db.read(), &sql, values).await?;
        for Cell { code, grain, starts_on, value } in rows {
            if grain == "BEFORE" {
                read.before.insert(code, value);
            } else {
                read.by_code.entry(code).or_default().insert((grain, starts_on), value);
            }
        }
        Ok(read)
    }

    /// Counts from the rows what no cell holds.
    async fn count(&mut self, state: &State, of: &Definition, place: &str, period: Period) -> Result<(), Fault> {
        if of.kind == Kind::Text || self.counted.contains_key(&(of.code.to_owned(), period)) {
            return Ok(());
        }
        if level_of(place).is_some() && self.value(of, period).is_some() {
            return Ok(());
        }
        let (sql, values) = counted_rows(of, place, period);
        let sql = format!("SELECT CAST(SUM(value) AS BIGINT) AS n FROM ({sql}) c");
        let db = &state.kernel.db;
        let value = db.value(db.read(), &sql, values).await?;
        self.counted.insert((of.code.to_owned(), period), value);
        Ok(())
    }
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
        figures(context, &division.0, period, codes.as_deref()).await
    }
}

/// Reads figures for a viewer.
pub async fn figures(
    context: &Context<'_>,
    place: &str,
    period: Period,
    codes: Option<&[String]>,
) -> Answer<FigureSet> {
    let (state, viewer) = (state(context)?, viewer(context)?);
    let right = right_at(viewer, place);
    if right == FigureRight::None {
        return Err(forbidden(context, "figures-scope", "division"));
    }
    let suppressing = right == FigureRight::Suppressed;
    if suppressing && (period.grain.is_none() || !matches!(level_of(place), Some("TOWN" | "DISTRICT"))) {
        return Err(forbidden(context, "figures-screen", "period"));
    }
    let definitions: Vec<&'static Definition> = match codes {
        Some(codes) => codes
            .iter()
            .map(|code| indicator::find(code).ok_or_else(|| bad_request(context, "unknown-code", "codes")))
            .collect::<Answer<_>>()?,
        None => indicator::all().filter(|of| of.code.starts_with('F') && !of.code.contains('.')).collect(),
    };

    // The times asked for: this one, what it is compared with, and the series.
    let compared = [period.year_before(), period.before()];
    let mut series: Vec<Period> = Vec::new();
    for field in context.field().selection_set().filter(|field| field.name() == "figures") {
        for field in field.selection_set().filter(|field| field.name() == "series") {
            let arguments = field.arguments().unwrap_or_default();
            let argument = |name: &str| arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
            let by = argument("by").and_then(|value| match value {
                async_graphql::Value::Enum(name) => Some(name.to_string()),
                async_graphql::Value::String(name) => Some(name.clone()),
                _ => None,
            });
            let grain = Grain::ALL.into_iter().find(|grain| by.as_deref() == Some(grain.code()));
            let last = argument("last").and_then(|value| match value {
                async_graphql::Value::Number(number) => number.as_i64().and_then(|n| i32::try_from(n).ok()),
                _ => None,
            });
            if let (Some(grain), Some(last)) = (grain, last) {
                series.extend(series_periods(period, grain, last).unwrap_or_default());
            }
        }
    }
    let times: Vec<Period> = [period].into_iter().chain(compared).chain(series).collect();
    let from = times.iter().map(|time| Grain::Month.containing(time.from).from).min().unwrap_or(period.from);
    let until = times.iter().map(|time| time.until).max().unwrap_or(period.until);

    let read = |e: Fault| fault(context, e);
    // Read before the cells, so that they stand on it at least.
    let position = projector::position(&state.kernel.db).await.map_err(read)?;
    let mut cells = CellsOf::read(state, place, &definitions, (from, until)).await.map_err(read)?;
    for of in &definitions {
        for time in times.iter().copied().collect::<HashSet<_>>() {
            cells.count(state, of, place, time).await.map_err(read)?;
        }
    }
    let hidden = if suppressing {
        Some(suppression::hidden(state, place, (from, until), position).await.map_err(read)?)
    } else {
        None
    };
    let cells = Arc::new(cells);
    let mut figures = Vec::with_capacity(definitions.len());
    for of in definitions {
        let shown = |time: Period| Shown {
            raw: cells.value(of, time),
            hidden: hidden.as_ref().is_some_and(|hidden| hidden.hides(of, place, time)),
        };
        let text = match of.kind {
            Kind::Text => Some(name_on(state, viewer, place, period.last_day()).await.map_err(read)?),
            _ => None,
        };
        figures.push(Figure {
            of,
            place: place.to_owned(),
            period,
            position,
            now: shown(period),
            year_before: shown(period.year_before()),
            before: shown(period.before()),
            text,
            cells: cells.clone(),
            hidden: hidden.clone(),
        });
    }
    Ok(FigureSet {
        code: place.to_owned(),
        period: period.into(),
        as_of: DateTime(state.kernel.clock.now()),
        position: position.to_string(),
        figures,
    })
}

/// F0: the name in the table of divisions.
async fn name_on(state: &State, viewer: &Viewer, place: &str, _on: NaiveDate) -> Result<String, Fault> {
    use entity::registry::division::{Column, Entity};
    let row = viewer.select::<Entity>().filter(Column::Code.eq(place)).one(state.kernel.db.read()).await?;
    Ok(row.map_or_else(|| "—".to_owned(), |row| row.name))
}

#[derive(FromQueryResult)]
struct PartCell {
    division: String,
    value: i64,
}

async fn breakdown(
    context: &Context<'_>,
    figure: &Figure,
    level: BreakdownLevel,
    size: usize,
    after: Option<String>,
) -> Answer<BreakdownConnection> {
    use entity::registry::division::{Column, Entity};
    let (state, viewer) = (state(context)?, viewer(context)?);
    let (of, period, place) = (figure.of, figure.period, figure.place.as_str());
    let (name, cells, digits) = match level {
        BreakdownLevel::Town => ("TOWN", "TOWN", 9),
        BreakdownLevel::Village => ("VILLAGE", "OWN", 12),
    };
    if division_prefix(place).len() >= digits {
        return Err(bad_request(context, "breakdown-level", "level"));
    }
    if figure.hidden.is_some() && level == BreakdownLevel::Village {
        return Err(forbidden(context, "figures-screen", "level"));
    }
    let read = |e: Fault| fault(context, e);
    let db = &state.kernel.db;
    let (low, high) = range(division_prefix(place));
    // Parts that hold in the period, also those abolished in it.
    let parts: Vec<String> = viewer
        .select::<Entity>()
        .select_only()
        .column(Column::Code)
        .filter(Column::Code.between(low.clone(), high.clone()))
        .filter(Column::Level.eq(name))
        .filter(Column::ValidFrom.is_null().or(Column::ValidFrom.lt(period.until)))
        .filter(Column::ValidUntil.is_null().or(Column::ValidUntil.gt(period.from)))
        .order_by_asc(Column::Code)
        .into_tuple()
        .all(db.read())
        .await
        .map_err(|e| read(e.into()))?;

    let mut values: HashMap<String, i64> = HashMap::new();
    let by_cells = match of.kind {
        Kind::Text => false,
        Kind::Distinct => period.grain.is_some(),
        Kind::Flow | Kind::Stock => period.whole_months(),
    };
    if by_cells {
        let (grain, first) = match of.kind {
            Kind::Distinct => (period.grain.map_or("", Grain::code), period.from),
            Kind::Stock => ("MONTH", NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(period.from)),
            _ => ("MONTH", period.from),
        };
        let until = if of.kind == Kind::Distinct {
            first.checked_add_months(Months::new(1)).unwrap_or(period.until)
        } else {
            period.until
        };
        let sql = "SELECT division, CAST(SUM(value) AS BIGINT) AS value FROM figure_cell WHERE code = $1 AND grain = $2 \
                   AND level = $3 AND starts_on >= $4 AND starts_on < $5 AND division >= $6 AND division <= $7 \
                   GROUP BY division";
        let bound: Vec<Value> =
            vec![of.code.into(), grain.into(), cells.into(), first.into(), until.into(), low.into(), high.into()];
        let rows: Vec<PartCell> = db.rows(db.read(), sql, bound).await.map_err(read)?;
        values.extend(rows.into_iter().map(|row| (row.division, row.value)));
    } else if of.kind != Kind::Text {
        let (sql, bound) = counted_rows(of, place, period);
        let zeros = "0".repeat(12 - digits);
        // A unit that is in two parts counts in the first, as it does in the whole.
        let sql = format!(
            "SELECT substr(c.division, 1, {digits}) || '{zeros}' AS division, CAST(SUM(c.value) AS BIGINT) AS value \
             FROM ({sql}) c GROUP BY 1"
        );
        let rows: Vec<PartCell> = db.rows(db.read(), &sql, bound).await.map_err(read)?;
        values.extend(rows.into_iter().map(|row| (row.division, row.value)));
    }

    let total = parts.len();
    let start = match &after {
        Some(cursor) => {
            let code = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let code = code.ok_or_else(|| bad_request(context, "bad-cursor", "after"))?;
            parts.partition_point(|part| *part <= code)
        }
        None => 0,
    };
    let edges: Vec<BreakdownEdge> = parts
        .iter()
        .skip(start)
        .take(size)
        .map(|part| {
            let shown = Shown {
                raw: (of.kind != Kind::Text).then(|| values.get(part).copied().unwrap_or(0)),
                hidden: figure.hidden.as_ref().is_some_and(|hidden| hidden.hides(of, part, period)),
            };
            BreakdownEdge {
                cursor: URL_SAFE_NO_PAD.encode(part),
                node: BreakdownPart {
                    code: part.clone(),
                    value: shown.value(of),
                    amount: shown.amount(of),
                    display: shown.display(of),
                    suppressed: shown.hidden,
                },
            }
        })
        .collect();
    let page_info = PageInfo {
        has_next_page: start + edges.len() < total,
        has_previous_page: start > 0,
        start_cursor: edges.first().map(|edge| edge.cursor.clone()),
        end_cursor: edges.last().map(|edge| edge.cursor.clone()),
    };
    Ok(BreakdownConnection {
        nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
        edges,
        page_info,
        total_count: i32::try_from(total).unwrap_or(i32::MAX),
    })
}
