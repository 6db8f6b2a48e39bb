//! Families as they are met on the rolls: who lives together, who is ill, disabled or at school, what they
//! live on.

use std::rc::Rc;

use chrono::{Datelike, NaiveDate};
use minzheng_rules::assistance::eligibility::Disability;
use minzheng_rules::assistance::policy::Policy;

use super::calendar::{FIRST, Month, after, any_day, before, day, today};
use super::district::{District, Place};
use super::random::Random;
use super::registry::{
    Facts, Household, Member, People, Person, Relation, address, any_disability, born, live, severe,
};

/// Who lives together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// 孤寡: somebody over 60 alone
    #[default]
    LoneElder,
    /// A disabled adult alone
    LoneDisabled,
    /// An ill or long unemployed adult alone
    LoneIll,
    /// 老年夫妇
    AgedCouple,
    /// 单亲
    LoneParent,
    /// A couple with children, one of the parents ill or disabled
    SickFamily,
    /// 老养残: aged parents with a disabled grown-up child
    DisabledChild,
    /// 隔代: grandparents with grandchildren
    Grandparents,
    /// 三代同堂
    ThreeGenerations,
}

/// 低保 families: more than two in five are one person, the mean is just under two.
pub const POOR: &[(Pattern, u32)] = &[
    (Pattern::LoneElder, 17),
    (Pattern::LoneDisabled, 19),
    (Pattern::LoneIll, 9),
    (Pattern::AgedCouple, 10),
    (Pattern::LoneParent, 12),
    (Pattern::SickFamily, 12),
    (Pattern::DisabledChild, 12),
    (Pattern::Grandparents, 4),
    (Pattern::ThreeGenerations, 5),
];
/// Families near the line, and those that an accident strikes.
pub const NEAR: &[(Pattern, u32)] = &[
    (Pattern::AgedCouple, 16),
    (Pattern::LoneParent, 14),
    (Pattern::SickFamily, 34),
    (Pattern::DisabledChild, 18),
    (Pattern::Grandparents, 3),
    (Pattern::ThreeGenerations, 15),
];

/// 病种
const ILLNESSES: &[&str] = &[
    "恶性肿瘤",
    "终末期肾病透析",
    "脑卒中后遗症",
    "重度精神障碍",
    "慢性心力衰竭",
    "系统性红斑狼疮",
    "肝硬化失代偿期",
    "再生障碍性贫血",
    "器官移植术后抗排异",
    "尘肺病",
];

/// Makes households.
pub struct Settler {
    /// Everybody.
    pub people: People,
    /// All households so far.
    pub households: Vec<Household>,
    seed: u64,
    district: String,
    issued: u32,
}

impl Settler {
    /// Nobody yet.
    pub fn new(seed: u64, district: &District) -> Self {
        let (people, district) = (People::new(district), district.code.clone());
        Self { people, households: Vec::new(), seed, district, issued: 0 }
    }

    /// An empty household.
    pub fn found(&mut self, place: &Rc<Place>, address: String, random: &mut Random) -> Household {
        self.issued += 1;
        Household {
            number: format!("H{}{:07}", self.district, self.issued),
            place: Rc::clone(place),
            address,
            members: Vec::new(),
            assets: 0,
            dwellings: i64::from(!random.chance(1_400)),
            rigid: 0,
        }
    }

    /// A family of this pattern that has lived together since some time before the month.
    pub fn settle(&mut self, pattern: Pattern, place: &Rc<Place>, since: Month, random: &mut Random) -> Household {
        let home_address = address(random, place);
        let mut home = self.found(place, home_address, random);
        let founded = any_day(random, day(2001, 3, 1), before(since.first(), 60).min(day(2019, 10, 1)));
        let mut family = Family { people: &mut self.people, home: &mut home, founded, since, random };
        family.fill(pattern);
        home
    }

    /// The home of somebody who stands on no roll, as people of this age live; tells who else lives there, of whom
    /// nobody is older than so many years at the beginning of 2022. By a stream of its own, so that a home shifts
    /// nothing else.
    pub fn house(&mut self, person: &Rc<Person>, oldest: i64) -> Vec<Rc<Person>> {
        let mut random = Random::of(self.seed, &person.id);
        let mut home = self.found(&person.residence, person.address.clone(), &mut random);
        let founded = any_day(&mut random, day(1998, 3, 1), day(2019, 10, 1));
        let (people, random) = (&mut self.people, &mut random);
        Family { people, home: &mut home, founded, since: FIRST, random }.around(person, oldest);
        let mut others = Vec::new();
        for member in &mut home.members {
            if !Rc::ptr_eq(&member.person, person) {
                live(&member.person, random);
                others.push(Rc::clone(&member.person));
            }
            member.left = member.person.death.get().map(|death| after(death, 1));
        }
        self.households.push(home);
        others
    }
}

