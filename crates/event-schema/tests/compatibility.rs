//! What ordinary changes of a schema break, and in which words it is said.

use event_schema::{
    EventSchema,
    compatibility::{Breaks, Change, compare},
};
use serde_json::{Value, json};

fn schema(schema: &Value) -> EventSchema {
    EventSchema::from_value(schema.clone()).unwrap_or_else(|errors| panic!("{schema}\n{errors:#?}"))
}

fn changes(old: &Value, new: &Value) -> Vec<Change> {
    compare(Some(&schema(old)), Some(&schema(new)))
}

type Said = (&'static str, &'static str);

/// The change breaks publishers with these sentences, and the reverse change breaks receivers with those.
fn narrows(old: Value, new: Value, publishers: &[Said], receivers: &[Said]) {
    says(&old, &new, Breaks::Publishers, publishers);
    says(&new, &old, Breaks::Receivers, receivers);
}

/// The change breaks exactly these, and the other side not at all.
fn says(old: &Value, new: &Value, breaks: Breaks, expected: &[Said]) {
    let found = changes(old, new);
    let said: Vec<(&str, &str)> = found
        .iter()
        .map(|change| (change.pointer.as_str(), change.detail.as_str()))
        .collect();
    assert_eq!(said, expected, "{old}\n{new}");
    assert!(found.iter().all(|change| change.breaks == breaks), "{old}\n{new}\n{found:#?}");
}

fn same(old: Value, new: Value) {
    assert_eq!(changes(&old, &new), [], "{old}\n{new}");
    assert_eq!(changes(&new, &old), [], "{new}\n{old}");
}

#[test]
fn every_keyword_that_narrows_is_named() {
    for (keywords, publishers, receivers) in [
        (json!({"minimum": 1}), "must now be at least 1.", "may now be less than 1."),
        (
            json!({"exclusiveMinimum": 1}),
            "must now be greater than 1.",
            "may now be 1 or less.",
        ),
        (json!({"maximum": 1}), "must now be at most 1.", "may now be greater than 1."),
        (
            json!({"exclusiveMaximum": 1}),
            "must now be less than 1.",
            "may now be 1 or greater.",
        ),
        (
            json!({"multipleOf": 5}),
            "must now be a multiple of 5.",
            "need no longer be a multiple of 5.",
        ),
        (
            json!({"minLength": 1}),
            "must now have at least 1 character.",
            "may now have fewer than 1 character.",
        ),
        (
            json!({"maxLength": 9}),
            "must now have at most 9 characters.",
            "may now have more than 9 characters.",
        ),
        (
            json!({"pattern": "^a"}),
            "must now match `^a`.",
            "may now be a text that does not match `^a`.",
        ),
        (
            json!({"format": "uuid"}),
            "must now have the format `uuid`.",
            "need no longer have the format `uuid`.",
        ),
        (
            json!({"minItems": 1}),
            "must now have at least 1 item.",
            "may now have fewer than 1 item.",
        ),
        (
            json!({"maxItems": 2}),
            "must now have at most 2 items.",
            "may now have more than 2 items.",
        ),
        (
            json!({"uniqueItems": true}),
            "must now have items that differ from one another.",
            "may now have equal items.",
        ),
        (
            json!({"minProperties": 1}),
            "must now have at least 1 field.",
            "may now have fewer than 1 field.",
        ),
        (
            json!({"maxProperties": 2}),
            "must now have at most 2 fields.",
            "may now have more than 2 fields.",
        ),
        (
            json!({"required": ["b"]}),
            "now requires the field `b`.",
            "no longer requires the field `b`.",
        ),
        (
            json!({"dependentRequired": {"b": ["c"]}}),
            "now requires the field `c` with the field `b`.",
            "no longer requires the field `c` with the field `b`.",
        ),
        (
            json!({"additionalProperties": false}),
            "no longer accepts fields that the schema does not name.",
            "now accepts fields that the schema does not name.",
        ),
        (
            json!({"enum": ["x", "y"]}),
            "now accepts only `x`, `y`.",
            "now accepts other values than `x`, `y`.",
        ),
        (json!({"const": "x"}), "now accepts only `x`.", "now accepts other values than `x`."),
    ] {
        let old = json!({"properties": {"a": {"type": ["number", "string", "array", "object"]}}});
        let mut new = old.clone();
        let property = new["properties"]["a"].as_object_mut().unwrap();
        property.extend(keywords.as_object().unwrap().clone());
        let sentence = |rest: &str| format!("`/properties/a` {rest}");
        let detail = |breaks, old, new| {
            let found = changes(old, new);
            assert!(found.iter().all(|change| change.breaks == breaks), "{found:#?}");
            assert!(found.iter().all(|change| change.pointer == "/properties/a"), "{found:#?}");
            found.into_iter().map(|change| change.detail).collect::<Vec<_>>()
        };
        // `const` and `enum` also narrow the type, which says the same once more.
        assert_eq!(detail(Breaks::Publishers, &old, &new).last().unwrap(), &sentence(publishers));
        assert_eq!(detail(Breaks::Receivers, &new, &old).last().unwrap(), &sentence(receivers));
        same(new.clone(), new);
    }
}

