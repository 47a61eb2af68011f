// The links to the sections of a webhook's page: they stay in sight, and lead to what they name; with scripts and without.
import type { Locator, Page } from '@playwright/test';
import { password, type Server } from '../support/server.ts';
import { accessible, expect, fits, live, test } from '../support/test.ts';

const links = (page: Page) => page.getByRole('navigation', { name: 'Sections' });
/** A link, which may count what its section has. */
const link = (page: Page, name: string) => links(page).getByRole('link', { name: new RegExp(`^${name}( \\d+)?$`) });

/** Whether the first line of an element is what one sees there, and not something that lies over it. */
const isUncovered = (element: Locator) =>
  element.evaluate((element) => {
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 10));
    return top !== null && (element.contains(top) || top.contains(element));
  });

/** A webhook whose page is longer than a window: with a log of 30 callbacks. */
async function long(server: Server, url: string, name: string, owners: string[] = []): Promise<string> {
  const { id } = await server.api('POST', '/webhooks', { name, url, events: ['identity.deleted'], headers: [{ name: 'X-Source', value: 'sections' }], owners });
  for (let number = 0; number < 30; number++) await server.publish('identity.deleted', `${name}-${number}`);
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(30);
  return id;
}

/** The sections: their names, their fragments, how their content begins, and what the links count. */
const SECTIONS = [
  ['General', 'general', 'How people recognise this webhook.', ''],
  ['Webhook details', 'webhook-details', 'Where callbacks go, and how the receiver knows that they are genuine.', ''],
  ['Additional headers', 'additional-headers', 'Sent with every callback, for example', ' 1'],
  ['Event', 'event', 'The events that this webhook receives.', ' 1'],
];

/** Follows a link from the end of the page, where it is needed. */
async function follow(page: Page, name: string): Promise<void> {
  await page.locator('#log-rows').getByRole('row').last().scrollIntoViewIfNeeded();
  await expect(link(page, name)).toBeInViewport({ ratio: 1 });
  expect(await isUncovered(link(page, name)), `the link “${name}” after scrolling`).toBe(true);
  await link(page, name).click();
}

test('the links to the sections stay in sight, and each leads to its section', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.slow();
  const id = await long(server, receiver.url, `Sections ${javaScriptEnabled}`);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto(`/webhooks/${id}`);
  await expect(links(page).getByRole('link')).toContainText([...SECTIONS.map(([name, , , count]) => name + count), 'Logs', 'Edit all']);
  for (const [query, sections] of [
    ['', SECTIONS],
    ['?edit=all', SECTIONS.slice(-2)],
  ] as const) {
    for (const [name, fragment, begins] of sections) {
      await page.goto(`/webhooks/${id}${query}`);
      await live(page);
      const content = page.getByText(begins);
      if (query === '') await expect(content, `${name} is folded`).toBeHidden();
      await follow(page, name);
      await expect(page).toHaveURL(new RegExp(`#${fragment}$`));
      await expect(content).toBeInViewport();
      await expect.poll(() => isUncovered(content), `the beginning of “${name}” is not under the links`).toBe(true);
      await expect.poll(() => isUncovered(page.getByRole('heading', { name, exact: true })), `the heading “${name}”`).toBe(true);
    }
    await page.goto(`/webhooks/${id}${query}`);
    await live(page);
    await follow(page, 'Logs');
    await expect(page).toHaveURL(/#logs$/);
    await expect(page.getByRole('heading', { name: 'Logs' })).toBeInViewport({ ratio: 1 });
    await expect.poll(() => isUncovered(page.getByRole('heading', { name: 'Logs' })), 'the heading of the log is not under the links').toBe(true);
  }

  // On a phone they are one line that is moved sideways.
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await follow(page, 'Webhook details');
  await expect(page.getByText('Where callbacks go, and how the receiver knows that they are genuine.')).toBeInViewport();
  expect((await links(page).boundingBox())!.height).toBeLessThan(50);
  // They would take too much of a low window.
  await page.setViewportSize({ width: 1280, height: 480 });
  await page.locator('#log-rows').getByRole('row').last().scrollIntoViewIfNeeded();
  await expect(links(page)).not.toBeInViewport();
  // So would the buttons that save, which else stay in sight.
  const save = page.getByRole('button', { name: 'Save' });
  for (const [height, isInSight] of [[720, true], [480, false]] as const) {
    await page.setViewportSize({ width: 1280, height });
    await page.goto(`/webhooks/${id}?edit=all`);
    await live(page);
    await page.getByLabel('Description').fill(`Changed at ${height} px`);
    await page.evaluate(() => scrollTo(0, 0));
    if (isInSight) await expect(save).toBeInViewport();
    else await expect(save).not.toBeInViewport();
  }
});

