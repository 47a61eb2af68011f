// The list of webhooks as people use it all day: search, filters, several at once, by keyboard; with scripts and without.
import type { Page } from '@playwright/test';
import { email, password } from '../support/server.ts';
import { accessible, expect, fits, signIn, test } from '../support/test.ts';

const names = (page: Page) => page.locator('td.name > a').allTextContents().then((all) => all.map((name) => name.trim()));
/** What the address says. Without scripts a browser also sends the fields that are empty. */
const query = (page: Page) => Object.fromEntries([...new URL(page.url()).searchParams].filter(([, value]) => value !== ''));
const live = (page: Page) => expect(page.locator('.live:not([data-waits])')).toHaveCount(1);

/** A server with some webhooks, and their ids by name. */
async function filled(page: Page, server: { url: string; api: (method: string, path: string, body?: unknown) => Promise<any> }, count = 30): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const samples: [string, string, string][] = [
    ['Badge printer – North America and the Caribbean', 'https://integrations.example-company.com:8443/clearid/v2/north-america/identity-events?tenant=north-america&source=clearid', 'Prints a badge for each new hire, in the office in which they begin'],
    ['HR sync (legacy)', 'http://127.0.0.1:9/500/clearid/v2/identity-events', ''],
    ['שלום עולם', 'https://example.com/rtl/hook', 'תיאור מימין לשמאל'],
    ['🚀 Rocket', 'https://example.com/%F0%9F%9A%80', '<b>bold</b>'],
  ];
  for (let number = 0; number < count; number++) {
    const [name, url, description] = samples[number] ?? [`Webhook ${String(number).padStart(3, '0')}`, `https://host-${number}.example.com/api/hooks/${number}`, number % 3 ? 'Keeps the directory in step with identities' : ''];
    const events = number % 2 ? ['identity.created'] : ['visit_event.created', 'visit_event.approved'];
    const { id } = await server.api('POST', '/webhooks', { name, url, description, events, enabled: number % 7 !== 6 });
    ids.set(name, id);
  }
  return ids;
}

test('a row is one line of 44 px, at every width from 861 px, and 13 rows are in sight', async ({ page, another }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  await filled(page, server);
  // French words are longer.
  for (const lang of ['fr', 'en']) {
    await page.context().addCookies([{ name: 'lang', value: lang, url: server.url }]);
    await page.goto(`${server.url}/webhooks`);
    for (const width of [861, 1024, 1179, 1180, 1280, 1599, 1600, 2560]) {
      await page.setViewportSize({ width, height: 800 });
      const rows = await page.locator('table.webhooks tbody tr').evaluateAll((rows) =>
        rows.map((row) => ({ height: row.getBoundingClientRect().height, bottom: row.getBoundingClientRect().bottom, two: innerWidth < 1180 && row.querySelector('td.description')!.textContent !== '' })),
      );
      for (const row of rows) expect(row.height, `row at ${width} px`).toBeLessThanOrEqual(row.two ? 56 : 44.5);
      if (width === 1280) {
        const seen = rows.filter((row) => row.bottom <= 800).length;
        console.log(`list: ${seen} rows at 1280x800`);
        expect(seen).toBeGreaterThanOrEqual(13);
      }
      const url = await page.locator('td.url').first().evaluate((cell) => cell.getBoundingClientRect().width);
      expect(url, `URL at ${width} px`).toBeGreaterThanOrEqual(150);
      // Nothing is drawn over its neighbour, or over the edge of the table.
      const over = await page.locator('table.webhooks').evaluate((table) => {
        const right = table.getBoundingClientRect().right + 0.5;
        return [...table.querySelectorAll('tbody td > *:not(.visually-hidden):not([popover])')].filter((part) => {
          const [box, cell] = [part.getBoundingClientRect(), part.closest('td')!.getBoundingClientRect()];
          return box.width > 0 && (box.right > right || box.right > cell.right + 0.5);
        }).map((part) => part.outerHTML.slice(0, 120));
      });
      expect(over, `cut or overlapping at ${width} px`).toEqual([]);
      // A wide window has room for owners and rate.
      for (const cell of ['.owners-cell', '.rate']) {
        await expect(page.locator(`table.webhooks tbody ${cell}`).first(), `${cell} at ${width} px`).toBeVisible({ visible: width >= 1600 });
      }
    }
  }
  await fits(page);
  await accessible(page);
  // The host and the end of a long URL stay, the middle of its path goes.
  await page.setViewportSize({ width: 1280, height: 800 });
  const parts = page.getByRole('row').filter({ hasText: 'Badge printer' }).locator('.cut-url');
  for (const part of ['.host', '.end']) expect((await parts.locator(part).boundingBox())!.width, part).toBeGreaterThan(40);
  await expect(page.getByRole('row').filter({ hasText: 'HR sync' }).locator('.scheme')).toHaveText('http://');
});

