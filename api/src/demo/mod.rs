//! 演示区数据 · demo data: work in progress.

mod assistance;
mod calendar;
mod district;
mod families;
mod names;
mod payments;
mod random;
mod registry;
mod sheet;
mod welfare;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

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
    /// The divisions of a district in a table `code,name,level,…` such as that of the whole province.
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
    /// How many recipients, about.
    pub persons: usize,
    /// The district with its towns and villages.
    pub divisions: &'a [Division],
}

/// Counts.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// persons
    pub persons: usize,
}

/// Writes.
pub fn write(folder: &Path, plan: &Plan<'_>) -> io::Result<Vec<(&'static str, PathBuf)>> {
    let area = district::District::of(plan)?;
    let mut settler = families::Settler::new(&area);
    let assistance = assistance::make(plan.seed, &area, &mut settler)?;
    let benefits = welfare::make(plan.seed, &area, &mut settler, &assistance);
    let mut files =
        vec![registry::write_policies(folder, &area)?, registry::write_statistics(folder, &area, plan.seed)?];
    files.extend(registry::write_people(folder, &settler.people.all)?);
    files.extend(registry::write_households(folder, &settler.households)?);
    files.push(assistance::write_recognitions(folder, &assistance.recognitions)?);
    files.push(assistance::write_grants(folder, &assistance.grants)?);
    files.push(welfare::write(folder, &benefits)?);
    let (payments, spent, counts) = payments::write(folder, plan.seed, &assistance, &benefits)?;
    let _ = (counts, area.residents());
    files.push(payments);
    files.push(payments::write_accounts(folder, plan.seed, &assistance, &benefits, &settler.households)?);
    files.push(payments::write_budget(folder, plan.seed, &spent)?);
    Ok(files)
}

/// Counts.
pub fn describe(_plan: &Plan<'_>) -> io::Result<Summary> {
    Ok(Summary::default())
}
