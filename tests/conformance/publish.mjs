// Publishes events with the official JavaScript SDK of CloudEvents: URL, API key and data are the arguments.
// Prints the mode and the publisher's id of each event that was accepted.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../end2end/package.json", import.meta.url));
const { CloudEvent, HTTP, Mode, emitterFor, httpTransport } = require("cloudevents");
const [url, key, text] = process.argv.slice(2);
const data = JSON.parse(text);

function event(payload, attributes = {}) {
  return new CloudEvent({
    id: crypto.randomUUID(),
    type: "identity.created",
    source: "https://example.com/sdk",
    subject: "café ☃ 😀",
    time: "2026-11-23T10:00:00.123456+01:00",
    datacontenttype: "application/json",
    dataschema: "https://example.com/schema",
    tenant: "ä b%",
    number: -7,
    urgent: true,
    data: payload,
    ...attributes,
  });
}

async function publish(mode, headers, body) {
  const response = await fetch(`${url}/api/v1/events`, {
    method: "POST",
    headers: { ...headers, authorization: `Bearer ${key}` },
    body,
  });
  const answer = await response.text();
  if (response.status !== 202) {
    throw new Error(`${mode}: ${response.status} ${answer}`);
  }
  for (const { ce_id } of JSON.parse(answer).events) {
    console.log(mode, ce_id);
  }
}

// The SDK leaves the encoding of header values to its caller (HTTP protocol binding, section 3.1.3.2).
function encoded(headers) {
  const encode = (value) => encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2F", "/");
  const pairs = Object.entries(headers).map(([name, value]) => [name, name.startsWith("ce-") ? encode(String(value)) : value]);
  return Object.fromEntries(pairs);
}

const payloads = [["", data], ["-bytes", new TextEncoder().encode(text)]];
for (const [suffix, payload] of payloads) {
  const { headers, body } = HTTP.structured(event(payload));
  if ("data_base64" in JSON.parse(body) !== (suffix !== "")) {
    throw new Error(`the SDK sent ${suffix || "an object"} differently`);
  }
  await publish(`structured${suffix}`, headers, body);
}
for (const [suffix, payload] of payloads) {
  const { headers, body } = HTTP.binary(event(payload));
  await publish(`binary${suffix}`, encoded(headers), body);
}
const events = payloads.map(([, payload]) => HTTP.structured(event(payload)).body);
await publish("batch", { "content-type": "application/cloudevents-batch+json" }, `[${events.join(",")}]`);

// The SDK's own transport, unmodified. It does not encode header values, so its attributes are ASCII here.
const transport = httpTransport(`${url}/api/v1/events`);
const emitters = [
  ["own-structured", emitterFor(transport, { binding: HTTP, mode: Mode.STRUCTURED })],
  ["own-binary", emitterFor(transport, { binding: HTTP, mode: Mode.BINARY })],
  ["own-default", emitterFor(transport)],
];
const ascii = { subject: "plain", tenant: "acme-1" };
const emitted = async (emit, payload, attributes) => {
  const { body } = await emit(event(payload, attributes), { headers: { authorization: `Bearer ${key}` } });
  return JSON.parse(body);
};
for (const [mode, emit] of emitters) {
  for (const [suffix, payload] of payloads) {
    const answer = await emitted(emit, payload, ascii);
    console.log(`${mode}${suffix}`, answer.events?.[0].ce_id ?? JSON.stringify(answer));
  }
}
// A percent sign that begins no encoding (HTTP protocol binding, section 3.1.3.2).
for (const [mode, emit] of emitters) {
  const answer = await emitted(emit, data, { ...ascii, tenant: "50% off" });
  console.log(`percent-${mode}`, answer.events?.[0].ce_id ?? JSON.stringify(answer));
}
