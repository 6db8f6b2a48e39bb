//! Finding the header row, and telling lines that are no data.

use std::collections::{HashMap, HashSet};

use super::super::cell::{half_width, is_blank_char};
use super::super::{ADDED_HEADERS, CellKind, Layout, RawCell, SheetError};
use super::{NumberedRow, Skip};

/// The header and what stands where.
#[derive(Debug)]
pub(super) struct Header {
    /// The first row of the header.
    pub first_row: u64,
    /// The last row of the header.
    pub last_row: u64,
    /// The headers as they stand in the file.
    pub names: Vec<String>,
    /// Header of the layout to column of the file, the first where several match.
    pub places: HashMap<String, usize>,
    /// Headers that are unknown, with their columns, as far as they can be told.
    pub unknown: Vec<(usize, String)>,
    /// Columns that are left out on purpose.
    pub ignored: Vec<usize>,
    /// Headers of the layout with the names under which the file has them twice.
    duplicates: Vec<(String, Vec<String>)>,
    /// Headers of the layout that stand in hidden columns only.
    hidden: Vec<String>,
}

/// A name out of a file as far as it can be told to whoever reads notes: what looks like somebody's number is left out,
/// and it is cut short.
pub fn tellable(name: &str) -> String {
    const LONGEST: usize = 20;
    let mut told = String::new();
    let (mut digits, mut length) = (String::new(), 0);
    for sign in name.chars().map(half_width).chain(['\n']) {
        if sign.is_ascii_digit() {
            digits.push(sign);
            continue;
        }
        if digits.len() > 4 {
            told.push('…');
        } else {
            told.push_str(&digits);
        }
        digits.clear();
        length += 1;
        if !sign.is_control() && length <= LONGEST + 1 {
            told.push(sign);
        }
    }
    if length > LONGEST {
        told = told.chars().take(LONGEST).collect();
        told.push('…');
    }
    told
}

