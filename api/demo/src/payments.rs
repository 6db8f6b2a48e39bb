//! 资金发放 · what was paid in eighteen months, with what came back, arrears, sums paid by mistake and claimed
//! back; what the bank says of it; the accounts it goes to; the budget it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;
use minzheng_rules::identifiers::bank_card::luhn;

use super::assistance::{Assistance, DIBAO, Recognition, SINGLE, TEKUN, Version};
use super::calendar::{FIRST, LAST, Month, any_day, before, day, months, today, working_days_after};
use super::random::Random;
use super::registry::{Household, Member, Person};
use super::sheet::{Maybe, Sheet, Target, Written, Yuan, several, yes};
use super::welfare::{AGED, Benefit, NEEDY_DISABLED, NURSING, ORPHAN, SERVICE, SEVERELY_DISABLED, UNATTENDED};

/// 临时救助
const SUDDEN: &str = "临时救助";
/// 价格临时补贴 by month, in fen a person.
const PRICE_SUBSIDY: [(Month, i64); 4] = [
    (Month::new(2022, 9), 3_300),
    (Month::new(2022, 10), 3_100),
    (Month::new(2022, 11), 2_000),
    (Month::new(2022, 12), 2_200),
];
/// 春节一次性生活补贴, fen a person, paid with January 2023.
const ONCE: (Month, i64) = (Month::new(2023, 1), 20_000);
/// The old-age allowance was paid by the quarter until the end of 2022.
const MONTHLY_SINCE: Month = Month::new(2023, 1);

/// Where the money of a category comes from, by weight.
fn sources(category: &str) -> &'static [(&'static str, u32)] {
    match category {
        DIBAO | SINGLE | TEKUN => &[("中央", 52), ("省", 13), ("市", 12), ("区", 23)],
        SUDDEN => &[("中央", 38), ("市", 14), ("区", 42), ("捐赠", 6)],
        AGED => &[("市", 20), ("区", 80)],
        ORPHAN | UNATTENDED => &[("中央", 40), ("省", 25), ("区", 35)],
        NEEDY_DISABLED | SEVERELY_DISABLED => &[("中央", 18), ("省", 30), ("市", 12), ("区", 40)],
        _ => &[("福彩", 60), ("区", 40)],
    }
}

const CATEGORIES: [&str; 11] =
    [DIBAO, SINGLE, TEKUN, SUDDEN, AGED, ORPHAN, UNATTENDED, NEEDY_DISABLED, SEVERELY_DISABLED, SERVICE, NURSING];

/// One line of a roster.
#[derive(Clone)]
struct Line {
    category: &'static str,
    basis: String,
    persons: String,
    place: String,
    months: String,
    paid: NaiveDate,
    amount: i64,
    nature: &'static str,
    returned: bool,
    original: Option<String>,
    source: &'static str,
}

/// What was paid by year, category and source.
pub type Spent = BTreeMap<(i32, &'static str, &'static str), i64>;

/// The sheet, and what it says was spent.
pub struct Paid {
    /// `payments`
    pub sheet: Written,
    /// Sums.
    pub spent: Spent,
    /// Lines of which the bank has told something: what came back, and all of the last batch.
    pub told: Vec<Told>,
}

/// A line of which the bank has told something.
pub struct Told {
    number: String,
    persons: String,
    paid: NaiveDate,
    amount: i64,
    returned: bool,
}

