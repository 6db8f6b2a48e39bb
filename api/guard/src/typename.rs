//! `__typename` with directives, as the engine can check it: its validation does not look at directives of this field, so
//! that a variable used nowhere else counts as unused, and one that is not defined passes. An inline fragment with the
//! same directives around the field means the same.

use async_graphql::Positioned;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, InlineFragment, Selection, SelectionSet};

/// Puts each such field into an inline fragment. The document was measured: a walk is short.
pub fn wrapped(document: &mut ExecutableDocument) {
    let operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(named) => named.values_mut().collect(),
    };
    for operation in operations {
        within(&mut operation.node.selection_set.node);
    }
    for fragment in document.fragments.values_mut() {
        within(&mut fragment.node.selection_set.node);
    }
}

fn within(set: &mut SelectionSet) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) if field.node.name.node == "__typename" => {
                if field.node.directives.is_empty() {
                    continue;
                }
                let directives = std::mem::take(&mut field.node.directives);
                let items = vec![Positioned::new(Selection::Field(field.clone()), item.pos)];
                let selection_set = Positioned::new(SelectionSet { items }, item.pos);
                let fragment = InlineFragment { type_condition: None, directives, selection_set };
                item.node = Selection::InlineFragment(Positioned::new(fragment, item.pos));
            }
            Selection::Field(field) => within(&mut field.node.selection_set.node),
            Selection::InlineFragment(fragment) => within(&mut fragment.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}
