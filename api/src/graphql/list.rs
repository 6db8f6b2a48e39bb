//! What every list has: Relay connections, filters, an order; made from one declaration per
//! aggregate by `listing!`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, OutputType, SimpleObject, TypeName};
use entity::Aggregate;
use minzheng_kernel::{Fault, Level, Page, PageInput, Viewer, page};
use sea_orm::sea_query::{Condition, ExprTrait as _, LikeExpr};
use sea_orm::{ColumnTrait, IdenStatic as _, QueryFilter as _, QuerySelect as _, Select};

use super::error::{Answer, fault};
use super::state;

/// A row with what the viewer may see of it.
#[derive(Clone, Debug)]
pub struct Row<E: Aggregate> {
    /// The row; many fields and lists of one request hold the same.
    pub model: Arc<E::Model>,
    /// How much of it is shown.
    pub level: Level,
}

impl<E: Aggregate> Row<E> {
    /// The row as this viewer sees it.
    pub fn new(viewer: &Viewer, model: E::Model) -> Self {
        Self { level: viewer.level::<E>(&model), model: Arc::new(model) }
    }
}

/// The GraphQL type of an aggregate's rows.
pub trait Node: OutputType + TypeName + Send + Sync + Sized + From<Row<Self::Entity>> {
    /// The table.
    type Entity: Aggregate;
}

/// Declares the GraphQL wrapper of an aggregate's rows: `node! { /// doc  Person, person::Entity }`.
#[macro_export]
macro_rules! node {
    ($(#[$meta:meta])* $name:ident, $entity:path) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name(pub $crate::graphql::list::Row<$entity>);

        impl From<$crate::graphql::list::Row<$entity>> for $name {
            fn from(row: $crate::graphql::list::Row<$entity>) -> Self {
                Self(row)
            }
        }

        impl $crate::graphql::list::Node for $name {
            type Entity = $entity;
        }

        impl async_graphql::TypeName for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

/// Relay's page information.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// 后面还有 · whether there are rows after this page.
    pub has_next_page: bool,
    /// 前面还有 · whether there are rows before this page.
    pub has_previous_page: bool,
    /// 首个游标 · cursor of the first row.
    pub start_cursor: Option<String>,
    /// 末个游标 · cursor of the last row.
    pub end_cursor: Option<String>,
}

/// One row of a page.
pub struct Edge<T: Node> {
    cursor: String,
    row: Row<T::Entity>,
}

impl<T: Node> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as TypeName>::type_name()).into()
    }
}

/// One row of a page.
#[Object(name_type)]
impl<T: Node> Edge<T> {
    /// 游标 · for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// 记录 · the row.
    async fn node(&self) -> T {
        T::from(self.row.clone())
    }
}

/// A page of rows.
pub struct Connection<T: Node> {
    edges: Vec<Edge<T>>,
    has_next: bool,
    has_previous: bool,
    select: Select<T::Entity>,
    asked: Asked,
}

impl<T: Node> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as TypeName>::type_name()).into()
    }
}

