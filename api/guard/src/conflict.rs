//! Refuses the first pair of fields that cannot share a key of the answer.
//!
//! The engine's own rule reports *every* pair, and one error for each argument of each: a field with
//! 50 arguments and 1,900 namesakes without is 95,000 messages for 6 kB. So what it looks for is
//! looked for here first, in the same way, stopping at one.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Positioned,
    parser::types::{ExecutableDocument, Field, Selection, SelectionSet},
};

use super::refused::{Reason, Refused};

/// Checks all selection sets of a document whose fragments are known to end.
pub(super) fn none(document: &ExecutableDocument) -> Result<(), Refused> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).try_for_each(|set| within(document, set))
}

/// Checks a selection set and all those inside it.
fn within(document: &ExecutableDocument, set: &Positioned<SelectionSet>) -> Result<(), Refused> {
    if set.node.items.is_empty() {
        return Ok(());
    }
    let mut keys = Keys { document, fields: HashMap::new(), spread: HashSet::new() };
    keys.collect(None, set)?;
    set.node.items.iter().try_for_each(|selection| match &selection.node {
        Selection::Field(field) => within(document, &field.node.selection_set),
        Selection::InlineFragment(inline) => within(document, &inline.node.selection_set),
        Selection::FragmentSpread(_) => Ok(()),
    })
}

/// The keys one selection set writes, by the type condition they stand under.
struct Keys<'a> {
    document: &'a ExecutableDocument,
    fields: HashMap<(Option<&'a str>, &'a str), &'a Field>,
    spread: HashSet<&'a str>,
}

impl<'a> Keys<'a> {
    fn collect(&mut self, on: Option<&'a str>, set: &'a Positioned<SelectionSet>) -> Result<(), Refused> {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    let first = self.fields.entry((on, key)).or_insert(&field.node);
                    if !same(first, &field.node) {
                        return Err(Refused::new(Reason::Conflict).at(field.pos).about(key));
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| condition.node.on.node.as_str());
                    self.collect(on, &inline.node.selection_set)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.spread.insert(name.as_str())
                    {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.collect(Some(on), &fragment.node.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn same(one: &Field, other: &Field) -> bool {
    let argument = |name: &str| other.get_argument(name).map(|value| &value.node);
    one.name.node == other.name.node
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, value)| argument(&name.node) == Some(&value.node))
}
