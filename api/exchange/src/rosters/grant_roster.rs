//! 发放花名册 · the roster of what was paid in a month, as it lies on the desk (templates): a row a payee. Each becomes a
//! payment line on the strength of what the records say: the recognition in force in the month with the persons it
//! covers, the benefit, or the grant of temporary aid. Numbers are made here and given back.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike as _, NaiveDate};
use entity::assistance::{recognition, recognition_person, temporary_aid, temporary_aid_person};
use entity::payments::{payment as line, payment_account as account, payment_person};
use entity::registry::{household, household_member, person as persons};
use entity::welfare::welfare_benefit;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::check_id_number;
use minzheng_ground::sheets::row::{
    AlsoCalled, CellType as _, Day, Id, Months, Name, OneOf, Place, SheetRow as _, Text, Whole, Yuan,
};
use minzheng_ground::sheets::survey::{Once, Standing};
use minzheng_ground::sheets::{GivenBack, Kind, Numbered, Taken, places};
use minzheng_kernel::{Failure, Kernel, Viewer, Work};
use minzheng_payments::payment::{Basis, FundSource, PaymentCategory, PaymentNature, PaymentState};
use minzheng_payments::payment_account::account_blind;
use minzheng_payments::{payment, payment_account};
use minzheng_reference::person_number;
use minzheng_rules::identifiers::citizen_id;
use minzheng_rules::mask;
use minzheng_sheet::cell::normal_name;
use minzheng_sheet::{CellKind, Fields, FillDown, Layout, RawRow, cell};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// 类别 as desks write it.
pub struct Category;

impl AlsoCalled for Category {
    type List = PaymentCategory;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] = &[
        super::CATEGORIES,
        &[("高龄补贴", "OLD_AGE_ALLOWANCE"), ("困难残补", "DISABILITY_LIVING"), ("重残护补", "DISABILITY_CARE")],
    ];
}

/// 款项性质 as desks write it.
pub struct Nature;

impl AlsoCalled for Nature {
    type List = PaymentNature;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] =
        &[&[("正常发放", "NORMAL"), ("补差", "ARREARS"), ("补发放", "ARREARS"), ("护理", "CARE")]];
}

/// 状态 as desks write it.
pub struct State;

impl AlsoCalled for State {
    type List = PaymentState;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] = &[&[
        ("已发放", "PAID"),
        ("发放成功", "PAID"),
        ("失败", "RETURNED"),
        ("发放失败", "RETURNED"),
        ("退票", "RETURNED"),
    ]];
}

minzheng_ground::sheet_row! {
    /// What one payee got, as the roster tells it.
    SheetRow {
        category: need OneOf<Category> => "类别" or ["救助类别", "待遇类别"],
        months: need Months => "所属月份" or ["发放月份"],
        paid_on: need Day => "发放日期",
        division: need Place => "区划代码",
        name: need Name => "姓名" or ["户主姓名", "领款人", "受益人姓名"],
        person: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码", "户主身份证号"],
        count: may Whole => "人数" or ["保障人数"],
        amount: need Yuan => "金额" or ["发放金额"],
        nature: may OneOf<Nature> => "款项性质",
        holder: may Name => "户名" or ["开户名"],
        account: may Id => "账号" or ["银行账号", "银行卡号"],
        state: may OneOf<State> => "状态" or ["发放状态"],
        remark: may Text => "备注",
        number: may Id => "发放编号",
    }
}

impl SheetRow {
    fn nature(&self) -> PaymentNature {
        self.nature.unwrap_or(PaymentNature::Normal)
    }

    /// The benefit months; temporary aid has none.
    fn benefit_months(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some(self.months).filter(|_| self.category.monthly())
    }
}

