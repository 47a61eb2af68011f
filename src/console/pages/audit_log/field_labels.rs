//! The names of fields in the audit log: those that the forms have, in the viewer's language.

use crate::messages::{Lang, account, administration, audit as say, common, event_types, webhook};

/// The name of a field. A field that no form has is named as in the API.
pub(super) fn label(field: &str, lang: Lang) -> String {
    let name = match field {
        "name" => webhook::name(lang),
        "description" => webhook::description(lang),
        "url" => webhook::url(lang),
        "enabled" => webhook::enabled(lang),
        "events" => webhook::event(lang),
        "headers" => webhook::headers(lang),
        "ordered" => webhook::ordered(lang),
        "rate_limit" => say::field_rate_limit(lang),
        "secret" => webhook::secret(lang),
        "old_secret_until" => say::field_old_secret(lang),
        "disabled_reason" => say::field_disabled_reason(lang),
        "owners" => administration::owners(lang),
        "email" => administration::email(lang),
        "role" => administration::role(lang),
        "disabled" => common::status_disabled(lang),
        "second_factor" => account::factor(lang),
        "prefix" => say::field_prefix(lang),
        "scopes" => administration::scopes(lang),
        "expires_at" => administration::expires(lang),
        "revoked_at" => administration::key_revoked(lang),
        "type" => event_types::key(lang),
        "group" => event_types::group(lang),
        "state" => event_types::state(lang),
        "schema" => event_types::schema(lang),
        "examples" => event_types::examples(lang),
        "origin" => event_types::origin(lang),
        "version" => event_types::version(lang),
        "retention" => event_types::retention(lang),
        "masked" => event_types::masked(lang),
        other => return other.to_owned(),
    };
    name.to_owned()
}
