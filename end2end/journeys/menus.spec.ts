// Menus and questions lie over the page: nothing around them moves when they are opened, on any page, at any width; with scripts and without.
import type { Page } from '@playwright/test';
import { password, type Server } from '../support/server.ts';
import { accessible, expect, fits, live, signIn, test } from '../support/test.ts';

/** What opens something over the page. Sections and long texts that unfold in their place are no menus. */
const MENUS = '[popovertarget], details.menu > summary';

/** Where each thing of the page is that can be seen and does not belong to what a menu opened, nor to the summary, whose times go on. */
const positions = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('a, button, summary, input, select, textarea, h1, h2, p, tr, th, td, svg, section, form')]
      .filter((element) => !element.closest('[popover], details.menu > :not(summary), #health-part') && element.checkVisibility())
      .map((element) => {
        const box = element.getBoundingClientRect();
        // Within the page, because a menu may scroll it into view. What sticks to the window moves within the page with each scroll.
        const ancestors = [];
        for (let ancestor: Element | null = element; ancestor; ancestor = ancestor.parentElement) ancestors.push(ancestor);
        const sticks = ancestors.some((ancestor) => ['sticky', 'fixed'].includes(getComputedStyle(ancestor).position));
        const y = sticks ? 'sticks' : box.y + scrollY;
        return [element.tagName, element.textContent!.trim().slice(0, 30), box.x + scrollX, y, box.width, box.height].join(' ');
      }),
  );

/** Opens every menu of the page, one after the other, and gives their names. */
async function opened(page: Page, width: number): Promise<string[]> {
  await page.setViewportSize({ width, height: 800 });
  await live(page);
  const names: string[] = [];
  for (const menu of await page.locator(MENUS).all()) {
    if (!(await menu.isVisible())) continue;
    const name = (await menu.getAttribute('aria-label')) ?? (await menu.textContent())!.trim();
    await menu.scrollIntoViewIfNeeded();
    const before = await positions(page);
    await menu.click();
    const content = await menu.evaluateHandle((button) => document.getElementById(button.getAttribute('popovertarget')!) ?? button.nextElementSibling!);
    await expect.poll(() => content.evaluate((element) => element.checkVisibility()), `${name} is open`).toBe(true);
    expect(await positions(page), `nothing moves when “${name}” is opened on ${page.url()} at ${width} px`).toEqual(before);
    // It is within the window, from side to side.
    const [left, right] = await content.evaluate((element) => [element.getBoundingClientRect().left, innerWidth - element.getBoundingClientRect().right]);
    expect(Math.min(left, right), `“${name}” within the window at ${width} px`).toBeGreaterThanOrEqual(0);
    await fitsAt(page, width);
    const isPopover = (await menu.getAttribute('popovertarget')) !== null;
    if (isPopover) await page.keyboard.press('Escape');
    else await menu.click();
    await expect.poll(() => content.evaluate((element) => element.checkVisibility()), `${name} is closed`).toBe(false);
    names.push(name);
  }
  return names;
}

async function fitsAt(page: Page, width: number): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide, `${page.url()} at ${width} px with an open menu`).toBeLessThanOrEqual(0);
}

/** A webhook with a log, failed, held and waiting deliveries, and one that redirects. */
async function prepared(server: Server, url: string): Promise<{ id: string; moved: string; callback: string }> {
  const { id } = await server.api('POST', '/webhooks', { name: 'Menus', url: `${url}/fails`, events: ['visit_event.created', 'visit_event.approved'] });
  const moved = await server.api('POST', '/webhooks', { name: 'Moved', url: `${url}/moved`, events: ['identity.created'] });
  await server.publish('visit_event.created', 'menus');
  await server.publish('identity.created', 'menus-moved');
  const failed = async () => (await server.api('GET', `/deliveries?state=failed&webhook_id=${id}`)).items.length;
  await expect.poll(failed, { timeout: 20_000 }).toBe(1);
  const callbacks = async () => (await server.api('GET', `/webhooks/${moved.id}/callbacks`)).items;
  await expect.poll(async () => (await callbacks()).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
  await server.publish('visit_event.approved', 'menus-held');
  await expect.poll(async () => (await server.api('GET', `/deliveries?state=held&webhook_id=${id}`)).items.length, { timeout: 20_000 }).toBe(1);
  return { id, moved: moved.id, callback: (await callbacks())[0].id };
}

test('a menu moves nothing', async ({ page, another, receiver }) => {
  test.setTimeout(300_000);
  const server = await another();
  await signIn(page, server.url);
  receiver.answers.set('/fails', { status: 500, body: '' });
  receiver.answers.set('/moved', { status: 301, body: '', headers: { location: '/new-place' } });
  const { id, moved, callback } = await prepared(server, receiver.url.replace('/hook?from=journey', ''));
  const user = await server.api('POST', '/users', { email: 'owner@example.com', role: 'api-owner', password });
  await server.api('POST', '/event-types', { type: 'menu.opened', name: 'Menu opened', group: 'Menus' });
  const seen = new Map<string, string[]>();
  for (const [path, least] of [
    ['/', []],
    ['/webhooks', ['More actions for Menus']],
    ['/webhooks/new', []],
    [`/webhooks/${id}`, ['Delete', 'Send again…', 'Discard held…', 'Export', 'More about this callback']],
    [`/webhooks/${id}?edit=all`, ['Download schemas']],
    [`/webhooks/${id}?response=held`, ['Delete']],
    [`/webhooks/${moved}?callback=${callback}`, ['Use this URL…']],
    ['/event-types', []],
    ['/event-types/menu.opened', ['Deprecate', 'Archive']],
    ['/api-keys', ['Revoke journeys']],
    ['/users', []],
    [`/users/${user.id}`, ['Disable…']],
    ['/audit-log', []],
    ['/account', []],
    ['/guide', []],
  ] as const) {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(server.url + path);
      const names = await opened(page, width);
      for (const name of least) expect(names, `${path} at ${width} px has the menu ${name}`).toContain(name);
      seen.set(`${path} ${width}`, names);
    }
  }
  console.log(`menus: ${[...seen.values()].flat().length} opened on ${seen.size} pages`);
});

test('a question is answered by keyboard, and Escape takes it back', async ({ page, another }) => {
  const server = await another();
  await signIn(page, server.url);
  const { id } = await server.api('POST', '/webhooks', { name: 'Asked', url: 'https://example.com/', events: ['visit_event.created'] });
  await page.goto(`${server.url}/webhooks/${id}`);
  const button = page.getByRole('button', { name: 'Delete', exact: true });
  const confirm = page.getByLabel('To delete it, type its name: Asked');
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(confirm).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.keyboard.press('Escape');
  await expect(confirm).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(confirm, 'it is next').toBeFocused();
  await page.keyboard.type('Asked');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Delete this webhook' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText('The webhook was deleted.')).toBeVisible();
});
