// What waits, is held, or has failed: seen, sent again, discarded; and one callback beside the log. With scripts and without.
import type { Page } from '@playwright/test';
import type { Server } from '../support/server.ts';
import { accessible, expect, fits, live, test, tick } from '../support/test.ts';

const rows = (page: Page) => page.locator('#log-rows').getByRole('row');

async function logged(server: Server, webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(count);
}

async function waits(server: Server, webhook: string, state: string, count: number): Promise<void> {
  const path = `/deliveries?state=${state}&webhook_id=${webhook}&limit=200`;
  await expect.poll(async () => (await server.api('GET', path)).items.length, { timeout: 20_000 }).toBe(count);
}

test('held deliveries are offered after enabling, and sent by a button', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const body = { name: `Held ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'], enabled: false };
  const { id } = await server.api('POST', '/webhooks', body);
  for (const number of [1, 2, 3]) await server.publish('visit_event.created', `held-${javaScriptEnabled}-${number}`);
  await waits(server, id, 'held', 3);
  await page.goto(`/webhooks/${id}?response=held#logs`);
  await expect(page.getByRole('table', { name: 'Held deliveries' }).getByRole('row')).toHaveCount(4);
  await accessible(page);
  await fits(page);
  await server.api('PATCH', `/webhooks/${id}`, { enabled: true });
  await page.goto(`/webhooks/${id}?saved=enabled`);
  await expect(page.getByText('3 deliveries are still held.')).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Send them now' }).click();
  await expect(page.getByText('3 deliveries are being sent again.')).toBeVisible();
  await expect.poll(() => receiver.received.length).toBe(3);
  await logged(server, id, 3);
  await page.goto(`/webhooks/${id}`);
  await expect(page.getByRole('button', { name: 'Send held deliveries' })).toHaveCount(0);
});

test('a webhook that clearhook disabled is enabled by one button', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  receiver.answer = { status: 410, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: `Gone ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', `gone-${javaScriptEnabled}-1`);
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}`)).enabled, { timeout: 20_000 }).toBe(false);
  await server.publish('visit_event.created', `gone-${javaScriptEnabled}-2`);
  await waits(server, id, 'held', 1);
  await page.goto(`/webhooks/${id}`);
  await expect(page.getByText('clearhook disabled this webhook.')).toBeVisible();
  await expect(page.locator('#health')).toContainText('Enable the webhook first; then they can be sent.');
  const enable = page.getByRole('button', { name: 'Enable this webhook' });
  await expect(enable).toHaveCount(1);
  await accessible(page);
  receiver.answer = { status: 202, body: '' };
  await enable.click();
  await expect(page.getByText('Webhook enabled.')).toBeVisible();
});

test('the dialog counts before it sends, and discarding asks', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.slow();
  receiver.answer = { status: 500, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: `Failed ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', `failed-${javaScriptEnabled}`);
  await waits(server, id, 'failed', 1);
  receiver.answer = { status: 202, body: '' };
  await page.goto(`/webhooks/${id}`);
  await expect(page.locator('#health')).toContainText('The receiver had an internal error.');
  await page.locator('summary').filter({ hasText: 'Send again…' }).click();
  const dialog = page.locator('#send-again');
  await expect(dialog.getByRole('checkbox', { name: '1 failed for good' })).toBeChecked();
  await accessible(page);
  await live(page);
  await dialog.getByRole('combobox', { name: 'Created' }).selectOption('Last hour');
  if (javaScriptEnabled === false) await dialog.getByRole('button', { name: 'Count' }).click();
  await expect(page).toHaveURL(/again=1h/);
  await expect(dialog.getByRole('checkbox', { name: '1 failed for good' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Send them again' }).click();
  await expect(page.getByText('1 delivery is being sent again.')).toBeVisible();
  await waits(server, id, 'failed', 0);

  await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
  await server.publish('visit_event.created', `discarded-${javaScriptEnabled}`);
  await waits(server, id, 'held', 1);
  await page.goto(`/webhooks/${id}`);
  await page.getByRole('button', { name: 'Discard held…' }).first().click();
  await accessible(page);
  await page.getByRole('button', { name: 'Discard them' }).first().click();
  await expect(page.getByText('1 delivery was discarded.')).toBeVisible();
  await waits(server, id, 'held', 0);
});

test('one delivery that failed for good is sent again from its row', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  receiver.answer = { status: 500, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: `One ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  for (const number of [1, 2]) await server.publish('visit_event.created', `one-${javaScriptEnabled}-${number}`);
  await waits(server, id, 'failed', 2);
  receiver.answer = { status: 202, body: '' };
  await page.goto(`/webhooks/${id}`);
  await page.locator('#health').getByRole('link', { name: '2', exact: true }).click();
  const table = page.getByRole('table', { name: 'Deliveries that failed for good' });
  await expect(table.getByRole('row')).toHaveCount(3);
  await expect(table).toContainText('attempts failed; the last response was InternalServerError.');
  await accessible(page);
  await fits(page);
  await table.getByRole('button', { name: 'Send again: the delivery of Visit event created' }).first().click();
  await expect(page.getByText('The delivery is being sent.')).toBeVisible();
  await waits(server, id, 'failed', 1);
  await waits(server, id, 'succeeded', 1);
  // The event leads to the callbacks of this delivery.
  await page.goto(`/webhooks/${id}?response=failed-for-good#logs`);
  await table.getByRole('link', { name: 'Visit event created' }).click();
  await expect(rows(page)).toHaveCount(2);
});

