//! Loads the list of webhooks.

use std::{collections::HashMap, time::Duration};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::{icon, owners::OwnerView, sparkline::SparklineView, time::AgoView},
        pages::webhooks::load_sparkline::{HOURS, sparkline},
        server::{dates, disabled_reason, lang, pattern_name, relative, zone},
    },
    delivery::Paused,
    domain::{
        answer::Failure,
        callback::Outcome,
        id::UserId,
        list::{Direction, Sort},
        timestamp::Timestamp,
        webhook::Status,
    },
    messages::{Lang, webhooks as say},
    services::error::UseCaseError,
    services::{event_types, webhooks},
    storage::{
        overview::HELD_MAX,
        stats::hour,
        users::UserRecord,
        webhooks::{HourCounts, Latest, ListPage, WebhookFilter, WebhookRecord},
    },
};

/// The numbers of webhooks per page that can be chosen. The first one is the default.
pub(super) const PAGE_SIZES: [u64; 3] = [25, 50, 100];

/// The query of the list. Values that are not valid are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Part of the name, the URL or the description.
    pub q: Option<String>,
    /// Only webhooks that subscribe to this event type.
    pub event: Option<String>,
    /// Only webhooks with this status: `enabled`, `disabled` or `failing`.
    pub status: Option<String>,
    /// Only webhooks of the owner with this id.
    pub owner: Option<String>,
    /// The column that orders the list.
    pub sort: Option<String>,
    /// The direction: `asc` or `desc`.
    pub dir: Option<String>,
    /// The number of webhooks per page.
    pub rows: Option<String>,
    /// The number of the page, from 1.
    pub page: Option<String>,
    /// Whether a webhook was just deleted.
    #[serde(skip_serializing)]
    pub deleted: Option<String>,
    /// The webhook that was just enabled or disabled.
    #[serde(skip_serializing)]
    pub switched: Option<String>,
    /// What was just done with several webhooks.
    #[serde(skip_serializing)]
    pub done: Option<String>,
    /// With how many.
    #[serde(skip_serializing)]
    pub count: Option<u64>,
    /// The time of this change, by which it can be undone.
    #[serde(skip_serializing)]
    pub at: Option<i64>,
}

impl ListQuery {
    /// The order of the list. By default by name.
    pub fn order(&self) -> (Sort, Direction) {
        let sort = self.sort.as_deref().and_then(|sort| sort.parse().ok());
        let direction = self.dir.as_deref().and_then(|direction| direction.parse().ok());
        (sort.unwrap_or(Sort::Name), direction.unwrap_or(Direction::Ascending))
    }

    /// The number of webhooks per page.
    pub fn page_size(&self) -> u64 {
        let asked = self.rows.as_deref().and_then(|rows| rows.parse().ok());
        asked.filter(|rows| PAGE_SIZES.contains(rows)).unwrap_or(PAGE_SIZES[0])
    }

    /// The filter, and the status of the webhooks.
    pub fn filter(&self, app: &AppState) -> (WebhookFilter, Option<Status>) {
        let filter = WebhookFilter {
            event: self.event.as_deref().and_then(|event| event_types::find(app, event).ok()),
            owner: self.owner.as_deref().and_then(|owner| owner.parse().ok()),
            q: self.q.clone(),
            ..WebhookFilter::default()
        };
        (filter, self.status.as_deref().and_then(|status| status.parse().ok()))
    }

    /// Whether each filter that is set can be read. [`filter`](Self::filter) ignores the others, which is right for a page, but not for a change
    /// of all webhooks that are found.
    pub fn is_exact(&self, app: &AppState) -> bool {
        let (filter, status) = self.filter(app);
        self.event.is_some() == filter.event.is_some()
            && self.owner.is_some() == filter.owner.is_some()
            && self.status.is_some() == status.is_some()
    }

