//! 镇街、村居 · names of town and village in place of a division's code, as they stand in the rosters of a desk. They
//! are looked for in the district served; 街道, 镇, 社区, 村, 居委会, 村委会 may be left out or added.

use entity::registry::division::{Column, Entity, Model};
use minzheng_ground::sheets::places::{TOWN, VILLAGE, town, village};
use minzheng_kernel::{Fault, Kernel, Viewer};
use minzheng_rules::division::division_prefix;
use minzheng_sheet::{CellKind, Column as Header, Layout, RawCell, RawRow, RowError, cell};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

/// Candidates that an error lists.
const LISTED: usize = 30;

/// A layout in which names of town and village may stand for the column of a division's code.
pub fn with_names(mut layout: Layout, place: &str) -> Layout {
    if let Some(column) = layout.columns.iter_mut().find(|column| column.header == place) {
        if std::mem::replace(&mut column.required, false) {
            layout.one_of.push(vec![place.to_owned(), TOWN.to_owned()]);
        }
    } else {
        layout.columns.push(Header::optional(place, CellKind::Place));
    }
    for header in [town(), village()] {
        if layout.columns.iter().all(|column| column.header != header.header) {
            layout.columns.push(header);
        }
    }
    layout
}

/// What is left of a name when the words of its kind are taken off one by one, the whole name first.
fn forms(name: &str) -> Vec<String> {
    const WORDS: [(&str, &str); 15] = [
        ("社区居民委员会", "社区"),
        ("居民委员会", ""),
        ("社区居委会", "社区"),
        ("居委会", ""),
        ("村民委员会", "村"),
        ("村委会", "村"),
        ("街道办事处", "街道"),
        ("街道办", "街道"),
        ("办事处", ""),
        ("民族乡", ""),
        ("社区", ""),
        ("街道", ""),
        ("村", ""),
        ("镇", ""),
        ("乡", ""),
    ];
    let mut forms = vec![name.to_owned()];
    while let Some(last) = forms.last()
        && let Some(rest) = WORDS.iter().find_map(|(word, stays)| Some(format!("{}{stays}", last.strip_suffix(word)?)))
        && !rest.is_empty()
        && WORDS.iter().all(|(word, _)| rest != *word)
    {
        forms.push(rest);
    }
    forms
}

/// One division by its name.
#[derive(Debug)]
struct Place {
    code: String,
    name: String,
    forms: Vec<String>,
    /// Whether the code holds today.
    live: bool,
}

/// How well a name fits: the smaller the better.
fn fit(place: &Place, given: &[String]) -> Option<u8> {
    let (whole, other) = (place.forms.first()?, given.first()?);
    if whole == other {
        Some(0)
    } else if place.forms.contains(other) || given.contains(whole) {
        Some(1)
    } else {
        (place.forms.last() == given.last()).then_some(2)
    }
}

/// The divisions of the district served.
#[derive(Debug)]
pub struct Places {
    district: String,
    towns: Vec<Place>,
    villages: Vec<Place>,
}

/// Why names lead to no division.
#[derive(Debug, PartialEq, Eq)]
pub struct Unresolved {
    header: &'static str,
    given: String,
    several: bool,
    candidates: Vec<String>,
}

fn narrow(name: &str) -> String {
    cell::text(&RawCell::text(name.to_owned()))
        .ok()
        .and_then(|read| read.value)
        .unwrap_or_default()
        .chars()
        .filter(|sign| !sign.is_whitespace())
        .collect()
}

impl Places {
    /// Reads them; `district` is the beginning of their codes.
    pub async fn load(kernel: &Kernel, viewer: &Viewer, district: &str) -> Result<Self, Fault> {
        let rows = viewer
            .select::<Entity>()
            .filter(Column::Code.starts_with(district))
            .order_by_asc(Column::Code)
            .all(kernel.db.read())
            .await?;
        let today = viewer.today;
        let place = |row: Model| {
            let name = narrow(&row.name);
            let live = row.valid_from.is_none_or(|from| from <= today) && row.valid_until.is_none_or(|end| today < end);
            (row.level, Place { forms: forms(&name), name, live, code: row.code })
        };
        let mut of = Self { district: String::new(), towns: Vec::new(), villages: Vec::new() };
        for (level, place) in rows.into_iter().map(place) {
            match level.as_str() {
                "DISTRICT" => of.district = place.name,
                "TOWN" => of.towns.push(place),
                "VILLAGE" => of.villages.push(place),
                _ => {}
            }
        }
        Ok(of)
    }

