//! The standard variables of OpenTelemetry (`OTEL_*`). The SDK reads those of its queues, of sampling and of the resource itself.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::otel::{
    error::OtelError,
    losses::Signal,
    tls::{NamedFile, TlsFiles},
};

/// The instrumentation scope of everything that is sent.
pub(super) const SCOPE: &str = "clearhook";

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Default of `OTEL_EXPORTER_OTLP_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Default of `OTEL_METRIC_EXPORT_INTERVAL`.
const INTERVAL: Duration = Duration::from_secs(60);
/// Default of the queue sizes `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE`, as in the SDK.
const QUEUE: usize = 2_048;

/// Where a signal is sent.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The variable that gave the URL, for errors.
    variable: String,
    pub(super) url: Url,
    pub(super) timeout: Duration,
    pub(super) headers: HeaderMap,
    pub(super) compresses: bool,
    pub(super) tls: TlsFiles,
}

impl Target {
    pub(super) fn error(&self, detail: String) -> OtelError {
        OtelError::new(self.variable.clone(), detail)
    }

    /// The URL without credentials.
    fn shown(&self) -> String {
        let mut url = self.url.clone();
        let _ = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.to_string()
    }
}

/// What is exported, and how.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) traces: Option<Target>,
    pub(super) metrics: Option<Target>,
    pub(super) logs: Option<Target>,
    /// Pause between two exports of metrics.
    pub(super) interval: Duration,
    pub(super) spans_max: usize,
    pub(super) log_lines_max: usize,
}

impl Settings {
    /// Reads the variables. `None` if nothing is exported. An empty variable counts as absent.
    pub(super) fn of(read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, OtelError> {
        let variables = Variables(&read);
        if variables
            .get("OTEL_SDK_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            return Ok(None);
        }
        let settings = Self {
            traces: variables.target(Signal::Traces)?,
            metrics: variables.target(Signal::Metrics)?,
            logs: variables.target(Signal::Logs)?,
            interval: variables.milliseconds("OTEL_METRIC_EXPORT_INTERVAL")?.unwrap_or(INTERVAL),
            spans_max: variables.number("OTEL_BSP_MAX_QUEUE_SIZE")?.unwrap_or(QUEUE),
            log_lines_max: variables.number("OTEL_BLRP_MAX_QUEUE_SIZE")?.unwrap_or(QUEUE),
        };
        let is_off = settings.traces.is_none() && settings.metrics.is_none() && settings.logs.is_none();
        Ok((!is_off).then_some(settings))
    }

    /// Where the signals are sent, in words.
    pub(super) fn destinations(&self) -> String {
        let signals = [
            (Signal::Traces, &self.traces),
            (Signal::Metrics, &self.metrics),
            (Signal::Logs, &self.logs),
        ];
        let signals = signals
            .into_iter()
            .filter_map(|(signal, target)| Some(format!("{signal} to {}", target.as_ref()?.shown())));
        signals.collect::<Vec<_>>().join(", ")
    }
}

/// The environment.
struct Variables<'a, R>(&'a R);

impl<R: Fn(&str) -> Option<String>> Variables<'_, R> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// The variable of a signal, or else the one of all signals; with its name.
    fn of_signal(&self, signal: Signal, option: &str) -> Option<(String, String)> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{option}", signal.as_str().to_uppercase());
        let common = format!("OTEL_EXPORTER_OTLP_{option}");
        [own, common]
            .into_iter()
            .find_map(|name| self.get(&name).map(|value| (name, value)))
    }

    fn target(&self, signal: Signal) -> Result<Option<Target>, OtelError> {
        let exporter = format!("OTEL_{}_EXPORTER", signal.as_str().to_uppercase());
        match self.get(&exporter).as_deref() {
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(other) => {
                return Err(OtelError::new(
                    exporter,
                    format!("`{other}` is not supported; use otlp, or none to send no {signal}"),
                ));
            }
        }
        let Some((variable, endpoint)) = self.of_signal(signal, "ENDPOINT") else {
            return Ok(None);
        };
        let wrong = |detail: String| OtelError::new(variable.clone(), detail);
        let mut url = Url::parse(&endpoint)
            .map_err(|error| wrong(format!("not a URL ({error}); write one such as http://collector.example.com:4318")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("the URL must begin with http:// or https://".to_owned()));
        }
        if variable == ENDPOINT {
            let base = url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("{base}/v1/{signal}"));
        }
        if let Some((name, protocol)) = self
            .of_signal(signal, "PROTOCOL")
            .filter(|(_, protocol)| protocol != "http/protobuf")
        {
            return Err(OtelError::new(
                name,
                format!("`{protocol}` is not supported; leave it out or use http/protobuf, which collectors receive on port 4318"),
            ));
        }
        let compresses = match self.of_signal(signal, "COMPRESSION") {
            None => false,
            Some((_, value)) if value == "none" => false,
            Some((_, value)) if value == "gzip" => true,
            Some((name, value)) => return Err(OtelError::new(name, format!("`{value}` is not supported; use gzip or none"))),
        };
        let timeout = match self.of_signal(signal, "TIMEOUT") {
            Some((name, _)) => self.milliseconds(&name)?.unwrap_or(TIMEOUT),
            None => TIMEOUT,
        };
        let headers = self.of_signal(signal, "HEADERS").map(|(name, value)| headers(&name, &value));
        Ok(Some(Target {
            headers: headers.transpose()?.unwrap_or_default(),
            variable,
            url,
            timeout,
            compresses,
            tls: self.tls(signal)?,
        }))
    }

    fn tls(&self, signal: Signal) -> Result<TlsFiles, OtelError> {
        let file = |option: &str| {
            let (variable, path) = self.of_signal(signal, option)?;
            Some(NamedFile { variable, path })
        };
        let client = match (file("CLIENT_CERTIFICATE"), file("CLIENT_KEY")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(alone), None) | (None, Some(alone)) => {
                return Err(OtelError::new(
                    alone.variable,
                    "a certificate of the client and its key are needed together: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and \
                     OTEL_EXPORTER_OTLP_CLIENT_KEY",
                ));
            }
        };
        Ok(TlsFiles {
            authorities: file("CERTIFICATE"),
            client,
        })
    }

    fn number(&self, name: &str) -> Result<Option<usize>, OtelError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(OtelError::new(name, format!("`{value}` is not a whole number above 0"))),
        }
    }

    fn milliseconds(&self, name: &str) -> Result<Option<Duration>, OtelError> {
        let number = self.number(name)?;
        Ok(number.map(|number| Duration::from_millis(u64::try_from(number).unwrap_or(u64::MAX))))
    }
}

/// Reads `name=value,name=value`; values are percent-encoded (the format of W3C Baggage).
fn headers(variable: &str, text: &str) -> Result<HeaderMap, OtelError> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name.trim()).ok()?, value))
    };
    // The text is not repeated, because it may contain credentials.
    let wrong = || OtelError::new(variable, "must be a list such as name=value,name=value with percent-encoded values");
    pairs.map(|pair| header(pair).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Option<Settings>, OtelError> {
        Settings::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_exported_unless_an_endpoint_is_set() {
        for variables in [
            &[][..],
            &[("OTEL_SERVICE_NAME", "hooks"), ("OTEL_TRACES_EXPORTER", "otlp")],
            &[(ENDPOINT, "")],
            &[(ENDPOINT, "http://collector:4318"), ("OTEL_SDK_DISABLED", "true")],
        ] {
            assert!(of(variables).unwrap().is_none(), "{variables:?}");
        }
    }

    #[test]
    fn the_path_is_appended_to_the_common_endpoint_only() {
        let settings = of(&[
            (ENDPOINT, "http://user:secret@collector:4318/otlp/"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://logs.example.com/in"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x=1"),
        ]);
        let settings = settings.unwrap().unwrap();
        let (traces, logs) = (settings.traces.as_ref().unwrap(), settings.logs.as_ref().unwrap());
        assert_eq!(traces.url.path(), "/otlp/v1/traces");
        assert_eq!((traces.timeout, logs.timeout), (Duration::from_millis(250), TIMEOUT));
        assert_eq!(logs.url.as_str(), "https://logs.example.com/in");
        assert_eq!(traces.headers["api-key"], "a b");
        assert!(settings.metrics.is_none());
        assert_eq!(
            settings.destinations(),
            "traces to http://collector:4318/otlp/v1/traces, logs to https://logs.example.com/in"
        );
        let only = of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4318/v1/traces")])
            .unwrap()
            .unwrap();
        assert!(only.traces.is_some() && only.metrics.is_none() && only.logs.is_none());
    }

    #[test]
    fn invalid_variables_are_refused_by_name() {
        for (name, value, words) in [
            (ENDPOINT, "collector:4318", "http://"),
            (ENDPOINT, "not a url", "not a URL"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "whole number"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key", "name=value"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem", "together"),
            ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "client.key", "together"),
            ("OTEL_LOGS_EXPORTER", "console", "none"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0", "above 0"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "above 0"),
        ] {
            let error = of(&[(name, value), (ENDPOINT, "http://collector:4318")]).unwrap_err();
            assert_eq!(error.variable, name);
            assert!(error.detail.contains(words), "{name}={value}: {}", error.detail);
        }
    }
}
