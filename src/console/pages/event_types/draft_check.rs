//! The result of checking the form of an event type, which follows what is typed.

use std::time::Duration;

use leptos::{
    ev,
    html::Div,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlTextAreaElement},
};

use crate::{
    console::{
        pages::event_types::{
            draft::check_event_type_draft,
            report::{DraftView, FindingView, ReportView},
        },
        viewer::lang,
    },
    messages::event_types as say,
};

/// How long nobody types before the form is checked.
const PAUSE: Duration = Duration::from_millis(400);

/// The result. Without scripts it is what the server found when it made the page.
#[island]
pub fn DraftCheck(
    /// The type that is edited. Empty for a new one.
    event_type: String,
    /// The result when the page was made.
    first: DraftView,
) -> impl IntoView {
    let here = NodeRef::<Div>::new();
    let (draft, checked) = (RwSignal::new(first), StoredValue::new(0_u32));
    let check = move || {
        let Some(form) = here.get_untracked().and_then(|here| here.closest("form").ok().flatten()) else {
            return;
        };
        let (schema, examples) = typed(&form);
        let number = checked.get_value() + 1;
        checked.set_value(number);
        let event_type = event_type.clone();
        leptos::task::spawn_local(async move {
            let found = check_event_type_draft(event_type, schema, examples).await;
            // If the server does not answer, the form is checked when it is saved. An older answer must not replace a newer one.
            if let (Ok(found), true) = (found, checked.get_value() == number) {
                draft.set(found);
            }
        });
    };
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        let check = check.clone();
        let typing = window_event_listener(ev::input, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_ours = target.is_some_and(|target| target.matches("textarea[data-draft]").unwrap_or_default());
            if is_ours {
                if let Some(before) = waiting.get_value() {
                    before.clear();
                }
                waiting.set_value(set_timeout_with_handle(check.clone(), PAUSE).ok());
            }
        });
        on_cleanup(move || typing.remove());
    });
    view! {
        <div class="draft" node_ref=here>
            <p class="data-verdict" role="status" data-valid=move || draft.read().is_valid.to_string()>
                {move || draft.read().verdict.clone()}
            </p>
            {move || findings(draft.read().schema.clone(), say::draft_schema(lang()).to_owned())}
            {move || {
                let examples = draft.read().examples.clone();
                let numbered = examples.into_iter().enumerate();
                numbered.map(|(at, found)| findings(found, say::draft_example(lang(), at as u64 + 1))).collect_view()
            }}
            {move || view! { <Report report=draft.read().report.clone() /> }}
            <div class="schema" inner_html=move || draft.read().tree.clone()></div>
        </div>
    }
}

/// What is not compatible with the current schema.
#[component]
pub(in crate::console) fn Report(
    /// What was found.
    report: ReportView,
) -> impl IntoView {
    let lang = lang();
    let stored = report.stored.map(|stored| findings_or_summary(stored.summary, stored.reasons));
    // A list and not a fragment, which the server and the browser would render differently (`.cargo/config.toml`).
    [
        findings(report.rejected, say::report_rejected(lang).to_owned()),
        findings(report.sent, say::report_sent(lang).to_owned()),
        stored,
    ]
    .into_iter()
    .flatten()
    .collect_view()
}

/// A heading with the places below it. Nothing if there are none.
fn findings(found: Vec<FindingView>, heading: String) -> Option<AnyView> {
    (!found.is_empty()).then(|| findings_or_summary(heading, found))
}

fn findings_or_summary(heading: String, found: Vec<FindingView>) -> AnyView {
    let items = found.into_iter().map(|FindingView { pointer, detail }| {
        let place = (!pointer.is_empty()).then(|| view! { <code dir="ltr">{pointer}</code> });
        view! { <li>{place} " " <bdi>{detail}</bdi></li> }
    });
    view! {
        <div class="findings">
            <p>
                <strong>{heading}</strong>
            </p>
            <ul>{items.collect_view()}</ul>
        </div>
    }
    .into_any()
}

/// The schema and the examples as they are typed.
fn typed(form: &Element) -> (String, Vec<String>) {
    let value = |element: Element| element.dyn_into::<HtmlTextAreaElement>().ok().map(|area| area.value());
    let schema = form.query_selector("#schema").ok().flatten().and_then(value);
    let found = form.query_selector_all("textarea[name=example]").ok();
    let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    let examples = nodes.filter_map(|node| node.dyn_into().ok()).filter_map(value);
    (schema.unwrap_or_default(), examples.collect())
}
