//! The audit log: filters, entries, and the details of the open entry.

mod differences;
mod field_labels;
mod loader;
mod query;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::Serialize;

pub use self::{
    differences::Differences,
    loader::{OpenEntryView, changes_since},
    query::AuditQuery,
};
use self::{
    differences::OpenEntry,
    loader::{AuditRowView, AuditView, load},
};
use crate::{
    console::{
        components::{
            help::{HelpTip, Topic},
            notice::Trouble,
            query_form::QueryForm,
            time::Time,
            unseen::ForeignText,
        },
        href::href,
        server::dates,
        viewer::lang,
    },
    domain::audit::{ActorKind, AuditAction, ObjectKind},
    messages::{Lang, audit as say},
};

const PATH: &str = "/audit-log";
/// The path of the export, see `web::export`.
const EXPORT_PATH: &str = "/audit-log/export";

/// The query of the export.
#[derive(Serialize)]
struct ExportQuery {
    #[serde(flatten)]
    filters: AuditQuery,
    format: &'static str,
}

/// The page.
#[component]
pub fn AuditLog(
    /// The query of the page.
    query: AuditQuery,
) -> impl IntoView {
    view! {
        <Title text=say::title(lang()) />
        {Suspend::new(async move {
            match load(&query).await {
                Ok(log) => view! { <Log log query /> }.into_any(),
                Err(error) => view! { <Trouble error /> }.into_any(),
            }
        })}
    }
}

