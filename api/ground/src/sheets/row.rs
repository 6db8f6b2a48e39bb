//! What a row of a kind of sheet says, declared once: from one list of fields come the struct, the headers, the
//! reading and writing of sheets and of records, so that what is exported can be imported again.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kernel::{Fault, Kernel, Viewer};
use minzheng_sheet::{CellKind, OutCell, RawCell, cell};

use crate::codes::CodeList;
use crate::sheets::pages::Exported;

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
cell_type!(/// Text in which a mark for none, such as 无, is something that is said.
    Word, String, CellKind::Text, cell::word, |v: &String| text(v));
cell_type!(/// The name of a person, in the one form in which names are compared.
    Name, String, CellKind::Text, cell::name, |v: &String| text(v));
cell_type!(/// A number that is a name.
    Id, String, CellKind::Id, cell::id, |v: &String| text(v));
cell_type!(/// A division code, as 12 digits.
    Place, String, CellKind::Place, cell::division, |v: &String| text(v));
cell_type!(/// Several numbers that are names.
    Ids, Vec<String>, CellKind::List, cell::id_list, |v: &Vec<String>| OutCell::list(v));
cell_type!(/// Several texts.
    Texts, Vec<String>, CellKind::List, cell::text_list, |v: &Vec<String>| OutCell::list(v));
cell_type!(/// A civil date.
    Day, NaiveDate, CellKind::Date, cell::date, |v: &NaiveDate| OutCell::Date(*v));
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
    Yuan, i64, CellKind::Money, cell::money, |v: &i64| OutCell::Money(*v));
cell_type!(/// A whole number.
    Whole, i32, CellKind::Integer, cell::integer, |v: &i32| OutCell::Integer(*v));
cell_type!(/// An exact decimal number.
    Exact, String, CellKind::Decimal, cell::decimal, |v: &String| OutCell::Decimal(v.clone().into()));
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
    /// What is written, and the code that is meant; several lists, of which others may know one too.
    const ALSO: &'static [&'static [(&'static str, &'static str)]];
}

/// One code of a closed list, taken also by other words; written as its Chinese label.
pub struct OneOf<A>(std::marker::PhantomData<A>);

impl<A: AlsoCalled> CellType for OneOf<A> {
    type Value = A::List;

    fn kind() -> CellKind {
        One::<A::List>::kind()
    }

