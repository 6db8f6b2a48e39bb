//! Accounts, grants, sessions.

pub mod account;
pub mod assignment;
pub mod deputy;
pub mod platform_client;
pub mod role_grant;
pub mod session;
