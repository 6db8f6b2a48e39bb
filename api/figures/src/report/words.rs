//! How a report says what it knows, as a bureau's office writes: large sums in 万元, rates without idle noughts, a change
//! in words, the bureau under the name of its city.

use chrono::{Datelike as _, NaiveDate};
use minzheng_assistance::recognition::AssistanceCategory;
use minzheng_ground::codes::{CodeList as _, label_on};
use minzheng_rules::number::{capital, grouped, rounded};
use minzheng_rules::period::{Grain, Period};
use minzheng_rules::report::{Place, Told as Said};

use crate::indicator;
use crate::indicator::Kind;
use crate::report::compose::Told;

/// Words that stand in a text by their name.
const WORDS: &[&str] = &["区", "全区", "市", "单位", "期间", "截至", "期末", "后期", "时间进度", "支出型困难家庭"];
/// What can be said of a figure; the last of sums only.
const ASPECTS: &[&str] = &["同比", "环比", "目标", "非零", "大写"];

/// Whether a placeholder can be filled in.
pub fn known(place: &Place) -> bool {
    let figure = indicator::find(&place.name);
    match place.aspect.as_deref() {
        None => WORDS.contains(&place.name.as_str()) || figure.is_some(),
        Some("大写") => figure.is_some_and(|of| of.unit.ends_with('元')),
        Some(aspect) => {
            ASPECTS.contains(&aspect) && figure.is_some_and(|of| !matches!(of.kind, Kind::Text | Kind::Date))
        }
    }
}

/// The words, as they are written in a text.
pub fn listed() -> String {
    WORDS.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(" ")
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// 岳麓区; a dash where the place has no name.
    pub name: String,
    /// 长沙市; a province for the districts of a municipality, empty where none is known.
    pub city: String,
    /// The time told of.
    pub period: Period,
    /// The day on which it is written.
    pub today: NaiveDate,
}

impl Subject {
    /// The last day of the period of which something can be known.
    fn last_day(&self) -> NaiveDate {
        self.period.last_day().min(self.today)
    }

    /// How much of the year has gone, in percent.
    pub fn elapsed(&self) -> String {
        let year = Grain::Year.containing(self.last_day());
        let days = (self.last_day() - year.from).num_days() + 1;
        rounded(i128::from(days) * 100, (year.until - year.from).num_days().into(), 2)
    }

    /// A word by its name.
    pub fn word(&self, name: &str) -> Option<String> {
        Some(match name {
            "区" => self.name.clone(),
            "全区" => {
                format!("全{}", self.name.chars().last().filter(|sign| "区县市旗".contains(*sign)).unwrap_or('区'))
            }
            "市" => self.city.clone(),
            "单位" => bureau(&self.name),
            "期间" => self.period.label_zh(),
            "截至" if self.last_day() < self.period.last_day() => format!("截至{}", short_day(self.last_day())),
            "截至" => format!("截至{}月底", self.last_day().month()),
            "期末" => day(self.last_day()),
            "后期" => next(self.period).to_owned(),
            "时间进度" => format!("{}%", plain(&self.elapsed())),
            "支出型困难家庭" => hard_pressed(self.last_day()).to_owned(),
            _ => return None,
        })
    }
}

/// What families in difficulty by rigid expenditure are called on a day.
fn hard_pressed(day: NaiveDate) -> &'static str {
    let now = "刚性支出困难家庭";
    let category = AssistanceCategory::CODES.iter().find(|of| of.code == AssistanceCategory::Rigid.code());
    category.map(|of| label_on(AssistanceCategory::NAME, of, day)).filter(|name| name.ends_with("家庭")).unwrap_or(now)
}

/// The bureau of a place.
pub fn bureau(name: &str) -> String {
    format!("{name}民政局")
}

/// What is said of a figure in the place of a placeholder.
pub fn of_figure(told: &Told, aspect: Option<&str>) -> Said {
    match aspect {
        None if told.display == "—" => Said::NoData,
        // The second for lists, in which what there is none of is not named.
        Some("非零") if told.value.as_deref().is_none_or(is_nought) => Said::NoData,
        None | Some("非零") => Said::Words(quantity(told)),
        Some("同比") => compared("同比", "与上年同期持平", told, told.year_on_year.as_deref()),
        Some("环比") => compared("环比", "与上期持平", told, told.previous_period.as_deref()),
        Some("目标") => match &told.target {
            Some(target) => Said::Words(format!("{}{}", minus(&grouped(target)), measure(&told.unit))),
            None => Said::NoData,
        },
        Some("大写") => told.amount.map_or(Said::NoData, |fen| Said::Words(capital(fen))),
        Some(_) => Said::NoData,
    }
}

