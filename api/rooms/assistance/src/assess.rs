//! 资格测算 · `assessEligibility`: the pure decision of `rules` for citizens and officers alike, with the
//! policy that holds at the place and day, or with values of one's own (design §9, domain §3).

use async_graphql::{Context, Enum, Error, ErrorExtensions as _, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use minzheng_ground::codes::{CodeList as _, label_on};
use minzheng_ground::error::{Answer, fault};
use minzheng_ground::scalars::{Date, Decimal, DivisionCode, Money};
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::{Lang, Text};
use minzheng_reference::person_condition::DisabilityType;
use minzheng_reference::policy_value::{Area, effective};
use minzheng_rules::assistance::eligibility;
use minzheng_rules::assistance::eligibility::{Household, NOTHING, Reason, Tier as RuleTier};
use minzheng_rules::assistance::policy::{Policy, PolicyError, national};
use minzheng_rules::identifiers::citizen_id::age;

use crate::recognition::AssistanceCategory;

/// 救助层级 · what the decision says.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "RuleTier")]
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

/// 残疾 · as the certificate says.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct DisabilityInput {
    /// 类别
    #[graphql(name = "type")]
    kind: DisabilityType,
    /// 等级 · 1 the most severe, to 4
    level: i32,
}

/// 家庭成员 · money a month.
#[derive(InputObject, Clone, Debug)]
pub struct AssessmentMember {
    /// 年龄 · completed years; this or the birth date
    age: Option<i32>,
    /// 出生日期
    birth_date: Option<Date>,
    /// 工资性收入 · before deduction
    wage_income: Option<Money>,
    /// 其他收入
    other_income: Option<Money>,
    /// 基础养老金
    pension_income: Option<Money>,
    /// 残疾
    disability: Option<DisabilityInput>,
    /// 重病
    #[graphql(default)]
    major_illness: bool,
    /// 全日制在校
    #[graphql(default)]
    full_time_student: bool,
    /// 丧失的自理能力项数 · of six
    #[graphql(default)]
    abilities_lost: i32,
    /// 法定赡养人有无能力 · left out: not said
    capable_supporter: Option<bool>,
    /// 选择儿童福利 · instead of 特困
    #[graphql(default)]
    elects_child_track: bool,
    /// 连续无正当理由拒绝就业次数
    #[graphql(default)]
    consecutive_unjustified_refusals: i32,
}

/// One value for each tier that tests property.
#[derive(InputObject, Clone, Copy, Debug, Default)]
pub struct CountsByTier {
    /// 低保
    dibao: Option<i32>,
    /// 低保边缘
    edge: Option<i32>,
    /// 刚性支出
    rigid: Option<i32>,
}

/// Value of a vehicle allowed by tier; left out: no vehicle.
#[derive(InputObject, Clone, Copy, Debug, Default)]
pub struct MoneyByTier {
    /// 低保
    dibao: Option<Money>,
    /// 低保边缘
    edge: Option<Money>,
    /// 刚性支出
    rigid: Option<Money>,
}

/// 分类施保 · as shares of the standard.
#[derive(InputObject, Clone, Debug, Default)]
pub struct TopUpShares {
    /// 重度残疾
    severe_disability: Option<Decimal>,
    /// 重病
    major_illness: Option<Decimal>,
    /// 未成年
    minor: Option<Decimal>,
    /// 老年
    aged: Option<Decimal>,
}

/// 照料护理 · a month.
#[derive(InputObject, Clone, Copy, Debug, Default)]
pub struct CarePayInput {
    /// 具备自理能力
    able: Option<Money>,
    /// 部分丧失
    partial: Option<Money>,
    /// 完全丧失
    total: Option<Money>,
}

/// 政策参数代入 · values in place of those in force.
#[derive(InputObject, Clone, Debug, Default)]
pub struct PolicyOverrides {
    /// 低保标准 · a month
    standard: Option<Money>,
    /// 边缘倍数
    edge_ratio: Option<Decimal>,
    /// 上年人均可支配收入
    disposable_income_year: Option<Money>,
    /// 刚性支出占比
    rigid_ratio: Option<Decimal>,
    /// 就业成本扣减
    employment_deduction: Option<Decimal>,
    /// 金融资产月数
    asset_months: Option<CountsByTier>,
    /// 住房套数
    dwellings: Option<CountsByTier>,
    /// 车辆价值
    vehicle_value: Option<MoneyByTier>,
    /// 分类施保
    top_ups: Option<TopUpShares>,
    /// 特困倍数
    tekun_ratio: Option<Decimal>,
    /// 照料护理
    care_pay: Option<CarePayInput>,
    /// 基础养老金不计入
    pension_excluded: Option<bool>,
}

