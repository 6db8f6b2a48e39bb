//! The runner of state machines (rule 5) and of four eyes (rule 6): a row's `state` changes here and nowhere else, by
//! a table of `rules`. It refuses what the table does not have and names what it has, writes the `state_change`, and
//! keeps the row's `due_on` where the aggregate has such a column.

use chrono::NaiveDate;
use entity::Aggregate;
use entity::kernel::state_change;
use minzheng_rules::machine::{Machine, Step};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel, Iterable as _, ModelTrait as _, QueryFilter as _, Value,
};

use crate::error::{Failure, Fault, Refusal, UserErrorCode};
use crate::journal::column_name;
use crate::text::Text;
use crate::viewer::Viewer;
use crate::work::{Checked, Work};

fn column<E: Aggregate>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column_name(*column) == name)
}

/// The state in which a row is.
pub fn state_of<E: Aggregate>(row: &E::Model) -> String {
    match column::<E>("state").map(|column| row.get(column)) {
        Some(Value::String(Some(state))) => state,
        _ => String::new(),
    }
}

fn set<E: Aggregate>(row: &mut E::Model, step: &Step, on: NaiveDate) -> Result<(), Fault> {
    let state = column::<E>("state").ok_or_else(|| Fault::internal(format!("{} has no state", E::NAME)))?;
    row.try_set(state, step.next.into())?;
    if let Some(due) = column::<E>("due_on") {
        row.try_set(due, Value::ChronoDate(step.due(on)))?;
    }
    Ok(())
}

/// Whether a grant of the viewer lets it give a command about this row.
pub fn may<E: Aggregate>(viewer: &Viewer, command: &str, row: &E::Model) -> bool {
    let places = E::division_codes(row);
    viewer.may(command) && (places.is_empty() || places.iter().any(|place| viewer.may_in(command, place)))
}

/// The commands that the viewer may give about a row as it is now. That another account must do a step shows when it
/// is tried, since only the history says who did the ones before.
pub fn available<E: Aggregate>(machine: &Machine, viewer: &Viewer, row: &E::Model) -> Vec<&'static str> {
    let state = state_of::<E>(row);
    machine.from(&state).map(|step| step.command).filter(|command| may::<E>(viewer, command, row)).collect()
}

/// The step that a command makes of a row, if the table has it and the viewer may make it.
fn step<E: Aggregate>(
    machine: &Machine,
    viewer: &Viewer,
    command: &str,
    row: &E::Model,
) -> Result<&'static Step, Failure> {
    let state = state_of::<E>(row);
    let Some(step) = machine.step(&state, command) else {
        let allowed: Vec<&str> = machine.from(&state).map(|step| step.command).collect();
        let allowed = if allowed.is_empty() { "—".to_owned() } else { allowed.join(" ") };
        let text = Text::of("wrong-state").with("state", state).with("command", command).with("allowed", allowed);
        return Err(Refusal::new(UserErrorCode::WrongState, text).at("id").into());
    };
    if !may::<E>(viewer, command, row) {
        return Err(Failure::Forbidden(command.to_owned()));
    }
    Ok(step)
}

