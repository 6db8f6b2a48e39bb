//! 导入 · imports over the API: started from an uploaded file, run as a job, listed with their errors, taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use entity::exchange::import::{Column, Entity, Model};
use entity::exchange::import_error;
use entity::kernel::file;
use minzheng_ground::error::{Answer, UserError, asked_wrong, fault, outcome};
use minzheng_ground::files::{File, among, of_row};
use minzheng_ground::list::{Connection, page_asked};
use minzheng_ground::loaders::by_id;
use minzheng_ground::personal::PersonalKind;
use minzheng_ground::state::{State, local_id, row_id, state, viewer};
use minzheng_ground::table::FieldArgument;
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::files::{CSV, Scratch, XLSX};
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::viewer::Reach;
use minzheng_kernel::{Failure, Fault, Kernel, Level, Refusal, Text, Viewer, Work, commands, jobs};
use minzheng_sheet::{Format, ReadOptions, RowError, Sheet, SheetError, open};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

use crate::file::KeepFile;
use crate::import::{Options, said, unreadable};
use crate::import_record::begun;
use crate::job::{Behalf, IMPORT, Input, Job, own};
use crate::kind::{AnyKind, kinds};
use crate::reader::Source;
use crate::undo::UndoImport;

/// What outcome sheets are kept as.
pub(super) const OUTCOME: &str = "ImportOutcome";
/// To which a sheet to mend belongs.
pub(super) const MEND: &str = "Import";

/// One import.
pub type Import = Row<Entity>;

/// 导入 · a sheet that was taken in; requires DISTRICT_ADMIN or AUDITOR, of accounts SECURITY_ADMIN.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "导入 · a sheet that was taken in; requires DISTRICT_ADMIN or AUDITOR, of accounts \
             SECURITY_ADMIN.",
    )
    .list(
        "imports",
        "导入列表 · imports of one's districts; requires DISTRICT_ADMIN or AUDITOR, of accounts \
             SECURITY_ADMIN.",
        Column::Id,
    )
    .id()
    .order()
    .text(Column::Kind, "种类 · kind of sheet.")
    .filter()
    .text(Column::FileName, "文件名")
    .text(
        Column::State,
        "状态 · UPLOADED (waits or runs), VALIDATED (a rehearsal), ACCEPTED, PARTLY_ACCEPTED, \
             REFUSED or UNDONE.",
    )
    .filter()
    .flag(Column::DryRun, "试导 · a rehearsal: nothing was changed.")
    .long(Column::Total, "总行数 · rows dealt with so far.")
    .long(Column::Created, "新增")
    .long(Column::Changed, "更正")
    .long(Column::Unchanged, "相同")
    .long(Column::Refused, "未接受 · rows that were refused.")
    .long(Column::Blank, "空行 · rows with nothing in them, or with numbers in sequence only; null: not counted.")
    .long(
        Column::Skipped,
        "跳过 · titles, totals, signatures, remarks, repeated headers and hidden rows; null: not \
             counted.",
    )
    .text(Column::Actor, "导入人 · account or system account.")
    .instant(Column::CreatedAt, "提交时间")
    .instant(Column::FinishedAt, "结束时间")
    .computed_for::<Vec<String>>(
        "notes",
        "提示 · what was changed to take cells, what was left out of the sheet, and what else there \
             is to say of it.",
        |reading, row, json| {
            let notes: Option<Vec<String>> =
                row.model.notes.as_deref().and_then(|notes| serde_json::from_str(notes).ok());
            let notes = notes.unwrap_or_default();
            json.texts(notes.iter().map(|note| reading.viewer.lang.side(note)));
        },
    )
    .later_of::<Option<Job>>("job", "后台任务 · the job, for the account that started it.", |context, row| {
        Box::pin(async move {
            match row.model.job_id {
                Some(id) => own(context, id).await,
                None => Ok(None),
            }
        })
    })
    .because("a job, which is no aggregate")
    .later_of::<Connection<import_error::Entity>>(
        "errors",
        "错误 · what is wrong with the refused rows, in the order of the sheet.",
        |context, row| {
            Box::pin(async move {
                let page = page_asked(context).map_err(asked_wrong)?;
                let own = Condition::all().add(import_error::Column::ImportId.eq(row.model.id));
                Ok(Connection::new(own, import_error::Column::RowNumber, page))
            })
        },
    )
    .because("a page with arguments of its own")
    .argument(
        FieldArgument::of::<Option<i32>>("first")
            .text("条数 · so many from the start, or after `after`; at most 100, left out: 20"),
    )
    .argument(FieldArgument::of::<Option<String>>("after").text("游标 · those after this cursor"))
    .argument(
        FieldArgument::of::<Option<i32>>("last").text("条数 · so many from the end, or before `before`; at most 100"),
    )
    .argument(FieldArgument::of::<Option<String>>("before").text("游标 · those before this cursor"))
    .later_of::<Option<File>>(
        "mendSheet",
        "待改表 · the refused rows with the reasons beside them, to mend and send again; for who may \
             see them in full.",
        |context, row| {
            Box::pin(async move {
                if !may_mend(row.level) {
                    return Ok(None);
                }
                among(context, MEND, row.model.id).await
            })
        },
    )
    .because("whether the viewer may read the file is asked each time")
    .later_of::<Option<File>>(
        "outcomeSheet",
        "结果表 · the accepted rows with what is given back beside them: numbers that were made, \
             one-time passwords; for who sent the sheet.",
        |context, row| {
            Box::pin(async move {
                if !may_have_outcome(viewer(context)?, row.level, &row.model) {
                    return Ok(None);
                }
                among(context, OUTCOME, row.model.id).await
            })
        },
    )
    .because("whether the viewer may read the file is asked each time")
    .computed_for::<Vec<String>>(
        "availableCommands",
        "可用操作 · commands that the viewer may give about it now.",
        |reading, row, json| json.texts(available(reading.viewer, &row.model)),
    )
    .table()
}