/// A page of rows; at most 100.
#[Object(name_type)]
impl<T: Node> Connection<T>
where
    <T::Entity as sea_orm::EntityTrait>::Model: Sync,
{
    /// 带游标的记录 · rows with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// 记录 · the rows.
    async fn nodes(&self) -> Vec<T> {
        self.edges.iter().map(|edge| T::from(edge.row.clone())).collect()
    }

    /// 翻页信息 · where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// 总数 · all rows of the list, counted only when asked for.
    async fn total_count(&self, context: &Context<'_>) -> Answer<i32> {
        let db = &state(context)?.kernel.db;
        let count = small(page::count::<T::Entity>(db, self.select.clone())).await.map_err(|e| fault(context, e))?;
        if !self.asked.is_empty() {
            // Who was counted is told by it: up to a page of them by name, of more how many.
            let viewer = super::viewer(context)?;
            self.asked.note_found::<T::Entity>(viewer, i64::try_from(count).unwrap_or(i64::MAX));
            if usize::try_from(count).is_ok_and(|count| count > self.edges.len()) && count <= page::PAGE_MOST {
                let all = self.select.clone().limit(page::PAGE_MOST).all(db.read());
                for model in small(all).await.map_err(|e| fault(context, e.into()))? {
                    self.asked.note::<T::Entity>(viewer, &model);
                }
            }
        }
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// Reads a page of a scoped select.
pub async fn connection<T: Node>(
    context: &Context<'_>,
    select: Select<T::Entity>,
    sort: <T::Entity as sea_orm::EntityTrait>::Column,
    descending: bool,
    input: &PageInput,
) -> Answer<Connection<T>> {
    asked_for(context, select, Asked::default(), sort, descending, input).await
}

/// The same where the list is asked for by these personal fields: whom it finds counts as read.
async fn asked_for<T: Node>(
    context: &Context<'_>,
    select: Select<T::Entity>,
    asked: Asked,
    sort: <T::Entity as sea_orm::EntityTrait>::Column,
    descending: bool,
    input: &PageInput,
) -> Answer<Connection<T>> {
    let state = state(context)?;
    let viewer = super::viewer(context)?;
    let Page { rows, has_previous, has_next } =
        page::page::<T::Entity>(&state.kernel.db, select.clone(), sort, descending, input)
            .await
            .map_err(|e| fault(context, e))?;
    if !asked.is_empty() {
        asked.note_found::<T::Entity>(viewer, i64::try_from(rows.len()).unwrap_or(i64::MAX));
        for (_, model) in &rows {
            asked.note::<T::Entity>(viewer, model);
        }
    }
    Ok(Connection {
        edges: rows.into_iter().map(|(cursor, model)| Edge { cursor, row: Row::new(viewer, model) }).collect(),
        has_next,
        has_previous,
        select,
        asked,
    })
}

/// The personal fields by which a list is asked for: a filter, an order, an exact search. Only where they are shown in
/// full, and then whom they find is noted as read, and that it was searched where nobody is found (design §3.9).
#[derive(Clone, Debug, Default)]
pub struct Asked(BTreeSet<String>);

impl Asked {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By a personal field, if this viewer may.
    pub fn by<E: Aggregate>(&mut self, viewer: &Viewer, field: &str) -> Result<(), Fault> {
        self.add::<E>(viewer, "where", field)
    }

    /// By a column of the filter, which may be personal.
    pub fn filtered<E: Aggregate>(&mut self, viewer: &Viewer, column: E::Column, field: &str) -> Result<(), Fault> {
        if is_personal::<E>(column) { self.add::<E>(viewer, "where", &camel(field)) } else { Ok(()) }
    }

    /// By a column of the order, which may be personal.
    pub fn ordered<E: Aggregate>(&mut self, viewer: &Viewer, column: E::Column, field: &str) -> Result<(), Fault> {
        if is_personal::<E>(column) { self.add::<E>(viewer, "orderBy", &camel(field)) } else { Ok(()) }
    }

    fn add<E: Aggregate>(&mut self, viewer: &Viewer, how: &str, field: &str) -> Result<(), Fault> {
        viewer.require_open::<E>(field)?;
        self.0.insert(format!("{}.{how}.{field}", E::NAME));
        Ok(())
    }

    fn note<E: Aggregate>(&self, viewer: &Viewer, model: &E::Model) {
        self.0.iter().for_each(|field| viewer.note::<E>(model, field.clone()));
    }

    fn note_found<E: Aggregate>(&self, viewer: &Viewer, found: i64) {
        viewer.note_search(E::NAME, self.0.iter().cloned().collect(), found);
    }
}

/// A field or an order of the declaration as the schema names it.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| (first, letters.as_str().to_owned()))
    });
    let first = words.next().flatten().map(|(first, rest)| format!("{}{rest}", first.to_ascii_lowercase()));
    words
        .flatten()
        .fold(first.unwrap_or_default(), |name, (first, rest)| format!("{name}{}{rest}", first.to_ascii_uppercase()))
}

fn is_personal<E: Aggregate>(column: E::Column) -> bool {
    E::personal().iter().any(|(personal, _)| personal.as_str() == column.as_str())
}

/// The filter of an aggregate's list, made by [`listing!`](crate::listing).
pub trait Where<E: Aggregate>: Sized {
    /// The live rows in the viewer's scope that the filter admits; refused where it asks by what is masked.
    fn select(filter: Option<&Self>, viewer: &Viewer, asked: &mut Asked) -> Result<Select<E>, Fault>;
}

