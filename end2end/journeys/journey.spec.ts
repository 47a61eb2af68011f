// From an event to a logged callback, as an administrator sees it; with scripts and without.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { verify } from '../support/receiver.ts';
import { expect, openAccountMenu, test, tick } from '../support/test.ts';

test('sign in, add a webhook, publish, see the callback, download the schema', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  await page.getByRole('link', { name: 'Add webhook' }).first().click();
  await expect(page.getByRole('heading', { name: 'Add webhook' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Badge printer');
  await page.getByLabel('Description').fill('Prints a badge for each new identity');
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  const secret = await page.getByLabel('Secret').inputValue();
  expect(secret).toMatch(/^whsec_/);
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('X-Source');
  await page.getByLabel('Header value 1').fill('clearhook');
  await tick(page, 'Identity created');
  await page.getByRole('button', { name: 'Save' }).last().click();

  await expect(page.getByRole('heading', { name: 'Badge printer', level: 1 })).toBeVisible();
  await expect(page.getByText('Webhook added.')).toBeVisible();
  expect(await page.content(), 'the secret is shown once').toContain(secret);
  await page.reload();
  expect(await page.content(), 'the secret is shown once').not.toContain(secret);
  await expect(page.getByRole('heading', { name: 'Logs' })).toHaveCount(0);

  await server.publish('identity.created', `journey-${javaScriptEnabled}`);
  const heading = page.getByRole('heading', { name: 'Logs' });
  if (javaScriptEnabled === false) {
    await expect(async () => {
      await page.reload();
      await expect(heading).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 15_000 });
  } else {
    await expect(heading).toBeVisible();
  }
  const row = page.getByRole('table', { name: 'Callbacks' }).getByRole('row').nth(1);
  await expect(row).toContainText('202 Accepted');
  await expect(row, 'the address without its scheme').toContainText(receiver.url.replace('http://', ''));
  expect(receiver.received).toHaveLength(1);
  const [callback] = receiver.received;
  verify(secret, callback);
  expect(callback.headers['x-source']).toBe('clearhook');

  const details = row.getByRole('link').first();
  await details.click();
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open).toContainText('webhook-signature');
  await expect(open.getByText('Delivered: the receiver answered 202 Accepted')).toBeVisible();
  await expect(open).toContainText('"identity.created"');

  const download = page.waitForEvent('download');
  await page.locator('summary').filter({ hasText: 'Identity created' }).first().click();
  await page.getByRole('link', { name: 'Download schema: Identity created' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('identity.created.schema.json');
  const ajv = new Ajv({ strict: false });
  formats(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(await file.path(), 'utf8')));
  expect(validate(JSON.parse(callback.body)), JSON.stringify(validate.errors)).toBe(true);

  // Another range is a link or a form, and the address keeps it.
  await page.getByRole('link', { name: 'Last 7 days' }).click();
  await expect(page).toHaveURL(/range=7d/);
  await expect(page.getByRole('row').filter({ hasText: '202 Accepted' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Custom…' }).click();
  await page.getByLabel('From').fill('2020-01-01T00:00');
  await page.getByLabel('to', { exact: true }).fill('2020-02-01T00:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/from=2020-01-01T00(%3A|:)00/);
  await expect(page.getByText('No callbacks in this range')).toBeVisible();
});

test('search finds a webhook, and the address keeps it', async ({ signedIn: page, server, javaScriptEnabled }) => {
  const name = `Found ${javaScriptEnabled}`;
  for (const each of [name, 'Not wanted']) {
    await server.api('POST', '/webhooks', { name: each, url: 'https://example.com/hook', events: ['visit_event.created'] });
  }
  await page.goto('/webhooks');
  await page.getByRole('searchbox', { name: 'Search' }).fill(name);
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(page).toHaveURL(/q=Found/);
  await expect(page.getByRole('link', { name, exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Not wanted', exact: true })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('searchbox', { name: 'Search' })).toHaveValue(name);
  await page.getByRole('searchbox', { name: 'Search' }).fill('nothing has this name');
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(page.getByText('Nothing found')).toBeVisible();
});

test('signing out ends the session', async ({ signedIn: page }) => {
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.goto('/webhooks');
  await expect(page).toHaveURL(/\/sign-in/);
});
