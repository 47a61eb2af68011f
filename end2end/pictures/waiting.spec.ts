// Pictures of the page of a webhook that fails, of a callback beside the log, and of deliveries that wait or are held.
import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../support/test.ts';

const folder = process.env.CLEARHOOK_PICTURES ?? '../target/pictures';

async function shoot(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [360, 740],
    [1024, 768],
    [1280, 800],
    [2560, 1300],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, animations: 'disabled' });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('pictures of what waits', async ({ page, another, receiver }) => {
  test.setTimeout(180_000);
  const server = await another('1h');
  receiver.answer = { status: 500, body: '{"error":"InternalServerError","message":"NullReferenceException at IdentityHandler.Map","traceId":"0HN7GQ3:00000001"}' };
  const url = receiver.url.replace('/hook', '/clearid/v2/identity-events');
  const { id } = await server.api('POST', '/webhooks', {
    name: 'HR sync (legacy)',
    description: 'Answers 500',
    url,
    events: ['identity.created', 'identity.updated'],
    headers: [{ name: 'X-Source', value: 'clearid' }],
  });
  for (let number = 0; number < 20; number++) await server.publish(number % 3 ? 'identity.created' : 'identity.updated', `picture-${number}`);
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${id}`);
  await expect(page.locator('html[data-live]')).toHaveCount(1);
  await shoot(page, 'failing');
  const open = (await server.api('GET', `/webhooks/${id}/callbacks`)).items[1];
  await page.goto(`${server.url}/webhooks/${id}?callback=${open.id}#callback`);
  await shoot(page, 'panel');
  await page.goto(`${server.url}/webhooks/${id}?response=waiting#logs`);
  await shoot(page, 'waiting');
  await page.goto(`${server.url}/webhooks/${id}?again=all`);
  await shoot(page, 'send-again');
  await page.goto(`${server.url}/webhooks/${id}?edit=all`);
  await shoot(page, 'edit');
  const held = await server.api('POST', '/webhooks', { name: 'Okta – São Paulo', url, events: ['visit_event.created'], enabled: false });
  for (let number = 0; number < 3; number++) await server.publish('visit_event.created', `held-${number}`);
  await server.api('PATCH', `/webhooks/${held.id}`, { enabled: true });
  await page.goto(`${server.url}/webhooks/${held.id}?saved=enabled`);
  await shoot(page, 'held');
  await page.goto(`${server.url}/webhooks/${held.id}?response=held#logs`);
  await shoot(page, 'held-list');
  const soon = await another('10ms');
  const failed = await soon.api('POST', '/webhooks', { name: 'Okta – São Paulo', url, events: ['visit_event.created'] });
  for (const number of [1, 2, 3]) await soon.publish('visit_event.created', `failed-${number}`);
  await expect.poll(async () => (await soon.api('GET', `/deliveries?state=failed&webhook_id=${failed.id}`)).items.length, { timeout: 20_000 }).toBe(3);
  await signIn(page, soon.url);
  await page.goto(`${soon.url}/webhooks/${failed.id}?response=failed-for-good#logs`);
  await shoot(page, 'failed-list');
});
