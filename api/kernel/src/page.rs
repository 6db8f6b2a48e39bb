//! Pages: keyset on (sort key, id), so that page 1,000 costs what page 1 costs and nothing is
//! skipped or repeated while rows are added.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::Aggregate;
use sea_orm::sea_query::{ColumnType, Condition, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, ConnectionTrait as _, DbErr, FromQueryResult as _, IdenStatic as _, ModelTrait as _, Order,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QueryResult, QuerySelect as _, QueryTrait as _, Select,
    Statement, Value,
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

/// A place in a list: of which list in which order, the value sorted by (none: the empty ones, which come last), the id.
struct Place {
    value: Option<Value>,
    id: i64,
}

/// The name of an order, which a cursor carries: of another order it would name another place.
fn order_name<E: Aggregate>(sort: E::Column, descending: bool) -> String {
    format!("{}.{}{}", E::NAME, sort.as_str(), if descending { "-" } else { "" })
}

/// The cursor of a row: of which list in which order, what it is sorted by, its id.
pub fn cursor<E: Aggregate>(sort: E::Column, descending: bool, value: &Value, id: i64) -> String {
    let place = serde_json::json!([order_name::<E>(sort, descending), to_json(value), id]);
    URL_SAFE_NO_PAD.encode(place.to_string())
}

fn decode<E: Aggregate>(sort: E::Column, descending: bool, cursor: &str, field: &str) -> Result<Place, Fault> {
    let bad = || refused("bad-cursor", field);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let (order, value, id): (String, serde_json::Value, i64) = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    if order != order_name::<E>(sort, descending) {
        return Err(bad());
    }
    let definition = sort.def();
    let value = match value {
        serde_json::Value::Null if definition.is_null() => None,
        serde_json::Value::Null => return Err(bad()),
        value => Some(from_json(&value, &like(definition.get_column_type())).ok_or_else(bad)?),
    };
    Ok(Place { value, id })
}

/// Rows that have a value in the column sorted by, or those that have none: they are two runs of one index, and to ask
/// for them apart keeps both databases to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Filled,
    Empty,
}

impl Part {
    /// The rows of this part beyond a place, looking forward or back; `None`: there are none.
    fn beyond<E: Aggregate>(
        self,
        sort: E::Column,
        descending: bool,
        place: &Place,
        forward: bool,
    ) -> Option<Condition> {
        let column = |column: E::Column| Expr::col((E::default(), column));
        let up = forward != descending;
        let all = Condition::all();
        match (self, &place.value) {
            // Compared as one row: both databases then begin at that place of the index. Written out with OR they would
            // walk to it from the start.
            (Self::Filled, Some(value)) => {
                let here = Expr::tuple([column(sort), column(E::id_column())]);
                let there = Expr::tuple([Expr::val(value.clone()), Expr::val(place.id)]);
                Some(all.add(if up { here.gt(there) } else { here.lt(there) }))
            }
            (Self::Empty, None) => {
                let id = column(E::id_column());
                Some(all.add(if up { id.gt(place.id) } else { id.lt(place.id) }))
            }
            // Empty ones come last in both directions.
            (Self::Empty, Some(_)) => forward.then_some(all),
            (Self::Filled, None) => (!forward).then_some(all),
        }
    }
}

/// Reads one page of a select, sorted by a column, then by id; rows that have nothing in the column come last.
pub async fn page<E: Aggregate>(
    db: &Db,
    select: Select<E>,
    sort: E::Column,
    descending: bool,
    input: &PageInput,
) -> Result<Page<E::Model>, Fault> {
    let (found, has_previous, has_next) = rows::<E>(db, select, sort, descending, input).await?;
    let row = |row: &QueryResult| -> Result<(String, E::Model), DbErr> {
        let row = E::Model::from_query_result(row, "")?;
        Ok((cursor::<E>(sort, descending, &row.get(sort), E::id(&row)), row))
    };
    let rows = found.iter().map(row).collect::<Result<_, _>>()?;
    Ok(Page { rows, has_previous, has_next })
}

/// The same with the columns that the select names, as the database gives them: the rows, whether there are rows before,
/// whether there are rows after.
pub async fn rows<E: Aggregate>(
    db: &Db,
    select: Select<E>,
    sort: E::Column,
    descending: bool,
    input: &PageInput,
) -> Result<(Vec<QueryResult>, bool, bool), Fault> {
    let (size, from_end) = input.size()?;
    let place = |cursor: &Option<String>, field: &str| {
        cursor.as_ref().map(|cursor| decode::<E>(sort, descending, cursor, field)).transpose()
    };
    let bounds = [(place(&input.after, "after")?, true), (place(&input.before, "before")?, false)];
    let nullable = sort.def().is_null();
    let parts: &[Part] = match (nullable, from_end) {
        (false, _) => &[Part::Filled],
        (true, false) => &[Part::Filled, Part::Empty],
        (true, true) => &[Part::Empty, Part::Filled],
    };
    let order = if from_end == descending { Order::Asc } else { Order::Desc };
    let mut rows: Vec<QueryResult> = Vec::new();
    for part in parts {
        let wanted = size + 1 - rows.len() as u64;
        let mut bounds = bounds.iter().filter_map(|(place, forward)| Some((place.as_ref()?, *forward)));
        let within = bounds.try_fold(Condition::all(), |all, (place, forward)| {
            Some(all.add(part.beyond::<E>(sort, descending, place, forward)?))
        });
        let (Some(within), 1..) = (within, wanted) else { continue };
        let mut select = select.clone().filter(within);
        if nullable {
            select = select.filter(if *part == Part::Empty { sort.is_null() } else { sort.is_not_null() });
        }
        if *part == Part::Filled {
            select = select.order_by(sort, order.clone());
        }
        let ordered = select.order_by(E::id_column(), order.clone()).limit(wanted);
        let statement = limit_in_text(db.backend().build(&ordered.into_query()));
        rows.extend(db.read().query_all_raw(statement).await?);
    }
    let more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    if from_end {
        rows.reverse();
    }
    let (before, after) = if from_end { (more, input.before.is_some()) } else { (input.after.is_some(), more) };
    Ok((rows, before, after))
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
