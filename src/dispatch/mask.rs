//! Receivers that repeat what they were sent: the values of additional headers may be credentials, and are not kept in the log.

/// Stands for what was hidden.
pub(super) const HIDDEN: &str = "••••••";
/// Shorter values are no credentials, and stand in texts by chance.
const SHORTEST: usize = 8;

/// Values to hide in answers.
#[derive(Default)]
pub(super) struct Mask(Vec<Vec<u8>>);

impl Mask {
    /// Hides these values, and what follows a scheme in them (`Bearer …`).
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut hidden: Vec<Vec<u8>> = values
            .flat_map(|value| [Some(value), value.rsplit_once(' ').map(|(_, rest)| rest)])
            .flatten()
            .filter(|value| value.len() >= SHORTEST)
            .map(|value| value.as_bytes().to_vec())
            .collect();
        // The whole before its part.
        hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
        hidden.dedup();
        Self(hidden)
    }

    /// The text without the values. `is_cut` tells that it may end within one.
    pub(super) fn apply(&self, mut text: Vec<u8>, is_cut: bool) -> Vec<u8> {
        for value in &self.0 {
            text = without(text, value);
            if is_cut {
                let begun = (SHORTEST / 2..value.len()).rev().find(|length| text.ends_with(&value[..*length]));
                if let Some(length) = begun {
                    text.truncate(text.len() - length);
                    text.extend_from_slice(HIDDEN.as_bytes());
                }
            }
        }
        text
    }

    /// The same for a text that is whole.
    pub(super) fn apply_text(&self, text: String) -> String {
        if self.0.is_empty() {
            return text;
        }
        String::from_utf8_lossy(&self.apply(text.into_bytes(), false)).into_owned()
    }
}

fn without(text: Vec<u8>, value: &[u8]) -> Vec<u8> {
    let mut found = find(&text, value);
    if found.is_none() {
        return text;
    }
    let (mut masked, mut rest) = (Vec::with_capacity(text.len()), text.as_slice());
    while let Some(at) = found {
        masked.extend_from_slice(&rest[..at]);
        masked.extend_from_slice(HIDDEN.as_bytes());
        rest = &rest[at + value.len()..];
        found = find(rest, value);
    }
    masked.extend_from_slice(rest);
    masked
}

fn find(text: &[u8], value: &[u8]) -> Option<usize> {
    text.windows(value.len()).position(|window| window == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let mask = Mask::of(["Bearer abcdefgh12", "clearhook-production", "en"].into_iter());
        let hide = |text: &str| mask.apply_text(text.to_owned());
        assert_eq!(
            hide("you sent Bearer abcdefgh12, Bearer abcdefgh12!"),
            format!("you sent {HIDDEN}, {HIDDEN}!")
        );
        assert_eq!(hide("token=abcdefgh12"), format!("token={HIDDEN}"));
        assert_eq!(hide("open, when sent from clearhook"), "open, when sent from clearhook");
        assert_eq!(Mask::default().apply_text("as it is".to_owned()), "as it is");
    }

    #[test]
    fn one_that_is_cut_is_hidden_too() {
        let mask = Mask::of(["abcdefghijkl"].into_iter());
        assert_eq!(mask.apply(b"x abcdefgh".to_vec(), true), format!("x {HIDDEN}").into_bytes());
        assert_eq!(mask.apply(b"x abcdefgh".to_vec(), false), b"x abcdefgh");
        assert_eq!(mask.apply(b"x abc".to_vec(), true), b"x abc");
    }
}
