//! What is told of the database itself, in `setting`: facts carry a MAC each, and their list one of its own, so that none
//! can be changed, added or taken away. The others are counters, which are checked by what they count.

use std::collections::BTreeMap;

use entity::kernel::setting::{Column, Entity, Model};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::Sealer;
use crate::error::Fault;

/// Where the list of facts stands.
const LIST: &str = "facts";
/// The next number of a row, on SQLite.
pub(super) const NEXT_ID: &str = "next_id";
/// Counters: not facts.
const COUNTERS: &[&str] = &[NEXT_ID, "figures_position", "figures_changed"];
/// What every database has.
const ALWAYS: &[&str] = &["keys", NEXT_ID, "figures_position"];

/// The MACs of the facts.
#[derive(Default, Serialize, Deserialize)]
struct List {
    facts: BTreeMap<String, String>,
    mac: String,
}

impl List {
    /// What the list's own MAC is over.
    fn message(&self) -> Vec<u8> {
        format!("facts {:?}", self.facts).into_bytes()
    }
}

fn message(name: &str, value: &str) -> Vec<u8> {
    format!("fact {:?}", (name, value)).into_bytes()
}

impl Sealer {
    fn is_fact(&self, list: &List, name: &str, value: &str) -> bool {
        let mac = list.facts.get(name).and_then(|mac| hex::decode(mac).ok());
        mac.is_some_and(|mac| self.signer().is_mac(&message(name, value), &mac))
    }

    /// A fact about the database, where there is one that this program wrote.
    pub async fn fact<C: ConnectionTrait>(&self, on: &C, name: &str) -> Result<Option<String>, Fault> {
        let rows = Entity::find().filter(Column::Name.is_in([LIST, name])).all(on).await?;
        let value = |name: &str| rows.iter().find(|row| row.name == name).map(|row| row.value.as_str());
        let list: List = value(LIST).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Ok(value(name).filter(|value| self.is_fact(&list, name, value)).map(str::to_owned))
    }

    /// Writes facts into `setting`, in place of those of the same name.
    pub async fn keep_facts(&self, facts: &[(&str, &str)]) -> Result<(), Fault> {
        self.keep(facts, true).await
    }

    /// Writes a fact into `setting`, if there is none of the same name.
    pub(crate) async fn keep_first(&self, name: &str, value: &str) -> Result<(), Fault> {
        self.keep(&[(name, value)], false).await
    }

    async fn keep(&self, facts: &[(&str, &str)], replace: bool) -> Result<(), Fault> {
        let tx = self.db.begin().await?;
        if !self.db.is_sqlite() {
            // One list, one writer.
            self.db.execute(&tx, "LOCK TABLE setting IN SHARE ROW EXCLUSIVE MODE", vec![]).await?;
        }
        let mut facts = facts.to_vec();
        if !replace {
            let names = facts.iter().map(|(name, _)| *name);
            let there = Entity::find().filter(Column::Name.is_in(names)).all(&tx).await?;
            facts.retain(|(name, _)| there.iter().all(|row| row.name != *name));
        }
        let kept = Entity::find_by_id(LIST).one(&tx).await?;
        let mut list: List = kept.and_then(|row| serde_json::from_str(&row.value).ok()).unwrap_or_default();
        for (name, value) in &facts {
            list.facts.insert((*name).to_owned(), hex::encode(self.signer().mac(&message(name, value))));
        }
        list.mac = hex::encode(self.signer().mac(&list.message()));
        let text = serde_json::to_string(&list)?;
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
        for (name, value) in facts.iter().chain(&[(LIST, text.as_str())]) {
            self.db.execute(&tx, sql, vec![(*name).into(), (*value).into()]).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Takes over the facts of a database of before there were MACs of them.
    pub(super) async fn take_over_facts(&self) -> Result<(), Fault> {
        let rows = Entity::find().filter(Column::Name.is_not_in(COUNTERS.iter().copied())).all(self.db.admin()).await?;
        let facts: Vec<_> = rows.iter().filter(|row| row.name != LIST).collect();
        self.keep_facts(&facts.iter().map(|row| (row.name.as_str(), row.value.as_str())).collect::<Vec<_>>()).await
    }

    /// What is not as it was written; the counters, beside.
    pub(super) async fn check_facts(
        &self,
        tx: &DatabaseTransaction,
    ) -> Result<(Vec<String>, BTreeMap<String, Option<i64>>), Fault> {
        let rows = Entity::find().all(tx).await?;
        let value = |name: &str| rows.iter().find(|row| row.name == name).map(|row| row.value.as_str());
        let mut wrong = Vec::new();
        let list: Option<List> = value(LIST).and_then(|text| serde_json::from_str(text).ok());
        let whole = |list: &List| hex::decode(&list.mac).is_ok_and(|mac| self.signer().is_mac(&list.message(), &mac));
        if !list.as_ref().is_some_and(whole) {
            wrong.push("the list of facts about the database is not the one that was written".to_owned());
        }
        let list = list.unwrap_or_default();
        let mut counters = BTreeMap::new();
        for Model { name, value } in &rows {
            if COUNTERS.contains(&name.as_str()) {
                counters.insert(name.clone(), value.parse().ok());
            } else if name != LIST && !self.is_fact(&list, name, value) {
                wrong.push(format!("setting {name} is not what was written"));
            }
        }
        let always = ALWAYS.iter().copied().chain(list.facts.keys().map(String::as_str));
        let missing: std::collections::BTreeSet<&str> = always.filter(|name| value(name).is_none()).collect();
        wrong.extend(missing.into_iter().map(|name| format!("setting {name} was removed")));
        Ok((wrong, counters))
    }
}
