//! Payments.

pub mod payment;
pub mod payment_person;
