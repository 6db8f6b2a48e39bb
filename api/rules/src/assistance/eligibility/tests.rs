use proptest::prelude::*;

use super::*;
use crate::assistance::policy::{Ages, CarePay, TopUps};

/// The example set of domain §3.
fn policy(urban: bool) -> Policy {
    let ratio = |text: &str| Exact::parse(text).unwrap();
    Policy {
        standard: if urban { 70_000 } else { 50_000 },
        edge_ratio: ratio("3/2"),
        disposable_income_year: if urban { 4_800_000 } else { 2_400_000 },
        rigid_ratio: ratio("0.6"),
        employment_deduction: ratio("0.2"),
        asset_months: ByTier { dibao: 24, edge: 36, rigid: 48 },
        dwellings: ByTier { dibao: 1, edge: 2, rigid: 2 },
        vehicle_value: ByTier { dibao: None, edge: Some(8_000_000), rigid: Some(10_000_000) },
        top_ups: TopUps {
            severe_disability: ratio("0.3"),
            major_illness: ratio("0.3"),
            minor: ratio("0.2"),
            aged: ratio("0.2"),
        },
        tekun_ratio: ratio("1.3"),
        care_pay: CarePay { able: 6_000, partial: 24_000, total: 60_000 },
        pension_excluded: true,
        rounding: Rounding::Fen,
        ages: Ages { labour_from: 16, labour_until: 60, adult: 18, aged: 70 },
    }
}

fn member(age: i32) -> Member {
    Member { age, ..Member::default() }
}

fn wage(age: i32, yuan: i64) -> Member {
    Member { wage: yuan * 100, ..member(age) }
}

fn other(age: i32, yuan: i64) -> Member {
    Member { other: yuan * 100, ..member(age) }
}

fn home(members: Vec<Member>) -> Household {
    Household { members, ..Household::default() }
}

fn verdict(household: &Household, urban: bool) -> (Tier, i64) {
    let assessment = assess(household, &policy(urban)).unwrap();
    (assessment.tier, assessment.monthly_amount)
}

#[test]
fn the_worked_examples() {
    assert_eq!(verdict(&home(vec![wage(35, 2500), member(34), member(8)]), true), (Tier::Dibao, 24_000), "E1");
    assert_eq!(verdict(&home(vec![other(50, 1400), member(48)]), true), (Tier::Edge, 0), "E2");
    let mut rich = home(vec![other(50, 1500), member(48), member(20)]);
    rich.financial_assets = 6_000_000;
    assert_eq!(verdict(&rich, true), (Tier::Edge, 0), "E4");
    let disabled = Member { disability: Some((Disability::Physical, 2)), ..member(22) };
    let e5 = assess(&home(vec![wage(50, 3750), member(48), disabled]), &policy(true)).unwrap();
    assert_eq!((e5.tier, e5.single_applicants), (Tier::Edge, vec![(2, 70_000)]), "E5");
    let alone = Member { abilities_lost: 2, capable_supporter: Some(false), ..other(66, 200) };
    assert_eq!(verdict(&home(vec![alone]), false), (Tier::Tekun, 89_000), "E7");
    let supported = Member { capable_supporter: Some(true), ..other(66, 500) };
    assert_eq!(verdict(&home(vec![supported]), false), (Tier::Edge, 0), "E8");
    let mut costly = home(vec![other(45, 16_000), member(43), member(16), member(70)]);
    costly.rigid_expenditure_year = 15_000_000;
    assert_eq!(verdict(&costly, true), (Tier::None, 0), "E14");
    assert_eq!(verdict(&home(vec![other(45, 1500), member(43), member(20)]), true), (Tier::Dibao, 60_000), "E16");
    assert_eq!(verdict(&home(vec![wage(45, 3375), member(43), member(20)]), true), (Tier::Edge, 0), "E16 later");
    let mut refusing = home(vec![other(45, 1200), member(43), member(30)]);
    assert_eq!(verdict(&refusing, true), (Tier::Dibao, 90_000), "E19");
    refusing.members[2].refusals = 3;
    assert_eq!(verdict(&refusing, true), (Tier::Dibao, 60_000), "E19 refusing");
    refusing.members[2].refusals = 2;
    assert_eq!(verdict(&refusing, true), (Tier::Dibao, 90_000), "two are not three");
    assert_eq!(verdict(&home(vec![wage(52, 2000), member(50), member(21)]), true), (Tier::Dibao, 50_000), "E20");
    assert_eq!(verdict(&home(vec![other(55, 600), member(53), member(82)]), false), (Tier::Dibao, 100_000), "E21");
    let ill = Member { major_illness: true, ..member(48) };
    assert_eq!(verdict(&home(vec![wage(50, 3000), ill]), true), (Tier::None, 0), "E29");
}

#[test]
fn the_reasons_tell_the_first_example() {
    let assessment = assess(&home(vec![wage(35, 2500), member(34), member(8)]), &policy(true)).unwrap();
    assert_eq!(assessment.household_income, 200_000);
    let reason = assessment.reasons.iter().find(|reason| reason.code == "DIBAO_INCOME").unwrap();
    assert_eq!((reason.left.as_str(), reason.right.as_str(), reason.passed), ("2000.00", "2100.00", true));
    assert_eq!(assessment.members[2].top_up, 14_000);
}

