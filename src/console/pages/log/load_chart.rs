//! The data of charts of callbacks: how a range is divided into bars, and how high they are.

use jiff::{Span, civil, tz::TimeZone};

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        components::chart::{BarView, ChartView},
        pages::log::{log_urls::LogUrls, range::Range},
        server::{
            dates::{minute, month_day, short_day, time_of_day, time_view, weekday_time},
            durations,
        },
    },
    domain::timestamp::Timestamp,
    messages::{Lang, common, logs as say, number},
    services::error::UseCaseError,
    services::webhooks::{self, Figures},
    storage::{
        callback_counts::Figure,
        callbacks::LogFilter,
        stats::{hour, hour_begins},
    },
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The height of the drawing.
const HEIGHT: i64 = 1_000;
/// The minimum height of a bar that counts something: two pixels, as the chart is 112 high.
const LEAST: i64 = 18;

/// The time that a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// This number of milliseconds.
    Fixed(i64),
    /// This number of hours, starting at midnight.
    Hours(i8),
    /// A day.
    Day,
    /// A week, starting on Monday.
    Week,
}

impl Step {
    /// The step that divides a range of this length in milliseconds into 24 to 61 bars.
    const fn of(length: i64) -> Self {
        match length {
            ..=120_000 => Self::Fixed(5 * SECOND),
            120_001..=600_000 => Self::Fixed(15 * SECOND),
            600_001..=3_600_000 => Self::Fixed(MINUTE),
            3_600_001..=10_800_000 => Self::Fixed(5 * MINUTE),
            10_800_001..=21_600_000 => Self::Fixed(10 * MINUTE),
            21_600_001..=43_200_000 => Self::Fixed(15 * MINUTE),
            _ if length <= 2 * DAY + HOUR => Self::Fixed(HOUR),
            _ if length <= 8 * DAY => Self::Hours(6),
            _ if length <= 62 * DAY => Self::Day,
            _ => Self::Week,
        }
    }

    /// The unit in which callbacks are counted, in milliseconds.
    const fn unit(self) -> i64 {
        match self {
            Self::Fixed(ms) => ms,
            Self::Hours(_) | Self::Day | Self::Week => HOUR,
        }
    }
}

/// The starts of all bars, and the end of the last one. Bars of hours or more start at whole hours of UTC, because callbacks are counted per
/// hour of UTC. In zones with an offset of half an hour they start half an hour off.
fn bounds(from: Timestamp, to: Timestamp, step: Step, zone: &TimeZone) -> Vec<Timestamp> {
    let mut bounds = vec![from];
    let mut push = |at: i64| {
        let is_next = bounds.last().is_some_and(|last| last.0 < at) && at < to.0;
        if is_next {
            bounds.push(Timestamp(at));
        }
        at < to.0
    };
    match step {
        Step::Fixed(ms) => {
            let mut at = from.0.div_euclid(ms) * ms + ms;
            while push(at) {
                at += ms;
            }
        }
        Step::Hours(_) | Step::Day | Step::Week => {
            let (mut local, span) = civil_steps(from, step, zone);
            while let Ok(next) = local.checked_add(span) {
                local = next;
                let Ok(zoned) = local.to_zoned_datetime(zone.clone()) else { break };
                if !push(zoned.timestamp().as_millisecond().div_euclid(HOUR) * HOUR) {
                    break;
                }
            }
        }
    }
    bounds.push(to);
    bounds
}

/// The last boundary before a time, as local time, and the distance between boundaries.
fn civil_steps(from: Timestamp, step: Step, zone: &TimeZone) -> (civil::DateTime, Span) {
    let local = from.in_zone(zone).datetime();
    let midnight = local.date().to_datetime(civil::Time::midnight());
    match step {
        Step::Week => {
            let since_monday = i64::from(local.date().weekday().to_monday_zero_offset());
            (midnight.saturating_sub(Span::new().days(since_monday)), Span::new().days(7))
        }
        Step::Hours(hours) => (midnight, Span::new().hours(hours)),
        Step::Day | Step::Fixed(_) => (midnight, Span::new().days(1)),
    }
}