    /// The page of the list that is asked for.
    pub fn asked(&self, app: &AppState) -> ListPage {
        let ((filter, status), (sort, direction)) = (self.filter(app), self.order());
        ListPage {
            filter,
            status,
            sort,
            direction,
            page: self.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1),
            rows: self.page_size(),
        }
    }

    /// Whether a filter is set.
    pub const fn is_filtered(&self) -> bool {
        self.q.is_some() || self.event.is_some() || self.status.is_some() || self.owner.is_some()
    }
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct RowView {
    /// The webhook.
    pub webhook: WebhookRecord,
    /// The name of its first event type.
    pub event: String,
    /// The icon of the group of this type.
    pub event_icon: &'static str,
    /// The number of further event types.
    pub more_events: u32,
    /// The names of all event types.
    pub events: String,
    /// The email addresses of its owners.
    pub owners: String,
    /// The reason of its status.
    pub reason: Option<String>,
    /// For how long it has been failing.
    pub failing_for: Option<String>,
    /// Whether its circuit breaker is open on this node, so that its callbacks are paused.
    pub is_paused: bool,
    /// Its newest callback.
    pub latest: Option<LatestView>,
    /// Its last 24 hours, if there was a callback.
    pub sparkline: Option<SparklineView>,
    /// The number of its held deliveries in words, if there are any.
    pub held: Option<String>,
}

/// The newest callback of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestView {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// The name of the status or of the failure.
    pub response: String,
    /// The status code or a short word for the failure.
    pub short: String,
    /// When it was made.
    pub at: AgoView,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct ListView {
    /// The rows.
    pub rows: Vec<RowView>,
    /// The number of webhooks on all pages.
    pub total: u64,
    /// The number of the first row, from 1.
    pub first: u64,
    /// The number of this page, from 1.
    pub page: u64,
    /// The number of pages.
    pub pages: u64,
    /// The number of webhooks by status, without the filters.
    pub standings: HashMap<Status, u64>,
    /// The users who can be owners.
    pub owners: Vec<OwnerView>,
    /// Whether the viewer may add and change webhooks.
    pub may_write: bool,
}

impl ListView {
    /// The number of webhooks without the filters.
    pub fn all(&self) -> u64 {
        self.standings.values().sum()
    }
}

/// What the rows of a page have in common.
struct Viewed {
    now: Timestamp,
    zone: TimeZone,
    lang: Lang,
    /// Email addresses of possible owners.
    emails: HashMap<UserId, String>,
}

/// Loads a page of the list.
pub async fn load(app: &AppState, by: &Principal, query: ListQuery) -> Result<ListView, UseCaseError> {
    let (asked, rows) = (query.asked(app), query.page_size());
    let now = Timestamp::now();
    let since = now.minus(Duration::from_hours(HOURS.unsigned_abs()));
    let mut shown = webhooks::shown_page(app, by, asked, since).await?;
    let viewed = Viewed {
        now,
        zone: zone(),
        lang: lang(),
        emails: shown.owners.iter().map(|user| (user.id, user.email.clone())).collect(),
    };
    let page_rows = shown.listed.rows.into_iter().map(|row| {
        let (latest, hours) = (shown.latest.remove(&row.id), shown.hours.remove(&row.id).unwrap_or_default());
        let held = shown.held.get(&row.id).copied().unwrap_or(0);
        let is_paused = matches!(app.dispatcher.paused(row.id), Some(Paused::Failing { .. }));
        RowView {
            is_paused,
            ..row_view(row, latest, &hours, held, &viewed)
        }
    });
    Ok(ListView {
        rows: page_rows.collect(),
        total: shown.listed.total,
        first: (shown.listed.page - 1) * rows + 1,
        page: shown.listed.page,
        pages: shown.listed.total.div_ceil(rows).max(1),
        standings: shown.standings,
        owners: shown.owners.into_iter().map(owner_view).collect(),
        may_write: by.may(Action::WriteWebhooks, false).is_ok(),
    })
}

fn owner_view(user: UserRecord) -> OwnerView {
    OwnerView {
        id: user.id.to_string(),
        email: user.email,
    }
}

