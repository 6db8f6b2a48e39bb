//! What things are called in Chinese: records, commands, roles, states. The schema names most of them, since each of its
//! descriptions begins with the Chinese term; the others stand here.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use minzheng_ground::policy::{LINE_LABELS, role_of};

use crate::schema::sdl;

/// Records and commands that are no type or mutation of the schema.
const UNSEEN: &[(&str, &str)] = &[("Assignment", "任务分派"), ("DivisionStatistics", "区划统计")];

/// Kinds of sheets that are not called as what they record.
const SHEETS: &[(&str, &str)] =
    &[("accounts", "账户"), ("assistance-roster", "救助对象花名册"), ("grant-roster", "发放花名册")];

/// States, whatever moves through them.
const STATES: &[(&str, &str)] = &[
    ("REPORTED", "已报告"),
    ("HANDLED", "已处理"),
    ("DISMISSED", "不予处理"),
    ("OPENED", "已提出"),
    ("RUNNING", "进行中"),
    ("CLOSED", "已结束"),
    ("REQUESTED", "已申请"),
    ("HANDED_OVER", "已移交"),
    ("REFUSED", "不同意"),
    ("PROPOSED", "待确认"),
    ("ACTIVE", "有效"),
    ("REVOKED", "已撤销"),
    ("DRAFT", "草稿"),
    ("REVIEWED", "已审核"),
    ("PUBLISHED", "已发布"),
    ("REVISED", "已修订"),
];

/// What is recorded with a step.
const FIELDS: &[(&str, &str)] = &[("remark", "意见"), ("reason", "理由"), ("paragraph", "段落")];

/// Purposes of looking at personal data.
pub const PURPOSES: &[(&str, &str)] = &[
    ("APPLICATION", "申请"),
    ("REVIEW", "审核"),
    ("PAYMENT", "发放"),
    ("SERVICE", "服务"),
    ("COMPLAINT", "投诉"),
    ("INSPECTION", "检查"),
    ("CORRECTION", "更正"),
    ("STATISTICS", "统计"),
];

/// The Chinese terms of the schema.
#[derive(Default)]
struct Terms {
    /// Types and mutations.
    names: HashMap<String, String>,
    /// Enums: the term, with the values.
    enums: Vec<(String, Vec<String>)>,
}

static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let mut terms = Terms::default();
    let Ok(document) = parse_schema(sdl()) else { return terms };
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let term = definition.description.map(|text| term(&text.node)).unwrap_or_default();
        match definition.kind {
            TypeKind::Enum(of) => {
                let values = of.values.into_iter().map(|value| value.node.value.node.to_string()).collect();
                terms.enums.push((term, values));
            }
            TypeKind::Object(of) if definition.name.node == "Mutation" => {
                for field in of.fields {
                    let term = field.node.description.map(|text| self::term(&text.node)).unwrap_or_default();
                    terms.names.insert(field.node.name.node.to_string(), term);
                }
            }
            TypeKind::Object(_) => {
                terms.names.insert(definition.name.node.to_string(), term);
            }
            _ => {}
        }
    }
    terms
});

/// The Chinese term that a description begins with.
fn term(description: &str) -> String {
    description.trim().split(" · ").next().unwrap_or_default().trim_end_matches('。').to_owned()
}

fn in_table(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, zh)| *zh)
}

/// A record or a command by its name in the schema.
pub fn of(name: &str) -> Option<String> {
    let known = |name: &str| {
        let unseen = in_table(UNSEEN, name).map(str::to_owned);
        unseen.or_else(|| TERMS.names.get(name).filter(|term| is_chinese(term)).cloned())
    };
    known(name).or_else(|| Some(format!("登记{}", known(name.strip_prefix("record")?)?)))
}

/// A kind of sheet, by its name and the command that its rows run as.
pub fn sheet(kind: &str, command: &str) -> Option<String> {
    let own = in_table(SHEETS, kind).map(str::to_owned);
    own.or_else(|| of(command).map(|name| name.trim_start_matches("登记").to_owned()))
}

