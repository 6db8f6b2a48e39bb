//! 养老机构 · centres and institutions of care. The public sees a card of each, with no person in it.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::eldercare::care_centre::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::{check_phone, check_uscc, not_negative};
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Exact, Id, One, Place, Text, Whole};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::steps::{Step, state_on};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

minzheng_ground::codes! {
    /// 机构类别 · kind of centre.
    CentreKind, CentreKindFilter, "CENTRE_KIND" {
        HomeCare "HOME_CARE_CENTRE" "居家养老服务中心" "centre of home care",
        Institution "INSTITUTION" "养老机构" "care institution",
        DayCare "DAY_CARE" "日间照料中心" "day-care centre",
        Embedded "EMBEDDED" "嵌入式养老机构" "institution embedded in a neighbourhood",
        RuralHome "RURAL_HOME" "敬老院" "home for the aged",
        Mutual "MUTUAL_AID" "互助幸福院" "house of mutual aid",
        Meals "MEALS" "助餐点" "place of meals",
    }
}

minzheng_ground::codes! {
    /// 机构状态 · state of a centre.
    CentreState, CentreStateFilter, "CENTRE_STATE" {
        Operating "OPERATING" "运营" "operating",
        Suspended "SUSPENDED" "暂停" "suspended",
        Closed "CLOSED" "关闭" "closed",
    }
}

minzheng_ground::codes! {
    /// 医养结合 · how medical care is integrated (A2.2d, A2.2f).
    MedicalIntegration, MedicalIntegrationFilter, "MEDICAL_INTEGRATION" {
        Clinic "INNER_CLINIC" "内设" "own clinic",
        Hospital "HOSPITAL_RUN" "医院办" "run by a hospital",
        Agreement "AGREEMENT" "签约" "by agreement",
    }
}

minzheng_ground::codes! {
    /// 服务能力 · whether a service is offered (B2.1).
    ServiceOffer, ServiceOfferFilter, "SERVICE_OFFER" {
        None "NONE" "无" "none",
        Partly "PARTIAL" "部分" "in part",
        Full "FULL" "有" "offered",
    }
}

minzheng_ground::codes! {
    /// 机构性质 · who owns and who runs it.
    Ownership, OwnershipFilter, "CENTRE_OWNERSHIP" {
        Public "PUBLIC" "公办" "public",
        PublicPrivate "PUBLIC_PRIVATE" "公建民营" "public, privately run",
        Private "PRIVATE" "民办" "private",
    }
}

/// One centre.
pub type CareCentre = Row<Entity>;

/// 养老机构 · a centre or institution. Everybody sees its card; persons and mobile numbers only who answers for it.
pub fn table() -> Table {
    Builder::<Entity>::new(
        "养老机构 · a centre or institution. Everybody sees its card; persons and mobile numbers only \
             who answers for it.",
    )
    .list("careCentres", "养老机构列表 · centres; public.", Column::Number)
    .id()
    .text(Column::Number, "机构编号 · number.")
    .filter()
    .order()
    .text(Column::Name, "名称 · name.")
    .filter()
    .order()
    .code::<CentreKind>(Column::Kind, "类别 · kind.")
    .filter()
    .division(Column::Division, "区划代码 · where it stands.")
    .filter()
    .order()
    .number(Column::Beds, "床位数 · beds.")
    .order()
    .date(Column::StateOn, "状态日期 · since when it is in its last state, as it was given.")
    .named("stateFrom")
    .number(Column::NursingBeds, "护理型床位 · beds for nursing.")
    .number(Column::CarePosts, "编制护理岗位 · posts of care that are to be filled.")
    .code::<MedicalIntegration>(Column::Medical, "医养结合 · how medical care is integrated.")
    .filter()
    .date(Column::AgreementUntil, "签约有效期至 · last day of the medical agreement.")
    .filter()
    .code::<ServiceOffer>(Column::Rehabilitation, "康复服务 · rehabilitation.")
    .filter()
    .code::<ServiceOffer>(Column::Comfort, "心理慰藉 · psychological comfort.")
    .filter()
    .code::<ServiceOffer>(Column::Hospice, "安宁疗护 · hospice care.")
    .filter()
    .code::<Ownership>(Column::Ownership, "性质 · who owns and runs it.")
    .filter()
    .date(Column::FiledOn, "备案日期 · filed with the bureau on.")
    .filter()
    .order()
    .text(Column::Uscc, "统一社会信用代码 · USCC of who runs it.")
    .filter()
    .personal(
        Column::LegalRepresentative,
        "法定代表人 · legal representative; null unless shown in full: the public card has no person \
             in it.",
    )
    .null_when_masked()
    .text(Column::Address, "地址 · address.")
    .decimal(Column::Longitude, "经度 · longitude.")
    .decimal(Column::Latitude, "纬度 · latitude.")
    .personal(Column::Phone, "联系电话 · telephone; a mobile number is somebody's own: null unless shown in full.")
    .null_when_masked()
    .open_where(&[], |_, number| number.text().is_some_and(|number| number.starts_with('0')))
    .code_on_day::<CentreState>(
        "state",
        "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
        |row, on| state_on(&steps(row), on),
    )
    .many("stays", "入住 · who lives and lived here, newest first.", "Stay", ("centre_id", Which::Newest("entered_on")))
    .many(
        "homeCareBeds",
        "家庭养老床位 · beds at home that it serves, newest first.",
        "HomeCareBed",
        ("centre_id", Which::Newest("started_on")),
    )
    .many(
        "inspections",
        "安全检查 · inspections with their hazards, newest first.",
        "Inspection",
        ("centre_id", Which::Newest("inspected_on")),
    )
    .many(
        "workers",
        "护理员 · who works and worked here, newest first.",
        "CareWorker",
        ("centre_id", Which::Newest("hired_on")),
    )
    .filter_only::<CentreStateFilter>("state", "状态 · the state last given", Column::State)
    .table()
}

