//! 救助资格 · who gets what and why, as one pure decision (domain §3; 57号 Arts 7–13, 34; 43号 Arts 4–8;
//! 83号; 刚性办法). Whole numbers and fractions only; every test that was made stands in the reasons.

use std::cmp::Ordering;

use super::policy::{ByTier, Policy, Rounding};
use crate::exact::{Exact, NotExact, yuan};

/// Most fen that a single value may be: a hundred billion yuan.
const MONEY_MOST: i64 = 10_000_000_000_000;
/// Refusals of work in a row from which a member's share is lost (57号 Art 34).
const REFUSALS: u32 = 3;

/// What stands in place of a value of which there is none: a vehicle's.
pub const NOTHING: &str = "-";

/// 残疾类别 (GB/T 26341).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disability {
    /// 视力
    Visual,
    /// 听力
    Hearing,
    /// 言语
    Speech,
    /// 肢体
    Physical,
    /// 智力
    Intellectual,
    /// 精神
    Mental,
    /// 多重
    Multiple,
}

/// A member of the household. Money in fen a month.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Member {
    /// Completed years.
    pub age: i32,
    /// Wages before deduction.
    pub wage: i64,
    /// Other income.
    pub other: i64,
    /// Basic pension.
    pub pension: i64,
    /// Disability with its level, 1 the most severe to 4.
    pub disability: Option<(Disability, u8)>,
    /// A locally recognised major illness.
    pub major_illness: bool,
    /// How many of the six abilities of self-care are lost.
    pub abilities_lost: u8,
    /// Whether a legal supporter is able to support; `None`: not said.
    pub capable_supporter: Option<bool>,
    /// Chooses the child track instead of 特困 (43号 Art 9).
    pub elects_child_track: bool,
    /// Unjustified refusals of work in a row.
    pub refusals: u32,
}

/// The household as it was found. Money in fen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Household {
    /// Members.
    pub members: Vec<Member>,
    /// Financial assets of all.
    pub financial_assets: i64,
    /// Dwellings of all.
    pub dwellings: i64,
    /// Value of the vehicle, if there is one.
    pub vehicle_value: Option<i64>,
    /// Rigid expenditure of the twelve months before.
    pub rigid_expenditure_year: i64,
}

/// What the decision says of a household or member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// 特困
    Tekun,
    /// 低保
    Dibao,
    /// 低保边缘
    Edge,
    /// 刚性支出困难
    Rigid,
    /// 不符合
    None,
}

/// A test that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable code.
    pub code: &'static str,
    /// Which member it was about, from 0.
    pub member: Option<usize>,
    /// The household's side; [`NOTHING`]: it has none.
    pub left: String,
    /// The rule's side; [`NOTHING`]: it allows none.
    pub right: String,
    /// Whether it holds.
    pub passed: bool,
}

/// What a member gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberResult {
    /// 特困, or the household's tier.
    pub tier: Tier,
    /// Fen a month, rounded by itself: only the household's sum is paid.
    pub amount: i64,
    /// 分类施保 in it, fen a month.
    pub top_up: i64,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Of the household without its 特困 members; 特困 when all are.
    pub tier: Tier,
    /// Fen a month: 低保 and 特困 together.
    pub monthly_amount: i64,
    /// Own incomes of all members, fen a month.
    pub household_income: i64,
    /// By member, in the order given.
    pub members: Vec<MemberResult>,
    /// 单人保: member and fen a month.
    pub single_applicants: Vec<(usize, i64)>,
    /// Every test that was made.
    pub reasons: Vec<Reason>,
}

/// A value that cannot be: where it stands and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Path from the household, `members`, `0`, `wage`.
    pub path: Vec<String>,
    /// Stable code.
    pub code: &'static str,
}

impl Member {
    /// Severe disability everywhere: level 1–2 of any type, or level 3 intellectual or mental.
    fn severely_disabled(&self) -> bool {
        matches!(self.disability, Some((_, 1 | 2) | (Disability::Intellectual | Disability::Mental, 3)))
    }

    /// 无劳动能力 (43号 Art 5).
    fn without_labour_ability(&self, policy: &Policy) -> bool {
        self.age >= policy.ages.labour_until
            || self.age < policy.ages.labour_from
            || matches!(
                self.disability,
                Some(
                    (Disability::Intellectual | Disability::Mental, 1..=3)
                        | (Disability::Physical, 1 | 2)
                        | (Disability::Visual, 1)
                )
            )
    }

