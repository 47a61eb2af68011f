//! The button "Generate" beside the secret of a new webhook.

use leptos::{ev::MouseEvent, html::Button, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlInputElement};

use crate::{
    console::{ConsoleError, pages::webhook::save::Intent, viewer::lang},
    messages::webhook as say,
};

/// Generates a signing secret. Nothing is stored.
#[server(prefix = "/fn", endpoint = "generate_secret")]
pub async fn generate_secret() -> Result<String, ConsoleError> {
    Ok(crate::domain::secret::SigningSecret::generate().reveal().to_string())
}

/// The button. Without scripts, the response to the form contains the new secret.
#[island]
pub fn GenerateButton(
    /// The id of the field.
    field: String,
) -> impl IntoView {
    let (button, is_plain) = (NodeRef::<Button>::new(), StoredValue::new(false));
    let generate = move |event: MouseEvent| {
        if is_plain.get_value() {
            return;
        }
        event.prevent_default();
        let field = document().get_element_by_id(&field);
        leptos::task::spawn_local(async move {
            let secret = generate_secret().await;
            let field = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
            if let (Ok(secret), Some(field)) = (secret, field) {
                field.set_value(&secret);
                let _ = field.focus();
            } else {
                // The response to the plain form shows what is wrong.
                is_plain.set_value(true);
                if let Some(button) = button.get_untracked() {
                    button.click();
                }
            }
        });
    };
    view! {
        <button
            class="button"
            type="submit"
            name="intent"
            value=Intent::GenerateSecret.to_string()
            formnovalidate
            node_ref=button
            on:click=generate
        >
            {say::secret_generate(lang())}
        </button>
    }
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for GenerateSecret {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::WriteWebhooks);
}
