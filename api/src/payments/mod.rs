//! 资金发放 · what was paid to whom, for which months, out of which source.

pub mod payment;
