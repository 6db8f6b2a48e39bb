//! What an operation costs: every field's weight, times the rows it stands in.
//!
//! A connection field hands its page size (`first` or `last`, or the default) to the connection's
//! own `edges` and `nodes`; each of them multiplies by it, once. Sizes along a path multiply.
//!
//! Fragments are simply walked where they are spread: this runs after `shape`, which knows
//! by then that the operation with all fragments written out has no more than [`Limits::fields`]
//! selections. Their price depends on the type and the page they are spread in.
//!
//! What a directive leaves out is priced like the rest, but only what is run may take longer than usual.

use async_graphql::{
    Positioned, Value as ConstValue, Variables,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

use super::{
    filters,
    limits::Limits,
    refused::{Reason, Refused, within},
    values::{Given, Sizes, entries, variable},
};

/// How many values a field stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// One.
    None,
    /// A list of about so many.
    Fixed(u32),
    /// A list cut by `first` or `last`.
    Paged {
        /// Its length when neither is given.
        default: u32,
    },
    /// A list with a value for each key of an argument, as in `nodes(ids:)`.
    Keyed {
        /// The argument that lists the keys.
        argument: &'static str,
        /// Its length when the argument is left out.
        default: u32,
    },
    /// One object, whose [`ListKind::Items`] are cut by the field's `first` or `last`.
    Connection {
        /// Rows when neither is given.
        default: u32,
    },
    /// One object, whose [`ListKind::Items`] are one for each key of an argument, as in
    /// `figures(codes:)`.
    Set {
        /// The argument that lists the keys.
        argument: &'static str,
        /// How many when the argument is left out.
        default: u32,
    },
    /// The rows of the connection or set this field stands in: `edges`, `nodes`.
    Items,
}

/// The price of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldCost<'a> {
    /// What it costs once.
    pub weight: u32,
    /// How many values it stands for.
    pub list: ListKind,
    /// What it costs for each thing it is given to do.
    pub each: Option<Each>,
    /// For how long a request for it may run, where that is longer than usual; it is asked for alone then.
    pub seconds: Option<u64>,
    /// The name of its type, without list and non-null.
    pub of_type: &'a str,
}

/// The price of each entry of a list somewhere in the arguments, such as the commands of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Each {
    /// Where the list stands: the argument, then the fields of the input objects.
    pub path: &'static [&'static str],
    /// What one entry costs.
    pub weight: u32,
}

/// The price list of a schema.
pub trait CostTable: Send + Sync {
    /// The name of a root type.
    fn root(&self, operation: OperationType) -> Option<&str>;

    /// The price of a field of an object or interface; nothing for a field there is not.
    fn field(&self, parent_type: &str, field: &str) -> Option<FieldCost<'_>>;
}

/// Arguments cost one for so much of `Sizes::of`: nothing for the usual few.
const VALUES_PER_COST: u64 = 16;

/// Lists of types within lists of types: `types { fields { type { fields` is a third.
const INTROSPECTION_LISTS: u64 = 2;

/// What an operation comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Priced {
    /// Its price.
    pub(super) total: u64,
    /// For how long it may run, where that is longer than usual.
    pub(super) seconds: Option<u64>,
    /// The fields of its root that are run.
    pub(super) root: Vec<Box<str>>,
}

/// Prices an operation and holds its pages to the limits.
pub(super) fn price(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    sizes: &Sizes<'_>,
    table: &dyn CostTable,
    limits: &Limits,
) -> Result<Priced, Refused> {
    let mut pricer =
        Pricer { document, operation, variables, sizes, table, limits, total: 0, seconds: None, root: Vec::new() };
    let root = Place { parent: table.root(operation.ty), times: 1, items: 1, type_lists: 0, root: true, run: true };
    pricer.set(&operation.selection_set, root)?;
    within(Reason::Cost, pricer.total, limits.cost)?;
    if let Some((name, _)) = pricer.seconds
        && pricer.root.len() > 1
    {
        return Err(Refused::new(Reason::Alone).about(name));
    }
    let root = pricer.root.into_iter().map(Into::into).collect();
    Ok(Priced { total: pricer.total, seconds: pricer.seconds.map(|(_, seconds)| seconds), root })
}

struct Pricer<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    sizes: &'a Sizes<'a>,
    table: &'a dyn CostTable,
    limits: &'a Limits,
    total: u64,
    /// A field of the root that is run and takes long.
    seconds: Option<(&'a str, u64)>,
    /// Fields of the root that are run.
    root: Vec<&'a str>,
}

/// Where a selection set stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The type its fields are of; nothing below an unknown field.
    parent: Option<&'a str>,
    /// How often it is answered.
    times: u64,
    /// Rows of the connection it is of.
    items: u64,
    /// Lists of types around it.
    type_lists: u64,
    /// Whether its fields are those of the root.
    root: bool,
    /// Whether it is run: no directive leaves it out.
    run: bool,
}

