//! 社会福利 · old-age allowance by age band, children without parents or care, the two subsidies of disabled
//! people, the two of aged people. Amounts are the example set of `domain.md` §2.4 and §3 or local practice.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use super::assistance::{Assistance, DIBAO, Recognition, SINGLE};
use super::calendar::{FIRST, LAST, Month, any_day, before, months, years_after};
use super::district::{self, District, Place};
use super::families::{Pattern, Settler};
use super::random::Random;
use super::registry::{Household, Person, Relation, address, any_disability, born, live, severe};
use super::sheet::{Maybe, Sheet, Target, Written, Yuan};

/// 高龄津贴
pub const AGED: &str = "高龄津贴";
/// 孤儿
pub const ORPHAN: &str = "孤儿";
/// 事实无人抚养儿童
pub const UNATTENDED: &str = "事实无人抚养儿童";
/// 困难残疾人生活补贴
pub const NEEDY_DISABLED: &str = "困难残疾人生活补贴";
/// 重度残疾人护理补贴
pub const SEVERELY_DISABLED: &str = "重度残疾人护理补贴";
/// 养老服务补贴
pub const SERVICE: &str = "养老服务补贴";
/// 护理补贴
pub const NURSING: &str = "护理补贴";

/// 儿童基本生活费: scattered and in an institution, fen a month (domain §3).
const CHILD: (i64, i64) = (110_000, 150_000);
/// 高龄津贴 from an age on, fen a month.
const BANDS: [(u32, i64); 3] = [(80, 5_000), (90, 10_000), (100, 30_000)];
/// First month of the old-age allowance.
const AGED_SINCE: Month = Month::new(2017, 1);

/// 待遇 · a benefit.
pub struct Benefit {
    /// 待遇编号
    pub number: String,
    /// 类别
    pub kind: &'static str,
    /// 受益人
    pub person: Rc<Person>,
    /// Where.
    pub place: Rc<Place>,
    /// 生效月份
    pub from: Month,
    /// 终止月份
    pub until: Option<Month>,
    /// 月标准 in fen.
    pub rate: i64,
}

impl Benefit {
    /// Whether it is due in a month.
    pub fn due(&self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|until| month <= until)
    }
}

struct Desk<'a> {
    settler: &'a mut Settler,
    random: Random,
    district: String,
    issued: BTreeMap<&'static str, u32>,
    benefits: Vec<Benefit>,
}

/// Makes the benefits and those who get nothing else.
pub fn make(seed: u64, area: &District, settler: &mut Settler, assistance: &Assistance) -> Vec<Benefit> {
    let random = Random::of(seed, "welfare");
    let mut desk = Desk { settler, random, district: area.code.clone(), issued: BTreeMap::new(), benefits: Vec::new() };
    desk.children(area, assistance);
    desk.disabled(area, assistance);
    desk.cared_for(assistance);
    // Last, since whoever came before and is old enough gets it too.
    desk.aged(area);
    desk.benefits
}

