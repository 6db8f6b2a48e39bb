//! 基础登记 · people with their conditions, households with their members by dates, the statistics of the
//! divisions and the policy of the place.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;
use minzheng_rules::assistance::eligibility::{self, Disability};
use minzheng_rules::assistance::policy::{Policy, PolicyError, national};
use minzheng_rules::identifiers::citizen_id::age;

use super::calendar::{FIRST, after, any_day, before, day, months};
use super::district::{District, Lottery, Place};
use super::names;
use super::random::Random;
use super::sheet::{Maybe, Sheet, Target, Written};

/// The area of all ID numbers here: unassigned (domain §2.12).
const AREA: &str = "430199";
/// Weights and check signs of GB 11643-1999.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &str = "10X98765432";

/// A person.
#[derive(Debug)]
pub struct Person {
    /// 公民身份号码
    pub id: String,
    /// 姓名
    pub name: String,
    /// 姓
    pub surname: &'static str,
    /// 男
    pub male: bool,
    /// 出生日期
    pub birth: NaiveDate,
    /// 户籍地, which is where the person applies.
    pub place: Rc<Place>,
    /// 现住地
    pub residence: Rc<Place>,
    /// 民族
    pub nation: &'static str,
    /// 详细地址
    pub address: String,
    /// 联系电话
    pub phone: Option<String>,
    /// 死亡日期
    pub death: Cell<Option<NaiveDate>>,
    /// 状况
    pub conditions: RefCell<Vec<Condition>>,
}

impl Person {
    /// Completed years.
    pub fn age(&self, on: NaiveDate) -> i32 {
        age(self.birth, on)
    }

    /// Born and not dead on this day; the day of death counts as one of life.
    pub fn alive(&self, on: NaiveDate) -> bool {
        self.birth <= on && self.death.get().is_none_or(|death| on <= death)
    }

    /// The disability that stands in the certificate on a day.
    pub fn disability(&self, on: NaiveDate) -> Option<(Disability, u8)> {
        self.conditions.borrow().iter().find_map(|condition| condition.disability.filter(|_| condition.holds(on)))
    }

    /// Whether a condition of this kind holds on a day.
    pub fn has(&self, kind: &str, on: NaiveDate) -> bool {
        self.conditions.borrow().iter().any(|condition| condition.kind == kind && condition.holds(on))
    }

    /// Records a condition.
    pub fn record(&self, kind: &'static str, from: NaiveDate, until: Option<NaiveDate>, degree: &'static str) {
        self.conditions.borrow_mut().push(Condition {
            kind,
            from: from.max(self.birth),
            until,
            disability: None,
            degree,
        });
    }

    /// Records a disability certificate.
    pub fn certify(&self, kind: Disability, level: u8, from: NaiveDate) {
        let from = from.max(self.birth);
        let disability = Some((kind, level));
        self.conditions.borrow_mut().push(Condition { kind: "残疾", from, until: None, disability, degree: "" });
    }
}

/// Severe everywhere: level 1–2 of any type, or level 3 intellectual or mental (domain §3).
pub fn severe(disability: Option<(Disability, u8)>) -> bool {
    matches!(disability, Some((_, 1 | 2) | (Disability::Intellectual | Disability::Mental, 3)))
}

/// What holds of a person for a time.
#[derive(Clone, Debug)]
pub struct Condition {
    /// 残疾 重病 在校 劳动能力 失能
    pub kind: &'static str,
    /// 生效日期
    pub from: NaiveDate,
    /// 失效日期
    pub until: Option<NaiveDate>,
    /// 残疾类别, 残疾等级
    pub disability: Option<(Disability, u8)>,
    /// 程度
    pub degree: &'static str,
}

impl Condition {
    fn holds(&self, on: NaiveDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| on < until)
    }
}

/// 残疾类别 with its place in GB/T 26341.
fn disability_label(kind: Disability) -> (&'static str, u8) {
    match kind {
        Disability::Visual => ("视力", 1),
        Disability::Hearing => ("听力", 2),
        Disability::Speech => ("言语", 3),
        Disability::Physical => ("肢体", 4),
        Disability::Intellectual => ("智力", 5),
        Disability::Mental => ("精神", 6),
        Disability::Multiple => ("多重", 7),
    }
}

