//! 报告文字 · text of a report, in which figures stand as placeholders only: `{F1}` a figure with its unit, `{F1:同比}`
//! how it compares, `{期间}` a word. `[…]` is left out where a figure in it has no data. What an editor types is words:
//! a digit is no figure, so a text with one is refused unless it is a date, an ordinal or a document's number.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Words(String),
    /// `{F1}`, `{F1:同比}`.
    Place(Place),
    /// `[…]`: left out where a figure in it has no data.
    Optional(Vec<Part>),
}

/// A placeholder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The figure's code, or a word such as `期间`.
    pub name: String,
    /// What of it: nothing is the figure itself.
    pub aspect: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.aspect {
            Some(aspect) => write!(f, "{{{}:{aspect}}}", self.name),
            None => write!(f, "{{{}}}", self.name),
        }
    }
}

/// Why a text cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A bracket without the other.
    Bracket(char),
    /// A figure typed in: these signs.
    Typed(String),
    /// A sign that no paragraph has: a line break, a control sign.
    Sign,
}

/// What a placeholder gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Words that stand in its place.
    Words(String),
    /// Nothing, and nothing is missing: a comparison with what was not there.
    Nothing,
    /// No data: left out with the `[…]` around it, a dash elsewhere.
    NoData,
}

/// The pieces of a text.
pub fn parse(text: &str) -> Result<Vec<Part>, Wrong> {
    if text.chars().any(char::is_control) {
        return Err(Wrong::Sign);
    }
    let mut open: Vec<Vec<Part>> = vec![Vec::new()];
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '[', ']']) {
        let (words, behind) = rest.split_at(at);
        push(&mut open, Part::Words(words.to_owned()));
        let mut signs = behind.chars();
        let sign = signs.next().unwrap_or('{');
        rest = signs.as_str();
        match sign {
            '{' => {
                let (inner, behind) = rest.split_once('}').ok_or(Wrong::Bracket('{'))?;
                if inner.contains(['{', '[', ']']) {
                    return Err(Wrong::Bracket('{'));
                }
                let (name, aspect) =
                    inner.split_once([':', '：']).map_or((inner, None), |(name, aspect)| (name, Some(aspect)));
                let aspect = aspect.map(|aspect| aspect.trim().to_owned());
                push(&mut open, Part::Place(Place { name: name.trim().to_owned(), aspect }));
                rest = behind;
            }
            '[' => open.push(Vec::new()),
            ']' if open.len() > 1 => {
                let inner = open.pop().unwrap_or_default();
                push(&mut open, Part::Optional(inner));
            }
            other => return Err(Wrong::Bracket(other)),
        }
    }
    push(&mut open, Part::Words(rest.to_owned()));
    match open.len() {
        1 => Ok(open.pop().unwrap_or_default()),
        _ => Err(Wrong::Bracket('[')),
    }
}

fn push(open: &mut [Vec<Part>], part: Part) {
    if part != Part::Words(String::new())
        && let Some(last) = open.last_mut()
    {
        last.push(part);
    }
}

/// The placeholders of a text.
pub fn places(parts: &[Part]) -> Vec<&Place> {
    let mut found = Vec::new();
    for part in parts {
        match part {
            Part::Place(place) => found.push(place),
            Part::Optional(parts) => found.extend(places(parts)),
            Part::Words(_) => {}
        }
    }
    found
}

/// Whether the words of a text hold a figure that somebody typed.
pub fn typed(parts: &[Part]) -> Result<(), Wrong> {
    for part in parts {
        match part {
            Part::Words(words) => {
                if let Some(figure) = figure_in(words) {
                    return Err(Wrong::Typed(figure));
                }
            }
            Part::Optional(parts) => typed(parts)?,
            Part::Place(_) => {}
        }
    }
    Ok(())
}

fn is_digit(sign: char) -> bool {
    sign.is_numeric() && !chinese(sign)
}

/// Chinese digits, of which some count as numeric.
fn chinese(sign: char) -> bool {
    "〇零一二三四五六七八九十两几百千万亿".contains(sign)
}

/// The first figure in words: digits that are no date (2023年、6月、30日), ordinal (第2) or document's number (〔2023〕57号),
/// and Chinese numerals of hundreds and more, or parts of a hundred.
fn figure_in(words: &str) -> Option<String> {
    let signs: Vec<char> = words.chars().collect();
    let sign = |at: usize| signs.get(at).copied().unwrap_or(' ');
    let mut at = 0;
    while at < signs.len() {
        if is_digit(sign(at)) {
            let first = at;
            while is_digit(sign(at)) || (matches!(sign(at), '.' | ',' | '，' | '．') && is_digit(sign(at + 1))) {
                at += 1;
            }
            let run: String = signs.get(first..at).unwrap_or_default().iter().collect();
            let before = first.checked_sub(1).map_or(' ', sign);
            let plain = run.chars().all(|sign| sign.is_ascii_digit());
            let year = plain && run.len() == 4;
            let date = (year && sign(at) == '年') || (plain && run.len() <= 2 && matches!(sign(at), '月' | '日'));
            let number = plain && (before == '第' || sign(at) == '号' || (year && before == '〔' && sign(at) == '〕'));
            if !date && !number {
                return Some(run);
            }
            continue;
        }
        // 三百、二十万; but not 百年, 千方百计.
        let unit = matches!(sign(at), '百' | '千' | '万' | '亿');
        let before = at.checked_sub(1).map_or(' ', sign);
        let counted = unit && "一二三四五六七八九十两几".contains(before);
        let century = sign(at) == '百' && before == '一' && sign(at + 1) == '年';
        if counted && !century {
            return Some([before, sign(at)].iter().collect());
        }
        if sign(at) == '百' && sign(at + 1) == '分' && sign(at + 2) == '之' {
            return Some("百分之".to_owned());
        }
        at += 1;
    }
    None
}