/// `grant-roster`: matched by category, number of the payee, months and nature.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "grant-roster";
    const COMMAND: &'static str = "recordGrantRoster";
    const SURVEYED: bool = true;
    const GIVES: &'static [&'static str] = &["发放编号"];
    const KEEPS_GIVEN: bool = true;
    const EXPORTS: bool = false;
    const KEY: &'static [&'static str] = &["类别", "证件号码", "所属月份", "款项性质"];
    type Row = SheetRow;

    fn layout() -> Layout {
        let mut layout = Layout::default();
        for column in SheetRow::columns() {
            if column.kind == CellKind::Place {
                layout.columns.extend(
                    [places::town(), places::village()].map(|name| minzheng_sheet::Column { required: true, ..name }),
                );
            } else {
                layout.columns.push(column);
            }
        }
        layout.fill_down = vec![
            FillDown::new(&["类别"], &["类别"]),
            FillDown::new(&["所属月份"], &["所属月份"]),
            FillDown::new(&["所属月份", "发放日期"], &["发放日期"]),
            FillDown::new(&[places::TOWN], &[places::TOWN]),
            FillDown::new(&[places::TOWN, places::VILLAGE], &[places::VILLAGE]),
        ];
        layout.ignored = ["序号", "开户行"].map(str::to_owned).into();
        layout
    }

    fn standing(row: &RawRow) -> Standing {
        let said = |header: &str| row.get(header).to_string();
        let number = match cell::id(row.get("证件号码")) {
            Ok(read) => minzheng_rules::identifiers::normal_number(&read.value.unwrap_or_default()),
            Err(_) => minzheng_rules::identifiers::normal_number(&said("证件号码")),
        };
        // one of fifteen digits and that of eighteen are the same
        let number = citizen_id::parse(&number, NaiveDate::MAX).map_or(number, |citizen| citizen.number);
        if number.is_empty() {
            return Standing::default();
        }
        let category = OneOf::<Category>::read(row.get("类别")).ok().and_then(|read| read.value);
        let months = Months::read(row.get("所属月份")).ok().and_then(|read| read.value);
        let nature = OneOf::<Nature>::read(row.get("款项性质")).ok().and_then(|read| read.value);
        let item = format!(
            "{number} {} {} {}",
            category.map_or_else(|| said("类别"), |category| category.code().to_owned()),
            months.map_or_else(|| said("所属月份"), |(first, last)| format!("{first} {last}")),
            nature.unwrap_or(PaymentNature::Normal).code()
        );
        Standing { group: None, once: Some(Once { header: "证件号码", item, owner: String::new() }) }
    }

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        check_id_number(&mut row.person, today, fields);
        if row.amount <= 0 {
            let text = "金额须大于零 · an amount is more than zero";
            let remedy = "追缴也填正数，由款项性质区分 · positive, also when taken back";
            fields.refuse(Some("金额"), "NOT_POSITIVE", text, remedy);
        }
        if row.count.is_some_and(|count| count < 1) {
            fields.refuse(Some("人数"), "NOT_POSITIVE", "人数须大于零 · at least one person", "改正人数 · correct it");
        }
        if row.account.is_none() && row.holder.as_ref().is_some_and(|holder| *holder != row.name) {
            let text = "有户名，没有账号 · a holder without an account";
            fields.refuse(Some("账号"), "REQUIRED", text, "填写账号，或清空户名 · give the account, or no holder");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let known = Known::load(work, &rows).await?;
        let mut refused = Taken::default();
        let (mut lines, mut accounts) = (Vec::new(), Vec::new());
        for Numbered { number, row } in rows {
            match known.line(&row) {
                Ok(mut line) => {
                    if line.number.is_empty() {
                        let (code, month) = (row.division.get(..6).unwrap_or_default(), row.months.0);
                        let id = work.id().await?;
                        line.number = format!("F{code}-{:04}{:02}-{id:06}", month.year(), month.month());
                    }
                    accounts.extend(known.account(work, &row)?.map(|account| Numbered { number, row: account }));
                    lines.push(Numbered { number, row: line });
                }
                Err(wrong) => {
                    // What does not fit tells of the one it is about: the name, what they are recognised for.
                    if let Some(payee) = known.persons.get(&row.person) {
                        work.viewer.note_read(payee.id, format!("grants.{}", wrong.code));
                    }
                    refused.refuse(number, wrong.header, wrong.value, wrong.code, &wrong.message, wrong.remedy);
                }
            }
        }
        let mut taken = payment::Sheet::apply(work, lines).await?;
        for refusal in &mut taken.refused {
            // The roster names the payee only.
            if ["受益人证件号码", "收款人证件号码", "依据编号"].contains(&refusal.column.as_str()) {
                "证件号码".clone_into(&mut refusal.column);
            }
        }
        accounts.retain(|account| taken.refused.iter().all(|refusal| refusal.number != account.number));
        let made = payment_account::Sheet::apply(work, accounts).await?;
        taken.refused.extend(made.refused);
        taken.touched.extend(made.touched);
        taken.add(refused);
        Ok(taken)
    }

    async fn give_back(
        kernel: &Kernel,
        viewer: &Viewer,
        rows: &[Numbered<SheetRow>],
        _days: i64,
    ) -> Result<GivenBack, Failure> {
        let payees: HashSet<&String> = rows.iter().map(|row| &row.row.person).collect();
        let payees = person_number::found(kernel, viewer, payees).await?;
        let of_payees = line::Column::PayeeId.is_in(payees.values().map(|payee| payee.id));
        let lines = viewer.select::<line::Entity>().filter(of_payees).all(kernel.db.read()).await?;
        let mut by_key: HashMap<Key, String> = HashMap::new();
        for line in lines {
            if let Some(key) = Key::of_line(&line) {
                by_key.insert(key, line.number);
            }
        }
        let number = |row: &SheetRow| by_key.get(&Key::of_row(row, payees.get(&row.person)?.id)).cloned();
        Ok(rows.iter().filter_map(|row| Some((row.number, vec![number(&row.row)?]))).collect())
    }
}

