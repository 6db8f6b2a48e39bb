//! 指标明细 · the rows behind a figure: added up and then rounded they give it.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use minzheng_kernel::{Db, Fault, Level, PageInput, Viewer};
use minzheng_rules::number::exact;
use minzheng_rules::period::Period;
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest as _, Sha256};

use super::cells::range;
use super::indicator::{Definition, Kind};
use crate::graphql::error::{Answer, bad_request, fault, forbidden};
use crate::graphql::list::{PageInfo, division_prefix};
use crate::graphql::load::by_id;
use crate::graphql::node::{self, AnyNode};
use crate::graphql::scalars::{Date, Decimal, DivisionCode, Money};
use crate::graphql::{state, viewer};
use crate::registry::person::Person;

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
        if self.of.kind == Kind::Text {
            return Ok(0);
        }
        let (sql, values) = counted_rows(self.of, &self.place, self.period);
        let sql = format!("SELECT COUNT(*) AS n FROM ({sql}) c");
        let db = &state(context)?.kernel.db;
        let count = db.value(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// The select of the rows behind a figure at a place in a time: one a counted unit.
pub fn counted_rows(of: &Definition, place: &str, period: Period) -> (String, Vec<Value>) {
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

/// SHA-256 over the sorted ids of the rows that a figure counts, a line each, and how many; `None` for a text.
pub async fn fingerprint(
    db: &Db,
    of: &Definition,
    place: &str,
    period: Period,
) -> Result<Option<(String, i64)>, Fault> {
    #[derive(FromQueryResult)]
    struct RowId {
        row_id: i64,
    }
    if of.kind == Kind::Text {
        return Ok(None);
    }
    let (sql, values) = counted_rows(of, place, period);
    let rows: Vec<RowId> =
        db.rows(db.read(), &format!("SELECT row_id FROM ({sql}) c ORDER BY row_id"), values).await?;
    let mut hasher = Sha256::new();
    for RowId { row_id } in &rows {
        hasher.update(format!("{row_id}\n"));
    }
    Ok(Some((hex::encode(hasher.finalize()), i64::try_from(rows.len()).map_err(Fault::internal)?)))
}

/// Whether the rows behind a figure are for this viewer.
pub fn may_open(viewer: &Viewer, of: &Definition) -> bool {
    use entity::{assistance, payments};
    let level = match of.node {
        "Payment" => viewer.best_level::<payments::payment::Entity>(),
        "Recognition" => viewer.best_level::<assistance::recognition::Entity>(),
        _ => Level::Full,
    };
    level >= Level::Masked
}

/// A page of the rows behind a figure.
pub async fn rows(
    context: &Context<'_>,
    of: &'static Definition,
    place: &str,
    period: Period,
    first: Option<i32>,
    after: Option<String>,
) -> Answer<FigureRowConnection> {
    let viewer = viewer(context)?;
    if !may_open(viewer, of) {
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
    };
    if of.kind == Kind::Text {
        return Ok(connection);
    }
    let (sql, mut values) = counted_rows(of, place, period);
    let mut beyond = "";
    if let Some(after) = &after {
        let (date, id) = read_cursor(after).ok_or_else(|| bad_request(context, "bad-cursor", "after"))?;
        beyond = "WHERE (c.on_date > $5 OR (c.on_date = $5 AND c.row_id > $6))";
        values.extend([date.into(), id.into()]);
    }
    let sql = format!("SELECT * FROM ({sql}) c {beyond} ORDER BY c.on_date, c.row_id LIMIT {}", size + 1);
    let db = &state(context)?.kernel.db;
    let mut rows: Vec<Counted> = db.rows(db.read(), &sql, values).await.map_err(|e| fault(context, e))?;
    connection.more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    connection.rows = rows.into_iter().map(|row| FigureRow { of, row }).collect();
    Ok(connection)
}
