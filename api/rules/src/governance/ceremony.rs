//! 移风易俗 · what a ceremony saved (F15).

/// Money saved, in fen: what was planned less what was spent and never below zero. Without evidence nothing; without
/// what was spent a cancelled banquet saves its whole plan and a simplified ceremony nothing.
pub fn saved(cancelled: bool, evidence: bool, planned: i64, actual: Option<i64>) -> i64 {
    if !evidence {
        return 0;
    }
    match actual {
        Some(actual) => (planned - actual).max(0),
        None if cancelled => planned.max(0),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_golden_half_year() {
        let simplified = [12_000, 15_000, 14_000, 16_000, 21_000, 13_000, 14_000];
        let sum: i64 = simplified.iter().map(|actual| saved(false, true, 2_000_000, Some(actual * 100))).sum();
        let cancelled: i64 = [4_000, 3_000, 3_000].iter().map(|plan| saved(true, true, plan * 100, Some(0))).sum();
        assert_eq!(sum + cancelled, 4_600_000);
    }

    #[test]
    fn without_evidence_nothing_and_without_a_cost_only_what_was_cancelled() {
        assert_eq!(saved(true, false, 400_000, Some(0)), 0);
        assert_eq!(saved(true, true, 400_000, None), 400_000);
        assert_eq!(saved(false, true, 400_000, None), 0);
    }
}
