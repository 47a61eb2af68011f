//! Parses media types in requests and events (RFC 9110, section 8.3.1; RFC 2045, section 5.1).

/// A media type. Of its parameters, only `charset` is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// Type and subtype in lower case: `application/json`.
    pub(crate) essence: String,
    /// The value of `charset`, in lower case.
    charset: Option<String>,
}

impl MediaType {
    /// Parses `type/subtype; name=value; name="value"`. Returns `None` if the text is not a media type, or has a parameter twice: programs
    /// disagree about which one counts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (essence, mut rest) = text.split_once(';').map_or((text, ""), |(essence, rest)| (essence, rest));
        let essence = essence.trim_matches([' ', '\t']).to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let (mut charset, mut names) = (None, Vec::new());
        loop {
            rest = rest.trim_start_matches([' ', '\t', ';']);
            if rest.is_empty() {
                return Some(Self { essence, charset });
            }
            let (name, after) = rest.split_once('=')?;
            let name = name.trim_matches([' ', '\t']);
            let (value, after) = parameter_value(after.trim_start_matches([' ', '\t']))?;
            if !is_token(name) || !(after.is_empty() || after.starts_with([' ', '\t', ';'])) {
                return None;
            }
            let name = name.to_ascii_lowercase();
            if names.contains(&name) {
                return None;
            }
            if name == "charset" {
                charset = Some(value.to_ascii_lowercase());
            }
            names.push(name);
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(';') {
                return None;
            }
        }
    }

    /// Whether it is a JSON type: `*/json` or `*/*+json` (CloudEvents JSON format, section 3.1.1).
    pub(crate) fn is_json(&self) -> bool {
        let subtype = self.essence.split_once('/').map_or("", |(_, subtype)| subtype);
        subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty())
    }

    /// The charset, if it is neither UTF-8 nor its subset US-ASCII.
    pub(crate) fn other_charset(&self) -> Option<&str> {
        let charset = self.charset.as_deref()?;
        (!["utf-8", "utf8", "us-ascii", "ascii"].contains(&charset)).then_some(charset)
    }
}

/// Parses a token or a quoted string. Returns the value and the rest of the text.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ';']).unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end)?;
        return is_token(value).then(|| (value.to_owned(), after));
    };
    let (mut value, mut characters) = (String::new(), quoted.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_every_spelling() {
        for (text, other) in [
            ("application/json", None),
            ("Application/JSON;charset=utf-8", None),
            ("application/json ; charset=UTF-8", None),
            ("application/json;charset=\"utf-8\"", None),
            ("application/json; CharSet=\"\\u\\tf-8\"", None),
            ("application/json;;charset=utf8;", None),
            ("application/json; profile=\"a;charset=latin1\"; charset=utf-8", None),
            ("application/json; charset=us-ascii", None),
            ("application/json; charset=ISO-8859-1", Some("iso-8859-1")),
            ("application/json; version=1; charset=\"utf-16\"", Some("utf-16")),
        ] {
            let media = MediaType::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (media.essence.as_str(), media.other_charset()),
                ("application/json", other),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_media_types() {
        for text in [
            "",
            "json",
            "application/",
            "/json",
            "application/json/x",
            "application json",
            "application/json; charset",
            "application/json; charset=",
            "application/json; charset=\"utf-8",
            "application/json; charset=\"utf-8\"x",
            "application/json; =utf-8",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json; charset=utf-8; Charset=iso-8859-1",
            "application/json; a=1; b=2; a=\"1\"",
            "application/json, text/plain",
            "application/jsön",
        ] {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn json_is_known_by_its_subtype() {
        for json in [
            "application/json",
            "text/json",
            "application/vnd.acme.role+json",
            "image/SVG+JSON; a=b",
        ] {
            assert!(MediaType::parse(json).unwrap().is_json(), "{json}");
        }
        for other in [
            "application/xml",
            "application/jsonp",
            "application/+json",
            "text/plain",
            "application/json+xml",
            "application/json-seq",
        ] {
            assert!(!MediaType::parse(other).unwrap().is_json(), "{other}");
        }
    }
}
