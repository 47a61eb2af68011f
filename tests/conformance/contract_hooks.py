"""Hooks of the contract test: what the document cannot say, because it depends on what is stored or on another part of the request."""

import uuid

import schemathesis

# An event type without a schema, which the test creates: its data is any JSON.
TYPE = "contract.any"


@schemathesis.hook
def before_call(ctx, case, kwargs):
    # What is wrong on purpose stays wrong.
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    headers = case.headers or {}
    # A key that was used for another request is refused. Every request is another one here.
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    # Only the service knows the present version. `*` is any.
    if "If-Match" in headers:
        headers["If-Match"] = "*"
    # A cursor is what a page of the same list ended with.
    if case.query:
        case.query.pop("cursor", None)
    if isinstance(case.body, dict):
        # Only the users that exist can be owners.
        if "owners" in case.body and isinstance(case.body["owners"], list):
            case.body["owners"] = []
    if case.operation.method.upper() == "POST" and case.operation.path == "/api/v1/events":
        consistent_event(case, headers)


def consistent_event(case, headers):
    """Leaves one of the four ways to publish: the others exclude each other."""
    for name in [name for name in headers if name.lower().startswith("ce-")]:
        del headers[name]
    if case.media_type == "application/json":
        case.query = {"type": TYPE}
        return
    case.query = {}
    events = case.body if isinstance(case.body, list) else [case.body]
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("type"), str):
            event["type"] = TYPE
