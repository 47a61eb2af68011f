//! Names of types.

use std::collections::HashSet;

/// The name of the type of a callback's body: `IdentityCreated` for `identity.created`.
pub fn root_name(event_type: &str) -> String {
    identifier(event_type)
}

/// An identifier in the manner of TypeScript: words begin with a capital, what no identifier may hold is left out.
pub(super) fn identifier(text: &str) -> String {
    let mut name = String::new();
    let mut starts_word = true;
    for character in text.chars() {
        if character == '_' || !unicode_ident::is_xid_continue(character) {
            starts_word = true;
            continue;
        }
        if starts_word {
            let mut upper = character.to_uppercase();
            // A capital of several letters, such as that of `ß`, is none of an identifier's parts for sure.
            match (upper.next(), upper.next()) {
                (Some(only), None) if unicode_ident::is_xid_continue(only) => name.push(only),
                _ => name.push(character),
            }
        } else {
            name.push(character);
        }
        starts_word = false;
    }
    match name.chars().next() {
        None => "Type".to_owned(),
        Some(first) if !unicode_ident::is_xid_start(first) => format!("Type{name}"),
        // In a script without capitals a word may begin in lower case, as do the names that TypeScript keeps for itself.
        Some(first) if first.is_ascii_lowercase() => format!("Type{name}"),
        Some(_) => name,
    }
}

/// The names that a module has given out.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// The name, with a number if it is taken.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_becomes_an_identifier() {
        for (text, name) in [
            ("identity.created", "IdentityCreated"),
            ("identity_request.created", "IdentityRequestCreated"),
            ("Microsoft.Storage.BlobCreated", "MicrosoftStorageBlobCreated"),
            ("3d/printed", "Type3dPrinted"),
            ("заказ", "Заказ"),
            ("注文", "注文"),
            ("a b$c", "ABC"),
            ("$ref", "Ref"),
            ("", "Type"),
            ("…", "Type"),
            ("string", "String"),
            ("ßa", "ßa"),
        ] {
            assert_eq!(identifier(text), name, "{text}");
        }
        let mut names = Names::default();
        assert_eq!([names.take("A"), names.take("A"), names.take("A2")], ["A", "A2", "A22"]);
    }
}
