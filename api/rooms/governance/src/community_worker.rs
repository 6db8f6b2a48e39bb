//! 专职社区工作者 · who works for communities: one row a spell of employment (C4.4, D102–D104).

use chrono::NaiveDate;
use entity::governance::community_worker::{Column, Entity, Model};
use minzheng_ground::sheets::check::check_id_number;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Name, One, Place, Text};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_number::{citizen_blind, is_citizen};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 社工证书 · certificate of social work.
    SocialWorkCertificate, SocialWorkCertificateFilter, "SOCIAL_WORK_CERTIFICATE" {
        Assistant "ASSISTANT" "助理" "assistant",
        Intermediate "INTERMEDIATE" "中级" "intermediate",
        Senior "SENIOR" "高级" "senior",
    }
}

/// One spell of employment.
pub type CommunityWorker = Row<Entity>;

/// 专职社区工作者 · somebody employed for a community from a day to a day.
pub fn table() -> Table {
    Builder::<Entity>::new("专职社区工作者 · somebody employed for a community from a day to a day.")
        .list(
            "communityWorkers",
            "专职社区工作者列表 · community workers by spell of employment in scope. \
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
        .division(Column::Division, "区划代码 · for which community.")
        .filter()
        .order()
        .text(Column::Post, "岗位 · post.")
        .filter()
        .date(Column::HiredOn, "入职日期 · first day.")
        .filter()
        .order()
        .date(Column::LeftOn, "离职日期 · first day on which it no longer holds.")
        .filter()
        .code::<SocialWorkCertificate>(Column::Certificate, "社工证书 · certificate of social work.")
        .filter()
        .table()
}

minzheng_ground::sheet_row! {
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
        let blinds: Result<Vec<_>, _> =
            rows.iter().map(|row| citizen_blind(&kernel.keys, &row.row.id_number)).collect();
        let known = known_by::<Entity, _>(work, Column::IdNumberBlind.is_in(blinds?), |row| {
            (district(&row.division), row.id_number_blind.clone(), row.hired_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.id_number.is_empty() {
                model.id_number = kernel.keys.seal(&model.key_salt, "community_worker.id_number", &row.id_number)?;
                model.id_number_blind = citizen_blind(&kernel.keys, &row.id_number)?;
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            (district(&row.division), citizen_blind(&kernel.keys, &row.id_number).unwrap_or_default(), row.hired_on)
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
