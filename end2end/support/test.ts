// What every journey has: a server, a receiver, and a page that may make no noise.
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { Receiver } from './receiver.ts';
import { Server, email, password } from './server.ts';

interface Worker {
  /** A journey that needs a server which nobody has used gives this a name of its own. */
  own: string;
  server: Server;
}

interface Each {
  receiver: Receiver;
  /** Error responses and network errors that this journey provokes, such as `422 /webhooks/new` or `net::ERR_FAILED /webhooks/new`. */
  expected: string[];
  signedIn: Page;
  /** Starts a server for this journey alone, with a clock that can be set if it is asked for; it ends with the journey. */
  another: (schedule?: string, ownClock?: boolean) => Promise<Server>;
}

export const test = base.extend<Each, Worker>({
  own: ['', { option: true, scope: 'worker' }],
  server: [
    async ({ own }, use) => {
      const server = await Server.start();
      const offered = async () => (await server.api('GET', '/event-types?limit=200')).items.length;
      const built = await offered();
      await use(server);
      const left = await offered();
      await server.stop();
      // Which files share a server depends on how fast each is. With more event types, the groups of the picker are closed, for example.
      if (own === '') expect(left, 'journeys that add event types have a server of their own').toBe(built);
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },

  expected: async ({}, use) => use([]),

  // The servers of `another` are among what this needs, so that they stop after the noise was looked at:
  // a page whose server is gone reports refused connections.
  page: async ({ page, expected, another: _ }, use) => {
    const noise: string[] = [];
    page.on('console', (message) => {
      const provoked = message.text().startsWith('Failed to load resource') && expected.length > 0;
      if (['error', 'warning'].includes(message.type()) && !provoked) noise.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => noise.push(`script: ${error.message}`));
    page.on('requestfailed', (request) => {
      // A page that is left stops its own requests; a download ends its navigation.
      const error = request.failure()?.errorText;
      const known = error === 'net::ERR_ABORTED' || expected.includes(`${error} ${new URL(request.url()).pathname}`);
      if (!known) noise.push(`request: ${request.url()} ${error}`);
    });
    page.on('response', (response) => {
      const answer = `${response.status()} ${new URL(response.url()).pathname}`;
      if (response.status() >= 400 && !expected.includes(answer)) noise.push(`answer: ${answer}`);
    });
    await use(page);
    expect(noise, 'the page made no noise').toEqual([]);
  },

  another: async ({}, use) => {
    const started: Server[] = [];
    await use(async (schedule, ownClock) => {
      const server = await Server.start(schedule, ownClock);
      started.push(server);
      return server;
    });
    for (const server of started) await server.stop();
  },

  signedIn: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },
});

export async function signIn(page: Page, url = ''): Promise<void> {
  await page.goto(`${url}/webhooks`);
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();
}

/** Opens the menu with account, language, theme and "Sign out", in any language. */
export async function openAccountMenu(page: Page): Promise<void> {
  await page.locator('[popovertarget="account-menu"]').click();
}

/** Chooses an event type on the form of a webhook. */
export async function tick(page: Page, name: string): Promise<void> {
  const box = page.locator('#events').getByRole('checkbox', { name, exact: true, includeHidden: true });
  // Groups are closed if there are many types.
  if (!(await box.isVisible())) await page.locator('#events details', { has: page.getByRole('checkbox', { name, exact: true, includeHidden: true }) }).last().locator('summary').first().click();
  await box.check();
}

/**
 * Waits until the scripts of the page run: for what only they do. Until then links and forms work as without scripts, so a choice in a list, a
 * check while typing or a question before leaving has to wait for this, as a slow machine takes its time.
 */
export async function live(page: Page): Promise<void> {
  if (test.info().project.use.javaScriptEnabled !== false) await expect(page.locator('html[data-live]')).toHaveCount(1);
}

/** Opens all sections of the page of a webhook. */
export async function editAll(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Edit all' }).click();
  await expect(page).toHaveURL(/edit=all/);
  await expect(page.getByLabel('Description')).toBeVisible();
  await live(page);
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules that depend on the theme. The others find in the dark what they find in the light. */
const colours = ['color-contrast', 'link-in-text-block'];

/** WCAG 2.2 AA, in both themes. What looks is a script itself: without scripts nothing can, and the same page is looked at with them. */
export async function accessible(page: Page): Promise<void> {
  if (test.info().project.use.javaScriptEnabled === false) return;
  // A bar that sticks covers other controls only at this position of the page; that is not their size.
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>('main *')) {
      if (getComputedStyle(element).position === 'sticky') element.style.position = 'static';
    }
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    // Colours that are still on their way from the other theme are nobody's.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // The pages have no frames, so axe need not open another page to merge the results of frames.
    const builder = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (colorScheme === 'light' ? builder.withTags(wcag) : builder.withRules(colours)).analyze();
    const told = violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.html).join(' | ')}`);
    expect(told, `axe on ${page.url()}`).toEqual([]);
  }
  await page.evaluate(() => document.querySelectorAll<HTMLElement>('main [style="position: static;"]').forEach((element) => element.removeAttribute('style')));
}

/** Nothing wider than the window. */
export async function fits(page: Page): Promise<void> {
  for (const width of [360, 768, 1280, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide, `${page.url()} at ${width} px`).toBeLessThanOrEqual(0);
  }
}

export { expect };
