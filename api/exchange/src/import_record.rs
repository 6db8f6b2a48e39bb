//! 导入记录 · the commands by which an import is opened, takes rows, and is closed.

use std::collections::{BTreeMap, HashSet};

use entity::exchange::{import, import_error};
use minzheng_ground::sheets::{Kind, Numbered, RowRefusal, Taken};
use minzheng_kernel::commands::Command;
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Serialize;

/// Rows of one command.
pub const CHUNK: usize = 600;
/// Refused rows whose errors are kept for the sheet to mend; further ones are counted.
pub const REFUSED_KEPT: usize = 50_000;

/// The command of a chunk of rows: what they become, what is wrong with them, and how far the import came, in one.
#[derive(Serialize)]
#[serde(bound = "")]
pub struct Record<K: Kind> {
    /// The import.
    pub import: i64,
    /// The rows.
    pub rows: Vec<Numbered<K::Row>>,
    /// Columns that the sheet says nothing of.
    pub spared: Vec<&'static str>,
    /// Columns that single rows say nothing of, by row number: header and column.
    pub silent: BTreeMap<u64, Vec<(String, &'static str)>>,
    /// Rows that say the same as one before them, and that one.
    pub repeats: Vec<(u64, u64)>,
    /// Rows before and among these that could not be read.
    pub wrong: Vec<RowRefusal>,
    /// Number of the last row that is dealt with then; `None`: a rehearsal.
    pub upto: Option<u64>,
}

impl<K: Kind> Clone for Record<K> {
    fn clone(&self) -> Self {
        Self {
            import: self.import,
            rows: self.rows.clone(),
            spared: self.spared.clone(),
            silent: self.silent.clone(),
            repeats: self.repeats.clone(),
            wrong: self.wrong.clone(),
            upto: self.upto,
        }
    }
}

#[async_trait::async_trait]
impl<K: Kind> Command for Record<K> {
    const NAME: &'static str = K::COMMAND;
    type Output = Taken;

    async fn execute(self, work: &mut Work<'_>) -> Result<Taken, Failure> {
        // Held to the end: an import that was taken back meanwhile takes no further row.
        let import = match self.upto {
            Some(_) => Some(still_open(work, self.import).await?),
            None => None,
        };
        let read = self.rows.len();
        let mut refused = Taken::default();
        for row in &self.rows {
            if let Some(place) = K::place(&row.row).filter(|place| !work.viewer.may_in(K::COMMAND, place)) {
                refused.out_of_scope(row.number, "区划代码", place);
            }
        }
        let rows = refused.whole::<K>(self.rows);
        work.spare(self.spared);
        work.spare_in_rows(self.silent);
        let mut taken = if rows.is_empty() { Taken::default() } else { K::apply(work, rows).await? };
        taken.add(refused);
        let repeated = self.repeats.len() as u64;
        let (taken_too, again) = mirrored(self.repeats.iter(), &taken.refused);
        taken.unchanged += taken_too.len() as u64;
        taken.refused.extend(again);
        if let (Some(import), Some(upto)) = (import, self.upto) {
            let unread = distinct(&self.wrong);
            let all = unread + distinct(&taken.refused);
            if usize::try_from(import.row().refused).is_ok_and(|refused| refused < REFUSED_KEPT) {
                let wrong = self.wrong.iter().chain(&taken.refused);
                keep_wrong(work, import.row(), wrong).await?;
            }
            let plus = |kept: &mut i64, more: u64| *kept += i64::try_from(more).unwrap_or(0);
            work.update::<import::Entity>(import, |import| {
                plus(&mut import.created, taken.created);
                plus(&mut import.changed, taken.changed);
                plus(&mut import.unchanged, taken.unchanged);
                plus(&mut import.refused, all);
                plus(&mut import.total, unread + read as u64 + repeated);
                import.resume_row = i64::try_from(upto).ok();
            })
            .await?;
        }
        Ok(taken)
    }
}

/// Of rows that repeat others: those that may be taken, and why the rest are not, as the rows that they repeat are not.
pub fn mirrored<'a>(
    repeats: impl Iterator<Item = &'a (u64, u64)>,
    refused: &[RowRefusal],
) -> (Vec<(u64, u64)>, Vec<RowRefusal>) {
    let (mut taken, mut again) = (Vec::new(), Vec::new());
    for &(row, first) in repeats {
        let known = again.len();
        let of_first = refused.iter().filter(|refusal| refusal.number == first);
        again.extend(of_first.map(|refusal| RowRefusal { number: row, ..refusal.clone() }));
        if again.len() == known {
            taken.push((row, first));
        }
    }
    (taken, again)
}

