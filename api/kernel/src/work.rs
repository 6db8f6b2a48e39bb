//! The unit of work: one transaction in which a command changes rows. Every change goes through it,
//! so that the journal entry committed with the rows tells all of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::Aggregate;
use entity::kernel::{idempotency_key, job, journal_entry, journal_person, person_access, state_change};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IdenStatic as _,
    IntoActiveModel, Iterable as _, ModelTrait as _, QueryFilter as _, QuerySelect as _, Select, UpdateMany,
};

use sha2::{Digest as _, Sha256};

use crate::Kernel;
use crate::bulk;
use crate::error::{Failure, Fault, Refusal, UserErrorCode};
use crate::journal::{
    Body, ChangeKind, DOWNLOAD, Kept, READ, RowChange, Written, column_name, from_json, keys_of, row_hash, to_json,
};
use crate::text::Text;
use crate::viewer::{Covered, Level, Viewer};

/// Rows of one INSERT: both databases bound the number of values in a statement.
pub(crate) const ROWS_AT_ONCE: usize = 500;
/// Rows from which on arrays are quicker.
const ARRAYS_FROM: usize = 8;

/// A row that was loaded within the viewer's scope for a change, and is locked until the end.
/// Functions that change rows take nothing less.
#[derive(Clone, Debug)]
pub struct Checked<E: Aggregate>(E::Model);

impl<E: Aggregate> Checked<E> {
    /// The row as it is.
    pub fn row(&self) -> &E::Model {
        &self.0
    }
}

/// A point of a unit of work to which it can go back.
pub struct Mark {
    rows: usize,
    kept: usize,
}

/// One transaction of one viewer.
pub struct Work<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// On whose behalf.
    pub viewer: &'a Viewer,
    /// The instant of this work.
    pub now: DateTime<Utc>,
    tx: DatabaseTransaction,
    rows: Vec<RowChange>,
    /// Persons of whom something changed.
    persons: BTreeSet<i64>,
    /// Rows of the kernel's own tables that were written beside.
    kept: Vec<Kept>,
    /// Columns of which the command says nothing.
    spared: Vec<&'static str>,
    /// Columns of which single rows of a sheet say nothing, by row number, with what they are called there.
    silent: BTreeMap<u64, Vec<(String, &'static str)>>,
    /// The command that is being run.
    command: &'static str,
}

impl<'a> Work<'a> {
    pub(crate) async fn begin(kernel: &'a Kernel, viewer: &'a Viewer) -> Result<Self, Fault> {
        Ok(Self {
            kernel,
            viewer,
            now: kernel.clock.now(),
            tx: kernel.db.begin().await?,
            rows: Vec::new(),
            persons: BTreeSet::new(),
            kept: Vec::new(),
            spared: Vec::new(),
            silent: BTreeMap::new(),
            command: "",
        })
    }

    /// From now on this command is run.
    pub(crate) fn running(&mut self, command: &'static str) {
        self.command = command;
    }

    /// From now on the command says nothing of these columns: what records hold there stays.
    pub fn spare(&mut self, columns: Vec<&'static str>) {
        self.spared = columns;
    }

    /// Gives a record what it held where the command says nothing.
    pub fn keep_spared<E: Aggregate>(&self, old: &E::Model, record: &mut E::Model) {
        if !self.spared.is_empty() {
            for column in E::Column::iter().filter(|column| self.spared.contains(&column.as_str())) {
                record.set(column, old.get(column));
            }
        }
    }

