//! Words for people, from Fluent files: zh-CN is the source, en second. A text carries its key and
//! arguments until the reader's language is known.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The languages spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// From an `Accept-Language` header: the first of zh and en that is asked for, else Chinese.
    pub fn accepted(header: Option<&str>) -> Self {
        let mut best = (0_u32, Self::Zh);
        for part in header.unwrap_or_default().split(',') {
            let mut pieces = part.trim().split(";q=");
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = pieces.next().map_or(1000, weight);
            let lang = match tag.split('-').next() {
                Some("zh") => Self::Zh,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// What a text in both languages, `中文 · English`, says to the reader; other texts as they are.
    pub fn side(self, text: &str) -> &str {
        match text.split_once(" · ") {
            Some((zh, en)) if !en.contains(" · ") => match self {
                Self::Zh => zh,
                Self::En => en,
            },
            _ => text,
        }
    }
}

/// `0.85` → 850.
fn weight(text: &str) -> u32 {
    let digits: String = text.trim().chars().filter(char::is_ascii_digit).take(4).collect();
    let value: u32 = digits.parse().unwrap_or(0);
    value * 10_u32.pow(4_u32.saturating_sub(u32::try_from(digits.len()).unwrap_or(4)))
}

/// A message to be said in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    key: &'static str,
    args: BTreeMap<&'static str, String>,
}

impl Text {
    /// The message of this key in the Fluent files.
    pub fn of(key: &'static str) -> Self {
        Self { key, args: BTreeMap::new() }
    }

    /// With an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.args.insert(name, value.to_string());
        self
    }

    /// The key, for tests.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// In words.
    pub fn say(&self, lang: Lang) -> String {
        let bundle = bundle(lang);
        let Some(pattern) = bundle.get_message(self.key).and_then(|m| m.value()) else {
            return self.key.to_owned();
        };
        let mut args = FluentArgs::new();
        for (name, value) in &self.args {
            args.set(*name, value.as_str());
        }
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(lang: Lang) -> &'static Bundle {
    static ZH: OnceLock<Bundle> = OnceLock::new();
    static EN: OnceLock<Bundle> = OnceLock::new();
    match lang {
        Lang::Zh => ZH.get_or_init(|| load("zh-CN", include_str!("text/zh-CN.ftl"))),
        Lang::En => EN.get_or_init(|| load("en", include_str!("text/en.ftl"))),
    }
}

fn load(tag: &str, source: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(tag.parse().ok().into_iter().collect());
    bundle.set_use_isolating(false);
    // What a broken line leaves out is caught by the test below.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(part, _)| part);
    let _ = bundle.add_resource(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_messages() {
        let keys = |source: &str| -> Vec<String> {
            FluentResource::try_new(source.to_owned()).expect("well-formed");
            let mut keys: Vec<String> = source
                .lines()
                .filter(|line| !line.starts_with([' ', '#']))
                .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(include_str!("text/zh-CN.ftl")), keys(include_str!("text/en.ftl")));
    }

    #[test]
    fn of_two_languages_the_readers_is_told() {
        assert_eq!(
            (Lang::Zh.side("找不到 · there is none"), Lang::En.side("找不到 · there is none")),
            ("找不到", "there is none")
        );
        for text in ["仅一种", "a · b · c", ""] {
            assert_eq!((Lang::Zh.side(text), Lang::En.side(text)), (text, text));
        }
    }

    #[test]
    fn the_language_is_the_readers() {
        assert_eq!(Lang::accepted(Some("en-GB,en;q=0.9,zh;q=0.8")), Lang::En);
        assert_eq!(Lang::accepted(Some("fr, zh;q=0.3, en;q=0.2")), Lang::Zh);
        assert_eq!(Lang::accepted(None), Lang::Zh);
        let text = Text::of("stale-version").with("expected", 1).with("actual", 2);
        assert!(text.say(Lang::En).contains('2'));
        assert_ne!(text.say(Lang::En), text.say(Lang::Zh));
    }
}
