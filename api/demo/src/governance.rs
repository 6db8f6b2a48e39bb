//! 基层治理 · charters and councils of every village and community, weddings and funerals, disclosure, those who
//! work for the communities.

use std::io;

use chrono::{Datelike, NaiveDate};

use super::calendar::{FIRST, LAST, Month, after, any_day, before, day, happened, months, today};
use super::district::District;
use super::names;
use super::random::Random;
use super::registry::{People, born};
use super::sheet::{Maybe, Sheet, Target, Written, Yuan, yes};

/// `charters`, `councils`, `ceremonies`, `disclosures`, `community-workers`
pub fn write(target: &Target, seed: u64, area: &District, people: &mut People) -> io::Result<Vec<Written>> {
    Ok(vec![
        write_charters(target, seed, area)?,
        write_councils(target, seed, area)?,
        write_ceremonies(target, seed, area, people)?,
        write_disclosures(target, seed, area)?,
        write_community_workers(target, seed, area, people)?,
    ])
}

fn write_charters(target: &Target, seed: u64, area: &District) -> io::Result<Written> {
    let headers = ["区划代码", "种类", "名称", "生效日期", "表决日期", "备案日期", "失效日期", "含移风易俗条款"];
    let mut sheet = Sheet::create(target, "charters", &headers)?;
    let mut random = Random::of(seed, "charters");
    // One village has none: its draft was sent back.
    let without = random.place(area.places.len());
    for (at, place) in area.places.iter().enumerate().filter(|(at, _)| *at != without) {
        let kind = if place.rural { "村规民约" } else { "居民公约" };
        // After 民发〔2018〕144号 nearly everybody voted anew; since then some have revised.
        let first = any_day(&mut random, day(2019, 3, 1), day(2021, 11, 30));
        let second = random.chance(1_800).then(|| any_day(&mut random, day(2022, 2, 20), day(2023, 6, 10)));
        let mut row = |from: NaiveDate, until: Option<NaiveDate>, revision: &str, customs: bool| {
            let filed = before(from, random.between(1, 12));
            let voted = before(filed, random.between(2, 9));
            let name = format!("{}{kind}{revision}", place.name);
            sheet.row(&[&place.code, &kind, &name, &from, &voted, &filed, &Maybe(until), &yes(customs)])
        };
        let customs = at % 7 != 3;
        row(first, second, "", customs && second.is_none())?;
        if let Some(second) = second {
            row(second, None, "（修订）", true)?;
        }
    }
    sheet.end()
}

fn write_councils(target: &Target, seed: u64, area: &District) -> io::Result<Written> {
    let mut sheet = Sheet::create(target, "councils", &["区划代码", "名称", "成立日期", "撤销日期", "成员人数"])?;
    let mut random = Random::of(seed, "councils");
    for place in &area.places {
        let name = format!("{}红白理事会", place.name);
        let founded = any_day(&mut random, day(2018, 5, 1), day(2021, 12, 15));
        // A few were set up again after elections.
        let again = random.chance(250).then(|| any_day(&mut random, day(2022, 3, 1), day(2023, 4, 30)));
        let members = random.weighted(&[(5, 40), (7, 46), (9, 14)]);
        sheet.row(&[&place.code, &name, &founded, &Maybe(again), &members])?;
        if let Some(again) = again {
            sheet.row(&[&place.code, &name, &again, &"", &7])?;
        }
    }
    sheet.end()
}

/// A ceremony as it was declared and as it went.
struct Ceremony {
    declared: NaiveDate,
    guided: Option<NaiveDate>,
    held: NaiveDate,
    decided: Option<NaiveDate>,
    kind: &'static str,
    outcome: &'static str,
    place: String,
    planned: i64,
    spent: Option<i64>,
    evidence: bool,
    host: Option<String>,
    phone: Option<String>,
    tables: i64,
}

