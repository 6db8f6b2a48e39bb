//! Figures.

mod comparisons;
mod golden;
mod lines;
mod moves;
mod report;
mod reported;
mod secrecy;
mod staff;
mod worlds;
