//! 变更流 · every business change once, in the order of sealing: to page through and to follow. Nothing is skipped
//! under concurrent writes, since only sealed positions are served and they have no gap.

use std::collections::VecDeque;

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Subscription};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use minzheng_ground::builder::camel;
use minzheng_ground::engine::AnyNode;
use minzheng_ground::error::{Answer, fault, may_ask};
use minzheng_ground::list::PageInfo;
use minzheng_ground::scalars::{DateTime, DivisionCode};
use minzheng_ground::state::{global_id, shared_viewer, state, viewer};
use minzheng_kernel::journal::{FeedChange, FeedCursor, FeedPage};
use minzheng_kernel::{Fault, PageInput, Text, Viewer, journal};

/// Changes that a follower reads at once.
const READ_AT_ONCE: usize = 200;

/// 变更种类 · what happened to a row.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// 新增
    Created,
    /// 变更
    Changed,
    /// 作废
    Voided,
}

impl From<journal::ChangeKind> for ChangeKind {
    fn from(kind: journal::ChangeKind) -> Self {
        match kind {
            journal::ChangeKind::Created => Self::Created,
            journal::ChangeKind::Changed => Self::Changed,
            journal::ChangeKind::Voided => Self::Voided,
        }
    }
}

/// One change.
pub struct Change(FeedChange);

/// 变更 · one change of one row.
#[Object]
impl Change {
    /// 游标 · opaque; pass it as `after` to go on from here.
    fn cursor(&self) -> String {
        self.0.cursor.encode()
    }

    /// 对象类型 · name of the type whose row changed.
    fn aggregate(&self) -> &str {
        &self.0.aggregate
    }

    /// 全局编号 · global id of the row.
    fn id(&self) -> ID {
        global_id(&self.0.aggregate, self.0.id)
    }

    /// 种类
    fn kind(&self) -> ChangeKind {
        self.0.kind.into()
    }

    /// 区划 · code of the division the row belongs to, where it has one.
    fn division(&self) -> Option<DivisionCode> {
        self.0.division.clone().map(DivisionCode)
    }

    /// 时间 · when it was recorded.
    fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// 字段 · names of what changed, never values; empty for a new row.
    fn fields(&self) -> Vec<String> {
        field_names(self.0.fields.iter().map(String::as_str))
    }

    /// 记录 · the row as it is now; null where it was voided, is out of scope, or its type is not served.
    async fn node(&self) -> Option<AnyNode> {
        AnyNode::new(&self.0.aggregate, self.0.id)
    }
}

/// Columns as clients know them: in camel case, without digests that only stand beside a value.
pub fn field_names<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<String> {
    columns.filter(|column| !column.ends_with("_blind") && *column != "key_salt").map(camel).collect()
}

/// 变更及其游标 · a change with its cursor.
#[derive(SimpleObject)]
pub struct ChangeEdge {
    /// 游标 · opaque.
    cursor: String,
    /// 变更
    node: Change,
}

/// A page of the feed.
pub struct ChangeConnection {
    changes: Vec<FeedChange>,
    reached: FeedCursor,
    full: bool,
    resumed: bool,
}

/// 变更流的一页 · a page of changes, oldest first.
#[Object]
impl ChangeConnection {
    /// 带游标的变更 · changes with their cursors.
    fn edges(&self) -> Vec<ChangeEdge> {
        let edge = |change: &FeedChange| ChangeEdge { cursor: change.cursor.encode(), node: Change(change.clone()) };
        self.changes.iter().map(edge).collect()
    }

    /// 变更 · the changes.
    fn nodes(&self) -> Vec<Change> {
        self.changes.iter().cloned().map(Change).collect()
    }

