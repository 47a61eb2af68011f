//! The page for a request that failed or was rejected.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::{centered_page::CenteredPage, replay_form::ReplayButton},
        replay::ReplayForm,
        viewer::lang,
    },
    messages::{Lang, common as say},
};

/// What the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// The status of the response, which decides the title.
    pub status: StatusCode,
    /// The id of the request, for searching the log.
    pub request_id: String,
    /// The reason, if it is known. Otherwise the page has a general text for the status.
    pub reason: Option<String>,
    /// Where a link "Try again" leads, if the request can be repeated safely.
    pub retry: Option<String>,
    /// The form that was sent.
    pub replay: Option<ReplayForm>,
}

/// The page.
#[component]
pub fn ErrorMessage(
    /// What it says.
    error: ErrorPage,
) -> impl IntoView {
    let lang = lang();
    let ErrorPage {
        status,
        request_id,
        reason,
        retry,
        replay,
    } = error;
    let (title, general) = texts(status.as_u16(), &request_id, lang);
    // The preferences return to the address of the page, which may not be one that can be requested.
    let holds = replay.is_some() || retry.is_none();
    let action = match (replay, retry) {
        (Some(form), _) => view! {
            <p class="lead">{say::refused_kept(lang)}</p>
            <ReplayButton form text=say::refused_send_again(lang) class="button primary wide" />
        }
        .into_any(),
        (None, Some(retry)) => view! {
            <a class="button primary wide" href=retry rel="external">
                {say::refused_try_again(lang)}
            </a>
        }
        .into_any(),
        (None, None) => view! {
            <a class="button wide" href="/webhooks" rel="external">
                {say::all_webhooks(lang)}
            </a>
        }
        .into_any(),
    };
    view! {
        <Title text=title />
        <CenteredPage title=title holds>
            <p class="notice bad" role="alert">
                {reason.unwrap_or(general)}
            </p>
            {action}
        </CenteredPage>
    }
}

fn texts(status: u16, request_id: &str, lang: Lang) -> (&'static str, String) {
    match status {
        403 => (say::refused_forbidden(lang), say::refused_forbidden_why(lang).to_owned()),
        404 => (say::not_found(lang), say::nothing_here(lang).to_owned()),
        409 => (say::refused_conflict(lang), say::refused_conflict_why(lang).to_owned()),
        429 | 503 => (say::refused_unavailable(lang), say::refused_unavailable_why(lang, request_id)),
        500.. => (say::refused_broken(lang), say::refused_broken_why(lang, request_id)),
        _ => (say::refused_unread(lang), say::refused_unread_why(lang).to_owned()),
    }
}