/// The succeeded and failed callbacks of each bar.
fn sums(bounds: &[Timestamp], figures: &[Figure]) -> Vec<(i64, i64)> {
    let mut sums = vec![(0, 0); bounds.len().saturating_sub(1)];
    for figure in figures {
        // The first unit may start before the range.
        let bar = bounds.partition_point(|bound| *bound <= figure.at).saturating_sub(1);
        if let Some((succeeded, failed)) = sums.get_mut(bar.min(bounds.len().saturating_sub(2))) {
            *succeeded += figure.succeeded;
            *failed += figure.failed;
        }
    }
    sums
}

/// The chart of the callbacks that match a filter.
pub(super) async fn chart(
    app: &AppState,
    by: &Principal,
    range: &Range,
    filter: &LogFilter,
    urls: &LogUrls<'_>,
    zone: &TimeZone,
    lang: Lang,
) -> Result<ChartView, UseCaseError> {
    let step = Step::of(range.to.0 - range.from.0);
    let figures = webhooks::figures(app, by, urls.webhook(), filter, step.unit()).await?;
    // The last bar ends at a whole minute, so that its link selects the same callbacks.
    let bounds = bounds(range.from, range.end(), step, zone);
    let link = |from, to| Some(urls.range(from, to, zone));
    Ok(view(&bounds, &figures, link, zone, lang))
}

/// The chart of whole hours up to now. Its bars have no links, because they count callbacks of several webhooks.
pub(in crate::console::pages) fn hours(figures: Vec<Figure>, from: Timestamp, now: Timestamp, zone: &TimeZone, lang: Lang) -> ChartView {
    let bounds = hour_bounds(from, now);
    let figures = Figures {
        figures,
        ..Figures::default()
    };
    view(&bounds, &figures, |_, _| None, zone, lang)
}

/// The starts of the hours from the one of `from` to the one of `now`, and the end of the last one.
pub(in crate::console::pages) fn hour_bounds(from: Timestamp, now: Timestamp) -> Vec<Timestamp> {
    (hour(from)..=hour(now) + 1).map(hour_begins).collect()
}

/// The start of the hour that contains this time, which is the first one of [`hours`].
pub(in crate::console::pages) fn first_hour(from: Timestamp) -> Timestamp {
    hour_begins(hour(from))
}

fn view(
    bounds: &[Timestamp],
    figures: &Figures,
    link: impl Fn(Timestamp, Timestamp) -> Option<String>,
    zone: &TimeZone,
    lang: Lang,
) -> ChartView {
    let sums = sums(bounds, &figures.figures);
    let most = scale(sums.iter().map(|(succeeded, failed)| succeeded + failed).max().unwrap_or(0));
    let height = |count: i64| (HEIGHT * count / most).clamp(LEAST, HEIGHT);
    let bars = bounds
        .iter()
        .zip(bounds.iter().skip(1))
        .zip(&sums)
        .map(|((from, to), (succeeded, failed))| {
            // Failed callbacks stand on the succeeded ones. Few failures among many successes must be visible.
            let bad = (*failed > 0).then(|| height(*failed));
            let good = (*succeeded > 0).then(|| height(*succeeded).min(HEIGHT - bad.unwrap_or(0)));
            let below = HEIGHT - good.unwrap_or(0);
            (good.is_some() || bad.is_some()).then(|| BarView {
                href: link(*from, *to),
                text: say::chart_bar(
                    lang,
                    failed.unsigned_abs(),
                    &minute(*from, zone, lang),
                    succeeded.unsigned_abs(),
                    &until(*from, *to, zone, lang),
                ),
                good: good.map(|height| (below, height)),
                bad: bad.map(|height| ((below - height).max(0), height)),
            })
        });
    let bars = bars.collect();
    let count = |of: fn(&(i64, i64)) -> i64| sums.iter().map(of).sum::<i64>().unsigned_abs();
    let (succeeded, failed) = (count(|sum| sum.0), count(|sum| sum.1));
    ChartView {
        bars,
        scale: (short(most, lang), short(most / 2, lang)),
        total: say::chart_callbacks(lang, succeeded + failed),
        succeeded: say::chart_succeeded(lang, succeeded),
        failed: say::chart_failed(lang, failed),
        has_failed: failed > 0,
        median: figures
            .median_ms
            .map(|ms| say::chart_median(lang, &durations::rounded(rounded(ms), lang))),
        begins: figures.begins.map(|at| time_view(at, zone, lang)),
        axis: axis(bounds, zone, lang),
    }
}

