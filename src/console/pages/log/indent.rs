//! Formatting of JSON. Only white space between tokens changes: numbers, strings, the order of keys and duplicate keys stay unchanged.

use serde::de::IgnoredAny;

/// By how many bytes the result may be longer than four times the text. Deeply nested JSON would be up to 40 times as long.
const GROWTH_MAX: usize = 64 * 1024;

/// The text with each member on its own line. `None` if it is not JSON, already looks like that, or would be much longer.
pub(super) fn indented(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut shown = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut is_escaped, mut is_empty) = (0_usize, false, false, false);
    for sign in text.chars() {
        if shown.len() > 4 * text.len() + GROWTH_MAX {
            return None;
        }
        if in_string {
            shown.push(sign);
            match sign {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        if matches!(sign, ' ' | '\t' | '\r' | '\n') {
            continue;
        }
        if matches!(sign, '}' | ']') {
            depth = depth.saturating_sub(1);
            if !is_empty {
                end_line(&mut shown, depth);
            }
        } else if is_empty {
            end_line(&mut shown, depth);
        }
        is_empty = false;
        shown.push(sign);
        match sign {
            '{' | '[' => {
                depth += 1;
                is_empty = true;
            }
            ',' => end_line(&mut shown, depth),
            ':' => shown.push(' '),
            '"' => in_string = true,
            _ => {}
        }
    }
    (shown != text).then_some(shown)
}

fn end_line(shown: &mut String, depth: usize) {
    shown.push('\n');
    // Deeply nested JSON is not indented without limit.
    for _ in 0..depth.min(40) {
        shown.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_changes() {
        let text = r#"{"b":1.10,"a":[ ],"a":{},"big":12345678901234567890123,"e":1E+2,"s":"a \"{[,:]}\\ \u00e9","l":[1,{"x":null}]}"#;
        let expected = r#"{
  "b": 1.10,
  "a": [],
  "a": {},
  "big": 12345678901234567890123,
  "e": 1E+2,
  "s": "a \"{[,:]}\\ \u00e9",
  "l": [
    1,
    {
      "x": null
    }
  ]
}"#;
        assert_eq!(indented(text).as_deref(), Some(expected));
        assert_eq!(indented(expected), None, "it looks like that already");
        assert_eq!(indented(&expected.replace('\n', "\r\n")).as_deref(), Some(expected));
        let deep = |depth: usize, members: usize| format!("{}{}1{}", "[".repeat(depth), "1,".repeat(members), "]".repeat(depth));
        assert_eq!(indented(&deep(40, 20)).map(|shown| shown.lines().count()), Some(101));
        assert_eq!(indented(&deep(40, 100_000)), None, "20 times as long");
        for other in ["", "OK", "<p>", "{", "{} {}", "5", "\"a b\"", "{}"] {
            assert_eq!(indented(other), None, "{other}");
        }
    }
}