/// A disability type by how often each is met (second national survey, as an estimate).
pub fn any_disability(random: &mut Random) -> Disability {
    // The type has no default: the number of GB/T 26341 is drawn.
    match random.weighted(&[(1_u8, 12), (2, 17), (3, 3), (4, 44), (5, 10), (6, 10), (7, 4)]) {
        1 => Disability::Visual,
        2 => Disability::Hearing,
        3 => Disability::Speech,
        5 => Disability::Intellectual,
        6 => Disability::Mental,
        7 => Disability::Multiple,
        _ => Disability::Physical,
    }
}

/// Everybody, in the order in which they came.
pub struct People {
    /// All.
    pub all: Vec<Rc<Person>>,
    numbers: BTreeMap<(NaiveDate, bool), u32>,
    phones: u64,
    elsewhere: Lottery,
}

impl People {
    /// Nobody yet.
    pub fn new(district: &District) -> Self {
        let elsewhere = district.lottery(|place| place.residents);
        Self { all: Vec::new(), numbers: BTreeMap::new(), phones: 0, elsewhere }
    }

    /// Somebody at home where registered.
    pub fn add(
        &mut self,
        random: &mut Random,
        place: &Rc<Place>,
        male: bool,
        birth: NaiveDate,
        surname: Option<&'static str>,
        address: &str,
    ) -> Rc<Person> {
        self.add_at(random, place, place, male, birth, surname, address)
    }

    /// Somebody with an own address, who for six in a hundred lies in another community (人户分离).
    pub fn add_alone(&mut self, random: &mut Random, place: &Rc<Place>, male: bool, birth: NaiveDate) -> Rc<Person> {
        let residence = if random.chance(600) { self.elsewhere.draw(random) } else { Rc::clone(place) };
        let home = address(random, &residence);
        self.add_at(random, place, &residence, male, birth, None, &home)
    }

    #[allow(clippy::too_many_arguments)]
    fn add_at(
        &mut self,
        random: &mut Random,
        place: &Rc<Place>,
        residence: &Rc<Place>,
        male: bool,
        birth: NaiveDate,
        surname: Option<&'static str>,
        address: &str,
    ) -> Rc<Person> {
        let surname = surname.unwrap_or_else(|| names::surname(random));
        let (id, birth) = self.number(random, birth, male);
        let with_phone = age(birth, FIRST.first()) >= 12 && random.chance(8_600);
        let person = Rc::new(Person {
            id,
            name: names::given(random, surname, male, birth),
            surname,
            male,
            birth,
            place: Rc::clone(place),
            residence: Rc::clone(residence),
            nation: names::nation(random),
            address: address.to_owned(),
            phone: with_phone.then(|| self.phone()),
            death: Cell::new(None),
            conditions: RefCell::new(Vec::new()),
        });
        self.all.push(Rc::clone(&person));
        person
    }

    /// A number that nobody has, for this birth date or, where its 499 are given out, the next.
    pub fn number(&mut self, random: &mut Random, birth: NaiveDate, male: bool) -> (String, NaiveDate) {
        let mut birth = birth;
        while self.numbers.get(&(birth, male)).is_some_and(|given| given / 1_000 >= 499) {
            birth = before(birth, 1);
        }
        let start = u32::try_from(random.below(499)).unwrap_or(0);
        // Thousands count what is given out, the rest is where the day began.
        let state = self.numbers.entry((birth, male)).or_insert(start);
        let turn = (*state % 1_000 + *state / 1_000) % 499;
        *state += 1_000;
        let sequence = if male { turn * 2 + 1 } else { turn * 2 + 2 };
        (citizen_id(birth, sequence), birth)
    }

    /// A mobile number in the block 154, which the ministry has assigned to no operator.
    pub fn phone(&mut self) -> String {
        self.phones += 1;
        // The factor has no divisor in common with 10⁸, so that no number comes twice.
        format!("154{:08}", self.phones * 61_803_399 % 100_000_000)
    }
}

/// The number for a birth date and a sequence, with its check sign (GB 11643-1999).
pub fn citizen_id(birth: NaiveDate, sequence: u32) -> String {
    let body = format!("{AREA}{}{sequence:03}", birth.format("%Y%m%d"));
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let check = CHECKS.chars().nth((sum % 11) as usize).unwrap_or('0');
    format!("{body}{check}")
}

/// An address in a community or village.
pub fn address(random: &mut Random, place: &Place) -> String {
    if place.rural {
        format!("{}{}{}组{}号", place.town.name, place.name, random.between(1, 18), random.between(1, 96))
    } else {
        let (block, unit, floor) = (random.between(1, 32), random.between(1, 4), random.between(1, 18));
        format!("{}{}{block}栋{unit}单元{floor}{:02}室", place.town.name, place.name, random.between(1, 4))
    }
}

