//! What the law and the report's definitions say, as pure functions.
//!
//! Nothing here reads a database, a clock or the network: the day, the policy and the facts are
//! arguments, so the same question has the same answer in a resolver, an import, a job and a test.
//! Money is integer fen, ratios are exact rationals, periods are half-open; no float occurs.
//!
//! The clause ids in the docs (A2.2g, §2.12, F9, SM14 …) are those of `domain.md`.

pub mod identifiers;
pub mod lang;
pub mod mask;
pub mod money;
pub mod time;
pub mod workdays;
