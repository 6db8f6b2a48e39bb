//! The scalars of the schema. A bad value says what was expected.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use minzheng_kernel::clock;

/// As much of a value as an error repeats.
const REPEATED: usize = 40;

/// The engine names the types around a value and not its field, so the value itself is told.
fn expected<T: InputType>(what: &str, value: &Value) -> InputValueError<T> {
    let text: String = value.to_string().chars().take(REPEATED).collect();
    InputValueError::custom(format!("expected {what}, not {text}")).with_extension("code", "BAD_REQUEST")
}

/// A civil date in Asia/Shanghai, `2023-06-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// 日期 · a civil date in Asia/Shanghai: `"2023-06-30"`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = match &value {
            Value::String(text) if text.len() == 10 => text.parse().ok(),
            _ => None,
        };
        date.map(Self).ok_or_else(|| expected("a date such as \"2023-06-30\"", &value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant, shown with China's offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<chrono::Utc>);

/// 时间 · an instant with its offset: `"2023-06-30T09:30:00+08:00"`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let at = match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text).ok(),
            _ => None,
        };
        at.map(|at| Self(at.to_utc()))
            .ok_or_else(|| expected("a time with its offset such as \"2023-06-30T09:30:00+08:00\"", &value))
    }

    fn to_value(&self) -> Value {
        Value::String(clock::local(self.0).to_rfc3339())
    }
}

/// A 64-bit whole number, a string in JSON since a JavaScript number cannot hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Long(pub i64);

/// 长整数 · a 64-bit whole number as a string: `"120000"`.
#[Scalar(name = "Long", specified_by_url = "/docs/en/api")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| expected("a whole number in a string", &value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A number of the records as GraphQL counts; what is larger stands as the largest.
pub fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

/// A division code, 12 digits inside; input takes the first 2, 4, 6 or 9 digits too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisionCode(pub String);

/// 区划代码 · 12 digits; input takes a level's first 2, 4, 6 or 9 digits too: `"430104"`.
#[Scalar(name = "DivisionCode", specified_by_url = "/docs/en/api")]
impl ScalarType for DivisionCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text)
                if matches!(text.len(), 2 | 4 | 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Self(format!("{text:0<12}")))
            }
            _ => Err(expected("a division code of 12 digits, or the first 2, 4, 6 or 9 of them", &value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Money in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub i64);

/// 金额 · yuan with two decimals, as a string: `"240.00"`. Numbers are refused, since they are not exact.
#[Scalar(name = "Money", specified_by_url = "/docs/en/api")]
impl ScalarType for Money {
    fn parse(value: Value) -> InputValueResult<Self> {
        let fen = match &value {
            Value::String(text) => {
                let (negative, size) = text.strip_prefix('-').map_or((false, text.as_str()), |size| (true, size));
                let fen = minzheng_rules::assistance::policy::fen(size);
                fen.map(|fen| if negative { -fen } else { fen })
            }
            _ => None,
        };
        fen.map(Self).ok_or_else(|| expected("yuan with at most two decimals in a string, such as \"240.00\"", &value))
    }

    fn to_value(&self) -> Value {
        Value::String(minzheng_rules::exact::yuan(self.0))
    }
}

/// An exact decimal number or fraction, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(pub String);

/// 小数 · an exact decimal number as a string: `"0.6"`.
#[Scalar(name = "Decimal", specified_by_url = "/docs/en/api")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) if minzheng_rules::exact::Exact::parse(text).is_ok() => Ok(Self(text.clone())),
            _ => Err(expected("an exact number in a string, such as \"0.6\"", &value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
