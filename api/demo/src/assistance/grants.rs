//! 临时救助 · sudden and expenditure hardship, on the rolls and off them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use chrono::{NaiveDate, NaiveDateTime};

use super::{Bureau, Recognition, TEKUN, ids};
use crate::calendar::{FIRST, Month, after, any_day, happened, months, today, working_day, working_days_after};
use crate::district::{self, District, Place};
use crate::families::NEAR;
use crate::registry::{Household, Member, Person};
use crate::sheet::{Maybe, Sheet, Target, Written, Yuan, several, yes};

/// 临时救助 · a grant.
pub struct Grant {
    /// 救助编号
    pub number: String,
    /// 急难型 or 支出型
    pub kind: &'static str,
    /// 先行救助
    pub advance: bool,
    /// 申请人
    pub applicant: Rc<Person>,
    /// 受益人
    pub beneficiaries: Vec<Rc<Person>>,
    /// Where.
    pub place: Rc<Place>,
    /// 受理日期
    pub accepted: NaiveDate,
    /// 批准日期
    pub approved: Option<NaiveDate>,
    /// 批准金额
    pub amount: i64,
    /// 困难原因
    pub cause: &'static str,
    /// 发现时间
    pub found: Option<NaiveDateTime>,
    /// Payments: day and fen.
    pub stages: Vec<(NaiveDate, i64)>,
    /// 到账时间
    pub arrived: Option<NaiveDateTime>,
}