test('search follows the keys, keeps the focus, and is in the address', async ({ page, another, javaScriptEnabled }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  await filled(page, server);
  await page.goto(`${server.url}/webhooks`);
  const field = page.getByRole('searchbox', { name: 'Search' });
  if (javaScriptEnabled === false) {
    await field.fill('badge');
    await page.getByRole('button', { name: 'Search' }).click();
  } else {
    await live(page);
    await expect(page.getByRole('button', { name: 'Search' }), 'only of use without scripts').toBeHidden();
    await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
    await field.pressSequentially('bage');
    await field.press('ArrowLeft');
    await field.press('ArrowLeft');
    await field.pressSequentially('d');
  }
  await expect.poll(() => names(page)).toEqual(['Badge printer – North America and the Caribbean']);
  await expect.poll(() => query(page)).toEqual({ q: 'badge' });
  await expect(page.locator('#list-count')).toHaveText('1 of 30');
  if (javaScriptEnabled !== false) {
    await expect(field).toBeFocused();
    expect(await field.evaluate((field: HTMLInputElement) => [field.value, field.selectionStart])).toEqual(['badge', 3]);
  }
  await accessible(page);
  // Chips say what is set, and each removes it.
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Enabled');
  if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Search' }).click();
  await expect.poll(() => query(page)).toEqual({ q: 'badge', status: 'enabled' });
  await expect(page.locator('.chip')).toHaveText(['“badge”', 'Status: Enabled']);
  await page.getByRole('link', { name: 'Remove the filter “badge”' }).click();
  await expect.poll(() => query(page)).toEqual({ status: 'enabled' });
  await expect(field).toHaveValue('');
  await expect(page.locator('#list-count')).toHaveText('26 of 30');
  await page.getByRole('columnheader', { name: 'URL', exact: true }).getByRole('link').click();
  await expect(page).toHaveURL(/sort=url/);
  await expect(page.getByRole('columnheader', { name: 'URL', exact: true }), 'the list has arrived').toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('link', { name: 'Clear', exact: true }).click();
  await expect.poll(() => query(page)).toEqual({ sort: 'url', dir: 'asc' });
  await page.getByRole('link', { name: '4 disabled' }).click();
  await expect(page.locator('#list-count')).toHaveText('4 of 30');
  await page.goBack();
  await expect.poll(() => query(page)).toEqual({ sort: 'url', dir: 'asc' });
  await expect(page.locator('#list-count')).toHaveText('30 webhooks');
  await page.getByRole('link', { name: '50', exact: true }).click();
  await expect(page.locator('table.webhooks tbody tr')).toHaveCount(30);
  await page.reload();
  await expect(page.locator('table.webhooks tbody tr'), 'the address has it all').toHaveCount(30);
});

