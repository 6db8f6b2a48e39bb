//! Where rooms meet that do not know one another: what one gives and another asks for is named here, and put together by
//! the roof when the program starts.

use std::collections::HashMap;
use std::sync::OnceLock;

use futures_util::future::BoxFuture;
use minzheng_kernel::journal::AnyAggregate;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::places::Places;

/// Reads the value of a parameter of policy: nothing where the parameter is not this package's, else whether it can be
/// read, with what is expected.
pub type ReadParameter = fn(parameter: &str, value: &str) -> Option<Result<(), &'static str>>;

/// Does what follows for other records where households moved: by their ids, all the places where each lived.
pub type HouseholdsMoved = for<'a> fn(&'a mut Work<'_>, &'a HashMap<i64, Places>) -> BoxFuture<'a, Result<(), Failure>>;

/// Whether the viewer may read the files of a row.
pub type MayRead = for<'a> fn(&'a Kernel, &'a Viewer, i64) -> BoxFuture<'a, Result<bool, Fault>>;

/// Gives tables.
pub type Tables = fn() -> Vec<Box<dyn AnyAggregate>>;

/// What a kind of sheet is called.
pub type SheetTitle = fn(kind: &str, command: &str) -> Option<String>;

/// What a purpose is called.
pub type PurposeTitle = fn(code: &str) -> Option<&'static str>;

/// What rooms ask of one another.
#[derive(Default)]
pub struct Joints {
    /// Parameters of policy beside those of the rules of assistance.
    pub parameters: Vec<ReadParameter>,
    /// What follows a household's move.
    pub households_moved: Vec<HouseholdsMoved>,
    /// Files of what is no aggregate, by what they hang on.
    pub files: Vec<(&'static str, MayRead)>,
    /// Every table whose rows are changed by commands.
    pub tables: Option<Tables>,
    /// What a kind of sheet is called, by its name and the command that its rows run as.
    pub sheet_title: Option<SheetTitle>,
    /// What a purpose of looking at personal data is called.
    pub purpose_title: Option<PurposeTitle>,
}

static JOINTS: OnceLock<Joints> = OnceLock::new();

/// Puts them together, once.
pub fn install(joints: Joints) {
    let _ = JOINTS.set(joints);
}

/// What was put together; nothing before the program started.
pub fn joints() -> &'static Joints {
    static NONE: Joints = Joints {
        parameters: Vec::new(),
        households_moved: Vec::new(),
        files: Vec::new(),
        tables: None,
        sheet_title: None,
        purpose_title: None,
    };
    JOINTS.get().unwrap_or(&NONE)
}