impl Work<'_> {
    /// Makes a row in the first state of its machine. The viewer must be allowed to give the command where the row is.
    pub async fn begin_state<E>(
        &mut self,
        machine: &Machine,
        command: &str,
        mut row: E::Model,
    ) -> Result<E::Model, Failure>
    where
        E: Aggregate,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        let step = machine
            .first(command)
            .ok_or_else(|| Fault::internal(format!("{command} begins no {}", machine.aggregate)))?;
        if !may::<E>(self.viewer, command, &row) {
            return Err(Failure::Forbidden(command.to_owned()));
        }
        self.somebody(machine, command)?;
        let today = self.today();
        set::<E>(&mut row, step, today)?;
        let row = self.insert::<E>(row).await?;
        self.record_state::<E>(E::id(&row), command, None, step.next, today).await?;
        Ok(row)
    }

    /// The step that a command makes of a row, if state, right and what has to be given for it allow it: what a command
    /// asks before it looks at anything of a person.
    pub fn ready<E: Aggregate>(
        &self,
        machine: &Machine,
        command: &str,
        row: &Checked<E>,
        recorded: &[&str],
    ) -> Result<&'static Step, Failure> {
        let step = step::<E>(machine, self.viewer, command, row.row())?;
        let missing: Vec<Refusal> = step
            .record
            .iter()
            .filter(|field| !recorded.contains(*field))
            .map(|field| Refusal::invalid(field, Text::of("required")))
            .collect();
        if missing.is_empty() { Ok(step) } else { Err(Failure::Refused(missing)) }
    }

    /// Moves a row on, with whatever else the command changes in it. `recorded` names the fields of the input that
    /// were given.
    pub async fn advance<E: Aggregate>(
        &mut self,
        machine: &Machine,
        command: &str,
        row: Checked<E>,
        recorded: &[&str],
        change: impl FnOnce(&mut E::Model) + Send,
    ) -> Result<E::Model, Failure> {
        let step = self.ready::<E>(machine, command, &row, recorded)?;
        self.somebody(machine, command)?;
        self.four_eyes::<E>(step, E::id(row.row())).await?;
        let (id, from, today) = (E::id(row.row()), state_of::<E>(row.row()), self.today());
        let mut next = row.row().clone();
        change(&mut next);
        set::<E>(&mut next, step, today)?;
        let row = self.update::<E>(row, |row| *row = next).await?;
        self.record_state::<E>(id, command, Some(&from), step.next, today).await?;
        Ok(row)
    }

    /// Refuses a step that another person is to confirm where it is not known who takes it.
    fn somebody(&self, machine: &Machine, command: &str) -> Result<(), Refusal> {
        if machine.steps.iter().any(|step| step.not_by.contains(&command)) { self.must_be_somebody() } else { Ok(()) }
    }

    /// Refuses where it is not known who the viewer is: it neither proposes nor confirms.
    pub fn must_be_somebody(&self) -> Result<(), Refusal> {
        if self.viewer.is_somebody() {
            return Ok(());
        }
        Err(Refusal::new(UserErrorCode::FourEyes, Text::of("holder-unknown")))
    }

    /// Refuses where the viewer's person took one of the steps that another must have taken, from whatever account.
    pub async fn four_eyes<E: Aggregate>(&self, step: &Step, row_id: i64) -> Result<(), Failure> {
        self.two_people::<E>(step.not_by, row_id).await
    }

    /// The same for aggregates without a machine: the commands that another person must have given about a row.
    pub async fn two_people<E: Aggregate>(&self, not_by: &[&str], row_id: i64) -> Result<(), Failure> {
        if not_by.is_empty() {
            return Ok(());
        }
        self.must_be_somebody()?;
        let taken = state_change::Entity::find()
            .filter(state_change::Column::Aggregate.eq(E::NAME))
            .filter(state_change::Column::RowId.eq(row_id))
            .filter(state_change::Column::Command.is_in(not_by.iter().copied()))
            .filter(state_change::Entity::live())
            .all(self.tx())
            .await?;
        let now = match self.kernel.people.get().filter(|_| !taken.is_empty()) {
            Some(people) => Some(people.holder(self.tx(), self.viewer).await?),
            None => None,
        };
        let holder = now.as_ref().unwrap_or(&self.viewer.holder);
        let own = |change: &state_change::Model| {
            let at = change.recorded_at;
            change.account_id.is_some_and(|account| self.viewer.is_account(account) || holder.took(account, at))
        };
        if taken.iter().any(own) {
            return Err(Refusal::new(UserErrorCode::FourEyes, Text::of("four-eyes")).into());
        }
        Ok(())
    }

    /// The step of a command for one row, checked against the table alone: for aggregates that move many rows in one
    /// command and keep their own order of checks.
    pub fn step_of<E: Aggregate>(
        &self,
        machine: &Machine,
        command: &str,
        row: &E::Model,
    ) -> Result<&'static Step, Failure> {
        step::<E>(machine, self.viewer, command, row)
    }
}
