//! Figures.

mod golden;
mod lines;
mod report;
mod staff;
mod worlds;
