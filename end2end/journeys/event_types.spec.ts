// An installation that has nothing to do with access control defines its own events; with scripts and without.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Page } from '@playwright/test';
import { accessible, expect, fits, test } from '../support/test.ts';

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
