//! 养老机构 · centres of every kind.

use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use super::degrees;
use crate::calendar::{any_day, day};
use crate::codes::uscc;
use crate::district::{District, Place};
use crate::families::Settler;
use crate::names;
use crate::random::Random;
use crate::sheet::{Maybe, Sheet, Target, Written};

/// 居家养老服务中心
pub const HOME_CARE: &str = "居家养老服务中心";
/// 养老机构
pub const INSTITUTION: &str = "养老机构";
/// 日间照料中心
pub const DAY_CARE: &str = "日间照料中心";
/// 嵌入式养老机构
pub const EMBEDDED: &str = "嵌入式养老机构";
/// 敬老院
pub const RURAL_HOME: &str = "敬老院";
/// 互助幸福院
pub const MUTUAL: &str = "互助幸福院";
/// 助餐点
pub const MEALS: &str = "助餐点";

/// 机构
pub struct Centre {
    /// 机构编号
    pub number: String,
    /// 名称
    pub name: String,
    /// 类别
    pub kind: &'static str,
    /// Where.
    pub place: Rc<Place>,
    /// 床位数
    pub beds: i64,
    nursing_beds: i64,
    /// 编制护理岗位
    pub posts: i64,
    /// 状态
    pub state: &'static str,
    state_since: Option<NaiveDate>,
    /// 医养结合
    pub medical: Option<&'static str>,
    agreement_until: Option<NaiveDate>,
    services: [&'static str; 3],
    /// 性质
    pub nature: &'static str,
    /// 备案日期
    pub filed: Option<NaiveDate>,
    code: Option<String>,
    /// 法定代表人
    pub manager: String,
    phone: String,
}

impl Centre {
    /// Where old people live.
    pub fn residential(&self) -> bool {
        matches!(self.kind, INSTITUTION | EMBEDDED | RURAL_HOME)
    }

    /// From when to when it was open; the end is the first day on which it no longer was.
    pub fn open(&self) -> (NaiveDate, Option<NaiveDate>) {
        (self.filed.unwrap_or_else(|| day(2015, 1, 1)), self.state_since.filter(|_| self.state != "运营"))
    }

