//! Keyset pagination. A page begins after the last item of the previous page, even if items were added in the meantime.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
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

/// The text is not a cursor that [`Cursor::encode`] produced for the same list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "this cursor is not one that a page of this list ended with; begin without a cursor, or keep the filters of the page that it is from"
)]
pub struct InvalidCursor;

/// The version of the format of cursors.
const VERSION: u8 = 1;
/// The length of the checksum in a cursor, in bytes.
const CHECKSUM: usize = 8;

/// The list that a cursor belongs to: its name or path, and its filters. A position in one list means nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListId([u8; 32]);

impl ListId {
    /// The list with this name and these filters. The order of the filters has no meaning, and an empty filter counts as none.
    pub fn new<'a>(name: &str, filters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut filters: Vec<_> = filters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        filters.sort_unstable();
        let mut hash = Sha256::new();
        let parts = [name]
            .into_iter()
            .chain(filters.into_iter().flat_map(|(name, value)| [name, value]));
        for part in parts {
            // The length separates the parts.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The cursor in the query of a page of the console. A text that is not a cursor of this list counts as none, so that the page begins at
    /// the start of the list.
    pub fn cursor(&self, text: Option<&str>) -> Option<Cursor> {
        Cursor::decode(text?, self).ok()
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Cursor {
    /// Encodes the cursor for a URL: version, time, id, and a checksum over these and the list.
    pub fn encode(self, list: &ListId) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.at.0.to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        let checksum = checksum(&bytes, list);
        bytes.extend_from_slice(&checksum);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes the text that [`Cursor::encode`] produced for the same list.
    pub fn decode(text: &str, list: &ListId) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (content, given) = bytes.split_last_chunk::<CHECKSUM>().ok_or(InvalidCursor)?;
        let (version, rest) = content.split_first().ok_or(InvalidCursor)?;
        let (at, id) = rest.split_first_chunk::<8>().ok_or(InvalidCursor)?;
        if *version != VERSION || *given != checksum(content, list) {
            return Err(InvalidCursor);
        }
        Ok(Self {
            at: Timestamp(i64::from_be_bytes(*at)),
            id: Uuid::from_slice(id).map_err(|_| InvalidCursor)?,
        })
    }
}

/// Detects cursors that were changed or belong to another list. It is no protection against forgery, which a cursor does not need: it only
/// selects rows that the caller may see anyway.
fn checksum(content: &[u8], list: &ListId) -> [u8; CHECKSUM] {
    let hash: [u8; 32] = Sha256::new().chain_update(list.0).chain_update(content).finalize().into();
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&hash[..CHECKSUM]);
    checksum
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

    fn list() -> ListId {
        ListId::new("/webhooks", [("q", "a"), ("enabled", "true")])
    }

    #[test]
    fn cursor_is_decoded_to_its_position() {
        let cursor = Cursor {
            at: Timestamp(1_764_000_000_123),
            id: Uuid::now_v7(),
        };
        let same = ListId::new("/webhooks", [("enabled", "true"), ("event", ""), ("q", "a")]);
        assert_eq!(Cursor::decode(&cursor.encode(&list()), &same), Ok(cursor));
    }

    #[test]
    fn cursors_of_other_lists_are_refused() {
        let cursor = Cursor {
            at: Timestamp(1_764_000_000_123),
            id: Uuid::now_v7(),
        };
        let text = cursor.encode(&list());
        for other in [
            ListId::new("/events", [("q", "a"), ("enabled", "true")]),
            ListId::new("/webhooks", [("q", "a")]),
            ListId::new("/webhooks", [("q", "a"), ("enabled", "false")]),
            ListId::new("/webhooks", [("q", "aenabled"), ("", "true")]),
            ListId::new("/webhooks", []),
        ] {
            assert!(Cursor::decode(&text, &other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn malformed_cursor_is_refused() {
        let text = Cursor {
            at: Timestamp(1_764_000_000_123),
            id: Uuid::now_v7(),
        }
        .encode(&list());
        let mut old = text.clone();
        old.replace_range(..2, "Ag");
        let changed = (0..text.len()).map(|at| {
            let mut changed = text.clone();
            changed.replace_range(at..=at, if &text[at..=at] == "A" { "B" } else { "A" });
            changed
        });
        let cut = (0..text.len()).map(|end| text[..end].to_owned());
        let others = [
            text.to_uppercase(),
            text.to_lowercase(),
            format!("{text}="),
            format!(" {text}"),
            format!("{text}AAAA"),
            "###".to_owned(),
            URL_SAFE_NO_PAD.encode([0; 24]),
            URL_SAFE_NO_PAD.encode([0; 33]),
            old,
        ];
        for bad in changed.chain(cut).chain(others) {
            assert!(Cursor::decode(&bad, &list()).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_full_page_has_a_next_cursor() {
        let cursor = |n: &i64| Cursor {
            at: Timestamp(*n),
            id: Uuid::nil(),
        };
        let page = Page::of(vec![3, 2, 1], 2, cursor);
        assert_eq!((page.items, page.next.map(|next| next.at.0)), (vec![3, 2], Some(2)));
        assert!(Page::of(vec![3, 2], 2, cursor).next.is_none());
    }
}