/// The figure with its measure word: 12,345人次, 144.60万元, 98.5%, 12.3个工作日.
fn quantity(told: &Told) -> String {
    match told.amount {
        Some(fen) => sum(fen),
        None if told.unit == "%" => format!("{}%", plain(&minus(&told.display))),
        None => format!("{}{}", minus(&told.display), measure(&told.unit)),
    }
}

/// Yuan below 10,000, 万元 below 100,000,000, else 亿元.
fn sum(fen: i64) -> String {
    const YUAN: i128 = 100;
    let (scale, unit) = match fen.unsigned_abs() {
        0..1_000_000 => (YUAN, "元"),
        1_000_000..10_000_000_000 => (YUAN * 10_000, "万元"),
        _ => (YUAN * 100_000_000, "亿元"),
    };
    let number = rounded(fen.into(), scale, 2);
    // Whole yuan need no fen.
    let number = if unit == "元" { number.strip_suffix(".00").unwrap_or(&number) } else { &number };
    format!("{}{unit}", minus(&grouped(number)))
}

/// Working days and months are counted with 个.
fn measure(unit: &str) -> String {
    let word = if matches!(unit, "工作日" | "月") { "个" } else { "" };
    format!("{word}{unit}")
}

/// A number without noughts at the end of its decimals.
fn plain(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

fn is_nought(number: &str) -> bool {
    number.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// The sign that is as wide as a digit, in place of the hyphen.
pub fn minus(number: &str) -> String {
    number.replacen('-', "−", 1)
}

/// Which way a figure went, and how far: 增长3.20, 下降1.50, 持平. Percentages are compared in points.
pub fn change(unit: &str, change: &str) -> String {
    let (falls, size) = change.strip_prefix('-').map_or((false, change), |size| (true, size));
    if is_nought(size) {
        return "持平".to_owned();
    }
    let way = match (unit == "%", falls) {
        (false, false) => "增长",
        (true, false) => "提高",
        (_, true) => "下降",
    };
    format!("{way}{}", grouped(size))
}

/// A growth to tenfold and more, as it is written: of 5925.00 % 59.3. Nothing: it is told as a percentage.
fn times(rate: &str) -> Option<String> {
    let (whole, decimals) = rate.split_once('.')?;
    let hundredths: u64 = format!("{whole}{decimals}").parse().ok().filter(|_| decimals.len() == 2)?;
    let tenths = (hundredths + 500) / 1_000;
    (hundredths >= 100_000).then(|| grouped(&format!("{}.{}", tenths / 10, tenths % 10)))
}

/// ，同比增长3.2%
fn compared(word: &str, level: &str, told: &Told, rate: Option<&str>) -> Said {
    let Some(rate) = rate else { return Said::Nothing };
    let change = change(&told.unit, rate);
    if change == "持平" {
        return Said::Words(format!("，{level}"));
    }
    if let Some(times) = times(rate).filter(|_| told.unit != "%") {
        return Said::Words(format!("，{word}增长{}倍", plain(&times)));
    }
    let points = if told.unit == "%" { "个百分点" } else { "%" };
    Said::Words(format!("，{word}{}{points}", plain(&change)))
}

/// What comes after a period.
fn next(period: Period) -> &'static str {
    match period.grain {
        Some(Grain::Half) if period.from.month() == 1 => "下半年",
        Some(Grain::Half | Grain::Year) => "下一年度",
        Some(Grain::Quarter) => "下一季度",
        Some(Grain::Month) => "下月",
        None => "下一阶段",
    }
}

/// 2023年6月30日
pub fn day(date: NaiveDate) -> String {
    format!("{}年{}", date.year(), short_day(date))
}

/// 6月30日
fn short_day(date: NaiveDate) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// 一 to 九十九.
pub fn ordinal(number: usize) -> String {
    let digit = |n: usize| "零一二三四五六七八九".chars().nth(n).map_or_else(String::new, String::from);
    match (number / 10, number % 10) {
        (0, ones) => digit(ones),
        (tens, ones) => {
            let tens = if tens == 1 { String::new() } else { digit(tens % 10) };
            let ones = if ones == 0 { String::new() } else { digit(ones) };
            format!("{tens}十{ones}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(unit: &str, display: &str, amount: Option<i64>) -> Told {
        Told { unit: unit.to_owned(), display: display.to_owned(), amount, ..Told::default() }
    }

    fn words(told: &Told, aspect: Option<&str>) -> String {
        match of_figure(told, aspect) {
            Said::Words(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sums_are_told_in_a_unit_of_their_size() {
        for (fen, expected) in [
            (0, "0元"),
            (999_900, "9,999元"),
            (999_999, "9,999.99元"),
            (1_000_000, "1.00万元"),
            (144_598_006, "144.60万元"),
            (-49_142_300, "−49.14万元"),
            (123_456_789_000, "12.35亿元"),
        ] {
            assert_eq!(words(&told("元", "0", Some(fen)), None), expected, "{fen}");
        }
        assert_eq!(words(&told("万元", "1.34", Some(1_341_000)), None), "1.34万元");
        assert_eq!(words(&told("元", "0", Some(144_598_006)), Some("大写")), "人民币壹佰肆拾肆万伍仟玖佰捌拾元零陆分");
    }

    #[test]
    fn figures_have_their_measure_words() {
        for (unit, display, expected) in [
            ("人次", "12,345", "12,345人次"),
            ("工作日", "12.3", "12.3个工作日"),
            ("月", "7.0", "7.0个月"),
            ("小时", "20.5", "20.5小时"),
            ("%", "100.00", "100%"),
            ("%", "98.50", "98.5%"),
            ("%", "-0.30", "−0.3%"),
        ] {
            assert_eq!(words(&told(unit, display, None), None), expected);
        }
    }

    #[test]
    fn what_there_is_none_of_can_be_left_out() {
        let some = |value: &str| Told { value: Some(value.to_owned()), ..told("人", value, None) };
        assert_eq!(words(&some("5"), Some("非零")), "5人");
        assert_eq!(of_figure(&some("0"), Some("非零")), Said::NoData);
        assert_eq!(words(&some("0"), None), "0人");
        assert_eq!(of_figure(&told("人", "—", None), Some("非零")), Said::NoData);
    }

    #[test]
    fn changes_stand_in_words() {
        for (unit, by, expected) in [
            ("人次", "2.36", "，同比增长2.36%"),
            ("人次", "-3.20", "，同比下降3.2%"),
            ("人次", "999.99", "，同比增长999.99%"),
            ("人次", "1000.00", "，同比增长10倍"),
            ("元", "5925.00", "，同比增长59.3倍"),
            ("起", "174793.70", "，同比增长1,747.9倍"),
            ("%", "5925.00", "，同比提高5,925个百分点"),
            ("人次", "0.00", "，与上年同期持平"),
            ("%", "1.50", "，同比提高1.5个百分点"),
            ("%", "-1234.50", "，同比下降1,234.5个百分点"),
        ] {
            let told = Told { year_on_year: Some(by.to_owned()), ..told(unit, "1", None) };
            assert_eq!(words(&told, Some("同比")), expected);
        }
        assert_eq!(of_figure(&told("人次", "1", None), Some("同比")), Said::Nothing);
        assert_eq!(of_figure(&told("人次", "—", None), None), Said::NoData);
    }

    #[test]
    fn words_follow_place_and_time() {
        let subject = |name: &str, period: &str, today: &str| Subject {
            name: name.to_owned(),
            city: "长沙市".to_owned(),
            period: Period::parse(period).unwrap(),
            today: today.parse().unwrap(),
        };
        let over = subject("岳麓区", "2023H1", "2023-08-01");
        let said = |of: &Subject, word: &str| of.word(word).unwrap();
        assert_eq!(said(&over, "截至"), "截至6月底");
        assert_eq!(said(&over, "支出型困难家庭"), "支出型困难家庭");
        assert_eq!((over.elapsed(), said(&over, "全区")), ("49.59".to_owned(), "全区".to_owned()));
        // Of days that are still to come nothing is told.
        let running = subject("长沙县", "2025H1", "2025-03-31");
        assert_eq!(said(&running, "截至"), "截至3月31日");
        assert_eq!(said(&running, "支出型困难家庭"), "刚性支出困难家庭");
        assert_eq!((running.elapsed(), said(&running, "全区")), ("24.66".to_owned(), "全县".to_owned()));
        assert!(WORDS.iter().all(|word| over.word(word).is_some()) && over.word("F1").is_none());
        assert_eq!((ordinal(9), ordinal(10), ordinal(21)), ("九".to_owned(), "十".to_owned(), "二十一".to_owned()));
    }
}
