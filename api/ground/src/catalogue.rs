//! All tables of the program by name, and what belongs to each: rows with cursors, pages.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::OutputType;
use async_graphql::registry::Registry;

use crate::builder::kept;
use crate::list::{PAGE_COLUMNS, PageInfo, PageSource};
use crate::table::{Answer, Field, Table, Type, Which};
use crate::write::Json;

/// All types that are tables, by name.
#[derive(Default)]
pub struct Catalogue {
    tables: HashMap<&'static str, Table>,
    /// Names of the aggregates' types, in the order in which they were declared.
    order: Vec<&'static str>,
    /// By the name of the list at the root.
    lists: HashMap<&'static str, &'static str>,
}

/// The one catalogue of the program: what it holds is fixed when the program is built.
static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

fn known<T: OutputType>(registry: &mut Registry) -> String {
    T::create_type_info(registry)
}

fn field(name: &'static str, text: &'static str, ty: Type, nullable: bool, answer: Answer) -> Field {
    let arguments = Vec::new();
    Field { name, text, ty, nullable, personal: None, column: None, filter: None, arguments, reason: None, answer }
}

/// One row of a page, with its cursor.
fn edge_of(table: &Table) -> Table {
    let cursor = Type::Known(known::<String>);
    Table {
        name: kept(format!("{}Edge", table.name)),
        text: "One row of a page.",
        fields: vec![
            field("cursor", "游标 · for `after` and `before`.", cursor, false, Answer::Cursor),
            field("node", "记录 · the row.", Type::Itself(table.name), false, Answer::Itself(table.name)),
        ],
        source: table.source.clone(),
        list: None,
    }
}

/// A page of rows.
fn connection_of(table: &Table) -> Table {
    let edge = kept(format!("{}Edge", table.name));
    Table {
        name: kept(format!("{}Connection", table.name)),
        text: "A page of rows; at most 100.",
        fields: vec![
            field("edges", "带游标的记录 · rows with their cursors.", Type::Rows(edge), false, Answer::Page(edge)),
            field("nodes", "记录 · the rows.", Type::Rows(table.name), false, Answer::Page(table.name)),
            field(
                "pageInfo",
                "翻页信息 · where the page stands.",
                Type::Known(known::<PageInfo>),
                false,
                Answer::Itself("PageInfo"),
            ),
            field(
                "totalCount",
                "总数 · all rows of the list, counted only when asked for.",
                Type::Known(known::<i32>),
                false,
                Answer::Cell(PAGE_COLUMNS.total, Json::number_cell),
            ),
        ],
        source: Arc::new(PageSource),
        list: None,
    }
}

/// Where a page stands; its type is [`PageInfo`]'s.
fn page_info() -> Table {
    let flag = |name, column| field(name, "", Type::Known(known::<bool>), false, Answer::Cell(column, Json::flag_cell));
    let text = |name, column| {
        field(name, "", Type::Known(known::<Option<String>>), true, Answer::Cell(column, Json::text_cell))
    };
    Table {
        name: "PageInfo",
        text: "",
        fields: vec![
            flag("hasNextPage", PAGE_COLUMNS.has_next),
            flag("hasPreviousPage", PAGE_COLUMNS.has_previous),
            text("startCursor", PAGE_COLUMNS.start),
            text("endCursor", PAGE_COLUMNS.end),
        ],
        source: Arc::new(PageSource),
        list: None,
    }
}

impl Catalogue {
    /// Of these tables; what an edge names must be there.
    pub fn new(tables: Vec<Table>) -> Result<Self, String> {
        let order: Vec<&'static str> = tables.iter().map(|table| table.name).collect();
        let lists = tables.iter().filter_map(|table| Some((table.list.as_ref()?.name, table.name))).collect();
        let made: Vec<Table> =
            tables.iter().flat_map(|table| [edge_of(table), connection_of(table)]).chain([page_info()]).collect();
        let mut all: HashMap<&'static str, Table> = HashMap::new();
        for table in tables.into_iter().chain(made) {
            let name = table.name;
            if all.insert(name, table).is_some() {
                return Err(format!("two types are called {name}"));
            }
        }
        all.values().try_for_each(|table| holds(&all, table))?;
        Ok(Self { tables: all, order, lists })
    }

    /// Makes it that of the program, once.
    pub fn install(self) {
        let _ = CATALOGUE.set(self);
    }

    /// A table of the program.
    pub fn find(name: &str) -> Option<&'static Table> {
        CATALOGUE.get()?.tables.get(name)
    }

    /// The table whose list at the root has this name.
    pub fn listed(name: &str) -> Option<&'static Table> {
        let catalogue = CATALOGUE.get()?;
        catalogue.tables.get(catalogue.lists.get(name)?)
    }

    /// The tables of the aggregates, in the order in which they were declared.
    pub fn all() -> impl Iterator<Item = &'static Table> {
        let catalogue = CATALOGUE.get();
        catalogue.into_iter().flat_map(|all| all.order.iter().filter_map(|name| all.tables.get(name)))
    }
}

/// Whether what a table names is there.
fn holds(all: &HashMap<&'static str, Table>, table: &Table) -> Result<(), String> {
    for (at, field) in table.fields.iter().enumerate() {
        let place = format!("{}.{}", table.name, field.name);
        if table.field(field.name) != Some(at) {
            return Err(format!("{place} stands there twice"));
        }
        if matches!(field.answer, Answer::Later(_)) != field.reason.is_some() {
            return Err(format!("{place} is resolved by the library, and says why, or neither"));
        }
        // A personal column is shown by a field that masks, or by none.
        if let Answer::Cell(column, _) = field.answer
            && table.source.is_personal(column)
        {
            return Err(format!("{place} shows a personal column as it is"));
        }
        let Answer::Edge(edge) = &field.answer else { continue };
        let to = all.get(edge.to).ok_or_else(|| format!("{place}: there is no table {}", edge.to))?;
        let sort = match edge.which {
            Which::One => None,
            Which::Newest(sort) | Which::Latest(sort, _) | Which::All(sort) | Which::Parts(sort) => Some(sort),
        };
        for column in [edge.by].into_iter().chain(sort) {
            if to.source.column(column).is_none() {
                return Err(format!("{place}: {} has no column {column}", edge.to));
            }
        }
    }
    Ok(())
}
