//! 社会救助 · who is recognised, month by month: families change, the eligibility decision of
//! [`minzheng_rules::assistance::eligibility`] is asked again, and what it says is the recognition.

mod grants;
mod life;

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;
use minzheng_rules::assistance::eligibility::{self, Assessment, Disability, Tier, assess};
use minzheng_rules::assistance::policy::Policy;

use super::calendar::{FIRST, LAST, Month, any_day, before, day, months, today};
use super::district::{self, District, Place, Rate};
use super::families::{NEAR, POOR, Settler, provide};
use super::random::Random;
use super::registry::{Facts, Household, Member, Person, Relation, address, any_disability, born};
use super::sheet::{Maybe, Sheet, Target, Written, Yuan, several};
pub use grants::{Grant, write as write_grants};

/// 低保
pub const DIBAO: &str = "低保";
/// 单人保
pub const SINGLE: &str = "单人保";
/// 特困
pub const TEKUN: &str = "特困";
const EDGE: &str = "低保边缘";
const RIGID: &str = "刚性支出";
const WATCHED: &str = "防返贫监测";
const OTHER: &str = "其他困难";

/// 认定 · a recognition with its adjustments.
pub struct Recognition {
    /// 认定编号
    pub number: String,
    /// 户编号
    pub household: String,
    /// Where.
    pub place: Rc<Place>,
    /// 救助类别
    pub category: &'static str,
    /// 保障方式
    pub manner: Option<&'static str>,
    /// By month, the earliest first.
    pub versions: Vec<Version>,
    /// 终止月份 · the last month still due.
    pub ended: Option<Month>,
    /// Decided after its first month had been paid out: that month is paid in arrears.
    pub late: bool,
}

/// What holds from a month on.
#[derive(Clone)]
pub struct Version {
    /// 生效月份
    pub from: Month,
    /// 保障对象
    pub covered: Vec<Rc<Person>>,
    /// 月保障金额; without money, or from before the policy of the place, none.
    pub amount: Option<i64>,
    /// In it what is paid for single persons: 分类施保, 照料护理.
    pub extras: Vec<(Rc<Person>, i64)>,
    /// 最近核查日期
    pub reviewed: Option<NaiveDate>,
    /// The means that the decision saw, for the tests, which ask it again.
    #[cfg_attr(not(test), expect(dead_code))]
    pub means: Rc<Means>,
}

/// The means of a household as a decision saw them.
#[derive(Debug)]
#[cfg_attr(not(test), expect(dead_code))]
pub struct Means {
    /// Who was counted, with what each lives on.
    pub members: Vec<(String, Facts)>,
    /// Financial assets in fen.
    pub assets: i64,
    /// Dwellings owned.
    pub dwellings: i64,
    /// Rigid expenditure of twelve months in fen.
    pub rigid: i64,
}

impl Recognition {
    /// What holds in a month.
    pub fn version(&self, month: Month) -> Option<&Version> {
        if self.ended.is_some_and(|ended| month > ended) {
            return None;
        }
        self.versions.iter().rev().find(|version| version.from <= month)
    }

    /// From its first month.
    pub fn begins(&self) -> Month {
        self.versions.first().map_or(FIRST, |version| version.from)
    }
}

/// All assistance.
pub struct Assistance {
    /// 认定
    pub recognitions: Vec<Recognition>,
    /// 临时救助
    pub grants: Vec<Grant>,
}

impl Assistance {
    /// Whoever money was due to.
    pub fn paid_to(&self) -> impl Iterator<Item = &str> {
        let versions = self.recognitions.iter().flat_map(|recognition| &recognition.versions);
        let covered = versions.filter(|version| version.amount.is_some()).flat_map(|version| &version.covered);
        let helped = self.grants.iter().filter(|grant| !grant.stages.is_empty()).flat_map(|grant| &grant.beneficiaries);
        covered.chain(helped).map(|person| person.id.as_str())
    }
}

/// What a decision gives somebody.
struct Wanted {
    category: &'static str,
    covered: Vec<Rc<Person>>,
    amount: Option<i64>,
    extras: Vec<(Rc<Person>, i64)>,
}

/// Runs the months.
struct Bureau<'a> {
    settler: &'a mut Settler,
    town: Policy,
    country: Policy,
    district: String,
    issued: BTreeMap<&'static str, u32>,
    recognitions: Vec<Recognition>,
    random: Random,
}

