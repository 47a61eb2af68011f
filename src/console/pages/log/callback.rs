//! The panel of one callback: what happened, what can be done, all attempts, the response, the request, and ids. It contains no islands, because it
//! is also inserted into an open page (`console::client::panel`).

use leptos::prelude::*;

use crate::{
    console::{
        components::{
            badges::ResponseBadge,
            body::Body,
            code::Code,
            copy_button::CopyButton,
            popup::Popup,
            time::Time,
            unseen::{ForeignText, has_unseen},
        },
        pages::{
            deliveries::pause_words::PauseNotice,
            log::{
                connection_view::{Certificates, PhaseBar},
                load_callback::{AttemptView, CallbackDetailsView, HeaderLine, RedeliveryView, RedirectView},
                log_rows::CallbackRow,
                verdict::VerdictView,
            },
        },
        viewer::lang,
    },
    messages::{common, logs as say, verdict},
};

/// The open callback, with links to its neighbours in the log.
#[component]
pub(super) fn OpenCallback(
    open: CallbackDetailsView,
    /// The address of the callback above it in the log.
    newer: Option<String>,
    /// The address of the callback below it.
    older: Option<String>,
) -> impl IntoView {
    let lang = lang();
    let row = open.row.clone();
    let result = open.redelivery.result.clone();
    let (detail, certificates) = (open.detail.clone(), open.certificates.clone());
    let has_certificates = !certificates.is_empty();
    let neighbour = |href: Option<String>, which: &'static str, text: &'static str, sign: &'static str| {
        let is_absent = href.is_none();
        view! {
            <a class="button small" data-neighbour=which href=href hidden=is_absent aria-label=text title=text>
                {sign}
            </a>
        }
    };
    view! {
        <article class="card callback" id="callback" data-callback=row.id.clone() aria-labelledby="callback-heading" tabindex="-1">
            <div class="panel-head">
                <a class="button small back" href=row.href.clone()>
                    "‹ " {say::back_to_log(lang)}
                </a>
                <h3 id="callback-heading">{say::callback(lang)}</h3>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response.clone() />
                <div class="panel-moves">
                    <CopyButton of="permalink" label=say::copy_link(lang) small=true />
                    {neighbour(newer, "newer", say::previous_callback(lang), "‹")} {neighbour(older, "older", say::next_callback(lang), "›")}
                    <a class="button small" data-panel-close="true" href=row.href.clone()>
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
            <Verdict verdict=open.verdict.clone() succeeded=row.succeeded asks_administrator=!open.may_resend && !row.succeeded />
            <div class="actions">
                {open.redirect.clone().map(|redirect| view! { <UseRedirect redirect /> })}
                <SendAgain redelivery=open.redelivery.clone() class=if open.redirect.is_some() { "button" } else { "button primary" } />
                {open.curl.is_some().then(|| view! { <CopyButton of="curl-text" label=say::copy_curl(lang) /> })}
                {row.since_this.clone().map(|href| view! { <a class="button" href=href>{say::resend_since(lang)}</a> })}
            </div>
            <Attempts open=open.clone() />
            {open.phases.clone().map(|phases| view! { <PhaseBar phases /> })}
            <Response open=open.clone() />
            <Request open=open.clone() />
            {detail
                .map(|text| {
                    view! {
                        <details class="fold" open>
                            <summary>{say::details(lang)}</summary>
                            <p class="wire mono detail">
                                <ForeignText text />
                            </p>
                            {has_certificates.then(|| view! { <Certificates certificates /> })}
                        </details>
                    }
                })}
            <Facts open />
        </article>
    }
}

