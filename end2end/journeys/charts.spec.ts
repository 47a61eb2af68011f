// The numbers of a chart's bars: by keyboard, and on a phone.
import { expect, fits, live, signIn, test } from '../support/test.ts';

test.use({ own: 'charts' });

test('arrow keys go from bar to bar of the charts on the overview, and show their numbers', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Charted', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'charted');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(1);
  await page.goto('/');
  await live(page);
  for (const chart of ['#hours', '#event-types']) {
    const bars = page.locator(`${chart} .bars [role=img]`);
    const newest = bars.last();
    await expect(newest, 'one bar can be reached with Tab').toHaveAttribute('tabindex', '0');
    await expect(newest.locator('.tip')).toBeHidden();
    await newest.focus();
    await expect(newest.locator('.tip')).toBeVisible();
    await expect(newest.locator('.tip')).toContainText('1');
    await page.keyboard.press('Home');
    await expect(bars.first()).toBeFocused();
    await page.keyboard.press('End');
    await expect(newest).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    if ((await bars.count()) > 1) await expect(newest).toHaveAttribute('tabindex', '-1');
    await page.keyboard.press('ArrowRight');
    await expect(newest).toBeFocused();
    await expect(newest).toHaveAttribute('tabindex', '0');
  }
});

test('a chart with bars at any hour fits the window of a phone', async ({ page, another, receiver }) => {
  test.slow();
  const server = await another('200ms', true);
  const { id } = await server.api('POST', '/webhooks', { name: 'Chart', url: receiver.url, events: ['visit_event.created'] });
  for (const [number, hours] of [20, 15, 1].entries()) {
    server.setBehind(hours * 3_600_000);
    await server.publish('visit_event.created', `chart-${number}`);
    await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(number + 1);
  }
  server.setBehind(0);
  await signIn(page, server.url);
  for (const path of [`/webhooks/${id}?range=24h`, '/']) {
    await page.goto(server.url + path);
    await fits(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await live(page);
    const bars = page.locator('.bars').first().locator('a, [role=img]');
    for (const bar of [bars.first(), bars.last()]) {
      await bar.focus();
      await expect(page.locator('.bars .tip:visible'), 'of the bar with the focus alone').toHaveCount(1);
      const tip = (await bar.locator('.tip').boundingBox())!;
      expect(tip.x, path).toBeGreaterThanOrEqual(0);
      expect(tip.x + tip.width, path).toBeLessThanOrEqual(360);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});
