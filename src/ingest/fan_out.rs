//! Who hears of what: an event and those who subscribed give deliveries.

use std::collections::HashMap;

use crate::{
    catalogue::EventType,
    storage::{
        events::{NewDelivery, NewEvent, Subscription},
        new_id,
    },
};

/// One delivery for each event and each webhook that hears of it; held where the webhook is disabled.
pub(super) fn fan_out(events: &[&NewEvent], subscriptions: &HashMap<EventType, Vec<Subscription>>) -> Vec<NewDelivery> {
    let hear = |event: &NewEvent| subscriptions.get(&event.event_type).map(Vec::as_slice).unwrap_or_default();
    let delivery = |event: &NewEvent, to: &Subscription| NewDelivery {
        id: new_id(),
        event: event.id,
        webhook: to.webhook,
        held: !to.enabled,
    };
    events
        .iter()
        .flat_map(|event| hear(event).iter().map(|to| delivery(event, to)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::Timestamp;

    fn event(event_type: EventType) -> NewEvent {
        NewEvent {
            id: new_id(),
            event_type,
            source: "test".to_owned(),
            source_id: "1".to_owned(),
            subject: None,
            occurred_at: Timestamp(0),
            body: "{}".into(),
        }
    }

    #[test]
    fn each_subscriber_gets_each_event_and_disabled_ones_are_held() {
        let (created, updated) = (event(EventType::IdentityCreated), event(EventType::IdentityUpdated));
        let (on, off) = (
            Subscription {
                webhook: new_id(),
                enabled: true,
            },
            Subscription {
                webhook: new_id(),
                enabled: false,
            },
        );
        let subscriptions = HashMap::from([(EventType::IdentityCreated, vec![on, off])]);
        let deliveries = fan_out(&[&created, &updated], &subscriptions);
        assert_eq!(
            deliveries.iter().map(|d| (d.event, d.webhook, d.held)).collect::<Vec<_>>(),
            [(created.id, on.webhook, false), (created.id, off.webhook, true),]
        );
    }
}