impl PolicyOverrides {
    fn value(&self, name: &str) -> Option<String> {
        let money = |value: Option<Money>| value.map(|m| minzheng_rules::exact::yuan(m.0));
        let ratio = |value: &Option<Decimal>| value.as_ref().map(|d| d.0.clone());
        let count = |value: Option<i32>| value.map(|n| n.to_string());
        let car = |value: fn(&MoneyByTier) -> Option<Money>| {
            self.vehicle_value.as_ref().map(|tiers| money(value(tiers)).unwrap_or_else(|| "none".to_owned()))
        };
        let top_ups = self.top_ups.as_ref();
        let care = self.care_pay.as_ref();
        match name {
            "dibao.standard" => money(self.standard),
            "edge.ratio" => ratio(&self.edge_ratio),
            "disposable_income.year" => money(self.disposable_income_year),
            "rigid.ratio" => ratio(&self.rigid_ratio),
            "employment.deduction" => ratio(&self.employment_deduction),
            "assets.months.dibao" => count(self.asset_months?.dibao),
            "assets.months.edge" => count(self.asset_months?.edge),
            "assets.months.rigid" => count(self.asset_months?.rigid),
            "dwellings.dibao" => count(self.dwellings?.dibao),
            "dwellings.edge" => count(self.dwellings?.edge),
            "dwellings.rigid" => count(self.dwellings?.rigid),
            "vehicle.value.dibao" => car(|tiers| tiers.dibao),
            "vehicle.value.edge" => car(|tiers| tiers.edge),
            "vehicle.value.rigid" => car(|tiers| tiers.rigid),
            "top_up.severe_disability" => ratio(&top_ups?.severe_disability),
            "top_up.major_illness" => ratio(&top_ups?.major_illness),
            "top_up.minor" => ratio(&top_ups?.minor),
            "top_up.aged" => ratio(&top_ups?.aged),
            "tekun.ratio" => ratio(&self.tekun_ratio),
            "care.able" => money(care?.able),
            "care.partial" => money(care?.partial),
            "care.total" => money(care?.total),
            "pension.excluded" => self.pension_excluded.map(|b| b.to_string()),
            _ => None,
        }
    }
}

/// 测算输入 · what is left out: the district served, URBAN, the business date, 0 or false.
#[derive(InputObject, Clone, Debug)]
pub struct AssessmentInput {
    /// 区划
    division: Option<DivisionCode>,
    /// 城乡
    area: Option<Area>,
    /// 日期 · whose policy holds
    as_of: Option<Date>,
    /// 政策参数代入
    policy: Option<PolicyOverrides>,
    /// 金融资产
    financial_assets: Option<Money>,
    /// 住房套数
    #[graphql(default)]
    dwellings: i32,
    /// 车辆价值 · left out: no vehicle
    vehicle_value: Option<Money>,
    /// 近十二个月刚性支出
    rigid_expenditure_year: Option<Money>,
    /// 家庭成员
    members: Vec<AssessmentMember>,
}

/// 成员结果 · what a member gets.
#[derive(SimpleObject)]
pub struct AssessedMember {
    /// 序号 · from 0, in the order given
    member: i32,
    /// 层级 · 特困, or the household's
    tier: Tier,
    /// 月金额 · rounded by itself: only the household's sum is paid
    monthly_amount: Money,
    /// 分类施保
    top_up: Money,
}

/// 单人保 · a member who may apply alone (57号 Art 8, 83号).
#[derive(SimpleObject)]
pub struct SingleApplicant {
    /// 序号 · from 0
    member: i32,
    /// 月金额
    monthly_amount: Money,
}

