//! JSON as it is written, from what was planned and read: one pass, masks applied, reads noted where they leave the house.

use async_graphql::{PathSegment, ServerError, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use minzheng_kernel::{Level, Text};

use crate::cell::Cell;
use crate::codes::CodeList;
use crate::load::{Child, Loaded, Node};
use crate::plan::{Plan, What};
use crate::source::Reading;
use crate::table::{Answer, Edge, Personal, Record};

/// JSON that is being written.
#[derive(Debug, Default)]
pub struct Json(pub Vec<u8>);

impl Json {
    /// Nothing.
    pub fn null(&mut self) {
        self.0.extend_from_slice(b"null");
    }

    /// As it is.
    pub fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
            self.0.push(b'"');
            self.0.extend_from_slice(text.as_bytes());
            self.0.push(b'"');
        } else {
            // Writing into memory does not fail.
            let _ = serde_json::to_writer(&mut self.0, text);
        }
    }

    /// A whole number.
    pub fn number(&mut self, number: i64) {
        self.raw(&number.to_string());
    }

    /// Yes or no.
    pub fn flag(&mut self, yes: bool) {
        self.raw(if yes { "true" } else { "false" });
    }

    /// A value of the library. What the engine wrote stands in it as bytes, and is copied as it is.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Binary(written) => self.0.extend_from_slice(written),
            Value::List(items) => {
                self.0.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.0.push(b',');
                    }
                    self.value(item);
                }
                self.0.push(b']');
            }
            Value::Object(fields) => {
                self.0.push(b'{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        self.0.push(b',');
                    }
                    self.text(key);
                    self.0.push(b':');
                    self.value(value);
                }
                self.0.push(b'}');
            }
            // Writing into memory does not fail.
            other => drop(serde_json::to_writer(&mut self.0, other)),
        }
    }

    /// Text or null.
    pub fn text_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// Yes, no or null.
    pub fn flag_or_null(&mut self, flag: Option<bool>) {
        match flag {
            Some(yes) => self.flag(yes),
            None => self.null(),
        }
    }

    /// An instant with China's offset, or null.
    pub fn instant_or_null(&mut self, at: Option<DateTime<Utc>>) {
        match at {
            Some(at) => self.text(&minzheng_kernel::clock::local(at).to_rfc3339()),
            None => self.null(),
        }
    }

    /// Yuan of fen.
    pub fn money(&mut self, fen: i64) {
        self.text(&minzheng_rules::exact::yuan(fen));
    }

    /// A list of strings.
    pub fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.0.push(b'[');
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            self.text(text);
        }
        self.0.push(b']');
    }

    /// A code of a closed list; null where there is none, or it is of no such list.
    pub fn code<T: CodeList>(&mut self, code: Option<&str>) {
        match code.filter(|code| T::CODES.iter().any(|entry| entry.code == *code)) {
            Some(code) => self.text(code),
            None => self.null(),
        }
    }

    /// The lines of a text, as a list.
    pub fn lines_cell(cell: &Cell, json: &mut Self) {
        json.texts(cell.text().unwrap_or_default().lines());
    }

    /// Text or null.
    pub fn text_cell(cell: &Cell, json: &mut Self) {
        json.text_or_null(cell.text());
    }

    /// A number or null.
    pub fn number_cell(cell: &Cell, json: &mut Self) {
        match cell.int() {
            Some(number) => json.number(number),
            None => json.null(),
        }
    }

    /// A 64-bit number as a string, or null.
    pub fn long_cell(cell: &Cell, json: &mut Self) {
        match cell.int() {
            Some(number) => json.text(&number.to_string()),
            None => json.null(),
        }
    }

    /// Yes or no, or null.
    pub fn flag_cell(cell: &Cell, json: &mut Self) {
        match cell {
            Cell::Bool(yes) => json.flag(*yes),
            _ => json.null(),
        }
    }

    /// A date or null.
    pub fn date_cell(cell: &Cell, json: &mut Self) {
        match cell {
            Cell::Date(date) => json.text(&date.to_string()),
            _ => json.null(),
        }
    }

    /// An instant with China's offset, or null.
    pub fn time_cell(cell: &Cell, json: &mut Self) {
        json.instant_or_null(if let Cell::Time(at) = cell { Some(*at) } else { None });
    }

    /// Yuan of fen, or null.
    pub fn money_cell(cell: &Cell, json: &mut Self) {
        match cell.int() {
            Some(fen) => json.money(fen),
            None => json.null(),
        }
    }
}

/// A read that is noted when the answer is whole.
enum Note {
    Person(i64, &'static str),
    Row(&'static str, i64, &'static str),
}

/// A step of the way from the first row to what is written: owned only where an error is told.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Writes rows, and keeps what went wrong and what was read.
pub struct Writer<'a> {
    reading: Reading<'a>,
    /// What was written.
    pub json: Json,
    notes: Vec<Note>,
    /// Errors of fields that may be null, by their paths below the first row.
    pub errors: Vec<ServerError>,
    /// Where the first row stands.
    above: Vec<PathSegment>,
    steps: Vec<Step<'a>>,
}

