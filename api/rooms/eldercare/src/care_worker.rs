//! 护理员 · who works in centres: one row a spell of employment, with certificate and training (B2.2–B2.4).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::eldercare::care_worker::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::check::{check_id_number, not_negative};
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Name, One, Text, Whole};
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_number::{citizen_blind, is_citizen};
use minzheng_rules::eldercare::certificate;
use minzheng_rules::identifiers::normal_number;
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::care_centre;

minzheng_ground::codes! {
    /// 岗位 · post in a centre.
    CarePost, CarePostFilter, "CARE_POST" {
        Care "CARE" "护理" "care",
        Management "MANAGEMENT" "管理" "management",
        Medical "MEDICAL" "医护" "doctors and nurses",
        Logistics "LOGISTICS" "后勤" "logistics",
    }
}

minzheng_ground::codes! {
    /// 考核结果 · result of the training's exam.
    ExamResult, ExamResultFilter, "EXAM_RESULT" {
        Passed "PASSED" "合格" "passed",
        Failed "FAILED" "不合格" "failed",
    }
}

/// One spell of employment.
pub type CareWorker = Row<Entity>;

/// 护理员 · somebody employed in a centre from a day to a day.
pub fn table() -> Table {
    Builder::<Entity>::new("护理员 · somebody employed in a centre from a day to a day.")
        .list(
            "careWorkers",
            "护理员列表 · care workers by spell of employment in scope. \
             Exact search by ID number asks for the full view.",
            Column::HiredOn,
        )
        .asked_by::<String>("idNumber", "证件号码 · exact", true, |reading, number| {
            is_citizen(reading, Column::IdNumberBlind, &number)
        })
        .id()
        .personal(Column::IdNumber, "证件号码 · ID number; masked: first 3 and last 2")
        .or_null()
        .personal(Column::Name, "姓名 · name; masked: first and last sign")
        .or_null()
        .code::<CarePost>(Column::Post, "岗位 · post.")
        .filter()
        .date(Column::HiredOn, "入职日期 · first day.")
        .filter()
        .order()
        .date(Column::LeftOn, "离职日期 · first day on which it no longer holds.")
        .filter()
        .personal(Column::LeaveReason, "离职原因 · why it ended; null when masked.")
        .number(Column::CertificateLevel, "证书等级 · certificate of care: 5 (五级, the lowest) to 1.")
        .filter()
        .personal(
            Column::CertificateNumber,
            "证书编号 · number of the certificate; null when masked: registers are searched by it.",
        )
        .null_when_masked()
        .date(Column::CertificateUntil, "证书有效期至 · last day of the certificate.")
        .filter()
        .number(Column::TrainingYear, "培训年度 · year of the last training.")
        .filter()
        .number(Column::TrainingHours, "培训学时 · hours of it.")
        .code::<ExamResult>(Column::Exam, "考核结果 · result of its exam.")
        .filter()
        .on_day::<bool>(
            "employed",
            "是否在岗 · whether the spell covers a day; left out: the business date.",
            |row, on, json| json.flag(certificate::employed(row.hired_on, row.left_on, on)),
        )
        .on_day::<bool>(
            "certified",
            "是否持证 · whether a certificate holds on a day (D75); left out: the business date.",
            |row, on, json| json.flag(certificate::certified(row.certificate_level, row.certificate_until, on)),
        )
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("centre", "机构 · the centre; null where out of scope.", "CareCentre", Column::CentreId)
        .many("visits", "上门服务 · visits, newest first.", "HomeVisit", ("worker_id", Which::Newest("started_at")))
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

minzheng_ground::sheet_row! {
    /// One spell as a sheet tells it.
    SheetRow of Model {
        id_number: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码"] by hand,
        name: need Name => "姓名",
        centre: need Id => "机构编号",
        post: need One<CarePost> => "岗位",
        hired_on: need Day => "入职日期",
        left_on: may Day => "离职日期",
        leave_reason: may Text => "离职原因",
        certificate_level: may Whole => "证书等级",
        certificate_number: may Id => "证书编号",
        certificate_until: may Day => "证书有效期至",
        training_year: may Whole => "培训年度",
        training_hours: may Whole => "培训学时",
        exam: may One<ExamResult> => "考核结果",
    }
}

/// `care-workers`: matched by ID number, centre and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "care-workers";
    const COMMAND: &'static str = "recordCareWorker";
    const KEY: &'static [&'static str] = &["证件号码", "机构编号", "入职日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        check_id_number(&mut row.id_number, today, fields);
        fields.in_order(&[("入职日期", Some(row.hired_on)), ("离职日期", row.left_on)]);
        if row.certificate_level.is_some_and(|level| !certificate::LEVELS.contains(&level)) {
            let text = "证书等级为 1 至 5 · the level is 1 to 5";
            fields.refuse(
                Some("证书等级"),
                "LEVEL",
                text,
                "五级（初级工）填 5，一级（高级技师）填 1 · 5 is the lowest",
            );
        }
        not_negative(fields, "培训学时", row.training_hours);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let centres = care_centre::by_numbers(work, rows.iter().map(|row| &row.row.centre)).await?;
        let mut refused = Taken::default();
        let rows = sift(rows, &mut refused, "机构编号", &centres, |row| Some(&row.centre), care_centre::IMPORT_FIRST);
        let blinds: Result<Vec<_>, _> =
            rows.iter().map(|row| citizen_blind(&kernel.keys, &row.row.id_number)).collect();
        let known = known_by::<Entity, _>(work, Column::IdNumberBlind.is_in(blinds?), |row| {
            (row.id_number_blind.clone(), row.centre_id, row.hired_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.id_number.is_empty() {
                model.id_number = kernel.keys.seal(&model.key_salt, "care_worker.id_number", &row.id_number)?;
                model.id_number_blind = citizen_blind(&kernel.keys, &row.id_number)?;
            }
            if let Some(centre) = centres.get(&row.centre) {
                model.centre_id = centre.id;
                model.division.clone_from(&centre.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            let centre = centres.get(&row.centre).map_or(0, |centre| centre.id);
            (citizen_blind(&kernel.keys, &row.id_number).unwrap_or_default(), centre, row.hired_on)
        };
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let number = kernel.keys.open(&model.key_salt, "care_worker.id_number", &model.id_number)?;
            Ok(SheetRow::told(model, Some(number)))
        })
    }
}

/// What to do where a row names a care worker that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入护理员（care-workers），或核对证件号码 · import the care worker first, or check the number";

/// The spells of employment of who has these ID numbers, wherever they are.
pub async fn by_id_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Vec<Model>>, Failure> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        wanted.insert(citizen_blind(&work.kernel.keys, &normal_number(number))?, number.clone());
    }
    let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
    let rows = work.within::<Entity>().filter(Column::IdNumberBlind.is_in(blinds)).all(work.tx()).await?;
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows {
        if let Some(number) = wanted.get(&row.id_number_blind) {
            found.entry(number.clone()).or_default().push(row);
        }
    }
    Ok(found)
}