    fn income(&self, policy: &Policy, with_pension: bool) -> Result<Exact, NotExact> {
        let kept = Exact::ONE.minus(policy.employment_deduction)?;
        let rest = self.other + if with_pension { self.pension } else { 0 };
        Exact::whole(self.wage).times(kept)?.plus(Exact::whole(rest))
    }

    /// The single highest top-up that fits, fen a month.
    fn top_up(&self, policy: &Policy) -> Result<Exact, NotExact> {
        let rules = [
            (self.severely_disabled(), policy.top_ups.severe_disability),
            (self.major_illness, policy.top_ups.major_illness),
            (self.age < policy.ages.adult, policy.top_ups.minor),
            (self.age >= policy.ages.aged, policy.top_ups.aged),
        ];
        let mut highest = Exact::ZERO;
        for (_, share) in rules.into_iter().filter(|(fits, _)| *fits) {
            if highest.below(share)? {
                highest = share;
            }
        }
        highest.times(Exact::whole(policy.standard))
    }
}

/// Collects the tests.
struct Tests(Vec<Reason>);

impl Tests {
    fn note(&mut self, code: &'static str, member: Option<usize>, left: String, right: String, passed: bool) -> bool {
        self.0.push(Reason { code, member, left, right, passed });
        passed
    }

    /// Property of a tier: financial assets, dwellings, vehicle. All three are made, for the reasons.
    fn property(
        &mut self,
        rules: &Property,
        household: &Household,
        policy: &Policy,
        persons: usize,
    ) -> Result<bool, NotExact> {
        let Property { codes: [assets_code, dwellings_code, vehicle_code], months, dwellings, vehicle } = *rules;
        let persons = i64::try_from(persons).map_err(|_| NotExact)?;
        let limit = months.checked_mul(policy.standard).and_then(|n| n.checked_mul(persons)).ok_or(NotExact)?;
        let assets = self.note(
            assets_code,
            None,
            yuan(household.financial_assets),
            yuan(limit),
            household.financial_assets <= limit,
        );
        let homes = self.note(
            dwellings_code,
            None,
            household.dwellings.to_string(),
            dwellings.to_string(),
            household.dwellings <= dwellings,
        );
        let car = match (household.vehicle_value, vehicle) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(value), Some(most)) => value <= most,
        };
        let shown = |value: Option<i64>| value.map_or_else(|| NOTHING.to_owned(), yuan);
        let car = self.note(vehicle_code, None, shown(household.vehicle_value), shown(vehicle), car);
        Ok(assets && homes && car)
    }
}

