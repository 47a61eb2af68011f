// Every page: accessible in both themes, at every width, by keyboard, and deaf to what strangers write into it.
import type { Locator } from '@playwright/test';
import { email, password } from '../support/server.ts';
import { accessible, expect, fits, live, openAccountMenu, signIn, test } from '../support/test.ts';

test('pages are accessible and fit', async ({ page, server, receiver, expected }) => {
  test.slow();
  expected.push('422 /webhooks/new');
  await page.goto('/sign-in');
  await accessible(page);
  await fits(page);
  await signIn(page);
  const long = 'x'.repeat(120);
  const webhook = await server.api('POST', '/webhooks', { name: `Long ${long}`, description: long, url: `${receiver.url}&${long}`, events: ['role.membership_changed'] });
  receiver.answer = { status: 500, body: long.repeat(10) };
  await server.publish('role.membership_changed', 'pages');
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeVisible();
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toBeVisible();
  await accessible(page);
  await fits(page);
  for (const path of ['/', '/event-types', '/event-types/role.membership_changed', '/webhooks', '/webhooks?q=nothing-has-this', '/webhooks/new']) {
    await page.goto(path);
    await accessible(page);
    await fits(page);
  }
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page);
  await fits(page);
});

test('pages are accessible and fit in French', async ({ browser, server, receiver }) => {
  test.slow();
  const webhook = await server.api('POST', '/webhooks', { name: 'Français', url: receiver.url, events: ['visit_event.created', 'identity.created'] });
  await server.publish('visit_event.created', 'french');
  const context = await browser.newContext({ locale: 'fr-CA', timezoneId: 'America/Montreal', baseURL: server.url });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await accessible(page);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Mot de passe', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  for (const path of ['/', '/webhooks', '/webhooks/new', `/webhooks/${webhook.id}`, '/event-types', '/event-types/identity.created', '/api-keys', '/api-keys/new', '/users', '/users/new', '/audit-log', '/account']) {
    await page.goto(path);
    await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
    await accessible(page);
    await fits(page);
  }
  // What lives in the browser speaks French as well, and the choice of a language stays.
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByRole('button', { name: 'Ajouter un en-tête' }).click();
  await page.getByRole('textbox', { name: 'URL' }).fill('ftp://example.com');
  await page.getByRole('textbox', { name: 'URL' }).press('Tab');
  await expect(page.getByText('Utilisez une URL qui commence par https://')).toBeVisible();
  await page.goto('/webhooks');
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.goto('/event-types');
  await expect(page.getByRole('heading', { name: 'Event types' })).toBeVisible();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect.poll(ground, 'a chosen theme counts more than the system').not.toBe(light);
  await context.close();
});

test('an unknown page is reported as not found', async ({ signedIn: page, expected }) => {
  for (const path of ['/webhooks/01890000-0000-7000-8000-000000000000', '/nowhere']) {
    expected.push(`404 ${path}`);
    await page.goto(path);
    await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await expect(page.getByRole('navigation').getByRole('link', { name: /^Webhooks/ })).toBeVisible();
    await accessible(page);
  }
});

test('hostile text is shown as text', async ({ signedIn: page, server, receiver }) => {
  const script = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  page.on('dialog', () => expect(true, 'a script of a stranger ran').toBe(false));
  receiver.answer = { status: 200, body: script };
  const body = { name: script, description: script, url: `${receiver.url}&q="><script>alert(3)</script>`, events: ['visit_event.approved'] };
  const webhook = await server.api('POST', '/webhooks', body);
  await server.publish('visit_event.approved', 'hostile');
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { name: script, level: 1 })).toBeVisible();
  await page.getByRole('table', { name: 'Callbacks' }).getByRole('link').first().click();
  await expect(page.getByRole('article', { name: 'Callback' })).toContainText(script);
  await page.goto('/webhooks');
  await expect(page.getByRole('link', { name: script })).toBeVisible();
});

test('everything is reachable by keyboard with a visible focus', async ({ signedIn: page, server, receiver }) => {
  test.slow();
  await page.goto('/webhooks');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  // Presses Tab until it is there, as somebody without a mouse does.
  const reach = async (target: Locator) => {
    for (let presses = 0; presses < 160; presses++) {
      // All that match are looked at, because waiting for one that is not there would use up the time of the journey.
      const found = await target.evaluateAll((elements) =>
        elements.map((element) => ({
          focused: element === document.activeElement,
          ring: [element, element.closest('tr')].some((seen) => seen && getComputedStyle(seen).outlineStyle !== 'none'),
        })),
      );
      const here = found.find(({ focused }) => focused);
      if (here) {
        expect(here.ring, `${target} shows that it has the focus`).toBe(true);
        return;
      }
      await page.keyboard.press('Tab');
    }
    throw new Error(`${target} is not reached; ${await target.count()} match it`);
  };
  await reach(page.getByRole('link', { name: 'Add webhook' }).first());
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/webhooks\/new$/);
  await live(page);
  await reach(page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('By keyboard');
  await reach(page.getByRole('textbox', { name: 'URL' }));
  await page.keyboard.type(receiver.url);
  await reach(page.getByRole('checkbox', { name: 'Visit event created' }));
  await page.keyboard.press('Space');
  await reach(page.getByRole('button', { name: 'Save' }).last());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'By keyboard', level: 1 })).toBeVisible();
  await server.publish('visit_event.created', 'keyboard');
  await expect(page.locator('#log-rows').getByRole('row')).toHaveCount(1);
  for (const target of [
    page.getByRole('button', { name: 'Delete', exact: true }),
    page.getByRole('link', { name: 'Last 7 days' }),
    page.getByRole('figure', { name: 'Callbacks over time' }).getByRole('link').first(),
    page.getByRole('button', { name: 'Export' }),
    page.locator('#log-rows').getByRole('link').first(),
  ]) await reach(target);
  await page.keyboard.press('Enter');
  const open = page.getByRole('article', { name: 'Callback' });
  await expect(open).toBeVisible();
  await reach(open.getByRole('button', { name: 'Send again' }));
  await reach(open.getByRole('link', { name: 'Close' }));
});

test('times are shown in the time zone of the viewer', async ({ signedIn: page, server, receiver }) => {
  const webhook = await server.api('POST', '/webhooks', { name: 'Zone', url: receiver.url, events: ['access_request.created'] });
  await server.publish('access_request.created', 'zone');
  await page.goto(`/webhooks/${webhook.id}`);
  const time = page.getByRole('table', { name: 'Callbacks' }).locator('time').first();
  const at = new Date((await time.getAttribute('datetime'))!);
  const hour = at.toLocaleTimeString('en-GB', { timeZone: 'America/Montreal', hour: '2-digit', minute: '2-digit' });
  await expect(time).toContainText(hour);
  // UTC when hovered over.
  const box = (await time.boundingBox())!;
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await time.scrollIntoViewIfNeeded();
  const seen = (await time.boundingBox())!;
  const title = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)!.closest('[title]')?.getAttribute('title'), [seen.x + box.width / 2, seen.y + box.height / 2]);
  expect(title).toMatch(/UTC$/);
});
