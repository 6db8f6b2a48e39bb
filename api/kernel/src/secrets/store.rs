//! A key file that several processes share: private, replaced as a whole, read again when another process changed it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use data_encoding::HEXLOWER;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{SecretError, random_bytes};

/// No key file comes near this; a larger one is something else.
const MAX_FILE: u64 = 1 << 20;

/// What a [`Store`] keeps.
pub(super) trait Stored: Sized {
    /// Reads the file's text; the error says what is wrong, without quoting any of it.
    fn decode(text: &[u8]) -> Result<Self, &'static str>;
    /// Writes the file's text.
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str>;
}

/// One key file, its content in memory, and the means to change it.
///
/// Every change makes a new file under a lock and renames it over the old one, so a reader sees the old or the new,
/// never a part. [`Store::current`] looks at the file's stamp at most once a second; [`Store::fresh`], for an unknown
/// key id, looks at once but reads only when the stamp differs, so that made-up ids cost one `stat` each.
pub(super) struct Store<T> {
    path: PathBuf,
    born: Instant,
    looked_at: AtomicU64,
    current: RwLock<(Stamp, Arc<T>)>,
}

/// Tells one version of a file from the next; the rename gives each a new inode.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &fs::Metadata) -> Self {
        Self { device: meta.dev(), inode: meta.ino(), size: meta.size(), changed: (meta.ctime(), meta.ctime_nsec()) }
    }
}

impl<T: Stored> Store<T> {
    /// Opens `folder/name`; where it is missing, makes it with `first`, or fails with [`SecretError::Missing`] when
    /// `first` is `None`. Fails when folder or file are open to others than their owner, or the file is not understood.
    pub(super) fn open(
        folder: &Path,
        name: &str,
        first: Option<fn() -> Result<T, SecretError>>,
    ) -> Result<Self, SecretError> {
        let path = folder.join(name);
        if first.is_some() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("make", folder))?;
        } else if !exists(&path)? {
            return Err(SecretError::Missing(path));
        }
        private(folder, &fs::metadata(folder).map_err(failed("look at", folder))?)?;
        let lock = lock(folder)?;
        if let Some(first) = first
            && !exists(&path)?
        {
            write(&path, &first()?)?;
        }
        let loaded = read(&path)?;
        drop(lock);
        Ok(Self { path, born: Instant::now(), looked_at: AtomicU64::new(0), current: RwLock::new(loaded) })
    }

    /// The content, no older than a second. When the file cannot be read any more, the last good content stays.
    pub(super) fn current(&self) -> Arc<T> {
        let second = self.born.elapsed().as_secs();
        if self.looked_at.swap(second, Ordering::Relaxed) != second
            && let Err(error) = self.fresh()
        {
            tracing::warn!(%error, "keys stay as they were read before");
        }
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.1)
    }

    /// The content as it stands in the file now.
    pub(super) fn fresh(&self) -> Result<Arc<T>, SecretError> {
        let now = Stamp::of(&fs::metadata(&self.path).map_err(failed("look at", &self.path))?);
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if current.0 == now {
                return Ok(Arc::clone(&current.1));
            }
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = read(&self.path)?;
        Ok(Arc::clone(&current.1))
    }

    /// Changes the content, starting from what the file holds now, alone among all processes.
    pub(super) fn change(&self, change: impl FnOnce(&T) -> Result<T, SecretError>) -> Result<Arc<T>, SecretError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let _lock = lock(folder)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let (_, before) = read::<T>(&self.path)?;
        write(&self.path, &change(&before)?)?;
        *current = read(&self.path)?;
        Ok(Arc::clone(&current.1))
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.to_owned();
    move |source| SecretError::Io { doing, path, source }
}

fn exists(path: &Path) -> Result<bool, SecretError> {
    path.try_exists().map_err(failed("look at", path))
}

/// Refuses what the group or the world may read, write or enter.
fn private(path: &Path, meta: &fs::Metadata) -> Result<(), SecretError> {
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(SecretError::TooOpen { path: path.to_owned(), mode }) }
}

/// Waits for the folder's lock; it ends with the file handle, also when the process dies.
fn lock(folder: &Path) -> Result<File, SecretError> {
    let path = folder.join(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed("open", &path))?;
    file.lock().map_err(failed("lock", &path))?;
    Ok(file)
}

fn read<T: Stored>(path: &Path) -> Result<(Stamp, Arc<T>), SecretError> {
    let file = File::open(path).map_err(failed("open", path))?;
    let meta = file.metadata().map_err(failed("look at", path))?;
    private(path, &meta)?;
    let malformed = |what| SecretError::Malformed { path: path.to_owned(), what };
    if meta.len() > MAX_FILE {
        return Err(malformed("too large"));
    }
    // Room for all of it at once, so that no half-filled buffer is left behind unwiped.
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1));
    file.take(MAX_FILE).read_to_end(&mut text).map_err(failed("read", path))?;
    Ok((Stamp::of(&meta), Arc::new(T::decode(&text).map_err(malformed)?)))
}