/// The order of an aggregate's list, made by [`listing!`](crate::listing).
pub trait Order<E: Aggregate> {
    /// The column, if this viewer may order by it.
    fn column(&self, viewer: &Viewer, asked: &mut Asked) -> Result<E::Column, Fault>;
}

/// A page of an aggregate's list; `narrow` adds what the field itself asks for, `asked` says by which personal fields.
pub async fn list<T, F, O>(
    context: &Context<'_>,
    mut asked: Asked,
    filter: Option<Box<F>>,
    (order, direction): (O, Option<Direction>),
    page: &PageInput,
    narrow: impl FnOnce(Select<T::Entity>) -> Select<T::Entity>,
) -> Answer<Connection<T>>
where
    T: Node,
    F: Where<T::Entity>,
    O: Order<T::Entity>,
{
    let viewer = super::viewer(context)?;
    // Who has not signed in and can never see a row of it is told so, rather than that there are none.
    if viewer.is_anonymous() && viewer.best_level::<T::Entity>() < Level::Masked {
        return Err(super::error::unauthenticated(viewer.lang));
    }
    let select = F::select(filter.as_deref(), viewer, &mut asked).map_err(|e| fault(context, e))?;
    let sort = order.column(viewer, &mut asked).map_err(|e| fault(context, e))?;
    small(asked_for(context, narrow(select), asked, sort, direction == Some(Direction::Desc), page)).await
}

/// A large future by its address. The engine makes one future for each field of each row, as large as the largest that
/// any field of the type needs: what waits for the database in it is better held elsewhere.
pub fn small<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
}

/// Declares the root's list of an aggregate that needs no argument of its own:
/// `list_query! { PersonsQuery, Person, PersonWhere, PersonOrder::Name, "人员列表 · persons.", persons }`.
#[macro_export]
macro_rules! list_query {
    ($query:ident, $node:ty, $filter:ty, $order:ident :: $usual:ident, $doc:literal, $field:ident) => {
        /// The list at the root.
        #[derive(Default)]
        pub struct $query;

        #[async_graphql::Object]
        impl $query {
            #[doc = $doc]
            #[allow(clippy::too_many_arguments)]
            async fn $field(
                &self,
                context: &async_graphql::Context<'_>,
                first: Option<i32>,
                after: Option<String>,
                last: Option<i32>,
                before: Option<String>,
                #[graphql(name = "where")] filter: Option<Box<$filter>>,
                order_by: Option<$order>,
                direction: Option<$crate::graphql::list::Direction>,
            ) -> $crate::graphql::error::Answer<$crate::graphql::list::Connection<$node>> {
                let page = minzheng_kernel::PageInput { first, after, last, before };
                let ordered = (order_by.unwrap_or($order::$usual), direction);
                let asked = $crate::graphql::list::Asked::default();
                $crate::graphql::list::list(context, asked, filter, ordered, &page, |select| select).await
            }
        }
    };
}

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
    pub eq: Option<super::scalars::Date>,
    /// 不早于
    pub gte: Option<super::scalars::Date>,
    /// 早于
    pub lt: Option<super::scalars::Date>,
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
    pub eq: Option<super::scalars::DivisionCode>,
    /// 在这一区划之内 · the place and everything in it
    pub within: Option<super::scalars::DivisionCode>,
}

/// Makes a condition of a filter.
pub trait Filter {
    /// The condition on a column.
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition;
}

impl Filter for TextFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all()
            .add_option(self.eq.as_ref().map(|value| column.eq(value)))
            .add_option(self.within.as_ref().map(|values| column.is_in(values)))
            .add_option(self.is_null.map(|null| if null { column.is_null() } else { column.is_not_null() }))
    }
}

impl Filter for NameFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        let begins = self.starts_with.as_ref().map(|beginning| {
            let plain: String = beginning
                .chars()
                .flat_map(|sign| "\\%_".contains(sign).then_some('\\').into_iter().chain([sign]))
                .collect();
            column.into_expr().like(LikeExpr::new(format!("{plain}%")).escape('\\'))
        });
        Condition::all()
            .add_option(self.eq.as_ref().map(|value| column.eq(value)))
            .add_option(self.within.as_ref().map(|values| column.is_in(values)))
            .add_option(self.is_null.map(|null| if null { column.is_null() } else { column.is_not_null() }))
            .add_option(begins)
    }
}

