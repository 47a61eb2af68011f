// How the developer of a receiver learns to verify the callbacks of one webhook; with scripts and without.
import { password } from '../support/server.ts';
import { verify } from '../support/receiver.ts';
import { accessible, editAll, expect, fits, live, signIn, test } from '../support/test.ts';

/** The languages, and what only the code in each of them says. */
const LANGUAGES = [
  ['JavaScript (Node.js)', 'timingSafeEqual'],
  ['Python', 'hmac.compare_digest'],
  ['Rust (hmac, sha2, base64)', 'use hmac'],
  ['Go', 'hmac.Equal'],
  ['Java', 'MessageDigest.isEqual'],
  ['PHP', 'hash_equals'],
  ['C#', 'CryptographicOperations.FixedTimeEquals'],
  ['Shell (openssl)', 'openssl dgst'],
];

test('the page of a webhook leads to code that verifies its callbacks, in each language', async ({ signedIn: page, server, receiver, javaScriptEnabled, context }) => {
  test.slow();
  const name = `Verified ${javaScriptEnabled}`;
  const { id } = await server.api('POST', '/webhooks', { name, url: receiver.url, events: ['visit_event.created'] });
  await page.goto(`/webhooks/${id}`);
  await editAll(page);
  await page.getByRole('link', { name: 'How to verify callbacks' }).click();
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}/verify`));
  await expect(page.getByRole('heading', { name: `How to verify: ${name}`, level: 1 })).toBeVisible();
  // What every receiver has to do, whatever it is written in.
  await expect(page.getByRole('listitem').filter({ hasText: 'webhook-id.webhook-timestamp.body' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'The key is the secret without whsec_, decoded from base64.' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'begin with v1,' })).toBeVisible();
  await expect(page.getByText('This webhook has sent nothing yet.')).toBeVisible();

  const languages = page.locator('.languages summary');
  const samples = page.locator('.languages').getByRole('region');
  await expect(languages).toHaveText(LANGUAGES.map(([language]) => language));
  for (const [language, said] of LANGUAGES) {
    const sample = page.getByRole('region', { name: language, exact: true });
    // The first one is open from the beginning.
    if (!(await sample.isVisible())) await languages.and(page.getByText(language, { exact: true })).click();
    await expect(sample).toContainText(said);
    await expect(samples, 'one language at a time').toHaveCount(1);
    // The form of the secret, and the scheme of the signature.
    await expect(sample).toContainText('whsec_');
    await expect(sample).toContainText('v1,');
  }
  await languages.filter({ hasText: 'Python' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Python', exact: true }), 'by keyboard').toBeVisible();
  await expect(samples).toHaveCount(1);
  await accessible(page);
  await fits(page);
  if (javaScriptEnabled !== false) {
    await live(page);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const shown = await page.getByRole('region', { name: 'Python', exact: true }).textContent();
    await page.locator('.languages details[open]').getByRole('button', { name: 'Copy' }).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
  }
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
});

test('the newest callback of a webhook is there to try the code with, and its secret is not', async ({ browser, page, another, receiver, javaScriptEnabled }) => {
  test.slow();
  const server = await another();
  await signIn(page, server.url);
  const email = 'verifies@example.com';
  const owner = await server.api('POST', '/users', { email, role: 'api-owner', password });
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const { id } = await server.api('POST', '/webhooks', { name: 'Tried', url: receiver.url, events: ['identity.created'], secret, owners: [owner.id] });
  await server.publish('identity.created', 'tried');
  await expect.poll(async () => (await server.api('GET', `/webhooks/${id}/callbacks`)).items.length, { timeout: 20_000 }).toBe(1);
  const [sent] = receiver.received;

  await page.goto(`${server.url}/webhooks/${id}/verify`);
  const newest = page.getByRole('region', { name: 'The newest callback', exact: true });
  await expect(newest).toContainText('webhook-signature: v1,');
  const [head, body] = (await newest.textContent())!.split('\n\n');
  const headers = Object.fromEntries(head.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
  expect(body, 'byte for byte').toBe(sent.body);
  // Another's library accepts what the page shows, with the secret of this webhook.
  verify(secret, { headers, body });
  expect(() => verify(secret, { headers, body: `${body} ` })).toThrow();
  const command = page.getByRole('region', { name: 'The same request to a program on your computer' });
  await expect(command).toContainText('curl http://localhost:8080/');
  await expect(command).toContainText(`webhook-id: ${headers['webhook-id']}`);
  await expect(command).toContainText(`webhook-signature: ${headers['webhook-signature']}`);
  expect(await page.content()).not.toContain(secret.replace('whsec_', ''));
  await accessible(page);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByRole('link', { name: 'What a receiver answers, and a signature to test with' }).click();
  await expect(page.getByRole('region', { name: 'A signature to test with' })).toContainText('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');

  // Those who write the receiver are owners, more often than administrators.
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled });
  const theirs = await context.newPage();
  await theirs.goto(`/webhooks/${id}`);
  await theirs.getByLabel('Email').fill(email);
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  await theirs.locator('summary').filter({ hasText: 'Webhook details' }).click();
  await theirs.getByRole('link', { name: 'How to verify callbacks' }).click();
  await expect(theirs.getByRole('region', { name: 'The newest callback', exact: true })).toContainText(headers['webhook-id']);
  await context.close();
});

test('a callback with hidden values is not said to be missing', async ({ page, another, receiver }) => {
  const server = await another();
  await server.api('POST', '/event-types', { type: 'card.read', name: 'Card read', schema: { type: 'object', properties: { number: { type: 'string' } } }, example: { number: '4711' }, masked: ['/number'] });
  const { id } = await server.api('POST', '/webhooks', { name: 'Hidden values', url: receiver.url, events: ['card.read'] });
  await signIn(page, server.url);
  await page.goto(`${server.url}/webhooks/${id}/verify`);
  await expect(page.getByText('This webhook has sent nothing yet.')).toBeVisible();
  await server.api('POST', `/webhooks/${id}/test`, { event: 'card.read' });
  await expect.poll(() => receiver.received.length).toBe(1);
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('The newest callback cannot be shown as it was sent')).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
});