    /// Rows of a sheet, by number, that say nothing of these columns: header and column.
    pub fn spare_in_rows(&mut self, silent: BTreeMap<u64, Vec<(String, &'static str)>>) {
        self.silent = silent;
    }

    /// Gives a record what it held where a row of a sheet says nothing; gives the headers under which something stood
    /// that the row would have taken away.
    pub fn keep_silent<E: Aggregate>(&self, row: u64, old: &E::Model, record: &mut E::Model) -> Vec<&str> {
        let mut kept = Vec::new();
        let silent = self.silent.get(&row).map_or(&[][..], Vec::as_slice);
        for (header, name) in silent {
            let Some(column) = E::Column::iter().find(|column| column.as_str() == *name) else { continue };
            let stood = old.get(column);
            if record.get(column) != stood {
                record.set(column, stood);
                if kept.last() != Some(&header.as_str()) {
                    kept.push(header.as_str());
                }
            }
        }
        kept
    }

    /// The business date.
    pub fn today(&self) -> NaiveDate {
        self.viewer.today
    }

    /// The transaction, for reads.
    pub fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Live rows in the viewer's scope.
    pub fn select<E: Aggregate>(&self) -> Select<E> {
        self.viewer.select::<E>()
    }

    /// Live rows about which the viewer may run the command that is being run: those that rows of a sheet may be about,
    /// and those they may name. What lies elsewhere is as if it were not there.
    pub fn within<E: Aggregate>(&self) -> Select<E> {
        E::find().filter(E::live()).filter(self.viewer.condition_for::<E>(self.command))
    }

    /// Whether the viewer may run the command that is being run in a division.
    pub fn may_in(&self, division: &str) -> bool {
        self.viewer.may_in(self.command, division)
    }

    /// Whether the viewer may run the command that is being run about a row as it is to be. A row that is reached with
    /// another one lies where that one does, which was looked up [`Work::within`] reach.
    pub fn reaches<E: Aggregate>(&self, row: &E::Model) -> bool {
        E::OF_ANOTHER || self.viewer.covered_for::<E>(self.command, row) > Covered::No
    }

    /// Parts rows of this transaction into those that [`Work::within`] finds and those that lie elsewhere.
    pub async fn part_by_reach<E: Aggregate>(
        &self,
        rows: Vec<E::Model>,
    ) -> Result<(Vec<E::Model>, Vec<E::Model>), Fault> {
        let (mut here, mut perhaps, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            match self.viewer.covered_for::<E>(self.command, &row) {
                Covered::Here => here.push(row),
                Covered::Perhaps => perhaps.push(row),
                Covered::No => elsewhere.push(row),
            }
        }
        if !perhaps.is_empty() {
            let mut found = BTreeSet::new();
            for chunk in perhaps.chunks(ROWS_AT_ONCE) {
                let ids = E::id_column().is_in(chunk.iter().map(|row| E::id(row)));
                let ids = self.within::<E>().filter(ids).select_only().column(E::id_column()).into_tuple::<i64>();
                found.extend(ids.all(&self.tx).await?);
            }
            let (more, rest): (Vec<_>, Vec<_>) = perhaps.into_iter().partition(|row| found.contains(&E::id(row)));
            here.extend(more);
            elsewhere.extend(rest);
        }
        Ok((here, elsewhere))
    }

    /// Persons of whom this account noted that a field was read since an instant.
    pub async fn recently_read(&self, field: &str, since: DateTime<Utc>) -> Result<BTreeSet<i64>, Fault> {
        use person_access::Column;
        let mut read = self.viewer.noted(field);
        if let Some(account) = self.viewer.account_id {
            let rows = person_access::Entity::find()
                .filter(Column::AccountId.eq(account))
                .filter(Column::At.gt(since))
                .filter(Column::Fields.contains(field))
                .select_only()
                .column(Column::PersonId)
                .into_tuple::<i64>();
            read.extend(rows.all(&self.tx).await?);
        }
        Ok(read)
    }

    /// Marks where to go back to when what follows is not to stand. One mark at a time.
    pub async fn mark(&self) -> Result<Mark, Fault> {
        self.kernel.db.execute(&self.tx, "SAVEPOINT marked", vec![]).await?;
        Ok(Mark { rows: self.rows.len(), kept: self.kept.len() })
    }

    /// Takes back all that was done since the mark, which stays.
    pub async fn go_back(&mut self, mark: &Mark) -> Result<(), Fault> {
        self.kernel.db.execute(&self.tx, "ROLLBACK TO SAVEPOINT marked", vec![]).await?;
        self.rows.truncate(mark.rows);
        self.kept.truncate(mark.kept);
        Ok(())
    }

    /// What was done since the mark stands.
    pub async fn go_on(&self, _mark: Mark) -> Result<(), Fault> {
        self.kernel.db.execute(&self.tx, "RELEASE SAVEPOINT marked", vec![]).await?;
        Ok(())
    }

    /// Live rows wherever they are, for checks that must see beyond the viewer's scope (is this
    /// number taken?). What is found must not be told to the viewer.
    pub fn everywhere<E: Aggregate>(&self) -> Select<E> {
        E::find().filter(E::live())
    }

    /// Loads a row for change and locks it. Out of scope and missing answer alike.
    pub async fn load_for_change<E: Aggregate>(
        &self,
        id: i64,
        version: Option<i32>,
        field: &str,
    ) -> Result<Checked<E>, Failure> {
        let mut select = self.select::<E>().filter(E::id_column().eq(id));
        if !self.kernel.db.is_sqlite() {
            select = select.lock_exclusive();
        }
        let row = select.one(&self.tx).await?.ok_or_else(|| Refusal::not_found(field))?;
        if self.viewer.best_level::<E>() < Level::Masked {
            return Err(Refusal::not_found(field).into());
        }
        if let Some(expected) = version.filter(|version| *version != E::version(&row)) {
            let text = Text::of("stale-version").with("expected", expected).with("actual", E::version(&row));
            return Err(Refusal::new(UserErrorCode::StaleVersion, text).at("version").into());
        }
        Ok(Checked(row))
    }

    /// Lets a rule look at personal values of a row: only where the viewer is shown them in full now, and noted as a read
    /// of these fields whether the command stands or is refused. Elsewhere the refusal is the same whatever the values
    /// are, so that it tells nothing of them. To be asked after all that the input alone decides.
    pub fn reveal<E: Aggregate>(&self, row: &E::Model, fields: &[&'static str], at: &str) -> Result<(), Failure> {
        if self.viewer.level::<E>(row) < Level::Full {
            return Err(Refusal::new(UserErrorCode::NotFound, Text::of("not-shown")).at(at).into());
        }
        for field in fields {
            self.viewer.note::<E>(row, *field);
        }
        Ok(())
    }

    /// Takes rows read with [`Work::everywhere`] or [`Work::select`] in this transaction for change;
    /// the version check of the update protects what was not locked.
    pub fn checked<E: Aggregate>(&self, row: E::Model) -> Checked<E> {
        Checked(row)
    }

    /// An id for a row to come.
    pub async fn id(&self) -> Result<i64, Fault> {
        self.kernel.db.ids(&self.tx, 1).await
    }

    /// Consecutive ids for rows to come, at most 1,000.
    pub async fn ids(&self, count: usize) -> Result<i64, Fault> {
        self.kernel.db.ids(&self.tx, i64::try_from(count).map_err(Fault::internal)?).await
    }

    fn note<E: Aggregate>(
        &mut self,
        row: &E::Model,
        kind: ChangeKind,
        before: BTreeMap<String, serde_json::Value>,
        old: Option<&E::Model>,
    ) {
        let was = old.map(keys_of::<E>).unwrap_or_default();
        if E::of_person() {
            self.persons.extend(E::person(row));
        }
        self.rows.push(RowChange {
            aggregate: E::NAME.to_owned(),
            id: E::id(row),
            kind,
            division: E::division(row).map(str::to_owned),
            hash: row_hash::<E>(row),
            before,
            was,
            part: E::PART,
        });
    }

    /// Inserts one row.
    pub async fn insert<E>(&mut self, row: E::Model) -> Result<E::Model, Failure>
    where
        E: Aggregate,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.insert_many::<E>(vec![row.clone()]).await?;
        Ok(row)
    }

    /// Inserts rows, as many a statement as the database takes well.
    pub async fn insert_many<E>(&mut self, rows: Vec<E::Model>) -> Result<(), Failure>
    where
        E: Aggregate,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        let db = &self.kernel.db;
        let arrays = if db.is_sqlite() || rows.len() < ARRAYS_FROM { None } else { bulk::insert::<E>(&rows) };
        let one_by_one = if arrays.is_some() { &[] } else { rows.as_slice() };
        if let Some((sql, values)) = arrays {
            db.execute(&self.tx, &sql, values).await?;
        }
        for chunk in one_by_one.chunks(ROWS_AT_ONCE) {
            let models = chunk.iter().cloned().map(|row| {
                let mut model = row.into_active_model();
                for column in E::Column::iter() {
                    model.reset(column);
                }
                model
            });
            E::insert_many(models).exec_without_returning(&self.tx).await?;
        }
        for row in &rows {
            self.note::<E>(row, ChangeKind::Created, BTreeMap::new(), None);
        }
        Ok(())
    }

