//! Lists at the root: Relay's connections, filters and orders, from what the tables declare of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field as AskedField;
use async_graphql::registry::{
    EnumBuilder, InputObjectBuilder, MetaEnumValue, MetaField, MetaInputValue, MetaTypeId, ObjectBuilder, Registry,
};
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{
    Context, ContextSelectionSet, InputType, InputValueResult, ObjectType, OutputType, Pos, Positioned, ServerError,
    ServerResult, SimpleObject, Value,
};
use async_trait::async_trait;
use entity::Aggregate;
use minzheng_kernel::{Fault, Level, PageInput, Viewer, page};
use sea_orm::sea_query::{Condition, Expr};

use crate::builder::kept;
use crate::catalogue::Catalogue;
use crate::cell::Cell;
use crate::codes::Direction;
use crate::engine;
use crate::engine::Place;
use crate::filter::{FilterKind, given};
use crate::load::{Loaded, load_below};
use crate::plan::{Plan, What};
use crate::source::{Head, PageRead, PageWanted, Reading, Rows, Source, Wanted, place_of};
use crate::table::{Answer, Table};
use crate::write::Writer;

/// The list of a table at the root.
pub struct List {
    /// Its name: `recognitions`.
    pub name: &'static str,
    /// What it is, in both languages.
    pub text: &'static str,
    /// The column that it is ordered by unless something else is said.
    pub usual: usize,
    /// What it is filtered by.
    pub filters: Vec<ListFilter>,
    /// What it may be ordered by.
    pub orders: Vec<ListOrder>,
    /// What else it may be asked by.
    pub arguments: Vec<Argument>,
}

/// A field that a list is filtered by.
pub struct ListFilter {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub text: &'static str,
    /// The column.
    pub column: usize,
    /// What kind of filter it is.
    pub kind: FilterKind,
}

/// Something that a list may be ordered by.
pub struct ListOrder {
    /// The name of the field.
    pub name: &'static str,
    /// The same as a value of the enum.
    pub value: &'static str,
    /// What it is.
    pub text: &'static str,
    /// The column.
    pub column: usize,
}

/// The condition of an argument.
type ConditionOf = Box<dyn Fn(&Reading<'_>, Value, Pos) -> Result<Option<Condition>, Failed> + Send + Sync>;

/// An argument of a list that is no filter.
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub text: &'static str,
    /// Whether it is personal.
    pub personal: bool,
    register: fn(&mut Registry) -> String,
    condition: ConditionOf,
}

/// Why an argument is not taken.
enum Failed {
    Asked(ServerError),
    Fault(Fault),
}

impl Argument {
    /// Of a type that the library knows.
    pub fn new<T: InputType + 'static>(
        name: &'static str,
        text: &'static str,
        personal: bool,
        condition: fn(&Reading<'_>, T) -> Result<Condition, Fault>,
    ) -> Self {
        let condition: ConditionOf = Box::new(move |reading, value, pos| {
            let value = given::<T>(value, pos).map_err(Failed::Asked)?;
            value.map(|value| condition(reading, value)).transpose().map_err(Failed::Fault)
        });
        Self { name, text, personal, register: <Option<T> as InputType>::create_type_info, condition }
    }
}

/// Relay's page information.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// 后面还有 · whether there are rows after this page.
    pub has_next_page: bool,
    /// 前面还有 · whether there are rows before this page.
    pub has_previous_page: bool,
    /// 首个游标 · cursor of the first row.
    pub start_cursor: Option<String>,
    /// 末个游标 · cursor of the last row.
    pub end_cursor: Option<String>,
}

/// The columns of the one row that stands for a page.
pub(crate) struct PageColumns {
    pub has_next: usize,
    pub has_previous: usize,
    pub start: usize,
    pub end: usize,
    pub total: usize,
}

/// Where they stand.
pub(crate) const PAGE_COLUMNS: PageColumns = PageColumns { has_next: 0, has_previous: 1, start: 2, end: 3, total: 4 };

