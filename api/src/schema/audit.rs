//! 审计 · the journal as the auditor reads it, and its verification.

use std::sync::LazyLock;

use async_graphql::{Context, ID, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::kernel::journal_entry;
use minzheng_ground::error::{Answer, fault, may_ask_of_district};
use minzheng_ground::list::PageInfo;
use minzheng_ground::scalars::{DateTime, DivisionCode, Long};
use minzheng_ground::state::{global_id, local_id, state};
use minzheng_kernel::journal::{Body, EntryFilter, Verdict};
use minzheng_kernel::{Fault, Kernel, PageInput, Text};
use tokio::sync::Semaphore;

use crate::schema::changes::{ChangeKind, field_names};

/// 受影响的记录 · a row that a command changed.
#[derive(SimpleObject)]
pub struct AuditRow {
    /// 对象类型
    aggregate: String,
    /// 全局编号
    id: ID,
    /// 种类
    kind: ChangeKind,
    /// 区划
    division: Option<DivisionCode>,
    /// 字段 · names of what changed, never values
    fields: Vec<String>,
}

/// 被查阅的人员 · a person whose data were read in full.
#[derive(SimpleObject)]
pub struct AuditRead {
    /// 人员 · global id
    person: ID,
    /// 字段 · what was read
    fields: Vec<String>,
}

/// 被查阅的记录 · a row about no registered person, or about several, that was read in full.
#[derive(SimpleObject)]
pub struct AuditRowRead {
    /// 对象类型
    aggregate: String,
    /// 全局编号
    id: ID,
    /// 字段 · what was read
    fields: Vec<String>,
}

/// 检索 · rows that were searched or ordered by personal fields.
#[derive(SimpleObject)]
pub struct AuditSearch {
    /// 对象类型
    aggregate: String,
    /// 字段 · by which fields, never the values
    fields: Vec<String>,
    /// 结果数 · rows found: of a page, or all that were counted
    found: Long,
}

/// One entry of the journal.
#[derive(Clone)]
pub struct AuditEntry {
    entry: journal_entry::Model,
    body: Body,
}

impl AuditEntry {
    fn new(entry: journal_entry::Model) -> Result<Self, Fault> {
        // What somebody else wrote need not make sense.
        let body = serde_json::from_str(&entry.body);
        let refused = entry.position.is_some_and(|position| position <= 0);
        Ok(Self { body: if refused { body.unwrap_or_default() } else { body? }, entry })
    }
}

/// 日志记录 · who ran which command on which rows, or read whose personal data, and for what.
#[Object]
impl AuditEntry {
    /// 全局编号 · global id.
    fn id(&self) -> ID {
        global_id("AuditEntry", self.entry.id)
    }

    /// 位置 · number in the sealed journal, without gaps; null while it waits to be sealed, and where it was refused.
    fn position(&self) -> Option<Long> {
        self.entry.position.filter(|position| *position > 0).map(Long)
    }

    /// 被拒 · whether the sealer refused it, since no process of this program wrote it: somebody wrote into the database.
    fn refused(&self) -> bool {
        self.entry.position.is_some_and(|position| position <= 0)
    }

    /// 时间 · when it was recorded.
    fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// 发生时间 · when it happened in the field, for what was sent late.
    fn happened_at(&self) -> Option<DateTime> {
        self.entry.happened_at.map(DateTime)
    }

    /// 账户 · user name, or a system account such as `cli:root`.
    fn account(&self) -> &str {
        &self.entry.actor
    }

    /// 命令 · its name; `read` for reading personal data, `download` for the content of a file.
    fn command(&self) -> &str {
        &self.entry.command
    }

    /// 用途 · the purpose that was stated.
    fn purpose(&self) -> Option<&str> {
        self.entry.purpose.as_deref()
    }

    /// 案件编号 · the case that was stated.
    fn case_number(&self) -> Option<&str> {
        self.entry.case_number.as_deref()
    }

    /// 请求编号 · the request's id.
    fn request_id(&self) -> Option<&str> {
        self.entry.request_id.as_deref()
    }

    /// 所属工作 · what it belongs to, such as `import:17`.
    fn cause(&self) -> Option<&str> {
        self.entry.cause.as_deref()
    }

    /// 记录数 · rows that it changed.
    fn row_count(&self) -> i32 {
        i32::try_from(self.body.rows.len()).unwrap_or(i32::MAX)
    }

    /// 受影响的记录 · rows that it changed, at most 100 of them.
    fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "条数 · so many; at most 100, left out: 20")] first: Option<i32>,
    ) -> Answer<Vec<AuditRow>> {
        let (most, _) = PageInput { first, ..PageInput::default() }.size().map_err(|e| fault(context, e))?;
        let row = |row: &minzheng_kernel::journal::RowChange| AuditRow {
            aggregate: row.aggregate.clone(),
            id: global_id(&row.aggregate, row.id),
            kind: row.kind.into(),
            division: row.division.clone().map(DivisionCode),
            fields: field_names(row.before.keys().map(String::as_str)),
        };
        Ok(self.body.rows.iter().take(usize::try_from(most).unwrap_or(usize::MAX)).map(row).collect())
    }

    /// 被查阅的人员 · persons whose data were read in full.
    fn reads(&self) -> Vec<AuditRead> {
        let read = |(person, fields): (&i64, &Vec<String>)| AuditRead {
            person: global_id("Person", *person),
            fields: fields.clone(),
        };
        self.body.reads.iter().map(read).collect()
    }

    /// 被下载的文件 · files whose content was handed out.
    fn downloads(&self) -> Vec<ID> {
        self.body.downloads.iter().map(|file| global_id("File", *file)).collect()
    }

    /// 被查阅的记录 · rows about no registered person, or about several, that were read in full, at most 100 of them.
    fn row_reads(&self) -> Vec<AuditRowRead> {
        let rows = self.body.row_reads.iter().flat_map(|read| read.ids.iter().map(move |id| (read, *id)));
        let row = |(read, id): (&minzheng_kernel::journal::RowRead, i64)| AuditRowRead {
            aggregate: read.aggregate.clone(),
            id: global_id(&read.aggregate, id),
            fields: read.fields.clone(),
        };
        rows.take(100).map(row).collect()
    }

    /// 检索 · searches and orders by personal fields, also those that found nobody.
    fn searches(&self) -> Vec<AuditSearch> {
        let search = |search: &minzheng_kernel::journal::Search| AuditSearch {
            aggregate: search.aggregate.clone(),
            fields: search.fields.clone(),
            found: Long(search.found),
        };
        self.body.searches.iter().map(search).collect()
    }
}

