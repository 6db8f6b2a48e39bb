//! Loaders of one request: what many rows of a page point at is read with one statement a level.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::TokioTimer;
use entity::Aggregate;
use entity::kernel::job;
use futures_util::future::FutureObj;
use futures_util::task::{Spawn, SpawnError};
use minzheng_kernel::{Fault, Kernel, Viewer};
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, FromQueryResult as _, IdenStatic as _, Iterable as _, ModelTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
};

use super::error::{Answer, fault};
use super::list::{Node, Row, small};

/// Starts the batches as tasks whose statements count for the request.
struct Spawner;

impl Spawn for Spawner {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        drop(minzheng_kernel::request::spawn(future));
        Ok(())
    }
}

/// Reads rows for the viewer of one request.
pub struct Rows {
    kernel: Arc<Kernel>,
    viewer: Arc<Viewer>,
}

/// The loader of one request.
pub type RowLoader = DataLoader<Rows>;

/// A loader for one request.
pub fn loader(kernel: Arc<Kernel>, viewer: Arc<Viewer>) -> RowLoader {
    DataLoader::new(Rows { kernel, viewer }, Spawner, TokioTimer::default()).max_batch_size(1000)
}

/// A row of `E` by its id.
pub struct ById<E>(i64, PhantomData<fn() -> E>);

/// What rows belong to: a row by its id, or what a code names, such as a division.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Parent {
    Id(i64),
    Code(String),
}

impl Parent {
    fn value(&self) -> sea_orm::Value {
        match self {
            Self::Id(id) => (*id).into(),
            Self::Code(code) => code.as_str().into(),
        }
    }

    /// A parent that does not exist.
    fn nobody(&self) -> sea_orm::Value {
        match self {
            Self::Id(_) => 0i64.into(),
            Self::Code(_) => "".into(),
        }
    }

    fn of(value: sea_orm::Value) -> Option<Self> {
        match value {
            sea_orm::Value::BigInt(Some(id)) => Some(Self::Id(id)),
            sea_orm::Value::String(Some(code)) => Some(Self::Code(code)),
            _ => None,
        }
    }
}

/// Rows of `E` whose `column` is this id: the newest `first` by `sort`, or all in order where `first` is 0.
pub struct Children<E: Aggregate> {
    parent: Parent,
    column: E::Column,
    sort: E::Column,
    first: u64,
    /// The parents come from a scoped read and these rows are parts of them.
    parts: bool,
}

// By hand, since a derive would ask the same of `E` itself.
impl<E> Clone for ById<E> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}
impl<E> PartialEq for ById<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<E> Eq for ById<E> {}
impl<E> Hash for ById<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<E: Aggregate> Children<E> {
    fn same_list(&self) -> (&'static str, &'static str, u64, bool) {
        (self.column.as_str(), self.sort.as_str(), self.first, self.parts)
    }
}
impl<E: Aggregate> Clone for Children<E> {
    fn clone(&self) -> Self {
        Self { parent: self.parent.clone(), column: self.column, sort: self.sort, first: self.first, parts: self.parts }
    }
}
impl<E: Aggregate> PartialEq for Children<E> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.same_list() == other.same_list()
    }
}
impl<E: Aggregate> Eq for Children<E> {}
impl<E: Aggregate> Hash for Children<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.same_list().hash(state);
    }
}

impl Rows {
    /// Whether a column is one of these values.
    fn among<C: ColumnTrait>(&self, column: C, values: Vec<sea_orm::Value>, nobody: sea_orm::Value) -> SimpleExpr {
        match minzheng_kernel::any_of(&values).filter(|_| !self.kernel.db.is_sqlite()) {
            Some(any) => column.into_expr().eq(any),
            None => column.is_in(filled(values, nobody)),
        }
    }
}

impl<E: Aggregate + 'static> Loader<ById<E>> for Rows
where
    E::Model: 'static,
{
    type Value = Row<E>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[ById<E>]) -> Result<HashMap<ById<E>, Row<E>>, Arc<Fault>> {
        let ids: Vec<sea_orm::Value> = keys.iter().map(|key| key.0.into()).collect();
        let select = self.viewer.select::<E>().filter(self.among(E::id_column(), ids, 0i64.into()));
        let rows = select.all(self.kernel.db.read()).await.map_err(|e| Arc::new(Fault::from(e)))?;
        Ok(rows.into_iter().map(|model| (ById(E::id(&model), PhantomData), Row::new(&self.viewer, model))).collect())
    }
}

