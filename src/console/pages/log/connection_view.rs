//! What the panel of a callback shows of the connection: how long its parts took, and the certificates of a refused TLS handshake.

use jiff::tz::TimeZone;
use leptos::prelude::*;

use crate::{
    console::{
        components::unseen::ForeignText,
        server::{dates::in_words, durations::exact},
        viewer::lang,
    },
    domain::{
        connection::{Certificate, Phases},
        timestamp::Timestamp,
    },
    messages::{Lang, logs as say},
};

/// The width of the drawing.
const WIDTH: u128 = 1_000;
/// The minimum width of a part.
const LEAST: u128 = 8;

/// The parts of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhasesView {
    /// The parts in their order. Those that did not take place have no bar.
    parts: Vec<PartView>,
    /// Whether the request was sent on a connection that was already open.
    is_reused: bool,
}

/// A part of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PartView {
    /// Its class in the style sheet.
    class: &'static str,
    /// Its name.
    name: &'static str,
    /// Its duration, or a dash.
    time: String,
    /// Start and width of its bar.
    bar: Option<(u128, u128)>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateView {
    /// The subject.
    subject: String,
    /// The issuer.
    issuer: String,
    /// The names that it is for, separated by commas.
    names: String,
    /// The start and the end of its validity.
    validity: String,
    /// Why it is not valid now, if so.
    not_valid: Option<&'static str>,
}

/// The parts of an attempt in words. `None` if nothing is known of them.
pub fn phases_view(phases: &Phases, lang: Lang) -> Option<PhasesView> {
    let parts = [
        ("dns", say::phase_dns(lang), phases.dns),
        ("connect", say::phase_connect(lang), phases.connect),
        ("tls", say::phase_tls(lang), phases.tls),
        ("wait", say::phase_wait(lang), phases.wait),
    ];
    let sum: u128 = parts.iter().filter_map(|(_, _, time)| *time).map(|time| time.as_micros()).sum();
    if parts.iter().all(|(_, _, time)| time.is_none()) {
        return None;
    }
    let mut begin = 0;
    let parts = parts.map(|(class, name, time)| PartView {
        class,
        name,
        time: time.map_or_else(|| "–".to_owned(), |time| exact(time, lang)),
        bar: time.map(|time| {
            let width = (time.as_micros() * WIDTH / sum.max(1)).max(LEAST);
            let bar = (begin, width);
            begin += width;
            bar
        }),
    });
    Some(PhasesView {
        parts: parts.into(),
        is_reused: phases.is_reused(),
    })
}

/// The certificates in words, with the one of the receiver first.
pub fn certificate_views(certificates: &[Certificate], at: Timestamp, zone: &TimeZone, lang: Lang) -> Vec<CertificateView> {
    let view = |certificate: &Certificate| {
        let (from, to) = certificate.validity();
        CertificateView {
            subject: certificate.subject.clone(),
            issuer: if certificate.issuer == certificate.subject {
                say::certificate_self(lang).to_owned()
            } else {
                certificate.issuer.clone()
            },
            names: certificate.names.join(", "),
            validity: say::between(lang, &in_words(from, zone, lang), &in_words(to, zone, lang)),
            not_valid: if at < from {
                Some(say::certificate_early(lang))
            } else if at > to {
                Some(say::certificate_expired(lang))
            } else {
                None
            },
        }
    };
    certificates.iter().map(view).collect()
}

