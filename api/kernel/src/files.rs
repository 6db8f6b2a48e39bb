//! Stored files: content by its hash, sealed at rest in blocks under a key of its own, uploaded in parts that can be
//! resumed, and reached only by addresses that are signed, short-lived and good for one session.
//!
//! An upload grows as `uploads/<id>` in the data folder; what is there is its length, so nothing else has to be kept
//! in step. When it is whole and its hash fits, it is sealed and handed to the [`Store`]. Plain sheets have no name on
//! the disk, so that none is left behind by a process that is killed; what was sealed half lies in `scratch` until the
//! next start.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek as _, SeekFrom, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use crate::error::Fault;
use crate::secrets::{Keyring, OwnerKey, constant_time_eq, random_bytes};
use crate::viewer::Viewer;

/// Bytes sealed as one block.
const BLOCK: usize = 256 * 1024;
/// How long a signed address is good.
pub const ADDRESS_MINUTES: i64 = 15;
/// What is younger is left alone by those that tidy up: its row may not be committed yet.
const SETTLED: Duration = Duration::from_mins(10);
/// Bytes looked at to tell what a file is.
const SNIFFED: usize = 8 * 1024;

/// Media types that are taken: pictures and scans, signatures, sheets, documents.
pub const MEDIA_TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heif",
    "application/pdf",
    XLSX,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    CSV,
];
/// A workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A text table.
pub const CSV: &str = "text/csv";

/// Where sealed files are kept: `ab/ab34…`.
struct Store(PathBuf);

impl Store {
    fn of(&self, name: &str) -> PathBuf {
        self.0.join(name.get(..2).unwrap_or("00"))
    }

    /// Takes a local file over under a name; the same name again is the same content.
    fn keep(&self, name: &str, file: &Path) -> std::io::Result<()> {
        let folder = self.of(name);
        own_folder(&folder)?;
        std::fs::rename(file, folder.join(name))?;
        // The name is as durable as the content.
        File::open(&folder)?.sync_all()
    }

    /// Opens what is kept under a name.
    fn open(&self, name: &str) -> std::io::Result<File> {
        File::open(self.of(name).join(name))
    }

    /// What is kept, but for what came in the last minutes.
    fn settled(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for folder in entries(&self.0)? {
            for file in entries(&folder)? {
                if is_settled(&file) {
                    names.extend(file.file_name().and_then(|name| name.to_str()).map(str::to_owned));
                }
            }
        }
        Ok(names)
    }

    /// Deletes what is kept under a name, unless it came in the last minutes; whether it did.
    fn delete(&self, name: &str) -> std::io::Result<bool> {
        let path = self.of(name).join(name);
        let settled = is_settled(&path);
        if settled {
            std::fs::remove_file(&path)?;
        }
        Ok(settled)
    }
}

/// What lies in a folder; nothing where there is none.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether a file is there and was not written in the last minutes.
fn is_settled(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|data| data.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > SETTLED))
}

fn own_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn own_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A local file of our own that goes when it is dropped, or when the process ends in whatever way: it has no name but
/// the one that the system gives to what is open.
pub struct Scratch {
    path: PathBuf,
    named: bool,
    _open: File,
}

impl Scratch {
    fn in_folder(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(format!("{}.plain", name()?));
        let open = own_file(&path)?;
        let nameless = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
        if nameless.exists() {
            std::fs::remove_file(&path)?;
            return Ok(Self { path: nameless, named: false, _open: open });
        }
        Ok(Self { path, named: true, _open: open })
    }

    /// Where it is opened.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.named {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn name() -> std::io::Result<String> {
    Ok(hex::encode(random_bytes::<8>().map_err(std::io::Error::other)?))
}

/// What became of a part that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Written; so many bytes are there now.
    There(u64),
    /// It does not begin where the upload ends; so many bytes are there.
    Elsewhere(u64),
    /// Somebody else is sending a part of the same upload.
    Busy,
}

/// A whole upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Kept; its media type as its content tells it.
    Kept(String),
    /// Its hash is another: what arrived is thrown away.
    WrongHash,
    /// It is nothing that is taken: what arrived is thrown away.
    WrongType,
}

/// The files of one data folder.
pub struct Files {
    folder: PathBuf,
    store: Store,
}

