//! 指标明细 · the rows behind a figure: added up and then rounded they give it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use minzheng_ground::Link;
use minzheng_ground::engine::AnyNode;
use minzheng_ground::error::{Answer, bad_request, fault, forbidden};
use minzheng_ground::list::PageInfo;
use minzheng_ground::scalars::{Date, Decimal, DivisionCode, Money};
use minzheng_ground::state::{State, state, viewer};
use minzheng_kernel::{Fault, Level, PageInput, Viewer};
use minzheng_rules::division::division_prefix;
use minzheng_rules::number::exact;
use minzheng_rules::period::Period;
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest as _, Sha256};

use crate::asked;
use crate::cells::range;
use crate::figure::Figure;
use crate::indicator::{Count, Counting, Definition, Kind, Measure, Part};
use crate::population::Populations;
use crate::read::window;
use crate::setting::Settings;

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
    part: i64,
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

impl FigureRow {
    /// What counts it; `None` for a population.
    fn count(&self) -> Option<&'static Count> {
        match &self.of.measure {
            Measure::Ratio(ratio) => ratio.parts().get(usize::try_from(self.row.part).unwrap_or(0))?.count(),
            _ => self.of.count(),
        }
    }
}

/// 指标明细 · one counted unit behind a figure: values added up and then rounded give the figure; of a ratio the
/// numerators over the denominators do.
#[Object]
impl FigureRow {
    /// 编号 · unique within the figure.
    pub async fn id(&self) -> ID {
        let part = if self.row.part == 0 { "" } else { "/D" };
        URL_SAFE_NO_PAD.encode(format!("{}:{}{part}", self.of.code, self.row.row_id)).into()
    }

    /// 区划 · where it counts.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.row.division.clone())
    }

    /// 日期 · the business date that decides; of a stock the day since when it holds.
    fn date(&self) -> Date {
        Date(self.row.on_date)
    }

    /// 数值 · exact and unrounded, in the figure's unit.
    fn value(&self) -> Decimal {
        // So many persons make one of the denominator: a figure per thousand is over thousands.
        let factor = self.of.ratio().map_or(1, |ratio| if self.of.is_percent() { 1 } else { ratio.factor });
        Decimal(exact(self.row.value, self.count().map_or(factor, |count| count.scale)))
    }

    /// 金额 · where the figure is money.
    fn amount(&self) -> Option<Money> {
        self.count().is_some_and(|count| count.money).then_some(Money(self.row.value))
    }

    /// 部分 · numerator or denominator of a ratio; null elsewhere.
    fn part(&self) -> Option<RatioPart> {
        let part = if self.row.part == 0 { RatioPart::Numerator } else { RatioPart::Denominator };
        self.of.ratio().map(|_| part)
    }

    /// 记录 · the row behind it; null where out of scope.
    async fn node(&self) -> Option<AnyNode> {
        AnyNode::new(self.count()?.node, self.row.node_id)
    }

    /// 人员 · the person counted, if it is one; null where out of scope.
    async fn person(&self) -> Option<Link<entity::registry::person::Entity>> {
        self.row.person_id.map(Link::id)
    }
}

/// 明细列表 · rows behind a figure, earliest first; of a ratio the numerators come first.
pub struct FigureRowConnection {
    rows: Vec<FigureRow>,
    more: bool,
    previous: bool,
    of: &'static Definition,
    place: String,
    period: Period,
    settings: Arc<Settings>,
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
    URL_SAFE_NO_PAD.encode(format!("{}/{}/{}", row.part, row.on_date, row.row_id))
}

fn read_cursor(text: &str) -> Option<(i64, NaiveDate, i64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (part, rest) = text.split_once('/')?;
    let (date, id) = rest.split_once('/')?;
    Some((part.parse().ok()?, date.parse().ok()?, id.parse().ok()?))
}

/// 明细列表 · rows behind a figure, earliest first.
#[Object]
impl FigureRowConnection {
    /// 带游标的明细 · rows with their cursors.
    fn edges(&self) -> Vec<FigureRowEdge> {
        self.rows.iter().map(|row| FigureRowEdge { cursor: row_cursor(&row.row), node: row.clone() }).collect()
    }

