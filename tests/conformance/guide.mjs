// Runs the JavaScript code of the guide to signatures. The argument is the file with the code.
import { pathToFileURL } from 'node:url';

const { verify } = await import(pathToFileURL(process.argv[2]).href);
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const [now, body] = [1614265330, Buffer.from('{"test": 2432232314}')];
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': String(now),
  'webhook-signature': 'v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
verify(secret, headers, body, now + 299);
for (const [changed, sent, at] of [
  [{ ...headers, 'webhook-signature': 'v1,AAAA' }, body, now],
  [{ ...headers, 'webhook-id': 'msg_x' }, body, now],
  [headers, Buffer.concat([body, Buffer.from(' ')]), now],
  [headers, body, now + 301],
  [headers, body, now - 301],
  [{ ...headers, 'webhook-timestamp': 'now' }, body, now],
]) {
  let refused = false;
  try {
    verify(secret, changed, sent, at);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error(`accepted: ${JSON.stringify(changed)} at ${at}`);
}
