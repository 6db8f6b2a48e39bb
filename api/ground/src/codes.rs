//! Closed lists of codes: an enum of the schema, the code that the database keeps, and the labels that sheets and screens
//! show; declared once by [`codes!`](crate::codes).

use async_graphql::{Enum, InputType, OutputType};

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