/// Where pages come from: they are made as they are read.
pub(crate) struct PageSource;

fn no_table<T>() -> Result<T, Fault> {
    Err(Fault::Internal("a page is no table".to_owned()))
}

#[async_trait]
impl Source for PageSource {
    fn name(&self) -> &'static str {
        "page"
    }

    fn column(&self, _: &str) -> Option<usize> {
        None
    }

    fn always(&self, _: &Viewer) -> Vec<usize> {
        Vec::new()
    }

    fn models(&self, _: &[usize], _: &[engine::Shown]) -> Result<Rows, Fault> {
        no_table()
    }

    async fn read(&self, _: Reading<'_>, _: &Wanted<'_>) -> Result<Rows, Fault> {
        no_table()
    }

    fn reference(&self, _: usize) -> Expr {
        Expr::val(0)
    }

    fn is_personal(&self, _: usize) -> bool {
        false
    }

    async fn page(&self, _: Reading<'_>, _: PageWanted<'_>) -> Result<PageRead, Fault> {
        no_table()
    }

    fn cursor(&self, _: usize, _: bool, _: &Cell, _: i64) -> String {
        String::new()
    }

    async fn count(&self, _: Reading<'_>, _: Condition) -> Result<u64, Fault> {
        no_table()
    }

    async fn is_shown(&self, _: Reading<'_>, _: i64) -> Result<bool, Fault> {
        no_table()
    }

    async fn heads(&self, _: Reading<'_>, _: Condition, _: u64) -> Result<Vec<Head>, Fault> {
        no_table()
    }
}

/// A value as it was given, whatever it is: the table says what it has to be.
pub(crate) struct Given(pub Value);