struct Cashier {
    random: Random,
    /// Lines to be paid in a month to come.
    later: BTreeMap<Month, Vec<Line>>,
    /// The month's lines.
    lines: Vec<Line>,
    batch: BTreeMap<(&'static str, String), &'static str>,
}

/// `payments`
pub fn write(target: &Target, seed: u64, assistance: &Assistance, benefits: &[Benefit]) -> io::Result<Paid> {
    let headers = [
        "发放编号",
        "类别",
        "依据编号",
        "受益人证件号码",
        "区划代码",
        "所属月份",
        "发放日期",
        "金额",
        "款项性质",
        "状态",
        "原发放编号",
        "资金来源",
    ];
    let mut sheet = Sheet::create(target, "payments", &headers)?;
    let mut cashier = Cashier {
        random: Random::of(seed, "payments"),
        later: BTreeMap::new(),
        lines: Vec::new(),
        batch: BTreeMap::new(),
    };
    let mut spent = Spent::new();
    let mut told = Vec::new();
    for month in months() {
        cashier.month(month, assistance, benefits);
        for (number, line) in &cashier.close(month) {
            if line.returned || (month == LAST && line.nature != "追缴") {
                let (number, persons) = (number.clone(), line.persons.clone());
                told.push(Told { number, persons, paid: line.paid, amount: line.amount, returned: line.returned });
            }
            if !line.returned && line.nature != "追缴" {
                *spent.entry((month.year(), line.category, line.source)).or_default() += line.amount;
            }
            sheet.row(&[
                number,
                &line.category,
                &line.basis,
                &line.persons,
                &line.place,
                &line.months,
                &line.paid,
                &Yuan(line.amount),
                &line.nature,
                &if line.returned { "退回" } else { "成功" },
                &Maybe(line.original.as_ref()),
                &line.source,
            ])?;
        }
    }
    Ok(Paid { sheet: sheet.end()?, spent, told })
}

impl Cashier {
    /// Where the money of a batch, a category in a town in a month, comes from.
    fn source(&mut self, category: &'static str, place: &str) -> &'static str {
        let town = place.get(..9).unwrap_or(place).to_owned();
        let random = &mut self.random;
        self.batch.entry((category, town)).or_insert_with(|| random.weighted(sources(category)))
    }

    #[allow(clippy::too_many_arguments)]
    fn line(
        &mut self,
        (category, basis): (&'static str, &str),
        persons: &[&Person],
        place: &str,
        months: String,
        paid: NaiveDate,
        amount: i64,
        nature: &'static str,
    ) {
        let source = self.source(category, place);
        self.lines.push(Line {
            category,
            basis: basis.to_owned(),
            persons: several(persons.iter().map(|person| person.id.as_str())),
            place: place.to_owned(),
            months,
            paid,
            amount,
            nature,
            returned: false,
            original: None,
            source,
        });
    }

    fn month(&mut self, month: Month, assistance: &Assistance, benefits: &[Benefit]) {
        self.batch.clear();
        self.lines = self.later.remove(&month).unwrap_or_default();
        for recognition in &assistance.recognitions {
            self.recognition(recognition, month);
        }
        for grant in &assistance.grants {
            for (paid, amount) in grant.stages.iter().filter(|(paid, _)| Month::of(*paid) == month) {
                let persons: Vec<&Person> = grant.beneficiaries.iter().map(Rc::as_ref).collect();
                self.line((SUDDEN, &grant.number), &persons, &grant.place.code, String::new(), *paid, *amount, "正常");
            }
        }
        for benefit in benefits {
            self.benefit(benefit, month);
        }
    }

    fn recognition(&mut self, recognition: &Recognition, month: Month) {
        let Recognition { category, number, place, .. } = recognition;
        let (basis, paid) = ((*category, number.as_str()), month.working_day(10));
        let begins = recognition.versions.iter().find(|version| version.amount.is_some()).map(|version| version.from);
        let Some(begins) = begins else { return };
        if recognition.late && month == begins.plus(1) {
            // The first month was decided on too late for its batch.
            if let Some(version) = recognition.version(begins) {
                self.due(recognition, version, begins, paid, "补发", None);
            }
        }
        if let Some(version) = recognition.version(month).filter(|_| !(recognition.late && month == begins)) {
            let before = recognition.versions.iter().rev().find(|older| older.from < version.from);
            let raised = before.filter(|_| month == version.from && slow(recognition, version)).and_then(|older| {
                let same = older.extras.len() == version.extras.len();
                older.amount.filter(|was| same && version.amount.is_some_and(|now| *was < now))
            });
            self.due(recognition, version, month, paid, "正常", raised);
        }
        let all = |version: &Version| version.covered.iter().map(Rc::clone).collect::<Vec<_>>();
        for (of, fen) in PRICE_SUBSIDY {
            if let Some(version) =
                recognition.version(of).filter(|version| of.plus(1) == month && version.amount.is_some())
            {
                let covered = all(version);
                let persons: Vec<&Person> = covered.iter().map(Rc::as_ref).collect();
                let sum = fen * i64::try_from(persons.len()).unwrap_or(0);
                self.line(basis, &persons, &place.code, of.to_string(), month.working_day(25), sum, "价格临时补贴");
            }
        }
        if let Some(version) = recognition.version(month).filter(|version| ONCE.0 == month && version.amount.is_some())
        {
            let covered = all(version);
            let persons: Vec<&Person> = covered.iter().map(Rc::as_ref).collect();
            let sum = ONCE.1 * i64::try_from(persons.len()).unwrap_or(0);
            self.line(basis, &persons, &place.code, month.to_string(), month.working_day(12), sum, "一次性补贴");
        }
        let Some(ended) = recognition.ended.filter(|ended| ended.plus(1) == month) else { return };
        let Some(version) = recognition.version(ended) else { return };
        let [person] = version.covered.as_slice() else { return };
        if person.death.get().map(Month::of) != Some(ended) {
            return;
        }
        let fen = version.amount.unwrap_or(0);
        if *category == TEKUN {
            // Six months of the basic standard; local practice.
            let on_top: i64 = version.extras.iter().map(|(_, fen)| fen).sum();
            self.line(
                basis,
                &[person],
                &place.code,
                ended.to_string(),
                month.working_day(20),
                (fen - on_top) * 6,
                "丧葬",
            );
        } else if self.random.chance(700) {
            // The death was reported after the batch had left.
            self.line(basis, &[person], &place.code, month.to_string(), paid, fen, "误发");
        }
    }

    /// The lines of a month that is due: the household's sum, and apart what single persons get on top.
    fn due(
        &mut self,
        recognition: &Recognition,
        version: &Version,
        month: Month,
        paid: NaiveDate,
        nature: &'static str,
        raised_from: Option<i64>,
    ) {
        let Some(amount) = version.amount else { return };
        let Recognition { category, number, place, .. } = recognition;
        let basis = (*category, number.as_str());
        let persons: Vec<&Person> = version.covered.iter().map(Rc::as_ref).collect();
        let on_top: i64 = version.extras.iter().map(|(_, fen)| fen).sum();
        let apart = if *category == TEKUN { "照料护理" } else { "分类施保" };
        let missing = raised_from.map_or(0, |was| amount - was);
        let missing = if missing < amount - on_top { missing } else { 0 };
        if amount - on_top - missing > 0 {
            let sum = amount - on_top - missing;
            self.line(basis, &persons, &place.code, month.to_string(), paid, sum, nature);
            if missing > 0 {
                // The rise was decided on after the batch: the rest comes with the next.
                let (next, source) = (month.plus(1), self.source(category, &place.code));
                self.later.entry(next).or_default().push(Line {
                    category,
                    basis: number.clone(),
                    persons: several(persons.iter().map(|person| person.id.as_str())),
                    place: place.code.clone(),
                    months: month.to_string(),
                    paid: next.working_day(10),
                    amount: missing,
                    nature: "补发",
                    returned: false,
                    original: None,
                    source,
                });
            }
        }
        if on_top > 0 {
            let persons: Vec<&Person> = version.extras.iter().map(|(person, _)| person.as_ref()).collect();
            self.line(basis, &persons, &place.code, month.to_string(), paid, on_top, apart);
        }
    }

    fn benefit(&mut self, benefit: &Benefit, month: Month) {
        let Benefit { kind, number, person, place, rate, .. } = benefit;
        let (basis, persons, code) = ((*kind, number.as_str()), [person.as_ref()], place.code.as_str());
        if *kind == AGED && month < MONTHLY_SINCE {
            if month.number().is_multiple_of(3) {
                let due: Vec<Month> = (-2..=0).map(|at| month.plus(at)).filter(|month| benefit.due(*month)).collect();
                if let (Some(from), Some(to)) = (due.first(), due.last()) {
                    let sum = rate * i64::try_from(due.len()).unwrap_or(0);
                    let months = if from == to { from.to_string() } else { format!("{from}~{to}") };
                    self.line(basis, &persons, code, months, month.working_day(20), sum, "正常");
                }
            }
        } else if benefit.due(month) {
            let pay_day = match *kind {
                AGED | SERVICE | NURSING => 20,
                _ => 15,
            };
            // Somebody newly found gets the first month with the second.
            let slowly = begins_slowly(benefit);
            let of: Vec<Month> = if slowly && month == benefit.from {
                Vec::new()
            } else if slowly && month.plus(-1) == benefit.from {
                vec![benefit.from, month]
            } else {
                vec![month]
            };
            for due in of {
                let nature = if due == month { "正常" } else { "补发" };
                self.line(basis, &persons, code, due.to_string(), month.working_day(pay_day), *rate, nature);
            }
        } else if benefit.until.is_some_and(|until| until.plus(1) == month) {
            let until = month.plus(-1);
            if benefit.from == until && begins_slowly(benefit) {
                self.line(basis, &persons, code, until.to_string(), month.working_day(20), *rate, "补发");
            }
            if person.death.get().map(Month::of) == Some(until) && self.random.chance(500) {
                self.line(basis, &persons, code, month.to_string(), month.working_day(20), *rate, "误发");
            }
        }
        let child = matches!(*kind, ORPHAN | UNATTENDED);
        for (of, fen) in PRICE_SUBSIDY.into_iter().filter(|(of, _)| child && of.plus(1) == month && benefit.due(*of)) {
            self.line(basis, &persons, code, of.to_string(), month.working_day(25), fen, "价格临时补贴");
        }
    }

    /// Ends the month: no line is later than the day of business; the bank sends some back; each gets its number.
    fn close(&mut self, month: Month) -> Vec<(String, Line)> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by_key(|line| line.paid);
        let mut numbered = Vec::with_capacity(lines.len());
        for (at, mut line) in lines.into_iter().enumerate() {
            let number = format!("FF{}{:02}{:06}", month.year(), month.number(), at + 1);
            let fresh = line.original.is_none();
            if line.nature == "误发" {
                // Most of it comes back within half a year, some never does.
                if self.random.chance(7_400) {
                    let back = month.plus(i32::try_from(self.random.between(1, 5)).unwrap_or(1));
                    let paid = any_day(&mut self.random, back.first(), back.last());
                    let original = Some(number.clone());
                    self.later.entry(back).or_default().push(Line { nature: "追缴", paid, original, ..line.clone() });
                }
            } else if fresh && line.nature != "追缴" && self.random.chance(45) {
                line.returned = true;
                // A wrong or closed account is put right by the next month, or the one after; some stay open.
                let wait = self.random.weighted(&[(1, 68), (2, 19), (3, 6), (0, 7)]);
                if wait > 0 {
                    let again = month.plus(wait);
                    let (paid, original) = (again.working_day(18), Some(number.clone()));
                    let again_line = Line { returned: false, paid, original, ..line.clone() };
                    self.later.entry(again).or_default().push(again_line);
                }
            }
            numbered.push((number, line));
        }
        numbered
    }
}

/// Whether a rise was decided on only after the batch of its month; by the number, so that it is the same each time.
fn slow(recognition: &Recognition, version: &Version) -> bool {
    let sum: u32 = recognition.number.bytes().map(u32::from).sum();
    (sum + version.from.number()).is_multiple_of(7)
}

/// Whether the first month of a benefit comes with the second; the quarter of the old-age allowance never does.
fn begins_slowly(benefit: &Benefit) -> bool {
    let sum: u32 = benefit.number.bytes().map(u32::from).sum();
    let first = if benefit.kind == AGED { MONTHLY_SINCE } else { FIRST.plus(1) };
    benefit.from >= first && sum.is_multiple_of(11)
}

/// `budget-lines`: by year, category and source, never less than was spent.
pub fn write_budget(target: &Target, seed: u64, spent: &Spent) -> io::Result<Written> {
    let headers = ["年度", "项目", "资金来源", "预算金额", "到账金额", "到账日期", "文号", "专项"];
    let mut sheet = Sheet::create(target, "budget-lines", &headers)?;
    let mut random = Random::of(seed, "budget");
    for year in [2022, 2023] {
        let mut issued = 10;
        for category in CATEGORIES {
            for (source, _) in sources(category) {
                let used = spent.get(&(year, category, *source)).copied().unwrap_or(0);
                // A whole year of 2022; half of 2023, whose budget is short for the old-age allowance of the district.
                let percent = match (year, category) {
                    (2022, _) => random.between(101, 109),
                    (_, AGED) => random.between(178, 190),
                    _ => random.between(190, 216),
                };
                // In whole thousands of yuan.
                let budget = ((used * percent / 100).max(100_000) / 100_000 + 1) * 100_000;
                let arrived = match (year, *source) {
                    (2022, _) => budget,
                    (_, "中央" | "省") => budget * random.between(68, 92) / 100,
                    _ => budget * random.between(52, 66) / 100,
                };
                let arrived =
                    arrived.max(used) / 10_000 * 10_000 + if arrived.max(used) % 10_000 > 0 { 10_000 } else { 0 };
                let on = any_day(&mut random, day(year, 1, 18), day(year, 5, 31));
                issued += i32::try_from(random.between(1, 4)).unwrap_or(1);
                let (office, earmarked) = match *source {
                    "中央" | "省" => ("示例省财社", true),
                    "市" => ("示例市财社", true),
                    "福彩" => ("示例市福彩", true),
                    "捐赠" => ("示例区慈", true),
                    _ => ("示例区财社", random.chance(7_000)),
                };
                let document = format!("{office}〔{year}〕{issued}号");
                sheet.row(&[
                    &year,
                    &category,
                    source,
                    &Yuan(budget),
                    &Yuan(arrived.min(budget)),
                    &on,
                    &document,
                    &yes(earmarked),
                ])?;
            }
        }
    }
    sheet.end()
}

/// 账户 · number, holder and first day, by who is paid, the first first.
pub type Accounts = BTreeMap<String, Vec<(String, String, NaiveDate)>>;

/// `bank-returns`: what the bank has told, a few days after it was sent.
pub fn write_returns(target: &Target, seed: u64, told: &[Told], accounts: &Accounts) -> io::Result<Written> {
    let headers = ["发放编号", "批次号", "账号", "户名", "金额", "结果", "日期", "退回原因"];
    let mut sheet = Sheet::create(target, "bank-returns", &headers)?;
    let mut random = Random::of(seed, "bank-returns");
    for line in told {
        let on = working_days_after(line.paid, random.between(1, 3)).min(today());
        let payee = line.persons.split(';').find_map(|person| accounts.get(person));
        let account = payee.and_then(|list| list.iter().rev().find(|(.., from)| *from <= line.paid).or(list.first()));
        let reason = line.returned.then(|| {
            random.weighted(&[
                ("账户已销户", 30),
                ("户名不符", 24),
                ("账户状态异常", 22),
                ("账号不存在", 14),
                ("长期不动户", 10),
            ])
        });
        sheet.row(&[
            &line.number,
            &line.number.get(..8).unwrap_or_default(),
            &Maybe(account.map(|(number, ..)| number)),
            &Maybe(account.map(|(_, holder, _)| holder)),
            &Yuan(line.amount),
            &if line.returned { "退回" } else { "成功" },
            &on,
            &Maybe(reason),
        ])?;
    }
    sheet.end()
}

/// `payment-accounts`: one for each who is paid, in the own name or in a guardian's.
pub fn write_accounts(
    target: &Target,
    seed: u64,
    assistance: &Assistance,
    benefits: &[Benefit],
    households: &[Household],
) -> io::Result<(Written, Accounts)> {
    let headers = ["受益人证件号码", "账号", "户名", "与受益人关系", "开户行", "启用日期", "停用日期", "代管协议"];
    let mut sheet = Sheet::create(target, "payment-accounts", &headers)?;
    let mut random = Random::of(seed, "accounts");
    let mut homes: BTreeMap<&str, &Household> = BTreeMap::new();
    for home in households {
        for member in &home.members {
            homes.insert(&member.person.id, home);
        }
    }
    let mut paid: Vec<(&Rc<Person>, Month)> = Vec::new();
    for recognition in assistance.recognitions.iter().filter(|found| found.versions.iter().any(|v| v.amount.is_some()))
    {
        let covered = recognition.versions.last().map(|version| version.covered.as_slice()).unwrap_or_default();
        let grown = covered.iter().find(|person| person.age(FIRST.first()) >= 18);
        paid.extend(grown.or(covered.first()).map(|person| (person, recognition.begins())));
    }
    for grant in &assistance.grants {
        paid.push((&grant.applicant, Month::of(grant.accepted)));
    }
    paid.extend(benefits.iter().map(|benefit| (&benefit.person, benefit.from)));
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut accounts = Accounts::new();
    let mut serial = 0;
    for (person, from) in paid {
        if !done.insert(&person.id) {
            continue;
        }
        let opened = before(from.first(), random.between(2, 40)).max(day(2016, 1, 4));
        let minor = person.age(today()) < 18;
        let others = homes.get(person.id.as_str()).map(|home| home.members.as_slice()).unwrap_or_default();
        let guardian = others.iter().find(|member| minor && member.person.age(FIRST.first()) >= 18);
        let helper = random.chance(if person.age(today()) >= 85 { 450 } else { 90 });
        let (holder, relation, agreement) = match guardian {
            Some(member) => (member.person.name.clone(), guardian_label(member), None),
            None if minor => (format!("{}监护账户", person.place.name), "监护人", None),
            None if helper => {
                let agreement = format!("代管协议〔{}〕{:04}号", Month::of(opened).year(), random.between(1, 900));
                (super::names::adult(&mut random), "村居代管", Some(agreement))
            }
            None => (person.name.clone(), "本人", None),
        };
        let bank = random.weighted(&[("农村商业银行", 5), ("邮政储蓄银行", 3), ("农业银行", 2), ("长沙银行", 3)]);
        let bank = format!("{bank}{}支行", person.place.town.short);
        let changed = random.chance(260).then(|| any_day(&mut random, day(2022, 2, 1), day(2023, 5, 31)));
        let changed = changed.filter(|on| *on > opened);
        serial += 1;
        let own = accounts.entry(person.id.clone()).or_default();
        own.push((account(serial), holder.clone(), opened));
        sheet.row(&[
            &person.id,
            &account(serial),
            &holder,
            &relation,
            &bank,
            &opened,
            &Maybe(changed),
            &Maybe(agreement.as_ref()),
        ])?;
        if let Some(on) = changed {
            serial += 1;
            own.push((account(serial), holder.clone(), on));
            let agreement = agreement.as_ref();
            sheet.row(&[&person.id, &account(serial), &holder, &relation, &bank, &on, &"", &Maybe(agreement)])?;
        }
    }
    Ok((sheet.end()?, accounts))
}

fn guardian_label(member: &Member) -> &'static str {
    if super::calendar::today() < super::calendar::years_after(member.person.birth, 52) {
        "父母"
    } else {
        "祖父母"
    }
}

/// A card number of 19 digits with many zeros, as the test vectors have it (domain §2.12), its Luhn digit right.
fn account(serial: u32) -> String {
    let body = format!("62109800000{serial:07}");
    (0..10).map(|digit| format!("{body}{digit}")).find(|number| luhn(number)).unwrap_or(body)
}
