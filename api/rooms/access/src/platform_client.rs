//! 平台客户端 · a machine that signs in with a secret: the municipal platform and its like. It is an account of its own
//! that holds PLATFORM grants, which another account confirms like any grant; the secret is 256 random bits, shown once.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::access::account;
use entity::access::platform_client::{Column, Entity, Model};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::scalars::{Date, DivisionCode};
use minzheng_ground::state::{state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::OpaqueToken;
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::account::{blank, new_username};
use crate::role_grant::Proposed;
use crate::session::end_sessions;
use crate::{not_own, role_grant, row_id};

/// One client.
pub type PlatformClient = Row<Entity>;

/// 平台客户端 · a machine that signs in; requires `SECURITY_ADMIN` or AUDITOR.
pub fn table() -> Table {
    Builder::<Entity>::new("平台客户端 · a machine that signs in; requires `SECURITY_ADMIN` or AUDITOR.")
        .list(
            "platformClients",
            "平台客户端列表 · machines that sign in; requires `SECURITY_ADMIN` or AUDITOR.",
            Column::ClientId,
        )
        .id()
        .text(Column::ClientId, "客户端编号 · to sign in with.")
        .filter()
        .order()
        .one(
            "account",
            "账户 · its name, state and grants; disable it to stop the client.",
            "Account",
            Column::AccountId,
        )
        .version()
        .table()
}

/// What a client may reach.
#[derive(InputObject)]
pub struct PlatformGrantInput {
    /// 范围 · division.
    scope: DivisionCode,
    /// 业务线 · left out: all.
    line: Option<String>,
}

/// A client to be made.
#[derive(InputObject)]
pub struct CreatePlatformClientInput {
    /// 客户端编号 · 3 to 64 letters, digits, `.`, `-`, `_` or `@`.
    client_id: String,
    /// 名称
    name: String,
    /// 授予 · what it is to reach, at most 20; another account confirms.
    #[graphql(validator(max_items = 20))]
    grants: Vec<PlatformGrantInput>,
    /// 有效期至 · last day.
    valid_until: Option<Date>,
}

/// Which client.
#[derive(InputObject)]
pub struct PlatformClientInput {
    /// 客户端
    id: ID,
    /// 版本 · as it was read.
    version: Option<i32>,
}

/// What became of a client.
#[derive(SimpleObject)]
pub struct PlatformClientPayload {
    /// 客户端 · as it is now; null when refused.
    platform_client: Option<Link<Entity>>,
    /// 客户端密钥 · shown this once.
    client_secret: Option<String>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct PlatformClientMutation;

#[Object]
impl PlatformClientMutation {
    /// 新建平台客户端 · with grants that hold when another account has confirmed them; requires `SECURITY_ADMIN`.
    async fn create_platform_client(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: CreatePlatformClientInput,
    ) -> Answer<PlatformClientPayload> {
        let secret = OpaqueToken::generate().map_err(|e| fault(context, Fault::internal(e)))?;
        let grants = input.grants.into_iter().map(|grant| Proposed {
            account: 0,
            role: "PLATFORM".to_owned(),
            line: grant.line,
            scope: grant.scope.0,
            valid_from: None,
            valid_until: None,
        });
        let command = CreatePlatformClient {
            client_id: input.client_id,
            name: input.name,
            valid_until: input.valid_until.map(|date| date.0),
            grants: grants.collect(),
            secret_hash: hex::encode(secret.digest()),
        };
        run(context, command, &secret).await
    }

    /// 更换平台客户端密钥 · the old one is no longer taken and its sessions end; requires `SECURITY_ADMIN`.
    async fn rotate_platform_client_secret(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: PlatformClientInput,
    ) -> Answer<PlatformClientPayload> {
        let secret = OpaqueToken::generate().map_err(|e| fault(context, Fault::internal(e)))?;
        match row_id::<Entity>(&input.id, "id") {
            Ok(id) => {
                let hash = hex::encode(secret.digest());
                let command = RotatePlatformClientSecret { id, version: input.version, secret_hash: hash };
                run(context, command, &secret).await
            }
            Err(refusal) => {
                let (_, user_errors) = outcome::<()>(context, Err(refusal.into()))?;
                Ok(PlatformClientPayload { platform_client: None, client_secret: None, user_errors })
            }
        }
    }
}

async fn run<C>(context: &Context<'_>, command: C, secret: &OpaqueToken) -> Answer<PlatformClientPayload>
where
    C: Command<Output = i64>,
{
    let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await;
    let (id, user_errors) = outcome(context, done)?;
    let Some(id) = id else {
        return Ok(PlatformClientPayload { platform_client: None, client_secret: None, user_errors });
    };
    let platform_client = Some(Link::id(id));
    Ok(PlatformClientPayload { platform_client, client_secret: Some(secret.reveal().to_owned()), user_errors })
}

/// 新建平台客户端 · the client, its account, and its grants as proposed.
#[derive(Clone, Debug, Serialize)]
pub struct CreatePlatformClient {
    /// By which it signs in.
    pub client_id: String,
    /// Name.
    pub name: String,
    /// Last day.
    pub valid_until: Option<chrono::NaiveDate>,
    /// What it is to reach; `account` is not looked at.
    pub grants: Vec<Proposed>,
    /// The digest of its secret.
    pub secret_hash: String,
}

#[async_trait::async_trait]
impl Command for CreatePlatformClient {
    const NAME: &'static str = "createPlatformClient";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let client_id = new_username(&self.client_id).map_err(|mut refusal| {
            refusal.path = vec!["clientId".to_owned()];
            refusal
        })?;
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Refusal::invalid("name", Text::of("required")).into());
        }
        let taken = work
            .everywhere::<account::Entity>()
            .filter(account::Column::Username.eq(&client_id))
            .one(work.tx())
            .await?;
        if taken.is_some() {
            let text = Text::of("duplicate").with("what", &client_id);
            return Err(Refusal::new(UserErrorCode::Duplicate, text).at("clientId").into());
        }
        let account_id = work.id().await?;
        let mut account = blank(work, account_id, client_id.clone(), name, None)?;
        account.valid_until = self.valid_until;
        work.insert::<account::Entity>(account).await?;
        let id = work.id().await?;
        let client = Model { id, client_id, account_id, secret_hash: self.secret_hash, version: 1, voided: false };
        work.insert::<Entity>(client).await?;
        let grants = self.grants.into_iter().map(|grant| Proposed { account: account_id, ..grant }).collect();
        // As with accounts: the first of a database, made at the command line, are nobody's to confirm.
        let confirmed = role_grant::is_system(work.viewer) && role_grant::needs_first_accounts(work).await?;
        role_grant::write_grants(work, grants, confirmed).await?;
        Ok(id)
    }
}

/// 更换平台客户端密钥 · a new secret at once.
#[derive(Clone, Debug, Serialize)]
struct RotatePlatformClientSecret {
    id: i64,
    version: Option<i32>,
    secret_hash: String,
}

#[async_trait::async_trait]
impl Command for RotatePlatformClientSecret {
    const NAME: &'static str = "rotatePlatformClientSecret";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        let account = row.row().account_id;
        not_own(work.viewer, account, "id")?;
        work.update::<Entity>(row, |client| client.secret_hash = self.secret_hash).await?;
        end_sessions(work, account, None).await?;
        Ok(self.id)
    }
}
