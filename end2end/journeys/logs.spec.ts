// The log of a webhook: filters, chart, file, one callback with everything in it; with scripts and without. And that it lives.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { email, password, type Server } from '../support/server.ts';
import { accessible, expect, fits, live, openAccountMenu, signIn, test } from '../support/test.ts';

const rows = (page: Page) => page.locator('#log-rows').getByRole('row');

/** Waits until so many callbacks are logged. */
async function logged(server: Server, webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(count);
}

test('a log is filtered, narrowed and exported, and a callback is sent again', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const body = { name: 'Logged', url: receiver.url, events: ['identity.created', 'visit_event.created'], headers: [{ name: 'X-Key', value: 'planted-secret' }] };
  const webhook = await server.api('POST', '/webhooks', body);
  const id = `${javaScriptEnabled}-${Date.now()}`;
  for (const number of [1, 2, 3]) await server.publish('identity.created', `${id}-${number}`);
  await logged(server, webhook.id, 3);
  receiver.answer = { status: 503, body: '{"why":"asleep"}' };
  await server.publish('visit_event.created', `${id}-fails`);
  await logged(server, webhook.id, 5);

  await page.goto(`/webhooks/${webhook.id}#logs`);
  await expect(rows(page)).toHaveCount(5);
  const choose = async (label: string, name: string) => {
    await live(page);
    await page.getByRole('combobox', { name: label, exact: true }).selectOption(name);
    if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Filter' }).click();
  };
  await choose('Response', 'Failed');
  await expect(page).toHaveURL(/response=failed/);
  await expect(rows(page)).toHaveCount(2);
  await choose('Event', 'Identity created');
  await expect(page.getByText('No callbacks in this range fit the filters.')).toBeVisible();
  await page.goBack();
  await expect(rows(page)).toHaveCount(2);
  const chart = page.getByRole('figure', { name: 'Callbacks over time' });
  await expect(chart).toContainText('2 failed');
  await chart.getByRole('link', { name: '2 failed' }).first().click();
  await expect(page).toHaveURL(/from=.*response=failed/);
  await expect(rows(page)).toHaveCount(2);
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Response' })).toHaveValue('failed');

  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^callbacks-\d{8}-\d{8}\.csv$/);
  const lines = readFileSync(await file.path(), 'utf8').trimEnd().split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('visit_event.created');

  for (const [from, to, words] of [
    ['2026-11-02T00:00', '2026-11-01T00:00', 'Choose an end after the beginning.'],
    ['2020-01-01T00:00', '2026-01-01T00:00', 'Choose at most one year'],
  ]) {
    await page.getByLabel('From').fill(from);
    await page.getByLabel('to', { exact: true }).fill(to);
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.locator('#range-error')).toContainText(words);
    await expect(page.getByLabel('From')).toHaveValue(from);
  }

  await page.goto(`/webhooks/${webhook.id}?range=1h&response=failed#logs`);
  await rows(page).first().getByRole('link').click();
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open).toContainText('503 ServiceUnavailable');
  await expect(open).toContainText('"why": "asleep"');
  await open.locator('summary').filter({ hasText: /headers$/ }).first().click();
  await expect(open.getByText('content-type').first(), 'headers of the answer').toBeVisible();
  await expect(open).toContainText(/Duration\s*[\d,]+ ms/);
  await expect(open.getByRole('group', { name: 'Attempts' }).getByRole('listitem')).toHaveCount(2);
  await expect(open).toContainText('Given up');
  await open.getByText('As cURL', { exact: true }).click();
  await expect(open.getByRole('region', { name: 'As cURL' })).toContainText(`curl --request POST '${receiver.url}'`);
  await expect(open).toContainText('X-Key: ••••••');
  await expect(open).not.toContainText('planted-secret');
  receiver.answer = { status: 202, body: '' };
  await open.getByRole('button', { name: 'Send again' }).click();
  await expect(page).toHaveURL(/range=1h&response=failed&callback=.*&sent=again/);
  await expect(open).toContainText('Sent again.');
  await expect(open).toContainText('202 Accepted');
  await expect(open.getByRole('group', { name: 'Attempts' }).getByRole('listitem')).toHaveCount(3);
  await expect(open).toContainText('Delivered');
  await open.getByRole('link', { name: 'Close' }).click();
  await expect(open).toHaveCount(0);
});

