//! 政务窗口 · the time allowed for a case.

pub mod deadline;