/// 理由 · one test that was made.
#[derive(SimpleObject)]
pub struct AssessmentReason {
    /// 代码 · stable
    code: &'static str,
    /// 左值 · the household's side
    left: String,
    /// 右值 · the rule's side
    right: String,
    /// 是否成立
    passed: bool,
    /// 说明 · in words and numbers, in the reader's language
    text: String,
}

/// 测算结果 · the decision with its reasons.
#[derive(SimpleObject)]
pub struct Assessment {
    /// 层级 · of the household without its 特困 members; TEKUN when all are
    tier: Tier,
    /// 月金额 · 低保 and 特困 together
    monthly_amount: Money,
    /// 家庭月收入 · own incomes of all members
    household_income: Money,
    /// 成员
    members: Vec<AssessedMember>,
    /// 单人保申请人
    single_applicants: Vec<SingleApplicant>,
    /// 理由 · every test that was made
    reasons: Vec<AssessmentReason>,
}

/// The field of the root.
#[derive(Default)]
pub struct AssessQuery;

#[Object]
impl AssessQuery {
    /// 救助资格测算 · who gets what and why; public, nothing is kept. Money a month; ratios are fractions.
    async fn assess_eligibility(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: AssessmentInput,
    ) -> Answer<Assessment> {
        assess(context, input).await
    }
}

/// Decides.
pub async fn assess(context: &Context<'_>, input: AssessmentInput) -> Answer<Assessment> {
    let (state, viewer) = (state(context)?, viewer(context)?);
    let lang = viewer.lang;
    let on = input.as_of.map_or(viewer.today, |date| date.0);
    let household = household(&input, on).map_err(|invalid| bad_input(&invalid, lang))?;
    let served = state.config.district.as_ref().map(|code| format!("{code:0<12}"));
    let division = input.division.map(|code| code.0).or(served).unwrap_or_default();
    let area = if input.area == Some(Area::Rural) { "RURAL" } else { "URBAN" };
    let known = effective(&state.kernel, viewer, &division, area, on).await.map_err(|e| fault(context, e))?;
    let overrides = input.policy.unwrap_or_default();
    let lookup = |name: &str| {
        overrides.value(name).or_else(|| known.get(name).cloned()).or_else(|| national(name, on).map(str::to_owned))
    };
    let policy = Policy::from_values(lookup).map_err(|error| match error {
        PolicyError::Missing(name) => {
            Error::new(Text::of("policy-missing").with("name", name).say(lang)).extend_with(|_, e| {
                e.set("code", "POLICY_MISSING");
                e.set("parameter", name);
            })
        }
        PolicyError::Invalid(name) => {
            bad_input(&eligibility::Invalid { path: vec!["policy".to_owned(), name.to_owned()], code: "VALUE" }, lang)
        }
    })?;
    let decided = eligibility::assess(&household, &policy).map_err(|invalid| bad_input(&invalid, lang))?;
    let index = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(Assessment {
        tier: decided.tier.into(),
        monthly_amount: Money(decided.monthly_amount),
        household_income: Money(decided.household_income),
        members: decided
            .members
            .iter()
            .enumerate()
            .map(|(n, member)| AssessedMember {
                member: index(n),
                tier: member.tier.into(),
                monthly_amount: Money(member.amount),
                top_up: Money(member.top_up),
            })
            .collect(),
        single_applicants: decided
            .single_applicants
            .iter()
            .map(|(n, amount)| SingleApplicant { member: index(*n), monthly_amount: Money(*amount) })
            .collect(),
        reasons: decided.reasons.into_iter().map(|reason| in_words(reason, lang, on)).collect(),
    })
}

