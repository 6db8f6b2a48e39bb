//! 家庭养老床位 · beds at home and the visits to them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use super::centres::{Centre, RURAL_HOME, number};
use super::degrees;
use super::elders::Elders;
use super::workers::Worker;
use crate::calendar::{FIRST, after, any_day, before, day, happened, months, today};
use crate::district::District;
use crate::families::Settler;
use crate::random::Random;
use crate::registry::Person;
use crate::sheet::{Maybe, Sheet, Target, Written, yes};

/// 家庭养老床位
pub struct Bed {
    number: String,
    person: Rc<Person>,
    centre: usize,
    begun: NaiveDate,
    accepted: Option<NaiveDate>,
    served: Option<NaiveDate>,
    ended: Option<NaiveDate>,
    reason: Option<&'static str>,
    void: bool,
}

/// 上门服务
pub struct Visit {
    bed: usize,
    kind: &'static str,
    carer: usize,
    day: NaiveDate,
    begins: i64,
    ends: i64,
    state: &'static str,
    east: i64,
    north: i64,
}

/// Makes the beds.
pub fn make(
    random: &mut Random,
    count: usize,
    area: &District,
    centres: &[Centre],
    settler: &mut Settler,
    elders: &mut Elders,
) -> Vec<Bed> {
    let mut beds: Vec<Bed> = Vec::new();
    // 有资质 to send somebody home: centres with carers.
    let able: Vec<(usize, &Centre)> =
        centres.iter().enumerate().filter(|(_, centre)| centre.posts > 0 && centre.kind != RURAL_HOME).collect();
    while beds.len() < count {
        let begun = match random.below(100) {
            0..=13 => any_day(random, day(2021, 7, 5), day(2021, 12, 31)),
            14..=66 => any_day(random, day(2022, 1, 1), day(2022, 12, 31)),
            _ => any_day(random, day(2023, 1, 1), today()),
        };
        let person = elders.take(random, settler, begun.max(FIRST.first()), 5_500);
        let near: Vec<usize> = able
            .iter()
            .filter(|(_, centre)| centre.place.town.code == person.residence.town.code && centre.operates(begun))
            .map(|(at, _)| *at)
            .collect();
        let all: Vec<usize> = able.iter().filter(|(_, centre)| centre.operates(begun)).map(|(at, _)| *at).collect();
        let Some(centre) = random.one_of(&near).or(random.one_of(&all)).copied() else { continue };
        let degree = random.pick(&["轻度失能", "中度失能", "中度失能", "重度失能", "完全失能"]);
        person.record("失能", before(begun, random.between(12, 90)), None, degree);
        if beds.len() + 1 < count && random.chance(60) {
            // Entered by mistake, and once more rightly.
            let twin = Rc::clone(&person);
            beds.push(empty_bed(twin, centre, before(begun, random.between(1, 6)).max(day(2021, 7, 1)), true));
        }
        let mut bed = empty_bed(person, centre, begun, false);
        let accepted = after(begun, random.between(10, 48));
        let served = after(accepted, random.between(1, 13));
        let died = bed.person.death.get().map(|death| (after(death, 1), "去世"));
        let other = random.chance(700).then(|| {
            let reason =
                random.weighted(&[("迁出", 24), ("入住机构", 26), ("本人意愿", 38), ("服务质量", 5), ("其他", 7)]);
            (after(served, random.between(40, 400)), reason)
        });
        let closed = centres.get(centre).and_then(|centre| centre.open().1).map(|on| (on.max(after(begun, 1)), "其他"));
        let end = [died, other, closed].into_iter().flatten().filter(|(on, _)| *on <= today()).min();
        let before_end = |on: NaiveDate| happened(on).filter(|on| end.is_none_or(|(end, _)| *on < end));
        bed.accepted = before_end(accepted);
        bed.served = before_end(served).filter(|_| bed.accepted.is_some());
        (bed.ended, bed.reason) = (end.map(|(on, _)| on), end.map(|(_, reason)| reason));
        beds.push(bed);
    }
    beds.sort_by_key(|bed| bed.begun);
    for (at, bed) in beds.iter_mut().enumerate() {
        bed.number = format!("CW{}{:06}", area.code, at + 1);
    }
    beds
}

fn empty_bed(person: Rc<Person>, centre: usize, begun: NaiveDate, void: bool) -> Bed {
    let number = String::new();
    Bed { number, person, centre, begun, accepted: None, served: None, ended: None, reason: None, void }
}

/// When the six visits of a carer's day begin, in minutes; the next begins eighty minutes later at the earliest.
const HOURS: [i64; 6] = [8 * 60 + 20, 9 * 60 + 40, 11 * 60, 14 * 60, 15 * 60 + 20, 16 * 60 + 40];

