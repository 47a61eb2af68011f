//! Names of types.

/// Letters that a type has at most.
const LONGEST: usize = 200;

const SEPARATORS: [char; 5] = ['.', '_', '-', '/', ':'];

/// Whether a text is a valid event type; otherwise why not, as the rest of a sentence that begins with the name.
///
/// The rules are those of events.md: 1 to 200 of `A-Z a-z 0-9 . _ - / :`, begins and ends with a letter or digit, no two separators in a row, not
/// `import` or `new`, and no last segment `schema`, `versions` or `check`.
pub fn check(event_type: &str) -> Result<(), &'static str> {
    if event_type.is_empty() {
        return Err("is empty");
    }
    if event_type.len() > LONGEST {
        return Err("is longer than 200 characters");
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || SEPARATORS.contains(&character);
    if !event_type.chars().all(allowed) {
        return Err("has a character other than A-Z a-z 0-9 . _ - / :");
    }
    if event_type.starts_with(SEPARATORS) || event_type.ends_with(SEPARATORS) {
        return Err("does not begin and end with a letter or digit");
    }
    let bytes = event_type.as_bytes();
    if bytes
        .windows(2)
        .any(|pair| pair.iter().all(|byte| SEPARATORS.contains(&char::from(*byte))))
    {
        return Err("has two separators in a row");
    }
    let last = event_type.rsplit('/').next().unwrap_or_default();
    if ["import", "new"].contains(&event_type) || (last != event_type && ["schema", "versions", "check"].contains(&last)) {
        return Err("is kept for the API's own addresses");
    }
    if ["schema", "versions", "check"].contains(&event_type) {
        return Err("is kept for the API's own addresses");
    }
    Ok(())
}

/// The first of several possible names that is valid, or else the first that can be made valid. An error is a sentence.
pub(super) fn first_valid(names: &[String]) -> Result<String, String> {
    if let Some(valid) = names.iter().find(|name| check(name).is_ok()) {
        // A name that comes earlier counts more, if all that it needs is other separators.
        let earlier = names.iter().take_while(|name| *name != valid).find_map(|name| made_valid(name));
        return Ok(earlier.unwrap_or_else(|| valid.clone()));
    }
    if let Some(name) = names.iter().find_map(|name| made_valid(name)) {
        return Ok(name);
    }
    let Some(name) = names.first() else {
        return Err("The type has no name. Give it one with `x-event-type`.".to_owned());
    };
    let shown: String = name.chars().take(80).collect();
    let reason = check(name).err().unwrap_or("is not valid");
    Err(format!(
        "“{shown}” cannot be an event type: it {reason}. Name the type with `x-event-type`."
    ))
}

/// The name with blanks as `_` and other signs as `.`. None if letters would be lost, or the result is not valid all the same.
fn made_valid(name: &str) -> Option<String> {
    let mut made = String::new();
    let mut skipped = false;
    for character in name.trim().chars() {
        match character {
            // A parameter of a channel's address, `{id}`, names no type of event.
            '{' => skipped = true,
            '}' => skipped = false,
            _ if skipped => {}
            _ if character.is_ascii_alphanumeric() || SEPARATORS.contains(&character) => push(&mut made, character),
            _ if character.is_whitespace() => push(&mut made, '_'),
            _ if character.is_ascii_punctuation() => push(&mut made, '.'),
            _ => return None,
        }
    }
    let made = made.trim_matches(SEPARATORS);
    check(made).is_ok().then(|| made.to_owned())
}

/// Adds a character; of several separators in a row the first stays.
fn push(made: &mut String, character: char) {
    if !(SEPARATORS.contains(&character) && made.ends_with(SEPARATORS)) {
        made.push(character);
    }
}

/// A type as words for people: `invoice.paid` is "Invoice paid", `lightMeasured` "Light measured".
pub(super) fn for_people(event_type: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for character in event_type.chars() {
        if SEPARATORS.contains(&character) {
            words.push(' ');
        } else if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
            words.push(' ');
            words.push(character.to_ascii_lowercase());
        } else {
            words.push(character);
        }
        before = character;
    }
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_types_are_kept() {
        for valid in [
            "a",
            "invoice.paid",
            "com.example.order.created",
            "Microsoft.Storage.BlobCreated",
            "a/b:c-d_e",
            "schema.changed",
            "import.done",
        ] {
            assert_eq!(check(valid), Ok(()), "{valid}");
        }
        let long = "a".repeat(201);
        for invalid in [
            "",
            ".a",
            "a.",
            "a..b",
            "a._b",
            "a b",
            "é",
            "a$b",
            "import",
            "new",
            "schema",
            "a/schema",
            "a/versions",
            "a/check",
            &long,
        ] {
            assert!(check(invalid).is_err(), "{invalid}");
        }
        assert_eq!(check(&"a".repeat(200)), Ok(()));
    }

    #[test]
    fn names_are_made_valid_without_losing_letters() {
        for (name, made) in [
            ("check_run$completed", Some("check_run.completed")),
            ("Invoice paid", Some("Invoice_paid")),
            (" invoice, paid! ", Some("invoice.paid")),
            ("lights/{id}/measured", Some("lights/measured")),
            ("{id}", None),
            ("__a", Some("a")),
            ("платёж.создан", None),
            ("facture.payée", None),
            ("注文", None),
            ("!?", None),
            ("a / new", Some("a_new")),
        ] {
            assert_eq!(made_valid(name).as_deref(), made, "{name}");
        }
        let names = |names: &[&str]| first_valid(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["注文", "order.created"]).unwrap(), "order.created");
        assert_eq!(names(&["a b", "order.created"]).unwrap(), "a_b");
        assert!(names(&["注文"]).unwrap_err().contains("“注文”"));
        assert!(names(&[]).unwrap_err().contains("x-event-type"));
    }

    #[test]
    fn types_become_words() {
        for (event_type, words) in [
            ("invoice.paid", "Invoice paid"),
            ("lightMeasured", "Light measured"),
            ("Microsoft.Storage.BlobCreated", "Microsoft Storage Blob created"),
            ("a/b:c", "A b c"),
            ("URL.changed", "URL changed"),
        ] {
            assert_eq!(for_people(event_type), words);
        }
    }
}
