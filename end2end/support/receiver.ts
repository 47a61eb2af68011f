// A receiver of callbacks, as somebody else would write it: it checks signatures with another's library.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

export class Receiver {
  readonly received: Received[] = [];
  /** What to answer: a status and a body. */
  answer: Answer = { status: 202, body: '' };
  /** What to answer on some paths. */
  readonly answers = new Map<string, Answer>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        receiver.received.push({ headers: request.headers, body });
        const answer = receiver.answers.get(new URL(request.url!, receiver.url).pathname) ?? receiver.answer;
        response.writeHead(answer.status, { 'content-type': 'text/html', ...answer.headers }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?from=journey`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Throws when a callback is not signed with this secret. */
export function verify(secret: string, callback: Received): unknown {
  return new Webhook(secret).verify(callback.body, callback.headers as Record<string, string>);
}
