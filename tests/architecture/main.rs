//! Compares the modules of the sources with the table in ARCHITECTURE.md, and rejects import cycles.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed precondition fails the test")]

mod graph;
mod sources;
mod styles;
mod table;

use std::{fmt::Write, fs, path::Path, sync::LazyLock};

use crate::{graph::Graph, sources::Sources};

/// Places of a use that a message shows.
const SHOWN: usize = 4;

static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::read(root()));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn module_table_of_architecture_md_matches_the_sources() {
    let mut expected = SOURCES.graph(1);
    expected.add_crates(root());
    let path = root().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).unwrap();
    let renewed = table::with_uses(&text, &expected).unwrap_or_else(|problem| panic!("{problem}"));
    if std::env::var_os("RENEW").is_some() {
        fs::write(&path, renewed).unwrap();
        return;
    }
    let changed: Vec<String> = text
        .lines()
        .zip(renewed.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, new)| format!("- {old}\n+ {new}"))
        .collect();
    assert!(
        changed.is_empty(),
        "the column \"uses\" of the module table in ARCHITECTURE.md differs from the sources:\n{}\n\
         If the new dependency is intended, renew the table: RENEW=1 cargo test --features ssr --test architecture",
        changed.join("\n")
    );
}

#[test]
fn top_level_modules_have_no_import_cycle() {
    let graph = SOURCES.graph(1);
    assert!(graph.modules().len() > 10, "{:?}", graph.modules());
    assert_acyclic(&graph);
}

#[test]
fn modules_inside_a_top_level_module_have_no_import_cycle() {
    let mut graph = SOURCES.graph(2);
    graph.keep(|from, to| from.split("::").next() == to.split("::").next());
    assert_acyclic(&graph);
}

#[test]
fn crates_have_no_cycle_and_do_not_use_the_application() {
    let mut graph = Graph::default();
    graph.add_crates(root());
    assert!(graph.modules().contains("crates/http-server"), "{:?}", graph.modules());
    assert_acyclic(&graph);
}

#[test]
fn a_class_is_defined_in_one_style_sheet() {
    let definitions = styles::definitions(&root().join("style"));
    assert!(definitions.len() > 100, "{}", definitions.len());
    let several: Vec<String> = definitions
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(class, files)| format!(".{class}: {}", files.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    assert!(
        several.is_empty(),
        "classes that several style sheets define; a reader of one does not see the other. Move the rules into one file, or name the place (`.list .card`):\n{}",
        several.join("\n")
    );
}

fn assert_acyclic(graph: &Graph) {
    let mut message = String::new();
    for cycle in graph.cycles() {
        writeln!(message, "cycle between {}:", cycle.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap();
        for (from, to, places) in graph.edges_within(&cycle) {
            writeln!(message, "  {from} -> {to}: {}", places[..places.len().min(SHOWN)].join(", ")).unwrap();
        }
    }
    assert!(
        message.is_empty(),
        "modules must depend in one direction only; move the shared item below both.\n{message}"
    );
}