/// A list of codes, by its codes.
pub fn list(codes: &[&str]) -> Option<&'static str> {
    let same = |values: &[String]| values.iter().map(String::as_str).eq(codes.iter().copied());
    TERMS.enums.iter().find(|(term, values)| is_chinese(term) && same(values)).map(|(term, _)| term.as_str())
}

/// A role, by its code.
pub fn role(code: &str) -> Option<&'static str> {
    role_of(code).map(|role| role.zh)
}

/// A business line, by its code.
pub fn line(code: &str) -> Option<&'static str> {
    in_table(LINE_LABELS, code)
}

/// A state, by its code.
pub fn state(code: &str) -> Option<&'static str> {
    in_table(STATES, code)
}

/// A field that is recorded with a step.
pub fn field(name: &str) -> Option<&'static str> {
    in_table(FIELDS, name)
}

fn is_chinese(text: &str) -> bool {
    text.starts_with(|sign: char| ('\u{4e00}'..='\u{9fff}').contains(&sign))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use minzheng_rules::machine::MACHINES;

    use super::*;
    use crate::handbook::{PAGES, Tongue};
    use crate::schema::codes;
    use crate::schema::mutations;
    use minzheng_exchange::kind::kinds;
    use minzheng_ground::policy::{AGGREGATES, LINES, ROLES};

    /// Pages for programmers, who write the codes; and the page that tells them.
    const TECHNICAL: &[&str] = &["api", "examples", "codes", "limits", "operations", "security", "builders", "changes"];

    #[test]
    fn everything_has_a_chinese_name() {
        let mut nameless: Vec<String> = Vec::new();
        let mut wants = |name: &str, term: Option<String>| {
            if term.is_none() {
                nameless.push(name.to_owned());
            }
        };
        for name in AGGREGATES.iter().map(|(name, _)| *name).chain(mutations::names()) {
            wants(name, of(name));
        }
        for kind in kinds() {
            wants(kind.name, sheet(kind.name, kind.command));
        }
        for (name, list) in codes::all() {
            let codes: Vec<&str> = list.iter().map(|code| code.code).collect();
            wants(name, super::list(&codes).map(str::to_owned));
        }
        for machine in MACHINES {
            wants(machine.aggregate, of(machine.aggregate));
            for step in machine.steps {
                wants(step.command, of(step.command));
                for code in step.from.iter().chain([&step.next]) {
                    wants(code, state(code).map(str::to_owned));
                }
                step.record.iter().for_each(|name| wants(name, field(name).map(str::to_owned)));
            }
        }
        let purposes = PURPOSES.iter().map(|(code, _)| *code);
        assert!(purposes.eq(minzheng_kernel::viewer::PURPOSES.iter().copied()));
        assert_eq!(nameless, Vec::<String>::new());
    }

    #[test]
    fn chinese_pages_for_officials_name_nothing_by_its_code() {
        let mut coded: BTreeSet<String> = BTreeSet::new();
        coded.extend(AGGREGATES.iter().map(|(name, _)| (*name).to_owned()));
        coded.extend(mutations::names().map(str::to_owned));
        coded.extend(ROLES.iter().map(|role| role.code.to_owned()));
        coded.extend(LINES.iter().map(|line| (*line).to_owned()));
        coded.extend(STATES.iter().chain(PURPOSES).map(|(code, _)| (*code).to_owned()));
        for machine in MACHINES {
            coded.extend(machine.steps.iter().map(|step| step.command.to_owned()));
        }
        for (_, list) in codes::all() {
            coded.extend(list.iter().map(|code| code.code.to_owned()));
        }
        // Words that mean something else too.
        let other = |word: &str| matches!(word, "NONE" | "OTHER");
        for page in PAGES.iter().filter(|page| !TECHNICAL.contains(&page.name)) {
            let text = page.markdown(Tongue::Zh);
            // Values of parameters are written as codes.
            let text = text.split("## 口径参数").next().unwrap_or_default();
            let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && !"_.".contains(sign));
            let found: BTreeSet<&str> = words.filter(|word| coded.contains(*word) && !other(word)).collect();
            assert_eq!(found, BTreeSet::new(), "{}", page.name);
        }
    }
}
