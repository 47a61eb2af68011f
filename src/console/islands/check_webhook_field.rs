//! Rules of fields that only the server can check, applied while a webhook is edited.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::console::ConsoleError;

/// A field with a rule that only the server can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookField {
    /// The URL: whether the policy of this service permits it.
    Url,
    /// An owner: whether there is a user with this id.
    Owner,
}

/// What is wrong with the value of a field, in the viewer's language.
#[server(prefix = "/fn", endpoint = "check_webhook_field")]
pub async fn check_webhook_field(field: WebhookField, value: String) -> Result<Option<String>, ConsoleError> {
    use crate::{
        console::server::{action_error, caller, lang},
        services::webhooks,
    };
    let (app, _) = caller()?;
    let wrong = match field {
        WebhookField::Url => webhooks::check_url(&app, &value),
        WebhookField::Owner => webhooks::check_owner(&app, &value).await.map_err(action_error)?,
    };
    Ok(wrong.map(|wrong| wrong.text(lang())))
}

#[cfg(feature = "ssr")]
impl crate::routes::Ruled for CheckWebhookField {
    const RULE: crate::routes::Rule = crate::routes::Rule::Session(crate::auth::rules::Action::WriteWebhooks);
}
