//! 发放 · payment lines with the persons and benefit months they are for (domain §8.1: `SM2b`). The figures
//! F1, F2 and F8 are read from here.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike as _, NaiveDate};
use entity::payments::payment::{Column, Entity, Model};
use entity::payments::payment_person;
use entity::{assistance, welfare};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Ids, Months, One, Place, Yuan};
use minzheng_ground::sheets::upsert::{Known, known_by, replace_parts, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work, clock};
use minzheng_reference::finding::Seen;
use minzheng_reference::{finding, person_number};
use minzheng_rules::odd;
use minzheng_rules::odd::{Odd, Payee, Span};
use minzheng_rules::period::after_month;
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

minzheng_ground::codes! {
    /// 发放类别 · what is paid for. The two disability subsidies are two programmes (domain §8.1).
    PaymentCategory, PaymentCategoryFilter, "PAYMENT_CATEGORY" {
        Dibao "DIBAO" "低保" "minimum living guarantee",
        DibaoSingle "DIBAO_SINGLE" "单人保" "minimum living guarantee of a single person",
        Tekun "TEKUN" "特困" "support of persons in extreme difficulty",
        TemporaryAid "TEMPORARY_AID" "临时救助" "temporary aid",
        OldAge "OLD_AGE_ALLOWANCE" "高龄津贴" "old-age allowance",
        Orphan "ORPHAN" "孤儿" "orphan",
        DeFactoChild "DE_FACTO_UNATTENDED_CHILD" "事实无人抚养儿童" "de-facto unattended child",
        DisabilityLiving "DISABILITY_LIVING" "困难残疾人生活补贴" "living subsidy of the disabled in difficulty",
        DisabilityCare "DISABILITY_CARE" "重度残疾人护理补贴" "care subsidy of the severely disabled",
        ElderlyService "ELDERLY_SERVICE" "养老服务补贴" "subsidy of services for the elderly",
        Nursing "NURSING" "护理补贴" "nursing subsidy",
    }
}

minzheng_ground::codes! {
    /// 款项性质 · nature of a payment (domain §8.1).
    PaymentNature, PaymentNatureFilter, "PAYMENT_NATURE" {
        Normal "NORMAL" "正常" "of the month",
        Arrears "ARREARS" "补发" "arrears or top-up",
        Care "CARE" "照料护理" "care money",
        TopUp "TOP_UP" "分类施保" "top-up by category",
        PriceSubsidy "PRICE_SUBSIDY" "价格临时补贴" "price-linked temporary subsidy",
        OneOff "ONE_OFF" "一次性补贴" "one-off subsidy",
        Funeral "FUNERAL" "丧葬" "funeral",
        Clawback "CLAWBACK" "追缴" "taken back",
        Wrong "WRONG" "误发" "paid by mistake",
    }
}

minzheng_ground::codes! {
    /// 发放状态 · whether the money arrived.
    PaymentState, PaymentStateFilter, "PAYMENT_STATE" {
        Paid "PAID" "成功" "paid",
        Returned "RETURNED" "退回" "returned",
    }
}

minzheng_ground::codes! {
    /// 资金来源 · source of the money.
    FundSource, FundSourceFilter, "FUND_SOURCE" {
        Central "CENTRAL" "中央" "central",
        Province "PROVINCE" "省" "province",
        City "CITY" "市" "city",
        District "DISTRICT" "区" "district",
        Lottery "LOTTERY" "福彩" "welfare lottery",
        Donation "DONATION" "捐赠" "donation",
    }
}

impl PaymentCategory {
    /// 低保, 单人保 and 特困 are one programme: a month is paid once of it (design §6).
    pub fn programme(self) -> &'static str {
        match self {
            Self::Dibao | Self::DibaoSingle | Self::Tekun => "BASIC_LIVING",
            other => other.code(),
        }
    }

    /// What a payment of it rests on.
    pub fn rests_on(self) -> Basis {
        match self {
            Self::Dibao | Self::DibaoSingle | Self::Tekun => Basis::Recognition,
            Self::TemporaryAid => Basis::Grant,
            _ => Basis::Benefit,
        }
    }

    /// Whether it is paid for months.
    pub fn monthly(self) -> bool {
        self != Self::TemporaryAid
    }
}

