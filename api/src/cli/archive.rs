//! A backup as it lies on the disk: a folder, or one file (`.tar`) of the same parts. The parts lie as in a data folder;
//! `manifest.json` tells each with its length and hash and on what of the journal the database stands, and
//! `manifest.sig` is signed with the journal's key.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use minzheng_kernel::Fault;
use minzheng_kernel::secrets::{JournalSigner, random_bytes};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The part that tells of the others.
pub const MANIFEST: &str = "manifest.json";
/// The part that signs it.
pub const SIGNATURE: &str = "manifest.sig";
/// The keys, where they were asked for.
pub const KEYS: &str = "keys.sealed";
/// A database of SQLite.
pub const SQLITE: &str = "minzheng.sqlite3";
/// A dump of PostgreSQL, in its custom format.
pub const DUMP: &str = "database.dump";
/// The anchors of the journal.
pub const ANCHORS: &str = "anchors/journal.txt";
/// The folder of stored files.
pub const FILES: &str = "files";
/// How backups are written that this program knows.
pub const FORMAT: u32 = 1;
/// Bytes of a record of an archive.
const RECORD: u64 = 512;

/// What a backup is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the program that took it.
    pub program: String,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The last block of the journal that the database has.
    pub block: i64,
    /// Its last position.
    pub position: i64,
    /// Contents that rows name and that were not there any more.
    pub missing: Vec<String>,
    /// Its parts, by name.
    pub parts: BTreeMap<String, Part>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    size: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    key: String,
    signature: String,
}

/// What is signed: no other signature of that key is about this.
fn message(manifest: &[u8]) -> Vec<u8> {
    [b"minzheng backup\n", manifest].concat()
}

/// A folder in which something is put together; gone when it is dropped, unless it got its place.
pub struct Staging(PathBuf);

impl Staging {
    /// Beside where it is to be.
    pub fn beside(target: &Path) -> Result<Self, Fault> {
        let name = target.file_name().ok_or_else(|| Fault::internal("the backup has no name"))?.to_string_lossy();
        let drawn = hex::encode(random_bytes::<4>()?);
        Self::at(target.with_file_name(format!(".{name}.{drawn}.part")))
    }

    /// Here.
    pub fn at(folder: PathBuf) -> Result<Self, Fault> {
        own_folder(&folder)?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// A part in it, its folder made.
    pub fn part(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            own_folder(folder)?;
        }
        Ok(path)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A folder that only we may enter.
pub fn own_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A new file that only we may read.
pub fn own_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).read(true).write(true).mode(0o600).open(path)
}

/// The names of all files in a folder, with `/` between their parts.
fn names(folder: &Path) -> Result<Vec<String>, Fault> {
    let (mut names, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&at))? {
            let entry = entry?;
            let path = at.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let name = path.to_str().ok_or_else(|| Fault::internal("the name of a part is no text"))?;
                names.push(name.to_owned());
            } else {
                return Err(Fault::internal(format!("{}: neither a file nor a folder", path.display())));
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Length and hash of a part.
fn measured(path: &Path) -> Result<Part, Fault> {
    let mut from = File::open(path)?;
    let (mut hasher, mut size, mut block) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = from.read(&mut block)?;
        if read == 0 {
            return Ok(Part { size, sha256: hex::encode(hasher.finalize()) });
        }
        hasher.update(block.get(..read).unwrap_or_default());
        size += read as u64;
    }
}

/// Tells all parts of a folder in its manifest, and signs it.
pub fn sign(folder: &Path, mut manifest: Manifest, signer: &JournalSigner) -> Result<(), Fault> {
    for name in names(folder)? {
        let part = measured(&folder.join(&name))?;
        manifest.parts.insert(name, part);
    }
    let text = serde_json::to_vec_pretty(&manifest)?;
    let signed = Signed { key: signer.key_id().to_owned(), signature: hex::encode(signer.sign(&message(&text))) };
    for (name, content) in [(MANIFEST, text), (SIGNATURE, serde_json::to_vec_pretty(&signed)?)] {
        let mut file = own_file(&folder.join(name))?;
        file.write_all(&content)?;
        file.sync_all()?;
    }
    Ok(())
}

