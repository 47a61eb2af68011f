// What can be done with a webhook besides changing it; with scripts and without.
import { accessible, editAll, expect, fits, live, test, tick } from '../support/test.ts';

test('a webhook is tested, its secret renewed, copied and deleted', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  test.slow();
  const name = `Acted on ${javaScriptEnabled}`;
  const webhook = await server.api('POST', '/webhooks', { name, url: receiver.url, events: ['visit_event.created', 'visit_event.approved'] });
  await page.goto(`/webhooks/${webhook.id}`);
  await page.getByRole('combobox', { name: 'Event to send' }).selectOption('Visit event approved');
  await page.getByRole('button', { name: 'Send test event' }).click();
  await expect(page.getByText('A test event was sent. Its callback is in the log.')).toBeVisible();
  const row = page.locator('#log-rows').getByRole('row').first();
  await expect(row).toContainText('Visit event approved');
  await expect(row).toContainText('202 Accepted');
  await accessible(page);
  await fits(page);

  await editAll(page);
  await page.locator('summary').filter({ hasText: 'Rotate secret' }).click();
  await page.getByLabel('Keep the old secret valid for').selectOption('7 days');
  await accessible(page);
  await page.getByRole('button', { name: 'Rotate secret' }).click();
  const fresh = page.getByRole('status').filter({ hasText: 'The new secret.' });
  expect(await fresh.getByLabel('The new secret.').inputValue()).toMatch(/^whsec_/);
  const until = new Date((await fresh.locator('time').getAttribute('datetime'))!);
  expect(Math.round((until.getTime() - Date.now()) / 86_400_000)).toBe(7);
  await accessible(page);
  await fits(page);

  await page.getByRole('link', { name: 'Duplicate' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`${name} (copy)`);
  await live(page);
  await expect(page.getByRole('switch', { name: 'Enabled' })).not.toBeChecked();
  const first = await page.getByLabel('Secret').inputValue();
  await page.getByRole('button', { name: 'Generate' }).click();
  await expect(page.getByLabel('Secret')).not.toHaveValue(first);
  await expect(page.getByLabel('Secret'), 'one stays where one was').toBeFocused();
  expect(await page.getByLabel('Secret').inputValue()).toMatch(/^whsec_/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`${name} (copy)`);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: `${name} (copy)`, level: 1 })).toBeVisible();
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await accessible(page);
  await fits(page);
  expected.push(`422 ${new URL(page.url()).pathname}`, `409 ${new URL(page.url()).pathname}`);
  const confirm = page.getByLabel(`To delete it, type its name: ${name} (copy)`);
  await confirm.fill(name);
  await page.getByRole('button', { name: 'Delete this webhook' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('heading', { name: `${name} (copy)`, level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await confirm.fill(`${name} (copy)`);
  await page.getByRole('button', { name: 'Delete this webhook' }).click();
  await expect(page.getByText('The webhook was deleted.')).toBeVisible();
  await expect(page.getByRole('link', { name: `${name} (copy)` })).toHaveCount(0);
  await expect(page.getByRole('link', { name, exact: true })).toHaveCount(1);
});

test('the list is sorted, and a webhook switched in its row', async ({ signedIn: page, server, javaScriptEnabled }) => {
  const mark = `sorted${javaScriptEnabled}`;
  for (const [name, description, events] of [
    ['Beta', 'first', ['visit_event.approved']],
    ['Alpha', 'third', ['identity.created']],
    ['Gamma', 'second', ['visit_event.created']],
  ] as const) {
    await server.api('POST', '/webhooks', { name: `${name} ${mark}`, description, url: `https://example.com/${description}`, events });
  }
  await page.goto(`/webhooks?q=${mark}`);
  const names = () => page.locator('tbody td.name').allTextContents().then((all) => all.map((name) => name.trim().split(' ')[0]));
  for (const [column, rising] of [
    ['Name', ['Alpha', 'Beta', 'Gamma']],
    ['URL', ['Beta', 'Gamma', 'Alpha']],
    ['Event', ['Alpha', 'Beta', 'Gamma']],
    ['Description', ['Beta', 'Gamma', 'Alpha']],
  ] as const) {
    const header = page.getByRole('columnheader', { name: column, exact: true });
    // By name is how the list comes.
    if (column !== 'Name') await header.getByRole('link').click();
    await expect(header).toHaveAttribute('aria-sort', 'ascending');
    await expect.poll(names).toEqual(rising);
    await header.getByRole('link').click();
    await expect(header).toHaveAttribute('aria-sort', 'descending');
    await expect(page).toHaveURL(/dir=desc/);
    await expect.poll(names).toEqual([...rising].reverse());
  }
  const row = page.getByRole('row').filter({ hasText: `Alpha ${mark}` });
  await live(page);
  if (javaScriptEnabled !== false) await page.evaluate(() => document.body.setAttribute('data-same-document', 'true'));
  await row.getByRole('button', { name: `Disable Alpha ${mark}` }).click();
  await expect(row).toContainText('Disabled');
  await expect(row.getByRole('button', { name: `Enable Alpha ${mark}` })).toBeVisible();
  await expect(page.locator('body[data-same-document]'), 'scripts change the row without a reload').toHaveCount(javaScriptEnabled === false ? 0 : 1);
  await expect(page, 'one stays where one was').toHaveURL(/q=sorted.*sort=description.*dir=desc/);
  const status = page.getByRole('columnheader', { name: 'Status', exact: true });
  await status.getByRole('link').click();
  await expect(status).toHaveAttribute('aria-sort', 'ascending');
  const rising = await names();
  await status.getByRole('link').click();
  await expect(status).toHaveAttribute('aria-sort', 'descending');
  expect([rising, await names()].map((order) => order.indexOf('Alpha')), 'disabled first, then last').toEqual([0, 2]);
  await row.getByRole('button', { name: `Enable Alpha ${mark}` }).click();
  await expect(row).toContainText('Enabled');
  await live(page);
  await page.getByRole('combobox', { name: 'Event' }).selectOption('Visit event approved');
  if (javaScriptEnabled === false) await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/event=visit_event.approved/);
  await expect.poll(names).toEqual(['Beta']);
});

test('a test event keeps what was typed into the form', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the page is loaded anew');
  const webhook = await server.api('POST', '/webhooks', { name: 'Half typed', url: receiver.url, events: ['visit_event.created', 'visit_event.approved'] });
  await page.goto(`/webhooks/${webhook.id}`);
  await editAll(page);
  await page.getByLabel('Description').fill('not saved yet');
  await page.getByRole('combobox', { name: 'Event to send' }).selectOption('Visit event approved');
  await page.getByRole('button', { name: 'Send test event' }).click();
  await expect(page.getByText('A test event was sent. Its callback is in the log.')).toBeVisible();
  await expect(page.locator('#log-rows').getByRole('row').first()).toContainText('Visit event approved');
  await expect(page.getByLabel('Description')).toHaveValue('not saved yet');
  // The answer to the plain form tells an error.
  expected.push('409 /fn/send_test_event', `422 /webhooks/${webhook.id}`);
  await page.getByLabel('Description').fill('');
  await server.api('PATCH', `/webhooks/${webhook.id}`, { enabled: false });
  await page.getByRole('button', { name: 'Send test event' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The webhook is disabled; enable it first.' })).toBeVisible();
});

test('a URL that the service does not permit is refused while it is edited', async ({ signedIn: page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the answer to the form says it');
  await page.goto('/webhooks/new');
  await live(page);
  const url = page.getByRole('textbox', { name: 'URL' });
  await url.fill('https://169.254.169.254/latest');
  await url.blur();
  await expect(url).toHaveAttribute('aria-invalid', 'true');
  await url.fill('https://example.com/hook');
  await url.blur();
  await expect(url).not.toHaveAttribute('aria-invalid', 'true');
});

test('a row leads where its name does, and tells more when hovered over', async ({ signedIn: page, server, javaScriptEnabled }) => {
  const name = `Row ${javaScriptEnabled}`;
  const { id } = await server.api('POST', '/webhooks', { name, url: 'https://example.com/a/long/address', description: 'What it is for', events: ['visit_event.created'] });
  await page.goto(`/webhooks?q=${encodeURIComponent(name)}`);
  const cell = page.getByRole('row').filter({ hasText: name }).getByRole('cell').nth(1);
  if (javaScriptEnabled !== false) {
    await expect(page.locator('html[data-live]')).toHaveCount(1);
    const box = (await cell.boundingBox())!;
    const title = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)!.closest('[title]')?.getAttribute('title'), [box.x + 20, box.y + box.height / 2]);
    expect(title).toBe('https://example.com/a/long/address');
  }
  const box = (await cell.boundingBox())!;
  await page.mouse.click(box.x + 20, box.y + box.height / 2);
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?list=`));
  if (javaScriptEnabled === false) return;
  await page.goBack();
  await live(page);
  const [opened] = await Promise.all([page.context().waitForEvent('page'), cell.click({ modifiers: ['ControlOrMeta'] })]);
  await expect(opened).toHaveURL(new RegExp(`/webhooks/${id}\\?list=`));
  await opened.close();
});

test('a form that is on its way is not sent twice', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts a browser sends what it is told to');
  await page.goto('/webhooks/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Pressed twice');
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/twice');
  await tick(page, 'Visit event created');
  let asked = 0;
  await page.route('**/webhooks/new', async (route) => {
    asked += route.request().method() === 'POST' ? 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  const save = page.getByRole('button', { name: 'Save' }).last();
  // Pressed again as soon as it says that it was pressed.
  await save.evaluate((save: HTMLButtonElement) => {
    new MutationObserver(() => {
      sessionStorage.setItem('busy', save.getAttribute('aria-busy')!);
      save.click();
    }).observe(save, { attributeFilter: ['aria-busy'] });
  });
  await save.click();
  await expect(page.getByRole('heading', { name: 'Pressed twice', level: 1 })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.getItem('busy'))).toBe('true');
  expect(asked).toBe(1);
  expect((await server.api('GET', '/webhooks?q=Pressed+twice')).items).toHaveLength(1);
});

test('a copied value is in the clipboard, and a failure is shown', async ({ signedIn: page, javaScriptEnabled, context }) => {
  test.skip(javaScriptEnabled === false, 'copying is a script');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/webhooks/new');
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await page.getByLabel('Secret').inputValue());
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.execCommand = () => false;
  });
  await page.getByRole('button', { name: 'Copied' }).click();
  await expect(page.getByRole('button', { name: 'Copying is not allowed' })).toBeVisible();
});
