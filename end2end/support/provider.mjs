// An OpenID provider on this machine, for tests: a certified one, with its own keys, that lets in whomever the test names.
//
// Usage: node provider.mjs REDIRECT_URI. Prints its issuer. `POST /who` with JSON `{sub, email, email_verified, …}` says who comes next;
// `{deny: true}` lets nobody in.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [redirect] = process.argv.slice(2);
const people = new Map();
let next;

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'clearhook',
      client_secret: 'planted-client-secret-of-clearhook',
      redirect_uris: [redirect],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'roles', 'realm_access'] },
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
server.on('request', async (request, response) => {
  if (request.method === 'POST' && request.url === '/who') {
    let body = '';
    for await (const chunk of request) body += chunk;
    next = JSON.parse(body);
    people.set(next.sub, next);
    response.end();
  } else if (request.url.startsWith('/interaction/')) {
    const result = next.deny ? { error: 'access_denied' } : { login: { accountId: next.sub } };
    await provider.interactionFinished(request, response, result);
  } else {
    answer(request, response);
  }
});
console.log(`issuer ${issuer}`);
