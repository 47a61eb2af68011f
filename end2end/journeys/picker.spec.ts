// Choosing events from a large catalogue: with the mouse, by keyboard, and without scripts.
import { EACH, GROUPS, manyTypes } from '../support/catalogue.ts';
import { accessible, editAll, expect, fits, live, test } from '../support/test.ts';

test.use({ own: 'picker' });

test('events are found among 500, chosen, and chosen as a group', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await manyTypes(server);
  const { items } = await server.api('GET', '/event-types?limit=200');
  expect(items.length).toBe(200);
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Chooses');
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/typed?secret=1');
  await expect(page.getByText(/^0 of 5\d\d chosen$/)).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Identity created' })).toBeHidden();

  const filter = page.getByRole('searchbox', { name: 'Filter events' });
  await filter.fill('identity created');
  if (!scripts) await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await expect(page.getByRole('checkbox', { name: 'Identity created' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Identity updated' })).toBeHidden();
  expect(page.url(), 'nothing that was typed is in the address').not.toContain('?');
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue('https://example.com/typed?secret=1');
  await page.getByRole('checkbox', { name: 'Identity created' }).check();

  await filter.fill('shop2.');
  if (scripts) await filter.press('Enter');
  else await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await expect(page.getByRole('checkbox', { name: 'Identity created' })).toBeHidden();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Chooses');
  await page.getByRole('checkbox', { name: 'All of Shop 2, and future ones (shop2.*)' }).check();
  if (scripts) {
    await expect(page.getByText(/^31 of 5\d\d chosen$/)).toBeVisible();
    await expect(page.getByRole('checkbox', { name: 'Shop2 thing1 deleted' })).toBeDisabled();
    await expect(page.getByRole('list', { name: 'Chosen events' }).getByRole('listitem')).toHaveText([/shop2\.\*/, /Identity created/]);
  }
  await filter.fill('no such event');
  if (!scripts) await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await expect(page.getByText('No event matches the filter.')).toBeVisible();

  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: 'Chooses', level: 1 })).toBeVisible();
  // The page has all 500 only when they are asked for. What it has instead keeps the choice when something else is saved.
  await expect(page.locator('#events').getByRole('checkbox', { includeHidden: true })).toHaveCount(0);
  await page.locator('summary').filter({ hasText: 'General' }).click();
  await page.getByLabel('Description').fill('Still chosen');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await page.locator('summary').filter({ hasText: 'Identity created' }).first().click();
  await expect(page.getByRole('link', { name: 'Change the events' })).toHaveAttribute('href', /edit=all#event$/);
  const id = new URL(page.url()).pathname.split('/').pop();
  const stored = await server.api('GET', `/webhooks/${id}`);
  expect([...stored.events].sort()).toEqual(['identity.created', 'shop2.*']);
  await editAll(page);
  await expect(page.getByText(/^31 of 5\d\d chosen$/)).toBeVisible();
  await expect(page.getByRole('link', { name: 'Download schema: Identity created' })).toHaveCount(1);
  await expect(page.getByRole('checkbox', { name: 'All of Shop 2, and future ones (shop2.*)' })).toBeChecked();
  // Several are chosen: a menu with a file for each, and one archive.
  await page.getByRole('button', { name: 'Download schemas' }).click();
  await expect(page.getByRole('link', { name: 'Identity created', exact: true })).toBeVisible();
  await accessible(page);
  const archive = page.getByRole('link', { name: 'All chosen schemas (.zip)' });
  const [download] = await Promise.all([page.waitForEvent('download'), archive.click()]);
  expect(download.suggestedFilename()).toBe('event-types.zip');
  await page.keyboard.press('Escape');

  // A pattern that stands for no group is shown, and can be removed.
  await server.api('PATCH', `/webhooks/${id}`, { events: ['identity.created', 'shop1.thing1.*'] });
  await page.reload();
  await editAll(page);
  const pattern = page.getByRole('checkbox', { name: 'shop1.thing1.*' });
  await expect(pattern).toBeChecked();
  if (scripts) await page.getByRole('button', { name: 'Remove: shop1.thing1.*' }).click();
  else await pattern.uncheck();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  expect((await server.api('GET', `/webhooks/${id}`)).events).toEqual(['identity.created']);
  // One is chosen: its file.
  await editAll(page);
  const only = page.getByRole('link', { name: 'Download schema', exact: true });
  await expect(only).toHaveAttribute('href', '/event-types/identity.created/schema');
  await expect(page.getByRole('button', { name: 'Download schemas' })).toBeHidden();
});

