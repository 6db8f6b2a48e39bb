//! 变更操作 · the mutations that there are, and which of them a viewer may run: what `availableCommands` and the handbook
//! name is taken from the schema itself.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use async_graphql::resolver_utils::EnumType as _;
use minzheng_ground::policy::roles_of;
use minzheng_kernel::Viewer;

use crate::schema::batch::BatchCommand;
use crate::schema::sdl;

/// Mutations that are called otherwise than the command whose right they need.
const CALLED_OTHERWISE: &[(&str, &str)] = &[("startImport", "importSheet"), ("startExport", "exportSheet")];

static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let document = parse_schema(sdl()).map(|document| document.definitions).unwrap_or_default();
    let fields = document.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) if of.node.name.node == "Mutation" => match of.node.kind {
            TypeKind::Object(of) => Some(of.fields),
            _ => None,
        },
        _ => None,
    });
    fields.flatten().map(|field| field.node.name.node.to_string()).collect()
});

/// The names of all mutations, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(String::as_str)
}

/// The command whose right a mutation needs.
fn command_of(mutation: &str) -> &str {
    CALLED_OTHERWISE.iter().find(|(name, _)| *name == mutation).map_or(mutation, |(_, command)| command)
}

/// The mutations that a batch may carry; `None`: the mutation is no batch.
fn carried(mutation: &str) -> Option<Vec<String>> {
    let camel = |name: &str| {
        let words = name.split('_').enumerate().map(|(at, word)| match (at, word.split_at_checked(1)) {
            (1.., Some((first, rest))) => format!("{first}{}", rest.to_lowercase()),
            _ => word.to_lowercase(),
        });
        words.collect::<String>()
    };
    matches!(mutation, "runBatch" | "syncBatch")
        .then(|| BatchCommand::items().iter().map(|item| camel(item.name)).collect())
}

/// The roles that may run a mutation.
pub fn roles(mutation: &str) -> Vec<&'static str> {
    let commands = carried(mutation).unwrap_or_else(|| vec![command_of(mutation).to_owned()]);
    let mut roles: Vec<&str> = Vec::new();
    for role in commands.iter().flat_map(|command| roles_of(command)) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

/// The mutations that a viewer may run at all.
pub fn available(viewer: &Viewer) -> Vec<&'static str> {
    let may = |name: &&str| match carried(name) {
        Some(commands) => commands.iter().any(|command| viewer.may(command)),
        None => viewer.may(command_of(name)),
    };
    names().filter(may).collect()
}

#[cfg(test)]
mod tests {
    use minzheng_rules::machine::MACHINES;

    use super::*;

    #[test]
    fn every_mutation_is_somebodys_and_every_step_is_a_mutation() {
        let all: BTreeSet<&str> = names().collect();
        assert!(all.contains("signIn") && !all.contains("recordPayment"));
        for name in &all {
            assert!(!roles(name).is_empty(), "nobody may run {name}");
        }
        for (name, _) in CALLED_OTHERWISE {
            assert!(all.contains(name), "{name}");
        }
        for name in carried("runBatch").unwrap() {
            assert!(all.contains(name.as_str()), "{name}");
        }
        for step in MACHINES.iter().flat_map(|machine| machine.steps) {
            assert!(all.contains(step.command), "{} is offered and is no mutation", step.command);
        }
    }
}
