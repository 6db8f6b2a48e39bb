//! 适老化改造 · homes made fit for age.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::assistance::{Assistance, DIBAO, SINGLE, TEKUN};
use crate::calendar::{FIRST, after, any_day, day, happened, working_days_after};
use crate::district::Place;
use crate::random::Random;
use crate::registry::Household;
use crate::sheet::{Maybe, Sheet, Target, Written};

/// One home.
pub struct Renovation {
    year: i32,
    household: String,
    place: Rc<Place>,
    admitted: NaiveDate,
    begun: Option<NaiveDate>,
    finished: Option<NaiveDate>,
    accepted: Option<NaiveDate>,
    withdrawn: Option<NaiveDate>,
}

/// 适老化改造 for families on 低保 and 特困 with somebody aged or disabled; a household once.
pub fn make(random: &mut Random, assistance: &Assistance, households: &[Household]) -> Vec<Renovation> {
    let homes: BTreeMap<&str, &Household> = households.iter().map(|home| (home.number.as_str(), home)).collect();
    let mut seen = BTreeSet::new();
    let mut fit: Vec<&Household> = Vec::new();
    for recognition in &assistance.recognitions {
        let of_roll = matches!(recognition.category, DIBAO | SINGLE | TEKUN) && recognition.manner != Some("集中");
        let Some(home) = homes.get(recognition.household.as_str()).filter(|_| of_roll) else { continue };
        let needs = home.members.iter().any(|member| {
            let person = &member.person;
            member.left.is_none() && (person.age(FIRST.first()) >= 60 || person.disability(FIRST.first()).is_some())
        });
        if needs && recognition.version(FIRST.plus(3)).is_some() && seen.insert(&recognition.household) {
            fit.push(home);
        }
    }
    random.shuffle(&mut fit);
    let batch = fit.len() * 2 / 5;
    let mut renovations = Vec::new();
    for (at, home) in fit.into_iter().take(batch * 2).enumerate() {
        let first = at < batch;
        let (year, from, to) =
            if first { (2022, day(2022, 2, 14), day(2022, 7, 31)) } else { (2023, day(2023, 2, 13), day(2023, 6, 16)) };
        // Most are admitted in spring.
        let admitted = any_day(random, from, to).min(any_day(random, from, to));
        let begun = working_days_after(admitted, random.between(12, 55));
        let finished = after(begun, random.between(3, 24));
        let accepted = working_days_after(finished, random.between(2, 18));
        // Two of the older batch were only accepted in the January after.
        let late = first && at < 2;
        let accepted = if late { day(2023, 1, 10 + u32::try_from(at).unwrap_or(0)) } else { accepted };
        let withdrawn = random.chance(280).then(|| after(admitted, random.between(3, 30))).and_then(happened);
        let done = |on: NaiveDate| happened(on).filter(|_| withdrawn.is_none());
        renovations.push(Renovation {
            year,
            household: home.number.clone(),
            place: Rc::clone(&home.place),
            admitted,
            begun: done(begun),
            finished: done(finished),
            accepted: done(accepted),
            withdrawn,
        });
    }
    renovations.sort_by_key(|renovation| renovation.admitted);
    renovations
}

/// `renovation`
pub fn write(target: &Target, renovations: &[Renovation]) -> io::Result<Written> {
    let headers =
        ["改造编号", "批次年度", "户编号", "区划代码", "纳入日期", "开工日期", "完工日期", "验收日期", "退出日期"];
    let mut sheet = Sheet::create(target, "renovation", &headers)?;
    for (at, renovation) in renovations.iter().enumerate() {
        sheet.row(&[
            &format!("GZ{}-{:05}", renovation.year, at + 1),
            &renovation.year,
            &renovation.household,
            &renovation.place.code,
            &renovation.admitted,
            &Maybe(renovation.begun),
            &Maybe(renovation.finished),
            &Maybe(renovation.accepted),
            &Maybe(renovation.withdrawn),
        ])?;
    }
    sheet.end()
}
