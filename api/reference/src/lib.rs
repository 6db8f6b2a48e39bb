//! What rows of every room refer to: persons and households by their numbers, where they live and lived, what the policy
//! says at a place, and the list of what is odd. It stands between the ground and the rooms, so that no room has to know
//! another; types, commands and sheets of these records are the registry's.

pub mod elsewhere;
pub mod finding;
pub mod guardianship;
pub mod household;
pub mod household_place;
pub mod person;
pub mod person_condition;
pub mod person_number;
pub mod policy_value;
