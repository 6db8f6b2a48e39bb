//! Values of columns, as a read carries them from the database to the answer.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::ColumnType;
use sea_orm::sqlx::Row as _;
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::{DbErr, QueryResult, Value, sqlx};

/// The value of one column of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// What is sealed.
    Bytes(Vec<u8>),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    Time(DateTime<Utc>),
}

impl Cell {
    /// From a place of a row that the database gave.
    pub fn read(row: &QueryResult, at: usize, kind: &ColumnType) -> Result<Self, DbErr> {
        if let Some(row) = row.try_as_pg_row()
            && let Some(cell) = Self::of_postgres(row, at, kind).map_err(|error| DbErr::Type(error.to_string()))?
        {
            return Ok(cell);
        }
        Ok(match kind {
            ColumnType::Boolean => row.try_get_by_index::<Option<bool>>(at)?.map_or(Self::Null, Self::Bool),
            ColumnType::TinyInteger | ColumnType::SmallInteger | ColumnType::Integer => {
                row.try_get_by_index::<Option<i32>>(at)?.map_or(Self::Null, |number| Self::Int(number.into()))
            }
            ColumnType::BigInteger => row.try_get_by_index::<Option<i64>>(at)?.map_or(Self::Null, Self::Int),
            ColumnType::Date => row.try_get_by_index::<Option<NaiveDate>>(at)?.map_or(Self::Null, Self::Date),
            ColumnType::Timestamp | ColumnType::TimestampWithTimeZone | ColumnType::DateTime => {
                row.try_get_by_index::<Option<DateTime<Utc>>>(at)?.map_or(Self::Null, Self::Time)
            }
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => {
                row.try_get_by_index::<Option<Vec<u8>>>(at)?.map_or(Self::Null, Self::Bytes)
            }
            _ => row.try_get_by_index::<Option<String>>(at)?.map_or(Self::Null, Self::Text),
        })
    }

    /// From a place of a row that PostgreSQL gave, whose columns are of the types that the program's own migrations made
    /// them: they are not asked for again in each cell.
    pub fn of_postgres(row: &PgRow, at: usize, kind: &ColumnType) -> Result<Option<Self>, sqlx::Error> {
        Ok(Some(match kind {
            ColumnType::Boolean => row.try_get_unchecked::<Option<bool>, _>(at)?.map_or(Self::Null, Self::Bool),
            ColumnType::BigInteger => row.try_get_unchecked::<Option<i64>, _>(at)?.map_or(Self::Null, Self::Int),
            ColumnType::Date => row.try_get_unchecked::<Option<NaiveDate>, _>(at)?.map_or(Self::Null, Self::Date),
            ColumnType::String(_) | ColumnType::Text => {
                row.try_get_unchecked::<Option<String>, _>(at)?.map_or(Self::Null, Self::Text)
            }
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => {
                row.try_get_unchecked::<Option<Vec<u8>>, _>(at)?.map_or(Self::Null, Self::Bytes)
            }
            _ => return Ok(None),
        }))
    }

    /// From a value of a model.
    pub fn of(value: Value) -> Self {
        match value {
            Value::Bool(Some(yes)) => Self::Bool(yes),
            Value::Int(Some(number)) => Self::Int(number.into()),
            Value::BigInt(Some(number)) => Self::Int(number),
            Value::String(Some(text)) => Self::Text(text),
            Value::Bytes(Some(bytes)) => Self::Bytes(bytes),
            Value::ChronoDate(Some(date)) => Self::Date(date),
            Value::ChronoDateTimeUtc(Some(at)) => Self::Time(at),
            _ => Self::Null,
        }
    }

    /// For a model; `like` says of which type the column is.
    pub fn to_value(&self, kind: &ColumnType) -> Value {
        match self {
            Self::Null => empty(kind),
            Self::Bool(yes) => Value::Bool(Some(*yes)),
            Self::Int(number) => match kind {
                ColumnType::BigInteger => Value::BigInt(Some(*number)),
                _ => Value::Int(i32::try_from(*number).ok()),
            },
            Self::Text(text) => Value::String(Some(text.clone())),
            Self::Bytes(bytes) => Value::Bytes(Some(bytes.clone())),
            Self::Date(date) => Value::ChronoDate(Some(*date)),
            Self::Time(at) => Value::ChronoDateTimeUtc(Some(*at)),
        }
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, where it is one.
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// Whether it says yes.
    pub fn flag(&self) -> bool {
        *self == Self::Bool(true)
    }

    /// The bytes, where there are any.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The order of two cells of one column; nothing comes last.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match (self, other) {
            (Self::Null, Self::Null) => Equal,
            (Self::Null, _) => Greater,
            (_, Self::Null) => Less,
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            _ => Equal,
        }
    }
}

fn empty(kind: &ColumnType) -> Value {
    match kind {
        ColumnType::Boolean => Value::Bool(None),
        ColumnType::TinyInteger | ColumnType::SmallInteger | ColumnType::Integer => Value::Int(None),
        ColumnType::BigInteger => Value::BigInt(None),
        ColumnType::Date => Value::ChronoDate(None),
        ColumnType::Timestamp | ColumnType::TimestampWithTimeZone | ColumnType::DateTime => {
            Value::ChronoDateTimeUtc(None)
        }
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => Value::Bytes(None),
        _ => Value::String(None),
    }
}

/// What a row is found by from another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An id.
    Id(i64),
    /// A code, such as that of a division.
    Code(String),
}

impl Key {
    /// From a cell; nothing where there is none.
    pub fn of(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Int(id) => Some(Self::Id(*id)),
            Cell::Text(code) => Some(Self::Code(code.clone())),
            _ => None,
        }
    }

    /// For a statement.
    pub fn value(&self) -> Value {
        match self {
            Self::Id(id) => (*id).into(),
            Self::Code(code) => code.as_str().into(),
        }
    }

    /// Of the same type, and no row has it.
    pub fn nobody(&self) -> Value {
        match self {
            Self::Id(_) => 0i64.into(),
            Self::Code(_) => "".into(),
        }
    }
}
