//! Black-box tests: one file an aggregate or concern. Start them with `tests/run`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::format_collect
)]

mod access;
mod assistance;
mod audit;
mod backup;
mod batch;
mod cases;
mod clients;
mod crash;
mod demo;
mod doctor;
mod edge;
mod examples;
mod export;
mod feed;
mod figures;
mod files;
mod generated;
mod handbook;
mod hostile;
mod house;
mod http;
mod import;
mod jobs;
mod journal;
mod lists;
mod named;
mod readme;
mod reads;
mod registry;
mod rosters;
mod screen;
mod sdl;
mod start;
mod statements;
mod storage;
mod talk;
mod tamper;
mod tasks;
mod upgrade;
mod walk;
mod ws;