fn may_mend(level: Level) -> bool {
    level == Level::Full
}

fn may_have_outcome(viewer: &Viewer, level: Level, import: &Model) -> bool {
    level == Level::Full && import.account_id.is_some_and(|account| viewer.is_account(account))
}

/// Whether a sheet made of an import may be handed to a viewer now.
pub(super) async fn is_readable(kernel: &Kernel, viewer: &Viewer, sheet: &str, import: i64) -> Result<bool, Fault> {
    let import = viewer.select::<Entity>().filter(Column::Id.eq(import)).one(kernel.db.read()).await?;
    Ok(import.is_some_and(|import| {
        let level = viewer.level::<Entity>(&import);
        if sheet == OUTCOME { may_have_outcome(viewer, level, &import) } else { may_mend(level) }
    }))
}

/// What may be done about an import.
pub fn available(viewer: &Viewer, import: &Model) -> Vec<&'static str> {
    let undone = ["ACCEPTED", "PARTLY_ACCEPTED"].contains(&import.state.as_str()) && viewer.may("undoImport");
    if undone { vec!["undoImport"] } else { Vec::new() }
}

/// One error of an import.
pub type ImportError = Row<import_error::Entity>;

/// What the cell said, which is sealed under the key of the import.
async fn value_of(context: &Context<'_>, row: ImportError) -> Answer<Option<String>> {
    let Some(blob) = row.model.value.as_ref().filter(|_| row.level == Level::Full) else { return Ok(None) };
    let Some(import) = by_id::<Import>(context, row.model.import_id).await? else { return Ok(None) };
    let salt = import.model.key_salt.as_deref().unwrap_or_default();
    let value = state(context)?.kernel.keys.open(salt, "import_error.value", blob);
    viewer(context)?.note::<import_error::Entity>(&row.model, "ImportError.value");
    value.map(Some).map_err(|e| fault(context, e.into()))
}

