//! The list of webhooks.

use crate::{
    console::{ConsoleError, calls::ListView},
    domain::list::{Direction, Sort},
};

/// What the address says of the list. What it says wrongly counts as not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Part of name, URL or description.
    pub q: Option<String>,
    /// Only webhooks that hear of this event.
    pub event: Option<String>,
    /// Only those that stand so: `enabled`, `disabled`, `failing`.
    pub status: Option<String>,
    /// The column that orders the list.
    pub sort: Option<String>,
    /// Which way: `asc`, `desc`.
    pub dir: Option<String>,
    /// Which page, from 1.
    pub page: Option<String>,
}

impl ListQuery {
    /// The order of the list; by name when nothing is said.
    pub fn order(&self) -> (Sort, Direction) {
        let sort = self.sort.as_deref().and_then(|sort| sort.parse().ok());
        let direction = self.dir.as_deref().and_then(|direction| direction.parse().ok());
        (sort.unwrap_or(Sort::Name), direction.unwrap_or(Direction::Ascending))
    }

    /// Whether some webhooks are left out.
    pub fn is_narrow(&self) -> bool {
        self.q.is_some() || self.event.is_some() || self.status.is_some()
    }
}

/// A page of the webhooks that the viewer may see.
pub async fn list_webhooks(query: ListQuery) -> Result<ListView, ConsoleError> {
    let (app, by) = crate::console::server::caller()?;
    crate::console::server::list::page(&app, &by, query)
        .await
        .map_err(crate::console::server::console_error)
}
