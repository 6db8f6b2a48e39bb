//! Social assistance.

mod assess;
