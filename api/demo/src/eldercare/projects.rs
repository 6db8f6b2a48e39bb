//! 设施建设项目 · what is being built, and the centres that have come of it.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use chrono::NaiveDate;

use super::centres::{Centre, DAY_CARE, EMBEDDED, HOME_CARE, INSTITUTION, MEALS};
use crate::calendar::{FIRST, Month, after, any_day, before, day, happened, today};
use crate::district::{District, Place};
use crate::random::Random;
use crate::sheet::{Maybe, Sheet, Target, Written, yes};

/// 项目
pub struct Project {
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

/// What is built: the last of the 居家养老服务中心 are those that have been finished in the months of the demo.
pub fn make(random: &mut Random, count: usize, area: &District, centres: &mut [Centre]) -> Vec<Project> {
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
                INSTITUTION => 40,
                EMBEDDED => random.between(10, 18),
                MEALS => 0,
                _ => random.between(1, 4),
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

/// `centre-projects`
pub fn write(target: &Target, projects: &[Project]) -> io::Result<Written> {
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
    for project in projects {
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
    sheet.end()
}