impl<E: Aggregate + 'static> Loader<Children<E>> for Rows
where
    E::Model: 'static,
{
    type Value = Vec<Row<E>>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[Children<E>]) -> Result<HashMap<Children<E>, Vec<Row<E>>>, Arc<Fault>> {
        let mut found: HashMap<Children<E>, Vec<Row<E>>> = keys.iter().map(|key| (key.clone(), Vec::new())).collect();
        let mut lists: Vec<(&Children<E>, Vec<Parent>)> = Vec::new();
        for key in keys {
            match lists.iter_mut().find(|(list, _)| list.same_list() == key.same_list()) {
                Some((_, parents)) => parents.push(key.parent.clone()),
                None => lists.push((key, vec![key.parent.clone()])),
            }
        }
        for (list, parents) in lists {
            let values: Vec<sea_orm::Value> = parents.iter().map(Parent::value).collect();
            let db = &self.kernel.db;
            let rows = if list.parts {
                let of_parents = self.among(list.column, values, list.parent.nobody());
                self.viewer.parts_where::<E>(of_parents).all(db.read()).await
            } else {
                let scoped = self.viewer.select::<E>();
                match minzheng_kernel::listed(&values, "parent").filter(|_| list.first > 0 && !db.is_sqlite()) {
                    Some(parents) => {
                        let newest = db.backend().build(&newest_of_each::<E>(list, scoped, parents));
                        let newest = minzheng_kernel::limit_in_text(newest);
                        E::Model::find_by_statement(newest).all(db.read()).await
                    }
                    None => {
                        let select = scoped.filter(self.among(list.column, values, list.parent.nobody()));
                        let newest = (list.first > 0).then(|| ranked::<E>(list, &select));
                        let newest = newest.map(|newest| E::id_column().in_subquery(newest));
                        select.filter(Condition::all().add_option(newest)).all(db.read()).await
                    }
                }
            };
            let rows = rows.map_err(|e| Arc::new(Fault::from(e)))?;
            for model in rows {
                let Some(parent) = Parent::of(model.get(list.column)) else { continue };
                let key = Children { parent, ..list.clone() };
                found.entry(key).or_default().push(Row::new(&self.viewer, model));
            }
        }
        for (key, rows) in &mut found {
            rows.sort_by(|a, b| {
                let order = compare(&a.model.get(key.sort), &b.model.get(key.sort))
                    .then_with(|| E::id(&a.model).cmp(&E::id(&b.model)));
                if key.first > 0 { order.reverse() } else { order }
            });
        }
        Ok(found)
    }
}

/// Values filled up to a power of two with one that no row has: so the statement has one of few texts, and the database
/// knows it already.
fn filled<V: Clone>(mut values: Vec<V>, nobody: V) -> Vec<V> {
    values.resize(values.len().next_power_of_two(), nobody);
    values
}

/// The ids of the newest rows of each parent, by counting through all that it has.
fn ranked<E: Aggregate>(list: &Children<E>, select: &Select<E>) -> SelectStatement {
    let rank = format!(
        "ROW_NUMBER() OVER (PARTITION BY \"{}\" ORDER BY \"{}\" DESC, \"{}\" DESC)",
        list.column.as_str(),
        list.sort.as_str(),
        E::id_column().as_str()
    );
    let ranked = select
        .clone()
        .select_only()
        .column_as(E::id_column(), "row_id")
        .column_as(Expr::cust(rank), "row_rank")
        .into_query();
    Query::select()
        .column("row_id")
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("row_rank").lte(list.first))
        .to_owned()
}

/// The newest rows where the database can look for each parent by itself, and stop after the newest: what a parent has
/// more costs nothing.
fn newest_of_each<E: Aggregate>(list: &Children<E>, select: Select<E>, parents: SelectStatement) -> SelectStatement {
    let of_one = select
        .filter(Expr::col((E::default(), list.column)).eq(Expr::col(("parents", "parent"))))
        .order_by_desc(list.sort)
        .order_by_desc(E::id_column())
        .limit(list.first)
        .into_query();
    Query::select()
        .columns(E::Column::iter().map(|column| ("newest", column)))
        .from_subquery(parents, "parents")
        .join_lateral(JoinType::InnerJoin, of_one, "newest", Expr::cust("TRUE"))
        .to_owned()
}

fn broken(context: &Context<'_>, error: &Fault) -> async_graphql::Error {
    // The batch's error belongs to every row that waited for it; what it was is told once, to the log.
    fault(context, error.clone())
}

/// A job by its number.
#[derive(Clone, PartialEq, Eq, Hash)]
struct JobKey(i64);

impl Loader<JobKey> for Rows {
    type Value = job::Model;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[JobKey]) -> Result<HashMap<JobKey, job::Model>, Arc<Fault>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let jobs = minzheng_kernel::jobs::own(&self.kernel, &self.viewer, &ids).await.map_err(Arc::new)?;
        Ok(jobs.into_iter().map(|job| (JobKey(job.id), job)).collect())
    }
}

/// A job of the viewer's own.
pub async fn own_job(context: &Context<'_>, id: i64) -> Answer<Option<job::Model>> {
    let loader = context.data::<RowLoader>()?;
    small(loader.load_one(JobKey(id))).await.map_err(|e| broken(context, &e))
}

