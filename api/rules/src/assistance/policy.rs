//! The parameters of the eligibility decision. They are data with places, areas and dates; nothing
//! of them is a constant of the program (domain §3; 57号 Arts 13, 23; 43号; 刚性办法).

use crate::exact::Exact;

/// One value for each of the three tiers that test property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByTier<T> {
    /// 低保
    pub dibao: T,
    /// 低保边缘
    pub edge: T,
    /// 刚性支出
    pub rigid: T,
}

/// How the sum of a decision is rounded, at the end only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the fen, half up.
    Fen,
    /// To the next yuan.
    YuanCeil,
    /// To the yuan, half up.
    YuanHalfUp,
}

/// The parameters in force for a place, an area and a day. Money in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// 低保标准, a month a person.
    pub standard: i64,
    /// Up to which multiple of the standard a family is on the edge.
    pub edge_ratio: Exact,
    /// Disposable income a year a person of the place, in the year before.
    pub disposable_income_year: i64,
    /// Above which share of income expenditure is rigid.
    pub rigid_ratio: Exact,
    /// Share of wages left out as cost of employment.
    pub employment_deduction: Exact,
    /// Financial assets allowed: months of the standard for each member.
    pub asset_months: ByTier<i64>,
    /// Dwellings allowed.
    pub dwellings: ByTier<i64>,
    /// Value of a vehicle allowed; `None`: no vehicle.
    pub vehicle_value: ByTier<Option<i64>>,
    /// 分类施保, as shares of the standard.
    pub top_ups: TopUps,
    /// 特困 basic standard as a multiple of the standard.
    pub tekun_ratio: Exact,
    /// 照料护理 by abilities lost: none, 1–3, 4–6 of six.
    pub care_pay: CarePay,
    /// Whether the central basic pension is left out of income.
    pub pension_excluded: bool,
    /// How sums are rounded.
    pub rounding: Rounding,
    /// Ages of the rules.
    pub ages: Ages,
}

/// Top-ups: of those that fit a person the single highest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUps {
    /// 重度残疾
    pub severe_disability: Exact,
    /// 重病
    pub major_illness: Exact,
    /// 未成年
    pub minor: Exact,
    /// 老年
    pub aged: Exact,
}

/// Care money a month by self-care, in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarePay {
    /// 具备自理能力
    pub able: i64,
    /// 部分丧失
    pub partial: i64,
    /// 完全丧失
    pub total: i64,
}

/// Ages in completed years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// Under it no labour ability (特困).
    pub labour_from: i32,
    /// From it on no labour ability (特困).
    pub labour_until: i32,
    /// Under it a minor.
    pub adult: i32,
    /// From it on aged, for the top-up.
    pub aged: i32,
}

/// A parameter by its name.
pub struct Parameter {
    /// Name in sheets and overrides.
    pub name: &'static str,
    /// 中文
    pub zh: &'static str,
    /// In English, with the unit.
    pub en: &'static str,
    /// Instrument that asks for it.
    pub source: &'static str,
}

const fn parameter(name: &'static str, zh: &'static str, en: &'static str, source: &'static str) -> Parameter {
    Parameter { name, zh, en, source }
}

