//! Addresses that a log leads to: each keeps what the page's own address says, but for what it is there to change.

use jiff::tz::TimeZone;
use url::form_urlencoded::Serializer;

use crate::{
    console::calls::LogQuery,
    domain::{
        id::WebhookId,
        page::{Cursor, ListId},
        timestamp::Timestamp,
    },
};

/// Makes addresses.
pub struct Links<'a> {
    webhook: WebhookId,
    path: String,
    query: &'a LogQuery,
}

impl<'a> Links<'a> {
    /// Those of a webhook whose page has this address.
    pub fn new(id: WebhookId, query: &'a LogQuery) -> Self {
        Self {
            webhook: id,
            path: format!("/webhooks/{id}"),
            query,
        }
    }

    /// Whose log it is.
    pub const fn webhook(&self) -> WebhookId {
        self.webhook
    }

    /// The page's own path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the range and the filters are, as a query; `more` is added.
    pub fn kept(&self, more: &[(&str, &str)]) -> String {
        let LogQuery {
            range,
            from,
            to,
            response,
            event,
            ..
        } = self.query;
        let kept = [
            ("range", range),
            ("from", from),
            ("to", to),
            ("response", response),
            ("event", event),
        ];
        query(
            kept.into_iter()
                .filter_map(|(name, value)| Some((name, value.as_deref()?)))
                .chain(more.iter().copied()),
        )
    }

    /// The same rows on another page of the log.
    pub fn place(&self, name: &str, cursor: Cursor) -> String {
        format!("{}?{}#logs", self.path, self.kept(&[(name, &cursor.encode(&self.list()))]))
    }

    /// The list that a cursor of this log belongs to.
    pub fn list(&self) -> ListId {
        ListId::new(&self.path, [("query", self.kept(&[]).as_str())])
    }

    /// The top of the log.
    pub fn top(&self) -> String {
        self.with_query(&self.kept(&[]), "#logs")
    }

    /// The page of the log as it is, with or without an open callback.
    pub fn callback(&self, callback: Option<&str>) -> String {
        let mut query = self.here();
        if let Some(callback) = callback {
            let open = self::query([("callback", callback)].into_iter());
            query = [query.as_str(), &open]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("&");
        }
        self.with_query(&query, if callback.is_some() { "#callback" } else { "#logs" })
    }

    /// The page of the log as it is, as a query.
    pub fn here(&self) -> String {
        let LogQuery { after, before, .. } = self.query;
        let place = [("after", after.as_deref()), ("before", before.as_deref())];
        let place: Vec<(&str, &str)> = place.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.kept(&place)
    }

    /// What became of "Send again".
    pub fn sent(&self) -> Option<&str> {
        self.query.sent.as_deref()
    }

    /// A preset, with the filters.
    pub fn preset(&self, preset: &str) -> String {
        self.ranged([("range", preset), ("", "")])
    }

    /// A chosen range, with the filters.
    pub fn range(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> String {
        self.ranged([("from", &exact(from, zone)), ("to", &exact(to, zone))])
    }

    /// A file of the rows.
    pub fn export(&self, format: &str) -> String {
        format!("{}/callbacks/export?{}", self.path, self.kept(&[("format", format)]))
    }

    /// News of the rows.
    pub fn live(&self) -> String {
        format!("{}/callbacks/live?{}", self.path, self.kept(&[]))
    }

    fn ranged(&self, range: [(&str, &str); 2]) -> String {
        let LogQuery { response, event, .. } = self.query;
        let kept = [("response", response), ("event", event)];
        let kept = kept.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let query = query(range.into_iter().filter(|(name, _)| !name.is_empty()).chain(kept));
        self.with_query(&query, "#logs")
    }

    fn with_query(&self, query: &str, anchor: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}{anchor}", self.path)
    }
}

/// A moment for the address: as the date field gives it; where the clock shows that time twice, in UTC.
fn exact(at: Timestamp, zone: &TimeZone) -> String {
    let local = local_text(at, zone);
    if Timestamp::parse_local(&local, zone) == Ok(at) {
        local
    } else {
        at.rfc3339()
    }
}

/// A moment for the date field: to the minute, or to the second when it needs one.
pub fn local_text(at: Timestamp, zone: &TimeZone) -> String {
    let format = if at.0 % 60_000 == 0 {
        "%Y-%m-%dT%H:%M"
    } else {
        "%Y-%m-%dT%H:%M:%S"
    };
    at.in_zone(zone).strftime(format).to_string()
}

fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_they_are_not_there_to_change() {
        let asked = LogQuery {
            range: Some("7d".to_owned()),
            response: Some("failed".to_owned()),
            after: Some("here".to_owned()),
            ..LogQuery::default()
        };
        let id: WebhookId = "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05".parse().unwrap();
        let links = Links::new(id, &asked);
        let of = |link: String| link.strip_prefix(&format!("/webhooks/{id}")).unwrap().to_owned();
        assert_eq!(of(links.top()), "?range=7d&response=failed#logs");
        assert_eq!(of(links.preset("1h")), "?range=1h&response=failed#logs");
        assert_eq!(
            of(links.callback(Some("x"))),
            "?range=7d&response=failed&after=here&callback=x#callback"
        );
        assert_eq!(of(links.callback(None)), "?range=7d&response=failed&after=here#logs");
        assert_eq!(of(links.export("csv")), "/callbacks/export?range=7d&response=failed&format=csv");
        let zone = TimeZone::get("America/Montreal").unwrap();
        let at = |text| Timestamp::parse(text).unwrap();
        // The hour from one to two comes twice that night.
        assert_eq!(
            of(links.range(at("2026-11-01T05:00:00Z"), at("2026-11-01T06:00:00Z"), &zone)),
            "?from=2026-11-01T01%3A00&to=2026-11-01T06%3A00%3A00.000Z&response=failed#logs"
        );
    }
}
