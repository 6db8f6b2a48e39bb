//! What every room stands on (design §3b): a type's fields are data, and one engine answers all of them.
//!
//! [`table`] says what a type is and [`builder`] how it is declared, [`list`] what its list at the root is asked by,
//! [`plan`] what is asked for, [`load`] reads the rows level by level with one statement an edge, [`write`] turns them into
//! JSON with masks applied and reads noted. [`engine`] is the only place that touches what the GraphQL library does not
//! promise to keep. [`state`] and [`error`] are a resolver's tools, [`policy`] says who may what, [`sheets`] what a room
//! says of its sheets, [`joints`] what rooms ask of one another.

pub mod builder;
pub mod catalogue;
pub mod cell;
pub mod codes;
pub mod config;
pub mod engine;
pub mod error;
pub mod files;
pub mod filter;
pub mod joints;
pub mod list;
pub mod load;
pub mod loaders;
pub mod personal;
pub mod plan;
pub mod policy;
pub mod room;
pub mod row;
pub mod scalars;
pub mod sheets;
pub mod source;
pub mod state;
pub mod table;
pub mod terminal;
pub mod write;

pub use builder::Builder;
pub use catalogue::Catalogue;
pub use cell::{Cell, Key};
pub use row::{Link, Row};
pub use table::{Table, Which};