/// 导入错误 · what is wrong with one cell of a sheet, and how to mend it.
pub fn import_error_table() -> Table {
    Builder::<import_error::Entity>::new("导入错误 · what is wrong with one cell of a sheet, and how to mend it.")
        .long(import_error::Column::RowNumber, "行号 · as the clerk sees it in the sheet.")
        .named("row")
        .text(import_error::Column::ColumnName, "列 · header; null: the row as a whole.")
        .named("column")
        .later_of::<Option<String>>(
            "value",
            "值 · what the cell says; null when masked, since it may tell of a person.",
            |context, row| Box::pin(value_of(context, row)),
        )
        .because("opened where the sheet it stands in is the viewer's to see")
        .of_kind(PersonalKind::Case)
        .text(import_error::Column::Code, "代码 · stable.")
        .computed_for::<String>("message", "说明 · what is wrong.", |reading, row, json| {
            json.text(reading.viewer.lang.side(&row.model.message));
        })
        .computed_for::<String>("remedy", "处理办法 · what to do.", |reading, row, json| {
            json.text(reading.viewer.lang.side(&row.model.remedy));
        })
        .table()
}

/// What is to be imported.
#[derive(InputObject)]
pub struct StartImportInput {
    /// 种类 · kind of sheet, such as `persons`.
    kind: String,
    /// 文件 · a whole upload of one's own.
    file: ID,
    /// 试导 · rehearse: tell everything, change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// 严格 · unknown headers are errors.
    #[graphql(default)]
    strict: bool,
    /// 含隐藏内容 · hidden rows and columns are read too; else they are left out and told in the notes.
    #[graphql(default)]
    include_hidden: bool,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// An import to take back.
#[derive(InputObject, Clone)]
pub struct UndoImportInput {
    /// 导入
    pub id: ID,
    /// 幂等键 · the client's own, for repeated sending.
    pub idempotency_key: Option<String>,
}

impl UndoImportInput {
    /// What it asks for.
    pub fn command(&self) -> Result<UndoImport, Refusal> {
        Ok(UndoImport { id: row_id::<Entity>(&self.id, "id")? })
    }
}

/// The import and its job.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportPayload {
    /// 导入 · null when refused.
    import: Option<Link<Entity>>,
    #[graphql(skip)]
    job: Option<i64>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl ImportPayload {
    /// 后台任务 · the job that runs it.
    async fn job(&self, context: &Context<'_>) -> Answer<Option<Job>> {
        match self.job {
            Some(id) => own(context, id).await,
            None => Ok(None),
        }
    }
}

/// The changes.
#[derive(Default)]
pub struct ImportMutation;

#[Object]
impl ImportMutation {
    /// 开始导入 · takes an uploaded sheet in as a job. Requires DISTRICT_ADMIN, for accounts SECURITY_ADMIN.
    async fn start_import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: StartImportInput,
    ) -> Answer<ImportPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let done = match row_id::<file::Entity>(&input.file, "file") {
            Ok(file) => {
                let (dry_run, strict, hidden) = (input.dry_run, input.strict, input.include_hidden);
                let command = StartImport { kind: input.kind, file, dry_run, strict, hidden };
                commands::run(&state.kernel, viewer, command, &Sent::with_key(input.idempotency_key)).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        state.kernel.wake_workers();
        let (started, user_errors) = outcome(context, done)?;
        let (import, job) = started.unzip();
        Ok(ImportPayload { import: import.map(Link::id), job, user_errors })
    }

    /// 撤销导入 · takes an import back, unless it still runs or later work stands on it. Requires
    /// DISTRICT_ADMIN, for accounts SECURITY_ADMIN.
    async fn undo_import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: UndoImportInput,
    ) -> Answer<ImportPayload> {
        let (state, viewer) = (state(context)?, viewer(context)?);
        let import = local_id(&input.id).map(|(_, id)| id);
        let done = match input.command() {
            Ok(command) => commands::run(&state.kernel, viewer, command, &Sent::with_key(input.idempotency_key)).await,
            Err(refusal) => Err(refusal.into()),
        };
        let (undone, user_errors) = outcome(context, done)?;
        Ok(ImportPayload { import: import.filter(|_| undone.is_some()).map(Link::id), job: None, user_errors })
    }
}

fn kind_of<'a>(kinds: &'a [AnyKind], name: &str) -> Result<&'a AnyKind, Refusal> {
    let found = kinds.iter().find(|kind| kind.name == name);
    found.ok_or_else(|| Refusal::invalid("kind", Text::of("kind-unknown").with("kind", name)))
}

