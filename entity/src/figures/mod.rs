//! Cells of the figures.

pub mod figure_cell;
