//! How the types of a handler describe its operation. An extractor describes the part of the request that it reads, in its own file.

use std::future::Future;

use axum::{
    Json,
    extract::{RawQuery, Request, State},
    http::HeaderMap,
    response::Response,
};
use schemars::JsonSchema;

use super::operation::{Operation, schema_of};

/// The type of an argument of a handler.
pub trait Input {
    /// Adds what it reads from the request, and why it refuses one.
    fn describe(operation: &mut Operation);
}

/// The type of a handler's result.
pub trait Output {
    /// Adds the responses.
    fn describe(operation: &mut Operation);
}

/// A handler whose arguments `I` and result `O` describe themselves.
pub trait Described<I, O> {
    /// Adds what the handler reads and answers.
    fn describe(operation: &mut Operation);
}

impl<S> Input for State<S> {
    fn describe(_: &mut Operation) {}
}

/// Routes whose handlers read these describe them by the methods of [`Operation`].
macro_rules! undescribed {
    ($($input:ty),*) => {$(
        impl Input for $input {
            fn describe(_: &mut Operation) {}
        }
    )*};
}

undescribed!(Request, RawQuery, HeaderMap);

impl<T: Output, E> Output for Result<T, E> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

impl<T: JsonSchema> Output for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.add_answer(200, "Done.", Some(("application/json", Some(schema_of::<T>))));
    }
}

/// Routes whose handlers answer with this describe it by the methods of [`Operation`].
impl Output for Response {
    fn describe(_: &mut Operation) {}
}

macro_rules! described {
    ($($argument:ident)*) => {
        impl<F, A, O, $($argument,)*> Described<($($argument,)*), O> for F
        where
            F: Fn($($argument),*) -> A,
            A: Future<Output = O>,
            O: Output,
            $($argument: Input,)*
        {
            fn describe(operation: &mut Operation) {
                $($argument::describe(operation);)*
                O::describe(operation);
            }
        }
    };
}

described!();
described!(A1);
described!(A1 A2);
described!(A1 A2 A3);
described!(A1 A2 A3 A4);
described!(A1 A2 A3 A4 A5);
described!(A1 A2 A3 A4 A5 A6);
described!(A1 A2 A3 A4 A5 A6 A7);
described!(A1 A2 A3 A4 A5 A6 A7 A8);
