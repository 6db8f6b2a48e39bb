//! The anchors: a line for each sealed block, in files outside the database. Line and block are made of each other, so
//! the blocks themselves tell how long the file is and what it holds: a line without its block means that the journal
//! was cut off, a block without its line that the file was.
//!
//! The sealer adds the line of a block before it seals the next one. So after a kill, wherever it came, the file lacks
//! the line of the last block at most; the next sealing adds it. Whatever else is missing was taken away, or is of an
//! older copy: that is told and stays so until an administrator has it added again (`minzheng audit anchor`).

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use entity::kernel::journal_block::{self, Column};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::Sealer;
use super::verify::Verdict;
use crate::db::Db;
use crate::error::Fault;

/// Name of an anchor file in its folder.
const FILE: &str = "journal.txt";
/// No line comes near this.
const LONGEST: u64 = 512;
/// Lines read from the blocks at once.
const AT_ONCE: u64 = 1000;
/// Lines told one by one that make no sense.
const TOLD: usize = 20;
/// Where the system's log takes messages.
const LOG: &str = "/dev/log";
/// Facility `authpriv`, severity `notice`.
const PRIORITY: u8 = 85;

/// The line that tells of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Number of the block.
    pub block: i64,
    /// Position of its last entry.
    pub position: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// The signature of it, hexadecimal.
    pub signature: String,
}

impl Anchor {
    /// Reads a line.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let [block, position, hash, signature] = words[..] else { return None };
        let hex = |word: &str, length| word.len() == length && word.bytes().all(|b| b.is_ascii_hexdigit());
        let anchor = Self {
            block: block.parse().ok()?,
            position: position.parse().ok()?,
            hash: hash.to_owned(),
            signature: signature.to_owned(),
        };
        (hex(hash, 64) && hex(signature, 128) && anchor.to_string() == line).then_some(anchor)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.block, self.position, self.hash, self.signature)
    }
}

/// Of an anchor file the lines that tell of blocks up to this one, for a copy beside a copy of the database: copy the
/// database first, then the file, and keep of it what the copied database knows of. A line that is being written is none.
pub fn up_to(anchors: &str, block: i64) -> String {
    let known =
        |line: &&str| line.ends_with('\n') && Anchor::parse(line.trim_end()).is_none_or(|anchor| anchor.block <= block);
    anchors.split_inclusive('\n').filter(known).collect()
}

/// The lines of blocks, in order.
pub(super) async fn lines<C: ConnectionTrait>(on: &C, first: i64, last: i64) -> Result<Vec<Anchor>, Fault> {
    let rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = journal_block::Entity::find()
        .select_only()
        .columns([Column::Number, Column::LastPosition, Column::Hash, Column::Signature])
        .filter(Column::Number.between(first, last))
        .order_by_asc(Column::Number)
        .limit(AT_ONCE)
        .into_tuple()
        .all(on)
        .await?;
    let line = |(block, position, hash, signature): (i64, i64, Vec<u8>, Vec<u8>)| Anchor {
        block,
        position,
        hash: hex::encode(hash),
        signature: hex::encode(signature),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Where anchors are kept beside the data folder, by configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorPlace {
    /// A folder elsewhere.
    Folder(PathBuf),
    /// The system's log, at this socket.
    Log(PathBuf),
}

impl AnchorPlace {
    /// `syslog`, `syslog:<socket>`, or a folder.
    pub fn of(text: &str) -> Self {
        match text.strip_prefix("syslog") {
            Some("") => Self::Log(LOG.into()),
            Some(rest) if rest.starts_with(':') => Self::Log(rest.trim_start_matches(':').into()),
            _ => Self::Folder(text.into()),
        }
    }
}

/// An anchor file.
pub(super) struct AnchorFile {
    path: PathBuf,
    /// Up to this block nothing is left to be done by this process.
    done: Mutex<Option<i64>>,
}

impl AnchorFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE), done: Mutex::new(None) }
    }

    fn done(&self) -> Option<i64> {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the lines of the blocks up to `head` that this process has not seen in the file; gives what was added.
    async fn catch_up(&self, db: &Db, head: i64) -> Result<Vec<Anchor>, Fault> {
        let from = match self.done() {
            Some(done) if done >= head => return Ok(Vec::new()),
            Some(done) => done,
            None => {
                let there = last_block(&self.path)?;
                if there < head - 1 {
                    tracing::error!(
                        file = %self.path.display(),
                        "the anchor file ends at block {there} of {head}: it was cut off or is of an older copy; \
                         `minzheng audit verify` tells more, `minzheng audit anchor` adds the lines again"
                    );
                }
                if there < head - 1 { head - 1 } else { there.min(head) }
            }
        };
        let mut added = Vec::new();
        let mut next = from + 1;
        while next <= head {
            // Over another connection than that of the sealing: a line never tells of a block that the database does
            // not have.
            let lines = lines(db.read(), next, head).await?;
            let Some(last) = lines.last().map(|line| line.block) else { break };
            let path = self.path.clone();
            added.extend(blocking(move || append(&path, next - 1, lines)).await?);
            next = last.saturating_add(1);
        }
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        Ok(added)
    }

    /// Adds all lines that the file lacks; gives how many.
    async fn complete(&self, db: &Db, head: i64) -> Result<usize, Fault> {
        let mut there = BTreeSet::new();
        if let Some(file) = opened(&self.path)? {
            let mut reader = Lines::of(file);
            while let Some((_, line)) = reader.next()? {
                there.extend(line.as_deref().and_then(Anchor::parse).map(|anchor| anchor.block));
            }
        }
        let (mut next, mut added) = (1, 0);
        while next <= head {
            let some = lines(db.read(), next, head).await?;
            let Some(last) = some.last().map(|line| line.block) else { break };
            let missing: Vec<Anchor> = some.into_iter().filter(|line| !there.contains(&line.block)).collect();
            let path = self.path.clone();
            // None of them is there, wherever the file ends.
            added += blocking(move || append(&path, i64::MAX, missing)).await?.len();
            next = last.saturating_add(1);
        }
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        Ok(added)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Fault> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(Fault::internal)??)
}

