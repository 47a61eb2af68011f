// The search of a log: the rows, the chart, the links and the address change while the user types.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Server } from '../support/server.ts';
import { accessible, expect, fits, live, signIn, test } from '../support/test.ts';

const EVENT = 'visit_event.approved';
const rows = (page: Page) => page.locator('#log-rows').getByRole('row');
const field = (page: Page) => page.getByRole('searchbox', { name: 'Event, message or subject' });
const chips = (page: Page) => page.locator('#log-chips');

async function logged(server: Server, webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(count);
}

/** Publishes an event with a subject. */
async function publish(server: Server, id: string, subject: string): Promise<void> {
  await server.publish(EVENT, id, subject);
}

test('a log is searched while one types, and all of the page follows', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the search is sent by Enter');
  const { id } = await server.api('POST', '/webhooks', { name: 'Typed', url: receiver.url, events: [EVENT] });
  for (const number of [1, 2, 3]) await publish(server, `typed-${number}`, `door/${number}`);
  await logged(server, id, 3);
  await page.goto(`/webhooks/${id}?range=24h&times=utc`);
  await live(page);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).filter({ hasText: 'door/2' }), 'a row names its subject').toHaveCount(1);
  // A callback that is open closes: the rows are others.
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  // A mark that goes with the document.
  await page.evaluate(() => document.documentElement.setAttribute('data-same', ''));

  await field(page).pressSequentially('door/2', { delay: 40 });
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('door/2');
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('door/2');
  await expect(page).toHaveURL(/\?(?=.*range=24h)(?=.*times=utc)(?=.*q=door%2F2)/);
  await expect(page).not.toHaveURL(/callback=/);
  await expect(page.getByRole('article', { name: 'Callback' })).toHaveCount(0);
  await expect(page.locator('#log-chart')).toContainText('1 callback');
  await expect(page.getByRole('status').filter({ hasText: /^1 callback$/ }), 'it is announced').toHaveCount(1);
  await expect(chips(page)).toContainText('“door/2”');
  await accessible(page);
  await fits(page);
  // What leads on keeps it: the ranges, the file, a custom range.
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  expect(readFileSync(await download.path(), 'utf8').trimEnd().split('\r\n')).toHaveLength(2);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'Last 7 days' })).toHaveAttribute('href', /q=door/);
  // More text, less text, none.
  await field(page).fill('door/2222');
  await expect(page.getByText('No callbacks in this range match the search and the filters.')).toBeVisible();
  await field(page).fill('');
  await expect(rows(page)).toHaveCount(3);
  await expect(page).not.toHaveURL(/q=/);
  await expect(chips(page).getByRole('link')).toHaveCount(0);
  await expect(page.locator('html[data-same]'), 'the document is still the same').toHaveCount(1);
  // New callbacks come in again, because nothing is searched any more.
  await publish(server, 'typed-4', 'door/4');
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await expect(rows(page)).toHaveCount(4);
  // Enter does not wait for the pause, and "Back" leaves the page.
  await field(page).fill('door/1');
  await field(page).press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await expect(field(page)).toHaveValue('door/1');
});

