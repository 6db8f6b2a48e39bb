//! The language of the terminal, and texts in it.

use std::fmt::Display;
use std::sync::OnceLock;

use minzheng_kernel::{Lang, Text};

static CHOSEN: OnceLock<Lang> = OnceLock::new();

/// Chooses the language for the rest of the run.
pub fn speak(lang: Lang) {
    let _ = CHOSEN.set(lang);
}

/// The language of the terminal: the one chosen, else English where the environment asks for it, else Chinese.
pub fn lang() -> Lang {
    *CHOSEN.get_or_init(|| {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let set = variables.filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
        if set.is_some_and(|set| set.starts_with("en")) { Lang::En } else { Lang::Zh }
    })
}

/// A text in the language of the terminal.
pub fn say(key: &'static str, with: &[(&'static str, &dyn Display)]) -> String {
    with.iter().fold(Text::of(key), |text, (name, value)| text.with(name, value.to_string())).say(lang())
}
