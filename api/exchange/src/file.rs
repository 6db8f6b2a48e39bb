//! 文件 · uploads in parts, and files that belong to a row and are read by an address that is good for a while and for
//! the session it was given to.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use entity::kernel::file::{Column, Entity, Model};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::files::{File, address, is_own};
use minzheng_ground::policy::POLICY;
use minzheng_ground::scalars::Long;
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::files::Verb;
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::sea_query::{Condition, ExprTrait as _};
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Serialize;

use crate::upkeep;

/// Uploads of one account that are not whole yet.
const OPEN_MOST: u64 = 20;

/// Whether the content of an upload may be sent by a viewer now: it is its own, and it may still upload.
pub fn is_writable(viewer: &Viewer, file: &Model) -> bool {
    is_own(viewer, file) && viewer.may(CreateUpload::NAME)
}

/// A file by its number, for who holds a signed address of it.
pub async fn by_number(kernel: &Kernel, id: i64) -> Result<Option<Model>, Fault> {
    let viewer = Viewer::system(&POLICY, "files", kernel.clock.today());
    Ok(viewer.select::<Entity>().filter(Column::Id.eq(id)).one(kernel.db.read()).await?)
}

/// A file that is to be sent.
#[derive(InputObject)]
pub struct CreateUploadInput {
    /// 文件名
    #[graphql(validator(min_length = 1, max_length = 200))]
    name: String,
    /// 大小 · bytes.
    size: Long,
    /// 内容的 SHA-256 · 64 hexadecimal digits.
    sha256: String,
}

/// Where a file is to be sent.
#[derive(SimpleObject)]
pub struct CreateUploadPayload {
    /// 文件 · null when refused.
    file: Option<File>,
    /// 上传地址 · a path to PUT the content to, good for 15 minutes; ask again for another.
    address: Option<String>,
    /// 已收到 · bytes that are there; go on behind them with `Content-Range: bytes <offset>-<last>/<size>`.
    offset: Option<Long>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct FileMutation;

#[Object]
impl FileMutation {
    /// 上传文件 · begins an upload, or goes on with the same account's upload of the same content. Requires
    /// DISTRICT_ADMIN or SECURITY_ADMIN.
    async fn create_upload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: CreateUploadInput,
    ) -> Answer<CreateUploadPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let command = CreateUpload {
            name: input.name,
            size: input.size.0,
            sha256: input.sha256.to_ascii_lowercase(),
            most: state.config.upload_bytes,
            most_in_all: state.config.account_upload_bytes,
        };
        let done = commands::run(&state.kernel, viewer, command, &Sent::default()).await;
        let (id, user_errors) = outcome(context, done)?;
        let Some(id) = id else {
            return Ok(CreateUploadPayload { file: None, address: None, offset: None, user_errors });
        };
        let made = async {
            let file = by_number(&state.kernel, id).await?.ok_or_else(|| Fault::internal("the upload is gone"))?;
            let there = if file.complete { file.size } else { received(&state.kernel, id).await? };
            Ok((file, address(&state.kernel, viewer, Verb::Put, id)?, there))
        };
        let (file, address, offset) = made.await.map_err(|e: Fault| fault(context, e))?;
        Ok(CreateUploadPayload {
            file: Some(File(file)),
            address: Some(address),
            offset: Some(Long(offset)),
            user_errors,
        })
    }
}

/// How many bytes of an upload are there.
pub async fn received(kernel: &Arc<Kernel>, id: i64) -> Result<i64, Fault> {
    let kernel = kernel.clone();
    let there = tokio::task::spawn_blocking(move || kernel.files.received(id)).await.map_err(Fault::internal)??;
    i64::try_from(there).map_err(Fault::internal)
}

#[derive(Clone, Debug, Serialize)]
struct CreateUpload {
    name: String,
    size: i64,
    sha256: String,
    most: u64,
    most_in_all: u64,
}