/// Makes the visits.
pub fn visits(random: &mut Random, count: usize, beds: &[Bed], workers: &[Worker]) -> Vec<Visit> {
    let mut carers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, worker) in workers.iter().enumerate().filter(|(_, worker)| worker.post == "护理") {
        carers.entry(worker.centre).or_default().push(at);
    }
    // Bed and month in service, with the first and last day in it.
    let mut spans: Vec<(usize, NaiveDate, NaiveDate)> = Vec::new();
    for (at, bed) in beds.iter().enumerate().filter(|(_, bed)| !bed.void) {
        let Some(served) = bed.served else { continue };
        let last = bed.ended.map_or_else(today, |ended| before(ended, 2));
        for month in months() {
            let (from, to) = (served.max(month.first()), last.min(month.last()));
            if from <= to {
                spans.push((at, from, to));
            }
        }
    }
    let mut visits: Vec<Visit> = Vec::with_capacity(count);
    let mut taken: BTreeSet<(usize, NaiveDate, usize)> = BTreeSet::new();
    // As many for each month in service, and what is left by lot.
    let rounds = if spans.is_empty() { 0 } else { count / spans.len() };
    let tries = count * 4;
    let lots = (0..rounds).flat_map(|_| 0..spans.len()).chain((0..tries).map(|_| usize::MAX));
    for lot in lots {
        if visits.len() >= count {
            break;
        }
        let lot = if lot == usize::MAX { random.place(spans.len()) } else { lot };
        let Some((at, from, to)) = spans.get(lot).copied() else { continue };
        let Some(bed) = beds.get(at) else { continue };
        let day = any_day(random, from, to);
        let here = carers.get(&bed.centre).map(Vec::as_slice).unwrap_or_default();
        let Some(carer) = random.one_of(here).copied() else { continue };
        let employed =
            workers.get(carer).is_some_and(|worker| worker.hired <= day && worker.left.is_none_or(|left| day < left));
        let hour = random.place(HOURS.len());
        if !employed || !taken.insert((carer, day, hour)) {
            continue;
        }
        let begins = HOURS.get(hour).copied().unwrap_or(0) + random.between(0, 9);
        let kind = random.weighted(&[
            ("助洁", 20),
            ("护理", 18),
            ("巡访关爱", 16),
            ("康复", 14),
            ("助浴", 10),
            ("助餐", 8),
            ("助医", 5),
            ("助行", 4),
            ("诊疗", 4),
            ("其他", 1),
        ]);
        let fresh = day > before(today(), 12);
        let state = match random.below(1_000) {
            0..=10 => "作废",
            11..=13 => "待核实",
            14..=260 if fresh => "待核实",
            _ => "已核实",
        };
        let (east, north) = (random.between(-1_500, 1_500), random.between(-1_500, 1_500));
        visits.push(Visit {
            bed: at,
            kind,
            carer,
            day,
            begins,
            ends: begins + random.between(30, 70),
            state,
            east,
            north,
        });
    }
    visits.sort_by_key(|visit| (visit.day, visit.begins, visit.bed, visit.carer));
    visits
}

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `home-beds`
pub fn write_beds(target: &Target, centres: &[Centre], beds: &[Bed]) -> io::Result<Written> {
    let headers = [
        "床位编号",
        "老人证件号码",
        "区划代码",
        "机构编号",
        "建床启动日期",
        "验收日期",
        "服务开始日期",
        "终止日期",
        "终止原因",
        "作废",
    ];
    let mut sheet = Sheet::create(target, "home-beds", &headers)?;
    for bed in beds {
        sheet.row(&[
            &bed.number,
            &bed.person.id,
            &bed.person.residence.code,
            &number(centres, bed.centre),
            &bed.begun,
            &Maybe(bed.accepted),
            &Maybe(bed.served),
            &Maybe(bed.ended),
            &Maybe(bed.reason),
            &yes(bed.void),
        ])?;
    }
    sheet.end()
}

/// `home-visits`
pub fn write_visits(target: &Target, beds: &[Bed], workers: &[Worker], visits: &[Visit]) -> io::Result<Written> {
    let headers =
        ["服务编号", "床位编号", "服务类型", "护理员证件号码", "开始时间", "结束时间", "经度", "纬度", "状态"];
    let mut sheet = Sheet::create(target, "home-visits", &headers)?;
    for (at, visit) in visits.iter().enumerate() {
        let (Some(bed), Some(carer)) = (beds.get(visit.bed), workers.get(visit.carer)) else { continue };
        let place = &bed.person.residence;
        sheet.row(&[
            &format!("FW{}{:07}", visit.day.format("%Y%m"), at + 1),
            &bed.number,
            &visit.kind,
            &carer.id,
            &format!("{} {}", visit.day, clock(visit.begins)),
            &format!("{} {}", visit.day, clock(visit.ends)),
            &degrees(place.longitude + visit.east),
            &degrees(place.latitude + visit.north),
            &visit.state,
        ])?;
    }
    sheet.end()
}