fn opened(path: &Path) -> std::io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The block of the last line of a file, 0 for none.
fn last_block(path: &Path) -> std::io::Result<i64> {
    Ok(match opened(path)? {
        Some(mut file) => Tail::of(&mut file)?.block,
        None => 0,
    })
}

/// How a file ends.
struct Tail {
    /// The block of the last whole line, 0 where it tells of none.
    block: i64,
    /// Bytes of whole lines.
    whole: u64,
    /// What stands behind the last whole line.
    torn: Vec<u8>,
}

impl Tail {
    fn of(file: &mut File) -> std::io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(2 * LONGEST)))?;
        let mut end = Vec::new();
        file.take(2 * LONGEST).read_to_end(&mut end)?;
        let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let torn = end.split_off(whole);
        let line = end.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let block = std::str::from_utf8(line).ok().and_then(Anchor::parse).map_or(0, |anchor| anchor.block);
        Ok(Self { block, whole: length - torn.len() as u64, torn })
    }
}

/// Adds lines to a file that should end with the block `after`; gives those that another process had not added already.
fn append(path: &Path, after: i64, mut lines: Vec<Anchor>) -> std::io::Result<Vec<Anchor>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = !path.try_exists()?;
    let mut file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)?;
    // Until the handle is closed: lines of one process do not mix with those of another.
    file.lock()?;
    let tail = Tail::of(&mut file)?;
    if tail.block >= after {
        lines.retain(|line| line.block > tail.block);
    }
    if lines.is_empty() {
        return Ok(lines);
    }
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if !tail.torn.is_empty() {
        // A line that a full disk or a kill left half written is written again; anything else is not ours to remove.
        if lines.iter().any(|line| line.to_string().as_bytes().starts_with(&tail.torn)) {
            file.set_len(tail.whole)?;
        } else {
            text.insert(0, '\n');
        }
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    if new {
        File::open(folder)?.sync_all()?;
    }
    Ok(lines)
}

/// The lines of a file with the byte at which each begins; `None` for one that is no text.
struct Lines {
    from: BufReader<File>,
    at: u64,
}

impl Lines {
    fn of(file: File) -> Self {
        Self { from: BufReader::new(file), at: 0 }
    }

    fn next(&mut self) -> std::io::Result<Option<(u64, Option<String>)>> {
        let mut line = Vec::new();
        let read = (&mut self.from).take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        let at = self.at;
        self.at += read as u64;
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        Ok(Some((at, String::from_utf8(line).ok().filter(|_| whole))))
    }
}

/// An anchor file as it is before a snapshot of the database is taken: each line that is in it then must have its block
/// in the snapshot.
pub(super) struct Seen {
    path: PathBuf,
    name: String,
    length: u64,
}

impl Sealer {
    /// The anchor files, that of the data folder first: to be copied with the database, see [`up_to`].
    pub fn anchors(&self) -> Vec<PathBuf> {
        self.files().map(|file| file.path.clone()).collect()
    }

    /// Keeps anchors in other places too. Once, before anything is sealed.
    pub fn keep_anchors(&self, places: Vec<AnchorPlace>) {
        let mut files = Vec::new();
        let mut logs = Vec::new();
        for place in places {
            match place {
                AnchorPlace::Folder(folder) => files.push(AnchorFile::new(&folder)),
                AnchorPlace::Log(socket) => logs.push(socket),
            }
        }
        let _ = self.elsewhere.set((files, logs));
    }

