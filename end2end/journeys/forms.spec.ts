// What is wrong is said at its field, and nothing typed is lost; with scripts and without.
import { email } from '../support/server.ts';
import { accessible, editAll, expect, fits, test, tick } from '../support/test.ts';

test('a wrong password is refused, and the address stays', async ({ page, expected }) => {
  expected.push('401 /sign-in');
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Email or password is wrong.')).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue(email);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
});

test('a form with errors comes back as it was typed', async ({ signedIn: page, expected }) => {
  expected.push('422 /webhooks/new');
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill('Typed');
  await page.getByRole('textbox', { name: 'URL' }).fill('ftp://example.com');
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('Host');
  await page.getByLabel('Header value 1').fill('planted');
  await tick(page, 'Visit event created');
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
  await page.getByRole('button', { name: 'Save' }).last().click();

  await expect(page.getByRole('alert')).toContainText('Please correct');
  await expect(page.getByRole('textbox', { name: 'URL' }), 'the first field that is wrong').toBeFocused();
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Header name 1')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Typed');
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue('ftp://example.com');
  await expect(page.getByLabel('Header value 1')).toHaveValue('planted');
  await expect(page.getByLabel('Secret', { exact: true })).toHaveValue(secret);
  await expect(page.getByRole('checkbox', { name: 'Visit event created' })).toBeChecked();

  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/hook');
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await expect(page.getByLabel('Header name 1')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: 'Typed', level: 1 })).toBeVisible();

  await editAll(page);
  await page.getByRole('switch', { name: 'Enabled' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
});

test('the first field that is wrong takes the focus in every form', async ({ signedIn: page, expected }) => {
  expected.push('422 /api-keys/new', '422 /users/new');
  await page.goto('/api-keys/new');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.getByLabel('Name').fill('Without a scope');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('checkbox', { name: 'events:write' })).toBeFocused();
  await page.goto('/users/new');
  await page.getByLabel('Email').fill('nobody');
  await page.getByRole('button', { name: 'Add user' }).click();
  await expect(page.getByLabel('Email')).toBeFocused();
});

test('what is too long, too much, or runs from right to left', async ({ signedIn: page, server, expected, javaScriptEnabled }) => {
  test.slow();
  expected.push('422 /webhooks/new');
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill('n'.repeat(500));
  await page.getByRole('textbox', { name: 'URL' }).fill(`https://example.com/${'u'.repeat(1_981)}`);
  await tick(page, 'Visit event created');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert')).toContainText('Use at most 200 characters.');
  await expect(page.getByRole('alert')).toContainText('Use at most 2,000 bytes.');
  await expect(page.getByLabel('Name', { exact: true }), 'nothing of it is cut off').toHaveValue('n'.repeat(500));
  const name = `שכר 👩‍🚀 ${javaScriptEnabled}`;
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Description').fill('وصف من اليمين إلى اليسار');
  await page.getByRole('textbox', { name: 'URL' }).fill(`https://example.com/${'u'.repeat(1_980)}`);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await fits(page);

  await editAll(page);
  for (let number = 1; number <= 32; number++) {
    await page.getByRole('button', { name: 'Add header' }).click();
    await page.getByLabel(`Header name ${number}`, { exact: true }).fill(`X-Number-${number}`);
    await page.getByLabel(`Header value ${number}`, { exact: true }).fill(`${number}`);
  }
  await expect(page.getByRole('button', { name: 'Add header' })).toBeDisabled();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  const { items } = await server.api('GET', `/webhooks?q=${encodeURIComponent(name)}`);
  expect(items[0].headers).toHaveLength(32);
  await fits(page);
  await page.goto(`/webhooks?q=${encodeURIComponent(name)}`);
  await expect(page.getByRole('link', { name, exact: true })).toBeVisible();
  await fits(page);
});

test('rate limit, order and secret headers are set, and told at their field when they are wrong', async ({ signedIn: page, server, expected, javaScriptEnabled }) => {
  const name = `Paced ${javaScriptEnabled}`;
  const { id } = await server.api('POST', '/webhooks', { name, url: 'https://example.com/hook', events: ['visit_event.created'] });
  expected.push(`422 /webhooks/${id}`);
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await expect(page.getByText(/The receiver has .+ to answer\. A failed callback is retried after pauses of/)).toBeVisible();
  const [rate, burst] = [page.getByLabel('Callbacks per second, at most'), page.getByLabel('Burst')];
  await rate.fill('20');
  await burst.fill('many');
  await page.getByRole('switch', { name: 'Keep the order per subject' }).check();
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('X-Tenant');
  await page.getByLabel('Header value 1').fill('7');
  await page.getByRole('checkbox', { name: 'Secret: header 1' }).check();
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 2').fill('X-Api-Key');
  await page.getByLabel('Header value 2').fill('public');
  const second = page.getByRole('checkbox', { name: 'Secret: header 2' });
  // With scripts the name ticks the box while it is typed; without them the server does.
  if (javaScriptEnabled !== false) await expect(second).toBeChecked();
  await page.getByRole('button', { name: 'Save' }).last().click();

  await expect(page.getByRole('alert')).toContainText('Enter a whole number from 1 to 100,000.');
  await expect(burst).toBeFocused();
  await expect(burst).toHaveAttribute('aria-invalid', 'true');
  await expect(burst, 'nothing typed is lost').toHaveValue('many');
  await expect(rate).toHaveValue('20');
  await expect(page.getByRole('switch', { name: 'Keep the order per subject' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'Secret: header 1' })).toBeChecked();
  await expect(second).toBeChecked();
  await accessible(page);
  await fits(page);
  await second.uncheck();
  await burst.fill('5');
  if (javaScriptEnabled !== false) await expect(page.locator('#rate_limit-burst-error')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  const secret = async () => (await server.api('GET', `/webhooks/${id}`)).headers.map((header: { secret: boolean }) => header.secret);
  const stored = await server.api('GET', `/webhooks/${id}`);
  expect([stored.rate_limit, stored.ordered]).toEqual([{ per_second: 20, burst: 5 }, true]);
  expect(await secret()).toEqual([true, false]);

  // A row that goes takes its tick along.
  await editAll(page);
  await second.check();
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  expect(await secret()).toEqual([true]);

  // A copy has all of it, and its name.
  await page.getByRole('link', { name: 'Duplicate' }).click();
  await expect(rate).toHaveValue('20');
  await expect(burst).toHaveValue('5');
  await expect(page.getByRole('switch', { name: 'Keep the order per subject' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'Secret: header 1' })).toBeChecked();
});
