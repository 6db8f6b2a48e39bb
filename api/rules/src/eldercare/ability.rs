//! 老年人能力评估 · GB/T 42195-2022: 26 items in four parts, 90 points at most (domain §2.4).

/// The most points of the whole assessment.
pub const POINTS_MOST: u32 = 90;
/// Parts with the most points of each: self-care, mobility, mental state, perception and participation.
pub const PARTS: [(&str, u32); 4] =
    [("SELF_CARE", 32), ("MOBILITY", 15), ("MENTAL_STATE", 28), ("PERCEPTION_PARTICIPATION", 15)];
/// Care risks (a fall, choking, wandering, self-harm …) within thirty days that make the level one worse.
pub const RISKS_FROM: u32 = 2;

/// 能力等级 · level of ability: 0 能力完好 to 4 完全失能.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// 能力完好
    Intact,
    /// 轻度失能
    Mild,
    /// 中度失能
    Moderate,
    /// 重度失能
    Severe,
    /// 完全失能
    Total,
}

impl Ability {
    /// The level's number, 0 to 4.
    pub fn level(self) -> u32 {
        self as u32
    }
}

/// What is known beside the points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// 昏迷
    pub coma: bool,
    /// 痴呆 (F00–F03) or 精神障碍 (F04–F99), diagnosed.
    pub dementia_or_mental: bool,
    /// 照护风险事件 of the last thirty days.
    pub risks: u32,
}

/// The points are more than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPoints;

/// The level by the points and what is known beside them. Several reasons make it worse by one only, and never worse
/// than 4.
pub fn ability(points: u32, findings: Findings) -> Result<Ability, TooManyPoints> {
    use Ability::{Intact, Mild, Moderate, Severe, Total};
    let by_points = match points {
        90 => Intact,
        66..=89 => Mild,
        46..=65 => Moderate,
        30..=45 => Severe,
        0..=29 => Total,
        _ => return Err(TooManyPoints),
    };
    if findings.coma {
        return Ok(Total);
    }
    if !findings.dementia_or_mental && findings.risks < RISKS_FROM {
        return Ok(by_points);
    }
    Ok(match by_points {
        Intact => Mild,
        Mild => Moderate,
        Moderate => Severe,
        Severe | Total => Total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain() {
        let level = |points| ability(points, Findings::default()).map(Ability::level);
        for (points, expected) in [(90, 0), (89, 1), (66, 1), (65, 2), (46, 2), (45, 3), (30, 3), (29, 4), (0, 4)] {
            assert_eq!(level(points), Ok(expected), "{points}");
        }
        assert_eq!(level(91), Err(TooManyPoints));
        let dementia = Findings { dementia_or_mental: true, ..Findings::default() };
        assert_eq!(ability(90, dementia).map(Ability::level), Ok(1));
        assert_eq!(ability(20, dementia).map(Ability::level), Ok(4));
        assert_eq!(ability(50, Findings { risks: 2, ..Findings::default() }).map(Ability::level), Ok(3));
    }

    #[test]
    fn two_reasons_make_it_worse_by_one_and_coma_is_total() {
        let both = Findings { dementia_or_mental: true, risks: 3, coma: false };
        assert_eq!(ability(89, both), Ok(Ability::Moderate));
        assert_eq!(ability(89, Findings { risks: 1, ..Findings::default() }), Ok(Ability::Mild));
        assert_eq!(ability(90, Findings { coma: true, ..Findings::default() }), Ok(Ability::Total));
        assert_eq!(ability(91, Findings { coma: true, ..Findings::default() }), Err(TooManyPoints));
    }

    #[test]
    fn the_parts_add_up() {
        assert_eq!(PARTS.iter().map(|(_, most)| most).sum::<u32>(), POINTS_MOST);
    }
}
