//! The price list made from a schema's SDL.

use std::{collections::HashMap, fmt};

use async_graphql::{
    Positioned,
    parser::{
        self, parse_schema,
        types::{BaseType, FieldDefinition, OperationType, SchemaDefinition, Type, TypeKind, TypeSystemDefinition},
    },
};

use super::cost::{CostTable, Each, FieldCost, ListKind};

/// Rows of a connection when `first` and `last` are left out.
pub const DEFAULT_PAGE: u32 = 20;

/// What a plain list counts as, when nothing says how long it is.
pub const PLAIN_LIST: u32 = 10;

/// Keys that plain lists are asked for by.
const KEY_ARGUMENTS: [&str; 2] = ["ids", "codes"];

/// The introspection schema, which an SDL leaves out. Its lists are as long as the schema, which no
/// request changes, so they are paid for once at the root; [`super::cost`] refuses to nest them.
const INTROSPECTION: &str = "
    type __Schema { types: __Type queryType: __Type mutationType: __Type subscriptionType: __Type
        directives: __Directive description: String }
    type __Type { kind: __TypeKind name: String description: String specifiedByURL: String
        isOneOf: Boolean fields: __Field interfaces: __Type possibleTypes: __Type
        enumValues: __EnumValue inputFields: __InputValue ofType: __Type }
    type __Field { name: String description: String args: __InputValue type: __Type
        isDeprecated: Boolean deprecationReason: String }
    type __InputValue { name: String description: String type: __Type defaultValue: String
        isDeprecated: Boolean deprecationReason: String }
    type __EnumValue { name: String description: String isDeprecated: Boolean
        deprecationReason: String }
    type __Directive { name: String description: String isRepeatable: Boolean
        locations: __DirectiveLocation args: __InputValue isDeprecated: Boolean
        deprecationReason: String }";

/// Price of reading the whole schema: the introspection query of `GraphiQL` passes, a handful don't.
const SCHEMA_WEIGHT: u32 = 10_000;

/// Price of reading one type.
const TYPE_WEIGHT: u32 = 100;

/// Price of a command: a field of the root of changes.
pub const COMMAND_WEIGHT: u32 = 40;

/// Price of `totalCount` of a connection, which counts all rows of the list.
pub const COUNT_WEIGHT: u32 = 500;

/// What a schema's SDL cannot say about a field.
#[derive(Clone, Copy, Debug, Default)]
pub struct Price {
    /// What it costs once, if not 1.
    pub weight: Option<u32>,
    /// How many values it stands for, if not what its type says.
    pub list: Option<ListKind>,
    /// What it costs for each thing it is given to do.
    pub each: Option<Each>,
    /// For how long a request for it may run, if longer than usual.
    pub seconds: Option<u64>,
}

impl Price {
    /// The price that the schema tells.
    pub const USUAL: Self = Self { weight: None, list: None, each: None, seconds: None };

    /// What it costs once.
    #[must_use]
    pub const fn weight(self, weight: u32) -> Self {
        Self { weight: Some(weight), ..self }
    }

    /// How many values it stands for.
    #[must_use]
    pub const fn list(self, list: ListKind) -> Self {
        Self { list: Some(list), ..self }
    }

    /// What it costs for each entry of a list in its arguments.
    #[must_use]
    pub const fn each(self, path: &'static [&'static str], weight: u32) -> Self {
        Self { each: Some(Each { path, weight }), ..self }
    }

    /// For how long a request for it may run.
    #[must_use]
    pub const fn seconds(self, seconds: u64) -> Self {
        Self { seconds: Some(seconds), ..self }
    }
}

/// A [`CostTable`] made from SDL.
///
/// Read from the types: a field of a type named `…Connection` is a connection, and the lists `edges`
/// and `nodes` there are its rows, `totalCount` counts all of the list; a list with `first` or `last` is a page; a list with `ids` or
/// `codes` has one value a key; another list counts as [`PLAIN_LIST`]. Each field of the root of changes is a command.
#[derive(Debug)]
pub struct SdlTable {
    query: String,
    mutation: String,
    subscription: String,
    types: HashMap<String, HashMap<String, Entry>>,
}

#[derive(Debug)]
struct Entry {
    weight: u32,
    list: ListKind,
    each: Option<Each>,
    seconds: Option<u64>,
    of_type: String,
}

impl Entry {
    fn new(weight: u32, list: ListKind, of_type: &str) -> Self {
        Self { weight, list, each: None, seconds: None, of_type: of_type.to_owned() }
    }
}

