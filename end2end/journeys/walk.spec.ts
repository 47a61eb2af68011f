// From the list to a webhook, through its neighbours and back; all that the list finds at once; the columns; and the help beside headings.
import type { Page } from '@playwright/test';
import { accessible, expect, fits, live, signIn, test } from '../support/test.ts';
import type { Server } from '../support/server.ts';

const names = (page: Page) => page.locator('td.name > a').allTextContents().then((all) => all.map((name) => name.trim()));

async function filled(server: Server, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    await server.api('POST', '/webhooks', { name: `Door ${String(number).padStart(2, '0')}`, url: `https://door-${number}.example.com/hooks`, events: ['identity.created'], enabled: number % 3 !== 0 });
  }
}

test('one walks from webhook to webhook through what the list found, and back', async ({ page, another, javaScriptEnabled }) => {
  test.slow();
  const server = await another();
  await filled(server, 40);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks?status=enabled&q=door&sort=name&dir=desc`);
  await page.getByRole('link', { name: 'Door 38', exact: true }).click();
  const walk = page.getByRole('navigation', { name: 'Webhooks of the list' });
  await expect(walk).toHaveText(/1 of 26/);
  await expect(page.getByRole('link', { name: 'Previous webhook' })).toHaveCount(0);
  await accessible(page);
  for (const name of ['Door 37', 'Door 35']) {
    await page.getByRole('link', { name: 'Next webhook' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  }
  await expect(walk).toHaveText(/3 of 26/);
  // After a change is saved, the links still lead through the list, also if the webhook does not match its filter any more.
  await page.getByRole('link', { name: 'Edit all' }).click();
  await expect(page.getByLabel('Description')).toBeVisible();
  await live(page);
  await page.getByRole('switch', { name: 'Enabled' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Your changes were saved.')).toBeVisible();
  await expect(walk).toHaveText(/Not in this list any more \(25\)/);
  await accessible(page);
  await fits(page);
  await page.getByRole('link', { name: 'Next webhook' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Door 34' })).toBeVisible();
  await expect(walk).toHaveText(/3 of 25/);
  await page.getByRole('link', { name: '25 found' }).click();
  expect((await names(page)).slice(0, 4)).toEqual(['Door 38', 'Door 37', 'Door 34', 'Door 32']);
  if (javaScriptEnabled !== false) {
    // A list that was filtered without loading the page leads on as well.
    await page.getByRole('searchbox', { name: 'Search' }).fill('door 1');
    await expect(page.locator('#list-count')).toHaveText('7 of 40');
    await page.getByRole('link', { name: 'Door 17', exact: true }).click();
    await expect(walk).toHaveText(/2 of 7/);
  }
});

test('all that the list finds is disabled, and enabled again', async ({ page, another }) => {
  test.slow();
  const server = await another();
  await filled(server, 40);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks?q=door`);
  const bar = page.getByRole('form', { name: 'Actions for chosen webhooks' });
  await page.getByRole('checkbox', { name: 'Choose Door 00' }).check();
  await bar.getByRole('checkbox', { name: 'All 40 found' }).check();
  await expect(bar.getByRole('button', { name: 'Send test event' })).toBeHidden();
  await accessible(page);
  await bar.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('heading', { name: 'Disable 40 webhooks?' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Disable 40 webhooks' }).click();
  const done = page.getByRole('status').filter({ hasText: '26 webhooks were disabled.' });
  await expect(done).toBeVisible();
  await accessible(page);
  await expect(page.locator('#standing-disabled')).toHaveText('40 disabled');
  await done.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: '26 webhooks were enabled.' })).toBeVisible();
  await expect(page.locator('#standing-disabled')).toHaveText('14 disabled');
});

