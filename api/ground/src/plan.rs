//! What is asked for of the rows of a table: the selection, collected once for all of them.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{ContextSelectionSet, Pos, Positioned, ServerError};
use chrono::NaiveDate;
use minzheng_kernel::{PageInput, Viewer};

use crate::catalogue::Catalogue;
use crate::scalars::Date;
use crate::source::Most;
use crate::table::{Answer, Table, Which};

/// What is asked for of a table.
pub struct Plan {
    /// The table.
    pub table: &'static Table,
    /// What is written of each row, in order.
    pub slots: Vec<Slot>,
    /// The columns that are needed for it.
    pub columns: Vec<usize>,
}

/// One key of the answer.
pub struct Slot {
    /// The key.
    pub key: String,
    /// What is written there.
    pub what: What,
    /// Where it stands in the document.
    pub pos: Pos,
    /// Whether it may be null.
    pub nullable: bool,
    /// Which rows of the other table, where it is an edge.
    pub most: Option<Most>,
    /// The day that it is asked about.
    pub day: Option<NaiveDate>,
    /// What is asked for of them.
    pub below: Option<Plan>,
    /// Why it can't be answered: an argument was wrong.
    pub error: Option<ServerError>,
    /// The fields of the document, where the library resolves them here or below.
    pub fields: Vec<Positioned<Field>>,
    /// Whether the library resolves something here or below.
    pub later: bool,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `__typename`
    Typename,
    /// A field by its place.
    Field(usize),
}

/// The same key of one or more places of the document.
struct Asked<'a> {
    what: What,
    fields: Vec<&'a Positioned<Field>>,
}

