//! The one place that touches what the GraphQL library does not promise to keep: tables as types of its registry, and rows
//! as its output values.

use std::any::Any;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::{MetaField, MetaInputValue, MetaType, MetaTypeId, ObjectBuilder, Registry};
use async_graphql::resolver_utils::ContainerType;
use async_graphql::runtime::TokioTimer;
use async_graphql::{
    Context, ContextSelectionSet, ID, OutputType, PathSegment, Pos, Positioned, ServerError, ServerResult, Value,
};
use entity::Aggregate;
use futures_util::future::FutureObj;
use futures_util::task::{Spawn, SpawnError};
use minzheng_kernel::{Fault, Kernel, Level, Viewer};

use crate::catalogue::Catalogue;
use crate::cell::Key;
use crate::load::{Loaded, later, load};
use crate::personal::invocation;
use crate::plan::Plan;
use crate::row::Row;
use crate::source::{Most, Reading, Rows, Wanted};
use crate::table::{Table, Type};
use crate::write::Writer;

/// Says a fault in the words of who asks; the schema has one.
pub type Say = fn(&Viewer, Fault) -> async_graphql::Error;

/// What the engine needs of the schema's data.
pub struct House {
    /// The kernel.
    pub kernel: Arc<Kernel>,
    /// How faults are told.
    pub say: Say,
    /// How somebody who has not signed in is told to.
    pub unauthenticated: fn(&Viewer) -> async_graphql::Error,
}

/// What rows of one request are answered with: plans of its selections, and rows that wait for others of the same plan.
pub struct Answering {
    /// Whether some key of the document stands twice at one object.
    repeats: OnceLock<bool>,
    plans: Mutex<HashMap<(usize, &'static str), Arc<Plan>>>,
    waiting: DataLoader<Waiting>,
}

impl Answering {
    /// For one request.
    pub fn new(kernel: Arc<Kernel>, viewer: Arc<Viewer>) -> Self {
        let waiting = DataLoader::new(Waiting { kernel, viewer }, Spawner, TokioTimer::default());
        Self { repeats: OnceLock::new(), plans: Mutex::default(), waiting: waiting.max_batch_size(1000) }
    }

    /// The plan of a place of the document, made once.
    fn plan(
        &self,
        place: usize,
        table: &'static Table,
        make: impl FnOnce() -> ServerResult<Plan>,
    ) -> ServerResult<Arc<Plan>> {
        let known = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = known().get(&(place, table.name)) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(make()?);
        Ok(known().entry((place, table.name)).or_insert(plan).clone())
    }
}

/// Starts the batches as tasks whose statements count for the request.
pub struct Spawner;

impl Spawn for Spawner {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        drop(minzheng_kernel::request::spawn(future));
        Ok(())
    }
}

/// Reads what hangs on rows that were met one by one, those of one plan together.
struct Waiting {
    kernel: Arc<Kernel>,
    viewer: Arc<Viewer>,
}

/// A row that waits: one that was read, or one that is known by a key.
#[derive(Clone)]
struct Met {
    plan: Arc<Plan>,
    key: Key,
    /// The column that holds the key.
    by: &'static str,
    row: Option<Shown>,
}

impl Met {
    fn which(&self) -> (usize, &Key, &'static str, Option<Level>) {
        (Arc::as_ptr(&self.plan).addr(), &self.key, self.by, self.row.as_ref().map(|(_, level)| *level))
    }
}

impl PartialEq for Met {
    fn eq(&self, other: &Self) -> bool {
        self.which() == other.which()
    }
}

impl Eq for Met {}

impl Hash for Met {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.which().hash(state);
    }
}

