//! One callback with everything in it.

use leptos::prelude::*;

use crate::console::{
    calls::{HeaderView, OpenCallbackView},
    components::{state::ResponseBadge, time::Time},
};

/// The open callback.
#[component]
pub(super) fn OpenCallback(open: OpenCallbackView, close: String) -> impl IntoView {
    let callback = open.callback;
    let has_answer = open.response_headers.is_some();
    view! {
        <article class="card callback" id="callback" aria-labelledby="callback-heading" tabindex="-1">
            <div class="head">
                <h3 id="callback-heading">"Callback"</h3>
                <ResponseBadge succeeded=callback.succeeded status=callback.status response=callback.response />
                <a class="button" href=close>
                    "Close"
                </a>
            </div>
            {open.detail.map(|detail| view! { <p class="notice bad">{detail}</p> })}
            <dl class="facts">
                <div>
                    <dt>"Callback date"</dt>
                    <dd>
                        <Time at=callback.at />
                    </dd>
                </div>
                <div>
                    <dt>"Event"</dt>
                    <dd>{callback.event}</dd>
                </div>
                <div>
                    <dt>"Attempt"</dt>
                    <dd>{format!("{} ({})", callback.attempt, open.trigger)}</dd>
                </div>
                <div>
                    <dt>"Duration"</dt>
                    <dd>{callback.duration}</dd>
                </div>
                <div class="long">
                    <dt>"URL"</dt>
                    <dd class="mono">{callback.url}</dd>
                </div>
                <div class="long">
                    <dt>"Message id"</dt>
                    <dd class="mono">{open.delivery}</dd>
                </div>
                <div class="long">
                    <dt>"Event id"</dt>
                    <dd class="mono">{open.event_id}</dd>
                </div>
            </dl>
            <div class="sides">
                <div>
                    <h4>"Request"</h4>
                    <Headers headers=open.request_headers />
                    <Body label="Request body" body=open.request_body.unwrap_or_else(|| "The event is older than what is kept.".to_owned()) />
                </div>
                <div>
                    <h4>"Response"</h4>
                    {match open.response_headers {
                        Some(headers) => view! { <Headers headers /> }.into_any(),
                        None => view! { <p class="hint">"The receiver gave no answer."</p> }.into_any(),
                    }}
                    {has_answer
                        .then(|| {
                            let body = if open.response_body.is_empty() { "(empty)".to_owned() } else { open.response_body };
                            view! { <Body label="Response body" body /> }
                        })}
                    {open.truncated.then(|| view! { <p class="hint">"Only the first 16 KiB are kept."</p> })}
                </div>
            </div>
        </article>
    }
}

#[component]
fn Headers(headers: Vec<HeaderView>) -> impl IntoView {
    let rows = headers.into_iter().map(|header| {
        view! {
            <div>
                <dt>{header.name}</dt>
                <dd>{header.value}</dd>
            </div>
        }
    });
    view! { <dl class="wire mono">{rows.collect_view()}</dl> }
}

#[component]
fn Body(label: &'static str, body: String) -> impl IntoView {
    view! {
        <pre class="wire" tabindex="0" role="region" aria-label=label>
            {body}
        </pre>
    }
}
