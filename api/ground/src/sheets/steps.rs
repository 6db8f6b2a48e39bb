//! 状态历史 · the steps that a row's dates tell, kept as state changes, so that any past day can be asked.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::Aggregate;
use entity::kernel::state_change::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::steps::Step;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::sheets::upsert::replace_parts;

/// Makes the recorded steps of rows what their dates say: missing ones are added, those that no longer hold voided.
/// Steps that stood already keep who recorded them and when.
pub async fn restate<E: Aggregate>(
    work: &mut Work<'_>,
    command: &str,
    rows: impl IntoIterator<Item = (i64, Vec<Step>)>,
) -> Result<(), Failure> {
    let rows: Vec<(i64, Vec<Step>)> = rows.into_iter().collect();
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let existing = work
        .everywhere::<Entity>()
        .filter(Column::Aggregate.eq(E::NAME))
        .filter(Column::RowId.is_in(ids))
        .all(work.tx())
        .await?;
    let known: HashMap<(i64, &str, NaiveDate), &Model> =
        existing.iter().map(|step| ((step.row_id, step.to_state.as_str(), step.on_date), step)).collect();
    let mut wanted = Vec::new();
    for (row_id, steps) in &rows {
        let mut from: Option<&'static str> = None;
        for step in steps {
            let mut change = match known.get(&(*row_id, step.state, step.on)) {
                Some(known) => (*known).clone(),
                None => Model {
                    id: 0,
                    aggregate: E::NAME.to_owned(),
                    row_id: *row_id,
                    command: command.to_owned(),
                    from_state: None,
                    to_state: step.state.to_owned(),
                    on_date: step.on,
                    recorded_at: work.now,
                    account_id: work.viewer.account_id,
                    actor: work.viewer.actor.clone(),
                    version: 1,
                    voided: false,
                },
            };
            change.from_state = from.map(str::to_owned);
            wanted.push(change);
            from = Some(step.state);
        }
    }
    let key = |step: &Model| (step.row_id, step.to_state.clone(), step.on_date);
    replace_parts::<Entity, _>(work, existing.clone(), wanted, key).await?;
    Ok(())
}