#[test]
fn type_that_is_lost_or_gained_is_named() {
    let amount = |types: Value| json!({"properties": {"amount": {"type": types}}});
    narrows(
        amount(json!(["number", "null"])),
        amount(json!("number")),
        &[("/properties/amount", "`/properties/amount` no longer accepts null.")],
        &[("/properties/amount", "`/properties/amount` now accepts null.")],
    );
    narrows(
        amount(json!("number")),
        amount(json!("integer")),
        &[(
            "/properties/amount",
            "`/properties/amount` no longer accepts numbers with a fraction.",
        )],
        &[("/properties/amount", "`/properties/amount` now accepts numbers with a fraction.")],
    );
    let found = changes(&amount(json!("string")), &amount(json!("integer")));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0].detail, "`/properties/amount` no longer accepts strings.");
    assert_eq!(found[1].detail, "`/properties/amount` now accepts whole numbers.");
}

#[test]
fn optional_field_of_a_closed_object() {
    let base = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let mut more = base.clone();
    more["properties"]["b"] = json!({"type": "string"});
    narrows(
        more,
        base,
        &[("/properties/b", "The data no longer accepts the field `b`.")],
        &[("/properties/b", "The data now accepts the field `b`.")],
    );
}

#[test]
fn optional_field_of_an_open_object() {
    let base = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mut more = base.clone();
    more["properties"]["b"] = json!({"type": "string"});
    // Before, the field could be anything.
    narrows(
        base.clone(),
        more,
        &[(
            "/properties/b",
            "`/properties/b` no longer accepts objects, lists, numbers, true and false, and null.",
        )],
        &[(
            "/properties/b",
            "`/properties/b` now accepts objects, lists, numbers, true and false, and null.",
        )],
    );
    let mut unrestricted = base.clone();
    unrestricted["properties"]["b"] = json!({"description": "anything"});
    same(base, unrestricted);
}

#[test]
fn value_of_an_enumeration() {
    let status = |values: Value| json!({"properties": {"status": {"enum": values}}});
    narrows(
        status(json!(["a", "b", "c"])),
        status(json!(["c", "a"])),
        &[("/properties/status", "`/properties/status` no longer accepts `b`.")],
        &[("/properties/status", "`/properties/status` now accepts `b`.")],
    );
    narrows(
        status(json!(["a", null])),
        status(json!(["a"])),
        &[("/properties/status", "`/properties/status` no longer accepts null.")],
        &[("/properties/status", "`/properties/status` now accepts null.")],
    );
    same(status(json!(["a", "b"])), status(json!(["b", "a"])));
    same(json!({"const": 1}), json!({"enum": [1.0]}));
    same(
        json!({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}),
        json!({"enum": ["b", "a"]}),
    );
    narrows(
        json!({"oneOf": [{"const": "a"}, {"const": "b"}, {"const": "c"}]}),
        json!({"oneOf": [{"const": "c", "title": "C"}, {"const": "a"}]}),
        &[("", "The data no longer accepts `b`.")],
        &[("", "The data now accepts `b`.")],
    );
    same(json!({"type": "boolean"}), json!({"enum": [true, false]}));
}

