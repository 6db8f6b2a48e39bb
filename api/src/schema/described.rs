//! Everything that the schema names says what it is.

use std::collections::BTreeSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

/// The library's own scalar of any JSON has no address to point at.
const WITHOUT_ADDRESS: &[&str] = &["JSON"];

#[test]
fn types_fields_arguments_and_values_are_described() {
    let document = parse_schema(super::sdl()).expect("the schema");
    let mut silent = BTreeSet::new();
    let mut seen = 0;
    let mut look = |described: bool, name: String| {
        seen += 1;
        if !described {
            silent.insert(name);
        }
    };
    for definition in document.definitions {
        let TypeSystemDefinition::Type(of) = definition else { continue };
        let (name, of) = (of.node.name.node.to_string(), of.node);
        match of.kind {
            TypeKind::Object(_) | TypeKind::Interface(_)
                if ["Query", "Mutation", "Subscription"].contains(&name.as_str()) => {}
            _ => look(of.description.is_some(), name.clone()),
        }
        match of.kind {
            TypeKind::Scalar => {
                let address = of.directives.iter().any(|directive| directive.node.name.node == "specifiedBy");
                look(address || WITHOUT_ADDRESS.contains(&name.as_str()), format!("the address of {name}"));
            }
            TypeKind::Object(async_graphql::parser::types::ObjectType { fields, .. })
            | TypeKind::Interface(async_graphql::parser::types::InterfaceType { fields, .. }) => {
                for field in fields {
                    let field = field.node;
                    let path = format!("{name}.{}", field.name.node);
                    look(field.description.is_some(), path.clone());
                    for argument in field.arguments {
                        look(argument.node.description.is_some(), format!("{path}({})", argument.node.name.node));
                    }
                }
            }
            TypeKind::Enum(of) => {
                for value in of.values {
                    look(value.node.description.is_some(), format!("{name}.{}", value.node.value.node));
                }
            }
            TypeKind::InputObject(of) => {
                for field in of.fields {
                    look(field.node.description.is_some(), format!("{name}.{}", field.node.name.node));
                }
            }
            TypeKind::Union(_) => {}
        }
    }
    assert!(seen > 2_000, "{seen}");
    assert!(silent.is_empty(), "{silent:?}");
}
