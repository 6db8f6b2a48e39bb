//! 查阅记录 · who looked at a person's data, for what: read by the person themself (design §3.9).

use async_graphql::{Context, SimpleObject};
use chrono::Utc;
use minzheng_ground::error::{Answer, fault, forbidden};
use minzheng_ground::policy::role_of;
use minzheng_ground::scalars::DateTime;
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::viewer::Reach;
use minzheng_kernel::{PageInput, Viewer};
use sea_orm::FromQueryResult;

/// 查阅记录 · one request in which a person's data were read in full.
#[derive(SimpleObject)]
pub struct PersonAccess {
    /// 时间 · when
    at: DateTime,
    /// 角色 · in which role
    role: String,
    /// 角色名称 · its Chinese name
    role_label: Option<&'static str>,
    /// 用途 · for what, as it was stated
    purpose: Option<String>,
    /// 字段 · which fields
    fields: Vec<String>,
}

#[derive(FromQueryResult)]
struct Row {
    at: chrono::DateTime<Utc>,
    role: String,
    purpose: Option<String>,
    fields: String,
}

/// Whether the person is the viewer, or a ward.
fn own(viewer: &Viewer, person: i64) -> bool {
    viewer.person_id == Some(person)
        || viewer
            .grants
            .iter()
            .any(|grant| matches!(&grant.reach, Reach::Persons { persons, .. } if persons.contains(&person)))
}

/// The newest reads of a person's data.
pub async fn newest(context: &Context<'_>, person: i64, first: i32) -> Answer<Vec<PersonAccess>> {
    if !own(viewer(context)?, person) {
        return Err(forbidden(context, "accesses-own", "accesses"));
    }
    let (first, _) = PageInput { first: Some(first), ..PageInput::default() }.size().map_err(|e| fault(context, e))?;
    let db = &state(context)?.kernel.db;
    // What happened since an inquiry was opened is told when it no longer runs.
    let sql = format!(
        "SELECT at, role, purpose, fields FROM person_access looked WHERE person_id = $1 AND NOT EXISTS (SELECT 1 \
         FROM inquiry WHERE inquiry.person_id = looked.person_id AND inquiry.state = 'RUNNING' AND NOT inquiry.voided \
         AND inquiry.until >= $2 AND inquiry.opened_at <= looked.at) ORDER BY id DESC LIMIT {first}"
    );
    let today = viewer(context)?.today;
    let rows: Vec<Row> =
        db.rows(db.read(), &sql, vec![person.into(), today.into()]).await.map_err(|e| fault(context, e))?;
    Ok(rows
        .into_iter()
        .map(|row| PersonAccess {
            at: DateTime(row.at),
            role_label: role_of(&row.role).map(|role| role.zh),
            role: row.role,
            purpose: row.purpose,
            fields: row.fields.split(',').map(str::to_owned).collect(),
        })
        .collect())
}
