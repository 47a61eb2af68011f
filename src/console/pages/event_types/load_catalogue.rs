//! Loads the list of event types.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{components::sparkline::SparklineView, pages::webhooks::load_sparkline::sparkline, server::lang},
    domain::{
        event_type::{EventType, EventTypeState, Origin},
        timestamp::Timestamp,
    },
    messages::{Lang, event_types as say},
    registry::Entry,
    services::{error::UseCaseError, event_types, webhooks},
    storage::{global_stats::TypeFigure, stats::hour, webhooks::HourCounts},
};

/// The number of event types per page.
const ROWS: usize = 100;

/// The hours of the small charts before the present one.
const HOURS_SHOWN: Duration = Duration::from_hours(23);

/// The query of the list. Values that are not valid are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CatalogueQuery {
    /// Part of the type, the name or the description.
    pub(super) q: Option<String>,
    /// A state, or `all`. By default archived types are left out.
    pub(super) state: Option<String>,
    /// Where the types come from.
    pub(super) origin: Option<String>,
    /// The number of the page, from 1.
    pub(super) page: Option<String>,
    /// Whether types were just imported.
    #[serde(skip_serializing)]
    pub(super) imported: Option<String>,
}

impl CatalogueQuery {
    /// The query of another page. The first page has no number.
    pub(super) fn at(&self, page: u64) -> Self {
        Self {
            page: (page > 1).then(|| page.to_string()),
            ..self.clone()
        }
    }

    fn is_filter(&self) -> bool {
        self.q.is_some() || self.state.is_some() || self.origin.is_some()
    }

    fn has_state(&self, state: EventTypeState) -> bool {
        match self.state.as_deref() {
            Some("all") => true,
            Some(wanted) if wanted.parse::<EventTypeState>().is_ok() => wanted == state.as_str(),
            _ => state != EventTypeState::Archived,
        }
    }

    fn has_origin(&self, origin: Origin) -> bool {
        let wanted = self.origin.as_deref().and_then(|wanted| wanted.parse::<Origin>().ok());
        wanted.is_none_or(|wanted| wanted == origin)
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
pub(super) struct CatalogueView {
    /// The types of this page, by group.
    pub(super) groups: Vec<GroupView>,
    /// The number of types that fit the query.
    pub(super) total: u64,
    /// The number of this page, from 1.
    pub(super) page: u64,
    /// The number of pages.
    pub(super) pages: u64,
    /// Whether the query leaves types out.
    pub(super) is_filtered: bool,
    /// Whether the viewer may define types.
    pub(super) may_write: bool,
    /// Whether the viewer is signed in, and so sees how types are used.
    pub(super) is_internal: bool,
}

/// A section of the list.
#[derive(Clone, Debug)]
pub(super) struct GroupView {
    /// Its name. `None` for types without a group.
    pub(super) name: Option<String>,
    /// Its types.
    pub(super) rows: Vec<RowView>,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub(super) struct RowView {
    /// The type.
    pub(super) event_type: EventType,
    /// Its name.
    pub(super) name: String,
    /// What it means, in one sentence.
    pub(super) summary: String,
    /// Its state.
    pub(super) state: EventTypeState,
    /// The number of webhooks that the viewer may see and that receive it.
    pub(super) webhooks: u64,
    /// The number of its events in the last 24 hours.
    pub(super) events: u64,
    /// Its callbacks in the last 24 hours. `None` if there was none, or if the viewer may not see those of all webhooks.
    pub(super) sparkline: Option<SparklineView>,
}

/// Loads the list.
pub(super) async fn load(app: &AppState, by: &Principal, query: &CatalogueQuery) -> Result<CatalogueView, UseCaseError> {
    let catalogue = event_types::all(app, by).await?;
    let lang = lang();
    let wanted = query.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let fits = |entry: &&Arc<Entry>| {
        let texts = [
            entry.event_type().as_str(),
            entry.name_in(lang),
            entry.description_in(lang),
            entry.group_in(lang).unwrap_or_default(),
        ];
        query.has_state(entry.state())
            && query.has_origin(entry.record.origin)
            && (wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted)))
    };
    let found: Vec<_> = catalogue.all().iter().filter(fits).collect();
    let pages = found.len().div_ceil(ROWS).max(1);
    let page = query
        .page
        .as_deref()
        .and_then(|page| page.parse().ok())
        .unwrap_or(1_usize)
        .clamp(1, pages);
    let shown: Vec<_> = found.iter().skip((page - 1) * ROWS).take(ROWS).collect();
    let is_internal = !matches!(by, Principal::Public);
    let now = Timestamp::now();
    let (webhooks, events, callbacks) = if is_internal {
        let types: Vec<EventType> = shown.iter().map(|entry| entry.event_type().clone()).collect();
        tokio::try_join!(
            webhooks::subscription_counts(app, by),
            event_types::events_of_last_day(app, by, &types),
            webhooks::callbacks_by_type(app, by, now.minus(HOURS_SHOWN)),
        )?
    } else {
        Default::default()
    };
    let hours = by_hour(callbacks);
    let mut groups: Vec<GroupView> = Vec::new();
    for entry in shown {
        let event_type = entry.event_type().clone();
        let row = RowView {
            name: entry.name_in(lang).to_owned(),
            summary: entry.summary_in(lang).to_owned(),
            state: entry.state(),
            webhooks: webhooks.of(&event_type),
            events: events.get(&event_type).copied().unwrap_or(0),
            sparkline: hours.get(&event_type).and_then(|counts| drawn(counts, hour(now), lang)),
            event_type,
        };
        let name = entry.group_in(lang).map(str::to_owned);
        match groups.last_mut() {
            Some(last) if last.name == name => last.rows.push(row),
            _ => groups.push(GroupView { name, rows: vec![row] }),
        }
    }
    Ok(CatalogueView {
        groups,
        total: found.len() as u64,
        page: page as u64,
        pages: pages as u64,
        is_filtered: query.is_filter(),
        may_write: by.may(Action::WriteEventTypes, false).is_ok(),
        is_internal,
    })
}

/// The callbacks of each type by hour. The statistics do not say which failed.
fn by_hour(figures: Vec<TypeFigure>) -> HashMap<EventType, Vec<HourCounts>> {
    let mut hours: HashMap<EventType, Vec<HourCounts>> = HashMap::new();
    for TypeFigure { at, event_type, count } in figures {
        let counts = (hour(at), count.unsigned_abs(), 0);
        hours.entry(event_type).or_default().push(counts);
    }
    hours
}

fn drawn(counts: &[HourCounts], now: i64, lang: Lang) -> Option<SparklineView> {
    let sum = counts.iter().map(|(_, callbacks, _)| callbacks).sum();
    let drawn = sparkline(counts, now, lang)?;
    Some(SparklineView {
        label: say::callbacks_of_day(lang, sum),
        ..drawn
    })
}