/// How many rows are named.
fn distinct(wrong: &[RowRefusal]) -> u64 {
    wrong.iter().map(|wrong| wrong.number).collect::<HashSet<_>>().len() as u64
}

/// An import that takes rows, locked.
async fn still_open(work: &Work<'_>, id: i64) -> Result<minzheng_kernel::Checked<import::Entity>, Failure> {
    let mut select = work.everywhere::<import::Entity>().filter(import::Column::Id.eq(id));
    if !work.kernel.db.is_sqlite() {
        select = select.lock_exclusive();
    }
    let row = select.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("id"))?;
    if row.state != "UPLOADED" {
        let text =
            Text::of("wrong-state").with("state", &row.state).with("command", "importSheet").with("allowed", "—");
        return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
    }
    Ok(work.checked::<import::Entity>(row))
}

/// Keeps what is wrong with rows, the cells sealed.
async fn keep_wrong(
    work: &mut Work<'_>,
    import: &import::Model,
    wrong: impl Iterator<Item = &RowRefusal>,
) -> Result<(), Failure> {
    let wrong: Vec<&RowRefusal> = wrong.collect();
    for wrong in wrong.chunks(CHUNK) {
        let first = work.ids(wrong.len()).await?;
        let mut rows = Vec::with_capacity(wrong.len());
        for (id, wrong) in (first..).zip(wrong) {
            let value = match &import.key_salt {
                Some(salt) if !wrong.value.is_empty() => {
                    Some(work.kernel.keys.seal(salt, "import_error.value", &wrong.value)?)
                }
                _ => None,
            };
            rows.push(import_error::Model {
                id,
                import_id: import.id,
                row_number: i64::try_from(wrong.number).unwrap_or(i64::MAX),
                column_name: Some(wrong.column.clone()).filter(|column| !column.is_empty()),
                value,
                code: wrong.code.clone(),
                message: wrong.message.clone(),
                remedy: wrong.remedy.clone(),
                version: 1,
                voided: false,
            });
        }
        work.insert_many::<import_error::Entity>(rows).await?;
    }
    Ok(())
}

/// Opens an import.
#[derive(Clone, Debug, Serialize)]
pub struct Begin {
    /// The kind of sheet.
    pub kind: String,
    /// What the file is called.
    pub file_name: String,
    /// Fingerprint of what is in it.
    pub file_hash: String,
    /// A rehearsal.
    pub dry_run: bool,
    /// The place of who sends it.
    pub division: Option<String>,
}

#[async_trait::async_trait]
impl Command for Begin {
    const NAME: &'static str = "importSheet";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let id = work.id().await?;
        let new = import::Model {
            kind: self.kind,
            file_name: self.file_name,
            file_hash: self.file_hash,
            dry_run: self.dry_run,
            division: self.division,
            ..begun(work, id)?
        };
        work.insert::<import::Entity>(new).await?;
        Ok(id)
    }
}

/// An import of the viewer that has taken nothing yet.
pub fn begun(work: &Work<'_>, id: i64) -> Result<import::Model, Failure> {
    Ok(import::Model {
        id,
        state: "UPLOADED".to_owned(),
        account_id: work.viewer.account_id,
        actor: work.viewer.actor.clone(),
        created_at: work.now,
        key_salt: Some(Keyring::new_salt()?.to_vec()),
        version: 1,
        ..import::Model::default()
    })
}

/// Closes an import.
#[derive(Clone, Debug, Serialize)]
pub struct Finish {
    /// The import.
    pub id: i64,
    /// How it ended.
    pub state: String,
    /// Rows in all; created, changed, unchanged, refused, blank, skipped. Left out: what they are already.
    pub counts: Option<(i64, [i64; 6])>,
    /// What there is to say of it, in both languages.
    pub notes: Vec<String>,
    /// What is wrong with rows of a rehearsal.
    pub wrong: Vec<RowRefusal>,
}

#[async_trait::async_trait]
impl Command for Finish {
    const NAME: &'static str = "importSheet";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = still_open(work, self.id).await?;
        keep_wrong(work, row.row(), self.wrong.iter()).await?;
        let now = work.now;
        let notes = if self.notes.is_empty() { None } else { Some(serde_json::to_string(&self.notes)?) };
        work.update::<import::Entity>(row, |import| {
            import.state = self.state;
            if let Some((total, [created, changed, unchanged, refused, blank, skipped])) = self.counts {
                import.total = total;
                import.created = created;
                import.changed = changed;
                import.unchanged = unchanged;
                import.refused = refused;
                import.blank = Some(blank);
                import.skipped = Some(skipped);
            }
            import.notes = notes;
            import.finished_at = Some(now);
        })
        .await?;
        Ok(())
    }
}