    fn files(&self) -> impl Iterator<Item = &AnchorFile> {
        std::iter::once(&self.anchor).chain(self.elsewhere.get().into_iter().flat_map(|(files, _)| files))
    }

    /// Adds the lines of the blocks up to `head` that are not anchored yet. That of the data folder must be written, or
    /// nothing more is sealed; the others follow when they can.
    pub(super) async fn anchor(&self, head: i64) -> Result<(), Fault> {
        let added = self.anchor.catch_up(&self.db, head).await?;
        let Some((files, logs)) = self.elsewhere.get() else { return Ok(()) };
        for file in files {
            if let Err(fault) = file.catch_up(&self.db, head).await {
                tracing::error!(%fault, file = %file.path.display(), "anchors could not be written elsewhere");
            }
        }
        for socket in logs {
            let told = || -> std::io::Result<()> {
                let log = UnixDatagram::unbound()?;
                for line in &added {
                    log.send_to(format!("<{PRIORITY}>minzheng: anchor {line}").as_bytes(), socket)?;
                }
                Ok(())
            };
            if let Err(error) = told() {
                tracing::error!(%error, socket = %socket.display(), "anchors could not be told to the system's log");
            }
        }
        Ok(())
    }

    /// Adds all lines that anchor files lack, from the blocks: after a restore with older files, for a new place, or
    /// when somebody took lines away. Gives how many each file lacked.
    pub async fn complete_anchors(&self) -> Result<Vec<(PathBuf, usize)>, Fault> {
        let head = self.head().await?;
        let mut completed = Vec::new();
        for file in self.files() {
            completed.push((file.path.clone(), file.complete(&self.db, head.block).await?));
        }
        Ok(completed)
    }

    /// The anchor files as they are now, before a snapshot is taken.
    pub(super) fn anchors_seen(&self) -> Vec<Seen> {
        let seen = |(n, file): (usize, &AnchorFile)| Seen {
            path: file.path.clone(),
            name: if n == 0 { "the anchor file".to_owned() } else { format!("the anchor file elsewhere ({n})") },
            length: std::fs::metadata(&file.path).map_or(0, |data| data.len()),
        };
        self.files().enumerate().map(seen).collect()
    }

    /// Compares an anchor file with the blocks of a snapshot, of which `head` is the last.
    pub(super) async fn check_anchors(
        &self,
        tx: &DatabaseTransaction,
        seen: &Seen,
        head: i64,
        verdict: &mut Verdict,
    ) -> Result<(), Fault> {
        let name = &seen.name;
        let file = match opened(&seen.path) {
            Ok(Some(file)) => file,
            Ok(None) if head < 2 => return Ok(()),
            Ok(None) => {
                verdict.fault(0, format!("{name} is missing, and there are {head} blocks"));
                return Ok(());
            }
            Err(error) => {
                verdict.fault(0, format!("{name} cannot be read: {error}"));
                return Ok(());
            }
        };
        let mut reader = Lines::of(file);
        let mut expected = Expected { head, page: Vec::new().into_iter(), next: 1, missing: Vec::new() };
        let mut late = BTreeSet::new();
        let mut nonsense = 0;
        loop {
            let (at, line) = match reader.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => {
                    verdict.fault(0, format!("{name} cannot be read: {error}"));
                    break;
                }
            };
            let Some(anchor) = line.as_deref().and_then(Anchor::parse) else {
                // The end may just be being written.
                if at < seen.length {
                    nonsense += 1;
                    if nonsense <= TOLD {
                        verdict.fault(0, format!("{name} has a line at byte {at} that is no anchor"));
                    }
                }
                continue;
            };
            let (block, position) = (anchor.block, anchor.position);
            if block > head {
                // What was sealed since the snapshot is no matter.
                if at < seen.length {
                    let what = if self.signer().is_signed(&anchor.hash, &anchor.signature) {
                        format!("the journal was cut off: {name} knows block {block} up to position {position}")
                    } else {
                        format!("{name} tells of block {block}, which is not of this journal")
                    };
                    verdict.fault(position, what);
                }
                continue;
            }
            let found = match expected.take(tx, block).await? {
                Some(found) => Some(found),
                None => {
                    late.insert(block);
                    lines(tx, block, block).await?.pop()
                }
            };
            if found.as_ref() != Some(&anchor) {
                verdict.fault(position, format!("block {block} is not the one that was anchored in {name}"));
            }
        }
        if nonsense > TOLD {
            verdict.fault(0, format!("{name} has {} more lines that are no anchors", nonsense - TOLD));
        }
        // The last block may have been sealed an instant ago, or before a kill.
        expected.skip_to(head);
        for (first, last) in without(expected.missing, &late) {
            let position = lines(tx, first, first).await?.first().map_or(0, |line| line.position);
            let which = if first == last { format!("block {first}") } else { format!("blocks {first}–{last}") };
            verdict.fault(position, format!("{name} was cut or is of an older copy: it has no line of {which}"));
        }
        Ok(())
    }
}

