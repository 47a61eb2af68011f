// Pictures of the page of a webhook that fails, of a callback beside the log, and of deliveries that wait or are held.
import { shootWidths } from '../support/pictures.ts';
import { expect, signIn, test } from '../support/test.ts';

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
  await shootWidths(page, 'failing');
  const open = (await server.api('GET', `/webhooks/${id}/callbacks`)).items[1];
  await page.goto(`${server.url}/webhooks/${id}?callback=${open.id}#callback`);
  await shootWidths(page, 'panel');
  await page.goto(`${server.url}/webhooks/${id}?response=waiting#logs`);
  await shootWidths(page, 'waiting');
  await page.goto(`${server.url}/webhooks/${id}?again=all`);
  await shootWidths(page, 'send-again');
  await page.goto(`${server.url}/webhooks/${id}?edit=all`);
  await shootWidths(page, 'edit');
  const held = await server.api('POST', '/webhooks', { name: 'Okta – São Paulo', url, events: ['visit_event.created'], enabled: false });
  for (let number = 0; number < 3; number++) await server.publish('visit_event.created', `held-${number}`);
  await server.api('PATCH', `/webhooks/${held.id}`, { enabled: true });
  await page.goto(`${server.url}/webhooks/${held.id}?saved=enabled`);
  await shootWidths(page, 'held');
  await page.goto(`${server.url}/webhooks/${held.id}?response=held#logs`);
  await shootWidths(page, 'held-list');
  const soon = await another('10ms');
  const failed = await soon.api('POST', '/webhooks', { name: 'Okta – São Paulo', url, events: ['visit_event.created'] });
  for (const number of [1, 2, 3]) await soon.publish('visit_event.created', `failed-${number}`);
  await expect.poll(async () => (await soon.api('GET', `/deliveries?state=failed&webhook_id=${failed.id}`)).items.length, { timeout: 20_000 }).toBe(3);
  await signIn(page, soon.url);
  await page.goto(`${soon.url}/webhooks/${failed.id}?response=failed-for-good#logs`);
  await shootWidths(page, 'failed-list');
});
