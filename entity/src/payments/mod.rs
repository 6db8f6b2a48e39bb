//! Payments.

pub mod bank_return;
pub mod budget_line;
pub mod payment;
pub mod payment_account;
pub mod payment_person;