impl Loader<Met> for Waiting {
    type Value = (Arc<Loaded>, usize);
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[Met]) -> Result<HashMap<Met, Self::Value>, Arc<Fault>> {
        let mut plans: HashMap<(usize, &'static str, bool), Vec<&Met>> = HashMap::new();
        for met in keys {
            plans.entry((met.which().0, met.by, met.row.is_some())).or_default().push(met);
        }
        let reading = Reading { kernel: &self.kernel, viewer: &self.viewer };
        let mut found = HashMap::new();
        for ((_, by, read), of) in plans {
            let Some(plan) = of.first().map(|met| met.plan.clone()) else { continue };
            let (rows, at) = if read {
                // Rows that were read stand in the order in which they wait: one may stand there twice.
                let models: Vec<Shown> = of.iter().filter_map(|met| met.row.clone()).collect();
                (plan.table.source.models(&plan.columns, &models).map_err(Arc::new)?, HashMap::new())
            } else {
                let keys: Vec<Key> = of.iter().map(|met| met.key.clone()).collect();
                by_key(reading, &plan, by, &keys).await.map_err(Arc::new)?
            };
            let loaded = Arc::new(load(reading, &plan, Arc::new(rows)).await.map_err(Arc::new)?);
            for (place, met) in of.into_iter().enumerate() {
                let row = if read { Some(place) } else { at.get(&met.key).copied() };
                found.extend(row.map(|row| (met.clone(), (loaded.clone(), row))));
            }
        }
        Ok(found)
    }
}

/// Rows in scope by what a column of them holds, with what a plan needs of them; and where the row of each key stands.
async fn by_key(
    reading: Reading<'_>,
    plan: &Plan,
    by: &str,
    keys: &[Key],
) -> Result<(Rows, HashMap<Key, usize>), Fault> {
    let source = &plan.table.source;
    let by = source.column(by).unwrap_or_default();
    let mut columns = plan.columns.clone();
    if !columns.contains(&by) {
        columns.push(by);
    }
    let rows = source.read(reading, &Wanted { columns: &columns, by, keys, most: Most::One }).await?;
    let at = (0..rows.len()).filter_map(|row| Some((Key::of(rows.cell(row, by))?, row))).collect();
    Ok((rows, at))
}

/// Registers a table and what its fields lead to; gives the name of its type.
pub fn register(registry: &mut Registry, name: &str) -> String {
    if !registry.types.contains_key(name)
        && let Some(table) = Catalogue::find(name)
    {
        // A type may lead back to itself: its place is taken first.
        let empty = ObjectBuilder::new(name.to_owned(), IndexMap::new()).build();
        registry.types.insert(name.to_owned(), empty);
        let fields = table.fields.iter().map(|field| (field.name.to_owned(), meta(registry, field))).collect();
        let built: MetaType =
            ObjectBuilder::new(name.to_owned(), fields).description(Some(table.text.to_owned())).build();
        registry.types.insert(name.to_owned(), built);
    }
    format!("{name}!")
}

fn meta(registry: &mut Registry, field: &crate::table::Field) -> MetaField {
    let ty = match field.ty {
        Type::Known(known) => known(registry),
        Type::Row(to) => register(registry, to).trim_end_matches('!').to_owned(),
        Type::Itself(to) => register(registry, to),
        Type::Rows(to) => format!("[{}]!", register(registry, to)),
        Type::RowsOrNull(to) => format!("[{}]", register(registry, to)),
    };
    let mut args = IndexMap::new();
    for argument in &field.arguments {
        let ty = (argument.register)(registry);
        let input = MetaInputValue {
            default_value: argument.default.map(str::to_owned),
            description: argument.text.map(str::to_owned),
            ..MetaInputValue::new(argument.name, ty)
        };
        args.insert(argument.name.to_owned(), input);
    }
    let personal = field.personal.map(|kind| invocation(registry, kind));
    let directive_invocations = personal.into_iter().collect();
    MetaField {
        description: Some(field.text.to_owned()),
        args,
        directive_invocations,
        ..MetaField::new(field.name.to_owned(), ty)
    }
}

/// Whether some key of the operation stands twice at one object; fragments count as what they hold.
fn repeats(context: &ContextSelectionSet<'_>) -> bool {
    fn keys<'a>(
        context: &'a ContextSelectionSet<'_>,
        set: &'a SelectionSet,
        seen: &mut HashSet<&'a str>,
        open: &mut Vec<&'a str>,
    ) -> bool {
        set.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                let again = !seen.insert(field.node.response_key().node.as_str());
                again || keys(context, &field.node.selection_set.node, &mut HashSet::new(), open)
            }
            Selection::InlineFragment(fragment) => keys(context, &fragment.node.selection_set.node, seen, open),
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let Some(fragment) = context.query_env.fragments.get(name).filter(|_| !open.contains(&name)) else {
                    return false;
                };
                open.push(name);
                let again = keys(context, &fragment.node.selection_set.node, seen, open);
                open.pop();
                again
            }
        })
    }
    keys(context, &context.query_env.operation.node.selection_set.node, &mut HashSet::new(), &mut Vec::new())
}

