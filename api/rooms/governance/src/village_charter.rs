//! 村规民约（居民公约） · charters of villages and communities (SM10). A later one of the same division, whatever its kind, ends the
//! earlier on the day it begins. Figures F12 and D106 are read from here.

use std::collections::HashSet;

use chrono::NaiveDate;
use entity::governance::village_charter::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::row::{Day, One, Place, Text, YesNo};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::governance::charter;
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

minzheng_ground::codes! {
    /// 公约种类 · kind of charter.
    CharterKind, CharterKindFilter, "CHARTER_KIND" {
        Village "VILLAGE" "村规民约" "village charter",
        Residents "RESIDENTS" "居民公约" "residents' convention",
    }
}

minzheng_ground::codes! {
    /// 公约状态 · state of a charter (SM10), as its dates tell.
    CharterState, CharterStateFilter, "CHARTER_STATE" {
        Voted "VOTED" "已表决" "voted",
        Filed "FILED" "已备案" "filed",
        Effective "EFFECTIVE" "生效" "effective",
        Superseded "SUPERSEDED" "被取代" "superseded by a later one",
        Revoked "REVOKED" "失效" "revoked",
    }
}

/// One charter.
pub type VillageCharter = Row<Entity>;

/// 村规民约（居民公约） · a charter; public.
pub fn table() -> Table {
    Builder::<Entity>::new("村规民约（居民公约） · a charter; public.")
        .list("villageCharters", "村规民约列表 · charters; public.", Column::Division)
        .id()
        .division(Column::Division, "区划代码 · of which village or community.")
        .filter()
        .order()
        .code::<CharterKind>(Column::Kind, "种类 · kind.")
        .filter()
        .text(Column::Name, "名称 · name.")
        .filter()
        .date(Column::EffectiveFrom, "生效日期 · first day.")
        .filter()
        .order()
        .date(Column::VotedOn, "表决日期 · voted on.")
        .filter()
        .date(Column::FiledOn, "备案日期 · filed with the town on.")
        .filter()
        .date(Column::EndedOn, "失效日期 · first day on which it no longer holds, as it was given.")
        .flag(Column::Customs, "含移风易俗条款 · has clauses on the reform of customs.")
        .filter()
        .code_on_day::<CharterState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .date(
            Column::EffectiveUntil,
            "实际失效日期 · first day on which it no longer holds: as it was given, or when a later charter \
             began.",
        )
        .filter()
        .table()
}

/// What its dates tell.
fn steps(row: &Model) -> Vec<Step> {
    charter::steps(row.voted_on, row.filed_on, row.effective_from, row.ended_on, row.effective_until)
}

/// A charter ends as it was given, or on the day on which the next of its division begins.
async fn chain(work: &mut Work<'_>, divisions: HashSet<String>) -> Result<(), Failure> {
    let mut charters = work.within::<Entity>().filter(Column::Division.is_in(divisions)).all(work.tx()).await?;
    charters.sort_by(|a, b| (&a.division, a.effective_from, a.id).cmp(&(&b.division, b.effective_from, b.id)));
    let mut rows = Vec::with_capacity(charters.len());
    for (at, own) in charters.iter().enumerate() {
        let later = charters.iter().skip(at + 1).take_while(|other| other.division == own.division);
        let next = later.map(|other| other.effective_from).find(|from| *from > own.effective_from);
        let until = own.ended_on.into_iter().chain(next).min();
        let mut row = own.clone();
        if row.effective_until != until {
            let checked = work.checked::<Entity>(row);
            row = work.update::<Entity>(checked, |model| model.effective_until = until).await?;
        }
        rows.push((row.id, steps(&row)));
    }
    restate::<Entity>(work, Sheet::COMMAND, rows).await
}

minzheng_ground::sheet_row! {
    /// One charter as a sheet tells it.
    SheetRow of Model {
        division: need Place => "区划代码",
        kind: need One<CharterKind> => "种类",
        name: need Text => "名称",
        effective_from: need Day => "生效日期",
        voted_on: may Day => "表决日期",
        filed_on: may Day => "备案日期",
        ended_on: may Day => "失效日期",
        customs: need YesNo => "含移风易俗条款",
    }
}

/// `charters`: matched by division, kind and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "charters";
    const COMMAND: &'static str = "recordVillageCharter";
    const KEY: &'static [&'static str] = &["区划代码", "种类", "生效日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[
            ("表决日期", row.voted_on),
            ("备案日期", row.filed_on),
            ("生效日期", Some(row.effective_from)),
            ("失效日期", row.ended_on),
        ]);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let divisions = rows.iter().map(|row| row.row.division.clone()).collect();
        let places = rows.iter().map(|row| row.row.division.clone());
        let known = known_by::<Entity, _>(work, Column::Division.is_in(places), |row| {
            (row.division.clone(), row.kind.clone(), row.effective_from)
        })
        .await?;
        let key = |row: &SheetRow| (row.division.clone(), row.kind.code().to_owned(), row.effective_from);
        let (taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, SheetRow::write).await?;
        chain(work, divisions).await?;
        Ok(taken)
    }
}