fn household(input: &AssessmentInput, on: NaiveDate) -> Result<Household, eligibility::Invalid> {
    let fen = |money: Option<Money>| money.map_or(0, |money| money.0);
    let mut members = Vec::with_capacity(input.members.len());
    for (n, member) in input.members.iter().enumerate() {
        let invalid = |field: &str, code| eligibility::Invalid {
            path: vec!["members".to_owned(), n.to_string(), field.to_owned()],
            code,
        };
        let years = match (member.age, member.birth_date) {
            (Some(years), None) => years,
            (None, Some(birth)) if birth.0 <= on => age(birth.0, on),
            (None, Some(_)) => return Err(invalid("birthDate", "AGE")),
            _ => return Err(invalid("age", "AGE_OR_BIRTH_DATE")),
        };
        let disability = match member.disability {
            None => None,
            Some(given) => {
                let level = u8::try_from(given.level).map_err(|_| invalid("disability", "DISABILITY_LEVEL"))?;
                Some((given.kind.into(), level))
            }
        };
        members.push(eligibility::Member {
            age: years,
            wage: fen(member.wage_income),
            other: fen(member.other_income),
            pension: fen(member.pension_income),
            disability,
            major_illness: member.major_illness,
            abilities_lost: u8::try_from(member.abilities_lost)
                .map_err(|_| invalid("abilitiesLost", "ABILITIES_LOST"))?,
            capable_supporter: member.capable_supporter,
            elects_child_track: member.elects_child_track,
            refusals: u32::try_from(member.consecutive_unjustified_refusals)
                .map_err(|_| invalid("consecutiveUnjustifiedRefusals", "NEGATIVE_OR_TOO_LARGE"))?,
        });
    }
    Ok(Household {
        members,
        financial_assets: fen(input.financial_assets),
        dwellings: input.dwellings.into(),
        vehicle_value: input.vehicle_value.map(|money| money.0),
        rigid_expenditure_year: fen(input.rigid_expenditure_year),
    })
}

fn bad_input(invalid: &eligibility::Invalid, lang: Lang) -> Error {
    let key = match invalid.code {
        "MEMBERS" => "assess-members",
        "AGE_OR_BIRTH_DATE" => "assess-age-or-birth",
        "AGE" => "assess-age",
        "DISABILITY_LEVEL" => "assess-disability-level",
        "ABILITIES_LOST" => "assess-abilities",
        "NEGATIVE_OR_TOO_LARGE" => "assess-negative",
        "TOO_LARGE" => "assess-too-large",
        _ => "assess-value",
    };
    let path = invalid.path.clone();
    Error::new(Text::of(key).with("path", path.join(".")).say(lang)).extend_with(|_, e| {
        e.set("code", "BAD_REQUEST");
        e.set("path", path.clone());
    })
}

/// What a tier is called on a day.
fn tier_label(code: &str, lang: Lang, on: NaiveDate) -> &'static str {
    let entry = AssistanceCategory::CODES.iter().find(|entry| entry.code == code);
    match lang {
        Lang::Zh => entry.map_or("", |entry| label_on(AssistanceCategory::NAME, entry, on)),
        Lang::En => entry.map_or("", |entry| entry.en),
    }
}

fn in_words(reason: Reason, lang: Lang, on: NaiveDate) -> AssessmentReason {
    let key = match reason.code {
        "TEKUN_LABOUR" => "reason-tekun-labour",
        "TEKUN_INCOME" => "reason-tekun-income",
        "TEKUN_SUPPORTER" => "reason-tekun-supporter",
        "TEKUN_CHILD_TRACK" => "reason-tekun-child-track",
        "DIBAO_INCOME" => "reason-dibao-income",
        "EDGE_INCOME" => "reason-edge-income",
        "RIGID_INCOME" => "reason-rigid-income",
        "RIGID_EXPENDITURE" => "reason-rigid-expenditure",
        "WORK_REFUSALS" => "reason-work-refusals",
        "SINGLE_INCOME" => "reason-single-income",
        code if code.ends_with("_ASSETS") => "reason-assets",
        code if code.ends_with("_DWELLINGS") => "reason-dwellings",
        _ if reason.right == NOTHING => "reason-no-vehicle",
        _ => "reason-vehicle",
    };
    let word = |value: String, none: &'static str| if value == NOTHING { Text::of(none).say(lang) } else { value };
    let (left, right) = (word(reason.left, "vehicle-none"), word(reason.right, "vehicle-not-allowed"));
    let tier = tier_label(reason.code.split('_').next().unwrap_or_default(), lang, on);
    let holds = Text::of(if reason.passed { "reason-holds" } else { "reason-fails" }).say(lang);
    let member = reason.member.map_or(0, |n| n + 1);
    let text = Text::of(key)
        .with("left", &left)
        .with("right", &right)
        .with("member", member)
        .with("tier", tier)
        .with("holds", holds)
        .say(lang);
    AssessmentReason { code: reason.code, left, right, passed: reason.passed, text }
}