test('a long log has pages, both ways', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const webhook = await server.api('POST', '/webhooks', { name: 'Long', url: receiver.url, events: ['visit_event.approved'] });
  const id = `${javaScriptEnabled}-${Date.now()}`;
  for (let number = 0; number < 53; number++) await server.publish('visit_event.approved', `${id}-${number}`);
  await logged(server, webhook.id, 53);
  await page.goto(`/webhooks/${webhook.id}#logs`);
  await expect(rows(page)).toHaveCount(50);
  const first = await rows(page).first().textContent();
  await expect(page.getByRole('link', { name: 'Newer' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page)).toHaveCount(50);
  expect(await rows(page).first().textContent()).toBe(first);
});

test('new callbacks appear without a reload and do not move the visible rows', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a page is loaded anew');
  const webhook = await server.api('POST', '/webhooks', { name: 'Live', url: receiver.url, events: ['visit_event.created'] });
  // How many streams of the page are open.
  const opened = new Set<unknown>();
  page.on('request', (request) => request.url().includes('/callbacks/live') && opened.add(request));
  for (const over of ['requestfinished', 'requestfailed'] as const) page.on(over, (request) => opened.delete(request));
  const streams = async () => opened.size;
  let number = 0;
  const publish = () => server.publish('visit_event.created', `live-${number++}`);
  await page.setViewportSize({ width: 1280, height: 300 });
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { name: 'Live', level: 1 })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Logs' })).toHaveCount(0);
  await publish();
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  // The table lies below the window: rows come by themselves.
  await publish();
  await expect(rows(page)).toHaveCount(2);

  // It is being read: rows wait until they are asked for.
  await page.setViewportSize({ width: 1280, height: 800 });
  await rows(page).first().scrollIntoViewIfNeeded();
  const read = (await rows(page).first().boundingBox())!;
  await publish();
  await publish();
  const fresh = page.getByRole('link', { name: '2 new callbacks' });
  await expect(fresh).toBeVisible();
  expect((await rows(page).first().boundingBox())!.y, 'what is read stays where it is').toBe(read.y);
  await expect(rows(page)).toHaveCount(2);
  await accessible(page);
  await fresh.click();
  await expect(rows(page)).toHaveCount(4);
  await expect(fresh).toHaveCount(0);

  // A hidden page receives no updates; when it is shown again, it continues after the last one.
  const show = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, hidden);
  await show(true);
  await expect.poll(streams, 'a hidden page has no stream').toBe(0);
  await publish();
  await logged(server, webhook.id, 5);
  await expect(page.getByRole('link', { name: '1 new callback' })).toHaveCount(0);
  await show(false);
  await expect(page.getByRole('link', { name: '1 new callback' })).toBeVisible();
  expect(await streams()).toBe(1);
});

test('live updates resume after the stream was refused', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a page is loaded anew');
  const webhook = await server.api('POST', '/webhooks', { name: 'Refused', url: receiver.url, events: ['identity_request.created'] });
  expected.push(`503 /webhooks/${webhook.id}/callbacks/live`);
  let refused = 0;
  await page.route('**/callbacks/live*', (route) => (refused++ === 0 ? route.fulfill({ status: 503 }) : route.continue()));
  await page.goto(`/webhooks/${webhook.id}`);
  await expect.poll(() => refused).toBe(1);
  await server.publish('identity_request.created', 'refused');
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible({ timeout: 25_000 });
  await expect(rows(page)).toHaveCount(1);
});