test('a callback opens beside the log, and the keyboard goes through them', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  test.slow();
  receiver.answer = { status: 500, body: '{"error":"InternalServerError","traceId":"0HN7-1"}' };
  const { id } = await server.api('POST', '/webhooks', { name: `Beside ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  // Few failures, so that callbacks are not paused.
  for (const number of [1, 2]) await server.publish('visit_event.created', `beside-${javaScriptEnabled}-fails-${number}`);
  await logged(server, id, 4);
  receiver.answer = { status: 202, body: '' };
  for (let number = 0; number < 10; number++) await server.publish('visit_event.created', `beside-${javaScriptEnabled}-${number}`);
  await logged(server, id, 14);
  await page.goto(`/webhooks/${id}`);
  const open = page.getByRole('article', { name: 'Callback' });
  await live(page);
  await rows(page).nth(11).scrollIntoViewIfNeeded();
  const before = (await rows(page).nth(11).boundingBox())!.y;
  await rows(page).nth(11).getByRole('link').click();
  await expect(open).toContainText('The receiver had an internal error. It is reachable; the fault is in its program.');
  await expect(open).toContainText('To be fixed by: Receiver');
  await expect(open).toContainText('0HN7-1');
  await expect(page).toHaveURL(/callback=/);
  await expect(rows(page).nth(11)).toHaveAttribute('aria-current', 'true');
  // What lies half under the links to the sections would count as too small.
  await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
  await accessible(page);
  await fits(page);
  // Beside the log from 1100 px on.
  for (const width of [1600, 1100]) {
    await page.setViewportSize({ width, height: 740 });
    const [list, callback] = [(await rows(page).nth(11).boundingBox())!, (await open.boundingBox())!];
    expect(callback.x, `right of the log at ${width} px`).toBeGreaterThanOrEqual(list.x + list.width);
    await expect(open.getByRole('link', { name: 'Close' })).toBeVisible();
  }
  await page.setViewportSize({ width: 1099, height: 740 });
  await expect(open, 'a page of its own').toBeVisible();
  await expect(rows(page).first()).toBeHidden();
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(open, 'a page of its own').toBeVisible();
  await expect(rows(page).first()).toBeHidden();
  await expect(open.getByRole('link', { name: 'Log' })).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 720 });
  await expect(rows(page).first()).toBeVisible();
  if (javaScriptEnabled === false) {
    await open.getByRole('link', { name: 'Close' }).click();
    await expect(open).toHaveCount(0);
    return;
  }
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
  await rows(page).nth(11).scrollIntoViewIfNeeded();
  const seen = (await rows(page).nth(11).boundingBox())!.y;
  await rows(page).nth(11).getByRole('link').click();
  await expect(open).toBeFocused();
  expect(Math.abs((await rows(page).nth(11).boundingBox())!.y - seen), `the log does not move (${before})`).toBeLessThan(40);
  await page.keyboard.press('j');
  await expect(rows(page).nth(12)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await expect(rows(page).nth(10)).toHaveAttribute('aria-current', 'true');
  await expect(open).toBeFocused();
  // Back leads to the log, however many callbacks were read by keys.
  await page.goBack();
  await expect(open).toHaveCount(0);
  await page.goForward();
  await expect(rows(page).nth(10)).toHaveAttribute('aria-current', 'true');
  await expect(open).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(open).toHaveCount(0);
  await expect(page).not.toHaveURL(/callback=/);
  await expect(rows(page).nth(10).getByRole('link')).toBeFocused();
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);
  // A callback that arrives after the panel was closed does not open it again.
  let release = () => {};
  const closed = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/fn/callback_panel', async (route) => {
    await closed;
    await route.continue();
  });
  const late = page.waitForResponse('**/fn/callback_panel');
  await rows(page).nth(5).getByRole('link').click();
  await expect(rows(page).nth(5)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/callback=/);
  release();
  await (await late).finished();
  // Another answer has been handled after it.
  await page.keyboard.press('j');
  await expect(open).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(open).toHaveCount(0);
  // Without a connection the log stays, and says so in the place of the panel.
  expected.push('net::ERR_FAILED /fn/callback_panel');
  await page.route('**/fn/callback_panel', (route) => route.abort());
  await rows(page).nth(2).getByRole('link').click();
  const problem = page.locator('#panel').getByRole('alert');
  await expect(problem).toContainText('clearhook did not answer. Check your connection');
  await expect(problem.getByRole('link', { name: 'Try again' })).toHaveAttribute('href', /callback=/);
  await expect(rows(page)).toHaveCount(14);
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);
  await accessible(page);
  await page.unroute('**/fn/callback_panel');
  await page.keyboard.press('Escape');
  await expect(problem).toHaveCount(0);
  // Without shortcuts letters do nothing here either.
  await page.evaluate(() => (document.cookie = 'shortcuts=off; path=/'));
  await page.keyboard.press('j');
  await rows(page).nth(4).getByRole('link').click();
  await expect(rows(page).nth(4)).toHaveAttribute('aria-current', 'true');
  await expect(open).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('Escape');
  await expect(rows(page).nth(4).getByRole('link'), 'the open one was the one that was clicked').toBeFocused();
  await page.evaluate(() => (document.cookie = 'shortcuts=; path=/; max-age=0'));
});

test('a log is searched by event, message and subject', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Searched ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.approved'] });
  for (const number of [1, 2, 3]) await server.publish('visit_event.approved', `searched-${javaScriptEnabled}-${number}`);
  await logged(server, id, 3);
  const { items } = await server.api('GET', `/webhooks/${id}/callbacks`);
  await page.goto(`/webhooks/${id}`);
  const search = page.getByRole('searchbox', { name: 'Event, message or subject' });
  for (const text of [items[1].event_id, `msg_${items[1].delivery_id}`, `searched-${javaScriptEnabled}-2`]) {
    await search.fill(text);
    await search.press('Enter');
    await expect(page).toHaveURL(/q=/);
    await expect(rows(page)).toHaveCount(1);
  }
  await search.fill('nothing has this');
  await search.press('Enter');
  await expect(page.getByText('No callbacks in this range match the search and the filters.')).toBeVisible();
  await accessible(page);
});

test('the secret of a new webhook is shown once', async ({ signedIn: page, javaScriptEnabled }) => {
  await page.goto('/webhooks/new');
  const name = `Secret once ${javaScriptEnabled}`;
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/hook');
  await tick(page, 'Visit event created');
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByLabel('The secret of this webhook.')).toHaveValue(secret);
  await expect(page.getByLabel('As an environment variable')).toHaveValue(`WEBHOOK_SECRET=${secret}`);
  await expect(page.getByRole('link', { name: 'I have stored it' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.reload();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page.getByLabel('The secret of this webhook.')).toHaveCount(0);
});

test('the log begins in sight, and the first callback is few steps away', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `In sight ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', `sight-${javaScriptEnabled}`);
  await logged(server, id, 1);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`/webhooks/${id}`);
  const top = (await page.getByRole('heading', { name: 'Logs' }).boundingBox())!.y;
  expect(top, 'where the log begins').toBeLessThanOrEqual(450);
  // A link leads there, so that nobody presses Tab through the form.
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Logs' }).click();
  await expect(page).toHaveURL(/#logs$/);
});
