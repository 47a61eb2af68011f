// Nothing that was typed is lost by mistake; with scripts and without.
import { editAll, expect, live, test, tick } from '../support/test.ts';
import { email, password } from '../support/server.ts';

test('a session that ends loses nothing that was typed', async ({ signedIn: page, expected, receiver, javaScriptEnabled }) => {
  // Leaving the field of the URL asks the server whether it is permitted.
  expected.push('401 /webhooks/new', '401 /fn/check_webhook_field');
  const name = `Survivor ${javaScriptEnabled}`;
  await page.goto('/webhooks/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Description').fill('typed "before"\nthe session ended');
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  await tick(page, 'Visit event created');
  await page.context().clearCookies({ name: 'clearhook_session' });
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('What you typed is kept')).toBeVisible();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Continue with it' }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await editAll(page);
  await expect(page.getByLabel('Description')).toHaveValue('typed "before"\nthe session ended');
});

test('a session that ends while a webhook is changed loses nothing either', async ({ signedIn: page, server, expected, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Changed ${javaScriptEnabled}`, url: 'https://example.com/hook', events: ['visit_event.created'] });
  expected.push('401 /fn/health_fragment', `401 /webhooks/${id}`, `409 /webhooks/${id}`);
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await page.getByLabel('Description').fill('typed before the session ended');
  await page.context().clearCookies({ name: 'clearhook_session' });
  await page.getByRole('button', { name: 'Save' }).last().click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  // Meanwhile somebody else changes it: what was seen then still counts.
  await server.api('PATCH', `/webhooks/${id}`, { url: 'https://example.com/other' });
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Continue with it' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'was changed while you were working on it' })).toContainText('https://example.com/other');
  await expect(page.getByLabel('Description')).toHaveValue('typed before the session ended');
});

test('concurrent edits: the second person sees what changed', async ({ signedIn: page, server, expected, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Shared ${javaScriptEnabled}`, url: 'https://example.com/hook', events: ['visit_event.created'] });
  expected.push(`409 /webhooks/${id}`);
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await server.api('PATCH', `/webhooks/${id}`, { description: 'Changed by a program' });
  await page.getByLabel('Description').fill('Changed by a person');
  await page.getByRole('button', { name: 'Save' }).last().click();
  const told = page.getByRole('alert').filter({ hasText: 'was changed while you were working on it' });
  await expect(told).toContainText('Changed by a program');
  await expect(page.getByLabel('Description')).toHaveValue('Changed by a person');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  expect((await server.api('GET', `/webhooks/${id}`)).description).toBe('Changed by a person');
});

test('leaving a page with unsaved changes asks for confirmation', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a browser cannot ask');
  const { id } = await server.api('POST', '/webhooks', { name: 'Not yet saved', url: 'https://example.com/hook', events: ['visit_event.created'] });
  const asked: string[] = [];
  page.on('dialog', async (dialog) => {
    asked.push(dialog.type());
    await dialog.dismiss();
  });
  const leave = () => page.getByRole('navigation').getByRole('link', { name: 'Webhooks' }).click();
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await page.getByLabel('Description').fill('typed');
  await leave();
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await expect(page.locator('html[data-leaving]'), 'whoever stays is not on the way').toHaveCount(0);
  await expect(page.getByLabel('Description')).toHaveValue('typed');
  // Another event, and one header more, are changes as well.
  await page.getByLabel('Description').fill('');
  await tick(page, 'Visit event approved');
  await leave();
  await expect.poll(() => asked.length).toBe(2);
  await page.getByRole('checkbox', { name: 'Visit event approved' }).uncheck();
  await page.getByRole('button', { name: 'Add header' }).click();
  await leave();
  await expect.poll(() => asked.length).toBe(3);
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  // As it was is as good as saved; and saving asks nothing.
  await leave();
  await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await page.getByLabel('Description').fill('typed again');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  expect(asked).toHaveLength(3);
});

test('errors are shown while typing', async ({ signedIn: page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the server says it');
  await page.goto('/webhooks/new');
  await live(page);
  const url = page.getByRole('textbox', { name: 'URL' });
  await url.fill('ftp://example.com');
  await url.press('Tab');
  await expect(page.getByText('Use a URL that begins with https://.')).toBeVisible();
  await expect(url).toHaveAttribute('aria-invalid', 'true');
  await url.fill('https://example.com');
  await expect(page.getByText('Use a URL that begins with https://.')).toHaveCount(0);
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Header name 1').fill('Host');
  await page.getByLabel('Header name 1').press('Tab');
  await expect(page.getByText('This header is set by clearhook itself')).toBeVisible();
});
