//! Where the rows of a table come from: in the viewer's scope, with the columns that are asked for and no others.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use entity::Aggregate;
use minzheng_kernel::{Fault, Kernel, Level, PageInput, Viewer, page};
use sea_orm::sea_query::{ColumnType, Condition, Expr, ExprTrait as _, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, IdenStatic as _, Iterable as _, ModelTrait as _, QueryFilter as _,
    QueryOrder as _, QueryResult, QuerySelect as _, QueryTrait as _, Select, Statement,
};

use crate::cell::{Cell, Key};

/// Who reads, and from where.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// Who asks.
    pub viewer: &'a Viewer,
}

/// Which rows of a table are read.
pub struct Wanted<'a> {
    /// The columns that are needed, each by its place in the table.
    pub columns: &'a [usize],
    /// The column that holds the keys.
    pub by: usize,
    /// The keys, each once.
    pub keys: &'a [Key],
    /// How many of each.
    pub most: Most,
}

/// How many rows of each key are read, and in what order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    /// The one that there is.
    One,
    /// The newest by a column, each in scope by itself.
    Newest(usize, u64),
    /// All, in the order of a column, each in scope by itself.
    All(usize),
    /// All, in the order of a column: parts of rows that were read in scope.
    Parts(usize),
}

/// Rows that were read.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Where a column of the table stands in a row.
    places: Vec<Option<usize>>,
    width: usize,
    cells: Vec<Cell>,
    /// Of each row: its id, how much of it is shown, and the person whom it is about.
    pub heads: Vec<Head>,
    /// Of each row of a page: its cursor.
    pub cursors: Vec<String>,
}

/// What is known of each row.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its id.
    pub id: i64,
    /// How much of it is shown.
    pub level: Level,
    /// Whom it is about.
    pub person: Option<i64>,
}

impl Rows {
    /// One row that no table has: what is known of a page.
    pub fn single(cells: Vec<Cell>) -> Self {
        let head = Head { id: 0, level: Level::Full, person: None };
        let places = (0..cells.len()).map(Some).collect();
        Self { places, width: cells.len(), cells, heads: vec![head], cursors: Vec::new() }
    }

    fn new(all: usize, columns: &[usize]) -> Self {
        let mut places = vec![None; all];
        for (place, column) in columns.iter().enumerate() {
            if let Some(at) = places.get_mut(*column) {
                *at = Some(place);
            }
        }
        Self { places, width: columns.len(), cells: Vec::new(), heads: Vec::new(), cursors: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// A column of a row; what was not asked for is not there.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.cells.get(row * self.width + place)).unwrap_or(&Cell::Null)
    }
}

/// Which page of a table is read.
pub struct PageWanted<'a> {
    /// The columns that are needed, each by its place in the table.
    pub columns: &'a [usize],
    /// What must hold of its rows.
    pub condition: Condition,
    /// The column that it is sorted by.
    pub sort: usize,
    /// Whether from the largest.
    pub descending: bool,
    /// Which page.
    pub input: &'a PageInput,
}

/// A page that was read.
pub struct PageRead {
    /// Its rows in order.
    pub rows: Rows,
    /// Whether there are rows before.
    pub has_previous: bool,
    /// Whether there are rows after.
    pub has_next: bool,
}

