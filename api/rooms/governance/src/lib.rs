//! 基层治理 · charters and councils of villages and communities, ceremonies, disclosure, community workers.

pub mod ceremony;
pub mod community_worker;
pub mod disclosure;
pub mod red_white_council;
pub mod village_charter;
