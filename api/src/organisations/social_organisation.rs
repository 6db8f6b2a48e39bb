//! 社会组织 · associations, non-profit service units and foundations registered with the bureau (§2.6).

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::organisations::social_organisation::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::mask;
use minzheng_rules::organisations::annual_inspection as rule;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::annual_inspection::AnnualInspection;
use super::party_organisation::PartyOrganisation;
use crate::exchange::check::{check_phone, check_uscc, not_negative};
use crate::exchange::row::{Day, Id, One, Place, Text, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::newest;
use crate::graphql::personal::{PersonalKind, own_name, own_sealed, personal};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::{list_query, listing, node};

crate::codes! {
    /// 社会组织类别 · kind of organisation.
    OrganisationKind, OrganisationKindFilter, "ORGANISATION_KIND" {
        Association "ASSOCIATION" "社会团体" "association",
        ServiceUnit "SERVICE_UNIT" "民办非企业单位" "non-profit service unit",
        Foundation "FOUNDATION" "基金会" "foundation",
    }
}

node! {
    /// One organisation.
    SocialOrganisation, Entity
}

/// 社会组织 · an association, a non-profit service unit or a foundation.
#[Object(name_type)]
impl SocialOrganisation {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("SocialOrganisation", self.0.model.id)
    }

    /// 统一社会信用代码 · USCC.
    fn uscc(&self) -> &str {
        &self.0.model.uscc
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 类别 · kind.
    fn kind(&self) -> Option<OrganisationKind> {
        OrganisationKind::parse(&self.0.model.kind)
    }

    /// 区划代码 · where it has its seat.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 登记日期 · registered on.
    fn registered_on(&self) -> Date {
        Date(self.0.model.registered_on)
    }

    /// 业务主管单位 · sponsor: the unit in charge of its business.
    fn sponsor(&self) -> Option<&str> {
        self.0.model.sponsor.as_deref()
    }

    /// 法定代表人 · legal representative; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn legal_representative(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(
            context,
            &self.0,
            "SocialOrganisation.legalRepresentative",
            self.0.model.legal_representative.as_deref(),
        )
    }

    /// 住所 · seat.
    fn address(&self) -> Option<&str> {
        self.0.model.address.as_deref()
    }

    /// 联系电话 · telephone; masked: 138****1234
    #[graphql(directive = personal::apply(PersonalKind::Phone))]
    fn phone(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let names = ("SocialOrganisation.phone", "social_organisation.phone");
        own_sealed(context, &self.0, names, self.0.model.phone.as_deref(), mask::phone)
    }

    /// 证书有效期至 · last day of the certificate.
    fn certificate_until(&self) -> Option<Date> {
        self.0.model.certificate_until.map(Date)
    }

    /// 届满日期 · last day of the board's term.
    fn term_until(&self) -> Option<Date> {
        self.0.model.term_until.map(Date)
    }

    /// 党员数 · full members of the party.
    fn party_members(&self) -> Option<i32> {
        self.0.model.party_members.map(count)
    }

    /// 注销日期 · first day on which it no longer is.
    fn cancelled_on(&self) -> Option<Date> {
        self.0.model.cancelled_on.map(Date)
    }

    /// 应检 · whether a report is due from it for a year (F9.DUE).
    fn inspection_due(&self, year: i32) -> bool {
        rule::due(self.0.model.registered_on, self.0.model.cancelled_on, year)
    }

    /// 年度检查 · annual inspections, newest first.
    async fn inspections(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<AnnualInspection>> {
        use entity::organisations::annual_inspection::Column as Of;
        newest(context, Of::OrganisationId, self.0.model.id, Of::Year, first).await
    }

    /// 党组织 · its party organisations, newest first.
    async fn party_organisations(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<PartyOrganisation>> {
        use entity::organisations::party_organisation::Column as Of;
        newest(context, Of::OrganisationId, self.0.model.id, Of::FoundedOn, first).await
    }
}

listing! {
    Entity, Column;
    filter SocialOrganisationWhere {
        /// 统一社会信用代码
        uscc: TextFilter = Uscc,
        /// 名称
        name: TextFilter = Name,
        /// 类别
        kind: OrganisationKindFilter = Kind,
        /// 区划代码
        division: DivisionFilter = Division,
        /// 登记日期
        registered_on: DateFilter = RegisteredOn,
        /// 业务主管单位
        sponsor: TextFilter = Sponsor,
        /// 证书有效期至
        certificate_until: DateFilter = CertificateUntil,
        /// 届满日期
        term_until: DateFilter = TermUntil,
        /// 注销日期
        cancelled_on: DateFilter = CancelledOn,
    }
    order SocialOrganisationOrder {
        /// 统一社会信用代码
        Uscc = Uscc,
        /// 名称
        Name = Name,
        /// 区划代码
        Division = Division,
        /// 登记日期
        RegisteredOn = RegisteredOn,
        /// 证书有效期至
        CertificateUntil = CertificateUntil,
        /// 届满日期
        TermUntil = TermUntil,
    }
}

list_query! {
    SocialOrganisationsQuery, SocialOrganisation, SocialOrganisationWhere, SocialOrganisationOrder::Uscc,
    "社会组织列表 · organisations in scope.", social_organisations
}

crate::sheet_row! {
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