/// The letters of a column, from 0: A, B, … AA.
pub fn column_letters(at: usize) -> String {
    let (mut letters, mut rest) = (Vec::new(), at + 1);
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A header in the one form in which headers are compared: half-width, without blanks, marks of duty and units.
pub(super) fn normalise(header: &str) -> String {
    let mut name: String = header
        .chars()
        .filter(|&sign| !is_blank_char(sign))
        .map(half_width)
        .filter(|sign| !matches!(sign, '*' | '※' | '★' | '☆' | '○' | '●' | '\'' | '#'))
        .map(|sign| match sign {
            '【' | '〔' | '[' => '(',
            '】' | '〕' | ']' => ')',
            other => other,
        })
        .collect();
    while let Some((head, inner)) = name.strip_suffix(')').and_then(|rest| rest.rsplit_once('('))
        && !head.is_empty()
        && matches!(inner, "" | "必填" | "必填项" | "选填" | "选填项" | "可选" | "可不填" | "元" | "元/月")
    {
        name = head.to_owned();
    }
    while let Some((inner, rest)) = name.strip_prefix('(').and_then(|rest| rest.split_once(')'))
        && !rest.is_empty()
        && matches!(inner, "必填" | "必填项" | "选填" | "选填项" | "可选")
    {
        name = rest.to_owned();
    }
    name.trim_end_matches(':').to_uppercase()
}

/// Whether this is a header that a sheet of problems adds.
pub(super) fn is_added(name: &str) -> bool {
    let name = normalise(name);
    ADDED_HEADERS.iter().any(|added| normalise(added) == name)
}

/// The known names in normal form: position in the layout, or `None` for names left out on purpose.
struct Names {
    known: HashMap<String, Option<usize>>,
}

impl Names {
    fn of(layout: &Layout) -> Self {
        let mut known = HashMap::new();
        for (at, column) in layout.columns.iter().enumerate() {
            known.entry(normalise(&column.header)).or_insert(Some(at));
        }
        for (at, column) in layout.columns.iter().enumerate() {
            for synonym in &column.synonyms {
                known.entry(normalise(synonym)).or_insert(Some(at));
            }
        }
        for name in layout.ignored.iter().map(String::as_str).chain(ADDED_HEADERS) {
            known.entry(normalise(name)).or_insert(None);
        }
        Self { known }
    }

    /// How many different columns of the layout are among these names.
    fn score(&self, names: &[String]) -> usize {
        let found: HashSet<usize> =
            names.iter().filter_map(|name| self.known.get(&normalise(name)).copied().flatten()).collect();
        found.len()
    }

    fn knows(&self, name: &str) -> bool {
        self.known.contains_key(&normalise(name))
    }
}

/// The header among the first rows: the row, or pair of rows, with the most known names.
pub(super) fn find(top: &[NumberedRow], layout: &Layout, depth: usize) -> Result<Header, SheetError> {
    let names = Names::of(layout);
    if top.is_empty() {
        return Err(SheetError::Empty);
    }
    let texts: Vec<(u64, Vec<String>)> = top
        .iter()
        .map(|row| (row.number, row.cells.iter().map(|cell| cell.to_string().trim().to_owned()).collect()))
        .collect();
    let mut best: Option<(usize, u64, u64, Vec<String>)> = None;
    let mut consider = |first: u64, last: u64, row: Vec<String>| {
        let score = names.score(&row);
        if score > best.as_ref().map_or(0, |best| best.0) {
            best = Some((score, first, last, row));
        }
    };
    for (number, row) in texts.iter().take(depth) {
        consider(*number, *number, row.clone());
    }
    for pair in texts.windows(2).take(depth) {
        if let [(first, upper), (last, lower)] = pair
            && first + 1 == *last
            && let Some(joined) = join(upper, lower, &names)
        {
            consider(*first, *last, joined);
        }
    }
    let Some((_, first_row, last_row, row)) = best else {
        let wanted = layout.columns.iter().filter(|column| column.required);
        return Err(SheetError::HeaderNotFound { wanted: wanted.map(|column| column.header.clone()).collect() });
    };
    Ok(place(row, first_row, last_row, layout, &names))
}

/// Two header rows in one, if the lower one is made of headers at all.
fn join(upper: &[String], lower: &[String], names: &Names) -> Option<Vec<String>> {
    let filled = lower.iter().filter(|name| !name.is_empty()).count();
    let known = lower.iter().filter(|name| names.knows(name)).count();
    if known == 0 || known * 2 < filled {
        return None;
    }
    let width = upper.len().max(lower.len());
    let none = String::new();
    let joined = (0..width).map(|at| {
        let (above, below) = (upper.get(at).unwrap_or(&none), lower.get(at).unwrap_or(&none));
        if names.knows(below) || (!below.is_empty() && !names.knows(above)) { below.clone() } else { above.clone() }
    });
    Some(joined.collect())
}

/// What stands where.
fn place(mut row: Vec<String>, first_row: u64, last_row: u64, layout: &Layout, names: &Names) -> Header {
    while row.last().is_some_and(String::is_empty) {
        row.pop();
    }
    let mut header = Header {
        first_row,
        last_row,
        names: Vec::new(),
        places: HashMap::new(),
        unknown: Vec::new(),
        ignored: Vec::new(),
        duplicates: Vec::new(),
        hidden: Vec::new(),
    };
    let mut found: HashMap<usize, Vec<(usize, String)>> = HashMap::new();
    for (at, name) in row.iter().enumerate() {
        match names.known.get(&normalise(name)) {
            Some(Some(column)) => found.entry(*column).or_default().push((at, name.clone())),
            Some(None) => header.ignored.push(at),
            None if name.is_empty() => {}
            None => header.unknown.push((at, tellable(name))),
        }
    }
    for (at, column) in layout.columns.iter().enumerate() {
        let Some(matches) = found.get(&at) else { continue };
        if let Some((place, _)) = matches.first() {
            header.places.insert(column.header.clone(), *place);
        }
        if matches.len() > 1 {
            let all = matches.iter().map(|(_, name)| tellable(name)).collect();
            header.duplicates.push((column.header.clone(), all));
        }
    }
    header.names = row;
    header
}

/// Whether a header is that of numbers in sequence.
fn is_numbering(name: &str) -> bool {
    matches!(normalise(name).as_str(), "序号" | "序" | "项次" | "行号" | "NO" | "NO." | "№")
}

impl Header {
    /// Leaves columns out as if the file had them not.
    pub fn leave_out(&mut self, columns: &[usize]) {
        let gone: Vec<String> =
            self.places.iter().filter(|(_, at)| columns.contains(at)).map(|(header, _)| header.clone()).collect();
        for header in &gone {
            self.places.remove(header);
        }
        self.hidden = gone;
        self.unknown.retain(|(at, _)| !columns.contains(at));
        for at in columns {
            if !self.ignored.contains(at) {
                self.ignored.push(*at);
            }
        }
    }

    /// The columns of which one must be filled in a row that says anything.
    pub fn telling(&self, layout: &Layout) -> Vec<usize> {
        let silent: HashSet<usize> = layout
            .columns
            .iter()
            .filter(|column| {
                matches!(column.kind, CellKind::Choice(_) | CellKind::YesNo) || layout.defaults.contains(&column.header)
            })
            .filter_map(|column| self.places.get(&column.header).copied())
            .chain(self.ignored.iter().copied())
            .collect();
        let telling = self.names.iter().enumerate().filter(|(at, name)| {
            !silent.contains(at)
                && !name.is_empty()
                && (!is_numbering(name) || self.places.values().any(|place| place == at))
        });
        telling.map(|(at, _)| at).collect()
    }

    /// Whether it fits the layout.
    pub fn check(&self, layout: &Layout, strict: bool) -> Result<(), SheetError> {
        if !self.duplicates.is_empty() {
            return Err(SheetError::DuplicateHeaders(self.duplicates.clone()));
        }
        let has = |header: &String| self.places.contains_key(header);
        let missing: Vec<String> = layout
            .columns
            .iter()
            .filter(|column| column.required && !has(&column.header))
            .map(|column| column.header.clone())
            .collect();
        let one_of: Vec<Vec<String>> = layout.one_of.iter().filter(|group| !group.iter().any(has)).cloned().collect();
        if !missing.is_empty() || !one_of.is_empty() {
            let hidden = self.hidden.clone();
            return Err(SheetError::MissingHeaders { missing, one_of, hidden, header_row: self.last_row });
        }
        if strict && !self.unknown.is_empty() {
            return Err(SheetError::UnknownHeaders(self.unknown.iter().map(|(_, name)| name.clone()).collect()));
        }
        Ok(())
    }

    /// Optional columns that the file has not.
    pub fn absent(&self, layout: &Layout) -> Vec<String> {
        let headers = layout.columns.iter().map(|column| &column.header);
        headers.filter(|header| !self.places.contains_key(*header)).cloned().collect()
    }

    /// Whether the row is this header once more.
    pub fn is_repeated(&self, cells: &[RawCell]) -> bool {
        self.places.values().all(|&at| match (self.names.get(at), cells.get(at)) {
            (Some(name), Some(RawCell::Text(text))) => text.trim() == name,
            _ => false,
        })
    }
}

/// Whether the row is a line of totals, a signature or a remark.
pub(super) fn closing_line(cells: &[RawCell]) -> Option<Skip> {
    const TOTALS: [&str; 7] = ["合计", "总计", "小计", "共计", "累计", "本页合计", "本页小计"];
    const SIGNATURES: [&str; 8] = ["制表人", "填表人", "审核人", "制表单位", "填表单位", "填报人", "经办人", "负责人"];
    let mut firsts = cells.iter().take(3).filter_map(|cell| match cell {
        RawCell::Text(text) => Some(text.as_str()),
        _ => None,
    });
    if firsts.any(|text| {
        // no long text is a total; this saves the work for most rows
        text.len() <= 60 && {
            let name = normalise(text);
            TOTALS.contains(&name.as_str())
        }
    }) {
        return Some(Skip::Total);
    }
    let first = cells.iter().find(|cell| !cell.is_blank())?;
    let RawCell::Text(first) = first else { return None };
    let filled = cells.iter().filter(|cell| !cell.is_blank()).count();
    let start: String = first.chars().filter(|&sign| !is_blank_char(sign)).take(6).map(half_width).collect();
    let after = |word: &str| start.strip_prefix(word).map(|rest| rest.chars().next());
    let signed = |word: &&str| match after(word) {
        Some(None) => filled <= 4,
        Some(Some(':')) => true,
        Some(Some(_)) => filled == 1,
        None => false,
    };
    if SIGNATURES.iter().any(signed) {
        return Some(Skip::Signature);
    }
    if TOTALS.iter().any(|word| after(word).flatten().is_some_and(|sign| sign == ':' || sign.is_ascii_digit())) {
        return Some(Skip::Total);
    }
    let remark = ["注", "备注", "说明"].iter().any(|word| match after(word) {
        Some(next) => filled <= 2 && next.is_none_or(|sign| sign == ':'),
        None => false,
    });
    // numbered remarks: 注1：…
    let numbered = after("注").flatten().is_some_and(|sign| sign.is_ascii_digit()) && filled == 1;
    (remark || numbered).then_some(Skip::Remark)
}