    /// 明细 · the rows.
    fn nodes(&self) -> &[FigureRow] {
        &self.rows
    }

    /// 翻页信息 · where the page stands.
    fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.more,
            has_previous_page: self.previous,
            start_cursor: self.rows.first().map(|row| row_cursor(&row.row)),
            end_cursor: self.rows.last().map(|row| row_cursor(&row.row)),
        }
    }

    /// 总数 · all rows, counted only when asked for.
    async fn total_count(&self, context: &Context<'_>) -> Answer<i32> {
        let state = state(context)?;
        let statement = statement(state, &self.settings, self.of, &self.place, self.period);
        let statement = statement.await.map_err(|e| fault(context, e))?;
        let Some((sql, values)) = statement else { return Ok(0) };
        let sql = format!("SELECT COUNT(*) AS n FROM ({sql}) c");
        let db = &state.kernel.db;
        let count = db.value(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// The select of the rows of a count at a place in a time: one a counted unit; columns `row_id`, `division`, `on_date`,
/// `value`, `person_id`, `node_id`. Bound are the first and the last code of the place.
pub fn counted_rows(settings: &Settings, of: &Count, place: &str, period: Period) -> (String, Vec<Value>) {
    let (low, high) = range(division_prefix(place));
    let time = window(of, period);
    let within = "r.division >= $1 AND r.division <= $2";
    let columns = "row_id, division, on_date, value, person_id, node_id";
    let rows = settings.rows(of);
    let (from, until) = (settings.day(time.from), settings.day(time.until));
    let dated = format!("r.on_date >= {from} AND r.on_date < {until}");
    let once = format!(
        "SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.unit ORDER BY r.on_date, r.row_id) AS place_in_unit \
         FROM ({rows}) r WHERE {within}"
    );
    let sql = match of.counting {
        Counting::Sum => format!("SELECT {columns} FROM ({rows}) r WHERE {within} AND {dated}"),
        Counting::Distinct => format!("SELECT {columns} FROM ({once} AND {dated}) u WHERE u.place_in_unit = 1"),
        Counting::Standing => format!(
            "SELECT {columns} FROM ({once} AND r.on_date < {until} AND (r.until_date IS NULL OR r.until_date >= {until})) u \
             WHERE u.place_in_unit = 1"
        ),
        Counting::Asked => {
            format!("{} SELECT {columns} FROM ({once}) u WHERE u.place_in_unit = 1", asked::times(settings, &[time]))
        }
    };
    (sql, vec![low.into(), high.into()])
}

/// The statement of all rows behind a figure, with their `part`; `None`: it has none.
async fn statement(
    state: &State,
    settings: &Settings,
    of: &'static Definition,
    place: &str,
    period: Period,
) -> Result<Option<(String, Vec<Value>)>, Fault> {
    if of.kind == Kind::Date || of.kind == Kind::Text {
        return Ok(None);
    }
    let mut selects = Vec::new();
    let mut bound = Vec::new();
    let select = |n: usize, sql: &str| format!("SELECT CAST({n} AS BIGINT) AS part, p.* FROM ({sql}) p");
    match &of.measure {
        Measure::Count(count) => {
            let (sql, values) = counted_rows(settings, count, place, period);
            selects.push(select(0, &sql));
            bound = values;
        }
        Measure::Ratio(ratio) => {
            for (n, part) in ratio.parts().into_iter().enumerate() {
                match part {
                    Part::Population(column) => {
                        let known = Populations::read(state, place, period.until).await?;
                        let Some(rows) = known.rows(place, column, period.last_day()) else { continue };
                        let ids = rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>().join(", ");
                        selects.push(format!(
                            "SELECT CAST({n} AS BIGINT) AS part, s.id AS row_id, s.division AS division, \
                             s.on_date AS on_date, s.{column} AS value, CAST(NULL AS BIGINT) AS person_id, \
                             s.id AS node_id FROM division_statistics s WHERE s.id IN ({ids})"
                        ));
                    }
                    part => {
                        if let Some(count) = part.count() {
                            let (sql, values) = counted_rows(settings, count, place, period);
                            selects.push(select(n, &sql));
                            bound = values;
                        }
                    }
                }
            }
        }
        Measure::Unfed | Measure::Name | Measure::Day(_) => {}
    }
    Ok((!selects.is_empty()).then(|| (selects.join(" UNION ALL "), bound)))
}

/// SHA-256 over the sorted ids of the rows that a figure counts, a line each, of a ratio with the number of its part
/// before; and how many. `None` where there are no rows to be told.
pub async fn fingerprint(
    state: &State,
    of: &'static Definition,
    place: &str,
    period: Period,
) -> Result<Option<(String, i64)>, Fault> {
    #[derive(FromQueryResult)]
    struct RowOf {
        part: i64,
        row_id: i64,
    }
    let db = &state.kernel.db;
    let settings = Settings::all(db).await?;
    let Some((sql, values)) = statement(state, &settings, of, place, period).await? else { return Ok(None) };
    let sql = format!("SELECT part, row_id FROM ({sql}) c ORDER BY part, row_id");
    let rows: Vec<RowOf> = db.rows(db.read(), &sql, values).await?;
    let mut hasher = Sha256::new();
    for RowOf { part, row_id } in &rows {
        hasher.update(if of.ratio().is_some() { format!("{part} {row_id}\n") } else { format!("{row_id}\n") });
    }
    Ok(Some((hex::encode(hasher.finalize()), i64::try_from(rows.len()).map_err(Fault::internal)?)))
}

/// Whether the rows behind a figure of a place are for this viewer: by the grants that reach that place, whatever others
/// are held elsewhere.
pub fn may_open(viewer: &Viewer, of: &Definition, place: &str) -> bool {
    let (first, last) = range(division_prefix(place));
    of.nodes().into_iter().all(|node| viewer.level_throughout(node, &first, &last) >= Level::Masked)
}

/// A page of the rows behind a figure.
pub async fn rows(
    context: &Context<'_>,
    figure: &Figure,
    first: Option<i32>,
    after: Option<String>,
) -> Answer<FigureRowConnection> {
    let (of, place, period) = (figure.of, figure.place.as_str(), figure.period);
    let viewer = viewer(context)?;
    if figure.now.hidden || !may_open(viewer, of, place) {
        return Err(forbidden(context, "rows-forbidden", "rows"));
    }
    let page = PageInput { first, ..PageInput::default() };
    let (size, _) = page.size().map_err(|e| fault(context, e))?;
    let mut connection = FigureRowConnection {
        rows: Vec::new(),
        more: false,
        previous: after.is_some(),
        of,
        place: place.to_owned(),
        period,
        settings: figure.settings.clone(),
    };
    let (part, date, id) = match &after {
        Some(after) => read_cursor(after).ok_or_else(|| bad_request(context, "bad-cursor", "after"))?,
        None => (-1, NaiveDate::MIN, 0),
    };
    let state = state(context)?;
    let Some((sql, mut values)) =
        statement(state, &figure.settings, of, place, period).await.map_err(|e| fault(context, e))?
    else {
        return Ok(connection);
    };
    let mut beyond = "";
    if after.is_some() {
        beyond = "WHERE (c.part > $3 OR (c.part = $3 AND (c.on_date > $4 OR (c.on_date = $4 AND c.row_id > $5))))";
        values.extend([part.into(), date.into(), id.into()]);
    }
    let sql = format!("SELECT * FROM ({sql}) c {beyond} ORDER BY c.part, c.on_date, c.row_id LIMIT {}", size + 1);
    let db = &state.kernel.db;
    let mut rows: Vec<Counted> = db.rows(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
    connection.more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    connection.rows = rows.into_iter().map(|row| FigureRow { of, row }).collect();
    Ok(connection)
}
