//! Reads what a plan needs, level by level: one statement an edge for all rows of a level.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use async_graphql::{ContextSelectionSet, ServerResult, Value};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, try_join_all};
use minzheng_kernel::Fault;
use minzheng_kernel::Level::Full;

use crate::cell::{Cell, Key};
use crate::plan::{Plan, Slot, What};
use crate::source::{Most, Reading, Rows, Wanted};
use crate::table::{Answer, Record, Seen, Table};

/// Rows with what hangs on them: a node for each edge of each level, the first for the rows that it began with.
pub struct Loaded {
    nodes: Vec<Node>,
}

/// Rows of one plan.
pub struct Node {
    /// The rows.
    pub rows: Arc<Rows>,
    /// Of each slot of the plan.
    pub children: Vec<Child>,
}

/// What hangs on rows at one slot.
pub enum Child {
    /// Nothing: it is written from the row itself.
    None,
    /// The row itself, as one of another table.
    Itself(usize),
    /// One row of each, or none.
    One(Vec<Option<usize>>, usize),
    /// Rows of each, in order.
    Many(Vec<Vec<usize>>, usize),
    /// What the library resolves, of each.
    Later(Vec<OnceLock<ServerResult<Value>>>),
}

impl Loaded {
    /// The rows that it began with.
    pub const FIRST: usize = 0;

    /// With the rows that it begins with.
    pub fn new(plan: &Plan, rows: Arc<Rows>) -> Self {
        let mut loaded = Self { nodes: Vec::new() };
        loaded.push(plan, rows);
        loaded
    }

    /// Hangs all these rows on the first one, at a slot.
    pub(crate) fn page<'a>(&mut self, plan: &Plan, slot: usize, below: &'a Plan, rows: Arc<Rows>) -> Level<'a> {
        debug_assert!(plan.slots.len() > slot, "the slot is one of the plan");
        let used = vec![true; rows.len()];
        let all = (0..rows.len()).collect();
        let node = self.push(below, rows);
        self.set(Self::FIRST, slot, Child::Many(vec![all], node));
        Level { plan: below, node, used }
    }

    /// A node.
    pub fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    fn push(&mut self, plan: &Plan, rows: Arc<Rows>) -> usize {
        let children = plan.slots.iter().map(|_| Child::None).collect();
        self.nodes.push(Node { rows, children });
        self.nodes.len() - 1
    }

    fn set(&mut self, node: usize, slot: usize, child: Child) {
        if let Some(place) = self.nodes.get_mut(node).and_then(|node| node.children.get_mut(slot)) {
            *place = child;
        }
    }
}

/// Rows of a level: of which plan, in which node, and which of them are asked for.
pub(crate) struct Level<'a> {
    plan: &'a Plan,
    node: usize,
    used: Vec<bool>,
}

/// Rows of one table that edges of a level lead to: those of the same way are read together.
struct Read<'a> {
    table: &'static Table,
    by: usize,
    most: Most,
    columns: BTreeSet<usize>,
    keys: BTreeSet<Key>,
    edges: Vec<Waiting<'a>>,
}

/// An edge that waits for its rows.
struct Waiting<'a> {
    node: usize,
    slot: usize,
    below: &'a Plan,
    keys: Vec<Option<Key>>,
    /// Where its rows are shown as much as those that lead to them: these.
    parent: Option<Arc<Rows>>,
}

/// Reads what hangs on rows, level by level.
pub async fn load(reading: Reading<'_>, plan: &Plan, rows: Arc<Rows>) -> Result<Loaded, Fault> {
    let mut loaded = Loaded::new(plan, rows);
    load_below(reading, &mut loaded, plan, Vec::new()).await?;
    Ok(loaded)
}

/// The same of rows that hang on one another already, in these levels beside the first.
pub(crate) async fn load_below<'a>(
    reading: Reading<'_>,
    loaded: &mut Loaded,
    plan: &'a Plan,
    mut level: Vec<Level<'a>>,
) -> Result<(), Fault> {
    let used = loaded.node(Loaded::FIRST).map_or(0, |first| first.rows.len());
    level.insert(0, Level { plan, node: Loaded::FIRST, used: vec![true; used] });
    while !level.is_empty() {
        let reads = asked(loaded, level);
        let found = try_join_all(reads.iter().map(|read| fetch(reading, read))).await?;
        level = Vec::new();
        for (read, rows) in reads.into_iter().zip(found) {
            let rows = Arc::new(rows);
            let of = by_key(&rows, &read);
            for edge in &read.edges {
                level.push(led(loaded, edge, read.most, &rows, &of));
            }
        }
    }
    Ok(())
}

