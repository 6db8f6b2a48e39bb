//! 演示区数据 · the sheets of a whole district that never was: eighteen months of its business, 2022-01-01 to
//! 2023-06-30, in every room, as the import kinds of the handbook want them. The places are real, the people are
//! not.
//!
//! # What is in it
//! One sheet a kind ([`KINDS`]), in the order in which they are to be imported. Families change from month to month
//! (births, deaths, moving out, more or less income, illness), and after every change the eligibility decision of
//! [`minzheng_rules::assistance::eligibility`] is made again: every recognition with its amount is what the decision
//! gives on the first day of its month. Payments follow from recognitions, grants and benefits; visits from beds in
//! service and carers employed; hazards from inspections.
//!
//! The same seed, size and divisions give the same bytes on every machine: numbers come from `SplitMix64`, a stream
//! for each room; no clock, no float, no order of a hash map.
//!
//! # Nobody is meant
//! ID numbers lie in the area 430199, which is assigned to no district, with right check signs; codes of organisations
//! too. Telephone numbers lie in the block 154, which is assigned to no operator. Accounts have a run of zeros as
//! in the vectors of `domain.md` §2.12. Names are put together by frequency. Document numbers begin with 示例.
//!
//! # Why the proportions are what they are
//! The size asked for is that of the recipients; the population follows from it, so that each stands to the other as
//! in life. Some 54,000 recipients would give the real district its 1.5 million residents; the usual 6,000 give about
//! a ninth. Towns, villages, centres and organisations stand in their real number all the same, which makes
//! villages small and beds many for the number of old people. Certainty as in `domain.md` §0: **S** sure, **L**
//! likely, **U** local practice or an estimate.
//!
//! | what | proportion | why |
//! |---|---|---|
//! | population | communities 4,000–15,000, villages 1,600–4,600 before scaling; 60 and older 15 % in town, 24 % in the country | census of 2020: the district 1.5 million, the country 18.7 % (L) |
//! | 低保 persons | 0.5 % of an urban, 1.75 % of a rural population; under two a household, two in five alone | brief of the demo; mean of the country 1.8–2 (L) |
//! | amounts | the example set of `domain.md` §3, through the decision; with the top-ups four fifths of the standard on the average | §3 (S for the rule) |
//! | covered fewer than members | 单人保 in families on the edge; now and then a member in prison or missing | 57号 Arts 7–8 (S) |
//! | 特困 | 0.025 % and 0.38 %; nine in ten men, nearly all 60 and older, three quarters scattered; four in ten have lost abilities | 43号 Arts 5–6 (S), shares (U) |
//! | disability | physical 44 %, hearing 17 %, visual 12 %, intellectual and mental 10 % each | second national survey (L) |
//! | 80 and older | 1.75 % and 2.9 %; of these 90 and older one in eight; 50, 100, 300 yuan | §2.4: bands (S), amounts (U) |
//! | orphans, de-facto unattended | 3 and 8 of 100,000 in town, 12 and 25 in the country; a gap payment in families on 低保 | §2.3, §8.1 (S); rates (L) |
//! | disability subsidies | 重度护理 0.42 % and 0.82 % outside 低保, 80 yuan; never beside 特困; 困难生活 never beside a child benefit | §8.1 (S/L) |
//! | temporary aid | 0.43 % and 0.8 % of the population outside the rolls and about as many cases on them; most before the Spring Festival and in August and December; a third urgent, of these seven in ten paid ahead | §2.2, 民发〔2018〕23号 (S), shares (U) |
//! | homes | of those of 80 and older a third live alone, as many as a couple, the others with the family of a child; younger people with an allowance with parents or a family of their own | census of 2020 for the elders (L), others (U) |
//! | changes | a good tenth of the 低保 roll leaves and comes in a year; deaths by age, half as many again among the severely ill | (U) |
//! | payments | 0.45 % come back, which the bank tells within three days, one in fourteen of these stays open; arrears where a decision was late; sums paid after an unreported death as 误发, three in four claimed back | §8.1 (S for the natures), shares (U) |
//! | centres | 300 of seven kinds, some 40 beds for 1,000 people of 60 and older; three in ten with a valid agreement or a clinic; rehabilitation, comfort and hospice in few | B2.1 (S) |
//! | care workers | 44 % of those who care hold a certificate, a quarter leaves in a year | B2.2, B2.4 (S that they are problems), shares (U) |
//! | beds at home, visits | a third and ten times the recipients | brief of the demo |
//! | hazards | nearly nine in ten in time, most others late, of those of spring one in ten still open; two major in a hundred; one institution without and one with an unfinished file | D39, D95 |
//! | organisations | 400: a quarter associations, kindergartens the largest part of the others; about 85 % 合格, 11 % 基本合格, 4 % 不合格; four in a hundred do not report | §2.6 (S for the rules), shares (U) |
//! | charters | every village but one; a fifth revised since 2022; one in seven of the older without clauses on customs | A4.3d |
//! | ceremonies | 22 of 1,000 residents in eighteen months; six in ten weddings and seven in ten funerals simplified | A4.3e, shares (U) |
//! | disclosure | quarterly, finances of villages monthly; eight villages in a hundred are slack | 村委会组织法 Art 30 (S), shares (U) |
//! | community workers | 18 of 10,000 residents in communities | §1.5 C4.4 (L) |
//! | items | 72 in six classes, all at the centre | A4.1a (S) |

