//! 提示 · what was changed to take a sheet, and what was left out of it.

use std::collections::BTreeMap;

use minzheng_ground::sheets::Kind;
use minzheng_registry::finding;
use minzheng_sheet::{NoteCode, RowNote, SheetInfo, column_letters, tellable};

use crate::reader::Blocks;

/// Rows of a note that are named; further ones are counted.
const NAMED: usize = 5;
/// Notes of an import; further ones are counted.
const NOTES_MOST: usize = 100;
/// Headers that are named; further ones are counted.
const HEADERS_MOST: usize = 20;
/// What becomes of what is hidden.
const LEFT_OUT: (&str, &str) = (
    "未读入；要读入，取消隐藏，或加 --hidden（接口 includeHidden）",
    "left out; to read them unhide them, or add --hidden (API: includeHidden)",
);

/// What was changed to take the rows of a sheet, and what was left out of it, told in a bounded number of lines in both
/// languages. Values are not repeated: they may be somebody's.
#[derive(Default)]
pub struct Notes {
    changed: BTreeMap<(String, &'static str), (NoteCode, u64, Vec<u64>)>,
    others: Vec<String>,
    repeats: Vec<u64>,
    odd: BTreeMap<String, (u64, Vec<u64>)>,
    more: usize,
}

impl Notes {
    /// What was changed in cells.
    pub fn cells(&mut self, notes: Vec<RowNote>) {
        for note in notes {
            // Cells of a household that stand in its first row are no news: one line for all of them.
            let column = if note.code == NoteCode::FilledDown { String::new() } else { note.column };
            let of = self.changed.entry((column, note.code.as_str())).or_insert((note.code, 0, Vec::new()));
            if note.code == NoteCode::FilledDown && of.2.last() == Some(&note.row) {
                continue;
            }
            of.1 += 1;
            if of.2.len() < NAMED || note.code == NoteCode::FilledDown {
                of.2.truncate(NAMED);
                of.2.push(note.row);
            }
        }
    }

    /// Cells that are empty where something stood.
    pub fn kept(&mut self, header: &str, rows: std::collections::BTreeSet<u64>) {
        let notes = rows.into_iter().map(|row| RowNote {
            row,
            column: header.to_owned(),
            code: NoteCode::Kept,
            from: String::new(),
            to: String::new(),
        });
        self.cells(notes.collect());
    }

    /// Rows of which something is odd.
    pub fn odd(&mut self, code: &str, rows: &std::collections::BTreeSet<u64>) {
        let of = self.odd.entry(code.to_owned()).or_default();
        of.0 += rows.len() as u64;
        let room = NAMED.saturating_sub(of.1.len());
        of.1.extend(rows.iter().take(room));
    }

    /// Another line.
    pub fn line(&mut self, line: String) {
        if self.others.len() < NOTES_MOST {
            self.others.push(line);
        } else {
            self.more += 1;
        }
    }

    /// Headers and rows that were left out.
    pub fn left_out<K: Kind>(&mut self, info: &SheetInfo, blocks: &Blocks<K>) {
        self.headers(info);
        self.worksheets(info);
        self.unseen(info, blocks);
        let (count, by_reason) = blocks.skipped();
        for (reason, rows) in by_reason {
            let (zh, en) = reason.split_once(" · ").unwrap_or((reason, reason));
            let rows = named(&rows, rows.len() as u64);
            self.line(format!("跳过的行（{zh}）：第 {} 行 · rows left out ({en}): {}", rows.0, rows.1));
        }
        if count > 1_000 {
            self.line(format!("共跳过 {count} 行 · {count} rows were left out"));
        }
    }

    /// Headers that are unknown, by their place.
    fn headers(&mut self, info: &SheetInfo) {
        if info.unknown.is_empty() {
            return;
        }
        let named = info.unknown_at.iter().zip(&info.unknown).take(HEADERS_MOST);
        let (zh, en): (Vec<String>, Vec<String>) = named
            .map(|(at, name)| {
                (format!("{} 列“{name}”", column_letters(*at)), format!("{} “{name}”", column_letters(*at)))
            })
            .unzip();
        let more = info.unknown.len().saturating_sub(HEADERS_MOST);
        let (more_zh, more_en) = match more {
            0 => (String::new(), String::new()),
            more => (format!(" 等共 {} 列", zh.len() + more), format!(" and {more} more")),
        };
        self.line(format!(
            "未识别的表头，未读入：{}{more_zh} · unknown headers, left out: {}{more_en}",
            zh.join("、"),
            en.join(", ")
        ));
    }

