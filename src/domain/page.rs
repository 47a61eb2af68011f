//! Keyset pagination. A page begins after the last item of the previous page, even if items were added in the meantime.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::timestamp::Timestamp;

/// Default number of items on a page.
pub const LIMIT_DEFAULT: u64 = 50;
/// Maximum number of items on a page.
pub const LIMIT_MAX: u64 = 200;

/// Position of the last item of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time by which the list is ordered.
    pub at: Timestamp,
    /// The id of the item, which orders items with the same time.
    pub id: Uuid,
}

/// The text is not a cursor that [`Cursor::encode`] produced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this cursor is not one that a page of this list ended with")]
pub struct InvalidCursor;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Cursor {
    /// Encodes the cursor for a URL.
    pub fn encode(self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.at.0.to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes the text that [`Cursor::encode`] produced.
    pub fn decode(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (at, id) = bytes.split_first_chunk::<8>().ok_or(InvalidCursor)?;
        Ok(Self {
            at: Timestamp(i64::from_be_bytes(*at)),
            id: Uuid::from_slice(id).map_err(|_| InvalidCursor)?,
        })
    }
}

impl<T> Page<T> {
    /// Creates a page from the result of a query for `limit` + 1 items. The additional item shows whether there is a next page.
    pub fn of(mut found: Vec<T>, limit: u64, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(cursor);
        Self { items: found, next }
    }

    /// Converts each item of the page.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        let cursor = Cursor {
            at: Timestamp(1_764_000_000_123),
            id: Uuid::now_v7(),
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "abc", "###", &URL_SAFE_NO_PAD.encode([0; 23]), &URL_SAFE_NO_PAD.encode([0; 25])] {
            assert!(Cursor::decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let cursor = |n: &i64| Cursor {
            at: Timestamp(*n),
            id: Uuid::nil(),
        };
        let page = Page::of(vec![3, 2, 1], 2, cursor);
        assert_eq!((page.items, page.next.map(|next| next.at.0)), (vec![3, 2], Some(2)));
        assert!(Page::of(vec![3, 2], 2, cursor).next.is_none());
    }
}