pub(crate) fn path_of(context: &ContextSelectionSet<'_>) -> Vec<PathSegment> {
    context.set_error_path(ServerError::new("", None)).path
}

/// What is known of the request at a place of it.
pub(crate) struct Place<'a> {
    house: &'a Arc<House>,
    pub(crate) viewer: &'a Arc<Viewer>,
    asking: &'a Arc<Answering>,
    pub(crate) table: &'static Table,
}

impl<'a> Place<'a> {
    pub(crate) fn of(context: &ContextSelectionSet<'a>, name: &str) -> async_graphql::Result<Self> {
        let (house, viewer) = (context.data::<Arc<House>>()?, context.data::<Arc<Viewer>>()?);
        let asking = context.data::<Arc<Answering>>()?;
        let table = Catalogue::find(name).ok_or_else(|| async_graphql::Error::new(format!("no table {name}")))?;
        Ok(Self { house, viewer, asking, table })
    }

    pub(crate) fn reading(&self) -> Reading<'a> {
        Reading { kernel: &self.house.kernel, viewer: self.viewer }
    }

    pub(crate) fn refuse(&self, fault: Fault, pos: Pos) -> ServerError {
        (self.house.say)(self.viewer, fault).into_server_error(pos)
    }

    pub(crate) fn unauthenticated(&self, pos: Pos) -> ServerError {
        (self.house.unauthenticated)(self.viewer).into_server_error(pos)
    }
}

/// What the library resolves of a row and of what hangs on it.
pub(crate) async fn resolve_later(context: &ContextSelectionSet<'_>, plan: &Plan, loaded: &Loaded, row: usize) {
    if plan.later() {
        later(context, plan, loaded, Loaded::FIRST, row).await;
    }
}

/// A row of any table, by its id: `Node` of the schema. Null where there is none in scope.
#[derive(Clone)]
pub struct AnyNode(Which);

impl AnyNode {
    /// A row of an aggregate; nothing where its rows are no nodes.
    pub fn new(aggregate: &str, id: i64) -> Option<Self> {
        let table = Catalogue::find(aggregate).filter(|table| table.is_node())?;
        Some(Self(Which { table: table.name, key: Key::Id(id), by: "id", row: None, alone: false }))
    }

    /// A row that was read.
    pub fn of<E: Aggregate<Model: 'static>>(row: &Row<E>) -> Self {
        Self(Which::read::<E>(row))
    }

    /// The same where nothing else of the request can ask for rows of the same table at the same time: there is nobody to
    /// wait for.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.0.alone = true;
        self
    }
}

impl OutputType for AnyNode {
    fn type_name() -> Cow<'static, str> {
        "Node".into()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.table.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Interface, |registry| {
            let id = <ID as OutputType>::create_type_info(registry);
            let id =
                MetaField { description: Some("全局编号 · global id".to_owned()), ..MetaField::new("id", id) };
            let nodes: Vec<&'static str> =
                Catalogue::all().filter(|table| table.is_node()).map(|table| table.name).collect();
            for node in &nodes {
                register(registry, node);
                registry.add_implements(node, "Node");
            }
            MetaType::Interface {
                name: "Node".to_owned(),
                description: Some("全局对象 · a row with a global id.".to_owned()),
                fields: [("id".to_owned(), id)].into_iter().collect(),
                possible_types: nodes.into_iter().map(str::to_owned).collect(),
                extends: false,
                inaccessible: false,
                tags: Vec::new(),
                keys: None,
                visible: None,
                rust_typename: Some(std::any::type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        object(context, self.0.clone()).await
    }
}

impl ContainerType for AnyNode {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        field_of(context, self.0.clone()).await.map(Some)
    }
}

/// A row as the engine takes it: its model, and how much of it is shown.
pub type Shown = (Arc<dyn Any + Send + Sync>, Level);

/// Which row was met: one that was read, or one that is known by a key.
#[derive(Clone)]
pub(crate) struct Which {
    pub table: &'static str,
    pub key: Key,
    /// The column that holds the key.
    pub by: &'static str,
    pub row: Option<Shown>,
    /// Whether nobody else asks for rows of the same table at the same time.
    pub alone: bool,
}

impl Which {
    pub(crate) fn read<E: Aggregate<Model: 'static>>(row: &Row<E>) -> Self {
        let (key, row) = (Key::Id(E::id(&row.model)), Some((row.model.clone() as Arc<_>, row.level)));
        Self { table: E::NAME, key, by: "id", row, alone: false }
    }
}

