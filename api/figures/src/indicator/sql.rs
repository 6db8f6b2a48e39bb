//! 取数语句 · selects of rows, put together: every definition writes only what is its own. Where the databases differ,
//! tokens stand that [`super::super::setting::compile`] replaces: `{day …}` makes a day of text, `{minutes a b}` …

/// A select of rows from a table that is called `r`.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// Table `r`, and what is joined to it.
    pub from: &'a str,
    /// What holds of the rows; voided ones never count.
    pub filter: &'a str,
    /// Day that decides; of what stands, its first day.
    pub date: &'a str,
    /// Of what stands, the first day on which it no longer does.
    pub until: Option<&'a str>,
    /// Where it counts.
    pub division: &'a str,
    /// How much it counts.
    pub value: &'a str,
    /// What is counted once.
    pub unit: &'a str,
    /// The person counted.
    pub person: &'a str,
    /// The row of the aggregate that stands behind it.
    pub node: &'a str,
    /// The row's number.
    pub id: &'a str,
}

/// What most selects leave as it is.
pub const ROWS: Rows<'static> = Rows {
    from: "",
    filter: "",
    date: "",
    until: None,
    division: "r.division",
    value: "1",
    unit: "r.id",
    person: "NULL",
    node: "r.id",
    id: "r.id",
};

impl Rows<'_> {
    fn columns(&self) -> String {
        let until = self.until.map(|until| format!(", {until} AS until_date")).unwrap_or_default();
        format!(
            "{} AS row_id, {} AS division, {} AS on_date{until}, CAST({} AS BIGINT) AS value, {} AS unit, \
             CAST({} AS BIGINT) AS person_id, {} AS node_id",
            self.id, self.division, self.date, self.value, self.unit, self.person, self.node
        )
    }

    fn condition(&self) -> String {
        if self.filter.is_empty() { String::new() } else { format!(" AND {}", self.filter) }
    }

    /// The statement.
    pub fn sql(&self) -> String {
        format!("SELECT {} FROM {} WHERE NOT r.voided{}", self.columns(), self.from, self.condition())
    }

    /// The statement for what is counted when it is asked for.
    pub fn at(&self) -> String {
        format!(
            "SELECT t.n AS n, {} FROM t CROSS JOIN {} WHERE NOT r.voided{}",
            self.columns(),
            self.from,
            self.condition()
        )
    }
}

/// The later of two days.
pub fn later(a: &str, b: &str) -> String {
    format!("CASE WHEN {a} > {b} THEN {a} ELSE {b} END")
}

/// The earlier of a day and one that may be missing.
pub fn earlier(a: &str, may: &str) -> String {
    format!("CASE WHEN {may} < {a} THEN {may} ELSE {a} END")
}

/// The first day of a year, so many years after that of an expression that is a number.
pub fn new_year(year: &str, plus: i32) -> String {
    format!("{{day CAST({year} + {plus} AS TEXT) || '-01-01'}}")
}

/// The year of a day, as a number.
pub fn year(day: &str) -> String {
    format!("CAST(substr(CAST({day} AS TEXT), 1, 4) AS INTEGER)")
}

/// Months since the year 0, of a day.
pub fn month_number(day: &str) -> String {
    format!("({} * 12 + CAST(substr(CAST({day} AS TEXT), 6, 2) AS INTEGER))", year(day))
}
