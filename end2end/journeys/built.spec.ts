// Small things of the console that people rely on: a copy of a webhook, the save bar, header rows, presets of dates, names in the audit log, the
// keyboard in the log, and more; with scripts and without.
import type { Locator, Page } from '@playwright/test';
import { email, password, type Server } from '../support/server.ts';
import { accessible, editAll, expect, fits, live, signIn, test, tick } from '../support/test.ts';

test.use({ own: 'built' });

const rows = (page: Page) => page.locator('#log-rows').getByRole('row');
const panel = (page: Page) => page.getByRole('article', { name: 'Callback' });

/** Waits until so many callbacks are logged. */
async function logged(server: Server, webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await server.api('GET', `/webhooks/${webhook}/callbacks?limit=200`)).items.length, { timeout: 20_000 }).toBe(count);
}

/** Waits until so many deliveries are in this state. */
async function stands(server: Server, webhook: string, state: string, count: number): Promise<void> {
  const path = `/deliveries?state=${state}&webhook_id=${webhook}&limit=200`;
  await expect.poll(async () => (await server.api('GET', path)).items.length, { timeout: 20_000 }).toBe(count);
}

/** Looks at the page in all widths and both themes, and returns to the usual window. */
async function looked(page: Page): Promise<void> {
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
}

test('an owner who opens a failed callback reads whom to ask, and copies its link', async ({ page, server, receiver, context, javaScriptEnabled }) => {
  const address = `asks-${javaScriptEnabled}@example.com`;
  const owner = await server.api('POST', '/users', { email: address, role: 'api-owner', password });
  receiver.answer = { status: 500, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: `Asks ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'], owners: [owner.id] });
  await server.publish('visit_event.created', `asks-${javaScriptEnabled}`);
  await logged(server, id, 2);
  await page.goto(`/webhooks/${id}`);
  await page.getByLabel('Email').fill(address);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await live(page);
  await rows(page).first().getByRole('link').click();
  await expect(panel(page)).toContainText('Ask an administrator to send it again');
  await expect(panel(page).getByRole('button', { name: 'Send again' })).toHaveCount(0);
  await expect(panel(page).getByRole('link', { name: 'Send again all since this…' })).toHaveCount(0);
  await expect(rows(page).getByRole('button'), 'no menu').toHaveCount(0);
  await looked(page);
  // Without scripts nothing can be copied; the address of the page is the link.
  if (javaScriptEnabled === false) {
    await expect(panel(page).getByRole('button', { name: 'Copy link' })).toHaveCount(0);
    await expect(page).toHaveURL(/callback=/);
    return;
  }
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await panel(page).getByRole('button', { name: 'Copy link', exact: true }).click();
  await expect(panel(page).getByRole('button', { name: 'Copied' })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(`${server.url}/webhooks/${id}?callback=${await rows(page).first().getAttribute('data-callback')}`);
  // It leads to the same callback.
  await page.goto(link);
  await expect(panel(page)).toContainText('Ask an administrator to send it again');
});

test('a copy of a webhook says so: it is off, and has a secret of its own', async ({ signedIn: page, server, receiver, expected, javaScriptEnabled }) => {
  const name = `Original ${javaScriptEnabled}`;
  const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
  const body = { name, url: receiver.url, secret, events: ['visit_event.created'], headers: [{ name: 'X-Tenant', value: 'seven' }] };
  const { id } = await server.api('POST', '/webhooks', body);
  await page.goto(`/webhooks/${id}`);
  await page.getByRole('link', { name: 'Duplicate' }).click();
  await expect(page.getByText(`Copy of “${name}”. It has a secret of its own and is disabled until you enable it.`)).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`${name} (copy)`);
  await expect(page.getByRole('switch', { name: 'Enabled' })).not.toBeChecked();
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue(receiver.url);
  await expect(page.getByLabel('Header value 1')).toHaveValue('seven');
  await expect(page.getByRole('checkbox', { name: 'Visit event created', exact: true })).toBeChecked();
  const own = await page.getByLabel('Secret', { exact: true }).inputValue();
  expect(own).toMatch(/^whsec_/);
  expect(own).not.toBe(secret);
  await accessible(page);
  // It says so again if something has to be corrected.
  await page.getByRole('textbox', { name: 'URL' }).fill('ftp://receiver.example');
  expected.push('422 /webhooks/new');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.locator('#errors')).toBeVisible();
  await expect(page.getByText(`Copy of “${name}”.`)).toBeVisible();
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByText('Webhook added. It is disabled: enable it as soon as its receiver is ready.')).toBeVisible();
  await expect(page.getByRole('heading', { name: `${name} (copy)`, level: 1 })).toBeVisible();
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
  await expect(page.getByLabel('The secret of this webhook.')).toHaveValue(own);
  // The original stays as it was.
  expect((await server.api('GET', `/webhooks/${id}`)).enabled).toBe(true);
});

test('the summary of errors loses what was corrected', async ({ signedIn: page, expected, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the summary is that of the last answer');
  expected.push('422 /webhooks/new');
  await page.goto('/webhooks/new');
  await live(page);
  await tick(page, 'Visit event created');
  await page.getByRole('button', { name: 'Save' }).last().click();
  const summary = page.getByRole('alert').filter({ hasText: 'Please correct' });
  await expect(summary).toContainText('Please correct 2 fields.');
  await expect(summary.getByRole('link')).toHaveText(['Enter a name.', 'Enter a URL.']);
  // The same number is beside "Save", which is always in sight, and leads to the first.
  const count = page.getByRole('link', { name: /^\d errors?$/ });
  await expect(count).toHaveText('2 errors');
  await expect(count).toHaveAttribute('href', '#name');
  await expect(count).toBeInViewport();
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await count.click();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('Corrected');
  await expect(summary).toContainText('Please correct 1 field.');
  await expect(summary.getByRole('link')).toHaveText(['Enter a URL.']);
  await expect(count).toHaveText('1 error');
  await expect(count).toHaveAttribute('href', '#url');
  // What is still wrong stays, although it is wrong in another way.
  await page.getByRole('textbox', { name: 'URL' }).fill('nonsense');
  await expect(summary).toContainText('Please correct 1 field.');
  await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
  await expect(summary).toHaveCount(0);
  await expect(count).toHaveCount(0);
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.getByRole('heading', { name: 'Corrected', level: 1 })).toBeVisible();
});

test('what saves is shown while there is something to save', async ({ signedIn: page, server, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts it is there as long as fields are');
  const { id } = await server.api('POST', '/webhooks', { name: 'Save bar', url: 'https://example.com/hook', events: ['visit_event.created'], description: 'As it was' });
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    return dialog.accept();
  });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  const save = page.getByRole('button', { name: 'Save', exact: true });
  await expect(save).toHaveCount(0);
  await editAll(page);
  await expect(save).toHaveCount(0);
  const [description, order, events] = [page.getByLabel('Description'), page.getByRole('switch', { name: 'Keep the order per subject' }), page.getByRole('checkbox', { name: 'Visit event approved' })];
  await description.fill('Changed');
  await expect(save).toBeInViewport({ ratio: 1 });
  await expect(page.getByText('Unsaved changes: Description', { exact: true })).toBeVisible();
  await description.fill('As it was');
  await expect(save).toHaveCount(0);
  // A switch, an event and a header are changes as well.
  for (const [field, name] of [[order, 'Keep the order per subject'], [events, 'Event']] as const) {
    await field.check();
    await expect(save).toBeVisible();
    await expect(page.getByText(`Unsaved changes: ${name}`, { exact: true })).toBeVisible();
    await field.uncheck();
    await expect(save).toHaveCount(0);
  }
  await page.getByRole('button', { name: 'Add header' }).click();
  await expect(save).toBeVisible();
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await expect(save).toHaveCount(0);
  await description.fill('Not wanted');
  await page.getByRole('link', { name: 'Discard', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}$`));
  await live(page);
  await expect(save).toHaveCount(0);
  await expect(page.getByText('Unsaved changes', { exact: false })).toBeHidden();
  expect(asked, 'whoever discards is not asked once more').toEqual([]);
  expect((await server.api('GET', `/webhooks/${id}`)).description).toBe('As it was');
});

