//! Figures.

mod golden;
mod lines;
mod staff;
mod worlds;