impl<'a> Pricer<'a> {
    fn set(&mut self, set: &'a Positioned<SelectionSet>, place: Place<'a>) -> Result<(), Refused> {
        for selection in &set.node.items {
            let place = Place { run: place.run && self.is_run(selection.node.directives()), ..place };
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, place).map_err(|refused| refused.at(field.pos))?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let parent = condition.map(|condition| condition.node.on.node.as_str()).or(place.parent);
                    self.set(&inline.node.selection_set, Place { parent, ..place })?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        let parent = Some(fragment.node.type_condition.node.on.node.as_str());
                        self.set(&fragment.node.selection_set, Place { parent, ..place })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Field, place: Place<'a>) -> Result<(), Refused> {
        let name = field.name.node.as_str();
        let known = place.parent.and_then(|parent| self.table.field(parent, name));
        let unknown = FieldCost { weight: 1, list: ListKind::None, each: None, seconds: None, of_type: "" };
        let FieldCost { weight, list, each, seconds, .. } = known.unwrap_or(unknown);
        if place.root && place.run && known.is_some() && !name.starts_with("__") {
            self.root.push(name);
            self.seconds = self.seconds.or(seconds.map(|seconds| (name, seconds)));
        }
        let entries = each.map_or(0, |each| u64::from(each.weight).saturating_mul(self.entries(field, each.path)));
        let once = (u64::from(weight) + self.sizes.of(&field.arguments) / VALUES_PER_COST).saturating_add(entries);
        self.total = self.total.saturating_add(once.saturating_mul(place.times));

        let (values, items) = match list {
            ListKind::None => (1, 1),
            ListKind::Fixed(length) => (u64::from(length), 1),
            ListKind::Paged { default } => (self.page(field, default)?, 1),
            ListKind::Keyed { argument, default } => (self.keys(field, argument, default)?, 1),
            ListKind::Connection { default } => {
                filters::said(&field.arguments, self.operation, self.variables)?;
                (1, self.page(field, default)?)
            }
            ListKind::Set { argument, default } => (1, self.keys(field, argument, default)?),
            ListKind::Items => (place.items, 1),
        };
        let type_lists = place.type_lists + u64::from(lists_types(place.parent, name));
        within(Reason::Introspection, type_lists, INTROSPECTION_LISTS)?;
        self.set(
            &field.selection_set,
            Place {
                parent: known.map(|known| known.of_type),
                times: place.times.saturating_mul(values),
                items,
                type_lists,
                root: false,
                run: place.run,
            },
        )
    }

    /// Whether the directives leave it in, as the engine will decide.
    fn is_run(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let given = directive.node.get_argument("if").map(|value| &value.node);
            let holds = match given {
                Some(Value::Boolean(holds)) => Some(*holds),
                Some(Value::Variable(name)) => match variable(name, self.operation, self.variables) {
                    Some(ConstValue::Boolean(holds)) => Some(*holds),
                    _ => None,
                },
                _ => None,
            };
            match directive.node.name.node.as_str() {
                "skip" => holds != Some(true),
                "include" => holds != Some(false),
                _ => true,
            }
        })
    }

    /// How many entries the list at a path of the arguments has.
    fn entries(&self, field: &Field, path: &[&str]) -> u64 {
        let Some((argument, path)) = path.split_first() else { return 0 };
        let given = field.get_argument(argument).map(|value| &value.node);
        given.map_or(0, |value| entries(value, path, self.operation, self.variables))
    }

    /// Rows of a page, at least one so that nothing below is free.
    fn page(&self, field: &Field, default: u32) -> Result<u64, Refused> {
        let given = |name| self.given(field, name);
        let page = match (given("first"), given("last")) {
            (Given::Nothing, Given::Nothing) => u64::from(default),
            (Given::Number(rows), Given::Nothing) | (Given::Nothing, Given::Number(rows)) => rows,
            (Given::Number(first), Given::Number(last)) => first.max(last),
            // No number: validation refuses it, and until then it counts as the longest.
            _ => self.limits.page,
        };
        within(Reason::Page, page, self.limits.page).map_err(|refused| refused.about(field.name.node.as_str()))?;
        Ok(page.max(1))
    }

    fn keys(&self, field: &Field, argument: &str, default: u32) -> Result<u64, Refused> {
        let keys = match self.given(field, argument) {
            Given::Nothing => u64::from(default),
            Given::List(keys) => keys,
            // One value stands for a list of one.
            Given::Number(_) | Given::Other => 1,
        };
        within(Reason::Keys, keys, self.limits.keys).map_err(|refused| refused.about(field.name.node.as_str()))?;
        Ok(keys.max(1))
    }

    fn given(&self, field: &Field, argument: &str) -> Given {
        Given::argument(&field.arguments, argument, self.operation, self.variables)
    }
}

/// Whether a field of the introspection schema lists types, or what has types.
fn lists_types(parent: Option<&str>, field: &str) -> bool {
    match parent {
        Some("__Schema") => field == "types",
        Some("__Type") => {
            matches!(field, "fields" | "inputFields" | "interfaces" | "possibleTypes")
        }
        _ => false,
    }
}
