//! 政务窗口 · items of administrative power, and the cases of each.

pub mod administrative_item;
pub mod item_case;
