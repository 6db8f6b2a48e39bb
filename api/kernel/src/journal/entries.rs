//! The journal as the auditor reads it: newest first, by keyset on the entry's number.

use chrono::{DateTime, Utc};
use entity::kernel::journal_entry::{self, Column};
use entity::kernel::{journal_person, person_access};
use sea_orm::sea_query::{Condition, Query, UnionType};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::db::Db;
use crate::error::Fault;

/// The command's name in an entry that tells who read whose data.
pub const READ: &str = "read";
/// The command's name in an entry that tells who was handed the content of a file.
pub const DOWNLOAD: &str = "download";

/// Which entries are asked for: all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// By this account, as the journal names it.
    pub actor: Option<String>,
    /// That read or changed this person, or a part such as a condition.
    pub person: Option<i64>,
    /// Of this command.
    pub command: Option<String>,
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub to: Option<DateTime<Utc>>,
}

impl EntryFilter {
    fn condition(&self) -> Condition {
        let person = self.person.map(|person| {
            let changed = Query::select()
                .column(journal_person::Column::EntryId)
                .from(journal_person::Entity)
                .and_where(journal_person::Column::PersonId.eq(person))
                .to_owned();
            // As one list: an alternative of two lists would be looked for entry by entry.
            let either = Query::select()
                .column(person_access::Column::EntryId)
                .from(person_access::Entity)
                .and_where(person_access::Column::PersonId.eq(person))
                .union(UnionType::Distinct, changed)
                .to_owned();
            Column::Id.in_subquery(either)
        });
        Condition::all()
            .add_option(self.actor.as_ref().map(|actor| Column::Actor.eq(actor)))
            .add_option(self.command.as_ref().map(|command| Column::Command.eq(command)))
            .add_option(self.from.map(|from| Column::At.gte(from)))
            .add_option(self.to.map(|to| Column::At.lt(to)))
            .add_option(person)
    }
}

impl Db {
    /// Entries older than the one numbered `before`, newest first, at most `limit`; sealed or not.
    pub async fn entries(
        &self,
        filter: &EntryFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<journal_entry::Model>, Fault> {
        let asked = filter.condition().add_option(before.map(|before| Column::Id.lt(before)));
        let select = journal_entry::Entity::find().filter(asked).order_by_desc(Column::Id).limit(limit);
        Ok(select.all(self.read()).await?)
    }

    /// How many entries there are.
    pub async fn count_entries(&self, filter: &EntryFilter) -> Result<u64, Fault> {
        Ok(journal_entry::Entity::find().filter(filter.condition()).count(self.read()).await?)
    }
}
