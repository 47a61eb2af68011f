// The measures of the console: how many rows are in sight, where the log begins, how many steps lead to the first callback, and what the first
// webhook takes. They are printed, so that they can be compared with earlier ones.
import type { Locator } from '@playwright/test';
import { Server } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

test.use({ own: 'measures', viewport: { width: 1280, height: 800 } });

/** Of the Keystroke-Level Model (Card, Moran and Newell, 1980), in seconds: a key, pointing and clicking, thinking of the next step. */
const [KEY, CLICK, THINK] = [0.2, 1.3, 1.35];

test('the first webhook takes at most five clicks and 35 seconds', async ({ page, receiver }) => {
  const { server, link } = await Server.empty(['--allow-http', 'true', '--allowed-networks', '127.0.0.0/8']);
  try {
    let [clicks, seconds] = [0, 0];
    const click = async (what: Locator) => {
      clicks++;
      seconds += THINK + CLICK;
      await what.click();
    };
    /** Types where the focus is: nobody has to point at a field first. */
    const type = async (field: Locator, text: string, pasted = false) => {
      await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
      seconds += THINK + (pasted ? 2 : text.length) * KEY;
      if (pasted) await page.keyboard.insertText(text);
      else await page.keyboard.type(text);
    };
    const next = async () => {
      seconds += KEY;
      await page.keyboard.press('Tab');
    };
    await page.goto(link);
    await type(page.getByLabel('Email'), 'ann@example.com');
    await next();
    await type(page.getByLabel('Password', { exact: true }), 'seven purple lanterns hum');
    await click(page.getByRole('button', { name: 'Create account' }));
    await click(page.getByRole('link', { name: 'Add webhook' }).first());
    await type(page.getByLabel('Name', { exact: true }), 'HR sync');
    // The URL comes from the documents of the receiver.
    while (!(await page.getByRole('textbox', { name: 'URL' }).evaluate((field) => field === document.activeElement))) await next();
    await type(page.getByRole('textbox', { name: 'URL' }), receiver.url, true);
    await click(page.getByRole('checkbox', { name: 'Identity created', exact: true }));
    await click(page.getByRole('button', { name: 'Save' }).last());
    await expect(page.getByText('Webhook added.')).toBeVisible();
    await click(page.getByRole('button', { name: 'Send test event' }));
    await expect(page.locator('#log-rows').getByRole('row').filter({ hasText: 'Test' })).toHaveCount(1, { timeout: 20_000 });
    await expect.poll(() => receiver.received.length).toBe(1);
    console.log(`measures: first webhook: ${clicks} clicks, ${seconds.toFixed(1)} s`);
    expect(clicks).toBeLessThanOrEqual(5);
    expect(seconds).toBeLessThanOrEqual(35);
  } finally {
    await page.goto('about:blank');
    await server.stop();
  }
});

test('rows, the log and its first callback are near', async ({ signedIn: page, server, receiver }) => {
  test.slow();
  for (let number = 0; number < 20; number++) {
    await server.api('POST', '/webhooks', { name: `Measured ${number}`, url: `https://example.com/hooks/${number}`, description: 'One of many', events: ['identity.deleted'] });
  }
  await page.goto('/webhooks');
  const rows = await page.getByRole('table').getByRole('row').evaluateAll((all) => all.filter((row) => row.closest('tbody') && row.getBoundingClientRect().bottom <= innerHeight).length);
  expect(rows, 'rows of the list in sight').toBeGreaterThanOrEqual(13);
  const figures = [`${rows} rows in sight`];
  for (const [name, status] of [
    ['healthy', 202],
    ['failing', 500],
  ] as const) {
    receiver.answer = { status, body: '{"error":"InternalServerError"}' };
    const { id } = await server.api('POST', '/webhooks', { name: `Measured ${name}`, url: receiver.url, events: [status === 202 ? 'visit_event.created' : 'visit_event.approved'] });
    await server.publish(status === 202 ? 'visit_event.created' : 'visit_event.approved', `measured-${name}`);
    const wanted = status === 202 ? 1 : 2;
    await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(wanted);
    await page.goto(`/webhooks/${id}`);
    const top = (await page.getByRole('heading', { name: 'Logs' }).boundingBox())!.y;
    let steps = 0;
    const isThere = () => page.evaluate(() => document.activeElement?.closest('#log-rows') !== null && document.activeElement?.matches('a[data-panel]'));
    await page.locator('body').evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    while (!(await isThere()) && steps < 60) {
      await page.keyboard.press('Tab');
      steps++;
    }
    // The other way: the link to the log among the sections, and from there the link past its filters.
    await page.goto(`/webhooks/${id}#logs`);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to the callbacks' })).toBeFocused();
    await page.keyboard.press('Enter');
    let fromLogs = 2;
    while (!(await isThere()) && fromLogs < 60) {
      await page.keyboard.press('Tab');
      fromLogs++;
    }
    figures.push(`${name}: log at ${Math.round(top)} px, ${steps} presses of Tab, ${fromLogs} from #logs`);
    expect(top, `${name}: where the log begins`).toBeLessThanOrEqual(450);
    expect(Math.min(steps, fromLogs), `${name}: presses of Tab`).toBeLessThanOrEqual(20);
  }
  console.log(`measures: ${figures.join('; ')}`);
});

test('dragging over the chart of a log narrows the range, and a link leads back', async ({ signedIn: page, server, receiver }) => {
  receiver.answer = { status: 202, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: 'Dragged', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'dragged');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(1);
  await page.goto(`/webhooks/${id}?range=24h#logs`);
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
  const bars = page.locator('#logs .bars > li');
  const [last, before] = [(await bars.count()) - 1, (await bars.count()) - 5];
  await bars.nth(before).scrollIntoViewIfNeeded();
  const [from, to] = [(await bars.nth(before).boundingBox())!, (await bars.nth(last).boundingBox())!];
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
  await expect(page.locator('#logs .bars > li[data-chosen]')).toHaveCount(5);
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*to=/);
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);
  await expect(page.locator('#log-rows').getByRole('row').filter({ hasText: 'Visit event created' })).toHaveCount(1);
  await page.getByRole('link', { name: 'Back to the usual range' }).click();
  await expect(page).not.toHaveURL(/from=/);
  // The same by the fields of a custom range.
  await page.getByRole('button', { name: 'Custom…' }).click();
  await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00');
  await page.getByLabel('to', { exact: true }).fill('2020-01-02T00:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page).toHaveURL(/from=2020.*to=2020/);
  await expect(page.locator('#log-rows').getByRole('row')).toHaveCount(0);
  await expect(page.locator('body[data-same-document]'), 'without a reload').toHaveCount(1);
  await page.goBack();
  await expect(page.locator('#log-rows').getByRole('row').filter({ hasText: 'Visit event created' })).toHaveCount(1);
});

test('a receiver that moved is followed after a question, and its connection is shown', async ({ signedIn: page, server, receiver }) => {
  receiver.answer = { status: 301, body: '', headers: { location: '/moved?x=1' } };
  const { id } = await server.api('POST', '/webhooks', { name: 'Moved', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'moved');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await page.goto(`/webhooks/${id}`);
  await page.locator('#log-rows').getByRole('link').first().click();
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open.getByRole('group', { name: 'Where the time went' })).toContainText(/Wait\s*[<\d]/);
  await open.getByRole('button', { name: 'Use this URL…' }).click();
  await open.getByRole('button', { name: 'Change the URL' }).click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  expect((await server.api('GET', `/webhooks/${id}`)).url).toContain('/moved?x=1');
});