impl Plan {
    /// What a selection asks for of a table. `refuse` says an error of an argument in the words of who asks.
    pub fn new(
        context: &ContextSelectionSet<'_>,
        sets: &[&Positioned<SelectionSet>],
        table: &'static Table,
        viewer: &Viewer,
        refuse: &dyn Fn(minzheng_kernel::Fault, Pos) -> ServerError,
    ) -> Result<Self, ServerError> {
        let mut asked: Vec<(String, Asked<'_>)> = Vec::new();
        for set in sets {
            collect(context, set, table, &mut asked)?;
        }
        Self::of(context, asked, table, viewer, refuse)
    }

    /// What one field asks for.
    pub fn field(
        context: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
        table: &'static Table,
        viewer: &Viewer,
        refuse: &dyn Fn(minzheng_kernel::Fault, Pos) -> ServerError,
    ) -> Result<Self, ServerError> {
        let what = what(field, table)?;
        let key = field.node.response_key().node.to_string();
        Self::of(context, vec![(key, Asked { what, fields: vec![field] })], table, viewer, refuse)
    }

    fn of(
        context: &ContextSelectionSet<'_>,
        asked: Vec<(String, Asked<'_>)>,
        table: &'static Table,
        viewer: &Viewer,
        refuse: &dyn Fn(minzheng_kernel::Fault, Pos) -> ServerError,
    ) -> Result<Self, ServerError> {
        let mut columns = table.source.always(viewer);
        let mut slots = Vec::with_capacity(asked.len());
        for (key, Asked { what, fields }) in asked {
            let Some(first) = fields.first() else { continue };
            let mut slot = Slot {
                key,
                what,
                pos: first.pos,
                nullable: false,
                most: None,
                day: None,
                below: None,
                error: None,
                fields: Vec::new(),
                later: false,
            };
            if let What::Field(at) = what
                && let Some(field) = table.fields.get(at)
            {
                slot.nullable = field.nullable;
                match &field.answer {
                    Answer::Id | Answer::Masked | Answer::Cursor => {}
                    Answer::Later(later) => {
                        columns.extend(&later.columns);
                        slot.later = true;
                    }
                    Answer::Itself(name) => {
                        let itself = Catalogue::find(name)
                            .ok_or_else(|| ServerError::new(format!("there is no table {name}"), Some(first.pos)))?;
                        let sets: Vec<_> = fields.iter().map(|field| &field.node.selection_set).collect();
                        let below = Self::new(context, &sets, itself, viewer, refuse)?;
                        columns.extend(&below.columns);
                        slot.later = below.later();
                        slot.below = Some(below);
                    }
                    Answer::Page(name) => {
                        let rows = Catalogue::find(name)
                            .ok_or_else(|| ServerError::new(format!("there is no table {name}"), Some(first.pos)))?;
                        let sets: Vec<_> = fields.iter().map(|field| &field.node.selection_set).collect();
                        let below = Self::new(context, &sets, rows, viewer, refuse)?;
                        slot.later = below.later();
                        slot.below = Some(below);
                    }
                    Answer::Cell(column, _) => columns.push(*column),
                    Answer::Row(of, _) | Answer::View(of, _) => columns.extend(of),
                    Answer::Day(of, _) => {
                        columns.extend(of);
                        match context.with_field(first).param_value::<Option<Date>>("on", None) {
                            Ok((_, day)) => slot.day = Some(day.map_or(viewer.today, |day| day.0)),
                            Err(error) => slot.error = Some(error),
                        }
                    }
                    Answer::Personal(personal) => {
                        columns.push(personal.column);
                        columns.extend(personal.sealed.map(|(salt, _)| salt));
                        columns.extend(personal.about);
                        columns.extend(personal.open_where.iter().flat_map(|(of, _)| of));
                    }
                    Answer::Edge(edge) => {
                        columns.extend(&edge.of);
                        let to = Catalogue::find(edge.to).ok_or_else(|| {
                            ServerError::new(format!("there is no table {}", edge.to), Some(first.pos))
                        })?;
                        let place = |column: &str| to.source.column(column).unwrap_or_default();
                        slot.most = Some(match edge.which {
                            Which::One => Most::One,
                            Which::Latest(sort, most) => Most::Newest(place(sort), most),
                            Which::All(sort) => Most::All(place(sort)),
                            Which::Parts(sort) => Most::Parts(place(sort)),
                            Which::Newest(sort) => {
                                let of_field = context.with_field(first);
                                let size = of_field.param_value::<i32>("first", Some(|| 20)).and_then(|(_, size)| {
                                    let page = PageInput { first: Some(size), ..PageInput::default() };
                                    page.size().map_err(|fault| refuse(fault, first.pos))
                                });
                                match size {
                                    Ok((size, _)) => Most::Newest(place(sort), size),
                                    Err(error) => {
                                        slot.error = Some(error);
                                        Most::Newest(place(sort), 0)
                                    }
                                }
                            }
                        });
                        let sets: Vec<_> = fields.iter().map(|field| &field.node.selection_set).collect();
                        let below = Self::new(context, &sets, to, viewer, refuse)?;
                        slot.later = below.later();
                        slot.below = Some(below);
                        if let (Some(below), Some(by)) = (&mut slot.below, to.source.column(edge.by)) {
                            below.needs(by);
                            if let Some(Most::Newest(sort, _) | Most::All(sort) | Most::Parts(sort)) = slot.most {
                                below.needs(sort);
                            }
                        }
                    }
                }
            }
            if slot.later {
                slot.fields = fields.into_iter().cloned().collect();
            }
            slots.push(slot);
        }
        columns.sort_unstable();
        columns.dedup();
        Ok(Self { table, slots, columns })
    }

    /// Whether the library resolves something of it.
    pub fn later(&self) -> bool {
        self.slots.iter().any(|slot| slot.later)
    }

    fn needs(&mut self, column: usize) {
        if let Err(at) = self.columns.binary_search(&column) {
            self.columns.insert(at, column);
        }
    }
}

fn what(field: &Positioned<Field>, table: &Table) -> Result<What, ServerError> {
    let name = field.node.name.node.as_str();
    if name == "__typename" {
        return Ok(What::Typename);
    }
    let missing = || {
        let text = format!(r#"Cannot query field "{name}" on type "{}"."#, table.name);
        ServerError::new(text, Some(field.pos))
    };
    table.field(name).map(What::Field).ok_or_else(missing)
}

fn collect<'a>(
    context: &ContextSelectionSet<'a>,
    set: &'a Positioned<SelectionSet>,
    table: &'static Table,
    asked: &mut Vec<(String, Asked<'a>)>,
) -> Result<(), ServerError> {
    for selection in &set.node.items {
        let (condition, inside) = match &selection.node {
            Selection::Field(field) => {
                let what = what(field, table)?;
                let key = field.node.response_key().node.as_str();
                match asked.iter_mut().find(|(other, _)| other == key) {
                    Some((_, same)) => same.fields.push(field),
                    None => asked.push((key.to_owned(), Asked { what, fields: vec![field] })),
                }
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = context.query_env.fragments.get(&spread.node.fragment_name.node);
                let fragment = fragment.ok_or_else(|| {
                    let text = format!(r#"Unknown fragment "{}"."#, spread.node.fragment_name.node);
                    ServerError::new(text, Some(spread.pos))
                })?;
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
        };
        let applies = condition.is_none_or(|condition| {
            let name = condition.node.on.node.as_str();
            let implemented = context.schema_env.registry.implements.get(table.name);
            name == table.name || implemented.is_some_and(|interfaces| interfaces.contains(name))
        });
        if applies {
            collect(context, inside, table, asked)?;
        }
    }
    Ok(())
}