/// Why no price list could be made: a fault of the program, found at its start.
#[derive(Debug)]
pub enum TableError {
    /// The SDL does not parse.
    Sdl(parser::Error),
    /// A price for a field the schema has not.
    UnknownField(String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sdl(error) => write!(f, "the schema's SDL does not parse: {error}"),
            Self::UnknownField(field) => {
                write!(f, "a price for {field}, which is not in the schema")
            }
        }
    }
}

impl std::error::Error for TableError {}

impl From<parser::Error> for TableError {
    fn from(error: parser::Error) -> Self {
        Self::Sdl(error)
    }
}

impl SdlTable {
    /// Reads a schema; `prices` are for fields given as `Type.field`.
    pub fn new<'p>(sdl: &str, prices: impl IntoIterator<Item = (&'p str, Price)>) -> Result<Self, TableError> {
        let mut table = Self {
            query: "Query".to_owned(),
            mutation: "Mutation".to_owned(),
            subscription: "Subscription".to_owned(),
            types: HashMap::new(),
        };
        table.read(sdl)?;
        table.read(INTROSPECTION)?;
        for (field, weight, of_type) in [("__schema", SCHEMA_WEIGHT, "__Schema"), ("__type", TYPE_WEIGHT, "__Type")] {
            let entry = Entry::new(weight, ListKind::None, of_type);
            let query = table.types.entry(table.query.clone()).or_default();
            query.insert(field.to_owned(), entry);
        }
        for command in table.types.get_mut(&table.mutation).into_iter().flat_map(HashMap::values_mut) {
            command.weight = COMMAND_WEIGHT;
        }
        for (path, price) in prices {
            let entry = path
                .split_once('.')
                .and_then(|(parent, field)| table.types.get_mut(parent)?.get_mut(field))
                .ok_or_else(|| TableError::UnknownField(path.to_owned()))?;
            entry.weight = price.weight.unwrap_or(entry.weight);
            entry.list = price.list.unwrap_or(entry.list);
            entry.each = price.each;
            entry.seconds = price.seconds;
        }
        Ok(table)
    }

    fn read(&mut self, sdl: &str) -> Result<(), parser::Error> {
        for definition in parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => self.roots(schema.node),
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node.as_str();
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        _ => continue,
                    };
                    let entries = self.types.entry(name.to_owned()).or_default();
                    entries.extend(fields.into_iter().map(|Positioned { node: field, .. }| {
                        let counts = name.ends_with("Connection") && field.name.node == "totalCount";
                        let weight = if counts { COUNT_WEIGHT } else { 1 };
                        let entry = Entry::new(weight, list_kind(name, &field), name_of(&field.ty.node));
                        (field.name.node.to_string(), entry)
                    }));
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(())
    }

    fn roots(&mut self, schema: SchemaDefinition) {
        for (named, root) in [
            (schema.query, &mut self.query),
            (schema.mutation, &mut self.mutation),
            (schema.subscription, &mut self.subscription),
        ] {
            if let Some(named) = named {
                *root = named.node.to_string();
            }
        }
    }
}

impl CostTable for SdlTable {
    fn root(&self, operation: OperationType) -> Option<&str> {
        let root = match operation {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        Some(root)
    }

    fn field(&self, parent_type: &str, field: &str) -> Option<FieldCost<'_>> {
        let entry = self.types.get(parent_type)?.get(field)?;
        let Entry { weight, list, each, seconds, of_type } = entry;
        Some(FieldCost { weight: *weight, list: *list, each: *each, seconds: *seconds, of_type })
    }
}

fn list_kind(parent: &str, field: &FieldDefinition) -> ListKind {
    let has = |name: &str| field.arguments.iter().any(|known| known.node.name.node == name);
    if !matches!(field.ty.node.base, BaseType::List(_)) {
        return if name_of(&field.ty.node).ends_with("Connection") {
            ListKind::Connection { default: DEFAULT_PAGE }
        } else {
            ListKind::None
        };
    }
    let name = field.name.node.as_str();
    if parent.ends_with("Connection") && matches!(name, "edges" | "nodes") {
        return ListKind::Items;
    }
    if has("first") || has("last") {
        return ListKind::Paged { default: DEFAULT_PAGE };
    }
    KEY_ARGUMENTS
        .into_iter()
        .find(|argument| has(argument))
        .map_or(ListKind::Fixed(PLAIN_LIST), |argument| ListKind::Keyed { argument, default: DEFAULT_PAGE })
}

fn name_of(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => name_of(inner),
    }
}
