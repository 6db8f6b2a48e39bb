//! What a type is: its fields as data. A room declares them with [`Builder`]; nothing here knows a business word.

use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::registry::Registry;
use async_graphql::{Context, ID, InputType, OutputType, ServerResult, Value};
use chrono::NaiveDate;
use entity::Aggregate;
use futures_util::future::BoxFuture;
use minzheng_kernel::Fault;
use sea_orm::sea_query::{ColumnType, Condition};
use sea_orm::{ColumnTrait as _, IdenStatic as _, Iterable as _, ModelTrait as _};

use crate::cell::{Cell, Key};
use crate::codes::CodeList;
use crate::filter::{DateFilter, DivisionFilter, Filter, FilterKind, NumberFilter, TextFilter, YesNoFilter};
use crate::list::{Argument, List, ListFilter, ListOrder};
use crate::personal::{PersonalKind, mask_of};
use crate::row::Row;
use crate::scalars::{Date, DateTime, Decimal, DivisionCode, Long, Money};
use crate::source::{Head, Of, Reading, Rows, Source, place_of};
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

fn model<E: Aggregate<Model: Default>>(cell: impl Fn(usize) -> Cell) -> E::Model {
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

/// Declares the fields of a type, in the order in which the schema shows them.
pub struct Builder<E: Aggregate> {
    table: Table,
    entity: PhantomData<fn() -> E>,
}

fn known<T: OutputType>(registry: &mut Registry) -> String {
    T::create_type_info(registry)
}

/// Text that a declaration makes; a program makes it once, and keeps it as long as it runs.
pub(crate) fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// A column as the schema names it.
pub fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

/// What a list is asked by, as its field is called in Chinese.
fn asked_text(field: &Field) -> String {
    let head = field.text.split(" · ").next().unwrap_or_default();
    if field.personal.is_some() { format!("{head} · only where shown in full") } else { head.to_owned() }
}

/// `effectiveFrom` as a value of an enum: `EFFECTIVE_FROM`.
fn shouted(name: &str) -> String {
    let mut value = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            value.push('_');
        }
        value.push(letter.to_ascii_uppercase());
    }
    value
}

/// Writes a code of a closed list, or null.
fn code<T: CodeList>(cell: &Cell, json: &mut Json) {
    json.code::<T>(cell.text());
}

impl<E: Aggregate<Model: Default + 'static> + 'static> Builder<E> {
    /// A type with this description.
    pub fn new(text: &'static str) -> Self {
        let source = Arc::new(Of::<E>::default());
        let table = Table { name: E::NAME, text, fields: Vec::new(), source, list: None };
        Self { table, entity: PhantomData }
    }

    /// The type.
    pub fn table(self) -> Table {
        self.table
    }

    /// Its list at the root, and the column that it is ordered by unless something else is said.
    #[must_use]
    pub fn list(mut self, name: &'static str, text: &'static str, usual: E::Column) -> Self {
        let usual = place_of::<E>(usual);
        let (filters, orders, arguments) = (Vec::new(), Vec::new(), Vec::new());
        self.table.list = Some(List { name, text, usual, filters, orders, arguments });
        self
    }

    /// Something else that the list is asked by: `condition` says of which rows it holds. Where it is personal, `personal`
    /// names it, and only who sees all rows in full may ask.
    #[must_use]
    pub fn asked_by<T: InputType + 'static>(
        mut self,
        name: &'static str,
        text: &'static str,
        personal: bool,
        condition: fn(&Reading<'_>, T) -> Result<Condition, Fault>,
    ) -> Self {
        if let Some(list) = &mut self.table.list {
            list.arguments.push(Argument::new::<T>(name, text, personal, condition));
        }
        self
    }

    fn push(mut self, name: &'static str, text: &'static str, ty: Type, answer: Answer) -> Self {
        let nullable = matches!(ty, Type::Row(_) | Type::RowsOrNull(_));
        self.table.fields.push(Field {
            name,
            text,
            ty,
            nullable,
            personal: None,
            column: None,
            filter: None,
            arguments: Vec::new(),
            answer,
        });
        self
    }

    fn known<T: OutputType>(self, name: &'static str, text: &'static str, answer: Answer) -> Self {
        let nullable = !T::qualified_type_name().ends_with('!');
        self.push(name, text, Type::Known(known::<T>), answer).last(|field| field.nullable = nullable)
    }

    fn last(mut self, change: impl FnOnce(&mut Field)) -> Self {
        if let Some(field) = self.table.fields.last_mut() {
            change(field);
        }
        self
    }

