//! 关系 · how figures add up, worked out from what they count: each says which rows of its base it takes, by codes; two
//! that take the same are equal, some that share none and take all of another are its parts, and what one takes more
//! than another is a number too, though no figure tells it. Whoever adds a figure writes its codes, not its equations.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minzheng_assistance::recognition::{AssistanceCategory, Support};
use minzheng_assistance::temporary_aid::AidKind;
use minzheng_ground::codes::CodeList;
use minzheng_reference::policy_value::Area;

use crate::indicator::{Count, cells};

/// Persons covered by recognitions.
pub const PERSONS: &str = "persons covered";
/// Households recognised.
pub const HOUSEHOLDS: &str = "households recognised";
/// Grants of temporary aid.
pub const CASES: &str = "grants of temporary aid";
/// Households of the year's batch of renovation.
pub const RENOVATIONS: &str = "households of the batch";

/// Bases whose rows stand beside each other: the persons of households.
const TOGETHER: &[(&str, &str)] = &[(PERSONS, HOUSEHOLDS)];

/// Which rows of a base are counted: those with these codes in these columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// What is counted: figures of one base are compared.
    pub base: &'static str,
    /// Columns, each with its codes; none: all rows.
    pub codes: &'static [(&'static str, &'static [&'static str])],
}

impl Class {
    /// As a condition of a statement.
    pub fn condition(&self) -> String {
        let list = |codes: &[&str]| codes.iter().map(|code| format!("'{code}'")).collect::<Vec<_>>().join(", ");
        let one = |(column, codes): &(&str, &[&str])| match codes {
            [code] => format!("{column} = '{code}'"),
            codes => format!("{column} IN ({})", list(codes)),
        };
        let all: Vec<String> = self.codes.iter().map(one).collect();
        if all.is_empty() { "1 = 1".to_owned() } else { all.join(" AND ") }
    }
}

fn codes_of<T: CodeList>() -> Vec<&'static str> {
    T::CODES.iter().map(|code| code.code).collect()
}

/// All codes of a column. A row without one is left out of account: where it can be, no code is asked for.
fn domain(column: &str) -> Vec<&'static str> {
    match column {
        "r.category" => codes_of::<AssistanceCategory>(),
        "h.area" => codes_of::<Area>(),
        "r.support" => codes_of::<Support>(),
        "r.kind" => codes_of::<AidKind>(),
        "accepted" => vec!["YES", "NO"],
        _ => Vec::new(),
    }
}

/// One number is others together.
#[derive(Debug, PartialEq, Eq)]
pub struct Relation {
    /// The whole.
    pub whole: &'static str,
    /// Its parts; they share nothing.
    pub parts: Vec<&'static str>,
    /// Whether something is left beside the parts, of which no figure tells.
    pub rest: bool,
}

/// Rows by their codes: a bit for each that they can have.
type Rows = u128;

