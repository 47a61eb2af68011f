//! A request that came to nothing: the database is away, something broke, or it was not allowed.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        calls::RefusalView,
        components::{centered_page::Alone, replay_form::Typed},
        viewer::lang,
    },
    messages::{Lang, common as say},
};

/// Why it came to nothing, and what to do.
#[component]
pub(in crate::console) fn Refused(refusal: RefusalView) -> impl IntoView {
    let lang = lang();
    let RefusalView {
        status,
        request,
        said,
        again,
        kept,
    } = refusal;
    let (title, why) = words(status, &request, lang);
    // A change of language comes back to this address, which may be none that can be asked for.
    let holds = kept.is_some() || again.is_none();
    let way_on = match (kept, again) {
        (Some(kept), _) => view! {
            <p class="lead">{say::refused_kept(lang)}</p>
            <Typed kept text=say::refused_send_again(lang) class="button primary wide" />
        }
        .into_any(),
        (None, Some(again)) => view! {
            <a class="button primary wide" href=again rel="external">
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
        <Alone title=title holds>
            <p class="notice bad" role="alert">
                {said.unwrap_or(why)}
            </p>
            {way_on}
        </Alone>
    }
}

fn words(status: u16, request: &str, lang: Lang) -> (&'static str, String) {
    match status {
        403 => (say::refused_forbidden(lang), say::refused_forbidden_why(lang).to_owned()),
        404 => (say::not_found(lang), say::nothing_here(lang).to_owned()),
        409 => (say::refused_conflict(lang), say::refused_conflict_why(lang).to_owned()),
        429 | 503 => (say::refused_unavailable(lang), say::refused_unavailable_why(lang, request)),
        500.. => (say::refused_broken(lang), say::refused_broken_why(lang, request)),
        _ => (say::refused_unread(lang), say::refused_unread_why(lang).to_owned()),
    }
}
