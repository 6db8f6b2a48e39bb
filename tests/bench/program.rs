//! The program under measure as a process: run, served, its memory looked at.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program with its database and data folder.
pub struct Program {
    /// The binary.
    pub binary: PathBuf,
    /// The data folder.
    pub folder: PathBuf,
    /// The database.
    pub url: String,
}

/// What a command did.
pub struct Done {
    /// What it printed.
    pub printed: String,
    /// How long it took.
    pub took: Duration,
    /// The most memory it held at once, in MB.
    pub peak: f64,
    /// The longest time for which it said nothing.
    pub silence: Duration,
}

/// What one address or account may use.
const LIMITS: [&str; 6] = [
    "MINZHENG_RATE_PER_ADDRESS",
    "MINZHENG_RATE_PER_ACCOUNT",
    "MINZHENG_WORK_PER_ADDRESS",
    "MINZHENG_WORK_PER_ACCOUNT",
    "MINZHENG_STATEMENTS_PER_ADDRESS",
    "MINZHENG_STATEMENTS_PER_ACCOUNT",
];

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("MINZHENG_DATA_DIR", &self.folder)
            .env("MINZHENG_DATABASE_URL", &self.url)
            .env("MINZHENG_DISTRICT", "430104")
            .env("MINZHENG_LISTEN", "127.0.0.1:0")
            .env("MINZHENG_LOG", "warn")
            // Most measures ask all from one address, of one account.
            .envs(LIMITS.map(|limit| (limit, "0")));
        if arguments.first() != Some(&"migrate") {
            command.env("MINZHENG_TODAY", "2025-06-30");
        }
        command
    }

    /// Runs a command that must succeed.
    pub fn run(&self, arguments: &[&str]) -> Done {
        let began = Instant::now();
        let mut child = self.command(arguments).stdout(Stdio::piped()).spawn().expect("the program");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let reading = std::thread::spawn(move || {
            let (mut printed, mut silence, mut said) = (String::new(), Duration::ZERO, began);
            for line in output.lines() {
                printed += &line.expect("text");
                printed.push('\n');
                silence = silence.max(said.elapsed());
                said = Instant::now();
            }
            (printed, silence)
        });
        let mut peak = 0.0;
        let status = loop {
            // The kernel keeps the highest value itself, so nothing between two looks is missed but the end.
            peak = memory(child.id(), "VmHWM").unwrap_or(peak);
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = began.elapsed();
        let (printed, silence) = reading.join().expect("its output");
        assert!(status.success(), "{arguments:?}: {printed}");
        Done { printed, took, peak, silence }
    }

    /// An access token.
    pub fn token(&self, arguments: &[&str]) -> String {
        self.run(&[&["token"], arguments].concat()).printed.trim().to_owned()
    }

    /// Imports a sheet of which every row must be taken.
    pub fn import(&self, kind: &str, sheet: &Path) -> Done {
        self.run(&["import", kind, &sheet.display().to_string(), "--json"])
    }

    /// Starts the server; gives also how long it took until it said that it is ready.
    pub fn serve(&self) -> (Server, Duration) {
        Self::start(self.command(&["serve"]))
    }

    /// Starts it with the limits that it has by itself, and without a word in its log.
    pub fn serve_limited(&self) -> Server {
        let mut command = self.command(&["serve"]);
        for limit in LIMITS {
            command.env_remove(limit);
        }
        command.env("MINZHENG_LOG", "off");
        Self::start(command).0
    }

    fn start(mut command: Command) -> (Server, Duration) {
        let began = Instant::now();
        let child = command.stdout(Stdio::piped()).spawn().expect("the server");
        let server = Server::announced(child);
        let ready = format!("http://{}/readyz", server.address);
        while ureq::get(&ready).call().is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "never ready");
            std::thread::sleep(Duration::from_millis(2));
        }
        (server, began.elapsed())
    }
}

/// A server, ended when it is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// A process whose first line is its address.
    pub fn announced(mut child: Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        let address = line.trim().trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
        assert!(!address.is_empty(), "no address");
        Self { child, address }
    }

    /// Memory held now, in MB.
    pub fn memory(&self) -> f64 {
        memory(self.child.id(), "VmRSS").expect("Linux tells it")
    }

    /// The most memory held at once, in MB.
    pub fn peak(&self) -> f64 {
        memory(self.child.id(), "VmHWM").expect("Linux tells it")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `/proc/<process>/status`, in MB.
fn memory(process: u32, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let told = status.lines().find_map(|told| told.strip_prefix(line)?.strip_prefix(':'))?;
    let kilobytes: f64 = told.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
