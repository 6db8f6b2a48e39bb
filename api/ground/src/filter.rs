//! What the rows of a list are filtered by: one kind of filter a kind of column; all that is given must hold.

use async_graphql::registry::Registry;
use async_graphql::{InputObject, InputType, Pos, ServerError, Value};
use minzheng_rules::division::division_prefix;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, LikeExpr};

use crate::scalars::{Date, DivisionCode};

/// A filter of one field: all that is given must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct TextFilter {
    /// 等于
    pub eq: Option<String>,
    /// 其中之一
    #[graphql(name = "in", validator(max_items = 100))]
    pub within: Option<Vec<String>>,
    /// 是否为空
    pub is_null: Option<bool>,
}

/// A filter of a name: all that is given must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct NameFilter {
    /// 等于
    pub eq: Option<String>,
    /// 其中之一
    #[graphql(name = "in", validator(max_items = 100))]
    pub within: Option<Vec<String>>,
    /// 以此开头 · at least one sign.
    #[graphql(validator(min_length = 1, max_length = 100))]
    pub starts_with: Option<String>,
    /// 是否为空
    pub is_null: Option<bool>,
}

/// A filter of a date: `gte` ≤ date < `lt`.
#[derive(InputObject, Clone, Debug, Default)]
pub struct DateFilter {
    /// 等于
    pub eq: Option<Date>,
    /// 不早于
    pub gte: Option<Date>,
    /// 早于
    pub lt: Option<Date>,
    /// 是否为空
    pub is_null: Option<bool>,
}

/// A filter of a whole number: `gte` ≤ number < `lt`.
#[derive(InputObject, Clone, Debug, Default)]
pub struct NumberFilter {
    /// 等于
    pub eq: Option<i32>,
    /// 不小于
    pub gte: Option<i32>,
    /// 小于
    pub lt: Option<i32>,
    /// 是否为空
    pub is_null: Option<bool>,
}

/// A filter of yes or no.
#[derive(InputObject, Clone, Debug, Default)]
pub struct YesNoFilter {
    /// 等于
    pub eq: Option<bool>,
}

/// A filter of a division: the place itself or all that lies in it.
#[derive(InputObject, Clone, Debug, Default)]
pub struct DivisionFilter {
    /// 就是这一区划
    pub eq: Option<DivisionCode>,
    /// 在这一区划之内 · the place and everything in it
    pub within: Option<DivisionCode>,
}

/// Makes a condition of a filter.
pub trait Filter {
    /// The condition on a column.
    fn condition(&self, column: &Expr) -> Condition;
}

fn null(column: &Expr, is_null: Option<bool>) -> Option<Expr> {
    let column = column.clone();
    is_null.map(|null| if null { column.is_null() } else { column.is_not_null() })
}

/// That a column is a value, or one of several.
pub fn one_of<V: Into<sea_orm::Value>>(column: &Expr, eq: Option<V>, within: Option<Vec<V>>) -> Condition {
    let values = |all: Vec<V>| all.into_iter().map(Into::<sea_orm::Value>::into);
    Condition::all()
        .add_option(eq.map(|value| column.clone().eq(value.into())))
        .add_option(within.map(|all| column.clone().is_in(values(all))))
}

impl Filter for TextFilter {
    fn condition(&self, column: &Expr) -> Condition {
        one_of(column, self.eq.clone(), self.within.clone()).add_option(null(column, self.is_null))
    }
}

impl Filter for NameFilter {
    fn condition(&self, column: &Expr) -> Condition {
        let begins = self.starts_with.as_ref().map(|beginning| {
            let plain: String = beginning
                .chars()
                .flat_map(|sign| "\\%_".contains(sign).then_some('\\').into_iter().chain([sign]))
                .collect();
            column.clone().like(LikeExpr::new(format!("{plain}%")).escape('\\'))
        });
        one_of(column, self.eq.clone(), self.within.clone()).add_option(null(column, self.is_null)).add_option(begins)
    }
}

impl Filter for DateFilter {
    fn condition(&self, column: &Expr) -> Condition {
        Condition::all()
            .add_option(self.eq.map(|value| column.clone().eq(value.0)))
            .add_option(self.gte.map(|value| column.clone().gte(value.0)))
            .add_option(self.lt.map(|value| column.clone().lt(value.0)))
            .add_option(null(column, self.is_null))
    }
}

impl Filter for NumberFilter {
    fn condition(&self, column: &Expr) -> Condition {
        Condition::all()
            .add_option(self.eq.map(|value| column.clone().eq(value)))
            .add_option(self.gte.map(|value| column.clone().gte(value)))
            .add_option(self.lt.map(|value| column.clone().lt(value)))
            .add_option(null(column, self.is_null))
    }
}

impl Filter for YesNoFilter {
    fn condition(&self, column: &Expr) -> Condition {
        Condition::all().add_option(self.eq.map(|value| column.clone().eq(value)))
    }
}

impl Filter for DivisionFilter {
    fn condition(&self, column: &Expr) -> Condition {
        let inside = self.within.as_ref().map(|code| {
            let prefix = division_prefix(&code.0);
            column.clone().gte(format!("{prefix:0<12}")).and(column.clone().lte(format!("{prefix:9<12}")))
        });
        Condition::all().add_option(self.eq.as_ref().map(|code| column.clone().eq(code.0.as_str()))).add_option(inside)
    }
}

/// A kind of filter, or of what else a list is asked by, without its type.
#[derive(Clone, Copy)]
pub struct FilterKind {
    /// Registers its type; gives its name.
    pub register: fn(&mut Registry) -> String,
    /// The condition on a column; nothing where nothing is given.
    pub condition: fn(Value, &Expr, Pos) -> Result<Option<Condition>, ServerError>,
}

/// What is given as a `T`; null is nothing.
pub fn given<T: InputType>(value: Value, pos: Pos) -> Result<Option<T>, ServerError> {
    Option::<T>::parse(Some(value)).map_err(|error| error.into_server_error(pos))
}

impl FilterKind {
    /// Of a type.
    pub fn of<F: InputType + Filter>() -> Self {
        Self {
            register: Option::<F>::create_type_info,
            condition: |value, column, pos| Ok(given::<F>(value, pos)?.map(|filter| filter.condition(column))),
        }
    }
}
