//! 账户与权限 · who may sign in, as what, and for how long: accounts, role grants confirmed by a second person,
//! sessions with rotating refresh tokens, deputies, platform clients. No business role reaches in here; the security
//! administrator reaches nothing else, and never its own account.
//!
//! [`standing`] makes of a session what a viewer is; [`outside`] does so of another issuer's token.

pub mod account;
pub mod account_sheet;
pub mod assignment;
pub mod credential;
pub mod deputy;
pub mod holder;
mod lane;
mod lock;
pub mod mint;
pub mod outside;
pub mod password_issue;
pub mod platform_client;
pub mod role_grant;
pub mod screen_code;
pub mod session;
pub mod sign_in;
pub mod standing;

use entity::Aggregate;
use minzheng_ground::Table;
use minzheng_ground::sheets::EachKind;
use minzheng_ground::state::row_id;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};
use minzheng_kernel::{Checked, Failure, Fault, Refusal, Text, UserErrorCode, Viewer, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};

/// A live row wherever it is, locked until the end of the work: for commands that run before anybody is known, or that
/// have their own rule about whose row it may be.
async fn locked<E: Aggregate>(work: &Work<'_>, id: i64, field: &str) -> Result<Checked<E>, Failure> {
    let mut select = work.everywhere::<E>().filter(E::id_column().eq(id));
    if !work.kernel.db.is_sqlite() {
        select = select.lock_exclusive();
    }
    let row = select.one(work.tx()).await?.ok_or_else(|| Refusal::not_found(field))?;
    Ok(work.checked::<E>(row))
}

/// Refuses where the viewer would decide about itself.
fn not_own(viewer: &Viewer, account: i64, field: &str) -> Result<(), Refusal> {
    if viewer.is_person_of(account) {
        return Err(Refusal::new(UserErrorCode::FourEyes, Text::of("own-account")).at(field));
    }
    Ok(())
}

/// Too many passwords at once is for now, everything else is ours.
fn password_fault(error: &minzheng_kernel::secrets::PasswordError) -> Fault {
    match error {
        minzheng_kernel::secrets::PasswordError::Busy => Fault::Unavailable(error.to_string()),
        other => Fault::internal(other),
    }
}

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        role_grant::table(),
        account::table(),
        session::table(),
        deputy::table(),
        password_issue::table(),
        platform_client::table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::access::account::Entity>::boxed(),
        Rows::<entity::access::role_grant::Entity>::boxed(),
        Rows::<entity::access::session::Entity>::boxed(),
        Rows::<entity::access::deputy::Entity>::boxed(),
        Rows::<entity::access::assignment::Entity>::boxed(),
        Rows::<entity::access::platform_client::Entity>::boxed(),
        Rows::<entity::access::password_issue::Entity>::boxed(),
        Rows::<entity::access::sign_in_failure::Entity>::boxed(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<account_sheet::Sheet>();
}
