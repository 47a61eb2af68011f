// Callbacks pause while a receiver fails again and again: said in words where one looks, and over once it works; with scripts and without.
import type { Page } from '@playwright/test';
import { password, type Server } from '../support/server.ts';
import type { Receiver } from '../support/receiver.ts';
import { accessible, expect, fits, live, signIn, test } from '../support/test.ts';

const EVENT = 'visit_event.created';
const PAUSED = /Paused after \d+ failures in a row\. One callback is sent as a probe every \d+ (s|min) until one succeeds\./;
/** A probe may be on its way while one looks. */
const NEXT = /Next probe in \d+ (s|min)\.|A probe is being sent at this moment\./;

const health = (page: Page) => page.getByRole('region', { name: 'Health' });
const panel = (page: Page) => page.getByRole('article', { name: 'Callback' });

async function callbacks(server: Server, webhook: string, outcome: string): Promise<{ id: string }[]> {
  const { items } = await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`);
  return items.filter((callback: { outcome: string }) => callback.outcome === outcome);
}

/** Lets callbacks fail until they pause, with others that wait for the end of the pause. Returns a callback that failed. */
async function pause(server: Server, receiver: Receiver, webhook: string, mark: string): Promise<string> {
  receiver.answer = { status: 500, body: '' };
  const before = (await callbacks(server, webhook, 'failed')).length;
  for (const number of [1, 2, 3, 4, 5]) await server.publish(EVENT, `${mark}-fails-${number}`);
  await expect.poll(async () => (await callbacks(server, webhook, 'failed')).length - before, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
  for (const number of [1, 2, 3, 4, 5, 6]) await server.publish(EVENT, `${mark}-waits-${number}`);
  return (await callbacks(server, webhook, 'failed'))[0].id;
}

test('callbacks that pause say why and when the next one is tried, until the receiver works', async ({ page, another, browser, receiver, javaScriptEnabled }) => {
  test.slow();
  // What failed is tried again so late that only the pause decides what happens meanwhile.
  const server = await another('1h');
  const email = 'pauses@example.com';
  const owner = await server.api('POST', '/users', { email, role: 'api-owner', password });
  const { id } = await server.api('POST', '/webhooks', { name: 'Pauses', url: receiver.url, events: [EVENT], owners: [owner.id] });
  await signIn(page, server.url);
  // Something is held as well, so that everything is wrong at once.
  await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
  await server.publish(EVENT, 'held');
  await server.api('PATCH', `/webhooks/${id}`, { enabled: true });
  const failed = await pause(server, receiver, id, 'first');

  await page.goto(`${server.url}/webhooks/${id}`);
  await expect(health(page)).toContainText(PAUSED);
  await expect(health(page)).toContainText(NEXT);
  await expect(health(page)).toContainText(/\d+ deliveries wait behind it\./);
  await expect(health(page)).toContainText('Every callback has failed for');
  await page.setViewportSize({ width: 1280, height: 800 });
  expect((await page.getByRole('heading', { name: 'Logs' }).boundingBox())!.y, 'where the log begins').toBeLessThanOrEqual(450);
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  // The same in the callback, whose next attempt is not simply due.
  await live(page);
  await page.locator(`#log-rows tr[data-callback="${failed}"]`).getByRole('link').first().click();
  const attempts = panel(page).getByRole('group', { name: 'Attempts' });
  await expect(attempts).toContainText(PAUSED);
  await expect(attempts).toContainText(NEXT);
  await expect(panel(page)).not.toContainText('The next attempt is due now.');
  await page.reload();
  await expect(attempts, 'as a page of its own address').toContainText(PAUSED);
  // And in the list of what waits.
  await page.goto(`${server.url}/webhooks/${id}?response=waiting`);
  await expect(page.getByRole('table', { name: 'Waiting deliveries' }).getByRole('row').filter({ hasText: 'Waits: callbacks are paused' }).first()).toBeVisible();

  // An owner reads the same, and cannot press anything.
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled });
  const theirs = await context.newPage();
  await theirs.goto(`/webhooks/${id}`);
  await theirs.getByLabel('Email').fill(email);
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  await expect(health(theirs)).toContainText(PAUSED);
  await expect(theirs.getByRole('button', { name: 'Try now' })).toHaveCount(0);
  await context.close();

  // Long before the next probe, so that it is the button that ends the pause.
  await expect(async () => {
    await page.goto(`${server.url}/webhooks/${id}`);
    const [, seconds] = /Next probe in (\d+) s\./.exec(await health(page).innerText())!;
    expect(Number(seconds)).toBeGreaterThanOrEqual(4);
  }).toPass({ timeout: 90_000 });
  receiver.answer = { status: 202, body: '' };
  await health(page).getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByText('The oldest waiting delivery is being sent now.')).toBeVisible();
  await expect.poll(async () => (await callbacks(server, id, 'succeeded')).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1);
  await page.goto(`${server.url}/webhooks/${id}`);
  await expect(health(page)).not.toContainText('Paused');
  await expect(health(page)).not.toContainText('Every callback has failed for');
  await expect(health(page)).toContainText('202 Accepted');
  await expect(page.getByRole('button', { name: 'Try now' })).toHaveCount(0);
  await page.goto(`${server.url}/webhooks/${id}?callback=${failed}`);
  await expect(panel(page)).toContainText('The next attempt is due');
  await expect(panel(page)).not.toContainText('Paused');
});

test('a pause ends by itself when the receiver works again', async ({ page, another, receiver }) => {
  test.slow();
  const server = await another('1h');
  const { id } = await server.api('POST', '/webhooks', { name: 'Recovers', url: receiver.url, events: [EVENT] });
  await signIn(page, server.url);
  await pause(server, receiver, id, 'second');
  await page.goto(`${server.url}/webhooks/${id}`);
  await expect(health(page)).toContainText(PAUSED);
  receiver.answer = { status: 202, body: '' };
  await expect(async () => {
    await page.reload();
    await expect(health(page)).not.toContainText('Paused', { timeout: 500 });
    // The page may be read between the callback and its entry in the log.
    await expect(health(page)).toContainText('202 Accepted', { timeout: 500 });
    await expect(page.getByRole('heading', { level: 1 }).locator('..')).toContainText('Enabled', { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  // What waited behind the pause follows.
  await expect.poll(async () => (await callbacks(server, id, 'succeeded')).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  await page.goto(`${server.url}/`);
  await expect(page.getByRole('table', { name: 'Needs attention' })).toHaveCount(0);
});
