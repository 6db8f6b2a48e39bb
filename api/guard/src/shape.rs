//! How large a document is with its fragments written out, without writing them out.
//!
//! `fragment f0 on Query { ...f1 ...f1 } fragment f1 …` doubles with each step: 24 steps are 0.8 kB
//! and 16 million fields, and validation walks every one. Here each fragment is measured once and
//! its measure added wherever it is spread, in sums that saturate, so the work is that of reading
//! the document.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{Directive, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};

use super::{
    limits::Limits,
    refused::{Reason, Refused, count, within},
    values::{Arguments, Sizes},
};

/// The measure of a selection set with fragments written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Fields, spreads and inline fragments.
    pub(super) fields: u64,
    /// Fields of the set itself.
    pub(super) top: u64,
    /// Fields within fields.
    pub(super) depth: u64,
    /// Selection sets within selection sets, whatever opens them.
    height: u64,
    /// Size of the arguments.
    values: u64,
}

impl Shape {
    /// Takes in what a selection opens: nothing for a leaf.
    fn add(&mut self, selected: &Shape) {
        self.fields = self.fields.saturating_add(selected.fields);
        self.top = self.top.saturating_add(selected.top);
        self.depth = self.depth.max(selected.depth);
        self.height = self.height.max(selected.height);
        self.values = self.values.saturating_add(selected.values);
    }

    fn check(&self, limits: &Limits) -> Result<(), Refused> {
        within(Reason::Fields, self.fields, limits.fields)?;
        within(Reason::Depth, self.depth, limits.depth)?;
        within(Reason::Values, self.values, limits.values)
    }
}

/// The measure of a whole document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// The operation that will run.
    pub(super) run: Shape,
    /// Aliases as written.
    pub(super) aliases: u64,
    /// Directives as written.
    pub(super) directives: u64,
    /// Selections looked at, which is the work done.
    pub(super) visits: u64,
}

/// Holds every operation and fragment of a document to the limits.
pub(super) fn measure(
    document: &ExecutableDocument,
    run: &OperationDefinition,
    sizes: &Sizes<'_>,
    limits: &Limits,
) -> Result<Measured, Refused> {
    let mut walk = Walk { document, sizes, limits, done: Measured::default(), fragments: HashMap::new(), path: 0 };
    let mut fields = 0_u64;
    let mut values = 0_u64;
    for (_, operation) in document.operations.iter() {
        let shape = walk.operation(&operation.node)?;
        shape.check(limits)?;
        within(Reason::RootFields, shape.top, limits.root_fields)?;
        // Validation walks all operations, also those that will not run.
        fields = fields.saturating_add(shape.fields);
        values = values.saturating_add(shape.values);
        if std::ptr::eq(&raw const operation.node, run) {
            walk.done.run = shape;
        }
    }
    within(Reason::Fields, fields, limits.fields)?;
    within(Reason::Values, values, limits.values)?;
    // And fragments nobody spreads.
    for (name, fragment) in &document.fragments {
        walk.fragment(name, fragment)?.check(limits)?;
    }
    Ok(walk.done)
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    sizes: &'a Sizes<'a>,
    limits: &'a Limits,
    done: Measured,
    /// Fragments measured; nothing while one is being measured.
    fragments: HashMap<&'a str, Option<Shape>>,
    /// Selection sets around the present one: the depth of this walk's own recursion.
    path: u64,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Shape, Refused> {
        let variables = &operation.variable_definitions;
        within(Reason::Variables, count(variables.len()), self.limits.variables)?;
        let mut values = self.directives(&operation.directives)?;
        for variable in variables {
            values = values.saturating_add(self.directives(&variable.node.directives)?);
        }
        let mut shape = self.set(&operation.selection_set)?;
        shape.values = shape.values.saturating_add(values);
        Ok(shape)
    }

    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Shape, Refused> {
        let mut shape = Shape::default();
        if set.node.items.is_empty() {
            return Ok(shape);
        }
        let limit = self.limits.nesting;
        let nesting = |levels| within(Reason::Nesting, levels, limit).map_err(|refused| refused.at(set.pos));
        // Twice: the path keeps this recursion short, the height counts what the memo hides.
        self.path += 1;
        nesting(self.path)?;
        for selection in &set.node.items {
            shape.add(&self.selection(selection)?);
        }
        self.path -= 1;
        shape.height += 1;
        nesting(shape.height)?;
        Ok(shape)
    }

    fn selection(&mut self, selection: &'a Positioned<Selection>) -> Result<Shape, Refused> {
        self.done.visits += 1;
        let mut values = self.directives(selection.node.directives())?;
        let mut shape = match &selection.node {
            Selection::Field(field) => {
                if field.node.alias.is_some() {
                    self.done.aliases += 1;
                    within(Reason::Aliases, self.done.aliases, self.limits.aliases)
                        .map_err(|refused| refused.at(field.pos))?;
                }
                values = values.saturating_add(self.arguments(&field.node.arguments)?);
                let inner = self.set(&field.node.selection_set)?;
                Shape { top: 1, depth: inner.depth.saturating_add(1), ..inner }
            }
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set)?,
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match self.document.fragments.get(name) {
                    Some(fragment) => self
                        .fragment(name, fragment)
                        .map_err(|refused| Refused { at: refused.at.or(Some(spread.pos)), ..refused })?,
                    // Validation says so better.
                    None => Shape::default(),
                }
            }
        };
        shape.fields = shape.fields.saturating_add(1);
        shape.values = shape.values.saturating_add(values);
        Ok(shape)
    }

    fn fragment(&mut self, name: &'a Name, fragment: &'a Positioned<FragmentDefinition>) -> Result<Shape, Refused> {
        match self.fragments.insert(name.as_str(), None) {
            Some(None) => return Err(Refused::new(Reason::Cycle).about(name.as_str())),
            Some(Some(shape)) => {
                self.fragments.insert(name.as_str(), Some(shape));
                return Ok(shape);
            }
            None => {}
        }
        let values = self.directives(&fragment.node.directives)?;
        let mut shape = self.set(&fragment.node.selection_set)?;
        shape.values = shape.values.saturating_add(values);
        self.fragments.insert(name.as_str(), Some(shape));
        Ok(shape)
    }

    /// Counts directives; their arguments' size.
    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Result<u64, Refused> {
        let mut values = 0_u64;
        for directive in directives {
            self.done.directives += 1;
            within(Reason::Directives, self.done.directives, self.limits.directives)
                .map_err(|refused| refused.at(directive.pos))?;
            values = values.saturating_add(self.arguments(&directive.node.arguments)?);
        }
        Ok(values)
    }

    fn arguments(&self, arguments: &Arguments) -> Result<u64, Refused> {
        if arguments.is_empty() {
            return Ok(0);
        }
        within(Reason::Arguments, count(arguments.len()), self.limits.arguments)?;
        Ok(self.sizes.of(arguments))
    }
}
