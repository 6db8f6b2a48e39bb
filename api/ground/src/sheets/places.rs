//! 镇街、村居 · the columns in which names of town and village stand in place of a division's code.

use minzheng_sheet::{CellKind, Column as Header};

/// Header of the town's name.
pub const TOWN: &str = "镇街";
/// Header of the village's name.
pub const VILLAGE: &str = "村居";

/// The column of the town's name.
pub fn town() -> Header {
    Header::optional(TOWN, CellKind::Text).also(&["镇(街道)", "乡镇", "乡镇(街道)", "街镇", "所属镇街", "镇街名称"])
}

/// The column of the village's name.
pub fn village() -> Header {
    Header::optional(VILLAGE, CellKind::Text).also(&[
        "村(居)",
        "村(社区)",
        "村社区",
        "社区(村)",
        "所属村居",
        "村居名称",
    ])
}
