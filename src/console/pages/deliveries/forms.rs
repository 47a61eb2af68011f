//! What the forms for deliveries do, and where they lead.

use std::time::Duration;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    auth::rules::Action,
    console::{
        ConsoleError,
        href::{href, read_query},
        page_action::PageAction,
        page_response::PageResponse,
        pages::{
            deliveries::{
                actions::{CancelDelivery, Changed, DiscardDeliveries, RecoverDeliveries, RedeliverDelivery, TryDeliveryNow},
                progress::PartPage,
            },
            webhooks::list_origin::with_list,
        },
        server::{action_error, caller},
    },
    domain::{
        id::{DeliveryId, WebhookId},
        page::{Cursor, ListId},
        timestamp::Timestamp,
    },
    routes::{Rule, Ruled},
    services::{
        error::UseCaseError,
        webhooks::{self, Chosen},
    },
    storage::recover::Discard,
};

/// How long one request changes deliveries. A page then shows how far it is, and continues.
const PART: Duration = Duration::from_secs(3);

/// The rule of all forms.
const RULE: Rule = Rule::Session(Action::Resend);

/// What the page of the webhook says after a form. The count is the sum of all parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Outcome {
    /// `recovered`, `nothing-chosen`, `discarded`, `tried`, `redelivered` or `cancelled`.
    pub(super) saved: Option<String>,
    /// The number of deliveries.
    pub(super) count: Option<u64>,
}

/// The part of a request that is not done yet, if it has too many deliveries for one response.
#[derive(Clone)]
pub enum Rest {
    /// Failed or held deliveries are sent again.
    SendAgain {
        /// When the deliveries were created, in milliseconds since 1970.
        range: (i64, i64),
        /// Whether failed ones are sent.
        failed: bool,
        /// Whether held ones are sent.
        held: bool,
        /// Where the next part begins.
        cursor: String,
    },
    /// Waiting or held deliveries are discarded.
    Discard {
        /// `held` or `waiting`.
        which: String,
        /// Before when the deliveries were created, in milliseconds since 1970.
        until: i64,
    },
}

impl Rest {
    /// The answer to a part after which something is left.
    fn page(self, id: String, count: u64) -> Response {
        PageResponse::framed(StatusCode::OK, move || {
            view! { <PartPage id=id.clone() count rest=self.clone() /> }.into_any()
        })
    }
}

impl Outcome {
    fn of(saved: &str) -> Self {
        Self {
            saved: Some(saved.to_owned()),
            ..Self::default()
        }
    }

    fn page(&self, id: &str) -> Response {
        Redirect::to(&with_list(&href(&format!("/webhooks/{id}"), self))).into_response()
    }
}

/// A checkbox sends "true" or nothing; a field that continues a request may send "false".
fn is_ticked(field: Option<&str>) -> bool {
    field.is_some_and(|value| value == "true")
}

fn webhook(id: &str) -> Result<WebhookId, ConsoleError> {
    id.parse().map_err(|_| action_error(UseCaseError::NotFound))
}

/// The cursors of one request: those of another range or webhook are refused.
fn list(id: &str, (since, until): (i64, i64)) -> ListId {
    let (since, until) = (since.to_string(), until.to_string());
    ListId::new(
        &format!("/webhooks/{id}/deliveries/send-again"),
        [("since", since.as_str()), ("until", until.as_str())],
    )
}

pub(super) async fn recover(
    id: &str,
    range: (i64, i64),
    (failed, held): (bool, bool),
    rest: Option<&str>,
) -> Result<Changed, ConsoleError> {
    let (app, by) = caller()?;
    let (webhook, list) = (webhook(id)?, list(id, range));
    let rest = rest.filter(|rest| !rest.is_empty());
    let after = rest.map(|rest| Cursor::decode(rest, &list)).transpose();
    let after = after.map_err(|error| ConsoleError::Malformed { detail: error.to_string() })?;
    let chosen = Chosen {
        since: Timestamp(range.0),
        until: Timestamp(range.1),
        failed,
        held,
    };
    let recovered = webhooks::recover_for(&app, &by, webhook, chosen, after, Some(PART)).await;
    let recovered = recovered.map_err(action_error)?;
    Ok(Changed {
        count: recovered.deliveries,
        rest: recovered.rest.map(|rest| rest.encode(&list)),
    })
}

pub(super) async fn discard(id: &str, which: &str, until: i64) -> Result<Changed, ConsoleError> {
    let (app, by) = caller()?;
    let which = match which {
        "held" => Discard::Held,
        "waiting" => Discard::Waiting,
        other => {
            return Err(ConsoleError::Malformed {
                detail: format!("there are no deliveries `{other}`; use held or waiting"),
            });
        }
    };
    let discarded = webhooks::discard(&app, &by, webhook(id)?, which, Timestamp(until), Some(PART)).await;
    let discarded = discarded.map_err(action_error)?;
    Ok(Changed {
        count: discarded.deliveries,
        rest: discarded.more.then(|| "more".to_owned()),
    })
}

pub(super) async fn try_now(id: &str) -> Result<(), ConsoleError> {
    let (app, by) = caller()?;
    let tried = webhooks::try_now(&app, &by, webhook(id)?).await;
    tried.map(drop).map_err(action_error)
}

pub(super) async fn redeliver(id: &str, delivery: &str) -> Result<(), ConsoleError> {
    let (app, by) = caller()?;
    let (webhook, delivery) = one(id, delivery)?;
    webhooks::redeliver_delivery(&app, &by, Some(webhook), delivery)
        .await
        .map_err(action_error)
}