/// All parameters of the decision.
pub const PARAMETERS: &[Parameter] = &[
    parameter("dibao.standard", "低保标准", "yuan a month a person", "57号 Art 12"),
    parameter("edge.ratio", "低保边缘倍数", "multiple of the standard", "57号 Art 8"),
    parameter("disposable_income.year", "上年人均可支配收入", "yuan a year a person", "刚性办法"),
    parameter("rigid.ratio", "刚性支出占比", "share of income", "刚性办法"),
    parameter("employment.deduction", "就业成本扣减", "share of wages", "57号 Art 13"),
    parameter("assets.months.dibao", "低保金融资产月数", "months of the standard", "57号 Art 14"),
    parameter("assets.months.edge", "边缘金融资产月数", "months of the standard", "57号 Art 14"),
    parameter("assets.months.rigid", "刚性金融资产月数", "months of the standard", "刚性办法"),
    parameter("dwellings.dibao", "低保住房套数", "dwellings", "57号 Art 14"),
    parameter("dwellings.edge", "边缘住房套数", "dwellings", "57号 Art 14"),
    parameter("dwellings.rigid", "刚性住房套数", "dwellings", "刚性办法"),
    parameter("vehicle.value.dibao", "低保车辆价值", "yuan, or none", "57号 Art 14"),
    parameter("vehicle.value.edge", "边缘车辆价值", "yuan, or none", "57号 Art 14"),
    parameter("vehicle.value.rigid", "刚性车辆价值", "yuan, or none", "刚性办法"),
    parameter("top_up.severe_disability", "重度残疾分类施保", "share of the standard", "暂行办法 Art 12"),
    parameter("top_up.major_illness", "重病分类施保", "share of the standard", "暂行办法 Art 12"),
    parameter("top_up.minor", "未成年分类施保", "share of the standard", "暂行办法 Art 12"),
    parameter("top_up.aged", "老年分类施保", "share of the standard", "暂行办法 Art 12"),
    parameter("tekun.ratio", "特困基本标准倍数", "multiple of the standard", "暂行办法 Art 15"),
    parameter("care.able", "全自理照料护理", "yuan a month", "43号 Art 22"),
    parameter("care.partial", "半护理照料护理", "yuan a month", "43号 Art 22"),
    parameter("care.total", "全护理照料护理", "yuan a month", "43号 Art 22"),
    parameter("pension.excluded", "基础养老金不计入", "true or false", "57号 Art 13"),
    parameter("rounding", "取整方式", "FEN, YUAN_CEIL or YUAN_HALF_UP", "local practice"),
    parameter("age.labour_from", "劳动年龄下限", "years", "43号 Art 5"),
    parameter("age.labour_until", "劳动年龄上限", "years", "43号 Art 5"),
    parameter("age.adult", "成年年龄", "years", "43号 Art 5"),
    parameter("age.aged", "老年分类施保年龄", "years", "local practice"),
];

/// A parameter that holds in the whole country where no place says otherwise: data with dates and
/// source, beside this file.
pub fn national(name: &str, on: chrono::NaiveDate) -> Option<&'static str> {
    include_str!("national.csv").lines().skip(1).find_map(|line| {
        let mut cells = line.splitn(5, ',');
        let (parameter, value) = (cells.next()?, cells.next()?);
        let from: chrono::NaiveDate = cells.next()?.parse().ok()?;
        let until = cells.next().filter(|text| !text.is_empty()).and_then(|text| text.parse().ok());
        (parameter == name && from <= on && until.is_none_or(|until| on < until)).then_some(value)
    })
}

