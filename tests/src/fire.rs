//! Means by which the tests take the ground away from the program: a disk that fails, a way to PostgreSQL that is cut.
//! Nothing of it is known to the program.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::{World, repository};

/// No room on the disk, as the C library says it.
pub const NO_ROOM: i64 = 28;
/// The disk is broken, as the C library says it.
pub const BROKEN: i64 = 5;

/// Odd choices, the same again for the same seed.
pub struct Chance(u64);

impl Chance {
    /// With the seed in the environment (`FIRE_SEED`), or another each time; it is printed.
    pub fn new() -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        let given = std::env::var("FIRE_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() | 1);
        println!("FIRE_SEED={seed}");
        Self(seed)
    }

    /// A number below another (xorshift64*).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % bound
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}

/// How often something is tried: few times in the suite, many in `tests/fire/run`.
pub fn rounds(short: usize, long: usize) -> usize {
    if std::env::var("FIRE").is_ok_and(|form| form == "long") { long } else { short }
}

/// The library that stands between the program and its disk; compiled once.
fn library() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let file = folder.join("fault.so");
        let source = repository().join("tests/fire/fault.c");
        let made =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&file).arg(source).arg("-ldl").status();
        assert!(made.expect("a C compiler").success());
        file
    });
    built.clone()
}

/// A disk that fails when it is told to.
pub struct Disk(PathBuf);

impl Disk {
    /// Puts it under the programs that this world starts from now on; only files whose path contains `of` are touched.
    pub fn under(world: &mut World, of: &str) -> Self {
        let control = world.folder().join("disk-control");
        std::fs::write(&control, [0; 32]).expect("written");
        world.set("LD_PRELOAD", &library().display().to_string());
        world.set("FAULT_CONTROL", &control.display().to_string());
        world.set("FAULT_MATCH", of);
        Self(control)
    }

    fn set(&self, what: i64, number: i64, error: i64) {
        use std::os::unix::fs::FileExt as _;
        let file = std::fs::OpenOptions::new().write(true).open(&self.0).expect("the control");
        for (at, value) in [(1, number), (2, 0), (3, error), (0, what)] {
            file.write_all_at(&value.to_ne_bytes(), at * 8).expect("written");
        }
    }

    /// Every write fails from now on.
    pub fn fail(&self, error: i64) {
        self.set(1, 0, error);
    }

    /// The write with this number, counted from now, fails; and all after it, where it does not pass by itself.
    pub fn fail_at(&self, number: i64, passes: bool, error: i64) {
        self.set(if passes { 2 } else { 3 }, number, error);
    }

    /// It works again.
    pub fn mend(&self) {
        self.set(0, 0, 0);
    }

    /// Writes seen since it was last told something.
    pub fn seen(&self) -> i64 {
        let bytes = std::fs::read(&self.0).expect("the control");
        i64::from_ne_bytes(bytes[16..24].try_into().expect("eight bytes"))
    }
}

const PASS: u8 = 0;
const REFUSE: u8 = 1;
const HOLE: u8 = 2;

struct Way {
    to: SocketAddr,
    mode: AtomicU8,
    /// Connections cut so far; those opened before the last cut are dead.
    cuts: AtomicU64,
    /// The next COMMIT is cut: 1 before the database hears it, 2 before its answer is heard.
    commit: AtomicU8,
    ended: AtomicBool,
}

