//! 撤销 · an import taken back, as far as nothing stands on it.

use std::collections::{BTreeMap, HashSet};

use entity::Aggregate as _;
use entity::exchange::{import, import_error};
use entity::kernel::journal_entry;
use minzheng_ground::joints::joints;
use minzheng_kernel::commands::Command;
use minzheng_kernel::journal::{AnyAggregate, Body, ChangeKind, RowChange};
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode, Work, jobs};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Serialize;

/// Takes an import back: its rows are voided, its corrections undone. Refuses when later work stands
/// on one of them, and says which.
#[derive(Clone, Debug, Serialize)]
pub struct UndoImport {
    /// The import's number.
    pub id: i64,
}

#[async_trait::async_trait]
impl Command for UndoImport {
    const NAME: &'static str = "undoImport";
    type Output = u64;

    async fn execute(self, work: &mut Work<'_>) -> Result<u64, Failure> {
        let import = work.load_for_change::<import::Entity>(self.id, None, "id").await?;
        // One that was killed on its way is still UPLOADED, and can be taken back too; what then still came of it
        // would find it closed. One whose job waits or runs is waited for.
        let open = match import.row().job_id {
            Some(job) => jobs::is_open(work, job).await?,
            None => false,
        };
        if open || !["ACCEPTED", "PARTLY_ACCEPTED", "UPLOADED"].contains(&import.row().state.as_str()) {
            let text = Text::of("wrong-state")
                .with("state", &import.row().state)
                .with("command", "undoImport")
                .with("allowed", "—");
            return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
        }
        let tables = joints().tables.map(|tables| tables()).unwrap_or_default();
        let mut touched: HashSet<(String, i64)> = HashSet::new();
        let mut voided: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut undone = 0;
        let mut before = i64::MAX;
        loop {
            let entries = work
                .journal()
                .filter(journal_entry::Column::Cause.eq(format!("import:{}", self.id)))
                .filter(journal_entry::Column::Id.lt(before))
                .order_by_desc(journal_entry::Column::Id)
                .limit(20)
                .all(work.tx())
                .await?;
            let Some(last) = entries.last() else { break };
            before = last.id;
            for entry in &entries {
                let body: Body = serde_json::from_str(&entry.body)?;
                // Its own progress and errors stay as they are.
                let own = [import::Entity::NAME, import_error::Entity::NAME];
                for change in body.rows.iter().rev().filter(|change| !own.contains(&change.aggregate.as_str())) {
                    let again = !touched.insert((change.aggregate.clone(), change.id));
                    revert(work, &tables, change, again).await?;
                    if change.kind == ChangeKind::Created {
                        undone += u64::from(!change.part);
                        voided.entry(change.aggregate.clone()).or_default().push(change.id);
                    }
                }
            }
        }
        for (aggregate, ids) in &voided {
            for table in &tables {
                if let Some((other, id)) = table.referrer(work.tx(), aggregate, ids).await? {
                    let text = Text::of("later-work").with("aggregate", other).with("id", id);
                    return Err(Refusal::new(UserErrorCode::LaterWork, text).at("id").into());
                }
            }
        }
        work.update::<import::Entity>(import, |import| "UNDONE".clone_into(&mut import.state)).await?;
        Ok(undone)
    }
}

async fn revert(
    work: &mut Work<'_>,
    tables: &[Box<dyn AnyAggregate>],
    change: &RowChange,
    again: bool,
) -> Result<(), Failure> {
    match tables.iter().find(|table| table.name() == change.aggregate) {
        Some(table) => table.revert(work, change, again).await,
        None => Err(Fault::internal(format!("{} is not in the list of tables", change.aggregate)).into()),
    }
}
