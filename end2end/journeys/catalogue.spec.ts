// From what an event carries to the webhooks that hear of it, and how they all fare; with scripts and without.
import { accessible, expect, fits, test } from '../support/test.ts';

test('an event is read, and leads to a webhook that uses it', async ({ signedIn: page, server, javaScriptEnabled }) => {
  const name = `Visits ${javaScriptEnabled}`;
  await server.api('POST', '/webhooks', { name, url: 'https://example.com/visits', events: ['visit_event.approved'] });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Event types' }).click();
  await expect(page.getByRole('heading', { name: 'Event types', level: 1 })).toBeVisible();
  // The head of a group is one line over the whole table.
  const [head, table] = [(await page.getByRole('rowheader', { name: 'Identities', exact: true }).boundingBox())!, (await page.getByRole('table').boundingBox())!];
  expect(head.height).toBeLessThan(60);
  expect(head.width).toBeGreaterThan(table.width - 4);
  await page.getByRole('link', { name: 'Visit event approved', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Visit event approved', level: 1 })).toBeVisible();
  await expect(page.getByText('Whether the visitor has come.')).toBeHidden();
  await page.getByRole('listitem').filter({ hasText: /^visitors object/ }).getByText('7 fields').click();
  await expect(page.getByText('Whether the visitor has come.')).toBeVisible();
  const example = page.getByRole('region', { name: 'Example' });
  await expect(example).toContainText('"decided_at": "2026-06-10T16:30:00Z"');
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    expect(await example.evaluate((block) => block.scrollWidth - block.clientWidth), `lines are wrapped at ${width} px`).toBeLessThanOrEqual(0);
  }
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download schema' }).click();
  expect((await download).suggestedFilename()).toBe('visit_event.approved.schema.json');
  await page.getByRole('table', { name: 'Webhooks that use it' }).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
});

test('the overview tells what needs attention, and leads there', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const name = `Broken ${javaScriptEnabled}`;
  receiver.answer = { status: 503, body: '' };
  await server.api('POST', '/webhooks', { name, url: receiver.url, events: ['identity_request.updated'] });
  await server.publish('identity_request.updated', `overview-${javaScriptEnabled}`);
  await page.getByRole('link', { name: 'clearhook' }).click();
  await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText('503 ServiceUnavailable', { timeout: 500 });
  }).toPass({ timeout: 15_000 });
  await expect(row).toContainText('Every callback has failed since');
  await expect(page.getByRole('figure', { name: 'Callbacks over time' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('link', { name: 'Webhooks failing' }).click();
  await expect(page).toHaveURL(/status=failing/);
  await page.goBack();
  await row.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
});
