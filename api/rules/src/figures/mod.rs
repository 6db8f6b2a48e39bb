//! 口径参数 · parameters of policy that decide what figures count, and targets. They are data with places and dates; what
//! holds where no place says otherwise stands in `national.csv` with its source.

use chrono::NaiveDate;

use crate::exact::Exact;

/// Names of targets begin so, followed by the code of a figure.
pub const TARGET: &str = "target.";

/// A parameter by its name.
pub struct Parameter {
    /// Name in sheets.
    pub name: &'static str,
    /// 中文
    pub zh: &'static str,
    /// In English, with what can be said.
    pub en: &'static str,
    /// Clause of the report whose figure it decides.
    pub source: &'static str,
    readable: fn(&str) -> bool,
}

/// All parameters of figures; targets besides.
pub const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "temp_aid_count_rule",
        zh: "临时救助计次方式（F1）：按受益人 BENEFICIARIES，按件 CASES",
        en: "how temporary aid counts in F1: BENEFICIARIES or CASES",
        source: "A1.4",
        readable: |value| matches!(value, "BENEFICIARIES" | "CASES"),
    },
    Parameter {
        name: "f8.kinds",
        zh: "社会福利资金的类别（F8）：发放类别的代码，用空格分开",
        en: "categories of payments in F8, codes set apart by blanks",
        source: "A2.3d",
        readable: |value| {
            !value.is_empty()
                && value
                    .split_whitespace()
                    .all(|code| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        },
    },
    Parameter {
        name: "renovation.withdrawn",
        zh: "适老化改造纳入后退出的处理（F5、F6）：扣减 SUBTRACT，保留 KEEP",
        en: "households that withdraw after admission: SUBTRACT or KEEP",
        source: "A2.2h",
        readable: |value| matches!(value, "SUBTRACT" | "KEEP"),
    },
    Parameter {
        name: "care_worker.certificates",
        zh: "认可的护理员证书等级（D75）：1 至 5，用空格分开",
        en: "levels of certificates accepted, 1 to 5, set apart by blanks",
        source: "B2.2",
        readable: |value| {
            !value.is_empty() && value.split_whitespace().all(|level| matches!(level, "1" | "2" | "3" | "4" | "5"))
        },
    },
    Parameter {
        name: "care_worker.training_hours",
        zh: "护理员年度培训学时要求（D76）",
        en: "hours of training required a year",
        source: "B2.3",
        readable: |value| value.parse::<u32>().is_ok(),
    },
];

/// A value that holds in the whole country.
pub struct National {
    /// The value.
    pub value: &'static str,
    /// First day.
    pub from: NaiveDate,
    /// First day on which it no longer holds.
    pub until: Option<NaiveDate>,
    /// Where it is said.
    pub source: &'static str,
}

/// What holds in the whole country where no place says otherwise.
pub fn national(name: &str) -> impl Iterator<Item = National> {
    include_str!("national.csv").lines().skip(1).filter_map(move |line| {
        let mut cells = line.splitn(5, ',');
        let (parameter, value) = (cells.next()?, cells.next()?);
        let from = cells.next()?.parse().ok()?;
        let until = cells.next().filter(|text| !text.is_empty()).and_then(|text| text.parse().ok());
        (parameter == name).then_some(National { value, from, until, source: cells.next().unwrap_or("") })
    })
}

/// Whether a parameter of figures has this name; of a target the code decides, which the caller knows.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

impl Parameter {
    /// Whether the value can be read.
    pub fn reads(&self, value: &str) -> bool {
        (self.readable)(value)
    }
}

/// A target: a number in the figure's unit.
pub fn target(value: &str) -> Option<Exact> {
    Exact::decimal_number(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_a_national_value_that_can_be_read() {
        for parameter in PARAMETERS {
            let held: Vec<National> = national(parameter.name).collect();
            assert!(!held.is_empty(), "{}", parameter.name);
            assert!(
                held.iter().all(|held| parameter.reads(held.value) && !held.source.is_empty()),
                "{}",
                parameter.name
            );
        }
        assert!(find("f8.kinds").is_some_and(|of| !of.reads("") && !of.reads("'; DROP") && of.reads("ORPHAN NURSING")));
        assert!(find("care_worker.certificates").is_some_and(|of| !of.reads("6") && of.reads("5 4 3 2 1")));
        assert!(find("temp_aid_count_rule").is_some_and(|of| !of.reads("cases")));
    }

    #[test]
    fn the_target_of_the_hazard_file_is_the_clause_s() {
        let target: Vec<&str> = national("target.D95").map(|held| held.value).collect();
        assert_eq!(target, ["100"]);
    }
}
