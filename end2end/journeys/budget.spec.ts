// What a visit costs: bytes over the wire, and whether anything moves while a page is loading.
import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';

const FIRST = 300_000;
const LATER = 20_000;
const SHIFT = 0.01;

/** A part of the page that moved by itself. */
type Shift = { value: number; moved: string[] };

declare global {
  interface Window {
    shifts: Shift[];
  }
}

/** Counts what comes over the wire for requests since the last call of `take`. */
async function wire(page: Page): Promise<{ session: CDPSession; take: () => { bytes: number; files: string } }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const urls = new Map<string, string>();
  let loaded: { url: string; bytes: number }[] = [];
  session.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const url = urls.get(requestId);
    // The page before may still be loading an update.
    if (url) loaded.push({ url, bytes: encodedDataLength });
  });
  const take = () => {
    const taken = loaded;
    loaded = [];
    urls.clear();
    return { bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0), files: taken.map(({ url, bytes }) => `${bytes} ${url}`).join('\n') };
  };
  return { session, take };
}

test.use({ own: 'budget' });

test('first visit and later pages stay within their budget', async ({ signedIn: page, server, receiver }) => {
  const made = await server.api('POST', '/webhooks', { name: 'Budget', url: receiver.url, events: ['identity.created', 'visit_event.approved'] });
  for (let number = 0; number < 60; number++) {
    await server.api('POST', '/webhooks', { name: `Budget ${number}`, url: `https://example.com/hooks/${number}`, description: 'One of many', events: ['visit_event.created'] });
    await server.publish('identity.created', `budget-${number}`);
  }
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(60);
  await page.addInitScript(() => {
    window.shifts = [];
    type Source = { node: Node | null; previousRect: DOMRect; currentRect: DOMRect };
    const place = ({ x, y, width, height }: DOMRect) => [x, y, width, height].map(Math.round).join(' ');
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; sources: Source[] }[])
        window.shifts.push({
          value: entry.value,
          moved: entry.sources.map(({ node, previousRect, currentRect }) => {
            const element = node instanceof Element ? node : (node?.parentElement ?? null);
            return `<${element?.tagName} id="${element?.id}" class="${element?.className}"> from ${place(previousRect)} to ${place(currentRect)}`;
          }),
        });
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const { session, take } = await wire(page);
  await session.send('Network.clearBrowserCache');
  const figures: string[] = [];
  /** What moved on the page so far. A page that moved too much fails with the names of what moved. */
  const moved = async (what: string) => {
    const shifts = await page.evaluate(() => window.shifts);
    const sum = shifts.reduce((sum, { value }) => sum + value, 0);
    expect(sum, `layout shift of ${what}: ${JSON.stringify(shifts, null, 1)}`).toBeLessThanOrEqual(SHIFT);
    return sum;
  };
  const visit = async (path: string, most: number) => {
    take();
    await page.goto(path, { waitUntil: 'networkidle' });
    const [{ bytes, files }, shift] = [take(), await moved(path)];
    figures.push(`${path}: ${(bytes / 1_000).toFixed(1)} kB, layout shift ${shift.toFixed(4)}`);
    expect(bytes, `bytes of ${path}:\n${files}`).toBeLessThanOrEqual(most);
    expect(bytes, `something came for ${path}`).toBeGreaterThan(500);
  };
  await visit('/webhooks', FIRST);
  for (const path of ['/', '/webhooks', '/webhooks/new', '/event-types', '/event-types/identity.created', '/account', '/api-keys', '/users', '/audit-log']) await visit(path, LATER);
  // The log follows its callbacks, so this page's network never rests.
  const { items } = await server.api('GET', `/webhooks/${made.id}/callbacks?limit=1`);
  for (const [name, query] of [
    ['', ''],
    ['?callback=', `?callback=${items[0].id}`],
  ]) {
    take();
    await page.goto(`/webhooks/${made.id}${query}`);
    await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
    await expect(page.locator('html[data-live]')).toHaveCount(1);
    const { bytes, files } = take();
    // What arrives while one looks counts as a shift of the layout, if it causes one.
    const live = page.locator('#log-rows').getByRole('row').filter({ hasText: 'Visit event approved' });
    const before = await live.count();
    await server.publish('visit_event.approved', `budget-live-${query}`);
    await expect.poll(async () => (await live.count()) + (await page.getByRole('link', { name: /new callback/ }).count())).toBe(before + 1);
    const shift = await moved(`a webhook with a log ${name}`);
    figures.push(`/webhooks/{id}${name}: ${(bytes / 1_000).toFixed(1)} kB, layout shift ${shift.toFixed(4)}`);
    expect(bytes, `bytes of a webhook with a log ${name}:\n${files}`).toBeLessThanOrEqual(LATER);
  }
  console.log(`budget: ${figures.join('; ')}`);
});
