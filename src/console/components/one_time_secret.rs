//! A secret that a page shows once.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    console::{islands::CopyField, viewer::lang},
    messages::administration as say,
};

/// A secret that was just created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeSecret {
    /// The name of its owner, or its own name.
    pub name: String,
    /// The secret in plain text.
    pub secret: String,
}

/// The secret in a field with a button that copies it.
#[component]
pub(in crate::console) fn OneTimeSecretField(
    /// What was done.
    heading: &'static str,
    /// What to do with the secret.
    why: &'static str,
    /// The label of the field, such as "Key of …".
    label: String,
    /// The secret.
    secret: OneTimeSecret,
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