/// A field that may not be null has failed: the nearest that may be null is.
struct Broken(ServerError);

impl<'a> Writer<'a> {
    /// A writer below a path.
    pub fn new(reading: Reading<'a>, path: Vec<PathSegment>) -> Self {
        Self { reading, json: Json::default(), notes: Vec::new(), errors: Vec::new(), above: path, steps: Vec::new() }
    }

    fn path(&self) -> Vec<PathSegment> {
        let below = self.steps.iter().map(|step| match step {
            Step::Key(key) => PathSegment::Field((*key).to_owned()),
            Step::Index(index) => PathSegment::Index(*index),
        });
        self.above.iter().cloned().chain(below).collect()
    }

    /// Notes what was written.
    pub fn finish(self) -> (Vec<u8>, Vec<ServerError>) {
        for note in self.notes {
            match note {
                Note::Person(person, field) => self.reading.viewer.note_read(person, field),
                Note::Row(aggregate, id, field) => self.reading.viewer.note_read_of(aggregate, id, field),
            }
        }
        (self.json.0, self.errors)
    }

    /// One row; the error is that of a field that may not be null.
    pub fn row(&mut self, plan: &'a Plan, loaded: &'a Loaded, row: usize) -> Result<(), ServerError> {
        self.object(plan, loaded, Loaded::FIRST, row).map_err(|Broken(error)| error)
    }

    /// The value of the only slot of a plan.
    pub fn only(&mut self, plan: &'a Plan, loaded: &'a Loaded, row: usize) -> Result<(), ServerError> {
        let Some(slot) = plan.slots.first() else { return Ok(()) };
        self.steps.push(Step::Key(&slot.key));
        let here = loaded.node(Loaded::FIRST);
        let written = here.map_or(Ok(()), |here| self.slot(plan, loaded, (here, row), 0));
        let written = written.map_err(|Broken(error)| error);
        self.steps.pop();
        written
    }

    /// All rows, as a list.
    pub fn list(&mut self, plan: &'a Plan, loaded: &'a Loaded) -> Result<(), ServerError> {
        self.json.0.push(b'[');
        for row in 0..loaded.node(Loaded::FIRST).map_or(0, |first| first.rows.len()) {
            if row > 0 {
                self.json.0.push(b',');
            }
            self.steps.push(Step::Index(row));
            self.row(plan, loaded, row)?;
            self.steps.pop();
        }
        self.json.0.push(b']');
        Ok(())
    }

    fn broken(&self, message: &str, code: &'static str, slot: &crate::plan::Slot) -> ServerError {
        let mut error = ServerError::new(message, Some(slot.pos));
        error.path = self.path();
        let mut extensions = async_graphql::ErrorExtensionValues::default();
        extensions.set("code", code);
        error.extensions = Some(extensions);
        error
    }

    fn object(&mut self, plan: &'a Plan, loaded: &'a Loaded, node: usize, row: usize) -> Result<(), Broken> {
        let Some(here) = loaded.node(node) else { return Ok(()) };
        self.json.0.push(b'{');
        for (at, slot) in plan.slots.iter().enumerate() {
            if at > 0 {
                self.json.0.push(b',');
            }
            self.json.text(&slot.key);
            self.json.0.push(b':');
            self.steps.push(Step::Key(&slot.key));
            let (begun, noted) = (self.json.0.len(), self.notes.len());
            if let Err(Broken(error)) = self.slot(plan, loaded, (here, row), at) {
                self.json.0.truncate(begun);
                self.notes.truncate(noted);
                if !slot.nullable {
                    self.steps.pop();
                    return Err(Broken(error));
                }
                self.errors.push(error);
                self.json.null();
            }
            self.steps.pop();
        }
        self.json.0.push(b'}');
        Ok(())
    }

