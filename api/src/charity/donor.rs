//! 捐赠人 · a donor: a person, a company or an organisation (C3.5).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::charity::donor::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use minzheng_rules::identifiers::uscc;
use minzheng_rules::mask;
use sea_orm::ColumnTrait as _;

use crate::exchange::row::{Id, One, Place, Text, YesNo};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DivisionFilter, TextFilter};
use crate::graphql::personal::{PersonalKind, open, personal};
use crate::graphql::scalars::DivisionCode;
use crate::{list_query, listing, node};

crate::codes! {
    /// 捐赠人类型 · kind of donor.
    DonorKind, DonorKindFilter, "DONOR_KIND" {
        Person "PERSON" "个人" "person",
        Company "COMPANY" "企业" "company",
        Organisation "ORGANISATION" "社会组织" "social organisation",
    }
}

node! {
    /// One donor.
    Donor, Entity
}

/// 捐赠人 · a donor; the name of a person, or of who wants to stay unnamed, is masked.
#[Object(name_type)]
impl Donor {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Donor", self.0.model.id)
    }

    /// 捐赠人编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 类型 · kind.
    fn kind(&self) -> Option<DonorKind> {
        DonorKind::parse(&self.0.model.kind)
    }

    /// 名称 · name.
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn name(&self, context: &Context<'_>) -> Answer<String> {
        let donor = &self.0.model;
        let named = donor.kind != DonorKind::Person.code() && !donor.anonymous;
        let shown = named || open(context, &self.0, "Donor.name")?;
        Ok(if shown { donor.name.clone() } else { mask::name(&donor.name) })
    }

    /// 统一社会信用代码 · USCC of a company or organisation; null when masked, of one that wants to stay unnamed.
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn uscc(&self, context: &Context<'_>) -> Answer<Option<&str>> {
        let shown = !self.0.model.anonymous || open(context, &self.0, "Donor.uscc")?;
        Ok(if shown { self.0.model.uscc.as_deref() } else { None })
    }

    /// 区划代码 · division.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 匿名 · wants to stay unnamed.
    fn anonymous(&self) -> bool {
        self.0.model.anonymous
    }
}

listing! {
    Entity, Column;
    filter DonorWhere {
        /// 捐赠人编号
        number: TextFilter = Number,
        /// 类型
        kind: DonorKindFilter = Kind,
        /// 名称 · only where shown in full
        name: TextFilter = Name,
        /// 区划
        division: DivisionFilter = Division,
    }
    order DonorOrder {
        /// 捐赠人编号
        Number = Number,
    }
}

list_query! { DonorsQuery, Donor, DonorWhere, DonorOrder::Number, "捐赠人列表 · donors in scope.", donors }

crate::sheet_row! {
    /// One donor as a sheet tells it.
    SheetRow of Model {
        number: need Id => "捐赠人编号",
        kind: need One<DonorKind> => "类型",
        name: need Text => "名称",
        uscc: may Id => "统一社会信用代码",
        division: need Place => "区划代码",
        anonymous: may YesNo => "匿名",
    }
}

/// `donors`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "donors";
    const COMMAND: &'static str = "recordDonor";
    const KEY: &'static [&'static str] = &["捐赠人编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        if row.uscc.as_deref().is_some_and(|code| uscc::parse(code).is_err()) {
            let text = "不是有效的统一社会信用代码 · not a valid USCC";
            fields.refuse(Some("统一社会信用代码"), "USCC", text, "按证书核对 18 位 · check the 18 signs");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        Ok(upsert::<Entity, _, _>(work, &rows, known, |row| row.number.clone(), SheetRow::write).await?.0)
    }
}
