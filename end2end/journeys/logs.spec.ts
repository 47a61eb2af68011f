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
  await expect(page.getByText('No callbacks in this range match the filters.')).toBeVisible();
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
    // The fields of a range that is wrong stay in sight.
    const custom = page.getByRole('button', { name: 'Custom…' });
    if (await custom.isVisible()) await custom.click();
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
  await expect(open).toContainText('Failed for good');
  await open.getByText('As cURL', { exact: true }).click();
  const marks = await page.locator('summary').evaluateAll((lines) => lines.map((line) => getComputedStyle(line).listStyleType));
  expect(new Set(marks), 'chevrons, and not the triangles of the browser').toEqual(new Set(['none']));
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

  // The top of the table is in view, and nobody reads it: the same.
  const announced = page.getByRole('link', { name: /new callback/ });
  await page.setViewportSize({ width: 1280, height: 800 });
  await rows(page).first().scrollIntoViewIfNeeded();
  await page.mouse.move(0, 0);
  await publish();
  await expect(rows(page)).toHaveCount(3);
  await expect(announced).toHaveCount(0);

  // It is being read: rows wait until they are asked for.
  await rows(page).first().hover();
  const read = (await rows(page).first().boundingBox())!;
  await publish();
  await publish();
  const fresh = page.getByRole('link', { name: '2 new callbacks' });
  await expect(fresh).toBeVisible();
  expect((await rows(page).first().boundingBox())!.y, 'what is read stays where it is').toBe(read.y);
  await expect(rows(page)).toHaveCount(3);
  await accessible(page);
  await fresh.click();
  await expect(rows(page)).toHaveCount(5);
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
  await logged(server, webhook.id, 6);
  await expect(rows(page)).toHaveCount(5);
  await expect(announced).toHaveCount(0);
  await show(false);
  await expect.poll(async () => (await rows(page).count()) + (await announced.count())).toBe(6);
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
  // The next attempt is on the line of the attempts, and not filled.
  const attempts = open.getByRole('group', { name: 'Attempts' }).getByRole('listitem');
  await expect(attempts).toHaveCount(2);
  await expect(attempts.last()).toContainText(/^next in \d+ /);
  const dots = await attempts.evaluateAll((items) => items.map((item) => getComputedStyle(item, '::before')).map((dot) => [dot.borderTopWidth, dot.backgroundColor]));
  expect(dots.map(([border]) => border)).toEqual(['0px', '2px']);
  expect(dots[0][1]).not.toBe(dots[1][1]);
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
  await expect(formatted.locator('.json-name'), 'names have a colour of their own').toHaveText(['"b"', '"a"']);
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
  expected.push(`401 /webhooks/${id}/callbacks/live`, '401 /fn/log_fragment', '401 /fn/health_fragment');
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
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?range=7d$`));
  await expect(rows(page)).toHaveCount(1);
});

test('a row says in words what a test, a retry, and what was sent again are', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  receiver.answer = { status: 503, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: `In words ${javaScriptEnabled}`, url: receiver.url, events: ['access_request.created'] });
  await server.publish('access_request.created', `words-${javaScriptEnabled}`);
  await logged(server, id, 2);
  await page.goto(`/webhooks/${id}`);
  // What the column says for people who see it: the same words stand in the cards of a narrow window.
  const column = async (name: string) => (await page.getByRole('table', { name: 'Callbacks' }).getByRole('columnheader').allTextContents()).indexOf(name);
  const attempts = async () => {
    const at = await column('Attempt');
    return Promise.all((await rows(page).all()).map((row) => row.getByRole('cell').nth(at).innerText()));
  };
  await expect.poll(attempts, 'newest first').toEqual(['Retry 2', '1']);

  receiver.answer = { status: 202, body: '' };
  await rows(page).first().getByRole('link').click();
  const open = page.getByRole('article', { name: 'Callback' });
  await open.getByRole('button', { name: 'Send again' }).click();
  await expect(open).toContainText('Sent again. Here is the result.');
  await expect(open.getByRole('group', { name: 'Attempts' }).getByRole('listitem').filter({ hasText: '(manual)' })).toHaveCount(1);
  await page.goto(`/webhooks/${id}`);
  await expect.poll(attempts).toEqual(['Sent again', 'Retry 2', '1']);
  await page.getByRole('button', { name: 'Send test event' }).click();
  await expect(page.getByText('A test event was sent. Its callback is in the log.')).toBeVisible();
  await logged(server, id, 4);
  await page.goto(`/webhooks/${id}`);
  await expect.poll(attempts).toEqual(['Test', 'Sent again', 'Retry 2', '1']);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [row, word] of ['Test', 'Sent again', 'Retry 2'].entries()) await expect(rows(page).nth(row).getByText(word, { exact: false })).toBeVisible();
});

/** How a log names the day of a moment. */
function dayName(at: Date, zone: string): string {
  const civil = (date: Date) => date.toLocaleDateString('en-CA', { timeZone: zone });
  const [year, month, day] = civil(at).split('-').map(Number);
  // A calendar without daylight saving time.
  const days = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;
  const ago = days(civil(new Date())) - days(civil(at));
  if (ago < 2) return ago === 0 ? 'Today' : 'Yesterday';
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  const name = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][month - 1];
  return `${weekday} ${day} ${name}${String(year) === civil(new Date()).slice(0, 4) ? '' : ` ${year}`}`;
}

test('a log is divided into days, and its times are local or UTC', async ({ page, another, receiver, javaScriptEnabled }) => {
  test.slow();
  const server = await another('200ms', true);
  const { id } = await server.api('POST', '/webhooks', { name: 'Days', url: receiver.url, events: ['visit_event.created'] });
  // Three days ago at 02:30 UTC it was still the evening before in Montreal. Then at noon, yesterday, and now.
  const midnight = Date.parse(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`) - 3 * 86_400_000;
  let number = 0;
  for (const behind of [Date.now() - (midnight + 2.5 * 3_600_000), Date.now() - (midnight + 12 * 3_600_000), 86_400_000, 0]) {
    server.setBehind(behind);
    await server.publish('visit_event.created', `days-${number++}`);
    await logged(server, id, number);
  }
  await signIn(page, server.url);
  if (javaScriptEnabled === false) {
    // Without scripts the browser does not say where it is.
    await page.goto(`${server.url}/account`);
    await page.getByLabel('Show times in').selectOption('America/Montreal');
    await page.getByRole('button', { name: 'Save time zone' }).click();
  }
  await page.goto(`${server.url}/webhooks/${id}?range=7d`);
  await expect(rows(page)).toHaveCount(4);
  const began = await Promise.all((await rows(page).all()).map(async (row) => new Date((await row.locator('time').getAttribute('datetime'))!)));

  /** Each row with its time, and the first one of a day with the name of the day. */
  const shown = async (zone: string) => {
    const cells = began.map((at, row) => {
      const [time, day] = [at.toLocaleTimeString('en-GB', { timeZone: zone }), dayName(at, zone)];
      return row > 0 && dayName(began[row - 1], zone) === day ? time : `${day} ${time}`;
    });
    const read = async () => Promise.all((await rows(page).all()).map(async (row) => (await row.getByRole('cell').first().innerText()).replace(/\s+/g, ' ').trim()));
    await expect.poll(read, `days and times in ${zone}`).toEqual(cells);
    return cells;
  };
  const local = await shown('America/Montreal');
  expect(local[0]).toMatch(/^Today \d\d:\d\d:\d\d$/);
  expect(local[1]).toMatch(/^Yesterday /);
  expect(local[2]).toMatch(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} \w{3}( \d{4})? 0\d:/);
  // Browsers call the zone by the name of its largest city.
  await expect(page.getByText(/Newest first, times in America\/(Montreal|Toronto)/)).toBeVisible();
  await accessible(page);

  await page.getByRole('link', { name: 'UTC', exact: true }).click();
  await expect(page).toHaveURL(/range=7d&times=utc/);
  await expect(page.getByText('Newest first, times in UTC')).toBeVisible();
  const utc = await shown('UTC');
  expect(local[3], 'the evening of another day').toMatch(/^\w{3} \d{1,2} \w{3}( \d{4})? 2\d:/);
  expect(utc[3], 'in UTC the two oldest are of one day').toMatch(/^02:/);
  // It stays so: with another range, with a filter, and in the open callback.
  await page.getByRole('link', { name: 'Last 30 days', exact: true }).click();
  await expect(page).toHaveURL(/range=30d/);
  await shown('UTC');
  await live(page);
  await page.getByRole('combobox', { name: 'Response', exact: true }).selectOption('Succeeded');
  if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/response=succeeded/);
  await shown('UTC');

  const open = page.getByRole('article', { name: 'Callback' });
  /** When the attempt began, to the millisecond: as in the log of a receiver. */
  const exactly = (at: Date, zone: string) => {
    const [month, day, year] = at.toLocaleDateString('en-US', { timeZone: zone, month: 'short', day: 'numeric', year: 'numeric' }).replace(',', '').split(' ');
    return `${day} ${month} ${year}, ${at.toLocaleTimeString('en-GB', { timeZone: zone })}.${String(at.getUTCMilliseconds()).padStart(3, '0')}`;
  };
  await live(page);
  await rows(page).nth(3).getByRole('link').click();
  await expect(open).toContainText(`${exactly(began[3], 'UTC')} (${exactly(began[3], 'UTC')} UTC)`);
  await page.reload();
  await expect(open).toContainText(`${exactly(began[3], 'UTC')} (${exactly(began[3], 'UTC')} UTC)`);
  await page.getByRole('link', { name: 'Local', exact: true }).click();
  await expect(page).not.toHaveURL(/times=utc/);
  await expect(page).toHaveURL(/range=30d.*response=succeeded/);
  await expect(open).toContainText(`${exactly(began[3], 'America/Montreal')} (${exactly(began[3], 'UTC')} UTC)`);
});

