//! 分解 · a figure of the parts of a place.

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Months, NaiveDate};
use minzheng_kernel::Fault;
use minzheng_rules::period::Grain;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _, Value};

use super::cells::range;
use super::figure::Figure;
use super::indicator::Kind;
use super::read::Shown;
use super::rows::counted_rows;
use crate::graphql::error::{Answer, bad_request, fault, forbidden};
use crate::graphql::list::{PageInfo, division_prefix};
use crate::graphql::scalars::{Decimal, Money};
use crate::graphql::{state, viewer};
use crate::registry::division::Division;

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
        crate::registry::division::find_among(context, &self.code).await
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

/// A page of the parts of a figure.
pub async fn breakdown(
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
