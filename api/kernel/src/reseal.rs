//! Old rows under new keys: after a rotation of the keys of sealed values, what was sealed under earlier ones is sealed
//! anew, row by row within the unit of work, so that the journal knows the rows as they are. What the journal itself
//! keeps sealed cannot be changed: for it earlier keys are kept.

use std::collections::HashMap;
use std::sync::Arc;

use entity::Aggregate;
use sea_orm::sea_query::{Alias, ColumnType, Condition, Expr, ExprTrait as _, Func};
use sea_orm::{
    ColumnTrait as _, IdenStatic as _, Iterable as _, ModelTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
};
use serde::Serialize;

use crate::Kernel;
use crate::commands::Command;
use crate::error::{Failure, Fault};
use crate::journal::{AnyAggregate, Table};
use crate::secrets::Keyring;
use crate::work::Work;

/// Rows sealed anew in one transaction.
const ROWS_AT_ONCE: u64 = 200;
/// Where a row's salt stands.
const SALT: &str = "key_salt";

/// All tables, and the columns whose values are sealed for another context than `table.column`.
pub struct Sealed {
    /// The tables.
    pub tables: Vec<Box<dyn AnyAggregate>>,
    /// `table.column` and the context.
    pub contexts: &'static [(&'static str, &'static str)],
}

impl Sealed {
    fn context<'a>(&self, column: &'a str) -> &'a str
    where
        'static: 'a,
    {
        self.contexts.iter().find(|(known, _)| *known == column).map_or(column, |(_, context)| *context)
    }
}

/// What became of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Resealed {
    /// Where the next rows begin; `None`: there are no more.
    pub next: Option<i64>,
    /// Rows sealed anew.
    pub rows: usize,
    /// Rows with a value that does not open: they stay as they are.
    pub unopened: Vec<String>,
}