impl Files {
    /// Files kept in a folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { store: Store(folder.join("kept")), folder }
    }

    fn upload(&self, id: i64) -> PathBuf {
        self.folder.join("uploads").join(id.to_string())
    }

    /// How many bytes of an upload are there.
    pub fn received(&self, id: i64) -> Result<u64, Fault> {
        match std::fs::metadata(self.upload(id)) {
            Ok(data) => Ok(data.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a part to an upload, if it begins where the upload ends.
    pub fn append(&self, id: i64, offset: u64, part: &[u8]) -> Result<Appended, Fault> {
        own_folder(&self.folder.join("uploads"))?;
        let mut file = own_file(&self.upload(id))?;
        if file.try_lock().is_err() {
            return Ok(Appended::Busy);
        }
        let there = file.seek(SeekFrom::End(0))?;
        if there != offset {
            return Ok(Appended::Elsewhere(there));
        }
        file.write_all(part)?;
        Ok(Appended::There(there + part.len() as u64))
    }

    /// Looks at a whole upload and keeps it, or throws it away.
    pub fn finish(&self, keys: &Keyring, id: i64, sha256: &str) -> Result<Finished, Fault> {
        let path = self.upload(id);
        let (hash, head) = hashed(&path)?;
        let finished = if hex::encode(hash) != sha256 {
            Finished::WrongHash
        } else if let Some(media_type) = sniff(&head) {
            self.seal(keys, &path, &hash)?;
            Finished::Kept(media_type.to_owned())
        } else {
            Finished::WrongType
        };
        std::fs::remove_file(&path)?;
        Ok(finished)
    }

    /// Keeps a local file that the program made; gives its hash and length.
    pub fn add(&self, keys: &Keyring, path: &Path) -> Result<(String, u64), Fault> {
        let (hash, _) = hashed(path)?;
        self.seal(keys, path, &hash)?;
        Ok((hex::encode(hash), std::fs::metadata(path)?.len()))
    }

    /// An empty local file of our own.
    pub fn scratch(&self) -> Result<Scratch, Fault> {
        let folder = self.folder.join("scratch");
        own_folder(&folder)?;
        Ok(Scratch::in_folder(&folder)?)
    }

    /// A kept file, opened into a local one, for readers that need a path.
    pub fn local(&self, keys: &Keyring, sha256: &str) -> Result<Scratch, Fault> {
        let scratch = self.scratch()?;
        let mut out = BufWriter::new(own_file(scratch.path())?);
        for block in self.read(keys, sha256)? {
            out.write_all(&block?)?;
        }
        out.flush()?;
        Ok(scratch)
    }

    /// Deletes what a process that was killed left in `scratch`; gives how much. Files that a living process works on
    /// are locked.
    pub fn empty_scratch(&self) -> Result<usize, Fault> {
        let _alone = self.alone()?;
        let mut deleted = 0;
        for path in self.left_in_scratch()? {
            std::fs::remove_file(&path)?;
            deleted += 1;
        }
        Ok(deleted)
    }

    /// What lies in `scratch` and belongs to no living process.
    pub fn left_in_scratch(&self) -> Result<Vec<PathBuf>, Fault> {
        let mut left = Vec::new();
        for path in entries(&self.folder.join("scratch"))? {
            if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                left.push(path);
            }
        }
        Ok(left)
    }

    /// What is kept but came not in the last minutes, by name.
    pub fn settled(&self) -> Result<Vec<String>, Fault> {
        Ok(self.store.settled()?)
    }

    /// Deletes the content of this name, which no row names any more, unless it came anew in the last minutes; whether
    /// it did. While somebody takes a backup nothing is deleted.
    pub fn delete(&self, sha256: &str) -> Result<bool, Fault> {
        let lock = self.lock()?;
        if lock.try_lock().is_err() {
            return Ok(false);
        }
        Ok(self.store.delete(sha256)?)
    }

    /// Uploads of which something arrived, but not in the last minutes.
    pub fn settled_uploads(&self) -> Result<Vec<i64>, Fault> {
        let paths = entries(&self.folder.join("uploads"))?.into_iter().filter(|path| is_settled(path));
        Ok(paths.filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect())
    }

    /// Deletes what arrived of an upload.
    pub fn delete_upload(&self, id: i64) -> Result<(), Fault> {
        match std::fs::remove_file(self.upload(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Held by who relies on it that nothing is deleted: while content gets its name, while a backup is taken.
    pub fn nothing_deleted(&self) -> Result<File, Fault> {
        let lock = self.lock()?;
        lock.lock_shared()?;
        Ok(lock)
    }

    fn alone(&self) -> Result<File, Fault> {
        let lock = self.lock()?;
        lock.lock()?;
        Ok(lock)
    }

    fn lock(&self) -> Result<File, Fault> {
        own_folder(&self.folder)?;
        Ok(own_file(&self.folder.join(".lock"))?)
    }

    /// Copies kept content as it is sealed, and reads the copy: whether it is whole and has its hash. Gives the bytes
    /// copied.
    pub fn copy(&self, keys: &Keyring, sha256: &str, to: &Self) -> Result<u64, Fault> {
        let scratch = to.folder.join(format!("{}.copy", name()?));
        let mut from = self.store.open(sha256)?;
        own_folder(&to.folder)?;
        let mut out = own_file(&scratch)?;
        let size = std::io::copy(&mut from, &mut out)?;
        out.sync_all()?;
        to.store.keep(sha256, &scratch)?;
        to.check(keys, sha256)?;
        Ok(size)
    }

    /// Reads kept content to its end: a fault where it was changed, cut off or is not what its name says.
    pub fn check(&self, keys: &Keyring, sha256: &str) -> Result<(), Fault> {
        let mut hasher = Sha256::new();
        for block in self.read(keys, sha256)? {
            hasher.update(&block?);
        }
        if hex::encode(hasher.finalize()) == sha256 {
            return Ok(());
        }
        Err(Fault::internal("the content is not what its name says"))
    }

    /// Seals kept content anew where it was sealed under an earlier key; whether it was.
    pub fn reseal(&self, keys: &Keyring, sha256: &str) -> Result<bool, Fault> {
        let mut first = Vec::new();
        self.store.open(sha256)?.take(64).read_to_end(&mut first)?;
        let old = first.get(4..).is_some_and(|blob| keys.needs_reseal(blob));
        if old {
            let local = self.local(keys, sha256)?;
            let salt = hex::decode(sha256).map_err(Fault::internal)?;
            self.seal(keys, local.path(), &salt)?;
        }
        Ok(old)
    }

    /// A kept file, block by block. One that was changed or cut off ends with a fault.
    pub fn read<'a>(&self, keys: &'a Keyring, sha256: &str) -> Result<Blocks<'a>, Fault> {
        let salt = hex::decode(sha256).map_err(Fault::internal)?;
        let from = BufReader::new(self.store.open(sha256)?);
        Ok(Blocks { from, key: keys.owner(&salt)?, number: 0, ended: false })
    }

    /// Seals a local file in blocks; the hash of the content is the salt of its key, so that the same content has one
    /// place.
    fn seal(&self, keys: &Keyring, path: &Path, hash: &[u8]) -> Result<(), Fault> {
        // Nobody empties `scratch` between the moment it is there and the one it is locked, nor deletes an older one of
        // the same content under our hands.
        let _stays = self.nothing_deleted()?;
        let folder = self.folder.join("scratch");
        own_folder(&folder)?;
        let scratch = folder.join(format!("{}.sealed", name()?));
        let key = keys.owner(hash)?;
        let mut from = File::open(path)?;
        let sealed = own_file(&scratch)?;
        sealed.lock()?;
        let mut out = BufWriter::new(sealed);
        let mut number = 0_u64;
        let mut block = next_block(&mut from)?;
        loop {
            let next = next_block(&mut from)?;
            let sealed = key.seal_bytes(&context(number, next.is_empty()), &block)?;
            out.write_all(&u32::try_from(sealed.len()).map_err(Fault::internal)?.to_be_bytes())?;
            out.write_all(&sealed)?;
            if next.is_empty() {
                break;
            }
            (block, number) = (next, number + 1);
        }
        out.into_inner().map_err(|error| Fault::from(error.into_error()))?.sync_all()?;
        self.store.keep(&hex::encode(hash), &scratch)?;
        Ok(())
    }
}

/// The number of a block and whether it is the last are sealed with it, so that none can be moved or cut off.
fn context(number: u64, last: bool) -> String {
    format!("file.block:{number}:{last}")
}

fn next_block(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut block = Vec::with_capacity(BLOCK);
    from.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok(block)
}

/// The content of a kept file.
pub struct Blocks<'a> {
    from: BufReader<File>,
    key: OwnerKey<'a>,
    number: u64,
    ended: bool,
}

impl Blocks<'_> {
    fn block(&mut self) -> Result<Vec<u8>, Fault> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u64::from(u32::from_be_bytes(length));
        let mut sealed = Vec::new();
        (&mut self.from).take(length.min(2 * BLOCK as u64)).read_to_end(&mut sealed)?;
        let number = self.number;
        self.number += 1;
        if let Ok(block) = self.key.open_bytes(&context(number, false), &sealed) {
            return Ok(block);
        }
        self.ended = true;
        Ok(self.key.open_bytes(&context(number, true), &sealed)?)
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Vec<u8>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.block();
        self.ended |= block.is_err();
        Some(block)
    }
}

