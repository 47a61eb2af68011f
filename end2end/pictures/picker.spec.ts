// Pictures of the choice of events, with the built-in types and with 500.
import { manyTypes } from '../support/catalogue.ts';
import { shoot } from '../support/pictures.ts';
import { expect, test } from '../support/test.ts';

test.use({ own: 'picker-pictures' });

test('pictures of the choice of events', async ({ signedIn: page, server }) => {
  test.slow();
  await page.goto('/webhooks/new');
  for (const name of ['Identity created', 'Identity updated', 'Visit event created']) await page.getByRole('checkbox', { name }).check();
  await shoot(page, 'picker', true);
  await page.setViewportSize({ width: 1024, height: 800 });
  await page.locator('#events').screenshot({ path: `${process.env.CLEARHOOK_PICTURES}/picker-1024.png` });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('link', { name: 'Fields and example: Identity deleted' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot(page, 'picker-fields');
  await manyTypes(server);
  const { id } = await server.api('POST', '/webhooks', { name: 'Many', url: 'https://example.com/hook', events: ['identity.*', 'visitor.checked_in', 'shop3.*', 'shop5.thing1.deleted', 'shop5.thing2.created', 'other.*'] });
  await page.goto(`/webhooks/${id}?edit=all`);
  await shoot(page, 'picker-500', true);
});
