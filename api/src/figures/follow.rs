//! Figures as they change: for a screen that stands on the wall.

use std::time::Duration;

use async_graphql::{Context, Subscription};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use minzheng_rules::period::Grain;

use super::figure::{FigureSet, asked, read};
use super::period::PeriodInput;
use super::projector;
use super::read::Shown;
use super::setting::Settings;
use crate::graphql::error::{Answer, bad_request, said};
use crate::graphql::scalars::DivisionCode;
use crate::graphql::{shared_viewer, state};

/// How often a follower looks whether another process has counted.
const LOOK: Duration = Duration::from_secs(1);

/// The field of the root of subscriptions.
#[derive(Default)]
pub struct FigureSubscription;

#[Subscription]
#[allow(clippy::unused_async)] // the derive wants it
impl FigureSubscription {
    /// 指标变动 · the figures of a place now, and again whenever one of them has changed.
    async fn figure_changed(
        &self,
        context: &Context<'_>,
        division: DivisionCode,
        #[graphql(desc = "编码 · left out: F0–F15")] codes: Option<Vec<String>>,
        #[graphql(desc = "期间 · left out: the half-year of the business date")] period: Option<PeriodInput>,
    ) -> async_graphql::Result<BoxStream<'static, Answer<FigureSet>>> {
        let viewer = shared_viewer(context)?;
        let period = match period {
            Some(period) => period.period().ok_or_else(|| bad_request(context, "bad-period", "period"))?,
            None => Grain::Half.containing(viewer.today),
        };
        let asked = asked(context, &division.0, period, codes.as_deref())?;
        let state = state(context)?.clone();
        let sealed = state.kernel.sealer.watch();
        let following = (state, viewer, sealed, asked, -1_i64, None::<Vec<Shown>>);
        let sets = unfold(Some(following), |following| async move {
            let (state, viewer, mut sealed, asked, mut stands, mut told) = following?;
            loop {
                match projector::position(&state.kernel.db).await {
                    Ok(position) if position != stands => {
                        stands = position;
                        let set = match Settings::all(&state.kernel.db).await {
                            Ok(settings) => read(&state, &viewer, &asked, &settings).await,
                            Err(fault) => Err(fault),
                        };
                        match set {
                            Ok(set) => {
                                let now: Vec<Shown> = set.figures.iter().map(|figure| figure.now.clone()).collect();
                                if told.as_ref() != Some(&now) {
                                    told = Some(now);
                                    return Some((Ok(set), Some((state, viewer, sealed, asked, stands, told))));
                                }
                            }
                            Err(fault) => return Some((Err(said(viewer.lang, fault)), None)),
                        }
                    }
                    Ok(_) => {
                        let _ = tokio::time::timeout(LOOK, sealed.changed()).await;
                        // What was just sealed is counted a moment later.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    Err(fault) => return Some((Err(said(viewer.lang, fault)), None)),
                }
            }
        });
        Ok(sets.boxed())
    }
}
