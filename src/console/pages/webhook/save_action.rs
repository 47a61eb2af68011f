//! The action of the form of a webhook: what each button does, and the response.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        ConsoleError,
        islands::HeaderView,
        page_action::PageAction,
        page_response::PageResponse,
        pages::webhook::{
            details::{WebhookPage, WebhookPageProps},
            event_choice::EventChoice,
            form_conversion::{masked, unmasked},
            fresh_secret,
            load_form::{ActionResult, Posted, load, load_new},
            new_webhook::{NewWebhookPage, NewWebhookPageProps},
            save::{Intent, SaveWebhook, Saved, WebhookForm, input},
            test_event::send_test_event,
        },
        pages::webhooks::list_origin::{list_after_deletion, with_list},
        server::{action_error, caller, time_view, zone},
        viewer::lang,
    },
    domain::{id::WebhookId, secret::SigningSecret, timestamp::Timestamp},
    messages::{validation::ValidationError, visible},
    routes::{Rule, Ruled},
    services::{
        error::UseCaseError,
        event_types,
        webhooks::{self, HeaderInput, WebhookInput},
    },
};

/// The fields in the order of the page. The first one with an error gets the focus.
const ORDER: [&str; 8] = ["name", "description", "owners", "url", "secret", "rate_limit", "headers", "events"];

/// Does what the pressed button stands for.
pub(super) async fn run(form: WebhookForm) -> Result<Saved, ConsoleError> {
    let (app, by) = caller()?;
    if let Some(edited) = edited(&form) {
        return Ok(edited);
    }
    if let Intent::ChooseGroup(group) = form.intent {
        let types = event_types::all(&app, &by).await.map_err(action_error)?;
        return Ok(with_group(form, &EventChoice::of(&types, lang()), group));
    }
    let Some(id) = form.id.as_deref() else {
        if !form.intent.saves() {
            return Err(malformed(format!("A new webhook has no button `{}`.", form.intent)));
        }
        let copied = copied_headers(&app, &by, form.copy_of.as_deref()).await.map_err(action_error)?;
        let mut new = form.clone();
        new.set_headers(unmasked(form.headers(), &copied));
        let created = match complete(input(&new, None)) {
            Ok(input) => webhooks::create(&app, &by, input, Some(&form.secret)).await,
            Err(error) => Err(error),
        };
        return match created {
            Ok((webhook, _)) => Ok(Saved::Created {
                id: webhook.id.to_string(),
            }),
            Err(error) => Err(sorted(action_error(error))),
        };
    };
    let Ok(webhook) = id.parse::<WebhookId>() else {
        return Err(action_error(UseCaseError::NotFound));
    };
    let done = match form.intent {
        Intent::Test => {
            send_test_event(id.to_owned(), form.event).await?;
            Ok(Saved::Tested)
        }
        Intent::Rotate => rotate(&app, &by, webhook, &form.overlap).await,
        Intent::Enable => webhooks::set_enabled(&app, &by, webhook, true).await.map(|()| Saved::Enabled),
        Intent::Delete => delete(&app, &by, webhook, &form.confirm).await,
        _ => change(&app, &by, webhook, &form).await,
    };
    done.map_err(|error| sorted(action_error(error)))
}

/// The input, unless the value of a header is still masked.
fn complete(input: WebhookInput) -> Result<WebhookInput, UseCaseError> {
    let masked = masked(&input.headers);
    if masked.is_empty() {
        Ok(input)
    } else {
        Err(UseCaseError::Invalid(masked))
    }
}

/// The headers of the webhook of which a new one is a copy.
async fn copied_headers(app: &AppState, by: &Principal, from: Option<&str>) -> Result<Vec<HeaderInput>, UseCaseError> {
    let Some(id) = from.and_then(|from| from.parse::<WebhookId>().ok()) else {
        return Ok(Vec::new());
    };
    let original = webhooks::get(app, by, id).await?;
    Ok(WebhookInput::from(original.fields).headers)
}

async fn change(app: &AppState, by: &Principal, id: WebhookId, form: &WebhookForm) -> Result<Saved, UseCaseError> {
    let was_enabled = webhooks::get(app, by, id).await?.fields.enabled;
    let edit = |stored| complete(input(form, Some(stored)));
    match form.seen {
        Some(seen) => webhooks::replace(app, by, id, Timestamp(seen), edit).await?,
        None => webhooks::patch(app, by, id, edit).await?,
    };
    Ok(if form.enabled && !was_enabled {
        Saved::Enabled
    } else {
        Saved::Changed
    })
}

