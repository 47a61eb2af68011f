//! The addresses of the links of a log. Each keeps the query of the page except for the part that it changes.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::{
    console::{
        href::href,
        pages::log::{log_query::LogQuery, range::Range},
    },
    domain::{
        id::WebhookId,
        page::{Cursor, ListId},
        timestamp::Timestamp,
    },
};

/// The addresses of one page of a log.
pub(super) struct LogUrls<'a> {
    webhook: WebhookId,
    path: String,
    query: &'a LogQuery,
}

/// The query of an export: the rows of the log and the kind of file.
#[derive(Serialize)]
struct ExportQuery<'a> {
    range: &'a Option<String>,
    from: &'a Option<String>,
    to: &'a Option<String>,
    response: &'a Option<String>,
    event: &'a Option<String>,
    q: &'a Option<String>,
    times: &'a Option<String>,
    format: &'a str,
}

impl<'a> LogUrls<'a> {
    /// The addresses for the page of this webhook with this query.
    pub(super) fn new(id: WebhookId, query: &'a LogQuery) -> Self {
        Self {
            webhook: id,
            path: format!("/webhooks/{id}"),
            query,
        }
    }

    /// The webhook.
    pub(super) const fn webhook(&self) -> WebhookId {
        self.webhook
    }

    /// The query of the page.
    pub(super) const fn asked(&self) -> &LogQuery {
        self.query
    }

    /// The path of the page.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The rows below a row.
    pub(super) fn older(&self, cursor: Cursor) -> String {
        self.rows(&LogQuery {
            after: Some(cursor.encode(&self.list())),
            ..self.query.first_page()
        })
    }

    /// The rows above a row.
    pub(super) fn newer(&self, cursor: Cursor) -> String {
        self.rows(&LogQuery {
            before: Some(cursor.encode(&self.list())),
            ..self.query.first_page()
        })
    }

    /// The list to which the cursors of this log belong. How its times are shown, and from which list of webhooks one came, do not matter.
    pub(super) fn list(&self) -> ListId {
        let query = LogQuery {
            times: None,
            list: None,
            ..self.query.first_page()
        };
        ListId::new(&self.path, [("query", href("", &query).as_str())])
    }

    /// The position after which the rows of the page begin.
    pub(super) fn after(&self) -> Option<Cursor> {
        self.list().cursor(self.query.after.as_deref())
    }

    /// The first page of the log.
    pub(super) fn top(&self) -> String {
        self.rows(&self.query.first_page())
    }

    /// The same page of the log with an open callback.
    pub(super) fn callback(&self, id: &str) -> String {
        let query = LogQuery {
            callback: Some(id.to_owned()),
            ..self.query.closed()
        };
        format!("{}#callback", href(&self.path, &query))
    }

    /// The same page of the log without an open callback.
    pub(super) fn closed(&self) -> String {
        self.rows(&self.query.closed())
    }

    /// The query of the first page of the log, encoded.
    pub(super) fn first_page_query(&self) -> String {
        href("", &self.query.first_page()).trim_start_matches('?').to_owned()
    }

    /// The query of the page without an open callback, encoded.
    pub(super) fn closed_query(&self) -> String {
        href("", &self.query.closed()).trim_start_matches('?').to_owned()
    }

    /// The result of "Send again".
    pub(super) fn sent(&self) -> Option<&str> {
        self.query.sent.as_deref()
    }

    /// The callbacks of a message, at any time.
    pub(super) fn of_message(&self, message: &str) -> String {
        self.rows(&LogQuery {
            range: Some("12m".to_owned()),
            q: Some(message.to_owned()),
            times: self.query.times.clone(),
            list: self.query.list.clone(),
            ..LogQuery::default()
        })
    }

    /// A preset range with the same filters.
    pub(super) fn preset(&self, preset: &str) -> String {
        self.rows(&LogQuery {
            range: Some(preset.to_owned()),
            ..self.filters()
        })
    }

