// Print, wide windows, and the tooltips of charts.
import { expect, live, signIn, test } from '../support/test.ts';

test('a printed log has its rows, and neither navigation nor buttons', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Printed', url: receiver.url, events: ['visit_event.canceled'] });
  await server.publish('visit_event.canceled', 'printed');
  await expect.poll(() => receiver.received.length).toBe(1);
  for (const path of [`/webhooks/${id}`, '/webhooks', '/', '/event-types', '/audit-log', '/account']) {
    await page.goto(path);
    await live(page);
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Main' }), path).toBeHidden();
    const controls = await page.locator(':is(button, input, select, .button):not(.visually-hidden)').evaluateAll((all) => all.filter((element) => element.checkVisibility({ visibilityProperty: true })).map((element) => element.outerHTML.slice(0, 120)));
    // A field of a form is its value on paper.
    expect(path === '/account' ? controls.filter((control) => control.startsWith('<button')) : controls, `controls on paper: ${path}`).toEqual([]);
    if (path.endsWith(id)) {
      await expect(page.getByRole('table', { name: 'Callbacks' }).locator('#log-rows tr')).toHaveCount(1);
      await expect(page.getByRole('table', { name: 'Callbacks' })).toBeVisible();
      await expect(page.locator('#log-rows .url'), 'the whole URL').toContainText(receiver.url.replace('http://', ''));
      const cells = await page.locator('#log-rows td').evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).display).filter((display) => display !== 'none'));
      expect(new Set(cells), 'a table, not one card per row').toEqual(new Set(['table-cell']));
      // Print is black on white, also in the dark theme.
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      const [ink, ground] = await page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].map((color) => Number(/oklch\(([\d.]+)/.exec(color)?.[1])));
      expect(ink, `dark ink (${ink}) on light paper (${ground})`).toBeLessThan(ground);
      await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    }
    await page.emulateMedia({ media: null });
  }
});

test('a bar of a chart tells its numbers to the mouse and to the keyboard', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Charted', url: receiver.url, events: ['identity_request.created'] });
  await server.publish('identity_request.created', 'charted');
  await expect.poll(() => receiver.received.length).toBe(1);
  await page.goto(`/webhooks/${id}?range=24h`);
  await live(page);
  const bar = page.getByRole('figure', { name: 'Callbacks over time' }).locator('.bars').getByRole('link');
  await expect(bar).toHaveCount(1);
  const tip = bar.locator('.tip');
  await expect(tip).toBeHidden();
  await bar.hover();
  await expect(tip).toBeVisible();
  await expect(tip).toHaveText(/1 succeeded/);
  expect(await bar.getAttribute('aria-label'), 'screen readers say the same').toBe(await tip.textContent());
  const box = (await tip.boundingBox())!;
  expect(box.x >= 0 && box.x + box.width <= 1280, 'within the window').toBe(true);
  await page.mouse.move(0, 0);
  await expect(tip).toBeHidden();
  await page.locator('#log-rows').getByRole('link').first().focus();
  for (let presses = 0; presses < 20 && !(await bar.evaluate((link) => link === document.activeElement)); presses++) await page.keyboard.press('Shift+Tab');
  await expect(bar).toBeFocused();
  await expect(tip).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(tip).toBeHidden();
});

test('a callback to an earlier URL of the webhook is marked', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Has moved', url: receiver.url, events: ['access_request.updated'] });
  await server.publish('access_request.updated', 'moved-1');
  await expect.poll(() => receiver.received.length).toBe(1);
  await page.goto(`/webhooks/${id}`);
  const rows = page.locator('#log-rows').getByRole('row');
  await expect(rows).toHaveCount(1);
  await expect(rows.getByText('old URL')).toHaveCount(0);
  await server.api('PATCH', `/webhooks/${id}`, { url: receiver.url.replace('/hook', '/new-hook') });
  await server.publish('access_request.updated', 'moved-2');
  await expect.poll(() => receiver.received.length).toBe(2);
  await page.reload();
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('/new-hook');
  await expect(rows.nth(0).getByText('old URL')).toHaveCount(0);
  await expect(rows.nth(1).getByText('old URL')).toBeVisible();
});

test('lists and logs take the whole width of a large window', async ({ page, another, receiver }) => {
  const server = await another();
  await signIn(page, server.url);
  const path = `/${'segment/'.repeat(7)}end`;
  const { id } = await server.api('POST', '/webhooks', { name: 'Wide', url: `https://hooks.example.com${path}`, events: ['identity.created'] });
  const called = await server.api('POST', '/webhooks', { name: 'Called', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'wide');
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(await page.evaluate(async () => (await document.fonts.load('14px Inter')).length), 'the font is shipped').toBeGreaterThan(0);
  for (const width of [1920, 2560]) {
    await page.setViewportSize({ width, height: 1080 });
    for (const [address, wide] of [
      ['/webhooks', 'table.webhooks'],
      [`/webhooks/${called.id}`, 'table.log'],
      ['/event-types', 'table.catalogue'],
      ['/audit-log', 'main table'],
      ['/', 'main .figures'],
    ]) {
      await page.goto(`${server.url}${address}`);
      const box = (await page.locator(wide).first().boundingBox())!;
      // The navigation and the margins take the rest.
      expect(width - (box.x + box.width), `right of ${wide} at ${width} px`).toBeLessThanOrEqual(80);
      // In a very wide window the settings of a webhook stand beside its log.
      const left = wide === 'table.log' && width > 2200 ? 900 : 320;
      expect(box.x, `left of ${wide} at ${width} px`).toBeLessThanOrEqual(left);
    }
    if (width < 2560) continue;
    await page.goto(`${server.url}/webhooks`);
    const middle = page.locator(`tr:has(a[href*="${id}"]) .cut-url span.middle`);
    expect(await middle.evaluate((part) => part.scrollWidth <= part.clientWidth + 1), 'a URL of 84 characters is whole').toBe(true);
  }
});
