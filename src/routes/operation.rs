//! The description of a route of the API, from which the `OpenAPI` document is generated.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// Generates the JSON Schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The JSON Schema of a type, or a reference to it.
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A group of operations in the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// Publishing and finding events.
    Events,
    /// The catalogue.
    EventTypes,
    /// Subscriptions.
    Webhooks,
    /// The log of attempts.
    Callbacks,
    /// What is owed to webhooks.
    Deliveries,
    /// Users, API keys and the audit log.
    Administration,
    /// Health, metrics and this document.
    Service,
}

impl Tag {
    /// All groups, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Events,
        Self::EventTypes,
        Self::Webhooks,
        Self::Callbacks,
        Self::Deliveries,
        Self::Administration,
        Self::Service,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "Events",
            Self::EventTypes => "Event types",
            Self::Webhooks => "Webhooks",
            Self::Callbacks => "Callbacks",
            Self::Deliveries => "Deliveries",
            Self::Administration => "Administration",
            Self::Service => "Service",
        }
    }

    /// What belongs to it.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Events => "An event is published once, and delivered to each webhook that subscribes to its type.",
            Self::EventTypes => "The catalogue: the types of events, their JSON Schemas and examples.",
            Self::Webhooks => "A webhook subscribes a URL to event types.",
            Self::Callbacks => "The log. A callback is one HTTP attempt of a delivery.",
            Self::Deliveries => "A delivery is one event for one webhook. Attempts are made until one succeeds or all are used up.",
            Self::Administration => "Users, API keys and the audit log.",
            Self::Service => "Health checks, metrics and the description of the API.",
        }
    }
}

/// What a route of the API takes and answers. Most of it is described by the types of the handler's arguments and result
/// ([`Input`](super::Input), [`Output`](super::Output)); the rest is added by the methods of this type.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name for programs, unique and stable: generated clients make a function of it.
    pub id: &'static str,
    /// Its group.
    pub tag: Tag,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it does, in sentences (Markdown: paragraphs and `code` only).
    pub description: &'static str,
    /// Path parameters, query parameters and headers.
    pub parameters: Vec<Parameter>,
    /// The bodies that it accepts, one for each media type.
    pub bodies: Vec<RequestBody>,
    /// Whether the body may be left out.
    pub is_body_optional: bool,
    /// Maximum size of the body, in bytes.
    pub body_bytes_max: Option<usize>,
    /// The responses of success.
    pub answers: Vec<Answer>,
    /// The responses of failure, besides those that every route has.
    pub refusals: Vec<Refusal>,
    /// Whether the header `Idempotency-Key` is honoured, because the operation creates or sends something.
    pub is_once: bool,
}

