//! Translates a log filter to SQL.

use sea_orm::Value;

use crate::{
    domain::{callback::Outcome, id::WebhookId, response::ResponseFilter},
    storage::{callbacks::LogFilter, raw_sql::marks},
};

/// An SQL condition and its parameters.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct Condition {
    pub(in crate::storage) sql: String,
    pub(in crate::storage) values: Vec<Value>,
}

impl Condition {
    pub(in crate::storage) fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() && !sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// Callbacks of a webhook in the filter's time range.
    pub(in crate::storage) fn range(webhook: WebhookId, filter: &LogFilter) -> Self {
        let mut all = Self::default();
        if let Some(deliveries) = &filter.deliveries {
            // The index on deliveries finds their few callbacks, so the one on the webhook is not used (`COALESCE`, which changes nothing else).
            all.and("COALESCE(webhook_id, webhook_id) = ?", [webhook.0.into()]);
            if deliveries.is_empty() {
                all.and("1 = 0", []);
            } else {
                let ids = deliveries.iter().map(|id| id.0.into());
                all.and(&format!("delivery_id IN {}", marks(deliveries.len())), ids);
            }
        } else {
            all.and("webhook_id = ?", [webhook.0.into()]);
        }
        all.add_range(filter);
        all
    }

    /// Callbacks of all webhooks in the filter's time range.
    pub(in crate::storage) fn of_all(filter: &LogFilter) -> Self {
        let mut all = Self::default();
        if let Some(deliveries) = &filter.deliveries {
            if deliveries.is_empty() {
                all.and("1 = 0", []);
            } else {
                let ids = deliveries.iter().map(|id| id.0.into());
                all.and(&format!("delivery_id IN {}", marks(deliveries.len())), ids);
            }
        }
        all.add_range(filter);
        all
    }

    /// Adds the time range of the filter.
    pub(in crate::storage) fn add_times(&mut self, filter: &LogFilter) {
        if let Some(from) = filter.from {
            self.and("callback_date >= ?", [from.0.into()]);
        }
        if let Some(to) = filter.to {
            self.and("callback_date < ?", [to.0.into()]);
        }
    }

    /// Adds the time range of the filter, and its condition on failures.
    fn add_range(&mut self, filter: &LogFilter) {
        self.add_times(filter);
        if filter.is_of_failures() {
            // The same text as in the partial index on failures, so that the index is used.
            self.and("outcome = 'failed'", []);
        }
    }

    /// Adds the other conditions of the filter.
    pub(in crate::storage) fn add_filter(&mut self, filter: &LogFilter) {
        const OK: &str = "status >= 200 AND status <= 299";
        // Compares the status and not the outcome, because the outcome is in no index.
        if filter.outcome == Some(Outcome::Succeeded) {
            self.and(OK, []);
        }
        if let Some(status) = filter.status {
            self.and("status = ?", [i32::from(status).into()]);
        }
        match filter.response {
            Some(ResponseFilter::Succeeded) => self.and(OK, []),
            Some(ResponseFilter::Class(digit)) => {
                let from = i32::from(digit) * 100;
                self.and("status >= ? AND status <= ?", [from.into(), (from + 99).into()]);
            }
            Some(ResponseFilter::Status(status)) => self.and("status = ?", [i32::from(status).into()]),
            Some(ResponseFilter::NoAnswer) => self.and("status IS NULL", []),
            Some(ResponseFilter::Failure(failure)) => self.and("status IS NULL AND response = ?", [failure.as_str().into()]),
            Some(ResponseFilter::Failed) | None => {}
        }
        if let Some(event) = &filter.event {
            self.and("event_type = ?", [event.as_str().into()]);
        }
    }
}

impl LogFilter {
    pub(in crate::storage) fn is_of_failures(&self) -> bool {
        self.outcome == Some(Outcome::Failed) || self.response.is_some_and(ResponseFilter::is_of_failures)
    }

    /// Whether the filter needs the response's name, which is in no index.
    pub(in crate::storage) const fn needs_response_name(&self) -> bool {
        matches!(self.response, Some(ResponseFilter::Failure(_)))
    }

    /// Whether the hourly statistics are enough to count the callbacks that match.
    pub fn is_by_outcome_only(&self) -> bool {
        let by_outcome = matches!(self.response, None | Some(ResponseFilter::Succeeded | ResponseFilter::Failed));
        by_outcome && self.status.is_none() && self.event.is_none() && self.deliveries.is_none()
    }
}
