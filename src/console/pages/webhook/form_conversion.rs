//! What fields of the form of a webhook mean that are more than one value: headers with masked values, checkboxes, the rate limit.

use crate::{
    console::{islands::HeaderView, pages::webhook::save::WebhookForm},
    domain::{
        audit::MASK,
        headers::is_credential,
        webhook::{RateLimit, parse_rate},
    },
    messages::validation::ValidationError,
    services::{error::FieldError, webhooks::HeaderInput},
};

impl WebhookForm {
    /// The rows of additional headers. A ticked checkbox sends the key of its row and another one sends nothing, so each row sends its key in
    /// a hidden field. In a form without keys, the names decide which values are secret.
    pub(super) fn headers(&self) -> Vec<HeaderView> {
        let rows = self.header_name.iter().zip(&self.header_value).enumerate();
        let row = |(at, (name, value)): (usize, (&String, &String))| {
            let key = self.header_row.get(at);
            let is_undecided = key.is_none_or(|key| self.header_undecided.contains(key));
            let is_ticked = key.is_some_and(|key| self.header_secret.contains(key));
            let secret = is_ticked || (is_undecided && is_credential(name));
            HeaderView {
                name: name.clone(),
                value: value.clone(),
                secret,
                decided: secret || !is_undecided,
            }
        };
        rows.map(row).collect()
    }

    /// Replaces the rows of additional headers.
    pub(super) fn set_headers(&mut self, headers: Vec<HeaderView>) {
        let keys = |choose: fn(&HeaderView) -> bool| {
            let chosen = headers.iter().enumerate().filter(|(_, header)| choose(header));
            chosen.map(|(at, _)| at.to_string()).collect()
        };
        self.header_row = keys(|_| true);
        self.header_secret = keys(|header| header.secret);
        self.header_undecided = keys(|header| !header.decided);
        (self.header_name, self.header_value) = headers.into_iter().map(|header| (header.name, header.value)).unzip();
    }

    /// Whether the events of a subject are sent in order. `None` if the form has no field for that.
    pub(super) fn ordered(&self) -> Option<bool> {
        (!self.ordered.is_empty()).then(|| self.ordered.iter().any(|value| value == "true"))
    }

    /// The ids of the owners. `None` if the form has no fields for them.
    pub(super) fn owners(&self) -> Option<Vec<String>> {
        let ticked = || self.owners.iter().filter(|id| !id.is_empty()).cloned().collect();
        (!self.owners.is_empty()).then(ticked)
    }

    /// The rate limit. `stored` if the form has no fields for it.
    pub(super) fn rate_or(&self, stored: Option<RateLimit>) -> Option<RateLimit> {
        if self.rate_per_second.is_none() && self.rate_burst.is_none() {
            return stored;
        }
        let [per_second, burst] = [&self.rate_per_second, &self.rate_burst].map(|typed| typed.as_deref().unwrap_or_default());
        let is_limit = !per_second.trim().is_empty() || !burst.trim().is_empty();
        // A number that cannot be parsed becomes 0, which is not valid.
        is_limit.then(|| RateLimit {
            per_second: parse_rate(per_second).unwrap_or_default(),
            burst: parse_rate(burst).unwrap_or_default(),
        })
    }
}

/// The headers with the stored values in place of masks. The mask of a row stands for the value of a header with the same name: of a secret one if
/// there is one, and of several for the one at the same place among them. Whoever unticks "Secret" keeps the value, and the audit log says so. A
/// mask without a stored header stays, and [`masked`] finds it.
pub(super) fn unmasked(rows: Vec<HeaderView>, stored: &[HeaderInput]) -> Vec<HeaderView> {
    let mut taken = vec![false; stored.len()];
    let mut value_of = |name: &str| {
        let of_name = |wanted: bool| {
            let mut headers = stored.iter().enumerate();
            headers.find(|(at, header)| {
                let is_free = taken.get(*at) == Some(&false);
                is_free && (header.secret == Some(true)) == wanted && header.name.eq_ignore_ascii_case(name.trim())
            })
        };
        let (at, header) = of_name(true).or_else(|| of_name(false))?;
        if let Some(mark) = taken.get_mut(at) {
            *mark = true;
        }
        header.value.clone()
    };
    let row = |row: HeaderView| {
        let stored = is_mask(&row.value).then(|| value_of(&row.name)).flatten();
        HeaderView {
            value: stored.unwrap_or(row.value),
            ..row
        }
    };
    rows.into_iter().map(row).collect()
}