test('a new header takes the focus, and one that is removed gives it to its neighbour', async ({ signedIn: page, javaScriptEnabled }) => {
  await page.goto('/webhooks/new');
  await live(page);
  const add = page.getByRole('button', { name: 'Add header' });
  for (const number of [1, 2, 3]) {
    await add.click();
    await expect(page.getByLabel(`Header name ${number}`)).toBeFocused();
    // What is typed without looking is in the new row.
    await page.keyboard.type(`X-${number}`);
  }
  const usual = await page.locator('#header-names option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  expect(usual, 'usual names are offered').toContain('Authorization');
  const names = () => page.getByLabel(/^Header name/).evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  expect(await names()).toEqual(['X-1', 'X-2', 'X-3']);
  const focused = () => page.evaluate(() => (document.activeElement as HTMLInputElement).value);
  await page.getByRole('button', { name: 'Remove header 2' }).click();
  await expect.poll(names).toEqual(['X-1', 'X-3']);
  if (javaScriptEnabled !== false) await expect.poll(focused, 'the row that takes its place').toBe('X-3');
  await page.getByRole('button', { name: /^Remove header/ }).last().click();
  await expect.poll(names).toEqual(['X-1']);
  await expect.poll(focused, 'the last row that is left').toBe('X-1');
  await page.getByRole('button', { name: 'Remove header 1' }).click();
  await expect.poll(names).toEqual([]);
  await expect(add, 'nothing else is left').toBeFocused();
});

/** The days on which a period from now may end: midnight may pass meanwhile. */
function ends(days: number, zone: string): string[] {
  const at = Date.now() + days * 86_400_000;
  return [at - 60_000, at + 60_000].map((at) => new Date(at).toLocaleDateString('en-CA', { timeZone: zone }));
}

test('a usual period fills in the last day of a key, and a key without one warns', async ({ signedIn: page, server, javaScriptEnabled }) => {
  // Without scripts the browser does not say where it is.
  const zone = javaScriptEnabled === false ? 'UTC' : 'America/Montreal';
  const name = `Preset ${javaScriptEnabled}`;
  await page.goto('/api-keys/new');
  await page.getByLabel('Name').fill(name);
  await page.getByRole('checkbox', { name: 'webhooks:read' }).check();
  await page.getByRole('checkbox', { name: 'callbacks:read' }).check();
  const presets = page.getByRole('group', { name: 'Usual periods' });
  const expires = page.getByLabel('Expires');
  const warning = page.getByText('A key without a last day is accepted until somebody revokes it');
  await expect(expires).toHaveValue('');
  await expect(warning, 'nothing was chosen yet').toBeVisible();
  const kept = async () => {
    await expect(page.getByLabel('Name')).toHaveValue(name);
    const ticked = page.getByRole('group', { name: 'Scopes' }).getByRole('checkbox', { checked: true });
    await expect(ticked).toHaveCount(2);
    for (const scope of ['webhooks:read', 'callbacks:read']) await expect(page.getByRole('checkbox', { name: scope })).toBeChecked();
  };
  for (const days of [30, 90, 365]) {
    await presets.getByRole('button', { name: `${days} days` }).click();
    await expect(page).toHaveURL(new RegExp(`days=${days}$`));
    expect(ends(days, zone)).toContain(await expires.inputValue());
    await expect(warning).toHaveCount(0);
    await kept();
  }
  await presets.getByRole('button', { name: 'Never' }).click();
  await expect(warning).toBeVisible();
  await expect(expires).toHaveValue('');
  await kept();
  await looked(page);
  await presets.getByRole('button', { name: '30 days' }).click();
  await expect(warning).toHaveCount(0);
  const day = await expires.inputValue();
  // Enter creates the key, as the button does.
  await page.getByLabel('Name').press('Enter');
  await expect(page.getByLabel(`Key of “${name}”`)).toHaveValue(/^chk_/);
  const { items } = await server.api('GET', '/api-keys?limit=200');
  const stored = items.find((key: { name: string }) => key.name === name);
  expect([...stored.scopes].sort()).toEqual(['callbacks:read', 'webhooks:read']);
  // The whole of its last day, where the viewer is.
  expect(new Date(Date.parse(stored.expires_at) - 1_000).toLocaleString('sv-SE', { timeZone: zone })).toMatch(new RegExp(`^${day} 23:59:5`));
});

test('the number of failing webhooks stands beside “Webhooks” in the navigation', async ({ page, another, receiver, javaScriptEnabled }) => {
  const server = await another();
  await signIn(page, server.url);
  const entry = page.getByRole('navigation', { name: 'Main' }).locator('.nav-entry', { has: page.getByRole('link', { name: 'Webhooks', exact: true }) });
  const count = entry.getByRole('link', { name: /failing$/ });
  await expect(entry).toBeVisible();
  await expect(count).toHaveCount(0);
  receiver.answers.set('/fails', { status: 500, body: '' });
  const url = new URL('/fails', receiver.url).href;
  const ids: string[] = [];
  for (const name of ['Fails first', 'Fails second']) ids.push((await server.api('POST', '/webhooks', { name, url, events: ['visit_event.created'] })).id);
  await server.api('POST', '/webhooks', { name: 'Works', url: receiver.url, events: ['visit_event.created'] });
  await server.publish('visit_event.created', 'counted');
  for (const id of ids) await logged(server, id, 2);
  // On any page.
  await page.goto(`${server.url}/event-types`);
  await expect(count).toHaveText('2');
  await expect(count).toHaveAccessibleName('2 failing');
  const [link, badge] = [(await entry.getByRole('link', { name: 'Webhooks', exact: true }).boundingBox())!, (await count.boundingBox())!];
  expect(Math.abs(badge.y + badge.height / 2 - link.y - link.height / 2), 'on the same line').toBeLessThan(link.height / 2);
  await looked(page);
  await count.click();
  await expect(page).toHaveURL(/\/webhooks\?status=failing$/);
  await expect(page.locator('td.name > a')).toHaveText(['Fails first', 'Fails second']);
  if (javaScriptEnabled === false) return;
  // It follows what happens while the list or the overview is open.
  for (const [path, id, left] of [
    ['/webhooks', ids[0], 1],
    ['/', ids[1], 0],
  ] as const) {
    await page.goto(`${server.url}${path}`);
    await live(page);
    await expect(count).toHaveText(String(left + 1));
    await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
    if (left === 0) await expect(count).toHaveCount(0, { timeout: 20_000 });
    else await expect(count).toHaveText(String(left), { timeout: 20_000 });
  }
});

test('waiting deliveries are discarded after a question, and their number is told', async ({ page, another, receiver }) => {
  const server = await another('1h');
  await signIn(page, server.url);
  receiver.answer = { status: 500, body: '' };
  const { id } = await server.api('POST', '/webhooks', { name: 'Discards', url: receiver.url, events: ['visit_event.created'] });
  for (const number of [1, 2]) await server.publish('visit_event.created', `discards-${number}`);
  await logged(server, id, 2);
  await stands(server, id, 'waiting', 2);
  await page.goto(`${server.url}/webhooks/${id}`);
  const health = page.locator('#health');
  await health.getByRole('button', { name: 'Discard waiting…' }).click();
  const question = health.getByText('2 waiting deliveries are not sent. Callbacks that are being sent at this moment still arrive.');
  await expect(question).toBeVisible();
  await looked(page);
  // Escape leaves everything as it is.
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await stands(server, id, 'waiting', 2);
  await health.getByRole('button', { name: 'Discard waiting…' }).click();
  await health.getByRole('button', { name: 'Discard them' }).click();
  await expect(page.getByText('2 deliveries were discarded.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Discard waiting…' })).toHaveCount(0);
  await stands(server, id, 'waiting', 0);
  expect(receiver.received).toHaveLength(2);
});

