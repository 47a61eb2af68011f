//! What a filter of the log says in SQL.

use sea_orm::Value;

use crate::{
    domain::{callback::Outcome, id::WebhookId, response::ResponseFilter},
    storage::callbacks::LogFilter,
};

/// A condition with its values.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct Condition {
    pub(in crate::storage) sql: String,
    pub(in crate::storage) values: Vec<Value>,
}

impl Condition {
    pub(in crate::storage) fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// Callbacks of a webhook within the filter's range.
    pub(in crate::storage) fn range(webhook: WebhookId, filter: &LogFilter) -> Self {
        let mut all = Self::default();
        all.and("webhook_id = ?", [webhook.0.into()]);
        if let Some(from) = filter.from {
            all.and("callback_date >= ?", [from.0.into()]);
        }
        if let Some(to) = filter.to {
            all.and("callback_date < ?", [to.0.into()]);
        }
        if filter.is_of_failures() {
            // Word for word what the index of failures says, so that it is used.
            all.and("outcome = 'failed'", []);
        }
        all
    }

    /// Everything else that the filter asks for.
    pub(in crate::storage) fn choose(&mut self, filter: &LogFilter) {
        const OK: &str = "status >= 200 AND status <= 299";
        // By the status and not by the outcome, which is in no index.
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
        if let Some(event) = filter.event {
            self.and("event_type = ?", [event.as_str().into()]);
        }
    }
}

impl LogFilter {
    fn is_of_failures(&self) -> bool {
        self.outcome == Some(Outcome::Failed) || self.response.is_some_and(ResponseFilter::is_of_failures)
    }

    /// Whether it asks for what only the rows themselves say.
    pub(in crate::storage) const fn asks_for_name(&self) -> bool {
        matches!(self.response, Some(ResponseFilter::Failure(_)))
    }

    /// Whether hourly figures tell how many callbacks it shows.
    pub fn is_by_outcome_only(&self) -> bool {
        let by_outcome = matches!(self.response, None | Some(ResponseFilter::Succeeded | ResponseFilter::Failed));
        by_outcome && self.status.is_none() && self.event.is_none()
    }
}
