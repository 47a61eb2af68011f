// What strangers write, everywhere that it can come from: shown as text, with no script run and no rule of the page's policy broken.
import { email } from '../support/server.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

test.use({ own: 'hostile' });

const hostile = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  "'-alert(3)-'",
  '</title></textarea></script><script>alert(4)</script>',
  '<svg/onload=alert(5)>',
  '{{constructor.constructor("alert(6)")()}}',
  '<a href="javascript:alert(7)">x</a>',
  '<style>*{display:none}</style>',
  '\u202egnp.<iframe srcdoc="<script>alert(8)</script>">',
].join(' ');

/** As much of it as a name may have. */
const name = hostile.slice(0, 195);

/** Fails when a dialog opens, and gives what the policy refused. */
async function watched(page: Page): Promise<() => Promise<string[]>> {
  page.on('dialog', async (dialog) => {
    await dialog.dismiss();
    throw new Error(`a script of a stranger ran: ${dialog.message()}`);
  });
  const refused: string[] = [];
  await page.exposeFunction('refusedByPolicy', (what: string) => refused.push(what));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      (window as unknown as { refusedByPolicy(what: string): void }).refusedByPolicy(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return async () => refused;
}

/** Nothing of it became an element. */
async function inert(page: Page): Promise<void> {
  const made = await page.evaluate(() => document.querySelectorAll('img[src="x"], svg[onload], iframe, a[href^="javascript:"], [onerror]').length);
  expect(made, page.url()).toBe(0);
}

test('hostile text is shown as text on every page', async ({ page, server, receiver, expected }) => {
  const refused = await watched(page);
  receiver.answer = { status: 500, body: hostile };
  const url = `${receiver.url}&q=${encodeURIComponent(hostile)}&r="><script>alert(9)</script>`;
  // A header's value is one line of visible characters.
  const value = hostile.replace(/[^\x20-\x7e]/g, '');
  const body = { name, description: hostile, url, events: ['visit_event.approved'], headers: [{ name: 'X-Hostile', value }] };
  const webhook = await server.api('POST', '/webhooks', body);
  await server.publish('visit_event.approved', `hostile-${hostile}`);

  // Before signing in: what is typed, and where to go then.
  expected.push('401 /sign-in');
  await page.goto(`/sign-in?next=${encodeURIComponent(`/webhooks?q=${hostile}`)}`);
  await page.getByLabel('Email').fill(`a@b${hostile.replace(/\s/g, '')}`);
  await page.locator('form:has(input[type=password])').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel('Password', { exact: true }).fill(hostile);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await inert(page);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/webhooks\?q=/);
  await inert(page);
  await expect(page.getByRole('searchbox', { name: 'Search' })).toHaveValue(hostile);

  await page.goto('/webhooks');
  await expect(page.getByRole('link', { name: '<img src=x onerror=alert(1)>' }).first()).toBeVisible();
  await inert(page);
  // The page with the newest callback, the overview with its charts and rankings, and the picker with a type that a stranger named.
  await page.goto(`/webhooks/${webhook.id}/verify`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('<script>alert(2)</script>');
  await inert(page);
  await server.api('POST', '/event-types', { type: 'hostile.happened', name, description: hostile, examples: [{ text: hostile }] });
  const named = await server.api('POST', '/webhooks', { name: `Named ${name}`.slice(0, 195), url: receiver.url, events: ['hostile.happened'] });
  await server.api('POST', '/events?type=hostile.happened', { text: hostile });
  await expect.poll(async () => (await server.api('GET', `/webhooks/${named.id}/callbacks`)).items.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await page.goto('/');
  await expect(page.locator('#event-types')).toContainText('<img src=x onerror=alert(1)>');
  await inert(page);
  await page.goto(`/webhooks/${named.id}?edit=all`);
  await expect(page.locator('#events')).toContainText('<img src=x onerror=alert(1)>');
  await page.getByRole('searchbox', { name: 'Filter events' }).fill(hostile.slice(0, 80));
  await inert(page);
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('<script>alert(2)</script>');
  await expect(page.getByLabel('Description')).toHaveValue(hostile);
  await expect(page.getByLabel('Header value 1')).toHaveValue(value);
  await inert(page);
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open).toContainText('<svg/onload=alert(5)>');
  await expect(open).toContainText('500');
  await inert(page);
  for (const path of [`/webhooks?sort=${encodeURIComponent(hostile)}&dir=x&page=-1&event=${encodeURIComponent(hostile)}`, `/webhooks/${webhook.id}?range=${encodeURIComponent(hostile)}`]) {
    await page.goto(path);
    await inert(page);
  }
  // The pages of administrators, which show what others named and changed.
  await server.api('PATCH', `/webhooks/${named.id}`, { description: `Changed ${hostile}` });
  const key = await server.api('POST', '/api-keys', { name, scopes: ['events:write'] });
  for (const [path, shown] of [
    ['/api-keys', '<img src=x onerror=alert(1)>'],
    ['/event-types', '<img src=x onerror=alert(1)>'],
    ['/event-types/hostile.happened', '<svg/onload=alert(5)>'],
    ['/audit-log', '<img src=x onerror=alert(1)>'],
    [`/audit-log?object=${named.id}`, '<img src=x onerror=alert(1)>'],
  ] as const) {
    await page.goto(path);
    await expect(page.locator('main'), path).toContainText(shown);
    await inert(page);
  }
  // Hostile text in the query of a page.
  const q = encodeURIComponent(hostile);
  for (const path of [`/audit-log?object=${q}&actor=${q}&kind=${q}&action=${q}`, `/audit-log?from=${q}&to=${q}`, `/users?q=${q}`]) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await inert(page);
  }
  for (const path of ['/api-keys', '/event-types']) {
    await page.goto(`${path}?q=${q}`);
    await expect(page.locator('main').getByRole('searchbox').first(), path).toHaveValue(hostile);
    await inert(page);
  }
  // The audit log shows the values before and after a change.
  await page.goto('/audit-log');
  const change = page.getByRole('row').filter({ hasText: `Named ${name.slice(0, 20)}` }).first();
  await change.getByRole('link').first().click();
  await expect(page.locator('main')).toContainText('Changed <img src=x onerror=alert(1)>');
  await inert(page);
  await server.api('DELETE', `/api-keys/${key.id}`);
  expected.push(`404 /${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
  await page.goto(`/${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
  await inert(page);

  // A form that comes back with errors.
  expected.push('422 /webhooks/new');
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Description').fill(hostile);
  await page.getByRole('textbox', { name: 'URL' }).fill(`javascript:alert("${hostile}")`);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name);
  await inert(page);
  expect(await refused(), 'what the policy refused').toEqual([]);
});

test('the content security policy blocks injected scripts', async ({ signedIn: page }) => {
  // A script that somebody put into the page in spite of everything does not run: an element without the nonce, an attribute, a link.
  await page.route('**/webhooks', async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace('</head>', '<script>window.stranger = 1</script></head>').replace('<body', '<body onload="window.stranger = 2"');
    await route.fulfill({ response, body: html });
  });
  page.removeAllListeners('console');
  await page.goto('/webhooks');
  await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { stranger?: number }).stranger)).toBeUndefined();
});
