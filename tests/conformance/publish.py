"""Publishes events with the official Python SDK of CloudEvents: URL, API key and data are the arguments.

Prints the mode and the publisher's id of each event that was accepted.
"""

import json
import sys
import uuid
from datetime import datetime, timedelta, timezone

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

url, key, data = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = f"Bearer {key}"


def event(payload):
    time = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    attributes = {
        "id": str(uuid.uuid4()),
        "type": "identity.created",
        "source": "https://example.com/sdk",
        "specversion": "1.0",
        "subject": "café ☃ 😀",
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": "https://example.com/schema",
        "tenant": "ä b%",
        "number": -7,
        "urgent": True,
    }
    return CloudEvent(attributes, payload)


def publish(mode, headers, body, count=1):
    response = session.post(f"{url}/api/v1/events", headers=headers, data=body, timeout=20)
    if response.status_code != 202:
        sys.exit(f"{mode}: {response.status_code} {response.text}")
    events = response.json()["events"]
    assert len(events) == count, events
    for accepted in events:
        print(mode, accepted["ce_id"])


for suffix, payload in [("", data), ("-bytes", json.dumps(data).encode())]:
    message = to_structured_event(event(payload))
    assert ("data_base64" in json.loads(message.body)) == bool(suffix)
    publish(f"structured{suffix}", message.headers, message.body)
for suffix, payload in [("", data), ("-bytes", json.dumps(data).encode())]:
    message = to_binary_event(event(payload))
    publish(f"binary{suffix}", message.headers, message.body)
# The SDK writes the events of a batch, and leaves their array to the caller.
events = [JSONFormat().write(event(payload)) for payload in (data, json.dumps(data).encode())]
publish("batch", {"content-type": "application/cloudevents-batch+json"}, b"[" + b",".join(events) + b"]", 2)