    /// Changes a row to what `change` makes of it; gives back the row as it is now. A change that
    /// changes nothing writes nothing.
    pub async fn update<E: Aggregate>(
        &mut self,
        row: Checked<E>,
        change: impl FnOnce(&mut E::Model),
    ) -> Result<E::Model, Failure> {
        let mut new = row.0.clone();
        change(&mut new);
        self.store::<E>(&row.0, new, ChangeKind::Changed).await
    }

    /// The last change is none to those who follow changes: the row says what it said.
    pub(crate) fn is_no_news(&mut self) {
        if let Some(last) = self.rows.last_mut() {
            last.part = true;
        }
    }

    /// Voids a row: it stays and never counts again.
    pub async fn void<E: Aggregate>(&mut self, row: Checked<E>) -> Result<E::Model, Failure> {
        let mut new = row.0.clone();
        E::set_voided(&mut new, true);
        self.store::<E>(&row.0, new, ChangeKind::Voided).await
    }

    async fn store<E: Aggregate>(
        &mut self,
        old: &E::Model,
        mut new: E::Model,
        kind: ChangeKind,
    ) -> Result<E::Model, Failure> {
        let changed: Vec<E::Column> = E::Column::iter().filter(|c| old.get(*c) != new.get(*c)).collect();
        if changed.is_empty() {
            return Ok(new);
        }
        E::set_version(&mut new, E::version(old) + 1);
        let mut update: UpdateMany<E> = E::update_many()
            .filter(E::id_column().eq(E::id(old)))
            .filter(E::version_column().eq(E::version(old)))
            .col_expr(E::version_column(), sea_orm::sea_query::Expr::value(E::version(&new)));
        let mut before = BTreeMap::new();
        for column in changed {
            update = update.col_expr(column, column.save_as(sea_orm::sea_query::Expr::val(new.get(column))));
            let value = to_json(&old.get(column));
            if E::secret().iter().any(|secret| column_name(*secret) == column_name(column)) {
                // That it changed is told, what it was is not.
                before.insert(column_name(column), serde_json::json!({ "secret": !value.is_null() }));
                continue;
            }
            let value = match E::personal().iter().find(|(personal, _)| column_name(*personal) == column_name(column)) {
                // Sealed columns are ciphertext already; all others are sealed here.
                Some(_) if !value.is_null() && !matches!(old.get(column), sea_orm::Value::Bytes(_)) => {
                    self.seal_before::<E>(old, &value)?
                }
                _ => value,
            };
            before.insert(column_name(column), value);
        }
        let outcome = update.exec(&self.tx).await?;
        if outcome.rows_affected != 1 {
            let text = Text::of("stale-version").with("expected", E::version(old)).with("actual", "?");
            return Err(Refusal::new(UserErrorCode::StaleVersion, text).at("version").into());
        }
        self.note::<E>(&new, kind, before, Some(old));
        Ok(new)
    }

