//! 社会福利 · standing benefits of persons: old-age allowance, orphans, disability subsidies.

pub mod welfare_benefit;
