//! Actions on several webhooks: a plain form, to which the boxes of the rows belong. The answer is the list with a report, a page that asks
//! for a confirmation, or a file.

use axum::{
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        components::{owners::OwnerView, unseen::ForeignText},
        href::{href, page_query},
        page_action::PageAction,
        page_response::PageResponse,
        pages::webhooks::{
            bulk_all::{AllProgress, AllProgressPage, AllQuestion, AllQuestionPage, for_all},
            list_parts::BULK_FORM,
            load_list::ListQuery,
            webhook_list::{PATH, Webhooks},
        },
        server::{action_error, caller, lang},
    },
    domain::{
        id::{UserId, WebhookId},
        named::named,
    },
    messages::{Lang, webhooks as say},
    routes::{Rule, Ruled},
    services::webhooks::{BULK_MAX, BulkAction, BulkResult, act_on_all, chosen, switch_chosen},
    storage::webhooks::WebhookRecord,
};

/// The path of the form.
pub(in crate::console::pages) const ACTIONS_PATH: &str = "/webhooks/actions";

named! {
    /// A button of the form.
    Act("action") {
        /// Enables them.
        Enable = "enable",
        /// Disables them.
        Disable = "disable",
        /// Sends a test event to each.
        Test = "test",
        /// Adds an owner to each.
        Owner = "owner",
        /// Downloads their settings.
        Export = "export",
        /// Asks whether to delete them.
        Delete = "delete",
        /// Deletes them.
        DeleteConfirmed = "delete-confirmed",
        /// Enables all that the list finds.
        EnableAll = "enable-all",
        /// Disables all that the list finds.
        DisableAll = "disable-all",
        /// Deletes all that the list finds.
        DeleteAll = "delete-all",
        /// Disables those that were enabled together.
        UndoEnable = "undo-enable",
        /// Enables those that were disabled together.
        UndoDisable = "undo-disable",
    }
}

/// The fields of the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkForm {
    /// The ids of the chosen webhooks.
    pub ids: Vec<String>,
    /// The button that was pressed.
    pub act: String,
    /// The id of the new owner.
    pub owner: String,
    /// `true` if all webhooks that the list finds are meant, not only `ids`.
    pub all: String,
    /// The time of the action on all that is continued.
    pub at: Option<i64>,
    /// The time of the action that is undone.
    pub undo: Option<i64>,
    /// The id of the webhook after which an action on all continues.
    pub rest: String,
    /// The number of webhooks that its earlier parts changed.
    pub before: u64,
    /// The number of webhooks that it is for.
    pub total: u64,
    /// The number of webhooks to delete, as typed.
    pub confirm: String,
}

/// The result of the form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum BulkAnswer {
    /// It succeeded for this number of webhooks. It can be undone by the time of the change.
    Done(u64, Option<i64>),
    /// Asks whether all webhooks that the list finds are meant.
    ConfirmAll(AllQuestion),
    /// A part of an action on all was done.
    Part(AllProgress),
    /// It failed for some or all.
    Report(BulkReport),
    /// The webhooks to delete: ids and names.
    Confirm(Vec<(String, String)>),
    /// The settings of the webhooks, as JSON.
    File(String),
}

/// What failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkReport {
    /// What was done: "2 webhooks were disabled."
    pub done: Option<String>,
    /// Names and reasons.
    pub failed: Vec<(String, String)>,
    /// Why nothing was tried.
    pub refused: Option<String>,
}

/// Acts on several webhooks.
#[server(prefix = "/fn", endpoint = "act_on_webhooks")]
pub async fn act_on_webhooks(form: BulkForm) -> Result<BulkAnswer, ConsoleError> {
    let ((app, by), lang) = (caller()?, lang());
    let refused = |reason: &str| {
        Ok(BulkAnswer::Report(BulkReport {
            refused: Some(reason.to_owned()),
            ..BulkReport::default()
        }))
    };
    let Ok(act) = form.act.parse::<Act>() else {
        return refused(say::bulk_no_action(lang));
    };
    if let Some(answer) = for_all(&app, &by, &form, act).await? {
        return Ok(answer);
    }
    let ids: Vec<WebhookId> = form.ids.iter().filter_map(|id| id.parse().ok()).collect();
    if ids.is_empty() {
        return refused(say::bulk_nothing_chosen(lang));
    }
    if ids.len() > BULK_MAX {
        return refused(&say::bulk_too_many(lang, BULK_MAX as u64));
    }
    let action = match act {
        Act::Enable | Act::Disable => {
            let result = switch_chosen(&app, &by, &ids, act == Act::Enable).await.map_err(action_error)?;
            return Ok(answer(act, result, lang));
        }
        Act::Test => BulkAction::Test,
        Act::DeleteConfirmed => BulkAction::Delete,
        Act::Owner => match form.owner.parse::<UserId>() {
            Ok(owner) => BulkAction::AddOwner(owner),
            Err(_) => return refused(say::bulk_no_owner(lang)),
        },
        Act::Export => {
            let found = chosen(&app, &by, &ids).await.map_err(action_error)?;
            return Ok(BulkAnswer::File(settings(&found)));
        }
        Act::Delete => {
            let found = chosen(&app, &by, &ids).await.map_err(action_error)?;
            let named = found.into_iter().map(|webhook| (webhook.id.to_string(), webhook.fields.name));
            return Ok(BulkAnswer::Confirm(named.collect()));
        }
        // `for_all` has answered these.
        Act::EnableAll | Act::DisableAll | Act::DeleteAll | Act::UndoEnable | Act::UndoDisable => {
            return refused(say::bulk_no_action(lang));
        }
    };
    let result = act_on_all(&app, &by, &ids, action).await.map_err(action_error)?;
    Ok(answer(act, result, lang))
}

