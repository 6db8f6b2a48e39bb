//! Figures: reports that were drafted and published.

pub mod periodic_report;
pub mod report_figure;
pub mod report_paragraph;
