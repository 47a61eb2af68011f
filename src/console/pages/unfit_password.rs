//! The text for a password that is not acceptable.

use crate::{
    auth::password::{self, UnfitPassword},
    messages::{Lang, validation},
};

/// What is wrong with the password, and how to choose another one.
pub(super) fn unfit_text(lang: Lang, unfit: UnfitPassword) -> String {
    match unfit {
        UnfitPassword::TooShort => validation::password_short(lang, password::MIN as u64),
        UnfitPassword::TooLong => validation::password_long(lang, password::MAX as u64),
        UnfitPassword::TooCommon => validation::password_common(lang).to_owned(),
    }
}
