//! 关于本表 · what a workbook that leaves says of itself: its kind by its Chinese name, who made it, when and for what.

use minzheng_ground::joints::joints;
use minzheng_ground::sheets::Kind;
use minzheng_kernel::{Kernel, Viewer, clock};

/// What a workbook says of itself, a line each.
pub type About = Vec<(&'static str, String)>;

/// What a kind of sheet is called.
pub fn title<K: Kind>() -> String {
    joints().sheet_title.and_then(|title| title(K::NAME, K::COMMAND)).unwrap_or_else(|| K::NAME.to_owned())
}

/// Of a sheet that was made of records now.
pub fn made<K: Kind>(kernel: &Kernel, viewer: &Viewer, rows: u64) -> About {
    let mut about = vec![
        ("表格", format!("{}（{}）", title::<K>(), K::NAME)),
        ("行数", rows.to_string()),
        ("制表人", viewer.actor.clone()),
        ("制表时间", clock::local(kernel.clock.now()).format("%Y-%m-%d %H:%M").to_string()),
    ];
    if let Some(purpose) = &viewer.purpose {
        let known = joints().purpose_title.and_then(|title| title(purpose));
        about.push(("用途", known.unwrap_or(purpose).to_owned()));
    }
    about
}
