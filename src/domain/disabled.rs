//! Why clearhook itself disables a webhook.

use std::{fmt, time::Duration};

use crate::messages::{Lang, common};

/// Why clearhook itself disabled a webhook. Stored as its English text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// The receiver answered 410.
    Gone,
    /// Nothing succeeded for so long.
    AllFailed(Duration),
}

impl DisabledReason {
    /// Reads back what was stored.
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::Gone.to_string() {
            return Some(Self::Gone);
        }
        let around = common::disabled_failed(Lang::En, "|");
        let (before, after) = around.split_once('|')?;
        let span = text.strip_prefix(before)?.strip_suffix(after)?;
        humantime::parse_duration(span).ok().map(Self::AllFailed)
    }
}

impl fmt::Display for DisabledReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str(common::disabled_gone(Lang::En)),
            Self::AllFailed(span) => f.write_str(&common::disabled_failed(Lang::En, &humantime::format_duration(*span).to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_back() {
        for reason in [DisabledReason::Gone, DisabledReason::AllFailed(Duration::from_secs(432_000))] {
            assert_eq!(DisabledReason::parse(&reason.to_string()), Some(reason));
        }
        assert_eq!(DisabledReason::parse("It was full moon."), None);
    }
}
