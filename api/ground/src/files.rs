//! 文件 · files that belong to a row and are read by an address that is good for a while and for the session it was given
//! to.

use async_graphql::{Context, ID, Object};
use entity::kernel::file::{Column, Entity, Model};
use minzheng_kernel::files::{Holder, Verb, sign};
use minzheng_kernel::{Failure, Fault, Kernel, Refusal, Text, Viewer, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

use crate::catalogue::Catalogue;
use crate::error::{Answer, fault};
use crate::joints::joints;
use crate::loaders::parts_of;
use crate::scalars::{DateTime, Long};
use crate::source::Reading;
use crate::state::{global_id, state, viewer};

/// A stored file, for who may read the row it belongs to.
pub struct File(pub Model);

/// 文件 · a stored file.
#[Object]
impl File {
    /// 全局编号 · global id.
    fn id(&self) -> ID {
        global_id("File", self.0.id)
    }

    /// 文件名 · as it was sent.
    fn name(&self) -> &str {
        &self.0.name
    }

    /// 大小 · bytes.
    fn size(&self) -> Long {
        Long(self.0.size)
    }

    /// 类型 · media type, told by the content; null until it is whole.
    fn media_type(&self) -> Option<&str> {
        Some(self.0.media_type.as_str()).filter(|_| self.0.complete)
    }

    /// 是否完整 · whether all of it arrived and its hash fits.
    fn complete(&self) -> bool {
        self.0.complete
    }

    /// 创建时间
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// 删除时间 · when its content was deleted, its days being over; null while it is kept.
    fn removed_at(&self) -> Option<DateTime> {
        self.0.removed_at.map(DateTime)
    }

    /// 下载地址 · a path to GET, good for 15 minutes, for this session while it holds the right, and for the purpose that is
    /// stated now (header `Minzheng-Purpose`); each download is journalled. Null until it is whole, and when it was deleted.
    async fn address(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        if !self.0.complete || self.0.removed_at.is_some() {
            return Ok(None);
        }
        let given = async {
            if is_readable(&state.kernel, viewer, &self.0).await? {
                return address(&state.kernel, viewer, Verb::Get, self.0.id);
            }
            Err(Fault::Query { code: "FORBIDDEN", field: "address".to_owned(), text: Text::of("file-right") })
        };
        given.await.map(Some).map_err(|e| fault(context, e))
    }
}

/// A path at which a file is read or sent, for who asks.
pub fn address(kernel: &Kernel, viewer: &Viewer, verb: Verb, id: i64) -> Result<String, Fault> {
    let id = global_id("File", id);
    let query = sign(&kernel.keys, verb, &id, &Holder::of(viewer), kernel.clock.now())?;
    Ok(format!("/files/{}?{query}", id.as_str()))
}

/// Whether the content of a file may be handed to a viewer now. Asked when the address is made, and again when it is
/// used: rights that are taken back end both. What belongs to a row of an aggregate is handed to whoever sees that row in
/// full, what belongs to something that nobody answers for to nobody.
pub async fn is_readable(kernel: &Kernel, viewer: &Viewer, file: &Model) -> Result<bool, Fault> {
    let (Some(of), Some(row)) = (file.aggregate.as_deref(), file.row_id) else {
        return Ok(file.aggregate.is_none() && is_own(viewer, file));
    };
    if let Some((_, may)) = joints().files.iter().find(|(name, _)| *name == of) {
        return may(kernel, viewer, row).await;
    }
    match Catalogue::find(of) {
        Some(table) => table.source.is_shown(Reading { kernel, viewer }, row).await,
        None => Ok(false),
    }
}

/// Whether an upload is the viewer's.
pub fn is_own(viewer: &Viewer, file: &Model) -> bool {
    file.account_id.is_some() && file.account_id == viewer.account_id
}

/// The newest file of a row that the viewer has read in scope.
pub async fn of_row(kernel: &Kernel, viewer: &Viewer, aggregate: &str, row: i64) -> Result<Option<Model>, Fault> {
    let of_row = viewer.parts::<Entity>(Column::RowId, [row]).filter(Column::Aggregate.eq(aggregate));
    Ok(of_row.filter(Column::Complete.eq(true)).order_by_desc(Column::Id).one(kernel.db.read()).await?)
}

/// The same where others of the request ask too, each for its own row: read together.
pub async fn among(context: &Context<'_>, aggregate: &str, row: i64) -> Answer<Option<File>> {
    let files = parts_of::<Entity>(context, Column::RowId, row).await?;
    let newest = files.into_iter().rev().map(|row| row.model);
    let mut newest = newest.filter(|file| file.complete && file.aggregate.as_deref() == Some(aggregate));
    Ok(newest.next().map(|file| File(Model::clone(&file))))
}

/// Gives a whole upload of the viewer's own to a row; `field` is where the input names it.
pub async fn attach(work: &mut Work<'_>, id: i64, row: (&str, i64), field: &str) -> Result<(), Failure> {
    let own = work
        .everywhere::<Entity>()
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(work.viewer.account_id))
        .filter(Column::Complete.eq(true));
    let file = own.one(work.tx()).await?.filter(|file| match &file.aggregate {
        None => true,
        Some(aggregate) => (aggregate.as_str(), file.row_id) == (row.0, Some(row.1)),
    });
    let Some(file) = file else { return Err(Refusal::invalid(field, Text::of("file-used")).into()) };
    let file = work.checked::<Entity>(file);
    work.update::<Entity>(file, |file| (file.aggregate, file.row_id) = (Some(row.0.to_owned()), Some(row.1))).await?;
    Ok(())
}
