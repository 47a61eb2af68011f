//! Statistics of a webhook per hour or day.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{id::WebhookId, timestamp::Timestamp},
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    services::webhooks::{authorize, logs::check_range},
    storage::stats::{HourlyCount, Latency, hour_begins},
};

/// Maximum number of hours in a range of hours: 31 days.
const HOURS_MAX: u64 = 31 * 24;

/// The length of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// An hour.
    #[default]
    Hour,
    /// A day in UTC.
    Day,
}

/// The statistics of one period. Periods without callbacks are omitted.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct PeriodStats {
    /// The beginning of the period.
    pub from: Timestamp,
    /// The number of callbacks.
    pub attempts: i64,
    /// The number of successful callbacks.
    pub succeeded: i64,
    /// The number of failed callbacks.
    pub failed: i64,
}

/// The statistics of a range.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stats {
    /// The length of each bucket.
    pub period: Period,
    /// The number of callbacks.
    pub attempts: i64,
    /// The number of successful callbacks.
    pub succeeded: i64,
    /// The number of failed callbacks.
    pub failed: i64,
    /// Percentiles of the duration of callbacks in milliseconds, with a relative error of up to 20 %.
    pub latency_ms: Percentiles,
    /// The periods, oldest first.
    pub buckets: Vec<PeriodStats>,
}

/// Percentiles. `None` if there was no callback.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Percentiles {
    /// Half of the callbacks took at most this long.
    #[schemars(example = 87.5)]
    p50: Option<f64>,
    /// 95 % of the callbacks took at most this long.
    #[schemars(example = 210.0)]
    p95: Option<f64>,
    /// 99 % of the callbacks took at most this long.
    #[schemars(example = 480.0)]
    p99: Option<f64>,
}

/// The statistics of a webhook between two times.
pub async fn stats(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    from: Timestamp,
    to: Timestamp,
    period: Period,
) -> Result<Stats, UseCaseError> {
    authorize(app, by, id, Action::ReadCallbacks).await?;
    check_stats_range(from, to, period)?;
    Ok(summed(&app.store.stats(id, from, to).await?, period))
}

/// The statistics of all webhooks together, including deleted ones, between two times.
pub async fn total_stats(app: &AppState, by: &Principal, from: Timestamp, to: Timestamp, period: Period) -> Result<Stats, UseCaseError> {
    by.may(Action::ReadCallbacks, false)?;
    check_stats_range(from, to, period)?;
    Ok(summed(&app.store.total_stats(from, to).await?, period))
}

/// Checks that a range is not empty, and not longer than its period permits.
fn check_stats_range(from: Timestamp, to: Timestamp, period: Period) -> Result<(), UseCaseError> {
    check_range(from, to)?;
    if period == Period::Hour && to.since(from).as_secs() > HOURS_MAX * 3_600 {
        return Err(UseCaseError::Invalid(vec![FieldError::new("/from", ValidationError::RangeHours)]));
    }
    Ok(())
}

fn summed(counts: &[HourlyCount], period: Period) -> Stats {
    let (mut buckets, mut latencies) = (BTreeMap::<i64, (i64, i64)>::new(), BTreeMap::<i32, i64>::new());
    for count in counts {
        let begins = match period {
            Period::Hour => count.hour,
            Period::Day => count.hour.div_euclid(24) * 24,
        };
        let bucket = buckets.entry(begins).or_default();
        bucket.0 += count.succeeded;
        bucket.1 += count.failed;
        *latencies.entry(count.latency).or_default() += count.succeeded + count.failed;
    }
    let buckets: Vec<PeriodStats> = buckets
        .into_iter()
        .map(|(begins, (succeeded, failed))| PeriodStats {
            from: hour_begins(begins),
            attempts: succeeded + failed,
            succeeded,
            failed,
        })
        .collect();
    let sum = |of: fn(&PeriodStats) -> i64| buckets.iter().map(of).sum();
    Stats {
        period,
        attempts: sum(|bucket| bucket.attempts),
        succeeded: sum(|bucket| bucket.succeeded),
        failed: sum(|bucket| bucket.failed),
        latency_ms: Percentiles {
            p50: percentile(&latencies, 50),
            p95: percentile(&latencies, 95),
            p99: percentile(&latencies, 99),
        },
        buckets,
    }
}

/// A percentile of the durations, in milliseconds.
pub(super) fn percentile(latencies: &BTreeMap<i32, i64>, percent: i64) -> Option<f64> {
    let all: i64 = latencies.values().sum();
    let mut left = (all * percent + 99) / 100;
    for (step, count) in latencies {
        left -= count;
        if left <= 0 && all > 0 {
            return Some((Latency(*step).upper_ms() * 10.0).round() / 10.0);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_summed_to_days_and_percentiles_come_from_all() {
        let count = |hour, ms, succeeded, failed| HourlyCount {
            hour,
            latency: Latency::of_ms(ms).0,
            succeeded,
            failed,
        };
        let counts = [count(24, 10, 90, 0), count(25, 10, 5, 0), count(48, 1_000, 0, 5)];
        let days = summed(&counts, Period::Day);
        assert_eq!((days.attempts, days.succeeded, days.failed), (100, 95, 5));
        assert_eq!(days.buckets.iter().map(|bucket| bucket.attempts).collect::<Vec<_>>(), [95, 5]);
        let (p50, p99) = (days.latency_ms.p50.unwrap(), days.latency_ms.p99.unwrap());
        assert!((10.0..12.0).contains(&p50) && (1_000.0..1_200.0).contains(&p99), "{p50} {p99}");
        assert!(summed(&[], Period::Hour).latency_ms.p50.is_none());
    }
}
