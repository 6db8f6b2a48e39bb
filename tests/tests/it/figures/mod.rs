//! Figures.

mod golden;
mod report;
