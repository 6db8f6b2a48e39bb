//! Figures as they change: for a screen that stands on the wall.

use std::sync::Arc;

use async_graphql::{Context, Subscription};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use minzheng_ground::error::{Answer, bad_request, fault, said};
use minzheng_ground::scalars::DivisionCode;
use minzheng_ground::state::{shared_viewer, state};
use minzheng_rules::period::Grain;

use crate::figure::FigureSet;
use crate::period::PeriodInput;
use crate::question::asked;
use crate::shared::kept;

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
        #[graphql(desc = "区划代码 · of which place")] division: DivisionCode,
        #[graphql(desc = "编码 · left out: F0–F15")] codes: Option<Vec<String>>,
        #[graphql(desc = "期间 · left out: the half-year of the business date")] period: Option<PeriodInput>,
    ) -> async_graphql::Result<BoxStream<'static, Answer<Arc<FigureSet>>>> {
        let viewer = shared_viewer(context)?;
        let period = match period {
            Some(period) => period.period().ok_or_else(|| bad_request(context, "bad-period", "period"))?,
            None => Grain::Half.containing(viewer.today),
        };
        let asked = Arc::new(asked(context, &division.0, period, codes.as_deref())?);
        let state = state(context)?.clone();
        let position = kept(&state).map_err(|error| fault(context, error))?.position(&state.kernel);
        let following = (state, viewer, position, asked, -1_i64, None::<Arc<FigureSet>>);
        let sets = unfold(Some(following), |following| async move {
            let (state, viewer, mut position, asked, mut stands, mut told) = following?;
            loop {
                let now = *position.borrow_and_update();
                if now == stands {
                    position.changed().await.ok()?;
                    continue;
                }
                stands = now;
                if stands < 0 {
                    continue;
                }
                let read = match kept(&state) {
                    Ok(kept) => kept.reading(&state, &viewer, &asked, stands, None).await,
                    Err(lost) => Err(lost),
                };
                match read {
                    Ok(set) => {
                        if told.as_ref().is_none_or(|told| set.differs(told)) {
                            told = Some(set.clone());
                            return Some((Ok(set), Some((state, viewer, position, asked, stands, told))));
                        }
                    }
                    Err(fault) => return Some((Err(said(viewer.lang, fault)), None)),
                }
            }
        });
        Ok(sets.boxed())
    }
}
