//! One callback with everything in it.

use leptos::prelude::*;

use crate::{
    console::{
        calls::{AgainView, AttemptView, HeaderView, OpenCallbackView, TimeView},
        components::{code::Code, state::ResponseBadge, time::Time},
        islands::CopyText,
        viewer::lang,
    },
    messages::logs as say,
};

/// The open callback.
#[component]
pub(super) fn OpenCallback(open: OpenCallbackView) -> impl IntoView {
    let lang = lang();
    let callback = open.callback;
    let has_answer = open.response_headers.is_some();
    let done = open.again.done.clone();
    view! {
        <article class="card callback" id="callback" aria-labelledby="callback-heading" tabindex="-1">
            <div class="head">
                <h3 id="callback-heading">{say::callback(lang)}</h3>
                <ResponseBadge succeeded=callback.succeeded status=callback.status response=callback.response />
                <div class="actions">
                    <SendAgain again=open.again />
                    {open.curl.clone().map(|curl| view! { <CopyText text=curl label=say::copy_curl(lang).to_owned() /> })}
                    <a class="button" href=callback.open>
                        {say::close(lang)}
                    </a>
                </div>
            </div>
            {done
                .map(|(worked, text)| {
                    view! {
                        <p class=if worked { "notice good" } else { "notice warn" } role="status">
                            {text}
                        </p>
                    }
                })}
            {open.detail.map(|detail| view! { <p class="notice bad">{detail}</p> })}
            <dl class="facts">
                <div>
                    <dt>{say::date(lang)}</dt>
                    <dd>
                        <Time at=callback.at />
                    </dd>
                </div>
                <div>
                    <dt>{say::ended(lang)}</dt>
                    <dd>
                        <Time at=open.ended />
                    </dd>
                </div>
                <div>
                    <dt>{say::duration(lang)}</dt>
                    <dd>{callback.duration}</dd>
                </div>
                <div>
                    <dt>{say::event(lang)}</dt>
                    <dd>{callback.event}</dd>
                </div>
                <div>
                    <dt>{say::attempt(lang)}</dt>
                    <dd>{say::attempt_number(lang, &callback.attempt.to_string(), &open.trigger)}</dd>
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
                {open.ce_id.map(|(id, source)| view! { <PublisherId id source /> })}
            </dl>
            <Attempts attempts=open.attempts standing=open.standing due=open.due />
            <div class="sides">
                <div>
                    <h4>{say::request(lang)}</h4>
                    <Headers headers=open.request_headers />
                    <Code label=say::request_body(lang) text=open.request_body.unwrap_or_else(|| say::too_old(lang).to_owned()) />
                    {open
                        .curl
                        .map(|curl| {
                            view! {
                                <details class="curl">
                                    <summary>{say::as_curl(lang)}</summary>
                                    <Code label=say::as_curl(lang) text=curl />
                                    <p class="hint">{say::curl_hint(lang)}</p>
                                </details>
                            }
                        })}
                </div>
                <div>
                    <h4>{say::response(lang)}</h4>
                    {match open.response_headers {
                        Some(headers) => view! { <Headers headers /> }.into_any(),
                        None => view! { <p class="hint">{say::no_answer(lang)}</p> }.into_any(),
                    }}
                    {has_answer
                        .then(|| {
                            let text = if open.response_body.is_empty() { say::empty(lang).to_owned() } else { open.response_body };
                            view! { <Code label=say::response_body(lang) text /> }
                        })}
                    {open.truncated.then(|| view! { <p class="hint">{say::truncated(lang)}</p> })}
                </div>
            </div>
        </article>
    }
}

/// The id that the publisher gave the event, with its source.
#[component]
fn PublisherId(id: String, source: String) -> impl IntoView {
    view! {
        <div class="long">
            <dt>{say::ce_id(lang())}</dt>
            <dd class="mono">{format!("{id} ({source})")}</dd>
        </div>
    }
}

/// The button, or why there is none.
#[component]
fn SendAgain(again: AgainView) -> impl IntoView {
    let form = again.action.map(|action| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="query" value=again.query />
                <button class="button primary" type="submit">
                    {say::send_again(lang())}
                </button>
            </form>
        }
    });
    let not = again.not.map(|not| view! { <span class="hint">{not}</span> });
    (form, not)
}

/// Every attempt of the delivery, and what comes next.
#[component]
fn Attempts(attempts: Vec<AttemptView>, standing: String, due: Option<TimeView>) -> impl IntoView {
    let lang = lang();
    let rows = attempts.into_iter().map(|attempt| {
        let AttemptView { callback, number, current } = attempt;
        view! {
            <li>
                <a href=callback.open aria-current=current.then_some("true")>
                    {number}
                </a>
                <ResponseBadge succeeded=callback.succeeded status=callback.status response=callback.response />
                <span class="quiet-text">
                    <Time at=callback.at />
                </span>
                <span class="quiet-text">{callback.duration}</span>
            </li>
        }
    });
    view! {
        <div class="attempts" role="group" aria-labelledby="attempts-heading">
            <h4 id="attempts-heading">{say::attempts(lang)}</h4>
            <ol>{rows.collect_view()}</ol>
            <p class="hint">{standing} {due.map(|at| view! { " " <Time at /> })}</p>
        </div>
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