test('the focus is never under the links to the sections', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.slow();
  test.skip(javaScriptEnabled === false, 'the style sheet is the same');
  const id = await long(server, receiver.url, 'Focus');
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto(`/webhooks/${id}?edit=all`);
  await live(page);
  await page.locator('#log-rows').getByRole('link').last().focus();
  const covered: string[] = [];
  for (let presses = 0; presses < 100; presses++) {
    await page.keyboard.press('Shift+Tab');
    const hidden = await page.evaluate(() => {
      const [element, nav] = [document.activeElement!, document.querySelector('.section-links')!];
      if (nav.contains(element) || element === document.body) return null;
      const [box, bar] = [element.getBoundingClientRect(), nav.getBoundingClientRect()];
      return bar.top < 5 && box.height > 0 && box.top >= bar.top - 2 && box.bottom <= bar.bottom ? element.outerHTML.slice(0, 100) : null;
    });
    if (hidden) covered.push(hidden);
  }
  expect(covered).toEqual([]);
});

test('owners have the links to the sections as well', async ({ browser, another, receiver, javaScriptEnabled }) => {
  const server = await another();
  const email = 'sections@example.com';
  const owner = await server.api('POST', '/users', { email, role: 'api-owner', password });
  const id = await long(server, receiver.url, 'Owned sections', [owner.id]);
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  await page.goto(`/webhooks/${id}`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(links(page).getByRole('link')).toContainText([...SECTIONS.map(([name, , , count]) => name + count), 'Logs']);
  await expect(link(page, 'Edit all')).toHaveCount(0);
  await follow(page, 'Webhook details');
  await expect(page.getByRole('link', { name: 'How to verify callbacks' })).toBeInViewport();
  expect(await isUncovered(page.getByText('Where callbacks go, and how the receiver knows that they are genuine.'))).toBe(true);
  await context.close();
});

test('beside the closed section of events is the download of their schemas', async ({ signedIn: page, server, receiver }) => {
  const { id } = await server.api('POST', '/webhooks', { name: 'Schemas', url: receiver.url, events: ['identity.created'] });
  await page.goto(`/webhooks/${id}`);
  const section = page.getByRole('region', { name: 'Event', exact: true });
  const link = section.getByRole('link', { name: 'Download schema', exact: true });
  await expect(link).toHaveAttribute('href', '/event-types/identity.created/schema');
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toBe('identity.created.schema.json');
  expect(await section.locator('summary a, summary button').count(), 'no control within the line, which is one itself').toBe(0);
  await accessible(page);
  await fits(page);
  // By keyboard it follows the line that opens the section.
  await page.setViewportSize({ width: 1280, height: 720 });
  await section.locator('summary').first().focus();
  await page.keyboard.press('Tab');
  await expect(link).toBeFocused();
  // The open section has its own download, of the events that are ticked there.
  await section.locator('summary').first().click();
  await expect(section.getByRole('checkbox', { name: 'Identity created' })).toBeVisible();
  await expect(section.getByRole('link', { name: 'Download schema', exact: true })).toHaveCount(1);

  // Several are a menu with a file for each, and one archive.
  await server.api('PATCH', `/webhooks/${id}`, { events: ['identity.created', 'identity.deleted'] });
  await page.goto(`/webhooks/${id}`);
  await section.getByRole('button', { name: 'Download schemas' }).click();
  for (const name of ['Identity created', 'Identity deleted']) await expect(section.getByRole('link', { name, exact: true })).toBeVisible();
  await expect(section.getByRole('link', { name: 'All chosen schemas (.zip)' })).toHaveAttribute('href', '/event-types.zip?types=identity.created,identity.deleted');
  await accessible(page);
});