fn hashed(path: &Path) -> Result<([u8; 32], Vec<u8>), Fault> {
    let mut from = File::open(path)?;
    let (mut hasher, mut head) = (Sha256::new(), Vec::new());
    loop {
        let block = next_block(&mut from)?;
        if block.is_empty() {
            return Ok((hasher.finalize().into(), head));
        }
        if head.is_empty() {
            head.extend(block.iter().take(SNIFFED));
        }
        hasher.update(&block);
    }
}

/// What a file is, by its content; `None`: nothing that is taken. A text without a sign that no text has is a table.
fn sniff(head: &[u8]) -> Option<&'static str> {
    match infer::get(head) {
        Some(known) => MEDIA_TYPES.iter().copied().find(|media| *media == known.mime_type()),
        None => (!head.is_empty() && head.iter().all(|byte| *byte >= 32 || b"\t\r\n".contains(byte))).then_some(CSV),
    }
}

/// What a signed address lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Send the content.
    Put,
    /// Read it.
    Get,
}

/// To whom an address is given: it is good while that session lives and may do it, and what it reads is read for that
/// purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The session; of a token of an outside issuer, the account; without a token, everybody.
    pub by: By,
    /// Why the content is read.
    pub purpose: Option<String>,
}

/// Who holds an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A session of ours.
    Session(i64),
    /// An account whose tokens another issuer gives.
    Account(i64),
    /// Everybody: of what everybody may read.
    Public,
}