#[test]
fn limit_that_moves() {
    let count = |least: i64, most: i64| json!({"type": "integer", "minimum": least, "maximum": most});
    narrows(
        count(0, 10),
        count(1, 9),
        &[("", "The data must now be at least 1."), ("", "The data must now be at most 9.")],
        &[
            ("", "The data may now be less than 1."),
            ("", "The data may now be greater than 9."),
        ],
    );
    same(
        json!({"type": "integer", "exclusiveMinimum": 0}),
        json!({"type": "integer", "minimum": 1}),
    );
    same(
        json!({"type": "integer", "maximum": 1.5}),
        json!({"type": "integer", "exclusiveMaximum": 2}),
    );
    narrows(
        json!({"type": "number", "minimum": 0}),
        json!({"type": "number", "exclusiveMinimum": 0}),
        &[("", "The data must now be greater than 0.")],
        &[("", "The data may now be 0 or less.")],
    );
    narrows(
        json!({"multipleOf": 2}),
        json!({"multipleOf": 6}),
        &[("", "The data must now be a multiple of 6.")],
        &[("", "The data need no longer be a multiple of 6.")],
    );
}

#[test]
fn what_does_not_matter_is_no_change() {
    let base = json!({
        "type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "#/$defs/one"}, "b": {"type": ["string", "null"]}},
        "oneOf": [{"required": ["x"]}, {"required": ["y"]}],
        "$defs": {"one": {"type": "object", "properties": {"next": {"$ref": "#/$defs/one"}, "n": {"minimum": 1}}}},
    });
    let other = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/x", "title": "A title", "description": "…", "$comment": "…", "examples": [1],
        "default": 1, "deprecated": true, "x-mine": 1,
        "$defs": {"renamed": {"description": "…", "properties": {"n": {"minimum": 1.0}, "next": {"$ref": "#/$defs/renamed"}}, "type": "object"}, "unused": {"type": "null"}},
        "oneOf": [{"required": ["y"]}, {"required": ["x"], "title": "x"}],
        "properties": {"b": {"type": ["null", "string"], "deprecated": true}, "a": {"$ref": "#/$defs/renamed"}}, "required": ["b", "a"], "type": "object",
    });
    same(base.clone(), other);
    same(base.clone(), base);
    // A definition written out where it is used.
    same(
        json!({"properties": {"a": {"$ref": "#/$defs/t"}}, "$defs": {"t": {"type": "string", "maxLength": 3}}}),
        json!({"properties": {"a": {"allOf": [{"type": "string"}, {"maxLength": 3}]}}}),
    );
    same(
        json!({"type": "string"}),
        json!({"type": "string", "minimum": 3, "format": "money", "required": ["x"], "items": false}),
    );
    same(json!(true), json!({}));
    same(json!(false), json!({"type": "string", "enum": [1]}));
    same(
        json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false}),
        json!({"properties": {"a": {"type": "string"}, "b": false}, "unevaluatedProperties": false}),
    );
}

#[test]
fn nullable_object_is_looked_into() {
    let optional = |required: Value| json!({"properties": {"host": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]}}, "$defs": {"person": {"type": "object", "required": required, "properties": {"name": {"type": "string"}}}}});
    narrows(
        optional(json!([])),
        optional(json!(["name"])),
        &[("/$defs/person", "`/$defs/person` now requires the field `name`.")],
        &[("/$defs/person", "`/$defs/person` no longer requires the field `name`.")],
    );
    narrows(
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!({"type": "string"}),
        &[("", "The data no longer accepts null.")],
        &[("", "The data now accepts null.")],
    );
    same(
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!({"type": ["string", "null"]}),
    );
}