/// The manifest of a folder, signed with one of these keys.
pub fn manifest(folder: &Path, signer: &JournalSigner) -> Result<Manifest, Fault> {
    let read = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|error| Fault::internal(format!("{name} cannot be read: {error}")))
    };
    let (text, signed) = (read(MANIFEST)?, read(SIGNATURE)?);
    let fits = serde_json::from_slice::<Signed>(&signed).ok().is_some_and(|parsed| {
        let signature = hex::decode(&parsed.signature).unwrap_or_default();
        // As it is written: no byte of it is without meaning.
        let same = serde_json::to_vec_pretty(&parsed).is_ok_and(|again| again == signed);
        same && signer.verify(&parsed.key, &message(&text), &signature)
    });
    if !fits {
        return Err(Fault::internal(format!(
            "{MANIFEST} or {SIGNATURE} was changed, or the backup is of a database with other keys"
        )));
    }
    let manifest: Manifest = serde_json::from_slice(&text)?;
    if manifest.format != FORMAT {
        return Err(Fault::internal(format!("{MANIFEST}: format {} is not known to this program", manifest.format)));
    }
    Ok(manifest)
}

/// Compares all parts of a folder with its manifest; names each that differs, is missing, or is none.
pub fn differences(folder: &Path, manifest: &Manifest) -> Result<Vec<String>, Fault> {
    let mut differs = Vec::new();
    for (name, part) in &manifest.parts {
        match measured(&folder.join(name)) {
            Ok(found) if found == *part => {}
            Ok(_) => differs.push(format!("{name}: it was changed")),
            Err(_) => differs.push(format!("{name}: it is missing, or cannot be read")),
        }
    }
    for name in names(folder)? {
        if !manifest.parts.contains_key(&name) && ![MANIFEST, SIGNATURE].contains(&name.as_str()) {
            differs.push(format!("{name}: it is no part of this backup"));
        }
    }
    Ok(differs)
}

/// Whether a backup is, or is to be, one file.
pub fn is_file(target: &Path) -> bool {
    target.is_file() || target.extension().is_some_and(|ending| ending == "tar")
}

/// Gives what was put together its place: the folder itself, or an archive of it.
pub fn place(staging: &Staging, target: &Path) -> Result<(), Fault> {
    let folder = staging.folder();
    if is_file(target) {
        let part = target.with_extension("tar.part");
        let _ = std::fs::remove_file(&part);
        let mut archive = tar::Builder::new(own_file(&part)?);
        for name in names(folder)? {
            let mut file = File::open(folder.join(&name))?;
            let mut header = tar::Header::new_ustar();
            header.set_size(file.metadata()?.len());
            header.set_mode(0o600);
            header.set_entry_type(tar::EntryType::Regular);
            archive.append_data(&mut header, &name, &mut file)?;
            // So that there is never room needed for all of it twice.
            std::fs::remove_file(folder.join(&name))?;
        }
        archive.into_inner()?.sync_all()?;
        std::fs::rename(&part, target)?;
    } else {
        for name in names(folder)? {
            File::open(folder.join(name))?.sync_all()?;
        }
        std::fs::rename(folder, target)?;
    }
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(parent)?.sync_all()?)
}

/// Copies the parts of a backup into a folder.
pub fn unpack(source: &Path, folder: &Path) -> Result<(), Fault> {
    if !source.is_file() {
        for name in names(source)? {
            let mut from = File::open(source.join(&name))?;
            put(folder, &name, &mut from)?;
        }
        return Ok(());
    }
    let told = |error: &dyn std::fmt::Display| Fault::internal(format!("{}: {error}", source.display()));
    let mut file = File::open(source)?;
    let length = file.metadata()?.len();
    let mut archive = tar::Archive::new(BufReader::new(&file));
    // What is between the parts says nothing, and so must be as it was written.
    let mut between = vec![];
    let mut end = 0;
    for entry in archive.entries().map_err(|error| told(&error))? {
        let mut entry = entry.map_err(|error| told(&error))?;
        let name = entry.path().map_err(|error| told(&error))?.to_string_lossy().into_owned();
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(told(&format!("{name} is no file")));
        }
        put(folder, &name, &mut entry).map_err(|error| told(&error))?;
        let last = entry.raw_file_position() + entry.size();
        end = last.next_multiple_of(RECORD);
        between.push((last, end));
    }
    between.push((end, length));
    if length < end + 2 * RECORD {
        return Err(told(&"it was cut off"));
    }
    for (from, to) in between {
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&file).take(to - from).read_to_end(&mut bytes)?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(told(&format!("something stands between its parts, at byte {from}")));
        }
    }
    Ok(())
}

/// Writes a part; none leaves the folder.
fn put(folder: &Path, name: &str, from: &mut impl Read) -> Result<(), Fault> {
    let path = Path::new(name);
    // Keys are not believed because they lie in a backup.
    if path.starts_with("keys") || !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Fault::internal(format!("{name} is not the name of a part")));
    }
    let to = folder.join(path);
    if let Some(parent) = to.parent() {
        own_folder(parent)?;
    }
    let mut file = own_file(&to)?;
    std::io::copy(from, &mut file).map_err(|error| Fault::internal(format!("{name}: {error}")))?;
    Ok(file.sync_all()?)
}
