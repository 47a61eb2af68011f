//! The texts of the console in English and French. `crates/messages-build` generates a function from each message in `locales`, and a
//! module from each file. A message that is missing in one language, or has other variables there, does not compile.

use std::{borrow::Cow, ops::RangeInclusive};

mod generated {
    use super::{Lang, is_one, isolated, number};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

pub use self::generated::*;

impl std::error::Error for validation::ValidationError {}

/// A language of the console. The texts of the HTTP API are in English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// All languages, in the order in which users can choose them.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The language's tag (BCP 47).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Parses a tag. Subtags after the language (`fr-CA`) are ignored.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(language))
    }

    /// The best language of an `Accept-Language` (RFC 9110, section 12.5.4).
    pub fn accepted(header: &str) -> Option<Self> {
        let weighed = header.split(',').filter_map(|entry| {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
            Some((Self::of_tag(tag)?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // If weights are equal, the first one counts.
        let best = weighed.fold(None, |best: Option<(Self, f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
        best.map(|(lang, _)| lang)
    }
}

/// Formats a number with thousands separators: "1,204" in English, "1 204" with a narrow no-break space in French.
pub fn number(lang: Lang, number: u64) -> String {
    let between = match lang {
        Lang::En => ',',
        Lang::Fr => '\u{202f}',
    };
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(between);
        }
        text.push(digit);
    }
    text
}

/// Invisible characters that change the direction of the text around them (Unicode Standard Annex 9).
const DIRECTION_CONTROLS: [RangeInclusive<char>; 4] = [
    '\u{61c}'..='\u{61c}',
    '\u{200e}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
];

fn is_in(ranges: &[RangeInclusive<char>], sign: char) -> bool {
    ranges.iter().any(|range| range.contains(&sign))
}

/// The text without direction controls.
pub fn visible(text: &str) -> String {
    text.chars().filter(|sign| !is_in(&DIRECTION_CONTROLS, *sign)).collect()
}

/// A user's text for use within a sentence. A text that contains right-to-left characters or direction controls is isolated, so that it
/// does not change the direction of the sentence (Unicode Standard Annex 9, isolates).
fn isolated(text: &str) -> Cow<'_, str> {
    const RIGHT_TO_LEFT: [RangeInclusive<char>; 5] = [
        '\u{590}'..='\u{8ff}',
        '\u{fb1d}'..='\u{fdff}',
        '\u{fe70}'..='\u{feff}',
        '\u{10800}'..='\u{10fff}',
        '\u{1e800}'..='\u{1efff}',
    ];
    if !text
        .chars()
        .any(|sign| is_in(&DIRECTION_CONTROLS, sign) || is_in(&RIGHT_TO_LEFT, sign))
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("\u{2068}{}\u{2069}", visible(text)))
}

/// Whether a count has the singular form (CLDR, plural rules for whole numbers).
const fn is_one(lang: Lang, count: u64) -> bool {
    match lang {
        Lang::En => count == 1,
        Lang::Fr => count <= 1,
    }
}

impl std::fmt::Display for validation::ValidationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_follows_accept_language_weights() {
        for (header, best) in [
            ("fr-CA,fr;q=0.9,en;q=0.8", Some(Lang::Fr)),
            ("de, en-GB;q=0.7, fr;q=0.3", Some(Lang::En)),
            ("en;q=0.2, fr;q=0.9", Some(Lang::Fr)),
            ("fr;q=0, en", Some(Lang::En)),
            ("FR", Some(Lang::Fr)),
            ("de, *;q=0.5", None),
            ("", None),
            (";;q=,fr;q=x", None),
        ] {
            assert_eq!(Lang::accepted(header), best, "{header}");
        }
    }

    #[test]
    fn counts_have_plural_forms() {
        let text = |lang, count| webhooks::count(lang, count);
        assert_eq!(
            [0, 1, 2].map(|count| text(Lang::En, count)),
            ["0 webhooks", "1 webhook", "2 webhooks"]
        );
        assert_eq!(
            [0, 1, 2].map(|count| text(Lang::Fr, count)),
            ["0 webhook", "1 webhook", "2 webhooks"]
        );
        assert_eq!(text(Lang::En, 10_000), "10,000 webhooks");
        assert_eq!(text(Lang::Fr, 10_000), "10\u{202f}000 webhooks");
    }

    #[test]
    fn numbers_have_separators_of_thousands() {
        assert_eq!(
            [0, 38, 999, 1_204, 15_000, 1_234_567].map(|n| number(Lang::En, n)),
            ["0", "38", "999", "1,204", "15,000", "1,234,567"]
        );
    }

    #[test]
    fn inserted_names_do_not_change_text_direction() {
        let text = |name| administration::key_is(Lang::En, name);
        assert_eq!(text("Payroll é"), "Key of “Payroll é”");
        assert_eq!(text("שכר"), "Key of “\u{2068}שכר\u{2069}”");
        assert_eq!(text("a\u{202e}b\u{2069}"), "Key of “\u{2068}ab\u{2069}”");
    }

    #[test]
    fn french_punctuation_has_non_breaking_spaces() {
        assert_eq!(administration::key_is(Lang::Fr, "paie"), "Clé de «\u{a0}paie\u{a0}»");
        assert!(administration::shown_once(Lang::Fr).starts_with("À copier maintenant\u{a0}:"));
        assert!(!administration::shown_once(Lang::En).contains('\u{a0}'));
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/fr")).unwrap() {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            let messages = text.lines().filter(|line| !line.starts_with('#'));
            for (_, message) in messages.filter_map(|line| line.split_once(" = ")) {
                // A sign after something else than a word is one that is quoted.
                let ends_word = |at: usize| message[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '}' | '`' | '»'));
                let is_breaking = [" :", " ;", " !", " ?", " »"].iter().any(|pair| {
                    let mut found = message.match_indices(pair).filter(|(at, _)| ends_word(*at));
                    found.any(|(at, _)| message[at + pair.len()..].chars().next().is_none_or(char::is_whitespace))
                }) || message.contains("« ");
                assert!(!is_breaking, "{}: {message}", file.display());
            }
        }
    }

    #[test]
    fn validation_error_has_a_text_in_both_languages() {
        let wrong = validation::ValidationError::TooManyCharacters { max: 2_000 };
        assert_eq!(wrong.to_string(), "Use at most 2,000 characters.");
        assert_eq!(wrong.text(Lang::Fr), "Utilisez au plus 2\u{202f}000 caractères.");
    }
}
