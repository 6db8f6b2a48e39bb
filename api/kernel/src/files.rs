//! Stored files: content by its hash, sealed at rest in blocks under a key of its own, uploaded in parts that can be
//! resumed, and reached only by addresses that are signed and short-lived.
//!
//! An upload grows as `uploads/<id>` in the data folder; what is there is its length, so nothing else has to be kept
//! in step. When it is whole and its hash fits, it is sealed and handed to the [`Store`].

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use crate::error::Fault;
use crate::secrets::{Keyring, OwnerKey, constant_time_eq, random_bytes};

/// Bytes sealed as one block.
const BLOCK: usize = 256 * 1024;
/// How long a signed address is good.
pub const ADDRESS_MINUTES: i64 = 15;
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

/// Where sealed files are kept. The data folder is one; an object store can take its place.
pub trait Store: Send + Sync {
    /// Takes a local file over under a name; the same name again is the same content.
    fn keep(&self, name: &str, file: &Path) -> std::io::Result<()>;
    /// Opens what is kept under a name.
    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>>;
}

/// The data folder as a store: `ab/ab34…`.
struct Folder(PathBuf);

impl Store for Folder {
    fn keep(&self, name: &str, file: &Path) -> std::io::Result<()> {
        let folder = self.0.join(name.get(..2).unwrap_or("00"));
        own_folder(&folder)?;
        std::fs::rename(file, folder.join(name))?;
        // The name is as durable as the content.
        File::open(&folder)?.sync_all()
    }

    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.0.join(name.get(..2).unwrap_or("00")).join(name))?))
    }
}

fn own_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn own_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A local file that goes when it is dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
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
    store: Arc<dyn Store>,
}

impl Files {
    /// Files kept in a folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { store: Arc::new(Folder(folder.join("kept"))), folder }
    }

    /// Uploads and scratch here, whole files in another store.
    pub fn with_store(folder: PathBuf, store: Arc<dyn Store>) -> Self {
        Self { folder, store }
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
    pub fn scratch(&self, ending: &str) -> Result<Scratch, Fault> {
        let folder = self.folder.join("scratch");
        own_folder(&folder)?;
        let path = folder.join(format!("{}.{ending}", hex::encode(random_bytes::<8>()?)));
        own_file(&path)?;
        Ok(Scratch(path))
    }

    /// A kept file, opened into a local one, for readers that need a path.
    pub fn local(&self, keys: &Keyring, sha256: &str, ending: &str) -> Result<Scratch, Fault> {
        let scratch = self.scratch(ending)?;
        let mut out = BufWriter::new(own_file(scratch.path())?);
        for block in self.read(keys, sha256)? {
            out.write_all(&block?)?;
        }
        out.flush()?;
        Ok(scratch)
    }

    /// A kept file, block by block. One that was changed or cut off ends with a fault.
    pub fn read<'a>(&self, keys: &'a Keyring, sha256: &str) -> Result<Blocks<'a>, Fault> {
        let salt = hex::decode(sha256).map_err(Fault::internal)?;
        let from = BufReader::new(self.store.open(sha256)?);
        Ok(Blocks { from: Box::new(from), key: keys.owner(&salt)?, number: 0, ended: false })
    }

    /// Seals a local file in blocks; the hash of the content is the salt of its key, so that the same content has one
    /// place.
    fn seal(&self, keys: &Keyring, path: &Path, hash: &[u8; 32]) -> Result<(), Fault> {
        let scratch = self.scratch("sealed")?;
        let key = keys.owner(hash)?;
        let mut from = File::open(path)?;
        let mut out = BufWriter::new(own_file(scratch.path())?);
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
        self.store.keep(&hex::encode(hash), scratch.path())?;
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
    from: Box<dyn Read + Send>,
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

fn signature(keys: &Keyring, verb: Verb, id: &str, until: i64) -> Result<String, Fault> {
    Ok(hex::encode(keys.blind("file.address", &format!("{verb:?} {id} {until}"))?))
}

/// The query of a signed address: `until=…&sign=…`.
pub fn sign(keys: &Keyring, verb: Verb, id: &str, now: DateTime<Utc>) -> Result<String, Fault> {
    let until = (now + TimeDelta::minutes(ADDRESS_MINUTES)).timestamp();
    Ok(format!("until={until}&sign={}", signature(keys, verb, id, until)?))
}

/// Whether an address was signed here for this and is still good.
pub fn is_signed(
    keys: &Keyring,
    verb: Verb,
    id: &str,
    (until, sign): (i64, &str),
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let fits = constant_time_eq(signature(keys, verb, id, until)?.as_bytes(), sign.as_bytes());
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
    fn an_address_is_good_for_one_file_one_verb_and_a_while() {
        let (_folder, _files, keys) = files();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let query = sign(&keys, Verb::Get, "x", now).unwrap();
        let (until, sign) = query.strip_prefix("until=").and_then(|rest| rest.split_once("&sign=")).unwrap();
        let until: i64 = until.parse().unwrap();
        let good = |verb, id, until, sign, now| is_signed(&keys, verb, id, (until, sign), now).unwrap();
        assert!(good(Verb::Get, "x", until, sign, now));
        assert!(!good(Verb::Put, "x", until, sign, now) && !good(Verb::Get, "y", until, sign, now));
        assert!(!good(Verb::Get, "x", until + 1, sign, now) && !good(Verb::Get, "x", until, "", now));
        assert!(!good(Verb::Get, "x", until, sign, now + TimeDelta::minutes(ADDRESS_MINUTES + 1)));
    }
}
