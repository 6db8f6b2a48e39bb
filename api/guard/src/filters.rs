//! What a list is asked by must be said: a null, or a variable that nobody sent, would mean "all rows" where one was
//! meant.

use async_graphql::{Variables, parser::types::OperationDefinition};
use async_graphql_value::Value;

use super::{
    refused::{Reason, Refused},
    values::{Arguments, variable},
};

/// Arguments of a list that say which page in which order: nothing, where they are left out.
const PAGING: [&str; 6] = ["first", "after", "last", "before", "orderBy", "direction"];
/// The argument that holds conditions. It may be null as a whole: no conditions.
const CONDITIONS: &str = "where";

/// Refuses a condition or a search without a value.
pub(super) fn said(
    arguments: &Arguments,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), Refused> {
    let resolve = |value: &Value| match value {
        Value::Variable(name) => {
            variable(name, operation, variables).map_or(Value::Null, |value| value.clone().into_value())
        }
        value => value.clone(),
    };
    for (name, value) in arguments.iter().filter(|(name, _)| !PAGING.contains(&name.node.as_str())) {
        let whole = resolve(&value.node);
        let missing = match &whole {
            Value::Null if name.node == CONDITIONS => None,
            whole => unsaid(whole, &resolve),
        };
        if let Some(path) = missing {
            return Err(Refused::new(Reason::Unsaid).about(format!("{}{path}", name.node)).at(value.pos));
        }
    }
    Ok(())
}

/// The path to a null in a value; literals and variables nest no deeper than was let through.
fn unsaid(value: &Value, resolve: &impl Fn(&Value) -> Value) -> Option<String> {
    match resolve(value) {
        Value::Null => Some(String::new()),
        Value::Object(fields) => {
            fields.iter().find_map(|(name, value)| unsaid(value, resolve).map(|path| format!(".{name}{path}")))
        }
        Value::List(items) => {
            items.iter().enumerate().find_map(|(at, item)| unsaid(item, resolve).map(|path| format!("[{at}]{path}")))
        }
        _ => None,
    }
}