/// Since when it is what it is.
fn steps(row: &Model) -> Vec<Step> {
    let Some(state) = CentreState::parse(&row.state) else { return Vec::new() };
    minzheng_rules::eldercare::care_centre::steps(state.code(), row.state_on, row.filed_on)
}

minzheng_ground::sheet_row! {
    /// One centre as a sheet tells it.
    SheetRow of Model {
        number: need Id => "机构编号",
        name: need Text => "名称",
        kind: need One<CentreKind> => "类别",
        division: need Place => "区划代码",
        beds: need Whole => "床位数",
        state_now: need One<CentreState> => "状态" in state,
        state_from: may Day => "状态日期" in state_on,
        nursing_beds: may Whole => "护理型床位",
        care_posts: may Whole => "编制护理岗位",
        medical: may One<MedicalIntegration> => "医养结合",
        agreement_until: may Day => "签约有效期至",
        rehabilitation: may One<ServiceOffer> => "康复服务",
        comfort: may One<ServiceOffer> => "心理慰藉",
        hospice: may One<ServiceOffer> => "安宁疗护",
        ownership: may One<Ownership> => "性质",
        filed_on: may Day => "备案日期",
        uscc: may Id => "统一社会信用代码",
        legal_representative: may Text => "法定代表人",
        address: may Text => "地址",
        longitude: may Exact => "经度",
        latitude: may Exact => "纬度",
        phone: may Id => "联系电话" by hand,
    }
}

/// `centres`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "centres";
    const COMMAND: &'static str = "recordCareCentre";
    const KEY: &'static [&'static str] = &["机构编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        check_uscc(row.uscc.as_deref(), fields);
        check_phone(&mut row.phone, fields);
        not_negative(fields, "床位数", Some(row.beds));
        not_negative(fields, "护理型床位", row.nursing_beds);
        not_negative(fields, "编制护理岗位", row.care_posts);
        if row.nursing_beds.is_some_and(|nursing| nursing > row.beds) {
            let text = "护理型床位多于床位数 · more than there are beds";
            fields.refuse(Some("护理型床位"), "TOO_MANY", text, "核对床位数 · check the beds");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            kernel.keys.reseal(&model.key_salt, "care_centre.phone", &mut model.phone, row.phone.as_deref())?;
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let phone = kernel.keys.open_some(&model.key_salt, "care_centre.phone", model.phone.as_deref())?;
            Ok(SheetRow::told(model, phone))
        })
    }
}

/// What to do where a row names a centre that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入养老机构（centres），或核对机构编号 · import the centre first, or check the number";

/// The centres with these numbers that rows of a sheet may name.
pub async fn by_numbers(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Failure> {
    let numbers = numbers.into_iter().cloned();
    let rows = work.within::<Entity>().filter(Column::Number.is_in(numbers)).all(work.tx()).await?;
    Ok(rows.into_iter().map(|row| (row.number.clone(), row)).collect())
}
