//! Cells that are filled in once for several rows.

use std::collections::HashMap;

use super::super::row::Places;
use super::super::{FillDown, RawCell};

/// A merged block of cells: its column and its rows, numbered from 1, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merged {
    /// The column, from 0.
    pub column: usize,
    /// The first row.
    pub first: u64,
    /// The last row.
    pub last: u64,
}

/// One rule with the group it is in.
#[derive(Debug)]
struct Rule {
    group: Vec<usize>,
    columns: Vec<usize>,
    key: Vec<RawCell>,
    values: Vec<RawCell>,
    begun: bool,
}

/// Fills empty cells from above.
#[derive(Debug)]
pub(super) struct Filler {
    rules: Vec<Rule>,
    /// Blocks by their first row and column, with their last row.
    blocks: HashMap<(u64, usize), u64>,
    /// The block a column is in: its last row and its value.
    open: HashMap<usize, (u64, RawCell)>,
    merged_columns: Vec<usize>,
}

impl Filler {
    pub fn new(rules: &[FillDown], places: &Places) -> Self {
        let at = |names: &[String]| -> Vec<usize> {
            names.iter().filter_map(|name| places.by_header.get(name).copied()).collect()
        };
        let rules: Vec<Rule> = rules
            .iter()
            .map(|rule| Rule {
                group: at(&rule.group),
                columns: at(&rule.columns),
                key: Vec::new(),
                values: Vec::new(),
                begun: false,
            })
            .filter(|rule| !rule.group.is_empty())
            .collect();
        let mut merged_columns: Vec<usize> =
            rules.iter().flat_map(|rule| rule.columns.iter().chain(&rule.group)).copied().collect();
        merged_columns.sort_unstable();
        merged_columns.dedup();
        Self { rules, blocks: HashMap::new(), open: HashMap::new(), merged_columns }
    }

    /// Takes the merged blocks of the sheet.
    pub fn merged(&mut self, blocks: Vec<Merged>) {
        for block in blocks {
            if self.merged_columns.binary_search(&block.column).is_ok() {
                self.blocks.insert((block.first, block.column), block.last);
            }
        }
    }

    /// Fills the row's empty cells and says which.
    pub fn fill(&mut self, number: u64, cells: &mut [RawCell]) -> Vec<usize> {
        let mut filled = Vec::new();
        if !self.blocks.is_empty() {
            self.fill_merged(number, cells, &mut filled);
        }
        for rule in &mut self.rules {
            rule.fill(cells, &mut filled);
        }
        filled
    }

    fn fill_merged(&mut self, number: u64, cells: &mut [RawCell], filled: &mut Vec<usize>) {
        for &column in &self.merged_columns {
            let Some(cell) = cells.get_mut(column) else { continue };
            if let Some(&last) = self.blocks.get(&(number, column)) {
                self.open.insert(column, (last, cell.clone()));
            } else if let Some((last, value)) = self.open.get(&column)
                && number <= *last
                && cell.is_blank()
                && !value.is_blank()
            {
                *cell = value.clone();
                filled.push(column);
            }
        }
    }
}

impl Rule {
    fn fill(&mut self, cells: &mut [RawCell], filled: &mut Vec<usize>) {
        let take = |places: &[usize]| -> Vec<RawCell> {
            places.iter().map(|&at| cells.get(at).cloned().unwrap_or_default()).collect()
        };
        let key = take(&self.group);
        let begins = key.iter().enumerate().any(|(at, cell)| {
            let known = self.begun && self.key.get(at).is_some_and(|known| same(known, cell));
            !known && !cell.is_blank()
        });
        if begins {
            self.values = take(&self.columns);
            self.key = key;
            self.begun = true;
            return;
        }
        for (&at, value) in self.columns.iter().zip(&mut self.values) {
            let Some(cell) = cells.get_mut(at) else { continue };
            if !cell.is_blank() {
                if value.is_blank() {
                    *value = cell.clone();
                }
            } else if !value.is_blank() {
                *cell = value.clone();
                filled.push(at);
            }
        }
    }
}

/// Whether two cells are the same to a reader.
fn same(left: &RawCell, right: &RawCell) -> bool {
    match (left, right) {
        (RawCell::Text(left), RawCell::Text(right)) => left.trim() == right.trim(),
        _ => left == right,
    }
}
