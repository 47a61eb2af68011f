// Pictures of the pages under Administration, to look at after each change (`make screenshots`).
import { shoot } from '../support/pictures.ts';
import { expect, test } from '../support/test.ts';

test('pictures of administration', async ({ signedIn: page, server }) => {
  const post = async (path: string, fields: [string, string][]) => {
    const body = new URLSearchParams(fields).toString();
    const response = await page.request.post(`${server.url}${path}`, { data: body, headers: { 'content-type': 'application/x-www-form-urlencoded' }, maxRedirects: 0 });
    expect(response.status()).toBeLessThan(400);
  };
  for (const [name, scopes, expires] of [
    ['HR sync', ['events:write'], '2027-06-30'],
    ['Grafana', ['metrics:read'], ''],
    ['Provisioning', ['webhooks:read', 'webhooks:write', 'callbacks:read'], '2027-01-31'],
  ] as const) {
    await post('/api-keys/new', [['name', name], ...scopes.map((scope): [string, string] => ['scopes', scope]), ['expires', expires]]);
  }
  for (const [name, role] of [['claire.dubois', 'administrator'], ['ines.carvalho', 'api-owner'], ['dele.adeyemi', 'api-owner']] as const) {
    await post('/users/new', [['email', `${name}@example.com`], ['role', role]]);
  }
  const webhook = await server.api('POST', '/webhooks', { name: 'HR mirror', url: 'https://hr.example.com/hooks', events: ['identity.created'] });
  await server.api('PATCH', `/webhooks/${webhook.id}`, { url: 'https://people.example.com/hooks', events: ['identity.created', 'identity.updated'], headers: [{ name: 'X-Source', value: 'clearhook' }] });
  await page.goto('/api-keys');
  await page.getByRole('button', { name: 'Revoke Grafana' }).click();
  await shoot(page, 'api-keys');
  await page.goto('/api-keys/new');
  await shoot(page, 'new-api-key', true);
  await page.getByLabel('Name').fill('Badge printer');
  await page.getByRole('checkbox', { name: 'events:write' }).check();
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByLabel('Key of “Badge printer”')).toBeVisible();
  await shoot(page, 'made-api-key');
  await page.goto('/users');
  await shoot(page, 'users');
  await page.getByRole('link', { name: 'ines.carvalho' }).click();
  await expect(page.getByRole('heading', { name: 'ines.carvalho', level: 1 })).toBeVisible();
  await shoot(page, 'user', true);
  await page.goto(`/audit-log`);
  await shoot(page, 'audit-log');
  await page.getByRole('row', { name: 'Webhook changed' }).getByRole('link').click();
  await expect(page.getByRole('table', { name: 'What changed' })).toBeVisible();
  await shoot(page, 'audit-entry', true);
  await page.goto(`/webhooks/${webhook.id}`);
  await shoot(page, 'owners', true);
});