test('a row of the log offers to send again what failed since then', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Since ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  // One fails, one works, one fails: two attempts of what fails.
  for (const [number, status, state, count] of [
    [1, 500, 'failed', 1],
    [2, 202, 'succeeded', 1],
    [3, 500, 'failed', 2],
  ] as const) {
    receiver.answer = { status, body: '' };
    await server.publish('visit_event.created', `since-${javaScriptEnabled}-${number}`);
    await stands(server, id, state, count);
  }
  receiver.answer = { status: 202, body: '' };
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await expect(rows(page)).toHaveCount(5);
  const second = rows(page).nth(2);
  await expect(second).toContainText('202 Accepted');
  await second.getByRole('button', { name: 'More about this callback' }).click();
  const offer = page.getByRole('link', { name: 'Send again everything that failed since this one' }).locator('visible=true');
  await offer.click();
  const dialog = page.locator('#send-again');
  await expect(page).toHaveURL(/again=custom&again_from=[^&]+#send-again$/);
  await expect(dialog.getByRole('combobox', { name: 'Created' })).toHaveValue('custom');
  await expect(dialog.getByLabel('From')).not.toHaveValue('');
  await expect(dialog.getByLabel('to', { exact: true })).toHaveValue('');
  await expect(dialog.getByRole('button', { name: 'Send them again' })).toBeInViewport();
  await looked(page);
  await expect(dialog.getByRole('checkbox', { name: '1 failed for good' }), 'what failed before is left out').toBeChecked();
  // A row of a failed callback offers its own delivery as well.
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await rows(page).last().getByRole('button', { name: 'More about this callback' }).click();
  await offer.click();
  await expect(dialog.getByRole('checkbox', { name: '2 failed for good' })).toBeChecked();
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await rows(page).first().getByRole('button', { name: 'More about this callback' }).click();
  await offer.click();
  await expect(dialog.getByRole('checkbox', { name: '1 failed for good' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Send them again' }).click();
  await expect(page.getByText('1 delivery is being sent again.')).toBeVisible();
  await stands(server, id, 'succeeded', 2);
  await stands(server, id, 'failed', 1);
});

/** A webhook with so many callbacks, newest first: `subject-4` is at the top of four. */
async function followed(server: Server, url: string, name: string, count: number): Promise<string> {
  const { id } = await server.api('POST', '/webhooks', { name, url, events: ['visit_event.created'] });
  for (let number = 1; number <= count; number++) {
    await server.publish('visit_event.created', `${name}-${number}`, `subject-${number}`);
    await logged(server, id, number);
  }
  return id;
}

test('the arrows go from callback to callback while a row or the panel has the focus', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'keys are for scripts');
  const id = await followed(server, receiver.url, 'Arrows', 4);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  const opens = async (subject: string, row: number) => {
    await expect(panel(page)).toContainText(subject);
    await expect(rows(page).nth(row)).toHaveAttribute('aria-current', 'true');
    await expect(page).toHaveURL(new RegExp(`callback=${await rows(page).nth(row).getAttribute('data-callback')}`));
  };
  await rows(page).nth(1).getByRole('link').click();
  await opens('subject-3', 1);
  // The focus is on the panel.
  await expect(panel(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await opens('subject-2', 2);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await opens('subject-4', 0);
  // There is nothing above the first row.
  await page.keyboard.press('ArrowUp');
  await opens('subject-4', 0);
  await rows(page).nth(0).getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  await opens('subject-3', 1);
  // Elsewhere they belong to what they scroll or choose.
  await page.getByRole('searchbox', { name: 'Event, message or subject' }).focus();
  await page.keyboard.press('ArrowDown');
  await opens('subject-3', 1);
  await page.keyboard.press('Escape');
});

test('without an open callback the keys begin at the row with the focus', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'keys are for scripts');
  const id = await followed(server, receiver.url, 'From a row', 3);
  await page.goto(`/webhooks/${id}`);
  await live(page);
  await rows(page).nth(1).getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  await expect(panel(page)).toContainText('subject-1');
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await expect(rows(page).nth(2).getByRole('link')).toBeFocused();
  await page.keyboard.press('k');
  await expect(panel(page)).toContainText('subject-2');
});

test('the callback below the open one is loaded in advance', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts each callback is a page');
  const id = await followed(server, receiver.url, 'In advance', 5);
  // From the beginning, because a request at the moment in which the first route is added may be lost to `page.on('request')`.
  let gate: Promise<void> = Promise.resolve();
  await page.route('**/fn/callback_panel', async (route) => {
    await gate;
    await route.continue();
  });
  await page.goto(`/webhooks/${id}`);
  await live(page);
  const ids = await Promise.all((await rows(page).all()).map(async (row) => (await row.getAttribute('data-callback'))!));
  /** The rows that were asked for, in this order. */
  const asked: number[] = [];
  const rowOf = (data: string | null) => ids.findIndex((id) => data?.includes(id));
  page.on('request', (request) => request.url().endsWith('/fn/callback_panel') && asked.push(rowOf(request.postData())));
  const answered = async (row: number) => {
    const response = await page.waitForResponse((response) => response.url().endsWith('/fn/callback_panel') && rowOf(response.request().postData()) === row);
    await response.finished();
  };
  let advance = answered(1);
  await page.keyboard.press('j');
  await expect(panel(page)).toContainText('subject-5');
  await advance;
  expect(asked).toEqual([0, 1]);
  // From here on no answer comes until it is let through, so that what is shown was there before.
  let release = () => {};
  gate = new Promise<void>((resolve) => (release = resolve));
  await page.keyboard.press('j');
  await expect(panel(page)).toContainText('subject-4');
  await expect.poll(() => asked, 'only the next one is asked for').toEqual([0, 1, 2]);
  advance = answered(2);
  release();
  await advance;
  advance = answered(3);
  await page.keyboard.press('j');
  await expect(panel(page)).toContainText('subject-3');
  await advance;
  expect(asked.filter((row) => row === 2), 'once is enough').toHaveLength(1);
});

