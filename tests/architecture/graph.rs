//! A graph of modules, and its cycles.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Which module uses which. Each edge has the places that use it, such as `src/web/mod.rs: crate::rest::Problem`.
#[derive(Default)]
pub(crate) struct Graph {
    uses: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Graph {
    pub(crate) fn add_module(&mut self, module: &str) {
        self.uses.entry(module.to_owned()).or_default();
    }

    pub(crate) fn add(&mut self, from: &str, to: &str, place: String) {
        self.add_module(to);
        let uses = self.uses.entry(from.to_owned()).or_default();
        uses.entry(to.to_owned()).or_default().push(place);
    }

    /// Adds the crates of this workspace and the path dependencies between them.
    pub(crate) fn add_crates(&mut self, root: &Path) {
        let text = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let workspace: toml::Table = text.parse().unwrap();
        for member in workspace["workspace"]["members"].as_array().unwrap() {
            let member = member.as_str().unwrap();
            self.add_module(member);
            let manifest: toml::Table = fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap().parse().unwrap();
            let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten();
            for path in dependencies.filter_map(|(_, value)| value.get("path")?.as_str()) {
                let used = fs::canonicalize(root.join(member).join(path)).unwrap();
                let used = used.strip_prefix(fs::canonicalize(root).unwrap()).unwrap().display().to_string();
                assert!(!used.is_empty(), "{member} depends on the application; a crate must be below it");
                self.add(member, &used, format!("{member}/Cargo.toml"));
            }
        }
    }

    pub(crate) fn modules(&self) -> BTreeSet<&str> {
        self.uses.keys().map(String::as_str).collect()
    }

    /// The modules that this module uses.
    pub(crate) fn uses(&self, module: &str) -> Vec<&str> {
        self.uses[module].keys().map(String::as_str).collect()
    }

    /// Removes the edges for which the predicate is false.
    pub(crate) fn keep(&mut self, predicate: impl Fn(&str, &str) -> bool) {
        for (from, uses) in &mut self.uses {
            uses.retain(|to, _| predicate(from, to));
        }
    }

    /// The sets of modules that use each other, directly or through others.
    pub(crate) fn cycles(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> = self.uses.keys().map(|module| (module.as_str(), self.reachable(module))).collect();
        let mut found: Vec<BTreeSet<String>> = Vec::new();
        for (module, reached) in &reach {
            if !reached.contains(module) || found.iter().any(|cycle| cycle.contains(*module)) {
                continue;
            }
            let together = reached.iter().filter(|other| reach[*other].contains(module));
            found.push(together.map(|other| (*other).to_owned()).collect());
        }
        found
    }

    /// The edges between these modules, with their places.
    pub(crate) fn edges_within(&self, modules: &BTreeSet<String>) -> Vec<(&str, &str, &[String])> {
        let edges = self
            .uses
            .iter()
            .flat_map(|(from, uses)| uses.iter().map(move |(to, places)| (from.as_str(), to.as_str(), places.as_slice())));
        edges
            .filter(|(from, to, _)| modules.contains(*from) && modules.contains(*to))
            .collect()
    }

    /// Modules that can be reached by at least one edge.
    fn reachable(&self, module: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.uses[module].keys().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.uses[next].keys().map(String::as_str));
            }
        }
        reached
    }
}
