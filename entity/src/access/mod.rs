//! Accounts, grants, sessions.

pub mod account;
pub mod assignment;
pub mod deputy;
pub mod password_issue;
pub mod platform_client;
pub mod role_grant;
pub mod session;
pub mod sign_in_failure;