    fn read(raw: &RawCell) -> cell::CellResult<A::List> {
        let also: Vec<(&str, &str)> = A::ALSO
            .iter()
            .copied()
            .flatten()
            .filter_map(|(word, code)| Some((*word, A::List::parse(code)?.zh())))
            .collect();
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

/// What a cell says, as a column of a record holds it.
pub trait Held<C>: Sized {
    /// For the column.
    fn held(&self) -> C;
    /// From the column; `None`: a code that is in its list no more.
    fn told(held: &C) -> Option<Self>;
}

/// Values that cells and columns have in common.
pub trait AsItIs: Clone {}

impl AsItIs for String {}
impl AsItIs for NaiveDate {}
impl AsItIs for DateTime<Utc> {}
impl AsItIs for i64 {}
impl AsItIs for i32 {}
impl AsItIs for bool {}

impl<V: AsItIs> Held<V> for V {
    fn held(&self) -> V {
        self.clone()
    }

    fn told(held: &V) -> Option<V> {
        Some(held.clone())
    }
}

/// A whole number in a wider column.
impl Held<i64> for i32 {
    fn held(&self) -> i64 {
        (*self).into()
    }

    fn told(held: &i64) -> Option<i32> {
        i32::try_from(*held).ok()
    }
}

/// Several texts, a line each.
impl Held<String> for Vec<String> {
    fn held(&self) -> String {
        self.join("\n")
    }

    fn told(held: &String) -> Option<Vec<String>> {
        Some(held.lines().map(str::to_owned).collect())
    }
}

/// An empty cell is an empty column.
impl<C, V: Held<C>> Held<Option<C>> for Option<V> {
    fn held(&self) -> Option<C> {
        self.as_ref().map(V::held)
    }

    fn told(held: &Option<C>) -> Option<Option<V>> {
        Some(held.as_ref().and_then(V::told))
    }
}

/// 是 or 否 that is left out is 否, where the column knows no third.
impl Held<bool> for Option<bool> {
    fn held(&self) -> bool {
        self.unwrap_or(false)
    }

    fn told(held: &bool) -> Option<Option<bool>> {
        Some(Some(*held))
    }
}

/// What a row says; made by [`sheet_row!`](crate::sheet_row).
pub trait SheetRow: Sized + Send {
    /// The headers.
    fn columns() -> Vec<minzheng_sheet::Column>;
    /// Reads a row; what is wrong is told through the fields.
    fn read(fields: &mut minzheng_sheet::Fields<'_>) -> Option<Self>;
    /// The row as it is written, in the order of the headers.
    fn cells(&self) -> Vec<OutCell<'static>>;
    /// The columns of the record that hold what stands under a header: a sheet without it says nothing of them.
    fn stored(_header: &str) -> &'static [&'static str] {
        &[]
    }
    /// A page of records as rows, where rows are told from records alone.
    fn export(
        _kernel: &Kernel,
        _viewer: &Viewer,
        _after: i64,
    ) -> impl Future<Output = Result<Exported<Self>, Fault>> + Send {
        let name = std::any::type_name::<Self>();
        std::future::ready(Err(Fault::internal(format!("{name} is not told from records alone"))))
    }
}

/// Declares a row: for each cell its field, `need` or `may`, what it holds, its header and the column it stands in.
/// ```text
/// sheet_row! {
///     /// One case as a sheet tells it.
///     SheetRow of Model {
///         number: need Id => "办件编号",                        // the header must be there and its cells filled
///         phone: may Id => "联系电话" or ["电话"] by hand,       // both may be missing; another header that is taken too
///         line: one Text => "业务线",                           // the header must be there, its cells may be empty
///         amount: need Yuan => "金额" in amount_fen,            // the column has another name than the field
///         person: need Id => "证件号码" by hand,                // more is to be done: looked up, sealed, computed
///     }
/// }
/// ```
/// With `of Model` it also makes:
/// - `row.keep(&mut model)`, which says the row into a record, and `SheetRow::write`, the same for
///   [`upsert`](crate::sheets::upsert::upsert) where nothing is done by hand;
/// - `SheetRow::stored(header)`, by which what a sheet says nothing of stays as it is;
/// - `SheetRow::told(&model, …)`, the row that a record makes; it is given what is done by hand, in the order of the
///   cells. Where there is nothing, [`Kind::export`](crate::sheets::Kind::export) follows from it.
#[macro_export]
macro_rules! sheet_row {
    ($(#[$meta:meta])* $name:ident of $model:ident {
        $($field:ident : $need:ident $kind:ty => $header:literal
            $(or [$($synonym:literal),*])? $(in $column:ident)? $(by $hand:ident)?),* $(,)?
    }) => {
        $crate::sheet_row! {
            @row $(#[$meta])* $name { $($field: $need $kind => $header $(or [$($synonym),*])?),* }
            {
                fn stored(header: &str) -> &'static [&'static str] {
                    match header {
                        $($header => $crate::sheet_row!(@stored $field $(in $column)? $(by $hand)?),)*
                        _ => &[],
                    }
                }

                $crate::sheet_row! { @export $model $($($hand)?)* }
            }
        }

        impl $name {
            /// Says the row into a record, but for what is done by hand.
            pub fn keep(&self, model: &mut $model) {
                $($crate::sheet_row!(@keep self model $field $(in $column)? $(by $hand)?);)*
            }

            /// The row that a record makes, given what is done by hand. `None`: a code is in its list no more, or
            /// nothing is given for a cell that must be filled.
            pub fn told(
                model: &$model,
                $($($field: $crate::sheet_row!(@given $hand $kind),)?)*
            ) -> Option<Self> {
                Some(Self { $($field: $crate::sheet_row!(@told $need model $field $(in $column)? $(by $hand)?),)* })
            }

            $crate::sheet_row! { @write $model $($($hand)?)* }
        }
    };
    ($(#[$meta:meta])* $name:ident {
        $($field:ident : $need:ident $kind:ty => $header:literal $(or [$($synonym:literal),*])?),* $(,)?
    }) => {
        $crate::sheet_row! {
            @row $(#[$meta])* $name { $($field: $need $kind => $header $(or [$($synonym),*])?),* } {}
        }
    };

    // The row and its sheet.
    (@row $(#[$meta:meta])* $name:ident {
        $($field:ident : $need:ident $kind:ty => $header:literal $(or [$($synonym:literal),*])?),*
    } { $($export:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(#[doc = $header] pub $field: $crate::sheet_row!(@type $need $kind),)*
        }

        impl $crate::sheets::row::SheetRow for $name {
            fn columns() -> Vec<$crate::sheets::sheet::Column> {
                vec![$(
                    $crate::sheets::sheet::Column {
                        header: $header.to_owned(),
                        synonyms: vec![$($($synonym.to_owned()),*)?],
                        required: $crate::sheet_row!(@required $need),
                        kind: <$kind as $crate::sheets::row::CellType>::kind(),
                    }
                ),*]
            }

            fn read(fields: &mut $crate::sheets::sheet::Fields<'_>) -> Option<Self> {
                $(let $field = $crate::sheet_row!(@read $need fields $kind, $header);)*
                Some(Self { $($field: $crate::sheet_row!(@value $need $field),)* })
            }

            fn cells(&self) -> Vec<$crate::sheets::sheet::OutCell<'static>> {
                vec![$($crate::sheet_row!(@cell $need $kind, self.$field)),*]
            }

            $($export)*
        }
    };
    (@type need $kind:ty) => { <$kind as $crate::sheets::row::CellType>::Value };
    (@type $may:ident $kind:ty) => { Option<<$kind as $crate::sheets::row::CellType>::Value> };
    (@required may) => { false };
    (@required $need:ident) => { true };
    (@read need $fields:ident $kind:ty, $header:literal) => {
        $fields.need($header, <$kind as $crate::sheets::row::CellType>::read)
    };
    (@read $may:ident $fields:ident $kind:ty, $header:literal) => {
        $fields.get($header, <$kind as $crate::sheets::row::CellType>::read)
    };
    (@value need $field:ident) => { $field? };
    (@value $may:ident $field:ident) => { $field };
    (@cell need $kind:ty, $value:expr) => { <$kind as $crate::sheets::row::CellType>::write(&$value) };
    (@cell $may:ident $kind:ty, $value:expr) => {
        match &$value {
            Some(value) => <$kind as $crate::sheets::row::CellType>::write(value),
            None => $crate::sheets::sheet::OutCell::Text("".into()),
        }
    };

    // The row and its record. What is done by hand is kept in a column of the field's name, with its index or by its id.
    (@stored $field:ident) => { &[stringify!($field)] };
    (@stored $field:ident in $column:ident) => { &[stringify!($column)] };
    (@stored $field:ident by hand) => {
        &[stringify!($field), concat!(stringify!($field), "_blind"), concat!(stringify!($field), "_id")]
    };
    (@keep $row:ident $model:ident $field:ident) => { $crate::sheet_row!(@keep $row $model $field in $field) };
    (@keep $row:ident $model:ident $field:ident in $column:ident) => {
        $model.$column = $crate::sheets::row::Held::held(&$row.$field)
    };
    (@keep $row:ident $model:ident $field:ident by hand) => {};
    (@write $model:ident) => {
        /// Says the row into a record: all of it.
        pub fn write(model: &mut $model, row: &Self) -> Result<(), minzheng_kernel::Failure> {
            row.keep(model);
            Ok(())
        }
    };
    (@write $model:ident $($hand:ident)+) => {};
    (@told $need:ident $model:ident $field:ident) => { $crate::sheet_row!(@told $need $model $field in $field) };
    (@told $need:ident $model:ident $field:ident in $column:ident) => {
        $crate::sheets::row::Held::told(&$model.$column)?
    };
    (@told $need:ident $model:ident $field:ident by hand) => { $crate::sheet_row!(@value $need $field) };
    (@given hand $kind:ty) => { Option<<$kind as $crate::sheets::row::CellType>::Value> };
    (@export $model:ident) => {
        async fn export(
            kernel: &minzheng_kernel::Kernel,
            viewer: &minzheng_kernel::Viewer,
            after: i64,
        ) -> Result<$crate::sheets::Exported<Self>, minzheng_kernel::Fault> {
            type Of = <$model as sea_orm::ModelTrait>::Entity;
            $crate::sheets::pages::export_told::<Of, _>(kernel, viewer, after, Self::told).await
        }
    };
    (@export $model:ident $($hand:ident)+) => {};
}

#[cfg(test)]
mod tests {
    use super::Held;

    #[test]
    fn a_yes_or_no_that_is_left_out_is_a_no() {
        let held: bool = None::<bool>.held();
        assert!(!held);
        assert_eq!(Option::<bool>::told(&false), Some(Some(false)));
    }
}