impl Desk<'_> {
    fn grant(&mut self, kind: &'static str, person: &Rc<Person>, from: Month, until: Option<Month>, rate: i64) {
        let sign = match kind {
            AGED => "GL",
            ORPHAN => "GE",
            UNATTENDED => "SS",
            NEEDY_DISABLED => "KN",
            SEVERELY_DISABLED => "ZD",
            SERVICE => "YL",
            _ => "HL",
        };
        let issued = self.issued.entry(kind).or_default();
        *issued += 1;
        let number = format!("{sign}{}-{issued:07}", self.district);
        let (person, place) = (Rc::clone(person), Rc::clone(&person.place));
        self.benefits.push(Benefit { number, kind, person, place, from, until, rate });
    }

    /// 高龄津贴: everybody registered here from 80 on; who is on another roll gets it too.
    fn aged(&mut self, area: &District) {
        let mut elders: Vec<Rc<Person>> = Vec::new();
        let near_80 = |person: &&Rc<Person>| person.age(LAST.last()) >= 80;
        elders.extend(self.settler.people.all.iter().filter(near_80).cloned());
        for rural in [false, true] {
            let (count, places) = area.count(district::AGED_80, rural);
            let known = elders.iter().filter(|elder| elder.place.rural == rural).count();
            // Beside those of 80 at the beginning, one in six more who turn 80 in the months of the demo.
            let mut left = (count * 116 / 100).saturating_sub(known);
            // One at home in each place first.
            let mut first = area.places.iter().filter(|place| place.rural == rural);
            while left > 0 {
                let years = match self.random.below(1_000) {
                    0..=137 => 79,
                    138..=575 => self.random.between(80, 84),
                    576..=852 => self.random.between(85, 89),
                    853..=963 => self.random.between(90, 94),
                    964..=994 => self.random.between(95, 99),
                    _ => self.random.between(100, 104),
                };
                let male = self.random.chance(if years < 85 { 4_500 } else { 3_700 });
                let birth = born(&mut self.random, years);
                let people = &mut self.settler.people;
                let person = if let Some(place) = first.next() {
                    let home = address(&mut self.random, place);
                    people.add(&mut self.random, place, male, birth, None, &home)
                } else {
                    let place = places.draw(&mut self.random);
                    people.add_alone(&mut self.random, &place, male, birth)
                };
                live(&person, &mut self.random);
                let others = self.settler.house(&person, 104);
                // Husband and wife are often both of this age.
                left = left.saturating_sub(1 + others.iter().filter(near_80).count());
                elders.push(person);
                elders.extend(others.into_iter().filter(|other| near_80(&other)));
            }
        }
        for elder in elders {
            // Some never ask for it.
            if self.random.chance(250) {
                continue;
            }
            let death = elder.death.get().map(Month::of);
            let asked_late = if self.random.chance(400) { self.random.between(1, 6) } else { 0 };
            for (at, (years, rate)) in BANDS.iter().enumerate() {
                // From the month after the birthday on.
                let band = Month::of(years_after(elder.birth, *years)).plus(1);
                let late = if at == 0 { i32::try_from(asked_late).unwrap_or(0) } else { 0 };
                let from = band.plus(late).max(AGED_SINCE);
                let next = BANDS.get(at + 1).map(|(years, _)| Month::of(years_after(elder.birth, *years)));
                let until = match (next, death) {
                    (Some(next), Some(death)) => Some(next.min(death)),
                    (next, death) => next.filter(|next| *next <= LAST).or(death),
                };
                let until = until.filter(|until| *until <= LAST);
                if from <= LAST && until.is_none_or(|until| until >= FIRST && until >= from) {
                    self.grant(AGED, &elder, from, until, *rate);
                }
            }
        }
    }

    fn children(&mut self, area: &District, assistance: &Assistance) {
        let institution = format!("{}社会福利院", area.name);
        let mut together: Option<Household> = None;
        for (kind, rate) in [(ORPHAN, district::ORPHANS), (UNATTENDED, district::UNATTENDED)] {
            for rural in [false, true] {
                let (count, places) = area.count(rate, rural);
                let mut left = if kind == ORPHAN { count.max(1) } else { count };
                while left > 0 {
                    let place = places.draw(&mut self.random);
                    if kind == ORPHAN && self.random.chance(2_400) {
                        // In the children's home of the district, a collective household (集体户).
                        let home = together
                            .get_or_insert_with(|| self.settler.found(&place, institution.clone(), &mut self.random));
                        let (male, years) = (self.random.chance(5_000), self.random.between(5, 16));
                        let (birth, place) = (born(&mut self.random, years), Rc::clone(&home.place));
                        let people = &mut self.settler.people;
                        let child = people.add(&mut self.random, &place, male, birth, None, &institution);
                        home.take_in(&child, if home.members.is_empty() { Relation::Head } else { Relation::Other });
                        self.child(kind, &child, CHILD.1);
                        left -= 1;
                        continue;
                    }
                    let since = FIRST.plus(i32::try_from(self.random.between(-30, -1)).unwrap_or(-1));
                    let home = self.settler.settle(Pattern::Grandparents, &place, since, &mut self.random);
                    let children = wards(&home);
                    for child in &children {
                        self.child(kind, child, CHILD.0);
                    }
                    left = left.saturating_sub(children.len());
                    self.settler.households.push(home);
                }
            }
        }
        self.settler.households.extend(together);
        self.gaps(assistance);
    }

    fn child(&mut self, kind: &'static str, child: &Rc<Person>, rate: i64) {
        let born = Month::of(child.birth);
        // New cases come all the time; most children have had the money for years.
        let months = if self.random.chance(2_000) { self.random.between(1, 14) } else { -self.random.between(2, 48) };
        let from = FIRST.plus(i32::try_from(months).unwrap_or(0)).max(born.plus(6));
        // To the month of the 18th birthday.
        let until = Month::of(years_after(child.birth, 18));
        if until >= FIRST && from <= LAST && from <= until {
            self.grant(kind, child, from, Some(until).filter(|until| *until <= LAST), rate);
        }
    }

    /// A child in a family on 低保 gets what its share of that leaves to the child standard (domain §8.1).
    fn gaps(&mut self, assistance: &Assistance) {
        let homes: BTreeMap<String, Vec<Rc<Person>>> = self
            .settler
            .households
            .iter()
            .map(|home| (home.number.clone(), wards(home)))
            .filter(|(_, wards)| !wards.is_empty())
            .collect();
        for recognition in assistance.recognitions.iter().filter(|recognition| recognition.category == DIBAO) {
            let Some(children) = homes.get(&recognition.household) else { continue };
            // In some of these families the parents only work far away.
            if self.random.chance(4_500) {
                continue;
            }
            for child in children {
                let of_age = Month::of(years_after(child.birth, 18));
                let gap = |month: Month| {
                    let version = recognition.version(month)?;
                    let covered = i64::try_from(version.covered.len()).ok()?;
                    let share = (version.amount? * 2 + covered) / (covered * 2);
                    (month <= of_age && covers(recognition, child, month) && share < CHILD.0).then(|| CHILD.0 - share)
                };
                for (from, until, rate) in spans(recognition.begins().max(Month::of(child.birth)), gap) {
                    self.grant(UNATTENDED, child, from, until, rate);
                }
            }
        }
    }

    fn disabled(&mut self, area: &District, assistance: &Assistance) {
        let children = |benefit: &&Benefit| benefit.kind == ORPHAN || benefit.kind == UNATTENDED;
        let children: BTreeSet<String> =
            self.benefits.iter().filter(children).map(|benefit| benefit.person.id.clone()).collect();
        let mut nursed: BTreeSet<String> = BTreeSet::new();
        for recognition in assistance.recognitions.iter().filter(|found| matches!(found.category, DIBAO | SINGLE)) {
            for person in everybody(recognition) {
                let Some(certified) = certified(&person) else { continue };
                let begins = recognition.begins().max(certified.plus(1));
                let needy = |month: Month| covers(recognition, &person, month).then_some(8_000);
                // Children on the child track get no 困难残疾人生活补贴 (domain §8.1).
                if !children.contains(&person.id) && !self.random.chance(600) {
                    for (from, until, rate) in spans(begins, |month| needy(month).filter(|_| month >= begins)) {
                        self.grant(NEEDY_DISABLED, &person, from, until, rate);
                    }
                }
                let heavy = severe(person.disability(LAST.last()));
                if heavy && nursed.insert(person.id.clone()) && !self.random.chance(500) {
                    self.severe(&person, certified);
                }
            }
        }
        for rural in [false, true] {
            let (count, places) = area.count(district::SEVERE, rural);
            for _ in 0..count * 109 / 100 {
                let (male, place) = (self.random.chance(5_600), places.draw(&mut self.random));
                let years = self.random.weighted(&[(11, 3), (24, 6), (38, 12), (50, 20), (59, 24), (68, 24), (75, 11)])
                    + self.random.between(-5, 4);
                let birth = born(&mut self.random, years);
                let person = self.settler.people.add_alone(&mut self.random, &place, male, birth);
                let level = self.random.weighted(&[(1, 2), (2, 3)]);
                let certified = if self.random.chance(1_400) {
                    FIRST.plus(i32::try_from(self.random.between(0, 15)).unwrap_or(0)).any_day(&mut self.random)
                } else {
                    any_day(&mut self.random, super::calendar::day(2012, 1, 1), super::calendar::day(2021, 11, 30))
                };
                person.certify(any_disability(&mut self.random), level, certified);
                live(&person, &mut self.random);
                self.settler.house(&person, 104);
                self.severe(&person, Month::of(certified.max(person.birth)));
            }
        }
    }

    fn severe(&mut self, person: &Rc<Person>, certified: Month) {
        // The subsidy began in 2016 (国发〔2015〕52号).
        let from = certified.plus(1).max(Month::new(2016, 1));
        let until = person.death.get().map(Month::of);
        if from <= LAST && until.is_none_or(|until| until >= FIRST && until >= from) {
            self.grant(SEVERELY_DISABLED, person, from, until, 8_000);
        }
    }

    /// 养老服务补贴 and 护理补贴: aged people on 低保; who has 重度残疾人护理补贴 gets no 护理补贴.
    fn cared_for(&mut self, assistance: &Assistance) {
        let nursed = |benefit: &&Benefit| benefit.kind == SEVERELY_DISABLED;
        let nursed: BTreeSet<String> =
            self.benefits.iter().filter(nursed).map(|benefit| benefit.person.id.clone()).collect();
        for recognition in assistance.recognitions.iter().filter(|found| found.category == DIBAO) {
            for person in everybody(recognition) {
                if person.age(LAST.last()) < 65 {
                    continue;
                }
                let of_age = Month::of(years_after(person.birth, 65)).plus(1);
                let begins = recognition.begins().max(of_age).max(Month::new(2019, 7));
                if self.random.chance(6_200) {
                    let due = |month: Month| (month >= begins && covers(recognition, &person, month)).then_some(10_000);
                    for (from, until, rate) in spans(begins, due) {
                        self.grant(SERVICE, &person, from, until, rate);
                    }
                }
                let weak = person.has("重病", LAST.first()) || person.age(FIRST.first()) >= 78;
                if weak && !nursed.contains(&person.id) && self.random.chance(5_500) {
                    let found = before(begins.first(), self.random.between(10, 60));
                    let degree = self.random.pick(&["中度失能", "中度失能", "重度失能"]);
                    person.record("失能", found, None, degree);
                    let due = |month: Month| (month >= begins && covers(recognition, &person, month)).then_some(20_000);
                    for (from, until, rate) in spans(begins, due) {
                        self.grant(NURSING, &person, from, until, rate);
                    }
                }
            }
        }
    }
}

