//! What somebody can do who writes into the database and has no key: between the writing of an entry and its sealing,
//! and in a database of before there were MACs. What can be done to what is sealed stands in the black-box tests.

use entity::kernel::{journal_block, journal_entry};
use sea_orm::{ActiveModelTrait as _, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _};

use super::{block_hash, digest, leaf, merkle};
use crate::clock::Clock;
use crate::{Fault, Kernel};

struct World {
    folder: tempfile::TempDir,
    kernel: Kernel,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kernel = open(&folder).await;
        kernel.migrate(false).await.unwrap();
        Self { folder, kernel }
    }

    async fn write(&self, command: &str) {
        self.kernel.sealer.note("tester", command).await.unwrap();
    }

    async fn tamper(&self, sql: &str) {
        self.kernel.db.admin().execute_unprepared(sql).await.unwrap();
    }

    async fn seal(&self) {
        self.kernel.sealer.seal().await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        self.kernel.db.value(self.kernel.db.read(), sql, vec![]).await.unwrap()
    }

    /// What does not agree.
    async fn faults(&self) -> Vec<String> {
        let verdict = self.kernel.sealer.verify(&self.kernel.db, None).await.unwrap();
        verdict.faults.into_iter().map(|fault| fault.message).collect()
    }
}

async fn open(folder: &tempfile::TempDir) -> Kernel {
    let url = format!("sqlite:{}", folder.path().join("db.sqlite3").display());
    Kernel::open(&url, folder.path(), Clock::default()).await.unwrap()
}

#[tokio::test]
async fn an_entry_that_is_made_up_is_refused_named_and_holds_nothing_up() {
    let world = World::new().await;
    for command in ["a", "b"] {
        world.write(command).await;
        world.seal().await;
    }
    // Copied with its MAC, with none, and with one from elsewhere.
    let columns = "at, actor, kind, command, command_version, body, process, counter, before";
    for (id, mac) in [(50, "mac"), (51, "NULL"), (52, "randomblob(32)")] {
        world
            .tamper(&format!(
                "INSERT INTO journal_entry (id, {columns}, mac) SELECT {id}, {columns}, {mac} FROM journal_entry WHERE id = 1"
            ))
            .await;
        assert!(world.faults().await.iter().any(|fault| fault.contains(&format!("entry {id} was not written"))));
    }
    world.write("c").await;
    world.seal().await;
    assert_eq!(world.number("SELECT MAX(position) AS n FROM journal_entry").await, 3, "only what is ours");
    assert_eq!(world.kernel.db.refused_entries().await.unwrap(), 3);
    assert_eq!(world.kernel.db.unsealed_entries().await.unwrap(), 0);
    let faults = world.faults().await;
    assert_eq!(faults.len(), 3, "{faults:?}");
    for id in 50..53 {
        assert!(
            faults.contains(&format!("entry {id} was not written by this program: the sealer refused it")),
            "{faults:?}"
        );
    }
    // Nothing waits, so nothing is tried again.
    assert_eq!(world.kernel.sealer.seal().await.unwrap().block, 3);
}

#[tokio::test]
async fn an_entry_that_is_changed_removed_or_put_aside_before_it_is_sealed_is_named() {
    for (change, sign) in [
        ("UPDATE journal_entry SET actor = 'another' WHERE id = 2", "entry 2 was not written by this program"),
        ("DELETE FROM journal_entry WHERE id = 2", "entry 2, which entry 2 of the same process names, was removed"),
        ("UPDATE journal_entry SET position = -2 WHERE id = 2", "entry 2 was set aside by hand"),
        ("UPDATE journal_entry SET id = 9 WHERE id = 2", "entry 9 was not written by this program"),
        ("UPDATE journal_entry SET position = 7 WHERE id = 2", "entry 2 has a position that no block sealed"),
    ] {
        let world = World::new().await;
        world.write("a").await;
        world.seal().await;
        world.write("b").await;
        world.tamper(change).await;
        world.write("c").await;
        for _ in 0..2 {
            assert!(
                world.faults().await.iter().any(|fault| fault.starts_with(sign)),
                "{change}: {:?}",
                world.faults().await
            );
            world.seal().await;
        }
    }
}

