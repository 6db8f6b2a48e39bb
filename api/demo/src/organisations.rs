//! 社会组织 · the organisations of the district, their annual inspections of two years, their party branches.

use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use super::calendar::{after, any_day, before, day, happened, today, working_day, years_after};
use super::codes::uscc;
use super::district::{District, Place};
use super::names;
use super::random::Random;
use super::registry::People;
use super::sheet::{Maybe, Sheet, Target, Written};

const ASSOCIATION: &str = "社会团体";
const SERVICE: &str = "民办非企业单位";
const FOUNDATION: &str = "基金会";

/// 社会组织
pub struct Organisation {
    code: String,
    /// 名称
    pub name: String,
    kind: &'static str,
    place: Rc<Place>,
    registered: NaiveDate,
    sponsor: Option<&'static str>,
    head: String,
    phone: String,
    valid_until: NaiveDate,
    term_until: Option<NaiveDate>,
    members: i64,
    cancelled: Option<NaiveDate>,
}

/// A trade that service units follow: sign of the name, share, sponsor, whether it is named after a village.
const TRADES: &[((&str, &str), u32)] = &[
    (("幼儿园", "区教育局"), 40),
    (("社会工作服务中心", "区民政局"), 16),
    (("养老服务中心", "区民政局"), 12),
    (("教育培训学校", "区教育局"), 9),
    (("职业技能培训学校", "区人力资源和社会保障局"), 5),
    (("文化艺术中心", "区文旅体局"), 6),
    (("体育俱乐部", "区文旅体局"), 5),
    (("残疾人服务中心", "区残疾人联合会"), 3),
    (("志愿服务中心", "区民政局"), 4),
];
/// What associations are about.
const THEMES: &[((&str, &str), u32)] = &[
    (("志愿者协会", "区民政局"), 10),
    (("老年人协会", "区民政局"), 9),
    (("商会", "区工商业联合会"), 9),
    (("书法家协会", "区文学艺术界联合会"), 3),
    (("摄影家协会", "区文学艺术界联合会"), 3),
    (("太极拳协会", "区文旅体局"), 4),
    (("羽毛球协会", "区文旅体局"), 4),
    (("乒乓球协会", "区文旅体局"), 4),
    (("种养业协会", "区农业农村局"), 5),
    (("花木协会", "区农业农村局"), 4),
    (("物业管理协会", "区住房和城乡建设局"), 3),
    (("餐饮行业协会", "区商务局"), 3),
    (("科技创新促进会", "区科学技术局"), 3),
    (("心理健康促进会", "区卫生健康局"), 3),
    (("巾帼志愿服务协会", "区妇女联合会"), 3),
    (("慈善促进会", "区民政局"), 3),
];