/// What happened, who has to act, and what to do next.
#[component]
fn Verdict(verdict: VerdictView, succeeded: bool, asks_administrator: bool) -> impl IntoView {
    let lang = lang();
    let class = if succeeded { "verdict good" } else { "verdict bad" };
    view! {
        <div class=class role="group" aria-label=say::verdict(lang)>
            <p class="verdict-sentence">
                <ForeignText text=verdict.sentence />
            </p>
            {verdict.next.map(|next| view! { <p>{next}</p> })}
            {verdict
                .trace
                .map(|trace| {
                    view! {
                        <p>
                            {verdict::trace(lang)} " " <code id="trace-id" class="mono">
                                {trace}
                            </code> " " <CopyButton of="trace-id" label=common::copy(lang) small=true name=say::copy_what(lang, verdict::trace(lang)) />
                        </p>
                    }
                })}
            {asks_administrator.then(|| view! { <p class="hint">{verdict::ask_administrator(lang)}</p> })}
            {verdict.who.map(|who| view! { <p class="who">{verdict::who(lang, who)}</p> })}
        </div>
    }
}

/// The button, or why there is none.
#[component]
fn SendAgain(redelivery: RedeliveryView, class: &'static str) -> impl IntoView {
    let form = redelivery.action.map(|action| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="query" value=redelivery.query />
                <button class=class type="submit">
                    {say::send_again(lang())}
                </button>
            </form>
        }
    });
    let obstacle = redelivery.obstacle.map(|obstacle| view! { <span class="hint">{obstacle}</span> });
    (form, obstacle)
}

/// The button that makes the target of a redirect the URL of the webhook, after a question.
#[component]
fn UseRedirect(redirect: RedirectView) -> impl IntoView {
    let lang = lang();
    let RedirectView {
        action,
        from,
        to,
        other_host,
        is_temporary,
    } = redirect;
    view! {
        <Popup id="use-redirect".to_owned() text=say::use_url(lang) class="button primary" asks=true>
            <form method="post" action=action>
                <p>{say::use_url_what(lang)}</p>
                <dl class="wire mono">
                    <div>
                        <dt>{say::use_url_from(lang)}</dt>
                        <dd>
                            <ForeignText text=from machine=true />
                        </dd>
                    </div>
                    <div>
                        <dt>{say::use_url_to(lang)}</dt>
                        <dd>
                            <ForeignText text=to machine=true />
                        </dd>
                    </div>
                </dl>
                {other_host
                    .map(|host| {
                        view! {
                            <p class="notice warn">
                                <ForeignText text=say::use_url_host(lang, &host) />
                            </p>
                        }
                    })}
                {is_temporary.then(|| view! { <p class="hint">{say::use_url_temporary(lang)}</p> })}
                <button class="button primary" type="submit">
                    {say::use_url_now(lang)}
                </button>
            </form>
        </Popup>
    }
}

