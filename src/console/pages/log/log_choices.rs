//! The ranges and filters that a log offers, and chips for those that are set.

use jiff::tz::TimeZone;

use crate::{
    console::{
        components::filter_chips::ChipView,
        pages::{
            deliveries::load_deliveries::{self, FAILED_FOR_GOOD},
            log::{log_query::LogQuery, log_urls::LogUrls, range::Range},
        },
        server::{dates::minute, event_types_loaded, type_name},
    },
    domain::{
        answer::Failure,
        event_type::{EventPattern, EventType},
        response::ResponseFilter,
    },
    messages::{Lang, common, deliveries, logs as say, webhooks as of_list},
    storage::webhooks::WebhookRecord,
};

/// Maximum number of event types that the filter offers per pattern of the webhook.
const TYPES_MAX: usize = 200;

/// An option of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceView {
    /// The value.
    pub value: String,
    /// The name.
    pub text: String,
    /// Whether it is chosen.
    pub current: bool,
}

/// A preset range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetView {
    /// The address of the log with this range.
    pub href: String,
    /// The name.
    pub text: &'static str,
    /// The name where there is little room.
    pub short: &'static str,
    /// Whether it is the range of the page.
    pub current: bool,
}

/// What is set besides a preset range, and the address of the log without all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChipsView {
    /// One link for each.
    pub chips: Vec<ChipView>,
    /// The address of the log without any.
    pub cleared: String,
}

/// The preset ranges.
pub(super) fn presets(range: Option<&Range>, urls: &LogUrls<'_>, lang: Lang) -> Vec<PresetView> {
    let all = [
        ("1h", say::range_1h(lang), say::short_1h(lang)),
        ("today", say::range_today(lang), say::range_today(lang)),
        ("24h", say::range_24h(lang), say::short_24h(lang)),
        ("7d", say::range_7d(lang), say::short_7d(lang)),
        ("30d", say::range_30d(lang), say::short_30d(lang)),
        ("12m", say::range_12m(lang), say::short_12m(lang)),
    ];
    let preset = |(key, text, short)| PresetView {
        href: urls.preset(key),
        text,
        short,
        current: range.is_some_and(|range| range.preset == Some(key)),
    };
    all.into_iter().map(preset).collect()
}

/// The options of the response filter: any, outcomes, classes, failures, and the chosen one if it is none of these.
pub(super) fn responses(query: &LogQuery, lang: Lang) -> Vec<ChoiceView> {
    let chosen: Option<ResponseFilter> = query.response.as_deref().and_then(|response| response.parse().ok());
    let named = [
        (ResponseFilter::Succeeded, say::succeeded(lang).to_owned()),
        (ResponseFilter::Failed, say::failed(lang).to_owned()),
        (ResponseFilter::Class(3), say::class(lang, "3xx")),
        (ResponseFilter::Class(4), say::class(lang, "4xx")),
        (ResponseFilter::Class(5), say::class(lang, "5xx")),
        (ResponseFilter::NoAnswer, say::without_answer(lang).to_owned()),
    ];
    let reasons = Failure::ALL.map(|failure| (ResponseFilter::Failure(failure), failure.as_str().to_owned()));
    let list = query.response.as_deref().filter(|_| chosen.is_none());
    let is_list = |name: &str| list == Some(name);
    let listed = |name: &str, text: &str| ChoiceView {
        value: name.to_owned(),
        text: text.to_owned(),
        current: is_list(name),
    };
    let is_any = chosen.is_none() && load_deliveries::list_of(list).is_none();
    let mut all = vec![
        any(say::any_response(lang), is_any),
        listed("waiting", deliveries::waiting(lang)),
        listed("held", deliveries::held_choice(lang)),
        listed(FAILED_FOR_GOOD, deliveries::failed_choice(lang)),
    ];
    let choice = |(filter, text): (ResponseFilter, String)| ChoiceView {
        value: filter.to_string(),
        text,
        current: chosen == Some(filter),
    };
    all.extend(named.into_iter().chain(reasons).map(choice));
    if let Some(other) = chosen.filter(|_| all.iter().all(|choice| !choice.current)) {
        all.push(choice((other, other.to_string())));
    }
    all
}

/// The options of the event filter: any, the subscribed event types, and the chosen one if it is none of these.
pub(super) fn events(webhook: &WebhookRecord, query: &LogQuery, lang: Lang) -> Vec<ChoiceView> {
    let chosen: Option<EventType> = query.event.as_deref().and_then(|event| event.parse().ok());
    let mut all = vec![any(say::any_event(lang), chosen.is_none())];
    let catalogue = event_types_loaded();
    let mut types: Vec<EventType> = webhook.fields.events.iter().filter_map(EventPattern::exact).collect();
    for pattern in webhook.fields.events.iter().filter(|pattern| pattern.exact().is_none()) {
        let matching = catalogue.matching(pattern).map(|entry| entry.event_type());
        let new: Vec<EventType> = matching.filter(|event| !types.contains(event)).take(TYPES_MAX).cloned().collect();
        types.extend(new);
    }
    types.extend(chosen.clone().filter(|event| !types.contains(event)));
    all.extend(types.into_iter().map(|event| ChoiceView {
        value: event.to_string(),
        text: type_name(&event, lang),
        current: chosen.as_ref() == Some(&event),
    }));
    all
}

fn any(text: &str, current: bool) -> ChoiceView {
    ChoiceView {
        value: String::new(),
        text: text.to_owned(),
        current,
    }
}

/// A chip for a custom range, and one for each filter that is set.
pub(super) fn chips(
    range: Option<&Range>,
    (responses, events): (&[ChoiceView], &[ChoiceView]),
    urls: &LogUrls<'_>,
    zone: &TimeZone,
    lang: Lang,
) -> ChipsView {
    let asked = urls.asked();
    let chosen = |choices: &[ChoiceView]| {
        let chosen = choices.iter().find(|choice| choice.current && !choice.value.is_empty());
        chosen.map(|choice| choice.text.clone())
    };
    let chip = |text: String, href: String| ChipView {
        name: of_list::chip_remove(lang, &text),
        text,
        href,
    };
    let custom = range.filter(|range| range.preset.is_none()).map(|range| {
        let text = say::between(lang, &minute(range.from, zone, lang), &minute(range.to, zone, lang));
        ChipView {
            name: common::named(lang, &text, say::zoom_out(lang)),
            text,
            href: urls.default_range(),
        }
    });
    let response = chosen(responses).map(|name| {
        let response = None;
        chip(
            say::chip_response(lang, &name),
            urls.filtered(LogQuery { response, ..asked.clone() }),
        )
    });
    let event = chosen(events).map(|name| {
        let event = None;
        chip(of_list::chip_event(lang, &name), urls.filtered(LogQuery { event, ..asked.clone() }))
    });
    let typed = asked.q.as_deref().map(str::trim).filter(|typed| !typed.is_empty()).map(|typed| {
        let q = None;
        chip(of_list::chip_text(lang, typed), urls.filtered(LogQuery { q, ..asked.clone() }))
    });
    ChipsView {
        chips: [custom, response, event, typed].into_iter().flatten().collect(),
        cleared: urls.cleared(),
    }
}