#[async_trait::async_trait]
impl Command for CreateUpload {
    const NAME: &'static str = "createUpload";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        if self.size < 1 || u64::try_from(self.size).is_ok_and(|size| size > self.most) {
            return Err(Refusal::invalid("size", Text::of("upload-size").with("most", self.most)).into());
        }
        if self.sha256.len() != 64 || hex::decode(&self.sha256).is_err() {
            return Err(Refusal::invalid("sha256", Text::of("upload-sha")).into());
        }
        let own = work.everywhere::<Entity>().filter(Column::AccountId.eq(work.viewer.account_id));
        let own = own.filter(Column::Aggregate.is_null());
        let same = own.clone().filter(Column::Sha256.eq(&self.sha256)).filter(Column::Size.eq(self.size));
        if let Some(same) = same.one(work.tx()).await? {
            return Ok(same.id);
        }
        if own.filter(Column::Complete.eq(false)).count(work.tx()).await? >= OPEN_MOST {
            return Err(Refusal::new(UserErrorCode::TooMany, Text::of("upload-open").with("most", OPEN_MOST)).into());
        }
        if !fits(work, self.size, self.most_in_all).await? {
            let text = Text::of("upload-in-all").with("most", self.most_in_all);
            return Err(Refusal::new(UserErrorCode::TooMany, text).at("size").into());
        }
        let id = work.id().await?;
        work.insert::<Entity>(Model {
            id,
            sha256: self.sha256,
            size: self.size,
            name: self.name,
            account_id: work.viewer.account_id,
            created_at: work.now,
            version: 1,
            ..Model::default()
        })
        .await?;
        Ok(id)
    }
}

/// Whether so many bytes more are no more than an account may upload in a day, and have lying about.
async fn fits(work: &Work<'_>, size: i64, most: u64) -> Result<bool, Fault> {
    let counted = Condition::any()
        .add(Column::Aggregate.is_null())
        .add(Column::CreatedAt.gt(work.now - TimeDelta::days(1)).and(Column::Aggregate.is_not_in(upkeep::MADE)));
    let own = work.everywhere::<Entity>().filter(Column::AccountId.eq(work.viewer.account_id)).filter(counted);
    let sizes: Vec<i64> = own.select_only().column(Column::Size).into_tuple().all(work.tx()).await?;
    let all = sizes.into_iter().fold(size, i64::saturating_add);
    Ok(u64::try_from(all).is_ok_and(|all| all <= most))
}

/// An upload is whole and kept. Run by the holder of its signed address, for the account that began it.
#[derive(Clone, Debug, Serialize)]
pub struct FinishUpload {
    /// Which.
    pub id: i64,
    /// What it is.
    pub media_type: String,
}

impl FinishUpload {
    /// Runs it.
    pub async fn run(self, kernel: &Kernel, account: Option<i64>) -> Result<(), Failure> {
        let mut viewer = Viewer::system(&POLICY, "files", kernel.clock.today());
        viewer.account_id = account;
        commands::run(kernel, &viewer, self, &Sent::default()).await
    }
}

#[async_trait::async_trait]
impl Command for FinishUpload {
    const NAME: &'static str = "finishUpload";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = work.load_for_change::<Entity>(self.id, None, "id").await?;
        work.update::<Entity>(row, |file| {
            file.received = file.size;
            file.complete = true;
            file.media_type = self.media_type;
        })
        .await?;
        Ok(())
    }
}

/// A file that the program made for a row, already kept.
#[derive(Clone, Debug, Serialize)]
pub struct KeepFile {
    /// Its hash and length.
    pub content: (String, u64),
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// The row it belongs to.
    pub row: (&'static str, i64),
}

#[async_trait::async_trait]
impl Command for KeepFile {
    const NAME: &'static str = "keepFile";
    type Output = i64;

    /// What a job makes is its account's; the account cannot ask for it by itself.
    fn authorise(&self, _viewer: &Viewer) -> Result<(), Failure> {
        Ok(())
    }

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let id = work.id().await?;
        let size = i64::try_from(self.content.1).map_err(Fault::internal)?;
        work.insert::<Entity>(Model {
            id,
            sha256: self.content.0,
            size,
            received: size,
            complete: true,
            media_type: self.media_type.to_owned(),
            name: self.name,
            aggregate: Some(self.row.0.to_owned()),
            row_id: Some(self.row.1),
            account_id: work.viewer.account_id,
            created_at: work.now,
            version: 1,
            ..Model::default()
        })
        .await?;
        Ok(id)
    }
}