impl InputType for Given {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        "Given".into()
    }

    fn create_type_info(_: &mut Registry) -> String {
        "Given".to_owned()
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        Ok(Self(value.unwrap_or_default()))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// The fields of the root that are lists of tables.
#[derive(Default)]
pub struct Lists;

impl OutputType for Lists {
    fn type_name() -> Cow<'static, str> {
        "Lists".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let lists = Catalogue::all().filter_map(|table| Some((table, table.list.as_ref()?)));
            let fields = lists.map(|(table, list)| (list.name.to_owned(), meta(registry, table, list))).collect();
            ObjectBuilder::new("Lists", fields).build()
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<AskedField>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

impl ContainerType for Lists {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(table) = Catalogue::listed(context.item.node.name.node.as_str()) else { return Ok(None) };
        Box::pin(answer(context, table)).await.map(Some)
    }
}

impl ObjectType for Lists {}

fn input(name: &str, text: &str, ty: String) -> (String, MetaInputValue) {
    let description = Some(text.to_owned()).filter(|text| !text.is_empty());
    (name.to_owned(), MetaInputValue { description, ..MetaInputValue::new(name, ty) })
}

fn meta(registry: &mut Registry, table: &'static Table, list: &'static List) -> MetaField {
    let connection = kept(format!("{}Connection", table.name));
    let ty = engine::register(registry, connection);
    let (filter, order) = (format!("{}Where", table.name), format!("{}Order", table.name));
    let fields: IndexMap<String, MetaInputValue> =
        list.filters.iter().map(|filter| input(filter.name, filter.text, (filter.kind.register)(registry))).collect();
    let text = "筛选 · all that is given must hold.".to_owned();
    let object = InputObjectBuilder::new(filter.clone(), fields).description(Some(text)).build();
    registry.types.insert(filter.clone(), object);
    let values = list.orders.iter().map(|order| {
        let description = Some(order.text.to_owned());
        (order.value.to_owned(), MetaEnumValue { description, ..MetaEnumValue::new(order.value) })
    });
    let text = "排序 · the order of the list; ties by id.".to_owned();
    let values = EnumBuilder::new(order.clone(), values.collect()).description(Some(text)).build();
    registry.types.insert(order.clone(), values);
    let own = list.arguments.iter().map(|one| input(one.name, one.text, (one.register)(registry)));
    let mut args: IndexMap<String, MetaInputValue> = own.collect();
    let number = <Option<i32> as InputType>::create_type_info(registry);
    let text = <Option<String> as InputType>::create_type_info(registry);
    let direction = <Option<Direction> as InputType>::create_type_info(registry);
    args.extend([
        input("first", "条数 · so many from the start, or after `after`; at most 100, left out: 20", number.clone()),
        input("after", "游标 · those after this cursor", text.clone()),
        input("last", "条数 · so many from the end, or before `before`; at most 100", number),
        input("before", "游标 · those before this cursor", text),
        input("where", "筛选 · left out: all in scope", filter),
        input("orderBy", "排序 · left out: the first order of the list", order),
        input("direction", "方向 · left out: ascending", direction),
    ]);
    MetaField { description: Some(list.text.to_owned()), args, ..MetaField::new(list.name, ty) }
}

/// The personal fields by which a list is asked for: a filter, an order, an exact search. Only where they are shown in
/// full, and then whom they find is noted as read, and that it was searched where nobody is found (design §3.9).
#[derive(Default)]
struct Asked(BTreeSet<String>);

impl Asked {
    fn add(&mut self, viewer: &Viewer, table: &Table, how: &str, field: &str) -> Result<(), Fault> {
        viewer.require_open_of(table.name, field)?;
        self.0.insert(format!("{}.{how}.{field}", table.name));
        Ok(())
    }

    fn note_found(&self, viewer: &Viewer, table: &'static Table, found: usize) {
        viewer.note_search(table.name, self.0.iter().cloned().collect(), i64::try_from(found).unwrap_or(i64::MAX));
    }

    fn note(&self, viewer: &Viewer, table: &'static Table, heads: &[Head]) {
        for head in heads {
            for field in &self.0 {
                match head.person {
                    Some(person) => viewer.note_read(person, field.clone()),
                    None => viewer.note_read_of(table.name, head.id, field.clone()),
                }
            }
        }
    }
}

/// What a list is asked for.
struct Question {
    condition: Condition,
    sort: usize,
    descending: bool,
    input: PageInput,
    asked: Asked,
}

/// Refused as the library refuses what it can't read of a type: the types around it are named.
fn inside(mut error: ServerError, of: &str) -> ServerError {
    error.message = format!("{} (occurred while parsing \"{of}\")", error.message);
    error
}

fn question(context: &Context<'_>, place: &Place<'_>, table: &'static Table, list: &List) -> ServerResult<Question> {
    let pos = context.item.pos;
    let lost = |fault: Fault| context.set_error_path(place.refuse(fault, pos));
    let mut asked = Asked::default();
    let mut condition = Condition::all();
    for argument in &list.arguments {
        let (at, value) = context.param_value::<Given>(argument.name, None)?;
        if value.0 == Value::Null {
            continue;
        }
        if argument.personal {
            asked.add(place.viewer, table, "where", argument.name).map_err(lost)?;
        }
        let more = (argument.condition)(&place.reading(), value.0, at).map_err(|failed| match failed {
            Failed::Asked(error) => context.set_error_path(error),
            Failed::Fault(fault) => lost(fault),
        })?;
        condition = condition.add_option(more);
    }
    let input = PageInput {
        first: context.param_value::<Option<i32>>("first", None)?.1,
        after: context.param_value::<Option<String>>("after", None)?.1,
        last: context.param_value::<Option<i32>>("last", None)?.1,
        before: context.param_value::<Option<String>>("before", None)?.1,
    };
    let (at, filter) = context.param_value::<Given>("where", None)?;
    let order = context.param_value::<Given>("orderBy", None)?.1;
    let direction = context.param_value::<Option<Direction>>("direction", None)?.1;
    // Who has not signed in and can never see a row of it is told so, rather than that there are none.
    if place.viewer.is_anonymous() && place.viewer.best_level_of(table.name) < Level::Masked {
        return Err(context.set_error_path(place.unauthenticated(pos)));
    }
    if let Value::Object(given) = filter.0 {
        for filter in &list.filters {
            let Some(value) = given.get(filter.name).filter(|value| **value != Value::Null) else { continue };
            let column = table.source.reference(filter.column);
            let more = (filter.kind.condition)(value.clone(), &column, at);
            let more = more.map_err(|error| context.set_error_path(inside(error, &format!("{}Where", table.name))))?;
            if table.source.is_personal(filter.column) {
                asked.add(place.viewer, table, "where", filter.name).map_err(lost)?;
            }
            condition = condition.add_option(more);
        }
    }
    let mut sort = list.usual;
    let value = match &order.0 {
        Value::Enum(value) => Some(value.as_str()),
        Value::String(value) => Some(value.as_str()),
        _ => None,
    };
    if let Some(order) = list.orders.iter().find(|order| Some(order.value) == value) {
        sort = order.column;
    }
    if table.source.is_personal(sort) {
        let order = list.orders.iter().find(|order| order.column == sort);
        asked.add(place.viewer, table, "orderBy", order.map_or("", |order| order.name)).map_err(lost)?;
    }
    Ok(Question { condition, sort, descending: direction == Some(Direction::Desc), input, asked })
}

/// Rows of an aggregate as a page that a resolver gives.
pub struct Connection<E: Aggregate> {
    condition: Condition,
    sort: usize,
    input: PageInput,
    entity: PhantomData<fn() -> E>,
}

impl<E: Aggregate> Connection<E> {
    /// Those in scope of which this holds, in the order of a column.
    pub fn new(condition: Condition, sort: E::Column, input: PageInput) -> Self {
        Self { condition, sort: place_of::<E>(sort), input, entity: PhantomData }
    }
}

impl<E: Aggregate> OutputType for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", E::NAME).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        engine::register(registry, &<Self as OutputType>::type_name())
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<AskedField>) -> ServerResult<Value> {
        let Some(table) = Catalogue::find(E::NAME) else { return Ok(Value::Null) };
        let (condition, input) = (self.condition.clone(), self.input.clone());
        let question = Question { condition, sort: self.sort, descending: false, input, asked: Asked::default() };
        Box::pin(page_of(context, field.pos, table, question)).await
    }
}