/// Makes them.
pub fn make(seed: u64, persons: usize, area: &District, people: &mut People) -> Vec<Organisation> {
    let mut random = Random::of(seed, "organisations");
    let count = (persons / 15).clamp(60, 400);
    let places = area.lottery(|place| place.residents);
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut organisations = Vec::with_capacity(count);
    while organisations.len() < count {
        let at = organisations.len();
        let place = places.draw(&mut random);
        let (kind, code) = match at {
            0 | 1 => (FOUNDATION, "53"),
            _ if random.chance(2_450) => (ASSOCIATION, "51"),
            _ => (SERVICE, "52"),
        };
        let district = &area.name;
        let (name, sponsor) = match kind {
            FOUNDATION => {
                (format!("{district}{}慈善基金会", ["麓山", "湘江"].get(at).unwrap_or(&"")), Some("区民政局"))
            }
            ASSOCIATION => {
                let (theme, sponsor) = random.weighted(THEMES);
                let town = if random.chance(6_500) { place.town.short.as_str() } else { "" };
                (format!("{district}{town}{theme}"), Some(sponsor))
            }
            _ => {
                let (trade, sponsor) = random.weighted(TRADES);
                let brand = if trade == "幼儿园" {
                    random.pick(&["", "", "金太阳", "小博士", "童心", "阳光", "蓓蕾"])
                } else {
                    random.pick(&["", "和悦", "同心", "益家", "暖阳", "星火", "麓心"])
                };
                (format!("{district}{}{brand}{trade}", place.short), Some(sponsor))
            }
        };
        if !names.insert(name.clone()) {
            continue;
        }
        let registered = match random.below(100) {
            0..=3 => any_day(&mut random, day(2022, 7, 10), day(2023, 5, 30)),
            4..=7 => any_day(&mut random, day(2021, 7, 10), day(2022, 6, 25)),
            8..=64 => any_day(&mut random, day(2013, 3, 1), day(2021, 6, 20)),
            _ => any_day(&mut random, day(2004, 5, 1), day(2013, 2, 20)),
        };
        let registered = working_day(registered);
        let cancelled = random.chance(450).then(|| any_day(&mut random, day(2022, 2, 1), day(2023, 6, 15)));
        let members = match random.below(100) {
            0..=44 => 0,
            45..=69 => random.between(1, 2),
            70..=94 => random.between(3, 9),
            _ => random.between(10, 46),
        };
        organisations.push(Organisation {
            code: uscc(code, 100_001 + u32::try_from(at).unwrap_or(0)),
            name,
            kind,
            place,
            registered,
            // Some register directly, without a sponsor.
            sponsor: sponsor.filter(|_| !random.chance(1_700)),
            head: names::adult(&mut random),
            phone: people.phone(),
            valid_until: any_day(&mut random, day(2023, 3, 1), day(2028, 3, 31)).max(after(registered, 900)),
            term_until: (kind != SERVICE).then(|| {
                let years = u32::try_from(random.between(4, 5)).unwrap_or(5);
                let mut term = years_after(registered, years);
                // Some are past their term.
                while term < today() && !random.chance(350) {
                    term = years_after(term, years);
                }
                term
            }),
            members,
            cancelled: cancelled.filter(|on| *on > after(registered, 400)),
        });
    }
    organisations.sort_by(|a, b| a.registered.cmp(&b.registered).then_with(|| a.code.cmp(&b.code)));
    organisations
}

/// `organisations`, `annual-inspections`, `party-organisations`
pub fn write(target: &Target, seed: u64, area: &District, organisations: &[Organisation]) -> io::Result<Vec<Written>> {
    let headers = [
        "统一社会信用代码",
        "名称",
        "类别",
        "区划代码",
        "登记日期",
        "业务主管单位",
        "法定代表人",
        "住所",
        "联系电话",
        "证书有效期至",
        "届满日期",
        "党员数",
        "注销日期",
    ];
    let mut sheet = Sheet::create(target, "organisations", &headers)?;
    for organisation in organisations {
        let place = &organisation.place;
        sheet.row(&[
            &organisation.code,
            &organisation.name,
            &organisation.kind,
            &place.code,
            &organisation.registered,
            &Maybe(organisation.sponsor),
            &organisation.head,
            &format!("{}{}{}", area.name, place.town.name, place.name),
            &organisation.phone,
            &organisation.valid_until,
            &Maybe(organisation.term_until),
            &organisation.members,
            &Maybe(organisation.cancelled),
        ])?;
    }
    Ok(vec![
        sheet.end()?,
        write_inspections(target, seed, organisations)?,
        write_party(target, seed, area, organisations)?,
    ])
}

/// Whether a report is due for a year: registered at least six months before its end (民非年检办法 Art 3).
fn due(organisation: &Organisation, year: i32) -> bool {
    organisation.registered <= day(year, 6, 30) && organisation.cancelled.is_none_or(|on| on >= day(year + 1, 1, 1))
}