/// The text with its placeholders filled in; empty where nothing is left.
pub fn resolve(parts: &[Part], told: &dyn Fn(&Place) -> Told) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Place(place) => match told(place) {
                Told::Words(words) => text.push_str(&words),
                Told::Nothing => {}
                Told::NoData => text.push('—'),
            },
            Part::Optional(parts) => text.push_str(&optional(parts, told).unwrap_or_default()),
        }
    }
    tidy(&text)
}

/// What stands in brackets; `None` where a figure has no data, or nothing is left of the brackets within.
fn optional(parts: &[Part], told: &dyn Fn(&Place) -> Told) -> Option<String> {
    let mut text = String::new();
    let (mut inner, mut left) = (false, false);
    for part in parts {
        match part {
            Part::Words(words) => text.push_str(words),
            Part::Place(place) => match told(place) {
                Told::Words(words) => text.push_str(&words),
                Told::Nothing => {}
                Told::NoData => return None,
            },
            Part::Optional(parts) => {
                inner = true;
                if let Some(words) = optional(parts, told) {
                    left = true;
                    text.push_str(&words);
                }
            }
        }
    }
    (!inner || left).then_some(text)
}

/// Stops that the parts left out have left behind.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '，' | '、' | '；' | '。') {
            while tidied.ends_with(['，', '、', '；', '：']) {
                tidied.pop();
            }
            if tidied.is_empty() || (tidied.ends_with('。')) {
                continue;
            }
        }
        tidied.push(sign);
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(place: &Place) -> Told {
        match (place.name.as_str(), place.aspect.as_deref()) {
            ("F1", None) => Told::Words("30人次".to_owned()),
            ("F1", Some("同比")) => Told::Words("，同比增长50.00%".to_owned()),
            ("F1", Some(_)) => Told::Nothing,
            _ => Told::NoData,
        }
    }

    fn said(text: &str) -> String {
        resolve(&parse(text).unwrap(), &told)
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(said("救助{F1}{F1:同比}{F1：环比}。"), "救助30人次，同比增长50.00%。");
        assert_eq!(said("完成{F3}。"), "完成—。");
    }

    #[test]
    fn what_has_no_data_is_left_out_with_its_brackets() {
        assert_eq!(said("工作推进。[救助{F1}。][完成{F3}。]"), "工作推进。救助30人次。");
        assert_eq!(said("[登记在册：[甲{F3}，][乙{F1}，][丙{F4}，]。]"), "登记在册：乙30人次。");
        assert_eq!(said("[登记在册：[甲{F3}，][丙{F4}，]。]后。"), "后。");
        assert_eq!(said("[甲{F3}。]"), "");
    }

    #[test]
    fn brackets_come_in_pairs() {
        for (text, sign) in
            [("a{F1", '{'), ("a}", '}'), ("a[b", '['), ("a]b", ']'), ("{F1{F2}}", '{'), ("[a{b]c}", '{')]
        {
            assert_eq!(parse(text), Err(Wrong::Bracket(sign)), "{text}");
        }
        assert_eq!(parse("一行\n又一行"), Err(Wrong::Sign));
        assert_eq!(places(&parse("{F1}[x{F2:同比}[{F3}]]").unwrap()).len(), 3);
    }

    #[test]
    fn a_figure_cannot_be_typed() {
        let check = |text: &str| typed(&parse(text).unwrap());
        for (text, found) in [
            ("救助30人次", "30"),
            ("发放1,234.56万元", "1,234.56"),
            ("救助３０人次", "３０"),
            ("达到100%", "100"),
            ("[救助{F1}，约30人]", "30"),
            ("惠及三百人", "三百"),
            ("发放二十万元", "十万"),
            ("提高百分之五", "百分之"),
            ("2023人", "2023"),
            ("第12次，共5次", "5"),
            ("③户", "③"),
        ] {
            assert_eq!(check(text), Err(Wrong::Typed(found.to_owned())), "{text}");
        }
        for text in [
            "2023年6月30日前完成",
            "贯彻党的二十大精神，一是健全制度，两个一百年",
            "按照民发〔2021〕57号办理，召开第2次会议",
            "千方百计，惠及{F1}，走千家入万户",
            "五化建设达标，三个清单",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