/// What the edges of a level ask for.
fn asked<'a>(loaded: &mut Loaded, level: Vec<Level<'a>>) -> Vec<Read<'a>> {
    let mut reads: Vec<Read<'a>> = Vec::new();
    let mut level = VecDeque::from(level);
    while let Some(Level { plan, node, used }) = level.pop_front() {
        let Some(rows) = loaded.node(node).map(|node| node.rows.clone()) else { continue };
        for (at, slot) in plan.slots.iter().enumerate() {
            let What::Field(field) = slot.what else { continue };
            match (plan.table.fields.get(field).map(|field| &field.answer), &slot.below, slot.most) {
                (Some(Answer::Later(_)), ..) => {
                    let each = rows.heads.iter().map(|_| OnceLock::new()).collect();
                    loaded.set(node, at, Child::Later(each));
                }
                (Some(Answer::Itself(_)), Some(below), _) => {
                    let same = loaded.push(below, rows.clone());
                    loaded.set(node, at, Child::Itself(same));
                    level.push_back(Level { plan: below, node: same, used: used.clone() });
                }
                (Some(Answer::Edge(edge)), Some(below), Some(most)) if slot.error.is_none() => {
                    let key = |row: usize| {
                        let record = Record::new(&rows, row);
                        let closed = edge.closed.is_some() && record.head().is_none_or(|head| head.level < Full);
                        if closed { None } else { (edge.key)(&record) }
                    };
                    let keys: Vec<Option<Key>> =
                        used.iter().enumerate().map(|(row, used)| used.then(|| key(row)).flatten()).collect();
                    let table = below.table;
                    let by = table.source.column(edge.by).unwrap_or_default();
                    let same = |read: &Read<'_>| (read.table.name, read.by, read.most) == (table.name, by, most);
                    let place = reads.iter().position(same).unwrap_or_else(|| {
                        let (columns, keys) = (BTreeSet::new(), BTreeSet::new());
                        reads.push(Read { table, by, most, columns, keys, edges: Vec::new() });
                        reads.len() - 1
                    });
                    if let Some(read) = reads.get_mut(place) {
                        read.columns.extend(&below.columns);
                        read.keys.extend(keys.iter().flatten().cloned());
                        let parent = edge.as_parent.then(|| rows.clone());
                        read.edges.push(Waiting { node, slot: at, below, keys, parent });
                    }
                }
                _ => {}
            }
        }
    }
    reads
}

async fn fetch(reading: Reading<'_>, read: &Read<'_>) -> Result<Rows, Fault> {
    let none = matches!(read.most, Most::Newest(_, 0));
    let keys: Vec<Key> = if none { Vec::new() } else { read.keys.iter().cloned().collect() };
    let columns: Vec<usize> = read.columns.iter().copied().collect();
    read.table.source.read(reading, &Wanted { columns: &columns, by: read.by, keys: &keys, most: read.most }).await
}

/// The rows of each key, in order.
fn by_key(rows: &Rows, read: &Read<'_>) -> HashMap<Key, Vec<usize>> {
    let mut of: HashMap<Key, Vec<usize>> = HashMap::new();
    for row in 0..rows.len() {
        if let Some(key) = Key::of(rows.cell(row, read.by)) {
            of.entry(key).or_default().push(row);
        }
    }
    if let Most::Newest(sort, _) | Most::All(sort) | Most::Parts(sort) = read.most {
        let newest = matches!(read.most, Most::Newest(..));
        for list in of.values_mut() {
            list.sort_by(|a, b| order(rows, sort, newest, *a, *b));
        }
    }
    of
}

/// Hangs the rows that were read on those that lead to them.
fn led<'a>(
    loaded: &mut Loaded,
    edge: &Waiting<'a>,
    most: Most,
    rows: &Arc<Rows>,
    of: &HashMap<Key, Vec<usize>>,
) -> Level<'a> {
    let there = |key: &Option<Key>| key.as_ref().and_then(|key| of.get(key)).map(Vec::as_slice).unwrap_or_default();
    let rows = &edge.parent.as_ref().map_or_else(
        || rows.clone(),
        |parent| {
            let mut shown = Rows::clone(rows);
            for (key, head) in edge.keys.iter().zip(&parent.heads) {
                for row in there(key) {
                    if let Some(of) = shown.heads.get_mut(*row) {
                        of.level = head.level;
                    }
                }
            }
            Arc::new(shown)
        },
    );
    let node = loaded.push(edge.below, rows.clone());
    let mut used = vec![false; rows.len()];
    let mut use_of = |row: usize| {
        if let Some(used) = used.get_mut(row) {
            *used = true;
        }
        row
    };
    let child = if most == Most::One {
        Child::One(edge.keys.iter().map(|key| there(key).first().map(|row| use_of(*row))).collect(), node)
    } else {
        Child::Many(edge.keys.iter().map(|key| there(key).iter().map(|row| use_of(*row)).collect()).collect(), node)
    };
    loaded.set(edge.node, edge.slot, child);
    Level { plan: edge.below, node, used }
}

