//! Grassroots governance.

pub mod ceremony;
pub mod community_worker;
pub mod disclosure;
pub mod red_white_council;
pub mod village_charter;