/// A table without its type.
#[async_trait]
pub trait Source: Send + Sync {
    /// The aggregate's name.
    fn name(&self) -> &'static str;
    /// The place of a column.
    fn column(&self, name: &str) -> Option<usize>;
    /// The columns from which it follows how much of a row is shown and whom it is about, with the id.
    fn always(&self, viewer: &Viewer) -> Vec<usize>;
    /// Rows of models that were read elsewhere, each with how much of it is shown.
    fn models(&self, columns: &[usize], models: &[(Arc<dyn Any + Send + Sync>, Level)]) -> Result<Rows, Fault>;
    /// Reads rows.
    async fn read(&self, reading: Reading<'_>, wanted: &Wanted<'_>) -> Result<Rows, Fault>;
    /// A column as it stands in a condition.
    fn reference(&self, column: usize) -> Expr;
    /// Whether a column is personal.
    fn is_personal(&self, column: usize) -> bool;
    /// Reads a page of the rows in scope; what it is sorted by is among the columns.
    async fn page(&self, reading: Reading<'_>, wanted: PageWanted<'_>) -> Result<PageRead, Fault>;
    /// The cursor of a row of such a page.
    fn cursor(&self, sort: usize, descending: bool, value: &Cell, id: i64) -> String;
    /// How many rows in scope there are of which this holds.
    async fn count(&self, reading: Reading<'_>, condition: Condition) -> Result<u64, Fault>;
    /// Whether a row is in the viewer's scope and shown in full.
    async fn is_shown(&self, reading: Reading<'_>, id: i64) -> Result<bool, Fault>;
    /// Whom some of them are about.
    async fn heads(&self, reading: Reading<'_>, condition: Condition, most: u64) -> Result<Vec<Head>, Fault>;
}

/// The table of an entity.
pub struct Of<E: Aggregate> {
    columns: Vec<(E::Column, ColumnType)>,
}

impl<E: Aggregate> Default for Of<E> {
    fn default() -> Self {
        let columns = E::Column::iter().map(|column| (column, column.def().get_column_type().clone()));
        Self { columns: columns.collect() }
    }
}

/// The place of a column in its table.
pub fn place_of<E: Aggregate>(column: E::Column) -> usize {
    E::Column::iter().position(|other| other.as_str() == column.as_str()).unwrap_or_default()
}

impl<E: Aggregate<Model: Default>> Of<E> {
    fn at(&self, place: usize) -> Result<E::Column, Fault> {
        let column = self.columns.get(place).map(|(column, _)| *column);
        column.ok_or_else(|| Fault::Internal(format!("{}: no column {place}", E::NAME)))
    }

    /// Rows of models, such as those of a page.
    pub fn of<'m>(&self, columns: &[usize], models: impl Iterator<Item = (&'m E::Model, Level)>) -> Result<Rows, Fault>
    where
        E: 'm,
    {
        let mut rows = Rows::new(self.columns.len(), columns);
        let wanted: Vec<E::Column> = columns.iter().map(|place| self.at(*place)).collect::<Result<_, _>>()?;
        for (model, level) in models {
            rows.cells.extend(wanted.iter().map(|column| Cell::of(model.get(*column))));
            rows.heads.push(Head { id: E::id(model), level, person: E::person(model) });
        }
        Ok(rows)
    }

    fn named(&self, columns: &[usize]) -> Result<Vec<E::Column>, Fault> {
        columns.iter().map(|place| self.at(*place)).collect()
    }

    /// Rows as the database gave them, with these columns in this order.
    fn decode(&self, viewer: &Viewer, columns: &[usize], found: &[QueryResult]) -> Result<Rows, Fault> {
        let mut rows = Rows::new(self.columns.len(), columns);
        let deciding: HashSet<usize> = self.always(viewer).into_iter().collect();
        for row in found {
            let mut model = E::Model::default();
            for (at, place) in columns.iter().enumerate() {
                let Some((column, kind)) = self.columns.get(*place) else { continue };
                let cell = Cell::read(row, at, kind)?;
                if deciding.contains(place) {
                    model.set(*column, cell.to_value(kind));
                }
                rows.cells.push(cell);
            }
            let level = viewer.level::<E>(&model);
            rows.heads.push(Head { id: E::id(&model), level, person: E::person(&model) });
        }
        Ok(rows)
    }

    fn select(&self, reading: Reading<'_>, wanted: &Wanted<'_>, columns: &[E::Column]) -> Result<Statement, Fault> {
        let by = self.at(wanted.by)?;
        let values: Vec<sea_orm::Value> = wanted.keys.iter().map(Key::value).collect();
        let nobody = wanted.keys.first().map_or_else(|| 0i64.into(), Key::nobody);
        let sqlite = reading.kernel.db.is_sqlite();
        let among = |values: Vec<sea_orm::Value>| -> SimpleExpr {
            match minzheng_kernel::any_of(&values).filter(|_| !sqlite) {
                Some(any) => by.into_expr().eq(any),
                None => by.is_in(filled(values, &nobody)),
            }
        };
        let only = |select: Select<E>| select.select_only().columns(columns.iter().copied());
        let db = &reading.kernel.db;
        Ok(match wanted.most {
            Most::Parts(_) => db.backend().build(&only(reading.viewer.parts_where::<E>(among(values))).into_query()),
            Most::One | Most::All(_) => {
                let select = reading.viewer.select::<E>().filter(among(values));
                db.backend().build(&only(select).into_query())
            }
            Most::Newest(sort, first) => {
                let sort = self.at(sort)?;
                let scoped = reading.viewer.select::<E>();
                match minzheng_kernel::listed(&values, "parent").filter(|_| !sqlite) {
                    Some(parents) => {
                        let newest = newest_of_each::<E>(scoped, columns, (by, sort, first), parents);
                        minzheng_kernel::limit_in_text(db.backend().build(&newest))
                    }
                    None => {
                        let select = scoped.filter(among(values));
                        let newest = E::id_column().in_subquery(ranked::<E>(&select, (by, sort, first)));
                        db.backend().build(&only(select.filter(Condition::all().add(newest))).into_query())
                    }
                }
            }
        })
    }
}

#[async_trait]
impl<E: Aggregate<Model: Default> + 'static> Source for Of<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| column.as_str() == name)
    }

    fn always(&self, viewer: &Viewer) -> Vec<usize> {
        let deciding = viewer.deciding::<E>().into_iter().chain([E::id_column()]);
        deciding.map(place_of::<E>).collect()
    }

    fn models(&self, columns: &[usize], models: &[(Arc<dyn Any + Send + Sync>, Level)]) -> Result<Rows, Fault> {
        let of = models.iter().filter_map(|(model, level)| Some((model.downcast_ref::<E::Model>()?, *level)));
        self.of(columns, of)
    }

    async fn read(&self, reading: Reading<'_>, wanted: &Wanted<'_>) -> Result<Rows, Fault> {
        if wanted.keys.is_empty() {
            return Ok(Rows::new(self.columns.len(), wanted.columns));
        }
        let statement = self.select(reading, wanted, &self.named(wanted.columns)?)?;
        let found = reading.kernel.db.read().query_all_raw(statement).await?;
        self.decode(reading.viewer, wanted.columns, &found)
    }

    fn reference(&self, column: usize) -> Expr {
        let column = self.columns.get(column).map_or_else(E::id_column, |(column, _)| *column);
        Expr::col((E::default(), column))
    }

    fn is_personal(&self, column: usize) -> bool {
        let column = self.columns.get(column).map(|(column, _)| column.as_str());
        E::personal().iter().any(|(personal, _)| Some(personal.as_str()) == column)
    }

    async fn page(&self, reading: Reading<'_>, wanted: PageWanted<'_>) -> Result<PageRead, Fault> {
        let columns = self.named(wanted.columns)?;
        let select = reading.viewer.select::<E>().filter(wanted.condition).select_only().columns(columns);
        let (db, sort) = (&reading.kernel.db, self.at(wanted.sort)?);
        let (found, has_previous, has_next) =
            page::rows::<E>(db, select, sort, wanted.descending, wanted.input).await?;
        Ok(PageRead { rows: self.decode(reading.viewer, wanted.columns, &found)?, has_previous, has_next })
    }

    fn cursor(&self, sort: usize, descending: bool, value: &Cell, id: i64) -> String {
        let Some((column, kind)) = self.columns.get(sort) else { return String::new() };
        page::cursor::<E>(*column, descending, &value.to_value(kind), id)
    }

    async fn count(&self, reading: Reading<'_>, condition: Condition) -> Result<u64, Fault> {
        page::count::<E>(&reading.kernel.db, reading.viewer.select::<E>().filter(condition)).await
    }

    async fn is_shown(&self, reading: Reading<'_>, id: i64) -> Result<bool, Fault> {
        let of_row = Condition::all().add(E::id_column().eq(id));
        Ok(self.heads(reading, of_row, 1).await?.iter().any(|head| head.level == Level::Full))
    }

    async fn heads(&self, reading: Reading<'_>, condition: Condition, most: u64) -> Result<Vec<Head>, Fault> {
        let mut columns = self.always(reading.viewer);
        columns.sort_unstable();
        columns.dedup();
        let select = reading.viewer.select::<E>().filter(condition).select_only().columns(self.named(&columns)?);
        let statement = reading.kernel.db.backend().build(&select.limit(most).into_query());
        let found = reading.kernel.db.read().query_all_raw(statement).await?;
        Ok(self.decode(reading.viewer, &columns, &found)?.heads)
    }
}

