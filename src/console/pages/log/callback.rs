//! One callback with all details.

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::ResponseBadge,
            body::{Body, BodyView},
            code::Code,
            time::{Time, TimeView},
            unseen::ForeignText,
        },
        islands::CopyText,
        pages::log::{
            load_callback::{AttemptView, CallbackDetailsView, HeaderLine, RedeliveryView},
            load_log::CallbackRow,
        },
        viewer::lang,
    },
    messages::logs as say,
};

/// The open callback.
#[component]
pub(super) fn OpenCallback(open: CallbackDetailsView) -> impl IntoView {
    let lang = lang();
    let row = open.row;
    let result = open.redelivery.result.clone();
    view! {
        <article class="card callback" id="callback" aria-labelledby="callback-heading" tabindex="-1">
            <div class="head">
                <h3 id="callback-heading">{say::callback(lang)}</h3>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response.clone() />
                <div class="actions">
                    <SendAgain redelivery=open.redelivery />
                    {open.curl.clone().map(|curl| view! { <CopyText text=curl label=say::copy_curl(lang).to_owned() /> })}
                    <a class="button" href=row.href.clone()>
                        {say::close(lang)}
                    </a>
                </div>
            </div>
            {result
                .map(|(worked, text)| {
                    view! {
                        <p class=if worked { "notice good" } else { "notice warn" } role="status">
                            {text}
                        </p>
                    }
                })}
            {open
                .detail
                .map(|text| {
                    view! {
                        <p class="notice bad">
                            <ForeignText text />
                        </p>
                    }
                })}
            <Facts row trigger=open.trigger ended=open.ended delivery=open.delivery event_id=open.event_id ce_id=open.ce_id />
            <Attempts attempts=open.attempts state=open.state due=open.due />
            <div class="sides">
                <div>
                    <h4>{say::request(lang)}</h4>
                    <Headers headers=open.request_headers />
                    {match open.request_body {
                        Some(body) => view! { <Body id="request-body" label=say::request_body(lang) body /> }.into_any(),
                        None => view! { <p class="hint">{say::too_old(lang)}</p> }.into_any(),
                    }}
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
                <Response headers=open.response_headers body=open.response_body truncated=open.truncated incomplete=open.incomplete />
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
            <dd class="mono">
                <ForeignText text=format!("{id} ({source})") machine=true />
            </dd>
        </div>
    }
}

/// Times, address and ids.
#[component]
fn Facts(
    row: CallbackRow,
    trigger: String,
    ended: TimeView,
    delivery: String,
    event_id: String,
    ce_id: Option<(String, String)>,
) -> impl IntoView {
    let lang = lang();
    view! {
        <dl class="facts">
            <div>
                <dt>{say::date(lang)}</dt>
                <dd>
                    <Time at=row.at />
                </dd>
            </div>
            <div>
                <dt>{say::ended(lang)}</dt>
                <dd>
                    <Time at=ended />
                </dd>
            </div>
            <div>
                <dt>{say::duration(lang)}</dt>
                <dd>{row.duration}</dd>
            </div>
            <div>
                <dt>{say::event(lang)}</dt>
                <dd>{row.event}</dd>
            </div>
            <div>
                <dt>{say::attempt(lang)}</dt>
                <dd>{say::attempt_number(lang, &row.attempt.to_string(), &trigger)}</dd>
            </div>
            <div class="long">
                <dt>{say::url(lang)}</dt>
                <dd class="mono">
                    <ForeignText text=row.url machine=true />
                </dd>
            </div>
            <div class="long">
                <dt>{say::message_id(lang)}</dt>
                <dd class="mono">{delivery}</dd>
            </div>
            <div class="long">
                <dt>{say::event_id(lang)}</dt>
                <dd class="mono">{event_id}</dd>
            </div>
            {ce_id.map(|(id, source)| view! { <PublisherId id source /> })}
        </dl>
    }
}

/// The response of the receiver.
#[component]
fn Response(headers: Option<Vec<HeaderLine>>, body: Option<BodyView>, truncated: bool, incomplete: Option<String>) -> impl IntoView {
    let lang = lang();
    let has_answer = headers.is_some();
    view! {
        <div>
            <h4>{say::response(lang)}</h4>
            {match headers {
                Some(headers) => view! { <Headers headers /> }.into_any(),
                None => view! { <p class="hint">{say::no_answer(lang)}</p> }.into_any(),
            }}
            {match body {
                Some(body) => Some(view! { <Body id="response-body" label=say::response_body(lang) body /> }.into_any()),
                None => has_answer.then(|| view! { <p class="hint">{say::empty(lang)}</p> }.into_any()),
            }}
            {truncated.then(|| view! { <p class="hint">{say::truncated(lang)}</p> })}
            {incomplete
                .map(|why| {
                    view! {
                        <p class="notice warn incomplete">
                            {say::incomplete(lang)} " " <ForeignText text=why />
                        </p>
                    }
                })}
        </div>
    }
}

/// The button, or why there is none.
#[component]
fn SendAgain(redelivery: RedeliveryView) -> impl IntoView {
    let form = redelivery.action.map(|action| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="query" value=redelivery.query />
                <button class="button primary" type="submit">
                    {say::send_again(lang())}
                </button>
            </form>
        }
    });
    let obstacle = redelivery.obstacle.map(|obstacle| view! { <span class="hint">{obstacle}</span> });
    (form, obstacle)
}

/// All attempts of the delivery, and its state.
#[component]
fn Attempts(attempts: Vec<AttemptView>, state: String, due: Option<TimeView>) -> impl IntoView {
    let lang = lang();
    let rows = attempts.into_iter().map(|attempt| {
        let AttemptView { row, number, current } = attempt;
        view! {
            <li>
                <a href=row.href aria-current=current.then_some("true")>
                    {number}
                </a>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response />
                <span class="quiet-text">
                    <Time at=row.at />
                </span>
                <span class="quiet-text">{row.duration}</span>
            </li>
        }
    });
    view! {
        <div class="attempts" role="group" aria-labelledby="attempts-heading">
            <h4 id="attempts-heading">{say::attempts(lang)}</h4>
            <ol>{rows.collect_view()}</ol>
            <p class="hint">{state} {due.map(|at| view! { " " <Time at /> })}</p>
        </div>
    }
}

#[component]
fn Headers(headers: Vec<HeaderLine>) -> impl IntoView {
    let rows = headers.into_iter().map(|header| {
        view! {
            <div>
                <dt>
                    <ForeignText text=header.name machine=true />
                </dt>
                <dd>
                    <ForeignText text=header.value machine=true />
                </dd>
            </div>
        }
    });
    view! { <dl class="wire mono">{rows.collect_view()}</dl> }
}
