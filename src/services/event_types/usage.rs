//! How often the events of a type happen.

use std::{collections::HashMap, time::Duration};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    domain::{event_type::EventType, timestamp::Timestamp},
    services::error::UseCaseError,
};

/// The period of the counts.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The number of events of each of these types in the last 24 hours. One more than `COUNTED_MAX` means "more"; types without events are left
/// out.
pub async fn events_of_last_day(app: &AppState, by: &Principal, types: &[EventType]) -> Result<HashMap<EventType, u64>, UseCaseError> {
    by.may(Action::ReadCatalogue, false)?;
    let now = Timestamp::now().0;
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    Ok(app.store.events_since(types, Timestamp(now - day)).await?)
}