/// The upper end of the scale: the smallest even number of the form 1, 2, 4, 6, 8 times a power of ten that is not smaller, so that its half is whole.
pub(in crate::console::pages) fn scale(most: i64) -> i64 {
    let mut power = 1;
    loop {
        let found = [2, 4, 6, 8, 10].into_iter().map(|step| step * power).find(|end| *end >= most);
        match found {
            Some(end) => return end,
            None if power > i64::MAX / 100 => return most,
            None => power *= 10,
        }
    }
}

/// "80", "1.2k", "3M".
pub(in crate::console::pages) fn short(count: i64, lang: Lang) -> String {
    let count = count.unsigned_abs();
    let (unit, sign) = match count {
        ..1_000 => return number(lang, count),
        1_000..1_000_000 => (1_000, "k"),
        _ => (1_000_000, "M"),
    };
    let (whole, tenth) = (count / unit, count % unit * 10 / unit);
    if tenth == 0 {
        format!("{}{sign}", number(lang, whole))
    } else {
        format!("{}{sign}", common::decimal(lang, tenth, whole))
    }
}

/// The number of times along the chart.
const TICKS: usize = 6;

/// Short times at equal distances along the chart: times of day within a day, with the weekday if a day has several, else days.
pub(in crate::console::pages) fn axis(bounds: &[Timestamp], zone: &TimeZone, lang: Lang) -> Vec<String> {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else {
        return Vec::new();
    };
    let length = last.0 - first.0;
    let bars = bounds.len().saturating_sub(1);
    let ticks: Vec<Timestamp> = (0..TICKS)
        .filter_map(|tick| bounds.get(bars * tick / (TICKS - 1)))
        .copied()
        .collect();
    let date = |at: Timestamp| at.in_zone(zone).date();
    let has_several_a_day = ticks.windows(2).any(|pair| date(pair[0]) == date(pair[1]));
    let text = |at: &Timestamp| match length {
        _ if length <= DAY + HOUR => time_of_day(*at, zone),
        _ if length <= 6 * DAY && has_several_a_day => weekday_time(*at, zone, lang),
        _ if length <= 10 * DAY => short_day(*at, zone, lang),
        _ => month_day(*at, zone, lang),
    };
    ticks.iter().map(text).collect()
}