/// With whom somebody lives who stands on no roll.
#[derive(Clone, Copy, Default)]
enum Company {
    #[default]
    Nobody,
    Partner,
    /// A grown-up child with husband or wife and children.
    Child,
    PartnerAndChild,
    Parents,
    /// Husband or wife and children.
    Family,
}

/// By age and, from 80 on, by sex: women outlive their husbands.
fn company(age: i64, male: bool) -> &'static [(Company, u32)] {
    use Company::{Child, Family, Nobody, Parents, Partner, PartnerAndChild};
    match (age, male) {
        (..20, _) => &[(Parents, 1)],
        (20..27, _) => &[(Parents, 84), (Nobody, 16)],
        (27..35, _) => &[(Parents, 60), (Family, 26), (Nobody, 14)],
        (35..60, _) => &[(Family, 54), (Parents, 25), (Nobody, 21)],
        (60..80, _) => &[(Partner, 48), (Nobody, 20), (Child, 20), (PartnerAndChild, 12)],
        (_, true) => &[(Partner, 42), (Nobody, 24), (Child, 24), (PartnerAndChild, 10)],
        (_, false) => &[(Partner, 20), (Nobody, 34), (Child, 40), (PartnerAndChild, 6)],
    }
}

struct Family<'a> {
    people: &'a mut People,
    home: &'a mut Household,
    founded: NaiveDate,
    since: Month,
    random: &'a mut Random,
}