/// One payment line.
pub type Payment = Row<Entity>;

/// 发放记录 · a payment line.
pub fn table() -> Table {
    Builder::<Entity>::new("发放记录 · a payment line.")
        .list("payments", "发放记录列表 · payment lines in scope.", Column::PaidOn)
        .id()
        .text(Column::Number, "发放编号 · number.")
        .filter()
        .order()
        .personal_code::<PaymentCategory>(
            Column::Category,
            "类别 · what is paid for; null when masked, since it tells of orphans and unattended children.",
        )
        .filter()
        .text(Column::Basis, "依据编号 · number of the recognition, grant or benefit.")
        .filter()
        .division(Column::Division, "区划代码 · whose payment it is.")
        .filter()
        .order()
        .date(Column::FirstMonth, "所属月份 · first benefit month; null for temporary aid.")
        .date(Column::LastMonth, "所属月份止 · last benefit month.")
        .date(Column::PaidOn, "发放日期 · paid on; decides the period of the figures.")
        .filter()
        .order()
        .money(Column::AmountFen, "金额 · amount.")
        .named("amount")
        .order()
        .code::<PaymentNature>(Column::Nature, "款项性质 · nature.")
        .filter()
        .code::<PaymentState>(Column::State, "状态 · whether the money arrived.")
        .filter()
        .text(Column::Original, "原发放编号 · number of the line that this one pays again.")
        .code::<FundSource>(Column::Source, "资金来源 · source of the money.")
        .filter()
        .one(
            "payee",
            "收款人 · to whom it was paid, where that was told; null where out of scope.",
            "Person",
            Column::PayeeId,
        )
        .many(
            "persons",
            "发放对象 · persons and benefit months.",
            "PaymentPerson",
            ("payment_id", Which::Parts("month")),
        )
        .table()
}

/// One person and benefit month of a payment line.
pub type PaymentPerson = Row<payment_person::Entity>;

/// 发放对象 · a person and benefit month that a payment line is for.
pub fn person_table() -> Table {
    use payment_person::{Column, Entity};
    Builder::<Entity>::new("发放对象 · a person and benefit month that a payment line is for.")
        .id()
        .date(Column::Month, "所属月份 · benefit month; null for temporary aid.")
        .one("person", "人员 · the person; null where out of scope.", "Person", Column::PersonId)
        .one("payment", "发放记录 · the payment line; null where out of scope.", "Payment", Column::PaymentId)
        .table()
}

minzheng_ground::sheet_row! {
    /// One payment line as a sheet tells it.
    SheetRow of Model {
        number: need Id => "发放编号",
        category: need One<PaymentCategory> => "类别",
        basis: need Id => "依据编号" by hand,
        persons: need Ids => "受益人证件号码" by hand,
        division: need Place => "区划代码",
        months: may Months => "所属月份" by hand,
        paid_on: need Day => "发放日期",
        amount: need Yuan => "金额" in amount_fen,
        nature: need One<PaymentNature> => "款项性质",
        state: need One<PaymentState> => "状态",
        original: may Id => "原发放编号",
        source: may One<FundSource> => "资金来源",
        payee: may Id => "收款人证件号码" by hand,
    }
}

impl SheetRow {
    /// First days of the benefit months; none for temporary aid.
    fn benefit_months(&self) -> Vec<Option<NaiveDate>> {
        let Some((first, last)) = self.months else { return vec![None] };
        std::iter::successors(Some(first), |month| Some(after_month(*month)))
            .take_while(|month| *month <= last)
            .map(Some)
            .collect()
    }
}

/// `payments`: matched by number.
pub struct Sheet;