    fn slot(
        &mut self,
        plan: &'a Plan,
        loaded: &'a Loaded,
        (here, row): (&'a Node, usize),
        at: usize,
    ) -> Result<(), Broken> {
        let Some(slot) = plan.slots.get(at) else { return Ok(()) };
        if let Some(error) = &slot.error {
            let mut error = error.clone();
            error.path = self.path();
            return Err(Broken(error));
        }
        let Some(head) = here.rows.heads.get(row).copied() else { return Ok(()) };
        let field = match slot.what {
            What::Typename => {
                self.json.text(plan.table.name);
                return Ok(());
            }
            What::Field(field) => plan.table.fields.get(field),
        };
        let Some(field) = field else { return Ok(()) };
        match &field.answer {
            Answer::Id => {
                let id = URL_SAFE_NO_PAD.encode(format!("{}:{}", plan.table.name, head.id));
                self.json.text(&id);
            }
            Answer::Masked => self.json.flag(head.level < Level::Full),
            Answer::Cell(column, write) => write(here.rows.cell(row, *column), &mut self.json),
            Answer::Row(_, write) => write(&Record::new(&here.rows, row), &mut self.json),
            Answer::View(_, write) => write(&self.reading, &Record::new(&here.rows, row), &mut self.json),
            Answer::Day(_, write) => {
                let day = slot.day.unwrap_or(self.reading.viewer.today);
                write(&Record::new(&here.rows, row), day, &mut self.json);
            }
            Answer::Personal(personal) => {
                let name = plan.table.name;
                return self.personal(personal, here, row, name).map_err(|text| {
                    tracing::error!(fault = text, "a sealed value does not open");
                    let message = Text::of("internal").say(self.reading.viewer.lang);
                    Broken(self.broken(&message, "INTERNAL", slot))
                });
            }
            Answer::Cursor => self.json.text(here.rows.cursors.get(row).map(String::as_str).unwrap_or_default()),
            Answer::Edge(Edge { closed: Some(noted), .. }) => {
                if head.level < Level::Full {
                    self.json.null();
                    return Ok(());
                }
                self.note(head.person, plan.table.name, head.id, noted);
                return self.child(plan, loaded, (here, row), at);
            }
            Answer::Itself(_) | Answer::Page(_) | Answer::Edge(_) | Answer::Later(_) => {
                return self.child(plan, loaded, (here, row), at);
            }
        }
        Ok(())
    }

    fn personal(&mut self, personal: &Personal, here: &Node, row: usize, table: &'static str) -> Result<(), String> {
        let Some(head) = here.rows.heads.get(row).copied() else { return Ok(()) };
        let cell = here.rows.cell(row, personal.column);
        if *cell == Cell::Null {
            self.json.null();
            return Ok(());
        }
        let full = head.level == Level::Full;
        let read = full || personal.masked.is_some() || personal.open_where.is_some();
        let opened = match (personal.sealed, cell.bytes()) {
            (Some((salt, context)), Some(blob)) if read => {
                let salt = here.rows.cell(row, salt).bytes().unwrap_or_default();
                let plain = self.reading.kernel.keys.open(salt, context, blob).map_err(|error| error.to_string())?;
                Some(Cell::Text(plain))
            }
            _ => None,
        };
        let value = opened.as_ref().unwrap_or(cell);
        let secret = personal.open_where.as_ref().is_none_or(|(_, open)| !open(&Record::new(&here.rows, row), value));
        if !secret {
            (personal.open)(value, &mut self.json);
        } else if full {
            let person = personal.about.map_or(head.person, |about| here.rows.cell(row, about).int());
            self.note(person, table, head.id, personal.noted);
            (personal.open)(value, &mut self.json);
        } else {
            match personal.masked.zip(value.text()) {
                Some((mask, text)) => (personal.open)(&Cell::Text(mask(text)), &mut self.json),
                None => self.json.null(),
            }
        }
        Ok(())
    }

    /// Notes a read: of the person, or of the row where it is about no registered one.
    fn note(&mut self, person: Option<i64>, table: &'static str, row: i64, field: &'static str) {
        self.notes.push(match person {
            Some(person) => Note::Person(person, field),
            None => Note::Row(table, row, field),
        });
    }

    fn child(
        &mut self,
        plan: &'a Plan,
        loaded: &'a Loaded,
        (here, row): (&'a Node, usize),
        at: usize,
    ) -> Result<(), Broken> {
        let below = plan.slots.get(at).and_then(|slot| slot.below.as_ref());
        match (here.children.get(at), below) {
            (Some(Child::One(of, child)), Some(below)) => match of.get(row).copied().flatten() {
                Some(there) => self.object(below, loaded, *child, there),
                None => {
                    self.json.null();
                    Ok(())
                }
            },
            (Some(Child::Many(of, child)), Some(below)) => {
                self.json.0.push(b'[');
                let rows = of.get(row).map(Vec::as_slice).unwrap_or_default();
                for (index, there) in rows.iter().enumerate() {
                    if index > 0 {
                        self.json.0.push(b',');
                    }
                    self.steps.push(Step::Index(index));
                    let written = self.object(below, loaded, *child, *there);
                    self.steps.pop();
                    written?;
                }
                self.json.0.push(b']');
                Ok(())
            }
            (Some(Child::Itself(child)), Some(below)) => self.object(below, loaded, *child, row),
            (Some(Child::Later(values)), _) => match values.get(row).and_then(|value| value.get()) {
                Some(Ok(value)) => {
                    self.json.value(value);
                    Ok(())
                }
                Some(Err(error)) => Err(Broken(error.clone())),
                None => {
                    self.json.null();
                    Ok(())
                }
            },
            _ => {
                self.json.null();
                Ok(())
            }
        }
    }
}
