//! 提问 · which figures are asked for, of which place and times, and their answer with one read (design §9).

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use minzheng_ground::error::{Answer, bad_request, fault, forbidden};
use minzheng_ground::policy::{FigureRight, figure_right};
use minzheng_ground::scalars::{Decimal, DivisionCode};
use minzheng_ground::state::{State, state, viewer};
use minzheng_kernel::viewer::PUBLIC_ROLE;
use minzheng_kernel::{Fault, Viewer};
use minzheng_rules::division::division_prefix;
use minzheng_rules::figures::TARGET;
use minzheng_rules::period::{Grain, Period};
use sea_orm::{ColumnTrait as _, Condition, FromQueryResult, QueryFilter as _, QueryOrder as _};
use tokio::sync::OnceCell;

use crate::breakdown::Parts;
use crate::cells::range;
use crate::compare::{Compared, Comparison, Spans};
use crate::figure::{Figure, FigureSet, series_periods, shown};
use crate::indicator::{Definition, Kind, Measure};
use crate::period::PeriodInput;
use crate::read::{CellsOf, NO_DATA, Wish, level_of};
use crate::rows::counted_rows;
use crate::setting::{OfRequest, Settings};
use crate::shared::kept;
use crate::{indicator, projector, suppression};

/// What a viewer is told of the figures of a place.
pub fn right_at(viewer: &Viewer, place: &str) -> FigureRight {
    let (low, high) = range(division_prefix(place));
    viewer
        .grants
        .iter()
        .filter(|grant| grant.role != PUBLIC_ROLE)
        .filter(|grant| grant.reaches(&low, &high))
        .map(|grant| figure_right(&grant.role))
        .max()
        .unwrap_or(FigureRight::None)
}

/// The fields of the root.
#[derive(Default)]
pub struct FiguresQuery;

#[Object]
impl FiguresQuery {
    /// 指标 · figures of a place and a time; without codes those of the report.
    async fn figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "区划代码 · of which place")] division: DivisionCode,
        #[graphql(desc = "期间 · of which time")] period: PeriodInput,
        #[graphql(desc = "编码 · left out: F0–F15")] codes: Option<Vec<String>>,
    ) -> Answer<Arc<FigureSet>> {
        let period = period.period().ok_or_else(|| bad_request(context, "bad-period", "period"))?;
        let asked = Arc::new(asked(context, &division.0, period, codes.as_deref())?);
        let (state, viewer) = (state(context)?, viewer(context)?);
        let read = async {
            // What was read for this position of the journal is still so: nothing has changed since.
            let stands = projector::position_and_change(&state.kernel.db).await?;
            let known = Known { stands, settings: context.data_opt::<OfRequest>() };
            kept(state)?.reading(state, viewer, &asked, stands.0, Some(known)).await
        };
        read.await.map_err(|e| fault(context, e))
    }
}

/// What is asked for: checked, and the times that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    place: String,
    period: Period,
    definitions: Vec<&'static Definition>,
    /// This time, and those of series.
    times: Vec<Period>,
    comparisons: Vec<Comparison>,
    suppressing: bool,
    targets: bool,
}

impl Asked {
    /// Figures of a place and a time with what they are compared with, for who is told all of them.
    pub fn of(place: &str, period: Period, definitions: Vec<&'static Definition>) -> Self {
        let comparisons = Comparison::ALL.to_vec();
        let (place, times) = (place.to_owned(), vec![period]);
        Self { place, period, definitions, times, comparisons, suppressing: false, targets: true }
    }
}

/// Checks a question for figures and finds what it needs to be answered with one read.
pub fn asked(context: &Context<'_>, place: &str, period: Period, codes: Option<&[String]>) -> Answer<Asked> {
    let right = right_at(viewer(context)?, place);
    if right == FigureRight::None {
        return Err(forbidden(context, "figures-scope", "division"));
    }
    let suppressing = right == FigureRight::Suppressed;
    if suppressing && (period.grain.is_none() || !matches!(level_of(place), Some("TOWN" | "DISTRICT"))) {
        return Err(forbidden(context, "figures-screen", "period"));
    }
    // Each once, however often it is asked for.
    let mut told = HashSet::new();
    let definitions: Vec<&'static Definition> = match codes {
        Some(codes) => codes
            .iter()
            .filter(|code| told.insert(code.as_str()))
            .map(|code| indicator::find(code).ok_or_else(|| bad_request(context, "unknown-code", "codes")))
            .collect::<Answer<_>>()?,
        None => indicator::all().filter(|of| of.code.starts_with('F') && !of.code.contains('.')).collect(),
    };
    let mut times = vec![period];
    let (mut comparisons, mut targets) = (Vec::new(), false);
    for field in context.field().selection_set().filter(|field| field.name() == "figures") {
        let is_asked = |name: &str| field.selection_set().any(|field| field.name() == name);
        targets |= is_asked("target");
        for (with, name) in [(Comparison::YearOnYear, "yearOnYear"), (Comparison::PreviousPeriod, "previousPeriod")] {
            if is_asked(name) && !comparisons.contains(&with) {
                comparisons.push(with);
            }
        }
        for field in field.selection_set().filter(|field| field.name() == "series") {
            times.extend(series_asked(period, &field.arguments().unwrap_or_default()));
        }
    }
    Ok(Asked { place: place.to_owned(), period, definitions, times, comparisons, suppressing, targets })
}