test('a whole group and all events', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await manyTypes(server);
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Groups');
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/groups');
  // The last group has no prefix of its own, so its types are ticked one by one.
  await expect(page.getByRole('checkbox', { name: `All of Shop ${GROUPS}, and future ones` })).toHaveCount(0);
  if (scripts) {
    const all = page.getByRole('checkbox', { name: `All of Shop ${GROUPS}`, exact: true });
    await page.getByText(`Shop ${GROUPS}`, { exact: true }).click();
    await page.getByRole('checkbox', { name: 'Other thing deleted' }).check();
    await expect(all).toBeChecked({ indeterminate: true });
    await all.check();
    await expect(page.getByText(/^31 of 5\d\d chosen$/)).toBeVisible();
  } else {
    await page.getByRole('button', { name: `All of Shop ${GROUPS}`, exact: true }).click();
    await expect(page.getByText(/^31 of 5\d\d chosen$/)).toBeVisible();
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Groups');
  }
  await page.getByRole('checkbox', { name: 'All events', exact: true }).check();
  await expect(page.getByText('This can be a very large number of callbacks.')).toBeVisible();
  await page.getByRole('checkbox', { name: 'All events', exact: true }).uncheck();
  await expect(page.getByText('This can be a very large number of callbacks.')).toBeHidden();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: 'Groups', level: 1 })).toBeVisible();
  const id = new URL(page.url()).pathname.split('/').pop();
  const { events } = await server.api('GET', `/webhooks/${id}`);
  expect(events).toHaveLength(EACH + 1);
  expect(events).toContain('other.thing.deleted');
});

test('the fields of an event open above the form', async ({ signedIn: page, javaScriptEnabled, context }) => {
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Reads');
  const filter = page.getByRole('searchbox', { name: 'Filter events' });
  await filter.fill('identity.created');
  if (javaScriptEnabled === false) {
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Fields and example: Identity created' }).click();
    await expect((await opened).getByRole('heading', { name: 'Identity created', level: 1 })).toBeVisible();
  } else {
    await page.getByRole('link', { name: 'Fields and example: Identity created' }).click();
    const dialog = page.getByRole('dialog', { name: 'Identity created' });
    await expect(dialog).toContainText('first_name');
    await accessible(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole('link', { name: 'Fields and example: Identity created' })).toBeFocused();
  }
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Reads');
});

test('by keyboard: filter, tick, remove', async ({ signedIn: page, server, javaScriptEnabled }) => {
  await manyTypes(server);
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByRole('searchbox', { name: 'Filter events' }).focus();
  await page.keyboard.type('picture');
  if (javaScriptEnabled === false) {
    // Enter in the filter filters, and saves nothing.
    await page.keyboard.press('Enter');
    await expect(page.getByRole('searchbox', { name: 'Filter events' })).toBeFocused();
    await expect(page.getByRole('searchbox', { name: 'Filter events' })).toHaveValue('picture');
  } else {
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'Identity picture updated' }).focus();
    await page.keyboard.press('Space');
    await expect(page.getByText(/^1 of 5\d\d chosen$/)).toBeVisible();
    await page.getByRole('button', { name: 'Remove: Identity picture updated' }).press('Enter');
    await expect(page.getByText(/^0 of 5\d\d chosen$/)).toBeVisible();
    await expect(page.getByRole('searchbox', { name: 'Filter events' })).toBeFocused();
  }
  await expect(page.getByRole('checkbox', { name: 'Identity picture updated' })).toBeVisible();
  await accessible(page);
  await fits(page);
});

test('by keyboard: a closed group is opened, and its events follow', async ({ signedIn: page, server }) => {
  await manyTypes(server);
  await page.goto('/webhooks/new');
  await live(page);
  const group = page.locator('#events summary').filter({ hasText: 'Visit events' }).first();
  const box = page.getByRole('checkbox', { name: 'Visit event created', exact: true });
  await expect(box).toBeHidden();
  await group.focus();
  await page.keyboard.press('Enter');
  await expect(box).toBeVisible();
  for (let presses = 0; presses < 20 && !(await box.evaluate((box) => box === document.activeElement)); presses++) await page.keyboard.press('Tab');
  await expect(box).toBeFocused();
  await page.keyboard.press('Space');
  await expect(box).toBeChecked();
});
