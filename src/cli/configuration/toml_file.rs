//! TOML as JSON values, with the place of each.

use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::places::{Place, Places, member, place_of};

/// The value of a TOML document, and the places of its parts. The error has a place if there is one.
pub(super) fn parse(text: &str) -> Result<(Value, Places), (Option<Place>, String)> {
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map(|span| place_of(text, span.start));
        (place, error.message().to_owned())
    })?;
    let mut reader = Reader {
        lines: line_ends(text),
        text,
        places: Places::default(),
    };
    reader.places.note("", Place { line: 1, column: 1 });
    let value = reader.table("", table.into_inner())?;
    Ok((value, reader.places))
}

struct Reader<'a> {
    text: &'a str,
    /// The places of the line ends, so that the line of a byte is found quickly.
    lines: Vec<usize>,
    places: Places,
}

fn line_ends(text: &str) -> Vec<usize> {
    text.bytes()
        .enumerate()
        .filter_map(|(at, byte)| (byte == b'\n').then_some(at))
        .collect()
}

impl Reader<'_> {
    fn place(&self, byte: usize) -> Place {
        let line = self.lines.partition_point(|end| *end < byte);
        let begin = line
            .checked_sub(1)
            .and_then(|before| self.lines.get(before))
            .map_or(0, |end| end + 1);
        let column = self.text.get(begin..byte).map_or(0, |before| before.chars().count()) + 1;
        Place { line: line + 1, column }
    }

    fn table(&mut self, pointer: &str, table: DeTable<'_>) -> Result<Value, (Option<Place>, String)> {
        // The parser orders the members by their names. In the order of the file, schemas stay as they were written.
        let mut members: Vec<_> = table.into_iter().collect();
        members.sort_by_key(|(name, _)| name.span().start);
        let mut object = Map::new();
        for (name, value) in members {
            let inner = member(pointer, name.get_ref());
            let at = self.place(name.span().start);
            let value = self.value(&inner, value)?;
            self.places.note(&inner, at);
            object.insert(name.into_inner().into_owned(), value);
        }
        Ok(Value::Object(object))
    }

    fn value(&mut self, pointer: &str, value: Spanned<DeValue<'_>>) -> Result<Value, (Option<Place>, String)> {
        let at = self.place(value.span().start);
        self.places.note(pointer, at);
        let wrong = |words: &str| (Some(at), words.to_owned());
        Ok(match value.into_inner() {
            DeValue::String(text) => text.into_owned().into(),
            DeValue::Boolean(value) => value.into(),
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                let number = i64::from_str_radix(&digits, integer.radix());
                number.map_err(|_| wrong("this number does not fit into 64 bits"))?.into()
            }
            DeValue::Float(float) => {
                let number: Option<f64> = float.as_str().replace('_', "").parse().ok();
                let number = number.and_then(Number::from_f64);
                Value::Number(number.ok_or_else(|| wrong("JSON has no such number; use a finite one"))?)
            }
            DeValue::Datetime(_) => return Err(wrong("JSON has no dates; write it as a text, in quotation marks")),
            DeValue::Array(items) => {
                let mut list = Vec::new();
                for (at, item) in items.into_iter().enumerate() {
                    list.push(self.value(&format!("{pointer}/{at}"), item)?);
                }
                list.into()
            }
            DeValue::Table(table) => self.table(pointer, table)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn toml_is_json_with_places() {
        let text = "version = 1\n\n[[webhooks]]\nname = \"é\"\nzeta = { b = 1, a = 0x10 }\n\n[[webhooks]]\nname = 'b'\nrate = 1_000.5\nlist = [1,\n  true]\n";
        let (value, places) = parse(text).unwrap();
        let expected = json!({
            "version": 1,
            "webhooks": [
                { "name": "é", "zeta": { "b": 1, "a": 16 } },
                { "name": "b", "rate": 1_000.5, "list": [1, true] },
            ],
        });
        assert_eq!(value, expected);
        assert_eq!(value["webhooks"][0]["zeta"].to_string(), "{\"b\":1,\"a\":16}");
        for (pointer, line, column) in [
            ("/version", 1, 1),
            ("/webhooks/0/name", 4, 1),
            ("/webhooks/1/list/1", 11, 3),
            ("/webhooks/1/url", 7, 1),
        ] {
            assert_eq!(
                places.of(pointer).map(|place| (place.line, place.column)),
                Some((line, column)),
                "{pointer}"
            );
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, line) in [
            ("a = 1\nb = \n", 2),
            ("a = 1\na = 2\n", 2),
            ("a = 1\nb = nan\n", 2),
            ("a = 1\n\nb = 2026-11-23\n", 3),
            ("a = 99999999999999999999\n", 1),
        ] {
            let (place, message) = parse(text).err().unwrap();
            assert_eq!(place.map(|place| place.line), Some(line), "{text}: {message}");
        }
    }
}
