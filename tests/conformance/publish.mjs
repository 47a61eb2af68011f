// Publishes events with the official JavaScript SDK of CloudEvents: URL, API key and data are the arguments.
// Prints the mode and the publisher's id of each event that was accepted.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../end2end/package.json", import.meta.url));
const { CloudEvent, HTTP } = require("cloudevents");
const [url, key, text] = process.argv.slice(2);
const data = JSON.parse(text);

function event(payload) {
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