/// Makes everybody on the rolls, and what becomes of them in eighteen months.
pub fn make(seed: u64, area: &District, settler: &mut Settler) -> io::Result<Assistance> {
    let policy = |rural| super::registry::policy(rural).map_err(|error| io::Error::other(format!("{error:?}")));
    let mut bureau = Bureau {
        settler,
        town: policy(false)?,
        country: policy(true)?,
        district: area.code.clone(),
        issued: BTreeMap::new(),
        recognitions: Vec::new(),
        random: Random::of(seed, "assistance"),
    };
    for rural in [false, true] {
        bureau.dibao(area, rural)?;
        bureau.tekun(area, rural)?;
        bureau.near(area, rural, district::EDGE, EDGE)?;
        bureau.near(area, rural, district::RIGID, RIGID)?;
        bureau.without_money(area, rural, district::WATCHED, WATCHED);
        bureau.without_money(area, rural, district::OTHER, OTHER);
    }
    let mut recognitions = std::mem::take(&mut bureau.recognitions);
    review(&mut recognitions, &mut bureau.random);
    let grants = bureau.grants(area, &recognitions);
    Ok(Assistance { recognitions, grants })
}

impl Bureau<'_> {
    fn policy(&self, rural: bool) -> &Policy {
        if rural { &self.country } else { &self.town }
    }

    /// The month from which a family is on the roll: most are from before the months of the demo.
    fn start(&mut self, newcomers: u64) -> Month {
        if self.random.chance(newcomers) {
            FIRST.plus(i32::try_from(self.random.between(1, 17)).unwrap_or(1))
        } else {
            let year = self.random.weighted(&[(2016, 2), (2017, 4), (2018, 9), (2019, 15), (2020, 26), (2021, 44)]);
            Month::new(year, i32::try_from(self.random.between(1, 12)).unwrap_or(1))
        }
    }

    fn dibao(&mut self, area: &District, rural: bool) -> io::Result<()> {
        let (persons, places) = area.count(district::DIBAO, rural);
        // Newcomers and leavers nearly keep the roll; the first are made in addition to those at the beginning.
        let mut wanted = persons * 118 / 100;
        while wanted > 0 {
            let (place, start) = (places.draw(&mut self.random), self.start(1_700));
            let pattern = self.random.weighted(POOR);
            let mut home = self.settler.settle(pattern, &place, start, &mut self.random);
            let percent = match self.random.below(20) {
                0..=3 => 0,
                4..=9 => self.random.between(6, 40),
                10..=16 => self.random.between(40, 70),
                _ => self.random.between(70, 92),
            };
            self.provide(&mut home, start, percent);
            if home.members.len() > 2 && self.random.chance(250) {
                Self::set_apart(&mut home);
            }
            if home.members.len() > 1
                && self.random.chance(60)
                && let Some(head) = home.members.first_mut()
            {
                head.facts.refusals = 3;
            }
            wanted = wanted.saturating_sub(home.members.len());
            self.follow(home, start)?;
        }
        Ok(())
    }

    /// Somebody grown up is in prison or declared missing: lives on in the register, but is not counted.
    fn set_apart(home: &mut Household) {
        let grown = |member: &&mut Member| (20..60).contains(&member.person.age(FIRST.first()));
        if let Some(member) = home.members.iter_mut().skip(1).find(grown) {
            member.facts.apart = true;
            (member.facts.wage, member.facts.other) = (0, 0);
        }
    }

    fn provide(&mut self, home: &mut Household, start: Month, percent: i64) {
        let policy = if home.place.rural { &self.country } else { &self.town };
        provide(home, start.max(FIRST).first(), percent, policy, &mut self.random);
    }

    /// 特困: mostly single old men in the villages, living scattered.
    fn tekun(&mut self, area: &District, rural: bool) -> io::Result<()> {
        let (persons, places) = area.count(district::TEKUN, rural);
        for _ in 0..persons * 112 / 100 {
            let (place, mut start) = (places.draw(&mut self.random), self.start(1_200));
            let (male, young) = (self.random.chance(8_700), self.random.chance(900));
            let years = if young { self.random.between(26, 57) } else { 60 + self.random.below_square(28) };
            let home_address = address(&mut self.random, &place);
            let mut home = self.settler.found(&place, home_address.clone(), &mut self.random);
            let birth = born(&mut self.random, years);
            let person = self.settler.people.add(&mut self.random, &place, male, birth, None, &home_address);
            if young {
                let kind = if self.random.chance(6_000) { Disability::Mental } else { Disability::Intellectual };
                let level = self.random.weighted(&[(1, 2), (2, 5)]);
                person.certify(kind, level, before(start.first(), 400));
                person.record("劳动能力", before(start.first(), 380), None, "完全丧失");
            } else {
                // Only from 60 on is age enough for having no ability to labour (43号 Art 5).
                start = start.max(Month::of(super::calendar::years_after(person.birth, 60)).plus(1));
                if self.random.chance(2_400) {
                    let (kind, level) =
                        (any_disability(&mut self.random), self.random.weighted(&[(2, 3), (3, 5), (4, 4)]));
                    person.certify(kind, level, before(start.first(), self.random.between(200, 3_000)));
                }
            }
            if start > LAST {
                continue;
            }
            let lost = self.random.weighted(&[(0_u8, 60), (1, 10), (2, 9), (3, 6), (4, 6), (5, 5), (6, 4)]);
            if lost > 0 {
                let degree = if lost > 3 { "完全丧失生活自理能力" } else { "部分丧失生活自理能力" };
                person.record("失能", before(start.first(), 25), None, degree);
            }
            let facts = Facts {
                other: self.random.weighted(&[(0, 6), (6_000, 2), (10_000, 2), (15_000, 1)]),
                pension: if young { 0 } else { self.random.between(113, 190) * 100 },
                lost,
                supporter: Some(false),
                ..Facts::default()
            };
            let joined = before(start.first(), self.random.between(600, 6_000)).max(person.birth);
            home.assets = self.random.between(0, 60) * 10_000;
            home.members.push(Member { person, relation: Relation::Head, joined, left: None, facts });
            self.follow(home, start)?;
        }
        Ok(())
    }

    /// 低保边缘 and 刚性支出.
    fn near(&mut self, area: &District, rural: bool, rate: Rate, category: &str) -> io::Result<()> {
        let (persons, places) = area.count(rate, rural);
        let mut wanted = persons * 115 / 100;
        while wanted > 0 {
            let place = places.draw(&mut self.random);
            // 刚性支出 holds for twelve months at most and is asked for anew.
            let start = if category == RIGID {
                FIRST.plus(i32::try_from(self.random.between(-8, 16)).unwrap_or(0))
            } else {
                self.start(3_000)
            };
            let pattern = self.random.weighted(NEAR);
            let mut home = self.settler.settle(pattern, &place, start, &mut self.random);
            if category == RIGID {
                let percent = self.random.between(160, 320);
                self.provide(&mut home, start, percent);
                let members = i64::try_from(home.members.len()).unwrap_or(1);
                let year = self.policy(rural).standard * members * percent / 100 * 12;
                home.rigid = year * self.random.between(65, 140) / 100 / 10_000 * 10_000;
            } else {
                let percent = self.random.between(103, 146);
                self.provide(&mut home, start, percent);
            }
            wanted = wanted.saturating_sub(home.members.len());
            self.follow(home, start)?;
        }
        Ok(())
    }

    /// 防返贫监测 and 其他困难: entered by the village and other departments, not by this decision.
    fn without_money(&mut self, area: &District, rural: bool, rate: Rate, category: &'static str) {
        let (persons, places) = area.count(rate, rural);
        let mut wanted = persons * 120 / 100;
        while wanted > 0 {
            let (place, start) = (places.draw(&mut self.random), self.start(3_500));
            let pattern = self.random.weighted(NEAR);
            let mut home = self.settler.settle(pattern, &place, start, &mut self.random);
            self.provide(&mut home, start, 220);
            wanted = wanted.saturating_sub(home.members.len());
            let number = self.number(category, start);
            let covered = home.counted(start.first()).map(|member| Rc::clone(&member.person)).collect();
            let ended = self.random.chance(2_600).then(|| start.max(FIRST).plus(self.random_months(3, 16)));
            let means = Rc::new(means_of(&home, start.first()));
            self.recognitions.push(Recognition {
                number,
                household: home.number.clone(),
                place,
                category,
                manner: None,
                versions: vec![Version {
                    from: start,
                    covered,
                    amount: None,
                    extras: Vec::new(),
                    reviewed: None,
                    means,
                }],
                ended: ended.filter(|ended| *ended < LAST),
                late: false,
            });
            self.settler.households.push(home);
        }
    }

    fn random_months(&mut self, from: i64, to: i64) -> i32 {
        i32::try_from(self.random.between(from, to)).unwrap_or(0)
    }

    fn number(&mut self, category: &'static str, from: Month) -> String {
        let sign = match category {
            DIBAO => "DB",
            SINGLE => "DR",
            TEKUN => "TK",
            EDGE => "BY",
            RIGID => "GX",
            WATCHED => "JC",
            _ => "QT",
        };
        let issued = self.issued.entry(category).or_default();
        *issued += 1;
        format!("{sign}{}-{}-{issued:06}", self.district, from.year())
    }

    /// Follows a family through the months. Whenever something has changed the decision is made again.
    fn follow(&mut self, mut home: Household, start: Month) -> io::Result<()> {
        let mut open: Vec<Recognition> = Vec::new();
        let mut changed = true;
        let from = start.max(FIRST);
        for month in months().filter(|month| *month >= from) {
            if changed || has_birthday(&home, month) {
                let wanted = self.decide(&home, month)?;
                self.adopt(&home, &mut open, wanted, month, start);
            }
            if open.is_empty() {
                break;
            }
            changed = self.live(&mut home, month);
            if home.rigid > 0 && month.since(start) >= 11 {
                (home.rigid, changed) = (0, true);
            }
        }
        self.recognitions.extend(open);
        self.settler.households.push(home);
        Ok(())
    }

    /// What the decision gives the family on the first day of a month.
    fn decide(&self, home: &Household, month: Month) -> io::Result<Vec<Wanted>> {
        let on = month.first();
        let members: Vec<&Member> = home.counted(on).collect();
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = eligibility::Household {
            members: members.iter().map(|member| member.snapshot(on)).collect(),
            financial_assets: home.assets,
            dwellings: home.dwellings,
            vehicle_value: None,
            rigid_expenditure_year: home.rigid,
        };
        let decision = assess(&snapshot, self.policy(home.place.rural))
            .map_err(|error| io::Error::other(format!("{}: {error:?}", home.number)))?;
        Ok(wanted_of(&members, &decision))
    }

    /// Makes recognitions of what is wanted: new ones, adjustments, ends.
    fn adopt(
        &mut self,
        home: &Household,
        open: &mut Vec<Recognition>,
        wanted: Vec<Wanted>,
        month: Month,
        start: Month,
    ) {
        let means = Rc::new(means_of(home, month.first()));
        let mut kept = Vec::new();
        for mut recognition in std::mem::take(open) {
            let goes_on = wanted.iter().any(|wanted| recognition.is_for(wanted));
            if goes_on {
                kept.push(recognition);
            } else {
                recognition.ended = Some(month.plus(-1));
                self.recognitions.push(recognition);
            }
        }
        *open = kept;
        for wanted in wanted {
            if let Some(known) = open.iter_mut().find(|recognition| recognition.is_for(&wanted)) {
                let same = known.versions.last().is_some_and(|version| {
                    version.amount == wanted.amount
                        && ids(&version.covered) == ids(&wanted.covered)
                        && extras(&version.extras) == extras(&wanted.extras)
                });
                if !same {
                    known.versions.push(version_of(wanted, month, &means));
                }
                continue;
            }
            let (category, place) = (wanted.category, Rc::clone(&home.place));
            // Who was on the roll before the policy of the place stands there with the old month and no amount.
            let old = month == FIRST && start < FIRST;
            let number = self.number(category, if old { start } else { month });
            let mut versions = Vec::new();
            if old {
                let then = |person: &&Rc<Person>| {
                    home.members.iter().any(|m| Rc::ptr_eq(&m.person, person) && m.present(start.first()))
                };
                let covered: Vec<_> = wanted.covered.iter().filter(then).cloned().collect();
                if !covered.is_empty() {
                    let means = Rc::clone(&means);
                    let (amount, extras, reviewed) = (None, Vec::new(), None);
                    versions.push(Version { from: start, covered, amount, extras, reviewed, means });
                }
            }
            versions.push(version_of(wanted, month, &means));
            let manner = (category == TEKUN).then(|| if self.random.chance(2_300) { "集中" } else { "分散" });
            let late = month > FIRST && self.random.chance(1_400);
            let household = home.number.clone();
            open.push(Recognition { number, household, place, category, manner, versions, ended: None, late });
        }
    }
}

