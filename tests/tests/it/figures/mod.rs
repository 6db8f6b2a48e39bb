//! Figures.

mod golden;
mod staff;
mod worlds;