mod assistance;
mod calendar;
mod charity;
mod codes;
mod district;
mod eldercare;
mod families;
mod governance;
mod names;
mod organisations;
mod payments;
mod random;
mod registry;
mod sheet;
mod staff;
mod welfare;
mod window;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use sheet::{Target, Written};
pub use staff::{PASSWORD, PLATFORM_SECRET, STAFF, Staff};

/// The divisions of 岳麓区 and what lies above it, from the table of the province.
pub const DIVISIONS: &str = include_str!("divisions-430104.csv");

/// The import kinds in the order in which they are to be imported, with the room that each belongs to.
pub const KINDS: [(&str, &str); 33] = [
    ("policies", "registry"),
    ("division-statistics", "registry"),
    ("persons", "registry"),
    ("person-conditions", "registry"),
    ("households", "registry"),
    ("household-members", "registry"),
    ("recognitions", "assistance"),
    ("temporary-aid", "assistance"),
    ("welfare-benefits", "welfare"),
    ("payment-accounts", "payments"),
    ("budget-lines", "payments"),
    ("payments", "payments"),
    ("bank-returns", "payments"),
    ("centres", "eldercare"),
    ("centre-projects", "eldercare"),
    ("stays", "eldercare"),
    ("renovation", "eldercare"),
    ("care-workers", "eldercare"),
    ("home-beds", "eldercare"),
    ("home-visits", "eldercare"),
    ("inspections", "eldercare"),
    ("hazards", "eldercare"),
    ("donations", "charity"),
    ("organisations", "organisations"),
    ("annual-inspections", "organisations"),
    ("party-organisations", "organisations"),
    ("charters", "governance"),
    ("councils", "governance"),
    ("ceremonies", "governance"),
    ("disclosures", "governance"),
    ("community-workers", "governance"),
    ("items", "window"),
    ("item-cases", "window"),
];

/// 区划 · one division of the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// 12 digits.
    pub code: String,
    /// 名称
    pub name: String,
    /// DISTRICT, TOWN or VILLAGE.
    pub level: String,
}

impl Division {
    /// The divisions of a district, by its six digits, in a table `code,name,level,…` such as that of a province.
    pub fn of_district(table: &str, district: &str) -> Vec<Self> {
        let rows = table.lines().filter(|line| line.starts_with(district)).filter_map(|line| {
            let mut cells = line.split(',').map(|cell| cell.trim().to_owned());
            Some(Self { code: cells.next()?, name: cells.next()?, level: cells.next()? })
        });
        rows.collect()
    }
}

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Another seed, other people.
    pub seed: u64,
    /// How many recipients of money, about; usually 6,000.
    pub persons: usize,
    /// The district with its towns and villages, in any order.
    pub divisions: &'a [Division],
}

