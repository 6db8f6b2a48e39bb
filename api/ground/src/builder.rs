//! How a table is declared: a line a field, from an entity.

use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::registry::Registry;
use async_graphql::{Context, ID, InputType, OutputType, ServerResult, Value};
use chrono::NaiveDate;
use entity::Aggregate;
use futures_util::future::BoxFuture;
use minzheng_kernel::Fault;
use sea_orm::sea_query::{ColumnType, Condition};
use sea_orm::{ColumnTrait as _, IdenStatic as _, Iterable as _};

use crate::cell::{Cell, Key};
use crate::codes::CodeList;
use crate::filter::{DateFilter, DivisionFilter, Filter, FilterKind, NumberFilter, TextFilter, YesNoFilter};
use crate::list::{Argument, List, ListFilter, ListOrder};
use crate::personal::{PersonalKind, mask_of};
use crate::row::Row;
use crate::scalars::{Date, DateTime, Decimal, DivisionCode, Long, Money};
use crate::source::{Of, Reading, place_of};
use crate::write::Json;

use crate::table::{
    Answer, Edge, Field, FieldArgument, KeyOf, Later, OpenWhere, Personal, Resolve, Table, Type, Which, WriteCell,
    WriteDay, WriteRow, WriteView, model,
};

/// Declares the fields of a type, in the order in which the schema shows them.
pub struct Builder<E: Aggregate> {
    table: Table,
    entity: PhantomData<fn() -> E>,
}

fn known<T: OutputType>(registry: &mut Registry) -> String {
    T::create_type_info(registry)
}

/// On which day something is asked.
fn on() -> FieldArgument {
    FieldArgument::of::<Option<Date>>("on").text("日期 · on which day; left out: the business date")
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
            reason: None,
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
        self.known::<T>(name, text, Answer::Day(Self::all(), write)).argument(on())
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
        self.known::<Option<T>>(name, text, Answer::Day(Self::all(), write)).argument(on())
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
            let first = FieldArgument::of::<i32>("first").or("20");
            return this.argument(first.text("条数 · so many; at most 100"));
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

    /// Of the last field, which the library resolves: why it is not data.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        self.last(|field| field.reason = Some(reason))
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
