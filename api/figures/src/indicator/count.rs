//! 计数 · what is counted: a select of rows, how they make cells, and which changes may touch them.

use crate::indicator::relation::Class;
use crate::setting::Setting;

/// How rows make a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// The sum of the values of what is dated in the time; kept by month.
    Sum,
    /// How many different units are dated in the time; kept by month, quarter, half-year and year.
    Distinct,
    /// How many different units hold on the last day; kept by month, as how many more or fewer there are.
    Standing,
    /// What depends on the time itself, counted from few rows when it is asked for: no cells are kept. The select reads
    /// the time from `t` (`n`, `from_day`, `until_day`, `half_from`, `year`, `quarter_from`, `quarters`).
    Asked,
}

impl Counting {
    /// Whether cells are kept.
    pub fn has_cells(self) -> bool {
        self != Self::Asked
    }
}

/// From when on what happened counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// The period's first day.
    Period,
    /// The first day of the year in which the period ends.
    Year,
}

/// How the cells that a changed row may touch are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The months of these date columns, at the row's division.
    Dates(&'static [&'static str]),
    /// All months of the division in this column of the row.
    Place(&'static str),
    /// All months of the divisions of the rows of this table at which this column of the row points.
    Parent(&'static str, &'static str),
    /// All months of the divisions of the rows of this table that point at the row by this column.
    Children(&'static str, &'static str),
    /// All months of the places where the households of recognitions, or of the parts of such, lived before.
    Former,
    /// What was paid for the same persons and units: another line may have become the first, or is no longer.
    Units,
    /// A changed parameter of policy of this name touches everything.
    Parameter(&'static str),
    /// Everything.
    Everything,
}

/// Rows of this aggregate may touch a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Touch {
    /// Its name.
    pub aggregate: &'static str,
    /// Which cells.
    pub by: By,
}

/// What is counted.
pub struct Count {
    /// Code of its cells: that of its figure, or `D75#N`.
    pub code: &'static str,
    /// How rows make a number.
    pub counting: Counting,
    /// From when on.
    pub since: Since,
    /// How many of the counted piece (fen) make one of the shown unit: 1,000,000 fen are 1 万元.
    pub scale: i64,
    /// Counted in fen.
    pub money: bool,
    /// Counts persons, households or person-times, or is the money paid to them: small ones are hidden from the screen.
    pub sensitive: bool,
    /// The aggregate that stands behind a row.
    pub node: &'static str,
    /// The rows: `row_id`, `division`, `on_date`, `until_date`, `value`, `unit`, `person_id`, `node_id`.
    pub rows: String,
    /// How many pieces one of what is counted has: half-persons, seconds for each case.
    pub each: i64,
    /// Which rows of its base it takes: from this it is worked out how it adds up with others.
    pub class: Option<Class>,
    /// Hidden where one of these is: the persons whom money was paid to, or those who are counted here in another way.
    pub beside: &'static [&'static str],
    /// What of it is left when another is taken away: (that other, what is left).
    pub less: Option<(&'static str, &'static str)>,
    /// What stands and is changed by what is counted here.
    pub moves: &'static [&'static str],
    /// Aggregates besides that of its rows without whose records nothing can be told: of centres inspected, the
    /// inspections.
    pub needs: &'static [&'static str],
    /// The parameter that decides, where `rows` says `{setting}`.
    pub setting: Option<&'static Setting>,
    /// Which changes may touch it.
    pub touched: Vec<Touch>,
}

impl Count {
    fn new(code: &'static str, counting: Counting, node: &'static str, rows: String, by: Option<By>) -> Self {
        Self {
            code,
            counting,
            since: Since::Period,
            scale: 1,
            money: false,
            sensitive: false,
            node,
            rows,
            each: 1,
            class: None,
            beside: &[],
            less: None,
            moves: &[],
            needs: &[],
            setting: None,
            touched: by.map(|by| Touch { aggregate: node, by }).into_iter().collect(),
        }
    }

    /// Adds up what is dated in the time by these columns of its rows.
    pub fn sum(code: &'static str, node: &'static str, dates: &'static [&'static str], rows: String) -> Self {
        Self::new(code, Counting::Sum, node, rows, Some(By::Dates(dates)))
    }

    /// Counts different units of what is dated in the time.
    pub fn distinct(code: &'static str, node: &'static str, dates: &'static [&'static str], rows: String) -> Self {
        Self::new(code, Counting::Distinct, node, rows, Some(By::Dates(dates)))
    }

    /// Counts different units that hold on the last day.
    pub fn standing(code: &'static str, node: &'static str, rows: String) -> Self {
        Self::new(code, Counting::Standing, node, rows, Some(By::Place("division")))
    }

    /// Counts when it is asked for.
    pub fn asked(code: &'static str, node: &'static str, rows: String) -> Self {
        Self::new(code, Counting::Asked, node, rows, None)
    }

    /// Is touched by this too.
    #[must_use]
    pub fn also(mut self, aggregate: &'static str, by: By) -> Self {
        self.touched.push(Touch { aggregate, by });
        self
    }

    /// Is touched by nothing but this.
    #[must_use]
    pub fn only(mut self, aggregate: &'static str, by: By) -> Self {
        self.touched = vec![Touch { aggregate, by }];
        self
    }

    /// Counts persons or households, or is the money beside them.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Takes these rows of a base.
    #[must_use]
    pub fn of(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Is hidden where one of these is.
    #[must_use]
    pub fn beside(mut self, codes: &'static [&'static str]) -> Self {
        self.beside = codes;
        self
    }

    /// Without that other it is what is left.
    #[must_use]
    pub fn less(mut self, other: &'static str, left: &'static str) -> Self {
        self.less = Some((other, left));
        self
    }

    /// Changes what stands.
    #[must_use]
    pub fn moves(mut self, codes: &'static [&'static str]) -> Self {
        self.moves = codes;
        self
    }

    /// Tells nothing without records of these aggregates too.
    #[must_use]
    pub fn needs(mut self, aggregates: &'static [&'static str]) -> Self {
        self.needs = aggregates;
        self
    }

    /// The aggregates whose records it is counted from.
    pub fn sources(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.node).chain(self.needs.iter().copied())
    }

    /// So many pieces are one of what is counted.
    #[must_use]
    pub fn each(mut self, pieces: i64) -> Self {
        self.each = pieces;
        self
    }

    /// Whether the times of a year add up to it.
    pub fn adds_over_times(&self) -> bool {
        match self.counting {
            Counting::Sum | Counting::Distinct => true,
            Counting::Standing => false,
            // Its rows lie between the first day and the last.
            Counting::Asked => self.rows.contains("t.from_day"),
        }
    }

    /// Counts fen; so many of them make one of the unit.
    #[must_use]
    pub fn money(mut self, scale: i64) -> Self {
        (self.money, self.scale) = (true, scale);
        self
    }

    /// Values are in such pieces of the unit.
    #[must_use]
    pub fn scaled(mut self, scale: i64) -> Self {
        self.scale = scale;
        self
    }

    /// Counts from the first day of the year on.
    #[must_use]
    pub fn since_new_year(mut self) -> Self {
        self.since = Since::Year;
        self
    }

    /// Is decided by a parameter of policy.
    #[must_use]
    pub fn decided_by(mut self, setting: &'static Setting) -> Self {
        self.setting = Some(setting);
        if self.counting.has_cells() {
            self.touched.push(Touch { aggregate: "PolicyValue", by: By::Parameter(setting.name) });
        }
        self
    }
}