test('counts and chart of an open log follow what happens, and its rows stay', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a page is loaded anew');
  test.slow();
  const { id } = await server.api('POST', '/webhooks', { name: 'Counted', url: receiver.url, events: ['visit_event.canceled'] });
  for (let number = 0; number < 30; number++) await server.publish('visit_event.canceled', `counted-${number}`);
  await logged(server, id, 30);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
  const chart = page.getByRole('figure', { name: 'Callbacks over time' });
  /** What the bars say, added up: callbacks of a test may be of two hours. */
  const bars = async () => {
    const names = await chart.locator('.bars').getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('aria-label')!));
    return ['succeeded', 'failed'].map((what) => names.reduce((sum, name) => sum + Number(new RegExp(`(\\d+) ${what}`).exec(name)![1]), 0));
  };
  await expect(chart).toContainText('30 callbacks');
  await expect(chart.locator('.none-failed'), 'none failed, which is not in red').toHaveText('0 failed');
  expect(await bars()).toEqual([30, 0]);
  await expect(chart.locator('rect.failed')).toHaveCount(0);

  // The chart is in sight, and so are the first rows, which somebody reads.
  await chart.scrollIntoViewIfNeeded();
  await expect(rows(page).first()).toBeInViewport();
  await rows(page).first().hover();
  const first = await rows(page).first().textContent();
  await server.publish('visit_event.canceled', 'counted-live');
  await expect(chart).toContainText('31 callbacks');
  await expect(chart).toContainText('31 succeeded');
  expect(await bars()).toEqual([31, 0]);
  await expect(page.getByRole('link', { name: '1 new callback' })).toBeVisible();
  expect(await rows(page).first().textContent(), 'the rows stay').toBe(first);
  await expect(rows(page)).toHaveCount(30);

  // Far down, where the chart is out of sight, what fails is counted as well.
  await rows(page).nth(25).scrollIntoViewIfNeeded();
  await expect(chart).not.toBeInViewport();
  const read = (await rows(page).nth(25).boundingBox())!.y;
  receiver.answer = { status: 503, body: '' };
  await server.publish('visit_event.canceled', 'counted-fails');
  const fresh = page.getByRole('link', { name: '3 new callbacks' });
  await expect(fresh).toBeVisible();
  await expect(chart).toContainText('33 callbacks');
  await expect(chart).toContainText('2 failed');
  expect(await bars()).toEqual([31, 2]);
  await expect(chart.locator('rect.failed'), 'and drawn').not.toHaveCount(0);
  expect((await rows(page).nth(25).boundingBox())!.y, 'what is read stays where it is').toBe(read);
  await expect(rows(page)).toHaveCount(30);
  await fresh.click();
  await expect(rows(page)).toHaveCount(33);
  await expect(rows(page).first()).toContainText('503 ServiceUnavailable');
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);

  // Only what fits the filter is counted.
  await page.goto(`/webhooks/${id}?response=failed`);
  await live(page);
  await expect(chart).toContainText('2 callbacks');
  receiver.answer = { status: 202, body: '' };
  await server.publish('visit_event.canceled', 'counted-works');
  await logged(server, id, 34);
  receiver.answer = { status: 503, body: '' };
  await server.publish('visit_event.canceled', 'counted-fails-again');
  await expect(chart).toContainText('4 callbacks');
  await expect(chart).toContainText('0 succeeded');
});

