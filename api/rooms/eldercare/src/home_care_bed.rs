//! 家庭养老床位 · beds of care at home (SM4). Figure F7 is read from here.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::eldercare::home_care_bed::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, One, Place, YesNo};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_number;
use minzheng_rules::eldercare::machines;
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::care_centre;

minzheng_ground::codes! {
    /// 终止原因 · why a bed was closed.
    BedCloseReason, BedCloseReasonFilter, "BED_CLOSE_REASON" {
        Death "DEATH" "去世" "death",
        Moved "MOVED" "迁出" "moved away",
        Institution "INSTITUTION" "入住机构" "moved into an institution",
        OwnWish "OWN_WISH" "本人意愿" "own wish",
        Quality "QUALITY" "服务质量" "quality of the service",
        Other "OTHER" "其他" "other",
    }
}

minzheng_ground::codes! {
    /// 床位状态 · state of a bed (SM4), as its dates tell.
    BedState, BedStateFilter, "HOME_CARE_BED_STATE" {
        Building "BUILDING" "建床" "being built",
        Accepted "ACCEPTED" "已验收" "accepted",
        InService "IN_SERVICE" "服务中" "in service",
        Closed "CLOSED" "已终止" "closed",
    }
}

/// One bed.
pub type HomeCareBed = Row<Entity>;

/// 家庭养老床位 · a bed of care in an elder's own home, served by a centre.
pub fn table() -> Table {
    Builder::<Entity>::new("家庭养老床位 · a bed of care in an elder's own home, served by a centre.")
        .list("homeCareBeds", "家庭养老床位列表 · beds in scope.", Column::Number)
        .id()
        .text(Column::Number, "床位编号 · number.")
        .filter()
        .order()
        .division(Column::Division, "区划代码 · where it stands.")
        .filter()
        .order()
        .date(Column::StartedOn, "建床启动日期 · building started on; decides F7.")
        .filter()
        .order()
        .date(Column::AcceptedOn, "验收日期 · accepted on.")
        .filter()
        .date(Column::ServedFrom, "服务开始日期 · first day of service.")
        .filter()
        .date(Column::ClosedOn, "终止日期 · first day on which it is closed.")
        .filter()
        .code::<BedCloseReason>(Column::CloseReason, "终止原因 · why it was closed.")
        .filter()
        .flag(Column::Mistaken, "作废 · entered by mistake: it stays on file and counts nowhere.")
        .filter()
        .code_on_day::<BedState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .one("person", "老人 · the elder; null where out of scope.", "Person", Column::PersonId)
        .one("centre", "机构 · the centre that serves it; null where out of scope.", "CareCentre", Column::CentreId)
        .many("visits", "上门服务 · visits, newest first.", "HomeVisit", ("bed_id", Which::Newest("started_at")))
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

/// What its dates tell; one entered by mistake was never anything.
fn steps(row: &Model) -> Vec<Step> {
    if row.mistaken {
        return Vec::new();
    }
    machines::home_care_bed(row.started_on, row.accepted_on, row.served_from, row.closed_on)
}

minzheng_ground::sheet_row! {
    /// One bed as a sheet tells it.
    SheetRow of Model {
        number: need Id => "床位编号",
        person: need Id => "老人证件号码" by hand,
        division: need Place => "区划代码",
        centre: need Id => "机构编号",
        started_on: need Day => "建床启动日期",
        accepted_on: may Day => "验收日期",
        served_from: may Day => "服务开始日期",
        closed_on: may Day => "终止日期",
        close_reason: may One<BedCloseReason> => "终止原因",
        mistaken: need YesNo => "作废",
    }
}

/// `home-beds`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "home-beds";
    const COMMAND: &'static str = "recordHomeCareBed";
    const KEY: &'static [&'static str] = &["床位编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[
            ("建床启动日期", Some(row.started_on)),
            ("验收日期", row.accepted_on),
            ("服务开始日期", row.served_from),
            ("终止日期", row.closed_on),
        ]);
        if row.close_reason.is_some() && row.closed_on.is_none() {
            let text = "有终止原因须填终止日期 · a reason without the day";
            fields.refuse(Some("终止日期"), "REQUIRED", text, "填写终止日期 · give the day");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let centres = care_centre::by_numbers(work, rows.iter().map(|row| &row.row.centre)).await?;
        let mut refused = Taken::default();
        let rows = persons.sift(rows, &mut refused, "老人证件号码", |row| &row.person);
        let rows = sift(rows, &mut refused, "机构编号", &centres, |row| Some(&row.centre), care_centre::IMPORT_FIRST);
        let rows = one_open(work, rows, &persons, &mut refused).await?;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.centre_id = centres.get(&row.centre).map_or(0, |centre| centre.id);
            model.person_id = persons.get(&row.person).map_or(0, |person| person.id);
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (mut taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let persons = person_number::numbers_of(kernel, viewer, models.iter().map(|model| model.person_id)).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            Ok(SheetRow::told(model, persons.get(&model.person_id).cloned()))
        })
    }
}

/// The rows that give nobody a second open bed.
async fn one_open(
    work: &Work<'_>,
    rows: Vec<Numbered<SheetRow>>,
    persons: &HashMap<String, entity::registry::person::Model>,
    refused: &mut Taken,
) -> Result<Vec<Numbered<SheetRow>>, Failure> {
    let ids = persons.values().map(|person| person.id);
    let beds = work.everywhere::<Entity>().filter(Column::PersonId.is_in(ids)).all(work.tx()).await?;
    // Nothing but that it is there is told of a bed elsewhere.
    let (own, far) = work.part_by_reach::<Entity>(beds).await?;
    let is_open = |bed: &Model| bed.closed_on.is_none() && !bed.mistaken;
    let far: HashSet<i64> = far.into_iter().filter(is_open).map(|bed| bed.person_id).collect();
    let mut open: HashMap<i64, String> =
        own.into_iter().filter(is_open).map(|bed| (bed.person_id, bed.number)).collect();
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(person) = persons.get(&row.row.person) else { continue };
        let stays_open = row.row.closed_on.is_none() && !row.row.mistaken;
        if stays_open && far.contains(&person.id) {
            let text = "在外地有未终止的床位 · has an open bed elsewhere";
            let remedy = "由那里先填终止日期 · let the other place close the bed first";
            refused.refuse(row.number, "老人证件号码", &row.row.person, "SECOND_BED", text, remedy);
            continue;
        }
        match open.get(&person.id) {
            Some(other) if *other != row.row.number && stays_open => {
                let text = format!("已有未终止的床位 {other} · has an open bed already: {other}");
                let remedy = "先填上一张床位的终止日期 · close the other bed first";
                refused.refuse(row.number, "老人证件号码", &row.row.person, "SECOND_BED", &text, remedy);
                continue;
            }
            Some(own) if *own == row.row.number && !stays_open => {
                open.remove(&person.id);
            }
            None if stays_open => {
                open.insert(person.id, row.row.number.clone());
            }
            _ => {}
        }
        good.push(row);
    }
    Ok(good)
}

/// What to do where a row names a bed that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入家庭养老床位（home-beds），或核对床位编号 · import the bed first, or check the number";

/// The beds with these numbers that rows of a sheet may name.
pub async fn by_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Failure> {
    let numbers = numbers.into_iter().cloned();
    let rows = work.within::<Entity>().filter(Column::Number.is_in(numbers)).all(work.tx()).await?;
    Ok(rows.into_iter().map(|row| (row.number.clone(), row)).collect())
}
