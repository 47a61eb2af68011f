//! Follows references within one schema document: `$ref` and `$dynamicRef` by pointer, by anchor and by the `$id` of a schema within.

use std::collections::HashMap;

use fluent_uri::{Uri, UriRef};
use serde_json::Value;

use crate::{keyword, pointer};

/// The base of a document whose root has no `$id`, as the validator has it.
const NO_BASE: &str = "json-schema:///";

/// A schema and the resource it belongs to, which is what `#` means in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) schema: &'a Value,
    resource: usize,
}

impl Node<'_> {
    /// The same for two nodes only if they are the same place of the document.
    pub(crate) fn place(&self) -> usize {
        std::ptr::from_ref(self.schema).addr()
    }
}

struct Resource<'a> {
    root: &'a Value,
    base: String,
}

/// A document with its resources and anchors.
pub(crate) struct Document<'a> {
    resources: Vec<Resource<'a>>,
    anchors: HashMap<(usize, &'a str), &'a Value>,
    /// The resource of each schema, by its place.
    owners: HashMap<usize, usize>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        let mut document = Self {
            resources: Vec::new(),
            anchors: HashMap::new(),
            owners: HashMap::new(),
        };
        document.resources.push(Resource {
            root,
            base: id(root).map_or_else(|| NO_BASE.to_owned(), |id| resolve(NO_BASE, id)),
        });
        document.index(root, 0);
        document
    }

    pub(crate) fn root(&self) -> Node<'a> {
        Node {
            schema: self.resources[0].root,
            resource: 0,
        }
    }

    /// Whether a schema within has an `$id`, so that dynamic references may lead elsewhere than static ones.
    pub(crate) fn has_resources(&self) -> bool {
        self.resources.len() > 1
    }

    fn index(&mut self, schema: &'a Value, parent: usize) {
        let is_root = std::ptr::eq(schema, self.resources[0].root);
        let resource = match id(schema).filter(|_| !is_root) {
            Some(id) => {
                let base = resolve(&self.resources[parent].base, id);
                self.resources.push(Resource { root: schema, base });
                self.resources.len() - 1
            }
            None => parent,
        };
        self.owners.insert(std::ptr::from_ref(schema).addr(), resource);
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = schema.get(keyword).and_then(Value::as_str) {
                self.anchors.entry((resource, name)).or_insert(schema);
            }
        }
        let mut inner = Vec::new();
        keyword::each_subschema(schema, &mut |_, schema| inner.push(schema));
        for schema in inner {
            self.index(schema, resource);
        }
    }

    /// A schema directly within the node's.
    pub(crate) fn child(&self, of: Node<'a>, schema: &'a Value) -> Node<'a> {
        let owner = self.owners.get(&std::ptr::from_ref(schema).addr());
        Node {
            schema,
            resource: owner.copied().unwrap_or(of.resource),
        }
    }

    /// The schema that a reference in the node leads to.
    pub(crate) fn follow(&self, from: Node<'a>, reference: &str) -> Option<Node<'a>> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = if address.is_empty() {
            from.resource
        } else {
            let address = resolve(&self.resources[from.resource].base, address);
            self.resources.iter().position(|resource| resource.base == address)?
        };
        let fragment = pointer::decode_fragment(fragment)?;
        let schema = if fragment.is_empty() {
            self.resources[resource].root
        } else if fragment.starts_with('/') {
            self.resources[resource].root.pointer(&fragment)?
        } else {
            self.anchors.get(&(resource, fragment.as_str())).copied()?
        };
        let owner = self.owners.get(&std::ptr::from_ref(schema).addr());
        Some(Node {
            schema,
            resource: owner.copied().unwrap_or(resource),
        })
    }
}

/// The `$id` of a resource. One that is only a fragment is an anchor of older drafts.
fn id(schema: &Value) -> Option<&str> {
    let id = schema.get("$id")?.as_str()?;
    let address = id.split_once('#').map_or(id, |(address, _)| address);
    (!address.is_empty()).then_some(address)
}

/// The address that a reference means at a base; the reference itself when either is no URI.
fn resolve(base: &str, reference: &str) -> String {
    let resolved = Uri::parse(base)
        .ok()
        .zip(UriRef::parse(reference).ok())
        .and_then(|(base, reference)| reference.resolve_against(&base).ok());
    resolved.map_or_else(|| reference.to_owned(), |address| address.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_lead_to_pointers_anchors_and_resources() {
        let schema = json!({
            "$id": "https://example.com/a/order.json",
            "properties": {
                "a/b": { "title": "slash" },
                "line": {
                    "$id": "line.json",
                    "title": "line",
                    "$defs": { "amount": { "$anchor": "amount", "title": "amount" } },
                    "properties": { "x": { "$ref": "#" } },
                },
            },
            "$defs": { "amount": { "$dynamicAnchor": "amount", "title": "outer amount" }, "é": { "title": "accent" } },
            "x-shared": { "title": "shared" },
        });
        let document = Document::new(&schema);
        let root = document.root();
        let title = |from: Node<'_>, reference: &str| {
            let found = document.follow(document.child(document.root(), from.schema), reference);
            found.and_then(|node| node.schema["title"].as_str()).map(str::to_owned)
        };
        for (reference, expected) in [
            ("#/properties/a~1b", "slash"),
            ("#/$defs/%C3%A9", "accent"),
            ("#amount", "outer amount"),
            ("order.json#amount", "outer amount"),
            ("https://example.com/a/order.json#/x-shared", "shared"),
            ("line.json", "line"),
            ("line.json#amount", "amount"),
            ("/a/line.json#/$defs/amount", "amount"),
        ] {
            assert_eq!(title(root, reference).as_deref(), Some(expected), "{reference}");
        }
        for lost in ["#/nowhere", "#nowhere", "other.json", "#/%zz"] {
            assert_eq!(title(root, lost), None, "{lost}");
        }
        let line = document.child(root, &schema["properties"]["line"]);
        let inner = document.child(line, &schema["properties"]["line"]["properties"]["x"]);
        assert_eq!(document.follow(inner, "#").unwrap().schema["title"], "line");
        assert_eq!(document.follow(inner, "#amount").unwrap().schema["title"], "amount");
    }
}
