//! What the law and the definitions of the report say, as pure functions: no database, no clock, no
//! async, no float.

pub mod assistance;
pub mod division;
pub mod eldercare;
pub mod exact;
pub mod figures;
pub mod governance;
pub mod identifiers;
pub mod machine;
pub mod mask;
pub mod number;
pub mod odd;
pub mod organisations;
pub mod period;
pub mod places;
pub mod report;
pub mod steps;
pub mod window;
pub mod workdays;