/// The parts of an attempt as a bar, with their names and durations below.
#[component]
pub(super) fn PhaseBar(phases: PhasesView) -> impl IntoView {
    let lang = lang();
    let width: u128 = phases.parts.iter().filter_map(|part| part.bar).map(|(_, width)| width).sum();
    let view_box = format!("0 0 {width} 10");
    let bars = phases
        .parts
        .iter()
        .filter_map(|part| {
            let (begin, width) = part.bar?;
            Some(view! { <rect class=part.class x=begin.to_string() y="0" width=width.to_string() height="10" /> })
        })
        .collect_view();
    let names = phases.parts.iter().map(|part| {
        view! {
            <div class=part.class>
                <dt>{part.name}</dt>
                <dd>{part.time.clone()}</dd>
            </div>
        }
    });
    view! {
        <div class="phases" role="group" aria-label=say::phases(lang)>
            <svg viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
                {bars}
            </svg>
            <dl>{names.collect_view()}</dl>
            {phases.is_reused.then(|| view! { <p class="hint">{say::phases_reused(lang)}</p> })}
        </div>
    }
}

/// The certificates that were refused.
#[component]
pub(super) fn Certificates(certificates: Vec<CertificateView>) -> impl IntoView {
    let lang = lang();
    let text = |text: String| view! { <ForeignText text machine=true /> };
    let items = certificates.into_iter().map(|certificate| {
        let CertificateView {
            subject,
            issuer,
            names,
            validity,
            not_valid,
        } = certificate;
        view! {
            <li>
                <dl class="wire mono">
                    <div>
                        <dt>{say::certificate_subject(lang)}</dt>
                        <dd>{text(subject)}</dd>
                    </div>
                    <div>
                        <dt>{say::certificate_issuer(lang)}</dt>
                        <dd>{text(issuer)}</dd>
                    </div>
                    {(!names.is_empty())
                        .then(|| {
                            view! {
                                <div>
                                    <dt>{say::certificate_names(lang)}</dt>
                                    <dd>{text(names)}</dd>
                                </div>
                            }
                        })}
                    <div>
                        <dt>{say::certificate_validity(lang)}</dt>
                        <dd>{validity} {not_valid.map(|why| view! { " " <strong class="bad-text">{why}</strong> })}</dd>
                    </div>
                </dl>
            </li>
        }
    });
    view! {
        <h4 id="certificates-heading">{say::certificates(lang)}</h4>
        <ol class="certificates" aria-labelledby="certificates-heading">
            {items.collect_view()}
        </ol>
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "the fields are optional")]
    const fn ms(ms: u64) -> Option<Duration> {
        Some(Duration::from_millis(ms))
    }

    #[test]
    fn parts_that_did_not_take_place_have_a_dash() {
        let phases = Phases {
            dns: ms(1),
            connect: ms(2),
            tls: None,
            wait: ms(38),
        };
        let view = phases_view(&phases, Lang::En).unwrap();
        let times: Vec<_> = view.parts.iter().map(|part| part.time.as_str()).collect();
        assert_eq!(times, ["1.0 ms", "2.0 ms", "–", "38 ms"]);
        let bars: Vec<_> = view.parts.iter().filter_map(|part| part.bar).map(|bar| bar.0).collect();
        assert_eq!(bars, [0, 24, 72]);
        assert!(!view.is_reused);
        assert_eq!(phases_view(&Phases::default(), Lang::En), None);
        let reused = phases_view(&Phases::on_open_connection(Duration::ZERO), Lang::En).unwrap();
        assert!(reused.is_reused && reused.parts[0].bar.is_none());
    }

    #[test]
    fn certificates_that_are_not_valid_say_so() {
        let certificate = |not_before, not_after| Certificate {
            refused: None,
            subject: "CN=a".to_owned(),
            issuer: "CN=a".to_owned(),
            names: vec!["a.example".to_owned(), "10.0.0.1".to_owned()],
            not_before,
            not_after,
        };
        let all = [certificate(0, 1), certificate(0, 9_000), certificate(8_000, 9_000)];
        let views = certificate_views(&all, Timestamp(5_000), &TimeZone::UTC, Lang::En);
        let states: Vec<_> = views.iter().map(|view| view.not_valid.is_some()).collect();
        assert_eq!(states, [true, false, true]);
        assert_eq!(
            (views[0].names.as_str(), views[0].issuer.as_str()),
            ("a.example, 10.0.0.1", "itself (self-signed)")
        );
    }
}
