//! Personal fields (design §3.9): the directive that names them in the schema, and the one question that
//! each such field asks before it shows itself in full.

use async_graphql::{Context, Enum, TypeDirective};
use minzheng_kernel::Level;

use super::error::Answer;
use super::viewer;

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
