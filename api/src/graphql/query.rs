//! The root of all reads: each field is the scoped read of its room.

use async_graphql::{Context, Object, SimpleObject};
use minzheng_kernel::PageInput;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::error::{Answer, fault};
use super::list::{Connection, Direction, connection};
use super::scalars::{Date, DivisionCode};
use super::{state, viewer};
use crate::assistance::assess::{Assessment, AssessmentInput};
use crate::registry::division::{Division, DivisionOrder, DivisionWhere};
use entity::registry::division;

/// Who is asking.
#[derive(SimpleObject)]
pub struct ViewerInfo {
    /// 账户 · user name; null without a token.
    account: Option<String>,
    /// 角色 · roles held today, each with its line and scope.
    roles: Vec<HeldRole>,
    /// 业务日期 · the business date, Asia/Shanghai.
    business_date: Date,
}

/// A role that the viewer holds today.
#[derive(SimpleObject)]
pub struct HeldRole {
    /// 角色 · code.
    role: String,
    /// 业务线 · line of an officer.
    line: Option<String>,
    /// 范围 · as it was granted.
    scope: String,
}

/// Root of all reads.
pub struct Query;

/// Root of all reads.
#[Object]
impl Query {
    /// 当前访问者 · who is asking, from the token.
    async fn viewer(&self, context: &Context<'_>) -> Answer<ViewerInfo> {
        let viewer = viewer(context)?;
        Ok(ViewerInfo {
            account: (!viewer.is_anonymous()).then(|| viewer.actor.clone()),
            roles: viewer
                .grants
                .iter()
                .filter(|grant| grant.role != minzheng_kernel::viewer::PUBLIC_ROLE)
                .map(|grant| HeldRole {
                    role: grant.role.clone(),
                    line: grant.line.clone(),
                    scope: grant.scope.clone(),
                })
                .collect(),
            business_date: Date(viewer.today),
        })
    }

    /// 救助资格测算 · who gets what and why; public, nothing is kept. Money a month; ratios are fractions.
    async fn assess_eligibility(&self, context: &Context<'_>, input: AssessmentInput) -> Answer<Assessment> {
        crate::assistance::assess::assess(context, input).await
    }

    /// 区划 · one division by its code; null where there is none.
    async fn division(&self, context: &Context<'_>, code: DivisionCode) -> Answer<Option<Division>> {
        crate::registry::division::find(context, &code.0).await
    }

    /// 区划列表 · divisions, by code unless ordered otherwise.
    #[allow(clippy::too_many_arguments)]
    async fn divisions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "直属于 · only those directly under this one")] parent: Option<DivisionCode>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(name = "where")] filter: Option<DivisionWhere>,
        order_by: Option<DivisionOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<Division>> {
        let viewer = viewer(context)?;
        let _ = state(context)?;
        let mut select = DivisionWhere::select(filter.as_ref(), viewer).map_err(|e| fault(context, e))?;
        if let Some(parent) = parent {
            let (low, high, level) = crate::registry::division::children_of(&parent.0);
            select = select.filter(division::Column::Code.between(low, high)).filter(division::Column::Level.eq(level));
        }
        let sort = order_by.unwrap_or(DivisionOrder::Code).column(viewer).map_err(|e| fault(context, e))?;
        let input = PageInput { first, after, last, before };
        connection(context, select, sort, direction == Some(Direction::Desc), &input).await
    }
}
