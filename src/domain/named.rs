//! Macro for enums whose variants have the same name in the API, in the database and on the wire.

use thiserror::Error;

/// The text is not the name of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{given}` is no {what}; there are {known}")]
pub struct UnknownName {
    what: &'static str,
    given: String,
    known: String,
}

impl UnknownName {
    /// Creates the error. Its message contains the given text and the known names.
    pub fn new(what: &'static str, given: &str, known: &[&str]) -> Self {
        Self {
            what,
            given: given.chars().take(80).collect(),
            known: known.join(", "),
        }
    }
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident ($what:literal) { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "ssr", derive(::schemars::JsonSchema))]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All variants, in order of declaration.
            #[allow(dead_code, reason = "not every enumeration is listed")]
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::domain::named::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::domain::named::UnknownName::new($what, text, &[$($text),*])),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

pub(crate) use named;
