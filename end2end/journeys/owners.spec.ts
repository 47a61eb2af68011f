// The owners of a webhook: chosen among many users, and where an owner begins; with scripts and without.
import type { Page } from '@playwright/test';
import { password, type Server } from '../support/server.ts';
import { accessible, editAll, expect, fits, live, test } from '../support/test.ts';

test.use({ own: 'owners' });

async function signInAs(page: Page, email: string, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/** Adds an API owner, who can sign in. */
const addOwner = async (server: Server, email: string): Promise<string> => (await server.api('POST', '/users', { email, role: 'api-owner', password })).id;

/** As many API owners as a large company has. */
async function manyOwners(server: Server): Promise<void> {
  if ((await server.api('GET', '/users?q=person.299&limit=1')).items.length > 0) return;
  for (let number = 0; number < 300; number++) await addOwner(server, `person.${String(number).padStart(3, '0')}@example.com`);
}

test('an owner begins at their only webhook', async ({ browser, server, javaScriptEnabled }) => {
  test.slow();
  const email = `begins-${javaScriptEnabled}@example.com`;
  const owner = await addOwner(server, email);
  const open = async () => (await browser.newContext({ baseURL: server.url, javaScriptEnabled })).newPage();
  // None: the list says how webhooks come into it.
  let page = await open();
  await signInAs(page, email);
  await expect(page).toHaveURL(`${server.url}/webhooks`);
  await expect(page.getByText('You own no webhook yet.')).toBeVisible();
  await page.context().close();

  const { id } = await server.api('POST', '/webhooks', { name: `Only ${javaScriptEnabled}`, url: 'https://example.com/', events: ['visit_event.created'], owners: [owner] });
  for (const path of ['/', '/webhooks', '/sign-in']) {
    page = await open();
    await signInAs(page, email, path);
    await expect(page, `one who opened ${path}`).toHaveURL(`${server.url}/webhooks/${id}`);
    await expect(page.getByRole('heading', { name: `Only ${javaScriptEnabled}`, level: 1 })).toBeVisible();
    await page.context().close();
  }
  // A page that was asked for has precedence.
  page = await open();
  await signInAs(page, email, '/webhooks?q=only');
  await expect(page).toHaveURL(/\/webhooks\?q=only$/);
  await page.context().close();
  page = await open();
  await signInAs(page, email, '/account');
  await expect(page).toHaveURL(/\/account$/);
  await page.context().close();

  await server.api('POST', '/webhooks', { name: `Second ${javaScriptEnabled}`, url: 'https://example.com/', events: ['visit_event.created'], owners: [owner] });
  page = await open();
  await signInAs(page, email, '/webhooks');
  await expect(page, 'two are a list').toHaveURL(`${server.url}/webhooks`);
  await expect(page.locator('table.webhooks tbody tr')).toHaveCount(2);
  await page.context().close();
});

test('owners are found among 300 users, and shown as chips', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.setTimeout(240_000);
  const scripts = javaScriptEnabled !== false;
  await manyOwners(server);
  const { id } = await server.api('POST', '/webhooks', { name: `Owned by many ${javaScriptEnabled}`, url: 'https://example.com/', events: ['visit_event.created'] });
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  const owners = page.locator('#owners');
  const filter = owners.getByRole('searchbox', { name: 'Filter owners' });
  const chips = owners.getByRole('list', { name: 'Chosen owners' }).getByRole('listitem');
  const find = async (text: string) => {
    await filter.fill(text);
    if (!scripts) await owners.getByRole('button', { name: 'Filter' }).click();
  };
  await expect(owners.getByText(/^0 of 3\d\d chosen$/)).toBeVisible();
  await page.getByLabel('Description').fill('Typed before the filter');
  await find('PERSON.25');
  await expect(owners.getByRole('checkbox')).toHaveCount(10);
  expect(page.url(), 'nothing that was typed is in the address').not.toContain('person');
  await expect(filter).toHaveValue('PERSON.25');
  if (!scripts) await expect(filter).toBeFocused();
  await expect(page.getByLabel('Description')).toHaveValue('Typed before the filter');
  await owners.getByRole('checkbox', { name: 'person.257@example.com' }).check();
  await find('person.1');
  await expect(owners.getByRole('checkbox', { name: 'person.257@example.com' })).toBeHidden();
  await owners.getByRole('checkbox', { name: 'person.101@example.com' }).check();
  await find('nobody has this');
  await expect(owners.getByText('No user matches the filter.')).toBeVisible();
  // Enter in the filter filters, and saves nothing.
  await filter.fill('person.102');
  await filter.press('Enter');
  await expect(owners.getByRole('checkbox')).toHaveCount(1);
  await owners.getByRole('checkbox', { name: 'person.102@example.com' }).check();
  if (scripts) {
    await expect(owners.getByText(/^3 of 3\d\d chosen$/)).toBeVisible();
    await expect(chips).toHaveText(['person.101@example.com', 'person.102@example.com', 'person.257@example.com']);
    await accessible(page);
    await fits(page);
    await page.setViewportSize({ width: 1280, height: 720 });
    await owners.getByRole('button', { name: 'Remove owner: person.102@example.com' }).click();
    await expect(chips).toHaveCount(2);
    await expect(owners.getByRole('button', { name: 'Remove owner: person.257@example.com' }), 'the next one').toBeFocused();
  } else {
    await find('person.102');
    await expect(chips).toHaveText(['person.101@example.com', 'person.102@example.com', 'person.257@example.com']);
    await owners.getByRole('checkbox', { name: 'person.102@example.com' }).uncheck();
  }
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  const stored = await server.api('GET', `/webhooks/${id}`);
  expect(stored.owners).toHaveLength(2);
  expect(stored.description).toBe('Typed before the filter');
  await editAll(page);
  await expect(chips).toHaveText(['person.101@example.com', 'person.257@example.com']);
  await expect(owners.getByRole('checkbox').first(), 'the owners come first').toBeChecked();
});

