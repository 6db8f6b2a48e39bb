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
    /// 政治面貌、信仰、民族
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
/// recorded of the row.
pub fn open<E: Aggregate>(context: &Context<'_>, row: &Row<E>, field: &'static str) -> Answer<bool> {
    let full = row.level == Level::Full;
    if full {
        viewer(context)?.note::<E>(&row.model, field);
    }
    Ok(full)
}

/// A personal field of a row that has no masked form: in full, or not there.
pub fn own<E: Aggregate, T>(
    context: &Context<'_>,
    row: &Row<E>,
    field: &'static str,
    value: impl FnOnce(&E::Model) -> Option<T>,
) -> Answer<Option<T>> {
    Ok(if open(context, row, field)? { value(&row.model) } else { None })
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// The checked-in list of all columns: (aggregate, column) → kind or reason; `*` stands for every aggregate.
    fn listed() -> BTreeMap<(String, String), &'static str> {
        let mut all = BTreeMap::new();
        let lines = include_str!("../../../entity/columns.txt").lines();
        for line in lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [aggregate, columns, why] = parts.as_slice() else { panic!("{line}") };
            assert!(why.len() > 1, "{line}: a kind or a reason");
            for column in columns.split_whitespace() {
                assert!(
                    all.insert(((*aggregate).to_owned(), column.to_owned()), *why).is_none(),
                    "{aggregate}.{column} twice"
                );
            }
        }
        all
    }

    #[test]
    fn every_column_is_personal_or_says_why_it_is_not() {
        let mut listed = listed();
        for table in crate::tables() {
            let name = table.name();
            for (column, kind) in table.columns() {
                let own = listed.remove(&(name.to_owned(), column.clone()));
                let why = own.or_else(|| listed.get(&("*".to_owned(), column.clone())).copied());
                let why = why.unwrap_or_else(|| panic!("{name}.{column} stands in no list: is it personal?"));
                assert_eq!(kind.map(entity::Personal::code), is_kind(why).then_some(why), "{name}.{column}");
            }
        }
        listed.retain(|(of, _), _| of != "*");
        assert!(listed.is_empty(), "of no table: {listed:?}");
    }

    fn is_kind(word: &str) -> bool {
        ["NAME", "ID", "PHONE", "BANK", "ADDRESS", "BIRTH", "HEALTH", "CHILD", "CASE", "BELIEF"].contains(&word)
    }

    /// The fields of the schema's types with their `@personal` kind.
    fn fields() -> BTreeMap<(String, String), Option<String>> {
        let sdl = crate::graphql::schema(None).sdl();
        let (mut of, mut found) = (String::new(), BTreeMap::new());
        for line in sdl.lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                of = rest.split([' ', '{']).next().unwrap_or_default().to_owned();
            } else if line == "}" {
                of.clear();
            } else if let Some((name, _)) = line.trim().split_once([':', '(']).filter(|_| !of.is_empty()) {
                let kind = line.split("@personal(kind: ").nth(1).and_then(|rest| rest.split(')').next());
                let is_name = name.chars().all(char::is_alphanumeric);
                if line.starts_with('\t') && is_name {
                    found.insert((of.clone(), name.to_owned()), kind.map(str::to_owned));
                }
            }
        }
        found
    }

    /// Columns as the schema names them.
    fn field_of(column: &str) -> String {
        match column {
            "monthly_fen" => "monthlyAmount".to_owned(),
            other => crate::graphql::list::camel(other),
        }
    }

    #[test]
    fn what_is_personal_in_a_table_is_personal_in_the_schema_and_the_other_way_round() {
        let mut marked = fields();
        assert!(marked.len() > 300, "{}", marked.len());
        for table in crate::tables() {
            for (column, kind) in table.columns() {
                if let Some(of) = marked.remove(&(table.name().to_owned(), field_of(&column))) {
                    let kind = kind.map(|kind| kind.code().to_owned());
                    assert_eq!(of, kind, "{}.{column}", table.name());
                }
            }
        }
        let left: Vec<_> = marked.into_iter().filter(|(_, kind)| kind.is_some()).map(|(field, _)| field).collect();
        assert_eq!(left, [("Person".to_owned(), "conditions".to_owned())], "personal, of no personal column");
    }
}
