//! Routes and their access rules. A route is added together with its rule, and a route without a rule is denied (`web::authorization`).
//! This includes server functions. A route of the API also has a description, its [`Operation`].

mod describe;
mod operation;

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};
use leptos::server_fn::ServerFn;

pub use self::{
    describe::{Described, Input, Output},
    operation::{Answer, Operation, Parameter, SchemaOf, Single, Tag, schema_of},
};
use crate::auth::rules::Action;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody. The session is not looked up.
    Open,
    /// Everybody. The session is looked up if there is one.
    Guest,
    /// Users with a session who may read the catalogue, and everybody if the catalogue is public. The session is looked up if there is one.
    Catalogue,
    /// Users with a session who are allowed this action.
    Session(Action),
    /// Programs with an API key that allows this action.
    Key(Action),
}

/// The kind of a route, which decides how a denied request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page of the console. It renders its own error message.
    Page,
    /// Any other route.
    Plain,
}

/// A route and its rule.
#[derive(Clone, Debug)]
pub struct Row {
    /// The method. `GET` includes `HEAD`.
    pub method: Method,
    /// The path in axum's syntax: `/webhooks/{id}`.
    pub path: String,
    /// The kind of the route.
    pub kind: Kind,
    /// Who may use it. A route without a rule is denied.
    pub rule: Option<Rule>,
    /// The description of a route of the API.
    pub operation: Option<Arc<Operation>>,
}

/// A server function with its access rule.
pub trait Ruled: ServerFn {
    /// Who may call it.
    const RULE: Rule;
}

/// A router together with the rules of its routes.
pub struct Routes<S> {
    router: Router<S>,
    rows: Vec<Row>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a `GET` route.
    #[must_use]
    pub fn get<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::GET, path, rule, on(MethodFilter::GET, handler))
    }

    /// Adds a `POST` route.
    #[must_use]
    pub fn post<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::POST, path, rule, on(MethodFilter::POST, handler))
    }

    /// Adds a method router, which may have layers of its own.
    #[must_use]
    pub fn route(mut self, method: Method, path: &str, rule: Rule, answers: MethodRouter<S, Infallible>) -> Self {
        self.rows.push(Row {
            method,
            path: path.to_owned(),
            kind: Kind::Plain,
            rule: Some(rule),
            operation: None,
        });
        self.router = self.router.route(path, answers);
        self
    }

    /// Adds a route of the API. The types of the handler's arguments and result complete its description.
    #[must_use]
    pub fn operation<H, T, I, O>(mut self, method: Method, path: &str, rule: Rule, handler: H, mut operation: Operation) -> Self
    where
        T: 'static,
        H: Handler<T, S> + Described<I, O>,
    {
        H::describe(&mut operation);
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let mut answers = on(filter, handler);
        if let Some(max) = operation.body_bytes_max {
            answers = answers.layer(DefaultBodyLimit::max(max));
        }
        self.rows.push(Row {
            method,
            path: path.to_owned(),
            kind: Kind::Plain,
            rule: Some(rule),
            operation: Some(Arc::new(operation)),
        });
        self.router = self.router.route(path, answers);
        self
    }

    /// Adds a server function at its own path.
    #[must_use]
    pub fn server_fn<F: Ruled, T: 'static>(self, handler: impl Handler<T, S>) -> Self {
        self.post(F::PATH, F::RULE, handler)
    }

    /// Adds a page.
    #[must_use]
    pub fn page<T: 'static>(mut self, path: &str, rule: Option<Rule>, handler: impl Handler<T, S>) -> Self {
        self.rows.push(Row {
            method: Method::GET,
            path: path.to_owned(),
            kind: Kind::Page,
            rule,
            operation: None,
        });
        self.router = self.router.route(path, on(MethodFilter::GET, handler));
        self
    }

    /// Nests other routes under a path prefix.
    #[must_use]
    pub fn nest(mut self, prefix: &str, other: Self) -> Self {
        self.router = self.router.nest(prefix, other.router);
        let under = other.rows.into_iter().map(|row| Row {
            path: format!("{prefix}{}", row.path),
            ..row
        });
        self.rows.extend(under);
        self
    }

    /// Merges other routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.rows.extend(other.rows);
        self
    }

    /// Adds layers or fallbacks to the router.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self {
            router: change(self.router),
            rows: self.rows,
        }
    }

    /// Sets the handler of requests that match no route.
    #[must_use]
    pub fn fallback<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
        self.map(|router| router.fallback(handler))
    }

    /// The routes so far.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The router, and the rules of all its routes.
    pub fn into_parts(self) -> (Router<S>, Vec<Row>) {
        (self.router, self.rows)
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Rules by path and method.
#[derive(Debug)]
pub struct Rules(HashMap<String, Vec<Row>>);

/// The result of looking up the rule of a request.
#[derive(Debug)]
pub enum Found<'a> {
    /// The route and its rule.
    Route(&'a Row, Rule),
    /// The path exists, but only with these other methods.
    OtherMethods(String),
    /// There is no rule for the path.
    Unruled,
}

impl Rules {
    /// Indexes the rules by path.
    pub fn new(rows: Vec<Row>) -> Self {
        let mut by_path = HashMap::<String, Vec<Row>>::new();
        for row in rows {
            by_path.entry(row.path.clone()).or_default().push(row);
        }
        Self(by_path)
    }

    /// Looks up the rule of a path as matched by axum.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some(rows) = self.0.get(path) else { return Found::Unruled };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match rows.iter().find(|row| row.method == method) {
            Some(row) => row.rule.map_or(Found::Unruled, |rule| Found::Route(row, rule)),
            None => Found::OtherMethods(methods(rows)),
        }
    }
}

/// The methods of a path, for the header `Allow`.
fn methods(rows: &[Row]) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for row in rows {
        methods.push(row.method.as_str());
        if row.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_lookup_returns_its_rule() {
        let (_, rows) = Routes::<()>::new()
            .nest(
                "/api",
                Routes::new().get("/things/{id}", Rule::Key(Action::ReadWebhooks), async || ()),
            )
            .page("/forgotten", None, async || ())
            .into_parts();
        let rules = Rules::new(rows);
        assert!(matches!(
            rules.find(&Method::HEAD, "/api/things/{id}"),
            Found::Route(_, Rule::Key(Action::ReadWebhooks))
        ));
        assert!(matches!(rules.find(&Method::DELETE, "/api/things/{id}"), Found::OtherMethods(allow) if allow == "GET, HEAD, OPTIONS"));
        assert!(matches!(rules.find(&Method::GET, "/forgotten"), Found::Unruled));
        assert!(matches!(rules.find(&Method::GET, "/unheard-of"), Found::Unruled));
    }
}