    fn places(columns: &[E::Column]) -> Vec<usize> {
        columns.iter().map(|column| place_of::<E>(*column)).collect()
    }

    fn all() -> Vec<usize> {
        (0..E::Column::iter().count()).collect()
    }

    /// A column that the library knows the type of, named as the column is; it may be null where the column may.
    fn cell<T: OutputType>(self, column: E::Column, text: &'static str, write: WriteCell) -> Self {
        let place = place_of::<E>(column);
        let name = kept(camel(column.as_str()));
        let answer = Answer::Cell(place, write);
        let this = if column.def().is_null() {
            self.known::<Option<T>>(name, text, answer)
        } else {
            self.known::<T>(name, text, answer)
        };
        this.last(|field| field.column = Some(place))
    }

    /// 全局编号
    #[must_use]
    pub fn id(self) -> Self {
        let place = place_of::<E>(E::id_column());
        self.known::<ID>("id", "全局编号 · global id.", Answer::Id).last(|field| field.column = Some(place))
    }

    /// Counts up with every change.
    #[must_use]
    pub fn version(self) -> Self {
        self.number(E::version_column(), "版本 · counts up with every change.")
    }

    /// Whether personal fields are masked.
    #[must_use]
    pub fn masked(self, name: &'static str, text: &'static str) -> Self {
        self.known::<bool>(name, text, Answer::Masked)
    }

    /// Text.
    #[must_use]
    pub fn text(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<String>(column, text, Json::text_cell).filtered_as::<TextFilter>()
    }

    /// A whole number.
    #[must_use]
    pub fn number(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<i32>(column, text, Json::number_cell).filtered_as::<NumberFilter>()
    }

    /// A whole number that may be large.
    #[must_use]
    pub fn long(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<Long>(column, text, Json::long_cell)
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<bool>(column, text, Json::flag_cell).filtered_as::<YesNoFilter>()
    }

    /// A civil date.
    #[must_use]
    pub fn date(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<Date>(column, text, Json::date_cell).filtered_as::<DateFilter>()
    }

    /// An instant.
    #[must_use]
    pub fn instant(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<DateTime>(column, text, Json::time_cell)
    }

    /// Money, kept in fen.
    #[must_use]
    pub fn money(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<Money>(column, text, Json::money_cell)
    }

    /// An exact number, kept as text.
    #[must_use]
    pub fn decimal(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<Decimal>(column, text, Json::text_cell)
    }

    /// A division by its code.
    #[must_use]
    pub fn division(self, column: E::Column, text: &'static str) -> Self {
        self.cell::<DivisionCode>(column, text, Json::text_cell).filtered_as::<DivisionFilter>()
    }

    /// A code of a closed list; null where it is missing or of no such list.
    #[must_use]
    pub fn code<T: CodeList>(self, column: E::Column, text: &'static str) -> Self {
        let place = place_of::<E>(column);
        self.known::<Option<T>>(kept(camel(column.as_str())), text, Answer::Cell(place, code::<T>))
            .last(|field| field.column = Some(place))
            .filtered_as::<T::Filter>()
    }

    /// What follows from several columns.
    #[must_use]
    pub fn computed<T: OutputType>(
        self,
        name: &'static str,
        text: &'static str,
        columns: &[E::Column],
        write: WriteRow,
    ) -> Self {
        self.known::<T>(name, text, Answer::Row(Self::places(columns), write))
    }

