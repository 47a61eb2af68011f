//! Forms that could not be processed because the session had ended or the database was not available. The page that says so contains the
//! form, and a button that sends it again. The server stores nothing, so that clients without a session cannot fill its memory.

use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;

use crate::{
    console::intents::{EventTypeIntent, WebhookIntent},
    domain::id::WebhookId,
    problem::Problem,
    request::form,
};

/// The form of a new API key.
const API_KEY_FORM: &str = "/api-keys/new";

/// Maximum size of a form that is kept, in bytes. The sign-in form contains it in encoded form, and has a limit itself.
const BYTES_MAX: usize = 64 * 1024;

/// Maximum number of fields of a form that is kept. The form of a webhook has one for each event type that is ticked.
const FIELDS_MAX: usize = 2_000;

/// A form that can be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayForm {
    /// The path to which it is posted.
    pub path: String,
    /// Its fields, as `application/x-www-form-urlencoded`.
    pub encoded: String,
}

/// The fields with which a sign-in form carries another form along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Carried {
    kept_path: String,
    kept: String,
}

impl Carried {
    /// The form that is carried along, if there is one that may be sent again.
    pub fn form(&self) -> Option<ReplayForm> {
        ReplayForm::new(&self.kept_path, &self.kept)
    }
}

impl ReplayForm {
    /// A form that was posted to `path`. `None` if it is not kept: because another form is filled in quickly, because it is too large, or
    /// because its button deletes or sends something, which needs a click on that button.
    pub fn new(path: &str, encoded: &str) -> Option<Self> {
        let fields: Vec<_> = form_urlencoded::parse(encoded.as_bytes()).collect();
        let intent = fields.iter().rfind(|(name, _)| name == "intent").map_or("", |(_, value)| value);
        if !is_kept(path) || !may_be_repeated(path, intent) || fields.len() > FIELDS_MAX {
            return None;
        }
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        (encoded.len() <= BYTES_MAX).then(|| Self {
            path: path.to_owned(),
            encoded,
        })
    }

    /// The form in the body of a request for `path`: the submitted form itself, or the one that a sign-in form carries along.
    pub fn of_request(path: &str, encoded: &str) -> Option<Self> {
        if is_sign_in(path) {
            form::decode::<Carried>(encoded).ok()?.form()
        } else {
            Self::new(path, encoded)
        }
    }

    /// Whether a form that is posted to `path` may be kept or may carry one along.
    pub fn may_be_kept(path: &str) -> bool {
        is_sign_in(path) || is_kept(path)
    }

    /// The fields in order, decoded.
    pub fn fields(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.encoded.as_bytes()).into_owned().collect()
    }
}

/// The response for a problem, whose page contains this form.
pub fn problem_with(problem: Problem, replay: Option<ReplayForm>) -> Response {
    let mut response = problem.into_response();
    if let Some(replay) = replay {
        response.extensions_mut().insert(replay);
    }
    response
}

fn is_sign_in(path: &str) -> bool {
    matches!(path, "/sign-in" | "/sign-in/code")
}

/// Whether the form at this path takes long to fill in. None of these forms contains a password. Their other secrets (the secret of a new
/// webhook, values of headers) are sent back only to the client that sent them.
fn is_kept(path: &str) -> bool {
    path == API_KEY_FORM || is_webhook_form(path) || is_event_type_form(path)
}

fn is_webhook_form(path: &str) -> bool {
    let is_webhook = |id: &str| id == "new" || id.parse::<WebhookId>().is_ok();
    path.strip_prefix("/webhooks/").is_some_and(is_webhook)
}

fn is_event_type_form(path: &str) -> bool {
    let edited = path.strip_prefix("/event-types/").and_then(|rest| rest.strip_suffix("/edit"));
    path == "/event-types/new" || edited.is_some_and(|event_type| !event_type.contains('/'))
}

/// Whether the button of the form at this path may be pressed again by another button.
fn may_be_repeated(path: &str, intent: &str) -> bool {
    if is_webhook_form(path) {
        intent.parse().is_ok_and(WebhookIntent::may_be_repeated)
    } else if is_event_type_form(path) {
        // No button of this form sends or deletes something.
        intent.parse::<EventTypeIntent>().is_ok()
    } else {
        intent.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_forms_without_passwords_are_kept() {
        for kept in [
            "/webhooks/new",
            "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05",
            "/api-keys/new",
            "/event-types/new",
            "/event-types/a%2Fb/edit",
        ] {
            assert!(ReplayForm::new(kept, "name=a").is_some(), "{kept}");
        }
        for other in [
            "/account",
            "/users/new",
            "/webhooks",
            "/webhooks/",
            "/webhooks/a/b",
            "/webhooks/..",
            "/webhooks/..\\users\\new",
            "//evil.example/webhooks/new",
            "/setup",
            "",
        ] {
            assert!(ReplayForm::new(other, "name=a").is_none(), "{other}");
        }
    }

    #[test]
    fn a_form_whose_button_deletes_or_sends_is_not_kept() {
        let is_kept = |path: &str, intent: String| ReplayForm::new(path, &format!("name=a&intent={intent}")).is_some();
        for intent in [
            "delete",
            "rotate",
            "test",
            "enable",
            "no-such-button",
            "remove-header-",
            "remove-header--1",
        ] {
            assert!(!is_kept("/webhooks/new", intent.to_owned()), "{intent}");
        }
        for intent in [
            WebhookIntent::Save,
            // What Enter in a field sends.
            WebhookIntent::Enter,
            WebhookIntent::AddHeader,
            WebhookIntent::RemoveHeader(3),
            WebhookIntent::GenerateSecret,
            WebhookIntent::FilterEvents,
            WebhookIntent::FilterOwners,
            WebhookIntent::ChooseGroup(7),
        ] {
            assert!(is_kept("/webhooks/new", intent.to_string()), "{intent}");
        }
        for intent in ["save", "check", "infer", "add-example", "remove-example-2"] {
            assert!(is_kept("/event-types/new", intent.to_owned()), "{intent}");
        }
        assert!(!is_kept("/event-types/new", "delete".to_owned()) && !is_kept("/api-keys/new", "delete".to_owned()));
    }

    #[test]
    fn a_form_with_hundreds_of_chosen_events_is_kept() {
        let events: Vec<String> = (0..500).map(|number| format!("&events=group.type{number}")).collect();
        assert!(ReplayForm::new("/webhooks/new", &format!("name=a{}", events.concat())).is_some());
    }

    #[test]
    fn a_sign_in_form_carries_another_form_along() {
        let carried = ReplayForm::of_request("/sign-in", "email=a&kept_path=/api-keys/new&kept=name%3Db").unwrap();
        assert_eq!((carried.path.as_str(), carried.encoded.as_str()), ("/api-keys/new", "name=b"));
        assert!(ReplayForm::of_request("/sign-in", "email=a&kept_path=/setup&kept=name%3Db").is_none());
    }
}
