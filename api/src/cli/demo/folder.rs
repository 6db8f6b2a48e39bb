//! The folder of a demo: finished, to be made, or left half-made by a demo that was interrupted, which is begun again.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use minzheng_ground::config::Config;
use minzheng_ground::terminal::say;
use minzheng_kernel::{Clock, Fault, Kernel};

use crate::cli::{kernel, start};

/// Its database.
pub const DATABASE: &str = "minzheng.sqlite3";
/// Where the database says what it was made from.
pub const MADE_FROM: &str = "demo";
/// Stands in the folder from the first step of the making to the last.
const UNFINISHED: &str = "unfinished";
/// Held by who makes a demo here.
const LOCK: &str = ".lock";
/// What a demo makes in its folder.
const MADE: &[&str] =
    &["minzheng.sqlite3", "minzheng.sqlite3-wal", "minzheng.sqlite3-shm", "keys", "anchors", "files", "sheets"];

/// A folder that no other process makes a demo in.
pub struct Folder {
    path: PathBuf,
    /// Let go of when dropped, however the process ends.
    _lock: File,
}

impl Folder {
    /// Takes a folder; clears away what an interrupted demo left in it.
    pub fn take(path: &Path) -> Result<Self, Fault> {
        start::folder(path)?;
        let lock = File::create(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(said("demo-busy", path)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        if folder.path.join(UNFINISHED).exists() {
            crate::err!("{}", say("demo-again", &[("path", &path.display())]));
            for name in MADE {
                remove(&folder.path.join(name))?;
            }
        }
        Ok(folder)
    }

    /// The finished demo that stands here; `None`: there is none, and from now on it counts as unfinished. Refuses a
    /// folder with any other database.
    pub async fn holds(&self, config: &Config, made_from: &str) -> Result<Option<Kernel>, Fault> {
        let there: Vec<_> = MADE.iter().filter(|name| self.path.join(name).exists()).collect();
        if there.is_empty() {
            File::create(self.path.join(UNFINISHED))?;
            return Ok(None);
        }
        let other = || said("demo-other", &self.path);
        if !there.contains(&&DATABASE) {
            return Err(other());
        }
        let kernel = kernel(config, Clock::pinned(config.today.unwrap_or_default())).await.map_err(|_| other())?;
        let from = kernel.sealer.fact(kernel.db.read(), MADE_FROM).await;
        match (from, kernel.schema_is_current().await) {
            (Ok(Some(from)), Ok(true)) if from == made_from => Ok(Some(kernel)),
            _ => Err(other()),
        }
    }

    /// The demo is whole.
    pub fn finish(self) -> Result<(), Fault> {
        remove(&self.path.join(UNFINISHED))
    }
}

fn said(key: &'static str, path: &Path) -> Fault {
    Fault::internal(say(key, &[("path", &path.display())]))
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> Result<(), Fault> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_half_made_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [DATABASE, "own.txt"] {
            std::fs::write(at(name), "x").unwrap();
        }
        std::fs::create_dir(at("keys")).unwrap();
        drop(Folder::take(folder.path()).unwrap());
        assert!(at(DATABASE).exists() && at("keys").exists(), "nothing says that it is unfinished");
        std::fs::write(at(UNFINISHED), "").unwrap();
        let taken = Folder::take(folder.path()).unwrap();
        assert!(!at(DATABASE).exists() && !at("keys").exists() && at("own.txt").exists());
        assert!(Folder::take(folder.path()).is_err(), "one at a time");
        taken.finish().unwrap();
        assert!(!at(UNFINISHED).exists() && Folder::take(folder.path()).is_ok());
    }
}