impl Recognition {
    fn is_for(&self, wanted: &Wanted) -> bool {
        self.category == wanted.category
            && (self.category != SINGLE
                || self.versions.last().is_some_and(|version| ids(&version.covered) == ids(&wanted.covered)))
    }
}

fn ids(persons: &[Rc<Person>]) -> Vec<&str> {
    persons.iter().map(|person| person.id.as_str()).collect()
}

fn extras(list: &[(Rc<Person>, i64)]) -> Vec<(&str, i64)> {
    list.iter().map(|(person, fen)| (person.id.as_str(), *fen)).collect()
}

fn version_of(wanted: Wanted, from: Month, means: &Rc<Means>) -> Version {
    let Wanted { covered, amount, extras, .. } = wanted;
    Version { from, covered, amount, extras, reviewed: None, means: Rc::clone(means) }
}

fn means_of(home: &Household, on: NaiveDate) -> Means {
    Means {
        members: home.counted(on).map(|member| (member.person.id.clone(), member.facts)).collect(),
        assets: home.assets,
        dwellings: home.dwellings,
        rigid: home.rigid,
    }
}

/// Whether somebody reached an age of the rules since the month before.
fn has_birthday(home: &Household, month: Month) -> bool {
    let (on, then) = (month.first(), month.plus(-1).first());
    home.counted(on).any(|member| {
        let (now, was) = (member.person.age(on), member.person.age(then));
        now != was && matches!(now, 16 | 18 | 60 | 70)
    })
}