#[test]
fn variants_are_told_apart_by_their_constant() {
    let variant =
        |kind: &str, extra: Value| json!({"type": "object", "properties": {"kind": {"const": kind}, "v": extra}, "required": ["kind"]});
    let two = json!({"oneOf": [variant("a", json!({"type": "string"})), variant("b", json!({"type": "integer"}))]});
    let three =
        json!({"oneOf": [variant("a", json!({"type": "string"})), variant("b", json!({"type": "integer"})), variant("c", json!(true))]});
    narrows(
        three,
        two.clone(),
        &[(
            "/oneOf/2",
            "Not everything that `/oneOf/2` accepted is certain to be accepted still.",
        )],
        &[(
            "/oneOf/2",
            "Not everything that `/oneOf/2` accepts is certain to have been accepted before.",
        )],
    );
    let longer = json!({"oneOf": [variant("a", json!({"type": "string", "maxLength": 3})), variant("b", json!({"type": "integer"}))]});
    let found = changes(&two, &longer);
    assert!(found.iter().all(|change| change.breaks == Breaks::Publishers), "{found:#?}");
    same(
        two,
        json!({"anyOf": [variant("a", json!({"type": "string"})), variant("b", json!({"type": "integer"}))]}),
    );
}

#[test]
fn items_and_nested_fields_have_their_pointers() {
    narrows(
        json!({"properties": {"rows": {"items": {"properties": {"n": {"maximum": 5}}}}}}),
        json!({"properties": {"rows": {"items": {"properties": {"n": {"maximum": 4}}}}}}),
        &[(
            "/properties/rows/items/properties/n",
            "`/properties/rows/items/properties/n` must now be at most 4.",
        )],
        &[(
            "/properties/rows/items/properties/n",
            "`/properties/rows/items/properties/n` may now be greater than 4.",
        )],
    );
    narrows(
        json!({"type": "array", "prefixItems": [{"type": "string"}]}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": ["string", "number", "object", "array", "boolean"]}]}),
        &[("/prefixItems/1", "`/prefixItems/1` no longer accepts null.")],
        &[("/prefixItems/1", "`/prefixItems/1` now accepts null.")],
    );
}

#[test]
fn recursive_schemas_are_compared() {
    let tree = |extra: Value| json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"v": extra, "kids": {"type": "array", "items": {"$ref": "#/$defs/n"}}}, "additionalProperties": false}}});
    narrows(
        tree(json!({"type": ["string", "null"]})),
        tree(json!({"type": "string"})),
        &[("/$defs/n/properties/v", "`/$defs/n/properties/v` no longer accepts null.")],
        &[("/$defs/n/properties/v", "`/$defs/n/properties/v` now accepts null.")],
    );
    // Written out once more.
    let unrolled =
        json!({"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}, "additionalProperties": false});
    let twice = json!({"type": "object", "properties": {"kids": {"type": "array", "items": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}, "additionalProperties": false}}}, "additionalProperties": false});
    same(unrolled, twice);
}

#[test]
fn schema_where_there_was_none_breaks_publishers() {
    let some = schema(&json!({"type": "object"}));
    let found = compare(None, Some(&some));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].breaks, found[0].pointer.as_str()), (Breaks::Publishers, ""));
    let found = compare(Some(&some), None);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].breaks, found[0].pointer.as_str()), (Breaks::Receivers, ""));
    assert_eq!(compare(None, None), []);
    assert_eq!(compare(None, Some(&schema(&json!({"title": "anything"})))), []);
}

#[test]
fn expressions_are_compared_by_what_they_match() {
    narrows(
        json!({"type": "string", "pattern": "^[a-z0-9]+$"}),
        json!({"type": "string", "pattern": "^[a-z]+$"}),
        &[("", "The data must now match `^[a-z]+$`.")],
        &[("", "The data may now be a text that does not match `^[a-z]+$`.")],
    );
    same(
        json!({"type": "string", "pattern": "^[0-9]$"}),
        json!({"type": "string", "pattern": "^\\d$"}),
    );
    same(
        json!({"type": "object", "patternProperties": {"^x-": {"type": "string"}, "^y-": {"type": "integer"}}, "additionalProperties": false}),
        json!({"type": "object", "patternProperties": {"^(?:y-)": {"type": "integer"}, "^x[-]": {"type": "string"}}, "additionalProperties": false}),
    );
}

#[test]
fn what_cannot_be_decided_counts_as_breaking() {
    let found = changes(
        &json!({"not": {"minLength": 3, "type": "string"}}),
        &json!({"not": {"type": "string", "pattern": "x"}}),
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|change| change.detail.contains("cannot be decided")), "{found:#?}");
}