    fn seal_before<E: Aggregate>(
        &self,
        old: &E::Model,
        value: &serde_json::Value,
    ) -> Result<serde_json::Value, Failure> {
        use base64::Engine as _;
        // A row without a key of its own is sealed with that of its table, so that it can be taken back too.
        let table = salt_of_table::<E>();
        let salt = E::salt(old).unwrap_or(&table);
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let sealed = self.kernel.keys.seal(salt, "journal", &plain)?;
        let sealed = base64::engine::general_purpose::STANDARD.encode(sealed);
        Ok(if value.is_string() {
            serde_json::json!({ "sealed": sealed })
        } else {
            serde_json::json!({ "sealed": sealed, "json": true })
        })
    }

    /// The journal's entries, for undoing; none that the sealer refused.
    pub fn journal(&self) -> Select<journal_entry::Entity> {
        let position = journal_entry::Column::Position;
        journal_entry::Entity::find().filter(Condition::any().add(position.is_null()).add(position.gt(0)))
    }

    /// Keeps the key of this command, and what is told to whoever sends it again.
    pub(crate) async fn keep_key(&mut self, key: idempotency_key::Model) -> Result<(), Failure> {
        self.kept.push(Kept::key(&key));
        idempotency_key::Entity::insert(key.into_active_model()).exec_without_returning(&self.tx).await?;
        Ok(())
    }

