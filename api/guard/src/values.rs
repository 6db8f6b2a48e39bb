//! How large argument values are once variables are written out.
//!
//! The engine copies a variable's value at each use, so one large variable used by many fields, or
//! by a field of each row of a page, is a flood of its own.

use std::collections::HashMap;

use async_graphql::{
    Name, Number, Positioned, Value as ConstValue, Variables,
    parser::types::{ExecutableDocument, OperationDefinition},
};
use async_graphql_value::Value;

use super::{
    limits::Limits,
    refused::{Reason, Refused, count},
};

/// The arguments of a field or a directive.
pub(super) type Arguments = [(Positioned<Name>, Positioned<Value>)];

/// Sizes of the variables of a request.
pub(super) struct Sizes<'a>(HashMap<&'a str, u64>);

impl<'a> Sizes<'a> {
    /// Measures what was sent, and the defaults of every operation.
    pub(super) fn new(
        document: &'a ExecutableDocument,
        variables: &'a Variables,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let defaults =
            document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions).filter_map(
                |definition| {
                    let default = definition.node.default_value.as_ref()?;
                    Some((definition.node.name.node.as_str(), &default.node))
                },
            );
        let sent = variables.iter().map(|(name, value)| (name.as_str(), value));
        let mut sizes = HashMap::new();
        for (name, value) in sent.chain(defaults) {
            let size = size_of(value, limits.nesting)
                .ok_or_else(|| Refused { limit: Some(limits.nesting), ..Refused::new(Reason::JsonNesting) })?;
            let largest = sizes.entry(name).or_insert(0);
            *largest = size.max(*largest);
        }
        Ok(Self(sizes))
    }

    /// The size of all values of some arguments.
    pub(super) fn of(&self, arguments: &Arguments) -> u64 {
        sum(arguments.iter().map(|(_, value)| self.value(&value.node)))
    }

    // Literals nest no deeper than the scan let through.
    fn value(&self, value: &Value) -> u64 {
        match value {
            Value::Variable(name) => self.0.get(name.as_str()).copied().unwrap_or(1),
            Value::String(text) => size_of_text(text),
            Value::List(items) => sum(items.iter().map(|item| self.value(item))),
            Value::Object(fields) => sum(fields.values().map(|field| self.value(field))),
            _ => 1,
        }
    }
}

/// The size of a value, or nothing if it nests deeper than `room`.
fn size_of(value: &ConstValue, room: u64) -> Option<u64> {
    let inner = room.checked_sub(1)?;
    match value {
        ConstValue::String(text) => Some(size_of_text(text)),
        ConstValue::List(items) => total(items.iter(), inner),
        ConstValue::Object(fields) => total(fields.values(), inner),
        _ => Some(1),
    }
}

/// Refuses variables in which a text holds a null character, which no database keeps. They were measured, and nest no
/// deeper than may be; literals were scanned.
pub(super) fn without_null(variables: &Variables) -> Result<(), Refused> {
    match variables.iter().find(|(_, value)| holds_null(value)) {
        Some((name, _)) => Err(Refused::new(Reason::NullCharacter).about(format!("${name}"))),
        None => Ok(()),
    }
}

fn holds_null(value: &ConstValue) -> bool {
    match value {
        ConstValue::String(text) => text.contains('\0'),
        ConstValue::List(items) => items.iter().any(holds_null),
        ConstValue::Object(fields) => fields.values().any(holds_null),
        _ => false,
    }
}

fn total<'a>(values: impl Iterator<Item = &'a ConstValue>, room: u64) -> Option<u64> {
    values.map(|value| size_of(value, room)).try_fold(1, |sum: u64, size| Some(sum.saturating_add(size?)))
}

fn size_of_text(text: &str) -> u64 {
    1 + count(text.len()) / 64
}

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(1, u64::saturating_add)
}

/// An argument as the operation will see it: what was sent, else the variable's default.
#[derive(Clone, Copy)]
pub(super) enum Given {
    /// Left out, or null.
    Nothing,
    /// A whole number of at least zero.
    Number(u64),
    /// A list of so many.
    List(u64),
    /// Something that is no count; validation will have a word.
    Other,
}

impl Given {
    /// Resolves one argument of a field.
    pub(super) fn argument(
        arguments: &Arguments,
        name: &str,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Self {
        match arguments.iter().find(|(given, _)| given.node == name) {
            None => Self::Nothing,
            Some((_, value)) => match &value.node {
                Value::Variable(name) => variable(name, operation, variables).map_or(Self::Nothing, Self::constant),
                Value::Null => Self::Nothing,
                Value::Number(number) => Self::number(number),
                Value::List(items) => Self::List(count(items.len())),
                _ => Self::Other,
            },
        }
    }

    fn constant(value: &ConstValue) -> Self {
        match value {
            ConstValue::Null => Self::Nothing,
            ConstValue::Number(number) => Self::number(number),
            ConstValue::List(items) => Self::List(count(items.len())),
            _ => Self::Other,
        }
    }

    fn number(number: &Number) -> Self {
        number.as_u64().map_or(Self::Other, Self::Number)
    }
}

/// How many entries a list in an input has; a value in place of a list is a list of one.
pub(super) fn entries(value: &Value, path: &[&str], operation: &OperationDefinition, variables: &Variables) -> u64 {
    match (value, path.split_first()) {
        (Value::Variable(name), _) => variable(name, operation, variables).map_or(0, |value| entries_of(value, path)),
        (Value::Object(fields), Some((field, path))) => {
            fields.get(*field).map_or(0, |value| entries(value, path, operation, variables))
        }
        (Value::List(items), None) => count(items.len()),
        (Value::Null, _) => 0,
        _ => 1,
    }
}

fn entries_of(value: &ConstValue, path: &[&str]) -> u64 {
    match (value, path.split_first()) {
        (ConstValue::Object(fields), Some((field, path))) => {
            fields.get(*field).map_or(0, |value| entries_of(value, path))
        }
        (ConstValue::List(items), None) => count(items.len()),
        (ConstValue::Null, _) => 0,
        _ => 1,
    }
}

/// A variable as the operation will see it: what was sent, else its default.
pub(super) fn variable<'a>(
    name: &Name,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
) -> Option<&'a ConstValue> {
    let default = || {
        operation
            .variable_definitions
            .iter()
            .find(|definition| definition.node.name.node == *name)
            .and_then(|definition| definition.node.default_value.as_ref())
            .map(|default| &default.node)
    };
    variables.get(name).or_else(default)
}
