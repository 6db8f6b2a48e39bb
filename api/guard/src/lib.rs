//! The guard in front of the GraphQL engine.
//!
//! Every document, over HTTP, SSE or WebSocket, sent or persisted, passes [`Guard::check`] before
//! the engine sees it. In this order, each step making the next one safe:
//!
//! 1. `scan` reads the bytes: length, tokens, nesting. After it a parser may recurse.
//! 2. The parser makes the document, once: the engine is handed the result.
//! 3. `shape` measures it with fragments written out, by a memo. After it a walk is short.
//! 4. `conflict` refuses the first clash of two fields. After it validation's errors are few.
//! 5. `cost` prices the operation that will run: weights times page sizes.
//!
//! A refusal is a value, [`Refused`], with a code, numbers and a message in two languages.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{
    Name, Positioned, Request, Variables,
    parser::{
        self, parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
    },
};

use lru::LruCache;

mod conflict;
pub mod cost;
mod filters;
pub mod hostile;
pub mod http;
pub mod limits;
pub mod persisted;
pub mod refused;
pub mod scan;
mod shape;
pub mod table;
#[cfg(test)]
mod tests;
mod typename;
mod values;

pub use cost::{CostTable, Each, FieldCost, ListKind};
pub use http::{Accepted, Media, Method, Params};
pub use limits::Limits;
pub use persisted::{Documents, Mode};
pub use refused::{Code, Lang, Reason, Refused};
pub use table::{Price, SdlTable};

use cost::Priced;
use shape::{Measured, measure};
use values::Sizes;

/// What stands in front of the engine. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    limits: Arc<Limits>,
    table: Arc<dyn CostTable>,
    parsed: Arc<Parsed>,
}

/// Documents that were scanned and parsed, and in which no two fields clash: the same for whatever variables they come
/// with. Clients send a few documents again and again.
struct Parsed(Mutex<LruCache<Box<str>, Arc<ExecutableDocument>>>);

impl Parsed {
    /// Bytes of a document that is kept: those of clients are no longer.
    const LONGEST: usize = 8 * 1024;
    /// Documents kept.
    const MOST: NonZeroUsize = match NonZeroUsize::new(200) {
        Some(most) => most,
        None => NonZeroUsize::MIN,
    };

    fn lock(&self) -> MutexGuard<'_, LruCache<Box<str>, Arc<ExecutableDocument>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, text: &str) -> Option<Arc<ExecutableDocument>> {
        self.lock().get(text).cloned()
    }

    fn keep(&self, text: &str, document: &ExecutableDocument) {
        if text.len() <= Self::LONGEST {
            self.lock().put(text.into(), Arc::new(document.clone()));
        }
    }
}

/// What an operation asks for, for `extensions.cost` and the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Its price.
    pub requested: u64,
    /// The highest price admitted.
    pub limit: u64,
    /// Its selections with fragments written out.
    pub fields: u64,
    /// Its fields within fields.
    pub depth: u64,
    /// Fields of its root.
    pub root_fields: u64,
    /// Aliases in the document.
    pub aliases: u64,
    /// Directives in the document.
    pub directives: u64,
}

impl Cost {
    /// `{ requested limit }`, for `extensions.cost` of every answer.
    pub fn extension(&self) -> async_graphql::Value {
        let number = |name, number: u64| (Name::new(name), number.into());
        async_graphql::Value::Object(
            [number("requested", self.requested), number("limit", self.limit)].into_iter().collect(),
        )
    }
}

/// A document that passed, the operation in it that will run, and what it costs.
///
/// Only the guard makes one: whoever holds it may run the document, and remember it.
#[derive(Debug)]
pub struct Checked {
    document: ExecutableDocument,
    name: Option<Name>,
    operation_type: OperationType,
    cost: Cost,
    seconds: Option<u64>,
    root: Vec<Box<str>>,
}

impl Checked {
    /// Query, mutation or subscription.
    pub const fn operation_type(&self) -> OperationType {
        self.operation_type
    }

