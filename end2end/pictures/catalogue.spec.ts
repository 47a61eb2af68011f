// Pictures of the catalogue, to look at after each change (`make screenshots`).
import { shoot } from '../support/pictures.ts';
import { expect, test } from '../support/test.ts';

test('pictures of the catalogue', async ({ signedIn: page, server }) => {
  for (const [name, host] of [['HR mirror', 'hr'], ['Badge printer', 'badges'], ['Directory', 'directory']]) {
    await server.api('POST', '/webhooks', { name, url: `https://${host}.example.com/hooks?tenant=north`, events: ['identity.created', 'identity.updated'], enabled: name !== 'Directory' });
  }
  await page.goto('/event-types');
  await shoot(page, 'event-types');
  await page.getByRole('link', { name: 'Identity updated', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Identity updated', level: 1 })).toBeVisible();
  await shoot(page, 'event-type', true);
  await page.goto('/event-types/visit_event.created');
  await shoot(page, 'event-type-unused', true);
  await page.goto('/webhooks');
  await shoot(page, 'webhooks-nav');
});