fn wanted_of(members: &[&Member], decision: &Assessment) -> Vec<Wanted> {
    let all = || members.iter().map(|member| Rc::clone(&member.person)).collect::<Vec<_>>();
    let with = |category, covered: Vec<Rc<Person>>, amount, extras| Wanted { category, covered, amount, extras };
    let mut wanted = Vec::new();
    match decision.tier {
        Tier::Tekun => {
            // The basic standard is 1.3 of the standard for each; the rest of the member's amount is care money.
            let care = members.iter().zip(&decision.members).map(|(member, result)| {
                let lost = member.facts.lost;
                (Rc::clone(&member.person), result.amount, lost)
            });
            let extras = care.map(|(person, amount, lost)| (person, amount.min(care_of(lost)))).collect();
            wanted.push(with(TEKUN, all(), Some(decision.monthly_amount), extras));
        }
        // Whoever refused work three times in a row and lives alone gets nothing.
        Tier::Dibao if decision.monthly_amount == 0 => {}
        Tier::Dibao => {
            let extras = members
                .iter()
                .zip(&decision.members)
                .filter(|(_, result)| result.top_up > 0)
                .map(|(member, result)| (Rc::clone(&member.person), result.top_up))
                .collect();
            wanted.push(with(DIBAO, all(), Some(decision.monthly_amount), extras));
        }
        Tier::Edge | Tier::Rigid | Tier::None => {
            let single = |at: usize| decision.single_applicants.iter().find(|(member, _)| *member == at);
            let mut rest = Vec::new();
            for (at, member) in members.iter().enumerate() {
                match single(at) {
                    Some((_, amount)) => {
                        wanted.push(with(SINGLE, vec![Rc::clone(&member.person)], Some(*amount), Vec::new()));
                    }
                    None => rest.push(Rc::clone(&member.person)),
                }
            }
            let category = match decision.tier {
                Tier::Edge => Some(EDGE),
                Tier::Rigid => Some(RIGID),
                _ => None,
            };
            if let (Some(category), false) = (category, rest.is_empty()) {
                wanted.push(with(category, rest, None, Vec::new()));
            }
        }
    }
    wanted
}