#[component]
fn Log(log: AuditView, query: AuditQuery) -> impl IntoView {
    let lang = lang();
    let AuditView {
        rows,
        next,
        zone,
        error,
        open,
    } = log;
    let (is_empty, is_filtered, is_valid) = (rows.is_empty(), query.is_filtered(), error.is_none());
    let export = |format| {
        let filters = query.filters();
        href(EXPORT_PATH, &ExportQuery { filters, format })
    };
    let older = next.map(|after| {
        let after = Some(after);
        href(PATH, &AuditQuery { after, ..query.filters() })
    });
    let with_entry = |entry| href(PATH, &AuditQuery { entry, ..query.clone() });
    let here = with_entry(None);
    let rows = rows.into_iter().map(|row| {
        let to = with_entry(Some(row.id.clone()));
        view! { <Row to=format!("{to}#entry") row /> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="head">
            <div>
                <div class="titled">
                    <h1>{say::title(lang)}</h1>
                    <HelpTip topic=Topic::AuditLog heading=say::title(lang) />
                </div>
                <p>{say::lead(lang)}</p>
            </div>
            <div class="actions">
                <span class="hint">{say::export(lang)}</span>
                <a class="button" href=export("csv") rel="external" download>
                    "CSV"
                </a>
                <a class="button" href=export("jsonl") rel="external" download>
                    "JSON Lines"
                </a>
            </div>
        </div>
        <details class="fold" open=is_filtered || !is_valid>
            <summary>{say::filters(lang)}</summary>
            <Filters query=query.clone() />
        </details>
        <p class="field-error" id="range-error" role="alert">
            {error.unwrap_or_default()}
        </p>
        {open.map(|open| view! { <OpenEntry open close=here /> })}
        {if !is_empty {
            view! {
                <div class="card">
                    <table class="stack changes" aria-label=say::title(lang)>
                        <thead>
                            <tr>
                                <th scope="col">{say::time(lang)}</th>
                                <th scope="col">{say::actor(lang)}</th>
                                <th scope="col">{say::action(lang)}</th>
                                <th scope="col">{say::object(lang)}</th>
                                <th scope="col">{say::changed(lang)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <div class="foot">
                        <span>{say::newest_first(lang, &zone)}</span>
                        {older.map(|older| view! { <a class="button" href=older>{say::older(lang)}</a> })}
                    </div>
                </div>
            }
                .into_any()
        } else if is_valid {
            let (heading, why) = if is_filtered {
                (say::nothing_found(lang), say::nothing_found_why(lang))
            } else {
                (say::none(lang), say::none_why(lang))
            };
            view! {
                <div class="empty">
                    <h2>{heading}</h2>
                    <p>{why}</p>
                </div>
            }
                .into_any()
        } else {
            ().into_any()
        }}
    }
}

#[component]
fn Filters(query: AuditQuery) -> impl IntoView {
    let lang = lang();
    let is_filtered = query.is_filtered();
    let actions = AuditAction::ALL
        .iter()
        .map(move |action| (action.as_str(), action_name(*action, lang)));
    let kinds = ObjectKind::ALL.iter().map(move |kind| (kind.as_str(), kind_name(*kind, lang)));
    let text = |given: Option<String>| given.unwrap_or_default();
    view! {
        <QueryForm action=PATH.to_owned() class="audit-filters" search=true>
            <label>
                {say::from(lang)}
                <input type="datetime-local" name="from" value=dates::field_value(query.from) aria-describedby="range-error" />
            </label>
            <label>
                {say::to(lang)} <input type="datetime-local" name="to" value=dates::field_value(query.to) aria-describedby="range-error" />
            </label>
            <label>
                {say::actor(lang)}
                <input name="actor" value=text(query.actor) placeholder=say::actor_hint(lang) maxlength="254" autocomplete="off" />
            </label>
            <label>{say::action(lang)} {choice("action", actions, query.action, lang)}</label>
            <label>{say::kind(lang)} {choice("kind", kinds, query.kind, lang)}</label>
            <label>
                {say::object(lang)}
                <input name="object" value=text(query.object) placeholder=say::object_hint(lang) maxlength="254" autocomplete="off" />
            </label>
            <div class="actions">
                <button class="button primary" type="submit">
                    {say::show(lang)}
                </button>
                {is_filtered
                    .then(|| {
                        view! {
                            <a class="button" href=PATH>
                                {say::clear(lang)}
                            </a>
                        }
                    })}
            </div>
        </QueryForm>
    }
}

fn choice(
    name: &'static str,
    options: impl Iterator<Item = (&'static str, &'static str)>,
    chosen: Option<String>,
    lang: Lang,
) -> impl IntoView {
    let chosen = chosen.unwrap_or_default();
    let options = options.map(|(value, text)| {
        view! {
            <option value=value selected=value == chosen>
                {text}
            </option>
        }
    });
    let options = options.collect_view();
    view! {
        <select name=name>
            <option value="">{say::any(lang)}</option>
            {options}
        </select>
    }
}

#[component]
fn Row(row: AuditRowView, to: String) -> impl IntoView {
    let lang = lang();
    view! {
        <tr>
            <td class="name nowrap">
                <a href=to>
                    <Time at=row.at />
                </a>
            </td>
            <td>
                // The address of the client is in the opened entry.
                <ForeignText text=row.actor /> <p class="hint">{whose(&row.actor_kind, None, lang)}</p>
            </td>
            <td>{action_of(row.action, lang)}</td>
            <td class="title">
                <ForeignText text=row.object /> <p class="hint">{kind_of(row.kind, lang)}</p>
            </td>
            <td class="tags">
                {row.changed.into_iter().map(|field| view! { <span class="tag">{field}</span> }).collect_view()}
            </td>
        </tr>
    }
}

/// "user, 192.0.2.7".
fn whose(kind: &str, address: Option<&str>, lang: Lang) -> String {
    let kind = match kind.parse() {
        Ok(ActorKind::User) => say::actor_user(lang),
        Ok(ActorKind::ApiKey) => say::actor_api_key(lang),
        Ok(ActorKind::CommandLine) => say::actor_command_line(lang),
        Ok(ActorKind::Broker) => say::actor_broker(lang),
        Ok(ActorKind::Clearhook) => say::actor_clearhook(lang),
        Err(_) => kind,
    };
    address.map_or_else(|| kind.to_owned(), |address| format!("{kind}, {address}"))
}

/// An action in the viewer's language; one of another version as it is stored.
fn action_of(action: String, lang: Lang) -> String {
    action.parse().map_or(action, |action| action_name(action, lang).to_owned())
}

/// A kind of object in the viewer's language; one of another version as it is stored.
fn kind_of(kind: String, lang: Lang) -> String {
    kind.parse().map_or(kind, |kind| kind_name(kind, lang).to_owned())
}

fn kind_name(kind: ObjectKind, lang: Lang) -> &'static str {
    match kind {
        ObjectKind::Webhook => say::kind_webhook(lang),
        ObjectKind::ApiKey => say::kind_api_key(lang),
        ObjectKind::User => say::kind_user(lang),
        ObjectKind::EventType => say::kind_event_type(lang),
        ObjectKind::Server => say::kind_server(lang),
    }
}

fn action_name(action: AuditAction, lang: Lang) -> &'static str {
    match action {
        AuditAction::WebhookCreated => say::webhook_created(lang),
        AuditAction::WebhookChanged => say::webhook_changed(lang),
        AuditAction::WebhookEnabled => say::webhook_enabled(lang),
        AuditAction::WebhookDisabled => say::webhook_disabled(lang),
        AuditAction::WebhookDeleted => say::webhook_deleted(lang),
        AuditAction::WebhookSecretRotated => say::webhook_secret_rotated(lang),
        AuditAction::WebhookTested => say::webhook_tested(lang),
        AuditAction::WebhookRecovered => say::webhook_recovered(lang),
        AuditAction::WebhookDiscarded => say::webhook_discarded(lang),
        AuditAction::DeliveryCancelled => say::delivery_cancelled(lang),
        AuditAction::WebhookRedelivered => say::webhook_redelivered(lang),
        AuditAction::EventTypeCreated => say::event_type_created(lang),
        AuditAction::EventTypeChanged => say::event_type_changed(lang),
        AuditAction::EventTypeArchived => say::event_type_archived(lang),
        AuditAction::EventTypeRestored => say::event_type_restored(lang),
        AuditAction::EventTypeDiscovered => say::event_type_discovered(lang),
        AuditAction::EventTypesImported => say::event_types_imported(lang),
        AuditAction::ApiKeyCreated => say::api_key_created(lang),
        AuditAction::ApiKeyRevoked => say::api_key_revoked(lang),
        AuditAction::UserCreated => say::user_created(lang),
        AuditAction::UserDisabled => say::user_disabled(lang),
        AuditAction::UserEnabled => say::user_enabled(lang),
        AuditAction::UserRoleChanged => say::user_role_changed(lang),
        AuditAction::UserPasswordReset => say::user_password_reset(lang),
        AuditAction::SignedIn => say::user_signed_in(lang),
        AuditAction::SignInLimited => say::user_sign_in_limited(lang),
        AuditAction::SignedOutEverywhere => say::user_signed_out_everywhere(lang),
        AuditAction::PasswordChanged => say::user_password_changed(lang),
        AuditAction::SecondFactorAdded => say::user_second_factor_added(lang),
        AuditAction::SecondFactorRemoved => say::user_second_factor_removed(lang),
        AuditAction::RecoveryCodesRenewed => say::user_recovery_codes_renewed(lang),
        AuditAction::MasterKeyRotated => say::master_key_rotated(lang),
        AuditAction::DatabaseRestored => say::database_restored(lang),
        AuditAction::DatabaseCopied => say::database_copied(lang),
        AuditAction::DataErased => say::data_erased(lang),
    }
}
