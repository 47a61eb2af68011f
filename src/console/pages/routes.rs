//! The routes of the forms, downloads and server functions of all pages. The pages themselves are in `console::app`.

use crate::{
    app::AppState,
    console::{
        islands::check_webhook_field::CheckWebhookField,
        page_action::{call, page_action},
        pages::{
            account, api_keys,
            deliveries::actions::{CancelDelivery, DiscardDeliveries, RecoverDeliveries, RedeliverDelivery, TryDeliveryNow},
            event_types,
            log::{body_download, fragment::RenderLogFragment, panel::RenderPanel, redeliver::Redeliver, use_redirect::UseRedirectTarget},
            overview::overview_fragment::RenderOverviewFragment,
            preferences, setup, sign_in, users,
            webhook::{
                generate_secret::GenerateSecret, health_fragment::RenderHealthFragment, save::SaveWebhook, test_event::SendTestEvent,
            },
            webhooks::{
                bulk::{ACTIONS_PATH, ActOnWebhooks},
                list_fragment::RenderListFragment,
                set_enabled::SetWebhookEnabled,
            },
        },
    },
    routes::{Routes, Ruled},
};

/// The routes.
pub fn routes() -> Routes<AppState> {
    account::routes()
        .merge(api_keys::routes())
        .merge(event_types::routes())
        .merge(preferences::routes())
        .merge(setup::routes())
        .merge(sign_in::routes())
        .merge(users::routes())
        .merge(webhook_routes())
        .merge(delivery_routes())
        .merge(body_download::routes())
}

fn delivery_routes() -> Routes<AppState> {
    Routes::new()
        .post(
            "/webhooks/{id}/deliveries/send-again",
            RecoverDeliveries::RULE,
            page_action::<RecoverDeliveries>,
        )
        .server_fn::<RecoverDeliveries, _>(page_action::<RecoverDeliveries>)
        .post(
            "/webhooks/{id}/deliveries/discard",
            DiscardDeliveries::RULE,
            page_action::<DiscardDeliveries>,
        )
        .server_fn::<DiscardDeliveries, _>(page_action::<DiscardDeliveries>)
        .post(
            "/webhooks/{id}/deliveries/try-now",
            TryDeliveryNow::RULE,
            page_action::<TryDeliveryNow>,
        )
        .server_fn::<TryDeliveryNow, _>(page_action::<TryDeliveryNow>)
        .post(
            "/webhooks/{id}/deliveries/{delivery}/redeliver",
            RedeliverDelivery::RULE,
            page_action::<RedeliverDelivery>,
        )
        .server_fn::<RedeliverDelivery, _>(page_action::<RedeliverDelivery>)
        .post(
            "/webhooks/{id}/deliveries/{delivery}/cancel",
            CancelDelivery::RULE,
            page_action::<CancelDelivery>,
        )
        .server_fn::<CancelDelivery, _>(page_action::<CancelDelivery>)
}

fn webhook_routes() -> Routes<AppState> {
    let save = SaveWebhook::RULE;
    Routes::new()
        .post("/webhooks", SetWebhookEnabled::RULE, page_action::<SetWebhookEnabled>)
        .server_fn::<SetWebhookEnabled, _>(page_action::<SetWebhookEnabled>)
        .post(ACTIONS_PATH, ActOnWebhooks::RULE, page_action::<ActOnWebhooks>)
        .server_fn::<ActOnWebhooks, _>(page_action::<ActOnWebhooks>)
        .server_fn::<RenderListFragment, _>(call)
        .server_fn::<RenderOverviewFragment, _>(call)
        .server_fn::<RenderHealthFragment, _>(call)
        .post("/webhooks/new", save, page_action::<SaveWebhook>)
        .post("/webhooks/{id}", save, page_action::<SaveWebhook>)
        .server_fn::<SaveWebhook, _>(page_action::<SaveWebhook>)
        .post(
            "/webhooks/{id}/callbacks/{callback}/send-again",
            Redeliver::RULE,
            page_action::<Redeliver>,
        )
        .server_fn::<Redeliver, _>(page_action::<Redeliver>)
        .post(
            "/webhooks/{id}/callbacks/{callback}/use-redirect",
            UseRedirectTarget::RULE,
            page_action::<UseRedirectTarget>,
        )
        .server_fn::<UseRedirectTarget, _>(page_action::<UseRedirectTarget>)
        .server_fn::<SendTestEvent, _>(call)
        .server_fn::<RenderLogFragment, _>(call)
        .server_fn::<RenderPanel, _>(call)
        .server_fn::<CheckWebhookField, _>(call)
        .server_fn::<GenerateSecret, _>(call)
}
