// The overview as the page where the day begins: how today compares with yesterday, what its figures count, and what can be done from there; with
// scripts and without.
import type { Page } from '@playwright/test';
import { email, password, type Server } from '../support/server.ts';
import { accessible, expect, fits, live, openAccountMenu, signIn, test } from '../support/test.ts';

/** Waits until so many callbacks are logged. */
async function logged(server: Server, webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(count);
}

/** A figure: its name, its number, and what stands beside it. */
const figure = (page: Page, name: string) => page.locator('dl[aria-label="Figures"] > div').filter({ has: page.getByRole('link', { name, exact: true }) });

const names = (page: Page) => page.locator('td.name > a').allTextContents().then((all) => all.map((name) => name.trim()));

test('the figures compare today with yesterday, and lead to what they count', async ({ page, another, receiver, javaScriptEnabled }) => {
  test.slow();
  const server = await another('200ms', true);
  await signIn(page, server.url);
  receiver.answers.set('/fails', { status: 500, body: '' });
  const works = await server.api('POST', '/webhooks', { name: 'Works', url: receiver.url, events: ['visit_event.created'] });
  const fails = await server.api('POST', '/webhooks', { name: 'Fails', url: new URL('/fails', receiver.url).href, events: ['visit_event.approved'] });
  await server.api('POST', '/webhooks', { name: 'Switched off', url: receiver.url, events: ['identity.created'], enabled: false });
  // Yesterday one of three callbacks succeeded: one failed twice. Today it is three of five.
  server.setBehind(30 * 3_600_000);
  await server.publish('visit_event.created', 'yesterday');
  await server.publish('visit_event.approved', 'yesterday-fails');
  await logged(server, works.id, 1);
  await logged(server, fails.id, 2);
  server.setBehind(0);
  for (const number of [1, 2, 3]) await server.publish('visit_event.created', `today-${number}`);
  await server.publish('visit_event.approved', 'today-fails');
  await logged(server, works.id, 4);
  await logged(server, fails.id, 4);

  await page.goto(`${server.url}/`);
  await expect(figure(page, 'Success rate').locator('dd')).toHaveText('60%');
  await expect(figure(page, 'Success rate')).toContainText('▲ 26.7 vs the day before');
  await expect(page.getByRole('heading', { name: 'Callbacks per hour' })).toContainText('▲ 66% vs the day before');
  await expect(page.getByRole('figure', { name: 'Callbacks over time' })).toContainText('5 callbacks');
  await expect(figure(page, 'Deliveries waiting').locator('dd')).toHaveText('0');
  await expect(page.getByRole('table', { name: 'Needs attention' }).getByRole('row')).toHaveCount(2);
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 800 });

  if (javaScriptEnabled !== false) {
    // Who uses the keyboard reads the exact times as well.
    await live(page);
    const link = page.getByRole('table', { name: 'Needs attention' }).getByRole('link', { name: 'Fails', exact: true });
    await figure(page, 'Webhooks disabled').getByRole('link').focus();
    await expect(async () => {
      await page.keyboard.press('Tab');
      await expect(link).toBeFocused({ timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await expect(page.getByRole('tooltip')).toContainText(/Every callback has failed since .*\d\d:\d\d/);
    await expect(page.getByRole('tooltip')).toBeInViewport({ ratio: 1 });
    await accessible(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('tooltip')).toHaveCount(0);
  }

  // The whole figure is a link, not only its name.
  const press = async (name: string) => {
    await page.goto(`${server.url}/`);
    await figure(page, name).click();
  };
  for (const [name, count, status, webhooks] of [
    ['Webhooks enabled', '1', 'enabled', ['Works']],
    ['Webhooks failing', '1', 'failing', ['Fails']],
    ['Webhooks disabled', '1', 'disabled', ['Switched off']],
  ] as const) {
    await page.goto(`${server.url}/`);
    await expect(figure(page, name).locator('dd')).toHaveText(count);
    await press(name);
    await expect(page).toHaveURL(`${server.url}/webhooks?status=${status}`);
    await expect.poll(() => names(page), `what “${name}” counts`).toEqual(webhooks);
    await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue(status);
  }
  await press('Success rate');
  await expect(page).toHaveURL(/#hours$/);
  await expect(page.getByRole('heading', { name: 'Callbacks per hour' })).toBeInViewport();
  await press('Deliveries waiting');
  await expect(page).toHaveURL(/#troubles$/);
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toBeInViewport();
  await page.getByRole('link', { name: 'Callbacks per hour' }).click();
  await expect(page).toHaveURL(/\/webhooks\?sort=last&dir=desc$/);
  await expect.poll(() => names(page).then((all) => all.length)).toBe(3);
});

test('from the overview one opens the log of what fails, and sends what is held', async ({ page, another, receiver }) => {
  test.slow();
  // Of its own: the table has room for a few webhooks only.
  const server = await another();
  await signIn(page, server.url);
  const [failing, holding] = ['Opens its log', 'Sends held'];
  receiver.answers.set('/fails', { status: 500, body: '' });
  const fails = await server.api('POST', '/webhooks', { name: failing, url: new URL('/fails', receiver.url).href, events: ['role.membership_changed'] });
  const holds = await server.api('POST', '/webhooks', { name: holding, url: receiver.url, events: ['role.membership_changed'], enabled: false });
  await server.publish('role.membership_changed', 'overview-held-1');
  await server.publish('role.membership_changed', 'overview-held-2');
  await logged(server, fails.id, 4);
  const held = async () => (await server.api('GET', `/deliveries?state=held&webhook_id=${holds.id}`)).items.length;
  await expect.poll(held).toBe(2);
  await page.goto(`${server.url}/`);
  const row = (name: string) => page.getByRole('table', { name: 'Needs attention' }).getByRole('row').filter({ hasText: name });
  await expect(row(failing)).toContainText(/Failing (for|since)/);
  await expect(row(failing)).toContainText('500 InternalServerError');
  await expect(row(failing).getByRole('button', { name: `Send the held deliveries of ${failing}` })).toHaveCount(0);
  await row(failing).getByRole('link', { name: `Open the log of ${failing}` }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${fails.id}#logs$`));
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeInViewport();
  await expect(page.locator('#log-rows').getByRole('row')).toHaveCount(4);

  // It is disabled: the way leads to what is held, and says what comes first.
  await page.goto(`${server.url}/`);
  await expect(row(holding).getByRole('button', { name: `Send the held deliveries of ${holding}` })).toHaveCount(0);
  await row(holding).getByRole('link', { name: '2 deliveries held while disabled.' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${holds.id}\\?response=held#logs$`));
  await expect(page.getByRole('table', { name: 'Held deliveries' }).getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('table', { name: 'Held deliveries' })).toBeInViewport();
  await expect(page.locator('#health')).toContainText('Enable the webhook first; then they can be sent.');
  await server.api('PATCH', `/webhooks/${holds.id}`, { enabled: true });
  await page.goto(`${server.url}/`);
  const before = receiver.received.length;
  await row(holding).getByRole('button', { name: `Send the held deliveries of ${holding}` }).click();
  await expect(page.getByRole('heading', { name: holding, level: 1 })).toBeVisible();
  await expect(page.getByText('2 deliveries are being sent again.')).toBeVisible();
  await logged(server, holds.id, 2);
  expect(receiver.received.length - before).toBe(2);
  await page.goto(`${server.url}/`);
  await expect(row(holding), 'it needs no attention any more').toHaveCount(0);
});

test('a session that ends while the overview is open is told, and signing in leads back', async ({ page, another, receiver, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the next page asks to sign in');
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Ends', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'ends');
  await logged(server, id, 1);
  expected.push('401 /fn/overview_fragment');
  const signInAgain = async () => {
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${server.url}/`);
    await expect(page.getByRole('figure', { name: 'Callbacks over time' })).toBeVisible();
  };
  const told = page.getByRole('alert').filter({ hasText: 'Your session has ended.' });
  for (const ends of ['signing out in another tab', 'a password that an administrator sets']) {
    await page.goto(`${server.url}/`);
    await live(page);
    await expect(page.getByText('Updated just now')).toBeVisible();
    if (ends === 'signing out in another tab') {
      const other = await page.context().newPage();
      await other.goto(`${server.url}/`);
      await openAccountMenu(other);
      await other.getByRole('button', { name: 'Sign out' }).click();
      await expect(other).toHaveURL(/sign-in/);
      await other.close();
    } else {
      const { items } = await server.api('GET', '/users');
      await server.api('POST', `/users/${items[0].id}/password/reset`, { password });
    }
    await expect(told, ends).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('Not updated')).toBeVisible();
    await expect(page.getByText('Updated just now')).toHaveCount(0);
    // What was there can still be read.
    await expect(page.getByRole('figure', { name: 'Callbacks over time' })).toContainText('1 callback');
    await accessible(page);
    await told.getByRole('link', { name: 'Sign in again' }).click();
    await signInAgain();
    await expect(told).toHaveCount(0);
  }
});
