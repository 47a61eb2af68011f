//! The type of a field in one line.

use super::shape::{Kinds, Reader, Shape};

/// Lists within lists that a kind spells out; a schema may contain itself without end.
const DEEPEST: usize = 4;

/// Items of a tuple that a kind spells out.
const MOST_ITEMS: usize = 8;

pub(super) fn of<'a>(reader: &mut Reader<'a, '_>, shape: &Shape<'a>) -> String {
    at(reader, shape, 0)
}

fn at<'a>(reader: &mut Reader<'a, '_>, shape: &Shape<'a>, depth: usize) -> String {
    let Some(kinds) = shape.kinds() else { return "any".to_owned() };
    let mut names: Vec<String> = Vec::new();
    for (kind, name) in Kinds::NAMED {
        let implied = kind == Kinds::INTEGER && kinds & Kinds::NUMBER != 0;
        if kinds & kind == 0 || kind == Kinds::NULL || implied {
            continue;
        }
        names.push(match kind {
            Kinds::ARRAY => list(reader, shape, depth),
            Kinds::OBJECT => object(reader, shape, depth),
            _ => name.to_owned(),
        });
    }
    match (names.is_empty(), kinds & Kinds::NULL != 0) {
        (true, true) => "null".to_owned(),
        (true, false) => "never".to_owned(),
        _ if shape.is_unrestricted() => "any".to_owned(),
        _ => names.join(" | "),
    }
}

fn list<'a>(reader: &mut Reader<'a, '_>, shape: &Shape<'a>, depth: usize) -> String {
    if depth == DEEPEST {
        return "any[]".to_owned();
    }
    let items = shape.items.as_ref().map(|items| {
        let items = reader.shape(items);
        (!items.never).then(|| at(reader, &items, depth + 1))
    });
    let many = |kind: &str| {
        if is_union(kind) {
            format!("({kind})[]")
        } else {
            format!("{kind}[]")
        }
    };
    if shape.prefix.is_empty() {
        return many(items.flatten().as_deref().unwrap_or("any"));
    }
    let mut parts: Vec<String> = Vec::new();
    for item in shape.prefix.iter().take(MOST_ITEMS) {
        let item = reader.shape(item);
        parts.push(at(reader, &item, depth + 1));
    }
    if shape.prefix.len() > MOST_ITEMS {
        parts.push("…".to_owned());
    } else if let Some(Some(rest)) = items {
        parts.push(format!("…{}", many(&rest)));
    }
    format!("[{}]", parts.join(", "))
}

/// `object`, or `map<string>` when only its values are described.
fn object<'a>(reader: &mut Reader<'a, '_>, shape: &Shape<'a>, depth: usize) -> String {
    if !shape.properties.is_empty() || shape.maps.is_empty() || depth == DEEPEST {
        return "object".to_owned();
    }
    let mut kinds: Vec<String> = Vec::new();
    for (_, values) in &shape.maps {
        let values = reader.shape(values);
        let kind = at(reader, &values, depth + 1);
        if !values.never && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        "object".to_owned()
    } else {
        format!("map<{}>", kinds.join(" | "))
    }
}

/// Whether a kind has alternatives that are not within brackets.
fn is_union(kind: &str) -> bool {
    let mut open = 0_usize;
    kind.chars().any(|character| {
        match character {
            '[' | '<' | '(' => open += 1,
            ']' | '>' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
        open == 0 && character == '|'
    })
}