/// What a line is known again by: category, payee, months (of temporary aid: that of payment) and nature.
#[derive(PartialEq, Eq, Hash)]
struct Key(String, i64, NaiveDate, NaiveDate, String);

/// The first day of a month.
fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

impl Key {
    fn of_row(row: &SheetRow, payee: i64) -> Self {
        let (first, last) = row.benefit_months().unwrap_or((month_of(row.paid_on), month_of(row.paid_on)));
        Self(row.category.code().to_owned(), payee, first, last, row.nature().code().to_owned())
    }

    fn of_line(line: &line::Model) -> Option<Self> {
        let paid = month_of(line.paid_on);
        let (first, last) = (line.first_month.unwrap_or(paid), line.last_month.unwrap_or(paid));
        Some(Self(line.category.clone(), line.payee_id?, first, last, line.nature.clone()))
    }
}

/// Why a row becomes no line.
struct Wrong {
    header: &'static str,
    value: String,
    code: &'static str,
    message: String,
    remedy: &'static str,
}

/// What a payment rests on: its number, and the persons it is for.
type Ground = (String, BTreeSet<i64>);

/// What the records say of the payees of some rows.
struct Known {
    persons: person_number::Named,
    /// ID numbers of covered persons.
    numbers: HashMap<i64, String>,
    /// Households of which a payee is head or member in some days.
    homes: HashMap<i64, Vec<(i64, NaiveDate, Option<NaiveDate>)>>,
    recognitions: Vec<recognition::Model>,
    covered: HashMap<i64, BTreeSet<i64>>,
    benefits: Vec<welfare_benefit::Model>,
    grants: Vec<temporary_aid::Model>,
    aided: HashMap<i64, BTreeSet<i64>>,
    lines: HashMap<Key, line::Model>,
    accounts: HashSet<(i64, Vec<u8>)>,
}

