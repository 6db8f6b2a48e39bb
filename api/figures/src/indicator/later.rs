//! 待接入 · figures that no record feeds yet: they are defined, in `later.csv`, and have no value, never 0. When a room
//! begins to feed one, its definition moves to the file of the line.

use crate::indicator::{Definition, Kind, Measure};

/// One line of the file.
fn definition(line: &'static str) -> Option<Definition> {
    let mut cells = line.split('|');
    let mut next = || cells.next();
    let (code, kind, unit, clause) = (next()?, next()?, next()?, next()?);
    let (names, words) = ((next()?, next()?), (next()?, next()?));
    let kinds = [Kind::Flow, Kind::Distinct, Kind::Stock, Kind::Ratio, Kind::Mean];
    let kind = kinds.into_iter().find(|known| known.code() == kind)?;
    let decimals = if matches!(kind, Kind::Ratio | Kind::Mean) || unit == "元" { 2 } else { 0 };
    let of = Definition { kind, decimals, measure: Measure::Unfed, ..Definition::new(code, names, unit, clause) };
    Some(of.words(words.0, words.1))
}

/// All definitions that wait for a source.
pub fn definitions() -> Vec<Definition> {
    include_str!("later.csv").lines().skip(1).filter_map(definition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_definition() {
        assert_eq!(definitions().len(), include_str!("later.csv").lines().count() - 1);
    }
}
