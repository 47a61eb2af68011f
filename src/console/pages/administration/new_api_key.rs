//! A new key: its form, then the key, this once.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{KeyFormView, new_api_key},
        components::{field::TextField, form_page::FormPage, notice::ErrorSummary},
        islands::{FieldError, Rule, error_of, focus_first, takes_focus},
        pages::administration::once::Once,
        viewer::lang,
    },
    domain::role::Scope,
    messages::{Lang, administration as say},
};

/// A new key.
#[component]
pub(in crate::console) fn NewApiKey() -> impl IntoView {
    let lang = lang();
    let form = new_api_key().map(|form| view! { <KeyForm form /> }.into_any());
    view! { <FormPage title=say::api_key_create(lang) list="/api-keys" list_name=say::api_keys(lang) form /> }
}

#[component]
fn KeyForm(form: KeyFormView) -> impl IntoView {
    let lang = lang();
    if let Some(secret) = form.made {
        let label = say::key_is(lang, &secret.name);
        return view! {
            <Once heading=say::key_made(lang) why=say::key_made_why(lang) label secret />
            <p>
                <a class="button" href="/api-keys">
                    {say::key_to_list(lang)}
                </a>
            </p>
        }
        .into_any();
    }
    let errors = form.errors;
    focus_first(&errors, None);
    let scope_error = error_of(&errors, "scopes");
    let describe = if scope_error.is_some() {
        "scopes-error scopes-hint"
    } else {
        "scopes-hint"
    };
    view! {
        <form method="post" action="/api-keys/new" novalidate class="narrow">
            <ErrorSummary errors=errors.clone() />
            <TextField
                name="name"
                label=say::key_name(lang)
                value=form.name
                rule=Rule::Name
                hint=say::key_name_hint(lang)
                error=error_of(&errors, "name")
            />
            <div class="field wide" role="group" aria-labelledby="scopes-label" aria-describedby=describe id="scopes" tabindex="-1">
                <span class="label" id="scopes-label">
                    {say::scopes(lang)}
                </span>
                <FieldError id="scopes".to_owned() error=scope_error />
                <p class="hint" id="scopes-hint">
                    {say::scopes_hint(lang)}
                </p>
                <ul class="checks">{Scope::ALL.iter().map(|scope| choice(*scope, &form.scopes, lang)).collect_view()}</ul>
            </div>
            <TextField
                name="expires"
                label=say::expires(lang)
                kind="date"
                value=form.expires
                hint=say::expires_hint(lang)
                error=error_of(&errors, "expires")
            />
            <div class="save">
                <a class="button" href="/api-keys">
                    {say::cancel(lang)}
                </a>
                <button class="button primary" type="submit">
                    {say::api_key_create(lang)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn choice(scope: Scope, chosen: &[String], lang: Lang) -> impl IntoView {
    let (name, id) = (scope.as_str(), format!("scope-{}", scope.as_str().replace(':', "-")));
    let why = match scope {
        Scope::EventsWrite => say::scope_events_write(lang),
        Scope::WebhooksRead => say::scope_webhooks_read(lang),
        Scope::WebhooksWrite => say::scope_webhooks_write(lang),
        Scope::CallbacksRead => say::scope_callbacks_read(lang),
        Scope::MetricsRead => say::scope_metrics_read(lang),
    };
    view! {
        <li class="check">
            <input
                type="checkbox"
                id=id.clone()
                name="scopes"
                value=name
                checked=chosen.iter().any(|chosen| chosen == name)
                autofocus=scope == Scope::ALL[0] && takes_focus("scopes")
                aria-describedby=format!("{id}-why")
            />
            <div>
                <label for=id.clone() class="mono">
                    {name}
                </label>
                <p class="hint" id=format!("{id}-why")>
                    {why}
                </p>
            </div>
        </li>
    }
}
