//! 专职社区工作者 · who works for communities: one row a spell of employment (C4.4, D102–D104).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::governance::community_worker::{Column, Entity, Model};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, PageInput, Viewer, Work};
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::exchange::check::check_id_number;
use crate::exchange::row::{Day, Id, Name, One, Place, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::{Answer, fault};
use crate::graphql::list::{Asked, Connection, DateFilter, Direction, DivisionFilter, TextFilter, list};
use crate::graphql::personal::{PersonalKind, own_name, own_sealed, personal};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, state, viewer};
use crate::registry::{person, person_number};
use crate::{listing, node};

crate::codes! {
    /// 社工证书 · certificate of social work.
    SocialWorkCertificate, SocialWorkCertificateFilter, "SOCIAL_WORK_CERTIFICATE" {
        Assistant "ASSISTANT" "助理" "assistant",
        Intermediate "INTERMEDIATE" "中级" "intermediate",
        Senior "SENIOR" "高级" "senior",
    }
}

node! {
    /// One spell of employment.
    CommunityWorker, Entity
}

/// 专职社区工作者 · somebody employed for a community from a day to a day.
#[Object(name_type)]
impl CommunityWorker {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("CommunityWorker", self.0.model.id)
    }

    /// 证件号码 · ID number; masked: first 3 and last 2
    #[graphql(directive = personal::apply(PersonalKind::Id))]
    fn id_number(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let names = ("CommunityWorker.idNumber", "community_worker.id_number");
        own_sealed(context, &self.0, names, Some(&self.0.model.id_number), mask::id_number)
    }

    /// 姓名 · name; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn name(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "CommunityWorker.name", Some(&self.0.model.name))
    }

    /// 区划代码 · for which community.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 岗位 · post.
    fn post(&self) -> &str {
        &self.0.model.post
    }

    /// 入职日期 · first day.
    fn hired_on(&self) -> Date {
        Date(self.0.model.hired_on)
    }

    /// 离职日期 · first day on which it no longer holds.
    fn left_on(&self) -> Option<Date> {
        self.0.model.left_on.map(Date)
    }

    /// 社工证书 · certificate of social work.
    fn certificate(&self) -> Option<SocialWorkCertificate> {
        self.0.model.certificate.as_deref().and_then(SocialWorkCertificate::parse)
    }
}

listing! {
    Entity, Column;
    filter CommunityWorkerWhere {
        /// 区划代码
        division: DivisionFilter = Division,
        /// 岗位
        post: TextFilter = Post,
        /// 入职日期
        hired_on: DateFilter = HiredOn,
        /// 离职日期
        left_on: DateFilter = LeftOn,
        /// 社工证书
        certificate: SocialWorkCertificateFilter = Certificate,
    }
    order CommunityWorkerOrder {
        /// 区划代码
        Division = Division,
        /// 入职日期
        HiredOn = HiredOn,
    }
}

/// The fields of the root.
#[derive(Default)]
pub struct CommunityWorkerQuery;

#[Object]
impl CommunityWorkerQuery {
    /// 专职社区工作者列表 · community workers by spell of employment in scope. Exact search by ID number asks for the full view.
    #[allow(clippy::too_many_arguments)]
    async fn community_workers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "证件号码 · exact")] id_number: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(name = "where")] filter: Option<Box<CommunityWorkerWhere>>,
        order_by: Option<CommunityWorkerOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<CommunityWorker>> {
        let page = PageInput { first, after, last, before };
        let ordered = (order_by.unwrap_or(CommunityWorkerOrder::HiredOn), direction);
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
        division: need Place => "区划代码",
        post: need Text => "岗位",
        hired_on: need Day => "入职日期",
        left_on: may Day => "离职日期",
        certificate: may One<SocialWorkCertificate> => "社工证书",
    }
}

/// The district of a division: there somebody is hired once a day. Of who works in another it is not told.
fn district(division: &str) -> String {
    division.get(..6).unwrap_or(division).to_owned()
}

/// `community-workers`: matched by ID number and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "community-workers";
    const COMMAND: &'static str = "recordCommunityWorker";
    const KEY: &'static [&'static str] = &["证件号码", "入职日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        check_id_number(&mut row.id_number, today, fields);
        fields.in_order(&[("入职日期", Some(row.hired_on)), ("离职日期", row.left_on)]);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let blinds: Result<Vec<_>, _> = rows.iter().map(|row| id_blind(&kernel.keys, &row.row.id_number)).collect();
        let known = known_by::<Entity, _>(work, Column::IdNumberBlind.is_in(blinds?), |row| {
            (district(&row.division), row.id_number_blind.clone(), row.hired_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.id_number.is_empty() {
                model.id_number = kernel.keys.seal(&model.key_salt, "community_worker.id_number", &row.id_number)?;
                model.id_number_blind = id_blind(&kernel.keys, &row.id_number)?;
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            (district(&row.division), id_blind(&kernel.keys, &row.id_number).unwrap_or_default(), row.hired_on)
        };
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, write).await?.0)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let number = kernel.keys.open(&model.key_salt, "community_worker.id_number", &model.id_number)?;
            Ok(SheetRow::told(model, Some(number)))
        })
    }
}

/// The digest by which a worker's number is found; the same as that of a registered person.
fn id_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    person_number::blind(keys, person::IdKind::CitizenId.code(), number)
}