#[tokio::test]
async fn the_last_entry_is_named_as_removed_when_its_number_was_given_again() {
    let world = World::new().await;
    world.write("a").await;
    world.tamper("DELETE FROM journal_entry WHERE id = 1").await;
    // SQLite numbers the next one like it.
    world.write("b").await;
    world.seal().await;
    assert_eq!(
        world.faults().await,
        ["entry 1, which entry 1 of the same process names, was removed or replaced before it was sealed"]
    );
}

#[tokio::test]
async fn an_entry_that_is_sealed_cannot_be_sealed_again() {
    let world = World::new().await;
    for command in ["a", "b"] {
        world.write(command).await;
        world.seal().await;
    }
    world.tamper("UPDATE journal_entry SET position = NULL WHERE id = 1").await;
    world.seal().await;
    assert_eq!(world.faults().await, ["the entry at position 1 was removed"]);
}

/// Makes what an earlier version of this program left: entries without MACs, some in a block.
async fn earlier(world: &World, sealed: i64, waiting: i64) {
    let db = &world.kernel.db;
    let mut leaves = Vec::new();
    for id in 1..=sealed + waiting {
        let entry = journal_entry::Model {
            id,
            at: world.kernel.clock.now(),
            actor: "earlier".into(),
            kind: "COMMAND".into(),
            command: "recordDivision".into(),
            command_version: 1,
            body: "{}".into(),
            position: (id <= sealed).then_some(id),
            ..journal_entry::Model::default()
        };
        leaves.push(leaf(id, &entry, &digest(&entry)));
        entry.into_active_model().insert(db.admin()).await.unwrap();
    }
    leaves.truncate(usize::try_from(sealed).unwrap());
    let signer = world.kernel.sealer.signer();
    let mut block = journal_block::Model {
        number: 1,
        first_position: 1,
        last_position: sealed,
        root: merkle(&leaves).to_vec(),
        leaves: leaves.concat(),
        previous: vec![0; 32],
        key_id: signer.key_id().to_owned(),
        sealed_at: world.kernel.clock.now(),
        version: 1,
        ..journal_block::Model::default()
    };
    block.hash = block_hash(&block).to_vec();
    block.signature = signer.sign(&block.hash).to_vec();
    block.into_active_model().insert(db.admin()).await.unwrap();
    // Facts had no list.
    world.tamper("DELETE FROM setting WHERE name = 'facts'").await;
}

#[tokio::test]
async fn a_position_that_no_block_seals_is_followed_by_nobody() {
    let world = World::new().await;
    for command in ["a", "b"] {
        world.write(command).await;
        world.seal().await;
    }
    world.tamper("UPDATE journal_entry SET position = position + 1000000 WHERE command = 'a'").await;
    let db = &world.kernel.db;
    assert_eq!(db.sealed_position().await.unwrap(), 2);
    let read = |entries: Vec<journal_entry::Model>| entries.into_iter().map(|entry| entry.command).collect::<Vec<_>>();
    assert_eq!(read(db.entries_from(1, 10).await.unwrap()), ["b"], "the stray one is not read, let alone gone on from");
    let page = db.changes(None, 10, |_| true).await.unwrap();
    assert_eq!(page.reached.position, 3);
    assert!(!world.faults().await.is_empty());
}