fn write_ceremonies(target: &Target, seed: u64, area: &District, people: &mut People) -> io::Result<Written> {
    let mut random = Random::of(seed, "ceremonies");
    // Declared are about 22 of 1,000 residents in eighteen months, three times as often in the country.
    let count = area.residents() * 22 / 1_000;
    let places = area.lottery(|place| place.residents * if place.rural { 3 } else { 1 });
    let mut ceremonies = Vec::new();
    for _ in 0..count {
        let place = places.draw(&mut random);
        let kind = random.weighted(&[
            ("婚", 34),
            ("丧", 36),
            ("寿宴", 10),
            ("满月", 9),
            ("乔迁", 5),
            ("升学", 5),
            ("其他", 1),
        ]);
        let season: Vec<(i32, u32)> = months()
            .map(|month| {
                let weight = match (kind, month.number()) {
                    ("婚", 1 | 5 | 10) => 17,
                    ("婚", 11 | 12 | 2) => 9,
                    ("丧", 12 | 1 | 2) => 12,
                    ("升学", 7 | 8) => 40,
                    ("升学", _) => 0,
                    ("婚", _) => 5,
                    _ => 7,
                };
                (month.since(FIRST), weight)
            })
            .collect();
        let month = FIRST.plus(random.weighted(&season));
        let held = any_day(&mut random, month.first(), month.last());
        let ahead = if kind == "丧" { random.between(1, 3) } else { random.between(8, 35) };
        let declared = before(held, ahead);
        // Guided a few days later; now and then only when all was over, which counts in no figure.
        let late = random.chance(170);
        let guided = if late {
            happened(after(held, random.between(1, 4)))
        } else {
            Some(any_day(&mut random, declared, before(held, 1)))
        };
        let outcome = match kind {
            _ if late => "未劝导成功",
            "婚" => random.weighted(&[("简办", 54), ("新办", 8), ("停办", 7), ("未劝导成功", 31)]),
            "丧" => random.weighted(&[("简办", 63), ("新办", 9), ("未劝导成功", 28)]),
            _ => random.weighted(&[("停办", 44), ("简办", 26), ("未劝导成功", 30)]),
        };
        let guided = guided.filter(|_| outcome != "未劝导成功" || random.chance(8_500));
        let decided = guided.filter(|_| !late && outcome != "未劝导成功").map(|on| any_day(&mut random, on, held));
        let tables = match kind {
            "婚" => random.between(12, 40),
            "丧" => random.between(10, 30),
            _ => random.between(5, 18),
        };
        // 900 to 2,200 yuan a table, and more around it for a wedding or a funeral.
        let around = if matches!(kind, "婚" | "丧") { random.between(12, 18) } else { 10 };
        let planned = tables * random.between(9, 22) * 100 * around / 10 / 100 * 100;
        let percent = match outcome {
            "简办" => random.between(42, 86),
            "新办" => random.between(26, 60),
            "停办" => 0,
            _ => random.between(88, 118),
        };
        let known = random.chance(if outcome == "未劝导成功" { 5_200 } else { 8_800 });
        let host = random.chance(7_600).then(|| names::adult(&mut random));
        let phone = host.as_ref().filter(|_| random.chance(6_000)).map(|_| people.phone());
        ceremonies.push(Ceremony {
            declared,
            guided,
            held,
            decided,
            kind,
            outcome,
            place: place.code.clone(),
            planned,
            spent: known.then_some(planned * percent / 100 / 100 * 100),
            evidence: outcome != "未劝导成功" && random.chance(7_900),
            host,
            phone,
            tables,
        });
    }
    ceremonies.sort_by(|a, b| (a.declared, a.held, &a.place).cmp(&(b.declared, b.held, &b.place)));
    let headers = [
        "事项编号",
        "种类",
        "区划代码",
        "申报日期",
        "劝导日期",
        "举办日期",
        "结果",
        "决定日期",
        "计划费用",
        "实际费用",
        "有凭据",
        "事主",
        "联系电话",
        "桌数",
    ];
    let mut sheet = Sheet::create(target, "ceremonies", &headers)?;
    for (at, ceremony) in ceremonies.iter().enumerate() {
        sheet.row(&[
            &format!("HB{}-{:06}", ceremony.declared.format("%Y"), at + 1),
            &ceremony.kind,
            &ceremony.place,
            &ceremony.declared,
            &Maybe(ceremony.guided),
            &ceremony.held,
            &ceremony.outcome,
            &Maybe(ceremony.decided),
            &Yuan(ceremony.planned * 100),
            &Maybe(ceremony.spent.map(|yuan| Yuan(yuan * 100))),
            &yes(ceremony.evidence),
            &Maybe(ceremony.host.as_ref()),
            &Maybe(ceremony.phone.as_ref()),
            &ceremony.tables,
        ])?;
    }
    sheet.end()
}

