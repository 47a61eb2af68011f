//! The webhooks of a document.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    WebhookEntry,
    compare::{FieldChange, StepAction, WebhookStep, differences, errors_of},
    export::emails_of,
    matching::matched,
};
use crate::{
    app::AppState,
    domain::{
        audit::MASK,
        headers::{Header, is_credential},
        id::{UserId, WebhookId},
        secret::SigningSecret,
    },
    services::{
        error::{FieldError, UseCaseError},
        webhooks::{Planned, WebhookInput, check_planned},
    },
    storage::{
        StoreError,
        users::normal_email,
        webhooks::{WebhookFields, WebhookRecord},
    },
};

/// What the entries are compared with.
pub(super) struct Context<'a> {
    pub(super) app: &'a AppState,
    pub(super) stored: &'a [WebhookRecord],
    pub(super) emails: &'a HashMap<UserId, String>,
    pub(super) planned: &'a Planned,
}

/// What the entries would change.
pub(super) async fn steps(
    context: &Context<'_>,
    entries: &[WebhookEntry],
    prune: bool,
    errors: &mut Vec<FieldError>,
    warnings: &mut Vec<FieldError>,
) -> Result<Vec<WebhookStep>, UseCaseError> {
    let places = matched(entries, context.stored, errors);
    let mut steps = Vec::new();
    for (at, (entry, place)) in entries.iter().zip(&places).enumerate() {
        let pointer = format!("/webhooks/{at}");
        let stored = place.and_then(|place| context.stored.get(place));
        match step(context, entry, stored, at, warnings).await {
            Ok(step) => steps.extend(step),
            Err(error) => errors.extend(errors_of(error, &pointer)?),
        }
    }
    if prune {
        let kept: HashSet<usize> = places.into_iter().flatten().collect();
        let others = context.stored.iter().enumerate().filter(|(place, _)| !kept.contains(place));
        steps.extend(others.map(|(_, webhook)| WebhookStep {
            action: StepAction::Delete,
            at: None,
            id: Some(webhook.id),
            name: webhook.fields.name.clone(),
            changes: Vec::new(),
            updated_at: Some(webhook.updated_at),
        }));
    }
    Ok(steps)
}

async fn step(
    context: &Context<'_>,
    entry: &WebhookEntry,
    stored: Option<&WebhookRecord>,
    at: usize,
    warnings: &mut Vec<FieldError>,
) -> Result<Option<WebhookStep>, UseCaseError> {
    let base = stored.map_or_else(WebhookInput::default, |webhook| webhook.fields.clone().into());
    let mut input = (entry.edit)(base)?;
    let is_planned = |owner: &&String| context.planned.owners.contains(&normal_email(owner));
    let new_owners: Vec<String> = input.owners.iter().filter(is_planned).map(|owner| normal_email(owner)).collect();
    let missing = without_value(&mut input, stored);
    warnings.extend(missing.into_iter().map(|header| {
        FieldError::new(
            format!("/webhooks/{at}/headers/{header}/value"),
            "The header is secret and its value is neither in the document nor stored, so it is empty; name the value as env:NAME or file:PATH.",
        )
    }));
    let stored_fields = stored.map(|webhook| &webhook.fields);
    let checked = check_planned(context.app, input, stored_fields, context.planned).await;
    let secret = entry.secret.as_deref().map(SigningSecret::parse).transpose();
    let secret = secret.map_err(|wrong| FieldError::new("/secret", wrong.wrong()));
    let (fields, secret) = match (checked, secret) {
        (Ok(fields), Ok(secret)) => (fields, secret),
        (Err(UseCaseError::Invalid(mut errors)), Err(error)) => {
            errors.push(error);
            return Err(UseCaseError::Invalid(errors));
        }
        (Err(error), _) => return Err(error),
        (_, Err(error)) => return Err(UseCaseError::Invalid(vec![error])),
    };
    let Some(stored) = stored else {
        return Ok(Some(WebhookStep {
            action: StepAction::Create,
            at: Some(at),
            id: None,
            name: fields.name,
            changes: Vec::new(),
            updated_at: None,
        }));
    };
    let mut changes = field_changes(context, &stored.fields, &fields, &new_owners)?;
    if let Some(secret) = secret
        && !is_stored(context.app, stored.id, &secret).await?
    {
        changes.push(FieldChange {
            field: "secret".to_owned(),
            before: MASK.into(),
            after: format!("{MASK} (changed)").into(),
        });
    }
    Ok((!changes.is_empty()).then(|| WebhookStep {
        action: StepAction::Update,
        at: Some(at),
        id: Some(stored.id),
        name: stored.fields.name.clone(),
        changes,
        updated_at: Some(stored.updated_at),
    }))
}

