//! Callbacks as lines of a file: CSV (RFC 4180) or JSON Lines, each line as the API shows a callback.

use crate::{
    domain::timestamp::Timestamp,
    rest::callback_json,
    storage::callbacks::CallbackRecord,
    web::{csv, export::Format},
};

/// The media type of such a file as CSV.
pub(super) const CSV: &str = "text/csv; charset=utf-8; header=present";

/// What the file begins with.
pub(super) const fn head(format: Format) -> &'static [u8] {
    match format {
        Format::Csv => b"callback_date,id,delivery_id,event_id,event_type,url,attempt,trigger,outcome,status,response,duration_ms\r\n",
        Format::JsonLines => b"",
    }
}

/// Its name without the ending: `callbacks-20261123-20261124`, the days in UTC.
pub(super) fn name(from: Timestamp, to: Timestamp) -> String {
    let day = |at: Timestamp| at.rfc3339().chars().take(10).filter(char::is_ascii_digit).collect::<String>();
    format!("callbacks-{}-{}", day(from), day(to))
}

/// One line a callback.
pub(super) fn lines(format: Format, callbacks: Vec<CallbackRecord>) -> String {
    let mut lines = String::new();
    for callback in callbacks {
        match format {
            Format::Csv => lines.push_str(&cells(&callback)),
            Format::JsonLines => {
                lines.push_str(&callback_json(callback));
                lines.push('\n');
            }
        }
    }
    lines
}

fn cells(callback: &CallbackRecord) -> String {
    let cells = [
        callback.at.rfc3339(),
        callback.id.to_string(),
        callback.delivery.to_string(),
        callback.event.to_string(),
        callback.event_type.to_string(),
        callback.url.clone(),
        callback.attempt.to_string(),
        callback.trigger.to_string(),
        callback.outcome.to_string(),
        callback.status.map(|status| status.to_string()).unwrap_or_default(),
        callback.response.clone(),
        callback.duration_ms.to_string(),
    ];
    csv::line(cells.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_range() {
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!(
            name(at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z")),
            "callbacks-20261123-20261124"
        );
    }
}