/// A birth date of somebody who has this age at the beginning of 2022.
pub fn born(random: &mut Random, years: i64) -> NaiveDate {
    let year = 2022 - i32::try_from(years).unwrap_or(0);
    any_day(random, after(day(year - 1, 1, 1), 1), day(year, 1, 1))
}

/// 与户主关系
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// 本人
    Head,
    /// 配偶
    Spouse,
    /// 子, 女
    Child,
    /// 父母
    Parent,
    /// 祖父母
    Grandparent,
    /// 孙辈
    Grandchild,
    /// 兄弟姐妹
    Sibling,
    /// 其他
    Other,
}

impl Relation {
    fn label(self, male: bool) -> &'static str {
        match self {
            Self::Head => "本人",
            Self::Spouse => "配偶",
            Self::Child if male => "子",
            Self::Child => "女",
            Self::Parent => "父母",
            Self::Grandparent => "祖父母",
            Self::Grandchild => "孙辈",
            Self::Sibling => "兄弟姐妹",
            Self::Other => "其他",
        }
    }

    /// What somebody with this relation to the old head is to the new one, whose own relation to the old one is given.
    fn to_new_head(self, new: Self) -> Self {
        use Relation::{Child, Grandchild, Grandparent, Head, Other, Parent, Sibling, Spouse};
        match (new, self) {
            (Spouse, Head) | (Parent, Parent) => Spouse,
            (Spouse, Child) | (Parent, Head | Sibling) => Child,
            (Spouse, Grandchild) | (Parent, Child) => Grandchild,
            (Child, Child) | (Grandchild, Grandchild) | (Sibling, Head) => Sibling,
            (Child, Parent) | (Grandchild, Head | Spouse) => Grandparent,
            (Child, Head | Spouse) | (Grandchild, Child) | (Sibling, Parent) => Parent,
            _ => Other,
        }
    }
}

/// What the bureau has found out about a member; money in fen a month.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Wages before deduction.
    pub wage: i64,
    /// Other income.
    pub other: i64,
    /// Basic pension.
    pub pension: i64,
    /// Abilities of self-care lost, of six.
    pub lost: u8,
    /// Whether a legal supporter is able to support.
    pub supporter: Option<bool>,
    /// Unjustified refusals of work in a row.
    pub refusals: u32,
    /// Lives there, but is no member in the sense of 57号 Art 7: in prison, declared missing.
    pub apart: bool,
}

/// A member of a household for a time.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub person: Rc<Person>,
    /// To the first head.
    pub relation: Relation,
    /// 加入日期
    pub joined: NaiveDate,
    /// 离开日期
    pub left: Option<NaiveDate>,
    /// Means.
    pub facts: Facts,
}

impl Member {
    /// Whether a member on a day.
    pub fn present(&self, on: NaiveDate) -> bool {
        self.joined <= on && self.left.is_none_or(|left| on < left)
    }

    /// As the eligibility decision wants it.
    pub fn snapshot(&self, on: NaiveDate) -> eligibility::Member {
        eligibility::Member {
            age: self.person.age(on),
            wage: self.facts.wage,
            other: self.facts.other,
            pension: self.facts.pension,
            disability: self.person.disability(on),
            major_illness: self.person.has("重病", on),
            abilities_lost: self.facts.lost,
            capable_supporter: self.facts.supporter,
            elects_child_track: false,
            refusals: self.facts.refusals,
        }
    }
}

/// A household.
#[derive(Clone, Debug)]
pub struct Household {
    /// 户编号
    pub number: String,
    /// Where.
    pub place: Rc<Place>,
    /// 详细地址
    pub address: String,
    /// Whoever ever lived in it, the first head first.
    pub members: Vec<Member>,
    /// Financial assets in fen.
    pub assets: i64,
    /// Dwellings owned.
    pub dwellings: i64,
    /// Rigid expenditure of twelve months in fen.
    pub rigid: i64,
}

impl Household {
    /// Somebody who has lived here from birth on, without means of the own.
    pub fn take_in(&mut self, person: &Rc<Person>, relation: Relation) {
        let (person, joined, facts) = (Rc::clone(person), person.birth, Facts::default());
        self.members.push(Member { person, relation, joined, left: None, facts });
    }