/// The way to PostgreSQL, which can be cut.
pub struct Proxy {
    way: Arc<Way>,
    address: SocketAddr,
    listener: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Proxy {
    /// Between the programs that this world starts from now on and its database.
    pub fn before(world: &mut World) -> Self {
        let url = world.url().to_owned();
        let (head, rest) = url.split_once('@').expect("a user");
        let (host, database) = rest.split_once('/').expect("a database");
        let way = Arc::new(Way {
            to: host.parse().expect("an address"),
            mode: AtomicU8::new(PASS),
            cuts: AtomicU64::new(0),
            commit: AtomicU8::new(0),
            ended: AtomicBool::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        world.set("MINZHENG_DATABASE_URL", &format!("{head}@{address}/{database}"));
        let proxy = Self { way, address, listener: Mutex::new(None) };
        proxy.listen(listener);
        proxy
    }

    fn listen(&self, listener: TcpListener) {
        let way = self.way.clone();
        let thread = std::thread::spawn(move || {
            for client in listener.incoming() {
                if way.ended.load(Ordering::SeqCst) || way.mode.load(Ordering::SeqCst) == REFUSE {
                    return;
                }
                if let Ok(client) = client {
                    let way = way.clone();
                    std::thread::spawn(move || pass(&way, client));
                }
            }
        });
        *self.listener.lock().expect("the listener") = Some(thread);
    }

    fn stop_listening(&self) {
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.listener.lock().expect("the listener").take() {
            let _ = thread.join();
        }
    }

    /// The database is away: connections break, new ones are refused.
    pub fn refuse(&self) {
        self.way.mode.store(REFUSE, Ordering::SeqCst);
        self.way.cuts.fetch_add(1, Ordering::SeqCst);
        self.stop_listening();
    }

    /// The network is parted: nothing is heard any more, and nothing breaks.
    pub fn part(&self) {
        self.way.mode.store(HOLE, Ordering::SeqCst);
    }

    /// All passes again.
    pub fn mend(&self) {
        self.way.commit.store(0, Ordering::SeqCst);
        if self.way.mode.swap(PASS, Ordering::SeqCst) == REFUSE {
            self.listen(TcpListener::bind(self.address).expect("the same port"));
        }
    }

    /// Cuts the connection over which the next COMMIT comes: before the database hears it, or before its answer is heard.
    pub fn cut_next_commit(&self, before_it_is_heard: bool) {
        self.way.commit.store(if before_it_is_heard { 1 } else { 2 }, Ordering::SeqCst);
    }

    /// Whether such a cut is still to come.
    pub fn waits_to_cut(&self) -> bool {
        self.way.commit.load(Ordering::SeqCst) != 0
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.way.ended.store(true, Ordering::SeqCst);
        self.way.cuts.fetch_add(1, Ordering::SeqCst);
        self.stop_listening();
    }
}

fn pass(way: &Arc<Way>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(way.to) else { return };
    let born = way.cuts.load(Ordering::SeqCst);
    let clones = (client.try_clone(), server.try_clone());
    let (Ok(client_back), Ok(server_back)) = clones else { return };
    let answers = {
        let way = way.clone();
        std::thread::spawn(move || copy(&way, born, server_back, client_back, false))
    };
    copy(way, born, client, server, true);
    let _ = answers.join();
}

fn copy(way: &Way, born: u64, mut from: TcpStream, mut to: TcpStream, from_client: bool) {
    let _ = from.set_read_timeout(Some(Duration::from_millis(20)));
    let mut buffer = [0; 16 * 1024];
    loop {
        let cut = way.cuts.load(Ordering::SeqCst) != born || way.ended.load(Ordering::SeqCst);
        if cut {
            break;
        }
        // What comes meanwhile waits in the network.
        if way.mode.load(Ordering::SeqCst) == HOLE {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => break,
        };
        let bytes = &buffer[..length];
        if from_client && bytes.windows(7).any(|part| part == b"COMMIT\0") {
            match way.commit.swap(0, Ordering::SeqCst) {
                1 => break,
                2 => {
                    // Heard by the database; its answer is not passed on.
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.write_all(bytes);
                    std::thread::sleep(Duration::from_millis(50));
                    break;
                }
                _ => {}
            }
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// A PostgreSQL server of the test's own, which can be stopped and killed.
pub struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
}

impl Postgres {
    /// Makes and starts one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let postgres = Self { folder, port };
        let data = postgres.data();
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(postgres.folder.path()).status();
            assert!(given.expect("chown").success());
        }
        Self::run("initdb", &["-D", &data, "-U", "minzheng", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        postgres.start();
        postgres
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("postgres://minzheng@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(program: &str, arguments: &[&str]) {
        let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL");
        let mut folders: Vec<PathBuf> = versions.map(|entry| entry.expect("an entry").path().join("bin")).collect();
        folders.sort();
        let program = folders.last().expect("a version").join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let done = command.args(arguments).current_dir("/").stdout(std::process::Stdio::null()).status();
        assert!(done.expect("PostgreSQL's programs").success(), "{arguments:?}");
    }

    /// Starts it, after it was stopped or killed.
    pub fn start(&self) {
        let (data, log) = (self.data(), self.folder.path().join("log").display().to_string());
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c max_connections=200",
            self.port,
            self.folder.path().display()
        );
        Self::run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops it: `fast` in good order, `immediate` as a power cut would.
    pub fn stop(&self, how: &str) {
        Self::run("pg_ctl", &["-D", &self.data(), "-w", "-m", how, "stop"]);
    }
}

impl Default for Postgres {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop("immediate");
            return;
        }
        let pid = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"))
}