/// Minor grandchildren who live with grandparents only.
fn wards(home: &Household) -> Vec<Rc<Person>> {
    let parents = home.members.iter().any(|member| matches!(member.relation, Relation::Child | Relation::Parent));
    let wards = home.members.iter().filter(|member| !parents && member.relation == Relation::Grandchild);
    wards.map(|member| Rc::clone(&member.person)).collect()
}

fn covers(recognition: &Recognition, person: &Rc<Person>, month: Month) -> bool {
    recognition.version(month).is_some_and(|version| version.covered.iter().any(|other| Rc::ptr_eq(other, person)))
}

fn certified(person: &Person) -> Option<Month> {
    let conditions = person.conditions.borrow();
    conditions.iter().find(|condition| condition.disability.is_some()).map(|condition| Month::of(condition.from))
}

/// Whoever was ever covered.
fn everybody(recognition: &Recognition) -> Vec<Rc<Person>> {
    let mut found: Vec<Rc<Person>> = Vec::new();
    for person in recognition.versions.iter().flat_map(|version| &version.covered) {
        if !found.iter().any(|known| Rc::ptr_eq(known, person)) {
            found.push(Rc::clone(person));
        }
    }
    found
}

/// The spans of months in which a sum is the same; what runs at the beginning has done so since the month given.
fn spans(since: Month, due: impl Fn(Month) -> Option<i64>) -> Vec<(Month, Option<Month>, i64)> {
    let mut spans: Vec<(Month, Option<Month>, i64)> = Vec::new();
    let mut running = false;
    for month in months() {
        match (due(month), spans.last_mut().filter(|_| running)) {
            (Some(rate), Some((_, _, known))) if *known == rate => {}
            (rate, last) => {
                if let Some((_, until, _)) = last {
                    *until = Some(month.plus(-1));
                }
                running = rate.is_some();
                if let Some(rate) = rate {
                    spans.push((if month == FIRST { since.min(FIRST) } else { month }, None, rate));
                }
            }
        }
    }
    spans
}

/// `welfare-benefits`
pub fn write(target: &Target, benefits: &[Benefit]) -> io::Result<Written> {
    let headers = ["待遇编号", "类别", "受益人证件号码", "区划代码", "生效月份", "终止月份", "月标准"];
    let mut sheet = Sheet::create(target, "welfare-benefits", &headers)?;
    for benefit in benefits {
        sheet.row(&[
            &benefit.number,
            &benefit.kind,
            &benefit.person.id,
            &benefit.place.code,
            &benefit.from,
            &Maybe(benefit.until),
            &Yuan(benefit.rate),
        ])?;
    }
    sheet.end()
}
