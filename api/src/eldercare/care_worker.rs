//! 护理员 · who works in centres: one row a spell of employment, with certificate and training (B2.2–B2.4).

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::eldercare::care_worker::{Column, Entity, Model};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, PageInput, Viewer, Work};
use minzheng_rules::eldercare::certificate;
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::care_centre::{self, CareCentre};
use super::home_visit::HomeVisit;
use crate::exchange::check::{check_id_number, not_negative};
use crate::exchange::row::{Day, Id, Name, One, Text, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, sift, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::{Answer, fault};
use crate::graphql::list::{Asked, Connection, DateFilter, Direction, DivisionFilter, NumberFilter, TextFilter, list};
use crate::graphql::load::{by_id, newest};
use crate::graphql::personal::{PersonalKind, own, own_name, own_sealed, personal};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::graphql::{global_id, state, viewer};
use crate::registry::{person, person_number};
use crate::{listing, node};

crate::codes! {
    /// 岗位 · post in a centre.
    CarePost, CarePostFilter, "CARE_POST" {
        Care "CARE" "护理" "care",
        Management "MANAGEMENT" "管理" "management",
        Medical "MEDICAL" "医护" "doctors and nurses",
        Logistics "LOGISTICS" "后勤" "logistics",
    }
}

crate::codes! {
    /// 考核结果 · result of the training's exam.
    ExamResult, ExamResultFilter, "EXAM_RESULT" {
        Passed "PASSED" "合格" "passed",
        Failed "FAILED" "不合格" "failed",
    }
}

node! {
    /// One spell of employment.
    CareWorker, Entity
}

/// 护理员 · somebody employed in a centre from a day to a day.
#[Object(name_type)]
impl CareWorker {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("CareWorker", self.0.model.id)
    }

    /// 证件号码 · ID number; masked: first 3 and last 2
    #[graphql(directive = personal::apply(PersonalKind::Id))]
    fn id_number(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let names = ("CareWorker.idNumber", "care_worker.id_number");
        own_sealed(context, &self.0, names, Some(&self.0.model.id_number), mask::id_number)
    }

    /// 姓名 · name; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn name(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "CareWorker.name", Some(&self.0.model.name))
    }

    /// 岗位 · post.
    fn post(&self) -> Option<CarePost> {
        CarePost::parse(&self.0.model.post)
    }

    /// 入职日期 · first day.
    fn hired_on(&self) -> Date {
        Date(self.0.model.hired_on)
    }

    /// 离职日期 · first day on which it no longer holds.
    fn left_on(&self) -> Option<Date> {
        self.0.model.left_on.map(Date)
    }

    /// 离职原因 · why it ended; null when masked.
    #[graphql(directive = personal::apply(PersonalKind::Case))]
    fn leave_reason(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own(context, &self.0, "CareWorker.leaveReason", |worker| worker.leave_reason.clone())
    }

    /// 证书等级 · certificate of care: 5 (五级, the lowest) to 1.
    fn certificate_level(&self) -> Option<i32> {
        self.0.model.certificate_level
    }

    /// 证书编号 · number of the certificate; null when masked: registers are searched by it.
    #[graphql(directive = personal::apply(PersonalKind::Id))]
    fn certificate_number(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own(context, &self.0, "CareWorker.certificateNumber", |worker| worker.certificate_number.clone())
    }

    /// 证书有效期至 · last day of the certificate.
    fn certificate_until(&self) -> Option<Date> {
        self.0.model.certificate_until.map(Date)
    }

    /// 培训年度 · year of the last training.
    fn training_year(&self) -> Option<i32> {
        self.0.model.training_year
    }

    /// 培训学时 · hours of it.
    fn training_hours(&self) -> Option<i32> {
        self.0.model.training_hours.map(count)
    }

    /// 考核结果 · result of its exam.
    fn exam(&self) -> Option<ExamResult> {
        self.0.model.exam.as_deref().and_then(ExamResult::parse)
    }

    /// 是否在岗 · whether the spell covers a day; left out: the business date.
    fn employed(&self, context: &Context<'_>, on: Option<Date>) -> Answer<bool> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(certificate::employed(self.0.model.hired_on, self.0.model.left_on, on))
    }

    /// 是否持证 · whether a certificate holds on a day (D75); left out: the business date.
    fn certified(&self, context: &Context<'_>, on: Option<Date>) -> Answer<bool> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(certificate::certified(self.0.model.certificate_level, self.0.model.certificate_until, on))
    }

    /// 区划代码 · division.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 机构 · the centre; null where out of scope.
    async fn centre(&self, context: &Context<'_>) -> Answer<Option<CareCentre>> {
        by_id(context, self.0.model.centre_id).await
    }

    /// 上门服务 · visits, newest first.
    async fn visits(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<HomeVisit>> {
        use entity::eldercare::home_visit::Column as Of;
        newest(context, Of::WorkerId, self.0.model.id, Of::StartedAt, first).await
    }
}

