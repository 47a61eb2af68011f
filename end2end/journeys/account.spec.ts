// The first administrator, the account page and the second factor, with and without scripts.
import { accessible, expect, fits, openAccountMenu, signIn, test } from '../support/test.ts';
import { code, now } from '../support/second_factor.ts';
import { Server, password as own } from '../support/server.ts';

const password = 'seven purple lanterns hum';

test('from an empty server to a second factor', async ({ page, expected }) => {
  // It looks at nine states in both themes.
  test.slow();
  const { server, link } = await Server.empty();
  try {
    expected.push('403 /setup', '410 /setup', '422 /setup', '401 /sign-in/code');
    await page.goto(`${server.url}/setup?token=wrong`);
    await expect(page.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
    await accessible(page);
    await page.goto(link);
    await accessible(page);
    await fits(page);
    await page.getByLabel('Email').fill('first@example.com');
    await page.getByLabel('Password', { exact: true }).fill('password1234');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByText('too common')).toBeVisible();
    await expect(page.getByLabel('Email')).toHaveValue('first@example.com');
    await accessible(page);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();
    await page.goto(link);
    await expect(page.getByRole('heading', { name: 'This link has been used' })).toBeVisible();

    await page.goto(`${server.url}/webhooks`);
    await openAccountMenu(page);
    await page.getByRole('link', { name: 'Account', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: 'This browser' })).toHaveCount(1);
    await accessible(page);
    await fits(page);
    const section = page.getByRole('region', { name: 'Second factor' });
    await section.getByLabel('Your password').fill(password);
    await section.getByRole('button', { name: 'Set up a second factor' }).click();
    await expect(page.getByRole('img', { name: 'QR code with the key' })).toBeVisible();
    await accessible(page);
    await fits(page);
    const secret = (await section.locator('#factor-secret').textContent())!.replaceAll(' ', '');
    let used = now();
    await section.getByRole('textbox', { name: 'Code' }).fill(code(secret, used));
    await section.getByRole('button', { name: 'Turn on' }).click();
    await expect(section.getByRole('listitem')).toHaveCount(10);
    await accessible(page);
    await fits(page);
    const recovery = await section.getByRole('listitem').first().textContent();

    await openAccountMenu(page);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('Email').fill('first@example.com');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible();
    await accessible(page);
    await fits(page);
    // One step ahead is taken, the one that was used is not.
    await page.getByRole('textbox', { name: 'Code' }).fill(code(secret, used));
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('This code is not valid')).toBeVisible();
    used += 1;
    await page.getByRole('textbox', { name: 'Code' }).fill(now() > used + 1 ? recovery! : code(secret, used));
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();

    await page.goto(`${server.url}/account`);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
  } finally {
    await server.stop();
  }
});

test('the second factor of a user is turned off with a password, and a missing one is told as everywhere', async ({ page, another, browser, expected, javaScriptEnabled }) => {
  const server = await another();
  const email = 'factor@example.com';
  const user = await server.api('POST', '/users', { email, role: 'administrator', password });
  // The user has a second factor.
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled });
  const theirs = await context.newPage();
  await theirs.goto('/account');
  await theirs.getByLabel('Email').fill(email);
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  const section = theirs.getByRole('region', { name: 'Second factor' });
  await section.getByLabel('Your password').fill(password);
  await section.getByRole('button', { name: 'Set up a second factor' }).click();
  const secret = (await section.locator('#factor-secret').textContent())!.replaceAll(' ', '');
  await section.getByRole('textbox', { name: 'Code' }).fill(code(secret, now()));
  await section.getByRole('button', { name: 'Turn on' }).click();
  await expect(section.getByRole('listitem')).toHaveCount(10);
  await context.close();

  await signIn(page, server.url);
  expected.push(`422 /users/${user.id}`);
  await page.goto(`${server.url}/users/${user.id}`);
  const field = page.getByLabel('Your own password');
  const off = page.getByRole('button', { name: 'Turn off second factor' });
  await off.click();
  await expect(page.getByRole('alert')).toContainText('This is not your password.');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toBeFocused();
  await accessible(page);
  await field.fill(own);
  await off.click();
  await expect(page.getByText('The second factor was turned off')).toBeVisible();
});
