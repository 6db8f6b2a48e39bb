//! 福利待遇 · a standing benefit of a person from a month on.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::payments::payment;
use entity::welfare::welfare_benefit::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::assistance::policy::national;
use minzheng_rules::odd::{self, ForAge, Span};
use sea_orm::ColumnTrait as _;

use crate::assistance::recognition::after_month;
use crate::exchange::row::{Id, Month, One, Place, Yuan};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::{by_id, newest};
use crate::graphql::personal::{PersonalKind, own, personal};
use crate::graphql::scalars::{Date, DivisionCode, Money};
use crate::payments::payment::Payment;
use crate::registry::finding::{self, Seen};
use crate::registry::person::Person;
use crate::registry::person_number;
use crate::{list_query, listing, node};

crate::codes! {
    /// 福利类别 · kind of benefit; the kinds that make up F8 are a policy parameter.
    BenefitKind, BenefitKindFilter, "BENEFIT_KIND" {
        OldAge "OLD_AGE_ALLOWANCE" "高龄津贴" "old-age allowance",
        Orphan "ORPHAN" "孤儿" "orphan",
        DeFactoChild "DE_FACTO_UNATTENDED_CHILD" "事实无人抚养儿童" "de-facto unattended child",
        DisabilityLiving "DISABILITY_LIVING" "困难残疾人生活补贴" "living subsidy of the disabled in difficulty",
        DisabilityCare "DISABILITY_CARE" "重度残疾人护理补贴" "care subsidy of the severely disabled",
        ElderlyService "ELDERLY_SERVICE" "养老服务补贴" "subsidy of services for the elderly",
        Nursing "NURSING" "护理补贴" "nursing subsidy",
    }
}

node! {
    /// One benefit.
    WelfareBenefit, Entity
}

/// 福利待遇 · a standing benefit of a person.
#[Object(name_type)]
impl WelfareBenefit {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("WelfareBenefit", self.0.model.id)
    }

    /// 待遇编号 · number.
    fn number(&self) -> &str {
        &self.0.model.number
    }

    /// 类别 · kind; null when masked, since it tells of orphans and unattended children.
    #[graphql(directive = personal::apply(PersonalKind::Child))]
    fn kind(&self, context: &Context<'_>) -> Answer<Option<BenefitKind>> {
        own(context, &self.0, "WelfareBenefit.kind", |benefit| BenefitKind::parse(&benefit.kind))
    }

    /// 区划代码 · where it is paid.
    fn division(&self) -> DivisionCode {
        DivisionCode(self.0.model.division.clone())
    }

    /// 生效月份 · first day of the first month.
    fn effective_from(&self) -> Date {
        Date(self.0.model.effective_from)
    }

    /// 终止月份 · first day of the last month still due.
    fn last_month(&self) -> Option<Date> {
        self.0.model.last_month.map(Date)
    }

    /// 月标准 · money a month; null when masked: each kind has its own.
    #[graphql(directive = personal::apply(PersonalKind::Child))]
    fn monthly_amount(&self, context: &Context<'_>) -> Answer<Option<Money>> {
        own(context, &self.0, "WelfareBenefit.monthlyAmount", |benefit| Some(Money(benefit.monthly_fen)))
    }

    /// 受益人 · the person; null where out of scope.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Person>> {
        by_id(context, self.0.model.person_id).await
    }

    /// 发放记录 · payments of it, newest first.
    async fn payments(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<Payment>> {
        newest(context, payment::Column::BasisId, self.0.model.id, payment::Column::PaidOn, first).await
    }
}

listing! {
    Entity, Column;
    filter WelfareBenefitWhere {
        /// 待遇编号
        number: TextFilter = Number,
        /// 类别 · only where shown in full
        kind: BenefitKindFilter = Kind,
        /// 区划
        division: DivisionFilter = Division,
        /// 生效月份
        effective_from: DateFilter = EffectiveFrom,
        /// 终止月份
        last_month: DateFilter = LastMonth,
    }
    order WelfareBenefitOrder {
        /// 待遇编号
        Number = Number,
        /// 区划
        Division = Division,
        /// 生效月份
        EffectiveFrom = EffectiveFrom,
    }
}

list_query! {
    WelfareBenefitsQuery, WelfareBenefit, WelfareBenefitWhere, WelfareBenefitOrder::Number,
    "福利待遇列表 · standing benefits in scope.", welfare_benefits
}

crate::sheet_row! {
    /// One benefit as a sheet tells it.
    SheetRow of Model {
        number: need Id => "待遇编号",
        kind: need One<BenefitKind> => "类别",
        person: need Id => "受益人证件号码" by hand,
        division: need Place => "区划代码",
        effective_from: need Month => "生效月份",
        last_month: may Month => "终止月份",
        monthly: need Yuan => "月标准" in monthly_fen,
    }
}

/// For what age a kind of benefit is, by the law of a day.
fn for_age(kind: BenefitKind, on: NaiveDate) -> ForAge {
    let years = |parameter| national(parameter, on).and_then(|years| years.parse().ok());
    match kind {
        BenefitKind::OldAge | BenefitKind::ElderlyService | BenefitKind::Nursing => {
            years("age.elder").map_or(ForAge::Any, ForAge::From)
        }
        BenefitKind::Orphan | BenefitKind::DeFactoChild => years("age.adult").map_or(ForAge::Any, ForAge::Under),
        BenefitKind::DisabilityLiving | BenefitKind::DisabilityCare => ForAge::Any,
    }
}

/// `welfare-benefits`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "welfare-benefits";
    const COMMAND: &'static str = "recordWelfareBenefit";
    const KEY: &'static [&'static str] = &["待遇编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("生效月份", Some(row.effective_from)), ("终止月份", row.last_month)]);
        if row.monthly < 0 {
            let text = "金额不能为负 · an amount is not negative";
            fields.refuse(Some("月标准"), "NEGATIVE", text, "改正金额 · correct it");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let mut refused = Taken::default();
        let rows = persons.sift(rows, &mut refused, "受益人证件号码", |row| &row.person);
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.person_id = persons.get(&row.person).map_or(0, |person| person.id);
            model.historical = true;
            Ok(())
        };
        let (mut taken, held) = upsert::<Entity, _, _>(work, &rows, known, |row| row.number.clone(), write).await?;
        let mut seen = Vec::with_capacity(rows.len());
        for Numbered { number, row } in rows.iter().filter(|row| !taken.refuses(row.number)) {
            let (Some(benefit), Some(person)) = (held.get(&row.number), persons.get(&row.person)) else { continue };
            let span = Span { from: row.effective_from, until: row.last_month.map(after_month) };
            let odd = odd::benefit(for_age(row.kind, row.effective_from), span, person.birth_date, person.death_date);
            let (name, division) = (row.number.clone(), row.division.clone());
            seen.push(Seen { row: *number, id: benefit.id, number: name, division, odd });
        }
        finding::keep::<Entity>(work, seen, &mut taken).await?;
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
