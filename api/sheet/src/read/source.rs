//! The bytes of a file: what they are, and as UTF-8 text.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::super::SheetError;
use super::Source;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// An open file, on disk or in memory.
#[derive(Debug)]
pub(super) enum Input {
    File(BufReader<File>),
    Bytes(Cursor<Vec<u8>>),
}

impl Input {
    pub fn open(source: Source) -> Result<Self, SheetError> {
        Ok(match source {
            Source::Path(path) => Self::File(BufReader::new(File::open(path)?)),
            Source::Bytes(bytes) => Self::Bytes(Cursor::new(bytes)),
        })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Bytes(bytes) => bytes.seek(to),
        }
    }
}

/// What a file is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A zip archive, supposedly a workbook.
    Workbook,
    /// Text.
    Text {
        /// Its encoding.
        encoding: &'static Encoding,
        /// Bytes of the mark at its start.
        skip: u64,
        /// Lines end with a carriage return alone.
        bare_cr: bool,
    },
}

/// Tells what the file is by its content.
pub(super) fn kind(input: &mut Input) -> Result<Kind, SheetError> {
    let mut head = Vec::new();
    input.rewind()?;
    input.by_ref().take(4096).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(SheetError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Workbook);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(SheetError::OldOrLocked);
    }
    let (encoding, skip) = if head.starts_with(b"\xEF\xBB\xBF") {
        (Some(UTF_8), 3)
    } else if head.starts_with(b"\xFF\xFE") {
        (Some(UTF_16LE), 2)
    } else if head.starts_with(b"\xFE\xFF") {
        (Some(UTF_16BE), 2)
    } else {
        (None, 0)
    };
    let wide = encoding.is_some_and(|encoding| encoding != UTF_8);
    if let Some(what) = foreign(&head).filter(|_| !wide) {
        return Err(SheetError::UnknownFormat(what));
    }
    let check = |input: &mut Input, encoding| valid(input, encoding, skip);
    if let Some(encoding) = encoding {
        let text = check(input, encoding)?;
        return text.kind(encoding, skip).map_err(|line| SheetError::Encoding { line });
    }
    let utf8 = check(input, UTF_8)?;
    match utf8.kind(UTF_8, skip) {
        Ok(kind) => Ok(kind),
        Err(utf8_line) => {
            let chinese = check(input, GB18030)?;
            // the encoding that goes further is the likelier one
            chinese.kind(GB18030, skip).map_err(|line| SheetError::Encoding { line: line.max(utf8_line) })
        }
    }
}

/// What binary or marked-up content seems to be.
fn foreign(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"%PDF") {
        return Some("PDF");
    }
    if head.contains(&0) {
        return Some("binary data");
    }
    let start: String = head.iter().take(200).map(|&byte| char::from(byte.to_ascii_lowercase())).collect::<String>();
    let start = start.trim_start_matches(['\u{EF}', '\u{BB}', '\u{BF}', ' ', '\t', '\r', '\n']);
    if start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<table") {
        return Some("HTML");
    }
    if start.starts_with("<?xml") {
        return Some("XML");
    }
    start.starts_with("{\\rtf").then_some("RTF")
}

/// Whether a text is valid in an encoding.
#[derive(Debug)]
struct Checked {
    /// The line where it is not.
    fails: Option<u64>,
    newlines: u64,
    /// Line ends outside quotation marks, with a newline and with a carriage return alone.
    ends: (u64, u64),
    quoted: bool,
    after_return: bool,
}

impl Checked {
    /// Another byte of the text.
    fn see(&mut self, byte: u8) {
        self.newlines += u64::from(byte == b'\n');
        let (newlines, returns) = &mut self.ends;
        // a return is told from its newline by the byte behind it
        *returns += u64::from(self.after_return && byte != b'\n' && !self.quoted);
        *newlines += u64::from(byte == b'\n' && !self.quoted);
        self.quoted ^= byte == b'"';
        self.after_return = byte == b'\r';
    }

    fn kind(&self, encoding: &'static Encoding, skip: u64) -> Result<Kind, u64> {
        match self.fails {
            Some(line) => Err(line),
            None => Ok(Kind::Text { encoding, skip, bare_cr: self.ends.1 > self.ends.0 }),
        }
    }
}

/// Reads the whole file once and checks it.
fn valid(input: &mut Input, encoding: &'static Encoding, skip: u64) -> Result<Checked, SheetError> {
    input.seek(SeekFrom::Start(skip))?;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut bytes = vec![0_u8; CHUNK];
    let mut text = vec![0_u8; CHUNK * 3 + 64];
    let mut checked = Checked { fails: None, newlines: 0, ends: (0, 0), quoted: false, after_return: false };
    loop {
        let read = read_some(input, &mut bytes)?;
        let mut source = bytes.get(..read).unwrap_or_default();
        loop {
            let (result, used, written) = decoder.decode_to_utf8_without_replacement(source, &mut text, read == 0);
            for &byte in text.get(..written).unwrap_or_default() {
                checked.see(byte);
            }
            source = source.get(used..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    checked.fails = Some(checked.newlines + 1);
                    return Ok(checked);
                }
            }
        }
        if read == 0 {
            checked.see(0);
            return Ok(checked);
        }
    }
}

/// Reads once, again when interrupted.
fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A file as UTF-8 text whose lines all end with a newline alone, the last one too.
pub(super) struct Decoded<R> {
    input: R,
    decoder: Decoder,
    bytes: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    /// What becomes of a carriage return without newline.
    lone_cr: u8,
    /// A carriage return that may belong to a newline.
    held_cr: bool,
    ends_in_newline: bool,
    finished: bool,
}

impl<R> std::fmt::Debug for Decoded<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("encoding", &self.decoder.encoding().name()).finish_non_exhaustive()
    }
}

impl<R: Read + Seek> Decoded<R> {
    pub fn new(mut input: R, encoding: &'static Encoding, skip: u64, bare_cr: bool) -> Result<Self, SheetError> {
        input.seek(SeekFrom::Start(skip))?;
        Ok(Self {
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            bytes: vec![0; CHUNK],
            text: Vec::with_capacity(CHUNK * 2),
            at: 0,
            lone_cr: if bare_cr { b'\n' } else { b' ' },
            held_cr: false,
            ends_in_newline: true,
            finished: false,
        })
    }

    /// Decodes the next chunk.
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        let read = read_some(&mut self.input, &mut self.bytes)?;
        let mut source = self.bytes.get(..read).unwrap_or_default();
        let mut piece = [0_u8; 8 * 1024];
        loop {
            let (result, used, written, _) = self.decoder.decode_to_utf8(source, &mut piece, read == 0);
            for &byte in piece.get(..written).unwrap_or_default() {
                // a carriage return is a newline, or part of the one that follows
                if self.held_cr && byte != b'\n' {
                    self.text.push(self.lone_cr);
                }
                self.held_cr = byte == b'\r';
                if !self.held_cr {
                    self.text.push(byte);
                }
            }
            source = source.get(used..).unwrap_or_default();
            if result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
        }
        if let Some(last) = self.text.last() {
            self.ends_in_newline = *last == b'\n';
        }
        if read == 0 {
            self.finished = true;
            if !self.ends_in_newline || self.held_cr {
                self.text.push(b'\n');
            }
        }
        Ok(())
    }
}

impl<R: Read + Seek> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() {
            if self.finished {
                return Ok(0);
            }
            self.refill()?;
        }
        let ready = self.text.get(self.at..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}
