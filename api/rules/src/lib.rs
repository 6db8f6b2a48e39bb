//! What the law and the definitions of the report say, as pure functions: no database, no clock, no
//! async, no float.

pub mod assistance;
pub mod exact;
pub mod identifiers;
pub mod machine;
pub mod mask;
pub mod number;
pub mod period;
pub mod workdays;
