//! 养老服务 · centres and their building, residents, homes made fit for age, beds at home and the visits to
//! them, inspections with hazards, the people who care.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use chrono::{Datelike, NaiveDate};
use minzheng_rules::identifiers::citizen_id::age;

use super::assistance::{Assistance, DIBAO, SINGLE, TEKUN};
use super::calendar::{
    FIRST, LAST, Month, after, any_day, before, day, happened, months, today, working_day, working_days_after,
};
use super::codes::uscc;
use super::district::{District, Lottery, Place};
use super::families::Settler;
use super::names;
use super::random::Random;
use super::registry::{Household, Person, born};
use super::sheet::{Maybe, Sheet, Target, Written, Yuan, several, yes};
use super::welfare::{AGED, Benefit, live};

/// 居家养老服务中心
pub const HOME_CARE: &str = "居家养老服务中心";
const INSTITUTION: &str = "养老机构";
const DAY_CARE: &str = "日间照料中心";
const EMBEDDED: &str = "嵌入式养老机构";
const RURAL_HOME: &str = "敬老院";
const MUTUAL: &str = "互助幸福院";
const MEALS: &str = "助餐点";

/// 机构
pub struct Centre {
    number: String,
    name: String,
    kind: &'static str,
    place: Rc<Place>,
    beds: i64,
    nursing_beds: i64,
    posts: i64,
    state: &'static str,
    state_since: Option<NaiveDate>,
    medical: Option<&'static str>,
    agreement_until: Option<NaiveDate>,
    services: [&'static str; 3],
    nature: &'static str,
    filed: Option<NaiveDate>,
    code: Option<String>,
    manager: String,
    phone: String,
}

impl Centre {
    /// Where old people live.
    fn residential(&self) -> bool {
        matches!(self.kind, INSTITUTION | EMBEDDED | RURAL_HOME)
    }

    /// From when to when it was open; the end is the first day on which it no longer was.
    fn open(&self) -> (NaiveDate, Option<NaiveDate>) {
        (self.filed.unwrap_or_else(|| day(2015, 1, 1)), self.state_since.filter(|_| self.state != "运营"))
    }