pub(super) async fn cancel(id: &str, delivery: &str) -> Result<(), ConsoleError> {
    let (app, by) = caller()?;
    let (webhook, delivery) = one(id, delivery)?;
    webhooks::cancel(&app, &by, Some(webhook), delivery).await.map_err(action_error)
}

/// The ids of a webhook and of one of its deliveries.
fn one(id: &str, delivery: &str) -> Result<(WebhookId, DeliveryId), ConsoleError> {
    let delivery = delivery.parse().map_err(|_| action_error(UseCaseError::NotFound))?;
    Ok((webhook(id)?, delivery))
}

/// The form that sends deliveries again.
#[derive(Clone, Debug, Deserialize)]
pub struct RecoverForm {
    id: String,
    since: i64,
    until: i64,
    #[serde(default)]
    failed: Option<String>,
    #[serde(default)]
    held: Option<String>,
    #[serde(default)]
    rest: Option<String>,
    /// The number of deliveries that earlier parts of the request have sent.
    #[serde(default)]
    before: u64,
}

impl From<RecoverForm> for RecoverDeliveries {
    fn from(form: RecoverForm) -> Self {
        Self {
            id: form.id,
            since: form.since,
            until: form.until,
            failed: is_ticked(form.failed.as_deref()),
            held: is_ticked(form.held.as_deref()),
            rest: form.rest,
        }
    }
}

impl Ruled for RecoverDeliveries {
    const RULE: Rule = RULE;
}

impl PageAction for RecoverDeliveries {
    type Form = RecoverForm;

    async fn answer(form: RecoverForm, result: Result<Changed, ConsoleError>) -> Result<Response, ConsoleError> {
        let Changed { count, rest } = result?;
        let count = form.before.saturating_add(count);
        if let Some(cursor) = rest {
            let rest = Rest::SendAgain {
                range: (form.since, form.until),
                failed: is_ticked(form.failed.as_deref()),
                held: is_ticked(form.held.as_deref()),
                cursor,
            };
            return Ok(rest.page(form.id, count));
        }
        let is_chosen = is_ticked(form.failed.as_deref()) || is_ticked(form.held.as_deref());
        let outcome = Outcome {
            count: Some(count),
            ..Outcome::of(if is_chosen { "recovered" } else { "nothing-chosen" })
        };
        Ok(outcome.page(&form.id))
    }
}

/// The form that discards deliveries.
#[derive(Clone, Debug, Deserialize)]
pub struct DiscardForm {
    id: String,
    which: String,
    until: i64,
    /// The number of deliveries that earlier parts of the request have discarded.
    #[serde(default)]
    before: u64,
}

impl From<DiscardForm> for DiscardDeliveries {
    fn from(DiscardForm { id, which, until, .. }: DiscardForm) -> Self {
        Self { id, which, until }
    }
}

impl Ruled for DiscardDeliveries {
    const RULE: Rule = RULE;
}

impl PageAction for DiscardDeliveries {
    type Form = DiscardForm;

    async fn answer(form: DiscardForm, result: Result<Changed, ConsoleError>) -> Result<Response, ConsoleError> {
        let Changed { count, rest } = result?;
        let count = form.before.saturating_add(count);
        if rest.is_some() {
            let (which, until) = (form.which, form.until);
            return Ok(Rest::Discard { which, until }.page(form.id, count));
        }
        let outcome = Outcome {
            count: Some(count),
            ..Outcome::of("discarded")
        };
        Ok(outcome.page(&form.id))
    }
}

impl Ruled for TryDeliveryNow {
    const RULE: Rule = RULE;
}

/// The button "Try now".
#[derive(Clone, Debug, Deserialize)]
pub struct TryForm {
    id: String,
}

impl From<TryForm> for TryDeliveryNow {
    fn from(form: TryForm) -> Self {
        Self { id: form.id }
    }
}

impl PageAction for TryDeliveryNow {
    type Form = TryForm;

    async fn answer(form: TryForm, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        Ok(Outcome::of("tried").page(&form.id))
    }
}

/// A button of one delivery.
#[derive(Clone, Debug, Deserialize)]
pub struct OneForm {
    id: String,
    delivery: String,
    /// The query of the page, encoded.
    #[serde(default)]
    query: String,
}

/// The list of deliveries that the page shows again after a button of one of its rows.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ShownList {
    saved: Option<String>,
    range: Option<String>,
    from: Option<String>,
    to: Option<String>,
    response: Option<String>,
    event: Option<String>,
    q: Option<String>,
    times: Option<String>,
    after: Option<String>,
    list: Option<String>,
}

impl OneForm {
    /// The page with the same list.
    fn page(&self, saved: &str) -> Response {
        let shown = ShownList {
            saved: Some(saved.to_owned()),
            ..read_query(&self.query)
        };
        Redirect::to(&href(&format!("/webhooks/{}", self.id), &shown)).into_response()
    }
}

impl From<OneForm> for RedeliverDelivery {
    fn from(OneForm { id, delivery, .. }: OneForm) -> Self {
        Self { id, delivery }
    }
}

impl Ruled for RedeliverDelivery {
    const RULE: Rule = RULE;
}

impl PageAction for RedeliverDelivery {
    type Form = OneForm;

    async fn answer(form: OneForm, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        Ok(form.page("redelivered"))
    }
}

impl From<OneForm> for CancelDelivery {
    fn from(OneForm { id, delivery, .. }: OneForm) -> Self {
        Self { id, delivery }
    }
}

impl Ruled for CancelDelivery {
    const RULE: Rule = RULE;
}

impl PageAction for CancelDelivery {
    type Form = OneForm;

    async fn answer(form: OneForm, result: Result<(), ConsoleError>) -> Result<Response, ConsoleError> {
        result?;
        Ok(form.page("cancelled"))
    }
}