/// Why the parameters give no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// There is no value of this name.
    Missing(&'static str),
    /// The value of this name cannot be read.
    Invalid(&'static str),
}

/// Reads the values of one place, area and day.
struct Values<F>(F);

impl<F: Fn(&str) -> Option<String>> Values<F> {
    fn read<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, PolicyError> {
        let text = (self.0)(name).ok_or(PolicyError::Missing(name))?;
        parse(text.trim()).ok_or(PolicyError::Invalid(name))
    }

    fn ratio(&self, name: &'static str) -> Result<Exact, PolicyError> {
        self.read(name, |text| Exact::parse(text).ok().filter(|ratio| !ratio.is_negative()))
    }

    fn money(&self, name: &'static str) -> Result<i64, PolicyError> {
        self.read(name, fen)
    }

    /// A number of things, months or years.
    fn count<T: std::str::FromStr + Default + PartialOrd>(&self, name: &'static str) -> Result<T, PolicyError> {
        self.read(name, |text| text.parse().ok().filter(|count| *count >= T::default()))
    }

    fn by_tier<T>(
        &self,
        names: [&'static str; 3],
        read: impl Fn(&Self, &'static str) -> Result<T, PolicyError>,
    ) -> Result<ByTier<T>, PolicyError> {
        let [dibao, edge, rigid] = names;
        Ok(ByTier { dibao: read(self, dibao)?, edge: read(self, edge)?, rigid: read(self, rigid)? })
    }
}

/// Yuan with at most two decimals, not negative, as fen.
pub fn fen(text: &str) -> Option<i64> {
    let value = Exact::decimal_number(text).ok()?.times(Exact::whole(100)).ok()?;
    let whole = value.half_up().ok()?;
    (Exact::whole(whole) == value && whole >= 0).then_some(whole)
}

impl Policy {
    /// From values by parameter name.
    pub fn from_values(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, PolicyError> {
        let values = Values(lookup);
        let vehicle = |values: &Values<_>, name| {
            values.read(name, |text| if text == "none" { Some(None) } else { fen(text).map(Some) })
        };
        Ok(Self {
            standard: values.money("dibao.standard")?,
            edge_ratio: values.ratio("edge.ratio")?,
            disposable_income_year: values.money("disposable_income.year")?,
            rigid_ratio: values.ratio("rigid.ratio")?,
            employment_deduction: values.read("employment.deduction", |text| {
                let share = Exact::parse(text).ok().filter(|ratio| !ratio.is_negative())?;
                (!Exact::ONE.below(share).ok()?).then_some(share)
            })?,
            asset_months: values
                .by_tier(["assets.months.dibao", "assets.months.edge", "assets.months.rigid"], Values::count)?,
            dwellings: values.by_tier(["dwellings.dibao", "dwellings.edge", "dwellings.rigid"], Values::count)?,
            vehicle_value: values
                .by_tier(["vehicle.value.dibao", "vehicle.value.edge", "vehicle.value.rigid"], vehicle)?,
            top_ups: TopUps {
                severe_disability: values.ratio("top_up.severe_disability")?,
                major_illness: values.ratio("top_up.major_illness")?,
                minor: values.ratio("top_up.minor")?,
                aged: values.ratio("top_up.aged")?,
            },
            tekun_ratio: values.ratio("tekun.ratio")?,
            care_pay: CarePay {
                able: values.money("care.able")?,
                partial: values.money("care.partial")?,
                total: values.money("care.total")?,
            },
            pension_excluded: values.read("pension.excluded", |text| text.parse().ok())?,
            rounding: values.read("rounding", |text| match text {
                "FEN" => Some(Rounding::Fen),
                "YUAN_CEIL" => Some(Rounding::YuanCeil),
                "YUAN_HALF_UP" => Some(Rounding::YuanHalfUp),
                _ => None,
            })?,
            ages: Ages {
                labour_from: values.count("age.labour_from")?,
                labour_until: values.count("age.labour_until")?,
                adult: values.count("age.adult")?,
                aged: values.count("age.aged")?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_asked_for_and_every_asked_one_is_listed() {
        for parameter in PARAMETERS {
            let value = |name: &str| match name {
                _ if name == parameter.name => None,
                "pension.excluded" => Some("true".to_owned()),
                "rounding" => Some("FEN".to_owned()),
                _ => Some("1".to_owned()),
            };
            assert_eq!(Policy::from_values(value), Err(PolicyError::Missing(parameter.name)));
            let value = |name: &str| {
                Some(
                    if name == parameter.name {
                        "?"
                    } else if name == "pension.excluded" {
                        "false"
                    } else if name == "rounding" {
                        "FEN"
                    } else {
                        "1"
                    }
                    .to_owned(),
                )
            };
            assert_eq!(Policy::from_values(value), Err(PolicyError::Invalid(parameter.name)));
        }
    }

    #[test]
    fn there_are_no_negative_numbers_of_things() {
        for wrong in PARAMETERS {
            let value = |name: &str| match name {
                "pension.excluded" => Some("true".to_owned()),
                "rounding" => Some("FEN".to_owned()),
                _ => Some(if name == wrong.name { "-1" } else { "1" }.to_owned()),
            };
            let text = ["pension.excluded", "rounding"].contains(&wrong.name);
            let invalid = Err(PolicyError::Invalid(wrong.name));
            assert!(text || Policy::from_values(value) == invalid, "{}", wrong.name);
        }
    }

    #[test]
    fn national_values_hold_by_their_dates() {
        let on = |text: &str| national("pension.excluded", text.parse().unwrap());
        assert_eq!((on("2025-12-31"), on("2026-01-01"), on("2020-12-31")), (Some("true"), Some("false"), None));
        assert_eq!(national("dibao.standard", "2023-06-30".parse().unwrap()), None);
    }

    #[test]
    fn money_has_at_most_two_decimals() {
        assert_eq!(fen("700.00"), Some(70_000));
        assert_eq!(fen("0.5"), Some(50));
        assert_eq!(fen("0.005"), None);
        assert_eq!(fen("-1"), None);
        assert_eq!([fen("7/2"), fen("5%"), fen(" 1")], [None; 3]);
    }
}
