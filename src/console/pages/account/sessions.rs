//! The sessions of the user: in which browsers they are signed in.

use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use leptos::prelude::*;

use super::{AccountQuery, Done, PATH, account_error, browser_name};
use crate::{
    auth::{account, rules::Action, session},
    console::{
        ConsoleError,
        components::time::{Time, TimeView},
        href::href,
        page_action::PageAction,
        server::{
            action_error, caller, cell_view,
            response::{is_secure, set_cookie},
            signed_in,
        },
        viewer::lang,
    },
    messages::{Lang, account as say},
    routes::{Rule, Ruled},
    storage::sessions,
};

/// The path of the button that ends a session.
pub(super) const END_PATH: &str = "/account/end-session";
/// The path of the button that ends all sessions.
pub(super) const SIGN_OUT_PATH: &str = "/account/sign-out-everywhere";

/// Ends a session of the signed-in user. An id that no session has changes nothing, because the session may have ended meanwhile.
#[server(prefix = "/fn", endpoint = "end_session")]
pub async fn end_session(session: String) -> Result<(), ConsoleError> {
    let (app, _) = caller()?;
    let who = signed_in().ok_or(ConsoleError::SignedOut)?;
    let Ok(id) = session.parse() else { return Ok(()) };
    let ended = app.store.end_own_session(who.user, id).await;
    ended.map_err(|error| action_error(error.into()))
}

/// Ends all sessions of the signed-in user, including the one of the request.
#[server(prefix = "/fn", endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<(), ConsoleError> {
    let (app, _) = caller()?;
    let who = signed_in().ok_or(ConsoleError::SignedOut)?;
    let ended = account::sign_out_everywhere(&app.store, &who, app.clock.now()).await;
    ended.map_err(account_error)?;
    set_cookie(&session::cookie(None, is_secure()));
    Ok(())
}

impl Ruled for EndSession {
    const RULE: Rule = Rule::Session(Action::UseConsole);
}

impl PageAction for EndSession {
    type Form = Self;

    async fn answer(_: Self, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        let query = AccountQuery {
            done: Some(Done::EndSession),
        };
        Ok(Redirect::to(&href(PATH, &query)).into_response())
    }
}

impl Ruled for SignOutEverywhere {
    const RULE: Rule = Rule::Session(Action::UseConsole);
}

impl PageAction for SignOutEverywhere {
    type Form = Self;

    async fn answer(_: Self, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        Ok(Redirect::to("/sign-in").into_response())
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    id: String,
    /// The name of browser and system: "Firefox, Linux".
    browser: String,
    /// The address of its last request.
    address: String,
    last_seen: TimeView,
    created: TimeView,
    /// Whether it is the session of this request.
    is_current: bool,
}

impl SessionRow {
    /// The row of a stored session.
    pub(super) fn new(row: sessions::SessionRow, is_current: bool, zone: &TimeZone, lang: Lang) -> Self {
        Self {
            is_current,
            id: row.id.to_string(),
            browser: browser_name::of(row.browser.as_deref().unwrap_or_default()),
            address: row.address.unwrap_or_default(),
            last_seen: cell_view(row.last_seen_at, zone, lang),
            created: cell_view(row.created_at, zone, lang),
        }
    }
}

/// The section.
#[component]
pub(super) fn Sessions(sessions: Vec<SessionRow>) -> impl IntoView {
    let lang = lang();
    let rows = sessions.into_iter().map(|session| {
        let label = say::end_session_of(lang, &session.address, &session.browser);
        let end = if session.is_current {
            view! { <span class="number">{say::this_one(lang)}</span> }.into_any()
        } else {
            view! {
                <form method="post" action=END_PATH>
                    <input type="hidden" name="session" value=session.id />
                    <button class="quiet" type="submit" aria-label=label>
                        {say::end_session(lang)}
                    </button>
                </form>
            }
            .into_any()
        };
        view! {
            <tr>
                <td class="nowrap">{session.browser}</td>
                <td class="mono">{session.address}</td>
                <td class="number">
                    <span class="stacked-label">{say::last_seen(lang)} " "</span>
                    <Time at=session.last_seen />
                </td>
                <td class="number">
                    <span class="stacked-label">{say::since(lang)} " "</span>
                    <Time at=session.created />
                </td>
                <td>{end}</td>
            </tr>
        }
    });
    view! {
        <section class="full" aria-labelledby="sessions-heading">
            <div class="head">
                <div>
                    <h2 id="sessions-heading">{say::sessions(lang)}</h2>
                    <p>{say::sessions_about(lang)}</p>
                </div>
                <form method="post" action=SIGN_OUT_PATH>
                    <button class="button" type="submit">
                        {say::sign_out_everywhere(lang)}
                    </button>
                </form>
            </div>
            <div class="card">
                <table class="stack sessions" aria-labelledby="sessions-heading">
                    <thead>
                        <tr>
                            <th scope="col">{say::browser(lang)}</th>
                            <th scope="col">{say::address(lang)}</th>
                            <th scope="col">{say::last_seen(lang)}</th>
                            <th scope="col">{say::since(lang)}</th>
                            <th scope="col">{say::end_session(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