/// Fields are evaluated only by the parts that hold for the value. A part that need not hold permits nothing to the others: the members of the
/// class of the pair that property seed 115254 found.
#[test]
fn fields_that_only_a_part_evaluates_are_not_taken_for_permitted() {
    let closed = |part: Value| {
        let mut schema = json!({ "properties": { "kind": {} }, "unevaluatedProperties": false });
        schema.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        schema
    };
    let always = closed(json!({ "properties": { "kind": {}, "a": {} } }));
    let gives_a = json!({ "properties": { "a": {} } });
    let needs_kind = json!({ "required": ["kind"] });
    for part in [
        json!({ "anyOf": [{ "properties": { "a": {} }, "required": ["kind"] }, {}] }),
        json!({ "oneOf": [{ "properties": { "a": {} }, "required": ["kind"] }, { "not": needs_kind }] }),
        json!({ "if": needs_kind, "then": gives_a }),
        json!({ "if": { "not": needs_kind }, "else": gives_a }),
        json!({ "if": { "properties": { "a": {} }, "required": ["kind"] } }),
        json!({ "dependentSchemas": { "kind": gives_a } }),
        json!({ "allOf": [{ "anyOf": [{ "properties": { "a": {} }, "required": ["kind"] }, {}] }] }),
        json!({ "$defs": { "part": gives_a }, "anyOf": [{ "$ref": "#/$defs/part", "required": ["kind"] }, {}] }),
        json!({ "anyOf": [{ "patternProperties": { "^a$": {} }, "required": ["kind"] }, {}] }),
        json!({ "anyOf": [{ "additionalProperties": true, "required": ["kind"] }, {}] }),
        json!({ "anyOf": [{ "unevaluatedProperties": true, "required": ["kind"] }, {}] }),
        // What only `not` looks at is never evaluated.
        json!({ "not": { "properties": { "a": { "type": "null" } }, "required": ["kind", "a"] } }),
    ] {
        let sometimes = closed(part.clone());
        // Without `kind` the field is permitted by the one and refused by the other.
        let value = json!({ "a": 1 });
        let (wide, narrow) = (schema(&always), schema(&sometimes));
        assert!(wide.accepts(&value) && !narrow.accepts(&value), "{part}");
        for (old, new, breaks) in [(&wide, &narrow, Breaks::Publishers), (&narrow, &wide, Breaks::Receivers)] {
            let found = compare(Some(old), Some(new));
            assert!(found.iter().any(|change| change.breaks == breaks), "{breaks:?} {part}: {found:#?}");
        }
    }
}

/// The same for items of arrays.
#[test]
fn items_that_only_a_part_evaluates_are_not_taken_for_permitted() {
    let closed = |part: Value| {
        let mut schema = json!({ "type": "array", "unevaluatedItems": false });
        schema.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        schema
    };
    let always = closed(json!({ "prefixItems": [{}, {}] }));
    for part in [
        json!({ "prefixItems": [{}], "anyOf": [{ "prefixItems": [{ "const": 0 }, {}] }, {}] }),
        json!({ "prefixItems": [{}], "if": { "prefixItems": [{ "const": 0 }] }, "then": { "prefixItems": [{}, {}] } }),
        json!({ "prefixItems": [{}], "anyOf": [{ "items": true, "prefixItems": [{ "const": 0 }] }, {}] }),
        json!({ "prefixItems": [{}], "anyOf": [{ "contains": { "const": 0 } }, {}] }),
        json!({ "prefixItems": [{}], "oneOf": [{ "minItems": 9, "prefixItems": [{}, {}] }, {}] }),
    ] {
        let sometimes = closed(part.clone());
        let value = json!([1, 1]);
        let (wide, narrow) = (schema(&always), schema(&sometimes));
        assert!(wide.accepts(&value) && !narrow.accepts(&value), "{part}");
        for (old, new, breaks) in [(&wide, &narrow, Breaks::Publishers), (&narrow, &wide, Breaks::Receivers)] {
            let found = compare(Some(old), Some(new));
            assert!(found.iter().any(|change| change.breaks == breaks), "{breaks:?} {part}: {found:#?}");
        }
    }
}
