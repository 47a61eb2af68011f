//! Something secret that stands on a page this once.

use leptos::prelude::*;

use crate::{
    console::{calls::SecretView, islands::CopyField, viewer::lang},
    messages::administration as say,
};

/// The secret in a field that can be copied, and why it stands here.
#[component]
pub(super) fn Once(
    /// What was done.
    heading: &'static str,
    /// What to do with it.
    why: &'static str,
    /// What it is, such as "Key of …".
    label: String,
    /// The secret.
    secret: SecretView,
) -> impl IntoView {
    view! {
        <div class="notice good once" role="status">
            <h2>{heading}</h2>
            <p>{why}</p>
            <div class="field">
                <label for="made">{label}</label>
                <div class="pair">
                    <input
                        id="made"
                        class="mono"
                        value=secret.secret
                        readonly
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="made-hint"
                    />
                    <CopyField field="made".to_owned() />
                </div>
                <p class="hint" id="made-hint">
                    {say::shown_once(lang())}
                </p>
            </div>
        </div>
    }
}
