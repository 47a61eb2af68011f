// Pictures of the pages that are seen once: set-up, the second factor, a secret and a key after they were made, and questions about many webhooks.
import { shootWidths } from '../support/pictures.ts';
import { code, now } from '../support/second_factor.ts';
import { Server } from '../support/server.ts';
import { expect, openAccountMenu, test, tick } from '../support/test.ts';

const email = 'first@example.com';
const password = 'seven purple lanterns hum';

test('pictures of what is seen once', async ({ page }) => {
  test.setTimeout(300_000);
  const { server, link } = await Server.empty();
  try {
    await page.goto(link);
    await shootWidths(page, 'e-setup');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'Webhooks', level: 1 })).toBeVisible();

    await page.goto(`${server.url}/webhooks/new`);
    await page.getByRole('textbox', { name: 'Name' }).first().fill('Badge printer');
    await page.getByRole('textbox', { name: 'URL' }).fill('https://printers.example.com/hooks');
    await tick(page, 'Identity created');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.locator('html[data-live]')).toHaveCount(1);
    await expect(page.getByText('Webhook added').first()).toBeVisible();
    await shootWidths(page, 'e-secret');

    for (let number = 0; number < 30; number++) {
      const secret = `whsec_${Buffer.alloc(32, number + 1).toString('base64')}`;
      const body = new URLSearchParams({ name: `Door ${number}`, url: `https://doors.example.com/${number}`, events: 'identity.created', enabled: 'true', secret, intent: 'save' }).toString();
      const response = await page.request.post(`${server.url}/webhooks/new`, { data: body, headers: { 'content-type': 'application/x-www-form-urlencoded' }, maxRedirects: 0 });
      expect(response.status()).toBe(303);
    }
    const bar = page.getByRole('form', { name: 'Actions for chosen webhooks' });
    await page.goto(`${server.url}/webhooks`);
    for (const name of ['Badge printer', 'Door 0']) await page.getByRole('checkbox', { name: `Choose ${name}`, exact: true }).check();
    await shootWidths(page, 'e-chosen');
    await bar.getByRole('button', { name: 'Delete…' }).click();
    await shootWidths(page, 'e-delete-chosen');
    for (const act of ['Disable', 'Delete…']) {
      await page.goto(`${server.url}/webhooks`);
      await page.getByRole('checkbox', { name: 'Choose Badge printer' }).check();
      await bar.getByRole('checkbox').check();
      await bar.getByRole('button', { name: act, exact: true }).click();
      await shootWidths(page, `e-${act === 'Disable' ? 'disable' : 'delete'}-all`);
    }
    await page.goto(`${server.url}/api-keys/new`);
    await page.getByLabel('Name').fill('Badge printer');
    await page.getByRole('checkbox', { name: 'events:write' }).check();
    await page.getByRole('button', { name: 'Create API key' }).click();
    await shootWidths(page, 'e-key');

    await page.goto(`${server.url}/account`);
    const section = page.getByRole('region', { name: 'Second factor' });
    await section.getByLabel('Your password').fill(password);
    await section.getByRole('button', { name: 'Set up a second factor' }).click();
    await expect(page.getByRole('img', { name: 'QR code with the key' })).toBeVisible();
    await shootWidths(page, 'e-enrol');
    const factor = (await section.locator('#factor-secret').textContent())!.replaceAll(' ', '');
    await section.getByRole('textbox', { name: 'Code' }).fill(code(factor, now()));
    await section.getByRole('button', { name: 'Turn on' }).click();
    await expect(section.getByRole('listitem')).toHaveCount(10);
    await shootWidths(page, 'e-recovery-codes');
    await openAccountMenu(page);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('textbox', { name: 'Code' })).toBeVisible();
    await shootWidths(page, 'e-code');
  } finally {
    await server.stop();
  }
});
