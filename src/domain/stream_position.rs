//! Positions in the stream of attempts, which clients send back to continue after the last attempt they received.

use std::{fmt, str::FromStr, sync::Arc};

use crate::domain::id::CallbackId;

/// The longest snapshot, in bytes. It names the transactions that were running, up to about 20 bytes each.
const SNAPSHOT_MAX: usize = 8_000;

/// A place in the stream of attempts. As text, the id of a callback, followed on PostgreSQL by `/` and a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPosition {
    /// All attempts up to this one were sent, except those that the snapshot does not see.
    pub callback: CallbackId,
    /// What was committed when the stream was read. `None` where callbacks are committed in the order of their ids (SQLite), and if the
    /// client only knows an id.
    pub snapshot: Option<Snapshot>,
}

/// A snapshot of PostgreSQL (`pg_snapshot`): which transactions were committed at some time. `xmin:xmax:xip,xip,…`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(Arc<str>);

/// A text is not a position or a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPosition;

impl StreamPosition {
    /// The place after a callback of which nothing else is known.
    pub const fn after(callback: CallbackId) -> Self {
        Self { callback, snapshot: None }
    }
}

impl Snapshot {
    /// The text that PostgreSQL reads.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.callback.fmt(f)?;
        match &self.snapshot {
            Some(snapshot) => write!(f, "/{}", snapshot.0),
            None => Ok(()),
        }
    }
}

impl FromStr for StreamPosition {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (callback, snapshot) = match text.split_once('/') {
            Some((callback, snapshot)) => (callback, Some(snapshot.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            callback: callback.parse().map_err(|_| NotAPosition)?,
            snapshot,
        })
    }
}

impl FromStr for Snapshot {
    type Err = NotAPosition;

    /// Accepts what PostgreSQL writes, so that it accepts what it is given.
    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        if text.len() > SNAPSHOT_MAX {
            return Err(NotAPosition);
        }
        let mut parts = text.split(':');
        let (Some(first), Some(end), Some(running), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(NotAPosition);
        };
        let (first, end) = (transaction_id(first)?, transaction_id(end)?);
        let mut least = first;
        for id in running.split(',').filter(|_| !running.is_empty()) {
            let id = transaction_id(id)?;
            if id < least || id >= end {
                return Err(NotAPosition);
            }
            least = id + 1;
        }
        if first == 0 || end < first {
            return Err(NotAPosition);
        }
        Ok(Self(text.into()))
    }
}

fn transaction_id(text: &str) -> Result<i64, NotAPosition> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAPosition);
    }
    text.parse().map_err(|_| NotAPosition)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019ac3f0-0000-7000-8000-000000000001";

    #[test]
    fn a_position_is_read_as_it_was_written() {
        for text in [ID.to_owned(), format!("{ID}/740:740:"), format!("{ID}/740:752:740,741,751")] {
            let position: StreamPosition = text.parse().unwrap();
            assert_eq!(position.to_string(), text);
        }
    }

    #[test]
    fn what_postgresql_would_refuse_is_refused() {
        let long = format!("1:2:{}", "1".repeat(SNAPSHOT_MAX));
        for snapshot in [
            "",
            "1",
            "1:2",
            "0:1:",
            "2:1:",
            "1:2:2",
            "1:5:3,2",
            "1:5:3,3",
            "1:5:3,",
            "1:5:x",
            "-1:5:",
            "1:5:3:4",
            "1:+5:",
            "1: 5:",
            "1:99999999999999999999:",
            &long,
        ] {
            assert_eq!(snapshot.parse::<Snapshot>(), Err(NotAPosition), "{snapshot}");
        }
        for position in ["", "x", "/1:1:", "x/1:1:"] {
            assert_eq!(position.parse::<StreamPosition>(), Err(NotAPosition), "{position}");
        }
    }
}
