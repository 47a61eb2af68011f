//! Routes and who may use each. A route is added together with its rule; what has none is refused (`web::gate`).

use std::{collections::HashMap, convert::Infallible};

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter, on},
};

use crate::auth::rules::Action;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody; nobody is asked who they are.
    Open,
    /// Everybody; whoever is signed in is known.
    Guest,
    /// People who are signed in and may do this.
    Session(Action),
    /// Programs with a key that may do this.
    Key(Action),
}

/// What answers on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page: says in its own words what somebody may not see.
    Page,
    /// All else.
    Plain,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Row {
    /// The method; `HEAD` goes with `GET`.
    pub method: Method,
    /// The path as axum writes it: `/webhooks/{id}`.
    pub path: String,
    /// What answers.
    pub kind: Kind,
    /// Who may use it. Without a rule it is refused.
    pub rule: Option<Rule>,
}

/// Routes under their rules.
pub struct Routes<S> {
    router: Router<S>,
    rows: Vec<Row>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a `GET`.
    #[must_use]
    pub fn get<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::GET, path, rule, on(MethodFilter::GET, handler))
    }

    /// Adds a `POST`.
    #[must_use]
    pub fn post<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::POST, path, rule, on(MethodFilter::POST, handler))
    }

    /// Adds a `PATCH`.
    #[must_use]
    pub fn patch<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::PATCH, path, rule, on(MethodFilter::PATCH, handler))
    }

    /// Adds a `DELETE`.
    #[must_use]
    pub fn delete<T: 'static>(self, path: &str, rule: Rule, handler: impl Handler<T, S>) -> Self {
        self.route(Method::DELETE, path, rule, on(MethodFilter::DELETE, handler))
    }

    /// Adds what answers this method, with layers of its own.
    #[must_use]
    pub fn route(mut self, method: Method, path: &str, rule: Rule, answers: MethodRouter<S, Infallible>) -> Self {
        self.rows.push(Row {
            method,
            path: path.to_owned(),
            kind: Kind::Plain,
            rule: Some(rule),
        });
        self.router = self.router.route(path, answers);
        self
    }

    /// Says who may see a page that somebody else adds to the router.
    #[must_use]
    pub fn page(mut self, method: Method, path: &str, rule: Option<Rule>) -> Self {
        self.rows.push(Row {
            method,
            path: path.to_owned(),
            kind: Kind::Page,
            rule,
        });
        self
    }

    /// Puts other routes under a path.
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

    /// Takes other routes in.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.rows.extend(other.rows);
        self
    }

    /// Puts layers around the routes, or adds fallbacks.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self {
            router: change(self.router),
            rows: self.rows,
        }
    }

    /// Answers what no route does.
    #[must_use]
    pub fn fallback<T: 'static>(self, handler: impl Handler<T, S>) -> Self {
        self.map(|router| router.fallback(handler))
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

/// What the rules say of a request.
#[derive(Debug)]
pub enum Found<'a> {
    /// It is this route.
    Route(&'a Row, Rule),
    /// The path has other methods.
    OtherMethods(String),
    /// There is a route, but nobody said who may use it.
    Unruled,
}

impl Rules {
    /// Sorts the rules of these routes.
    pub fn new(rows: Vec<Row>) -> Self {
        let mut by_path = HashMap::<String, Vec<Row>>::new();
        for row in rows {
            by_path.entry(row.path.clone()).or_default().push(row);
        }
        Self(by_path)
    }

    /// The rule for a path as axum matched it.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some(rows) = self.0.get(path) else { return Found::Unruled };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match rows.iter().find(|row| row.method == method) {
            Some(row) => row.rule.map_or(Found::Unruled, |rule| Found::Route(row, rule)),
            None => Found::OtherMethods(rows.iter().map(|row| row.method.as_str()).collect::<Vec<_>>().join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_found_with_its_rule_and_only_with_it() {
        let (_, rows) = Routes::<()>::new()
            .nest(
                "/api",
                Routes::new().get("/things/{id}", Rule::Key(Action::ReadWebhooks), async || ()),
            )
            .page(Method::GET, "/forgotten", None)
            .into_parts();
        let rules = Rules::new(rows);
        assert!(matches!(
            rules.find(&Method::HEAD, "/api/things/{id}"),
            Found::Route(_, Rule::Key(Action::ReadWebhooks))
        ));
        assert!(matches!(rules.find(&Method::DELETE, "/api/things/{id}"), Found::OtherMethods(allow) if allow == "GET"));
        assert!(matches!(rules.find(&Method::GET, "/forgotten"), Found::Unruled));
        assert!(matches!(rules.find(&Method::GET, "/unheard-of"), Found::Unruled));
    }
}