    /// The members on a day who count as such.
    pub fn counted(&self, on: NaiveDate) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.present(on) && !member.facts.apart)
    }

    /// The head at the end, with its relation to the first: the first as long as he or she lives there, then the
    /// spouse, then the eldest grown-up, then the eldest.
    pub fn head(&self) -> Option<&Member> {
        let rest = |member: &&Member| member.left.is_none();
        let grown = |member: &&Member| member.person.age(FIRST.first()) >= 18;
        let first = self.members.first();
        first
            .filter(rest)
            .or_else(|| self.members.iter().find(|member| rest(member) && member.relation == Relation::Spouse))
            .or_else(|| self.members.iter().filter(rest).filter(grown).min_by_key(|member| member.person.birth))
            .or_else(|| self.members.iter().filter(rest).min_by_key(|member| member.person.birth))
            .or(first)
    }
}

/// The example set of domain §3, for town and country.
const POLICIES: &[(&str, &str, &str)] = &[
    ("dibao.standard", "城市", "700.00"),
    ("dibao.standard", "农村", "500.00"),
    ("disposable_income.year", "城市", "48000.00"),
    ("disposable_income.year", "农村", "24000.00"),
    ("edge.ratio", "", "1.5"),
    ("rigid.ratio", "", "0.6"),
    ("employment.deduction", "", "0.2"),
    ("assets.months.dibao", "", "24"),
    ("assets.months.edge", "", "36"),
    ("assets.months.rigid", "", "48"),
    ("dwellings.dibao", "", "1"),
    ("dwellings.edge", "", "2"),
    ("dwellings.rigid", "", "2"),
    ("vehicle.value.dibao", "", "none"),
    ("vehicle.value.edge", "", "80000.00"),
    ("vehicle.value.rigid", "", "100000.00"),
    ("top_up.severe_disability", "", "0.3"),
    ("top_up.major_illness", "", "0.3"),
    ("top_up.minor", "", "0.2"),
    ("top_up.aged", "", "0.2"),
    ("tekun.ratio", "", "1.3"),
    ("care.able", "", "60.00"),
    ("care.partial", "", "240.00"),
    ("care.total", "", "600.00"),
];

/// The policy that holds through the whole demo, with what holds in the whole country.
pub fn policy(rural: bool) -> Result<Policy, PolicyError> {
    let area = if rural { "农村" } else { "城市" };
    Policy::from_values(|name| {
        let own = POLICIES.iter().find(|(parameter, of, _)| *parameter == name && (of.is_empty() || *of == area));
        own.map(|(_, _, value)| *value).or_else(|| national(name, FIRST.first())).map(str::to_owned)
    })
}

/// `policies`
pub fn write_policies(target: &Target, district: &District) -> io::Result<Written> {
    let headers = ["区划代码", "参数", "城乡", "生效日期", "失效日期", "值", "依据文号"];
    let mut sheet = Sheet::create(target, "policies", &headers)?;
    let code = format!("{}000000", district.code);
    for (parameter, area, value) in POLICIES {
        sheet.row(&[&code, parameter, area, &FIRST.first(), &"", value, &"示例民发〔2022〕1号"])?;
    }
    sheet.end()
}

/// `division-statistics`: villages and communities, and sums for towns and district, at the end of two years.
pub fn write_statistics(target: &Target, district: &District, seed: u64) -> io::Result<Written> {
    let headers = ["区划代码", "日期", "常住人口", "户籍人口", "60岁以上", "65岁以上", "80岁以上"];
    let mut sheet = Sheet::create(target, "division-statistics", &headers)?;
    for (year, growth) in [(2021, 1_000_u64), (2022, 1_014)] {
        let mut random = Random::of(seed, "statistics");
        let date = day(year, 12, 31);
        let mut sums: BTreeMap<String, [u64; 5]> = BTreeMap::new();
        for place in &district.places {
            let mut share = |urban: u64, rural: u64| {
                let share = if place.rural { rural } else { urban };
                share * u64::try_from(random.between(90, 110)).unwrap_or(100) / 100
            };
            // In 1,000: registered; 60, 65 and 80 and older. The country: 18.7 %, 13.5 %, 2.5 % (census of 2020).
            let (registered, over_60, over_65, over_80) =
                (share(640, 1_160), share(152, 241), share(107, 176), share(19, 31));
            let residents = if place.rural { place.residents } else { place.residents * growth / 1_000 };
            // Numbers of the small model are rounded as little as can be.
            let part = |share: u64| (residents * share + 500) / 1_000;
            let row = [residents, part(registered), part(over_60), part(over_65), part(over_80)];
            for code in [place.code.clone(), place.town.code.clone(), format!("{}000000", district.code)] {
                let sum = sums.entry(code).or_default();
                sum.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
            }
        }
        for (code, [residents, registered, over_60, over_65, over_80]) in &sums {
            sheet.row(&[code, &date, residents, registered, over_60, over_65, over_80])?;
        }
    }
    sheet.end()
}

