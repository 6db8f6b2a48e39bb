//! Figures.

mod golden;
mod lines;
mod report;
mod secrecy;
mod staff;
mod worlds;
