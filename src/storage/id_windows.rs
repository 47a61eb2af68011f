//! Searches a table by its primary key, newest first, in windows of time. The ids are UUIDv7, so a range of ids is a range of time. A filter that
//! no index answers then takes a limited time per page: a page that would take longer ends early, with the cursor of the next one.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::{
    domain::{
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    storage::uuid_time::{made_at, oldest_id_of},
};

/// The first window.
const FIRST: Duration = Duration::from_mins(15);
/// The longest window.
const LONGEST: Duration = Duration::from_hours(24 * 366);
/// After a query that took less than this, the next window is longer.
const QUICK: Duration = Duration::from_millis(200);
/// After a query that took more than this, the next window is shorter.
const SLOW: Duration = Duration::from_secs(1);
/// After this time a page ends with what it has.
const BUDGET: Duration = Duration::from_secs(3);

/// A range of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdRange {
    /// The lowest id, inclusive.
    pub(super) low: Uuid,
    /// The highest id, exclusive.
    pub(super) high: Uuid,
}

/// The windows of a search for a page.
pub(super) struct Windows {
    low: Uuid,
    /// The end of the next window, exclusive.
    high: Uuid,
    span: Duration,
    began: Instant,
    /// When the present window began.
    asked: Option<Instant>,
    limit: u64,
    /// Whether the page ended although there are windows left.
    is_cut: bool,
}

impl Windows {
    /// The windows of a page with at most `limit` rows.
    pub(super) fn of(range: IdRange, limit: u64) -> Self {
        Self {
            low: range.low,
            high: range.high,
            span: FIRST,
            began: Instant::now(),
            asked: None,
            limit,
            is_cut: false,
        }
    }

    /// The next window, newest first, and the maximum number of rows to read from it. `found` is the number of rows so far. `None` if the page is
    /// complete.
    pub(super) fn next(&mut self, found: usize) -> Option<(IdRange, u64)> {
        let more = self.limit.saturating_add(1).saturating_sub(found as u64);
        if more == 0 || self.high <= self.low {
            return None;
        }
        if let Some(asked) = self.asked {
            if self.began.elapsed() > BUDGET {
                self.is_cut = true;
                return None;
            }
            self.span = match asked.elapsed() {
                quick if quick < QUICK => (self.span * 4).min(LONGEST),
                slow if slow > SLOW => self.span / 4,
                _ => self.span,
            };
        }
        self.asked = Some(Instant::now());
        let high = self.high;
        self.high = oldest_id_of(made_at(high).minus(self.span)).max(self.low).min(high);
        Some((IdRange { low: self.high, high }, more))
    }

    /// The page with these rows. It can have fewer rows than its limit, or none, although there are more: only a page without a next one is the last.
    pub(super) fn page<T>(&self, found: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let cursor = |id| Cursor { at: Timestamp(0), id };
        if self.is_cut {
            return Page {
                items: found,
                next: Some(cursor(self.high)),
            };
        }
        Page::of(found, self.limit, |row| cursor(id(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids of these ages in hours, newest first.
    fn ids(hours: &[u64]) -> Vec<Uuid> {
        let now = Timestamp(1_764_000_000_000);
        hours
            .iter()
            .map(|hours| oldest_id_of(now.minus(Duration::from_hours(*hours))))
            .collect()
    }

    fn page(ids: &[Uuid], range: IdRange, limit: u64) -> Page<Uuid> {
        let (mut windows, mut found) = (Windows::of(range, limit), Vec::new());
        while let Some((window, most)) = windows.next(found.len()) {
            let inside = ids.iter().copied().filter(|id| *id >= window.low && *id < window.high);
            found.extend(inside.take(usize::try_from(most).unwrap()));
        }
        windows.page(found, |id| *id)
    }

    #[test]
    fn pages_in_windows_contain_each_row_once() {
        let ids = ids(&[0, 0, 1, 2, 30, 700, 8_000, 8_000, 60_000]);
        let ids: Vec<Uuid> = {
            let mut ids = ids;
            ids.dedup();
            ids
        };
        let mut range = IdRange {
            low: *ids.last().unwrap(),
            high: Uuid::max(),
        };
        range.high = oldest_id_of(made_at(ids[0]).plus(Duration::from_secs(1)));
        let mut seen = Vec::new();
        loop {
            let page = page(&ids, range, 2);
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            range.high = next.id;
        }
        assert_eq!(seen, ids);
    }

    #[test]
    fn an_empty_range_is_an_empty_page() {
        let id = Uuid::now_v7();
        let found = page(&[], IdRange { low: id, high: id }, 10);
        assert!(found.items.is_empty() && found.next.is_none());
    }
}