/// A row that was met by itself; others of the same place are read together with it. Null where there is none in scope.
pub(crate) async fn object(context: &ContextSelectionSet<'_>, which: Which) -> ServerResult<Value> {
    met(
        context,
        which,
        |writer, plan, loaded, row| writer.row(plan, loaded, row),
        |place| {
            let refuse = |fault: Fault, pos: Pos| place.refuse(fault, pos);
            Plan::new(context, &[context.item], place.table, place.viewer, &refuse)
        },
    )
    .await
}

/// One field of such a row.
pub(crate) async fn field_of(context: &Context<'_>, which: Which) -> ServerResult<Value> {
    // As the object stands that the field is of.
    let mut set = context.with_selection_set(&context.item.node.selection_set);
    set.path_node = set.path_node.and_then(|node| node.parent.copied());
    met(
        &set,
        which,
        |writer, plan, loaded, row| writer.only(plan, loaded, row),
        |place| {
            let refuse = |fault: Fault, pos: Pos| place.refuse(fault, pos);
            Plan::field(&set, context.item, place.table, place.viewer, &refuse)
        },
    )
    .await
}

/// Writes a row, or what is asked for of it.
type Write = for<'p> fn(&mut Writer<'p>, &'p Plan, &'p Loaded, usize) -> Result<(), ServerError>;

async fn met(
    context: &ContextSelectionSet<'_>,
    Which { table, key, by, row, alone }: Which,
    write: Write,
    make: impl FnOnce(&Place<'_>) -> ServerResult<Plan>,
) -> ServerResult<Value> {
    let pos = context.item.pos;
    let failed = |error: async_graphql::Error| context.set_error_path(error.into_server_error(pos));
    let place = Place::of(context, table).map_err(failed)?;
    let at = std::ptr::from_ref(context.item).addr();
    let plan = place.asking.plan(at, place.table, || make(&place))?;
    let waits = row.is_none() || plan.slots.iter().any(|slot| slot.below.is_some());
    let lost = |fault: Fault| context.set_error_path(place.refuse(fault, pos));
    let (loaded, row) = if waits && !alone {
        let read = row.is_some();
        let found = place.asking.waiting.load_one(Met { plan: plan.clone(), key, by, row }).await;
        match found.map_err(|fault| lost(Fault::clone(&fault)))? {
            Some(found) => found,
            None if read => return Err(lost(Fault::Internal("a row that waited was not read".to_owned()))),
            None => return Ok(Value::Null),
        }
    } else {
        // Nobody is waited for.
        let rows = match row {
            Some(row) => place.table.source.models(&plan.columns, &[row]).map_err(lost)?,
            None => by_key(place.reading(), &plan, by, &[key]).await.map_err(lost)?.0,
        };
        if rows.is_empty() {
            return Ok(Value::Null);
        }
        (Arc::new(load(place.reading(), &plan, Arc::new(rows)).await.map_err(lost)?), 0)
    };
    resolve_later(context, &plan, &loaded, row).await;
    let mut writer = Writer::new(place.reading(), path_of(context));
    write(&mut writer, &plan, &loaded, row)?;
    finish(context, &place, writer)
}

/// As a value of the library, with what went wrong told: the bytes as they are, for [`Json::value`] to copy; or, where a key
/// stands twice at one object and the library lays its values into one another, what they say.
pub(crate) fn finish(context: &ContextSelectionSet<'_>, place: &Place<'_>, writer: Writer<'_>) -> ServerResult<Value> {
    let (json, errors) = writer.finish();
    for error in errors {
        context.add_error(error);
    }
    if !place.asking.repeats.get_or_init(|| repeats(context)) {
        return Ok(Value::Binary(json.into()));
    }
    let unread = |error: serde_json::Error| ServerError::new(error.to_string(), Some(context.item.pos));
    serde_json::from_slice(&json).map_err(|error| context.set_error_path(unread(error)))
}
