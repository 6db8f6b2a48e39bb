//! Relay's `Node`: any row by its global id, in the viewer's scope.

use async_graphql::{Context, ID, Interface, Object};

use super::error::{Answer, fault};
use super::{load, local_id};
use crate::registry::division::Division;
use minzheng_kernel::{Fault, Text};

/// Most ids that are asked for at once.
const IDS_MOST: usize = 100;

/// One word a type, which has the name of its aggregate.
macro_rules! nodes {
    ($($name:ident),* $(,)?) => {
        /// 节点 · anything with a global id.
        #[derive(Interface)]
        #[graphql(name = "Node", field(name = "id", ty = "ID", desc = "全局编号 · global id."))]
        pub enum AnyNode {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $name($name),
            )*
        }

        /// The row of an aggregate, if its type is served and the row is in scope.
        pub async fn find(context: &Context<'_>, aggregate: &str, id: i64) -> Answer<Option<AnyNode>> {
            match aggregate {
                $(stringify!($name) => Ok(load::by_id::<$name>(context, id).await?.map(AnyNode::$name)),)*
                _ => Ok(None),
            }
        }
    };
}

nodes! { Division }

async fn by_global_id(context: &Context<'_>, id: &str) -> Answer<Option<AnyNode>> {
    match local_id(id) {
        Some((aggregate, id)) => find(context, &aggregate, id).await,
        None => Ok(None),
    }
}

/// Any row.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// 节点 · any row by its global id; null where it is missing or out of scope.
    async fn node(&self, context: &Context<'_>, id: ID) -> Answer<Option<AnyNode>> {
        by_global_id(context, &id).await
    }

    /// 节点列表 · rows by their global ids, at most 100, in the order asked for.
    async fn nodes(&self, context: &Context<'_>, ids: Vec<ID>) -> Answer<Vec<Option<AnyNode>>> {
        if ids.len() > IDS_MOST {
            let text = Text::of("page-size");
            return Err(fault(context, Fault::Query { code: "BAD_REQUEST", field: "ids".to_owned(), text }));
        }
        // All at once, so that the loader reads them with one statement a type.
        let found = ids.iter().map(|id| by_global_id(context, id));
        futures_util::future::try_join_all(found).await
    }
}
