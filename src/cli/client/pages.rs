//! Lists of the API, page by page.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Client, request::Call};
use crate::cli::error::CliError;

/// The largest page of the API.
const PAGE_MAX: u64 = 200;

/// A list that is read page by page.
pub(in crate::cli) struct Items<'a> {
    client: &'a Client,
    path: String,
    query: Vec<(&'static str, String)>,
    /// How many items are still wanted. `None`: all.
    wanted: Option<u64>,
    next: Next,
}

enum Next {
    First,
    After(String),
    End,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

impl<'a> Items<'a> {
    /// The first `wanted` items of a list, or all.
    pub(in crate::cli) fn of(client: &'a Client, path: impl Into<String>, wanted: Option<u64>) -> Self {
        Self {
            client,
            path: path.into(),
            query: Vec::new(),
            wanted,
            next: Next::First,
        }
    }

    /// Adds a filter, if there is a value.
    #[must_use]
    pub(in crate::cli) fn filter(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// The next items as the server has written them. `None` at the end.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<Vec<Box<RawValue>>>, CliError> {
        if matches!(self.next, Next::End) || self.wanted == Some(0) {
            return Ok(None);
        }
        let mut call: Call<'_> = self
            .client
            .get(self.path.clone())
            .query("limit", self.wanted.unwrap_or(PAGE_MAX).min(PAGE_MAX));
        for (name, value) in &self.query {
            call = call.query(name, value);
        }
        if let Next::After(cursor) = &self.next {
            call = call.query("cursor", cursor);
        }
        let page: Page = call.send().await?.read()?;
        if let Some(wanted) = &mut self.wanted {
            *wanted = wanted.saturating_sub(page.items.len() as u64);
        }
        self.next = page.next_cursor.map_or(Next::End, Next::After);
        Ok(Some(page.items))
    }

    /// Whether the list has more items than were wanted.
    pub(in crate::cli) const fn has_more(&self) -> bool {
        matches!(self.next, Next::After(_))
    }
}