/// A table with sealed columns, without its type.
#[async_trait::async_trait]
pub trait Reseal: Send + Sync {
    /// Rows with a value that is sealed under an earlier key.
    async fn stale(&self, kernel: &Kernel) -> Result<u64, Fault>;
    /// The salts of rows, where this table has them.
    async fn salts(&self, work: &Work<'_>, ids: Vec<i64>) -> Result<HashMap<i64, Vec<u8>>, Fault>;
    /// Whether rows have a salt of their own.
    fn has_salts(&self) -> bool;
    /// Seals the next rows anew.
    async fn reseal(&self, work: &mut Work<'_>, sealed: &Sealed, after: i64) -> Result<Resealed, Failure>;
}

fn column<E: Aggregate>(name: &str) -> Option<E::Column> {
    E::Column::iter().find(|column| column.as_str() == name)
}

/// The columns that hold sealed values: bytes, but for salts and blind indexes.
fn sealed_columns<E: Aggregate>() -> Vec<E::Column> {
    let bytes = |column: &E::Column| {
        matches!(column.def().get_column_type(), ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob)
    };
    let sealed = |column: &E::Column| column.as_str() != SALT && !column.as_str().ends_with("_blind");
    E::Column::iter().filter(bytes).filter(sealed).collect()
}

/// The condition that a row has a value that does not begin as those do that are sealed now.
fn stale<E: Aggregate>(keys: &Keyring) -> Option<Condition> {
    let head = keys.present_head();
    let mut any = Condition::any();
    for column in sealed_columns::<E>() {
        let begins = Func::cust(Alias::new("substr")).arg(Expr::col(column)).arg(Expr::cust("1")).arg(Expr::cust("4"));
        any = any.add(Expr::from(begins).ne(Expr::val(head.to_vec())));
    }
    (!any.is_empty()).then_some(any)
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => None,
    }
}

#[async_trait::async_trait]
impl<E: Aggregate> Reseal for Table<E>
where
    E: Send + Sync,
{
    async fn stale(&self, kernel: &Kernel) -> Result<u64, Fault> {
        let Some(condition) = stale::<E>(&kernel.keys) else { return Ok(0) };
        Ok(E::find().filter(condition).count(kernel.db.read()).await?)
    }

    async fn salts(&self, work: &Work<'_>, ids: Vec<i64>) -> Result<HashMap<i64, Vec<u8>>, Fault> {
        let Some(salt) = column::<E>(SALT) else { return Ok(HashMap::new()) };
        let rows = E::find().filter(E::id_column().is_in(ids)).all(work.tx()).await?;
        Ok(rows.iter().filter_map(|row| Some((E::id(row), bytes(row.get(salt))?))).collect())
    }

    fn has_salts(&self) -> bool {
        column::<E>(SALT).is_some()
    }

    async fn reseal(&self, work: &mut Work<'_>, sealed: &Sealed, after: i64) -> Result<Resealed, Failure> {
        let keys = &work.kernel.keys;
        let Some(condition) = stale::<E>(keys) else { return Ok(Resealed::default()) };
        let mut select = E::find().filter(condition).filter(E::id_column().gt(after));
        if !work.kernel.db.is_sqlite() {
            select = select.lock_exclusive();
        }
        let rows = select.order_by_asc(E::id_column()).limit(ROWS_AT_ONCE).all(work.tx()).await?;
        let mut resealed = Resealed { next: rows.last().map(E::id), ..Resealed::default() };
        let salts = salts_of::<E>(work, sealed, &rows).await?;
        let table = E::default().table_name().to_owned();
        for row in rows {
            let id = E::id(&row);
            let opened = || -> Result<Vec<(E::Column, Vec<u8>)>, crate::secrets::SecretError> {
                let mut anew = Vec::new();
                for column in sealed_columns::<E>() {
                    let Some(old) = bytes(row.get(column)).filter(|old| keys.needs_reseal(old)) else { continue };
                    let owner = keys.owner(salts.get(&id).map_or(&[][..], Vec::as_slice))?;
                    let name = format!("{table}.{}", column.as_str());
                    let context = sealed.context(&name);
                    anew.push((column, owner.seal(context, &owner.open(context, &old)?)?));
                }
                Ok(anew)
            };
            match opened() {
                Ok(anew) => {
                    let row = work.checked::<E>(row);
                    work.update::<E>(row, |row| {
                        for (column, value) in anew {
                            row.set(column, Value::Bytes(Some(value)));
                        }
                    })
                    .await?;
                    work.is_no_news();
                    resealed.rows += 1;
                }
                Err(error) => {
                    tracing::error!(%error, table, id, "a sealed value does not open and stays as it is");
                    resealed.unopened.push(format!("{table} {id}"));
                }
            }
        }
        Ok(resealed)
    }
}

/// The salts of rows: their own, or those of the first rows they point at that have any.
async fn salts_of<E: Aggregate>(
    work: &Work<'_>,
    sealed: &Sealed,
    rows: &[E::Model],
) -> Result<HashMap<i64, Vec<u8>>, Fault> {
    if let Some(salt) = column::<E>(SALT) {
        let own = rows.iter().filter_map(|row| Some((E::id(row), bytes(row.get(salt))?)));
        return Ok(own.collect());
    }
    for (pointer, target) in E::refers() {
        let table = sealed.tables.iter().find(|table| table.name() == *target && table.has_salts());
        let Some(table) = table else { continue };
        let to = |row: &E::Model| match row.get(*pointer) {
            Value::BigInt(id) => id,
            _ => None,
        };
        let salts = table.salts(work, rows.iter().filter_map(to).collect()).await?;
        let of = |row: &E::Model| Some((E::id(row), salts.get(&to(row)?)?.clone()));
        return Ok(rows.iter().filter_map(of).collect());
    }
    Ok(HashMap::new())
}

/// Rows of all tables with a value that is sealed under an earlier key.
pub async fn left(kernel: &Kernel, tables: &[Box<dyn AnyAggregate>]) -> Result<u64, Fault> {
    let mut left = 0;
    for table in tables {
        left += table.stale(kernel).await?;
    }
    Ok(left)
}

/// 重新加密 · seals the next rows of a table under the keys of now.
#[derive(Clone, Serialize)]
pub struct ResealRows {
    /// The table.
    pub table: &'static str,
    /// The id after which they begin.
    pub after: i64,
    /// Where the table is found.
    #[serde(skip)]
    pub sealed: Arc<Sealed>,
}

#[async_trait::async_trait]
impl Command for ResealRows {
    const NAME: &'static str = "resealRows";
    type Output = Resealed;

    async fn execute(self, work: &mut Work<'_>) -> Result<Resealed, Failure> {
        let table = self.sealed.tables.iter().find(|table| table.name() == self.table);
        let table = table.ok_or_else(|| Fault::internal(format!("{} is no table", self.table)))?;
        table.reseal(work, &self.sealed, self.after).await
    }
}
