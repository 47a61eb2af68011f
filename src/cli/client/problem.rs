//! The errors of the API (RFC 9457) as one line.

use serde::Deserialize;

use crate::cli::plain::printable;

/// At most this many errors of fields are in the line.
const ERRORS_MAX: usize = 10;

/// An error of the API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Problem {
    /// The code for programs, an URN.
    #[serde(rename = "type")]
    pub(in crate::cli) kind: String,
    /// What is wrong, and what to do.
    pub(in crate::cli) detail: String,
    /// The fields that are wrong.
    pub(in crate::cli) errors: Vec<FieldProblem>,
}

/// A field that is wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct FieldProblem {
    /// The field as a JSON pointer.
    pub(in crate::cli) pointer: String,
    /// What is wrong, and what to do.
    pub(in crate::cli) detail: String,
}

impl Problem {
    /// The error in the body of a response, if it is one.
    pub(in crate::cli) fn of(body: &str) -> Option<Self> {
        let problem: Self = serde_json::from_str(body).ok()?;
        (!problem.detail.is_empty()).then_some(problem)
    }

    /// The error as one line.
    pub(in crate::cli) fn line(&self) -> String {
        if self.errors.len() < 2 {
            return printable(&self.detail);
        }
        let shown = self.errors.iter().take(ERRORS_MAX);
        let shown = shown.map(|error| printable(&format!("{}: {}", error.pointer, error.detail)));
        // That several fields are wrong is seen from the list.
        let detail = (!self.kind.ends_with(":invalid")).then(|| printable(&self.detail));
        let mut lines: Vec<String> = detail.into_iter().chain(shown).collect();
        if self.errors.len() > ERRORS_MAX {
            lines.push(format!("and {} more errors", self.errors.len() - ERRORS_MAX));
        }
        lines.join("; ")
    }
}

/// The error of a response with this status and body as one line.
pub(in crate::cli) fn said(status: u16, body: &str) -> String {
    match Problem::of(body) {
        Some(problem) => format!("{status}: {}", problem.line()),
        None => format!("{status}: the answer is not one of clearhook's API; is the URL that of a clearhook server?"),
    }
}

/// As [`said`], with what to do about a key that is not valid or lacks a scope.
pub(in crate::cli) fn line(status: u16, body: &str) -> String {
    let hint = match status {
        401 => "; the key is unknown, revoked or expired: `clearhook api-key create` on the server makes another one",
        403 => "; use a key that has this scope",
        _ => return said(status, body),
    };
    format!("{}{hint}", said(status, body).trim_end_matches('.'))
}
