// An installation that has nothing to do with access control defines its own events; with scripts and without.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Page } from '@playwright/test';
import { accessible, expect, fits, live, test } from '../support/test.ts';

test.use({ own: 'event-types' });

const example = { id: 'inv_7', amount: 125.5, currency: 'EUR', paid_at: '2026-11-28T09:00:00Z', lines: [{ text: 'Consulting', quantity: 2 }] };

async function open(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Event types' }).click();
  await expect(page.getByRole('heading', { name: 'Event types', level: 1 })).toBeVisible();
}

/** The file that a link downloads. */
async function downloaded(page: Page, name: string): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).first().click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

async function define(page: Page, type: string, name: string, group = 'Billing'): Promise<void> {
  await open(page);
  await page.getByRole('link', { name: 'New event type' }).click();
  await page.getByLabel('Type', { exact: true }).fill(type);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Group').fill(group);
  await page.getByLabel('Description').fill('Sent when an invoice was paid in full.');
  await page.getByLabel('Example', { exact: true }).fill(JSON.stringify(example, null, 2));
  await page.getByRole('button', { name: 'Infer schema from the examples' }).click();
  await expect(page.getByLabel('Schema', { exact: true })).toHaveValue(/"paid_at"/);
}

test('a type of one\'s own is defined, published with curl, and its callback fits the downloaded schema', async ({
  signedIn: page,
  server,
  receiver,
  javaScriptEnabled,
}) => {
  const type = `invoice.paid-${javaScriptEnabled ? 'scripts' : 'plain'}`;
  const name = `Invoice paid ${javaScriptEnabled}`;
  await define(page, type, name);
  await expect(page.getByText(/The schema is valid/)).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page.getByText('The event type was added.')).toBeVisible();

  const schema = await downloaded(page, 'Download schema');
  expect(schema.name).toBe(`${type}.schema.json`);
  expect((await downloaded(page, 'Download example')).name).toBe(`${type}.example.json`);
  expect((await downloaded(page, 'Download TypeScript')).text).toContain('paid_at');

  const { id } = await server.api('POST', '/webhooks', { name, url: receiver.url, events: [type] });
  const event = { specversion: '1.0', id: `curl-${javaScriptEnabled}`, source: '/billing', type, data: example };
  const answer = execFileSync('curl', [
    '--silent', '--show-error', '--fail-with-body', '--request', 'POST', `${server.url}/api/v1/events`,
    '--header', `Authorization: Bearer ${server.key}`, '--header', 'Content-Type: application/cloudevents+json', '--data', JSON.stringify(event),
  ], { encoding: 'utf8' });
  expect(JSON.parse(answer).events[0].deliveries).toBe(1);
  await expect.poll(() => receiver.received.length).toBe(1);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(schema.text));
  const body = JSON.parse(receiver.received[0].body);
  expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...body, data: { ...body.data, amount: 'many' } })).toBe(false);
  await page.goto(`/event-types/${type}`);
  await expect(page.getByRole('table', { name: 'Webhooks that use it' }).getByRole('link', { name })).toHaveAttribute('href', `/webhooks/${id}`);
});

test('a breaking change is explained and confirmed, and its versions are compared', async ({ signedIn: page, javaScriptEnabled, expected }) => {
  const type = `order.created-${javaScriptEnabled ? 'scripts' : 'plain'}`;
  expected.push(`409 /event-types/${type}/edit`);
  await define(page, type, `Order created ${javaScriptEnabled}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  const schema = page.getByLabel('Schema', { exact: true });
  await schema.fill((await schema.inputValue()).replaceAll('"amount"', '"total"'));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('This change of the schema can break publishers or receivers.')).toBeVisible();
  await expect(schema).toHaveValue(/"total"/);
  await accessible(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  const example = page.getByLabel('Example', { exact: true });
  await example.fill((await example.inputValue()).replace('"amount"', '"total"'));
  await page.getByLabel('Save despite breaking changes').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('The event type was saved.')).toBeVisible();
  await page.getByRole('table', { name: 'Versions' }).getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByRole('region', { name: 'Schema' }).locator('ins').first()).toContainText('total');
  await accessible(page);
  await fits(page);
});

test('the check follows what is typed', async ({ signedIn: page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the server checks when a button is pressed');
  await page.goto('/event-types/new');
  await live(page);
  await page.getByLabel('Schema', { exact: true }).fill('{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}');
  await expect(page.getByText('The schema is valid and has 1 field.')).toBeVisible();
  await page.getByLabel('Example', { exact: true }).fill('{"id": 7}');
  await expect(page.getByText('Example 1 does not match the schema')).toBeVisible();
  await page.getByLabel('Example', { exact: true }).fill('{"id": "7"}');
  await expect(page.getByText('The example is valid.')).toBeVisible();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('link', { name: 'Cancel' }).click();
});

test('a document is imported after its changes were shown', async ({ signedIn: page, javaScriptEnabled }) => {
  const name = `shipment.sent-${javaScriptEnabled}`;
  const content = { 'application/json': { schema: { type: 'object', properties: { id: { type: 'string' } } } } };
  const document = { openapi: '3.1.0', info: { title: 'Shop', version: '1' }, webhooks: { [name]: { post: { summary: 'Shipment sent', requestBody: { content } } } } };
  await open(page);
  await page.getByRole('link', { name: 'Import event types' }).click();
  await accessible(page);
  await page.getByLabel('File').setInputFiles({ name: 'shop.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(document)) });
  await page.getByRole('button', { name: 'Check file' }).click();
  await expect(page.getByRole('heading', { name: '1 new' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Import 1 event type' }).click();
  await expect(page.getByText('The event types were imported.')).toBeVisible();
  await page.goto(`/event-types/${name}`);
  await expect(page.getByRole('heading', { name: 'Shipment sent', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Archive', exact: true }).click();
  await page.getByRole('button', { name: 'Archive this event type' }).click();
  await expect(page.getByText('The event type is archived.')).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByText('The event type is active again.')).toBeVisible();
});

test('the guide and the list are readable at every width', async ({ signedIn: page }) => {
  for (const path of ['/event-types', '/event-types/visit_event.created', '/guide']) {
    await page.goto(path);
    await accessible(page);
    await fits(page);
  }
});
