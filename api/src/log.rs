//! The log: lines go to standard error through a thread of their own, so that nobody who writes one waits for a disk or a
//! reader, or ends with them. A line that does not get through is counted ([`lost`]).

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written.
const WAITING: usize = 10_000;
/// How long the end of the program waits for the last of them.
const LAST: Duration = Duration::from_secs(1);
/// How often it looks whether there is room to ask.
const PAUSE: Duration = Duration::from_millis(5);

static LOST: AtomicU64 = AtomicU64::new(0);

/// Lines that were not written since the program began.
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

enum Message {
    Line(Vec<u8>),
    /// All before was written.
    Written(SyncSender<()>),
}

/// Where lines are handed over.
#[derive(Clone)]
struct Lines(SyncSender<Message>);

impl Lines {
    /// Begins a thread that writes.
    fn new(to: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&receiver, to))?;
        Ok(Self(sender))
    }
}

fn write(messages: &Receiver<Message>, mut to: impl Write) {
    for message in messages {
        match message {
            Message::Line(line) => {
                if to.write_all(&line).is_err() {
                    LOST.fetch_add(1, Ordering::Relaxed);
                }
            }
            Message::Written(told) => drop(told.try_send(())),
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.try_send(Message::Line(line.to_vec())).is_err() {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Writes the last lines when it is dropped.
pub struct Log(Option<Lines>);

impl Drop for Log {
    fn drop(&mut self) {
        let Some(Lines(sender)) = &self.0 else { return };
        let (told, written) = sync_channel(1);
        let (began, mut message) = (Instant::now(), Message::Written(told));
        while let Err(TrySendError::Full(again)) = sender.try_send(message) {
            if began.elapsed() > LAST {
                return;
            }
            message = again;
            std::thread::sleep(PAUSE);
        }
        let _ = written.recv_timeout(LAST);
    }
}

/// Begins the log of this process.
pub fn begin() -> Log {
    let Ok(lines) = Lines::new(io::stderr()) else { return Log(None) };
    let log = tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("MINZHENG_LOG")
                .unwrap_or_else(|_| "warn,minzheng=info,minzheng_kernel=info".into()),
        )
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(false)
        .with_writer(lines.clone());
    // For collectors: one JSON object a line.
    if std::env::var("MINZHENG_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.init();
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(target: "minzheng::panic", "{panic}")));
    Log(Some(lines))
}

/// Prints a line for who started the program. That nobody reads it any more is no reason to end.
pub fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The same on standard error.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// `println!` for a command: that nobody reads any more, such as `head` after its lines, is no fault of the command.
#[macro_export]
macro_rules! out {
    ($($told:tt)*) => { $crate::log::print(&format!($($told)*)) };
}

/// The same on standard error.
#[macro_export]
macro_rules! err {
    ($($told:tt)*) => { $crate::log::complain(&format!($($told)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes nothing until it is let go, and then nothing either.
    struct Full(std::sync::mpsc::Receiver<()>);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Err(io::Error::other("no space left on device"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_writes_neither_waits_nor_fails_and_what_is_lost_is_counted() {
        let (let_go, held) = std::sync::mpsc::channel();
        let mut lines = Lines::new(Full(held)).expect("a thread");
        // One is being written, so many wait, ten are too many.
        for _ in 0..WAITING + 11 {
            lines.write_all(b"a line").expect("never fails");
        }
        assert!((10..=11).contains(&lost()), "{}", lost());
        drop(let_go);
        drop(Log(Some(lines)));
        assert_eq!(lost(), (WAITING + 11) as u64, "those that waited could not be written either");
    }
}
