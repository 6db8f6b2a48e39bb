//! Closed lists of codes: an enum of the schema, the code that the database keeps, and the labels that sheets and screens
//! show; declared once by [`codes!`](crate::codes).

use async_graphql::{Enum, InputType, OutputType};
use chrono::NaiveDate;

use crate::filter::Filter;

/// One code with its labels.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Stable code.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
}

/// A closed list of codes.
pub trait CodeList: OutputType + Copy + Sized + 'static {
    /// The list's name, `ASSISTANCE_CATEGORY`.
    const NAME: &'static str;
    /// Its codes in order.
    const CODES: &'static [Code];
    /// The filter of a column that holds one.
    type Filter: InputType + Filter;

    /// The code that the database keeps.
    fn code(self) -> &'static str;
    /// From the code.
    fn parse(code: &str) -> Option<Self>;
    /// The Chinese label.
    fn zh(self) -> &'static str {
        Self::CODES.iter().find(|entry| entry.code == self.code()).map_or("", |entry| entry.zh)
    }
}

/// A list of codes without its type.
#[derive(Clone, Copy)]
pub struct AnyList {
    /// The list's name.
    pub name: &'static str,
    /// Its codes in order.
    pub codes: &'static [Code],
}

/// A list for the list of lists.
pub const fn list<L: CodeList>() -> AnyList {
    AnyList { name: L::NAME, codes: L::CODES }
}

/// Labels that a code had before: (list, code, first day on which it no longer held, label).
/// 支出型困难家庭 is called 刚性支出困难家庭 since the measures of 2024-10-24 came into force.
const EARLIER: &[(&str, &str, &str, &str)] = &[("ASSISTANCE_CATEGORY", "RIGID", "2025-01-01", "支出型困难家庭")];

/// The Chinese label of a code on a day.
pub fn label_on(list: &str, entry: &Code, on: NaiveDate) -> &'static str {
    EARLIER
        .iter()
        .find(|(name, code, until, _)| {
            *name == list && *code == entry.code && until.parse::<NaiveDate>().is_ok_and(|until| on < until)
        })
        .map_or(entry.zh, |(.., label)| *label)
}

/// The direction of an order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 升序
    Asc,
    /// 降序
    Desc,
}

/// Declares a closed list: `codes! { /// doc  Area, AreaFilter, "AREA" { Urban "URBAN" "城市" "urban", … } }`.
#[macro_export]
macro_rules! codes {
    (
        $(#[$meta:meta])*
        $name:ident, $filter:ident, $list:literal {
            $($item:ident $code:literal $zh:literal $en:literal),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = concat!($zh, " · ", $en)]
                #[graphql(name = $code)]
                #[serde(rename = $code)]
                $item,
            )*
        }

        impl $crate::codes::CodeList for $name {
            const NAME: &'static str = $list;
            const CODES: &'static [$crate::codes::Code] =
                &[$($crate::codes::Code { code: $code, zh: $zh, en: $en }),*];
            type Filter = $filter;

            fn code(self) -> &'static str {
                match self {
                    $(Self::$item => $code,)*
                }
            }

            fn parse(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$item),)*
                    _ => None,
                }
            }
        }

        /// 代码筛选 · one code, or one of several.
        #[derive(async_graphql::InputObject, Clone, Debug, Default)]
        pub struct $filter {
            /// 等于
            pub eq: Option<$name>,
            /// 其中之一
            #[graphql(name = "in", validator(max_items = 100))]
            pub within: Option<Vec<$name>>,
        }

        impl $crate::sheets::row::Held<String> for $name {
            fn held(&self) -> String {
                $crate::codes::CodeList::code(*self).to_owned()
            }

            fn told(held: &String) -> Option<Self> {
                <Self as $crate::codes::CodeList>::parse(held)
            }
        }

        impl $crate::filter::Filter for $filter {
            fn condition(&self, column: &sea_orm::sea_query::Expr) -> sea_orm::sea_query::Condition {
                use $crate::codes::CodeList as _;
                let within: Option<Vec<&'static str>> =
                    self.within.as_ref().map(|values| values.iter().map(|value| value.code()).collect());
                $crate::filter::one_of(column, self.eq.map(|value| value.code()), within)
            }
        }
    };
}
