//! Settings of the catalogue of event types.

use crate::{
    config::{ConfigError, Settings, parse::is_none},
    domain::named::UnknownName,
    registry::{RegistrySettings, UnknownTypes},
};

/// Reads `CLEARHOOK_PACKS` and `CLEARHOOK_UNKNOWN_TYPES`.
pub(super) fn read(settings: &Settings) -> Result<RegistrySettings, ConfigError> {
    let defaults = RegistrySettings::default();
    let packs = match settings.packs.as_deref() {
        None => defaults.packs,
        Some(text) if is_none(text) => Vec::new(),
        Some(text) => {
            let mut packs = Vec::new();
            for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let pack = name
                    .parse()
                    .map_err(|error: UnknownName| ConfigError::new("CLEARHOOK_PACKS", format!("{error}, or none")))?;
                if !packs.contains(&pack) {
                    packs.push(pack);
                }
            }
            packs
        }
    };
    let unknown = match settings.unknown_types.as_deref() {
        None => UnknownTypes::Reject,
        Some(text) => {
            let parsed = text.trim().parse();
            parsed.map_err(|error: UnknownName| ConfigError::new("CLEARHOOK_UNKNOWN_TYPES", error.to_string()))?
        }
    };
    Ok(RegistrySettings { packs, unknown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Pack;

    fn packs(text: Option<&str>) -> Result<Vec<Pack>, String> {
        let settings = Settings {
            packs: text.map(str::to_owned),
            ..Settings::default()
        };
        read(&settings).map(|read| read.packs).map_err(|error| error.to_string())
    }

    #[test]
    fn packs_are_a_list_or_none() {
        for text in [None, Some("clearid"), Some(" clearid, clearid ,")] {
            assert_eq!(packs(text), Ok(vec![Pack::Clearid]), "{text:?}");
        }
        for text in ["none", "None", "off"] {
            assert_eq!(packs(Some(text)), Ok(Vec::new()), "{text}");
        }
        let error = packs(Some("clearid,github")).unwrap_err();
        assert!(
            error.contains("CLEARHOOK_PACKS") && error.contains("github") && error.contains("clearid, or none"),
            "{error}"
        );
    }

    #[test]
    fn unknown_types_are_rejected_or_accepted() {
        let read = |text: &str| {
            let settings = Settings {
                unknown_types: Some(text.to_owned()),
                ..Settings::default()
            };
            read(&settings).map(|read| read.unknown).map_err(|error| error.to_string())
        };
        assert_eq!(read("accept"), Ok(UnknownTypes::Accept));
        assert_eq!(read("reject"), Ok(UnknownTypes::Reject));
        assert!(read("maybe").unwrap_err().contains("reject, accept"));
    }
}
