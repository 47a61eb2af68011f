//! Addresses of pages, written from the types that their queries are read into.

use std::collections::BTreeMap;

use leptos::prelude::use_context;
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use crate::domain::event_type::EventType;

/// The address of `path` with `query`. Fields that are `None` are left out.
///
/// `query` is a struct of text, numbers and options, as pages read with [`page_query`]. Anything else cannot be written as a query; the
/// address then has none.
pub fn href(path: &str, query: &impl Serialize) -> String {
    let query = serde_html_form::to_string(query).unwrap_or_default();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// The address of the page of an event type.
pub fn event_type_path(event_type: &EventType) -> String {
    format!("/event-types/{}", event_type.in_path())
}

/// Reads the query of the page that is being rendered. A field that is empty, or that does not fit its type, counts as not given.
pub fn page_query<T: DeserializeOwned + Default>() -> T {
    let parts = use_context::<axum::http::request::Parts>();
    parts.and_then(|parts| parts.uri.query().map(read_query)).unwrap_or_default()
}

/// Reads an encoded query. Empty fields are left out, because a form sends each of its fields whether it is filled in or not. If a field is
/// given more than once, the last one counts.
pub fn read_query<T: DeserializeOwned + Default>(encoded: &str) -> T {
    let last: BTreeMap<_, _> = form_urlencoded::parse(encoded.as_bytes()).collect();
    let kept = last.into_iter().filter(|(_, value)| !value.is_empty());
    let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    serde_html_form::from_str(&kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    struct Query {
        q: Option<String>,
        page: Option<u64>,
    }

    #[test]
    fn an_address_is_read_back_as_it_was_written() {
        let query = Query {
            q: Some("a&b=c é+%#\"'<".to_owned()),
            page: Some(2),
        };
        let address = href("/webhooks", &query);
        assert_eq!(address, "/webhooks?q=a%26b%3Dc+%C3%A9%2B%25%23%22%27%3C&page=2");
        assert_eq!(read_query::<Query>(address.split_once('?').unwrap().1), query);
        assert_eq!(href("/webhooks", &Query::default()), "/webhooks");
    }

    #[test]
    fn empty_and_unknown_fields_are_ignored_and_the_last_of_several_counts() {
        let query: Query = read_query("q=&other=1&page=2&q=a&q=");
        assert_eq!((query.q, query.page), (None, Some(2)), "the last `q` is empty");
        let query: Query = read_query("q=a&q=b&page=");
        assert_eq!(query.q.as_deref(), Some("b"));
        assert_eq!(read_query::<Query>("page=x"), Query::default());
    }
}
