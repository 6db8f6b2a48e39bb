//! Loaders of one request, for what resolvers of the library read of other rows: those that wait together are read with one
//! statement. What types as tables lead to is read by their engine.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::TokioTimer;
use entity::Aggregate;
use entity::kernel::job;
use minzheng_kernel::{Fault, Kernel, Viewer};
use sea_orm::sea_query::{ExprTrait as _, SimpleExpr};
use sea_orm::{ColumnTrait, ModelTrait as _, QueryFilter as _};

use crate::Row;
use crate::engine::Spawner;
use crate::error::{Answer, fault};
use crate::row::Node;

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

/// Rows of `E` whose column is this id: parts of a row that was read in scope.
pub struct PartsOf<E: Aggregate>(i64, E::Column);

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
impl<E: Aggregate> PartsOf<E> {
    fn which(&self) -> (i64, &'static str) {
        (self.0, sea_orm::IdenStatic::as_str(&self.1))
    }
}
impl<E: Aggregate> Clone for PartsOf<E> {
    fn clone(&self) -> Self {
        Self(self.0, self.1)
    }
}
impl<E: Aggregate> PartialEq for PartsOf<E> {
    fn eq(&self, other: &Self) -> bool {
        self.which() == other.which()
    }
}
impl<E: Aggregate> Eq for PartsOf<E> {}
impl<E: Aggregate> Hash for PartsOf<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.which().hash(state);
    }
}

impl Rows {
    /// Whether a column is one of these ids.
    fn among<C: ColumnTrait>(&self, column: C, ids: impl Iterator<Item = i64>) -> SimpleExpr {
        let mut values: Vec<sea_orm::Value> = ids.map(Into::into).collect();
        match minzheng_kernel::any_of(&values).filter(|_| !self.kernel.db.is_sqlite()) {
            Some(any) => column.into_expr().eq(any),
            None => {
                // Filled up to a power of two with an id that no row has: so the statement has one of few texts, and the
                // database knows it already.
                values.resize(values.len().next_power_of_two(), 0i64.into());
                column.is_in(values)
            }
        }
    }
}

impl<E: Aggregate<Model: 'static> + 'static> Loader<ById<E>> for Rows {
    type Value = Row<E>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[ById<E>]) -> Result<HashMap<ById<E>, Row<E>>, Arc<Fault>> {
        let select = self.viewer.select::<E>().filter(self.among(E::id_column(), keys.iter().map(|key| key.0)));
        let rows = select.all(self.kernel.db.read()).await.map_err(|e| Arc::new(Fault::from(e)))?;
        Ok(rows.into_iter().map(|model| (ById(E::id(&model), PhantomData), Row::new(&self.viewer, model))).collect())
    }
}

impl<E: Aggregate<Model: 'static> + 'static> Loader<PartsOf<E>> for Rows {
    type Value = Vec<Row<E>>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[PartsOf<E>]) -> Result<HashMap<PartsOf<E>, Vec<Row<E>>>, Arc<Fault>> {
        let mut columns: HashMap<&'static str, Vec<&PartsOf<E>>> = HashMap::new();
        for key in keys {
            columns.entry(key.which().1).or_default().push(key);
        }
        let mut found: HashMap<PartsOf<E>, Vec<Row<E>>> = HashMap::new();
        for of in columns.into_values() {
            let Some(column) = of.first().map(|key| key.1) else { continue };
            let parts = self.viewer.parts_where::<E>(self.among(column, of.iter().map(|key| key.0)));
            let mut rows = parts.all(self.kernel.db.read()).await.map_err(|e| Arc::new(Fault::from(e)))?;
            rows.sort_by_key(E::id);
            for model in rows {
                let sea_orm::Value::BigInt(Some(parent)) = model.get(column) else { continue };
                found.entry(PartsOf(parent, column)).or_default().push(Row::new(&self.viewer, model));
            }
        }
        Ok(found)
    }
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
    T::Entity: Aggregate<Model: 'static> + 'static,
{
    let loader = context.data::<RowLoader>()?;
    let row = small(loader.load_one(ById::<T::Entity>(id, PhantomData))).await.map_err(|e| broken(context, &e))?;
    Ok(row.map(T::from))
}

/// The parts of a row that was read in scope, in the order in which they were recorded.
pub async fn parts_of<E: Aggregate<Model: 'static> + 'static>(
    context: &Context<'_>,
    column: E::Column,
    parent: i64,
) -> Answer<Vec<Row<E>>> {
    let loader = context.data::<RowLoader>()?;
    let rows = small(loader.load_one(PartsOf(parent, column))).await.map_err(|e| broken(context, &e))?;
    Ok(rows.unwrap_or_default())
}

/// A large future by its address. The engine makes one future for each field of each row, as large as the largest that
/// any field of the type needs: what waits for the database in it is better held elsewhere.
pub fn small<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
}