/// 照料护理 of the example set by abilities lost.
fn care_of(lost: u8) -> i64 {
    match lost {
        0 => 6_000,
        1..=3 => 24_000,
        _ => 60_000,
    }
}

/// 最近核查日期: when the family was last looked at for what a row says; yearly where nothing changes, and some
/// are late.
fn review(recognitions: &mut [Recognition], random: &mut Random) {
    for recognition in recognitions {
        let ended = recognition.ended;
        let late = random.chance(600);
        let count = recognition.versions.len();
        for (at, version) in recognition.versions.iter_mut().enumerate() {
            let from = version.from.first();
            if version.from < FIRST {
                continue;
            }
            let decided = before(from, random.between(4, 26));
            let until = ended.map_or_else(today, Month::last);
            let routine = if late {
                any_day(random, day(2021, 11, 5), day(2022, 5, 20))
            } else {
                before(until, random.between(8, 245))
            };
            version.reviewed = Some(if at + 1 == count { decided.max(routine.min(today())) } else { decided });
        }
    }
}

/// `recognitions`
pub fn write_recognitions(target: &Target, recognitions: &[Recognition]) -> io::Result<Written> {
    let headers = [
        "认定编号",
        "户编号",
        "救助类别",
        "保障方式",
        "保障对象证件号码",
        "生效月份",
        "终止月份",
        "月保障金额",
        "最近核查日期",
    ];
    let mut sheet = Sheet::create(target, "recognitions", &headers)?;
    for recognition in recognitions {
        let count = recognition.versions.len();
        for (at, version) in recognition.versions.iter().enumerate() {
            sheet.row(&[
                &recognition.number,
                &recognition.household,
                &recognition.category,
                &Maybe(recognition.manner),
                &several(ids(&version.covered)),
                &version.from,
                &Maybe(recognition.ended.filter(|_| at + 1 == count)),
                &Maybe(version.amount.map(Yuan)),
                &Maybe(version.reviewed),
            ])?;
        }
    }
    sheet.end()
}