/// The end of a bar: only the time if it is on the same day as the start.
pub(in crate::console::pages) fn until(from: Timestamp, to: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    if from.in_zone(zone).date() == to.in_zone(zone).date() {
        time_of_day(to, zone)
    } else {
        minute(to, zone, lang)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a duration in milliseconds, which is small and not negative"
)]
fn rounded(ms: f64) -> u64 {
    ms.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn starts(from: &str, to: &str, zone: &str) -> Vec<String> {
        let (from, to, zone) = (at(from), at(to), TimeZone::get(zone).unwrap());
        let all = bounds(from, to, Step::of(to.0 - from.0), &zone);
        assert!(all.is_sorted_by(|a, b| a < b));
        assert_eq!((all.first(), all.last()), (Some(&from), Some(&to)));
        all.iter()
            .map(|at| at.in_zone(&zone).strftime("%m-%d %H:%M:%S").to_string())
            .collect()
    }

    #[test]
    fn a_range_is_divided_into_dozens_of_bars() {
        for (minutes, bars) in [
            (2, 24..=25),
            (10, 40..=41),
            (60, 60..=61),
            (180, 36..=37),
            (1_440, 24..=25),
            (7 * 1_440, 28..=29),
            (30 * 1_440, 30..=31),
            (366 * 1_440, 52..=54),
        ] {
            let to = at("2026-11-24T12:34:00Z");
            let from = Timestamp(to.0 - minutes * MINUTE);
            let count = bounds(from, to, Step::of(to.0 - from.0), &TimeZone::UTC).len() - 1;
            assert!(bars.contains(&count), "{minutes}: {count}");
        }
    }

    #[test]
    fn bars_start_at_days_and_weeks_of_the_viewers_zone() {
        let days = starts("2026-10-20T10:00:00Z", "2026-11-05T10:00:00Z", "Europe/Paris");
        assert_eq!(days[1], "10-21 00:00:00");
        // This includes the days after the night with 25 hours.
        assert_eq!(days[days.len() - 2], "11-05 00:00:00");
        let weeks = starts("2026-01-01T10:00:00Z", "2026-11-05T10:00:00Z", "America/Montreal");
        assert_eq!(&weeks[1], "01-05 00:00:00");
        // Bars start at whole hours of UTC.
        let kolkata = starts("2026-11-01T10:00:00Z", "2026-11-24T10:00:00Z", "Asia/Kolkata");
        assert_eq!(&kolkata[1], "11-01 23:30:00");
    }

    #[test]
    fn the_scale_ends_at_a_round_number_with_a_whole_half() {
        for (most, end) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (3, 4),
            (7, 8),
            (9, 10),
            (11, 20),
            (59, 60),
            (121, 200),
            (1_201, 2_000),
            (40_001, 60_000),
        ] {
            assert_eq!(scale(most), end, "{most}");
        }
        assert!(scale(i64::MAX) > 0);
        for (count, text) in [(0, "0"), (999, "999"), (1_200, "1.2k"), (60_000, "60k"), (3_000_000, "3M")] {
            assert_eq!(short(count, Lang::En), text);
        }
        assert_eq!(short(1_200, Lang::Fr), "1,2k");
    }

    #[test]
    fn a_chart_has_six_short_times() {
        let of = |from, to| {
            axis(
                &bounds(at(from), at(to), Step::of(at(to).0 - at(from).0), &TimeZone::UTC),
                &TimeZone::UTC,
                Lang::En,
            )
        };
        assert_eq!(
            of("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"),
            ["12:00", "12:12", "12:24", "12:36", "12:48", "13:00"]
        );
        let week = of("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
        assert_eq!((week.len(), week[0].as_str(), week[5].as_str()), (6, "Mon 16 Nov", "Mon 23 Nov"));
        let days = of("2026-11-16T06:00:00Z", "2026-11-18T06:00:00Z");
        assert_eq!((days[0].as_str(), days[5].as_str()), ("Mon 06:00", "Wed 06:00"));
        let unique: std::collections::BTreeSet<&String> = days.iter().collect();
        assert_eq!(unique.len(), 6, "{days:?}");
        assert_eq!(of("2026-10-24T00:00:00Z", "2026-11-23T00:00:00Z")[0], "24 Oct");
    }

    #[test]
    fn counts_are_added_to_the_bar_of_their_time() {
        let figure = |at, succeeded, failed| Figure {
            at: Timestamp(at),
            succeeded,
            failed,
        };
        let bounds = [Timestamp(500), Timestamp(1_000), Timestamp(2_000)];
        let figures = [figure(0, 1, 0), figure(1_000, 2, 1), figure(1_500, 4, 0)];
        assert_eq!(sums(&bounds, &figures), [(1, 0), (6, 1)]);
    }
}
