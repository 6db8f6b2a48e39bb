//! 上门服务 · visits to the beds at home (A2.2a), on the day on which they began.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::eldercare::home_visit::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Exact, Id, Instant, One};
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work, clock};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::{care_worker, home_care_bed};

minzheng_ground::codes! {
    /// 服务类型 · kind of visit.
    VisitKind, VisitKindFilter, "VISIT_KIND" {
        Meal "MEAL" "助餐" "help with meals",
        Cleaning "CLEANING" "助洁" "help with cleaning",
        Walking "WALKING" "助行" "help with walking",
        Bathing "BATHING" "助浴" "help with bathing",
        MedicalHelp "MEDICAL_HELP" "助医" "help with seeing a doctor",
        Rehabilitation "REHABILITATION" "康复" "rehabilitation",
        Nursing "NURSING" "护理" "nursing",
        Treatment "TREATMENT" "诊疗" "diagnosis and treatment",
        Concern "CONCERN" "巡访关爱" "visit of care",
        Other "OTHER" "其他" "other",
    }
}

minzheng_ground::codes! {
    /// 服务状态 · whether a visit is verified.
    VisitState, VisitStateFilter, "VISIT_STATE" {
        Verified "VERIFIED" "已核实" "verified",
        Unverified "UNVERIFIED" "待核实" "to be verified",
        Void "VOID" "作废" "void",
    }
}

/// One visit.
pub type HomeVisit = Row<Entity>;

/// 上门服务 · one visit of a care worker to an elder at home.
pub fn table() -> Table {
    Builder::<Entity>::new("上门服务 · one visit of a care worker to an elder at home.")
        .list("homeVisits", "上门服务列表 · visits in scope.", Column::VisitedOn)
        .id()
        .text(Column::Number, "服务编号 · number.")
        .filter()
        .order()
        .personal_code::<VisitKind>(
            Column::Kind,
            "服务类型 · kind; null when masked, since nursing and treatment tell of health.",
        )
        .filter()
        .instant(Column::StartedAt, "开始时间 · began.")
        .instant(Column::EndedAt, "结束时间 · ended.")
        .personal_decimal(Column::Longitude, "经度 · longitude; null when masked: it is where the elder lives.")
        .personal_decimal(Column::Latitude, "纬度 · latitude; null when masked: it is where the elder lives.")
        .code::<VisitState>(Column::State, "状态 · whether it is verified.")
        .filter()
        .date(Column::VisitedOn, "服务日期 · the day on which it began.")
        .filter()
        .order()
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("bed", "床位 · the bed; null where out of scope.", "HomeCareBed", Column::BedId)
        .one(
            "worker",
            "护理员 · the care worker in the spell of employment; null where out of scope.",
            "CareWorker",
            Column::WorkerId,
        )
        .one("person", "老人 · the elder; null where out of scope.", "Person", Column::PersonId)
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

minzheng_ground::sheet_row! {
    /// One visit as a sheet tells it.
    SheetRow of Model {
        number: need Id => "服务编号",
        bed: need Id => "床位编号" by hand,
        kind: need One<VisitKind> => "服务类型",
        worker: need Id => "护理员证件号码" by hand,
        started_at: need Instant => "开始时间",
        ended_at: need Instant => "结束时间",
        longitude: may Exact => "经度",
        latitude: may Exact => "纬度",
        state: need One<VisitState> => "状态",
    }
}

/// `home-visits`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "home-visits";
    const COMMAND: &'static str = "recordHomeVisit";
    const KEY: &'static [&'static str] = &["服务编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("开始时间", Some(row.started_at)), ("结束时间", Some(row.ended_at))]);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let beds = home_care_bed::by_numbers(work, rows.iter().map(|row| &row.row.bed)).await?;
        let workers = care_worker::by_id_numbers(work, rows.iter().map(|row| &row.row.worker)).await?;
        let mut refused = Taken::default();
        let rows = sift(rows, &mut refused, "床位编号", &beds, |row| Some(&row.bed), home_care_bed::IMPORT_FIRST);
        let rows =
            sift(rows, &mut refused, "护理员证件号码", &workers, |row| Some(&row.worker), care_worker::IMPORT_FIRST);
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.visited_on = clock::local(row.started_at).date_naive();
            if let (Some(bed), Some(spells)) = (beds.get(&row.bed), workers.get(&row.worker)) {
                (model.bed_id, model.person_id) = (bed.id, bed.person_id);
                model.centre.clone_from(&bed.centre);
                model.division.clone_from(&bed.division);
                model.worker_id =
                    care_worker::spell(spells, bed.centre_id, model.visited_on).map_or(0, |spell| spell.id);
            }
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let beds = bed_numbers(kernel, viewer, &models).await?;
        let workers = care_worker::id_numbers_of(kernel, viewer, models.iter().map(|model| model.worker_id)).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let (bed, worker) = (beds.get(&model.bed_id), workers.get(&model.worker_id));
            Ok(SheetRow::told(model, bed.cloned(), worker.cloned()))
        })
    }
}

/// The numbers of the beds of visits that were read in scope.
async fn bed_numbers(kernel: &Kernel, viewer: &Viewer, visits: &[Model]) -> Result<HashMap<i64, String>, Fault> {
    use entity::eldercare::home_care_bed::{Column as Of, Entity as Beds};
    let ids: HashSet<i64> = visits.iter().map(|visit| visit.bed_id).collect();
    let beds = viewer.parts::<Beds>(Of::Id, ids).all(kernel.db.read()).await?;
    Ok(beds.into_iter().map(|bed| (bed.id, bed.number)).collect())
}