/// The rows of each count of one base.
fn rows_of(counts: &[&'static Count]) -> Vec<(&'static str, Rows)> {
    let classes = || counts.iter().filter_map(|of| of.class.map(|class| (of.code, class)));
    let mut columns: Vec<&str> = classes().flat_map(|(_, class)| class.codes).map(|(column, _)| *column).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut kinds: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    for column in columns {
        let codes = domain(column);
        let with = |kind: &Vec<(&'static str, &'static str)>| {
            let kind = kind.clone();
            codes.clone().into_iter().map(move |code| [kind.clone(), vec![(column, code)]].concat()).collect::<Vec<_>>()
        };
        kinds = kinds.iter().flat_map(with).collect();
    }
    let takes = |class: &Class, kind: &[(&str, &str)]| {
        class.codes.iter().all(|(column, codes)| kind.iter().any(|(own, code)| own == column && codes.contains(code)))
    };
    let rows = |class: &Class| {
        kinds.iter().zip(0..).filter(|(kind, _)| takes(class, kind)).fold(0, |rows: Rows, (_, n)| rows | 1 << n)
    };
    let mut all: Vec<(&str, Rows)> = classes().map(|(code, class)| (code, rows(&class))).collect();
    all.sort_by_key(|(code, rows)| (rows.count_ones(), *code));
    all
}

/// The first way to put rows together from counts that share none.
fn together(rows: Rows, from: &[(&'static str, Rows)]) -> Option<Vec<&'static str>> {
    if rows == 0 {
        return Some(Vec::new());
    }
    let first = rows & rows.wrapping_neg();
    // The largest first: of several ways the shortest is the one to be told.
    from.iter().rev().filter(|(_, part)| part & first != 0 && part & !rows == 0).find_map(|(code, part)| {
        let mut others = together(rows & !part, from)?;
        others.push(code);
        Some(others)
    })
}

fn relations_of(counts: &[&'static Count]) -> Vec<Relation> {
    let all = rows_of(counts);
    let mut found = Vec::new();
    for (n, (whole, rows)) in all.iter().enumerate() {
        let smaller = all.get(..n).unwrap_or(&[]);
        if let Some(equal) = smaller.iter().find(|(_, other)| other == rows) {
            // What the other is made of was found with it.
            found.push(Relation { whole, parts: vec![equal.0], rest: false });
            continue;
        }
        if let Some(mut parts) = together(*rows, smaller) {
            parts.sort_unstable();
            found.push(Relation { whole, parts, rest: false });
            continue;
        }
        let within: Vec<&(&str, Rows)> = smaller.iter().filter(|(_, part)| part & !rows == 0).collect();
        let largest = within.iter().filter(|(code, part)| {
            let within_another = |(other, of): &(&str, Rows)| other != code && part & !of == 0;
            !within.iter().any(|other| within_another(other))
        });
        let (mut left, mut parts) = (*rows, Vec::new());
        for (code, part) in largest {
            found.push(Relation { whole, parts: vec![code], rest: true });
            if part & !left == 0 {
                left &= !part;
                parts.push(*code);
            }
        }
        if parts.len() > 1 {
            found.push(Relation { whole, parts, rest: true });
        }
    }
    found
}

static RELATIONS: LazyLock<Vec<Relation>> = LazyLock::new(|| {
    let mut bases: BTreeMap<&str, Vec<&'static Count>> = BTreeMap::new();
    for of in cells().iter().copied() {
        if let Some(class) = of.class {
            bases.entry(class.base).or_default().push(of);
        }
    }
    let mut all: Vec<Relation> = bases.values().flat_map(|counts| relations_of(counts)).collect();
    for of in cells() {
        if let Some((other, left)) = of.less {
            all.push(Relation { whole: of.code, parts: vec![other, left], rest: false });
        }
    }
    all
});

/// How the figures that cells are kept of add up at one place and time.
pub fn relations() -> &'static [Relation] {
    &RELATIONS
}

/// Whether it is what is left of a number without another: it counts nobody by itself.
pub fn is_balance(code: &str) -> bool {
    cells().iter().any(|of| of.less.is_some_and(|(_, left)| left == code))
}

/// What is hidden where another is: each with the others.
pub fn beside() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<(&str, &str)> =
        cells().iter().flat_map(|of| of.beside.iter().map(|other| (of.code, *other))).collect();
    let classes = || cells().iter().filter_map(|of| of.class.map(|class| (of.code, class)));
    for (code, class) in classes() {
        for (other, beside) in classes().filter(|(_, beside)| beside.codes == class.codes) {
            let bases = [(class.base, beside.base), (beside.base, class.base)];
            if bases.iter().any(|bases| TOGETHER.contains(bases)) {
                all.push((code, other));
            }
        }
    }
    all.retain(|(code, other)| code != other);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(whole: &str) -> Vec<(Vec<&'static str>, bool)> {
        relations().iter().filter(|of| of.whole == whole).map(|of| (of.parts.clone(), of.rest)).collect()
    }

    #[test]
    fn what_adds_up_is_found_from_what_is_counted() {
        assert_eq!(parts_of("D07.EDGE"), [(vec!["D03.EDGE.PERSONS"], false)]);
        assert_eq!(parts_of("D07.DIBAO"), [(vec!["D03.DIBAO_RURAL.PERSONS", "D03.DIBAO_URBAN.PERSONS"], false)]);
        let classes = ["DIBAO", "EDGE", "OTHER", "RETURN_RISK", "RIGID", "TEKUN"];
        let classes: Vec<String> = classes.iter().map(|class| format!("D07.{class}")).collect();
        assert_eq!(parts_of("D07"), [(classes.iter().map(String::as_str).collect(), false)]);
        assert_eq!(parts_of("D05"), [(vec!["D05.EXPENDITURE", "D05.URGENT"], false)]);
        assert_eq!(parts_of("F5"), [(vec!["F6"], true)]);
        assert_eq!(parts_of("D18.ENTRANTS"), [(vec!["D18.LEAVERS", "D18.NET"], false)]);
    }

    #[test]
    fn every_code_of_a_class_is_one_of_its_column() {
        for of in cells() {
            for (column, codes) in of.class.iter().flat_map(|class| class.codes) {
                let domain = domain(column);
                assert!(codes.iter().all(|code| domain.contains(code)), "{}: {column}", of.code);
            }
        }
    }

    #[test]
    fn persons_stand_beside_their_households() {
        let all = beside();
        assert!(all.contains(&("D03.EDGE.PERSONS", "D03.EDGE.HOUSEHOLDS")));
        assert!(all.contains(&("D03.EDGE.HOUSEHOLDS", "D07.EDGE")));
        assert!(all.contains(&("F2", "F1.PERSONS")));
    }
}