impl Family<'_> {
    fn add(&mut self, relation: Relation, male: bool, years: i64, surname: Option<&'static str>) -> Rc<Person> {
        let birth = born(self.random, years);
        let place = Rc::clone(&self.home.place);
        let person = self.people.add(self.random, &place, male, birth, surname, &self.home.address);
        let mut facts = Facts::default();
        if person.age(FIRST.first()) >= 60 {
            // 城乡居民基础养老金: Hunan's minimum and somewhat more; no income before 2026 (57号 Art 13).
            facts.pension =
                if place.rural { self.random.between(113, 190) } else { self.random.between(160, 420) } * 100;
        }
        schooling(&person, self.random);
        self.put(&person, relation, facts);
        person
    }

    fn put(&mut self, person: &Rc<Person>, relation: Relation, facts: Facts) {
        let joined = person.birth.max(self.founded);
        self.home.members.push(Member { person: Rc::clone(person), relation, joined, left: None, facts });
    }

    /// A husband or wife.
    fn partner(&mut self, of: &Person, relation: Relation, age: i64, oldest: i64) -> Rc<Person> {
        let gap = self.random.between(-1, 5);
        let years = if of.male { age - gap } else { age + gap };
        self.add(relation, !of.male, years.clamp(20, oldest), None)
    }

    /// Lets somebody live in company; nobody else is older than so many years.
    fn around(&mut self, person: &Rc<Person>, oldest: i64) {
        let age = i64::from(person.age(FIRST.first()));
        let older = age + self.random.between(23, 34);
        let company = match self.random.weighted(company(age, person.male)) {
            Company::Parents if older > oldest => Company::Nobody,
            company => company,
        };
        match company {
            Company::Nobody => self.put(person, Relation::Head, Facts::default()),
            Company::Partner => {
                self.put(person, Relation::Head, Facts::default());
                self.partner(person, Relation::Spouse, age, oldest);
            }
            Company::Child | Company::PartnerAndChild => {
                let (years, son) = ((age - self.random.between(23, 34)).max(22), self.random.chance(7_600));
                let head = self.add(Relation::Head, son, years, person.male.then_some(person.surname));
                let mut father = head.surname;
                if self.random.chance(8_200) {
                    let partner = self.partner(&head, Relation::Spouse, years, oldest);
                    father = if son { father } else { partner.surname };
                }
                if years >= 27 && self.random.chance(6_500) {
                    self.children(Relation::Child, 2, father, years);
                }
                self.put(person, Relation::Parent, Facts::default());
                if matches!(company, Company::PartnerAndChild) {
                    self.partner(person, Relation::Parent, age, oldest);
                }
            }
            Company::Parents => {
                let father = self.random.chance(8_400);
                let head = self.add(Relation::Head, father, older, father.then_some(person.surname));
                if father && self.random.chance(8_600) {
                    self.partner(&head, Relation::Spouse, older, oldest);
                }
                self.put(person, Relation::Child, Facts::default());
                if age < 40 && self.random.chance(3_500) {
                    let (male, years) = (self.random.chance(5_200), (age - self.random.between(2, 7)).max(1));
                    self.add(Relation::Child, male, years, Some(person.surname));
                }
            }
            Company::Family if person.male => {
                self.put(person, Relation::Head, Facts::default());
                self.partner(person, Relation::Spouse, age, oldest);
                self.children(Relation::Child, 2, person.surname, age);
            }
            Company::Family => {
                let years = age + self.random.between(-1, 5);
                let husband = self.add(Relation::Head, true, years, None);
                self.put(person, Relation::Spouse, Facts::default());
                self.children(Relation::Child, 2, husband.surname, age);
            }
        }
    }

    /// A day before the family came onto the roll.
    fn earlier(&mut self, days: i64) -> NaiveDate {
        before(self.since.first(), self.random.between(20, days))
    }

    fn disable(&mut self, person: &Person, heavy: bool) {
        let kind = any_disability(self.random);
        let levels: &[(u8, u32)] =
            if heavy { &[(1, 30), (2, 45), (3, 25)] } else { &[(1, 8), (2, 22), (3, 34), (4, 36)] };
        let kind = if heavy && self.random.chance(4_500) {
            if self.random.chance(5_000) { Disability::Intellectual } else { Disability::Mental }
        } else {
            kind
        };
        let level = self.random.weighted(levels);
        let from = self.earlier(4_000);
        person.certify(kind, level, from);
        if severe(Some((kind, level))) && (16..60).contains(&person.age(FIRST.first())) {
            let from = after(from, 15);
            person.record("劳动能力", from, None, if level == 1 { "完全丧失" } else { "部分丧失" });
        }
    }

    fn sicken(&mut self, person: &Person) {
        let (from, illness) = (self.earlier(1_500), self.random.pick(ILLNESSES));
        person.record("重病", from, None, illness);
        if (16..60).contains(&person.age(FIRST.first())) && self.random.chance(6_000) {
            person.record("劳动能力", after(from, 30), None, "部分丧失");
        }
    }

    fn children(&mut self, relation: Relation, most: u32, surname: &'static str, parent_years: i64) {
        let count = if most > 1 { self.random.weighted(&[(1_u8, 62), (2, 33), (3, 5)]) } else { 1 };
        let eldest = self.random.between(3, (parent_years - 22).clamp(4, 21));
        for number in 0..count {
            let years = eldest - i64::from(number) * self.random.between(2, 5);
            if years >= 0 {
                let male = self.random.chance(5_250);
                self.add(relation, male, years, Some(surname));
            }
        }
    }

    fn fill(&mut self, pattern: Pattern) {
        let r = |family: &mut Self, from, to| family.random.between(from, to);
        match pattern {
            Pattern::LoneElder => {
                let (male, years) = (self.random.chance(5_600), r(self, 61, 86));
                let elder = self.add(Relation::Head, male, years, None);
                match self.random.below(10) {
                    0..=2 => self.disable(&elder, false),
                    3..=4 => self.sicken(&elder),
                    _ => {}
                }
            }
            Pattern::LoneDisabled => {
                let (male, years) = (self.random.chance(6_300), r(self, 24, 59));
                let person = self.add(Relation::Head, male, years, None);
                self.disable(&person, true);
            }
            Pattern::LoneIll => {
                let (male, years) = (self.random.chance(6_600), r(self, 33, 59));
                let person = self.add(Relation::Head, male, years, None);
                if self.random.chance(7_600) {
                    self.sicken(&person);
                }
            }
            Pattern::AgedCouple => {
                let years = r(self, 62, 84);
                let man = self.add(Relation::Head, true, years, None);
                let wife = years - r(self, -1, 6);
                let woman = self.add(Relation::Spouse, false, wife.max(58), None);
                if self.random.chance(4_500) {
                    self.sicken(&man);
                }
                if self.random.chance(3_000) {
                    self.disable(&woman, false);
                }
            }
            Pattern::LoneParent => {
                let (male, years) = (self.random.chance(2_800), r(self, 29, 50));
                let parent = self.add(Relation::Head, male, years, None);
                // Most children of a mother alone bear the father's name.
                let surname =
                    if male || self.random.chance(2_500) { parent.surname } else { super::names::surname(self.random) };
                self.children(Relation::Child, 3, surname, years);
                match self.random.below(10) {
                    0..=1 => self.sicken(&parent),
                    2..=3 => self.disable(&parent, false),
                    _ => {}
                }
            }
            Pattern::SickFamily => {
                let years = r(self, 31, 55);
                let man = self.add(Relation::Head, true, years, None);
                let wife = years - r(self, -2, 5);
                let woman = self.add(Relation::Spouse, false, wife, None);
                self.children(Relation::Child, 3, man.surname, years);
                let sick = if self.random.chance(5_500) { man } else { woman };
                if self.random.chance(6_500) { self.sicken(&sick) } else { self.disable(&sick, true) }
            }
            Pattern::DisabledChild => {
                let years = r(self, 58, 78);
                let father = self.random.chance(7_000);
                let head = self.add(Relation::Head, father, years, None);
                if father && self.random.chance(6_500) {
                    let wife = years - r(self, 0, 5);
                    self.add(Relation::Spouse, false, wife, None);
                }
                let (male, age) = (self.random.chance(6_200), years - r(self, 23, 33));
                let child = self.add(Relation::Child, male, age, Some(head.surname));
                self.disable(&child, true);
            }
            Pattern::Grandparents => {
                let years = r(self, 58, 74);
                let man = self.random.chance(7_000);
                let head = self.add(Relation::Head, man, years, None);
                if man && self.random.chance(7_000) {
                    let wife = years - r(self, 0, 4);
                    self.add(Relation::Spouse, false, wife, None);
                }
                let (male, age) = (self.random.chance(5_200), r(self, 4, 15));
                self.add(Relation::Grandchild, male, age, Some(head.surname));
                if self.random.chance(3_000) {
                    let male = self.random.chance(5_200);
                    self.add(Relation::Grandchild, male, (age - 3).max(1), Some(head.surname));
                }
            }
            Pattern::ThreeGenerations => {
                let years = r(self, 33, 52);
                let man = self.add(Relation::Head, true, years, None);
                if self.random.chance(7_500) {
                    let wife = years - r(self, -1, 5);
                    self.add(Relation::Spouse, false, wife, None);
                }
                self.children(Relation::Child, 3, man.surname, years);
                let (male, age) = (self.random.chance(4_000), years + r(self, 22, 30));
                let surname = male.then_some(man.surname);
                let elder = self.add(Relation::Parent, male, age, surname);
                match self.random.below(10) {
                    0..=4 => self.sicken(&man),
                    5..=6 => self.disable(&elder, false),
                    _ => self.sicken(&elder),
                }
            }
        }
    }
}

