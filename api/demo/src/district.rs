//! The district: its towns and villages with how many people live in each. Populations are drawn at the size
//! that the 2020 census gave such a district (some 1.5 million) and then scaled, so that the recipients
//! asked for stand to the population as they do in life.

use std::io;
use std::rc::Rc;

use super::random::Random;
use super::{Division, Plan};

/// 镇街
#[derive(Debug)]
pub struct Town {
    /// 12 digits.
    pub code: String,
    /// 望月湖街道
    pub name: String,
    /// 望月湖
    pub short: String,
}

/// 村居 · a community or village.
#[derive(Debug)]
pub struct Place {
    /// 12 digits.
    pub code: String,
    /// 湖东社区, 金华村
    pub name: String,
    /// 湖东, 金华
    pub short: String,
    /// In which it lies.
    pub town: Rc<Town>,
    /// A village (村委会, 200–399), not a community.
    pub rural: bool,
    /// 常住人口 at the end of 2021, in the size of the demo.
    pub residents: u64,
    /// How hard life is here, in percent of the usual.
    pub hardship: u64,
    /// 10⁻⁶ degrees east.
    pub longitude: i64,
    /// 10⁻⁶ degrees north.
    pub latitude: i64,
}

/// How many of 100,000 residents, in communities and in villages. Sources in the doc of the module `demo`.
#[derive(Clone, Copy)]
pub struct Rate(pub u64, pub u64);

/// 低保 persons.
pub const DIBAO: Rate = Rate(500, 1_750);
/// 特困 persons.
pub const TEKUN: Rate = Rate(25, 380);
/// 低保边缘 persons.
pub const EDGE: Rate = Rate(75, 330);
/// 刚性支出 persons.
pub const RIGID: Rate = Rate(25, 80);
/// 防返贫监测 persons: rural only.
pub const WATCHED: Rate = Rate(0, 180);
/// 其他困难 persons.
pub const OTHER: Rate = Rate(20, 40);
/// 80 and older.
pub const AGED_80: Rate = Rate(1_750, 2_900);
/// 孤儿
pub const ORPHANS: Rate = Rate(3, 12);
/// 事实无人抚养儿童, besides those in 低保 families.
pub const UNATTENDED: Rate = Rate(8, 25);
/// Severely disabled people outside 低保 and 特困.
pub const SEVERE: Rate = Rate(420, 820);
/// Persons of 临时救助 families outside the low-income ones, in eighteen months.
pub const SUDDEN: Rate = Rate(430, 800);
/// All whose number follows from the size asked for.
const RECIPIENTS: [Rate; 11] =
    [DIBAO, TEKUN, EDGE, RIGID, WATCHED, OTHER, AGED_80, ORPHANS, UNATTENDED, SEVERE, SUDDEN];

impl Rate {
    fn of(self, rural: bool) -> u64 {
        if rural { self.1 } else { self.0 }
    }
}

/// The district of the demo.
pub struct District {
    /// Six digits.
    pub code: String,
    /// 岳麓区
    pub name: String,
    /// 镇街, by code.
    pub towns: Vec<Rc<Town>>,
    /// 村居, by code.
    pub places: Vec<Rc<Place>>,
    first: Rc<Place>,
}

/// Draws places by weight.
pub struct Lottery {
    sums: Vec<u64>,
    places: Vec<Rc<Place>>,
    first: Rc<Place>,
}

impl Lottery {
    /// One place.
    pub fn draw(&self, random: &mut Random) -> Rc<Place> {
        let ticket = random.below(self.sums.last().copied().unwrap_or(0));
        let index = self.sums.partition_point(|sum| *sum <= ticket);
        Rc::clone(self.places.get(index).unwrap_or(&self.first))
    }
}

impl District {
    /// Of the divisions of the plan; fails when there is no village among them.
    pub fn of(plan: &Plan<'_>) -> io::Result<Self> {
        let mut random = Random::of(plan.seed, "district");
        let mut divisions: Vec<&Division> = plan.divisions.iter().collect();
        divisions.sort_by(|a, b| a.code.cmp(&b.code));
        let towns: Vec<Rc<Town>> = of_level(&divisions, "TOWN").map(|division| Rc::new(town(division))).collect();
        let mut drafts = Vec::new();
        for division in of_level(&divisions, "VILLAGE") {
            let (prefix, tail) = division.code.split_at_checked(9).ok_or_else(|| wrong("区划代码"))?;
            let town = towns.iter().find(|town| town.code.starts_with(prefix)).ok_or_else(|| wrong("镇街"))?;
            let rural = tail.starts_with(['2', '3']);
            let full = if rural {
                random.between(800, 2_300) + random.between(800, 2_300)
            } else {
                random.between(2_000, 7_600) + random.between(2_000, 7_600)
            };
            drafts.push((division, Rc::clone(town), rural, full));
        }
        let expected: u64 = drafts
            .iter()
            .map(|(_, _, rural, full)| {
                u64::try_from(*full).unwrap_or(0) * RECIPIENTS.iter().map(|rate| rate.of(*rural)).sum::<u64>()
            })
            .sum();
        let mut places = Vec::with_capacity(drafts.len());
        for (division, town, rural, full) in drafts {
            let persons = u128::try_from(plan.persons).unwrap_or(0) * u128::try_from(full).unwrap_or(0) * 100_000;
            let residents = u64::try_from(persons / u128::from(expected.max(1))).unwrap_or(0).max(20);
            let hardship = u64::try_from(random.between(55, 145)).unwrap_or(100);
            let (east, north) = centre_of(&town.code);
            let spread = if town.code.get(6..7) == Some("1") { 26_000 } else { 9_000 };
            places.push(Rc::new(Place {
                code: division.code.clone(),
                name: place_name(&division.name, rural),
                short: short(&place_name(&division.name, rural), &["社区", "村"]),
                town,
                rural,
                residents,
                hardship,
                longitude: east + random.between(-spread, spread),
                latitude: north + random.between(-spread, spread),
            }));
        }
        let first = places.first().cloned().ok_or_else(|| wrong("村居"))?;
        let code = first.code.get(..6).unwrap_or_default().to_owned();
        let name = of_level(&divisions, "DISTRICT")
            .next()
            .map_or_else(|| "示例区".to_owned(), |division| division.name.clone());
        Ok(Self { code, name, towns, places, first })
    }

