// Keys, users and the audit log; with scripts and without.
import type { Page } from '@playwright/test';
import { email } from '../support/server.ts';
import { accessible, editAll, expect, fits, live, test } from '../support/test.ts';

async function looked(page: Page, javaScriptEnabled: boolean | undefined): Promise<void> {
  // axe itself is a script of the page.
  if (javaScriptEnabled !== false) await accessible(page);
  if (javaScriptEnabled !== false) await fits(page);
}

test('a key is made, shown once, found and revoked', async ({ signedIn: page, server, expected, javaScriptEnabled }) => {
  expected.push('422 /api-keys/new');
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('link', { name: 'Create API key' }).click();
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('alert')).toContainText('Enter a name.');
  await looked(page, javaScriptEnabled);
  await page.getByLabel('Name').fill('Journey key');
  await page.getByRole('checkbox', { name: 'webhooks:read' }).check();
  await page.getByLabel('Expires').fill('2999-12-31');
  await page.getByRole('button', { name: 'Create API key' }).click();
  const key = await page.getByLabel('Key of “Journey key”').inputValue();
  expect(key).toMatch(/^chk_/);
  expect(page.url()).not.toContain('chk_');
  await looked(page, javaScriptEnabled);
  const ask = () => fetch(`${server.url}/api/v1/webhooks`, { headers: { authorization: `Bearer ${key}` } });
  expect((await ask()).status).toBe(200);

  await page.getByRole('link', { name: 'All API keys' }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('journey k');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/q=journey/);
  const row = page.getByRole('row', { name: 'Journey key' });
  await expect(row).toContainText(key.slice(0, 10));
  await expect(row).toContainText('Active');
  await expect(row, 'the words first').toContainText(/Read webhooks\s*webhooks:read/);
  await expect(row, 'the day is enough').toContainText(/Created \d+ [A-Z][a-z]{2}(?!,| \d)/);
  await expect(page.getByText(key)).toHaveCount(0);
  await row.getByRole('button', { name: 'Revoke Journey key' }).click();
  await looked(page, javaScriptEnabled);
  await row.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('status')).toContainText('The key was revoked.');
  await expect(page.getByRole('row', { name: 'Journey key' })).toContainText('Revoked');
  expect((await ask()).status).toBe(401);
});

test('a user is added, changed, and in the audit log', async ({ signedIn: page, javaScriptEnabled }, { project }) => {
  const address = `colleague-${project.name}@example.com`;
  await page.getByRole('link', { name: 'Users' }).click();
  await expect(page.getByRole('row', { name: email })).toContainText('Administrator');
  await looked(page, javaScriptEnabled);
  await page.getByRole('link', { name: 'Add user' }).click();
  await page.getByLabel('Email').fill(address);
  await page.getByRole('radio', { name: 'API owner' }).check();
  await looked(page, javaScriptEnabled);
  await page.getByRole('button', { name: 'Add user' }).click();
  expect(await page.getByLabel(`Password of ${address}`).inputValue()).toMatch(/^[\w]{5}(-[\w]{5}){3}$/);
  await page.getByRole('link', { name: 'All users' }).click();
  await page.getByRole('link', { name: address }).click();
  await page.getByRole('radio', { name: 'Administrator' }).check();
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByRole('status')).toContainText('The role was changed.');
  await page.getByRole('button', { name: 'Disable…' }).click();
  await looked(page, javaScriptEnabled);
  await page.getByRole('button', { name: `Disable ${address}` }).click();
  await expect(page.getByRole('status')).toContainText('The user was disabled');
  await looked(page, javaScriptEnabled);

  await page.getByRole('link', { name: 'Changes in the audit log' }).click();
  const log = page.getByRole('table', { name: 'Audit log' });
  await expect(log.getByRole('row')).toHaveCount(4);
  await expect(log).toContainText('User disabled');
  await expect(log, 'addresses are in the opened entry').not.toContainText('127.0.0.1');
  await log.getByRole('row', { name: 'Role changed' }).getByRole('link').click();
  await expect(page.getByRole('region', { name: 'Role changed' })).toContainText('127.0.0.1');
  const differences = page.getByRole('table', { name: 'What changed' });
  await expect(differences.getByRole('row', { name: 'role' })).toContainText('api-owner');
  await looked(page, javaScriptEnabled);
  await live(page);
  await page.getByLabel('Action').selectOption('User added');
  // With scripts, choosing an option submits the form.
  if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/action=user.created/);
  await expect(log.getByRole('row', { name: address })).toHaveCount(1);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  expect(download.suggestedFilename()).toBe('audit-log.csv');
});

test('the filters of the audit log are folded away on a phone', async ({ signedIn: page, javaScriptEnabled }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/audit-log');
  const action = page.getByLabel('Action');
  await expect(action).toBeHidden();
  await live(page);
  await page.locator('summary').filter({ hasText: 'Filters' }).click();
  await action.selectOption('Signed in');
  // With scripts, choosing an option submits the form.
  if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/action=user.signed_in/);
  await looked(page, javaScriptEnabled);
  await expect(action, 'what narrows the list is seen').toBeVisible();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto('/audit-log');
  await expect(action).toBeVisible();
});

test('owners are chosen on a webhook', async ({ signedIn: page, server }, { project }) => {
  const address = `owner-${project.name}@example.com`;
  await page.goto('/users/new');
  await page.getByLabel('Email').fill(address);
  await page.getByRole('radio', { name: 'API owner' }).check();
  await page.getByRole('button', { name: 'Add user' }).click();
  const webhook = await server.api('POST', '/webhooks', { name: `Owned ${project.name}`, url: 'https://example.com/', events: ['visit_event.created'] });
  await page.goto(`/webhooks/${webhook.id}`);
  await editAll(page);
  await page.getByRole('checkbox', { name: address }).check();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await editAll(page);
  await expect(page.getByRole('checkbox', { name: address })).toBeChecked();
  expect((await server.api('GET', `/webhooks/${webhook.id}`)).owners).toHaveLength(1);
});
