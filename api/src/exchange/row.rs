//! What a row of a kind of sheet says, declared once: from one list of fields come the struct, the
//! headers, the reading and the writing, so that what is exported can be imported again.

use chrono::{DateTime, NaiveDate, Utc};

use super::sheet::{CellKind, OutCell, RawCell, cell};
use crate::graphql::codes::CodeList;

/// What a cell holds once it is read.
pub trait CellType {
    /// The value.
    type Value;
    /// For widths, text formats and drop-down lists.
    fn kind() -> CellKind;
    /// Reads it.
    fn read(raw: &RawCell) -> cell::CellResult<Self::Value>;
    /// Writes it.
    fn write(value: &Self::Value) -> OutCell<'static>;
}

macro_rules! cell_type {
    ($(#[$meta:meta])* $name:ident, $value:ty, $kind:expr, $read:expr, $write:expr) => {
        $(#[$meta])*
        pub struct $name;
        impl CellType for $name {
            type Value = $value;
            fn kind() -> CellKind {
                $kind
            }
            fn read(raw: &RawCell) -> cell::CellResult<$value> {
                $read(raw)
            }
            fn write(value: &$value) -> OutCell<'static> {
                $write(value)
            }
        }
    };
}

#[allow(clippy::needless_pass_by_value)]
fn text(value: impl ToString) -> OutCell<'static> {
    OutCell::Text(value.to_string().into())
}

cell_type!(/// Any text.
    Text, String, CellKind::Text, cell::text, |v: &String| text(v));
cell_type!(/// A number that is a name.
    Id, String, CellKind::Id, cell::id, |v: &String| text(v));
cell_type!(/// A division code, as 12 digits.
    Place, String, CellKind::Place, cell::division, |v: &String| text(v));
cell_type!(/// Several numbers that are names.
    Ids, Vec<String>, CellKind::List, cell::id_list, |v: &Vec<String>| OutCell::list(v));
cell_type!(/// Several texts.
    Texts, Vec<String>, CellKind::List, cell::text_list, |v: &Vec<String>| OutCell::list(v));
cell_type!(/// A civil date.
    Day, NaiveDate, CellKind::Date, cell::date, |v: &NaiveDate| text(v));
cell_type!(/// A month, as its first day.
    Month, NaiveDate, CellKind::Month, |raw: &RawCell| Ok(cell::month(raw)?.map(cell::YearMonth::first_day)),
    |v: &NaiveDate| text(v.format("%Y-%m")));
cell_type!(/// A month or a span of months, as the first days of the first and the last.
Months, (NaiveDate, NaiveDate), CellKind::MonthRange,
|raw: &RawCell| Ok(cell::month_range(raw)?.map(|range| (range.from.first_day(), range.to.first_day()))),
|v: &(NaiveDate, NaiveDate)| if v.0 == v.1 { text(v.0.format("%Y-%m")) } else {
    text(format!("{}~{}", v.0.format("%Y-%m"), v.1.format("%Y-%m")))
});
cell_type!(/// An instant; without an offset it is China's time.
    Instant, DateTime<Utc>, CellKind::DateTime, |raw: &RawCell| Ok(cell::date_time(raw)?.map(|at| at.to_utc())),
    |v: &DateTime<Utc>| text(minzheng_kernel::clock::local(*v).format("%Y-%m-%dT%H:%M:%S%:z")));
cell_type!(/// Money in fen, written in yuan.
    Yuan, i64, CellKind::Money, cell::money, |v: &i64| OutCell::money(*v));
cell_type!(/// A whole number.
    Whole, i64, CellKind::Integer, cell::integer, |v: &i64| OutCell::Integer(*v));
cell_type!(/// An exact decimal number.
    Exact, String, CellKind::Decimal, cell::decimal, |v: &String| text(v));
cell_type!(/// 是 or 否.
    YesNo, bool, CellKind::YesNo, cell::yes_no, |v: &bool| OutCell::yes_no(*v));

/// One code of a closed list, written as its Chinese label.
pub struct One<L>(std::marker::PhantomData<L>);

impl<L: CodeList> CellType for One<L> {
    type Value = L;

    fn kind() -> CellKind {
        CellKind::Choice(L::CODES.iter().map(|entry| entry.zh.to_owned()).collect())
    }

    fn read(raw: &RawCell) -> cell::CellResult<L> {
        // Labels first, since they are what an error shows; the code itself is taken too.
        let labels = L::CODES.iter().map(|entry| (entry.zh, entry.code));
        let codes = L::CODES.iter().map(|entry| (entry.code, entry.code));
        let list: Vec<(&str, &str)> = labels.chain(codes).collect();
        let read = cell::choice(raw, &list)?;
        Ok(cell::Parsed { value: read.value.and_then(L::parse), note: read.note })
    }