#[tokio::test]
async fn a_journal_of_before_there_were_macs_is_taken_over_once_and_told_apart() {
    let world = World::new().await;
    earlier(&world, 3, 2).await;
    let kernel = open(&world.folder).await;
    assert!(!kernel.schema_is_current().await.unwrap());
    kernel.migrate(false).await.unwrap();
    assert!(kernel.schema_is_current().await.unwrap());
    let verdict = kernel.sealer.verify(&kernel.db, None).await.unwrap();
    assert_eq!(
        (verdict.faults.len(), verdict.entries, verdict.without_mac, verdict.unsealed),
        (0, 6, 5, 0),
        "{verdict:?}"
    );
    // From now on nothing without a MAC is taken, and an earlier block cannot come again.
    world
        .tamper("INSERT INTO journal_entry (id, at, actor, kind, command, command_version, body) SELECT 90, at, actor, kind, command, command_version, body FROM journal_entry WHERE id = 1")
        .await;
    kernel.migrate(false).await.unwrap();
    kernel.sealer.seal().await.unwrap();
    assert_eq!(kernel.db.refused_entries().await.unwrap(), 1);
    world.tamper("UPDATE journal_block SET version = 1 WHERE number = 3").await;
    let faults = world.faults().await;
    assert!(faults.iter().any(|fault| fault.contains("block 3 (positions 6–6): its hash is wrong")), "{faults:?}");
}

#[tokio::test]
async fn the_sealer_does_nothing_where_it_can_seal_nothing() {
    let world = World::new().await;
    world.write("a").await;
    world.seal().await;
    // The anchor cannot be written: nothing more is sealed until it can, and nothing is told as sealed.
    let (anchors, away) = (world.folder.path().join("anchors"), world.folder.path().join("away"));
    std::fs::rename(&anchors, &away).unwrap();
    std::fs::write(&anchors, "in the way").unwrap();
    let blocks = "SELECT COUNT(*) AS n FROM journal_block";
    for command in ["b", "c"] {
        world.write(command).await;
        assert!(world.kernel.sealer.seal().await.is_err());
        assert_eq!((world.number(blocks).await, *world.kernel.sealer.watch().borrow()), (2, 1), "{command}");
    }
    std::fs::remove_file(&anchors).unwrap();
    std::fs::rename(&away, &anchors).unwrap();
    world.seal().await;
    assert_eq!((world.number(blocks).await, world.faults().await), (3, vec![]));
}

#[tokio::test]
async fn a_mark_of_a_test_database_is_believed_only_from_this_program() {
    let world = World::new().await;
    assert!(!world.kernel.is_test().await.unwrap());
    world.tamper("INSERT INTO setting (name, value) VALUES ('test', 'true')").await;
    assert!(!world.kernel.is_test().await.unwrap());
    let lists: [&str; 2] = ["{}", "{\"facts\":{\"test\":\"00\"},\"mac\":\"00\"}"];
    for list in lists {
        world.tamper(&format!("UPDATE setting SET value = '{list}' WHERE name = 'facts'")).await;
        assert!(!world.kernel.is_test().await.unwrap(), "{list}");
    }
}

#[tokio::test]
async fn many_processes_write_side_by_side_and_all_of_it_agrees() {
    let world = World::new().await;
    let kernels = [open(&world.folder).await, open(&world.folder).await, open(&world.folder).await];
    let write = |kernel: &'static str, n: usize| format!("{kernel}{n}");
    let all = kernels.iter().zip(["a", "b", "c"]).map(|(kernel, name)| async move {
        for n in 0..20 {
            kernel.sealer.note("tester", &write(name, n)).await?;
            kernel.sealer.seal().await?;
        }
        Ok::<_, Fault>(())
    });
    futures_util::future::try_join_all(all).await.unwrap();
    let verdict = world.kernel.sealer.verify(&world.kernel.db, None).await.unwrap();
    assert_eq!((verdict.entries, verdict.faults.len(), verdict.without_mac), (60, 0, 0), "{verdict:?}");
    let entries = journal_entry::Entity::find().all(world.kernel.db.read()).await.unwrap();
    assert!(
        entries
            .iter()
            .all(|entry| entry.before.as_deref().is_some_and(|before| entry.counter == Some(1) || !before.is_empty()))
    );
}