test('the announcement of new callbacks is seen and pressed from anywhere in the log', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a page is loaded anew');
  const { id } = await server.api('POST', '/webhooks', { name: 'Announced', url: receiver.url, events: ['identity.deleted'] });
  for (let number = 0; number < 30; number++) await server.publish('identity.deleted', `announced-${number}`);
  await logged(server, id, 30);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await rows(page).nth(25).scrollIntoViewIfNeeded();
  await server.publish('identity.deleted', 'announced-now');
  const fresh = page.getByRole('link', { name: '1 new callback' });
  await expect(fresh).toBeInViewport({ ratio: 1 });
  const box = (await fresh.boundingBox())!;
  // The links to the sections stay in sight as well, and may not lie over it.
  expect(await page.evaluate(([x, y]) => document.elementFromPoint(x, y)!.textContent, [box.x + box.width / 2, box.y + 8])).toContain('1 new callback');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(rows(page)).toHaveCount(31);
});

test('a session that ends while a callback is open is told, and signing in leads back to it', async ({ page, another, receiver, expected, javaScriptEnabled }) => {
  test.slow();
  const server = await another();
  const { id } = await server.api('POST', '/webhooks', { name: 'Ends beside', url: receiver.url, events: ['visit_event.created'] });
  for (const number of [1, 2, 3]) await server.publish('visit_event.created', `ends-beside-${number}`);
  await logged(server, id, 3);
  const { items } = await server.api('GET', '/users');
  const open = page.getByRole('article', { name: 'Callback' });
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${id}`);
  await live(page);
  await rows(page).first().getByRole('link').click();
  await expect(open).toContainText('Delivered');
  expected.push(`401 /webhooks/${id}/callbacks/live`, '401 /fn/log_fragment', '401 /fn/callback_panel', '401 /fn/health_fragment');
  // An administrator ends all sessions of this user by setting a password.
  await server.api('POST', `/users/${items[0].id}/password/reset`, { password });
  if (javaScriptEnabled !== false) {
    await expect(page.getByRole('link', { name: 'Your session has ended. Sign in again' })).toBeVisible({ timeout: 30_000 });
    await expect(open, 'what was there can still be read').toContainText('202 Accepted');
    await expect(open.getByRole('region', { name: 'Request body', exact: true })).toContainText('ends-beside');
  }
  // Another callback asks to sign in, and is open then.
  const last = (await rows(page).nth(2).getAttribute('data-callback'))!;
  await rows(page).nth(2).getByRole('link').click();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?callback=${last}`));
  await expect(open).toContainText('Delivered');
  await expect(rows(page).nth(2)).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('link', { name: 'Your session has ended. Sign in again' })).toHaveCount(0);
});

