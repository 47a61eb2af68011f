//! Enabling, disabling and deleting all webhooks that the list finds: a page that asks, and one that says how far it is. A large amount is done in
//! parts. Each part is the answer to a form, so it needs no script, and a crafted link starts nothing.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::principal::Principal,
    console::{
        ConsoleError,
        href::page_query,
        pages::webhooks::{
            bulk::{ACTIONS_PATH, Act, BulkAnswer, BulkForm, BulkReport, with_present_query},
            load_list::ListQuery,
            webhook_list::PATH,
        },
        server::{action_error, lang},
    },
    domain::{id::WebhookId, timestamp::Timestamp},
    messages::{Lang, webhooks as say},
    services::webhooks::{AllAction, act_on_matching, all_matching},
    storage::webhooks::AllOf,
};

/// The time for one part.
const PART: Duration = Duration::from_secs(2);

/// By how much the clocks of nodes may differ, and the one of a node may have been ahead.
const CLOCKS_MAX: Duration = Duration::from_hours(24);

/// The question whether all webhooks that the list finds are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllQuestion {
    act: String,
    count: u64,
    /// Whether something else than the number was typed.
    pub is_wrong: bool,
}

/// What was done so far, and where the next part begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllProgress {
    act: String,
    at: i64,
    undo: Option<i64>,
    rest: String,
    done: u64,
    total: u64,
}

impl AllQuestion {
    fn act(&self) -> Option<Act> {
        self.act.parse().ok()
    }
}

/// The answer if the form is for all webhooks that the list finds, or undoes or continues such an action. `None` otherwise.
pub(super) async fn for_all(app: &AppState, by: &Principal, form: &BulkForm, act: Act) -> Result<Option<BulkAnswer>, ConsoleError> {
    let query = page_query::<ListQuery>();
    let (filter, status) = query.filter(app);
    let found = AllOf::Matching(filter, status);
    let undone = AllOf::ChangedAt(Timestamp(form.undo.unwrap_or(0)));
    let is_for_all = form.all == "true";
    if (is_for_all || matches!(act, Act::EnableAll | Act::DisableAll | Act::DeleteAll)) && !query.is_exact(app) {
        return Err(ConsoleError::Malformed {
            detail: "a filter of the list cannot be read, so that all webhooks would be changed; choose the filter again".to_owned(),
        });
    }
    let (all, action) = match act {
        Act::Enable | Act::Disable | Act::Delete if is_for_all => {
            let act = match act {
                Act::Enable => Act::EnableAll,
                Act::Disable => Act::DisableAll,
                _ => Act::DeleteAll,
            };
            let (count, _) = all_matching(app, by, &found).await.map_err(action_error)?;
            return Ok(Some(question(act, count, false)));
        }
        Act::Test | Act::Owner | Act::Export if is_for_all => {
            return Ok(Some(BulkAnswer::Report(BulkReport {
                refused: Some(say::bulk_not_for_all(lang()).to_owned()),
                ..BulkReport::default()
            })));
        }
        Act::EnableAll => (found, AllAction::Enable),
        Act::DisableAll => (found, AllAction::Disable),
        Act::DeleteAll => (found, AllAction::Delete),
        Act::UndoEnable => (undone, AllAction::Disable),
        Act::UndoDisable => (undone, AllAction::Enable),
        Act::Enable | Act::Disable | Act::Test | Act::Owner | Act::Export | Act::Delete | Act::DeleteConfirmed => return Ok(None),
    };
    // A time far ahead would be the time of the change of every webhook, and each later change must be later.
    let latest = Timestamp::now().plus(CLOCKS_MAX).0;
    let (at, total) = if let Some(at) = form.at.filter(|at| *at <= latest) {
        (Timestamp(at), form.total)
    } else {
        let (count, at) = all_matching(app, by, &all).await.map_err(action_error)?;
        if action == AllAction::Delete && !is_number(&form.confirm, count) {
            return Ok(Some(question(act, count, true)));
        }
        (at, count)
    };
    let after = form.rest.parse::<WebhookId>().ok();
    let part = act_on_matching(app, by, &all, action, at, after, PART)
        .await
        .map_err(action_error)?;
    let done = form.before.saturating_add(part.changed);
    Ok(Some(match part.rest {
        Some(rest) => BulkAnswer::Part(AllProgress {
            act: act.to_string(),
            at: at.0,
            undo: form.undo,
            rest: rest.to_string(),
            done,
            total,
        }),
        // What was undone or deleted is not offered to be undone.
        None => BulkAnswer::Done(done, matches!(act, Act::EnableAll | Act::DisableAll).then_some(at.0)),
    }))
}

fn question(act: Act, count: u64, is_wrong: bool) -> BulkAnswer {
    BulkAnswer::ConfirmAll(AllQuestion {
        act: act.to_string(),
        count,
        is_wrong,
    })
}

/// Whether this number was typed, with any separators of thousands.
fn is_number(typed: &str, count: u64) -> bool {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let is_plain = typed
        .chars()
        .all(|sign| sign.is_ascii_digit() || sign.is_whitespace() || ",.'’".contains(sign));
    is_plain && digits.parse() == Ok(count)
}