/// The errors of headers whose value is still a mask.
pub(super) fn masked(headers: &[HeaderInput]) -> Vec<FieldError> {
    let masks = headers
        .iter()
        .enumerate()
        .filter(|(_, header)| header.value.as_deref().is_some_and(is_mask));
    masks
        .map(|(at, _)| FieldError::new(format!("/headers/{at}/value"), ValidationError::HeaderMasked))
        .collect()
}

fn is_mask(value: &str) -> bool {
    value.trim() == MASK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::form::decode;

    fn form(encoded: &str) -> WebhookForm {
        decode(encoded).unwrap()
    }

    #[test]
    fn a_mask_stands_for_the_stored_value_of_its_name() {
        let stored = |name: &str, value: &str, secret| HeaderInput {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            secret: Some(secret),
        };
        let row = |name: &str, value: &str, secret| HeaderView {
            name: name.to_owned(),
            value: value.to_owned(),
            secret,
            decided: true,
        };
        let stored = [
            stored("X-Tenant", "8", false),
            stored("X-Tenant", "7", true),
            stored("Authorization", "Bearer a", true),
            stored("X-Tenant", "9", true),
        ];
        let values = |rows| unmasked(rows, &stored).into_iter().map(|row| row.value).collect::<Vec<_>>();
        assert_eq!(
            values(vec![
                row("x-tenant ", MASK, true),
                row("X-Tenant", "typed", true),
                row("X-Tenant", MASK, true),
                row("Authorization", MASK, true)
            ]),
            ["7", "typed", "9", "Bearer a"]
        );
        // A row without a stored header keeps the mask, which is an error.
        let left = values(vec![row("Authorization", MASK, false), row("X-New", MASK, true)]);
        assert_eq!(left, ["Bearer a", MASK]);
        let headers = [HeaderInput {
            name: "X-New".to_owned(),
            value: Some(MASK.to_owned()),
            secret: Some(true),
        }];
        assert_eq!(masked(&headers)[0].pointer, "/headers/0/value");
    }

    #[test]
    fn a_ticked_checkbox_belongs_to_its_row() {
        let secrets = |encoded: &str| {
            let headers = form(encoded).headers();
            headers
                .into_iter()
                .map(|header| (header.name, header.secret, header.decided))
                .collect::<Vec<_>>()
        };
        let row = |key: &str, name: &str| format!("header_row={key}&header_name={name}&header_value=v&");
        let rows = row("4", "X-A") + &row("1", "X-B") + &row("7", "X-Token");
        let named = |secret: [bool; 3]| {
            let names = ["X-A", "X-B", "X-Token"];
            names
                .into_iter()
                .zip(secret)
                .map(|(name, secret)| (name.to_owned(), secret, true))
                .collect::<Vec<_>>()
        };
        assert_eq!(secrets(&rows), named([false; 3]), "an unticked checkbox is a decision");
        assert_eq!(secrets(&format!("{rows}header_secret=1")), named([false, true, false]));
        assert_eq!(
            secrets(&format!("{rows}header_secret=7&header_secret=4")),
            named([true, false, true])
        );
        // In a new row without a decision, the name decides.
        assert_eq!(secrets(&format!("{rows}header_undecided=7")), named([false, false, true]));
        let undecided = secrets(&format!("{rows}header_undecided=4"));
        assert_eq!(undecided[0], ("X-A".to_owned(), false, false));
        assert_eq!(
            secrets("header_name=Authorization&header_value=v"),
            [("Authorization".to_owned(), true, true)]
        );
    }

    #[test]
    fn a_form_without_fields_for_rate_and_order_keeps_the_stored_ones() {
        let rate = |per_second, burst| Some(RateLimit { per_second, burst });
        let stored = rate(7, 8);
        let typed = |encoded: &str| {
            let form = form(encoded);
            (form.rate_or(stored), form.ordered())
        };
        assert_eq!(typed("name=x"), (stored, None));
        assert_eq!(typed("rate_limit-per_second=&rate_limit-burst=+&ordered="), (None, Some(false)));
        assert_eq!(
            typed("rate_limit-per_second=5&rate_limit-burst=x&ordered=&ordered=true"),
            (rate(5, 0), Some(true))
        );
        assert_eq!(typed("rate_limit-burst=2").0, rate(0, 2));
    }
}
