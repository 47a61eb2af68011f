// Every page: accessible in both themes, at every width, by keyboard, and deaf to what strangers write into it.
import { accessible, expect, fits, signIn, test } from '../support/test.ts';

test('pages are accessible and fit', async ({ page, server, receiver, expected }) => {
  expected.push('422 /webhooks/new');
  await page.goto('/sign-in');
  await accessible(page);
  await fits(page);
  await signIn(page);
  const long = 'x'.repeat(120);
  const webhook = await server.api('POST', '/webhooks', { name: `Long ${long}`, description: long, url: `${receiver.url}&${long}`, events: ['role.membership_changed'] });
  receiver.answer = { status: 500, body: long.repeat(10) };
  await server.publish('role.membership_changed', 'pages');
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await accessible(page);
  await fits(page);
  for (const path of ['/', '/event-types', '/event-types/role.membership_changed', '/webhooks', '/webhooks?q=nothing-has-this', '/webhooks/new']) {
    await page.goto(path);
    await accessible(page);
    await fits(page);
  }
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page);
  await fits(page);
});

test('a page that is not there says so', async ({ signedIn: page, expected }) => {
  for (const path of ['/webhooks/01890000-0000-7000-8000-000000000000', '/nowhere']) {
    expected.push(`404 ${path}`);
    await page.goto(path);
    await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await accessible(page);
  }
});

test('what strangers write is shown as text', async ({ signedIn: page, server, receiver }) => {
  const script = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  page.on('dialog', () => expect(true, 'a script of a stranger ran').toBe(false));
  receiver.answer = { status: 200, body: script };
  const body = { name: script, description: script, url: `${receiver.url}&q="><script>alert(3)</script>`, events: ['visit.updated'] };
  const webhook = await server.api('POST', '/webhooks', body);
  await server.publish('visit.updated', 'hostile');
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { name: script, level: 1 })).toBeVisible();
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toContainText(script);
  await page.goto('/webhooks');
  await expect(page.getByRole('link', { name: script })).toBeVisible();
});

test('everything is reached by keyboard', async ({ signedIn: page }) => {
  await page.goto('/webhooks');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await page.getByRole('link', { name: 'Add webhook' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.type('By keyboard');
  await page.getByLabel('URL').focus();
  await page.keyboard.type('https://example.com/');
  await page.getByRole('checkbox', { name: 'Visit created' }).focus();
  await page.keyboard.press('Space');
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'By keyboard', level: 1 })).toBeVisible();
});

test('times stand in the zone of the viewer', async ({ signedIn: page, server, receiver }) => {
  const webhook = await server.api('POST', '/webhooks', { name: 'Zone', url: receiver.url, events: ['access_request.created'] });
  await server.publish('access_request.created', 'zone');
  await page.goto(`/webhooks/${webhook.id}`);
  const time = page.getByRole('table', { name: 'Callbacks' }).locator('time').first();
  const at = new Date((await time.getAttribute('datetime'))!);
  const hour = at.toLocaleTimeString('en-GB', { timeZone: 'America/Montreal', hour: '2-digit', minute: '2-digit' });
  await expect(time).toContainText(hour);
});
