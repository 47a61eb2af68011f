//! TypeScript declarations of callbacks, generated from their JSON Schemas.
//!
//! The types are exact where TypeScript can say it, and wider elsewhere: what a schema accepts always fits its type. Bounds, patterns, `not` and
//! conditions have no counterpart, and an object that may have further members gets an index signature of `unknown`.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use crate::reference::{Document, Node};

mod name;
mod print;
mod reader;

pub use name::root_name;

use name::Names;
use reader::Reader;

/// A TypeScript type.
#[derive(Clone, Debug, PartialEq)]
enum Type {
    Unknown,
    Never,
    /// `string`, `number`, `boolean`, `null`.
    Primitive(&'static str),
    /// A value of `enum` or `const`.
    Literal(Value),
    Array(Box<Type>),
    Tuple {
        items: Vec<Type>,
        /// How many of the items must be there.
        least: usize,
        rest: Option<Box<Type>>,
    },
    Object {
        members: Vec<Member>,
        /// The type of members with other names; none when there are none.
        others: Option<Box<Type>>,
    },
    Union(Vec<Type>),
    Intersection(Vec<Type>),
    /// A named type, by its index.
    Named(usize),
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    name: String,
    optional: bool,
    about: Vec<String>,
    kind: Type,
}

/// A type with a name of its own: the body, or a schema that a reference leads to.
struct Declared {
    name: String,
    about: Vec<String>,
    kind: Type,
}

/// A module (`.d.ts`) that declares the body of the callbacks of an event type, given their schema. The type of the body is named
/// [`root_name`], and definitions are named as in the schema.
pub fn declaration(event_type: &str, title: &str, callback_schema: &Value) -> String {
    let document = Document::new(callback_schema);
    let mut names = Names::default();
    let mut declarer = Declarer {
        document: &document,
        indices: HashMap::new(),
        waiting: VecDeque::new(),
        names: Vec::new(),
    };
    let root = document.root();
    declarer.index_of(root, names.take(&root_name(event_type)));
    let mut declared = Vec::new();
    while let Some(node) = declarer.waiting.pop_front() {
        let mut reader = Reader::new(&mut declarer, &mut names);
        let kind = reader.read(node);
        declared.push(Declared {
            name: declarer.names[declared.len()].clone(),
            about: print::about(node.schema),
            kind,
        });
    }
    let mut visits = vec![Visit::Not; declared.len()];
    for index in 0..declared.len() {
        if visits[index] == Visit::Not {
            break_circles(&mut declared, index, &mut visits, 0);
        }
    }
    print::module(event_type, title, &declared)
}

/// Gives names to the schemas that references lead to, and remembers which are still to be read.
struct Declarer<'a, 'd> {
    document: &'d Document<'a>,
    indices: HashMap<usize, usize>,
    waiting: VecDeque<Node<'a>>,
    names: Vec<String>,
}

impl<'a> Declarer<'a, '_> {
    fn known(&self, node: Node<'a>) -> Option<usize> {
        self.indices.get(&node.place()).copied()
    }

    fn index_of(&mut self, node: Node<'a>, name: String) -> usize {
        let index = self.names.len();
        self.indices.insert(node.place(), index);
        self.names.push(name);
        self.waiting.push_back(node);
        index
    }
}

/// References that are followed one after the other, at most.
const LONGEST_CHAIN: usize = 200;

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Not,
    Begun,
    Done,
}

/// Puts `unknown` where a type would be defined by itself alone (`type A = A | string`), which TypeScript refuses. Members of objects, lists and
/// tuples may refer to the type they are in.
fn break_circles(declared: &mut [Declared], index: usize, visits: &mut [Visit], depth: usize) {
    visits[index] = Visit::Begun;
    let kind = std::mem::replace(&mut declared[index].kind, Type::Unknown);
    declared[index].kind = without_circles(kind, declared, visits, depth);
    visits[index] = Visit::Done;
}

fn without_circles(kind: Type, declared: &mut [Declared], visits: &mut [Visit], depth: usize) -> Type {
    match kind {
        Type::Named(index) => {
            if visits[index] == Visit::Not && depth < LONGEST_CHAIN {
                break_circles(declared, index, visits, depth + 1);
            }
            if visits[index] == Visit::Done {
                Type::Named(index)
            } else {
                Type::Unknown
            }
        }
        Type::Union(parts) => reader::union(
            parts
                .into_iter()
                .map(|part| without_circles(part, declared, visits, depth))
                .collect(),
        ),
        Type::Intersection(parts) => reader::intersection(
            parts
                .into_iter()
                .map(|part| without_circles(part, declared, visits, depth))
                .collect(),
        ),
        other => other,
    }
}

#[cfg(test)]
mod tests;