test('each filter of a log is a chip that removes it', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const name = `Chips ${javaScriptEnabled}`;
  const { id } = await server.api('POST', '/webhooks', { name, url: receiver.url, events: [EVENT] });
  for (const number of [1, 2]) await publish(server, `chips-${javaScriptEnabled}-${number}`, `chip/${javaScriptEnabled}/${number}`);
  await logged(server, id, 2);
  await page.goto(`/webhooks/${id}?range=24h&response=failed&event=${EVENT}&q=chip%2F${javaScriptEnabled}%2F1`);
  await expect(page.getByText('No callbacks in this range match the search and the filters.')).toBeVisible();
  await expect(chips(page).getByRole('link')).toHaveText(['Response: Failed', 'Event: Visit event approved', `“chip/${javaScriptEnabled}/1”`, 'Clear']);
  await accessible(page);
  await chips(page).getByRole('link', { name: 'Remove the filter Response: Failed' }).click();
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/range=24h/);
  await expect(page.getByRole('combobox', { name: 'Response' })).toHaveValue('');
  await chips(page).getByRole('link', { name: /^Remove the filter “/ }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(field(page)).toHaveValue('');
  await chips(page).getByRole('link', { name: 'Clear' }).click();
  await expect(chips(page).getByRole('link')).toHaveCount(0);
  await expect(page).not.toHaveURL(/event=/);
  // A custom range is one as well.
  await page.getByRole('button', { name: 'Custom…' }).click();
  await page.getByLabel('From').fill('2026-01-01T00:00');
  await page.getByLabel('to', { exact: true }).fill('2026-01-02T00:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('No callbacks in this range.')).toBeVisible();
  await expect(chips(page)).toContainText('1 Jan 2026, 00:00 – 2 Jan 2026, 00:00');
  await chips(page).getByRole('link', { name: 'Back to the usual range' }).click();
  await expect(rows(page)).toHaveCount(2);
});

test('a search follows a session that has ended', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the page leads to the sign-in page');
  expected.push('401 /fn/log_fragment', '401 /fn/health_fragment');
  const { id } = await server.api('POST', '/webhooks', { name: 'Ended', url: receiver.url, events: [EVENT] });
  await publish(server, 'ended-1', 'ended/1');
  await logged(server, id, 1);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.context().clearCookies({ name: 'clearhook_session' });
  await field(page).fill('ended');
  const ended = page.getByRole('link', { name: /session has ended/ });
  await expect(ended).toBeVisible();
  // Somebody signs in again, in another tab.
  const other = await page.context().newPage();
  await signIn(other, server.url);
  await other.close();
  await field(page).fill('ended/1');
  await expect(page).toHaveURL(/q=ended%2F1/);
  await expect(ended).toHaveCount(0);
  await expect(rows(page)).toHaveCount(1);
});

test('a range, a filter, a chip and a bar change the log in the open page', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts each of them is a page');
  const { id } = await server.api('POST', '/webhooks', { name: 'Chosen', url: receiver.url, events: [EVENT, 'visit_event.denied'] });
  for (const number of [1, 2]) await publish(server, `chosen-${number}`, `chosen/${number}`);
  await server.publish('visit_event.denied', 'chosen-3', 'chosen/3');
  await logged(server, id, 3);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.evaluate(() => document.documentElement.setAttribute('data-same', ''));
  const event = page.locator('#log').getByLabel('Event', { exact: true });
  const same = () => expect(page.locator('html[data-same]'), 'without a reload').toHaveCount(1);

  await event.focus();
  await event.selectOption('visit_event.denied');
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/event=visit_event.denied/);
  await expect(event, 'the field keeps the focus').toBeFocused();
  await expect(page.getByRole('status').filter({ hasText: /^1 callback$/ }), 'it is announced').toHaveCount(1);
  const week = page.getByRole('link', { name: 'Last 7 days' });
  await week.click();
  await expect(week).toHaveAttribute('aria-current', 'true');
  await expect(week).toBeFocused();
  await expect(page).toHaveURL(/(?=.*range=7d)(?=.*event=visit_event.denied)/);
  await expect(rows(page)).toHaveCount(1);
  await accessible(page);
  await chips(page).getByRole('link').first().click();
  await expect(rows(page)).toHaveCount(3);
  await expect(event, 'the form follows').toHaveValue('');
  await expect(page).toHaveURL(/range=7d/);
  // What has gone gives its focus to the rows.
  await expect(page.locator('#log-body')).toBeFocused();
  // Typing and the panel work on.
  await field(page).fill('chosen/2');
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await page.keyboard.press('Escape');
  await field(page).fill('');
  await expect(rows(page)).toHaveCount(3);
  await page.locator('#log-chart .bars').getByRole('link').last().click();
  await expect(page).toHaveURL(/from=.*to=/);
  await same();
  // New callbacks are announced as before.
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.evaluate(() => document.documentElement.setAttribute('data-same', ''));
  await page.getByRole('link', { name: 'Last hour' }).click();
  await expect(page).toHaveURL(/range=1h/);
  await publish(server, 'chosen-4', 'chosen/4');
  await expect.poll(async () => (await page.getByRole('link', { name: '1 new callback' }).count()) + (await rows(page).filter({ hasText: 'chosen/4' }).count())).toBeGreaterThan(0);
  await same();
  await page.goBack();
  await expect(page, 'Back leads to the log before').not.toHaveURL(/range=/);
  await expect(page.getByRole('link', { name: 'Last 24 hours' })).toHaveAttribute('aria-current', 'true');
});