    /// Keeps a job that this command asks for.
    pub(crate) async fn keep_job(&mut self, job: job::Model) -> Result<(), Failure> {
        self.kept.push(Kept::job(&job));
        job::Entity::insert(job.into_active_model()).exec_without_returning(&self.tx).await?;
        Ok(())
    }

    /// Takes one change of a row back: what was created is voided, what was changed gets its values
    /// back. Refuses when the row is no longer what the change left, unless `again` says that a
    /// later change of the same undoing was just taken back.
    pub async fn revert<E: Aggregate>(&mut self, change: &RowChange, again: bool) -> Result<(), Failure> {
        let row = E::find().filter(E::id_column().eq(change.id)).one(&self.tx).await?;
        let row = row.ok_or_else(|| Refusal::not_found("id"))?;
        if !again && row_hash::<E>(&row) != change.hash {
            let text = Text::of("later-work").with("aggregate", E::NAME).with("id", change.id);
            return Err(Refusal::new(UserErrorCode::LaterWork, text).at("id").into());
        }
        let mut new = row.clone();
        if change.kind == ChangeKind::Created {
            E::set_voided(&mut new, true);
            self.store::<E>(&row, new, ChangeKind::Voided).await?;
            return Ok(());
        }
        for column in E::Column::iter() {
            let Some(json) = change.before.get(&column_name(column)) else { continue };
            if json.get("secret").is_some() {
                continue;
            }
            let json = self.open_before::<E>(&row, json)?;
            let value = from_json(&json, &row.get(column))
                .ok_or_else(|| Fault::internal(format!("{} {} cannot be read back", E::NAME, column_name(column))))?;
            new.try_set(column, value)?;
        }
        self.store::<E>(&row, new, ChangeKind::Changed).await?;
        Ok(())
    }

    fn open_before<E: Aggregate>(
        &self,
        row: &E::Model,
        json: &serde_json::Value,
    ) -> Result<serde_json::Value, Failure> {
        use base64::Engine as _;
        let Some(sealed) = json.get("sealed") else { return Ok(json.clone()) };
        let Some(text) = sealed.as_str() else { return Ok(serde_json::Value::Null) };
        let table = salt_of_table::<E>();
        let salt = E::salt(row).unwrap_or(&table);
        let blob = base64::engine::general_purpose::STANDARD.decode(text).map_err(Fault::internal)?;
        let plain = self.kernel.keys.open(salt, "journal", &blob)?;
        Ok(if json.get("json").is_some() { serde_json::from_str(&plain)? } else { plain.into() })
    }

    /// Records a step of a state machine.
    pub async fn record_state<E: Aggregate>(
        &mut self,
        row_id: i64,
        command: &str,
        from: Option<&str>,
        to: &str,
        on_date: NaiveDate,
    ) -> Result<(), Failure> {
        let id = self.id().await?;
        self.insert::<state_change::Entity>(state_change::Model {
            id,
            aggregate: E::NAME.to_owned(),
            row_id,
            command: command.to_owned(),
            from_state: from.map(str::to_owned),
            to_state: to.to_owned(),
            on_date,
            recorded_at: self.now,
            account_id: self.viewer.account_id,
            actor: self.viewer.actor.clone(),
            version: 1,
            voided: false,
        })
        .await?;
        Ok(())
    }

