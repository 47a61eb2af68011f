//! Random values that satisfy a schema, nearly satisfy it, or lie at its limits.

use serde_json::{Map, Value, json};

use crate::{
    random::Random,
    schemas::{NAMES, scalar, text},
};

/// Values for a schema: made from it, then changed a little.
pub(crate) fn instances(random: &mut Random, schema: &Value, number: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..number {
        let value = instance(random, schema, schema, 5);
        if random.one_in(2) {
            let mut changed = value.clone();
            change(random, &mut changed);
            all.push(changed);
        }
        all.push(value);
    }
    all
}

fn instance(random: &mut Random, root: &Value, schema: &Value, depth: usize) -> Value {
    let Some(keywords) = schema.as_object() else {
        return any(random, depth.min(2));
    };
    if depth == 0 {
        return any(random, 0);
    }
    let of = |keyword: &str| keywords.get(keyword);
    if let Some(value) = of("const") {
        return value.clone();
    }
    if let Some(Value::Array(values)) = of("enum")
        && !values.is_empty()
    {
        return random.pick(values).clone();
    }
    let mut base = by_type(random, root, keywords, depth);
    // What applies to the same value contributes its members, or replaces the value.
    let mut parts: Vec<&Value> = Vec::new();
    parts.extend(of("$ref").and_then(|reference| root.pointer(&reference.as_str()?[1..])));
    parts.extend(of("allOf").and_then(Value::as_array).into_iter().flatten());
    for keyword in ["anyOf", "oneOf"] {
        parts.extend(
            of(keyword)
                .and_then(Value::as_array)
                .filter(|parts| !parts.is_empty())
                .map(|parts| random.pick(parts)),
        );
    }
    for keyword in ["if", "then", "else"] {
        parts.extend(of(keyword).filter(|_| random.one_in(2)));
    }
    parts.extend(
        of("dependentSchemas")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
            .filter(|_| random.one_in(2)),
    );
    for part in parts {
        let other = instance(random, root, part, depth - 1);
        match (&mut base, other) {
            (Value::Object(base), Value::Object(other)) => base.extend(other),
            (base, other) if !keywords.contains_key("type") || random.one_in(2) => *base = other,
            _ => {}
        }
    }
    base
}

fn by_type(random: &mut Random, root: &Value, keywords: &Map<String, Value>, depth: usize) -> Value {
    let types: Vec<&str> = match keywords.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => meant(keywords),
    };
    let kind = if types.is_empty() {
        *random.pick(&["null", "boolean", "integer", "number", "string", "array", "object"])
    } else {
        *random.pick(&types)
    };
    match kind {
        "null" => Value::Null,
        "boolean" => json!(random.one_in(2)),
        "integer" | "number" => number(random, keywords, kind),
        "string" => {
            let mut text = text(random);
            if let Some(least) = keywords.get("minLength").and_then(Value::as_u64) {
                while (text.chars().count() as u64) < least {
                    text.push(*random.pick(&['a', 'b', '1']));
                }
            }
            if let Some(most) = keywords.get("maxLength").and_then(Value::as_u64)
                && random.below(4) > 0
            {
                text = text.chars().take(usize::try_from(most).unwrap()).collect();
            }
            json!(text)
        }
        "array" => array(random, root, keywords, depth),
        _ => object(random, root, keywords, depth),
    }
}

/// The types that the keywords are about.
fn meant(keywords: &Map<String, Value>) -> Vec<&'static str> {
    let has = |names: &[&str]| names.iter().any(|name| keywords.contains_key(*name));
    let mut types = Vec::new();
    if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        types.push("number");
    }
    if has(&["minLength", "maxLength", "pattern", "format"]) {
        types.push("string");
    }
    if has(&[
        "items",
        "prefixItems",
        "contains",
        "minItems",
        "maxItems",
        "uniqueItems",
        "unevaluatedItems",
    ]) {
        types.push("array");
    }
    if has(&[
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
    ]) {
        types.push("object");
    }
    types
}

fn number(random: &mut Random, keywords: &Map<String, Value>, kind: &str) -> Value {
    let limits: Vec<f64> = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
        .iter()
        .filter_map(|name| keywords.get(*name)?.as_f64())
        .collect();
    let near = if limits.is_empty() {
        random.below(5) as f64
    } else {
        *random.pick(&limits)
    };
    let steps: &[f64] = if kind == "integer" {
        &[0.0, 1.0, -1.0, 2.0]
    } else {
        &[0.0, 1.0, -1.0, 0.5, -0.5, 0.25]
    };
    let value = near + random.pick(steps);
    if value.fract() == 0.0 && random.below(4) > 0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn array(random: &mut Random, root: &Value, keywords: &Map<String, Value>, depth: usize) -> Value {
    let prefix: Vec<&Value> = keywords
        .get("prefixItems")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let least = ["minItems", "minContains"]
        .iter()
        .filter_map(|name| keywords.get(*name)?.as_u64())
        .max()
        .unwrap_or_default();
    let length = usize::try_from(least).unwrap() + random.below(4);
    let rest = keywords
        .get("items")
        .or(keywords.get("unevaluatedItems"))
        .cloned()
        .unwrap_or(json!(true));
    let contains = keywords.get("contains");
    let items: Vec<Value> = (0..length)
        .map(|index| match (prefix.get(index), contains) {
            (_, Some(contains)) if random.one_in(2) => instance(random, root, contains, depth - 1),
            (Some(schema), _) => instance(random, root, schema, depth - 1),
            _ => instance(random, root, &rest, depth - 1),
        })
        .collect();
    json!(items)
}

fn object(random: &mut Random, root: &Value, keywords: &Map<String, Value>, depth: usize) -> Value {
    let mut members = Map::new();
    let properties = keywords.get("properties").and_then(Value::as_object);
    let required: Vec<&str> = keywords
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rest = keywords
        .get("additionalProperties")
        .or(keywords.get("unevaluatedProperties"))
        .cloned()
        .unwrap_or(json!(true));
    for name in NAMES.into_iter().chain(["ba", "zz"]) {
        let listed = properties.and_then(|properties| properties.get(name));
        let wanted = required.contains(&name) || random.one_in(if listed.is_some() { 2 } else { 6 });
        if wanted {
            let value = instance(random, root, listed.unwrap_or(&rest), depth - 1);
            members.insert(name.to_owned(), value);
        }
    }
    Value::Object(members)
}

fn any(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 4 } else { 6 }) {
        4 => Value::Array((0..random.below(3)).map(|_| any(random, depth - 1)).collect()),
        5 => {
            let mut members = Map::new();
            for _ in 0..random.below(3) {
                members.insert((*random.pick(&NAMES)).to_owned(), any(random, depth - 1));
            }
            Value::Object(members)
        }
        _ => scalar(random),
    }
}

/// Changes one value inside, adds one or removes one.
fn change(random: &mut Random, value: &mut Value) {
    match value {
        Value::Object(members) if !members.is_empty() && random.below(4) > 0 => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = random.pick(&names).clone();
            match random.below(4) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    members.insert((*random.pick(&NAMES)).to_owned(), any(random, 1));
                }
                _ => change(random, &mut members[&name]),
            }
        }
        Value::Array(items) if !items.is_empty() && random.below(4) > 0 => {
            let index = random.below(items.len());
            match random.below(4) {
                0 => {
                    items.remove(index);
                }
                1 => items.push(any(random, 1)),
                2 => items.push(items[index].clone()),
                _ => change(random, &mut items[index]),
            }
        }
        other => *other = any(random, 1),
    }
}
