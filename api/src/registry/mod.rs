//! 基础登记 · what every line stands on: divisions at all levels with their validity, persons,
//! households and what is known of them by dates, policy parameters.

pub mod division;
pub mod policy_value;
