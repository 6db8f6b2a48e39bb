//! What the resolvers of the rooms need of rows and lists.

use async_graphql::OutputType;
use entity::Aggregate;
use minzheng_kernel::PageInput;

pub use minzheng_ground::filter::{
    DateFilter, DivisionFilter, Filter, NameFilter, NumberFilter, TextFilter, YesNoFilter, division_prefix,
};
pub use minzheng_ground::list::{Connection, PageInfo};
pub use minzheng_ground::row::Row;
pub use minzheng_ground::table::camel;

/// The GraphQL type of an aggregate's rows.
pub trait Node: OutputType + Send + Sync + Sized + From<Row<Self::Entity>> {
    /// The table.
    type Entity: Aggregate;
}

impl<E: Aggregate<Model: Default + 'static> + 'static> Node for Row<E> {
    type Entity = E;
}

/// Which page a field is asked for.
pub fn page_asked(context: &async_graphql::Context<'_>) -> async_graphql::ServerResult<PageInput> {
    Ok(PageInput {
        first: context.param_value::<Option<i32>>("first", None)?.1,
        after: context.param_value::<Option<String>>("after", None)?.1,
        last: context.param_value::<Option<i32>>("last", None)?.1,
        before: context.param_value::<Option<String>>("before", None)?.1,
    })
}

/// A large future by its address. The engine makes one future for each field of each row, as large as the largest that
/// any field of the type needs: what waits for the database in it is better held elsewhere.
pub fn small<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
}