/// `persons` and `person-conditions`
pub fn write_people(target: &Target, people: &[Rc<Person>]) -> io::Result<[Written; 2]> {
    let headers = [
        "证件类型",
        "证件号码",
        "姓名",
        "现住地代码",
        "户籍地代码",
        "性别",
        "出生日期",
        "民族",
        "详细地址",
        "联系电话",
        "死亡日期",
    ];
    let mut sheet = Sheet::create(target, "persons", &headers)?;
    for person in people {
        sheet.row(&[
            &"居民身份证",
            &person.id,
            &person.name,
            &person.residence.code,
            &person.place.code,
            &if person.male { "男" } else { "女" },
            &person.birth,
            &person.nation,
            &person.address,
            &Maybe(person.phone.as_ref()),
            &Maybe(person.death.get()),
        ])?;
    }
    let persons = sheet.end()?;
    let headers = ["证件号码", "种类", "生效日期", "失效日期", "残疾类别", "残疾等级", "证号", "程度"];
    let mut sheet = Sheet::create(target, "person-conditions", &headers)?;
    for person in people {
        for condition in person.conditions.borrow().iter() {
            let label = condition.disability.map(|(kind, _)| disability_label(kind));
            let level = condition.disability.map(|(_, level)| level);
            // 证号: citizen ID, type, level (domain §2.10).
            let number = label.zip(level).map(|((_, kind), level)| format!("{}{kind}{level}", person.id));
            sheet.row(&[
                &person.id,
                &condition.kind,
                &condition.from,
                &Maybe(condition.until),
                &Maybe(label.map(|(label, _)| label)),
                &Maybe(level),
                &Maybe(number),
                &condition.degree,
            ])?;
        }
    }
    Ok([persons, sheet.end()?])
}

/// `households` and `household-members`
pub fn write_households(target: &Target, households: &[Household]) -> io::Result<[Written; 2]> {
    let mut sheet = Sheet::create(target, "households", &["户编号", "户主证件号码", "区划代码", "城乡", "详细地址"])?;
    for home in households {
        let Some(head) = home.head() else { continue };
        let area = if home.place.rural { "农村" } else { "城市" };
        sheet.row(&[&home.number, &head.person.id, &home.place.code, &area, &home.address])?;
    }
    let first = sheet.end()?;
    let headers = ["户编号", "证件号码", "与户主关系", "加入日期", "离开日期"];
    let mut sheet = Sheet::create(target, "household-members", &headers)?;
    for home in households {
        let Some(head) = home.head() else { continue };
        for member in &home.members {
            let relation = match (Rc::ptr_eq(&member.person, &head.person), head.relation) {
                (true, _) => Relation::Head,
                (false, Relation::Head) => member.relation,
                (false, new) => member.relation.to_new_head(new),
            };
            let label = relation.label(member.person.male);
            sheet.row(&[&home.number, &member.person.id, &label, &member.joined, &Maybe(member.left)])?;
        }
    }
    Ok([first, sheet.end()?])
}

/// Chance of dying within a month, in 10,000: people on the rolls are older and sicker than others.
pub fn mortality(person: &Person, on: NaiveDate) -> u64 {
    let base = match person.age(on) {
        ..40 => 3,
        40..60 => 9,
        60..70 => 18,
        70..80 => 42,
        80..85 => 78,
        85..90 => 125,
        90..95 => 190,
        _ => 280,
    };
    if person.has("重病", on) || severe(person.disability(on)) { base * 3 / 2 } else { base }
}

/// Lets somebody live through the months, or die in one of them.
pub fn live(person: &Person, random: &mut Random) {
    for month in months() {
        if person.birth <= month.first() && random.chance(mortality(person, month.first())) {
            person.death.set(Some(any_day(random, month.first(), before(month.last(), 1))));
            return;
        }
    }
}
