//! One pass over the bytes, before any parser.
//!
//! The GraphQL parser recurses on brackets and overflows the stack on 4 kB of `[[[[…`, which ends
//! the process and cannot be caught. So nobody parses what has not been through here. The pass
//! reads strings, block strings and comments as that parser does; where the two could differ (a
//! bracket that closes nothing, a bad escape), the parser stops with an error at that place and
//! never reads on.

use async_graphql::Pos;

use super::{
    limits::Limits,
    refused::{Reason, Refused, count, within},
};

/// What was counted in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Lexical tokens.
    pub tokens: u64,
    /// The deepest nesting of brackets.
    pub nesting: u64,
}

/// Counts brackets, tokens and names of a GraphQL document.
pub fn document(text: &str, limits: &Limits) -> Result<Scanned, Refused> {
    within(Reason::DocumentBytes, count(text.len()), limits.document_bytes)?;
    let null = |at| Refused::new(Reason::NullCharacter).at(place(text, at)).about("query");
    if let Some(at) = text.find('\0') {
        return Err(null(at));
    }
    let mut cursor = Cursor::new(text.as_bytes());
    let mut found = Scanned::default();
    let mut open = 0_u64;
    loop {
        cursor.skip(is_ignored);
        let start = cursor.at;
        let Some(byte) = cursor.next() else {
            return Ok(found);
        };
        let place = || place(text, start);
        match byte {
            // No token to the language, but one to read: the parser passes a row of them again and
            // again.
            b'#' => cursor.skip(|byte| byte != b'\n' && byte != b'\r'),
            b'"' => {
                cursor.string().ok_or_else(|| Refused::new(Reason::Unterminated).at(place()))?;
                if cursor.null {
                    return Err(null(start));
                }
            }
            b'(' | b'[' | b'{' => {
                open += 1;
                found.nesting = found.nesting.max(open);
                within(Reason::Nesting, open, limits.nesting).map_err(|refused| refused.at(place()))?;
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'.' => cursor.skip(|byte| byte == b'.'),
            b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                // Names and numbers. A sign begins a token, for the parser reads `1-2` as two values.
                let number = !byte.is_ascii_alphabetic() && byte != b'_';
                cursor.skip(|byte| byte == b'_' || byte.is_ascii_alphanumeric() || (number && byte == b'.'));
                within(Reason::NameBytes, count(cursor.at - start), limits.name_bytes)
                    .map_err(|refused| refused.at(place()))?;
            }
            _ => {}
        }
        found.tokens += 1;
        within(Reason::Tokens, found.tokens, limits.tokens).map_err(|refused| refused.at(place()))?;
    }
}

/// Counts brackets and values of JSON: a body, or `variables` by themselves. Whether it *is* JSON
/// is left to its parser.
pub fn json(bytes: &[u8], limits: &Limits) -> Result<(), Refused> {
    within(Reason::BodyBytes, count(bytes.len()), limits.body_bytes)?;
    let mut cursor = Cursor::new(bytes);
    let (mut open, mut tokens) = (0_u64, 0_u64);
    while let Some(byte) = cursor.next() {
        match byte {
            // A string without an end is the last thing its parser reads.
            b'"' => drop(cursor.quoted()),
            b'[' | b'{' => {
                open += 1;
                within(Reason::JsonNesting, open, limits.nesting)?;
                tokens += 1;
            }
            b']' | b'}' => open = open.saturating_sub(1),
            b',' | b':' => tokens += 1,
            _ => {}
        }
        within(Reason::JsonTokens, tokens, limits.json_tokens)?;
    }
    Ok(())
}

/// White space, commas and the parts of a byte order mark: what stands between tokens.
fn is_ignored(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF)
}

/// Line and column of a byte, both from 1.
fn place(text: &str, byte: usize) -> Pos {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    Pos { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether a string held an escaped null character.
    null: bool,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, null: false }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn skip(&mut self, while_: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| while_(*byte)) {
            self.at += 1;
        }
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text));
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// The rest of a GraphQL string whose first quote was read, or nothing if it has no end.
    fn string(&mut self) -> Option<()> {
        if !self.eat(b"\"\"") {
            return self.quoted();
        }
        loop {
            if self.eat(b"\"\"\"") {
                return Some(());
            }
            if !self.eat(b"\\\"\"\"") {
                self.next()?;
            }
        }
    }

    /// The rest of a string of one line.
    fn quoted(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\n' | b'\r' => return None,
                b'\\' if self.eat(b"u0000") => self.null = true,
                b'\\' => drop(self.next()?),
                _ => {}
            }
        }
    }
}