fn write_inspections(target: &Target, seed: u64, organisations: &[Organisation]) -> io::Result<Written> {
    let headers = ["统一社会信用代码", "检查年度", "受理日期", "结论", "结论日期", "整改后结论", "整改后结论日期"];
    let mut sheet = Sheet::create(target, "annual-inspections", &headers)?;
    let mut random = Random::of(seed, "annual-inspections");
    for year in [2021, 2022] {
        for (at, organisation) in organisations.iter().filter(|organisation| due(organisation, year)).enumerate() {
            // The first stays away; so do four in a hundred others.
            let silent = at == 7 || random.chance(400);
            // Reports come until 31 May, some afterwards.
            let mut accepted = any_day(&mut random, day(year + 1, 3, 6), day(year + 1, 5, 31));
            if random.chance(700) {
                accepted = any_day(&mut random, day(year + 1, 6, 1), day(year + 1, 6, 29));
            }
            let accepted =
                Some(working_day(accepted)).filter(|on| !silent && organisation.cancelled.is_none_or(|end| *on < end));
            let concluded = accepted.and_then(|on| happened(working_day(after(on, random.between(9, 52)))));
            let concluded = concluded.filter(|on| organisation.cancelled.is_none_or(|end| *on < end));
            // One is certain to fail.
            let conclusion = if at == 11 {
                "不合格"
            } else {
                random.weighted(&[("合格", 872), ("基本合格", 103), ("不合格", 25)])
            };
            let mended = (conclusion != "合格" && random.chance(8_200)).then_some(concluded).flatten();
            let mended = mended.and_then(|on| happened(working_day(after(on, random.between(35, 95)))));
            let regraded = if random.chance(8_800) { "合格" } else { "基本合格" };
            if accepted.is_none() && organisation.cancelled.is_some() {
                continue;
            }
            sheet.row(&[
                &organisation.code,
                &year,
                &Maybe(accepted),
                &Maybe(concluded.map(|_| conclusion)),
                &Maybe(concluded),
                &Maybe(mended.map(|_| regraded)),
                &Maybe(mended),
            ])?;
        }
    }
    sheet.end()
}

/// The comprehensive committee of A4.2b, then branches below it.
fn write_party(target: &Target, seed: u64, area: &District, organisations: &[Organisation]) -> io::Result<Written> {
    let headers = ["名称", "种类", "所属社会组织", "上级", "成立日期", "撤销日期", "党员数"];
    let mut sheet = Sheet::create(target, "party-organisations", &headers)?;
    let mut random = Random::of(seed, "party-organisations");
    let top = format!("中共{}社会组织综合委员会", area.name);
    sheet.row(&[&top, &"委员会", &"", &"", &day(2023, 3, 16), &"", &9])?;
    for town in area.towns.iter().filter(|_| random.chance(6_300)).collect::<Vec<_>>() {
        let founded = any_day(&mut random, day(2018, 6, 1), day(2023, 5, 31));
        let name = format!("中共{}{}社会组织联合支部委员会", area.name, town.short);
        sheet.row(&[&name, &"联合支部", &"", &top, &founded, &"", &random.between(4, 17)])?;
    }
    for organisation in organisations {
        // From three full members on there must be a branch; nine in ten have it (A3.3a).
        let (kind, end) = match organisation.members {
            10.. => ("总支", "总支部委员会"),
            3.. if random.chance(9_000) => ("支部", "支部委员会"),
            1..=2 if random.chance(7_500) => ("功能型支部", "功能型党支部"),
            // A branch for a task: its members keep their relations elsewhere (A3.3c).
            0 if random.chance(4_000) => ("功能型支部", "功能型党支部"),
            _ => continue,
        };
        let earliest = after(organisation.registered, 60).max(day(2009, 7, 1));
        let founded = any_day(&mut random, earliest, before(today(), 12).max(earliest));
        if founded > today() || organisation.cancelled.is_some_and(|on| on <= founded) {
            continue;
        }
        let name = format!("中共{}{end}", organisation.name);
        let (above, ended) = (&top, Maybe(organisation.cancelled));
        let members = if organisation.members == 0 { random.between(3, 5) } else { organisation.members };
        sheet.row(&[&name, &kind, &organisation.code, above, &founded, &ended, &members])?;
    }
    sheet.end()
}
