//! Pages: keyset on (sort key, id), so that page 1,000 costs what page 1 costs and nothing is
//! skipped or repeated while rows are added.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::Aggregate;
use sea_orm::sea_query::{ColumnType, Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait, FromQueryResult as _, ModelTrait as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, Statement, Value,
};

use crate::db::Db;
use crate::error::Fault;
use crate::journal::{from_json, to_json};
use crate::text::Text;

/// Most rows of a page.
pub const PAGE_MOST: u64 = 100;
/// Rows of a page where `first` is left out.
pub const PAGE_USUAL: u64 = 20;

/// Which page is asked for.
#[derive(Clone, Debug, Default)]
pub struct PageInput {
    /// So many from the start, or after `after`.
    pub first: Option<i32>,
    /// Opaque cursor.
    pub after: Option<String>,
    /// So many from the end, or before `before`.
    pub last: Option<i32>,
    /// Opaque cursor.
    pub before: Option<String>,
}

/// A page of rows, each with its cursor.
#[derive(Clone, Debug)]
pub struct Page<M> {
    /// The rows in order.
    pub rows: Vec<(String, M)>,
    /// Whether there are rows before.
    pub has_previous: bool,
    /// Whether there are rows after.
    pub has_next: bool,
}

fn refused(key: &'static str, field: &str) -> Fault {
    Fault::Query { code: "BAD_REQUEST", field: field.to_owned(), text: Text::of(key) }
}

impl PageInput {
    /// How many rows, and whether from the end.
    pub fn size(&self) -> Result<(u64, bool), Fault> {
        let check = |n: i32, field: &str| match u64::try_from(n) {
            Ok(n) if n <= PAGE_MOST => Ok(n),
            _ => Err(refused("page-size", field)),
        };
        match (self.first, self.last) {
            (Some(_), Some(_)) => Err(refused("page-both", "last")),
            (Some(n), None) => Ok((check(n, "first")?, false)),
            (None, Some(n)) => Ok((check(n, "last")?, true)),
            (None, None) => Ok((PAGE_USUAL, false)),
        }
    }
}

fn like(column_type: &ColumnType) -> Value {
    match column_type {
        ColumnType::Integer => Value::Int(None),
        ColumnType::BigInteger => Value::BigInt(None),
        ColumnType::Boolean => Value::Bool(None),
        ColumnType::Date => Value::ChronoDate(None),
        ColumnType::TimestampWithTimeZone | ColumnType::Timestamp | ColumnType::DateTime => {
            Value::ChronoDateTimeUtc(None)
        }
        _ => Value::String(None),
    }
}

fn encode(sort: &Value, id: i64) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::json!([to_json(sort), id]).to_string())
}

fn decode<C: ColumnTrait>(column: C, cursor: &str, field: &str) -> Result<(Value, i64), Fault> {
    let bad = || refused("bad-cursor", field);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let (sort, id): (serde_json::Value, i64) = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let definition = column.def();
    let value = from_json(&sort, &like(definition.get_column_type())).ok_or_else(bad)?;
    if matches!(
        value,
        Value::String(None)
            | Value::BigInt(None)
            | Value::Int(None)
            | Value::Bool(None)
            | Value::ChronoDate(None)
            | Value::ChronoDateTimeUtc(None)
    ) {
        return Err(bad());
    }
    Ok((value, id))
}

/// Reads one page of a select, sorted by a column that is never null, then by id.
pub async fn page<E: Aggregate>(
    db: &Db,
    select: Select<E>,
    sort: E::Column,
    descending: bool,
    input: &PageInput,
) -> Result<Page<E::Model>, Fault> {
    let (size, from_end) = input.size()?;
    let beyond = |cursor: &str, field: &str, forward: bool| -> Result<SimpleExpr, Fault> {
        let (value, id) = decode(sort, cursor, field)?;
        // Compared as one row: both databases then begin at that place of the index. Written out with OR they would
        // walk to it from the start.
        let columns = [sort, E::id_column()].map(|column| Expr::col((E::default(), column)));
        let (place, cursor) = (Expr::tuple(columns), Expr::tuple([Expr::val(value), Expr::val(id)]));
        Ok(if forward == descending { place.lt(cursor) } else { place.gt(cursor) })
    };
    let mut select = select;
    if let Some(after) = &input.after {
        select = select.filter(beyond(after, "after", true)?);
    }
    if let Some(before) = &input.before {
        select = select.filter(beyond(before, "before", false)?);
    }
    let order = if from_end == descending { Order::Asc } else { Order::Desc };
    let ordered = select.order_by(sort, order.clone()).order_by(E::id_column(), order).limit(size + 1);
    let statement = limit_in_text(db.backend().build(&ordered.into_query()));
    let mut rows = E::Model::find_by_statement(statement).all(db.read()).await?;
    let more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    if from_end {
        rows.reverse();
    }
    let rows = rows.into_iter().map(|row| (encode(&row.get(sort), E::id(&row)), row)).collect();
    Ok(if from_end {
        Page { rows, has_previous: more, has_next: input.before.is_some() }
    } else {
        Page { rows, has_previous: input.after.is_some(), has_next: more }
    })
}

/// The last value of a statement, its limit, in its text: with a limit that it does not know PostgreSQL would plan for a
/// tenth of all rows, find its own plan bad, and make one anew each time.
pub fn limit_in_text(mut statement: Statement) -> Statement {
    let Some(values) = statement.values.as_mut() else { return statement };
    let given = format!("LIMIT ${}", values.0.len());
    if let (1, Some(Value::BigUnsigned(Some(limit)))) = (statement.sql.matches(&given).count(), values.0.last()) {
        statement.sql = statement.sql.replacen(&given, &format!("LIMIT {limit}"), 1);
        values.0.pop();
    }
    statement
}

/// How many rows a select has.
pub async fn count<E: Aggregate>(db: &Db, select: Select<E>) -> Result<u64, Fault>
where
    E::Model: Sync,
{
    Ok(select.count(db.read()).await?)
}