/// Gives secret headers without a value, and without a stored one that stays, an empty value. Returns their places.
fn without_value(input: &mut WebhookInput, stored: Option<&WebhookRecord>) -> Vec<usize> {
    let stored = stored.map_or(&[][..], |webhook| &webhook.fields.headers);
    let has_stored = |name: &str| stored.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    let mut missing = Vec::new();
    for (at, header) in input.headers.iter_mut().enumerate() {
        let is_secret = header.secret.unwrap_or_else(|| is_credential(&header.name));
        // The headers that are always credentials are exported without a value, whatever they were marked as.
        let is_hidden = is_secret || is_credential(&header.name);
        if header.value.is_none() && is_hidden && !has_stored(&header.name) {
            header.value = Some(String::new());
            missing.push(at);
        }
    }
    missing
}

fn field_changes(
    context: &Context<'_>,
    before: &WebhookFields,
    after: &WebhookFields,
    new_owners: &[String],
) -> Result<Vec<FieldChange>, UseCaseError> {
    let mut owners = emails_of(&after.owners, context.emails);
    owners.extend(new_owners.iter().cloned());
    owners.sort_unstable();
    owners.dedup();
    let before_shown = shown(before, &emails_of(&before.owners, context.emails), &before.headers)?;
    let after_shown = shown(after, &owners, &before.headers)?;
    Ok(differences(&before_shown, &after_shown))
}

/// The fields as the document has them, with hidden secrets. A hidden value that differs from those of `stored` is marked as changed.
fn shown(fields: &WebhookFields, owners: &[String], stored: &[Header]) -> Result<Value, UseCaseError> {
    let mut shown = serde_json::to_value(fields).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    shown["owners"] = json!(owners);
    let headers = fields.headers.iter().enumerate().map(|(at, header)| {
        let before = fields.headers.iter().take(at).filter(|other| is_same_name(other, header)).count();
        let stored = stored.iter().filter(|other| is_same_name(other, header)).nth(before);
        let value = match stored {
            _ if !header.is_hidden() => header.value.clone(),
            Some(stored) if stored.value == header.value => MASK.to_owned(),
            _ => format!("{MASK} (changed)"),
        };
        json!({ "name": header.name, "value": value, "secret": header.secret })
    });
    shown["headers"] = headers.collect();
    Ok(shown)
}

fn is_same_name(one: &Header, other: &Header) -> bool {
    one.name.eq_ignore_ascii_case(&other.name)
}

/// Whether a secret is the newest one of a webhook. Whoever may ask could guess, so the number of wrong answers is limited.
async fn is_stored(app: &AppState, id: WebhookId, secret: &SigningSecret) -> Result<bool, UseCaseError> {
    if !app.guesses.permits(id.0) {
        return Err(UseCaseError::Invalid(vec![FieldError::new(
            "/secret",
            "Too many secrets that differ from the stored one were compared with it; try again in an hour.",
        )]));
    }
    let stored = app.store.newest_secret(id).await?;
    let is_stored = stored.is_some_and(|stored| stored.as_bytes().ct_eq(secret.as_bytes()).into());
    if !is_stored {
        app.guesses.note_wrong(id.0);
    }
    Ok(is_stored)
}
