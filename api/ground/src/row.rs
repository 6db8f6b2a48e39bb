//! A row of an aggregate as a value of the GraphQL library, read or only named: its type is the table of the aggregate's
//! name.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value};
use entity::Aggregate;
use minzheng_kernel::{Level, Viewer};

use crate::cell::Key;
use crate::engine;
use crate::engine::Which;

/// A row with what the viewer may see of it.
#[derive(Debug)]
pub struct Row<E: Aggregate> {
    /// The row; many fields and lists of one request hold the same.
    pub model: Arc<E::Model>,
    /// How much of it is shown.
    pub level: Level,
}

// By hand, since a derive would ask the same of the entity.
impl<E: Aggregate> Clone for Row<E> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), level: self.level }
    }
}

impl<E: Aggregate> Row<E> {
    /// The row as this viewer sees it.
    pub fn new(viewer: &Viewer, model: E::Model) -> Self {
        Self { level: viewer.level::<E>(&model), model: Arc::new(model) }
    }
}

impl<E: Aggregate<Model: 'static> + 'static> OutputType for Row<E> {
    fn type_name() -> Cow<'static, str> {
        E::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        engine::register(registry, E::NAME)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        engine::object(context, Which::read(self)).await
    }
}

impl<E: Aggregate<Model: 'static> + 'static> ContainerType for Row<E> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        engine::field_of(context, Which::read(self)).await.map(Some)
    }
}

impl<E: Aggregate<Model: 'static> + 'static> ObjectType for Row<E> {}

/// The GraphQL type of an aggregate's rows.
pub trait Node: OutputType + Send + Sync + Sized + From<Row<Self::Entity>> {
    /// The table.
    type Entity: Aggregate;
}

impl<E: Aggregate<Model: Default + 'static> + 'static> Node for Row<E> {
    type Entity = E;
}

/// A row of an aggregate that is named and not read yet: with others of its place, only what is asked for of it. Null where
/// there is none in scope.
pub struct Link<E> {
    key: Key,
    by: &'static str,
    entity: PhantomData<fn() -> E>,
}

impl<E> Link<E> {
    /// By its id.
    pub fn id(id: i64) -> Self {
        Self { key: Key::Id(id), by: "id", entity: PhantomData }
    }

    /// By what another column holds that is one row's alone.
    pub fn code(by: &'static str, code: &str) -> Self {
        Self { key: Key::Code(code.to_owned()), by, entity: PhantomData }
    }
}

impl<E: Aggregate<Model: 'static> + 'static> OutputType for Link<E> {
    fn type_name() -> Cow<'static, str> {
        E::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        engine::register(registry, E::NAME)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let which = Which { table: E::NAME, key: self.key.clone(), by: self.by, row: None, alone: false };
        engine::object(context, which).await
    }
}