/// The periods of a `series` field by its arguments; none where they are wrong, which the field itself tells.
fn series_asked(period: Period, arguments: &[(async_graphql::Name, async_graphql::Value)]) -> Vec<Period> {
    use async_graphql::Value;
    let argument = |name: &str| arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
    let grain = match argument("by") {
        Some(Value::Enum(name)) => Grain::ALL.into_iter().find(|grain| name.as_str() == grain.code()),
        Some(Value::String(name)) => Grain::ALL.into_iter().find(|grain| name == grain.code()),
        _ => None,
    };
    let last = match argument("last") {
        Some(Value::Number(number)) => number.as_i64().and_then(|n| i32::try_from(n).ok()),
        _ => None,
    };
    grain.zip(last).and_then(|(grain, last)| series_periods(period, grain, last)).unwrap_or_default()
}

/// What a request knows already when figures are read for it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The position on which the cells stand at least, and the one that last changed any.
    pub stands: (i64, i64),
    /// What decides what figures count, once somebody of the request asked for it.
    pub settings: Option<&'a OfRequest>,
}

/// Reads the figures asked for, as the parameters say; `stands` was read before, or is read now.
pub async fn read(
    state: &State,
    viewer: &Viewer,
    asked: &Asked,
    settings: &Arc<Settings>,
    stands: Option<(i64, i64)>,
) -> Result<FigureSet, Fault> {
    let Asked { place, period, definitions, times, comparisons, suppressing, targets } = asked;
    let (place, period) = (place.as_str(), *period);
    let compared = comparisons.iter().filter_map(|with| Some((*with, with.spans(period, viewer.today)?)));
    let compared: Vec<(Comparison, Spans)> = compared.collect();
    let times: Vec<Period> =
        times.iter().copied().chain(compared.iter().flat_map(|(_, spans)| [spans.now, spans.then])).collect();
    // The year before goes along, whether it is compared or not: all who ask of a time need the same grids.
    let of_grids = || times.iter().copied().chain([period.year_before()]);
    let from = of_grids().map(|time| Grain::Month.containing(time.from).from).min().unwrap_or(period.from);
    let until = of_grids().map(|time| time.until).max().unwrap_or(period.until);
    // Read before the cells, so that they stand on it at least.
    let (position, changed) = match stands {
        Some(stands) => stands,
        None => projector::position_and_change(&state.kernel.db).await?,
    };
    let db = &state.kernel.db;
    let mut all: HashSet<Period> = times.iter().copied().collect();
    if *suppressing {
        all.extend(suppression::times_around(definitions, &times));
    }
    let wish = Wish { place, definitions, times: &all, changed, suppressing: *suppressing };
    let cells = CellsOf::read(state, settings, &wish).await?;
    let names: Vec<String> = definitions.iter().map(|of| format!("{TARGET}{}", of.code)).collect();
    let names: Vec<&str> = if *targets { names.iter().map(String::as_str).collect() } else { Vec::new() };
    let goals = Settings::named(db, db.read(), &names).await?;
    let hidden = match suppressing {
        true => Some(suppression::hidden(state, place, (from, until), changed).await?),
        false => None,
    };
    let cells = Arc::new(cells);
    let mut figures = Vec::with_capacity(definitions.len());
    for of in definitions.iter().copied() {
        let shown = |time: Period| shown(of, place, time, &cells, hidden.as_deref());
        let text = match &of.measure {
            Measure::Name => Some(name_of(state, viewer, place, period.last_day()).await?),
            Measure::Day(count) => Some(day_of(state, settings, count, place, period).await?),
            _ => None,
        };
        let target = goals.value(&format!("{TARGET}{}", of.code), place, period.last_day());
        let target = target.filter(|_| *targets && of.kind != Kind::Text);
        figures.push(Figure {
            of,
            place: place.to_owned(),
            period,
            position,
            now: shown(period),
            today: viewer.today,
            comparisons: compared
                .iter()
                .map(|(with, spans)| Compared { with: *with, now: shown(spans.now), then: shown(spans.then) })
                .collect(),
            text,
            target: target.map(Decimal),
            settings: settings.clone(),
            cells: cells.clone(),
            hidden: hidden.clone(),
            parts: Parts::default(),
        });
    }
    Ok(FigureSet {
        code: place.to_owned(),
        period: period.into(),
        position: position.to_string(),
        figures,
        place: OnceCell::new(),
    })
}

/// F0: the name in the table of divisions on that day: before a place was made, that of the one it was made of.
pub async fn name_of(state: &State, viewer: &Viewer, place: &str, day: NaiveDate) -> Result<String, Fault> {
    use entity::registry::division::{Column, Entity, Model};
    let named = Condition::any().add(Column::Code.eq(place)).add(Column::Successor.eq(place));
    let rows = viewer.select::<Entity>().filter(named).order_by_asc(Column::Id).all(state.kernel.db.read()).await?;
    let began = |row: &Model| row.valid_from.is_none_or(|from| from <= day);
    let own = rows.iter().find(|row| row.code == place);
    let older = rows.iter().filter(|row| row.code != place && began(row));
    let then = match own {
        Some(own) if !began(own) => older.max_by_key(|row| row.valid_from).or(Some(own)),
        own => own,
    };
    Ok(then.map_or_else(|| NO_DATA.to_owned(), |row| row.name.clone()))
}

/// The first day of what a date counts; the dash without any.
async fn day_of(
    state: &State,
    settings: &Settings,
    of: &indicator::Count,
    place: &str,
    period: Period,
) -> Result<String, Fault> {
    #[derive(FromQueryResult)]
    struct Day {
        day: Option<NaiveDate>,
    }
    let (sql, values) = counted_rows(settings, of, place, period);
    let db = &state.kernel.db;
    let rows: Vec<Day> = db.rows(db.read(), &format!("SELECT MIN(c.on_date) AS day FROM ({sql}) c"), values).await?;
    Ok(rows.first().and_then(|row| row.day).map_or_else(|| NO_DATA.to_owned(), |day| day.to_string()))
}