test('the whole text of a cut cell appears for the mouse and for the keyboard', async ({ page, another, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'without scripts the browser shows the title of a cell');
  const server = await another();
  await signIn(page, server.url);
  const url = 'https://integrations.example-company.com:8443/clearid/v2/north-america/identity-events?tenant=north-america&source=clearid';
  const description = 'Prints a badge for each new hire, in the office in which they begin, before they arrive at the door, and tells the reception about it';
  await server.api('POST', '/webhooks', { name: 'Badge printer', url, description, events: ['visit_event.created', 'visit_event.approved', 'identity.created'] });
  await page.setViewportSize({ width: 1600, height: 800 });
  await page.goto(`${server.url}/webhooks`);
  await live(page);
  const row = page.getByRole('row').filter({ hasText: 'Badge printer' });
  const whole = page.getByRole('tooltip');
  await expect(whole).toHaveCount(0);
  const cut = (cell: Locator) => cell.evaluate((cell) => [cell, ...cell.querySelectorAll('*')].some((part) => part.scrollWidth > part.clientWidth + 1));
  for (const [cell, text] of [['td.url', url], ['td.description', description]] as const) {
    expect(await cut(row.locator(cell)), `${cell} is cut`).toBe(true);
    await row.locator(cell).hover();
    await expect(whole).toHaveText(text);
    await expect(whole).toBeInViewport({ ratio: 1 });
  }
  await accessible(page);
  // It stays while the mouse is on it, and goes with Escape.
  await whole.hover();
  await expect(whole).toHaveText(description);
  await page.keyboard.press('Escape');
  await expect(whole).toHaveCount(0);
  await expect(row.locator('td.description')).toHaveAttribute('title', description);
  // Away from the cell it goes as well.
  await row.locator('td.url').hover();
  await expect(whole).toBeVisible();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).hover();
  await expect(whole).toHaveCount(0);

  await page.keyboard.press('j');
  await expect(row.getByRole('link', { name: 'Badge printer' })).toBeFocused();
  for (const text of ['Badge printer', url, description, 'Identity created']) await expect(whole).toContainText(text);
  await expect(whole).toBeInViewport({ ratio: 1 });
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(whole).toHaveCount(0);
  await expect(row.getByRole('link', { name: 'Badge printer' }), 'the focus stays').toBeFocused();
});

