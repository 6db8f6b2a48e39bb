//! 社会组织 · from whom an annual report is due, and the states that its dates tell.

pub mod annual_inspection;
