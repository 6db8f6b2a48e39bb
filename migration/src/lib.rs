//! The changes of the database: one a file, named by date, verb and object, never edited after
//! they landed; what is to go is first no longer used, and dropped in a later change.
//!
//! A change is SQL that both databases take. Words that differ stand as tokens: `{id}` (a 64-bit
//! primary key), `{blob}`, `{instant}`; a statement marked `[postgres]` or `[sqlite]` is for that one only.

// The one place beside the kernel where SQL is run.
#![allow(clippy::disallowed_methods)]

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

mod m20261124_000001_create_kernel;
mod m20261124_000002_create_access;
mod m20261124_000003_create_registry;
mod m20261124_000004_create_assistance;
mod m20261124_000005_create_payments;
mod m20261124_000006_create_figures;
mod m20261124_000007_create_exchange;
mod m20261124_000008_create_donor;
mod m20261124_000009_extend_access;
mod m20261124_000010_payment_units;
mod m20261124_000011_figure_cells;
mod m20261124_000012_index_journal;
mod m20261124_000020_extend_exchange;
mod m20261124_000021_create_reported_change;
mod m20261124_000040_create_eldercare;
mod m20261124_000041_create_governance;
mod m20261124_000042_create_organisations;
mod m20261124_000043_create_window;
mod m20261124_000044_create_donation;
mod m20261124_000045_create_payment_accounts;
mod m20261125_000070_create_periodic_report;
mod m20261125_000080_extend_registry;
mod m20261125_000081_create_assignment;
mod m20261125_000082_index_journal_persons;
mod m20261125_000090_payment_payee;
mod m20261125_000100_district_of_rows;
mod m20261129_000110_newest_first;
mod m20261129_000120_division_successor;
mod m20261129_000130_once_by_month;
mod m20261130_000100_create_probe;
mod m20261130_000200_mac_of_entries;
mod m20261130_000210_reach;
mod m20261130_000211_create_transfer_request;
mod m20261130_000220_reports_may_repeat;
mod m20261130_000260_file_removed;
mod m20261130_000300_rows_of_imports;
mod m20261130_000310_create_household_place;
mod m20261130_000320_create_finding;
mod m20261130_230_holder;
mod m20261130_231_sign_in_failures;
mod m20261130_232_renewed_twice;

/// All changes, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_create_kernel::Migration),
            Box::new(m20261124_000002_create_access::Migration),
            Box::new(m20261124_000003_create_registry::Migration),
            Box::new(m20261124_000004_create_assistance::Migration),
            Box::new(m20261124_000005_create_payments::Migration),
            Box::new(m20261124_000006_create_figures::Migration),
            Box::new(m20261124_000007_create_exchange::Migration),
            Box::new(m20261124_000008_create_donor::Migration),
            Box::new(m20261124_000009_extend_access::Migration),
            Box::new(m20261124_000010_payment_units::Migration),
            Box::new(m20261124_000011_figure_cells::Migration),
            Box::new(m20261124_000012_index_journal::Migration),
            Box::new(m20261124_000020_extend_exchange::Migration),
            Box::new(m20261124_000021_create_reported_change::Migration),
            Box::new(m20261124_000040_create_eldercare::Migration),
            Box::new(m20261124_000041_create_governance::Migration),
            Box::new(m20261124_000042_create_organisations::Migration),
            Box::new(m20261124_000043_create_window::Migration),
            Box::new(m20261124_000044_create_donation::Migration),
            Box::new(m20261124_000045_create_payment_accounts::Migration),
            Box::new(m20261125_000070_create_periodic_report::Migration),
            Box::new(m20261125_000080_extend_registry::Migration),
            Box::new(m20261125_000081_create_assignment::Migration),
            Box::new(m20261125_000082_index_journal_persons::Migration),
            Box::new(m20261125_000090_payment_payee::Migration),
            Box::new(m20261125_000100_district_of_rows::Migration),
            Box::new(m20261129_000110_newest_first::Migration),
            Box::new(m20261129_000120_division_successor::Migration),
            Box::new(m20261129_000130_once_by_month::Migration),
            Box::new(m20261130_000100_create_probe::Migration),
            Box::new(m20261130_000200_mac_of_entries::Migration),
            Box::new(m20261130_000210_reach::Migration),
            Box::new(m20261130_000211_create_transfer_request::Migration),
            Box::new(m20261130_000220_reports_may_repeat::Migration),
            Box::new(m20261130_000260_file_removed::Migration),
            Box::new(m20261130_230_holder::Migration),
            Box::new(m20261130_231_sign_in_failures::Migration),
            Box::new(m20261130_232_renewed_twice::Migration),
            Box::new(m20261130_000300_rows_of_imports::Migration),
            Box::new(m20261130_000310_create_household_place::Migration),
            Box::new(m20261130_000320_create_finding::Migration),
        ]
    }
}

/// Runs the statements of one change.
pub(crate) async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let (id, blob, instant) = match manager.get_database_backend() {
        DatabaseBackend::Sqlite => ("INTEGER PRIMARY KEY", "BLOB", "TEXT"),
        _ => ("BIGINT PRIMARY KEY", "BYTEA", "TIMESTAMPTZ"),
    };
    let sql = sql.replace("{id}", id).replace("{blob}", blob).replace("{instant}", instant);
    for statement in sql.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        let (own, other) = if sqlite { ("[sqlite]", "[postgres]") } else { ("[postgres]", "[sqlite]") };
        if !statement.starts_with(other) {
            connection.execute_unprepared(statement.strip_prefix(own).unwrap_or(statement)).await?;
        }
    }
    Ok(())
}

/// A change that only goes up: this is a system of record, its tables are not dropped.
#[macro_export]
macro_rules! change {
    ($sql:literal) => {
        use sea_orm_migration::prelude::*;

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                $crate::run(manager, $sql).await
            }
        }
    };
}
