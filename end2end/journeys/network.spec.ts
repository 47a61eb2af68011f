// The network fails while a form is sent: nothing is stored, nothing typed is lost, and the webhook is saved once.
import { editAll, expect, test, tick } from '../support/test.ts';

test('a form that could not be sent is sent once after reloading', async ({ signedIn: page, context, server, expected }) => {
  // The check of the URL, which runs when its field is left, may fail as well.
  expected.push('net::ERR_INTERNET_DISCONNECTED /webhooks/new', 'net::ERR_INTERNET_DISCONNECTED /fn/check_webhook_field');
  const name = 'Sent after reloading';
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/hook');
  await tick(page, 'Visit event created');
  const saved = async () => (await server.api('GET', '/webhooks')).items.filter((webhook: { name: string }) => webhook.name === name);

  await context.setOffline(true);
  const failed = page.waitForEvent('requestfailed', (request) => request.method() === 'POST');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await failed;
  expect(await saved()).toHaveLength(0);

  // The browser repeats the request that failed, with the same body.
  await context.setOffline(false);
  await page.reload();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await editAll(page);
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue('https://example.com/hook');
  await expect(page.getByRole('checkbox', { name: 'Visit event created' })).toBeChecked();
  expect(await saved()).toHaveLength(1);
});