    fn operates(&self, on: NaiveDate) -> bool {
        let (from, until) = self.open();
        from <= on && until.is_none_or(|until| on < until)
    }
}

struct Project {
    number: String,
    name: String,
    kind: &'static str,
    nature: &'static str,
    place: Rc<Place>,
    beds: i64,
    approved: NaiveDate,
    begun: Option<NaiveDate>,
    stopped: Option<NaiveDate>,
    resumed: Option<NaiveDate>,
    accepted: Option<NaiveDate>,
    opened: Option<NaiveDate>,
    cancelled: Option<NaiveDate>,
    medical: bool,
}

struct Stay {
    centre: usize,
    person: Rc<Person>,
    from: NaiveDate,
    until: Option<NaiveDate>,
    bed: String,
    level: &'static str,
    fee: Option<i64>,
    deposit: Option<i64>,
}

struct Renovation {
    year: i32,
    household: String,
    place: Rc<Place>,
    admitted: NaiveDate,
    begun: Option<NaiveDate>,
    finished: Option<NaiveDate>,
    accepted: Option<NaiveDate>,
    withdrawn: Option<NaiveDate>,
}

struct Bed {
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

struct Visit {
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

struct Inspection {
    number: String,
    centre: usize,
    on: NaiveDate,
    asked: i64,
    answered: i64,
    inspectors: [String; 2],
}

struct Hazard {
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

struct Worker {
    id: String,
    name: String,
    centre: usize,
    post: &'static str,
    hired: NaiveDate,
    left: Option<NaiveDate>,
    reason: Option<&'static str>,
    certificate: Option<(u8, String, Option<NaiveDate>)>,
    training: Option<(i32, i64, Option<&'static str>)>,
}

/// All of elder care.
pub struct Eldercare {
    centres: Vec<Centre>,
    projects: Vec<Project>,
    stays: Vec<Stay>,
    renovations: Vec<Renovation>,
    beds: Vec<Bed>,
    visits: Vec<Visit>,
    inspections: Vec<Inspection>,
    hazards: Vec<Hazard>,
    workers: Vec<Worker>,
}

/// Makes it.
pub fn make(
    seed: u64,
    persons: usize,
    area: &District,
    settler: &mut Settler,
    assistance: &Assistance,
    benefits: &[Benefit],
) -> Eldercare {
    let mut random = Random::of(seed, "centres");
    let count = (persons / 20).clamp(60, 300);
    let mut centres = centres(&mut random, count, area, settler);
    let projects = projects(&mut random, count, area, &mut centres);
    let workers = workers(&mut Random::of(seed, "care-workers"), &centres, settler);
    let mut elders = Elders::new(&mut Random::of(seed, "elders"), settler, area, benefits);
    let stays = stays(&mut Random::of(seed, "stays"), &centres, settler, assistance, &mut elders);
    let renovations = renovations(&mut Random::of(seed, "renovation"), assistance, &settler.households);
    let beds = beds(&mut Random::of(seed, "home-beds"), persons / 3, area, &centres, settler, &mut elders);
    let visits = visits(&mut Random::of(seed, "home-visits"), persons * 10, &beds, &workers);
    let (inspections, hazards) = inspections(&mut Random::of(seed, "inspections"), &centres);
    Eldercare { centres, projects, stays, renovations, beds, visits, inspections, hazards, workers }
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

fn centres(random: &mut Random, count: usize, area: &District, settler: &mut Settler) -> Vec<Centre> {
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
        INSTITUTION => random.between(3, 9) * 8,
        EMBEDDED => random.between(8, 24),
        RURAL_HOME => random.between(24, 46),
        HOME_CARE => random.between(0, 4),
        DAY_CARE => random.between(2, 6),
        MUTUAL => random.between(2, 5),
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

/// What is built: the last of the 居家养老服务中心 are those that have been finished in the months of the demo.
fn projects(random: &mut Random, count: usize, area: &District, centres: &mut [Centre]) -> Vec<Project> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Done(Month),
        Building,
        Stopped,
        Resumed,
        Approved,
        Cancelled,
    }
    use State::{Approved, Building, Cancelled, Done, Resumed, Stopped};
    let any_month = |random: &mut Random, from: i32, to: i32| {
        FIRST.plus(i32::try_from(random.between(i64::from(from), i64::from(to))).unwrap_or(from))
    };
    let mut wanted: Vec<(&'static str, &'static str, State)> = Vec::new();
    let mut add = |of_300: usize, kind, nature, state: &mut dyn FnMut() -> State| {
        for _ in 0..(of_300 * count / 300).max(1) {
            wanted.push((kind, nature, state()));
        }
    };
    add(7, HOME_CARE, "新建", &mut || Done(any_month(random, 1, 5)));
    add(8, HOME_CARE, "新建", &mut || Done(any_month(random, 6, 11)));
    add(9, HOME_CARE, "新建", &mut || Done(any_month(random, 12, 17)));
    add(7, HOME_CARE, "新建", &mut || Building);
    add(1, HOME_CARE, "新建", &mut || Resumed);
    add(2, HOME_CARE, "新建", &mut || Stopped);
    add(4, HOME_CARE, "新建", &mut || Approved);
    add(2, HOME_CARE, "新建", &mut || Cancelled);
    add(4, HOME_CARE, "改建", &mut || Done(any_month(random, 2, 16)));
    add(2, HOME_CARE, "扩建", &mut || Building);
    add(3, DAY_CARE, "新建", &mut || Done(any_month(random, 3, 16)));
    add(2, DAY_CARE, "新建", &mut || Building);
    add(5, MEALS, "新建", &mut || Done(any_month(random, 3, 17)));
    add(2, EMBEDDED, "新建", &mut || Done(any_month(random, 8, 15)));
    add(1, EMBEDDED, "改建", &mut || Building);
    add(1, INSTITUTION, "新建", &mut || Building);
    add(1, INSTITUTION, "扩建", &mut || Done(any_month(random, 8, 15)));
    let places = area.lottery(|place| if place.rural { 40 } else { 100 });
    let mut latest: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, centre) in centres.iter().enumerate().filter(|(_, centre)| centre.state == "运营") {
        latest.entry(centre.kind).or_default().push(at);
    }
    let mut projects: Vec<Project> = Vec::new();
    for (kind, nature, state) in wanted {
        let medical = random.chance(if matches!(kind, EMBEDDED | INSTITUTION) { 7_000 } else { 3_200 });
        let mut project = Project {
            number: String::new(),
            name: String::new(),
            kind,
            nature,
            place: places.draw(random),
            beds: match kind {
                INSTITUTION => 48,
                EMBEDDED => random.between(12, 30),
                MEALS => 0,
                _ => random.between(2, 6),
            },
            approved: today(),
            begun: None,
            stopped: None,
            resumed: None,
            accepted: None,
            opened: None,
            cancelled: None,
            medical,
        };
        match state {
            Done(month) => {
                let accepted = any_day(random, month.first(), month.last());
                let begun = before(accepted, random.between(90, 260));
                project.approved = before(begun, random.between(20, 110));
                (project.begun, project.accepted) = (Some(begun), Some(accepted));
                project.opened = happened(after(accepted, random.between(12, 75)));
                // The centre that has come of it.
                let opened = project.opened.filter(|_| nature == "新建");
                let built = latest.get_mut(kind).filter(|list| list.len() > 3 && opened.is_some()).and_then(Vec::pop);
                if let Some(centre) = built.and_then(|at| centres.get_mut(at)) {
                    project.place = Rc::clone(&centre.place);
                    project.beds = centre.beds;
                    centre.filed = opened;
                    project.name = format!("{}建设项目", centre.name);
                }
            }
            Building | Stopped | Resumed => {
                let begun = any_day(random, day(2022, 8, 1), day(2023, 4, 20));
                project.approved = before(begun, random.between(20, 110));
                project.begun = Some(begun);
                if state != Building {
                    project.stopped = Some(any_day(random, after(begun, 20), day(2023, 5, 20)));
                }
                if state == Resumed {
                    project.resumed =
                        project.stopped.map(|stopped| any_day(random, after(stopped, 5), day(2023, 6, 12)));
                }
            }
            Approved => project.approved = any_day(random, day(2023, 2, 1), day(2023, 6, 20)),
            Cancelled => {
                project.approved = any_day(random, day(2022, 1, 10), day(2022, 9, 30));
                project.cancelled = Some(after(project.approved, random.between(60, 240)));
            }
        }
        if project.name.is_empty() {
            project.name = format!("{}{}{kind}{nature}项目", area.name, project.place.name);
        }
        projects.push(project);
    }
    projects.sort_by_key(|project| project.approved);
    for (at, project) in projects.iter_mut().enumerate() {
        project.number = format!("XM{}{:04}", project.approved.format("%Y"), at + 1);
    }
    projects
}

/// A fifth of the staff leaves each year, and some places stay empty for a while.
fn workers(random: &mut Random, centres: &[Centre], settler: &mut Settler) -> Vec<Worker> {
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
                    hired = after(left, random.between(6, 95));
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

/// Old people for institutions and beds at home: those of 80 and older who live on their own, then others.
struct Elders {
    known: Vec<Rc<Person>>,
    places: Lottery,
}

impl Elders {
    fn new(random: &mut Random, settler: &Settler, area: &District, benefits: &[Benefit]) -> Self {
        let housed: BTreeSet<&str> =
            settler.households.iter().flat_map(|home| &home.members).map(|member| member.person.id.as_str()).collect();
        let mut taken = BTreeSet::new();
        let alone = |benefit: &&Benefit| {
            benefit.kind == AGED
                && !housed.contains(benefit.person.id.as_str())
                && taken.insert(benefit.person.id.clone())
        };
        let mut known: Vec<Rc<Person>> =
            benefits.iter().filter(alone).map(|benefit| Rc::clone(&benefit.person)).collect();
        random.shuffle(&mut known);
        Self { known, places: area.lottery(|place| place.residents) }
    }

    /// Somebody who is alive on a day, from those known or of 65 to 79.
    fn take(&mut self, random: &mut Random, settler: &mut Settler, on: NaiveDate, known_share: u64) -> Rc<Person> {
        while random.chance(known_share) {
            match self.known.pop() {
                Some(elder) if elder.alive(after(on, 20)) => return elder,
                Some(_) => {}
                None => break,
            }
        }
        let (male, years) = (random.chance(4_700), random.between(65, 79));
        let (birth, place) = (born(random, years), self.places.draw(random));
        let person = settler.people.add_alone(random, &place, male, birth);
        live(&person, random);
        // Whoever is wanted on a day has lived to see it.
        if !person.alive(after(on, 20)) {
            person.death.set(None);
        }
        person
    }
}

fn stays(
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

/// 适老化改造 for families on 低保 and 特困 with somebody aged or disabled; a household once.
fn renovations(random: &mut Random, assistance: &Assistance, households: &[Household]) -> Vec<Renovation> {
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
            if first { (2022, day(2022, 2, 21), day(2022, 8, 31)) } else { (2023, day(2023, 2, 13), day(2023, 6, 16)) };
        // Most are admitted in spring.
        let admitted = any_day(random, from, to).min(any_day(random, from, to));
        let begun = working_days_after(admitted, random.between(8, 40));
        let finished = after(begun, random.between(2, 16));
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

fn beds(
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
            0..=11 => any_day(random, day(2021, 7, 5), day(2021, 12, 31)),
            12..=56 => any_day(random, day(2022, 1, 1), day(2022, 12, 31)),
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

fn visits(random: &mut Random, count: usize, beds: &[Bed], workers: &[Worker]) -> Vec<Visit> {
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

fn inspections(random: &mut Random, centres: &[Centre]) -> (Vec<Inspection>, Vec<Hazard>) {
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
                if centre.residential() { random.weighted(&[(1, 6), (2, 4)]) } else { i64::from(random.chance(6_200)) };
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

fn degrees(micro: i64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Eldercare {
    /// `centres`, `centre-projects`, `stays`, `renovation`
    pub fn write(&self, target: &Target) -> io::Result<Vec<Written>> {
        let mut files = vec![self.write_centres(target)?];
        let headers = [
            "项目编号",
            "项目名称",
            "设施类别",
            "项目性质",
            "区划代码",
            "计划床位",
            "批准日期",
            "开工日期",
            "停工日期",
            "复工日期",
            "竣工验收日期",
            "投入运营日期",
            "取消日期",
            "医养结合",
        ];
        let mut sheet = Sheet::create(target, "centre-projects", &headers)?;
        for project in &self.projects {
            sheet.row(&[
                &project.number,
                &project.name,
                &project.kind,
                &project.nature,
                &project.place.code,
                &project.beds,
                &project.approved,
                &Maybe(project.begun),
                &Maybe(project.stopped),
                &Maybe(project.resumed),
                &Maybe(project.accepted),
                &Maybe(project.opened),
                &Maybe(project.cancelled),
                &yes(project.medical),
            ])?;
        }
        files.push(sheet.end()?);
        let headers = ["机构编号", "证件号码", "入住日期", "离开日期", "床号", "照护等级", "月收费", "押金"];
        let mut sheet = Sheet::create(target, "stays", &headers)?;
        for stay in &self.stays {
            sheet.row(&[
                &self.centre(stay.centre),
                &stay.person.id,
                &stay.from,
                &Maybe(stay.until),
                &stay.bed,
                &stay.level,
                &Maybe(stay.fee.map(Yuan)),
                &Maybe(stay.deposit.map(Yuan)),
            ])?;
        }
        files.push(sheet.end()?);
        let headers =
            ["改造编号", "批次年度", "户编号", "区划代码", "纳入日期", "开工日期", "完工日期", "验收日期", "退出日期"];
        let mut sheet = Sheet::create(target, "renovation", &headers)?;
        for (at, renovation) in self.renovations.iter().enumerate() {
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
        files.push(sheet.end()?);
        // Who visits is employed first: the sheet of care workers comes before that of the visits.
        files.push(self.write_workers(target)?);
        files.push(self.write_beds(target)?);
        files.push(self.write_visits(target)?);
        files.extend(self.write_inspections(target)?);
        Ok(files)
    }

    fn centre(&self, at: usize) -> &str {
        self.centres.get(at).map_or("", |centre| centre.number.as_str())
    }

    fn write_centres(&self, target: &Target) -> io::Result<Written> {
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
        for centre in &self.centres {
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

    fn write_workers(&self, target: &Target) -> io::Result<Written> {
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
        for worker in &self.workers {
            let certificate = worker.certificate.as_ref();
            sheet.row(&[
                &worker.id,
                &worker.name,
                &self.centre(worker.centre),
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

    fn write_beds(&self, target: &Target) -> io::Result<Written> {
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
        for bed in &self.beds {
            sheet.row(&[
                &bed.number,
                &bed.person.id,
                &bed.person.residence.code,
                &self.centre(bed.centre),
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

    fn write_visits(&self, target: &Target) -> io::Result<Written> {
        let headers =
            ["服务编号", "床位编号", "服务类型", "护理员证件号码", "开始时间", "结束时间", "经度", "纬度", "状态"];
        let mut sheet = Sheet::create(target, "home-visits", &headers)?;
        for (at, visit) in self.visits.iter().enumerate() {
            let (Some(bed), Some(carer)) = (self.beds.get(visit.bed), self.workers.get(visit.carer)) else { continue };
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

    fn write_inspections(&self, target: &Target) -> io::Result<[Written; 2]> {
        let headers = ["检查编号", "机构编号", "检查日期", "检查表版本", "应答项数", "已答项数", "检查人"];
        let mut sheet = Sheet::create(target, "inspections", &headers)?;
        for inspection in &self.inspections {
            sheet.row(&[
                &inspection.number,
                &self.centre(inspection.centre),
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
        for (at, hazard) in self.hazards.iter().enumerate() {
            let Some(inspection) = self.inspections.get(hazard.inspection) else { continue };
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
}
