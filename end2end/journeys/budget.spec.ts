// What a visit costs: bytes over the wire, and whether anything moves while a page is loading.
import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';

const FIRST = 300_000;
const LATER = 20_000;
const SHIFT = 0.01;

declare global {
  interface Window {
    shift: number;
  }
}

/** Counts what comes over the wire. */
async function wire(page: Page): Promise<{ session: CDPSession; take: () => number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
  return { session, take: () => [bytes, (bytes = 0)][0] };
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
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const { session, take } = await wire(page);
  await session.send('Network.clearBrowserCache');
  const figures: string[] = [];
  const visit = async (path: string, most: number) => {
    take();
    await page.goto(path, { waitUntil: 'networkidle' });
    const [bytes, shift] = [take(), await page.evaluate(() => window.shift)];
    figures.push(`${path}: ${(bytes / 1_000).toFixed(1)} kB, layout shift ${shift.toFixed(4)}`);
    expect(bytes, `bytes of ${path}`).toBeLessThanOrEqual(most);
    expect(bytes, `something came for ${path}`).toBeGreaterThan(500);
    expect(shift, `layout shift of ${path}`).toBeLessThanOrEqual(SHIFT);
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
    const bytes = take();
    // What arrives while one looks moves nothing.
    const live = page.locator('#log-rows').getByRole('row').filter({ hasText: 'Visit event approved' });
    const before = await live.count();
    await server.publish('visit_event.approved', `budget-live-${query}`);
    await expect.poll(async () => (await live.count()) + (await page.getByRole('link', { name: /new callback/ }).count())).toBe(before + 1);
    const shift = await page.evaluate(() => window.shift);
    figures.push(`/webhooks/{id}${name}: ${(bytes / 1_000).toFixed(1)} kB, layout shift ${shift.toFixed(4)}`);
    expect(bytes, `bytes of a webhook with a log ${name}`).toBeLessThanOrEqual(LATER);
    expect(shift, `layout shift of a webhook with a log ${name}`).toBeLessThanOrEqual(SHIFT);
  }
  console.log(`budget: ${figures.join('; ')}`);
});
