//! Codes of divisions: 12 digits, of which each level has its own.

/// The digits of a code that are its own, by level: 2, 4, 6, 9 or 12.
pub fn division_prefix(code: &str) -> &str {
    let level =
        [2, 4, 6, 9].into_iter().find(|digits| code.get(*digits..).is_some_and(|rest| rest.bytes().all(|b| b == b'0')));
    level.and_then(|digits| code.get(..digits)).unwrap_or(code)
}

/// The levels and how many digits of the code are their own.
pub const LEVELS: &[(&str, usize)] = &[("PROVINCE", 2), ("CITY", 4), ("DISTRICT", 6), ("TOWN", 9), ("VILLAGE", 12)];

/// The code of the division in which another lies.
pub fn parent_code(code: &str) -> Option<String> {
    let own = division_prefix(code).len();
    let up = LEVELS.iter().rev().find(|(_, digits)| *digits < own)?;
    code.get(..up.1).map(|prefix| format!("{prefix:0<12}"))
}