/// 日志记录及其游标 · an entry with its cursor.
#[derive(SimpleObject)]
pub struct AuditEntryEdge {
    /// 游标 · opaque.
    cursor: String,
    /// 日志记录
    node: AuditEntry,
}

/// A page of the journal.
pub struct AuditEntryConnection {
    entries: Vec<AuditEntry>,
    filter: EntryFilter,
    resumed: bool,
    more: bool,
}

/// 日志的一页 · a page of entries, newest first.
#[Object]
impl AuditEntryConnection {
    /// 带游标的日志记录 · entries with their cursors.
    fn edges(&self) -> Vec<AuditEntryEdge> {
        let edge = |entry: &AuditEntry| AuditEntryEdge { cursor: encode(entry.entry.id), node: entry.clone() };
        self.entries.iter().map(edge).collect()
    }

    /// 日志记录 · the entries.
    fn nodes(&self) -> &[AuditEntry] {
        &self.entries
    }

    /// 翻页信息 · where the page stands.
    fn page_info(&self) -> PageInfo {
        let cursor = |entry: Option<&AuditEntry>| entry.map(|entry| encode(entry.entry.id));
        PageInfo {
            has_next_page: self.more,
            has_previous_page: self.resumed,
            start_cursor: cursor(self.entries.first()),
            end_cursor: cursor(self.entries.last()),
        }
    }