/// The row that another points at, if it is in scope.
pub async fn by_id<T: Node>(context: &Context<'_>, id: i64) -> Answer<Option<T>>
where
    T::Entity: 'static,
{
    let loader = context.data::<RowLoader>()?;
    let row = small(loader.load_one(ById::<T::Entity>(id, PhantomData))).await.map_err(|e| broken(context, &e))?;
    Ok(row.map(T::from))
}

/// One row by itself: where nothing else of the request can ask for rows of the same table at the same time, there is
/// nobody to wait for.
pub async fn alone<T: Node>(context: &Context<'_>, id: i64) -> Answer<Option<T>>
where
    T::Entity: 'static,
{
    let viewer = super::viewer(context)?;
    let select = viewer.select::<T::Entity>().filter(T::Entity::id_column().eq(id));
    let row = small(select.one(super::state(context)?.kernel.db.read())).await.map_err(|e| fault(context, e.into()))?;
    Ok(row.map(|model| T::from(Row::new(viewer, model))))
}

async fn child_rows<E: Aggregate + 'static>(context: &Context<'_>, key: Children<E>) -> Answer<Vec<Row<E>>>
where
    E::Model: 'static,
{
    let loader = context.data::<RowLoader>()?;
    Ok(small(loader.load_one(key)).await.map_err(|e| broken(context, &e))?.unwrap_or_default())
}

async fn children<T: Node>(context: &Context<'_>, key: Children<T::Entity>) -> Answer<Vec<T>>
where
    T::Entity: 'static,
{
    Ok(child_rows(context, key).await?.into_iter().map(T::from).collect())
}

/// The same as [`parts`], of what is no type of the schema by itself.
pub async fn part_rows<E: Aggregate + 'static>(
    context: &Context<'_>,
    column: E::Column,
    parent: i64,
    sort: E::Column,
) -> Answer<Vec<Row<E>>>
where
    E::Model: 'static,
{
    child_rows(context, Children { parent: Parent::Id(parent), column, sort, first: 0, parts: true }).await
}

type Columns<T> = <<T as Node>::Entity as sea_orm::EntityTrait>::Column;

/// The parts of a row that was read in scope, such as the members of a household, in the order of `sort`.
pub async fn parts<T: Node>(context: &Context<'_>, column: Columns<T>, parent: i64, sort: Columns<T>) -> Answer<Vec<T>>
where
    T::Entity: 'static,
{
    children(context, Children { parent: Parent::Id(parent), column, sort, first: 0, parts: true }).await
}

/// All rows that belong to another, in the order of `sort`; each in the viewer's scope by itself.
pub async fn all_of<T: Node>(context: &Context<'_>, column: Columns<T>, parent: i64, sort: Columns<T>) -> Answer<Vec<T>>
where
    T::Entity: 'static,
{
    children(context, Children { parent: Parent::Id(parent), column, sort, first: 0, parts: false }).await
}

/// The newest rows that belong to another, by `sort`; each in the viewer's scope by itself.
pub async fn newest<T: Node>(
    context: &Context<'_>,
    column: Columns<T>,
    parent: i64,
    sort: Columns<T>,
    first: i32,
) -> Answer<Vec<T>>
where
    T::Entity: 'static,
{
    let first = size(context, first)?;
    if first == 0 {
        return Ok(Vec::new());
    }
    children(context, Children { parent: Parent::Id(parent), column, sort, first, parts: false }).await
}

/// The newest rows that name a code, such as those of one division; each in the viewer's scope by itself.
pub async fn newest_of<T: Node>(
    context: &Context<'_>,
    column: Columns<T>,
    code: &str,
    sort: Columns<T>,
    first: i32,
) -> Answer<Vec<T>>
where
    T::Entity: 'static,
{
    let first = size(context, first)?;
    if first == 0 {
        return Ok(Vec::new());
    }
    children(context, Children { parent: Parent::Code(code.to_owned()), column, sort, first, parts: false }).await
}

fn size(context: &Context<'_>, first: i32) -> Answer<u64> {
    let page = minzheng_kernel::PageInput { first: Some(first), ..Default::default() };
    Ok(page.size().map_err(|e| fault(context, e))?.0)
}

/// The order of two values of one column, for the few types that lists are sorted by.
fn compare(a: &sea_orm::Value, b: &sea_orm::Value) -> std::cmp::Ordering {
    use sea_orm::Value::{BigInt, ChronoDate, ChronoDateTimeUtc, Int, String};
    match (a, b) {
        (BigInt(a), BigInt(b)) => a.cmp(b),
        (Int(a), Int(b)) => a.cmp(b),
        (String(a), String(b)) => a.cmp(b),
        (ChronoDate(a), ChronoDate(b)) => a.cmp(b),
        (ChronoDateTimeUtc(a), ChronoDateTimeUtc(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}
