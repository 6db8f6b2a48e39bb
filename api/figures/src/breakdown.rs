//! 分解 · a figure of the parts of a place.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Months, NaiveDate};
use entity::registry::division::{Column, Entity, Model};
use minzheng_ground::error::{Answer, bad_request, fault, forbidden};
use minzheng_ground::list::PageInfo;
use minzheng_ground::scalars::{Decimal, Money};
use minzheng_ground::state::{State, state, viewer};
use minzheng_kernel::Fault;
use minzheng_registry::division;
use minzheng_registry::division::Division;
use minzheng_rules::division::division_prefix;
use minzheng_rules::period::{Grain, Period};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, Value};

use crate::asked;
use crate::asked::Question;
use crate::cells::range;
use crate::figure::Figure;
use crate::indicator::{Count, Counting};
use crate::population::Populations;
use crate::read::{Shown, counts_of, populations_of, raw_of, window};
use crate::setting::Settings;

/// 分解层级 · level of a breakdown.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownLevel {
    /// 镇街
    Town,
    /// 村居
    Village,
}

/// 分解项 · a figure of one part of the place.
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct BreakdownPart {
    #[graphql(skip)]
    place: Arc<Model>,
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
        Ok(Some(division::seen(viewer(context)?, self.place.clone())))
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

#[derive(FromQueryResult)]
struct PartCell {
    division: String,
    value: i64,
}

/// Which parts are asked for: level, how many, after which cursor.
type Page = (BreakdownLevel, usize, Option<String>);

/// Pages kept of a figure.
const PAGES_MOST: usize = 4;

/// Bytes of a part, about.
const PART: usize = 400;

/// The parts of a figure that were asked for: whoever else is told of the same figure asks for the same.
#[derive(Default)]
pub struct Parts(tokio::sync::Mutex<Vec<(Page, Arc<BreakdownConnection>)>>);

impl Parts {
    /// A page of them.
    pub async fn of(&self, context: &Context<'_>, figure: &Figure, page: Page) -> Answer<Arc<BreakdownConnection>> {
        // Whoever asks for the same meanwhile waits, and finds it read.
        let mut known = self.0.lock().await;
        if let Some((_, parts)) = known.iter().find(|(of, _)| *of == page) {
            return Ok(parts.clone());
        }
        let (level, size, after) = page.clone();
        let parts = Arc::new(breakdown(context, figure, level, size, after).await?);
        if known.len() < PAGES_MOST {
            known.push((page, parts.clone()));
        }
        Ok(parts)
    }

    /// Bytes that they take, about; while they are read, as much as they may.
    pub fn weight(&self) -> usize {
        let parts = |known: &Vec<(Page, Arc<BreakdownConnection>)>| known.iter().map(|(_, of)| of.nodes.len()).sum();
        self.0.try_lock().map_or(PAGES_MOST * 100, |known| parts(&known)) * PART
    }
}

/// A page of the parts of a figure.
async fn breakdown(
    context: &Context<'_>,
    figure: &Figure,
    level: BreakdownLevel,
    size: usize,
    after: Option<String>,
) -> Answer<BreakdownConnection> {
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
    let parts: Vec<Arc<Model>> = viewer
        .select::<Entity>()
        .filter(Column::Code.between(low.clone(), high.clone()))
        .filter(Column::Level.eq(name))
        .filter(Column::ValidFrom.is_null().or(Column::ValidFrom.lt(period.until)))
        .filter(Column::ValidUntil.is_null().or(Column::ValidUntil.gt(period.from)))
        .order_by_asc(Column::Code)
        .all(db.read())
        .await
        .map_err(|e| read(e.into()))?
        .into_iter()
        .map(Arc::new)
        .collect();

    let settings = &figure.settings;
    let mut values: HashMap<(&'static str, String), i64> = HashMap::new();
    let counts = counts_of(&[of]);
    for count in counts.iter().copied().filter(|count| count.counting.has_cells()) {
        let found = by_part(state, settings, count, place, period, (cells, digits)).await.map_err(read)?;
        values.extend(found.into_iter().map(|(part, value)| ((count.code, part), value)));
    }
    let asked: Vec<&'static Count> = counts.into_iter().filter(|count| !count.counting.has_cells()).collect();
    let question = Question { place, parts: Some(digits), times: vec![period] };
    let answers = asked::count(state, settings, &asked, &question).await.map_err(read)?;
    values.extend(answers.into_iter().map(|answer| ((answer.code, answer.part), answer.value)));
    let populations = if populations_of(&[of]).is_empty() {
        None
    } else {
        Some(Populations::read(state, place, period.until).await.map_err(read)?)
    };

    let total = parts.len();
    let start = match &after {
        Some(cursor) => {
            let code = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let code = code.ok_or_else(|| bad_request(context, "bad-cursor", "after"))?;
            parts.partition_point(|part| part.code <= code)
        }
        None => 0,
    };
    let edges: Vec<BreakdownEdge> = parts
        .iter()
        .skip(start)
        .take(size)
        .map(|place| {
            let part = place.code.as_str();
            let told = || {
                raw_of(
                    of,
                    |count| Some(values.get(&(count.code, part.to_owned())).copied().unwrap_or(0)),
                    |column| populations.as_ref().and_then(|known| known.at(part, column, period.last_day())),
                )
            };
            let raw = if figure.is_reported() { told() } else { None };
            let shown = match &figure.hidden {
                Some(hidden) if figure.is_reported() => hidden.shown_part(of, part, period, raw),
                _ => Shown { raw, hidden: false },
            };
            BreakdownEdge {
                cursor: URL_SAFE_NO_PAD.encode(part),
                node: BreakdownPart {
                    place: place.clone(),
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

/// What is counted in each part of a place, each part for itself.
async fn by_part(
    state: &State,
    settings: &Settings,
    of: &Count,
    place: &str,
    period: Period,
    (level, digits): (&str, usize),
) -> Result<Vec<(String, i64)>, Fault> {
    let db = &state.kernel.db;
    let (low, high) = range(division_prefix(place));
    let time = window(of, period);
    let by_cells = match of.counting {
        Counting::Distinct => period.grain.is_some(),
        _ => period.whole_months(),
    };
    let rows: Vec<PartCell> = if by_cells {
        let (grain, first, until) = match of.counting {
            Counting::Distinct => {
                let next = time.from.checked_add_months(Months::new(1)).unwrap_or(time.until);
                (period.grain.map_or("", Grain::code), time.from, next)
            }
            Counting::Standing => ("MONTH", NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(time.from), time.until),
            _ => ("MONTH", time.from, time.until),
        };
        let sql = "SELECT division, CAST(SUM(value) AS BIGINT) AS value FROM figure_cell WHERE code = $1 AND grain = $2 \
                   AND level = $3 AND starts_on >= $4 AND starts_on < $5 AND division >= $6 AND division <= $7 \
                   GROUP BY division";
        let bound: Vec<Value> =
            vec![of.code.into(), grain.into(), level.into(), first.into(), until.into(), low.into(), high.into()];
        db.rows(db.read(), sql, bound).await?
    } else {
        let (from, until) = (settings.day(time.from), settings.day(time.until));
        let part = format!("substr(r.division, 1, {digits}) || '{}'", "0".repeat(12 - digits));
        let (value, dated) = match of.counting {
            Counting::Standing => (
                "COUNT(DISTINCT r.unit)",
                format!("r.on_date < {until} AND (r.until_date IS NULL OR r.until_date >= {until})"),
            ),
            Counting::Distinct => ("COUNT(DISTINCT r.unit)", format!("r.on_date >= {from} AND r.on_date < {until}")),
            _ => ("CAST(SUM(r.value) AS BIGINT)", format!("r.on_date >= {from} AND r.on_date < {until}")),
        };
        let sql = format!(
            "SELECT {part} AS division, {value} AS value FROM ({}) r \
             WHERE r.division >= $1 AND r.division <= $2 AND {dated} GROUP BY 1",
            settings.rows(of)
        );
        db.rows(db.read(), &sql, vec![low.into(), high.into()]).await?
    };
    Ok(rows.into_iter().map(|row| (row.division, row.value)).collect())
}
