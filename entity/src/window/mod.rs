//! The service window.

pub mod administrative_item;
pub mod item_case;
