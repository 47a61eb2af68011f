//! Reads the text of `/metrics` in the format of `OpenMetrics`, so that the collector gets the very numbers that Prometheus reads. It reads
//! what this program writes, not every text that the standard allows.

/// The metrics of one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Family<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) help: String,
    pub(super) unit: &'a str,
    pub(super) samples: Vec<Sample<'a>>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// The name with its suffix, such as `_total`.
    pub(super) name: &'a str,
    pub(super) labels: Vec<(&'a str, String)>,
    pub(super) value: &'a str,
}

/// Reads all families. Lines that do not belong to one are ignored.
pub(super) fn families(text: &str) -> Vec<Family<'_>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (Some(what), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            let rest = words.next().unwrap_or_default();
            if families.last().is_none_or(|family| family.name != name) {
                families.push(Family { name, ..Family::default() });
            }
            if let Some(family) = families.last_mut() {
                match what {
                    "HELP" => family.help = unescaped(rest),
                    "TYPE" => family.kind = rest,
                    "UNIT" => family.unit = rest,
                    _ => {}
                }
            }
        } else if let (Some(sample), Some(family)) = (sample(line), families.last_mut()) {
            family.samples.push(sample);
        }
    }
    families
}

/// Reads `name{label="value",…} value`.
fn sample(line: &str) -> Option<Sample<'_>> {
    let name_end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"")?;
            let end = closing_quote(after)?;
            labels.push((label.trim_start_matches(','), unescaped(&after[..end])));
            rest = &after[end + 1..];
        }
        rest = &rest[1..];
    }
    let value = rest.split_whitespace().next()?;
    Some(Sample { name, labels, value })
}

/// The position of the first quote that is not escaped.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut letters) = (String::with_capacity(text.len()), text.chars());
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use prometheus_client::{
        encoding::text::encode,
        metrics::{counter::Counter, family::Family as Labelled, gauge::ConstGauge, histogram::Histogram},
        registry::{Registry, Unit},
    };

    use super::*;

    #[test]
    fn what_the_library_writes_is_read() {
        let mut registry = Registry::with_prefix("clearhook");
        let callbacks = Labelled::<Vec<(String, String)>, Counter>::default();
        let odd = "a \"b\" \\ c,}\nd".to_owned();
        callbacks.get_or_create(&vec![("outcome".to_owned(), odd.clone())]).inc_by(7);
        registry.register("callbacks", "Callbacks", callbacks);
        let durations = Histogram::new([0.5, 1.0]);
        durations.observe(0.7);
        registry.register_with_unit("duration", "How long", Unit::Seconds, durations);
        registry.register("free", "Free", ConstGauge::new(1.5));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();

        let families = families(&text);
        let names: Vec<_> = families.iter().map(|family| (family.name, family.kind, family.unit)).collect();
        assert_eq!(
            names,
            [
                ("clearhook_callbacks", "counter", ""),
                ("clearhook_duration_seconds", "histogram", "seconds"),
                ("clearhook_free", "gauge", "")
            ]
        );
        assert_eq!(
            families[0].samples,
            [Sample {
                name: "clearhook_callbacks_total",
                labels: vec![("outcome", odd)],
                value: "7",
            }]
        );
        let parts: Vec<_> = families[1].samples.iter().map(|sample| (sample.name, sample.value)).collect();
        assert!(parts.contains(&("clearhook_duration_seconds_bucket", "1")) && parts.contains(&("clearhook_duration_seconds_count", "1")));
        assert_eq!(families[2].samples[0].value, "1.5");
    }
}