/// The lines that a file should have, in order.
struct Expected {
    head: i64,
    page: std::vec::IntoIter<Anchor>,
    /// The first block that was not asked for yet.
    next: i64,
    /// Blocks that were passed over: from, to.
    missing: Vec<(i64, i64)>,
}

impl Expected {
    /// The line of a block; those before it that were not asked for are missing. `None` where it was passed already.
    async fn take(&mut self, tx: &DatabaseTransaction, block: i64) -> Result<Option<Anchor>, Fault> {
        if block < self.next {
            return Ok(None);
        }
        self.skip_to(block);
        self.next = block.saturating_add(1);
        loop {
            match self.page.next() {
                Some(line) if line.block == block => return Ok(Some(line)),
                Some(line) if line.block < block => {}
                // A block that is not there is named elsewhere.
                Some(_) => return Ok(None),
                None => {
                    self.page = lines(tx, block, self.head).await?.into_iter();
                    if self.page.as_slice().first().is_none_or(|line| line.block != block) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Blocks before this one that were not asked for are missing.
    fn skip_to(&mut self, block: i64) {
        if self.next < block {
            self.missing.push((self.next, block - 1));
            self.next = block;
        }
    }
}

/// Ranges without some numbers in them.
fn without(ranges: Vec<(i64, i64)>, taken: &BTreeSet<i64>) -> Vec<(i64, i64)> {
    let mut left = Vec::new();
    for (mut first, last) in ranges {
        for number in taken.range(first..=last) {
            if first < *number {
                left.push((first, number - 1));
            }
            first = number + 1;
        }
        if first <= last {
            left.push((first, last));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(block: i64) -> Anchor {
        Anchor { block, position: block * 3, hash: format!("{block:064x}"), signature: format!("{block:0128x}") }
    }

    fn text(blocks: impl Iterator<Item = i64>) -> String {
        blocks.map(|block| format!("{}\n", anchor(block))).collect()
    }

    #[test]
    fn a_line_is_read_back_and_nothing_else_is_one() {
        let line = anchor(7).to_string();
        assert_eq!(Anchor::parse(&line), Some(anchor(7)));
        for wrong in ["", "7", &line[1..], &format!("{line} "), &format!("0{line}"), &line.replace('0', "g")] {
            assert_eq!(Anchor::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_copy_keeps_what_the_copied_database_knows_of() {
        assert_eq!(up_to(&text(1..=5), 3), text(1..=3));
        assert_eq!(up_to(&text(1..=2), 3), text(1..=2));
        assert_eq!(
            up_to(&format!("x\n{}y", text(1..=2)), 1),
            format!("x\n{}", text(1..=1)),
            "what is no line stays to be told, but one that is being written is none"
        );
    }

    #[test]
    fn lines_are_added_once_and_a_torn_one_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchors/journal.txt");
        let added = |after, blocks: std::ops::RangeInclusive<i64>| {
            append(&file, after, blocks.map(anchor).collect()).unwrap().len()
        };
        assert_eq!(added(0, 1..=2), 2);
        assert_eq!((added(2, 3..=3), added(2, 3..=4)), (1, 1), "another process was first");
        std::fs::write(&file, format!("{}{}", text(1..=4), &anchor(5).to_string()[..40])).unwrap();
        assert_eq!(added(4, 5..=6), 2);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text(1..=6));
        assert_eq!(last_block(&file).unwrap(), 6);
        std::fs::write(&file, format!("{}nonsense", text(1..=4))).unwrap();
        assert_eq!(added(6, 7..=7), 1);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}nonsense\n{}", text(1..=4), text(7..=7)));
    }

    #[test]
    fn ranges_lose_what_came_late() {
        let late = |numbers: &[i64]| numbers.iter().copied().collect();
        assert_eq!(without(vec![(1, 5), (8, 8)], &late(&[])), [(1, 5), (8, 8)]);
        assert_eq!(without(vec![(1, 5), (8, 8)], &late(&[1, 3, 8])), [(2, 2), (4, 5)]);
        assert_eq!(without(vec![(1, 2)], &late(&[1, 2])), []);
    }

    #[test]
    fn places_are_folders_or_the_log() {
        assert_eq!(AnchorPlace::of("/mnt/a"), AnchorPlace::Folder("/mnt/a".into()));
        assert_eq!(AnchorPlace::of("syslog"), AnchorPlace::Log("/dev/log".into()));
        assert_eq!(AnchorPlace::of("syslog:/run/x"), AnchorPlace::Log("/run/x".into()));
        assert_eq!(AnchorPlace::of("syslogs"), AnchorPlace::Folder("syslogs".into()));
    }
}
