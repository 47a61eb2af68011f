//! The module table of ARCHITECTURE.md: `| module | contents | uses |`.

use crate::graph::Graph;

/// The text with the column "uses" as the graph has it; a sentence if the rows are not those of the graph.
pub(crate) fn with_uses(text: &str, graph: &Graph) -> Result<String, String> {
    let mut missing = graph.modules();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside = line.starts_with("| module | contents | uses |") || (inside && line.starts_with('|'));
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, contents, _] = cells[..] else {
            lines.push(line.to_owned());
            continue;
        };
        let Some(module) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).filter(|_| inside) else {
            lines.push(line.to_owned());
            continue;
        };
        if !missing.remove(module) {
            return Err(format!(
                "ARCHITECTURE.md has a row for `{module}`, which does not exist or has another row: delete the row"
            ));
        }
        let uses: Vec<String> = graph.uses(module).iter().map(|used| format!("`{used}`")).collect();
        let uses = if uses.is_empty() { "–".to_owned() } else { uses.join(", ") };
        lines.push(format!("| {name} | {contents} | {uses} |"));
    }
    if missing.is_empty() {
        Ok(lines.join("\n") + "\n")
    } else {
        Err(format!("the module table of ARCHITECTURE.md has no row for {missing:?}: add one"))
    }
}
