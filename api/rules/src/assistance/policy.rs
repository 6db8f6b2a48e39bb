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
