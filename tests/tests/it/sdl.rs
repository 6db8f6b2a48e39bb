//! The schema as it is checked in, so far as tests make up questions from it.

use std::collections::BTreeMap;

use tests::fire::Chance;

/// The schema as it is checked in: `type` or `input` or `enum` → its lines.
pub fn schema() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(tests::repository().join("schema.graphql")).expect("the schema");
    let (mut of, mut all, mut quoted) = (None, BTreeMap::<String, Vec<String>>::new(), false);
    for line in text.lines() {
        if line.trim() == "\"\"\"" {
            quoted = !quoted;
        } else if quoted {
        } else if let Some(name) =
            ["type ", "input ", "enum ", "interface "].iter().find_map(|word| line.strip_prefix(word))
        {
            of = name.split([' ', '{']).next().map(str::to_owned);
        } else if line == "}" {
            of = None;
        } else if let Some(of) = &of {
            let lines: &mut Vec<String> = all.entry(of.clone()).or_default();
            // Arguments with descriptions stand on lines of their own.
            match lines.last_mut().filter(|last| last.contains('(') && !last.contains(')')) {
                Some(last) => {
                    last.push_str(line.trim());
                    last.push(' ');
                }
                None => lines.push(line.trim().to_owned()),
            }
        }
    }
    all
}

pub fn camel(name: &str) -> String {
    let mut words = name.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |name, word| format!("{name}{}{}", word[..1].to_uppercase(), &word[1..]))
}

/// A field of a type or an input.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// The named type, without its signs.
    pub of: String,
    pub list: bool,
    pub must: bool,
    /// Arguments: name and type with its signs.
    pub arguments: Vec<(String, String)>,
    pub personal: bool,
}

pub struct Sdl(BTreeMap<String, Vec<Field>>);

impl Sdl {
    pub fn read() -> Self {
        Self(schema().into_iter().map(|(of, lines)| (of, lines.iter().map(|line| field(line)).collect())).collect())
    }

    /// The fields of a type, the values of an enum.
    pub fn fields(&self, of: &str) -> &[Field] {
        self.0.get(of).map_or(&[], Vec::as_slice)
    }

    pub fn field(&self, of: &str, name: &str) -> Option<&Field> {
        self.fields(of).iter().find(|field| field.name == name)
    }

    fn is_leaf(&self, of: &str) -> bool {
        // Values of an enum have no type.
        self.fields(of).first().is_none_or(|field| field.of.is_empty())
    }

    pub fn is_enum(&self, of: &str) -> bool {
        !self.fields(of).is_empty() && self.is_leaf(of)
    }

    /// Lists of the root that need no argument: the list and the type of its rows.
    pub fn lists(&self) -> Vec<(&Field, &str)> {
        let free = self.fields("Query").iter().filter(|field| !field.arguments.iter().any(|(_, of)| of.ends_with('!')));
        free.filter_map(|field| Some((field, field.of.strip_suffix("Connection")?))).collect()
    }

    /// Some or all of what can be asked of a type without arguments, so many types deep.
    pub fn selection(&self, of: &str, deep: usize, chance: &mut Option<&mut Chance>) -> String {
        let mut text = String::from("__typename");
        for field in self.fields(of) {
            let id = field.name == "id";
            let taken = |chance: &mut Option<&mut Chance>, one_of| {
                chance.as_mut().is_none_or(|chance| chance.below(one_of) == 0)
            };
            let must = field.arguments.iter().any(|(_, of)| of.ends_with('!'));
            if must || matches!(field.name.as_str(), "accesses" | "totalCount") {
            } else if self.is_leaf(&field.of) {
                if id || taken(chance, 2) {
                    text.push(' ');
                    text.push_str(&field.name);
                }
            } else if deep > 0 && taken(chance, 2) {
                text = format!("{text} {} {{ {} }}", field.name, self.selection(&field.of, deep - 1, chance));
            }
        }
        text
    }

    /// The fields of an order, as they are called in the type.
    pub fn order_field(value: &str) -> String {
        camel(value)
    }
}

fn field(line: &str) -> Field {
    let (declared, directives) = line.split_once(" @").unwrap_or((line, ""));
    let name = declared.split([':', '(']).next().unwrap_or_default().trim().to_owned();
    let (arguments, of) = match declared.split_once('(') {
        Some((_, rest)) => rest.rsplit_once(')').unwrap_or((rest, "")),
        None => ("", &declared[name.len()..]),
    };
    let of = of.trim_start_matches(':').split('=').next().unwrap_or_default().trim();
    let arguments = arguments.split(',').filter_map(|argument| argument.split_once(": "));
    Field {
        list: of.starts_with('['),
        must: of.ends_with('!'),
        of: of.trim_matches(['[', ']', '!']).to_owned(),
        arguments: arguments
            .map(|(name, of)| (name.trim().to_owned(), of.split('=').next().unwrap_or_default().trim().to_owned()))
            .collect(),
        personal: directives.starts_with("personal("),
        name,
    }
}
