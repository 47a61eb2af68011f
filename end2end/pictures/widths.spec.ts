// Every page at four widths, light and dark, with the names and answers that strangers write: to look at after a change of the look.
import { shootWidths } from '../support/pictures.ts';
import { password } from '../support/server.ts';
import { expect, signIn, test } from '../support/test.ts';

test('every page at four widths', async ({ page, another, receiver, expected, browser }) => {
  expected.push('404 /nothing-here', '410 /setup');
  test.setTimeout(400_000);
  const server = await another('200ms,1h');
  await page.goto(`${server.url}/sign-in`);
  await shootWidths(page, 'w-sign-in');
  await page.goto(`${server.url}/setup?token=old`);
  await shootWidths(page, 'w-setup-over');
  await signIn(page, server.url);
  await shootWidths(page, 'w-list-empty');
  await page.goto(`${server.url}/`);
  await shootWidths(page, 'w-overview-empty');
  const at = (path: string) => receiver.url.replace('/hook?from=journey', path);
  receiver.answers.set('/moved', { status: 301, body: '', headers: { location: 'https://hooks.example.com/clearid/v3/identity-events?tenant=north' } });
  receiver.answers.set('/broken', { status: 500, body: '{"error":"InternalServerError","message":"\u202eNullReferenceException <b>at</b> IdentityHandler.Map 🧨","traceId":"0HN7GQ3:00000001"}' });
  const add = (name: string, url: string, events: string[], more = {}) => server.api('POST', '/webhooks', { name, url, events, ...more });
  const works = await add('Workday HR sync', at('/works'), ['identity.created', 'identity.updated', 'access_request.created'], { description: 'Keeps the directory in step' });
  const broken = await add('HR sync (legacy)', at('/broken'), ['identity.created', 'identity.updated']);
  const moved = await add('Moved receiver', at('/moved'), ['visit_event.created']);
  await add('قارئ البطاقات في المدخل الشمالي', at('/works'), ['role.membership_changed'], { description: 'يمين إلى يسار' });
  await add(`A name that is much longer than any column ${'and goes on '.repeat(9)}`, `https://hooks.example.com/${'segment/'.repeat(30)}end?token=1`, ['identity_request.created'], { description: 'long '.repeat(60) });
  const gate = await add('🅿️ Parking gate 🚗💨', 'https://api.contoso.example/roles', ['*'], { enabled: false });
  const owner = await server.api('POST', '/users', { email: 'owner.hr@example.com', role: 'api-owner', password });
  await server.api('POST', '/event-types', { type: 'parcel.sent', name: 'Parcel sent', group: 'Shipping', example: { id: 'p_1', weight: 2.5 } });
  await server.api('PATCH', `/webhooks/${broken.id}`, { owners: [owner.id] });
  await server.api('PATCH', `/webhooks/${works.id}`, { owners: [owner.id], headers: [{ name: 'X-Source', value: 'clearid' }] });
  for (let number = 0; number < 24; number++) await add(`Badge printer ${number}`, `https://printers.example.com/hooks/${number}`, ['identity_request.updated'], { description: 'One of many' });
  for (let number = 0; number < 30; number++) await server.publish(['identity.created', 'identity.updated', 'access_request.created'][number % 3], `width-${number}`);
  await server.publish('visit_event.created', 'width-moved');
  await server.publish('role.membership_changed', 'width-role');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${works.id}/callbacks?limit=200`)).items.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(30);
  const entry = (await server.api('GET', '/audit?action=webhook.changed&limit=1')).items[0].id;
  const callback = async (id: string) => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.at(-1).id;
  for (const [name, path] of [
    ['overview', '/'],
    ['list', '/webhooks'],
    ['list-found', '/webhooks?q=printer&status=enabled'],
    ['new', '/webhooks/new'],
    ['details', `/webhooks/${works.id}`],
    ['failing', `/webhooks/${broken.id}`],
    ['panel', `/webhooks/${broken.id}?callback=${await callback(broken.id)}#callback`],
    ['moved', `/webhooks/${moved.id}?callback=${await callback(moved.id)}#callback`],
    ['edit', `/webhooks/${works.id}?edit=all`],
    ['verify', `/webhooks/${works.id}/verify`],
    ['guide', '/guide'],
    ['types', '/event-types'],
    ['type', '/event-types/identity.updated'],
    ['keys', '/api-keys'],
    ['key', '/api-keys/new?days=90'],
    ['users', '/users'],
    ['user', '/users/new'],
    ['user-page', `/users/${owner.id}`],
    ['type-new', '/event-types/new'],
    ['type-edit', '/event-types/parcel.sent/edit'],
    ['type-import', '/event-types/import'],
    ['type-versions', '/event-types/parcel.sent/versions'],
    ['docs', '/api/docs'],
    ['held', `/webhooks/${gate.id}?response=held#logs`],
    ['audit-entry', `/audit-log?entry=${entry}`],
    ['audit', '/audit-log'],
    ['account', '/account'],
    ['missing', '/nothing-here'],
  ] as const) {
    await page.goto(server.url + path);
    await expect(page.locator('html[data-live]')).toHaveCount(1);
    await shootWidths(page, `w-${name}`);
  }
  // What an API owner sees.
  const theirs = await (await browser.newContext({ baseURL: server.url })).newPage();
  await theirs.goto('/sign-in');
  await theirs.getByLabel('Email').fill('owner.hr@example.com');
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  for (const [name, path] of [
    ['owner-list', '/webhooks'],
    ['owner-details', `/webhooks/${broken.id}`],
    ['owner-panel', `/webhooks/${broken.id}?callback=${await callback(broken.id)}#callback`],
  ] as const) {
    await theirs.goto(path);
    await expect(theirs.locator('html[data-live]')).toHaveCount(1);
    await shootWidths(theirs, `w-${name}`);
  }
});
