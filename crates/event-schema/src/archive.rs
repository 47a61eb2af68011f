//! One archive (ZIP) with the files of many event types.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use serde_json::{Value, json};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::typescript;

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path within the archive: relative, with `/` between the parts.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// What the archive says about an event type.
#[derive(Clone, Copy, Debug)]
pub struct TypeEntry<'a> {
    /// The type, such as `invoice.paid`.
    pub event_type: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// What it means.
    pub description: &'a str,
    /// Its group, if it has one.
    pub group: Option<&'a str>,
    /// The version of its schema.
    pub version: u32,
    /// `active`, `deprecated` or `archived`.
    pub state: &'a str,
    /// The schema of the callback's body.
    pub callback_schema: &'a Value,
    /// Bodies of callbacks.
    pub examples: &'a [Value],
}

/// The files of an archive: of each type its schema, examples and TypeScript, and `index.json` and `index.d.ts` over all. The same types in any
/// order give the same files.
pub fn files(types: &[TypeEntry<'_>]) -> Vec<File> {
    let mut types: Vec<&TypeEntry<'_>> = types.iter().collect();
    types.sort_by_key(|entry| entry.event_type);
    let stems = stems(types.iter().map(|entry| entry.event_type));
    let mut files = Vec::new();
    let mut index = Vec::new();
    let mut exports = String::new();
    let mut exported: HashSet<String> = HashSet::new();
    for (entry, stem) in types.iter().zip(&stems) {
        let schema = format!("schemas/{stem}.schema.json");
        let declaration = format!("typescript/{stem}.d.ts");
        let examples: Vec<String> = (1..=entry.examples.len())
            .map(|number| match number {
                1 => format!("examples/{stem}.example.json"),
                _ => format!("examples/{stem}.example-{number}.json"),
            })
            .collect();
        index.push(json!({
            "type": entry.event_type,
            "name": entry.name,
            "description": entry.description,
            "group": entry.group,
            "version": entry.version,
            "state": entry.state,
            "schema": schema,
            "examples": examples,
            "typescript": declaration,
        }));
        let name = typescript::root_name(entry.event_type);
        let mut export = name.clone();
        let mut number = 2;
        while !exported.insert(export.clone()) {
            export = format!("{name}{number}");
            number += 1;
        }
        let renamed = if export == name { name } else { format!("{name} as {export}") };
        let _ = writeln!(exports, "export type {{ {renamed} }} from \"./typescript/{stem}.js\";");
        files.push(File {
            name: schema,
            content: pretty(entry.callback_schema),
        });
        for (name, example) in examples.into_iter().zip(entry.examples) {
            files.push(File {
                name,
                content: pretty(example),
            });
        }
        files.push(File {
            name: declaration,
            content: typescript::declaration(entry.event_type, entry.name, entry.callback_schema).into_bytes(),
        });
    }
    if exports.is_empty() {
        exports.push_str("export {};\n");
    }
    let mut all = vec![
        File {
            name: "index.json".to_owned(),
            content: pretty(&json!({ "event_types": index })),
        },
        File {
            name: "index.d.ts".to_owned(),
            content: exports.into_bytes(),
        },
    ];
    all.append(&mut files);
    all
}

/// The archive. The same files give the same bytes: every file has the date 1980-01-01, the earliest that the format knows.
pub fn zip(files: &[File]) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive.start_file(file.name.as_str(), options)?;
        archive.write_all(&file.content)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// Bytes of a stem that are kept, so that no file name is longer than file systems allow (255).
const LONGEST_STEM: usize = 160;

/// A file name for each type, without extension, in the same order. No two are the same, not even where file systems ignore case.
fn stems<'a>(types: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    types
        .map(|event_type| {
            let stem = stem(event_type);
            let number = taken
                .entry(stem.to_ascii_lowercase())
                .and_modify(|number| *number += 1)
                .or_insert(1);
            // No type contains `~`, so that the name is that of no other type.
            if *number == 1 { stem } else { format!("{stem}~{number}") }
        })
        .collect()
}