fn answer(act: Act, result: BulkResult, lang: Lang) -> BulkAnswer {
    let done = result.done.len() as u64;
    if result.failed.is_empty() {
        return BulkAnswer::Done(done, result.at.map(|at| at.0));
    }
    let failed = result.failed.into_iter().map(|(name, error)| {
        let name = name.unwrap_or_else(|| say::bulk_unknown(lang).to_owned());
        (name, action_error(error).text(lang))
    });
    BulkAnswer::Report(BulkReport {
        failed: failed.collect(),
        done: (done > 0).then(|| done_text(act.as_str(), done, lang)).flatten(),
        refused: None,
    })
}

/// The settings as a JSON array. Each element can be sent to `POST /webhooks` of the API; values of secret headers are left out.
fn settings(webhooks: &[WebhookRecord]) -> String {
    let masked = webhooks.iter().cloned().map(|mut webhook| {
        for header in &mut webhook.fields.headers {
            if header.is_hidden() {
                header.value.clear();
            }
        }
        webhook.fields
    });
    // Records of text and numbers can always be serialized.
    serde_json::to_string_pretty(&masked.collect::<Vec<_>>()).unwrap_or_default()
}

/// What was done with this number of webhooks. `None` if there is no such action.
pub(super) fn done_text(act: &str, count: u64, lang: Lang) -> Option<String> {
    Some(match act.parse().ok()? {
        Act::Enable | Act::EnableAll | Act::UndoDisable => say::done_enable(lang, count),
        Act::Disable | Act::DisableAll | Act::UndoEnable => say::done_disable(lang, count),
        Act::Test => say::done_test(lang, count),
        Act::Owner => say::done_owner(lang, count),
        Act::DeleteConfirmed | Act::DeleteAll => say::done_delete(lang, count),
        Act::Export | Act::Delete => return None,
    })
}

impl Ruled for ActOnWebhooks {
    const RULE: Rule = Rule::Session(Action::WriteWebhooks);
}

impl PageAction for ActOnWebhooks {
    type Form = BulkForm;

    async fn answer(form: BulkForm, result: Result<BulkAnswer, ConsoleError>) -> Result<Response, ConsoleError> {
        Ok(match result? {
            BulkAnswer::Done(count, at) => {
                let list = href(PATH, &page_query::<ListQuery>());
                let mark = if list.contains('?') { '&' } else { '?' };
                let at = at.map_or_else(String::new, |at| format!("&at={at}"));
                Redirect::to(&format!("{list}{mark}done={}&count={count}{at}", form.act)).into_response()
            }
            BulkAnswer::ConfirmAll(question) => {
                let status = if question.is_wrong {
                    StatusCode::UNPROCESSABLE_ENTITY
                } else {
                    StatusCode::OK
                };
                PageResponse::framed(status, move || view! { <AllQuestionPage question=question.clone() /> }.into_any())
            }
            BulkAnswer::Part(progress) => PageResponse::framed(StatusCode::OK, move || {
                view! { <AllProgressPage progress=progress.clone() /> }.into_any()
            }),
            BulkAnswer::Report(report) => {
                let status = if report.refused.is_some() {
                    StatusCode::UNPROCESSABLE_ENTITY
                } else {
                    StatusCode::OK
                };
                PageResponse::framed(status, move || view! { <Webhooks report=report.clone() /> }.into_any())
            }
            BulkAnswer::Confirm(webhooks) => PageResponse::framed(StatusCode::OK, move || {
                view! { <Confirmation webhooks=webhooks.clone() /> }.into_any()
            }),
            BulkAnswer::File(json) => {
                let headers = [
                    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                    (
                        header::CONTENT_DISPOSITION,
                        HeaderValue::from_static("attachment; filename=\"webhooks.json\""),
                    ),
                ];
                (headers, json).into_response()
            }
        })
    }
}

