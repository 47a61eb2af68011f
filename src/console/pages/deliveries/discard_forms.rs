//! Buttons that send held deliveries, and forms that discard held or waiting deliveries.

use leptos::prelude::*;

use crate::{
    console::{components::popup::Popup, pages::webhooks::list_origin::with_list, viewer::lang},
    domain::timestamp::Timestamp,
    messages::{Lang, deliveries as say},
    storage::delivery_list::COUNTED_MAX,
};

/// The text of the button that sends all held deliveries, with their number.
pub(in crate::console::pages) fn send_held(count: u64, lang: Lang) -> String {
    if count > COUNTED_MAX {
        say::send_held_many(lang, COUNTED_MAX)
    } else {
        say::send_held(lang, count)
    }
}

/// The button that sends all held deliveries.
#[component]
pub(in crate::console::pages) fn SendHeld(
    /// The id of the webhook.
    id: String,
    /// The text of the button.
    #[prop(into)]
    text: String,
    /// The accessible name, if the text does not name the webhook.
    #[prop(optional, into)]
    name: Option<String>,
    /// The class of the button.
    #[prop(default = "button primary")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action=with_list(&format!("/webhooks/{id}/deliveries/send-again"))>
            <input type="hidden" name="since" value="0" />
            <input type="hidden" name="until" value=Timestamp::now().0.to_string() />
            <input type="hidden" name="held" value="true" />
            <button class=class type="submit" aria-label=name>
                {text}
            </button>
        </form>
    }
}

/// Discards held or waiting deliveries, after a confirmation.
#[component]
pub(in crate::console::pages) fn DiscardMenu(
    /// The id of the webhook.
    id: String,
    /// Their number.
    count: u64,
    /// Whether they are held. Otherwise they wait.
    held: bool,
    /// The id of the question. A page can have it twice.
    popup: &'static str,
) -> impl IntoView {
    let lang = lang();
    let (which, heading) = if held {
        ("held", say::discard_held(lang))
    } else {
        ("waiting", say::discard_waiting(lang))
    };
    let why = match (held, count > COUNTED_MAX) {
        (true, false) => say::discard_held_why(lang, count),
        (true, true) => say::discard_held_why_many(lang, COUNTED_MAX),
        (false, false) => say::discard_waiting_why(lang, count),
        (false, true) => say::discard_waiting_why_many(lang, COUNTED_MAX),
    };
    view! {
        <Popup id=popup.to_owned() text=heading class="button small" asks=true>
            <form method="post" action=with_list(&format!("/webhooks/{id}/deliveries/discard"))>
                <p>{why}</p>
                <input type="hidden" name="which" value=which />
                <input type="hidden" name="until" value=Timestamp::now().0.to_string() />
                <button class="button danger" type="submit">
                    {say::discard(lang)}
                </button>
            </form>
        </Popup>
    }
}

/// What was held while the webhook was disabled, right after it was enabled.
#[component]
pub(in crate::console::pages) fn HeldAfterEnabling(
    /// The id of the webhook.
    id: String,
    /// The number of held deliveries, not 0.
    count: u64,
) -> impl IntoView {
    let lang = lang();
    let text = if count > COUNTED_MAX {
        say::were_held_many(lang, COUNTED_MAX)
    } else {
        say::were_held(lang, count)
    };
    view! {
        <div class="notice warn" role="status" id="held-before">
            <p>
                <strong>{text}</strong>
            </p>
            <div class="choices-row">
                <SendHeld id=id.clone() text=say::send_now(lang) />
                <a class="button" href=with_list(&format!("/webhooks/{id}"))>
                    {say::keep(lang)}
                </a>
                <DiscardMenu id count held=true popup="discard-held-before" />
            </div>
        </div>
    }
}
