//! 全表检查 · what only all rows of a sheet together show: rows that are taken together or not at all, and what may
//! stand in the sheet once.

use std::collections::HashMap;

use minzheng_ground::sheets::survey::{GROUP_MOST, Once, Standing};
use minzheng_sheet::{RawRow, RowError};

/// A place where something was first seen.
struct Seen {
    row: u64,
    owner: String,
    group: Option<String>,
}

/// What was found out on looking through a sheet.
#[derive(Default)]
pub struct Survey {
    /// How many rows a group has.
    groups: HashMap<String, usize>,
    seen: HashMap<String, Seen>,
    /// The header, and the other row that says the same.
    twice: HashMap<u64, (&'static str, u64)>,
}

impl Survey {
    /// Takes note of a row.
    pub fn note(&mut self, row: u64, standing: Standing) {
        if let Some(group) = &standing.group {
            *self.groups.entry(group.clone()).or_default() += 1;
        }
        let Some(Once { header, item, owner }) = standing.once else { return };
        match self.seen.get(&item) {
            None => {
                self.seen.insert(item, Seen { row, owner, group: standing.group });
            }
            Some(first) if first.owner != owner || first.group == standing.group => {
                self.twice.insert(row, (header, first.row));
                self.twice.entry(first.row).or_insert((header, row));
            }
            Some(_) => {}
        }
    }

    /// What is wrong with rows that stand together, apart from what each says by itself.
    pub fn check(&self, rows: &[RawRow], group: Option<&str>) -> Vec<RowError> {
        let mut wrong = Vec::new();
        for row in rows {
            let Some((header, other)) = self.twice.get(&row.number) else { continue };
            let value = row.get(header).to_string();
            wrong.push(RowError {
                row: row.number,
                column: Some((*header).to_owned()),
                value: Some(value).filter(|value| !value.is_empty()),
                code: "PERSON_TWICE".to_owned(),
                message: format!("与第 {other} 行是同一人 · the same person as in row {other}"),
                remedy: format!(
                    "核对号码，两行只留一行 · check the number, and keep one of the rows {} and {other}",
                    row.number
                ),
            });
        }
        let all = group.and_then(|group| self.groups.get(group)).copied().unwrap_or(rows.len());
        let (code, message, remedy) = if all > GROUP_MOST {
            let message = format!("一户有 {all} 行 · {all} rows of one household");
            ("TOO_MANY_ROWS", message, "核对户主证件号码 · check the number of the head")
        } else if all > rows.len() {
            let message = "同一户的行没有排在一起 · rows of one household do not stand together".to_owned();
            ("NOT_TOGETHER", message, "把这一户的行排在一起 · put them one below the other")
        } else {
            return wrong;
        };
        wrong.extend(rows.first().map(|row| RowError {
            row: row.number,
            column: None,
            value: None,
            code: code.to_owned(),
            message,
            remedy: remedy.to_owned(),
        }));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(group: &str, item: &str, owner: &str) -> Standing {
        let once = Once { header: "成员证件号码", item: item.to_owned(), owner: owner.to_owned() };
        Standing { group: Some(group.to_owned()), once: Some(once) }
    }

    #[test]
    fn a_person_stands_once_in_a_household_and_in_one_household() {
        let mut survey = Survey::default();
        // The same household gets two kinds of aid; the last two rows are wrong.
        for (row, group, item, owner) in [
            (2, "A低保", "1", "A"),
            (3, "A低保", "2", "A"),
            (4, "A特困", "1", "A"),
            (5, "A低保", "2", "A"),
            (6, "B低保", "1", "B"),
        ] {
            survey.note(row, standing(group, item, owner));
        }
        let mut rows: Vec<(u64, u64)> = survey.twice.iter().map(|(row, (_, other))| (*row, *other)).collect();
        rows.sort_unstable();
        assert_eq!(rows, [(2, 6), (3, 5), (5, 3), (6, 2)]);
        assert_eq!(survey.groups["A低保"], 3);
    }
}