    /// The code that the names mean.
    pub fn resolve(&self, town: &str, village: &str) -> Result<String, Unresolved> {
        let (town, village) = (narrow(town), narrow(village));
        let within = if town.is_empty() {
            None
        } else {
            let own = town.strip_prefix(&self.district).filter(|rest| !rest.is_empty()).unwrap_or(&town);
            Some(Self::one(TOWN, own, &self.towns.iter().collect::<Vec<_>>(), &self.towns)?)
        };
        let Some(within) = within else {
            return Ok(Self::one(VILLAGE, &village, &self.villages.iter().collect::<Vec<_>>(), &self.towns)?
                .code
                .clone());
        };
        if village.is_empty() {
            return Ok(within.code.clone());
        }
        let prefix = within.code.get(..9).unwrap_or_default();
        let own =
            within.forms.iter().find_map(|form| village.strip_prefix(form.as_str())).filter(|rest| rest.len() > 6);
        let there: Vec<&Place> = self.villages.iter().filter(|place| place.code.starts_with(prefix)).collect();
        match Self::one(VILLAGE, &village, &there, &self.towns) {
            Err(Unresolved { several: false, .. }) if own.is_some() => {
                Self::one(VILLAGE, own.unwrap_or(&village), &there, &self.towns)
            }
            other => other,
        }
        .map(|place| place.code.clone())
    }

    /// The one place that fits best.
    fn one<'a>(
        header: &'static str,
        given: &str,
        among: &[&'a Place],
        towns: &[Place],
    ) -> Result<&'a Place, Unresolved> {
        let wanted = forms(given);
        let fits = |place: &&&Place| fit(place, &wanted);
        let best = among.iter().filter_map(|place| fits(&place)).min();
        let mut found: Vec<&Place> =
            among.iter().filter(|place| best.is_some() && fits(place) == best).copied().collect();
        if found.iter().any(|place| place.live) {
            found.retain(|place| place.live);
        }
        let candidates = match found.as_slice() {
            [only] => return Ok(only),
            [] => among.iter().filter(|place| place.live).copied().collect(),
            _ => found.clone(),
        };
        let label = |place: &Place| {
            let town = towns.iter().find(|town| header == VILLAGE && town.code.get(..9) == place.code.get(..9));
            town.map_or_else(|| place.name.clone(), |town| format!("{}{}", town.name, place.name))
        };
        Err(Unresolved {
            header,
            given: given.to_owned(),
            several: !found.is_empty(),
            candidates: candidates.into_iter().take(LISTED).map(label).collect(),
        })
    }

    /// Finds the code of a row's place where its cell is empty; names that say another place than the code are an error.
    pub fn fill(&self, row: &mut RawRow, place: &str) -> Result<(), Box<RowError>> {
        let (town, village) = (row.get(TOWN).to_string(), row.get(VILLAGE).to_string());
        if narrow(&town).is_empty() && narrow(&village).is_empty() {
            return Ok(());
        }
        let given = cell::division(row.get(place)).ok().and_then(|read| read.value);
        let blank = row.get(place).is_blank();
        match (self.resolve(&town, &village), given) {
            (Ok(code), None) if blank => row.found.push((place.to_owned(), RawCell::text(code))),
            (Ok(code), Some(given)) if !same_place(&code, &given) => {
                return Err(Box::new(error(
                    row,
                    place,
                    given,
                    "PLACE_DIFFERS",
                    format!("与镇街、村居名称（{code}）不符 · the names say {code}"),
                    "核对代码和名称，或只填其中之一 · check both, or give one of them".to_owned(),
                )));
            }
            (Err(wrong), None) if blank => return Err(Box::new(wrong.at(row))),
            _ => {}
        }
        Ok(())
    }
}

