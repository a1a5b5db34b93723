/** Machines made of network namespaces: an address of their own, a cable that can be pulled, processes to freeze. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/runtime/clock.ts';

const ip = (...words: string[]): void =>
  void execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Why namespaces cannot be made here; undefined when they can. */
export function namespacesMissing(): string | undefined {
  const probe = `at${process.pid}p`;
  try {
    ip('netns', 'add', probe);
    ip('netns', 'del', probe);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`;
  }
}

let machines = 0;

export class Machine {
  readonly name: string;
  /** The host's address as this machine sees it. */
  readonly host: string;
  readonly #cable: string;
  #child: ChildProcess | undefined;

  constructor() {
    const index = machines++;
    this.name = `at${process.pid}n${index}`;
    this.#cable = `at${process.pid % 100_000}v${index}`;
    const network = `10.231.${(process.pid % 60) * 4 + (index % 4)}`;
    this.host = `${network}.1`;
    ip('netns', 'add', this.name);
    ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name);
    ip('addr', 'add', `${this.host}/30`, 'dev', this.#cable);
    ip('link', 'set', this.#cable, 'up');
    ip('-n', this.name, 'addr', 'add', `${network}.2/30`, 'dev', 'eth0');
    ip('-n', this.name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  /** Runs a script of the tests on it; resolves when the script has written a line. */
  async run(script: string, words: readonly string[]): Promise<void> {
    const node = [process.execPath, '--import', 'tsx', script, ...words];
    const child = spawn('ip', ['netns', 'exec', this.name, ...node], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the worker of ${this.name} ended with ${code}`);
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child?.kill(name);
  }

  plug(connected: boolean): void {
    ip('link', 'set', this.#cable, connected ? 'up' : 'down');
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    ip('link', 'del', this.#cable);
    ip('netns', 'del', this.name);
  }
}

export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

async function listening(server: Server, port = 0): Promise<number> {
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Makes a server of this host's loopback reachable for the machines; closing it cuts what goes through it. */
export async function relayTo(port: number, ownPort = 0): Promise<Relay> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      // A half alone would leave its client waiting for ever.
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    inside.pipe(outside).pipe(inside);
  });
  const own = await listening(server, ownPort);
  return {
    port: own,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface SeenRequest {
  /** Monotonic ms of its arrival. */
  readonly at: number;
  readonly type: string;
  readonly status: number;
}

export interface VenueRelay extends Relay {
  readonly seen: SeenRequest[];
}

/** All machines behind one address, as behind one router: the venue sees this host. Answers take `delayMs` longer. */
export async function relayVenue(port: number, delayMs: number): Promise<VenueRelay> {
  const seen: SeenRequest[] = [];
  const server = createHttpServer(async (request, response) => {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { type } = JSON.parse(body.toString('utf8')) as { type: string };
    const at = systemClock.monotonic();
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const onward = httpRequest({ port, host: '127.0.0.1', path: '/info', method: 'POST', headers });
    onward.on('error', () => response.destroy());
    onward.on('response', async (answer) => {
      seen.push({ at, type, status: answer.statusCode ?? 0 });
      await systemClock.sleep(delayMs);
      response.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' });
      answer.pipe(response);
    });
    onward.end(body);
  });
  const own = await listening(server);
  return {
    port: own,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const WORKER_SCRIPT = join(import.meta.dirname, '..', 'tracking', 'run_worker.ts');
