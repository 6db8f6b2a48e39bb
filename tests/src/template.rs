//! What many tests begin with, made once a run: a data folder and its database, copied for every test that wants it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::{On, binary, sql_of_server};

/// One beginning: which database, and the name of what is in it.
pub(crate) struct Template {
    folder: PathBuf,
    database: String,
    on: On,
}

impl Template {
    /// The beginning of this name, made by `make` (in the folder and the database that it is given) if no other test of
    /// this program made it yet. Tests run in processes of their own: one makes it, the others wait.
    pub(crate) fn ready(on: On, name: &str, make: impl FnOnce(&Path, &str)) -> Self {
        let server =
            if on == On::Postgres { std::env::var("TEST_POSTGRES").unwrap_or_default() } else { String::new() };
        let program = fs::metadata(binary()).expect("the program is built");
        let mut of = DefaultHasher::new();
        (binary(), program.mtime(), program.mtime_nsec(), program.size(), &server, name).hash(&mut of);
        let key = format!("{:016x}", of.finish());
        let all = std::env::temp_dir().join("minzheng-templates");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&all).expect("a folder");
        let lock = fs::File::create(all.join(format!("{key}.lock"))).expect("a lock");
        lock.lock().expect("its turn");
        let template = Self { folder: all.join(&key), database: format!("minzheng_{key}"), on };
        let made = all.join(format!("{key}.made"));
        if !made.exists() {
            // What a test that was stopped half way left.
            let _ = fs::remove_dir_all(&template.folder);
            fs::DirBuilder::new().mode(0o700).create(&template.folder).expect("a folder");
            if on == On::Postgres {
                sql_of_server(&format!("DROP DATABASE IF EXISTS {}", template.database));
                sql_of_server(&format!("CREATE DATABASE {}", template.database));
            }
            make(&template.folder, &template.database);
            fs::write(made, "").expect("written");
        }
        template
    }

    /// Its files in a folder and, in a server, its rows in a database that it makes.
    pub(crate) fn copy(&self, folder: &Path, database: &str) {
        copy_files(&self.folder, folder);
        if self.on == On::Postgres {
            sql_of_server(&format!("CREATE DATABASE {database} TEMPLATE {}", self.database));
        }
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (is_folder, to) = (entry.file_type().expect("its kind").is_dir(), to.join(entry.file_name()));
        if is_folder {
            let mode = entry.metadata().expect("its rights").mode();
            fs::DirBuilder::new().recursive(true).mode(mode).create(&to).expect("a folder");
            copy_files(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}