#[derive(Clone, Debug, Serialize)]
struct StartImport {
    kind: String,
    file: i64,
    dry_run: bool,
    strict: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
}

#[async_trait::async_trait]
impl Command for StartImport {
    const NAME: &'static str = "importSheet";
    /// Import and job.
    type Output = (i64, i64);

    async fn execute(self, work: &mut Work<'_>) -> Result<(i64, i64), Failure> {
        let kinds = kinds();
        let kind = kind_of(kinds, &self.kind)?;
        if !work.viewer.may(kind.command) {
            return Err(Failure::Forbidden(kind.command.to_owned()));
        }
        let own = work
            .everywhere::<file::Entity>()
            .filter(file::Column::Id.eq(self.file))
            .filter(file::Column::AccountId.eq(work.viewer.account_id));
        let sheet = own.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("file"))?;
        if !sheet.complete {
            return Err(Refusal::invalid("file", Text::of("upload-incomplete")).into());
        }
        if ![CSV, XLSX].contains(&sheet.media_type.as_str()) {
            return Err(Refusal::invalid("file", Text::of("upload-type")).into());
        }
        let id = work.id().await?;
        let behalf = Behalf::of(work.viewer);
        let (strict, hidden) = (self.strict, self.hidden);
        let input = Input { behalf, sheet: self.kind.clone(), import: Some(id), strict, hidden, ending: None };
        let job = jobs::enqueue(work, IMPORT, &input).await?;
        let place = work.viewer.grants.iter().find(|grant| {
            matches!(grant.reach, Reach::Divisions(_))
                && minzheng_ground::policy::roles_of(Self::NAME).contains(&&*grant.role)
        });
        let new = Model {
            kind: self.kind,
            file_name: sheet.name,
            file_hash: sheet.sha256,
            dry_run: self.dry_run,
            file_id: Some(sheet.id),
            job_id: Some(job),
            division: place.map(|grant| format!("{:0<12}", grant.scope)),
            ..begun(work, id)?
        };
        work.insert::<Entity>(new).await?;
        Ok((id, job))
    }
}

/// Runs an import, or goes on with one; then writes the sheet to mend.
pub(super) async fn run(
    state: &Arc<State>,
    viewer: &Viewer,
    input: &Input,
    progress: Arc<Progress>,
) -> Result<serde_json::Value, Failure> {
    let kernel = &state.kernel;
    let kinds = kinds();
    let kind = kind_of(kinds, &input.sheet)?;
    let id = input.import.ok_or_else(|| Fault::internal("the job of no import"))?;
    let read = || async {
        let found = viewer.parts::<Entity>(Column::Id, [id]).one(kernel.db.read()).await?;
        found.ok_or_else(|| Fault::internal(format!("import {id} is gone")))
    };
    let import = read().await?;
    let path = {
        let (kernel, hash) = (kernel.clone(), import.file_hash.clone());
        let opened = tokio::task::spawn_blocking(move || kernel.files.local(&kernel.keys, &hash));
        opened.await.map_err(Fault::internal)??
    };
    // Another state: it was closed, and the process killed before its job was.
    if import.state == "UPLOADED" {
        let options = Options {
            dry_run: import.dry_run,
            strict: input.strict,
            hidden: input.hidden,
            import: Some(id),
            name: Some(import.file_name.clone()),
            district: state.config.district.clone(),
            progress,
            ..Options::default()
        };
        (kind.take)(kernel, viewer, path.path(), options).await?;
    }
    let import = read().await?;
    let source = Source {
        path: path.path(),
        name: &import.file_name,
        strict: input.strict,
        hidden: input.hidden,
        district: state.config.district.as_deref(),
    };
    if import.refused > 0 && !import.dry_run && of_row(kernel, viewer, MEND, id).await?.is_none() {
        mend_sheet(state, viewer, kind, &import, source).await?;
    }
    let accepted = ["ACCEPTED", "PARTLY_ACCEPTED"].contains(&import.state.as_str());
    if kind.keeps_given && accepted && of_row(kernel, viewer, OUTCOME, id).await?.is_none() {
        outcome_sheet(state, viewer, kind, &import, source).await?;
    }
    Ok(serde_json::json!({ "import": id }))
}