test('“Back” shows the log that the address says', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts each search is a page');
  const { id } = await server.api('POST', '/webhooks', { name: 'Back', url: receiver.url, events: [EVENT] });
  for (const number of [1, 2]) await publish(server, `back-${number}`, `back/${number}`);
  await logged(server, id, 2);
  await page.goto(`/webhooks/${id}?range=24h`);
  await live(page);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await field(page).fill('back/2');
  await expect(rows(page)).toHaveCount(1);
  await page.goBack();
  await expect(page).not.toHaveURL(/q=/);
  await expect(rows(page)).toHaveCount(2);
  await expect(field(page)).toHaveValue('');
});

test('a search that cannot be answered keeps the page, and is asked again', async ({ signedIn: page, server, receiver, expected, context, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the browser says that there is no connection');
  expected.push('net::ERR_INTERNET_DISCONNECTED /fn/log_fragment', 'net::ERR_INTERNET_DISCONNECTED /fn/health_fragment');
  const { id } = await server.api('POST', '/webhooks', { name: 'Offline', url: receiver.url, events: [EVENT] });
  expected.push(`net::ERR_INTERNET_DISCONNECTED /webhooks/${id}/callbacks/live`);
  for (const number of [1, 2]) await publish(server, `offline-${number}`, `offline/${number}`);
  await logged(server, id, 2);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await context.setOffline(true);
  await field(page).fill('offline/1');
  await expect(page.locator('#log-body[aria-busy]')).toHaveCount(1);
  await expect(rows(page)).toHaveCount(2);
  await context.setOffline(false);
  await field(page).fill('offline/2');
  await expect(rows(page)).toHaveCount(1);
  await expect(page.locator('#log-body[aria-busy]')).toHaveCount(0);
});

test('on a phone Enter closes the sheet over the rows', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Sheet', url: receiver.url, events: [EVENT] });
  const mark = `sheet/${Date.now()}`;
  for (const number of [1, 2]) await publish(server, `${mark}-${number}`, `${mark}/${number}`);
  await logged(server, id, 2);
  await page.setViewportSize({ width: 390, height: 700 });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.getByRole('button', { name: /^Filters/ }).click();
  await field(page).fill(`${mark}/1`);
  await field(page).press('Enter');
  await expect(field(page)).toBeHidden();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('button', { name: /^Filters/ })).toHaveText('Filters (1)');
});

test('a search keeps the list from which the webhook was opened', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts each search is a page');
  const { id } = await server.api('POST', '/webhooks', { name: 'From a list', url: 'https://example.com/', events: [EVENT], enabled: false });
  for (const number of [1, 2]) await publish(server, `listed-${number}`, `listed/${number}`);
  await expect.poll(async () => (await server.api('GET', `/deliveries?state=held&webhook_id=${id}`)).items.length).toBe(2);
  await server.api('PATCH', `/webhooks/${id}`, { enabled: true });
  await page.goto(`/webhooks/${id}?response=held&list=q%3Dlist`);
  await live(page);
  await field(page).fill('listed/1');
  await expect(page.getByRole('table', { name: 'Held deliveries' }).getByRole('row')).toHaveCount(2);
  await expect(page).toHaveURL(/list=q%3Dlist/);
  await expect(page.locator('form[action*="/redeliver"]')).toHaveAttribute('action', /list=q%3Dlist/);
});

