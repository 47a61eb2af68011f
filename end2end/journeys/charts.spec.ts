// The numbers of a chart's bars by keyboard.
import { expect, live, test } from '../support/test.ts';

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