impl Holder {
    /// The viewer.
    pub fn of(viewer: &Viewer) -> Self {
        let by = viewer.session_id.map(By::Session).or(viewer.account_id.map(By::Account));
        Self { by: by.unwrap_or(By::Public), purpose: viewer.purpose.clone() }
    }

    /// As an address says it: `s17`, `a4` or `p0`, and the purpose.
    pub fn parse(by: &str, purpose: &str) -> Option<Self> {
        let (kind, number) = by.split_at_checked(1)?;
        let number = number.parse().ok()?;
        let by = match kind {
            "s" => By::Session(number),
            "a" => By::Account(number),
            "p" if number == 0 => By::Public,
            _ => return None,
        };
        Some(Self { by, purpose: Some(purpose.to_owned()).filter(|purpose| !purpose.is_empty()) })
    }

    fn said(&self) -> String {
        let by = match self.by {
            By::Session(id) => format!("s{id}"),
            By::Account(id) => format!("a{id}"),
            By::Public => "p0".to_owned(),
        };
        format!("by={by}&for={}", self.purpose.as_deref().unwrap_or_default())
    }
}

fn signature(keys: &Keyring, verb: Verb, id: &str, holder: &Holder, until: i64) -> Result<String, Fault> {
    Ok(hex::encode(keys.blind("file.address", &format!("{verb:?} {id} {until} {}", holder.said()))?))
}

/// The query of a signed address: `until=…&by=…&for=…&sign=…`.
pub fn sign(keys: &Keyring, verb: Verb, id: &str, holder: &Holder, now: DateTime<Utc>) -> Result<String, Fault> {
    let until = (now + TimeDelta::minutes(ADDRESS_MINUTES)).timestamp();
    Ok(format!("until={until}&{}&sign={}", holder.said(), signature(keys, verb, id, holder, until)?))
}

