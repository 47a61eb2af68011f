// What pages look like when there is nothing, too much, or something wrong: accessible in both themes, at every width.
import { password } from '../support/server.ts';
import { accessible, editAll, expect, fits, signIn, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

async function looked(page: Page): Promise<void> {
  await accessible(page);
  await fits(page);
}

test('a server that nobody has used', async ({ page, another }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  await expect(page.getByText('A webhook is a URL that clearhook calls')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Add webhook' })).toBeVisible();
  await expect(page.locator('.empty .flow svg.arrow'), 'a picture of what a webhook does').toHaveCount(2);
  await looked(page);
  for (const path of ['/', '/event-types/visit_event.created']) {
    await page.goto(`${server.url}${path}`);
    await looked(page);
  }
});

test('an owner sees what is theirs, and nothing that is not', async ({ browser, server, signedIn: administrator }) => {
  test.slow();
  const address = 'owner-of-states@example.com';
  await administrator.goto('/users/new');
  await administrator.getByLabel('Email').fill(address);
  await administrator.getByRole('radio', { name: 'API owner' }).check();
  await administrator.getByLabel('Password', { exact: true }).fill(password);
  await administrator.getByRole('button', { name: 'Add user' }).click();
  await expect(administrator.getByRole('heading', { name: address, level: 1 })).toBeVisible();
  const id = administrator.url().split('/').pop()!;

  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(address);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('You own no webhook yet.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText(['Overview', 'Webhooks', 'Event types', 'Verify signatures']);
  await looked(page);
  const webhook = await server.api('POST', '/webhooks', { name: 'Theirs', url: 'https://example.com/', events: ['visit_event.created'], owners: [id] });
  for (const path of ['/', '/webhooks', `/webhooks/${webhook.id}`, '/event-types/visit_event.created', '/account']) {
    await page.goto(path);
    await looked(page);
  }
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByLabel('Name', { exact: true }), 'no form that cannot be sent').toHaveCount(0);
  await page.locator('summary').filter({ hasText: 'General' }).click();
  await expect(page.getByText('Theirs').last()).toBeVisible();
  for (const action of ['Save', 'Send test event', 'Delete this webhook', 'Rotate secret']) await expect(page.getByRole('button', { name: action })).toHaveCount(0);
  for (const path of ['/webhooks/new', '/api-keys', '/users', '/audit-log']) {
    const answer = await page.goto(path);
    expect(answer!.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await looked(page);
  }
  await context.close();
});

test('webhooks that clearhook disabled, that fail, and of which deliveries are held', async ({ page, another, receiver }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  receiver.answers.set('/gone', { status: 410, body: '' });
  receiver.answers.set('/fails', { status: 500, body: 'asleep' });
  const at = (path: string) => receiver.url.replace('/hook', path);
  const gone = await server.api('POST', '/webhooks', { name: 'Gone for good', url: at('/gone'), events: ['visit_event.approved'] });
  await server.api('POST', '/webhooks', { name: 'Fails each time', url: at('/fails'), events: ['visit_event.approved'] });
  await server.publish('visit_event.approved', 'states-1');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${gone.id}`)).enabled, { timeout: 15_000 }).toBe(false);
  await server.publish('visit_event.approved', 'states-2');
  const reason = 'The receiver answered 410 Gone: it wants no more callbacks.';
  await page.goto(`${server.url}/webhooks`);
  const row = page.getByRole('row').filter({ hasText: 'Gone for good' });
  await expect(row.getByText(reason), 'in the row').toBeVisible();
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  const box = (await row.getByText('Disabled', { exact: true }).boundingBox())!;
  const hovered = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)!.closest('td')?.title, [box.x + 10, box.y + box.height / 2]);
  expect(hovered, 'on hover').toBe(reason);
  await expect(page.getByRole('row').filter({ hasText: 'Fails each time' })).toContainText('Failing');
  await looked(page);
  await page.goto(`${server.url}/webhooks/${gone.id}`);
  await expect(page.getByText(`clearhook disabled this webhook. ${reason}`)).toBeVisible();
  await looked(page);
  await page.goto(server.url);
  await expect(page.getByRole('table', { name: 'Needs attention' })).toContainText('1 delivery held while disabled');
  await looked(page);
});

test('answers to forms: saved, overtaken, signed out, made to wait', async ({ page, another, expected }) => {
  test.slow();
  // Of its own: whoever guesses makes others at this address wait, too.
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Answered', url: 'https://example.com/', events: ['visit_event.created'] });
  expected.push(`409 /webhooks/${id}`, `401 /webhooks/${id}`, '401 /sign-in', '401 /fn/health_fragment', '429 /sign-in');
  await page.goto(`${server.url}/webhooks/${id}`);
  await editAll(page);
  await page.getByLabel('Description').fill('Changed once');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await looked(page);
  await editAll(page);
  await server.api('PATCH', `/webhooks/${id}`, { description: 'By a program' });
  await page.getByLabel('Description').fill('By a person');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert').filter({ hasText: 'was changed while you were working on it' })).toBeFocused();
  await looked(page);
  await page.context().clearCookies({ name: 'clearhook_session' });
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('What you typed is kept')).toBeVisible();
  await looked(page);
  await page.getByLabel('Email').fill('nobody@example.com');
  // The tenth wrong password delays the next, each time for twice as long: on a busy machine the first delays are over before the next password.
  for (let guess = 0; guess < 20; guess++) {
    if (guess > 9 && (await page.getByRole('alert').textContent())!.includes('Try again in')) break;
    await page.getByLabel('Password', { exact: true }).fill(`guess ${guess}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  }
  await expect(page.getByRole('alert')).toContainText('Try again in');
  await looked(page);
});

test('lists in which nothing is found, and one that has pages', async ({ page, another }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  for (let number = 0; number < 26; number++) {
    await server.api('POST', '/webhooks', { name: `Paged ${number}`, url: 'https://example.com/', events: ['role.membership_changed'] });
  }
  for (const path of ['/webhooks?event=role.membership_changed&page=2', '/api-keys?q=nothing-has-this', '/users?q=nothing-has-this', '/audit-log?actor=nothing-has-this', '/audit-log?from=2026-01-02T00:00&to=2026-01-01T00:00']) {
    await page.goto(`${server.url}${path}`);
    await looked(page);
  }
});

test('reduced motion is respected, and Save stays visible', async ({ signedIn: page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/webhooks/new');
  const save = page.getByRole('button', { name: 'Save' }).last();
  const durations = await page.evaluate(() => [...document.querySelectorAll('a, button, input, .check')].map((element) => getComputedStyle(element).transitionDuration));
  expect(new Set(durations)).toEqual(new Set(['0s']));
  await expect(save).toBeInViewport();
  await page.getByRole('heading', { name: 'Additional headers' }).scrollIntoViewIfNeeded();
  await expect(save).toBeInViewport();
});
