// The page of a webhook while it is open: its summary is refreshed, and what one does next is at hand.
import { accessible, editAll, expect, fits, live, test } from '../support/test.ts';

test.use({ own: 'details' });

test('the summary and the status follow what happens', async ({ signedIn: page, server, receiver }) => {
  receiver.answer = { status: 500, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: 'Followed', url: receiver.url, events: ['visit_event.created'] });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
  await expect(page.locator('#health')).toHaveCount(0);
  await server.publish('visit_event.created', 'fails');
  await expect(page.locator('#health'), 'it appears without a reload').toContainText('Every callback has failed', { timeout: 30_000 });
  await expect(page.locator('.head').getByText('Failing')).toBeVisible();
  receiver.answer = { status: 202, body: '' };
  await server.publish('visit_event.created', 'works');
  await expect(page.locator('.head').getByText('Enabled')).toBeVisible({ timeout: 30_000 });
  await expect(page.locator('#health')).not.toContainText('Every callback has failed');
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);
});

test('the search key finds the search of the log', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Searched by key', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'key');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(1);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Event, message or subject' })).toBeFocused();
});

test('a new webhook offers a test, and a rotated secret is shown with what is done next', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Next steps');
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  await page.getByRole('checkbox', { name: 'Visit event created', exact: true }).check();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Webhook added.')).toBeVisible();
  await accessible(page);
  const once = page.getByLabel('The secret of this webhook.');
  await expect(once).toHaveValue(/^whsec_/);
  await live(page);
  await page.getByRole('button', { name: 'Send a test event' }).click();
  await expect(page.locator('#log-rows').getByRole('row').filter({ hasText: 'Test' })).toHaveCount(1, { timeout: 20_000 });
  if (javaScriptEnabled) await expect(once, 'the test takes nothing away').toHaveValue(/^whsec_/);
  await page.goto(page.url().split('?')[0]!);
  await editAll(page);
  await page.locator('summary').filter({ hasText: 'Rotate secret' }).click();
  await page.getByRole('button', { name: 'Rotate secret' }).click();
  const secret = page.locator('#rotated-secret');
  await expect(secret.getByLabel('The new secret.')).toHaveValue(/^whsec_/);
  await expect(secret.getByLabel('As an environment variable')).toHaveValue(/^WEBHOOK_SECRET=whsec_/);
  await expect(secret.getByRole('link', { name: 'I have stored it' })).toBeVisible();
  await fits(page);
  await accessible(page);
  expect((await server.api('GET', '/webhooks?limit=100')).items.length).toBeGreaterThan(0);
});

test('cancelling one delivery asks first, and the list stays', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Cancelled', url: receiver.url, events: ['visit_event.created'], enabled: false });
  for (const number of [1, 2]) await server.publish('visit_event.created', `cancelled-${number}`);
  await page.goto(`/webhooks/${id}?response=held#logs`);
  const table = page.getByRole('table', { name: 'Held deliveries' });
  await expect(table.getByRole('row')).toHaveCount(3);
  await table.getByRole('button', { name: 'Cancel… the delivery of Visit event created' }).first().click();
  await expect(page.getByText('The delivery is never sent.').first()).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Cancel the delivery' }).first().click();
  await expect(page.getByText('The delivery was cancelled.')).toBeVisible();
  await expect(table.getByRole('row'), 'the same list').toHaveCount(2);
});