    /// What follows from the whole row and from who asks.
    #[must_use]
    pub fn computed_for<T: OutputType>(
        self,
        name: &'static str,
        text: &'static str,
        write: fn(&Reading<'_>, &Row<E>, &mut Json),
    ) -> Self {
        let write: WriteView = Box::new(move |reading, record, json| {
            let Some(head) = record.head() else { return json.null() };
            write(reading, &Row { model: Arc::new(record.model::<E>()), level: head.level }, json);
        });
        self.known::<T>(name, text, Answer::View(Self::all(), write))
    }

    /// What the row is on a day: that of the argument `on`, or the business date.
    #[must_use]
    pub fn on_day<T: OutputType>(
        self,
        name: &'static str,
        text: &'static str,
        write: fn(&E::Model, NaiveDate, &mut Json),
    ) -> Self {
        let write: WriteDay = Box::new(move |record, day, json| write(&record.model::<E>(), day, json));
        self.known::<T>(name, text, Answer::Day(Self::all(), write))
            .last(|field| field.arguments.push(FieldArgument::of::<Option<Date>>("on")))
    }

    /// A code of a closed list that the row has on a day.
    #[must_use]
    pub fn code_on_day<T: CodeList>(
        self,
        name: &'static str,
        text: &'static str,
        state: fn(&E::Model, NaiveDate) -> Option<&'static str>,
    ) -> Self {
        let write: WriteDay = Box::new(move |record, day, json| json.code::<T>(state(&record.model::<E>(), day)));
        self.known::<Option<T>>(name, text, Answer::Day(Self::all(), write))
            .last(|field| field.arguments.push(FieldArgument::of::<Option<Date>>("on")))
    }

    /// A personal column, as the entity says of which kind; `T` is what it is in the schema.
    fn personal_as<T: OutputType>(self, column: E::Column, text: &'static str, open: WriteCell) -> Self {
        let place = place_of::<E>(column);
        let name = kept(camel(column.as_str()));
        let kind = E::personal().iter().find(|(personal, _)| personal.as_str() == column.as_str());
        let kind = kind.map_or(PersonalKind::Case, |(_, kind)| (*kind).into());
        let sealed = matches!(
            column.def().get_column_type(),
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob
        );
        let salt = E::Column::iter().position(|column| column.as_str() == "key_salt");
        let sealed_as = kept(format!("{}.{}", E::default().table_name(), column.as_str()));
        let personal = Personal {
            column: place,
            sealed: salt.filter(|_| sealed).map(|salt| (salt, sealed_as)),
            noted: kept(format!("{}.{name}", E::NAME)),
            about: None,
            open,
            masked: mask_of(kind),
            open_where: None,
        };
        self.known::<T>(name, text, Answer::Personal(personal)).last(|field| {
            field.column = Some(place);
            field.personal = Some(kind);
        })
    }

    /// Personal text, sealed or not: in full, or as its kind is masked, or null.
    #[must_use]
    pub fn personal(self, column: E::Column, text: &'static str) -> Self {
        let this = if column.def().is_null() || mask_of(kind_of::<E>(column)).is_none() {
            self.personal_as::<Option<String>>(column, text, Json::text_cell)
        } else {
            self.personal_as::<String>(column, text, Json::text_cell)
        };
        this.filtered_as::<TextFilter>()
    }

    /// A personal code of a closed list; null when masked.
    #[must_use]
    pub fn personal_code<T: CodeList>(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<T>>(column, text, code::<T>).filtered_as::<T::Filter>()
    }

    /// A personal date; null when masked.
    #[must_use]
    pub fn personal_date(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<Date>>(column, text, Json::date_cell).filtered_as::<DateFilter>()
    }

    /// Personal money; null when masked.
    #[must_use]
    pub fn personal_money(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<Money>>(column, text, Json::money_cell)
    }

    /// A personal number; null when masked.
    #[must_use]
    pub fn personal_number(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<i32>>(column, text, Json::number_cell).filtered_as::<NumberFilter>()
    }

    /// A personal exact number; null when masked.
    #[must_use]
    pub fn personal_decimal(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<Decimal>>(column, text, Json::text_cell)
    }

    /// A personal division; null when masked.
    #[must_use]
    pub fn personal_division(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Option<DivisionCode>>(column, text, Json::text_cell).filtered_as::<DivisionFilter>()
    }

    /// Of the last field, which is personal: several lines of text, each masked by itself.
    #[must_use]
    pub fn personal_lines(self, column: E::Column, text: &'static str) -> Self {
        self.personal_as::<Vec<String>>(column, text, Json::lines_cell).last(|field| {
            if let Answer::Personal(personal) = &mut field.answer {
                // What is masked is written by the same, line by line.
                personal.masked = personal.masked.map(|_| mask_lines as fn(&str) -> String);
            }
        })
    }

    /// Of the last field, which is personal: it is everybody's where this holds.
    #[must_use]
    pub fn open_where(self, columns: &[E::Column], open: OpenWhere) -> Self {
        let columns = Self::places(columns);
        self.last(|field| {
            if let Answer::Personal(personal) = &mut field.answer {
                personal.open_where = Some((columns, open));
            }
        })
    }

    /// Of the last field, which is personal: whom it is about, where the row as a whole is about several.
    #[must_use]
    pub fn about(self, column: E::Column) -> Self {
        let place = place_of::<E>(column);
        self.last(|field| {
            if let Answer::Personal(personal) = &mut field.answer {
                personal.about = Some(place);
            }
        })
    }

    /// Of the last field, which is personal: null when masked, whatever its kind.
    #[must_use]
    pub fn null_when_masked(self) -> Self {
        self.last(|field| {
            field.nullable = true;
            field.ty = Type::Known(known::<Option<String>>);
            if let Answer::Personal(personal) = &mut field.answer {
                personal.masked = None;
            }
        })
    }

    /// Of the last field, which is personal: never null, since the column is not.
    #[must_use]
    pub fn or_null(self) -> Self {
        self.last(|field| {
            field.nullable = true;
            field.ty = Type::Known(known::<Option<String>>);
        })
    }

    /// Of the last field: it is sealed as this.
    #[must_use]
    pub fn sealed_as(self, sealed_as: &'static str) -> Self {
        self.last(|field| {
            if let Answer::Personal(Personal { sealed: Some((_, context)), .. }) = &mut field.answer {
                *context = sealed_as;
            }
        })
    }

    /// Of the last field, which is personal: as what a read of it is noted.
    #[must_use]
    pub fn noted_as(self, noted: &'static str) -> Self {
        self.last(|field| {
            if let Answer::Personal(personal) = &mut field.answer {
                personal.noted = noted;
            }
        })
    }

    /// Of the last field: its name in the schema, where it is not that of the column.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        self.last(|field| {
            field.name = name;
            if let Answer::Personal(personal) = &mut field.answer {
                personal.noted = kept(format!("{}.{name}", E::NAME));
            }
        })
    }

    fn filtered_as<F: InputType + Filter>(self) -> Self {
        self.last(|field| field.filter = Some(FilterKind::of::<F>()))
    }

    /// Of the last field: the list is filtered by it, as by its kind.
    #[must_use]
    pub fn filter(mut self) -> Self {
        if let (Some(field), Some(list)) = (self.table.fields.last(), &mut self.table.list)
            && let (Some(column), Some(kind)) = (field.column, field.filter)
        {
            let text = kept(asked_text(field));
            list.filters.push(ListFilter { name: field.name, text, column, kind });
        }
        self
    }

    /// Of the last field: the list is filtered by it, by this kind of filter.
    #[must_use]
    pub fn filter_as<F: InputType + Filter>(self) -> Self {
        self.filtered_as::<F>().filter()
    }

    /// The list is filtered by a column that no field shows as it is.
    #[must_use]
    pub fn filter_only<F: InputType + Filter>(
        mut self,
        name: &'static str,
        text: &'static str,
        column: E::Column,
    ) -> Self {
        if let Some(list) = &mut self.table.list {
            list.filters.push(ListFilter { name, text, column: place_of::<E>(column), kind: FilterKind::of::<F>() });
        }
        self
    }

    /// Of the last field: the list may be ordered by it.
    #[must_use]
    pub fn order(mut self) -> Self {
        if let (Some(field), Some(list)) = (self.table.fields.last(), &mut self.table.list)
            && let Some(column) = field.column
        {
            let id = matches!(field.answer, Answer::Id);
            let text = if id { "登记先后 · in the order of recording" } else { kept(asked_text(field)) };
            list.orders.push(ListOrder { name: field.name, value: kept(shouted(field.name)), text, column });
        }
        self
    }

    /// The list may be ordered by a column that no field shows as it is.
    #[must_use]
    pub fn order_only(mut self, name: &'static str, text: &'static str, column: E::Column) -> Self {
        if let Some(list) = &mut self.table.list {
            let column = place_of::<E>(column);
            list.orders.push(ListOrder { name, value: kept(shouted(name)), text, column });
        }
        self
    }

    /// The row of another table that a column points at by its id; null where there is none in scope.
    #[must_use]
    pub fn one(self, name: &'static str, text: &'static str, to: &'static str, of: E::Column) -> Self {
        self.one_by(name, text, to, of, "id")
    }

    /// The same by another column of the other table.
    #[must_use]
    pub fn one_by(
        self,
        name: &'static str,
        text: &'static str,
        to: &'static str,
        of: E::Column,
        by: &'static str,
    ) -> Self {
        let key: KeyOf = Box::new(move |row| Key::of(row.cell::<E>(of)));
        self.edge(name, text, to, of, key, (by, Which::One))
    }

    /// The row of another table by a key that follows from a column.
    #[must_use]
    pub fn one_computed(
        self,
        name: &'static str,
        text: &'static str,
        to: &'static str,
        of: E::Column,
        key: fn(&Cell) -> Option<Key>,
        by: &'static str,
    ) -> Self {
        let key: KeyOf = Box::new(move |row| key(row.cell::<E>(of)));
        self.edge(name, text, to, of, key, (by, Which::One))
    }

    /// Rows of another table that point at this one by its id.
    #[must_use]
    pub fn many(
        self,
        name: &'static str,
        text: &'static str,
        to: &'static str,
        (by, which): (&'static str, Which),
    ) -> Self {
        let key: KeyOf = Box::new(|row| Some(Key::Id(row.id())));
        self.edge(name, text, to, E::id_column(), key, (by, which))
    }

    /// Rows of another table that name what a column of this one says.
    #[must_use]
    pub fn many_by(
        self,
        name: &'static str,
        text: &'static str,
        to: &'static str,
        of: E::Column,
        (by, which): (&'static str, Which),
    ) -> Self {
        let key: KeyOf = Box::new(move |row| Key::of(row.cell::<E>(of)));
        self.edge(name, text, to, of, key, (by, which))
    }

    fn edge(
        self,
        name: &'static str,
        text: &'static str,
        to: &'static str,
        of: E::Column,
        key: KeyOf,
        (by, which): (&'static str, Which),
    ) -> Self {
        let of = vec![place_of::<E>(of)];
        let edge = Edge { to, of, key, by, which, as_parent: false, closed: None };
        let ty = if which == Which::One { Type::Row(to) } else { Type::Rows(to) };
        let this = self.push(name, text, ty, Answer::Edge(edge));
        if matches!(which, Which::Newest(_)) {
            return this.last(|field| field.arguments.push(FieldArgument::of::<i32>("first").or("20")));
        }
        this
    }

    /// Of the last field, an edge: its rows are shown as much as the row that leads to them.
    #[must_use]
    pub fn as_parent(self) -> Self {
        self.last(|field| {
            if let Answer::Edge(edge) = &mut field.answer {
                edge.as_parent = true;
            }
        })
    }

    /// Of the last field, an edge to many rows: null for who sees the row masked; for others that it was asked is noted.
    #[must_use]
    pub fn closed_when_masked(self, kind: PersonalKind) -> Self {
        self.last(|field| {
            field.nullable = true;
            field.personal = Some(kind);
            if let Type::Rows(to) = field.ty {
                field.ty = Type::RowsOrNull(to);
            }
            if let Answer::Edge(edge) = &mut field.answer {
                edge.closed = Some(kept(format!("{}.{}", E::NAME, field.name)));
            }
        })
    }

    /// What the library resolves, from the whole row.
    #[must_use]
    pub fn later_of<T: OutputType + 'static>(
        self,
        name: &'static str,
        text: &'static str,
        resolve: for<'a> fn(&'a Context<'a>, Row<E>) -> BoxFuture<'a, async_graphql::Result<T>>,
    ) -> Self {
        let resolve: Resolve = Box::new(move |context, seen| {
            let level = seen.head.level;
            let row = model::<E>(|place| seen.cells.get(place).cloned().unwrap_or(Cell::Null));
            let value = resolve(context, Row { model: Arc::new(row), level });
            Box::pin(async move { resolved(context, value.await).await })
        });
        self.known::<T>(name, text, Answer::Later(Later { columns: Self::all(), resolve }))
    }

    /// Of the last field: it takes an argument.
    #[must_use]
    pub fn argument(self, argument: FieldArgument) -> Self {
        self.last(|field| field.arguments.push(argument))
    }

    /// Of the last field: it is personal.
    #[must_use]
    pub fn of_kind(self, kind: PersonalKind) -> Self {
        self.last(|field| field.personal = Some(kind))
    }
}

/// Names of several persons, one a line, each masked.
fn mask_lines(lines: &str) -> String {
    lines.lines().map(minzheng_rules::mask::name).collect::<Vec<_>>().join("\n")
}

fn kind_of<E: Aggregate>(column: E::Column) -> PersonalKind {
    let kind = E::personal().iter().find(|(personal, _)| personal.as_str() == column.as_str());
    kind.map_or(PersonalKind::Case, |(_, kind)| (*kind).into())
}

/// A field of a table that the library resolves, from what a resolver gives.
pub async fn resolved<T: OutputType>(context: &Context<'_>, answer: async_graphql::Result<T>) -> ServerResult<Value> {
    let value = answer.map_err(|error| context.set_error_path(error.into_server_error(context.item.pos)))?;
    let inside = context.with_selection_set(&context.item.node.selection_set);
    OutputType::resolve(&value, &inside, context.item).await
}
