// Filters on a phone open from a button, and nothing scrolls sideways, with and without scripts. Bars replace rows while an answer is awaited.
import type { Page } from '@playwright/test';
import { accessible, expect, live, signIn, test } from '../support/test.ts';

/** Nothing on the page is wider than its own box, so nothing scrolls sideways. Lines of links are not meant. */
async function nothingScrollsSideways(page: Page): Promise<void> {
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main :not(nav, nav *)')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.checkVisibility())
      .map((element) => element.outerHTML.slice(0, 100)),
  );
  expect(wide, page.url()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), page.url()).toBeLessThanOrEqual(0);
}

test('on a phone the filters of the list are behind one button that says how many are set', async ({ page, another, javaScriptEnabled }) => {
  const server = await another();
  await signIn(page, server.url);
  for (const [name, enabled] of [['Front door', true], ['Back door', true], ['Garage', false]] as const) {
    await server.api('POST', '/webhooks', { name, url: 'https://example.com/hooks', events: ['identity.created'], enabled });
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${server.url}/webhooks`);
  if (javaScriptEnabled !== false) await expect(page.locator('.live:not([data-waits])')).toHaveCount(1);
  const filters = page.getByRole('button', { name: /^Filters/ });
  await expect(filters).toHaveText('Filters');
  await expect(page.getByRole('combobox', { name: 'Status' })).toBeHidden();
  await nothingScrollsSideways(page);
  const apply = async () => {
    if (javaScriptEnabled === false) await page.locator('#list-filters').getByRole('button', { name: 'Search' }).click();
  };
  await filters.click();
  await expect(page.getByRole('combobox', { name: 'Status' })).toBeVisible();
  await accessible(page);
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Enabled');
  await apply();
  await expect(filters).toHaveText('Filters (1)');
  if (javaScriptEnabled === false) await filters.click();
  await page.getByRole('combobox', { name: 'Event' }).selectOption('Identity created');
  await apply();
  await expect(filters).toHaveText('Filters (2)');
  await expect(page.locator('#list-count')).toHaveText('2 of 3');
  if (javaScriptEnabled !== false) {
    await page.locator('#list-filters').getByRole('button', { name: 'Close' }).click();
  }
  await expect(page.getByRole('combobox', { name: 'Status' })).toBeHidden();
  await nothingScrollsSideways(page);
  // A chip takes a filter away, and the button says so.
  await page.getByRole('link', { name: 'Remove the filter Status: Enabled' }).click();
  await expect(filters).toHaveText('Filters (1)');
  await expect(page.locator('#list-count')).toHaveText('3 of 3');
  // In a wide window the filters are part of the page.
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(page.getByRole('combobox', { name: 'Status' })).toBeVisible();
  await expect(filters).toBeHidden();
  const heights = await page.locator('.list-search').locator('input[type=search], select').evaluateAll((fields) => fields.map((field) => field.getBoundingClientRect().height));
  expect(new Set(heights).size, `fields of a line are equally high: ${heights}`).toBe(1);
});

test('on a phone range and filters of the log are behind buttons', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Phone ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.denied'] });
  await server.publish('visit_event.denied', `phone-${javaScriptEnabled}`);
  await expect.poll(() => receiver.received.length).toBe(1);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`/webhooks/${id}?range=24h`);
  await live(page);
  const rows = page.locator('#log-rows').getByRole('row');
  await expect(rows).toHaveCount(1);
  const [range, filters] = [page.getByRole('button', { name: /^Range:/ }), page.getByRole('button', { name: /^Filters/ })];
  await expect(range).toHaveText('Last 24 hours');
  await expect(filters).toHaveText('Filters');
  for (const field of [page.getByLabel('From'), page.getByRole('combobox', { name: 'Response' }), page.getByRole('link', { name: 'Last 7 days' })]) await expect(field).toBeHidden();
  await nothingScrollsSideways(page);
  await range.click();
  await accessible(page);
  await page.getByRole('link', { name: 'Last 7 days' }).click();
  await expect(page).toHaveURL(/range=7d/);
  await expect(range).toHaveText('Last 7 days');
  await live(page);
  await filters.click();
  await accessible(page);
  await page.getByRole('combobox', { name: 'Response' }).selectOption('Failed');
  if (javaScriptEnabled === false) await page.locator('#log-filters').getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/response=failed/);
  await expect(page.getByText('No callbacks in this range match the filters.')).toBeVisible();
  await expect(filters).toHaveText('Filters (1)');
  await live(page);
  await filters.click();
  await page.getByRole('searchbox', { name: 'Event, message or subject' }).fill(`phone-${javaScriptEnabled}`);
  await page.locator('#log-filters').getByRole('button', { name: 'Filter' }).click();
  await expect(filters).toHaveText('Filters (2)');
  await nothingScrollsSideways(page);
  // A range that cannot be shown says why, beside the button that opens it.
  await live(page);
  await page.getByRole('button', { name: /^Range:/ }).click();
  await page.getByLabel('From').fill('2026-11-02T00:00');
  await page.getByLabel('to', { exact: true }).fill('2026-11-01T00:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByText('Choose an end after the beginning.')).toBeVisible();
});

test('bars stand for the rows while an answer takes longer than a moment, and nothing moves', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the browser shows that a page is loaded');
  for (const name of ['Slow one', 'Slow two']) await server.api('POST', '/webhooks', { name, url: 'https://example.com/hooks', events: ['identity.created'] });
  await page.goto('/webhooks');
  await expect(page.locator('.live:not([data-waits])')).toHaveCount(1);
  const opacity = () => page.locator('table.webhooks tbody td').first().evaluate((cell) => getComputedStyle(cell, '::after').opacity);
  const places = () => page.locator('table.webhooks tbody :is(tr, td, td > *)').evaluateAll((parts) => parts.map((part) => JSON.stringify(part.getBoundingClientRect())));
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/fn/list_fragment', async (route) => {
    await held;
    await route.continue();
  });
  const before = await places();
  await page.getByRole('searchbox', { name: 'Search' }).fill('slow one');
  await expect(page.locator('#list-rows')).toHaveAttribute('aria-busy', 'true');
  await expect.poll(opacity, 'bars over the cells').toBe('1');
  expect(await places(), 'nothing moves').toEqual(before);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const [bar, ground] = await page.locator('table.webhooks tbody td').first().evaluate((cell) => {
      const drawn = getComputedStyle(cell, '::after');
      return [drawn.backgroundImage, drawn.backgroundColor];
    });
    expect(bar).not.toBe('none');
    expect(ground, 'the old row is covered').not.toMatch(/^(transparent|rgba\(.*, 0\))$/);
  }
  answer();
  await expect(page.locator('td.name > a')).toHaveText(['Slow one']);
  await expect(page.locator('#list-rows')).not.toHaveAttribute('aria-busy', 'true');
});