    /// Whether it takes people on a day.
    pub fn operates(&self, on: NaiveDate) -> bool {
        let (from, until) = self.open();
        from <= on && until.is_none_or(|until| on < until)
    }
}

/// How many of 300, and at least, of each kind.
const KINDS: [(&str, usize, usize); 7] = [
    (INSTITUTION, 14, 4),
    (EMBEDDED, 13, 3),
    (RURAL_HOME, 4, 2),
    (HOME_CARE, 128, 20),
    (DAY_CARE, 46, 6),
    (MUTUAL, 45, 6),
    (MEALS, 50, 6),
];

/// Makes them.
pub fn make(random: &mut Random, count: usize, area: &District, settler: &mut Settler) -> Vec<Centre> {
    let mut centres: Vec<Centre> = Vec::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut serial = 500_000;
    for (kind, share, least) in KINDS {
        let rural = |place: &Place| match kind {
            RURAL_HOME | MUTUAL => place.rural,
            DAY_CARE => true,
            _ => !place.rural,
        };
        let mut places: Vec<Rc<Place>> = area.places.iter().filter(|place| rural(place)).cloned().collect();
        if places.is_empty() {
            places.clone_from(&area.places);
        }
        random.shuffle(&mut places);
        for place in places.iter().cycle().take((share * count / 300).max(least)) {
            let fancy =
                ["福康", "颐和", "康乐", "松鹤", "夕阳红", "怡年", "安康", "鹤鸣", "乐龄", "寿星", "仁爱", "春晖"];
            let name = |random: &mut Random| match kind {
                INSTITUTION => {
                    let end = random.pick(&["养老院", "老年公寓", "颐养中心", "护理院"]);
                    format!("{}{}{end}", place.town.short, random.pick(&fancy))
                }
                EMBEDDED => format!("{}{}嵌入式养老院", place.short, random.pick(&fancy)),
                RURAL_HOME => format!("{}敬老院", place.town.short),
                MUTUAL => format!("{}互助幸福院", place.name),
                MEALS => format!("{}长者助餐点", place.name),
                _ => format!("{}{kind}", place.name),
            };
            let mut chosen = name(random);
            let mut second = 2;
            while !used.insert(chosen.clone()) {
                chosen = format!("{}（{}{second}）", name(random), place.town.short);
                second += 1;
            }
            serial += 1;
            centres.push(centre(random, kind, &chosen, place, area, serial, settler.people.phone()));
        }
    }
    // Numbers follow the day of filing as little as in life: they follow the list.
    for (at, centre) in centres.iter_mut().enumerate() {
        centre.number = format!("JG{}{:04}", area.code, at + 1);
    }
    centres
}

fn centre(
    random: &mut Random,
    kind: &'static str,
    name: &str,
    place: &Rc<Place>,
    area: &District,
    serial: u32,
    phone: String,
) -> Centre {
    // Beds are few: the centres stand in the number that the real district has, its people in that of the demo.
    let beds = match kind {
        INSTITUTION => random.between(2, 7) * 8,
        EMBEDDED => random.between(8, 16),
        RURAL_HOME => random.between(22, 38),
        HOME_CARE => random.between(0, 3),
        DAY_CARE => random.between(1, 4),
        MUTUAL => random.between(1, 3),
        _ => 0,
    };
    let residential = matches!(kind, INSTITUTION | EMBEDDED | RURAL_HOME);
    let filed = any_day(random, day(2014, 3, 1), day(2021, 11, 30));
    let (state, state_since) = match random.below(100) {
        0..=3 => ("暂停", Some(any_day(random, day(2022, 3, 1), day(2023, 6, 15)))),
        4..=6 => ("关闭", Some(any_day(random, day(2022, 2, 1), day(2023, 5, 31)))),
        _ => ("运营", None),
    };
    // 敬老院 are few and take the people on 特困 in: they stay open.
    let (state, state_since) = if kind == RURAL_HOME { ("运营", None) } else { (state, state_since) };
    let medical = match (residential, random.below(100)) {
        (true, 0..=21) => Some("内设"),
        (true, 22..=26) => Some("医院办"),
        (true, 27..=86) => Some("签约"),
        (false, 0..=37) if kind != MEALS => Some("签约"),
        _ => None,
    };
    // One in eight agreements has run out.
    let until = if random.chance(1_250) {
        any_day(random, day(2022, 9, 1), day(2023, 5, 31))
    } else {
        any_day(random, day(2023, 8, 31), day(2026, 3, 31))
    };
    let mut level = |much: u64, some: u64| match random.below(100) {
        share if share < much => "有",
        share if share < much + some => "部分",
        _ => "无",
    };
    let services = if kind == MEALS {
        ["无"; 3]
    } else {
        [level(17, 31), level(11, 24), if residential { level(6, 12) } else { "无" }]
    };
    let nature = match kind {
        INSTITUTION => random.weighted(&[("民办", 62), ("公建民营", 27), ("公办", 11)]),
        EMBEDDED => random.weighted(&[("民办", 45), ("公建民营", 55)]),
        RURAL_HOME => random.weighted(&[("公办", 7), ("公建民营", 3)]),
        MUTUAL => "公办",
        _ => random.weighted(&[("公建民营", 68), ("公办", 22), ("民办", 10)]),
    };
    let code = residential.then(|| {
        let kind = match nature {
            "公办" => "12",
            "民办" if random.chance(4_500) => "91",
            _ => "52",
        };
        uscc(kind, serial)
    });
    let nursing_beds = if residential { beds * random.between(42, 72) / 100 } else { 0 };
    Centre {
        number: String::new(),
        name: format!("{}{name}", area.name),
        kind,
        place: Rc::clone(place),
        beds,
        nursing_beds,
        posts: match kind {
            INSTITUTION | EMBEDDED | RURAL_HOME => (beds / 5).max(3),
            HOME_CARE => random.between(1, 3),
            DAY_CARE => random.between(1, 2),
            _ => 0,
        },
        state,
        state_since,
        medical,
        agreement_until: (medical == Some("签约")).then_some(until),
        services,
        nature,
        filed: (!random.chance(400)).then_some(filed),
        code,
        manager: names::adult(random),
        phone,
    }
}

/// The number of one of the centres.
pub fn number(centres: &[Centre], at: usize) -> &str {
    centres.get(at).map_or("", |centre| centre.number.as_str())
}

/// `centres`
pub fn write(target: &Target, centres: &[Centre]) -> io::Result<Written> {
    let headers = [
        "机构编号",
        "名称",
        "类别",
        "区划代码",
        "床位数",
        "状态",
        "状态日期",
        "护理型床位",
        "编制护理岗位",
        "医养结合",
        "签约有效期至",
        "康复服务",
        "心理慰藉",
        "安宁疗护",
        "性质",
        "备案日期",
        "统一社会信用代码",
        "法定代表人",
        "地址",
        "经度",
        "纬度",
        "联系电话",
    ];
    let mut sheet = Sheet::create(target, "centres", &headers)?;
    for centre in centres {
        let [rehabilitation, comfort, hospice] = centre.services;
        let place = &centre.place;
        sheet.row(&[
            &centre.number,
            &centre.name,
            &centre.kind,
            &place.code,
            &centre.beds,
            &centre.state,
            &Maybe(centre.state_since),
            &centre.nursing_beds,
            &centre.posts,
            &Maybe(centre.medical),
            &Maybe(centre.agreement_until),
            &rehabilitation,
            &comfort,
            &hospice,
            &centre.nature,
            &Maybe(centre.filed),
            &Maybe(centre.code.as_ref()),
            &centre.manager,
            &format!("{}{}", place.town.name, place.name),
            &degrees(place.longitude),
            &degrees(place.latitude),
            &centre.phone,
        ])?;
    }
    sheet.end()
}