    /// Writes the journal entry, after the rows it describes, and commits. Gives the entry's id.
    pub(crate) async fn commit(
        self,
        command: &str,
        version: i32,
        happened_at: Option<DateTime<Utc>>,
    ) -> Result<Option<i64>, Failure> {
        let kernel = self.kernel;
        if self.rows.is_empty() && self.kept.is_empty() {
            // Nothing of the journal depends on it: one that failed did nothing.
            self.tx.commit().await.map_err(|error| Failure::Fault(kernel.db.failed(error)))?;
            return Ok(None);
        }
        let persons: Vec<i64> = self.persons.into_iter().collect();
        let body = Body { rows: self.rows, persons: persons.clone(), kept: self.kept, ..Body::default() };
        let (viewer, tx, now) = (self.viewer, &self.tx, self.now);
        let entry = write_entry(kernel, viewer, tx, "COMMAND", command, version, happened_at, now, &body).await?;
        let id = entry.id();
        for chunk in persons.chunks(ROWS_AT_ONCE) {
            let rows = chunk
                .iter()
                .map(|person| journal_person::Model { person_id: *person, entry_id: id }.into_active_model());
            journal_person::Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        kernel.commit(entry, self.tx).await?;
        Ok(Some(id))
    }

    /// Gives up. Where the database had ended the transaction by itself there is nothing to take back, and the connection
    /// is not lent again.
    pub(crate) async fn rollback(self) {
        if let Err(error) = self.tx.rollback().await {
            let fault = self.kernel.db.failed(error);
            tracing::warn!(%fault, "a transaction could not be taken back; its connection is given up");
        }
    }
}

/// What the journal seals values of rows with that have no key of their own.
fn salt_of_table<E: Aggregate>() -> [u8; 32] {
    Sha256::digest(E::NAME).into()
}

#[allow(clippy::too_many_arguments)]
async fn write_entry(
    kernel: &Kernel,
    viewer: &Viewer,
    tx: &DatabaseTransaction,
    kind: &str,
    command: &str,
    version: i32,
    happened_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    body: &Body,
) -> Result<Written, Fault> {
    let entry = journal_entry::Model {
        at,
        account_id: viewer.account_id,
        actor: viewer.actor.clone(),
        kind: kind.to_owned(),
        command: command.to_owned(),
        command_version: version,
        purpose: viewer.purpose.clone(),
        case_number: viewer.case_number.clone(),
        request_id: viewer.request_id.clone(),
        cause: viewer.cause.clone(),
        happened_at,
        body: serde_json::to_string(body)?,
        ..journal_entry::Model::default()
    };
    kernel.sealer.write(tx, entry).await
}

/// Commits the entry of what was read in full in this request, before the answer leaves.
pub async fn record_reads(kernel: &Kernel, viewer: &Viewer) -> Result<(), Fault> {
    let Some(body) = viewer.reads.take().body() else { return Ok(()) };
    let _running = kernel.db.running();
    let now = kernel.clock.now();
    let tx = kernel.db.begin().await?;
    let persons: Vec<_> = body.reads.clone().into_iter().collect();
    let mut told = Vec::new();
    for chunk in persons.chunks(ROWS_AT_ONCE) {
        told.push(kernel.db.ids(&tx, i64::try_from(chunk.len()).map_err(Fault::internal)?).await?);
    }
    let role = viewer.first_role();
    let body = Body { role: Some(role.clone()), told: told.clone(), ..body };
    let entry = write_entry(kernel, viewer, &tx, "READ", READ, 1, None, now, &body).await?;
    for (first, chunk) in told.into_iter().zip(persons.chunks(ROWS_AT_ONCE)) {
        let rows = (first..).zip(chunk).map(|(id, (person, fields))| {
            person_access::Model {
                id,
                person_id: *person,
                entry_id: entry.id(),
                at: now,
                account_id: viewer.account_id,
                actor: viewer.actor.clone(),
                role: role.clone(),
                purpose: viewer.purpose.clone(),
                fields: fields.join(","),
            }
            .into_active_model()
        });
        person_access::Entity::insert_many(rows).exec_without_returning(&tx).await?;
    }
    kernel.commit(entry, tx).await
}

/// Commits the entry that the content of a file is handed out, and for what, before any of it leaves.
pub async fn record_download(kernel: &Kernel, viewer: &Viewer, file: i64) -> Result<(), Fault> {
    let _running = kernel.db.running();
    let tx = kernel.db.begin().await?;
    let body = Body { downloads: vec![file], ..Body::default() };
    let entry = write_entry(kernel, viewer, &tx, "READ", DOWNLOAD, 1, None, kernel.clock.now(), &body).await?;
    kernel.commit(entry, tx).await
}
