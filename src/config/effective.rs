//! The settings in force, for the log. Secrets are never shown.

use std::fmt::Write;

use url::Url;

use crate::config::settings::{Settings, Source};

/// Two lines: the settings that were given, with their sources, and the defaults of the others. `resolved` has the defaults that depend on
/// other settings or on the system, and URLs without their credentials.
pub(super) fn effective(settings: &Settings, resolved: &[(&str, String)]) -> [String; 2] {
    let (mut given, mut defaults) = (String::new(), String::new());
    for setting in settings.shown() {
        let (name, file) = (setting.name, format!("{}_FILE", setting.name));
        let resolved = resolved.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let Some(value) = setting.given else {
            let default = setting.help.rsplit_once("[default: ").and_then(|(_, rest)| rest.split_once(']'));
            let default = default.map_or("none", |(value, _)| value.trim_matches('`'));
            let default = resolved.map_or(default, String::as_str);
            append(&mut defaults, &format!("{name}={default}"));
            continue;
        };
        let value = match (setting.is_secret, resolved) {
            (true, Some(url)) => url.clone(),
            (true, None) => "(secret)".to_owned(),
            (false, _) => without_credentials(value),
        };
        let (source, read) = match settings.source(&file) {
            Some(source) => (Some(source), ", from a file"),
            None => (settings.source(name), ""),
        };
        let source = match source {
            Some(Source::Flag) => "flag",
            Some(Source::Environment) => "environment",
            Some(Source::File) | None => "settings file",
        };
        append(&mut given, &format!("{name}={value} ({source}{read})"));
    }
    let given = if given.is_empty() { "none".to_owned() } else { given };
    [format!("settings given: {given}"), format!("settings by default: {defaults}")]
}

fn append(line: &mut String, part: &str) {
    // Writing to a String cannot fail.
    let _ = write!(line, "{}{part}", if line.is_empty() { "" } else { ", " });
}

/// Removes user and password from a URL.
fn without_credentials(value: &str) -> String {
    match Url::parse(value) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
                return "(not shown)".to_owned();
            }
            url.into()
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effective_settings_contain_no_secrets() {
        let settings = Settings {
            timeout: Some("9s".to_owned()),
            database_url: Some("postgres://someone:planted@db/hooks".to_owned()),
            master_key: Some("planted".to_owned()),
            public_url: Some("https://someone:planted@hooks.example.com/".to_owned()),
            ..Settings::default()
        };
        let [given, defaults] = effective(
            &settings.with_files().unwrap(),
            &[
                ("CLEARHOOK_MAX_CONNECTIONS", "77".to_owned()),
                ("CLEARHOOK_DATABASE_URL", "db:5432/hooks".to_owned()),
            ],
        );
        assert!(!given.contains("planted") && !given.contains("someone"), "{given}");
        for part in [
            "CLEARHOOK_TIMEOUT=9s (flag)",
            "CLEARHOOK_DATABASE_URL=db:5432/hooks (flag)",
            "CLEARHOOK_MASTER_KEY=(secret) (flag)",
            "CLEARHOOK_PUBLIC_URL=https://hooks.example.com/ (flag)",
        ] {
            assert!(given.contains(part), "{given}");
        }
        for part in [
            "CLEARHOOK_ADDR=127.0.0.1:3000",
            "CLEARHOOK_RETRY_SCHEDULE=5s,5m,30m,2h,5h,10h,10h",
            "CLEARHOOK_ALLOW_HTTP=false",
            "CLEARHOOK_MAX_CONNECTIONS=77",
        ] {
            assert!(defaults.contains(part), "{defaults}");
        }
    }
}
