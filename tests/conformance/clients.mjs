// Sends the requests of a file with `fetch`, and prints what came of each; see clients.py.
import { readFileSync } from 'node:fs';

function* chunks(size) {
  for (; size > 0; size -= 65536) yield new Uint8Array(Math.min(size, 65536)).fill(32);
}

for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const [url, framing, size] = line.split('\t');
  const body = framing === 'length' ? Buffer.alloc(Number(size), ' ') : ReadableStream.from(chunks(Number(size)));
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      duplex: 'half',
      redirect: 'manual',
      headers: { 'content-type': 'application/cloudevents+json', ...(process.argv[3] === 'close' ? { connection: 'close' } : {}) },
      signal: AbortSignal.timeout(30_000),
    });
    console.log(response.status, (await response.json()).type);
  } catch (error) {
    console.log(0, String(error), String(error.cause));
  }
}
