//! Figures.

mod golden;