/// What is wrong with the rows of an import, in the reader's language, by row.
async fn errors_of(kernel: &Kernel, viewer: &Viewer, import: &Model) -> Result<BTreeMap<u64, Vec<RowError>>, Failure> {
    let mut wrong: BTreeMap<u64, Vec<RowError>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = viewer
            .parts::<import_error::Entity>(import_error::Column::ImportId, [import.id])
            .filter(import_error::Column::Id.gt(after))
            .order_by_asc(import_error::Column::Id)
            .limit(1_000)
            .all(kernel.db.read())
            .await?;
        let Some(last) = page.last() else { return Ok(wrong) };
        after = last.id;
        for error in page {
            let salt = import.key_salt.as_deref().unwrap_or_default();
            let value = match &error.value {
                Some(blob) => Some(kernel.keys.open(salt, "import_error.value", blob)?),
                None => None,
            };
            let row = u64::try_from(error.row_number).unwrap_or(0);
            let (column, code, message, remedy) = (error.column_name, error.code, error.message, error.remedy);
            wrong
                .entry(row)
                .or_default()
                .push(said(RowError { row, column, value, code, message, remedy }, viewer.lang));
        }
    }
}

/// Keeps a sheet that was made of an import.
async fn keep_sheet(
    kernel: &Arc<Kernel>,
    viewer: &Viewer,
    scratch: Scratch,
    import: &Model,
    (format, suffix, row): (Format, &str, &'static str),
) -> Result<(), Failure> {
    let keeping = kernel.clone();
    let content = tokio::task::spawn_blocking(move || keeping.files.add(&keeping.keys, scratch.path()));
    let stem = import.file_name.rsplit_once('.').map_or(import.file_name.as_str(), |(stem, _)| stem);
    let keep = KeepFile {
        content: content.await.map_err(Fault::internal)??,
        name: format!("{stem}-{suffix}.{}", format.ending()),
        media_type: if format == Format::Csv { CSV } else { XLSX },
        row: (row, import.id),
    };
    commands::run(kernel, viewer, keep, &Sent::default()).await?;
    Ok(())
}

/// Writes the accepted rows with the numbers that were made for them, in the format they came in, and keeps the sheet.
async fn outcome_sheet(
    state: &Arc<State>,
    viewer: &Viewer,
    kind: &AnyKind,
    import: &Model,
    source: Source<'_>,
) -> Result<(), Failure> {
    let kernel = &state.kernel;
    let refused = errors_of(kernel, viewer, import).await?.into_keys().collect();
    let format = opened(kind, source).map_err(|error| unreadable(&error, viewer.lang))?.info().format;
    let scratch = kernel.files.scratch()?;
    let out = std::fs::File::create(scratch.path()).map_err(Fault::from)?;
    let job = viewer.for_job(format!("import:{}", import.id));
    (kind.give_back)(kernel, &job, source, &refused, state.config.one_time_days, (out, format)).await?;
    keep_sheet(kernel, viewer, scratch, import, (format, "结果", OUTCOME)).await
}

/// Writes the refused rows with what is wrong with them, in the format they came in, and keeps the sheet.
async fn mend_sheet(
    state: &Arc<State>,
    viewer: &Viewer,
    kind: &AnyKind,
    import: &Model,
    source: Source<'_>,
) -> Result<(), Failure> {
    let kernel = &state.kernel;
    let wrong = errors_of(kernel, viewer, import).await?;
    let format = opened(kind, source).map_err(|error| unreadable(&error, viewer.lang))?.info().format;
    let scratch = kernel.files.scratch()?;
    let out = std::fs::File::create(scratch.path()).map_err(Fault::from)?;
    (kind.mend)(&source, &wrong, out)?;
    keep_sheet(kernel, viewer, scratch, import, (format, "待改", MEND)).await
}

fn opened(kind: &AnyKind, source: Source<'_>) -> Result<Sheet, SheetError> {
    let reading = ReadOptions { strict: source.strict, hidden: source.hidden, ..ReadOptions::default() };
    open(source.path, source.name, &(kind.reading)(), &reading)
}
