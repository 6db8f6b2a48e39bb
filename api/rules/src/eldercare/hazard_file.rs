//! 隐患排查建档 · when the hazard file of an institution is complete for a half-year (D95).

use chrono::NaiveDate;

use crate::period::Grain;

/// What is known of one hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // four things that are there or not
pub struct Hazard {
    /// 等级
    pub graded: bool,
    /// 照片
    pub photo: bool,
    /// 责任人
    pub owner: bool,
    /// 整改期限
    pub deadline: bool,
}

impl Hazard {
    /// Registered with all that the file asks for.
    pub fn complete(&self) -> bool {
        self.graded && self.photo && self.owner && self.deadline
    }
}

/// One inspection with the hazards found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// 检查日期
    pub on: NaiveDate,
    /// 应答项数
    pub asked: i64,
    /// 已答项数
    pub answered: i64,
    /// What was found; nothing found yields a file too.
    pub hazards: Vec<Hazard>,
}

impl Inspection {
    /// All items answered and every hazard registered in full.
    pub fn complete(&self) -> bool {
        self.answered >= self.asked && self.hazards.iter().all(Hazard::complete)
    }
}

/// Whether the file is complete on a day: the latest inspection of the day's half-year, up to the day, is complete.
pub fn complete(inspections: &[Inspection], on: NaiveDate) -> bool {
    let half = Grain::Half.containing(on);
    let current = inspections.iter().filter(|inspection| half.from <= inspection.on && inspection.on <= on);
    current.max_by_key(|inspection| inspection.on).is_some_and(Inspection::complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Hazard = Hazard { graded: true, photo: true, owner: true, deadline: true };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn inspection(on: &str, answered: i64, hazards: &[Hazard]) -> Inspection {
        Inspection { on: day(on), asked: 42, answered, hazards: hazards.to_vec() }
    }

    #[test]
    fn nothing_found_is_a_file_and_an_open_item_is_none() {
        assert!(complete(&[inspection("2023-04-01", 42, &[])], day("2023-06-30")));
        assert!(!complete(&[inspection("2023-04-01", 41, &[])], day("2023-06-30")));
        assert!(!complete(&[], day("2023-06-30")));
    }

    #[test]
    fn every_hazard_needs_grade_photo_owner_and_deadline() {
        assert!(complete(&[inspection("2023-04-01", 42, &[WHOLE, WHOLE])], day("2023-06-30")));
        for missing in [
            Hazard { graded: false, ..WHOLE },
            Hazard { photo: false, ..WHOLE },
            Hazard { owner: false, ..WHOLE },
            Hazard { deadline: false, ..WHOLE },
        ] {
            assert!(!complete(&[inspection("2023-04-01", 42, &[WHOLE, missing])], day("2023-06-30")));
        }
    }

    #[test]
    fn the_latest_of_the_half_year_counts_and_none_of_another() {
        let two = [inspection("2023-02-01", 42, &[]), inspection("2023-05-01", 40, &[])];
        assert!(!complete(&two, day("2023-06-30")));
        assert!(complete(&two, day("2023-04-30")), "the later one had not been");
        assert!(!complete(&two[..1], day("2023-07-01")), "another half-year has begun");
        assert!(!complete(&[inspection("2022-12-31", 42, &[])], day("2023-06-30")));
    }
}