test('deleting all that the list finds asks for their number', async ({ page, another, expected }) => {
  expected.push('422 /webhooks/actions');
  const server = await another();
  await filled(server, 30);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks`);
  const bar = page.getByRole('form', { name: 'Actions for chosen webhooks' });
  await page.getByRole('checkbox', { name: 'Choose Door 00' }).check();
  await bar.getByRole('checkbox', { name: 'All 30 found' }).check();
  await bar.getByRole('button', { name: 'Delete…' }).click();
  await page.getByLabel('Type 30 to confirm').fill('29');
  await page.getByRole('button', { name: 'Delete 30 webhooks' }).click();
  await expect(page.getByRole('alert')).toHaveText('Type the number of webhooks: 30.');
  await accessible(page);
  await page.getByLabel('Type 30 to confirm').fill('30');
  await page.getByRole('button', { name: 'Delete 30 webhooks' }).click();
  await expect(page.getByText('30 webhooks were deleted.')).toBeVisible();
  await expect(page.getByText('No webhooks yet')).toBeVisible();
});

test('the columns of the list are chosen, and stay so', async ({ page, another }) => {
  const server = await another();
  await filled(server, 3);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks?sort=url`);
  const headings = () => page.locator('table.webhooks th').evaluateAll((all) => all.filter((head) => head.getBoundingClientRect().width > 1 && getComputedStyle(head).display !== 'none').map((head) => head.textContent!.trim()));
  expect(await headings()).toEqual(['Name', 'URL', 'Event', 'Description', 'Status', 'Last 24 hours', 'Actions']);
  await page.getByRole('button', { name: 'Columns' }).click();
  await accessible(page);
  for (const name of ['Event', 'Last 24 hours']) await page.getByRole('checkbox', { name, exact: true }).uncheck();
  await page.getByRole('checkbox', { name: 'Owners' }).check();
  await page.getByRole('button', { name: 'Show these columns' }).click();
  await expect(page, 'one stays where one was').toHaveURL(/sort=url/);
  for (const width of [1024, 1280, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    const expected = ['Name', 'URL', 'Description', 'Status', 'Owners', 'Actions'];
    expect(await headings(), `${width} px`).toEqual(width === 1024 ? expected.filter((name) => name !== 'Description') : expected);
    const row = (await page.locator('table.webhooks tbody tr').first().boundingBox())!;
    expect(row.height, `row at ${width} px`).toBeLessThanOrEqual(56);
    await fits(page);
  }
  await accessible(page);
  await page.goto(`${server.url}/webhooks`);
  expect(await headings(), 'remembered').not.toContain('Event');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('button', { name: 'Usual columns' }).click();
  await expect(page.locator('table.webhooks th:has(#sort-event)')).toHaveCount(1);
});

test('the help beside a heading is a sentence and a link, by keyboard too', async ({ page, another, receiver, javaScriptEnabled }) => {
  const server = await another();
  const { id } = await server.api('POST', '/webhooks', { name: 'Helped', url: receiver.url, events: ['identity.created'] });
  await server.publish('identity.created', 'helped');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(1);
  await signIn(page, server.url);
  for (const [path, ...headings] of [
    [`/webhooks/${id}`, 'General', 'Webhook details', 'Additional headers', 'Event', 'Logs'],
    ['/webhooks/new', 'General', 'Event'],
    ['/', 'Needs attention', 'Which events go where'],
    ['/event-types', 'Event types'],
    ['/api-keys', 'API keys'],
    ['/users', 'Users'],
    ['/audit-log', 'Audit log'],
  ] as string[][]) {
    await page.goto(server.url + path);
    await live(page);
    for (const heading of headings) {
      const button = page.getByRole('button', { name: `Help: ${heading}`, exact: true });
      await button.focus();
      await page.keyboard.press('Enter');
      const help = page.locator('.help-tip .popup:popover-open');
      await expect(help).toHaveCount(1);
      await expect(help.getByRole('link')).toHaveAttribute('href', /^\//);
      const [box, viewport] = [(await help.boundingBox())!, page.viewportSize()!];
      expect(box.x >= 0 && box.x + box.width <= viewport.width, `${heading} is in sight`).toBe(true);
      if (heading === headings[0]) await accessible(page);
      await page.keyboard.press('Escape');
      await expect(help).toHaveCount(0);
      if (javaScriptEnabled !== false) await expect(button).toBeFocused();
    }
  }
});

test('an event type is sent as a test to a webhook that receives it', async ({ page, another, receiver }) => {
  const server = await another();
  await server.api('POST', '/webhooks', { name: 'Tested from its type', url: receiver.url, events: ['identity.created', 'identity.updated'] });
  await signIn(page, server.url);
  await page.goto(`${server.url}/event-types/identity.updated`);
  await page.getByRole('button', { name: 'Send test event to Tested from its type' }).click();
  await expect(page).toHaveURL(/saved=tested/);
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(JSON.parse(receiver.received[0]!.body).type).toBe('identity.updated');
});