/// Whether an address was signed here for this and is still good.
pub fn is_signed(
    keys: &Keyring,
    verb: Verb,
    id: &str,
    holder: &Holder,
    (until, sign): (i64, &str),
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let fits = constant_time_eq(signature(keys, verb, id, holder, until)?.as_bytes(), sign.as_bytes());
    Ok(fits && now.timestamp() <= until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, Files, Keyring) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::load_or_create(&folder.path().join("keys")).unwrap();
        let files = Files::in_folder(folder.path().join("files"));
        (folder, files, keys)
    }

    fn sha(content: &[u8]) -> String {
        hex::encode(Sha256::digest(content))
    }

    fn whole(files: &Files, keys: &Keyring, name: &str) -> Result<Vec<u8>, Fault> {
        Ok(files.read(keys, name)?.collect::<Result<Vec<_>, _>>()?.concat())
    }

    #[test]
    fn what_is_kept_is_read_again_and_is_sealed() {
        let (folder, files, keys) = files();
        for length in [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let content = b"abcdefg\n".repeat(length / 8 + 1)[..length].to_vec();
            let name = sha(&content);
            assert_eq!(files.append(7, 0, &content).unwrap(), Appended::There(length as u64));
            assert_eq!(files.finish(&keys, 7, &name).unwrap(), Finished::Kept(CSV.to_owned()));
            assert_eq!(whole(&files, &keys, &name).unwrap(), content);
            let path = folder.path().join("files/kept").join(&name[..2]).join(&name);
            let sealed = std::fs::read(&path).unwrap();
            assert!(length < 16 || !sealed.windows(16).any(|part| part == &content[..16]), "sealed at rest");
            // Cut off behind a block, or changed.
            if length > BLOCK {
                std::fs::write(&path, &sealed[..sealed.len() / 2 - sealed.len() / 2 % 7]).unwrap();
                assert!(whole(&files, &keys, &name).is_err());
                let first = 4 + u32::from_be_bytes(sealed[..4].try_into().unwrap()) as usize;
                std::fs::write(&path, &sealed[..first]).unwrap();
                assert!(whole(&files, &keys, &name).is_err(), "whole blocks are missing at the end");
            }
            let mut changed = sealed.clone();
            *changed.last_mut().unwrap() ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(whole(&files, &keys, &name).is_err());
        }
    }

    #[test]
    fn a_part_begins_where_the_upload_ends() {
        let (_folder, files, keys) = files();
        assert_eq!(files.received(1).unwrap(), 0);
        assert_eq!(files.append(1, 0, b"ab").unwrap(), Appended::There(2));
        assert_eq!(files.append(1, 0, b"ab").unwrap(), Appended::Elsewhere(2));
        assert_eq!(files.append(1, 3, b"d").unwrap(), Appended::Elsewhere(2));
        assert_eq!(files.append(1, 2, b"c").unwrap(), Appended::There(3));
        assert_eq!(files.finish(&keys, 1, &sha(b"abd")).unwrap(), Finished::WrongHash);
        assert_eq!(files.received(1).unwrap(), 0, "thrown away");
    }

    #[test]
    fn programs_and_web_pages_are_not_taken() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0"), Some("image/png"));
        assert_eq!(sniff(b"%PDF-1.7"), Some("application/pdf"));
        assert_eq!(sniff("姓名,证件号码\n".as_bytes()), Some(CSV));
        for wrong in
            [&b"\x7fELF\x02\x01\x01\0"[..], b"MZ\x90\0", b"<!DOCTYPE html><html>", b"", b"a\0b", b"PK\x03\x04zip"]
        {
            assert_eq!(sniff(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_address_is_good_for_one_file_one_verb_one_holder_and_a_while() {
        let (_folder, _files, keys) = files();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let holder = Holder::parse("s7", "PAYMENT").unwrap();
        let query = sign(&keys, Verb::Get, "x", &holder, now).unwrap();
        let (until, rest) =
            query.strip_prefix("until=").and_then(|rest| rest.split_once("&by=s7&for=PAYMENT")).unwrap();
        let sign = rest.strip_prefix("&sign=").unwrap();
        let until: i64 = until.parse().unwrap();
        let by = |by: &str, purpose: &str, verb, id, until, sign, now| {
            is_signed(&keys, verb, id, &Holder::parse(by, purpose).unwrap(), (until, sign), now).unwrap()
        };
        let good = |verb, id, until, sign, now| by("s7", "PAYMENT", verb, id, until, sign, now);
        assert!(good(Verb::Get, "x", until, sign, now));
        assert!(!good(Verb::Put, "x", until, sign, now) && !good(Verb::Get, "y", until, sign, now));
        assert!(!good(Verb::Get, "x", until + 1, sign, now) && !good(Verb::Get, "x", until, "", now));
        assert!(!good(Verb::Get, "x", until, sign, now + TimeDelta::minutes(ADDRESS_MINUTES + 1)));
        for (other, purpose) in [("s8", "PAYMENT"), ("p0", "PAYMENT"), ("a7", "PAYMENT"), ("s7", "REVIEW"), ("s7", "")]
        {
            assert!(!by(other, purpose, Verb::Get, "x", until, sign, now), "{other} {purpose}");
        }
        for nobody in ["", "s", "7", "x7", "p7", "汉7"] {
            assert_eq!(Holder::parse(nobody, ""), None);
        }
    }

    #[test]
    fn a_plain_file_has_no_name_and_what_a_killed_process_sealed_half_is_deleted() {
        let (folder, files, keys) = files();
        let plain = files.scratch().unwrap();
        std::fs::write(plain.path(), "一二三").unwrap();
        assert_eq!(std::fs::read_to_string(plain.path()).unwrap(), "一二三");
        let scratch = folder.path().join("files/scratch");
        assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
        std::fs::write(scratch.join("left.sealed"), "x").unwrap();
        let busy = own_file(&scratch.join("busy.sealed")).unwrap();
        busy.lock().unwrap();
        assert_eq!(files.empty_scratch().unwrap(), 1);
        assert!(scratch.join("busy.sealed").exists(), "a living process works on it");
        let (name, _) = files.add(&keys, plain.path()).unwrap();
        assert_eq!(whole(&files, &keys, &name).unwrap(), "一二三".as_bytes());
    }

    #[test]
    fn content_is_deleted_when_it_is_settled_and_no_backup_is_taken() {
        let (folder, files, keys) = files();
        let plain = files.scratch().unwrap();
        std::fs::write(plain.path(), "一二三").unwrap();
        let (name, _) = files.add(&keys, plain.path()).unwrap();
        assert!(!files.delete(&name).unwrap() && files.settled().unwrap().is_empty(), "it came just now");
        let path = folder.path().join("files/kept").join(&name[..2]).join(&name);
        File::open(&path).unwrap().set_modified(std::time::SystemTime::now() - 2 * SETTLED).unwrap();
        assert_eq!(files.settled().unwrap(), std::slice::from_ref(&name));
        let backup = files.nothing_deleted().unwrap();
        assert!(!files.delete(&name).unwrap(), "a backup is taken");
        drop(backup);
        assert!(files.delete(&name).unwrap() && files.settled().unwrap().is_empty());
    }

    #[test]
    fn content_is_sealed_anew_under_a_new_key_and_copied_as_it_is() {
        let (folder, files, keys) = files();
        let plain = files.scratch().unwrap();
        std::fs::write(plain.path(), b"abc".repeat(200_000)).unwrap();
        let (name, _) = files.add(&keys, plain.path()).unwrap();
        assert!(!files.reseal(&keys, &name).unwrap());
        keys.rotate_master().unwrap();
        assert!(files.reseal(&keys, &name).unwrap() && !files.reseal(&keys, &name).unwrap());
        files.check(&keys, &name).unwrap();
        let other = Files::in_folder(folder.path().join("copy"));
        files.copy(&keys, &name, &other).unwrap();
        let path = folder.path().join("files/kept").join(&name[..2]).join(&name);
        let mut changed = std::fs::read(&path).unwrap();
        changed[300_000] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(files.check(&keys, &name).is_err() && files.copy(&keys, &name, &other).is_err());
    }
}
