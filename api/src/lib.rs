//! `minzheng` (民政): the system of record and the GraphQL API of a district civil-affairs bureau.
//!
//! The way of a write: HTTP → mutation → [`minzheng_kernel::commands::run`] → `execute` → the unit of
//! work commits rows and journal together. The way of a read: the root's field → the [plan](minzheng_ground::plan) of what
//! is asked → rows level by level, the viewer's scope applied → JSON written, masks applied and reads noted as it is
//! written. What a type is (its fields, its list, what that is filtered and ordered by, where its rows lead) is data that
//! its file declares.
//!
//! # Packages
//! Dependencies point one way. At the bottom [`minzheng_kernel`] (the rules every room lives by), [`minzheng_rules`] (pure
//! functions), the guard in front of the engine ([`minzheng_guard`]), spreadsheets ([`minzheng_sheet`]). On them
//! [`minzheng_ground`], what every room stands on: types as tables, lists, errors, codes, settings, the policy of rights, and
//! what a room says of its sheets. [`minzheng_reference`] holds what rows of every room refer to: persons and households by
//! their numbers, places, findings. Then the rooms side by side (`api/rooms/<room>`), of which none knows another; over them
//! [`minzheng_exchange`] (sheets in and out) and [`minzheng_figures`]; and here the roof: the command line, HTTP, the roots
//! of the schema, the handbook. Where a row leads is named, and the [`catalogue`] refuses a name that is none; what one room
//! asks of another stands in [`minzheng_ground::joints`].
//!
//! # To add an aggregate
//! In this order, with the one name that it has everywhere (`donor`, `Donor`):
//! 1. `migration/src/m<date>_create_donor.rs`: its table, `id`, `version`, `voided` among the columns;
//! 2. `entity/src/<room>/donor.rs`: the model and one `aggregate!` line (scope, personal columns);
//! 3. `api/ground/src/policy.rs`: one line in the table of aggregates, one per command;
//! 4. `api/rooms/<room>/src/donor.rs`: `pub type Donor = Row<Entity>` and its `table()`, a line a field
//!    ([`Builder`](minzheng_ground::Builder)); its commands; where rows come in sheets, a
//!    [`sheet_row!`](minzheng_ground::sheet_row) of the model, from which sheets and records are read and written, and its
//!    [`Kind`](minzheng_ground::sheets::Kind) with what is left: checks, the key, what is done by hand;
//! 5. the room's `lib.rs`: its lines in `types`, `tables`, `codes` and `kinds`; then `minzheng schema > schema.graphql`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod catalogue;
pub mod cli;
pub mod handbook;
pub mod http;
pub mod log;
pub mod schema;
