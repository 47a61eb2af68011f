// Pictures of the main pages, light, dark and narrow: for the README, and to look at after each change (`make screenshots`).
import { shoot } from '../support/pictures.ts';
import { expect, test } from '../support/test.ts';

const samples = [
  ['Badge printer', 'Prints a badge for each new identity', ['identity.created'], 202],
  ['HR mirror', 'Keeps the directory in step', ['identity.created', 'identity.updated', 'identity.deleted'], 200],
  ['Access audit', 'Writes every decision to the audit store', ['access_request.created', 'access_request.updated'], 200],
  ['Visitor desk', 'Tells reception who is coming today', ['visit_event.created', 'visit_event.approved'], 500],
  ['Role sync', 'Group memberships for the door controllers', ['role.membership_changed'], 200],
  ['Onboarding', '', ['identity_request.created', 'identity_request.updated'], 200],
] as const;

test.use({ own: 'pictures' });

test('pictures', async ({ page, server, receiver, expected }) => {
  expected.push('422 /webhooks/new');
  await page.goto('/sign-in');
  await shoot(page, 'sign-in');
  await page.getByLabel('Email').fill('admin@example.com');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('No webhooks yet')).toBeVisible();
  await shoot(page, 'empty');
  await page.goto('/');
  await shoot(page, 'overview-empty');
  await page.goto('/webhooks/new');
  await shoot(page, 'new', true);
  await page.getByRole('textbox', { name: 'URL' }).fill('http:/nowhere');
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('Host');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert')).toBeVisible();
  await shoot(page, 'errors', true);

  let first = '';
  for (const [name, description, events, status] of samples) {
    const path = name.toLowerCase().replaceAll(' ', '-');
    const url = receiver.url.replace('/hook?from=journey', `/${path}?tenant=north`);
    const headers = name === 'HR mirror' ? [{ name: 'X-Source', value: 'clearhook' }] : [];
    const webhook = await server.api('POST', '/webhooks', { name, description, url, events, headers });
    first = name === 'HR mirror' ? webhook.id : first;
    receiver.answers.set(new URL(url).pathname, { status, body: status === 200 ? '{"stored":true}' : '' });
    for (const event of events) await server.publish(event, `${name}-${event}`);
    await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook.id}/callbacks`)).items.length).toBeGreaterThanOrEqual(events.length);
    if (name === 'Onboarding') await server.api('PATCH', `/webhooks/${webhook.id}`, { enabled: false });
  }
  await page.goto('/webhooks');
  await shoot(page, 'webhooks');
  await server.publish('identity_request.created', 'held');
  await page.goto('/');
  await shoot(page, 'overview', true);
  await page.goto('/webhooks?q=nothing');
  await shoot(page, 'nothing');
  await page.goto(`/webhooks/${first}`);
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
  await shoot(page, 'details', true);
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await shoot(page, 'callback', true);

  // A form in which everything is set, and a webhook that clearhook disabled.
  const url = receiver.url.replace('/hook?from=journey', '/gone');
  receiver.answers.set('/gone', { status: 410, body: 'gone \u202efor good\u001b[0m' });
  const headers = [
    { name: 'Authorization', value: 'Bearer sample' },
    { name: 'X-Tenant', value: 'north' },
  ];
  const gone = await server.api('POST', '/webhooks', { name: 'Old payroll', url, events: ['visit_event.created'], headers, rate_limit: { per_second: 20, burst: 5 }, ordered: true });
  await server.publish('visit_event.created', 'gone');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${gone.id}`)).enabled).toBe(false);
  await server.publish('visit_event.created', 'held-for-it');
  await page.goto(`/webhooks/${gone.id}`);
  await expect(page.getByText('clearhook disabled this webhook.')).toBeVisible();
  await shoot(page, 'disabled', true);
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await page.getByRole('group', { name: 'Request body' }).getByRole('radio', { name: 'Raw' }).check();
  await shoot(page, 'callback-raw', true);
});
