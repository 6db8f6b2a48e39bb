//! What the law and the definitions of the report say, as pure functions: no database, no clock.
