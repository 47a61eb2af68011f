//! The page "How to verify" of a webhook: the code of the guide, and the newest callback of this webhook to try it with.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Sample, signature};
use crate::{
    console::{
        components::{inline_code::InlineCode, notice::Trouble, unseen::ForeignText},
        pages::log::masking::hide_values,
        server::{caller, console_error},
        viewer::lang,
    },
    domain::id::WebhookId,
    messages::{Lang, common, guide as say},
    services::{error::UseCaseError, webhooks},
    storage::callbacks::CallbackDetails,
};

/// The headers of the signature.
const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// What the page shows.
struct VerifyView {
    id: WebhookId,
    name: String,
    /// A callback as it was sent. `None` before the first one.
    example: Option<String>,
    /// A command that sends the same request to a program on the viewer's computer.
    command: Option<String>,
    /// Whether it has sent any callback.
    has_sent: bool,
}

/// The page.
#[component]
pub fn VerifyWebhook(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    Suspend::new(async move {
        match load(&id).await {
            Ok(view) => page(view, lang()),
            Err(error) => view! {
                <Title text=common::not_found(lang()) />
                <Trouble error=console_error(error) />
            }
            .into_any(),
        }
    })
}

async fn load(id: &str) -> Result<VerifyView, UseCaseError> {
    let (app, by) = caller().map_err(|_| UseCaseError::NotFound)?;
    let id: WebhookId = id.parse().map_err(|_| UseCaseError::NotFound)?;
    let webhook = webhooks::get(&app, &by, id).await?;
    let mut has_sent = false;
    let callback = match webhooks::latest_callback(&app, &by, id).await? {
        Some(latest) => {
            has_sent = true;
            let mut callback = webhooks::callback(&app, &by, latest.id).await?;
            // Without the hidden values, the signature does not fit.
            let is_hidden = hide_values(&app, &mut callback).await?;
            (!is_hidden).then_some(callback)
        }
        None => None,
    };
    let sent = callback
        .as_ref()
        .and_then(|callback| Some((callback, callback.request_body.as_deref()?)));
    Ok(VerifyView {
        id,
        name: webhook.fields.name,
        example: sent.map(|(callback, body)| as_sent(callback, body)),
        command: sent.map(|(callback, body)| command(callback, body)),
        has_sent,
    })
}

/// The headers of the signature in their order.
fn signature_headers(callback: &CallbackDetails) -> impl Iterator<Item = (&'static str, &str)> {
    HEADERS.iter().filter_map(|name| {
        let (_, value) = callback.request_headers.iter().find(|(header, _)| header == name)?;
        Some((*name, value.as_str()))
    })
}

fn as_sent(callback: &CallbackDetails, body: &str) -> String {
    let headers = signature_headers(callback).map(|(name, value)| format!("{name}: {value}"));
    let lines: Vec<String> = headers.chain([String::new(), body.to_owned()]).collect();
    lines.join("\n")
}

fn command(callback: &CallbackDetails, body: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let first = "curl http://localhost:8080/ --header 'content-type: application/json'".to_owned();
    let headers = signature_headers(callback).map(|(name, value)| format!("--header {}", quoted(&format!("{name}: {value}"))));
    let last = format!("--data-raw {}", quoted(body));
    let words: Vec<String> = std::iter::once(first).chain(headers).chain([last]).collect();
    words.join(" \\\n  ")
}

fn page(found: VerifyView, lang: Lang) -> AnyView {
    let VerifyView {
        id,
        name,
        example,
        command,
        has_sent,
    } = found;
    let path = format!("/webhooks/{id}");
    let title = say::verify_title(lang, &name);
    let tries = match (example, command) {
        (Some(example), Some(command)) => view! {
            <p>
                <InlineCode text=say::verify_try(lang) />
            </p>
            <Sample heading=say::verify_example(lang).to_owned() text=example />
            <Sample heading=say::verify_command(lang).to_owned() text=command />
            <p class="hint">{say::verify_age(lang)}</p>
        }
        .into_any(),
        _ if has_sent => view! { <p class="none">{say::verify_hidden(lang)}</p> }.into_any(),
        _ => view! { <p class="none">{say::verify_none(lang)}</p> }.into_any(),
    };
    view! {
        <Title text=title.clone() />
        <p class="crumbs">
            <a href="/webhooks">{common::nav_webhooks(lang)}</a>
            " / "
            <a href=path>
                <ForeignText text=name />
            </a>
        </p>
        <div class="head">
            <div>
                <h1>
                    <ForeignText text=title />
                </h1>
                <p>{say::lead(lang)}</p>
            </div>
        </div>
        <div class="guide">
            {signature(lang)} <h2 id="try">{say::verify_own(lang)}</h2> {tries}
            <p>
                <a href="/guide">{say::verify_more(lang)}</a>
            </p>
        </div>
    }
    .into_any()
}