/// 概况 · how much a plan makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// 区
    pub district: String,
    /// 常住人口 at the end of 2021.
    pub residents: u64,
    /// Different people who were paid something.
    pub recipients: usize,
    /// What was paid in the eighteen months, without 追缴, in fen.
    pub paid_fen: i64,
    /// Rows by room and kind, in the order of [`KINDS`].
    pub rows: Vec<(&'static str, &'static str, usize)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { district, residents, recipients, .. } = self;
        let paid = minzheng_rules::exact::yuan(self.paid_fen);
        writeln!(f, "{district}: 人口 residents {residents}, 受益人 recipients {recipients}, 发放 paid {paid} 元")?;
        let mut before = "";
        for (room, kind, rows) in &self.rows {
            let room = if std::mem::replace(&mut before, room) == *room { "" } else { room };
            writeln!(f, "{room:<14}{kind:<22}{rows:>9}")?;
        }
        Ok(())
    }
}

/// Writes the sheets into a folder that exists; tells kind and file of each in the order of import. Fails when the
/// divisions of the plan have no village or a village without its town, and when a file cannot be written.
pub fn write(folder: &Path, plan: &Plan<'_>) -> io::Result<Vec<(&'static str, PathBuf)>> {
    let (sheets, _) = make(&Target::Folder(folder.to_owned()), plan)?;
    Ok(sheets.into_iter().map(|sheet| (sheet.kind, sheet.path)).collect())
}

/// The code of the office that sponsors the organisations of the demo.
pub fn sponsor() -> String {
    codes::uscc("11", 19)
}

/// Counts what a plan makes, without writing it. Fails as [`write()`] does.
pub fn describe(plan: &Plan<'_>) -> io::Result<Summary> {
    make(&Target::Nowhere, plan).map(|(_, summary)| summary)
}

fn make(target: &Target, plan: &Plan<'_>) -> io::Result<(Vec<Written>, Summary)> {
    let &Plan { seed, persons, .. } = plan;
    let area = district::District::of(plan)?;
    let mut settler = families::Settler::new(seed, &area);
    // Whoever is in the sheet of persons is made before it is written.
    let assistance = assistance::make(seed, &area, &mut settler)?;
    let benefits = welfare::make(seed, &area, &mut settler, &assistance);
    let eldercare = eldercare::make(seed, persons, &area, &mut settler, &assistance, &benefits);
    let organisations = organisations::make(seed, persons, &area, &mut settler.people);

    let mut sheets = vec![registry::write_policies(target, &area)?, registry::write_statistics(target, &area, seed)?];
    sheets.extend(registry::write_people(target, &settler.people.all)?);
    sheets.extend(registry::write_households(target, &settler.households)?);
    sheets.push(assistance::write_recognitions(target, &assistance.recognitions)?);
    sheets.push(assistance::write_grants(target, &assistance.grants)?);
    sheets.push(welfare::write(target, &benefits)?);
    let paid = payments::write(target, seed, &assistance, &benefits)?;
    let (sheet, accounts) = payments::write_accounts(target, seed, &assistance, &benefits, &settler.households)?;
    sheets.push(sheet);
    sheets.push(payments::write_budget(target, seed, &paid.spent)?);
    let returns = payments::write_returns(target, seed, &paid.told, &accounts)?;
    sheets.extend([paid.sheet, returns]);
    sheets.extend(eldercare.write(target)?);
    sheets.push(charity::write(target, seed, persons, &area)?);
    sheets.extend(organisations::write(target, seed, &area, &organisations)?);
    sheets.extend(governance::write(target, seed, &area, &mut settler.people)?);
    sheets.extend(window::write(target, seed, persons, &organisations)?);

    let recipients: BTreeSet<&str> =
        assistance.paid_to().chain(benefits.iter().map(|b| b.person.id.as_str())).collect();
    let rows = sheets.iter().zip(KINDS).map(|(sheet, (_, room))| (room, sheet.kind, sheet.rows)).collect();
    let summary = Summary {
        district: area.name.clone(),
        residents: area.residents(),
        recipients: recipients.len(),
        paid_fen: paid.spent.values().sum(),
        rows,
    };
    Ok((sheets, summary))
}