    /// Which worksheet was read, and which were not.
    fn worksheets(&mut self, info: &SheetInfo) {
        let told = |names: &[String], and: &str| names.iter().map(|name| tellable(name)).collect::<Vec<_>>().join(and);
        let all = |and: &str| {
            let hidden = told(&info.hidden_worksheets, and);
            [told(&info.other_worksheets, and), hidden]
                .into_iter()
                .filter(|names| !names.is_empty())
                .collect::<Vec<_>>()
        };
        if info.other_worksheets.is_empty() && info.hidden_worksheets.is_empty() {
            return;
        }
        let read = info.worksheet.as_deref().map(tellable).unwrap_or_default();
        self.line(format!(
            "只读了工作表“{read}”，未读：{} · only the worksheet “{read}” was read, not: {}",
            all("、").join("、"),
            all(", ").join(", ")
        ));
        let hidden = info.hidden_worksheets.len();
        if hidden > 0 {
            self.line(format!("其中 {hidden} 张工作表是隐藏的 · {hidden} of the worksheets are hidden"));
        }
    }

    /// What the eye does not see.
    fn unseen<K: Kind>(&mut self, info: &SheetInfo, blocks: &Blocks<K>) {
        let (hidden, blank) = blocks.unsaid();
        if hidden > 0 {
            let (zh, en) = if blocks.takes_hidden() { ("已读入", "read too") } else { (LEFT_OUT.0, LEFT_OUT.1) };
            self.line(format!("有 {hidden} 行被隐藏，{zh} · {hidden} rows are hidden, {en}"));
        }
        if !info.hidden_columns.is_empty() {
            let columns: Vec<String> = info.hidden_columns.iter().map(|at| column_letters(*at)).collect();
            let (zh, en) = if blocks.takes_hidden() { ("已读入", "read too") } else { (LEFT_OUT.0, LEFT_OUT.1) };
            self.line(format!(
                "有 {0} 列被隐藏（{1}），{zh} · {0} columns are hidden ({2}), {en}",
                columns.len(),
                columns.join("、"),
                columns.join(", ")
            ));
        }
        if !blank.is_empty() {
            let rows = named(blank, blank.len() as u64);
            self.line(format!(
                "只有序号或通用内容的行，按空行：第 {} 行 · rows with numbers in sequence or common content only, blank: {}",
                rows.0, rows.1
            ));
        }
        if info.from_1904 {
            self.line(
                "工作簿采用 1904 日期系统，日期已换算 · the workbook counts days from 1904; dates were converted"
                    .to_owned(),
            );
        }
    }

    /// A row that says the same as another.
    pub fn repeated(&mut self, row: u64) {
        self.repeats.push(row);
    }

    /// The lines.
    pub fn lines(self) -> Vec<String> {
        use minzheng_sheet::Lang::{En, Zh};
        let mut lines = Vec::with_capacity(self.changed.len() + self.others.len());
        for ((column, _), (code, count, rows)) in self.changed {
            let (zh, en) = named(&rows, count);
            if column.is_empty() {
                lines.push(format!(
                    "留空的单元格取自上面的行：第 {zh} 行 · empty cells taken from the rows above: rows {en}"
                ));
                continue;
            }
            lines.push(format!(
                "“{column}”{}：第 {zh} 行 · {column}, {}: rows {en}",
                code.message(Zh),
                code.message(En)
            ));
        }
        if !self.repeats.is_empty() {
            let (zh, en) = named(&self.repeats, self.repeats.len() as u64);
            lines.push(format!(
                "与前面的行完全相同，只算一行：第 {zh} 行 · the same as rows above, taken once: rows {en}"
            ));
        }
        for (code, (count, rows)) in self.odd {
            let (zh, en) = named(&rows, count);
            let told = finding::told(&code).unwrap_or(code);
            let (of_zh, of_en) = told.split_once(" · ").unwrap_or((&told, &told));
            lines.push(format!("第 {zh} 行：{of_zh} · rows {en}: {of_en}"));
        }
        lines.extend(self.others);
        if self.more > 0 {
            lines.push(format!("另有 {0} 条提示 · {0} more notes", self.more));
        }
        lines
    }
}

/// The first numbers of rows, and how many there are if more.
fn named(rows: &[u64], count: u64) -> (String, String) {
    let first: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
    let (zh, en) = (first.join("、"), first.join(", "));
    if count > first.len() as u64 {
        (format!("{zh} 等共 {count}"), format!("{en} and so on, {count} in all"))
    } else {
        (zh, en)
    }
}
