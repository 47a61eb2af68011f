//! What is shown after deliveries of a webhook were sent again, discarded or cancelled. A large amount is done in parts. Each part is the
//! answer to a form, so it needs no script, and a crafted link starts nothing.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        href::page_query,
        pages::{
            deliveries::forms::{Outcome, Rest},
            webhooks::list_origin::with_list,
        },
        viewer::lang,
    },
    messages::deliveries as say,
};

/// The notice on the page of a webhook. Nothing if no such form was sent.
#[component]
pub(in crate::console::pages) fn Progress() -> impl IntoView {
    let lang = lang();
    let outcome = page_query::<Outcome>();
    let count = outcome.count.unwrap_or(0);
    let saved = outcome.saved.as_deref()?;
    let text = match saved {
        "recovered" => say::done_sent(lang, count),
        "nothing-chosen" => say::done_nothing_chosen(lang).to_owned(),
        "discarded" => say::done_discarded(lang, count),
        "tried" => say::done_tried(lang).to_owned(),
        "redelivered" => say::done_redelivered(lang).to_owned(),
        "cancelled" => say::done_cancelled(lang).to_owned(),
        _ => return None,
    };
    Some(view! {
        <div class=if saved == "nothing-chosen" { "notice warn" } else { "notice good" } role="status" id="progress">
            <p>{text}</p>
        </div>
    })
}

/// The page that says how far a form is, with a form for the rest. With scripts that sends itself (`console::client::go_on`).
#[component]
pub(super) fn PartPage(
    /// The id of the webhook.
    id: String,
    /// The number of deliveries so far.
    count: u64,
    /// What is not done yet.
    rest: Rest,
) -> impl IntoView {
    let lang = lang();
    let path = with_list(&format!("/webhooks/{id}"));
    let (action, heading, fields) = match rest {
        Rest::SendAgain {
            range: (since, until),
            failed,
            held,
            cursor,
        } => {
            let fields = [
                ("since", since.to_string()),
                ("until", until.to_string()),
                ("failed", failed.to_string()),
                ("held", held.to_string()),
                ("rest", cursor),
            ];
            ("send-again", say::sending_again(lang), fields.to_vec())
        }
        Rest::Discard { which, until } => (
            "discard",
            say::discarding(lang),
            vec![("which", which), ("until", until.to_string())],
        ),
    };
    let fields = fields.into_iter().chain([("before", count.to_string())]);
    let fields = fields.map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    view! {
        <Title text=heading />
        <div class="head">
            <h1>{heading}</h1>
        </div>
        <form method="post" action=with_list(&format!("/webhooks/{id}/deliveries/{action}")) class="all-form" data-go-on="true">
            {fields.collect_view()}
            <p role="status">{say::done_partly(lang, count)}</p>
            <div class="confirm-form">
                <button class="button" type="submit">
                    {say::go_on(lang)}
                </button>
                <a class="button" href=path>
                    {say::stop(lang)}
                </a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_continues_where_the_last_part_ended() {
        let owner = Owner::new();
        owner.set();
        let rest = Rest::SendAgain {
            range: (1, 2),
            failed: true,
            held: false,
            cursor: "next".to_owned(),
        };
        let props = PartPageProps {
            id: "one".to_owned(),
            count: 1_500,
            rest,
        };
        let html = PartPage(props).to_html();
        for part in [
            "action=\"/webhooks/one/deliveries/send-again\"",
            "name=\"since\" value=\"1\"",
            "name=\"until\" value=\"2\"",
            "name=\"failed\" value=\"true\"",
            "name=\"held\" value=\"false\"",
            "name=\"rest\" value=\"next\"",
            "name=\"before\" value=\"1500\"",
            "1,500 so far; there are more.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