    fn write(value: &L) -> OutCell<'static> {
        text(value.zh())
    }
}

/// Other words for the codes of a list, as they stand in the rosters of a desk.
pub trait AlsoCalled {
    /// The list.
    type List: CodeList;
    /// What is written, and the code that is meant.
    const ALSO: &'static [(&'static str, &'static str)];
}

/// One code of a closed list, taken also by other words; written as its Chinese label.
pub struct OneOf<A>(std::marker::PhantomData<A>);

impl<A: AlsoCalled> CellType for OneOf<A> {
    type Value = A::List;

    fn kind() -> CellKind {
        One::<A::List>::kind()
    }

    fn read(raw: &RawCell) -> cell::CellResult<A::List> {
        let also: Vec<(&str, &str)> =
            A::ALSO.iter().filter_map(|(word, code)| Some((*word, A::List::parse(code)?.zh()))).collect();
        match (One::<A::List>::read(raw), cell::choice(raw, &also)) {
            (Err(_), Ok(cell::Parsed { value: Some(label), note })) => {
                let code = A::List::CODES.iter().find(|entry| entry.zh == label);
                Ok(cell::Parsed { value: code.and_then(|entry| A::List::parse(entry.code)), note })
            }
            (read, _) => read,
        }
    }

    fn write(value: &A::List) -> OutCell<'static> {
        One::<A::List>::write(value)
    }
}

/// What a row says; made by [`sheet_row!`](crate::sheet_row).
pub trait SheetRow: Sized {
    /// The headers.
    fn columns() -> Vec<super::sheet::Column>;
    /// Reads a row; what is wrong is told through the fields.
    fn read(fields: &mut super::sheet::Fields<'_>) -> Option<Self>;
    /// The row as it is written, in the order of the headers.
    fn cells(&self) -> Vec<OutCell<'static>>;
}

/// Declares a row: `sheet_row! { PersonRow { number: need Id "证件号码" or ["身份证号"], name: need Text "姓名", phone: may Id "联系电话" } }`.
/// `need`: the header must be there and its cells filled; `may`: both may be missing; `one` : the header
/// must be there, its cells may be empty.
#[macro_export]
macro_rules! sheet_row {
    ($(#[$meta:meta])* $name:ident { $($field:ident : $need:ident $kind:ty => $header:literal $(or [$($synonym:literal),*])?),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(#[doc = $header] pub $field: $crate::sheet_row!(@type $need $kind),)*
        }

        impl $crate::exchange::row::SheetRow for $name {
            fn columns() -> Vec<$crate::exchange::sheet::Column> {
                vec![$(
                    $crate::exchange::sheet::Column {
                        header: $header.to_owned(),
                        synonyms: vec![$($($synonym.to_owned()),*)?],
                        required: $crate::sheet_row!(@required $need),
                        kind: <$kind as $crate::exchange::row::CellType>::kind(),
                    }
                ),*]
            }

            fn read(fields: &mut $crate::exchange::sheet::Fields<'_>) -> Option<Self> {
                $(let $field = $crate::sheet_row!(@read $need fields $kind, $header);)*
                Some(Self { $($field: $crate::sheet_row!(@value $need $field),)* })
            }

            fn cells(&self) -> Vec<$crate::exchange::sheet::OutCell<'static>> {
                vec![$($crate::sheet_row!(@write $need $kind, self.$field)),*]
            }
        }
    };
    (@type need $kind:ty) => { <$kind as $crate::exchange::row::CellType>::Value };
    (@type $may:ident $kind:ty) => { Option<<$kind as $crate::exchange::row::CellType>::Value> };
    (@required may) => { false };
    (@required $need:ident) => { true };
    (@read need $fields:ident $kind:ty, $header:literal) => {
        $fields.need($header, <$kind as $crate::exchange::row::CellType>::read)
    };
    (@read $may:ident $fields:ident $kind:ty, $header:literal) => {
        $fields.get($header, <$kind as $crate::exchange::row::CellType>::read)
    };
    (@value need $field:ident) => { $field? };
    (@value $may:ident $field:ident) => { $field };
    (@write need $kind:ty, $value:expr) => { <$kind as $crate::exchange::row::CellType>::write(&$value) };
    (@write $may:ident $kind:ty, $value:expr) => {
        match &$value {
            Some(value) => <$kind as $crate::exchange::row::CellType>::write(value),
            None => $crate::exchange::sheet::OutCell::Text("".into()),
        }
    };
}
