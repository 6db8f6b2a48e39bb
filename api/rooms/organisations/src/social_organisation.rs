//! 社会组织 · associations, non-profit service units and foundations registered with the bureau (§2.6).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::organisations::social_organisation::{Column, Entity, Model};
use minzheng_ground::error::asked_wrong;
use minzheng_ground::sheets::check::{check_phone, check_uscc, not_negative};
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text, Whole};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::table::FieldArgument;
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::organisations::annual_inspection as rule;
use minzheng_sheet::Fields;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

minzheng_ground::codes! {
    /// 社会组织类别 · kind of organisation.
    OrganisationKind, OrganisationKindFilter, "ORGANISATION_KIND" {
        Association "ASSOCIATION" "社会团体" "association",
        ServiceUnit "SERVICE_UNIT" "民办非企业单位" "non-profit service unit",
        Foundation "FOUNDATION" "基金会" "foundation",
    }
}

/// One organisation.
pub type SocialOrganisation = Row<Entity>;

/// 社会组织 · an association, a non-profit service unit or a foundation.
pub fn table() -> Table {
    Builder::<Entity>::new("社会组织 · an association, a non-profit service unit or a foundation.")
        .list("socialOrganisations", "社会组织列表 · organisations in scope.", Column::Uscc)
        .id()
        .text(Column::Uscc, "统一社会信用代码 · USCC.")
        .filter()
        .order()
        .text(Column::Name, "名称 · name.")
        .filter()
        .order()
        .code::<OrganisationKind>(Column::Kind, "类别 · kind.")
        .filter()
        .division(Column::Division, "区划代码 · where it has its seat.")
        .filter()
        .order()
        .date(Column::RegisteredOn, "登记日期 · registered on.")
        .filter()
        .order()
        .text(Column::Sponsor, "业务主管单位 · sponsor: the unit in charge of its business.")
        .filter()
        .personal(Column::LegalRepresentative, "法定代表人 · legal representative; masked: first and last sign")
        .text(Column::Address, "住所 · seat.")
        .personal(Column::Phone, "联系电话 · telephone; masked: 138****1234")
        .date(Column::CertificateUntil, "证书有效期至 · last day of the certificate.")
        .filter()
        .order()
        .date(Column::TermUntil, "届满日期 · last day of the board's term.")
        .filter()
        .order()
        .number(Column::PartyMembers, "党员数 · full members of the party.")
        .date(Column::CancelledOn, "注销日期 · first day on which it no longer is.")
        .filter()
        .later_of::<bool>(
            "inspectionDue",
            "应检 · whether a report is due from it for a year (F9.DUE).",
            |context, row| {
                Box::pin(async move {
                    let (_, year) = context.param_value::<i32>("year", None).map_err(asked_wrong)?;
                    Ok(rule::due(row.model.registered_on, row.model.cancelled_on, year))
                })
            },
        )
        .because("its year is an argument of a type of its own")
        .argument(FieldArgument::of::<i32>("year").text("年度 · of which year"))
        .many(
            "inspections",
            "年度检查 · annual inspections, newest first.",
            "AnnualInspection",
            ("organisation_id", Which::Newest("year")),
        )
        .many(
            "partyOrganisations",
            "党组织 · its party organisations, newest first.",
            "PartyOrganisation",
            ("organisation_id", Which::Newest("founded_on")),
        )
        .table()
}

minzheng_ground::sheet_row! {
    /// One organisation as a sheet tells it.
    SheetRow of Model {
        uscc: need Id => "统一社会信用代码",
        name: need Text => "名称",
        kind: need One<OrganisationKind> => "类别",
        division: need Place => "区划代码",
        registered_on: need Day => "登记日期",
        sponsor: may Text => "业务主管单位",
        legal_representative: may Text => "法定代表人",
        address: may Text => "住所",
        phone: may Id => "联系电话" by hand,
        certificate_until: may Day => "证书有效期至",
        term_until: may Day => "届满日期",
        party_members: may Whole => "党员数",
        cancelled_on: may Day => "注销日期",
    }
}

/// `organisations`: matched by code.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "organisations";
    const COMMAND: &'static str = "recordSocialOrganisation";
    const KEY: &'static [&'static str] = &["统一社会信用代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        check_uscc(Some(&row.uscc), fields);
        row.uscc = row.uscc.to_uppercase();
        check_phone(&mut row.phone, fields);
        fields.in_order(&[("登记日期", Some(row.registered_on)), ("注销日期", row.cancelled_on)]);
        not_negative(fields, "党员数", row.party_members);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let codes = rows.iter().map(|row| row.row.uscc.clone());
        let known = known_by::<Entity, _>(work, Column::Uscc.is_in(codes), |row| row.uscc.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            kernel.keys.reseal(&model.key_salt, "social_organisation.phone", &mut model.phone, row.phone.as_deref())?;
            Ok(())
        };
        let key = |row: &SheetRow| row.uscc.clone();
        Ok(upsert::<Entity, _, _>(work, &rows, known, key, write).await?.0)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let phone = kernel.keys.open_some(&model.key_salt, "social_organisation.phone", model.phone.as_deref())?;
            Ok(SheetRow::told(model, phone))
        })
    }
}

/// What to do where a row names an organisation that nobody has recorded.
pub const IMPORT_FIRST: &str =
    "先导入社会组织（organisations），或核对统一社会信用代码 · import the organisation first, or check the code";

/// The organisations with these codes or names that rows of a sheet may name.
pub async fn by_codes(
    work: &Work<'_>,
    codes: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Model>, Failure> {
    let codes: HashSet<String> = codes.into_iter().cloned().collect();
    let of_codes = Column::Uscc.is_in(codes.clone()).or(Column::Name.is_in(codes));
    let own = work.within::<Entity>().filter(of_codes).all(work.tx()).await?;
    let mut found: HashMap<String, Model> = own.iter().map(|row| (row.name.clone(), row.clone())).collect();
    found.extend(own.into_iter().map(|row| (row.uscc.clone(), row)));
    Ok(found)
}