    /// The name of the operation that will run, as the document has it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// For how long it may run, where it asks for something that takes longer than usual.
    pub const fn seconds(&self) -> Option<u64> {
        self.seconds
    }

    /// The fields of the root that will run.
    pub fn root(&self) -> impl Iterator<Item = &str> {
        self.root.iter().map(AsRef::as_ref)
    }

    /// What it costs.
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// The request the engine runs, with the document already parsed. `variables` and
    /// `operation_name` must be those that were checked.
    pub fn into_request(mut self, operation_name: Option<&str>, variables: Variables) -> Request {
        typename::wrapped(&mut self.document);
        // The text is for the parser, which the engine then does not call.
        let mut request = Request::new("").variables(variables);
        request.operation_name = operation_name.map(ToOwned::to_owned);
        request.set_parsed_query(self.document);
        request
    }
}

impl Guard {
    /// A guard with a price list.
    pub fn new(mut limits: Limits, table: impl CostTable + 'static) -> Self {
        limits.nesting = limits.nesting.min(Limits::DEEPEST);
        let parsed = Arc::new(Parsed(Mutex::new(LruCache::new(Parsed::MOST))));
        Self { limits: Arc::new(limits), table: Arc::new(table), parsed }
    }

    /// The limits it holds requests to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Admits a document or says why not. The work is bounded by the document's length.
    pub fn check(
        &self,
        document: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Checked, Refused> {
        let text = document;
        let known = self.parsed.find(text);
        let document = match &known {
            Some(known) => ExecutableDocument::clone(known),
            None => {
                scan::document(text, &self.limits)?;
                parse_query(text).map_err(|error| syntax(&error))?
            }
        };
        let operation = &select(&document, operation_name)?.node;
        let sizes = Sizes::new(&document, variables, &self.limits)?;
        values::without_null(variables)?;
        let Measured { run, aliases, directives, .. } = measure(&document, operation, &sizes, &self.limits)?;
        if known.is_none() {
            conflict::none(&document)?;
            self.parsed.keep(text, &document);
        }
        required(operation, variables)?;
        let Priced { total: requested, seconds, root } =
            cost::price(&document, operation, variables, &sizes, self.table.as_ref(), &self.limits)?;
        Ok(Checked {
            operation_type: operation.ty,
            seconds,
            root,
            cost: Cost {
                requested,
                limit: self.limits.cost,
                fields: run.fields,
                depth: run.depth,
                root_fields: run.top,
                aliases,
                directives,
            },
            name: match &document.operations {
                DocumentOperations::Single(_) => None,
                DocumentOperations::Multiple(named) => {
                    operation_name.map(Name::new).or_else(|| named.keys().next().cloned())
                }
            },
            document,
        })
    }
}

/// The operation the engine will run, chosen as the engine chooses.
fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>, Refused> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
        (DocumentOperations::Multiple(named), None) if named.len() == 1 => named.values().next(),
        (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => None,
    }
    .ok_or_else(|| Refused::new(Reason::Operation))
}

/// Refuses an operation whose required variables are missing. The engine looks only at those it
/// comes to use; the specification wants all of them before anything runs.
fn required(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refused> {
    for Positioned { node, pos } in &operation.variable_definitions {
        let required = !node.var_type.node.nullable;
        let missing = match variables.get(&node.name.node) {
            None => node.default_value.is_none(),
            Some(value) => *value == async_graphql::Value::Null,
        };
        if required && missing {
            return Err(Refused::new(Reason::Variable).at(*pos).about(node.name.node.as_str()));
        }
    }
    Ok(())
}

/// What the parser expected, without the line it stood in: that may be 100 kB, or somebody's name.
fn syntax(error: &parser::Error) -> Refused {
    let text = error.to_string();
    let (_, said) = text.rsplit_once("  = ").unwrap_or(("", &text));
    let refused = Refused::new(Reason::Syntax).about(said.chars().take(300).collect::<String>());
    match error.positions().next() {
        Some(place) => refused.at(place),
        None => refused,
    }
}
