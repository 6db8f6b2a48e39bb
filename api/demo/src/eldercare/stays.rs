//! 入住 · who lives in an institution.

use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use super::centres::{Centre, RURAL_HOME, number};
use super::elders::Elders;
use crate::assistance::{Assistance, TEKUN};
use crate::calendar::{FIRST, LAST, after, any_day, before, day, happened, today};
use crate::families::Settler;
use crate::random::Random;
use crate::registry::Person;
use crate::sheet::{Maybe, Sheet, Target, Written, Yuan};

/// 入住
pub struct Stay {
    centre: usize,
    person: Rc<Person>,
    from: NaiveDate,
    until: Option<NaiveDate>,
    bed: String,
    level: &'static str,
    fee: Option<i64>,
    deposit: Option<i64>,
}

/// Makes them.
pub fn make(
    random: &mut Random,
    centres: &[Centre],
    settler: &mut Settler,
    assistance: &Assistance,
    elders: &mut Elders,
) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    // 集中供养: people on 特困 live in the 敬老院.
    let mut collective = assistance
        .recognitions
        .iter()
        .filter(|recognition| recognition.category == TEKUN && recognition.manner == Some("集中"))
        .collect::<Vec<_>>()
        .into_iter();
    for (at, centre) in centres.iter().enumerate().filter(|(_, centre)| centre.residential()) {
        let (opened, closed) = centre.open();
        for number in 1..=centre.beds {
            let bed = format!("{}-{:02}", number / 12 + 1, number % 12 + 1);
            if centre.kind == RURAL_HOME
                && let Some(recognition) = collective.next()
                && let Some(person) = recognition.versions.last().and_then(|version| version.covered.first())
            {
                let from = recognition.begins().any_day(random).max(opened);
                let ended = recognition.ended.map(|month| month.plus(1).first()).filter(|on| *on <= today());
                let until = person.death.get().map(|death| after(death, 1)).or(ended);
                if until.is_none_or(|until| from < until) && person.alive(from) {
                    let weak = person.has("失能", LAST.first());
                    let level = if weak { random.pick(&["半护理", "全护理"]) } else { "自理" };
                    let person = Rc::clone(person);
                    stays.push(Stay { centre: at, person, from, until, bed, level, fee: None, deposit: None });
                }
                continue;
            }
            if !random.chance(if centre.kind == RURAL_HOME { 3_000 } else { 6_600 }) {
                continue;
            }
            let mut from = any_day(random, opened.max(day(2018, 5, 1)), day(2022, 11, 30).max(opened));
            loop {
                if from > before(today(), 10) || closed.is_some_and(|closed| from >= before(closed, 30)) {
                    break;
                }
                let alive_on = from.max(FIRST.first());
                let person = elders.take(random, settler, alive_on, 8_000);
                let died = person.death.get().map(|death| after(death, 1));
                let goes = random.chance(1_300).then(|| any_day(random, after(alive_on, 15), after(alive_on, 420)));
                let goes = goes.and_then(happened);
                let until = [died, goes, closed.filter(|closed| *closed <= today())].into_iter().flatten().min();
                let level = random.weighted(&[("自理", 38), ("半护理", 36), ("全护理", 26)]);
                let by_level = match level {
                    "自理" => 0,
                    "半护理" => 800,
                    _ => 1_700,
                };
                let base = if centre.nature == "民办" { random.between(20, 34) } else { random.between(14, 22) } * 100;
                let fee = Some((base + by_level) * 100);
                let deposit = random.chance(7_000).then(|| random.pick(&[100_000, 200_000, 300_000, 500_000]));
                stays.push(Stay { centre: at, person, from, until, bed: bed.clone(), level, fee, deposit });
                let Some(until) = until.filter(|_| random.chance(6_500)) else { break };
                from = after(until, random.between(5, 80));
            }
        }
    }
    stays
}

/// `stays`
pub fn write(target: &Target, centres: &[Centre], stays: &[Stay]) -> io::Result<Written> {
    let headers = ["机构编号", "证件号码", "入住日期", "离开日期", "床号", "照护等级", "月收费", "押金"];
    let mut sheet = Sheet::create(target, "stays", &headers)?;
    for stay in stays {
        sheet.row(&[
            &number(centres, stay.centre),
            &stay.person.id,
            &stay.from,
            &Maybe(stay.until),
            &stay.bed,
            &stay.level,
            &Maybe(stay.fee.map(Yuan)),
            &Maybe(stay.deposit.map(Yuan)),
        ])?;
    }
    sheet.end()
}
