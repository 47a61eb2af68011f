//! The body of a request or a response: exactly as it was sent, and formatted. The switch between the two is plain HTML and CSS.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            body_html::{formatted_html, raw_html},
            copy_button::CopyButton,
            unseen::has_unseen,
        },
        raw_text::preformatted,
        viewer::lang,
    },
    messages::{Lang, common, logs as say},
};

/// A body of a request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyView {
    /// The body as it was sent.
    pub raw: String,
    /// The body with line breaks and indentation, if it is JSON without them.
    pub indented: Option<String>,
}

/// The body.
#[component]
pub(in crate::console) fn Body(
    /// The prefix of ids and names in the page.
    id: &'static str,
    /// The accessible name.
    label: &'static str,
    /// The body.
    body: BodyView,
    /// The accessible name of the button that copies it.
    copy: String,
    /// The address of the body as a file.
    download: String,
) -> impl IntoView {
    let lang = lang();
    let BodyView { raw, indented } = body;
    // Without this, the formatted and the raw body are the same.
    let formatted = indented.or_else(|| has_unseen(&raw).then(|| raw.clone()));
    let (raw_id, size) = (format!("{id}-raw"), size(raw.len() as u64, lang));
    let copied = if id == "request-body" {
        "request-body-raw"
    } else {
        "response-body-raw"
    };
    let switch = formatted.is_some().then(|| {
        let choice = |value: &'static str, text: &'static str, checked: bool| {
            view! {
                <label>
                    <input type="radio" name=format!("{id}-as") value=value checked=checked autocomplete="off" />
                    {text}
                </label>
            }
        };
        view! {
            <fieldset class="segments">
                <legend class="visually-hidden">{label}</legend>
                {choice("formatted", say::formatted(lang), true)}
                {choice("raw", say::raw(lang), false)}
            </fieldset>
        }
    });
    let is_switched = switch.is_some();
    // If there is a formatted body, the raw one shows exactly what was sent, without marks.
    let raw = if is_switched { preformatted(&raw) } else { raw_html(&raw) };
    view! {
        <div class="body" class:switched=is_switched>
            <div class="body-head">
                {switch} <span class="quiet-text">{size}</span> <CopyButton of=copied label=common::copy(lang) name=copy small=true />
                <a class="button small" href=download rel="external" download aria-label=say::download_what(lang, label)>
                    {say::download(lang)}
                </a>
            </div>
            {formatted
                .map(|text| {
                    view! {
                        <pre class="wire formatted" tabindex="0" role="region" aria-label=label inner_html=formatted_html(&text)></pre>
                    }
                })}
            <pre class="wire raw" id=raw_id tabindex="0" role="region" aria-label=say::raw_of(lang, label) inner_html=raw></pre>
        </div>
    }
}

/// "193 B", "15.2 KiB".
fn size(bytes: u64, lang: Lang) -> String {
    if bytes < 1_024 {
        return say::bytes(lang, bytes);
    }
    let tenths = bytes * 10 / 1_024;
    say::kibibytes(lang, &common::decimal(lang, tenths % 10, tenths / 10))
}
