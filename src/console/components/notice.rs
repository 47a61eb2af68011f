//! Notices: a success, an error, and the errors of a form.

use leptos::prelude::*;

use crate::{
    console::{ConsoleError, error_view::ErrorView, viewer::lang},
    messages::common,
};

/// The notice that a change was made.
#[component]
pub(in crate::console) fn Done(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <p class="notice good" role="status">
            {text}
        </p>
    }
}

/// The notice that a change was made, with a button.
#[component]
pub(in crate::console) fn DoneWith(
    /// The text.
    #[prop(into)]
    text: String,
    /// The button.
    undo: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="notice good with-button" role="status">
            <p>{text}</p>
            {undo}
        </div>
    }
}

/// The message that the page cannot be shown.
#[component]
pub(in crate::console) fn Trouble(
    /// The reason.
    error: ConsoleError,
) -> impl IntoView {
    let lang = lang();
    let heading = if error == ConsoleError::NotFound {
        common::not_found(lang)
    } else {
        common::trouble(lang)
    };
    view! {
        <div class="empty" role="alert">
            <h1>{heading}</h1>
            <p>{error.text(lang)}</p>
            <p>
                <a class="button" href="/webhooks">
                    {common::all_webhooks(lang)}
                </a>
            </p>
        </div>
    }
}

/// The errors of a form, each with a link to its field. The first field takes the focus.
#[component]
pub(in crate::console) fn ErrorSummary(
    /// The errors.
    errors: Vec<ErrorView>,
) -> impl IntoView {
    (!errors.is_empty()).then(|| {
        let heading = common::errors(lang(), errors.len() as u64);
        view! {
            <div class="notice bad" role="alert" tabindex="-1" id="errors">
                <p>
                    <strong>{heading}</strong>
                </p>
                <ul>
                    {errors
                        .into_iter()
                        .map(|error| view! {
                            <li>
                                <a href=format!("#{}", error.field) rel="external">
                                    {error.detail}
                                </a>
                            </li>
                        })
                        .collect_view()}
                </ul>
            </div>
        }
    })
}

/// The number of errors beside the buttons of a form, with a link to the first one: the summary may be out of sight.
/// `console::client::error_summary` keeps both up to date.
#[component]
pub(in crate::console) fn ErrorCount(
    /// The errors.
    errors: Vec<ErrorView>,
) -> impl IntoView {
    let count = errors.len() as u64;
    errors.into_iter().next().map(|first| {
        view! {
            <a class="error-count" id="error-count" href=format!("#{}", first.field) rel="external">
                {common::errors_left(lang(), count)}
            </a>
        }
    })
}
