//! 重复 · rows of one sheet that are known by the same cells: the same once more, or a contradiction that only the clerk
//! can settle.

use std::collections::HashMap;

use minzheng_sheet::{OutCell, RawRow, RowError};
use sha2::{Digest as _, Sha256};

/// What is kept of some cells.
type Print = [u8; 16];

/// A key where it was first seen.
struct Seen {
    row: u64,
    content: Print,
    contradicted: bool,
}

/// The keys of a sheet.
#[derive(Default)]
pub struct Keys {
    seen: HashMap<Print, Seen>,
    /// Rows with the number of another that says something else of the same.
    contradicts: HashMap<u64, u64>,
    /// Rows with the number of the first that says the same.
    repeats: HashMap<u64, u64>,
}

impl Keys {
    /// Takes note of a row; gives whether it repeats another.
    pub fn note<'a>(&mut self, row: u64, key: impl Iterator<Item = &'a OutCell<'a>>, content: &[OutCell<'_>]) -> bool {
        let key: Vec<&OutCell<'_>> = key.collect();
        // What has no number of its own is known by nothing.
        if key.iter().all(|cell| cell.to_text().is_empty()) {
            return false;
        }
        let (key, content) = (print(key.into_iter()), print(content.iter()));
        let Some(first) = self.seen.get_mut(&key) else {
            self.seen.insert(key, Seen { row, content, contradicted: false });
            return false;
        };
        if first.content == content && !first.contradicted {
            self.repeats.insert(row, first.row);
            return true;
        }
        first.contradicted = true;
        self.contradicts.insert(row, first.row);
        self.contradicts.entry(first.row).or_insert(row);
        false
    }

    /// All rows are noted: what repeats a row that is contradicted contradicts as well.
    pub fn settle(&mut self) {
        let contradicts = &mut self.contradicts;
        self.repeats.retain(|row, first| match contradicts.get(first).copied() {
            Some(other) => {
                contradicts.insert(*row, other);
                false
            }
            None => true,
        });
        self.seen = HashMap::new();
    }

    /// The row which this one repeats.
    pub fn repeats(&self, row: u64) -> Option<u64> {
        self.repeats.get(&row).copied()
    }

    /// What is wrong with a row that another contradicts.
    pub fn check(&self, row: &RawRow, headers: &[&str]) -> Option<RowError> {
        let other = self.contradicts.get(&row.number)?;
        let header = headers.iter().find(|header| !row.get(header).is_blank()).copied().unwrap_or_default();
        let value = row.get(header).to_string();
        Some(RowError {
            row: row.number,
            column: Some(header.to_owned()).filter(|header| !header.is_empty()),
            value: Some(value).filter(|value| !value.is_empty()),
            code: "KEY_TWICE".to_owned(),
            message: format!("与第 {other} 行是同一项，内容不同 · the same as row {other}, with other content"),
            remedy: format!(
                "核对第 {0} 行和第 {other} 行，只留正确的一行 · check the rows {0} and {other}, and keep the right one",
                row.number
            ),
        })
    }
}

fn print<'a>(cells: impl Iterator<Item = &'a OutCell<'a>>) -> Print {
    let mut hasher = Sha256::new();
    for cell in cells {
        let text = cell.to_text();
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let all = hasher.finalize();
    let mut print = Print::default();
    for (to, from) in print.iter_mut().zip(all) {
        *to = from;
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(rows: &[(&str, &str)]) -> Keys {
        let mut keys = Keys::default();
        for (row, (key, content)) in (2..).zip(rows) {
            let cells = [OutCell::from(*key), OutCell::from(*content)];
            keys.note(row, cells.iter().take(1), &cells);
        }
        keys.settle();
        keys
    }

    #[test]
    fn the_same_once_more_is_one_row_and_a_contradiction_is_none() {
        let keys =
            noted(&[("A", "1"), ("A", "1"), ("B", "1"), ("B", "2"), ("B", "1"), ("", "1"), ("", "2"), ("C", "1")]);
        assert_eq!((keys.repeats(3), keys.repeats(2)), (Some(2), None));
        let mut wrong: Vec<(u64, u64)> = keys.contradicts.iter().map(|(row, other)| (*row, *other)).collect();
        wrong.sort_unstable();
        assert_eq!(wrong, [(4, 5), (5, 4), (6, 4)]);
    }

    #[test]
    fn what_was_the_same_before_the_contradiction_is_refused_with_it() {
        let keys = noted(&[("B", "1"), ("B", "1"), ("B", "2")]);
        assert!([2, 3, 4].iter().all(|row| keys.contradicts.contains_key(row)));
        assert_eq!(keys.repeats(3), None);
    }
}
