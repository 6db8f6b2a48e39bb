//! Personal fields (design §3.9): the directive that names them in the schema, and what is shown in their place.

use async_graphql::registry::{MetaDirectiveInvocation, Registry};
use async_graphql::{Context, Enum, TypeDirective};
use entity::{Aggregate, Personal};
use minzheng_kernel::Level;
use minzheng_rules::mask;

use crate::error::Answer;
use crate::row::Row;
use crate::state::viewer;

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
    /// 政治面貌、信仰、民族
    Belief,
}

impl From<Personal> for PersonalKind {
    fn from(kind: Personal) -> Self {
        match kind {
            Personal::Name => Self::Name,
            Personal::Id => Self::Id,
            Personal::Phone => Self::Phone,
            Personal::Bank => Self::Bank,
            Personal::Address => Self::Address,
            Personal::Birth => Self::Birth,
            Personal::Health => Self::Health,
            Personal::Child => Self::Child,
            Personal::Case => Self::Case,
            Personal::Belief => Self::Belief,
        }
    }
}

/// 个人信息 · a personal field: masked unless the viewer may see it in full and says for what.
#[TypeDirective(location = "FieldDefinition")]
pub fn personal(kind: PersonalKind) {}

/// Names a field as personal in the schema.
pub(crate) fn invocation(registry: &mut Registry, kind: PersonalKind) -> MetaDirectiveInvocation {
    <personal as TypeDirective>::register(&personal, registry);
    personal::apply(kind)
}

/// What is shown in the place of text that is masked; nothing: null.
pub(crate) fn mask_of(kind: PersonalKind) -> Option<fn(&str) -> String> {
    match kind {
        PersonalKind::Name => Some(mask::name),
        PersonalKind::Id => Some(mask::id_number),
        PersonalKind::Phone => Some(mask::phone),
        PersonalKind::Bank => Some(mask::bank_account),
        _ => None,
    }
}

/// Whether a person's field is shown in full; that it was is recorded before the answer leaves.
pub fn shown(context: &Context<'_>, level: Level, person: i64, field: &'static str) -> Answer<bool> {
    let full = level == Level::Full;
    if full {
        viewer(context)?.note_read(person, field);
    }
    Ok(full)
}

/// Whether a row's own personal field is shown in full. Where the row is about no registered person, that it was read is
/// recorded of the row.
pub fn open<E: Aggregate>(context: &Context<'_>, row: &Row<E>, field: &'static str) -> Answer<bool> {
    let full = row.level == Level::Full;
    if full {
        viewer(context)?.note::<E>(&row.model, field);
    }
    Ok(full)
}