/// All attempts of the delivery on a line, the time between them, and when the next one is due.
#[component]
fn Attempts(open: CallbackDetailsView) -> impl IntoView {
    let lang = lang();
    let next = open.next_in.zip(open.due.clone()).map(|(next, at)| {
        view! {
            <li class="next">
                <span class="gap">{next}</span>
                <span class="quiet-text">
                    <Time at />
                </span>
            </li>
        }
    });
    let items = open.attempts.into_iter().map(|attempt| {
        let AttemptView { row, number, gap, current } = attempt;
        view! {
            <li class=if row.succeeded { "good" } else { "bad" }>
                {gap.map(|gap| view! { <span class="gap">{gap}</span> })}
                <a href=row.href data-panel="true" aria-current=current.then_some("true")>
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
            <ol>{items.collect_view()} {next}</ol>
            <p class="hint">{open.state} {open.due.map(|at| view! { " " <Time at /> })}</p>
            {open.pause.map(|pause| view! { <PauseNotice pause /> })}
        </div>
    }
}

/// The response of the receiver.
#[component]
fn Response(open: CallbackDetailsView) -> impl IntoView {
    let lang = lang();
    let has_answer = open.response_headers.is_some();
    let download = open.downloads.1;
    view! {
        <div class="part">
            <h4>{say::response(lang)}</h4>
            {match open.response_body {
                Some(body) => {
                    let copy = say::copy_what(lang, say::response_body(lang));
                    view! { <Body id="response-body" label=say::response_body(lang) body copy download /> }.into_any()
                }
                None if has_answer => view! { <p class="hint">{say::empty(lang)}</p> }.into_any(),
                None => view! { <p class="hint">{say::no_answer(lang)}</p> }.into_any(),
            }}
            {open.truncated.then(|| view! { <p class="hint">{say::truncated(lang)}</p> })}
            {open
                .incomplete
                .map(|why| {
                    view! {
                        <p class="notice warn incomplete">
                            {say::incomplete(lang)} " " <ForeignText text=why />
                        </p>
                    }
                })}
            {open.response_headers.map(|headers| view! { <Headers headers /> })}
        </div>
    }
}

/// The request, byte for byte.
#[component]
fn Request(open: CallbackDetailsView) -> impl IntoView {
    let lang = lang();
    let download = open.downloads.0;
    view! {
        <div class="part">
            <h4>{say::request(lang)}</h4>
            {match open.request_body {
                Some(body) => {
                    view! { <Body id="request-body" label=say::request_body(lang) body copy=common::copy(lang).to_owned() download /> }.into_any()
                }
                None if open.is_erased => view! { <p class="hint">{say::erased(lang)}</p> }.into_any(),
                None => view! { <p class="hint">{say::too_old(lang)}</p> }.into_any(),
            }}
            <Headers headers=open.request_headers />
            {open
                .curl
                .map(|curl| {
                    view! {
                        <details class="fold curl">
                            <summary>{say::as_curl(lang)}</summary>
                            <Code label=say::as_curl(lang) text=curl id="curl-text" />
                            <p class="hint">{say::curl_hint(lang)}</p>
                        </details>
                    }
                })}
        </div>
    }
}

/// Times, address and ids.
#[component]
fn Facts(open: CallbackDetailsView) -> impl IntoView {
    let lang = lang();
    let row: CallbackRow = open.row;
    let (local, utc) = open.began;
    let fact = |name: &'static str, id: &'static str, text: String, machine: bool| {
        // What is copied has the characters that the page writes out.
        let exact = has_unseen(&text).then(|| text.clone());
        view! {
            <div class="long">
                <dt>{name}</dt>
                <dd class="mono">
                    <span id=id data-exact=exact>
                        <ForeignText text machine />
                    </span>
                    <CopyButton of=id label=common::copy(lang) small=true name=say::copy_what(lang, name) />
                </dd>
            </div>
        }
    };
    view! {
        <dl class="facts">
            <div class="long">
                <dt>{say::date(lang)}</dt>
                <dd>
                    <time datetime=row.at.datetime.clone()>{local}</time>
                    <span class="quiet-text">" (" {common::utc(lang, &utc)} ")"</span>
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
                <dd>{say::attempt_number(lang, &row.attempt.to_string(), &open.trigger)}</dd>
            </div>
            {fact(say::url(lang), "called-url", row.url, true)}
            {fact(say::message_id(lang), "message-id", open.delivery, true)}
            {fact(say::event_id(lang), "event-id", open.event_id, true)}
            {open
                .ce_id
                .map(|(id, source)| (fact(say::ce_id(lang), "publisher-id", id, true), fact(say::source(lang), "event-source", source, true)))}
            {fact(verdict::permalink(lang), "permalink", open.permalink, true)}
            {open.subject.map(|subject| fact(say::subject(lang), "event-subject", subject, false))}
        </dl>
    }
}

/// Headers, collapsed.
#[component]
fn Headers(headers: Vec<HeaderLine>) -> impl IntoView {
    let count = say::headers_count(lang(), headers.len() as u64);
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
    view! {
        <details class="fold">
            <summary>{count}</summary>
            <dl class="wire mono">{rows.collect_view()}</dl>
        </details>
    }
}