/// Answers a list.
async fn answer(context: &Context<'_>, table: &'static Table) -> ServerResult<Value> {
    let pos = context.item.pos;
    let set = context.with_selection_set(&context.item.node.selection_set);
    let Some(list) = &table.list else { return Ok(Value::Null) };
    let place = Place::of(&set, table.name).map_err(|error| context.set_error_path(error.into_server_error(pos)))?;
    let question = question(context, &place, table, list)?;
    page_of(&set, pos, table, question).await
}

/// Reads a page and what hangs on it, and writes it.
async fn page_of(
    set: &ContextSelectionSet<'_>,
    pos: Pos,
    table: &'static Table,
    question: Question,
) -> ServerResult<Value> {
    let connection = format!("{}Connection", table.name);
    let place = Place::of(set, &connection).map_err(|error| set.set_error_path(error.into_server_error(pos)))?;
    let lost = |fault: Fault| set.set_error_path(place.refuse(fault, pos));
    let refuse = |fault: Fault, pos: Pos| place.refuse(fault, pos);
    let plan = Plan::new(set, &[set.item], place.table, place.viewer, &refuse)?;
    let needs = Needs::of(&plan);
    let mut columns = needs.columns;
    columns.extend(table.source.always(place.viewer));
    columns.insert(question.sort);
    let columns: Vec<usize> = columns.into_iter().collect();
    let wanted = PageWanted {
        columns: &columns,
        condition: question.condition.clone(),
        sort: question.sort,
        descending: question.descending,
        input: &question.input,
    };
    let PageRead { mut rows, has_previous, has_next } =
        table.source.page(place.reading(), wanted).await.map_err(lost)?;
    let asked = &question.asked;
    if !asked.0.is_empty() {
        asked.note_found(place.viewer, table, rows.len());
        asked.note(place.viewer, table, &rows.heads);
    }
    let cursor = |rows: &Rows, row: usize| {
        let id = rows.heads.get(row).map_or(0, |head| head.id);
        table.source.cursor(question.sort, question.descending, rows.cell(row, question.sort), id)
    };
    let of = |row: Option<usize>| match row.filter(|row| needs.info && *row < rows.len()) {
        Some(row) => Cell::Text(cursor(&rows, row)),
        None => Cell::Null,
    };
    let (start, end) = (of(Some(0)), of(rows.len().checked_sub(1)));
    if needs.cursors {
        rows.cursors = (0..rows.len()).map(|row| cursor(&rows, row)).collect();
    }
    let total = if needs.total {
        let count = table.source.count(place.reading(), question.condition.clone()).await.map_err(lost)?;
        if !asked.0.is_empty() {
            // Who was counted is told by it: up to a page of them by name, of more how many.
            asked.note_found(place.viewer, table, usize::try_from(count).unwrap_or(usize::MAX));
            if usize::try_from(count).is_ok_and(|count| count > rows.len()) && count <= page::PAGE_MOST {
                let all = table.source.heads(place.reading(), question.condition, page::PAGE_MOST);
                asked.note(place.viewer, table, &all.await.map_err(lost)?);
            }
        }
        Cell::Int(i64::try_from(count).unwrap_or(i64::MAX).min(i32::MAX.into()))
    } else {
        Cell::Null
    };
    // In the order of `PAGE_COLUMNS`.
    let own = vec![Cell::Bool(has_next), Cell::Bool(has_previous), start, end, total];
    let mut loaded = Loaded::new(&plan, Arc::new(Rows::single(own)));
    let rows = Arc::new(rows);
    let mut level = Vec::new();
    for (at, slot) in plan.slots.iter().enumerate() {
        let (What::Field(field), Some(below)) = (slot.what, &slot.below) else { continue };
        if let Some(Answer::Page(_)) = plan.table.fields.get(field).map(|field| &field.answer) {
            level.push(loaded.page(&plan, at, below, rows.clone()));
        }
    }
    load_below(place.reading(), &mut loaded, &plan, level).await.map_err(lost)?;
    engine::resolve_later(set, &plan, &loaded, 0).await;
    let mut writer = Writer::new(place.reading(), engine::path_of(set));
    writer.row(&plan, &loaded, 0)?;
    engine::finish(set, &place, writer)
}

