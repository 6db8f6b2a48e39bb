//! 口径参数 · parameters of policy that decide what a figure counts, and how selects become statements of a database.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDate;
use minzheng_kernel::{Db, Fault};
use minzheng_rules::division::division_prefix;
use minzheng_rules::figures::{PARAMETERS, national};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use tokio::sync::OnceCell;

use crate::cells::{list, range};
use crate::indicator::{Count, Definition};

/// A parameter that decides what is counted: rows say `{setting}` where its condition stands.
pub struct Setting {
    /// Name in the sheet of policies.
    pub name: &'static str,
    /// The place of a row, as its select writes it.
    pub place: &'static str,
    /// The day of a row whose policy decides.
    pub day: &'static str,
    /// What a value asks of a row; `None` where it cannot be read.
    pub condition: fn(&str) -> Option<String>,
}

/// A value of a parameter.
#[derive(FromQueryResult, Clone, Debug)]
struct Held {
    division: String,
    parameter: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    value: String,
}

/// The values of the parameters that figures ask for, and the database for which statements are made.
pub struct Settings {
    held: Vec<Held>,
    sqlite: bool,
}

/// The parameters as a request read them: all its figures are of the same, and one statement reads them.
#[derive(Default)]
pub struct OfRequest(OnceCell<Arc<Settings>>);

impl OfRequest {
    /// All that decide what figures count.
    pub async fn settings(&self, db: &Db) -> Result<Arc<Settings>, Fault> {
        self.0.get_or_try_init(|| Settings::all(db)).await.cloned()
    }
}

impl Settings {
    /// All that decide what figures count.
    pub async fn all(db: &Db) -> Result<Arc<Self>, Fault> {
        let names: Vec<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
        Ok(Arc::new(Self::named(db, db.read(), &names).await?))
    }

    /// Reads the parameters that decide these counts; none, no statement.
    pub async fn load<C: ConnectionTrait>(
        db: &Db,
        on: &C,
        counts: impl IntoIterator<Item = &Count>,
    ) -> Result<Self, Fault> {
        let mut names: Vec<&str> = counts.into_iter().filter_map(|count| count.setting).map(|of| of.name).collect();
        names.sort_unstable();
        names.dedup();
        Self::named(db, on, &names).await
    }

    /// Reads the values of these parameters.
    pub async fn named<C: ConnectionTrait>(db: &Db, on: &C, names: &[&str]) -> Result<Self, Fault> {
        let mut held: Vec<Held> = Vec::new();
        if !names.is_empty() {
            let list = list(1, names.len());
            let sql = format!(
                "SELECT division, parameter, valid_from, valid_until, value FROM policy_value \
                 WHERE NOT voided AND area IS NULL AND parameter IN ({list})"
            );
            held = db.rows(on, &sql, names.iter().map(|name| Value::from(*name)).collect()).await?;
        }
        // The nearest place first, then the latest.
        held.sort_by_key(|row| std::cmp::Reverse((division_prefix(&row.division).len(), row.valid_from)));
        Ok(Self { held, sqlite: db.is_sqlite() })
    }

    /// The value that holds at a place on a day.
    pub fn value(&self, name: &str, place: &str, on: NaiveDate) -> Option<String> {
        let holds = |row: &&Held| {
            row.parameter == name
                && place.starts_with(division_prefix(&row.division))
                && row.valid_from <= on
                && row.valid_until.is_none_or(|until| on < until)
        };
        let held = self.held.iter().find(holds).map(|row| row.value.clone());
        held.or_else(|| {
            let all = national(name).find(|row| row.from <= on && row.until.is_none_or(|until| on < until));
            all.map(|row| row.value.to_owned())
        })
    }

    /// The rows of a count, as a statement of the database.
    pub fn rows(&self, count: &Count) -> String {
        let sql = match count.setting {
            Some(setting) => count.rows.replace("{setting}", &self.condition(setting)),
            None => count.rows.clone(),
        };
        self.dialect(&sql)
    }

    /// What is not counted of a figure.
    pub fn excluded(&self, of: &Definition, sql: &str) -> String {
        let setting = of.settings().next();
        let sql = setting.map_or_else(|| sql.to_owned(), |of| sql.replace("{setting}", &self.condition(of)));
        self.dialect(&sql)
    }

    fn condition(&self, of: &Setting) -> String {
        let own: Vec<&Held> = self.held.iter().filter(|row| row.parameter == of.name).collect();
        let everywhere: Vec<_> = national(of.name).collect();
        if let ([], [only]) = (&own[..], &everywhere[..])
            && let Some(condition) = (of.condition)(only.value)
        {
            // Nobody says otherwise, and nothing ever did.
            return format!("({condition})");
        }
        let within = |place: &str| {
            let (low, high) = range(division_prefix(place));
            format!(" AND {0} >= '{low}' AND {0} <= '{high}'", of.place)
        };
        let own = own.iter().map(|row| (within(&row.division), row.valid_from, row.valid_until, row.value.as_str()));
        let everywhere = everywhere.iter().map(|row| (String::new(), row.from, row.until, row.value));
        let mut cases = String::new();
        for (place, from, until, value) in own.chain(everywhere) {
            let Some(condition) = (of.condition)(value) else { continue };
            let until = until.map(|until| format!(" AND {} < {}", of.day, self.day(until))).unwrap_or_default();
            let from = self.day(from);
            let _ = write!(cases, "WHEN {} >= {from}{until}{place} THEN ({condition}) ", of.day);
        }
        if cases.is_empty() { "(1 = 0)".to_owned() } else { format!("(CASE {cases}ELSE 1 = 0 END)") }
    }

    /// A day as the database writes it.
    pub fn day(&self, day: NaiveDate) -> String {
        if self.sqlite { format!("'{day}'") } else { format!("DATE '{day}'") }
    }

    /// Replaces what the databases write differently: `{day x}`, `{china x}`, `{seconds a|b}`.
    fn dialect(&self, sql: &str) -> String {
        let mut done = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some((before, token, after)) = rest
            .split_once('{')
            .and_then(|(before, rest)| rest.split_once('}').map(|(token, after)| (before, token, after)))
        {
            done.push_str(before);
            let (name, of) = token.split_once(' ').unwrap_or((token, ""));
            let (a, b) = of.split_once('|').unwrap_or((of, ""));
            let written = match (name, self.sqlite) {
                ("day", true) => format!("({of})"),
                ("day", false) => format!("CAST({of} AS DATE)"),
                ("china", true) => format!("date({of}, '+8 hours')"),
                ("china", false) => format!("CAST({of} AT TIME ZONE 'Asia/Shanghai' AS DATE)"),
                ("seconds", true) => {
                    format!("(CAST(strftime('%s', {a}) AS INTEGER) - CAST(strftime('%s', {b}) AS INTEGER))")
                }
                ("seconds", false) => format!("FLOOR(EXTRACT(EPOCH FROM ({a} - {b})))"),
                _ => String::new(),
            };
            done.push_str(&written);
            rest = after;
        }
        done.push_str(rest);
        done
    }
}
