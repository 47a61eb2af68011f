// Pictures of the catalogue, to look at after each change (`make screenshots`).
import { shoot } from '../support/pictures.ts';
import { expect, test } from '../support/test.ts';

test.use({ own: 'catalogue-pictures' });

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

test('pictures of the pages where event types are defined', async ({ signedIn: page, expected }) => {
  expected.push('409 /event-types/invoice.paid/edit');
  await page.goto('/event-types/new');
  await page.getByLabel('Type', { exact: true }).fill('invoice.paid');
  await page.getByLabel('Name', { exact: true }).fill('Invoice paid');
  await page.getByLabel('Group').fill('Billing');
  const example = { id: 'inv_7', amount: 125.5, currency: 'EUR', lines: [{ text: 'Consulting', quantity: 2 }] };
  await page.getByLabel('Example', { exact: true }).fill(JSON.stringify(example, null, 2));
  await page.getByRole('button', { name: 'Infer schema from the examples' }).click();
  await expect(page.getByText(/The schema is valid/)).toBeVisible();
  await shoot(page, 'event-type-new', true);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  const schema = page.getByLabel('Schema', { exact: true });
  await schema.fill((await schema.inputValue()).replaceAll('amount', 'total'));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('This change of the schema can break')).toBeVisible();
  await shoot(page, 'event-type-breaking', true);
  const text = page.getByLabel('Example', { exact: true });
  await text.fill((await text.inputValue()).replaceAll('amount', 'total'));
  await page.getByLabel('Save despite breaking changes').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await shoot(page, 'event-type-own', true);
  await page.getByRole('link', { name: 'Compare' }).click();
  await shoot(page, 'event-type-versions', true);
  for (const [path, name] of [['/event-types/import', 'event-types-import'], ['/guide', 'guide']]) {
    await page.goto(path);
    await shoot(page, name, true);
  }
});