/// What a page has to hold for a plan.
#[derive(Default)]
struct Needs {
    columns: BTreeSet<usize>,
    cursors: bool,
    info: bool,
    total: bool,
}

impl Needs {
    fn of(plan: &Plan) -> Self {
        let mut needs = Self::default();
        for slot in &plan.slots {
            let What::Field(field) = slot.what else { continue };
            match (plan.table.fields.get(field).map(|field| &field.answer), &slot.below) {
                (Some(Answer::Page(_)), Some(below)) => {
                    needs.columns.extend(&below.columns);
                    needs.cursors |= below.slots.iter().any(|slot| is_cursor(below.table, slot.what));
                }
                (Some(Answer::Itself(_)), _) => needs.info = true,
                (Some(Answer::Cell(..)), _) => needs.total = true,
                _ => {}
            }
        }
        needs
    }
}

fn is_cursor(table: &Table, what: What) -> bool {
    let What::Field(field) = what else { return false };
    matches!(table.fields.get(field).map(|field| &field.answer), Some(Answer::Cursor))
}

/// Which page a field is asked for.
pub fn page_asked(context: &Context<'_>) -> ServerResult<PageInput> {
    Ok(PageInput {
        first: context.param_value::<Option<i32>>("first", None)?.1,
        after: context.param_value::<Option<String>>("after", None)?.1,
        last: context.param_value::<Option<i32>>("last", None)?.1,
        before: context.param_value::<Option<String>>("before", None)?.1,
    })
}