listing! {
    Entity, Column;
    filter CareWorkerWhere {
        /// 岗位
        post: CarePostFilter = Post,
        /// 入职日期
        hired_on: DateFilter = HiredOn,
        /// 离职日期
        left_on: DateFilter = LeftOn,
        /// 证书等级
        certificate_level: NumberFilter = CertificateLevel,
        /// 证书有效期至
        certificate_until: DateFilter = CertificateUntil,
        /// 培训年度
        training_year: NumberFilter = TrainingYear,
        /// 考核结果
        exam: ExamResultFilter = Exam,
        /// 机构编号
        centre: TextFilter = Centre,
        /// 区划
        division: DivisionFilter = Division,
    }
    order CareWorkerOrder {
        /// 入职日期
        HiredOn = HiredOn,
    }
}

/// The fields of the root.
#[derive(Default)]
pub struct CareWorkerQuery;

#[Object]
impl CareWorkerQuery {
    /// 护理员列表 · care workers by spell of employment in scope. Exact search by ID number asks for the full view.
    #[allow(clippy::too_many_arguments)]
    async fn care_workers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "证件号码 · exact")] id_number: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(name = "where")] filter: Option<Box<CareWorkerWhere>>,
        order_by: Option<CareWorkerOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<CareWorker>> {
        let page = PageInput { first, after, last, before };
        let ordered = (order_by.unwrap_or(CareWorkerOrder::HiredOn), direction);
        let mut asked = Asked::default();
        let blind = match &id_number {
            Some(number) => {
                asked.by::<Entity>(viewer(context)?, "idNumber").map_err(|e| fault(context, e))?;
                let number = person_number::normal_number(number);
                Some(id_blind(&state(context)?.kernel.keys, &number).map_err(|e| fault(context, e))?)
            }
            None => None,
        };
        list(context, asked, filter, ordered, &page, |select| match blind {
            Some(blind) => select.filter(Column::IdNumberBlind.eq(blind)),
            None => select,
        })
        .await
    }
}

crate::sheet_row! {
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
        let blinds: Result<Vec<_>, _> = rows.iter().map(|row| id_blind(&kernel.keys, &row.row.id_number)).collect();
        let known = known_by::<Entity, _>(work, Column::IdNumberBlind.is_in(blinds?), |row| {
            (row.id_number_blind.clone(), row.centre_id, row.hired_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.id_number.is_empty() {
                model.id_number = kernel.keys.seal(&model.key_salt, "care_worker.id_number", &row.id_number)?;
                model.id_number_blind = id_blind(&kernel.keys, &row.id_number)?;
            }
            if let Some(centre) = centres.get(&row.centre) {
                model.centre_id = centre.id;
                model.division.clone_from(&centre.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            let centre = centres.get(&row.centre).map_or(0, |centre| centre.id);
            (id_blind(&kernel.keys, &row.id_number).unwrap_or_default(), centre, row.hired_on)
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

/// The digest by which a worker's number is found; the same as that of a registered person.
fn id_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    person_number::blind(keys, person::IdKind::CitizenId.code(), number)
}

/// The spells of employment of who has these ID numbers, wherever they are.
pub async fn by_id_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Vec<Model>>, Failure> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        wanted.insert(id_blind(&work.kernel.keys, &person_number::normal_number(number))?, number.clone());
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