/// The file name of a type, without extension: `/` and `:` are percent-encoded as in addresses.
pub fn stem(event_type: &str) -> String {
    let mut stem = String::new();
    for byte in event_type.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            stem.push(char::from(byte));
        } else {
            let _ = write!(stem, "%{byte:02X}");
        }
    }
    // Windows keeps these names for devices, whatever the extension. No type begins with `_`.
    let first = stem.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = first.strip_prefix("com").or_else(|| first.strip_prefix("lpt"));
    let is_device = ["con", "prn", "aux", "nul"].contains(&first.as_str())
        || numbered.is_some_and(|digit| digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit());
    if is_device || stem.is_empty() || stem.starts_with('.') {
        stem.insert(0, '_');
    }
    if stem.len() > LONGEST_STEM {
        // FNV-1a: the same in every version of the program.
        let hash = event_type.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        stem.truncate(LONGEST_STEM);
        let _ = write!(stem, "~{hash:016x}");
    }
    stem
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    fn entry<'a>(event_type: &'a str, schema: &'a Value, examples: &'a [Value]) -> TypeEntry<'a> {
        TypeEntry {
            event_type,
            name: "Invoice paid",
            description: "An invoice was paid.",
            group: Some("Billing"),
            version: 3,
            state: "active",
            callback_schema: schema,
            examples,
        }
    }

    const HARD: [&str; 12] = [
        "invoice.paid",
        "Invoice.Paid",
        "INVOICE.PAID",
        "invoice/paid",
        "invoice:paid",
        "con",
        "NUL.created",
        "com1.created",
        "com.example.order",
        "a-b.c",
        "a.b-c",
        "a_b.c",
    ];

    #[test]
    fn no_file_name_collides_or_escapes() {
        let long_one = format!("{}a", "a/".repeat(99));
        let long_other = format!("{}b", "a/".repeat(99));
        let types: Vec<&str> = HARD.into_iter().chain([long_one.as_str(), long_other.as_str()]).collect();
        let schema = json!({ "type": "object" });
        let examples = [json!({ "n": 1 }), json!({ "n": 2 })];
        let entries: Vec<TypeEntry<'_>> = types.iter().map(|event_type| entry(event_type, &schema, &examples)).collect();
        let files = files(&entries);
        assert_eq!(files.len(), 2 + types.len() * 4);
        let mut lower = HashSet::new();
        for file in &files {
            assert!(lower.insert(file.name.to_lowercase()), "{} twice", file.name);
            let parts: Vec<&str> = file.name.split('/').collect();
            assert!(parts.len() <= 2 && parts.iter().all(|part| part.len() <= 255), "{}", file.name);
            let last = parts.last().unwrap();
            assert!(!last.starts_with('.') && !last.contains(['\\', ':']), "{}", file.name);
        }
        for (event_type, expected) in [
            ("invoice.paid", "invoice.paid"),
            ("com.example/order:paid", "com.example%2Forder%3Apaid"),
            ("con", "_con"),
            ("com1.created", "_com1.created"),
            ("com.example", "com.example"),
            ("..", "_.."),
        ] {
            assert_eq!(stem(event_type), expected);
        }
    }

    #[test]
    fn the_archive_holds_the_files_and_is_the_same_each_time() {
        let schema = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
        let examples = [json!({ "id": "é" })];
        let mut entries: Vec<TypeEntry<'_>> = HARD.iter().map(|event_type| entry(event_type, &schema, &examples)).collect();
        let first = zip(&files(&entries)).unwrap();
        entries.reverse();
        assert!(first == zip(&files(&entries)).unwrap(), "the order of the types matters");
        let mut archive = ZipArchive::new(Cursor::new(first)).unwrap();
        for file in files(&entries) {
            let mut stored = archive.by_name(&file.name).unwrap();
            let mut content = Vec::new();
            stored.read_to_end(&mut content).unwrap();
            assert_eq!(content, file.content);
            assert!(stored.enclosed_name().is_some());
        }
        let index: Value = serde_json::from_slice(&files(&entries)[0].content).unwrap();
        let invoice = index["event_types"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["type"] == "invoice.paid")
            .unwrap();
        assert_eq!(invoice["group"], "Billing");
        let schema_file = archive.by_name(invoice["schema"].as_str().unwrap()).unwrap();
        assert!(schema_file.size() > 10);
    }

    #[test]
    fn an_empty_catalogue_has_an_archive_too() {
        let archive = ZipArchive::new(Cursor::new(zip(&files(&[])).unwrap())).unwrap();
        assert_eq!(archive.len(), 2);
    }
}