test('a button pressed after the session ended is not forgotten', async ({ page, another, receiver, expected }) => {
  const server = await another();
  const { id } = await server.api('POST', '/webhooks', { name: 'Pressed late', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'pressed-late');
  await logged(server, id, 1);
  const { items } = await server.api('GET', `/webhooks/${id}/callbacks`);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${id}?callback=${items[0].id}`);
  await live(page);
  expected.push(`401 /webhooks/${id}/callbacks/live`, '401 /fn/log_fragment', '401 /fn/health_fragment');
  await page.context().clearCookies({ name: 'clearhook_session' });
  await page.getByRole('article', { name: 'Callback' }).getByRole('button', { name: 'Send again', exact: true }).click();
  await expect(page.getByText('Your session has ended, so nothing was done.')).toBeVisible();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?callback=${items[0].id}`));
  expect(receiver.received.length).toBe(1);
});

test('a chosen range is the same time in UTC, on the page and in a file', async ({ page, another, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the time zone of the browser is unknown, and every time is in UTC');
  test.slow();
  const server = await another('200ms', true);
  const { id } = await server.api('POST', '/webhooks', { name: 'Chosen', url: receiver.url, events: ['visit_event.created'] });
  server.setBehind(10 * 3_600_000);
  await server.publish('visit_event.created', 'chosen');
  await logged(server, id, 1);
  server.setBehind(0);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${id}?range=24h#logs`);
  await live(page);
  await page.getByRole('figure', { name: 'Callbacks over time' }).getByRole('link', { name: '1 succeeded' }).click();
  await expect(page).toHaveURL(/from=.*to=/);
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('link', { name: 'UTC', exact: true }).click();
  await expect(page).toHaveURL(/times=utc/);
  await expect(rows(page), 'the same moment').toHaveCount(1);
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  expect(readFileSync(await download.path(), 'utf8').trimEnd().split('\r\n')).toHaveLength(2);
});

test('a bar of the chart keeps the focus while callbacks come in', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a page is loaded anew');
  const { id } = await server.api('POST', '/webhooks', { name: 'Bar in use', url: receiver.url, events: ['identity_request.created'] });
  await server.publish('identity_request.created', 'bar-1');
  await logged(server, id, 1);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  const bar = page.locator('#log-chart .bars a').last();
  await bar.focus();
  await server.publish('identity_request.created', 'bar-2');
  await expect(page.getByRole('link', { name: '1 new callback' })).toBeVisible();
  await expect(bar).toBeFocused();
  await page.getByRole('heading', { name: 'Logs' }).click();
  await bar.blur();
  await server.publish('identity_request.created', 'bar-3');
  await expect(page.locator('#log-chart')).toContainText('3 callbacks');
});