#[test]
fn every_boundary_by_one_fen() {
    let tier = |household: &Household| assess(household, &policy(true)).unwrap().tier;
    let with = |fen: i64| home(vec![Member { other: fen, ..member(50) }, member(48)]);
    assert_eq!((tier(&with(139_999)), tier(&with(140_000))), (Tier::Dibao, Tier::Edge));
    assert_eq!((tier(&with(209_999)), tier(&with(210_000))), (Tier::Edge, Tier::None));
    let assets = |fen: i64| Household { financial_assets: fen, ..with(100_000) };
    assert_eq!((tier(&assets(3_360_000)), tier(&assets(3_360_001))), (Tier::Dibao, Tier::Edge));
    assert_eq!((tier(&assets(5_040_000)), tier(&assets(5_040_001))), (Tier::Edge, Tier::None));
    let car = |fen: i64| Household { vehicle_value: Some(fen), ..with(100_000) };
    assert_eq!((tier(&car(0)), tier(&car(8_000_000)), tier(&car(8_000_001))), (Tier::Edge, Tier::Edge, Tier::None));
    // 12 × 3,000 = 36,000; 60 % of it is 21,600.
    let rigid = |fen: i64| Household { rigid_expenditure_year: fen, ..with(300_000) };
    assert_eq!((tier(&rigid(2_160_000)), tier(&rigid(2_160_001))), (Tier::None, Tier::Rigid));
    // Yearly 48,000 a head of two is 8,000 a month.
    let year = |fen: i64| Household { rigid_expenditure_year: 90_000_000, ..with(fen) };
    assert_eq!((tier(&year(799_999)), tier(&year(800_000))), (Tier::Rigid, Tier::None));
}

#[test]
fn a_tekun_member_stands_apart_and_the_others_are_judged_without() {
    let old = Member { capable_supporter: Some(false), ..member(75) };
    let assessment = assess(&home(vec![old, other(50, 600), member(48)]), &policy(true)).unwrap();
    // 特困 1.3 × 700 + 60; the two others lack 1,400 − 600.
    assert_eq!((assessment.tier, assessment.monthly_amount), (Tier::Dibao, 97_000 + 80_000));
    assert_eq!(assessment.members[0].tier, Tier::Tekun);
    assert_eq!(assessment.members[1].amount, 40_000);
}

#[test]
fn what_cannot_be_is_named_with_its_path() {
    let code = |household: &Household| assess(household, &policy(true)).unwrap_err();
    assert_eq!(code(&home(vec![])).code, "MEMBERS");
    assert_eq!(code(&home(vec![wage(30, -1)])).path, ["members", "0", "wageIncome"]);
    let level = Member { disability: Some((Disability::Visual, 5)), ..member(30) };
    assert_eq!(code(&home(vec![level])).path, ["members", "0", "disability", "level"]);
    assert_eq!(code(&Household { financial_assets: -1, ..home(vec![member(1)]) }).path, ["financialAssets"]);
}

fn any_member() -> impl Strategy<Value = Member> {
    let kinds = prop_oneof![
        Just(Disability::Visual),
        Just(Disability::Physical),
        Just(Disability::Intellectual),
        Just(Disability::Mental),
        Just(Disability::Multiple)
    ];
    let money = || prop_oneof![Just(0_i64), 0..400_000_i64];
    let disability = proptest::option::of((kinds, 1..=4_u8));
    let supporter = proptest::option::of(any::<bool>());
    (0..100_i32, money(), money(), money(), disability, any::<bool>(), 0..=6_u8, supporter, any::<bool>(), 0..5_u32)
        .prop_map(
            |(
                age,
                wage,
                other,
                pension,
                disability,
                major_illness,
                abilities_lost,
                capable_supporter,
                elects_child_track,
                refusals,
            )| Member {
                age,
                wage,
                other,
                pension,
                disability,
                major_illness,
                abilities_lost,
                capable_supporter,
                elects_child_track,
                refusals,
            },
        )
}

fn any_household() -> impl Strategy<Value = Household> {
    let car = proptest::option::of(0..12_000_000_i64);
    (proptest::collection::vec(any_member(), 1..6), 0..12_000_000_i64, 0..4_i64, car, 0..20_000_000_i64).prop_map(
        |(members, financial_assets, dwellings, vehicle_value, rigid_expenditure_year)| Household {
            members,
            financial_assets,
            dwellings,
            vehicle_value,
            rigid_expenditure_year,
        },
    )
}

proptest! {
    #[test]
    fn one_fen_more_never_brings_more_money_within_a_tier(household in any_household(), urban: bool, at: prop::sample::Index) {
        let before = assess(&household, &policy(urban)).unwrap();
        let mut richer = household.clone();
        let index = at.index(richer.members.len());
        richer.members[index].other += 1;
        let after = assess(&richer, &policy(urban)).unwrap();
        let tiers = |assessment: &Assessment| assessment.members.iter().map(|member| member.tier).collect::<Vec<_>>();
        if tiers(&before) == tiers(&after) {
            prop_assert!(after.monthly_amount <= before.monthly_amount);
        }
    }

    #[test]
    fn the_order_of_members_never_matters(household in any_household(), urban: bool, turn in 0..6_usize) {
        let before = assess(&household, &policy(urban)).unwrap();
        let mut turned = household.clone();
        let turn = turn % turned.members.len();
        turned.members.rotate_left(turn);
        let after = assess(&turned, &policy(urban)).unwrap();
        prop_assert_eq!((before.tier, before.monthly_amount, before.household_income), (after.tier, after.monthly_amount, after.household_income));
        let mut members = before.members.clone();
        members.rotate_left(turn);
        prop_assert_eq!(members, after.members);
        prop_assert_eq!(before.single_applicants.len(), after.single_applicants.len());
    }

    #[test]
    fn money_comes_with_its_tier_only(household in any_household(), urban: bool) {
        let assessment = assess(&household, &policy(urban)).unwrap();
        let paid = assessment.members.iter().any(|member| matches!(member.tier, Tier::Dibao | Tier::Tekun));
        prop_assert!(assessment.monthly_amount >= 0);
        prop_assert!(paid || assessment.monthly_amount == 0);
        prop_assert!(!assessment.reasons.is_empty());
    }
}