/// What property a tier allows, and the codes of its tests.
struct Property {
    codes: [&'static str; 3],
    months: i64,
    dwellings: i64,
    vehicle: Option<i64>,
}

/// What 特困 allows: as 低保 does, of all members.
fn tekun_property(policy: &Policy) -> Property {
    Property { codes: ["TEKUN_ASSETS", "TEKUN_DWELLINGS", "TEKUN_VEHICLE"], ..property_of(policy).dibao }
}

fn property_of(policy: &Policy) -> ByTier<Property> {
    let (months, homes, cars) = (&policy.asset_months, &policy.dwellings, &policy.vehicle_value);
    ByTier {
        dibao: Property {
            codes: ["DIBAO_ASSETS", "DIBAO_DWELLINGS", "DIBAO_VEHICLE"],
            months: months.dibao,
            dwellings: homes.dibao,
            vehicle: cars.dibao,
        },
        edge: Property {
            codes: ["EDGE_ASSETS", "EDGE_DWELLINGS", "EDGE_VEHICLE"],
            months: months.edge,
            dwellings: homes.edge,
            vehicle: cars.edge,
        },
        rigid: Property {
            codes: ["RIGID_ASSETS", "RIGID_DWELLINGS", "RIGID_VEHICLE"],
            months: months.rigid,
            dwellings: homes.rigid,
            vehicle: cars.rigid,
        },
    }
}

/// Decides. Fails with the first value that cannot be.
pub fn assess(household: &Household, policy: &Policy) -> Result<Assessment, Invalid> {
    check(household)?;
    decide(household, policy).map_err(|NotExact| Invalid { path: Vec::new(), code: "TOO_LARGE" })
}

fn check(household: &Household) -> Result<(), Invalid> {
    let invalid =
        |path: &[&str], code| Err(Invalid { path: path.iter().map(|part| (*part).to_owned()).collect(), code });
    let money = |value: i64| (0..=MONEY_MOST).contains(&value);
    if household.members.is_empty() || household.members.len() > 100 {
        return invalid(&["members"], "MEMBERS");
    }
    for (value, name) in [
        (household.financial_assets, "financialAssets"),
        (household.rigid_expenditure_year, "rigidExpenditureYear"),
        (household.vehicle_value.unwrap_or(0), "vehicleValue"),
        (household.dwellings, "dwellings"),
    ] {
        if !money(value) {
            return invalid(&[name], "NEGATIVE_OR_TOO_LARGE");
        }
    }
    for (index, member) in household.members.iter().enumerate() {
        let index = index.to_string();
        for (value, name) in
            [(member.wage, "wageIncome"), (member.other, "otherIncome"), (member.pension, "pensionIncome")]
        {
            if !money(value) {
                return invalid(&["members", &index, name], "NEGATIVE_OR_TOO_LARGE");
            }
        }
        if !(0..=150).contains(&member.age) {
            return invalid(&["members", &index, "age"], "AGE");
        }
        if member.disability.is_some_and(|(_, level)| !(1..=4).contains(&level)) {
            return invalid(&["members", &index, "disability", "level"], "DISABILITY_LEVEL");
        }
        if member.abilities_lost > 6 {
            return invalid(&["members", &index, "abilitiesLost"], "ABILITIES_LOST");
        }
    }
    Ok(())
}

fn decide(household: &Household, policy: &Policy) -> Result<Assessment, NotExact> {
    let mut tests = Tests(Vec::new());
    let standard = Exact::whole(policy.standard);
    let with_pension = !policy.pension_excluded;
    let incomes = household.members.iter().map(|m| m.income(policy, with_pension)).collect::<Result<Vec<_>, _>>()?;
    let household_income = incomes.iter().try_fold(Exact::ZERO, |sum, income| sum.plus(*income))?;

    let tekun = tekun_members(household, policy, &mut tests)?;
    let mut members: Vec<MemberResult> = Vec::with_capacity(household.members.len());
    let mut total = Exact::ZERO;
    let others: Vec<(usize, &Member, Exact)> = household
        .members
        .iter()
        .zip(&incomes)
        .enumerate()
        .filter(|(index, _)| !tekun.contains(index))
        .map(|(index, (member, income))| (index, member, *income))
        .collect();
    let count = Exact::whole(i64::try_from(others.len()).map_err(|_| NotExact)?);
    let income = others.iter().try_fold(Exact::ZERO, |sum, (_, _, income)| sum.plus(*income))?;

    let tier =
        if others.is_empty() { Tier::Tekun } else { ladder(household, policy, &mut tests, others.len(), income)? };
    let gap = standard.times(count)?.minus(income)?;
    for (index, member) in household.members.iter().enumerate() {
        let (tier, amount, top_up) = if tekun.contains(&index) {
            let care = match member.abilities_lost {
                0 => policy.care_pay.able,
                1..=3 => policy.care_pay.partial,
                _ => policy.care_pay.total,
            };
            (Tier::Tekun, standard.times(policy.tekun_ratio)?.plus(Exact::whole(care))?, Exact::ZERO)
        } else if tier == Tier::Dibao {
            let refuses = !tests_refusal(&mut tests, index, member);
            let share = gap.times(Exact::new(1, i128::try_from(others.len()).map_err(|_| NotExact)?)?)?;
            let top_up = if refuses { Exact::ZERO } else { member.top_up(policy)? };
            (tier, if refuses { Exact::ZERO } else { share.plus(top_up)? }, top_up)
        } else {
            (tier, Exact::ZERO, Exact::ZERO)
        };
        total = total.plus(amount)?;
        members.push(MemberResult { tier, amount: round(amount, policy)?, top_up: round(top_up, policy)? });
    }
    let mut single_applicants = Vec::new();
    if others.len() >= 2 && matches!(tier, Tier::Edge | Tier::Rigid | Tier::None) {
        for (index, member, income) in &others {
            let able = match tier {
                Tier::Edge => member.severely_disabled() || member.major_illness,
                _ => member.age >= policy.ages.adult && member.wage == 0 && member.severely_disabled(),
            };
            if !able {
                continue;
            }
            let below = income.below(standard)?;
            if tests.note("SINGLE_INCOME", Some(*index), shown(*income), yuan(policy.standard), below) {
                single_applicants.push((*index, round(standard.minus(*income)?, policy)?));
            }
        }
    }
    Ok(Assessment {
        tier,
        monthly_amount: round(total, policy)?,
        household_income: household_income.half_up()?,
        members,
        single_applicants,
        reasons: tests.0,
    })
}

fn tests_refusal(tests: &mut Tests, index: usize, member: &Member) -> bool {
    member.refusals == 0
        || tests.note(
            "WORK_REFUSALS",
            Some(index),
            member.refusals.to_string(),
            REFUSALS.to_string(),
            member.refusals < REFUSALS,
        )
}

/// Fen with the fraction they have, as yuan.
fn shown(fen: Exact) -> String {
    Exact::new(1, 100)
        .and_then(|hundredth| fen.times(hundredth))
        .map_or_else(|_| "?".to_owned(), |yuan| yuan.exactly(2))
}

/// Step 1, member by member; the property test is the household's, with all members.
fn tekun_members(household: &Household, policy: &Policy, tests: &mut Tests) -> Result<Vec<usize>, NotExact> {
    let mut found = Vec::new();
    let mut property = None;
    for (index, member) in household.members.iter().enumerate() {
        if member.capable_supporter != Some(false) || member.elects_child_track {
            if member.elects_child_track {
                tests.note("TEKUN_CHILD_TRACK", Some(index), "1".to_owned(), "0".to_owned(), false);
            } else if member.capable_supporter == Some(true) {
                tests.note("TEKUN_SUPPORTER", Some(index), "1".to_owned(), "0".to_owned(), false);
            }
            continue;
        }
        let labour = member.without_labour_ability(policy);
        let income = member.income(policy, false)?;
        let poor = income.below(Exact::whole(policy.standard))?;
        let labour = tests.note("TEKUN_LABOUR", Some(index), i32::from(!labour).to_string(), "0".to_owned(), labour);
        let poor = tests.note("TEKUN_INCOME", Some(index), shown(income), yuan(policy.standard), poor);
        let held = if let Some(held) = property {
            held
        } else {
            tests.property(&tekun_property(policy), household, policy, household.members.len())?
        };
        property = Some(held);
        if labour && poor && held {
            found.push(index);
        }
    }
    Ok(found)
}

/// Steps 2 to 5 for the members without 特困.
fn ladder(
    household: &Household,
    policy: &Policy,
    tests: &mut Tests,
    count: usize,
    income: Exact,
) -> Result<Tier, NotExact> {
    let property = property_of(policy);
    let persons = Exact::whole(i64::try_from(count).map_err(|_| NotExact)?);
    let need = Exact::whole(policy.standard).times(persons)?;
    if tests.note("DIBAO_INCOME", None, shown(income), shown(need), income.below(need)?)
        & tests.property(&property.dibao, household, policy, count)?
    {
        return Ok(Tier::Dibao);
    }
    let edge = need.times(policy.edge_ratio)?;
    if tests.note("EDGE_INCOME", None, shown(income), shown(edge), income.below(edge)?)
        & tests.property(&property.edge, household, policy, count)?
    {
        return Ok(Tier::Edge);
    }
    let year = income.times(Exact::whole(12))?;
    let line = Exact::whole(policy.disposable_income_year).times(persons)?;
    let rigid = Exact::whole(household.rigid_expenditure_year);
    // With no income any rigid expenditure is more than its share: 0 < expenditure.
    let share = year.times(policy.rigid_ratio)?;
    let above = rigid.compare(share)? == Ordering::Greater;
    if tests.note("RIGID_INCOME", None, shown(year), shown(line), year.below(line)?)
        & tests.note("RIGID_EXPENDITURE", None, shown(rigid), shown(share), above)
        & tests.property(&property.rigid, household, policy, count)?
    {
        return Ok(Tier::Rigid);
    }
    Ok(Tier::None)
}

fn round(fen: Exact, policy: &Policy) -> Result<i64, NotExact> {
    let yuan = Exact::new(1, 100)?;
    match policy.rounding {
        Rounding::Fen => fen.half_up(),
        Rounding::YuanCeil => fen.times(yuan)?.up()?.checked_mul(100).ok_or(NotExact),
        Rounding::YuanHalfUp => fen.times(yuan)?.half_up()?.checked_mul(100).ok_or(NotExact),
    }
}

#[cfg(test)]
mod tests;
