//! 护理人员 · the people who care, with their certificates and spells of employment.

use std::io;

use chrono::{Datelike, NaiveDate};
use minzheng_rules::identifiers::citizen_id::age;

use super::centres::{Centre, DAY_CARE, HOME_CARE, MEALS, MUTUAL, number};
use crate::calendar::{FIRST, after, any_day, before, day, today};
use crate::families::Settler;
use crate::names;
use crate::random::Random;
use crate::registry::born;
use crate::sheet::{Maybe, Sheet, Target, Written};

/// One spell of employment.
pub struct Worker {
    /// 证件号码
    pub id: String,
    name: String,
    /// Which of the centres.
    pub centre: usize,
    /// 岗位
    pub post: &'static str,
    /// 入职日期
    pub hired: NaiveDate,
    /// 离职日期
    pub left: Option<NaiveDate>,
    reason: Option<&'static str>,
    certificate: Option<(u8, String, Option<NaiveDate>)>,
    training: Option<(i32, i64, Option<&'static str>)>,
}

/// A quarter of the staff leaves each year, and some places stay empty for a while.
pub fn make(random: &mut Random, centres: &[Centre], settler: &mut Settler) -> Vec<Worker> {
    let mut workers = Vec::new();
    let mut certificates = 0;
    for (at, centre) in centres.iter().enumerate() {
        let (opened, closed) = centre.open();
        let big = centre.residential();
        let staff = [
            ("护理", centre.posts),
            ("管理", if big { 2 } else { i64::from(matches!(centre.kind, HOME_CARE | DAY_CARE)) }),
            ("医护", if big && centre.medical.is_some() { random.between(1, 3) } else { 0 }),
            ("后勤", if big { random.between(2, 4) } else { i64::from(matches!(centre.kind, MEALS | MUTUAL)) }),
        ];
        for (post, places) in staff {
            for _ in 0..places {
                // Nobody on the list left before the months of the demo.
                let mut hired = any_day(random, opened.max(day(2015, 3, 1)), day(2021, 12, 20).max(opened));
                loop {
                    let gone = (0..24).map(|n| after(hired.max(FIRST.first()), 30 * n + random.between(0, 29)));
                    let leaves = gone.take_while(|on| *on < today()).collect::<Vec<_>>();
                    let left = leaves.into_iter().find(|on| *on > after(hired, 20) && random.chance(190));
                    let left = left.or(closed.filter(|closed| *closed <= today() && *closed > hired));
                    let left = left.map(|left| closed.map_or(left, |closed| left.min(closed)));
                    workers.push(worker(random, at, post, hired, left, settler, &mut certificates));
                    let Some(left) = left.filter(|left| closed.is_none_or(|closed| *left < closed)) else { break };
                    hired = after(left, random.between(30, 240));
                    if hired > before(today(), 5) || closed.is_some_and(|closed| hired >= before(closed, 30)) {
                        break;
                    }
                }
            }
        }
    }
    workers
}

fn worker(
    random: &mut Random,
    centre: usize,
    post: &'static str,
    hired: NaiveDate,
    left: Option<NaiveDate>,
    settler: &mut Settler,
    certificates: &mut u32,
) -> Worker {
    let male = random.chance(match post {
        "护理" => 1_300,
        "医护" => 1_800,
        _ => 4_200,
    });
    // Nobody was hired as a child.
    let youngest = i64::from(2022 - hired.year()) + 21;
    let years = if post == "护理" { random.between(31, 57) } else { random.between(25, 56) }.max(youngest);
    let birth = born(random, years);
    let (id, birth) = settler.people.number(random, birth, male);
    let surname = names::surname(random);
    let name = names::given(random, surname, male, birth);
    // 持证比例较低 (B2.2): well under half of those who care.
    let certificate = (post == "护理" && random.chance(4_400)).then(|| {
        *certificates += 1;
        let level = random.weighted(&[(5_u8, 60), (4, 25), (3, 12), (2, 2), (1, 1)]);
        let until = random.chance(2_200).then(|| any_day(random, day(2022, 10, 1), day(2026, 12, 31)));
        (level, format!("YLHL2{level}{certificates:08}"), until)
    });
    let training = random.chance(if post == "护理" { 7_600 } else { 3_000 }).then(|| {
        let year = if left.is_some_and(|left| left < day(2023, 3, 1)) || random.chance(4_000) { 2022 } else { 2023 };
        let passed = random.weighted(&[(1_u8, 87), (2, 6), (0, 7)]);
        let passed = match passed {
            1 => Some("合格"),
            2 => Some("不合格"),
            _ => None,
        };
        (year.max(hired.year()), random.between(2, 15) * 4, passed)
    });
    let reason = left.map(|left| {
        if age(birth, left) >= if male { 60 } else { 50 } && random.chance(6_000) {
            return "退休";
        }
        random.pick(&["薪酬待遇", "家庭原因", "工作强度大", "转行", "合同到期", "机构停业或调整"])
    });
    Worker { id, name, centre, post, hired, left, reason, certificate, training }
}

/// `care-workers`
pub fn write(target: &Target, centres: &[Centre], workers: &[Worker]) -> io::Result<Written> {
    let headers = [
        "证件号码",
        "姓名",
        "机构编号",
        "岗位",
        "入职日期",
        "离职日期",
        "离职原因",
        "证书等级",
        "证书编号",
        "证书有效期至",
        "培训年度",
        "培训学时",
        "考核结果",
    ];
    let mut sheet = Sheet::create(target, "care-workers", &headers)?;
    for worker in workers {
        let certificate = worker.certificate.as_ref();
        sheet.row(&[
            &worker.id,
            &worker.name,
            &number(centres, worker.centre),
            &worker.post,
            &worker.hired,
            &Maybe(worker.left),
            &Maybe(worker.reason),
            &Maybe(certificate.map(|(level, ..)| level)),
            &Maybe(certificate.map(|(_, number, _)| number)),
            &Maybe(certificate.and_then(|(.., until)| *until)),
            &Maybe(worker.training.map(|(year, ..)| year)),
            &Maybe(worker.training.map(|(_, hours, _)| hours)),
            &Maybe(worker.training.and_then(|(.., passed)| passed)),
        ])?;
    }
    sheet.end()
}