/// The spell that a visit on a day belongs to: in the centre on that day, else one on that day, else the latest.
pub fn spell(spells: &[Model], centre_id: i64, on: NaiveDate) -> Option<&Model> {
    spells.iter().max_by_key(|spell| {
        let then = certificate::employed(spell.hired_on, spell.left_on, on);
        (then && spell.centre_id == centre_id, then, spell.hired_on, spell.id)
    })
}

/// The ID numbers of workers, for rows that name them; that they were read is noted.
pub async fn id_numbers_of(
    kernel: &Kernel,
    viewer: &Viewer,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, Fault> {
    let ids: HashSet<i64> = ids.into_iter().collect();
    let rows = viewer.parts::<Entity>(Column::Id, ids).all(kernel.db.read()).await?;
    let mut numbers = HashMap::with_capacity(rows.len());
    for row in rows {
        viewer.note::<Entity>(&row, "export");
        numbers.insert(row.id, kernel.keys.open(&row.key_salt, "care_worker.id_number", &row.id_number)?);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{CarePost, ExamResult, SheetRow as WorkerRow};

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2023, 5, day).unwrap()
    }

    fn worker() -> WorkerRow {
        WorkerRow {
            id_number: "430102197001010011".to_owned(),
            name: "刘敏".to_owned(),
            centre: "C-1".to_owned(),
            post: CarePost::Care,
            hired_on: day(1),
            left_on: None,
            leave_reason: None,
            certificate_level: Some(3),
            certificate_number: None,
            certificate_until: Some(day(2)),
            training_year: Some(2023),
            training_hours: Some(40),
            exam: Some(ExamResult::Passed),
        }
    }

    #[test]
    fn a_row_is_said_into_a_record_but_for_what_is_done_by_hand() {
        let mut model = entity::eldercare::care_worker::Model::default();
        worker().keep(&mut model);
        assert_eq!((model.id_number.len(), model.name.as_str(), model.centre.as_str()), (0, "刘敏", "C-1"));
        assert_eq!((model.post.as_str(), model.exam.as_deref()), ("CARE", Some("PASSED")));
        assert_eq!((model.hired_on, model.left_on, model.certificate_until), (day(1), None, Some(day(2))));
        assert_eq!((model.certificate_level, model.training_hours), (Some(3), Some(40)));
        assert_eq!(model.training_year, Some(2023));

        let given = Some("430102197001010011".to_owned());
        assert_eq!(WorkerRow::told(&model, given), Some(worker()));
    }

    #[test]
    fn what_a_row_leaves_out_is_emptied() {
        let mut model = entity::eldercare::care_worker::Model::default();
        worker().keep(&mut model);
        WorkerRow { exam: None, certificate_level: None, ..worker() }.keep(&mut model);
        assert_eq!((model.exam, model.certificate_level), (None, None));
    }

    #[test]
    fn no_row_is_told_where_a_cell_that_must_be_filled_is_not() {
        let mut model = entity::eldercare::care_worker::Model::default();
        worker().keep(&mut model);
        let given = || Some("430102197001010011".to_owned());
        assert_eq!(WorkerRow::told(&model, None), None, "nothing is given");
        model.exam = Some("GONE".to_owned());
        assert_eq!(WorkerRow::told(&model, given()).unwrap().exam, None, "a cell that may be empty");
        model.post = "GONE".to_owned();
        assert_eq!(WorkerRow::told(&model, given()), None, "a code that is in its list no more");
    }
}