/// Most months of one line: a line for more is a slip of the pen.
const MONTHS_MOST: usize = 120;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "payments";
    const COMMAND: &'static str = "recordPayment";
    const KEY: &'static [&'static str] = &["发放编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        match (row.category.monthly(), row.months) {
            (true, None) => {
                let text = "按月发放的类别须填所属月份 · a monthly category needs its months";
                fields.refuse(Some("所属月份"), "REQUIRED", text, "填 2023-06 或 2023-01~2023-03 · 2023-06 or a span");
            }
            (false, Some(_)) => {
                let text = "临时救助没有所属月份 · temporary aid has no month";
                fields.refuse(Some("所属月份"), "NOT_FOR_KIND", text, "清空这一格 · leave it empty");
            }
            _ => {}
        }
        if row.months.is_some() && row.benefit_months().len() > MONTHS_MOST {
            let text = "月份过多 · too many months";
            fields.refuse(Some("所属月份"), "TOO_MANY", text, "核对起止月份 · check the span");
        }
        if row.amount <= 0 {
            let text = "金额须大于零 · an amount is more than zero";
            fields.refuse(
                Some("金额"),
                "NOT_POSITIVE",
                text,
                "追缴也填正数，由款项性质区分 · positive, also when taken back",
            );
        }
        row.persons.sort_unstable();
        row.persons.dedup();
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let named: Vec<&String> = rows.iter().flat_map(|row| row.row.persons.iter().chain(&row.row.payee)).collect();
        let persons = person_number::by_numbers(work, named).await?;
        let bases = Bases::load(work, &rows).await?;
        let numbers: HashSet<String> = rows.iter().map(|row| row.row.number.clone()).collect();
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let mut refused = Taken::default();
        let mut good = Vec::with_capacity(rows.len());
        // By the calendar: a business date that stands still is for trying things out.
        let today = clock::local(work.now).date_naive().max(work.today());
        for row in rows {
            if row.row.paid_on > today {
                let text = "发放日期在今天之后 · the day of payment is still to come";
                refused.refuse(row.number, "发放日期", row.row.paid_on, "AHEAD", text, "核对日期 · check the date");
                continue;
            }
            let Some(ground) = bases.find(&row.row) else {
                let remedy = "先导入救助认定、临时救助或福利待遇，或核对编号 · import what it rests on first, or check the number";
                refused.missing(row.number, "依据编号", &row.row.basis, remedy);
                continue;
            };
            if let Some(nobody) = row.row.persons.iter().find(|number| !persons.contains_key(*number)) {
                persons.refuse(&mut refused, row.number, "受益人证件号码", nobody);
                continue;
            }
            if let Some(nobody) = row.row.payee.as_ref().filter(|number| !persons.contains_key(*number)) {
                persons.refuse(&mut refused, row.number, "收款人证件号码", nobody);
                continue;
            }
            good.push(Numbered { number: row.number, row: (ground, row.row) });
        }
        let good = Paid::load(work, &good, &persons, &known).await?.sift(good, &persons, &mut refused);

        // A line that is new has no parts yet.
        let old: HashSet<i64> = known.rows().map(|line| line.id).collect();
        let write = |model: &mut Model, (basis, row): &(i64, SheetRow)| {
            row.keep(model);
            // A line stays with the version it was paid on, also when another is recorded later.
            if model.basis != row.basis || model.basis_id.is_none() {
                model.basis.clone_from(&row.basis);
                model.basis_id = Some(*basis);
            }
            model.first_month = row.months.map(|months| months.0);
            model.last_month = row.months.map(|months| months.1);
            // Sheets that do not say to whom it was paid leave that as it is.
            if let Some(payee) = row.payee.as_ref().and_then(|number| persons.get(number)) {
                model.payee_id = Some(payee.id);
            }
            model.historical = true;
            Ok(())
        };
        let (mut taken, lines) = upsert::<Entity, _, _>(work, &good, known, |row| row.1.number.clone(), write).await?;

        // Of a line whose row is not taken all stays as it is.
        let good: Vec<_> = good.into_iter().filter(|row| !taken.refuses(row.number)).collect();
        let ids = good.iter().filter_map(|row| Some(lines.get(&row.row.1.number)?.id));
        let old: HashSet<i64> = ids.filter(|id| old.contains(id)).collect();
        let existing = if old.is_empty() {
            Vec::new()
        } else {
            let of_old = payment_person::Column::PaymentId.is_in(old);
            work.everywhere::<payment_person::Entity>().filter(of_old).all(work.tx()).await?
        };
        let mut wanted = Vec::new();
        for (number, row) in good.iter().map(|row| (&row.row.1.number, &row.row.1)) {
            let Some(line) = lines.get(number) else { continue };
            for person in row.persons.iter().filter_map(|number| persons.get(number)) {
                for month in row.benefit_months() {
                    wanted.push(payment_person::Model {
                        payment_id: line.id,
                        person_id: person.id,
                        month,
                        unit: month.map_or_else(|| row.basis.clone(), unit_of),
                        programme: row.category.programme().to_owned(),
                        category: row.category.code().to_owned(),
                        basis: row.basis.clone(),
                        nature: row.nature.code().to_owned(),
                        live: row.state == PaymentState::Paid,
                        division: row.division.clone(),
                        paid_on: row.paid_on,
                        version: 1,
                        ..Default::default()
                    });
                }
            }
        }
        let far = person_number::out_of_reach(work, existing.iter().map(|part| part.person_id)).await?;
        wanted.extend(existing.iter().filter(|part| far.contains(&part.person_id)).cloned());
        replace_parts::<payment_person::Entity, _>(work, existing, wanted, |part| {
            (part.payment_id, part.person_id, part.month)
        })
        .await?;
        let seen = good.iter().filter_map(|Numbered { number, row: (basis, row) }| {
            let line = lines.get(&row.number)?;
            let odd = bases.odd(*basis, row, &persons);
            Some(Seen { row: *number, id: line.id, number: row.number.clone(), division: row.division.clone(), odd })
        });
        let seen = seen.collect();
        finding::keep::<Entity>(work, seen, &mut taken).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let parts = viewer
            .parts::<payment_person::Entity>(payment_person::Column::PaymentId, models.iter().map(|model| model.id))
            .order_by_asc(payment_person::Column::PersonId)
            .all(kernel.db.read())
            .await?;
        let payees = models.iter().filter_map(|model| model.payee_id);
        let numbers =
            person_number::numbers_of(kernel, viewer, parts.iter().map(|row| row.person_id).chain(payees)).await?;
        let mut persons: HashMap<i64, Vec<String>> = HashMap::new();
        for part in parts {
            let of = persons.entry(part.payment_id).or_default();
            if let Some(number) = numbers.get(&part.person_id).filter(|number| of.last() != Some(number)) {
                of.push(number.clone());
            }
        }
        exported::<Entity, _>(viewer, &models, next, |model| {
            let persons = persons.get(&model.id).cloned().unwrap_or_default();
            let months = model.first_month.zip(model.last_month);
            let payee = model.payee_id.and_then(|id| numbers.get(&id).cloned());
            Ok(SheetRow::told(model, Some(model.basis.clone()), Some(persons), months, payee))
        })
    }
}