test('several webhooks are chosen and changed, and what fails is told', async ({ page, another, receiver, javaScriptEnabled }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  for (const name of ['One', 'Two', 'Three']) await server.api('POST', '/webhooks', { name, url: receiver.url, events: ['visit_event.created'], enabled: name !== 'Three' });
  await page.goto(`${server.url}/webhooks?sort=url`);
  const bar = page.getByRole('form', { name: 'Actions for chosen webhooks' });
  await expect(bar).toBeHidden();
  for (const name of ['One', 'Three']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
  await expect(bar).toBeVisible();
  await accessible(page);
  await bar.getByRole('button', { name: 'Send test event' }).click();
  const report = page.getByRole('alert').filter({ hasText: 'It failed for 1 webhook' });
  await expect(report).toContainText('1 test event was sent.');
  await expect(report).toContainText('Three: The webhook is disabled; enable it first.');
  await expect.poll(() => receiver.received.length).toBe(1);
  await accessible(page);
  await page.getByRole('checkbox', { name: 'Choose Three' }).check();
  await bar.getByRole('button', { name: 'Enable' }).click();
  await expect(page.getByRole('status').filter({ hasText: '1 webhook was enabled.' })).toBeVisible();
  await expect(page, 'one stays where one was').toHaveURL(/sort=url/);
  if (javaScriptEnabled === false) {
    for (const name of ['One', 'Two', 'Three']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
  } else {
    await live(page);
    await page.getByRole('checkbox', { name: 'Choose One' }).check();
    await page.getByRole('button', { name: 'Choose all 3' }).click();
  }
  await page.getByRole('checkbox', { name: 'Choose One' }).uncheck();
  const [download] = await Promise.all([page.waitForEvent('download'), bar.getByRole('button', { name: 'Export' }).click()]);
  expect(download.suggestedFilename()).toBe('webhooks.json');
  if (javaScriptEnabled === false) await page.reload();
  for (const name of ['Two', 'Three']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await expect(page.getByRole('heading', { name: 'Delete 2 webhooks?' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Delete 2 webhooks' }).click();
  await expect(page.getByText('2 webhooks were deleted.')).toBeVisible();
  expect(await names(page)).toEqual(['One']);
});

test('a switch says what becomes of the events, and can be undone', async ({ page, another, javaScriptEnabled }) => {
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Parking gate', url: 'https://example.com/gate', events: ['visit_event.created'] });
  await page.goto(`${server.url}/webhooks`);
  if (javaScriptEnabled !== false) await live(page);
  const off = page.getByRole('button', { name: 'Disable Parking gate' });
  await off.click();
  const toast = page.locator('.toast');
  await expect(toast).toContainText('“Parking gate” is disabled. New events are held.');
  const on = page.getByRole('button', { name: 'Enable Parking gate' });
  await (javaScriptEnabled === false ? expect(on).toBeVisible() : expect(on).toBeFocused());
  await server.publish('visit_event.created', 'held-by-gate');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}`)).enabled).toBe(false);
  // It stays as long as the mouse is on it.
  await toast.hover();
  await accessible(page);
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect(toast).toContainText('“Parking gate” is enabled. 1 delivery was held and stays held until you send or discard it.');
  await expect(toast.getByRole('link', { name: 'Review held deliveries' })).toHaveAttribute('href', `/webhooks/${id}?response=held#logs`);
  await expect(off).toBeVisible();
  expect((await server.api('GET', `/webhooks/${id}`)).enabled).toBe(true);
  if (javaScriptEnabled === false) {
    await toast.getByRole('link', { name: 'Close' }).click();
    await expect(toast).toHaveCount(0);
    await expect(page).toHaveURL(`${server.url}/webhooks#webhook-${id}`);
    return;
  }
  await page.mouse.move(0, 0);
  await expect(toast, 'it goes away by itself').toHaveCount(0, { timeout: 15_000 });
});

test('the menu of a row', async ({ page, another, javaScriptEnabled, context }) => {
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Menu', url: 'https://example.com/menu', events: ['visit_event.created'] });
  await page.goto(`${server.url}/webhooks`);
  await page.getByRole('button', { name: 'More actions for Menu' }).click();
  const menu = page.locator(`#menu-${id}`);
  await expect(menu, 'also without scripts').toBeVisible();
  await accessible(page);
  const [box, button] = [(await menu.boundingBox())!, (await page.getByRole('button', { name: 'More actions for Menu' }).boundingBox())!];
  expect(box.x + box.width, 'below its button').toBeLessThan(button.x + button.width + 4);
  if (javaScriptEnabled !== false) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await live(page);
    await menu.getByRole('button', { name: 'Copy URL' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('https://example.com/menu');
    await page.keyboard.press('Escape');
    await expect(menu).toBeHidden();
    // A button beside the URL copies it as well. Only the mouse can use it.
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.locator('td.url').hover();
    await page.locator('td.url').getByRole('button', { includeHidden: true }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('https://example.com/menu');
    await expect(page.locator('td.url')).toContainText('Copied');
    await expect(page, 'the row is not opened').toHaveURL(`${server.url}/webhooks`);
    await page.getByRole('button', { name: 'More actions for Menu' }).click();
  }
  await menu.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('button', { name: 'Enable Menu' })).toBeVisible();
  await page.getByRole('button', { name: 'More actions for Menu' }).click();
  await menu.getByRole('link', { name: 'Duplicate' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Menu (copy)');
});

test('the list and the overview keep up with what happens', async ({ page, another, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts one loads the page again');
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  await server.api('POST', '/webhooks', { name: 'Lively', url: receiver.url, events: ['visit_event.created'] });
  for (const [path, quiet, busy] of [
    ['/webhooks', 'No callback yet', '202'],
    ['/', 'No callbacks in the last 24 hours.', '2 callbacks'],
  ]) {
    if (path === '/') await expect.poll(() => receiver.received.length).toBe(1);
    await page.goto(`${server.url}${path}`);
    await live(page);
    if (path === '/webhooks') await expect(page.locator('#main')).toContainText(quiet);
    await page.getByRole('button', { name: 'Pause' }).click();
    await server.publish('visit_event.created', `lively-${path}`);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect(page.locator('#main')).toContainText(busy, { timeout: 15_000 });
  }
});

test('a session that ends while the list is open', async ({ page, another, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the next page asks to sign in');
  const server = await another();
  await signIn(page, server.url);
  await filled(page, server, 6);
  await page.goto(`${server.url}/webhooks`);
  await live(page);
  expected.push('401 /fn/list_fragment');
  await page.context().clearCookies({ name: 'clearhook_session' });
  await page.getByRole('searchbox', { name: 'Search' }).fill('rocket');
  const problem = page.getByRole('alert').filter({ hasText: 'Your session has ended.' });
  await expect(problem).toBeVisible();
  await accessible(page);
  await problem.getByRole('link', { name: 'Sign in again' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/webhooks\?q=rocket$/);
  await expect.poll(() => names(page)).toEqual(['🚀 Rocket']);
});

test('the keyboard: shortcuts, their list, and their switch', async ({ page, another, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'shortcuts are scripts');
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  const ids = await filled(page, server, 6);
  await page.goto(`${server.url}/webhooks?sort=name`);
  await live(page);
  const field = page.getByRole('searchbox', { name: 'Search' });
  await page.keyboard.press('/');
  await expect(field).toBeFocused();
  await page.keyboard.type('cgwx?/');
  await expect(field, 'none while somebody types').toHaveValue('cgwx?/');
  await expect(page).toHaveURL(/q=cgwx/);
  await field.fill('');
  await expect(page.locator('table.webhooks tbody tr')).toHaveCount(6);
  await field.blur();
  const links = page.locator('td.name > a');
  await page.keyboard.press('j');
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press('x');
  const bar = page.getByRole('form', { name: 'Actions for chosen webhooks' });
  await expect(bar).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(bar, 'nothing is chosen any more').toBeHidden();
  await expect(page.locator('input.pick:checked')).toHaveCount(0);
  await expect(links.nth(1), 'the row keeps the focus').toBeFocused();
  await page.keyboard.press('x');
  await bar.getByRole('button', { name: 'Enable', exact: true }).focus();
  await page.keyboard.press('Escape');
  await expect(bar).toBeHidden();
  await expect(page.locator('#list-rows'), 'the list takes the focus of what is gone').toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(links.nth(1)).toBeFocused();
  const name = (await links.nth(1).textContent())!.trim();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(ids.get(name)!));
  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await expect(page).toHaveURL(/\/webhooks$/);
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  await accessible(page);
  await sheet.getByLabel('Use keyboard shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('c');
  await page.keyboard.press('/');
  await expect(field).not.toBeFocused();
  await expect(page).toHaveURL(/\/webhooks$/);
  await page.reload();
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await page.keyboard.press('/');
  await expect(field, 'they stay off').not.toBeFocused();
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await sheet.getByLabel('Use keyboard shortcuts').check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/webhooks\/new$/);
  await page.goto(`${server.url}/`);
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await expect(page).toHaveURL(`${server.url}/`);
});

test('the first steps are ticked as they are done', async ({ page, another, receiver }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  await page.goto(server.url);
  const steps = page.getByRole('region', { name: 'Getting started' });
  await expect(steps).toContainText('1 of 5 done');
  await expect(steps.getByRole('region', { name: 'Command that publishes an event' })).toContainText(`${server.url}/api/v1/events`);
  await accessible(page);
  await fits(page);
  await server.api('POST', '/webhooks', { name: 'First', url: receiver.url, events: ['visit_event.created'] });
  await page.goto(`${server.url}/webhooks`);
  await page.getByRole('button', { name: 'More actions for First' }).click();
  await page.getByRole('button', { name: 'Send test event' }).first().click();
  await expect(page.getByText('1 test event was sent.')).toBeVisible();
  await server.publish('visit_event.created', 'first');
  await page.goto(server.url);
  await expect(steps).toContainText('4 of 5 done');
  await expect(steps.getByRole('listitem').filter({ hasText: 'Turn on the second factor' })).toContainText('To do');
  await accessible(page);
  await steps.getByRole('button', { name: 'Hide this list' }).click();
  await expect(steps).toHaveCount(0);
  await page.reload();
  await expect(steps).toHaveCount(0);
});