async fn rotate(app: &AppState, by: &Principal, id: WebhookId, overlap: &str) -> Result<Saved, UseCaseError> {
    let overlap = humantime::parse_duration(overlap).ok();
    let (secret, old_until) = webhooks::rotate_secret(app, by, id, None, overlap).await?;
    Ok(Saved::Rotated {
        secret: secret.reveal().to_string(),
        old_until: old_until.0,
    })
}

/// Deletes the webhook if its name was typed.
async fn delete(app: &AppState, by: &Principal, id: WebhookId, confirm: &str) -> Result<Saved, UseCaseError> {
    let webhook = webhooks::get(app, by, id).await?;
    // Invisible characters are not on the page, so nobody can type them.
    if visible(confirm).trim() != visible(&webhook.fields.name).trim() {
        return Err(UseCaseError::Conflict(ValidationError::NotItsName));
    }
    webhooks::delete(app, by, id, None).await?;
    Ok(Saved::Deleted)
}

/// The result of a button that changes only the form. `None` for other buttons.
fn edited(form: &WebhookForm) -> Option<Saved> {
    let (mut form, mut headers) = (form.clone(), form.headers());
    let field = match form.intent {
        Intent::AddHeader => {
            headers.push(HeaderView::default());
            format!("headers-{}-name", headers.len() - 1)
        }
        Intent::RemoveHeader(at) => {
            if at < headers.len() {
                headers.remove(at);
            }
            // The row that took its place, or the last one.
            match headers.len().checked_sub(1) {
                Some(last) => format!("headers-{}-name", at.min(last)),
                None => "headers".to_owned(),
            }
        }
        Intent::GenerateSecret => {
            form.secret = SigningSecret::generate().reveal().to_string();
            "secret".to_owned()
        }
        Intent::FilterEvents => "events-filter".to_owned(),
        Intent::FilterOwners => "owners-filter".to_owned(),
        Intent::Enter if form.events_filter.trim() != form.events_filtered.trim() => "events-filter".to_owned(),
        Intent::Enter if form.owners_filter.trim() != form.owners_filtered.trim() => "owners-filter".to_owned(),
        Intent::Save | Intent::Enter | Intent::Test | Intent::Rotate | Intent::Enable | Intent::Delete | Intent::ChooseGroup(_) => {
            return None;
        }
    };
    form.set_headers(headers);
    Some(Saved::Edited {
        form: Box::new(form),
        field,
    })
}

/// The form with all event types of a group that its filter shows.
fn with_group(mut form: WebhookForm, choice: &EventChoice, group: usize) -> Saved {
    let group = choice.groups.get(group);
    for choice in group.into_iter().flat_map(|group| &group.types) {
        if choice.may_be_added() && choice.fits(&form.events_filter) && !form.events.contains(&choice.key) {
            form.events.push(choice.key.clone());
        }
    }
    Saved::Edited {
        field: group.map_or_else(|| "events".to_owned(), |group| group.id.clone()),
        form: Box::new(form),
    }
}

/// The errors of fields in the order of the page.
fn sorted(error: ConsoleError) -> ConsoleError {
    let ConsoleError::Invalid { mut errors } = error else {
        return error;
    };
    errors.sort_by_key(|error| ORDER.iter().position(|part| error.field.starts_with(part)).unwrap_or(ORDER.len()));
    ConsoleError::Invalid { errors }
}

fn malformed(detail: String) -> ConsoleError {
    ConsoleError::Malformed { detail }
}

impl Ruled for SaveWebhook {
    const RULE: Rule = Rule::Session(Action::WriteWebhooks);
}

impl PageAction for SaveWebhook {
    type Form = WebhookForm;

