//! The root of all reads: who asks. Each room adds its own fields in the files of its aggregates;
//! [`super::Query`] lists them.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use minzheng_access::password_issue::LastReset;
use minzheng_ground::Link;
use minzheng_ground::error::{Answer, fault};
use minzheng_ground::loaders::by_id;
use minzheng_ground::room::Room;
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::viewer::Reach;
use minzheng_registry::guardianship::Guardianship;
use minzheng_registry::household::Household;

use crate::schema::tasks::{Task, tasks};

/// Who is asking.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ViewerInfo {
    /// 账户 · user name; null without a token.
    account: Option<String>,
    /// 角色 · roles held today, each with its line and scope.
    roles: Vec<HeldRole>,
    /// 业务日期 · the business date, Asia/Shanghai.
    business_date: Date,
}

#[ComplexObject]
impl ViewerInfo {
    /// 本人 · the natural person behind the account; null where there is none.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Link<entity::registry::person::Entity>>> {
        Ok(viewer(context)?.person_id.map(Link::id))
    }

    /// 本人家庭 · the households of the viewer and their wards today.
    async fn households(&self, context: &Context<'_>) -> Answer<Vec<Household>> {
        let mut own = Vec::new();
        for grant in &viewer(context)?.grants {
            if let Reach::Persons { households, .. } = &grant.reach {
                for id in households {
                    own.extend(by_id(context, *id).await?);
                }
            }
        }
        Ok(own)
    }

    /// 本人可代为办理 · those for whom the viewer may act today, as guardian or proxy.
    async fn guardianships(&self, context: &Context<'_>) -> Answer<Vec<Guardianship>> {
        minzheng_registry::guardianship::own(context).await
    }

    /// 本人会话 · one's own sessions that are alive, newest first.
    async fn sessions(&self, context: &Context<'_>) -> Answer<Vec<minzheng_access::session::Session>> {
        minzheng_access::session::own(context).await
    }

    /// 密码重置告知 · who reset one's own password last; null: nobody did.
    async fn password_reset(&self, context: &Context<'_>) -> Answer<Option<LastReset>> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let Some(account) = viewer.account_id else { return Ok(None) };
        LastReset::of(&state.kernel, account, state.config.reset_days).await.map_err(|error| fault(context, error))
    }

    /// 可用操作 · names of the mutations that the viewer may run at all; about which rows its scope decides.
    async fn available_commands(&self, context: &Context<'_>) -> Answer<Vec<&'static str>> {
        Ok(super::mutations::available(viewer(context)?))
    }

    /// 待办 · what waits for the viewer, across rooms, soonest due first; at most 100.
    async fn tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "期限早于 · due before this day; those without a day are left out then")] due_before: Option<
            Date,
        >,
        #[graphql(desc = "板块 · one room only")] room: Option<Room>,
        #[graphql(default, desc = "只看分派给本人的 · only what one's own account was given")] mine: bool,
    ) -> Answer<Vec<Task>> {
        tasks(context, due_before.map(|date| date.0), room, mine).await
    }
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

/// Who is asking.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// 当前访问者 · who is asking, from the token.
    async fn viewer(&self, context: &Context<'_>) -> Answer<ViewerInfo> {
        let viewer = viewer(context)?;
        Ok(ViewerInfo {
            account: (!viewer.is_anonymous()).then(|| viewer.actor.clone()),
            roles: viewer
                .grants
                .iter()
                .filter(|grant| minzheng_ground::policy::role_of(&grant.role).is_some())
                .map(|grant| HeldRole {
                    role: grant.role.clone(),
                    line: grant.line.clone(),
                    scope: grant.scope.clone(),
                })
                .collect(),
            business_date: Date(viewer.today),
        })
    }
}
