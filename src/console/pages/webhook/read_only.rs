//! The sections of a webhook for viewers who may not change it: the same lines, without fields.

use leptos::prelude::*;

use crate::{
    console::{
        components::{badges::StatusBadge, help::Topic, time::Time, unseen::ForeignText},
        href::event_type_path,
        pages::webhook::{
            event_downloads::schemas_of_stored,
            load_form::FormView,
            section::Section,
            summaries::{details_line, event_line, general_line, headers_line, limit, order},
        },
        server::pattern_name,
        viewer::lang,
    },
    domain::event_type::EventPattern,
    messages::{Lang, audit, guide, webhook as say, webhooks},
};

/// The events that the webhook receives, each with the schema of its type.
fn event_items(form: &FormView, lang: Lang) -> AnyView {
    let events = form.form.events.iter().map(|event| {
        let pattern = EventPattern::of_stored(event);
        let name = pattern_name(&pattern, lang);
        let Some(event_type) = pattern.exact() else {
            return view! { <li>{name}</li> }.into_any();
        };
        let address = event_type_path(&event_type);
        view! {
            <li>
                <a href=address.clone()>{name}</a>
                " "
                <a class="button small download" href=format!("{address}/schema") rel="external" download>
                    {say::download_schema(lang)}
                </a>
            </li>
        }
        .into_any()
    });
    events.collect_view().into_any()
}

/// All sections.
#[component]
pub(super) fn ReadOnly(
    /// The webhook.
    form: FormView,
) -> impl IntoView {
    let lang = lang();
    let section = |topic, id, heading_id, heading, why, summary: AnyView, beside: Option<AnyView>, body: AnyView| {
        Section {
            id,
            heading_id,
            heading,
            topic,
            why,
            summary: Some(summary),
            beside,
            is_open: form.is_open,
            editable: false,
            body,
        }
        .view()
    };
    let fact = |name: &'static str, value: AnyView| {
        view! {
            <div class="long">
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let text = |text: String| view! { <ForeignText text /> }.into_any();
    let status = form.status.map(|status| view! { <StatusBadge status /> });
    let general = view! {
        <dl class="facts">
            {fact(webhooks::status(lang), status.into_any())}
            {fact(say::name(lang), text(form.form.name.clone()))} {fact(say::description(lang), text(form.form.description.clone()))}
        </dl>
    };
    let url = form.form.url.clone();
    let created = form.secret_created.clone().map(|at| view! { <Time at /> });
    let details = view! {
        <dl class="facts">
            {fact(say::url(lang), view! { <span class="mono"><ForeignText text=url machine=true /></span> }.into_any())}
            {fact(say::secret_created(lang), created.into_any())} {fact(say::ordered(lang), text(order(&form, lang).to_owned()))}
            {fact(audit::field_rate_limit(lang), text(limit(&form, lang)))}
        </dl>
        <p class="hint">{form.retries.clone()}</p>
        <p>
            <a href=format!("/webhooks/{}/verify", form.id.clone().unwrap_or_default())>{guide::verify_link(lang)}</a>
        </p>
    };
    // Values may be credentials that nobody marked as secret, so only those who may change them see them.
    let headers = form.form.headers().into_iter().map(|header| {
        view! {
            <li class="mono">
                <ForeignText text=header.name machine=true />
            </li>
        }
    });
    let headers = headers.collect_view();
    let events = event_items(&form, lang);
    view! {
        {section(
            Topic::General,
            "general",
            "general-heading",
            say::general(lang),
            say::general_why(lang),
            general_line(&form, lang),
            None,
            general.into_any(),
        )}
        {section(
            Topic::Details,
            "webhook-details",
            "details-heading",
            say::details(lang),
            say::details_why(lang),
            details_line(&form, lang),
            None,
            details.into_any(),
        )}
        {section(
            Topic::Headers,
            "additional-headers",
            "headers-heading",
            say::headers(lang),
            say::headers_why(lang),
            headers_line(&form, lang),
            None,
            view! { <ul class="plain-list">{headers}</ul> }.into_any(),
        )}
        {section(
            Topic::Event,
            "event",
            "event-heading",
            say::event(lang),
            say::event_why(lang),
            event_line(&form, lang),
            schemas_of_stored(&form.choice, &form.form.events, lang),
            view! { <ul class="plain-list">{events}</ul> }.into_any(),
        )}
    }
}