/// A parameter, or all parameters of a query.
#[derive(Clone, Debug)]
pub enum Parameter {
    /// A variable segment of the path.
    Path(Single),
    /// A header.
    Header(Single),
    /// The parameters of the query: each property of this type is one.
    Query(SchemaOf),
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Single {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Its type.
    pub schema: SchemaOf,
}

/// A body that an operation accepts.
#[derive(Clone, Debug)]
pub struct RequestBody {
    /// The media type.
    pub media: &'static str,
    /// Its content. `None` if it is not JSON.
    pub schema: Option<SchemaOf>,
    /// An example. Without one, it is made from the schema.
    pub example: Option<Value>,
}

/// A response of success.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// What it means.
    pub description: &'static str,
    /// The media type and, if the content is JSON, its type. `None` if there is no content.
    pub content: Option<(&'static str, Option<SchemaOf>)>,
    /// Headers with their meaning.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// A response of failure, with a problem as its content.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// When it is sent.
    pub reason: &'static str,
}

impl Operation {
    /// An operation without parameters.
    pub const fn new(id: &'static str, tag: Tag, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            description: "",
            parameters: Vec::new(),
            bodies: Vec::new(),
            is_body_optional: false,
            body_bytes_max: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            is_once: false,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn text(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Adds a header that the handler reads by itself.
    #[must_use]
    pub fn header<T: JsonSchema>(mut self, name: &'static str, description: &'static str) -> Self {
        self.parameters.push(Parameter::Header(Single {
            name,
            description,
            schema: schema_of::<T>,
        }));
        self
    }

    /// Adds the parameters of a query that the handler reads by itself: the properties of `T`.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.parameters.push(Parameter::Query(schema_of::<T>));
        self
    }

    /// Adds a body of JSON that the handler reads by itself.
    #[must_use]
    pub fn body<T: JsonSchema>(mut self, media: &'static str, example: Value) -> Self {
        self.bodies.push(RequestBody {
            media,
            schema: Some(schema_of::<T>),
            example: Some(example),
        });
        self
    }

    /// Adds a body that is not JSON.
    #[must_use]
    pub fn file_body(mut self, media: &'static str, example: Value) -> Self {
        self.bodies.push(RequestBody {
            media,
            schema: None,
            example: Some(example),
        });
        self
    }

    /// Sets the maximum size of the body of a handler that reads it by itself, in bytes.
    #[must_use]
    pub fn body_bytes_max(self, max: usize) -> Self {
        Self {
            body_bytes_max: Some(max),
            ..self
        }
    }

    /// Sets the example of the body that the handler's arguments describe.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        match self.bodies.first_mut() {
            Some(body) => body.example = Some(example),
            // The arguments are read later, and find the example here.
            None => self.bodies.push(RequestBody {
                media: "",
                schema: None,
                example: Some(example),
            }),
        }
        self
    }

    /// Adds a response of JSON.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self, status: u16, description: &'static str) -> Self {
        self.add_answer(status, description, Some(("application/json", Some(schema_of::<T>))));
        self
    }

    /// Adds a response that is a file or a stream of this media type.
    #[must_use]
    pub fn answers_file(mut self, media: &'static str, description: &'static str) -> Self {
        self.add_answer(200, description, Some((media, None)));
        self
    }

    /// Adds a response without content.
    #[must_use]
    pub fn answers_nothing(mut self, status: u16, description: &'static str) -> Self {
        self.add_answer(status, description, None);
        self
    }

    /// Adds a header of the last response.
    #[must_use]
    pub fn with(mut self, name: &'static str, description: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, description));
        }
        self
    }

    /// Adds a response of failure.
    #[must_use]
    pub fn refuses(mut self, status: u16, reason: &'static str) -> Self {
        self.add_refusal(status, reason);
        self
    }

    /// Says that the header `Idempotency-Key` is honoured.
    #[must_use]
    pub fn once(self) -> Self {
        Self { is_once: true, ..self }
    }

    /// Adds a response of success. For [`Output`](super::Output).
    pub fn add_answer(&mut self, status: u16, description: &'static str, content: Option<(&'static str, Option<SchemaOf>)>) {
        self.answers.push(Answer {
            status,
            description,
            content,
            headers: Vec::new(),
        });
    }

    /// Adds a header to the last response. For [`Output`](super::Output).
    pub fn add_answer_header(&mut self, name: &'static str, description: &'static str) {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, description));
        }
    }

    /// Adds a response of failure. For [`Input`](super::Input).
    pub fn add_refusal(&mut self, status: u16, reason: &'static str) {
        let is_known = self.refusals.iter().any(|known| known.status == status && known.reason == reason);
        if !is_known {
            self.refusals.push(Refusal { status, reason });
        }
    }

    /// Adds the JSON body. For [`Input`](super::Input).
    pub fn add_json_body(&mut self, schema: SchemaOf, bytes_max: usize) {
        let media = "application/json";
        self.body_bytes_max = Some(bytes_max);
        match self.bodies.first_mut() {
            Some(body) if body.media.is_empty() => {
                body.media = media;
                body.schema = Some(schema);
            }
            _ => self.bodies.push(RequestBody {
                media,
                schema: Some(schema),
                example: None,
            }),
        }
    }
}