fn order(rows: &Rows, sort: usize, newest: bool, a: usize, b: usize) -> std::cmp::Ordering {
    let id = |row: usize| rows.heads.get(row).map(|head| head.id);
    let (one, other) = (rows.cell(a, sort), rows.cell(b, sort));
    // Nothing comes last in both directions.
    let nothing = (*one == Cell::Null).cmp(&(*other == Cell::Null));
    let order = one.compare(other).then_with(|| id(a).cmp(&id(b)));
    nothing.then(if newest { order.reverse() } else { order })
}

/// What the library resolves of one row and of what hangs on it, all at the same time. The context is that of the row.
pub fn later<'a>(
    context: &'a ContextSelectionSet<'a>,
    plan: &'a Plan,
    loaded: &'a Loaded,
    node: usize,
    row: usize,
) -> BoxFuture<'a, ()> {
    async move {
        let Some(here) = loaded.node(node) else { return };
        let slots = plan.slots.iter().zip(&here.children).filter(|(slot, _)| slot.later);
        join_all(slots.map(|(slot, child)| later_at(context, plan, loaded, (here, row), (slot, child)))).await;
    }
    .boxed()
}

async fn later_at(
    context: &ContextSelectionSet<'_>,
    plan: &Plan,
    loaded: &Loaded,
    (here, row): (&Node, usize),
    (slot, child): (&Slot, &Child),
) {
    let (What::Field(field), Some(first)) = (slot.what, slot.fields.first()) else { return };
    let of_field = context.with_field(first);
    let inside = of_field.with_selection_set(&first.node.selection_set);
    match (child, &slot.below) {
        (Child::Later(values), _) => {
            let Some(Answer::Later(of)) = plan.table.fields.get(field).map(|field| &field.answer) else { return };
            let (Some(head), Some(value)) = (here.rows.heads.get(row), values.get(row)) else { return };
            if value.get().is_some() {
                return;
            }
            let cells = of.columns.iter().map(|column| here.rows.cell(row, *column).clone()).collect();
            let seen = Seen { head: *head, cells };
            let mut all: Option<Value> = None;
            for asked in &slot.fields {
                match (of.resolve)(&context.with_field(asked), seen.clone()).await {
                    Ok(more) => all = Some(all.map_or_else(|| more.clone(), |before| merged(before, more.clone()))),
                    Err(error) => {
                        let _ = value.set(Err(error));
                        return;
                    }
                }
            }
            let _ = value.set(Ok(all.unwrap_or_default()));
        }
        (Child::Itself(child), Some(below)) => later(&inside, below, loaded, *child, row).await,
        (Child::One(of, child), Some(below)) => {
            if let Some(there) = of.get(row).copied().flatten() {
                later(&inside, below, loaded, *child, there).await;
            }
        }
        (Child::Many(of, child), Some(below)) => {
            let rows = of.get(row).map(Vec::as_slice).unwrap_or_default();
            let inside = &inside;
            join_all(rows.iter().enumerate().map(|(index, there)| async move {
                later(&inside.with_index(index), below, loaded, *child, *there).await;
            }))
            .await;
        }
        _ => {}
    }
}

/// Two values of one key: objects are laid into one another.
fn merged(before: Value, more: Value) -> Value {
    match (before, more) {
        (Value::Object(mut before), Value::Object(more)) => {
            for (key, value) in more {
                match before.get_mut(&key) {
                    Some(there) => *there = merged(std::mem::take(there), value),
                    None => {
                        before.insert(key, value);
                    }
                }
            }
            Value::Object(before)
        }
        (Value::List(before), Value::List(more)) if before.len() == more.len() => {
            Value::List(before.into_iter().zip(more).map(|(before, more)| merged(before, more)).collect())
        }
        (before, _) => before,
    }
}
