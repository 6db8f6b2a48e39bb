//! 福利待遇 · a standing benefit of a person from a month on.

use chrono::NaiveDate;
use entity::welfare::welfare_benefit::{Column, Entity, Model};
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Id, Month, One, Place, Yuan};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::finding::Seen;
use minzheng_reference::{finding, person_number};
use minzheng_rules::assistance::policy::national;
use minzheng_rules::odd;
use minzheng_rules::odd::{ForAge, Span};
use minzheng_rules::period::after_month;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
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

/// One benefit.
pub type WelfareBenefit = Row<Entity>;

/// 福利待遇 · a standing benefit of a person.
pub fn table() -> Table {
    Builder::<Entity>::new("福利待遇 · a standing benefit of a person.")
        .list("welfareBenefits", "福利待遇列表 · standing benefits in scope.", Column::Number)
        .id()
        .text(Column::Number, "待遇编号 · number.")
        .filter()
        .order()
        .personal_code::<BenefitKind>(
            Column::Kind,
            "类别 · kind; null when masked, since it tells of orphans and unattended children.",
        )
        .filter()
        .division(Column::Division, "区划代码 · where it is paid.")
        .filter()
        .order()
        .date(Column::EffectiveFrom, "生效月份 · first day of the first month.")
        .filter()
        .order()
        .date(Column::LastMonth, "终止月份 · first day of the last month still due.")
        .filter()
        .personal_money(Column::MonthlyFen, "月标准 · money a month; null when masked: each kind has its own.")
        .named("monthlyAmount")
        .one("person", "受益人 · the person; null where out of scope.", "Person", Column::PersonId)
        .many("payments", "发放记录 · payments of it, newest first.", "Payment", ("basis_id", Which::Newest("paid_on")))
        .table()
}

minzheng_ground::sheet_row! {
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