    async fn answer(form: WebhookForm, result: Result<Saved, ConsoleError>) -> Result<Response, ConsoleError> {
        let id = form.id.clone();
        let path = format!("/webhooks/{}", id.as_deref().unwrap_or("new"));
        let redirect = |to: &str| Ok(Redirect::to(&with_list(to)).into_response());
        let (status, posted, acted) = match result {
            Ok(Saved::Created { id }) => {
                let (app, _) = caller()?;
                let mut response = Redirect::to(&format!("/webhooks/{id}?saved=created")).into_response();
                fresh_secret::keep(&mut response, &app, &id, form.secret.trim());
                return Ok(response);
            }
            Ok(Saved::Changed) => return redirect(&format!("{path}?saved=changed")),
            Ok(Saved::Tested) => return redirect(&format!("{path}?saved=tested")),
            Ok(Saved::Enabled) => return redirect(&format!("{path}?saved=enabled")),
            Ok(Saved::Deleted) => return Ok(Redirect::to(&list_after_deletion()).into_response()),
            Ok(Saved::Rotated { secret, old_until }) => {
                let acted = ActionResult {
                    secret: Some(secret),
                    old_until: Some(time_view(Timestamp(old_until), &zone(), lang())),
                    ..ActionResult::default()
                };
                (StatusCode::OK, None, acted)
            }
            Ok(Saved::Edited { form, field }) => {
                let posted = Posted {
                    edited: Some(field),
                    ..Posted::new(*form)
                };
                (StatusCode::OK, Some(posted), ActionResult::default())
            }
            Err(ConsoleError::Invalid { errors }) if form.intent.saves() => {
                let posted = Posted {
                    errors,
                    ..Posted::new(form)
                };
                (StatusCode::UNPROCESSABLE_ENTITY, Some(posted), ActionResult::default())
            }
            Err(ConsoleError::Stale) => {
                let posted = Posted {
                    is_stale: true,
                    ..Posted::new(form)
                };
                (StatusCode::CONFLICT, Some(posted), ActionResult::default())
            }
            Err(error @ (ConsoleError::Invalid { .. } | ConsoleError::Conflict { .. })) if !form.intent.saves() => {
                let acted = ActionResult {
                    refused: Some(error.text(lang())),
                    ..ActionResult::default()
                };
                (StatusCode::UNPROCESSABLE_ENTITY, None, acted)
            }
            Err(other) => return Err(other),
        };
        page(id.as_deref(), status, posted, acted).await
    }
}

/// The page of the form. Its data is loaded before the response starts, so that an error of the database is answered by a page with what was
/// typed.
async fn page(id: Option<&str>, status: StatusCode, posted: Option<Posted>, acted: ActionResult) -> Result<Response, ConsoleError> {
    let (app, by) = caller()?;
    let Some(id) = id else {
        let form = load_new(&app, &by, posted, None).await.map_err(action_error)?;
        return Ok(PageResponse::framed(status, move || {
            NewWebhookPage(NewWebhookPageProps { form: Ok(form.clone()) }).into_any()
        }));
    };
    let form = load(&app, &by, id, posted, acted).await.map_err(action_error)?;
    Ok(PageResponse::framed(status, move || {
        WebhookPage(WebhookPageProps {
            form: form.clone(),
            saved: None,
        })
        .into_any()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::form::decode;

    fn after(encoded: &str) -> (WebhookForm, String) {
        match edited(&decode(encoded).unwrap()) {
            Some(Saved::Edited { form, field }) => (*form, field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn buttons_of_the_form_add_and_remove_rows_and_generate_a_secret() {
        let typed = "header_name=X-A&header_value=1&header_name=X-B&header_value=2";
        let (form, field) = after(&format!("{typed}&intent=add-header"));
        assert_eq!((form.headers().len(), field.as_str()), (3, "headers-2-name"));
        let (form, _) = after(&format!("{typed}&intent=remove-header-0"));
        assert_eq!(form.header_name, ["X-B"]);
        let (form, _) = after(&format!("{typed}&intent=remove-header-9"));
        assert_eq!(form.headers().len(), 2);
        assert_eq!(after("owners_filter=ann&intent=filter-owners").1, "owners-filter");
        assert_eq!(after("owners_filter=ann&owners_filtered=&intent=enter").1, "owners-filter");
        assert_eq!(edited(&decode("owners_filter=ann&owners_filtered=ann&intent=enter").unwrap()), None);
        let (form, field) = after("intent=generate-secret");
        assert!(form.secret.starts_with("whsec_") && field == "secret");
        assert_eq!(edited(&decode("intent=save").unwrap()), None);
    }

    #[test]
    fn a_single_field_that_is_given_twice_and_an_unknown_button_are_rejected() {
        for encoded in [
            "name=a&name=b",
            "seen=1&seen=2",
            "intent=save&intent=delete",
            "intent=explode",
            "seen=yesterday",
        ] {
            assert!(decode::<WebhookForm>(encoded).is_err(), "{encoded}");
        }
    }
}
