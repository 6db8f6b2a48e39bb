//! Personal fields (design §3.9): the directive that names them in the schema, and the one question that
//! each such field asks before it shows itself in full.

use async_graphql::{Context, Enum, TypeDirective};
use entity::Aggregate;
use minzheng_kernel::Level;
use minzheng_rules::mask;

use super::error::{Answer, fault};
use super::list::Row;
use super::{state, viewer};

/// 个人信息种类 · kind of personal data; each has its masked form.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalKind {
    /// 姓名
    Name,
    /// 证件号码
    Id,
    /// 电话
    Phone,
    /// 银行账号
    Bank,
    /// 详细地址
    Address,
    /// 出生日期
    Birth,
    /// 残疾、疾病、失能
    Health,
    /// 儿童
    Child,
    /// 个案内容
    Case,
    /// 政治面貌、信仰
    Belief,
}

/// 个人信息 · a personal field: masked unless the viewer may see it in full and says for what.
#[TypeDirective(location = "FieldDefinition")]
pub fn personal(kind: PersonalKind) {}

/// Whether a person's field is shown in full; that it was is recorded before the answer leaves.
pub fn shown(context: &Context<'_>, level: Level, person: i64, field: &'static str) -> Answer<bool> {
    let full = level == Level::Full;
    if full {
        viewer(context)?.note_read(person, field);
    }
    Ok(full)
}

/// Whether a row's own personal field is shown in full. Where the row is about no registered person, that it was read is
/// recorded under the row's own number.
pub fn open<E: Aggregate>(context: &Context<'_>, row: &Row<E>, field: &'static str) -> Answer<bool> {
    shown(context, row.level, E::person(&row.model).unwrap_or_else(|| E::id(&row.model)), field)
}

/// A name that stands in a row of its own, such as that of who applied: in full or masked.
pub fn own_name<E: Aggregate>(
    context: &Context<'_>,
    row: &Row<E>,
    field: &'static str,
    name: Option<&str>,
) -> Answer<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    Ok(Some(if open(context, row, field)? { name.to_owned() } else { mask::name(name) }))
}

/// A field sealed under the row's own key: in full or masked.
pub fn own_sealed<E: Aggregate>(
    context: &Context<'_>,
    row: &Row<E>,
    (field, sealed_as): (&'static str, &str),
    blob: Option<&[u8]>,
    masked: fn(&str) -> String,
) -> Answer<Option<String>> {
    let (Some(blob), Some(salt)) = (blob, E::salt(&row.model)) else { return Ok(None) };
    let plain = state(context)?.kernel.keys.open(salt, sealed_as, blob).map_err(|e| fault(context, e.into()))?;
    Ok(Some(if open(context, row, field)? { plain } else { masked(&plain) }))
}