impl Bureau<'_> {
    /// 临时救助: more before the Spring Festival, when school begins and in the cold.
    pub(super) fn grants(&mut self, area: &District, recognitions: &[Recognition]) -> Vec<Grant> {
        let mut slots: Vec<Month> = Vec::new();
        let mut sudden: Vec<Rc<Place>> = Vec::new();
        for rural in [false, true] {
            let (count, places) = area.count(district::SUDDEN, rural);
            // That many persons in families of three.
            sudden.extend((0..count / 3).map(|_| places.draw(&mut self.random)));
        }
        let known = sudden.len() * 9 / 10;
        let season: Vec<(i32, u32)> = months()
            .map(|month| {
                let weight = match month.number() {
                    1 => 16,
                    2 | 9 => 9,
                    8 | 12 => 12,
                    3 | 6 => 7,
                    7 => 8,
                    _ => 6,
                };
                (month.since(FIRST), weight)
            })
            .collect();
        for _ in 0..known + sudden.len() {
            slots.push(FIRST.plus(self.random.weighted(&season)));
        }
        slots.sort_unstable();
        let households: BTreeMap<String, usize> =
            self.settler.households.iter().enumerate().map(|(at, home)| (home.number.clone(), at)).collect();
        let helped = recognitions.iter().filter(|recognition| recognition.category != TEKUN).collect::<Vec<_>>();
        let mut places = sudden.into_iter();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut grants = Vec::with_capacity(slots.len());
        for month in slots {
            let on = any_day(&mut self.random, month.first(), month.last());
            let of_roll = self.random.chance(4_750) || places.len() == 0;
            let mut family = None;
            if of_roll {
                let chosen = self.random.one_of(&helped).filter(|found| found.version(month).is_some());
                let at = chosen.and_then(|found| households.get(&found.household));
                family = at.and_then(|at| self.settler.households.get(*at)).cloned();
            } else if let Some(place) = places.next() {
                let pattern = self.random.weighted(NEAR);
                let mut home = self.settler.settle(pattern, &place, month, &mut self.random);
                let percent = self.random.between(180, 420);
                self.provide(&mut home, month, percent);
                self.settler.households.push(home.clone());
                family = Some(home);
            }
            let Some(home) = family else { continue };
            // One grant a household is enough here; repeated need is the exception in life too.
            if !seen.insert(home.number.clone()) {
                continue;
            }
            let number = format!("LS{}-{}-{:05}", self.district, month, grants.len() + 1);
            grants.extend(self.grant(number, &home, on));
        }
        grants
    }

    fn grant(&mut self, number: String, home: &Household, on: NaiveDate) -> Option<Grant> {
        let random = &mut self.random;
        let alive = |member: &&Member| member.present(on) && member.person.alive(after(on, 45)) && !member.facts.apart;
        let members: Vec<&Member> = home.members.iter().filter(alive).collect();
        let applicant = Rc::clone(&members.iter().find(|member| member.person.age(on) >= 18)?.person);
        let urgent = random.chance(3_400);
        // What is not urgent is taken in at the counter, on a working day.
        let accepted = if urgent { on } else { working_day(on).min(today()) };
        let cause = if urgent {
            random.weighted(&[
                ("突发重大疾病", 46),
                ("交通事故", 20),
                ("意外伤害", 18),
                ("火灾", 7),
                ("溺水等其他意外", 4),
                ("自然灾害", 5),
            ])
        } else {
            random.weighted(&[
                ("医疗费用支出过大", 66),
                ("教育费用支出过大", 18),
                ("长期照护支出过大", 10),
                ("其他生活必需支出", 6),
            ])
        };
        let whole = random.chance(4_500);
        let beneficiaries: Vec<Rc<Person>> = if whole {
            members.iter().map(|member| Rc::clone(&member.person)).collect()
        } else {
            random.one_of(&members).map(|member| vec![Rc::clone(&member.person)])?
        };
        let advance = urgent && random.chance(7_000);
        let amount = if urgent { random.between(10, 80) } else { random.between(8, 60) } * 10_000;
        let mut grant = Grant {
            number,
            kind: if urgent { "急难型" } else { "支出型" },
            advance,
            applicant,
            beneficiaries,
            place: Rc::clone(&home.place),
            accepted,
            approved: None,
            amount,
            cause,
            found: None,
            stages: Vec::new(),
            arrived: None,
        };
        let hour = u32::try_from(random.between(8, 19)).unwrap_or(9);
        let minute = u32::try_from(random.between(0, 59)).unwrap_or(0);
        if urgent {
            grant.found = on.and_hms_opt(hour, minute, 0);
        }
        // Some five in a hundred are refused, and the last ones are still being looked into.
        let decided = if urgent {
            working_days_after(accepted, random.between(0, 3))
        } else {
            working_days_after(accepted, random.between(7, 22))
        };
        let refused = !advance && random.chance(520);
        grant.approved = if refused { None } else { happened(decided) };
        let first = if advance { amount.min(200_000) } else { amount };
        if advance {
            // 先行救助: within one to three days, mostly within one.
            let hours = random.weighted(&[(3, 20), (6, 25), (12, 18), (20, 17), (28, 10), (47, 7), (70, 3)]);
            let arrived = grant.found.map(|found| found + chrono::TimeDelta::hours(hours));
            if let Some(at) = arrived.filter(|at| at.date() <= today()) {
                grant.stages.push((at.date(), first));
                grant.arrived = Some(at);
            }
        }
        if let Some(approved) = grant.approved {
            let paid = working_days_after(approved, if urgent { random.between(0, 2) } else { random.between(1, 6) });
            let paid = working_day(paid);
            let rest = if advance { amount - first } else { amount };
            if rest > 0 && paid <= today() {
                grant.stages.push((paid, rest));
                if grant.arrived.is_none() {
                    grant.arrived = paid.and_hms_opt(10 + minute % 6, minute, 0);
                }
            }
        }
        Some(grant)
    }
}

/// `temporary-aid`
pub fn write(target: &Target, grants: &[Grant]) -> io::Result<Written> {
    let headers = [
        "救助编号",
        "救助类型",
        "先行救助",
        "申请人证件号码",
        "受益人证件号码",
        "区划代码",
        "受理日期",
        "批准日期",
        "批准金额",
        "困难原因",
        "审批层级",
        "发现时间",
        "到账时间",
    ];
    let mut sheet = Sheet::create(target, "temporary-aid", &headers)?;
    let time = |at: Option<NaiveDateTime>| Maybe(at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()));
    for grant in grants {
        // A town decides on small sums itself (民发〔2018〕23号); here up to 3,000 yuan.
        let level = if grant.amount <= 300_000 { "镇街" } else { "区" };
        sheet.row(&[
            &grant.number,
            &grant.kind,
            &yes(grant.advance),
            &grant.applicant.id,
            &several(ids(&grant.beneficiaries)),
            &grant.place.code,
            &grant.accepted,
            &Maybe(grant.approved),
            &Maybe(grant.approved.map(|_| Yuan(grant.amount))),
            &grant.cause,
            &Maybe(grant.approved.map(|_| level)),
            &time(grant.found),
            &time(grant.arrived),
        ])?;
    }
    sheet.end()
}
