//! 养老服务 · centres and their building, residents, homes made fit for age, beds at home and the visits to
//! them, inspections with hazards, the people who care.

mod beds;
mod centres;
mod elders;
mod inspections;
mod projects;
mod renovations;
mod stays;
mod workers;

use std::io;

use super::assistance::Assistance;
use super::district::District;
use super::families::Settler;
use super::random::Random;
use super::sheet::{Target, Written};
use super::welfare::Benefit;

/// All of elder care.
pub struct Eldercare {
    centres: Vec<centres::Centre>,
    projects: Vec<projects::Project>,
    stays: Vec<stays::Stay>,
    renovations: Vec<renovations::Renovation>,
    beds: Vec<beds::Bed>,
    visits: Vec<beds::Visit>,
    inspections: Vec<inspections::Inspection>,
    hazards: Vec<inspections::Hazard>,
    workers: Vec<workers::Worker>,
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
    let mut centres = centres::make(&mut random, count, area, settler);
    let projects = projects::make(&mut random, count, area, &mut centres);
    let workers = workers::make(&mut Random::of(seed, "care-workers"), &centres, settler);
    let mut elders = elders::Elders::new(&mut Random::of(seed, "elders"), area, assistance, benefits);
    let stays = stays::make(&mut Random::of(seed, "stays"), &centres, settler, assistance, &mut elders);
    let renovations = renovations::make(&mut Random::of(seed, "renovation"), assistance, &settler.households);
    let beds = beds::make(&mut Random::of(seed, "home-beds"), persons / 3, area, &centres, settler, &mut elders);
    let visits = beds::visits(&mut Random::of(seed, "home-visits"), persons * 10, &beds, &workers);
    let (inspections, hazards) = inspections::make(&mut Random::of(seed, "inspections"), &centres);
    Eldercare { centres, projects, stays, renovations, beds, visits, inspections, hazards, workers }
}

/// 10⁻⁶ degrees as a sheet has them.
fn degrees(micro: i64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

impl Eldercare {
    /// The sheets of the room, in the order of import.
    pub fn write(&self, target: &Target) -> io::Result<Vec<Written>> {
        let mut sheets = vec![
            centres::write(target, &self.centres)?,
            projects::write(target, &self.projects)?,
            stays::write(target, &self.centres, &self.stays)?,
            renovations::write(target, &self.renovations)?,
            // Who visits is employed first: the sheet of care workers comes before that of the visits.
            workers::write(target, &self.centres, &self.workers)?,
            beds::write_beds(target, &self.centres, &self.beds)?,
            beds::write_visits(target, &self.beds, &self.workers, &self.visits)?,
        ];
        sheets.extend(inspections::write(target, &self.centres, &self.inspections, &self.hazards)?);
        Ok(sheets)
    }
}
