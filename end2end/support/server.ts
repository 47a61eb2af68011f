// The real server, on a database of its own.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const email = 'admin@example.com';
export const password = 'correct horse battery staple';

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly url: string,
    readonly key: string,
  ) {}

  /** With `ownClock`, its clock can be set (see `setBehind`). */
  static async start(schedule = '200ms', ownClock = false): Promise<Server> {
    const binary = process.env.CLEARHOOK_BIN;
    if (!binary) throw new Error('CLEARHOOK_BIN names no server; run the journeys with `make e2e`');
    const folder = mkdtempSync(join(tmpdir(), 'clearhook-e2e-'));
    const run = (args: string[], input = '') => command(binary, args, folder, input);
    await run(['user', 'create', '--email', email, '--role', 'administrator', '--password-stdin'], `${password}\n`);
    const key = await run(['api-key', 'create', '--name', 'journeys', '--scope', 'events:write', 'event-types:write', 'webhooks:read', 'webhooks:write', 'callbacks:read', 'admin']);
    const args = ['serve', '--addr', '127.0.0.1:0', '--allow-http', 'true', '--allowed-networks', '127.0.0.0/8', '--retry-schedule', schedule];
    const env = ownClock ? { ...process.env, ...clockOf(folder) } : process.env;
    const child = spawn(binary, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Server(child, folder, await address(child), key);
  }

  /** Sets its clock so far behind that of the machine, for what happened on earlier days. */
  setBehind(milliseconds: number): void {
    setClock(this.folder, milliseconds);
  }

  /** A server without users, and the link that it prints. */
  static async empty(more: string[] = []): Promise<{ server: Server; link: string }> {
    const binary = process.env.CLEARHOOK_BIN;
    if (!binary) throw new Error('CLEARHOOK_BIN names no server; run the journeys with `make e2e`');
    const folder = mkdtempSync(join(tmpdir(), 'clearhook-e2e-'));
    const child = spawn(binary, ['serve', '--addr', '127.0.0.1:0', ...more], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [url, link] = await Promise.all([address(child), printed(child, /(http:\S+\/setup\?token=\S+)/)]);
    return { server: new Server(child, folder, url, ''), link };
  }

  async stop(): Promise<void> {
    const ended = new Promise<number | null>((resolve) => this.process.once('exit', resolve));
    // Without the drain, which is for load balancers.
    this.process.kill('SIGINT');
    const code = await ended;
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  }

  async api(method: string, path: string, body?: unknown, media = 'application/json'): Promise<any> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(body ? { 'content-type': media } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Publishes the example of an event, through the API. */
  async publish(type: string, id: string, subject?: string): Promise<void> {
    const { example } = await this.api('GET', `/event-types/${type}`);
    const event = { specversion: '1.0', id, source: 'https://clearid.example.com', type, subject, data: example };
    await this.api('POST', '/events', event, 'application/cloudevents+json');
  }
}

/** Runs a command to its end, and returns what it prints. If it does not end, the error says what its threads wait for. */
function command(binary: string, args: string[], folder: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd: folder });
    const printed = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (printed.out += chunk));
    child.stderr.on('data', (chunk) => (printed.err += chunk));
    const limit = setTimeout(() => {
      const threads = stacks(child.pid!);
      child.kill('SIGKILL');
      reject(new Error(`${args.slice(0, 2).join(' ')} did not end within a minute: ${printed.out}${printed.err}\n${threads}`));
    }, 60_000);
    child.once('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(printed.out.trim());
      else reject(new Error(`${args.slice(0, 2).join(' ')} ended with ${code}: ${printed.err}`));
    });
    child.once('error', reject);
    // A command that fails may end before it has read this; its exit code tells.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function stacks(process: number): string {
  try {
    return execFileSync('gdb', ['-p', `${process}`, '-batch', '-nx', '-ex', 'thread apply all backtrace 25'], { encoding: 'utf8', timeout: 60_000 });
  } catch (error) {
    return `gdb could not show its threads: ${error}`;
  }
}

function setClock(folder: string, behind: number): void {
  writeFileSync(join(folder, 'clock'), `-${Math.round(behind / 1000)}\n`);
}

/** Lets a process read from a file how far its clock is behind: by libfaketime, as in the tests of the service. Timers run as usual. */
function clockOf(folder: string): Record<string, string> {
  const library = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
    .find((path) => existsSync(path));
  if (!library) throw new Error('libfaketime is missing: run make setup');
  setClock(folder, 0);
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'), FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

async function address(child: ChildProcess): Promise<string> {
  return `http://${await printed(child, /listening on ([0-9.:]+)/)}`;
}

/** Waits until the server has printed this. */
function printed(child: ChildProcess, what: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = what.exec(text);
      if (found) resolve(found[1]);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}
