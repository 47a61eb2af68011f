//! A form that can be sent again: hidden fields and a button.

use leptos::prelude::*;

use crate::console::replay::ReplayForm;

/// The form.
#[component]
pub(in crate::console) fn ReplayButton(
    /// The fields, and where the form is posted.
    form: ReplayForm,
    /// The text of the button.
    text: &'static str,
    /// The class of the button.
    class: &'static str,
) -> impl IntoView {
    let fields = form
        .fields()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let fields = fields.collect_view();
    view! {
        <form method="post" action=form.path>
            {fields}
            <button class=class type="submit">
                {text}
            </button>
        </form>
    }
}