/// The title of a page, the way back to the list, and the heading.
#[component]
fn Head(
    /// The title of the window.
    title: String,
    /// The heading.
    heading: String,
    /// The address of the list.
    list: String,
) -> impl IntoView {
    view! {
        <Title text=title />
        <p class="crumbs">
            <a href=list>{say::title(lang())}</a>
        </p>
        <div class="head">
            <h1>{heading}</h1>
        </div>
    }
}

/// The page that asks.
#[component]
pub(super) fn AllQuestionPage(
    /// The question.
    question: AllQuestion,
) -> impl IntoView {
    let (lang, count) = (lang(), question.count);
    let (list, action) = (with_present_query(PATH), with_present_query(ACTIONS_PATH));
    let (title, why, button) = match question.act() {
        Some(Act::EnableAll) => (
            say::enable_title(lang, count),
            say::enable_all_why(lang),
            say::enable_now(lang, count),
        ),
        Some(Act::DisableAll) => (
            say::disable_title(lang, count),
            say::disable_all_why(lang),
            say::disable_now(lang, count),
        ),
        _ => (say::delete_title(lang, count), say::delete_why(lang), say::delete_now(lang, count)),
    };
    let deletes = question.act() == Some(Act::DeleteAll);
    let confirm = deletes.then(|| {
        let error = question.is_wrong.then(|| {
            view! {
                <p class="field-error" id="confirm-error" role="alert">
                    {say::confirm_wrong(lang, count)}
                </p>
            }
        });
        view! {
            <div class="field">
                <label for="confirm">{say::confirm_count(lang, count)}</label>
                <input
                    id="confirm"
                    name="confirm"
                    inputmode="numeric"
                    autocomplete="off"
                    required
                    autofocus=question.is_wrong
                    aria-invalid=question.is_wrong.then_some("true")
                    aria-describedby=question.is_wrong.then_some("confirm-error")
                />
                {error}
            </div>
        }
    });
    let class = if deletes { "button danger" } else { "button primary" };
    view! {
        <Head title=title.clone() heading=title list=list.clone() />
        <p class="prose">{say::all_found(lang)} " " {why}</p>
        <form method="post" action=action class="all-form">
            {confirm}
            <div class="confirm-form">
                <button class=class type="submit" name="act" value=question.act>
                    {button}
                </button>
                <a class="button" href=list>
                    {say::cancel(lang)}
                </a>
            </div>
        </form>
    }
}

/// The page that says how far an action is. With scripts its form sends itself (`console::client::go_on`).
#[component]
pub(super) fn AllProgressPage(
    /// How far it is.
    progress: AllProgress,
) -> impl IntoView {
    let lang = lang();
    let (list, action) = (with_present_query(PATH), with_present_query(ACTIONS_PATH));
    let AllProgress {
        act,
        at,
        undo,
        rest,
        done,
        total,
    } = progress;
    let title = say::all_progress(lang, done, total);
    let hidden = |name: &'static str, value: String| view! { <input type="hidden" name=name value=value /> };
    view! {
        <Head title=title.clone() heading=say::all_running(lang).to_owned() list=list.clone() />
        <form method="post" action=action class="all-form" data-go-on="true">
            <label for="all-progress">{title}</label>
            <progress id="all-progress" max=total.to_string() value=done.to_string()></progress>
            {hidden("at", at.to_string())} {undo.map(|undo| hidden("undo", undo.to_string()))} {hidden("rest", rest)}
            {hidden("before", done.to_string())} {hidden("total", total.to_string())}
            <div class="confirm-form">
                <button class="button" type="submit" name="act" value=act>
                    {say::all_go_on(lang)}
                </button>
                <a class="button" href=list>
                    {say::all_stop(lang)}
                </a>
            </div>
            <p class="hint">{say::all_stop_hint(lang, done)}</p>
        </form>
    }
}

/// The button that undoes what the notice above the list reports.
pub(super) fn undo(act: &str, at: i64, lang: Lang) -> Option<AnyView> {
    let undo = match act.parse().ok()? {
        Act::Enable | Act::EnableAll => Act::UndoEnable,
        Act::Disable | Act::DisableAll => Act::UndoDisable,
        _ => return None,
    };
    Some(
        view! {
            <form method="post" action=with_present_query(ACTIONS_PATH) class="undo-form">
                <input type="hidden" name="undo" value=at.to_string() />
                <button class="button small" type="submit" name="act" value=undo.as_str()>
                    {say::undo(lang)}
                </button>
            </form>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_may_be_typed_with_separators_and_nothing_else() {
        for typed in ["10000", "10,000", "10 000", "10\u{202f}000", "10.000", " 10’000 "] {
            assert!(is_number(typed, 10_000), "{typed}");
        }
        for typed in ["", "1000", "10000 webhooks", "-10000", "ten", "99999999999999999999999"] {
            assert!(!is_number(typed, 10_000), "{typed}");
        }
    }
}
