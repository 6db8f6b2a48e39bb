//! 资金发放 · what was paid to whom, for which months, out of which source.

pub mod bank_return;
pub mod budget_line;
pub mod payment;
pub mod payment_account;