    /// 总数 · all entries asked for, counted only when asked for.
    async fn total_count(&self, context: &Context<'_>) -> Answer<i32> {
        let count = state(context)?.kernel.db.count_entries(&self.filter).await.map_err(|e| fault(context, e))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// 不符之处 · something that does not agree.
#[derive(SimpleObject)]
pub struct AuditFault {
    /// 位置 · in the journal; 0 where it is about a record
    position: Long,
    /// 说明 · in words
    message: String,
}

/// The outcome of a verification.
pub struct AuditVerdict(Verdict);

/// 核验结果 · the whole journal recomputed and compared with its blocks, signatures and anchors.
#[Object]
impl AuditVerdict {
    /// 是否相符 · whether all agrees.
    fn ok(&self) -> bool {
        self.0.ok()
    }

    /// 记录数 · sealed entries looked at.
    fn entries(&self) -> Long {
        Long(self.0.entries)
    }

    /// 无校验码 · of these, entries without a MAC: they are older than it, and what was put among them before they were
    /// sealed is not noticed.
    fn without_mac(&self) -> Long {
        Long(self.0.without_mac)
    }

    /// 区块数 · blocks looked at.
    fn blocks(&self) -> Long {
        Long(self.0.blocks)
    }

    /// 不符之处 · the first 100 things that do not agree.
    fn faults(&self) -> Vec<AuditFault> {
        let fault = |fault: &minzheng_kernel::journal::AuditFault| AuditFault {
            position: Long(fault.position),
            message: fault.message.clone(),
        };
        self.0.faults.iter().take(100).map(fault).collect()
    }

    /// 未封存 · committed entries that are not sealed yet and so not protected.
    fn unsealed(&self) -> Long {
        Long(self.0.unsealed)
    }
}

/// The journal.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// 审计日志 · the whole journal, newest first: every command and every reading of personal data. For the auditor of the
    /// whole district; one of a part of it has `changes`, of the rows in that part.
    #[allow(clippy::too_many_arguments)]
    async fn audit_entries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "条数 · so many from the start, or after `after`; at most 100, left out: 20")] first: Option<
            i32,
        >,
        #[graphql(desc = "游标 · those after this cursor")] after: Option<String>,
        #[graphql(desc = "账户 · user name as the journal has it")] account: Option<String>,
        #[graphql(desc = "人员 · global id of a person whose data were read or changed")] person: Option<ID>,
        #[graphql(desc = "命令 · name of the command, `read` for readings")] command: Option<String>,
        #[graphql(desc = "起 · recorded at or after")] from: Option<DateTime>,
        #[graphql(desc = "止 · recorded before")] to: Option<DateTime>,
    ) -> Answer<AuditEntryConnection> {
        may_ask_of_district(context, "auditEntries")?;
        let bad = |field: &str| {
            let text = Text::of("bad-cursor");
            fault(context, Fault::Query { code: "BAD_REQUEST", field: field.to_owned(), text })
        };
        let person = person.map(|id| match local_id(&id) {
            Some((aggregate, id)) if aggregate == "Person" => Ok(id),
            _ => Err(bad("person")),
        });
        let before = after.as_deref().map(|cursor| decode(cursor).ok_or_else(|| bad("after")));
        let filter = EntryFilter {
            actor: account,
            person: person.transpose()?,
            command,
            from: from.map(|at| at.0),
            to: to.map(|at| at.0),
        };
        let (size, _) = PageInput { first, ..PageInput::default() }.size().map_err(|e| fault(context, e))?;
        let kernel = &state(context)?.kernel;
        let found = kernel.db.entries(&filter, before.transpose()?, size + 1).await;
        let mut found = found.map_err(|e| fault(context, e))?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let entries: Result<Vec<_>, Fault> = found.into_iter().map(AuditEntry::new).collect();
        let entries = entries.map_err(|e| fault(context, e))?;
        Ok(AuditEntryConnection { entries, filter, resumed: after.is_some(), more })
    }

    /// 核验日志 · recomputes the whole journal; takes long on a large one, and one runs at a time. For the auditor
    /// of the whole district.
    async fn verify_audit(&self, context: &Context<'_>) -> Answer<AuditVerdict> {
        may_ask_of_district(context, "verifyAudit")?;
        verify(&state(context)?.kernel).await.map(AuditVerdict).map_err(|e| fault(context, e))
    }
}

/// One verification at a time: it reads the whole journal.
async fn verify(kernel: &Kernel) -> Result<Verdict, Fault> {
    static ONE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));
    let Ok(_one) = ONE.try_acquire() else {
        return Err(Fault::Query { code: "UNAVAILABLE", field: "verifyAudit".to_owned(), text: Text::of("verifying") });
    };
    kernel.sealer.seal_and_verify(&kernel.db, None).await
}

fn encode(id: i64) -> String {
    URL_SAFE_NO_PAD.encode(id.to_string())
}

fn decode(cursor: &str) -> Option<i64> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.parse().ok()
}
