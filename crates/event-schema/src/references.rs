//! References that would never end, or that grow beyond measure.

use crate::{
    graph::{Graph, NodeId},
    schema::SchemaError,
};

/// Maximum number of subschemas, one leading to the next, that apply to one and the same value.
const CHAIN_MAX: usize = 64;

/// Maximum number of subschemas that apply to one and the same value, counted once for every way to reach them.
const PARTS_MAX: u64 = 100_000;

/// Refuses a schema that applies to one value through itself (`a` refers to `b`, `b` to `a`), and one that applies too often to one value. A
/// reference from within a property or an item is no such loop: each round takes a level of the data.
pub(crate) fn check(graph: &mut Graph, errors: &mut Vec<SchemaError>) {
    let mut walk = Walk {
        graph,
        known: vec![None; graph.nodes.len()],
        open: vec![false; graph.nodes.len()],
    };
    let mut longest = 0;
    for id in 0..graph.nodes.len() {
        match walk.measure(id, 0) {
            Ok(measure) => longest = longest.max(measure.chain),
            Err(error) => {
                errors.push(error);
                return;
            }
        }
    }
    graph.chain = longest;
}

#[derive(Clone, Copy)]
struct Measure {
    /// The longest chain from this subschema.
    chain: usize,
    /// The number of subschemas that apply to one value, for every way to reach them.
    parts: u64,
}

struct Walk<'g> {
    graph: &'g Graph,
    known: Vec<Option<Measure>>,
    open: Vec<bool>,
}

impl Walk<'_> {
    fn measure(&mut self, id: NodeId, depth: usize) -> Result<Measure, SchemaError> {
        if let Some(measure) = self.known[id] {
            return Ok(measure);
        }
        let error = |detail: &str| Err(SchemaError::new(self.graph.pointer(id), detail.to_owned()));
        if self.open[id] {
            return error(
                "The schema refers to itself without taking a level of the data, so validating would never end. Put the reference into a property or an item.",
            );
        }
        if depth > CHAIN_MAX {
            return error(
                "More than 64 subschemas apply to one value, one leading to the next. Use fewer nested `allOf`, `anyOf`, `oneOf` and references.",
            );
        }
        self.open[id] = true;
        let mut measure = Measure { chain: 0, parts: 1 };
        let graph = self.graph;
        for part in graph.nodes[id].in_place() {
            let of_part = self.measure(part, depth + 1)?;
            measure.chain = measure.chain.max(of_part.chain);
            measure.parts = measure.parts.saturating_add(of_part.parts);
        }
        measure.chain += 1;
        if measure.chain > CHAIN_MAX {
            return Err(SchemaError::new(graph.pointer(id), "More than 64 subschemas apply to one value, one leading to the next. Use fewer nested `allOf`, `anyOf`, `oneOf` and references.".to_owned()));
        }
        if measure.parts > PARTS_MAX {
            let detail = format!(
                "Through its references the schema applies more than {PARTS_MAX} subschemas to one value. Refer to each subschema once."
            );
            return Err(SchemaError::new(graph.pointer(id), detail));
        }
        self.open[id] = false;
        self.known[id] = Some(measure);
        Ok(measure)
    }
}
