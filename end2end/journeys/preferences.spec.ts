// What a viewer chooses for all pages: language, theme and time zone, and the menu that leads there; with scripts and without.
import { Server } from '../support/server.ts';
import { accessible, expect, fits, live, openAccountMenu, test } from '../support/test.ts';

const menu = 'Account menu: admin@example.com';

test('one menu holds account, language, theme and signing out', async ({ signedIn: page, javaScriptEnabled }) => {
  test.slow();
  const button = page.getByRole('button', { name: menu });
  for (const name of ['Français', 'Dark', 'Sign out']) await expect(page.getByRole('button', { name }), 'in the menu only').toBeHidden();
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 });
    await button.click();
    for (const name of ['English', 'Français', 'System', 'Light', 'Dark', 'Sign out']) {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect(box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= 740, `${name} is within the window at ${width} px`).toBe(true);
      expect(Math.min(box!.width, box!.height), `${name} is large enough`).toBeGreaterThanOrEqual(24);
    }
    await accessible(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Dark' })).toBeHidden();
    await expect(button, 'the focus is where it was').toBeFocused();
  }
  await page.setViewportSize({ width: 1280, height: 740 });
  // By keyboard: the first entry is next.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Account', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
  await openAccountMenu(page);
  await expect(page.getByRole('link', { name: 'Account', exact: true })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('button', { name: 'Français' }).click();
  await expect(page.getByRole('heading', { name: 'Compte', level: 1 })).toBeVisible();
  await openAccountMenu(page);
  await expect(page.getByRole('button', { name: 'Français' })).toHaveAttribute('aria-pressed', 'true');
  await page.getByRole('button', { name: 'Sombre' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 740 });
  await openAccountMenu(page);
  await accessible(page);
  await page.getByRole('button', { name: 'Se déconnecter', exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('heading', { name: 'Se connecter' })).toBeVisible();
  // Without a session the form stands on the page.
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  if (javaScriptEnabled !== false) await live(page);
});

test('times are shown in the chosen time zone on every page', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Zone ${javaScriptEnabled}`, url: receiver.url, events: ['identity_request.updated'] });
  await server.publish('identity_request.updated', `zone-${javaScriptEnabled}`);
  await expect.poll(() => receiver.received.length).toBe(1);
  const time = page.locator('#log-rows time').first();
  const shown = async (zone: string) => {
    await page.goto(`/webhooks/${id}`);
    const at = new Date((await time.getAttribute('datetime'))!);
    await expect(time, zone).toContainText(at.toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }));
  };
  const choose = async (option: string) => {
    await page.goto('/account');
    await page.getByLabel('Show times in').selectOption(option);
    await page.getByRole('button', { name: 'Save time zone' }).click();
    await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
    await expect(page.getByLabel('Show times in')).toHaveValue(option);
  };
  await choose('Asia/Kolkata');
  await expect(page.locator('#zone-now')).toHaveText(/^It is \d\d:\d\d now in Asia\/Kolkata\.$/);
  await accessible(page);
  await fits(page);
  await shown('Asia/Kolkata');
  await expect(page.locator('#log-foot')).toContainText('Asia/Kolkata');
  await page.getByRole('link', { name: 'UTC', exact: true }).click();
  await expect(page.locator('#log-foot')).toContainText('times in UTC');
  await choose('UTC');
  await shown('UTC');
  await expect(page.getByRole('link', { name: 'Local', exact: true }), 'there are no other times').toHaveCount(0);
  // The audit log and the overview as well.
  await choose('Pacific/Auckland');
  await page.goto('/audit-log');
  const entry = page.locator('main time').first();
  const at = new Date((await entry.getAttribute('datetime'))!);
  await expect(entry).toContainText(at.toLocaleTimeString('en-GB', { timeZone: 'Pacific/Auckland', hour: '2-digit', minute: '2-digit' }));
  await choose('browser');
  // Without scripts the browser does not say where it is.
  await shown(javaScriptEnabled === false ? 'UTC' : 'America/Montreal');
});

test('a reader of the public catalogue chooses language and theme in a menu, and can sign in', async ({ page }) => {
  const { server } = await Server.empty(['--public-catalogue', 'true']);
  try {
    await page.goto(`${server.url}/event-types`);
    await expect(page.getByRole('heading', { name: 'Event types', level: 1 })).toBeVisible();
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 740 });
      await page.getByRole('button', { name: 'Language and theme' }).click();
      await expect(page.getByRole('button', { name: 'Dark' })).toBeVisible();
      await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
      await accessible(page);
      await page.keyboard.press('Escape');
    }
    await fits(page);
    await openAccountMenu(page);
    await page.getByRole('button', { name: 'Français' }).click();
    await expect(page.getByRole('heading', { name: 'Types d’événements', level: 1 })).toBeVisible();
    await expect(page.getByRole('banner').getByRole('link', { name: 'Se connecter' })).toHaveAttribute('href', /^\/sign-in\?next=/);
  } finally {
    await server.stop();
  }
});
