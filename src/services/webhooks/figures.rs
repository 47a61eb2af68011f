//! Numbers of callbacks per unit of time, for the chart of a log.

use std::time::Duration;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{callback::Outcome, id::WebhookId, response::ResponseFilter, timestamp::Timestamp},
    services::error::UseCaseError,
    services::webhooks::{authorize, logs::check_range, stats::percentile},
    storage::{StoreError, callback_counts::Figure, callbacks::LogFilter},
};

const HOUR_MS: i64 = 3_600_000;
/// Longest range for which the median is calculated. For a year it would take longer than the rest of the page.
const MEDIAN_MAX: Duration = Duration::from_hours(31 * 24);

/// The counts of a range.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Counts per unit of an hour or less, oldest first. Units without callbacks are omitted.
    pub figures: Vec<Figure>,
    /// Where the counts begin, if the range contains too many callbacks to count all.
    pub begins: Option<Timestamp>,
    /// The median duration in milliseconds, with a relative error of up to 20 %. Only for units of an hour, and ranges of up to a month.
    pub median_ms: Option<f64>,
}

/// Counts the callbacks that match a filter, between its `from` and `to`, which must be set. If the filter allows it, counts of whole hours
/// are read from the hourly statistics, so that a year takes no longer than a day.
pub async fn figures(app: &AppState, by: &Principal, id: WebhookId, filter: &LogFilter, unit_ms: i64) -> Result<Figures, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    let now = Timestamp::now();
    let (from, to) = (filter.from.unwrap_or(now), filter.to.unwrap_or(now));
    check_range(from, to)?;
    let begins = Timestamp(up(from.0));
    // The present hour is counted as a whole, because no callback is later than now.
    let ends = Timestamp(if to >= now { up(to.0) } else { down(to.0) });
    if unit_ms < HOUR_MS || !filter.is_by_outcome_only() || begins >= ends {
        let counted = app.store.count(id, filter, unit_ms.min(HOUR_MS)).await?;
        return Ok(Figures {
            figures: counted.figures,
            begins: counted.begins,
            median_ms: None,
        });
    }
    let mut figures = edge(app, id, filter, from, begins).await?;
    let whole = app.store.hours(id, begins, ends).await?;
    figures.extend(whole.into_iter().map(|figure| of_outcome(figure, filter)));
    figures.extend(edge(app, id, filter, ends, to).await?);
    figures.retain(|figure| figure.succeeded + figure.failed > 0);
    let median_ms = if outcome_of(filter).is_none() && to.since(from) <= MEDIAN_MAX {
        let latencies = app.store.latencies(id, begins, ends).await?;
        percentile(&latencies.into_iter().map(|(step, count)| (step.0, count)).collect(), 50)
    } else {
        None
    };
    Ok(Figures {
        figures,
        begins: None,
        median_ms,
    })
}

/// Counts a part of an hour.
async fn edge(app: &AppState, id: WebhookId, filter: &LogFilter, from: Timestamp, to: Timestamp) -> Result<Vec<Figure>, StoreError> {
    if from >= to {
        return Ok(Vec::new());
    }
    let part = LogFilter {
        from: Some(from),
        to: Some(to),
        ..filter.clone()
    };
    Ok(app.store.count(id, &part, HOUR_MS).await?.figures)
}

fn outcome_of(filter: &LogFilter) -> Option<Outcome> {
    match filter.response {
        Some(ResponseFilter::Succeeded) => Some(Outcome::Succeeded),
        Some(ResponseFilter::Failed) => Some(Outcome::Failed),
        _ => filter.outcome,
    }
}

fn of_outcome(figure: Figure, filter: &LogFilter) -> Figure {
    match outcome_of(filter) {
        Some(Outcome::Succeeded) => Figure { failed: 0, ..figure },
        Some(Outcome::Failed) => Figure { succeeded: 0, ..figure },
        None => figure,
    }
}

const fn down(ms: i64) -> i64 {
    ms.div_euclid(HOUR_MS) * HOUR_MS
}

const fn up(ms: i64) -> i64 {
    down(ms + HOUR_MS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_belongs_to_its_hour() {
        assert_eq!((down(HOUR_MS), up(HOUR_MS)), (HOUR_MS, HOUR_MS));
        assert_eq!((down(HOUR_MS + 1), up(HOUR_MS + 1)), (HOUR_MS, 2 * HOUR_MS));
    }

    #[test]
    fn figures_match_the_response_filter() {
        let figure = Figure {
            at: Timestamp(0),
            succeeded: 3,
            failed: 2,
        };
        let of = |response| {
            let filter = LogFilter {
                response,
                ..LogFilter::default()
            };
            let Figure { succeeded, failed, .. } = of_outcome(figure, &filter);
            (succeeded, failed)
        };
        assert_eq!(of(None), (3, 2));
        assert_eq!(of(Some(ResponseFilter::Failed)), (0, 2));
        assert_eq!(of(Some(ResponseFilter::Succeeded)), (3, 0));
    }
}