/// General matters by the quarter, in villages finances by the month (村委会组织法 Art 30); due on the tenth after.
fn write_disclosures(target: &Target, seed: u64, area: &District) -> io::Result<Written> {
    let mut sheet = Sheet::create(target, "disclosures", &["区划代码", "种类", "所属期", "应公开日期", "公开日期"])?;
    let mut random = Random::of(seed, "disclosures");
    for place in &area.places {
        // Eight in a hundred are slack.
        let slack = random.chance(800);
        let mut post = |kind: &str, label: String, last: Month| {
            let due = after(last.last(), 10);
            let posted = match random.below(1_000) {
                0..=7 => None,
                8..=19 => Some(after(due, random.between(1, 20))),
                20..=199 if slack => Some(after(due, random.between(1, 40))),
                200..=259 if slack => None,
                _ => Some(before(due, random.between(0, 8))),
            };
            sheet.row(&[&place.code, &kind, &label, &due, &Maybe(posted.and_then(happened))])
        };
        for last in (-1..LAST.since(FIRST)).map(|month| FIRST.plus(month)).filter(|month| month.number() % 3 == 0) {
            let label = format!("{}Q{}", last.year(), last.number() / 3);
            post("党务", label.clone(), last)?;
            post("村务", label.clone(), last)?;
            if !place.rural {
                post("财务", label, last)?;
            }
        }
        for month in months().filter(|month| place.rural && *month < LAST) {
            post("财务", month.to_string(), month)?;
        }
    }
    sheet.end()
}

/// 专职社区工作者: 18 for 10,000 residents of a community, two at least.
fn write_community_workers(target: &Target, seed: u64, area: &District, people: &mut People) -> io::Result<Written> {
    let headers = ["证件号码", "姓名", "区划代码", "岗位", "入职日期", "离职日期", "社工证书"];
    let mut sheet = Sheet::create(target, "community-workers", &headers)?;
    let mut random = Random::of(seed, "community-workers");
    for place in area.places.iter().filter(|place| !place.rural) {
        let posts = ((place.residents * 18 + 5_000) / 10_000).max(2);
        for at in 0..posts {
            let post = match at {
                0 => "社区党委书记、主任",
                1 => "副主任",
                _ => random.pick(&["网格员", "民政专干", "党建专干", "综治专干", "网格员"]),
            };
            let mut hired = any_day(&mut random, day(2012, 3, 1), day(2021, 12, 20));
            loop {
                let youngest = i64::from(2022 - hired.year()) + if at == 0 { 30 } else { 22 };
                let (male, years) = (random.chance(3_300), random.between(24, 50).max(youngest));
                let birth = born(&mut random, years);
                let (id, birth) = people.number(&mut random, birth, male);
                let surname = names::surname(&mut random);
                let name = names::given(&mut random, surname, male, birth);
                let certificate = random.weighted(&[("", 680), ("助理", 225), ("中级", 91), ("高级", 4)]);
                let certificate = Maybe(Some(certificate).filter(|text| !text.is_empty()));
                // Nine in a hundred leave in a year.
                let left =
                    random.chance(1_350).then(|| any_day(&mut random, hired.max(FIRST.first()), before(today(), 20)));
                let left = left.filter(|left| *left > after(hired, 60));
                sheet.row(&[&id, &name, &place.code, &post, &hired, &Maybe(left), &certificate])?;
                let Some(left) =
                    left.map(|left| after(left, random.between(10, 70))).filter(|on| *on < before(today(), 3))
                else {
                    break;
                };
                hired = left;
            }
        }
    }
    sheet.end()
}
