//! Black-box tests: one file an aggregate or concern. Start them with `tests/run`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::needless_pass_by_value
)]

mod access;
mod assistance;
mod crash;
mod export;
mod figures;
mod http;
mod import;
mod journal;
mod registry;