fn write<T: Stored>(path: &Path, content: &T) -> Result<(), SecretError> {
    let malformed = |what| SecretError::Malformed { path: path.to_owned(), what };
    let text = content.encode().map_err(malformed)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".{}.new", HEXLOWER.encode(&random_bytes::<8>()?)));
    let written = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(failed("write", path));
    if written.is_err() {
        // After the rename there is nothing to remove, before it nothing to lose.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// 32 secret bytes, wiped when dropped, in lower-case hexadecimal in a key file, never in `Debug`.
#[derive(Clone)]
pub(super) struct Key32(Zeroizing<[u8; 32]>);

impl Key32 {
    /// A new random key.
    pub(super) fn random() -> Result<Self, SecretError> {
        let mut key = Zeroizing::new([0; 32]);
        super::fill_random(&mut *key)?;
        Ok(Self(key))
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Key32 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key32(…)")
    }
}

impl Serialize for Key32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(HEXLOWER.encode(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for Key32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = HEXLOWER
            .decode(text.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| D::Error::custom("a key is hexadecimal"))?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| D::Error::custom("a key has 32 bytes"))?;
        Ok(Self(Zeroizing::new(key)))
    }
}

/// The JSON of a key file.
pub(super) fn to_json(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut text = Zeroizing::new(Vec::with_capacity(1 << 14));
    serde_json::to_writer_pretty(&mut *text, value).map_err(|_| "cannot be written as JSON")?;
    text.push(b'\n');
    Ok(text)
}

/// Reads the JSON of a key file; what serde would quote of it stays unsaid.
pub(super) fn from_json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, &'static str> {
    serde_json::from_slice(text).map_err(|_| "not the JSON expected")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Number(u64);

    impl Stored for Number {
        fn decode(text: &[u8]) -> Result<Self, &'static str> {
            from_json(text).map(Self)
        }
        fn encode(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
            to_json(&self.0)
        }
    }

    const FIRST: Option<fn() -> Result<Number, SecretError>> = Some(|| Ok(Number(1)));

    #[test]
    fn folder_and_file_are_private_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("data/keys");
        let store = Store::open(&keys, "number.json", FIRST).unwrap();
        assert_eq!(store.current().0, 1);
        assert_eq!(fs::metadata(&keys).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(fs::metadata(keys.join("number.json")).unwrap().mode() & 0o7777, 0o600);
        store.change(|n| Ok(Number(n.0 + 1))).unwrap();
        assert_eq!(Store::open(&keys, "number.json", FIRST).unwrap().current().0, 2);
        let names: Vec<_> = fs::read_dir(&keys).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "no temporary file stays: {names:?}");
    }

    #[test]
    fn open_to_others_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        Store::open(&keys, "number.json", FIRST).unwrap();
        let file = keys.join("number.json");
        for mode in [0o604, 0o640, 0o620, 0o666] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let refused = Store::open(&keys, "number.json", FIRST).err().unwrap();
            assert!(matches!(refused, SecretError::TooOpen { mode: m, .. } if m == mode));
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        Store::open(&keys, "number.json", FIRST).unwrap();
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Store::open(&keys, "number.json", FIRST).err().unwrap();
        assert!(refused.to_string().contains("0755"), "{refused}");
    }

    #[test]
    fn missing_and_malformed_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert!(matches!(Store::<Number>::open(&keys, "number.json", None).err(), Some(SecretError::Missing(_))));
        assert!(!keys.exists());
        Store::open(&keys, "number.json", FIRST).unwrap();
        fs::write(keys.join("number.json"), "geheim").unwrap();
        let error = Store::open(&keys, "number.json", FIRST).err().unwrap();
        assert!(matches!(error, SecretError::Malformed { .. }));
        assert!(!format!("{error} {error:?}").contains("geheim"));
    }

    #[test]
    fn another_process_is_heard_and_a_lost_file_does_not_stop_us() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let ours = Store::open(&keys, "number.json", FIRST).unwrap();
        let theirs = Store::open(&keys, "number.json", FIRST).unwrap();
        theirs.change(|n| Ok(Number(n.0 + 10))).unwrap();
        assert_eq!(ours.fresh().unwrap().0, 11);
        ours.change(|n| Ok(Number(n.0 + 1))).unwrap();
        assert_eq!(theirs.fresh().unwrap().0, 12);
        fs::remove_file(keys.join("number.json")).unwrap();
        assert!(ours.fresh().is_err());
        assert_eq!(ours.current().0, 12);
    }

    #[test]
    fn changes_at_the_same_time_all_count() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let store = Store::open(&keys, "number.json", FIRST).unwrap();
                    for _ in 0..5 {
                        store.change(|n| Ok(Number(n.0 + 1))).unwrap();
                    }
                });
            }
        });
        assert_eq!(Store::open(&keys, "number.json", FIRST).unwrap().current().0, 21);
    }

    #[test]
    fn a_key_is_exactly_32_bytes_and_not_shown() {
        let key = Key32::random().unwrap();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<Key32>(&json).unwrap().bytes(), key.bytes());
        assert!(serde_json::from_str::<Key32>("\"00\"").is_err());
        assert!(serde_json::from_str::<Key32>(&json.replace('"', "\"zz")).is_err());
        assert_eq!(format!("{key:?}"), "Key32(…)");
    }
}