/// 在校: the stages that touch the months of the demo; school begins on the first of September after the sixth
/// birthday.
fn schooling(person: &Person, random: &mut Random) {
    let birth = person.birth;
    let begins = birth.year() + if (birth.month(), birth.day()) <= (8, 31) { 6 } else { 7 };
    let mut year = begins;
    let studies = random.chance(5_800);
    for (stage, years) in [("小学", 6), ("初中", 3), ("高中", 3), (if studies { "大学" } else { "" }, 4)] {
        let (from, until) = (day(year, 9, 1), day(year + years, 9, 1));
        year += years;
        if !stage.is_empty() && until > FIRST.first() && from <= today() {
            person.record("在校", from, Some(until).filter(|until| *until <= today()), stage);
        }
    }
}

/// Sets what a family lives on: so many percent of what the standard gives it, from wages where somebody can
/// work, else from other income.
pub fn provide(home: &mut Household, on: NaiveDate, percent: i64, policy: &Policy, random: &mut Random) {
    let count = i64::try_from(home.counted(on).count()).unwrap_or(1);
    let need = policy.standard * count;
    // Whole tens of yuan.
    let aim = need * percent / 100 / 1_000 * 1_000;
    for member in &mut home.members {
        (member.facts.wage, member.facts.other) = (0, 0);
    }
    let by_work = random.chance(8_000);
    let able = |member: &&mut Member| {
        let person = &member.person;
        member.present(on)
            && !member.facts.apart
            && (18..60).contains(&person.age(on))
            && !severe(person.disability(on))
            && !person.has("重病", on)
            && !person.has("在校", on)
    };
    let earner = home.members.iter_mut().find(able).filter(|_| by_work);
    if let Some(earner) = earner {
        // A fifth of wages is left out as cost of employment, so that this counts as at most the aim.
        earner.facts.wage = aim * 5 / 4 / 1_000 * 1_000;
    } else if let Some(member) = home.members.iter_mut().find(|member| member.present(on) && !member.facts.apart) {
        member.facts.other = aim;
    }
    home.assets = need * random.between(0, 90) / 10 / 10_000 * 10_000;
}
