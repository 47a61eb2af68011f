// What is wrong is said at its field, and nothing typed is lost; with scripts and without.
import { email } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

test('a wrong password is refused, and the address stays', async ({ page, expected }) => {
  expected.push('401 /sign-in');
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue(email);
  await expect(page.getByLabel('Password')).toHaveValue('');
});

test('a form with errors comes back as it was typed', async ({ signedIn: page, expected }) => {
  expected.push('422 /webhooks/new');
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill('Typed');
  await page.getByLabel('URL').fill('ftp://example.com');
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('Host');
  await page.getByLabel('Header value 1').fill('planted');
  await page.getByRole('checkbox', { name: 'Visit created' }).check();
  const secret = await page.getByLabel('Secret').inputValue();
  await page.getByRole('button', { name: 'Save' }).last().click();

  await expect(page.getByRole('alert')).toContainText('Some things need a change');
  await expect(page.getByRole('alert')).toBeFocused();
  await expect(page.getByLabel('URL')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Header name 1')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Typed');
  await expect(page.getByLabel('URL')).toHaveValue('ftp://example.com');
  await expect(page.getByLabel('Header value 1')).toHaveValue('planted');
  await expect(page.getByLabel('Secret')).toHaveValue(secret);
  await expect(page.getByRole('checkbox', { name: 'Visit created' })).toBeChecked();

  await page.getByLabel('URL').fill('https://example.com/hook');
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await expect(page.getByLabel('Header name 1')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: 'Typed', level: 1 })).toBeVisible();

  await page.getByRole('switch', { name: 'Enabled' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
});
