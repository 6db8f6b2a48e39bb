//! 表的种类 · one kind of sheet without its type, and the list of all kinds.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use minzheng_ground::sheets::{EachKind, Kind};
use minzheng_kernel::jobs::Progress;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer};
use minzheng_sheet::{Format, Layout, RowError};

use super::import::{Options, Outcome, take};
use super::outcome_sheet::{write_given, write_mend};
use super::pages::give;
use super::reader::Source;

/// Reads and takes one kind of sheet, without its type.
type Taking = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    &'a Path,
    Options,
) -> std::pin::Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + Send + 'a>>;

/// Writes the refused rows of a sheet with what is wrong with them.
type Mending = fn(&Source<'_>, &BTreeMap<u64, Vec<RowError>>, std::fs::File) -> Result<(), Fault>;

/// Writes one kind of sheet, without its type.
type Giving = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    (std::fs::File, Format),
    &'a Progress,
) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, Fault>> + Send + 'a>>;

/// Writes the outcome sheet of one kind, without its type.
type GivingBack = for<'a> fn(
    &'a Kernel,
    &'a Viewer,
    Source<'a>,
    &'a HashSet<u64>,
    i64,
    (std::fs::File, Format),
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A kind in the list of kinds.
pub struct AnyKind {
    /// Its name on the command line.
    pub name: &'static str,
    /// The command its rows run as.
    pub command: &'static str,
    /// What it is called in Chinese.
    pub title: fn() -> String,
    /// Its headers.
    pub layout: fn() -> Layout,
    /// The headers with which it is read.
    pub reading: fn() -> Layout,
    /// Takes a sheet in.
    pub take: Taking,
    /// Writes the refused rows with what is wrong with them.
    pub mend: Mending,
    /// Writes a sheet; `None`: what it makes is written as other kinds.
    pub give: Option<Giving>,
    /// Writes the accepted rows with what is given back.
    pub give_back: GivingBack,
    /// Whether something is given back that may be kept beside the import.
    pub keeps_given: bool,
}

/// For the list of kinds.
fn kind<K: Kind>() -> AnyKind {
    AnyKind {
        name: K::NAME,
        command: K::COMMAND,
        title: super::about::title::<K>,
        layout: K::layout,
        reading: super::reader::layout::<K>,
        take: |kernel, viewer, path, options| Box::pin(take::<K>(kernel, viewer, path, options)),
        mend: write_mend::<K>,
        give: K::EXPORTS.then_some(|kernel, viewer, out, progress| Box::pin(give::<K>(kernel, viewer, out, progress))),
        give_back: |kernel, viewer, source, refused, days, out| {
            Box::pin(write_given::<K>(kernel, viewer, source, refused, days, out))
        },
        keeps_given: K::KEEPS_GIVEN,
    }
}

/// Kinds of several rooms, one behind the other.
#[derive(Default)]
pub struct Kinds(pub Vec<AnyKind>);

impl EachKind for Kinds {
    fn kind<K: Kind>(&mut self) {
        self.0.push(kind::<K>());
    }
}

static KINDS: OnceLock<Vec<AnyKind>> = OnceLock::new();

/// Makes these the kinds of the program, in the order in which a new district loads them.
pub fn install(kinds: Vec<AnyKind>) {
    let _ = KINDS.set(kinds);
}

/// All kinds of sheets, in the order in which a new district loads them.
pub fn kinds() -> &'static [AnyKind] {
    KINDS.get().map(Vec::as_slice).unwrap_or_default()
}
