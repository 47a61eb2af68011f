// The reference of the HTTP API: readable by everybody, at every width, in light and dark; its commands are copied and work.
import { execFileSync } from 'node:child_process';
import { accessible, expect, fits, test } from '../support/test.ts';

test('the reference is found from the keys, and is readable at every width', async ({ signedIn: page }) => {
  // The page is long, and axe looks at all of it four times.
  test.slow();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('link', { name: 'API reference' }).click();
  await expect(page.getByRole('heading', { name: 'HTTP API', level: 1 })).toBeVisible();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await accessible(page);
      await fits(page);
    }
  }
});

test('an operation is found by its group, with its scope, fields and command', async ({ page, server, javaScriptEnabled }) => {
  test.slow();
  await page.goto('/api/docs');
  const operations = page.getByRole('navigation', { name: 'Operations' });
  await operations.getByText('Webhooks', { exact: true }).click();
  await operations.getByRole('link', { name: 'Create a webhook' }).click();
  await expect(page).toHaveURL(/#createWebhook$/);
  const operation = page.getByRole('region', { name: 'Create a webhook', exact: true });
  await expect(operation).toContainText('POST /api/v1/webhooks');
  await expect(operation).toContainText('The API key needs the scope webhooks:write.');
  await operation.getByText('Body · application/json', { exact: true }).click();
  await expect(operation.getByText('The URL of the receiver').first()).toBeVisible();
  await operation.getByText('Responses', { exact: true }).click();
  await expect(operation.getByText('The API key lacks the scope').first()).toBeVisible();
  await accessible(page);
  const command = operation.getByRole('region', { name: 'Command: Create a webhook' });
  await expect(command).toContainText('Authorization: Bearer $CLEARHOOK_API_KEY');
  if (javaScriptEnabled) {
    await operation.getByRole('button', { name: 'Copy the command for “Create a webhook”' }).click();
    await expect(operation.getByRole('button')).toContainText('Copied');
  }
  // The command creates a webhook as it stands.
  const text = ((await command.textContent()) ?? '').replace(/'http:\/\/[^/]+/, `'${server.url}`);
  const answer = execFileSync('sh', ['-c', `${text} -s`], { env: { ...process.env, CLEARHOOK_API_KEY: server.key } });
  expect(JSON.parse(answer.toString()).secret).toMatch(/^whsec_/);
});