impl Filter for DateFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all()
            .add_option(self.eq.map(|value| column.eq(value.0)))
            .add_option(self.gte.map(|value| column.gte(value.0)))
            .add_option(self.lt.map(|value| column.lt(value.0)))
            .add_option(self.is_null.map(|null| if null { column.is_null() } else { column.is_not_null() }))
    }
}

impl Filter for NumberFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all()
            .add_option(self.eq.map(|value| column.eq(value)))
            .add_option(self.gte.map(|value| column.gte(value)))
            .add_option(self.lt.map(|value| column.lt(value)))
            .add_option(self.is_null.map(|null| if null { column.is_null() } else { column.is_not_null() }))
    }
}

impl Filter for YesNoFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all().add_option(self.eq.map(|value| column.eq(value)))
    }
}

impl Filter for DivisionFilter {
    fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        let inside = self.within.as_ref().map(|code| {
            let prefix = division_prefix(&code.0);
            column.gte(format!("{prefix:0<12}")).and(column.lte(format!("{prefix:9<12}")))
        });
        Condition::all().add_option(self.eq.as_ref().map(|code| column.eq(&code.0))).add_option(inside)
    }
}

/// The digits of a code that are its own, by level: 2, 4, 6, 9 or 12.
pub fn division_prefix(code: &str) -> &str {
    let level =
        [2, 4, 6, 9].into_iter().find(|digits| code.get(*digits..).is_some_and(|rest| rest.bytes().all(|b| b == b'0')));
    level.and_then(|digits| code.get(..digits)).unwrap_or(code)
}

/// Applies a filter, if given, to a select.
pub fn filtered<E: Aggregate, F: Filter>(select: Select<E>, column: E::Column, filter: Option<&F>) -> Select<E> {
    match filter {
        Some(filter) => select.filter(filter.condition(column)),
        None => select,
    }
}

/// Declares the filter and order of an aggregate's list:
/// `listing! { Division as Entity, DivisionFilter2, DivisionOrder { code: TextFilter = Code, … } sort { Code = Code, … } }`.
#[macro_export]
macro_rules! listing {
    (
        $entity:path, $columns:path;
        filter $filter:ident { $($(#[$meta:meta])* $field:ident : $kind:ty = $column:ident),* $(,)? }
        order $order:ident { $($(#[$ometa:meta])* $sort:ident = $scolumn:ident),* $(,)? }
    ) => {
        /// 筛选 · all that is given must hold.
        #[derive(async_graphql::InputObject, Clone, Debug, Default)]
        pub struct $filter {
            $($(#[$meta])* pub $field: Option<$kind>,)*
        }

        /// 排序 · the order of the list; ties by id.
        #[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $order {
            $($(#[$ometa])* $sort,)*
        }

        impl $crate::graphql::list::Where<$entity> for $filter {
            fn select(
                filter: Option<&Self>,
                viewer: &minzheng_kernel::Viewer,
                asked: &mut $crate::graphql::list::Asked,
            ) -> Result<sea_orm::Select<$entity>, minzheng_kernel::Fault> {
                use $columns as Column;
                #[allow(unused_mut)]
                let mut select = viewer.select::<$entity>();
                $(
                    if let Some(given) = filter.and_then(|filter| filter.$field.as_ref()) {
                        asked.filtered::<$entity>(viewer, Column::$column, stringify!($field))?;
                        select = $crate::graphql::list::filtered(select, Column::$column, Some(given));
                    }
                )*
                Ok(select)
            }
        }

        impl $crate::graphql::list::Order<$entity> for $order {
            fn column(
                &self,
                viewer: &minzheng_kernel::Viewer,
                asked: &mut $crate::graphql::list::Asked,
            ) -> Result<$columns, minzheng_kernel::Fault> {
                use $columns as Column;
                match self {
                    $(Self::$sort => {
                        asked.ordered::<$entity>(viewer, Column::$scolumn, stringify!($sort))?;
                        Ok(Column::$scolumn)
                    })*
                }
            }
        }
    };
}

/// The direction of an order.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 升序
    Asc,
    /// 降序
    Desc,
}