fn row_view(webhook: WebhookRecord, latest: Option<Latest>, hours: &[HourCounts], held: u64, viewed: &Viewed) -> RowView {
    let Viewed { now, zone, lang, emails } = viewed;
    let (now, lang) = (*now, *lang);
    let names: Vec<String> = webhook.fields.events.iter().map(|event| pattern_name(event, lang)).collect();
    let owners: Vec<&str> = webhook
        .fields
        .owners
        .iter()
        .filter_map(|owner| emails.get(owner))
        .map(String::as_str)
        .collect();
    let failing = webhook.failing_since.filter(|_| webhook.status() == Status::Failing);
    RowView {
        event: names.first().cloned().unwrap_or_default(),
        event_icon: icon::of_event(
            webhook
                .fields
                .events
                .first()
                .map(ToString::to_string)
                .as_deref()
                .unwrap_or_default(),
        ),
        more_events: u32::try_from(names.len().saturating_sub(1)).unwrap_or(0),
        events: names.join(", "),
        owners: owners.join(", "),
        reason: match failing {
            Some(since) => Some(say::failing_since(lang, &dates::in_words(since, zone, lang))),
            None => webhook.disabled_reason.clone().map(disabled_reason),
        },
        failing_for: failing.map(|since| relative::span(since, now, lang)),
        is_paused: false,
        latest: latest.map(|latest| latest_view(latest, now, zone, lang)),
        sparkline: sparkline(hours, hour(now), lang),
        held: match held {
            0 => None,
            many if many > HELD_MAX => Some(say::held_many(lang, HELD_MAX)),
            some => Some(say::held(lang, some)),
        },
        webhook,
    }
}

/// The newest callback of a webhook.
pub fn latest_view(latest: Latest, now: Timestamp, zone: &TimeZone, lang: Lang) -> LatestView {
    LatestView {
        succeeded: latest.outcome == Outcome::Succeeded,
        status: latest.status,
        short: match latest.status {
            Some(status) => status.to_string(),
            None => short_failure(&latest.response, lang),
        },
        response: latest.response,
        at: relative::ago_view(latest.at, now, zone, lang),
    }
}

/// A short word for the reason why there was no response.
fn short_failure(response: &str, lang: Lang) -> String {
    let failure = Failure::ALL.into_iter().find(|failure| failure.as_str() == response);
    let word = match failure {
        Some(Failure::TimedOut) => say::short_timed_out(lang),
        Some(Failure::ConnectionRefused) => say::short_refused(lang),
        Some(Failure::ConnectionReset) => say::short_reset(lang),
        Some(Failure::NameNotResolved) => say::short_dns(lang),
        Some(Failure::TlsError) => say::short_tls(lang),
        Some(Failure::AddressBlocked) => say::short_blocked(lang),
        Some(Failure::ResponseInvalid) => say::short_invalid(lang),
        None => response,
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_a_short_word_in_both_languages() {
        for lang in Lang::ALL {
            let words: std::collections::HashSet<String> = Failure::ALL
                .into_iter()
                .map(|failure| short_failure(failure.as_str(), lang))
                .collect();
            assert_eq!(words.len(), Failure::ALL.len(), "{words:?}");
            assert!(words.iter().all(|word| word.chars().count() <= 9), "{words:?}");
        }
        assert_eq!(short_failure("SomethingNew", Lang::En), "SomethingNew");
    }

    #[test]
    fn a_page_has_one_of_the_offered_sizes() {
        for (asked, size) in [
            (None, 25),
            (Some("50"), 50),
            (Some("100"), 100),
            (Some("26"), 25),
            (Some("0"), 25),
            (Some("x"), 25),
            (Some("-1"), 25),
        ] {
            let query = ListQuery {
                rows: asked.map(str::to_owned),
                ..ListQuery::default()
            };
            assert_eq!(query.page_size(), size, "{asked:?}");
        }
    }
}
