//! Searches the chain of sources of an error.

use std::{error::Error, io};

/// The innermost source of an error, whose message is the most specific one. An error without a source is its own innermost source.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}

/// The first error of a type in the chain of sources, including the errors that are wrapped by an [`io::Error`].
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        // `io::Error::source` skips the wrapped error and returns that error's source.
        if let Some(found) = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<T>(found)
        {
            return Some(found);
        }
        cause = current.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner(#[source] std::num::ParseIntError);

    #[test]
    fn the_chain_is_searched_to_its_end() {
        let number = "x".parse::<u8>().unwrap_err();
        let error = Outer(io::Error::other(Inner(number.clone())));
        assert_eq!(innermost(&error).to_string(), number.to_string());
        assert_eq!(innermost(&number).to_string(), number.to_string());
        assert!(find::<Inner>(&error).is_some() && find::<io::Error>(&error).is_some());
        assert!(find::<std::fmt::Error>(&error).is_none());
    }
}