    /// A custom range with the same filters.
    pub(super) fn range(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> String {
        self.rows(&LogQuery {
            from: Some(exact(from, zone)),
            to: Some(exact(to, zone)),
            ..self.filters()
        })
    }

    /// The first page of the log with other filters.
    pub(super) fn filtered(&self, query: LogQuery) -> String {
        self.rows(&query.first_page())
    }

    /// The usual range without filters.
    pub(super) fn cleared(&self) -> String {
        self.rows(&LogQuery {
            times: self.query.times.clone(),
            list: self.query.list.clone(),
            ..LogQuery::default()
        })
    }

    /// The default range with the same filters.
    pub(super) fn default_range(&self) -> String {
        self.rows(&self.filters())
    }

    /// The same page with times in UTC or in the viewer's zone, which is `zone`. A custom range is the same time in the other zone.
    pub(super) fn times(&self, utc: bool, range: Option<&Range>, zone: &TimeZone) -> String {
        let mut query = LogQuery {
            times: utc.then(|| "utc".to_owned()),
            ..self.query.clone()
        };
        if let Some(range) = range.filter(|range| range.preset.is_none()) {
            (query.from, query.to) = (Some(exact(range.from, zone)), Some(exact(range.to, zone)));
        }
        self.rows(&query)
    }

    /// The page with the dialog "Send again…" for everything since a time.
    pub(super) fn send_again_since(&self, at: Timestamp) -> String {
        #[derive(Serialize)]
        struct Since {
            again: &'static str,
            again_from: String,
        }
        let page = href(&self.path, &self.query.closed());
        let dialog = href(
            "",
            &Since {
                again: "custom",
                again_from: at.rfc3339(),
            },
        );
        let dialog = if page.contains('?') { dialog.replacen('?', "&", 1) } else { dialog };
        format!("{page}{dialog}#send-again")
    }

    /// The rows as a file.
    pub(super) fn export(&self, format: &str) -> String {
        let LogQuery {
            range,
            from,
            to,
            response,
            event,
            q,
            times,
            ..
        } = self.query;
        let query = ExportQuery {
            range,
            from,
            to,
            response,
            event,
            q,
            times,
            format,
        };
        href(&format!("{}/callbacks/export", self.path), &query)
    }

    /// The stream of new rows.
    pub(super) fn live(&self) -> String {
        href(&format!("{}/callbacks/live", self.path), &self.query.first_page())
    }

    fn filters(&self) -> LogQuery {
        LogQuery {
            response: self.query.response.clone(),
            event: self.query.event.clone(),
            q: self.query.q.clone(),
            times: self.query.times.clone(),
            list: self.query.list.clone(),
            ..LogQuery::default()
        }
    }

    fn rows(&self, query: &LogQuery) -> String {
        format!("{}#logs", href(&self.path, query))
    }
}

/// A time in an address: local, as the date field sends it, or in UTC if the local time occurs twice (end of daylight saving time).
fn exact(at: Timestamp, zone: &TimeZone) -> String {
    let local = local_text(at, zone);
    if Timestamp::parse_local(&local, zone) == Ok(at) {
        local
    } else {
        at.rfc3339()
    }
}

/// A time as the value of a date field: with seconds only if they are not zero.
pub(super) fn local_text(at: Timestamp, zone: &TimeZone) -> String {
    let format = if at.0 % 60_000 == 0 {
        "%Y-%m-%dT%H:%M"
    } else {
        "%Y-%m-%dT%H:%M:%S"
    };
    at.in_zone(zone).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_only_its_own_part_of_the_query() {
        let asked = LogQuery {
            range: Some("7d".to_owned()),
            response: Some("failed".to_owned()),
            after: Some("here".to_owned()),
            ..LogQuery::default()
        };
        let id: WebhookId = "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05".parse().unwrap();
        let urls = LogUrls::new(id, &asked);
        let of = |link: String| link.strip_prefix(&format!("/webhooks/{id}")).unwrap().to_owned();
        assert_eq!(of(urls.top()), "?range=7d&response=failed#logs");
        assert_eq!(of(urls.preset("1h")), "?range=1h&response=failed#logs");
        assert_eq!(of(urls.callback("x")), "?range=7d&response=failed&after=here&callback=x#callback");
        assert_eq!(of(urls.closed()), "?range=7d&response=failed&after=here#logs");
        assert_eq!(of(urls.export("csv")), "/callbacks/export?range=7d&response=failed&format=csv");
        let zone = TimeZone::get("America/Montreal").unwrap();
        let at = |text| Timestamp::parse(text).unwrap();
        // The hour from one to two occurs twice that night.
        assert_eq!(
            of(urls.range(at("2026-11-01T05:00:00Z"), at("2026-11-01T06:00:00Z"), &zone)),
            "?from=2026-11-01T01%3A00&to=2026-11-01T06%3A00%3A00.000Z&response=failed#logs"
        );
    }
}
