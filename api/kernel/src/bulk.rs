//! Many rows in one statement of PostgreSQL: an array a column. So the statement is the same whatever the number of rows,
//! is prepared once, and nothing has to be planned for thousands of values.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use entity::Aggregate;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, Func, FunctionCall, Query, SelectStatement};
use sea_orm::{IdenStatic as _, Iterable as _, ModelTrait as _, Value};

/// The statement and its values; nothing where a column is of a type that is not said here.
pub(crate) fn insert<E: Aggregate>(rows: &[E::Model]) -> Option<(String, Vec<Value>)> {
    let first = rows.first()?;
    let (mut names, mut arrays, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (column, n) in E::Column::iter().zip(1..) {
        // Sent as text, since that is what the statement says it is.
        arrays.push(format!("CAST(CAST(${n} AS text) AS {}[])", type_of(&first.get(column))?));
        names.push(format!("\"{}\"", column.as_str()));
        let mut array = String::with_capacity(rows.len() * 16);
        for row in rows {
            array.push(if array.is_empty() { '{' } else { ',' });
            element(&mut array, &row.get(column))?;
        }
        array.push('}');
        values.push(array.into());
    }
    let (table, names, arrays) = (E::default().table_name().to_owned(), names.join(", "), arrays.join(", "));
    Some((format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM unnest({arrays})"), values))
}

/// Values as rows of one column, for joins in PostgreSQL. Nothing where there are none, or they are of a type that is not
/// said here.
pub fn listed(values: &[Value], column: &'static str) -> Option<SelectStatement> {
    Some(Query::select().expr_as(Func::cust("unnest").arg(array_of(values)?), column).to_owned())
}

/// What a column of PostgreSQL equals when it is one of these values; nothing where there are none, or they are of a type
/// that is not said here.
pub fn any_of(values: &[Value]) -> Option<FunctionCall> {
    Some(PgFunc::any(array_of(values)?))
}

/// One array, so that the statement is the same whatever the number of values.
fn array_of(values: &[Value]) -> Option<Expr> {
    let kind = type_of(values.first()?)?;
    let mut array = String::with_capacity(values.len() * 16);
    for value in values {
        array.push(if array.is_empty() { '{' } else { ',' });
        element(&mut array, value)?;
    }
    array.push('}');
    Some(Expr::cust_with_values(format!("CAST(CAST($1 AS text) AS {kind}[])"), [array]))
}

fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::BigInt(_) => "bigint",
        Value::String(_) => "text",
        Value::Bytes(_) => "bytea",
        Value::ChronoDate(_) => "date",
        Value::ChronoDateTimeUtc(_) => "timestamptz",
        _ => return None,
    })
}

/// Writes an element of an array literal.
fn element(array: &mut String, value: &Value) -> Option<()> {
    let written = match value {
        Value::Bool(Some(v)) => write!(array, "{v}"),
        Value::Int(Some(v)) => write!(array, "{v}"),
        Value::BigInt(Some(v)) => write!(array, "{v}"),
        Value::String(Some(v)) => {
            array.push('"');
            for sign in v.chars() {
                if matches!(sign, '"' | '\\') {
                    array.push('\\');
                }
                array.push(sign);
            }
            array.push('"');
            Ok(())
        }
        Value::Bytes(Some(v)) => write!(array, "\"\\\\x{}\"", hex::encode(v)),
        Value::ChronoDate(Some(v)) => write!(array, "{v}"),
        Value::ChronoDateTimeUtc(Some(v)) => {
            write!(array, "\"{}\"", v.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        Value::Bool(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Bytes(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None) => write!(array, "NULL"),
        _ => return None,
    };
    written.ok()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;

    fn one(value: impl Into<Value>) -> String {
        let mut array = String::new();
        element(&mut array, &value.into()).unwrap();
        array
    }

    #[test]
    fn elements_are_as_postgresql_reads_them() {
        assert_eq!(one(-7_i64), "-7");
        assert_eq!(one(true), "true");
        assert_eq!(one(None::<String>), "NULL");
        assert_eq!(one("NULL"), "\"NULL\"", "the word, and not nothing");
        assert_eq!(one(""), "\"\"");
        assert_eq!(one("a\"b\\c,{甲}\n"), "\"a\\\"b\\\\c,{甲}\n\"");
        assert_eq!(one(vec![0_u8, 0xfe]), "\"\\\\x00fe\"");
        assert_eq!(one(NaiveDate::from_ymd_opt(2023, 6, 30).unwrap()), "2023-06-30");
        let at = DateTime::from_timestamp(1_688_083_200, 123_456_789).unwrap();
        assert_eq!(one(at), "\"2023-06-30T00:00:00.123456Z\"");
    }
}
