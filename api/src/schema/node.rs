//! 全局对象 · anything that has a global id, read again by it.

use async_graphql::{Context, ID, Object};

pub use minzheng_ground::engine::AnyNode;

use minzheng_ground::error::{Answer, bad_request};
use minzheng_ground::state::local_id;

/// Most ids of one `nodes`.
const IDS_MOST: usize = 100;

/// The fields of the root.
#[derive(Default)]
pub struct NodeQuery;

fn named(id: &str) -> Option<AnyNode> {
    local_id(id).and_then(|(aggregate, id)| AnyNode::new(&aggregate, id))
}

#[Object]
impl NodeQuery {
    /// 按全局编号读取 · one row; null where it is missing or out of scope.
    async fn node(&self, #[graphql(desc = "全局编号 · of which row")] id: ID) -> Option<AnyNode> {
        named(&id).map(AnyNode::alone)
    }

    /// 按全局编号批量读取 · rows in the order of the ids, at most 100; null where one is missing or out of scope.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "全局编号 · of which rows; at most 100")] ids: Vec<ID>,
    ) -> Answer<Vec<Option<AnyNode>>> {
        if ids.len() > IDS_MOST {
            return Err(bad_request(context, "too-many-ids", "ids"));
        }
        Ok(ids.iter().map(|id| named(id)).collect())
    }
}
