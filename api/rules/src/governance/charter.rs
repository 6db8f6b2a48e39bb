//! 村规民约 · who may adopt a charter, with which votes, and the states that its dates tell (村民委员会组织法 Arts 21–27,
//! 居民委员会组织法 Art 15, 2018 texts; domain §2.7; SM10).

use chrono::NaiveDate;

use crate::steps::{Step, dated};

/// The days between notice and assembly (Art 21).
pub const NOTICE_DAYS: u32 = 10;

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptedBy {
    /// 村民会议 of all of 18 years and more.
    Villagers {
        /// Entitled.
        entitled: u32,
        /// Present.
        present: u32,
    },
    /// 村民会议 of one a household.
    Households {
        /// Households.
        households: u32,
        /// Represented.
        present: u32,
    },
    /// 村民代表会议
    Representatives {
        /// Members.
        members: u32,
        /// Present.
        present: u32,
    },
}

/// What is wrong with a vote, or worth a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// More came than there are, or more voted than came: the numbers cannot be.
    Impossible,
    /// Too few came.
    NoQuorum,
    /// Not more than half of those present were for it.
    NoMajority,
    /// The representatives' meeting may not adopt a charter: a warning, since a local rule says so.
    ByRepresentatives,
}

impl Flaw {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Impossible => "IMPOSSIBLE",
            Self::NoQuorum => "NO_QUORUM",
            Self::NoMajority => "NO_MAJORITY",
            Self::ByRepresentatives => "BY_REPRESENTATIVES",
        }
    }

    /// Whether it says only that somebody should look.
    pub fn is_warning(self) -> bool {
        self == Self::ByRepresentatives
    }
}

/// The flaws of a vote with so many for it: more than half of the villagers, or two thirds of the households or of the
/// representatives, must be present, and more than half of those present be for it.
pub fn flaws(by: AdoptedBy, in_favour: u32) -> Vec<Flaw> {
    let (all, present, quorum) = match by {
        AdoptedBy::Villagers { entitled, present } => (entitled, present, u64::from(present) * 2 > u64::from(entitled)),
        AdoptedBy::Households { households: all, present } | AdoptedBy::Representatives { members: all, present } => {
            (all, present, u64::from(present) * 3 >= u64::from(all) * 2)
        }
    };
    if present > all || in_favour > present {
        return vec![Flaw::Impossible];
    }
    let mut flaws = Vec::new();
    if !quorum || present == 0 {
        flaws.push(Flaw::NoQuorum);
    }
    if u64::from(in_favour) * 2 <= u64::from(present) {
        flaws.push(Flaw::NoMajority);
    }
    if matches!(by, AdoptedBy::Representatives { .. }) {
        flaws.push(Flaw::ByRepresentatives);
    }
    flaws
}

/// The states of a charter by date. It ends REVOKED where its own end comes first, SUPERSEDED where a later one begins.
pub fn steps(
    voted: Option<NaiveDate>,
    filed: Option<NaiveDate>,
    effective: NaiveDate,
    own_end: Option<NaiveDate>,
    end: Option<NaiveDate>,
) -> Vec<Step> {
    let ended = if end.is_some() && own_end == end { "REVOKED" } else { "SUPERSEDED" };
    dated(&[(voted, "VOTED"), (filed, "FILED"), (Some(effective), "EFFECTIVE"), (end, ended)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::state_on;

    #[test]
    fn villagers_need_more_than_half_and_households_two_thirds() {
        let villagers = |present, votes| flaws(AdoptedBy::Villagers { entitled: 1_000, present }, votes);
        assert_eq!(villagers(501, 251), []);
        assert_eq!(villagers(500, 251), [Flaw::NoQuorum], "half is not more than half");
        assert_eq!(villagers(501, 250), [Flaw::NoMajority]);
        assert_eq!(villagers(502, 251), [Flaw::NoMajority]);
        let households = |present, votes| flaws(AdoptedBy::Households { households: 300, present }, votes);
        assert_eq!(households(200, 101), []);
        assert_eq!(households(199, 101), [Flaw::NoQuorum]);
    }

    #[test]
    fn representatives_may_not_adopt_a_charter() {
        let by = AdoptedBy::Representatives { members: 30, present: 20 };
        assert_eq!(flaws(by, 11), [Flaw::ByRepresentatives]);
        assert!(Flaw::ByRepresentatives.is_warning() && !Flaw::NoQuorum.is_warning());
        assert_eq!(flaws(AdoptedBy::Representatives { members: 30, present: 19 }, 11).first(), Some(&Flaw::NoQuorum));
    }

    #[test]
    fn numbers_that_cannot_be() {
        assert_eq!(flaws(AdoptedBy::Villagers { entitled: 10, present: 11 }, 6), [Flaw::Impossible]);
        assert_eq!(flaws(AdoptedBy::Villagers { entitled: 10, present: 8 }, 9), [Flaw::Impossible]);
        assert!(flaws(AdoptedBy::Villagers { entitled: 0, present: 0 }, 0).contains(&Flaw::NoQuorum));
    }

    #[test]
    fn it_holds_until_its_own_end_or_the_next_begins() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let end = Some(day("2023-05-01"));
        let superseded = steps(Some(day("2022-05-10")), Some(day("2022-05-18")), day("2022-05-20"), None, end);
        assert_eq!(state_on(&superseded, day("2022-05-19")), Some("FILED"));
        assert_eq!(state_on(&superseded, day("2023-04-30")), Some("EFFECTIVE"));
        assert_eq!(state_on(&superseded, day("2023-05-01")), Some("SUPERSEDED"));
        let revoked = steps(None, None, day("2022-05-20"), end, end);
        assert_eq!(state_on(&revoked, day("2023-05-01")), Some("REVOKED"));
    }
}