test('what is chosen before the scripts run counts', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'about the time until the scripts run');
  await server.api('POST', '/webhooks', { name: 'Early enabled', url: 'https://example.com/early', events: ['visit_event.created'] });
  const { id } = await server.api('POST', '/webhooks', { name: 'Early disabled', url: 'https://example.com/early', events: ['visit_event.created'], enabled: false });
  // The scripts come as late as on a slow line.
  let release = () => {};
  const late = () => {
    const held = new Promise<void>((resolve) => (release = resolve));
    return page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
  };
  await late();
  await page.goto('/webhooks', { waitUntil: 'commit' });
  await page.getByRole('searchbox', { name: 'Search' }).fill('early');
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Disabled');
  await expect(page.locator('html[data-live]')).toHaveCount(0);
  release();
  await live(page);
  await expect(page).toHaveURL(/q=early&status=disabled/);
  await expect(page.locator('td.name > a')).toHaveText(['Early disabled']);

  await page.unroute('**/*.wasm');
  await late();
  await page.goto('/audit-log', { waitUntil: 'commit' });
  await page.getByLabel('Action').selectOption('Webhook added');
  release();
  await expect(page).toHaveURL(/action=webhook.created/);

  await page.unroute('**/*.wasm');
  await late();
  await page.goto(`/webhooks/${id}?edit=all`, { waitUntil: 'commit' });
  await page.getByLabel('Description').fill('typed early');
  await page.getByRole('checkbox', { name: 'Visit event approved' }).check();
  release();
  await live(page);
  await expect(page.getByText('Unsaved changes: Description · Event')).toBeVisible();
  await expect(page.getByLabel('Description')).toHaveValue('typed early');
  await expect(page.getByRole('list', { name: 'Chosen events' })).toContainText('Visit event approved');
  // By keyboard, as in other programs.
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
});
