//! What a type is: its fields as data. A room declares them with [`Builder`]; nothing here knows a business word.

use std::sync::Arc;

use async_graphql::registry::Registry;
use async_graphql::{Context, InputType, ServerResult, Value};
use chrono::NaiveDate;
use entity::Aggregate;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait as _, Iterable as _, ModelTrait as _};

use crate::cell::{Cell, Key};
use crate::filter::FilterKind;
use crate::list::List;
use crate::personal::PersonalKind;
use crate::source::{Head, Reading, Rows, Source, place_of};
use crate::write::Json;

/// A GraphQL type of an aggregate's rows.
pub struct Table {
    /// Its name, which is the aggregate's.
    pub name: &'static str,
    /// What it is, in both languages.
    pub text: &'static str,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Where its rows come from.
    pub source: Arc<dyn Source>,
    /// Its list at the root.
    pub list: Option<List>,
}

impl Table {
    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Whether its rows have a global id.
    pub fn is_node(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.answer, Answer::Id))
    }
}

/// One field.
pub struct Field {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, in both languages.
    pub text: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it may be null.
    pub nullable: bool,
    /// What of it is personal; the schema says so.
    pub personal: Option<PersonalKind>,
    /// The column that it shows, where it shows one.
    pub column: Option<usize>,
    /// By what a list is filtered that is filtered by it.
    pub filter: Option<FilterKind>,
    /// What may be said with it.
    pub arguments: Vec<FieldArgument>,
    /// Why it is resolved by the library, where it is.
    pub reason: Option<&'static str>,
    /// How it is answered.
    pub answer: Answer,
}

/// An argument of a field.
pub struct FieldArgument {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub text: Option<&'static str>,
    /// Registers its type; gives its name.
    pub register: fn(&mut Registry) -> String,
    /// What stands where it is left out.
    pub default: Option<&'static str>,
}

impl FieldArgument {
    /// Of a type that the library knows.
    pub fn of<T: InputType>(name: &'static str) -> Self {
        Self { name, text: None, register: T::create_type_info, default: None }
    }

    /// With this in its place where it is left out.
    #[must_use]
    pub fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// With a description.
    #[must_use]
    pub fn text(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }
}

/// The type of a field.
#[derive(Clone, Copy)]
pub enum Type {
    /// One that the library knows; registered by this, which gives its name.
    Known(fn(&mut Registry) -> String),
    /// A row of a table, which may be missing.
    Row(&'static str),
    /// A list of them.
    Rows(&'static str),
    /// A list of them that may be missing as a whole.
    RowsOrNull(&'static str),
    /// A row of a table that is always there.
    Itself(&'static str),
}

/// A row that a function of a field looks at.
pub struct Record<'a> {
    rows: &'a Rows,
    at: usize,
}

impl<'a> Record<'a> {
    /// A row of those that were read.
    pub fn new(rows: &'a Rows, at: usize) -> Self {
        Self { rows, at }
    }

    /// A column of it; only those that the field names are there.
    pub fn cell<E: Aggregate>(&self, column: E::Column) -> &'a Cell {
        self.rows.cell(self.at, place_of::<E>(column))
    }

    /// The whole row, where the field names all columns.
    pub fn model<E: Aggregate<Model: Default>>(&self) -> E::Model {
        model::<E>(|place| self.rows.cell(self.at, place).clone())
    }

    /// Its id.
    pub fn id(&self) -> i64 {
        self.head().map_or(0, |head| head.id)
    }

    /// What is known of it.
    pub fn head(&self) -> Option<Head> {
        self.rows.heads.get(self.at).copied()
    }
}

/// A row as its entity has it.
pub(crate) fn model<E: Aggregate<Model: Default>>(cell: impl Fn(usize) -> Cell) -> E::Model {
    let mut model = E::Model::default();
    for (place, column) in E::Column::iter().enumerate() {
        model.set(column, cell(place).to_value(column.def().get_column_type()));
    }
    model
}

/// Writes a cell.
pub type WriteCell = fn(&Cell, &mut Json);
/// Writes what follows from a row.
pub type WriteRow = fn(&Record<'_>, &mut Json);
/// Writes what follows from a row and from who asks.
pub type WriteView = Box<dyn Fn(&Reading<'_>, &Record<'_>, &mut Json) + Send + Sync>;
/// Writes what a row is on a day.
pub type WriteDay = Box<dyn Fn(&Record<'_>, NaiveDate, &mut Json) + Send + Sync>;
/// What a row points at.
pub type KeyOf = Box<dyn Fn(&Record<'_>) -> Option<Key> + Send + Sync>;

/// What a field that the library resolves knows of its row.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its id, how much of it is shown, whom it is about.
    pub head: Head,
    /// The columns that the field names, in its order.
    pub cells: Vec<Cell>,
}

/// Resolves a field as the library does.
pub type Resolve = Box<dyn for<'a> Fn(&'a Context<'a>, Seen) -> BoxFuture<'a, ServerResult<Value>> + Send + Sync>;

/// A field that the library resolves.
pub struct Later {
    /// The columns that it needs.
    pub columns: Vec<usize>,
    /// How.
    pub resolve: Resolve,
}

/// How a field is answered.
pub enum Answer {
    /// By the row's id.
    Id,
    /// By whether personal fields are masked.
    Masked,
    /// By one column.
    Cell(usize, WriteCell),
    /// By several columns.
    Row(Vec<usize>, WriteRow),
    /// By several columns and by who asks.
    View(Vec<usize>, WriteView),
    /// By several columns and a day: that of the argument `on`, or the business date.
    Day(Vec<usize>, WriteDay),
    /// By a personal column: in full, or masked.
    Personal(Personal),
    /// By the place of the row in its list.
    Cursor,
    /// By the row itself, as one of this table.
    Itself(&'static str),
    /// By the rows of the page, as those of this table.
    Page(&'static str),
    /// By a row of another table, or several.
    Edge(Edge),
    /// By the library, after all rows are read.
    Later(Later),
}

/// A personal field.
pub struct Personal {
    /// Its column.
    pub column: usize,
    /// The column with the salt of the key under which it is sealed, and as what it is sealed.
    pub sealed: Option<(usize, &'static str)>,
    /// As what a read of it is noted: `Person.name`.
    pub noted: &'static str,
    /// The column with whom it is about, where the row does not say it.
    pub about: Option<usize>,
    /// How it is written.
    pub open: WriteCell,
    /// What is shown in its place; nothing: null.
    pub masked: Option<fn(&str) -> String>,
    /// Where it is everybody's: columns, and whether a row with the value is.
    pub open_where: Option<(Vec<usize>, OpenWhere)>,
}

/// Whether a value is nobody's secret; with the value in full.
pub type OpenWhere = fn(&Record<'_>, &Cell) -> bool;

/// A way to rows of another table.
pub struct Edge {
    /// The table.
    pub to: &'static str,
    /// The columns from which the key follows.
    pub of: Vec<usize>,
    /// The key.
    pub key: KeyOf,
    /// The column of the other table that holds it.
    pub by: &'static str,
    /// Which of them.
    pub which: Which,
    /// Whether they are shown as much as the row that leads to them.
    pub as_parent: bool,
    /// Whether there is none for who sees the row masked; to follow it is noted as this.
    pub closed: Option<&'static str>,
}

/// Which rows an edge leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with the key.
    One,
    /// The newest by a column; `first` says how many.
    Newest(&'static str),
    /// So many of the newest by a column.
    Latest(&'static str, u64),
    /// All in the order of a column.
    All(&'static str),
    /// Parts of this row, in the order of a column.
    Parts(&'static str),
}
