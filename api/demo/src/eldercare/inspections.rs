//! 安全检查 · inspections of centres and the hazards found in them.

use std::io;

use chrono::NaiveDate;

use super::centres::{Centre, number};
use crate::calendar::{FIRST, after, any_day, before, day, happened, today, working_day, working_days_after};
use crate::names;
use crate::random::Random;
use crate::sheet::{Maybe, Sheet, Target, Written, several};

/// 检查
pub struct Inspection {
    number: String,
    centre: usize,
    on: NaiveDate,
    asked: i64,
    answered: i64,
    inspectors: [String; 2],
}

/// 隐患
pub struct Hazard {
    inspection: usize,
    grade: &'static str,
    what: &'static str,
    owner: String,
    deadline: NaiveDate,
    mended: Option<NaiveDate>,
    checked: Option<NaiveDate>,
    checker: Option<String>,
    photo: bool,
}

const HAZARDS: &[&str] = &[
    "灭火器压力不足",
    "疏散通道堆放杂物",
    "应急照明灯损坏",
    "电气线路老化、私拉电线",
    "电动车在室内充电",
    "厨房燃气报警器未通电",
    "食品留样记录不全",
    "过期药品未清理",
    "浴室未设防滑垫",
    "床边护栏松动",
    "走廊扶手缺失",
    "热水温控未设上限，存在烫伤风险",
    "失智老人出入口无防走失措施",
    "巡查记录缺夜间时段",
    "防火门闭门器失效",
    "应急演练记录缺失",
];
const MAJOR: &[&str] = &["消防设施整体停用", "使用易燃夹芯板搭建房间", "安全出口被封堵", "燃气管线穿越居室"];

/// Makes them.
pub fn make(random: &mut Random, centres: &[Centre]) -> (Vec<Inspection>, Vec<Hazard>) {
    let inspectors: Vec<String> = (0..14).map(|_| names::adult(random)).collect();
    let mut inspections: Vec<Inspection> = Vec::new();
    // One institution was not visited in the last half-year, and one list was left incomplete.
    let living: Vec<usize> = centres
        .iter()
        .enumerate()
        .filter(|(_, centre)| centre.residential() && centre.operates(today()))
        .map(|(at, _)| at)
        .collect();
    let (missed, unfinished) = (living.get(1).copied(), living.get(living.len() / 2).copied());
    for half in 0..3 {
        let (from, to) = (FIRST.plus(half * 6).first(), FIRST.plus(half * 6 + 5).last());
        for (at, centre) in centres.iter().enumerate() {
            let last = half == 2;
            let times =
                if centre.residential() { random.weighted(&[(1, 6), (2, 4)]) } else { i64::from(random.chance(8_800)) };
            if last && Some(at) == missed {
                continue;
            }
            for _ in 0..times {
                let on = working_day(any_day(random, from, before(to, 12)));
                if !centre.operates(on) {
                    continue;
                }
                let asked = if centre.residential() { 68 } else { 42 };
                let open = last && Some(at) == unfinished;
                let answered = if open { asked - 5 } else { asked };
                let first = random.place(inspectors.len());
                let second = (first + 1 + random.place(inspectors.len() - 1)) % inspectors.len();
                let named = |at: usize| inspectors.get(at).cloned().unwrap_or_default();
                let inspectors = [named(first), named(second)];
                inspections.push(Inspection { number: String::new(), centre: at, on, asked, answered, inspectors });
            }
        }
    }
    inspections.sort_by_key(|inspection| (inspection.on, inspection.centre));
    let mut hazards: Vec<Hazard> = Vec::new();
    let mut spring = 0;
    for (at, inspection) in inspections.iter_mut().enumerate() {
        inspection.number = format!("JC{}-{:05}", inspection.on.format("%Y"), at + 1);
        let Some(centre) = centres.get(inspection.centre) else { continue };
        let found = if centre.residential() {
            random.weighted(&[(0, 34), (1, 32), (2, 22), (3, 12)])
        } else {
            random.weighted(&[(0, 66), (1, 26), (2, 8)])
        };
        for _ in 0..found {
            let major = random.chance(180);
            let deadline = after(inspection.on, if major { 5 } else { random.pick(&[7, 15, 15, 30]) });
            let days = (deadline - inspection.on).num_days();
            let mended = match random.below(100) {
                0..=86 => Some(after(inspection.on, random.between(1, days))),
                87..=94 => Some(after(deadline, random.between(1, 25))),
                // Very long.
                _ => Some(after(deadline, random.between(26, 70))),
            };
            // Of what was found in spring one in ten is still open.
            let recent = (day(2023, 3, 20)..day(2023, 6, 1)).contains(&inspection.on);
            spring += usize::from(recent);
            let mended = mended.and_then(happened).filter(|_| !recent || spring % 10 != 3);
            let checked = mended.and_then(|mended| happened(working_days_after(mended, random.between(1, 8))));
            // Never the one who is answerable for it.
            let second = inspection.inspectors.iter().find(|inspector| **inspector != centre.manager);
            let checked = checked.filter(|_| second.is_some());
            hazards.push(Hazard {
                inspection: at,
                grade: if major { "重大" } else { "一般" },
                what: random.pick(if major { MAJOR } else { HAZARDS }),
                owner: centre.manager.clone(),
                deadline,
                mended,
                checked,
                checker: second.filter(|_| checked.is_some()).cloned(),
                photo: !random.chance(100),
            });
        }
    }
    (inspections, hazards)
}

/// `inspections` and `hazards`
pub fn write(
    target: &Target,
    centres: &[Centre],
    inspections: &[Inspection],
    hazards: &[Hazard],
) -> io::Result<[Written; 2]> {
    let headers = ["检查编号", "机构编号", "检查日期", "检查表版本", "应答项数", "已答项数", "检查人"];
    let mut sheet = Sheet::create(target, "inspections", &headers)?;
    for inspection in inspections {
        sheet.row(&[
            &inspection.number,
            &number(centres, inspection.centre),
            &inspection.on,
            &"GB38600-2019/2022",
            &inspection.asked,
            &inspection.answered,
            &several(inspection.inspectors.iter().map(String::as_str)),
        ])?;
    }
    let first = sheet.end()?;
    let headers =
        ["隐患编号", "检查编号", "等级", "描述", "责任人", "整改期限", "整改日期", "复核日期", "复核人", "照片"];
    let mut sheet = Sheet::create(target, "hazards", &headers)?;
    for (at, hazard) in hazards.iter().enumerate() {
        let Some(inspection) = inspections.get(hazard.inspection) else { continue };
        let number = format!("YH{}-{:05}", inspection.on.format("%Y"), at + 1);
        sheet.row(&[
            &number,
            &inspection.number,
            &hazard.grade,
            &hazard.what,
            &hazard.owner,
            &hazard.deadline,
            &Maybe(hazard.mended),
            &Maybe(hazard.checked),
            &Maybe(hazard.checker.as_ref()),
            &Maybe(hazard.photo.then(|| format!("{number}.jpg"))),
        ])?;
    }
    Ok([first, sheet.end()?])
}
