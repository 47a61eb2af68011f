//! The table on the screen, `target/bench/report.json`, and a plot of latency against offered load.

use std::{fmt::Write, fs};

use serde_json::{Value, json};

use crate::load::Latency;

pub(crate) struct Report {
    section: String,
    lines: Vec<Value>,
    points: Vec<(String, f64, Latency)>,
    pub(crate) more: Vec<Value>,
}

impl Report {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!("clearhook {} on {cores} cores\n", env!("CARGO_PKG_VERSION"));
        Self {
            section: "machine".to_owned(),
            lines: Vec::new(),
            points: Vec::new(),
            more: Vec::new(),
        }
    }

    pub(crate) fn section(&mut self, name: &str) {
        name.clone_into(&mut self.section);
        println!("\n{name}");
    }

    /// Prints a figure, and whether it reaches its goal.
    pub(crate) fn line(&mut self, name: &str, unit: &str, value: f64, goal: Option<(&str, f64)>) {
        let reached = goal.map(|(sign, goal)| if sign == "≥" { value >= goal } else { value <= goal });
        let verdict = match (goal, reached) {
            (Some((sign, goal)), Some(true)) => format!("{sign} {goal}  reached"),
            (Some((sign, goal)), _) => format!("{sign} {goal}  MISSED"),
            _ => String::new(),
        };
        let digits = if value >= 1_000.0 {
            0
        } else if value >= 10.0 {
            1
        } else {
            3
        };
        println!("  {name:<46} {value:>12.digits$} {unit:<26} {verdict}");
        self.lines.push(json!({
            "database": self.section, "name": name.trim(), "unit": unit, "value": value,
            "goal": goal.map(|(_, goal)| goal), "reached": reached,
        }));
    }

    /// A point of the plot.
    pub(crate) fn point(&mut self, rate: f64, latency: Latency) {
        println!(
            "    at {rate:>6.0}/s   p50 {:.2}   p95 {:.2}   p99 {:.2}   max {:.1} ms",
            latency.p50, latency.p95, latency.p99, latency.max
        );
        self.points.push((self.section.clone(), rate, latency));
    }

    pub(crate) fn write(&self) {
        fs::create_dir_all("target/bench").unwrap();
        let points: Vec<_> = self
            .points
            .iter()
            .map(|(database, rate, latency)| json!({ "database": database, "rate": rate, "latency_ms": latency }))
            .collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "figures": self.lines, "latency": points, "more": self.more,
        });
        fs::write("target/bench/report.json", serde_json::to_string_pretty(&report).unwrap()).unwrap();
        fs::write("target/bench/latency.svg", self.plot()).unwrap();
        println!("\nwritten: target/bench/report.json, target/bench/latency.svg");
    }

    /// Both axes by powers: rates double, latencies grow tenfold.
    fn plot(&self) -> String {
        let (width, height, left, bottom) = (720.0, 420.0, 60.0, 370.0);
        let x = |rate: f64| left + (rate.max(100.0) / 100.0).log2() / 8.0 * (width - left - 20.0);
        let y = |ms: f64| bottom - (ms.max(0.1).log10() + 1.0) / 4.0 * (bottom - 30.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{left}\" y=\"18\">From scheduled publish to the receiver: p50 (thin) and p99, in ms, by events a second</text>\n"
        );
        for ms in [0.1, 1.0, 10.0, 100.0, 1_000.0] {
            let _ = writeln!(
                svg,
                "<path d=\"M{left} {0:.1}H{1}\" stroke=\"#ddd\"/><text x=\"8\" y=\"{0:.1}\">{ms}</text>",
                y(ms),
                width - 20.0
            );
        }
        for step in 0..9 {
            let rate = 100.0 * f64::from(1 << step);
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{rate}</text>",
                x(rate),
                bottom + 20.0
            );
        }
        for (database, colour) in [("sqlite", "#2558c4"), ("postgres", "#b3541e")] {
            let mut points: Vec<_> = self.points.iter().filter(|(section, ..)| section == database).collect();
            points.sort_by(|a, b| a.1.total_cmp(&b.1));
            for (of, stroke) in [
                ((|latency: &Latency| latency.p50) as fn(&Latency) -> f64, 1),
                (|latency| latency.p99, 3),
            ] {
                let line: Vec<_> = points
                    .iter()
                    .map(|(_, rate, latency)| format!("{:.1},{:.1}", x(*rate), y(of(latency))))
                    .collect();
                let _ = writeln!(
                    svg,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{stroke}\"/>",
                    line.join(" ")
                );
            }
            if let Some((_, rate, latency)) = points.last() {
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{database}</text>",
                    x(*rate) - 30.0,
                    y(latency.p99) - 8.0
                );
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}