test('a callback tells when the next attempt is due, and what was left out of a long answer', async ({ page, another, receiver }) => {
  const server = await another('1h');
  receiver.answer = { status: 500, body: 'x'.repeat(20_000) };
  const webhook = await server.api('POST', '/webhooks', { name: 'Due', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'due');
  await logged(server, webhook.id, 1);
  const { items } = await server.api('GET', `/webhooks/${webhook.id}/callbacks`);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${webhook.id}?callback=${items[0].id}`);
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open).toContainText('The next attempt is due');
  const due = new Date((await open.locator('p, div').filter({ hasText: 'The next attempt is due' }).locator('time').last().getAttribute('datetime'))!);
  expect(Math.abs(due.getTime() - Date.now() - 3_600_000)).toBeLessThan(3_600_000 * 0.25);
  await expect(open).toContainText('Only the first 16 KiB are kept.');
});

test('a log is accessible in each of its states', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'axe is a script');
  test.slow();
  const webhook = await server.api('POST', '/webhooks', { name: 'States', url: receiver.url, events: ['visit_event.created'] });
  receiver.answer = { status: 500, body: '' };
  await server.publish('visit_event.created', 'states');
  await logged(server, webhook.id, 2);
  for (const query of ['', 'range=12m', 'response=succeeded', 'from=2026-11-02T00:00&to=2026-11-01T00:00']) {
    await page.goto(`/webhooks/${webhook.id}?${query}`);
    await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
    await accessible(page);
    await fits(page);
  }
  await page.goto(`/webhooks/${webhook.id}`);
  await page.getByRole('button', { name: 'Export' }).click();
  await rows(page).first().getByRole('link').click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await accessible(page);
  await fits(page);
});

test('a body is shown formatted and raw, and copied byte for byte', async ({ signedIn: page, server, receiver, javaScriptEnabled, context }) => {
  const body = `{"b":1.10,\r\n "a":"\u202eleft"}`;
  receiver.answer = { status: 200, body };
  const webhook = await server.api('POST', '/webhooks', { name: `Bodies ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  await server.api('POST', `/webhooks/${webhook.id}/test`);
  await logged(server, webhook.id, 1);
  await page.goto(`/webhooks/${webhook.id}`);
  await rows(page).first().getByRole('link').click();
  const open = page.getByRole('article', { name: 'Callback' });
  const [formatted, raw] = ['Response body', 'Response body, raw'].map((name) => open.getByRole('region', { name, exact: true }));
  await expect(formatted).toHaveText(/"b": 1\.10,/);
  await expect(formatted).toContainText('\\u{202E}left');
  await expect(raw).toBeHidden();
  await accessible(page);
  await fits(page);
  await open.getByRole('group', { name: 'Response body' }).getByRole('radio', { name: 'Raw' }).check();
  await expect(formatted).toBeHidden();
  await expect(raw).toBeVisible();
  expect(await raw.textContent()).toBe(body);
  const sent = receiver.received[0].body;
  await open.getByRole('group', { name: 'Request body' }).getByRole('radio', { name: 'Raw' }).check();
  expect(await open.getByRole('region', { name: 'Request body, raw' }).textContent()).toBe(sent);
  await accessible(page);
  await fits(page);
  if (javaScriptEnabled === false) return;
  await live(page);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open.getByRole('button', { name: 'Copy', exact: true }).first().click();
  await expect(open.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sent);
});

test('a session that ends while a log is open is told, and signing in leads back', async ({ page, another, receiver, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the next page asks to sign in');
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Ends', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'ends');
  await logged(server, id, 1);
  await page.goto(`${server.url}/webhooks/${id}?range=7d`);
  await live(page);
  expected.push(`401 /webhooks/${id}/callbacks/live`, '401 /fn/log_fragment');
  // In another window of the same browser.
  const other = await page.context().newPage();
  await other.goto(`${server.url}/webhooks`);
  await openAccountMenu(other);
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other).toHaveURL(/sign-in/);
  await other.close();
  const again = page.getByRole('link', { name: 'Your session has ended. Sign in again' });
  await expect(again).toBeVisible({ timeout: 30_000 });
  await accessible(page);
  await again.click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?range=7d$`));
  await expect(rows(page)).toHaveCount(1);
});
