//! 签发令牌 · tokens without a sign-in, for demo and test databases; each is a session that stands in the journal and
//! can be ended.

use chrono::TimeDelta;
use entity::access::account;
use minzheng_ground::policy::role_of;
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::role_grant::{Proposed, system_name};
use crate::session::{Begin, FULL, Kept, Opened, issue, no_renewal};

/// Whom a token without a sign-in is for.
#[derive(Clone, Debug, Serialize)]
pub enum Minted {
    /// The one system account of a role, line and scope, made when it is first asked for.
    Role(Proposed),
    /// An account that there is.
    Account(String),
}

/// A token without a sign-in, and its session; for demo and test databases.
pub async fn mint(
    kernel: &Kernel,
    viewer: &Viewer,
    whom: Minted,
    life: TimeDelta,
) -> Result<(String, Opened), Failure> {
    let command = Mint { whom, seconds: life.num_seconds(), renewal: no_renewal()? };
    let opened = commands::run(kernel, viewer, command, &Sent::default()).await?;
    let (token, _) = issue(kernel, &opened, life.num_seconds())?;
    Ok((token, opened))
}

/// 签发令牌 · a session without a sign-in.
#[derive(Clone, Debug, Serialize)]
struct Mint {
    whom: Minted,
    seconds: i64,
    renewal: Kept,
}

#[async_trait::async_trait]
impl Command for Mint {
    const NAME: &'static str = "mintToken";
    type Output = Opened;

    async fn execute(self, work: &mut Work<'_>) -> Result<Opened, Failure> {
        let (username, grant) = match self.whom {
            Minted::Account(username) => (username.trim().to_lowercase(), None),
            Minted::Role(grant) => {
                let grant = grant.checked().map_err(Failure::Refused)?;
                (system_name(&grant), Some(grant))
            }
        };
        let known =
            work.everywhere::<account::Entity>().filter(account::Column::Username.eq(&username)).one(work.tx()).await?;
        let account = match (known, grant) {
            (Some(known), _) if known.disabled => {
                return Err(Refusal::new(UserErrorCode::WrongState, Text::of("account-disabled")).at("account").into());
            }
            (Some(known), _) => known.id,
            (None, None) => return Err(Refusal::not_found("account").into()),
            (None, Some(grant)) => {
                let id = work.id().await?;
                let name = role_of(&grant.role).map_or(grant.role.as_str(), |role| role.zh).to_owned();
                let mut account = super::account::blank(work, id, username, name, None)?;
                account.system = true;
                work.insert::<account::Entity>(account).await?;
                super::role_grant::write_system_grant(work, Proposed { account: id, ..grant }).await?;
                id
            }
        };
        let begin = Begin {
            account,
            kind: "MINTED",
            scope: FULL,
            acting_for: None,
            renewal: self.renewal,
            life: TimeDelta::seconds(self.seconds),
        };
        begin.insert(work, false).await
    }
}