/// Values filled up to a power of two with one that no row has: so the statement has one of few texts, and the database
/// knows it already.
fn filled(mut values: Vec<sea_orm::Value>, nobody: &sea_orm::Value) -> Vec<sea_orm::Value> {
    values.resize(values.len().next_power_of_two(), nobody.clone());
    values
}

/// The ids of the newest rows of each parent, by counting through all that it has.
fn ranked<E: Aggregate>(select: &Select<E>, (by, sort, first): (E::Column, E::Column, u64)) -> SelectStatement {
    let rank = format!(
        "ROW_NUMBER() OVER (PARTITION BY \"{}\" ORDER BY \"{}\" DESC, \"{}\" DESC)",
        by.as_str(),
        sort.as_str(),
        E::id_column().as_str()
    );
    let ranked = select.clone().select_only().column_as(E::id_column(), "row_id");
    let ranked = ranked.column_as(Expr::cust(rank), "row_rank").into_query();
    Query::select()
        .column("row_id")
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("row_rank").lte(first))
        .to_owned()
}

/// The newest rows where the database can look for each parent by itself, and stop after the newest: what a parent has
/// more costs nothing.
fn newest_of_each<E: Aggregate>(
    select: Select<E>,
    columns: &[E::Column],
    (by, sort, first): (E::Column, E::Column, u64),
    parents: SelectStatement,
) -> SelectStatement {
    let of_one = select
        .filter(Expr::col((E::default(), by)).eq(Expr::col(("parents", "parent"))))
        .order_by_desc(sort)
        .order_by_desc(E::id_column())
        .limit(first)
        .into_query();
    Query::select()
        .columns(columns.iter().map(|column| ("newest", *column)))
        .from_subquery(parents, "parents")
        .join_lateral(JoinType::InnerJoin, of_one, "newest", Expr::cust("TRUE"))
        .to_owned()
}
