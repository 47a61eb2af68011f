// A program with a client that is generated from docs/openapi.json: client.js URL KEY RECEIVER
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { argv: string[]; exit(code: number): never };

const [url, key, receiver] = process.argv.slice(2) as [string, string, string];
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

function expect<T>(what: string, result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) {
    throw new Error(`${what}: ${result.response.status} ${JSON.stringify(result.error)}`);
  }
  return result.data;
}

const webhook = expect(
  "create a webhook",
  await api.POST("/api/v1/webhooks", {
    body: { name: "Generated client", url: receiver, events: ["contract.*"] },
    params: { header: { "Idempotency-Key": "create" } },
  }),
);
if (!webhook.secret.startsWith("whsec_")) throw new Error("no secret");

expect(
  "create an event type",
  await api.POST("/api/v1/event-types", { body: { type: "contract.happened", example: { n: 1 } } }),
);

const published = expect(
  "publish",
  await api.POST("/api/v1/events", {
    headers: { "Content-Type": "application/cloudevents+json" },
    body: { specversion: "1.0", id: "1", source: "/client", type: "contract.happened", data: { n: 1 } },
  }),
);
if (published.events[0]?.deliveries !== 1) throw new Error(JSON.stringify(published));

async function log(count: number) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const page = expect(
      "read the log",
      await api.GET("/api/v1/webhooks/{id}/callbacks", {
        params: { path: { id: webhook.id }, query: { outcome: "succeeded", limit: 10 } },
      }),
    );
    if (page.items.length >= count) return page.items;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`fewer than ${count} callbacks`);
}

const [first] = await log(1);
const details = expect(
  "read a callback",
  await api.GET("/api/v1/callbacks/{id}", { params: { path: { id: first!.id } } }),
);
if (details.ce_id !== "1") throw new Error(JSON.stringify(details));
expect("redeliver", await api.POST("/api/v1/callbacks/{id}/redeliver", { params: { path: { id: first!.id } } }));
const again = await log(2);
if (again[0]!.trigger !== "manual") throw new Error(JSON.stringify(again));

const missing = await api.GET("/api/v1/webhooks/{id}", { params: { path: { id: first!.id } } });
if (missing.error?.type !== "urn:clearhook:problem:not-found") throw new Error(JSON.stringify(missing.error));