impl Known {
    async fn load(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Self, Failure> {
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let ids: Vec<i64> = persons.values().map(|person| person.id).collect();

        let mut homes: HashMap<i64, Vec<(i64, NaiveDate, Option<NaiveDate>)>> = HashMap::new();
        let of_heads = household::Column::HeadId.is_in(ids.clone());
        for home in work.within::<household::Entity>().filter(of_heads).all(work.tx()).await? {
            homes.entry(home.head_id).or_default().push((home.id, NaiveDate::MIN, None));
        }
        let of_members = household_member::Column::PersonId.is_in(ids.clone());
        for member in work.everywhere::<household_member::Entity>().filter(of_members).all(work.tx()).await? {
            homes.entry(member.person_id).or_default().push((member.household_id, member.joined_on, member.left_on));
        }
        let own: Vec<i64> = homes.values().flatten().map(|home| home.0).collect();
        let of_covered = recognition_person::Column::PersonId.is_in(ids.clone());
        let parts = work.everywhere::<recognition_person::Entity>().filter(of_covered).all(work.tx()).await?;
        let of_covered = recognition::Column::Id.is_in(parts.iter().map(|part| part.recognition_id));
        // What lies elsewhere is as if it were not there.
        let recognitions = work
            .within::<recognition::Entity>()
            .filter(recognition::Column::HouseholdId.is_in(own).or(of_covered))
            .all(work.tx())
            .await?;
        let mut covered: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        let of_versions =
            recognition_person::Column::RecognitionId.is_in(recognitions.iter().map(|version| version.id));
        for part in work.everywhere::<recognition_person::Entity>().filter(of_versions).all(work.tx()).await? {
            covered.entry(part.recognition_id).or_default().insert(part.person_id);
        }
        let of_persons = welfare_benefit::Column::PersonId.is_in(ids.clone());
        let benefits = work.within::<welfare_benefit::Entity>().filter(of_persons).all(work.tx()).await?;

        let mut aided: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        let mut grants = Vec::new();
        if rows.iter().any(|row| row.row.category.rests_on() == Basis::Grant) {
            let of_aided = temporary_aid_person::Column::PersonId.is_in(ids.clone());
            let parts = work.everywhere::<temporary_aid_person::Entity>().filter(of_aided).all(work.tx()).await?;
            let of_aided = temporary_aid::Column::Id.is_in(parts.iter().map(|part| part.temporary_aid_id));
            let of_applicants = temporary_aid::Column::ApplicantId.is_in(ids.clone());
            grants = work.within::<temporary_aid::Entity>().filter(of_aided.or(of_applicants)).all(work.tx()).await?;
            let of_grants = temporary_aid_person::Column::TemporaryAidId.is_in(grants.iter().map(|grant| grant.id));
            for part in work.everywhere::<temporary_aid_person::Entity>().filter(of_grants).all(work.tx()).await? {
                aided.entry(part.temporary_aid_id).or_default().insert(part.person_id);
            }
        }
        let of_payees = line::Column::PayeeId.is_in(ids.clone());
        let lines = work.within::<line::Entity>().filter(of_payees).all(work.tx()).await?;
        let lines: HashMap<Key, line::Model> =
            lines.into_iter().filter_map(|line| Some((Key::of_line(&line)?, line))).collect();
        // Of lines that stand already the persons they were for.
        let of_lines = payment_person::Column::PaymentId.is_in(lines.values().map(|line| line.id));
        let parts = work.everywhere::<payment_person::Entity>().filter(of_lines).all(work.tx()).await?;

        let mut named: HashSet<i64> = covered.values().chain(aided.values()).flatten().copied().collect();
        named.extend(parts.iter().map(|part| part.person_id));
        let named: Vec<i64> = named.into_iter().collect();
        let mut numbers: HashMap<i64, String> =
            persons.iter().map(|(number, person)| (person.id, number.clone())).collect();
        for chunk in named.chunks(5_000) {
            let of_named = persons::Column::Id.is_in(chunk.to_vec());
            for person in work.within::<persons::Entity>().filter(of_named).all(work.tx()).await? {
                if let Entry::Vacant(unknown) = numbers.entry(person.id) {
                    let keys = &work.kernel.keys;
                    unknown.insert(keys.open(&person.key_salt, "person.id_number", &person.id_number)?);
                }
            }
        }
        let of_persons = account::Column::PersonId.is_in(ids);
        let accounts = work.everywhere::<account::Entity>().filter(of_persons).all(work.tx()).await?;
        let accounts = accounts.into_iter().map(|row| (row.person_id, row.account_blind)).collect();
        Ok(Self { persons, numbers, homes, recognitions, covered, benefits, grants, aided, lines, accounts })
    }

    /// The payment line that a row tells.
    fn line(&self, row: &SheetRow) -> Result<payment::SheetRow, Wrong> {
        if let Some(far) = self.persons.elsewhere(&row.person) {
            return Err(Wrong {
                header: "证件号码",
                value: row.person.clone(),
                code: far.code,
                message: far.text.to_owned(),
                remedy: far.remedy,
            });
        }
        let nobody = || Wrong {
            header: "证件号码",
            value: row.person.clone(),
            code: "NOT_FOUND",
            message: "找不到 · there is none".to_owned(),
            remedy: "先导入救助对象花名册（assistance-roster）或人员，或核对号码 · import the assistance-roster or the person first, or check the number",
        };
        let payee = self.persons.get(&row.person).ok_or_else(nobody)?;
        if normal_name(&payee.name) != row.name {
            let known = mask::name(&payee.name);
            return Err(Wrong {
                header: "姓名",
                value: row.name.clone(),
                code: "NAME_DIFFERS",
                message: format!("与登记的姓名（{known}）不符 · differs from the name on record ({known})"),
                remedy: "核对姓名和证件号码 · check name and number",
            });
        }
        let (basis, covered) = match row.category.rests_on() {
            Basis::Recognition => self.recognition(row, payee.id)?,
            Basis::Benefit => self.benefit(row, payee.id)?,
            Basis::Grant => self.grant(row, payee.id)?,
        };
        if let Some(count) = row.count.filter(|count| usize::try_from(*count).ok() != Some(covered.len())) {
            let all = covered.len();
            return Err(Wrong {
                header: "人数",
                value: count.to_string(),
                code: "COUNT_DIFFERS",
                message: format!(
                    "表中 {count} 人，{basis} 保障 {all} 人 · {count} in the sheet, {all} covered by {basis}"
                ),
                remedy: "核对人数；认定有变动的，先更正认定 · check the number; correct the recognition first where it changed",
            });
        }
        let known = self.lines.get(&Key::of_row(row, payee.id));
        let code = |text: Option<&String>| text.and_then(|source| FundSource::parse(source));
        let state = known.and_then(|line| PaymentState::parse(&line.state));
        Ok(payment::SheetRow {
            number: known.map(|line| line.number.clone()).or_else(|| row.number.clone()).unwrap_or_default(),
            category: row.category,
            basis,
            persons: {
                let mut numbers: Vec<String> = covered.iter().filter_map(|id| self.numbers.get(id).cloned()).collect();
                numbers.sort_unstable();
                numbers
            },
            division: row.division.clone(),
            months: row.benefit_months(),
            paid_on: row.paid_on,
            amount: row.amount,
            nature: row.nature(),
            // What the bank said since stands until the sheet says otherwise.
            state: row.state.or(state).unwrap_or(PaymentState::Paid),
            original: known.and_then(|line| line.original.clone()),
            source: code(known.and_then(|line| line.source.as_ref())),
            payee: Some(row.person.clone()),
        })
    }

    /// The recognition of the payee's household in force in the month; arrears may be of one that ended or began later.
    fn recognition(&self, row: &SheetRow, payee: i64) -> Result<Ground, Wrong> {
        let month = row.months.0;
        let homes = self.homes.get(&payee).map_or(&[][..], Vec::as_slice);
        let of_home = |version: &recognition::Model| {
            homes.iter().any(|(home, from, until)| {
                *home == version.household_id && *from <= row.paid_on && until.is_none_or(|until| until > month)
            })
        };
        let of_payee = |version: &recognition::Model| {
            self.covered.get(&version.id).is_some_and(|covered| covered.contains(&payee)) || of_home(version)
        };
        let own: Vec<&recognition::Model> = self
            .recognitions
            .iter()
            .filter(|version| version.category == row.category.code() && of_payee(version))
            .collect();
        let in_force = |version: &&&recognition::Model| {
            version.effective_from <= month && version.effective_until.is_none_or(|until| until > month)
        };
        let mut found: Vec<&recognition::Model> = own.iter().filter(in_force).copied().collect();
        if found.is_empty() && row.nature() != PaymentNature::Normal {
            let distance = |version: &&&recognition::Model| (version.effective_from - month).num_days().abs();
            found.extend(own.iter().min_by_key(distance));
        }
        match found.as_slice() {
            [only] => Ok((only.number.clone(), self.covered.get(&only.id).cloned().unwrap_or_default())),
            [] => Err(self.none(row, "当月没有在保的认定 · no recognition is in force in the month")),
            several => Err(self.several(row, several.iter().map(|version| version.number.as_str()))),
        }
    }

    fn benefit(&self, row: &SheetRow, payee: i64) -> Result<Ground, Wrong> {
        let month = row.months.0;
        let own: Vec<&welfare_benefit::Model> = self
            .benefits
            .iter()
            .filter(|benefit| benefit.person_id == payee && benefit.kind == row.category.code())
            .collect();
        let in_force = |benefit: &&&welfare_benefit::Model| {
            benefit.effective_from <= month && benefit.last_month.is_none_or(|last| last >= month)
        };
        let mut found: Vec<&welfare_benefit::Model> = own.iter().filter(in_force).copied().collect();
        if found.is_empty() && row.nature() != PaymentNature::Normal {
            let distance = |benefit: &&&welfare_benefit::Model| (benefit.effective_from - month).num_days().abs();
            found.extend(own.iter().min_by_key(distance));
        }
        match found.as_slice() {
            [only] => Ok((only.number.clone(), BTreeSet::from([payee]))),
            [] => Err(self.none(row, "当月没有这项待遇 · no benefit of this kind holds in the month")),
            several => Err(self.several(row, several.iter().map(|benefit| benefit.number.as_str()))),
        }
    }

    /// The grant approved by the day of payment: of several that of the same amount.
    fn grant(&self, row: &SheetRow, payee: i64) -> Result<Ground, Wrong> {
        let aids = |grant: &temporary_aid::Model| {
            grant.applicant_id == payee || self.aided.get(&grant.id).is_some_and(|aided| aided.contains(&payee))
        };
        let mut found: Vec<&temporary_aid::Model> = self
            .grants
            .iter()
            .filter(|grant| aids(grant) && grant.approved_on.unwrap_or(grant.accepted_on) <= row.paid_on)
            .collect();
        if found.len() > 1 {
            let same = |grant: &&&temporary_aid::Model| grant.approved_fen == Some(row.amount);
            found = found.iter().filter(same).copied().collect();
        }
        match found.as_slice() {
            [only] => Ok((only.number.clone(), self.aided.get(&only.id).cloned().unwrap_or_default())),
            [] => Err(self.none(row, "没有对应的临时救助 · no temporary aid fits")),
            several => Err(self.several(row, several.iter().map(|grant| grant.number.as_str()))),
        }
    }

    #[allow(clippy::unused_self)] // beside its sibling
    fn none(&self, row: &SheetRow, message: &str) -> Wrong {
        Wrong {
            header: "证件号码",
            value: row.person.clone(),
            code: "NO_BASIS",
            message: message.to_owned(),
            remedy: "先导入认定、待遇或临时救助，或核对类别、月份和号码 · import what it rests on first, or check category, month and number",
        }
    }

    #[allow(clippy::unused_self)] // beside its sibling
    fn several<'a>(&self, row: &SheetRow, numbers: impl Iterator<Item = &'a str>) -> Wrong {
        let numbers: Vec<&str> = numbers.collect();
        Wrong {
            header: "证件号码",
            value: row.person.clone(),
            code: "AMBIGUOUS",
            message: format!("对应几项：{0} · several fit: {0}", numbers.join("、")),
            remedy: "用 payments 表按依据编号导入这一行 · import this row as payments, by the number it rests on",
        }
    }

    /// The account of the payee, where the row names one that is not on record.
    fn account(&self, work: &Work<'_>, row: &SheetRow) -> Result<Option<payment_account::SheetRow>, Failure> {
        let (Some(number), Some(payee)) = (&row.account, self.persons.get(&row.person)) else { return Ok(None) };
        if self.accounts.contains(&(payee.id, account_blind(&work.kernel.keys, number)?)) {
            return Ok(None);
        }
        let holder = row.holder.clone().unwrap_or_else(|| row.name.clone());
        Ok(Some(payment_account::SheetRow {
            person: row.person.clone(),
            account: number.clone(),
            relation: if holder == row.name { "本人" } else { "其他" }.to_owned(),
            holder,
            bank_name: payment_account::BANK_UNSAID.to_owned(),
            opened_on: row.paid_on,
            closed_on: None,
            agreement: None,
        }))
    }
}
