//! 慈善 · donations, more of them before the Spring Festival and around the ninth of September.

use std::io;

use super::calendar::{FIRST, any_day, months};
use super::district::District;
use super::names;
use super::random::Random;
use super::sheet::{Maybe, Sheet, Target, Written, Yuan};

/// How many there are.
pub fn count(persons: usize) -> usize {
    (persons / 24).clamp(20, 5_000)
}

/// `donations`
pub fn write(target: &Target, seed: u64, persons: usize, area: &District) -> io::Result<Written> {
    let mut random = Random::of(seed, "donations");
    let season: Vec<(i32, u32)> = months()
        .map(|month| {
            let weight = match month.number() {
                1 => 22,
                9 => 16,
                8 | 12 => 9,
                _ => 5,
            };
            (month.since(FIRST), weight)
        })
        .collect();
    let mut rows = Vec::new();
    for _ in 0..count(persons) {
        let month = FIRST.plus(random.weighted(&season));
        let on = any_day(&mut random, month.first(), month.last());
        let company = random.chance(3_800);
        let town = area.towns.get(random.place(area.towns.len())).map_or("岳麓", |town| town.short.as_str());
        let donor = if company {
            let brand = random.pick(&["湘江", "麓峰", "橘洲", "恒信", "鑫源", "华泰", "楚天", "金诚", "润和", "众望"]);
            let trade = random.pick(&["置业", "建材", "餐饮管理", "物业服务", "科技", "食品", "医药", "机电"]);
            format!("{town}{brand}{trade}有限公司")
        } else if random.chance(2_500) {
            "爱心人士".to_owned()
        } else {
            names::adult(&mut random)
        };
        let goods = random.chance(2_700);
        let yuan = match (company, random.below(10)) {
            (true, 0..=6) => random.between(2, 50) * 1_000,
            (true, _) => random.between(6, 30) * 10_000,
            (false, 0..=8) => random.between(1, 40) * 50,
            (false, _) => random.between(3, 20) * 1_000,
        };
        let purpose = random.weighted(&[
            ("", 30),
            ("临时救助", 14),
            ("助学", 18),
            ("助老", 16),
            ("困境儿童", 12),
            ("乡村振兴", 6),
            ("防汛救灾", 4),
        ]);
        rows.push((on, donor, goods, yuan, purpose));
    }
    rows.sort();
    let headers = ["捐赠编号", "捐赠人", "类型", "金额", "日期", "定向用途"];
    let mut sheet = Sheet::create(target, "donations", &headers)?;
    for (at, (on, donor, goods, yuan, purpose)) in rows.iter().enumerate() {
        let number = format!("JZ{}-{:05}", on.format("%Y"), at + 1);
        let kind = if *goods { "物资" } else { "现金" };
        let purpose = Maybe(Some(purpose).filter(|purpose| !purpose.is_empty()));
        sheet.row(&[&number, donor, &kind, &Yuan(yuan * 100), on, &purpose])?;
    }
    sheet.end()
}