/// Whether one place is the other or lies in it.
fn same_place(one: &str, other: &str) -> bool {
    let (one, other) = (division_prefix(one), division_prefix(other));
    one.starts_with(other) || other.starts_with(one)
}

fn error(row: &RawRow, header: &str, value: String, code: &str, message: String, remedy: String) -> RowError {
    RowError {
        row: row.number,
        column: Some(header.to_owned()),
        value: Some(value).filter(|value| !value.is_empty()),
        code: code.to_owned(),
        message,
        remedy,
    }
}

impl Unresolved {
    fn at(self, row: &RawRow) -> RowError {
        let (code, message) = if self.several {
            ("PLACE_AMBIGUOUS", "对应几个区划 · several divisions have this name")
        } else {
            ("PLACE_UNKNOWN", "本区没有这个名称的区划 · no division of the district has this name")
        };
        let list = self.candidates;
        let remedy = if list.is_empty() {
            "先导入区划（divisions） · import the divisions first".to_owned()
        } else {
            format!(
                "填全称，或填区划代码；可选：{} · give the full name or the code; one of: {}",
                list.join("、"),
                list.join(", ")
            )
        };
        error(row, self.header, self.given, code, message.to_owned(), remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let mut of = Places { district: "岳麓区".to_owned(), towns: Vec::new(), villages: Vec::new() };
        for line in
            include_str!("../../../tests/data/divisions-43.csv").lines().filter(|line| line.starts_with("430104"))
        {
            let cells: Vec<&str> = line.split(',').collect();
            let place =
                Place { code: cells[0].to_owned(), name: cells[1].to_owned(), forms: forms(cells[1]), live: true };
            match cells[2] {
                "TOWN" => of.towns.push(place),
                "VILLAGE" => of.villages.push(place),
                _ => {}
            }
        }
        of
    }

    #[test]
    fn words_of_the_kind_may_be_left_out_or_added() {
        let of = places();
        for (town, village, code) in [
            ("岳麓街道", "枇杷塘社区居委会", "430104002001"),
            ("岳麓", "枇杷塘", "430104002001"),
            ("岳麓街道办事处", "枇杷塘社区", "430104002001"),
            ("岳麓区岳麓街道", "岳麓街道枇杷塘社区居民委员会", "430104002001"),
            ("岳麓街道", "科学村", "430104002009"),
            ("岳麓", "左家垅村", "430104002201"),
            ("岳麓", "左家垅村民委员会", "430104002201"),
            ("桔子洲", "岳南村社区", "430104003006"),
            ("桔子洲街道", "后湖新村", "430104003203"),
            ("莲花", "", "430104102000"),
            (" 莲花镇 ", "", "430104102000"),
            ("", "枇杷塘", "430104002001"),
        ] {
            assert_eq!(of.resolve(town, village).as_deref(), Ok(code), "{town} {village}");
        }
    }

    #[test]
    fn every_village_of_the_district_is_found_by_its_own_name() {
        let of = places();
        for place in &of.villages {
            let town = of.towns.iter().find(|town| town.code[..9] == place.code[..9]).unwrap();
            assert_eq!(of.resolve(&town.name, &place.name).as_ref(), Ok(&place.code), "{}", place.name);
        }
    }

    #[test]
    fn what_is_unknown_or_means_several_lists_the_candidates() {
        let of = places();
        let unknown = of.resolve("岳麓街道", "望江").unwrap_err();
        assert!(!unknown.several && unknown.candidates.iter().any(|name| name.contains("枇杷塘")), "{unknown:?}");
        let unknown = of.resolve("湘江", "枇杷塘").unwrap_err();
        assert_eq!((unknown.header, unknown.candidates.len()), (TOWN, of.towns.len()));
        let twin = Places {
            district: String::new(),
            towns: vec![],
            villages: ["430104002001", "430104003001"]
                .map(|code| Place {
                    code: code.to_owned(),
                    name: "新村社区".to_owned(),
                    forms: forms("新村社区"),
                    live: true,
                })
                .into(),
        };
        assert!(twin.resolve("", "新村").unwrap_err().several);
    }
}
