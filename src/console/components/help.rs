//! The button "?" beside the heading of a section: one sentence, and a link to more. A native popover, which needs no script.

use leptos::prelude::*;

use crate::{
    console::viewer::lang,
    messages::{Lang, help as say},
};

/// The subject of a help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Topic {
    /// The section "General" of a webhook.
    General,
    /// Its section "Webhook details".
    Details,
    /// Its section "Additional headers".
    Headers,
    /// Its section "Event".
    Event,
    /// Its log.
    Logs,
    /// What needs attention.
    Attention,
    /// The map of flows.
    Flows,
    /// The catalogue.
    EventTypes,
    /// The API keys.
    ApiKeys,
    /// The users.
    Users,
    /// The audit log.
    AuditLog,
}

/// The sentence, and the address and the text of the link.
type Help = (&'static str, &'static str, &'static str);

impl Topic {
    const fn id(self) -> &'static str {
        match self {
            Self::General => "help-general",
            Self::Details => "help-details",
            Self::Headers => "help-headers",
            Self::Event => "help-event",
            Self::Logs => "help-logs",
            Self::Attention => "help-attention",
            Self::Flows => "help-flows",
            Self::EventTypes => "help-event-types",
            Self::ApiKeys => "help-api-keys",
            Self::Users => "help-users",
            Self::AuditLog => "help-audit-log",
        }
    }

    const fn help(self, lang: Lang) -> Help {
        const GUIDE: &str = "/guide";
        const API: &str = "/api/docs";
        let (guide, api) = (say::guide(lang), say::api(lang));
        match self {
            Self::General => (say::general_what(lang), "/guide#answer", say::answers(lang)),
            Self::Details => (say::details_what(lang), "/guide#signature", guide),
            Self::Headers => (say::headers_what(lang), GUIDE, guide),
            Self::Event => (say::event_what(lang), "/event-types", say::catalogue(lang)),
            Self::Logs => (say::logs_what(lang), "/guide#answer", say::answers(lang)),
            Self::Attention => (say::attention_what(lang), "/guide#answer", say::answers(lang)),
            Self::Flows => (say::flows_what(lang), "/webhooks?sort=last&dir=desc", say::recent_webhooks(lang)),
            Self::EventTypes => (say::event_types_what(lang), API, api),
            Self::ApiKeys => (say::api_keys_what(lang), API, api),
            Self::Users => (say::users_what(lang), "/account", say::account(lang)),
            Self::AuditLog => (say::audit_log_what(lang), API, api),
        }
    }
}

/// The button and what it opens.
#[component]
pub(in crate::console) fn HelpTip(
    /// The subject of the help text.
    topic: Topic,
    /// The heading beside which it stands.
    heading: &'static str,
) -> impl IntoView {
    let lang = lang();
    let (what, href, link) = topic.help(lang);
    let name = say::about(lang, heading);
    view! {
        <div class="help-tip">
            <button type="button" class="help-button" popovertarget=topic.id() aria-label=name.clone() title=name>
                "?"
            </button>
            <div class="popup ask" id=topic.id() popover="auto">
                <p>{what}</p>
                <a class="help-link" href=href rel="external">
                    {link}
                </a>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_is_one_sentence_in_both_languages() {
        let topics = [
            Topic::General,
            Topic::Details,
            Topic::Headers,
            Topic::Event,
            Topic::Logs,
            Topic::Attention,
            Topic::Flows,
            Topic::EventTypes,
            Topic::ApiKeys,
            Topic::Users,
            Topic::AuditLog,
        ];
        for lang in Lang::ALL {
            for topic in topics {
                let (what, href, link) = topic.help(lang);
                assert!(what.ends_with('.') && !what.trim_end_matches('.').contains(". "), "{what}");
                assert!(href.starts_with('/') && !link.is_empty(), "{topic:?}");
            }
        }
    }
}