/// The path with the query of the current request, so that the next answer returns to the same list.
pub(super) fn with_present_query(path: &str) -> String {
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// Asks whether these webhooks shall be deleted.
#[component]
fn Confirmation(
    /// Ids and names.
    webhooks: Vec<(String, String)>,
) -> impl IntoView {
    let lang = lang();
    let count = webhooks.len() as u64;
    let (list, action) = (with_present_query(PATH), with_present_query(ACTIONS_PATH));
    let fields = webhooks
        .iter()
        .map(|(id, _)| view! { <input type="hidden" name="ids" value=id.clone() /> });
    let fields = fields.collect_view();
    let names = webhooks.into_iter().map(|(id, name)| {
        view! {
            <li>
                <a href=format!("/webhooks/{id}")>
                    <ForeignText text=name />
                </a>
            </li>
        }
    });
    view! {
        <Title text=say::delete_title(lang, count) />
        <p class="crumbs">
            <a href=list.clone()>{say::title(lang)}</a>
        </p>
        <div class="head">
            <h1>{say::delete_title(lang, count)}</h1>
        </div>
        <p class="prose">{say::delete_why(lang)}</p>
        <ul class="names">{names.collect_view()}</ul>
        <form method="post" action=action class="confirm-form">
            {fields}
            <button class="button danger" type="submit" name="act" value=Act::DeleteConfirmed.as_str()>
                {say::delete_now(lang, count)}
            </button>
            <a class="button" href=list>
                {say::cancel(lang)}
            </a>
        </form>
    }
}

/// The notice above the list.
#[component]
pub(super) fn ReportNotice(
    /// What failed.
    report: BulkReport,
) -> impl IntoView {
    let lang = lang();
    let count = report.failed.len() as u64;
    let failed = (count > 0).then(|| {
        let rows = report.failed.into_iter().map(|(name, reason)| {
            view! {
                <li>
                    <strong>
                        <ForeignText text=name />
                    </strong>
                    ": "
                    {reason}
                </li>
            }
        });
        view! {
            <p>
                <strong>{say::bulk_failed(lang, count)}</strong>
            </p>
            <ul>{rows.collect_view()}</ul>
        }
    });
    view! {
        <div class="notice bad" role="alert">
            {report.done.map(|done| view! { <p>{done}</p> })}
            {report.refused.map(|why| view! { <p>{why}</p> })}
            {failed}
        </div>
    }
}

/// The form, which appears when a row is chosen. The style sheet counts the boxes that are ticked.
#[component]
pub(super) fn BulkBar(
    /// Where it is sent.
    action: String,
    /// The number of rows on the page.
    shown: u64,
    /// The number of rows on all pages.
    total: u64,
    /// The users who can be owners.
    owners: Vec<OwnerView>,
) -> impl IntoView {
    let lang = lang();
    let button = |act: Act, text: &'static str, class: &'static str| {
        view! {
            <button class=class type="submit" name="act" value=act.as_str() data-download=(act == Act::Export).then_some("true")>
                {text}
            </button>
        }
    };
    let owner = (!owners.is_empty()).then(|| {
        let options = owners
            .into_iter()
            .map(|owner| view! { <option value=owner.id>{owner.email}</option> });
        view! {
            <span class="owner-choice">
                <select name="owner" aria-label=say::new_owner(lang)>
                    <option value="">{say::choose_owner(lang)}</option>
                    {options.collect_view()}
                </select>
                {button(Act::Owner, say::add_owner(lang), "button small")}
            </span>
        }
    });
    view! {
        <form id=BULK_FORM class="bulk" method="post" action=action aria-label=say::bulk(lang)>
            <span class="chosen">{say::chosen(lang)}</span>
            <button class="quiet scripted" type="button" data-choose-all="true">
                {say::choose_all(lang, shown)}
            </button>
            {(total > shown)
                .then(|| {
                    view! {
                        <label class="choose-found">
                            <input type="checkbox" name="all" value="true" autocomplete="off" />
                            {say::choose_found(lang, total)}
                        </label>
                    }
                })}
            <span class="bulk-buttons">
                {button(Act::Enable, say::enable(lang), "button small")} {button(Act::Disable, say::disable(lang), "button small")}
                {button(Act::Test, say::test(lang), "button small")} {owner} {button(Act::Export, say::export(lang), "button small")}
                {button(Act::Delete, say::delete(lang), "button small danger")}
            </span>
            <button class="quiet" type="reset" aria-keyshortcuts="Escape">
                {say::choose_none(lang)} " " <kbd class="scripted" aria-hidden="true">
                    "Esc"
                </kbd>
            </button>
        </form>
    }
}