    /// 翻页信息 · where the page stands; `endCursor` goes on behind everything that was looked at.
    fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.full,
            has_previous_page: self.resumed,
            start_cursor: self.changes.first().map(|change| change.cursor.encode()),
            end_cursor: Some(self.reached.encode()),
        }
    }

    /// 总数 · sealed changes that the viewer may know of, counted only when asked for.
    async fn total_count(&self, context: &Context<'_>) -> Answer<i32> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let district = state.district();
        let mut page = None;
        let mut count = 0_usize;
        while page.as_ref().is_none_or(|page: &FeedPage| page.full) {
            let after = page.map(|page| page.reached);
            let next = state.kernel.db.changes(after, 10_000, |change| known(viewer, &district, change)).await;
            let next = next.map_err(|e| fault(context, e))?;
            count += next.changes.len();
            page = Some(next);
        }
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// Whether a change is for this viewer: what a role sees no row of, it hears nothing of either. A row without a division
/// (an account, an import, a donor) stands where the whole district does: a grant for a part of it hears nothing of it.
fn known(viewer: &Viewer, district: &str, change: &FeedChange) -> bool {
    viewer.may_know(&change.aggregate, Some(change.division.as_deref().unwrap_or(district)))
}

fn decode(context: &Context<'_>, after: Option<&str>) -> Answer<Option<FeedCursor>> {
    let bad = || Fault::Query { code: "BAD_REQUEST", field: "after".to_owned(), text: Text::of("bad-cursor") };
    after.map(|text| FeedCursor::decode(text).ok_or_else(|| fault(context, bad()))).transpose()
}

/// The feed to page through.
#[derive(Default)]
pub struct ChangeQuery;

#[Object]
impl ChangeQuery {
    /// 变更流 · every business change once, in the order of sealing; reads of personal data are not in it. For the
    /// municipal platform and the auditor: of rows in the divisions they are granted; of rows without a division only
    /// where that is the whole district.
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "游标 · those after this cursor")] after: Option<String>,
        #[graphql(desc = "条数 · so many from the start, or after `after`; at most 100, left out: 20")] first: Option<
            i32,
        >,
    ) -> Answer<ChangeConnection> {
        may_ask(context, "changes")?;
        let (state, viewer) = (state(context)?, viewer(context)?);
        let page = PageInput { first, ..PageInput::default() };
        let (size, _) = page.size().map_err(|e| fault(context, e))?;
        let cursor = decode(context, after.as_deref())?;
        let district = state.district();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let page = state.kernel.db.changes(cursor, size, |change| known(viewer, &district, change)).await;
        let page = page.map_err(|e| fault(context, e))?;
        Ok(ChangeConnection {
            changes: page.changes,
            reached: page.reached,
            full: page.full,
            resumed: cursor.is_some(),
        })
    }
}

/// The feed to follow.
#[derive(Default)]
pub struct ChangeSubscription;

#[Subscription]
impl ChangeSubscription {
    /// 变更流 · first everything after the cursor (without one: what comes from now on), then each change as it is sealed;
    /// the same changes as in the query.
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "游标 · those after this cursor")] after: Option<String>,
    ) -> async_graphql::Result<BoxStream<'static, Answer<Change>>> {
        may_ask(context, "changes")?;
        let state = state(context)?.clone();
        let viewer = shared_viewer(context)?;
        let (sealed, district) = (state.kernel.sealer.watch(), state.district());
        let at = if let Some(at) = decode(context, after.as_deref())? {
            at
        } else {
            let head = state.kernel.db.sealed_position().await.map_err(|e| fault(context, e))?;
            FeedCursor { position: head + 1, ordinal: -1 }
        };
        let following = (state, viewer, district, sealed, at, VecDeque::<FeedChange>::new());
        let changes = unfold(Some(following), |following| async move {
            let (state, viewer, district, mut sealed, mut at, mut waiting) = following?;
            loop {
                if let Some(change) = waiting.pop_front() {
                    return Some((Ok(Change(change)), Some((state, viewer, district, sealed, at, waiting))));
                }
                // Looked at before reading: what is sealed while reading wakes the next turn.
                sealed.borrow_and_update();
                match state.kernel.db.changes(Some(at), READ_AT_ONCE, |change| known(&viewer, &district, change)).await
                {
                    Ok(page) => {
                        at = page.reached;
                        waiting.extend(page.changes);
                        if waiting.is_empty() && sealed.changed().await.is_err() {
                            return None;
                        }
                    }
                    // The stream ends with the error: a client goes on from the last cursor it has.
                    Err(fault) => return Some((Err(minzheng_ground::error::said(viewer.lang, fault)), None)),
                }
            }
        });
        Ok(changes.boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_in_the_names_of_the_schema() {
        let columns = ["name", "birth_date", "id_number", "id_blind", "key_salt", "household_id"];
        assert_eq!(field_names(columns.into_iter()), ["name", "birthDate", "idNumber", "householdId"]);
    }
}