/// The unit in which a person counts once: the benefit month, `2023-06`.
fn unit_of(month: NaiveDate) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

/// What a payment rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// 救助认定
    Recognition,
    /// 临时救助
    Grant,
    /// 福利待遇
    Benefit,
}

/// What payments can rest on, by number.
struct Bases {
    /// Of each number its versions, by first day.
    recognitions: HashMap<String, Vec<(NaiveDate, i64)>>,
    grants: HashMap<String, i64>,
    benefits: HashMap<String, i64>,
    /// Of each when it holds, and for whom.
    grounds: HashMap<i64, (Span, HashSet<i64>)>,
}

impl Bases {
    async fn load(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Self, Failure> {
        let (mut of_recognitions, mut of_grants, mut of_benefits) = (HashSet::new(), HashSet::new(), HashSet::new());
        for Numbered { row, .. } in rows {
            let numbers = match row.category.rests_on() {
                Basis::Recognition => &mut of_recognitions,
                Basis::Grant => &mut of_grants,
                Basis::Benefit => &mut of_benefits,
            };
            numbers.insert(row.basis.clone());
        }
        let (mut recognitions, mut grants, mut benefits) = (Vec::new(), Vec::new(), Vec::new());
        if !of_recognitions.is_empty() {
            use assistance::recognition::{Column, Entity};
            recognitions = work.within::<Entity>().filter(Column::Number.is_in(of_recognitions)).all(work.tx()).await?;
        }
        if !of_grants.is_empty() {
            use assistance::temporary_aid::{Column, Entity};
            grants = work.within::<Entity>().filter(Column::Number.is_in(of_grants)).all(work.tx()).await?;
        }
        if !of_benefits.is_empty() {
            use welfare::welfare_benefit::{Column, Entity};
            benefits = work.within::<Entity>().filter(Column::Number.is_in(of_benefits)).all(work.tx()).await?;
        }
        let mut grounds: HashMap<i64, (Span, HashSet<i64>)> = HashMap::new();
        let ground = |from, until| (Span { from, until }, HashSet::new());
        grounds.extend(recognitions.iter().map(|row| (row.id, ground(row.effective_from, row.effective_until))));
        grounds.extend(grants.iter().map(|row| (row.id, ground(row.approved_on.unwrap_or(row.accepted_on), None))));
        for row in &benefits {
            let span = Span { from: row.effective_from, until: row.last_month.map(after_month) };
            grounds.insert(row.id, (span, HashSet::from([row.person_id])));
        }
        if !recognitions.is_empty() {
            use assistance::recognition_person::{Column, Entity};
            let of = Column::RecognitionId.is_in(recognitions.iter().map(|row| row.id));
            for part in work.everywhere::<Entity>().filter(of).all(work.tx()).await? {
                grounds.entry(part.recognition_id).and_modify(|(_, persons)| _ = persons.insert(part.person_id));
            }
        }
        if !grants.is_empty() {
            use assistance::temporary_aid_person::{Column, Entity};
            let of = Column::TemporaryAidId.is_in(grants.iter().map(|row| row.id));
            for part in work.everywhere::<Entity>().filter(of).all(work.tx()).await? {
                grounds.entry(part.temporary_aid_id).and_modify(|(_, persons)| _ = persons.insert(part.person_id));
            }
        }
        let mut versions: HashMap<String, Vec<(NaiveDate, i64)>> = HashMap::new();
        for row in recognitions {
            versions.entry(row.number).or_default().push((row.effective_from, row.id));
        }
        for versions in versions.values_mut() {
            versions.sort_unstable();
        }
        Ok(Self {
            recognitions: versions,
            grants: grants.into_iter().map(|row| (row.number, row.id)).collect(),
            benefits: benefits.into_iter().map(|row| (row.number, row.id)).collect(),
            grounds,
        })
    }

    /// What is odd of a line that rests on one of them.
    fn odd(&self, basis: i64, row: &SheetRow, persons: &HashMap<String, entity::registry::person::Model>) -> Vec<Odd> {
        let Some((span, covered)) = self.grounds.get(&basis) else { return Vec::new() };
        let payees: Vec<Payee> = row
            .persons
            .iter()
            .filter_map(|number| persons.get(number))
            .map(|person| Payee { covered: covered.contains(&person.id), died: person.death_date })
            .collect();
        odd::payment(row.months, row.paid_on, *span, &payees)
    }

    fn find(&self, row: &SheetRow) -> Option<i64> {
        match row.category.rests_on() {
            Basis::Recognition => {
                // The version that holds in the month paid for; of arrears from before all, the first.
                let versions = self.recognitions.get(&row.basis)?;
                let month = row.months.map_or(row.paid_on, |months| months.0);
                versions.iter().rev().find(|(from, _)| *from <= month).or(versions.first()).map(|(_, id)| *id)
            }
            Basis::Grant => self.grants.get(&row.basis).copied(),
            Basis::Benefit => self.benefits.get(&row.basis).copied(),
        }
    }
}

/// Months that are paid already: one live normal payment a person, programme and month (design §6).
struct Paid(HashMap<(i64, &'static str, NaiveDate), By>);

/// What paid a month.
#[derive(Clone, PartialEq, Eq)]
enum By {
    /// The line of this number.
    Line(String),
    /// One of another place.
    Elsewhere,
}

impl Paid {
    /// What lines that are not in this sheet paid to the persons of these rows.
    async fn load(
        work: &Work<'_>,
        rows: &[Numbered<(i64, SheetRow)>],
        persons: &HashMap<String, entity::registry::person::Model>,
        known: &Known<Entity, String>,
    ) -> Result<Self, Failure> {
        use payment_person::Column as Of;
        let months: BTreeSet<NaiveDate> = rows.iter().flat_map(|row| row.row.1.benefit_months()).flatten().collect();
        if months.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let ids: HashSet<i64> = persons.values().map(|person| person.id).collect();
        let paid = work
            .everywhere::<payment_person::Entity>()
            .filter(Of::Month.is_in(months))
            .filter(Of::PersonId.is_in(ids))
            .filter(Of::Live.eq(true))
            .filter(Of::Nature.eq(PaymentNature::Normal.code()))
            .all(work.tx())
            .await?;
        let corrected: HashSet<i64> = known.rows().map(|line| line.id).collect();
        let others: HashSet<i64> =
            paid.iter().map(|part| part.payment_id).filter(|line| !corrected.contains(line)).collect();
        // Of a line elsewhere no more is told than that it is there.
        let names = work.everywhere::<Entity>().filter(Column::Id.is_in(others)).all(work.tx()).await?;
        let (own, far) = work.part_by_reach::<Entity>(names).await?;
        let mut names: HashMap<i64, By> = own.into_iter().map(|line| (line.id, By::Line(line.number))).collect();
        names.extend(far.into_iter().map(|line| (line.id, By::Elsewhere)));
        let mut held = HashMap::new();
        for part in paid {
            let (Some(month), Some(category), Some(number)) =
                (part.month, PaymentCategory::parse(&part.category), names.get(&part.payment_id))
            else {
                continue;
            };
            held.insert((part.person_id, category.programme(), month), number.clone());
        }
        Ok(Self(held))
    }

    /// The rows that pay no month twice.
    fn sift(
        mut self,
        rows: Vec<Numbered<(i64, SheetRow)>>,
        persons: &HashMap<String, entity::registry::person::Model>,
        refused: &mut Taken,
    ) -> Vec<Numbered<(i64, SheetRow)>> {
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            let line = &row.row.1;
            if line.nature != PaymentNature::Normal || line.state != PaymentState::Paid {
                good.push(row);
                continue;
            }
            let wanted: Vec<_> = line
                .persons
                .iter()
                .filter_map(|number| persons.get(number))
                .flat_map(|person| line.benefit_months().into_iter().flatten().map(move |month| (person.id, month)))
                .map(|(person, month)| (person, line.category.programme(), month))
                .collect();
            let own = By::Line(line.number.clone());
            let taken = wanted.iter().find_map(|key| Some((key.2, self.0.get(key).filter(|by| **by != own)?)));
            if let Some((month, by)) = taken {
                let text = match by {
                    By::Line(by) => format!("{} 已由 {by} 发放 · paid already by {by}", unit_of(month)),
                    By::Elsewhere => format!("{} 已在外地发放 · paid already elsewhere", unit_of(month)),
                };
                let remedy =
                    "核对是否重复；补差填“补发”，误发填“误发” · check for a double; a top-up is 补发, a mistake 误发";
                refused.refuse(row.number, "所属月份", unit_of(month), "PAID_TWICE", &text, remedy);
                continue;
            }
            self.0.extend(wanted.into_iter().map(|key| (key, own.clone())));
            good.push(row);
        }
        good
    }
}