test('a subject from strangers is text wherever it stands', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const hostile = `<img src=x onerror=alert(1)> "'&amp; \u202eelas ${javaScriptEnabled} ${'long '.repeat(60)}end`;
  const shown = hostile.replace('\u202e', '\\u{202E}');
  const { id } = await server.api('POST', '/webhooks', { name: `Hostile ${javaScriptEnabled}`, url: receiver.url, events: [EVENT] });
  await publish(server, `hostile-${javaScriptEnabled}`, hostile);
  await logged(server, id, 1);
  for (const path of [`/webhooks/${id}`, `/webhooks/${id}?q=${encodeURIComponent(hostile)}`]) {
    await page.goto(path);
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(shown);
    await expect(page.locator('img')).toHaveCount(0);
    await fits(page);
  }
  await expect(chips(page)).toContainText('<img src=x onerror=alert(1)>');
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toContainText(shown);
  // In a list of deliveries as well.
  await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
  await publish(server, `hostile-held-${javaScriptEnabled}`, hostile);
  await page.goto(`/webhooks/${id}?response=held`);
  await expect(page.getByRole('table', { name: 'Held deliveries' })).toContainText(shown);
  await expect(page.locator('img')).toHaveCount(0);
  await fits(page);
});

test('a row of the log shows the end of its URL, and whether the webhook has another one now', async ({ signedIn: page, server, receiver }) => {
  const path = `/clearid/v2/${'segment/'.repeat(8)}identity-events?tenant=north`;
  const { id } = await server.api('POST', '/webhooks', { name: 'Long URL', url: receiver.url.replace('/hook?from=journey', path), events: [EVENT] });
  await publish(server, `long-url-${Date.now()}`, 'door/1');
  await logged(server, id, 1);
  await server.api('PATCH', `/webhooks/${id}`, { url: `${receiver.url}&now=1` });
  await page.goto(`/webhooks/${id}`);
  const cell = rows(page).first().getByRole('cell').nth(3);
  await expect(cell).toContainText('old URL');
  await expect(cell).toHaveAttribute('title', new RegExp('identity-events\\?tenant=north$'));
  const inside = async (part: string) => {
    const [outer, inner] = [(await cell.boundingBox())!, (await cell.locator(part).boundingBox())!];
    return inner.width > 20 && inner.x + inner.width <= outer.x + outer.width + 1;
  };
  for (const part of ['.end', '.tag']) expect(await inside(part), part).toBe(true);
  await fits(page);
});

test('what the panel names can be copied', async ({ signedIn: page, server, receiver, context, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'copying needs scripts');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { id } = await server.api('POST', '/webhooks', { name: 'Copied', url: `${receiver.url}?a=1`, events: [EVENT] });
  // A character that cannot be seen is written out, and copied as it is.
  await publish(server, 'copied-1', 'copied/مرحبا\u200b 🎉');
  await logged(server, id, 1);
  const { items } = await server.api('GET', `/webhooks/${id}/callbacks`);
  await page.goto(`/webhooks/${id}?callback=${items[0].id}`);
  await live(page);
  const panel = page.getByRole('article', { name: 'Callback' });
  for (const [name, text] of [
    ['Copy: URL', `${receiver.url}?a=1`],
    ['Copy: Publisher’s id', 'copied-1'],
    ['Copy: Subject', 'copied/مرحبا\u200b 🎉'],
    ['Copy: Event id', items[0].event_id],
    ['Copy link', `${server.url}/webhooks/${id}?callback=${items[0].id}`],
  ]) {
    await panel.getByRole('button', { name, exact: true }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), name).toBe(text);
  }
});