    /// A lottery in which a place has as many tickets as this gives it.
    pub fn lottery(&self, tickets: impl Fn(&Place) -> u64) -> Lottery {
        let sums = self
            .places
            .iter()
            .scan(0, |sum, place| {
                *sum += tickets(place);
                Some(*sum)
            })
            .collect();
        Lottery { sums, places: self.places.clone(), first: Rc::clone(&self.first) }
    }

    /// How many there are at this rate in communities or in villages, and where to find them.
    pub fn count(&self, rate: Rate, rural: bool) -> (usize, Lottery) {
        let residents: u64 = self.places.iter().filter(|place| place.rural == rural).map(|place| place.residents).sum();
        let count = (residents * rate.of(rural) + 50_000) / 100_000;
        let lottery = self.lottery(|place| if place.rural == rural { place.residents * place.hardship } else { 0 });
        (usize::try_from(count).unwrap_or(0), lottery)
    }

    /// All residents.
    pub fn residents(&self) -> u64 {
        self.places.iter().map(|place| place.residents).sum()
    }
}

fn of_level<'a>(divisions: &'a [&'a Division], level: &'static str) -> impl Iterator<Item = &'a Division> {
    divisions.iter().copied().filter(move |division| division.level == level)
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("the divisions of the plan lack: {what}"))
}

fn town(division: &Division) -> Town {
    Town {
        code: division.code.clone(),
        name: division.name.clone(),
        short: short(&division.name, &["街道", "镇", "乡"]),
    }
}

fn short(name: &str, ends: &[&str]) -> String {
    let cut = ends.iter().find_map(|end| name.strip_suffix(end)).filter(|rest| rest.chars().count() >= 2);
    cut.unwrap_or(name).to_owned()
}

/// 湖东社区居委会 → 湖东社区, 金华村委会 → 金华村.
fn place_name(name: &str, rural: bool) -> String {
    for end in ["居民委员会", "村民委员会", "居委会", "村委会", "委员会"] {
        if let Some(rest) = name.strip_suffix(end) {
            return if rural && !rest.ends_with('村') { format!("{rest}村") } else { rest.to_owned() };
        }
    }
    name.to_owned()
}

/// Roughly where a town of 岳麓区 lies, in 10⁻⁶ degrees east and north; elsewhere the middle of the district.
fn centre_of(town: &str) -> (i64, i64) {
    const KNOWN: [(&str, i64, i64); 19] = [
        ("430104001", 112_948_000, 28_207_000),
        ("430104002", 112_934_000, 28_165_000),
        ("430104003", 112_944_000, 28_184_000),
        ("430104004", 112_957_000, 28_226_000),
        ("430104005", 112_957_000, 28_249_000),
        ("430104006", 112_910_000, 28_203_000),
        ("430104007", 112_934_000, 28_204_000),
        ("430104008", 112_926_000, 28_220_000),
        ("430104009", 112_922_000, 28_246_000),
        ("430104010", 112_882_000, 28_186_000),
        ("430104011", 112_878_000, 28_222_000),
        ("430104012", 112_938_000, 28_053_000),
        ("430104013", 112_893_000, 28_105_000),
        ("430104014", 112_870_000, 28_203_000),
        ("430104015", 112_927_000, 28_120_000),
        ("430104016", 112_862_000, 28_138_000),
        ("430104017", 112_846_000, 28_236_000),
        ("430104102", 112_762_000, 28_176_000),
        ("430104105", 112_768_000, 28_096_000),
    ];
    KNOWN
        .iter()
        .find(|(code, ..)| town.starts_with(code))
        .map_or((112_900_000, 28_180_000), |(_, east, north)| (*east, *north))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offices_become_places() {
        for (office, rural, name, brief) in [
            ("湖东社区居委会", false, "湖东社区", "湖东"),
            ("八方社区委员会", false, "八方社区", "八方"),
            ("银谷国际社区居民委员会", false, "银谷国际社区", "银谷国际"),
            ("金华村委会", true, "金华村", "金华"),
            ("二三管区村委会", true, "二三管区村", "二三管区"),
            ("兴合村", true, "兴合村", "兴合"),
        ] {
            assert_eq!(place_name(office, rural), name);
            assert_eq!(short(name, &["社区", "村"]), brief);
        }
    }
}