test('the hours of the last 30 days lead to their log, in UTC if the page is in UTC', async ({ signedIn: page, server, receiver, javaScriptEnabled }) => {
  const { id } = await server.api('POST', '/webhooks', { name: `Heat ${javaScriptEnabled}`, url: receiver.url, events: ['visit_event.created'] });
  for (const number of [1, 2]) await server.publish('visit_event.created', `heat-${javaScriptEnabled}-${number}`);
  await logged(server, id, 2);
  const heat = page.locator('#health').getByRole('link', { name: 'Last 30 days by hour: 2 callbacks, 0 failed' });
  await page.goto(`/webhooks/${id}?range=1h`);
  await heat.click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}\\?range=30d#logs$`));
  await expect(page.getByRole('heading', { name: 'Logs' })).toBeInViewport();
  await expect(page.getByRole('link', { name: 'Last 30 days', exact: true })).toHaveAttribute('aria-current', /.+/);
  await expect(rows(page)).toHaveCount(2);

  await page.goto(`/webhooks/${id}?range=1h&times=utc`);
  if (javaScriptEnabled !== false) {
    // Also after the summary was refreshed, as when one returns to the page.
    await live(page);
    const refreshed = page.waitForResponse('**/fn/health_fragment');
    await page.locator('#health').evaluate((old) => {
      old.setAttribute('data-old', 'true');
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
    await refreshed;
    await expect(page.locator('#health:not([data-old])')).toBeVisible();
  }
  await heat.click();
  await expect(page).toHaveURL(/range=30d&times=utc#logs$/);
  await expect(page.getByText('Newest first, times in UTC')).toBeVisible();
  await expect(rows(page)).toHaveCount(2);
});

test('the overview names the busiest and the slowest webhooks, and leads to their logs', async ({ page, another, receiver }) => {
  const server = await another();
  await signIn(page, server.url);
  const often = await server.api('POST', '/webhooks', { name: 'Called often', url: receiver.url, events: ['visit_event.created'] });
  const seldom = await server.api('POST', '/webhooks', { name: 'Called <b>seldom</b>', url: receiver.url, events: ['visit_event.approved'] });
  for (const number of [1, 2, 3]) await server.publish('visit_event.created', `often-${number}`);
  await server.publish('visit_event.approved', 'seldom');
  await logged(server, often.id, 3);
  await logged(server, seldom.id, 1);
  await page.goto(`${server.url}/`);
  const ranking = (heading: string) => page.locator('.ranking', { has: page.getByRole('heading', { name: heading }) }).getByRole('listitem');
  await expect(ranking('Busiest webhooks')).toHaveText([/^1\. Called often\s*3 callbacks$/, /^2\. Called <b>seldom<\/b>\s*1 callback$/]);
  await expect(ranking('Slowest webhooks')).toHaveCount(2);
  for (const name of ['Called often', 'Called <b>seldom</b>']) {
    await expect(ranking('Slowest webhooks').filter({ hasText: name })).toContainText(/ms on average$/);
  }
  await expect(ranking('Event types').first()).toContainText('1. Visit event created');
  for (const [heading, name, id] of [
    ['Busiest webhooks', 'Called <b>seldom</b>', seldom.id],
    ['Slowest webhooks', 'Called often', often.id],
  ]) {
    await page.goto(`${server.url}/`);
    await ranking(heading).getByRole('link', { name }).click();
    await expect(page).toHaveURL(new RegExp(`/webhooks/${id}#logs$`));
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Logs' })).toBeInViewport();
  }
});

test('the audit log names fields as the forms do, and shows short values in the row', async ({ signedIn: page, server, javaScriptEnabled }) => {
  const name = `Audited ${javaScriptEnabled}`;
  const { id } = await server.api('POST', '/webhooks', { name, url: 'https://example.com/hook', events: ['visit_event.created'] });
  await server.api('PATCH', `/webhooks/${id}`, { enabled: false });
  const long = 'More than fits into a row of the audit log, so that only the name of the field is there';
  await server.api('PATCH', `/webhooks/${id}`, { description: long, ordered: true, rate_limit: { per_second: 5, burst: 10 }, headers: [{ name: 'X-Tenant', value: '7', secret: false }] });
  await page.goto(`/audit-log?object=${id}`);
  const log = page.getByRole('table', { name: 'Audit log' });
  const disabled = log.getByRole('row', { name: 'Webhook disabled' });
  await expect(disabled).toContainText(name);
  await expect(disabled).toContainText('Enabled: yes → no');
  const changed = log.getByRole('row', { name: 'Webhook changed' });
  await expect(changed.locator('.tag').getByText('Description', { exact: true })).toBeVisible();
  await expect(changed).toContainText('Keep the order per subject: no → yes');
  await expect(changed).toContainText('Rate limit');
  await expect(changed).toContainText('Additional headers');
  await looked(page);
  await disabled.getByRole('link').click();
  const differences = page.getByRole('table', { name: 'What changed' });
  await expect(page.getByRole('region', { name: 'Webhook disabled' })).toContainText(name);
  const row = (field: string) => differences.getByRole('row').filter({ has: page.getByRole('rowheader', { name: field, exact: true }) });
  await expect(row('Enabled').getByRole('cell')).toContainText(['yes', 'no']);
  await changed.getByRole('link').click();
  await expect(page.getByRole('region', { name: 'Webhook changed' })).toBeVisible();
  await expect(row('Description')).toContainText(long);
  await expect(row('Keep the order per subject').getByRole('cell')).toContainText(['no', 'yes']);
  await expect(row('Additional headers').getByRole('cell').last()).toContainText('X-Tenant: ••••••');
  await looked(page);
});

test('a password is shown as text while one wants to see it', async ({ page, javaScriptEnabled }) => {
  await page.goto('/sign-in');
  const field = page.getByLabel('Password', { exact: true });
  const show = page.getByRole('button', { name: 'Show password' });
  await page.getByLabel('Email').fill(email);
  await field.fill(password);
  await expect(field).toHaveAttribute('type', 'password');
  if (javaScriptEnabled === false) {
    await expect(show).toHaveCount(0);
  } else {
    await live(page);
    await show.click();
    await expect(field).toHaveAttribute('type', 'text');
    await expect(field).toHaveValue(password);
    await expect(show).toHaveAttribute('aria-pressed', 'true');
    // The button is within the field.
    const [outer, inner] = [(await field.boundingBox())!, (await show.boundingBox())!];
    expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
    expect(inner.y).toBeGreaterThanOrEqual(outer.y);
    await looked(page);
    await show.click();
    await expect(field).toHaveAttribute('type', 'password');
    await expect(show).toHaveAttribute('aria-pressed', 'false');
    await expect(field).toHaveValue(password);
    await show.click();
  }
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/sign-in/);
});
