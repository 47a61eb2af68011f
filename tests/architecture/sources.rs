//! Reads which modules the sources name: in `use` trees, in paths of expressions, types and patterns, and inside macro calls.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

use crate::graph::Graph;

/// Crates of the workspace that the application uses, by the name in a path.
const CRATES: [(&str, &str); 2] = [("http_server", "crates/http-server"), ("migrations", "migrations")];
/// A chain of re-exports that is longer than this is a circle.
const DEEPEST: usize = 16;

/// A module path without `crate`: `["storage", "journal"]`.
type ModulePath = Vec<String>;

/// The modules of `src`.
pub(crate) struct Sources {
    modules: BTreeMap<ModulePath, Module>,
}

/// A module, with the paths that it names.
#[derive(Default)]
struct Module {
    file: String,
    paths: BTreeSet<Vec<String>>,
    /// Names that the module imports, and what they stand for. A module can be reached through such a name (`pub use`).
    imports: HashMap<String, Vec<String>>,
}

impl Sources {
    pub(crate) fn read(root: &Path) -> Self {
        let mut sources = Self { modules: BTreeMap::new() };
        let src = root.join("src");
        let mut test_files = BTreeSet::new();
        for file in rust_files(&src) {
            let relative = file.strip_prefix(&src).unwrap();
            let module = module_of(relative);
            if relative == Path::new("main.rs") {
                continue;
            }
            let parsed = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let mut reader = Reader {
                sources: &mut sources,
                test_files: &mut test_files,
                file: format!("src/{}", relative.display()),
                module,
            };
            reader.begin_module();
            reader.visit_file(&parsed);
        }
        sources
            .modules
            .retain(|module, _| !test_files.iter().any(|test| module.starts_with(test)));
        sources
    }

    /// The graph of the modules, cut to so many names: 1 gives the top-level modules, 2 those inside them.
    pub(crate) fn graph(&self, depth: usize) -> Graph {
        let name = |module: &[String]| module[..module.len().min(depth)].join("::");
        let mut graph = Graph::default();
        for (module, content) in self.modules.iter().filter(|(module, _)| !module.is_empty()) {
            let from = name(module);
            graph.add_module(&from);
            for path in &content.paths {
                let to = match self.resolve(module, path, 0) {
                    Some(Target::Module(used)) if !used.is_empty() => name(&used),
                    Some(Target::Crate(used)) if depth == 1 => used.to_owned(),
                    _ => continue,
                };
                if from != to {
                    graph.add(&from, &to, format!("{}: {}", content.file, path.join("::")));
                }
            }
        }
        graph
    }

    /// The module in which the item of a path is defined. Re-exports are followed: who imports a re-exported name depends on the module that defines it.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Target> {
        if depth > DEEPEST {
            return None;
        }
        let (mut module, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.to_vec(), &path[1..]),
            "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
            first => {
                if let Some((_, used)) = CRATES.iter().find(|(name, _)| *name == first) {
                    return Some(Target::Crate(used));
                }
                (from.to_vec(), path)
            }
        };
        let explicit = rest.len() < path.len();
        let mut inside = explicit;
        while let Some(next) = rest.first() {
            if next == "super" {
                module.pop()?;
            } else {
                let mut child = module.clone();
                child.push(next.clone());
                // A path of one name in code is a variable or an item, never a module.
                if path.len() > 1 && self.modules.contains_key(&child) {
                    module = child;
                } else if let Some(import) = self.modules.get(&module).and_then(|content| content.imports.get(next)) {
                    let is_itself = import.first() == Some(next) && import == path;
                    let whole: Vec<String> = import.iter().chain(&rest[1..]).cloned().collect();
                    let found = if is_itself {
                        None
                    } else {
                        self.resolve(&module, &whole, depth + 1)
                    };
                    return found.or(explicit.then_some(Target::Module(module)));
                } else {
                    break;
                }
            }
            inside = true;
            rest = &rest[1..];
        }
        // A path that starts with neither a module nor an import begins with an item of the module itself, or with another crate.
        inside.then_some(Target::Module(module))
    }
}

enum Target {
    Module(ModulePath),
    Crate(&'static str),
}

/// Visits one file. Inline modules are modules of their own; what is compiled for unit tests only is left out.
struct Reader<'a> {
    sources: &'a mut Sources,
    test_files: &'a mut BTreeSet<ModulePath>,
    file: String,
    module: ModulePath,
}

impl Reader<'_> {
    fn begin_module(&mut self) {
        let content = self.sources.modules.entry(self.module.clone()).or_default();
        content.file.clone_from(&self.file);
    }

    fn content(&mut self) -> &mut Module {
        self.sources.modules.entry(self.module.clone()).or_default()
    }

    fn add_use(&mut self, tree: &UseTree, prefix: &[String], re_export: bool) {
        let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(path.ident.to_string()), re_export),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add_use(item, prefix, re_export)),
            UseTree::Glob(_) => self.add_import(None, prefix.to_vec(), re_export),
            UseTree::Name(name) if name.ident == "self" => self.add_import(prefix.last().cloned(), prefix.to_vec(), re_export),
            UseTree::Name(name) => self.add_import(Some(name.ident.to_string()), with(name.ident.to_string()), re_export),
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.add_import(Some(rename.rename.to_string()), prefix.to_vec(), re_export);
            }
            UseTree::Rename(rename) => self.add_import(Some(rename.rename.to_string()), with(rename.ident.to_string()), re_export),
        }
    }

    fn add_import(&mut self, name: Option<String>, path: Vec<String>, re_export: bool) {
        let content = self.content();
        // A re-export alone uses nothing; whoever imports the name is counted as a user of the module that defines it.
        if !re_export {
            content.paths.insert(path.clone());
        }
        if let Some(name) = name {
            content.imports.insert(name, path);
        }
    }

    /// Paths inside the arguments of a macro, whose grammar is its own.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    self.add_tokens(group.stream());
                }
                _ => self.end_path(&mut path),
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.content().paths.insert(std::mem::take(path));
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).is_some_and(is_for_tests) {
            visit::visit_item(self, item);
        } else if let Item::Mod(ItemMod { ident, content: None, .. }) = item {
            let mut module = self.module.clone();
            module.push(ident.to_string());
            self.test_files.insert(module);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            self.module.push(item.ident.to_string());
            self.begin_module();
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let re_export = !matches!(item.vis, Visibility::Inherited);
        self.add_use(&item.tree, &[], re_export);
    }

    /// `pub(super)` and `pub(in crate::x)` use nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.content().paths.insert(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }
}

fn attributes(item: &Item) -> Option<&[Attribute]> {
    match item {
        Item::Fn(ItemFn { attrs, .. })
        | Item::Impl(ItemImpl { attrs, .. })
        | Item::Mod(ItemMod { attrs, .. })
        | Item::Use(ItemUse { attrs, .. }) => Some(attrs),
        _ => None,
    }
}

/// Whether an item has `#[cfg(test)]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// `storage/journal/mod.rs` is `storage::journal`, and `lib.rs` the crate itself.
fn module_of(file: &Path) -> ModulePath {
    let without = file.with_extension("");
    let mut names: ModulePath = without.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
