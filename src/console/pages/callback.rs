//! One callback with everything in it.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{HeaderView, OpenCallbackView},
        components::{state::ResponseBadge, time::Time},
        viewer::lang,
    },
    messages::logs as say,
};

/// The open callback.
#[component]
pub(super) fn OpenCallback(open: OpenCallbackView, close: String) -> impl IntoView {
    let lang = lang();
    let callback = open.callback;
    let has_answer = open.response_headers.is_some();
    view! {
        <article class="card callback" id="callback" aria-labelledby="callback-heading" tabindex="-1">
            <div class="head">
                <h3 id="callback-heading">{say::callback(lang)}</h3>
                <ResponseBadge succeeded=callback.succeeded status=callback.status response=callback.response />
                <a class="button" href=close>
                    {say::close(lang)}
                </a>
            </div>
            {open.detail.map(|detail| view! { <p class="notice bad">{detail}</p> })}
            <dl class="facts">
                <div>
                    <dt>{say::date(lang)}</dt>
                    <dd>
                        <Time at=callback.at />
                    </dd>
                </div>
                <div>
                    <dt>{say::event(lang)}</dt>
                    <dd>{callback.event}</dd>
                </div>
                <div>
                    <dt>{say::attempt(lang)}</dt>
                    <dd>{say::attempt_number(lang, &callback.attempt.to_string(), &open.trigger)}</dd>
                </div>
                <div>
                    <dt>{say::duration(lang)}</dt>
                    <dd>{callback.duration}</dd>
                </div>
                <div class="long">
                    <dt>{say::url(lang)}</dt>
                    <dd class="mono">{callback.url}</dd>
                </div>
                <div class="long">
                    <dt>{say::message_id(lang)}</dt>
                    <dd class="mono">{open.delivery}</dd>
                </div>
                <div class="long">
                    <dt>{say::event_id(lang)}</dt>
                    <dd class="mono">{open.event_id}</dd>
                </div>
            </dl>
            <div class="sides">
                <div>
                    <h4>{say::request(lang)}</h4>
                    <Headers headers=open.request_headers />
                    <Body label=say::request_body(lang) body=open.request_body.unwrap_or_else(|| say::too_old(lang).to_owned()) />
                </div>
                <div>
                    <h4>{say::response(lang)}</h4>
                    {match open.response_headers {
                        Some(headers) => view! { <Headers headers /> }.into_any(),
                        None => view! { <p class="hint">{say::no_answer(lang)}</p> }.into_any(),
                    }}
                    {has_answer
                        .then(|| {
                            let body = if open.response_body.is_empty() { say::empty(lang).to_owned() } else { open.response_body };
                            view! { <Body label=say::response_body(lang) body /> }
                        })}
                    {open.truncated.then(|| view! { <p class="hint">{say::truncated(lang)}</p> })}
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
