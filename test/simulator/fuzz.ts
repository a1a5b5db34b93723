/**
 * Fuzzes the simulator over real sockets. As a program: `node --import tsx test/simulator/fuzz.ts [requests] [seed]`
 * (1,000,000 by default; about a quarter of an hour). Every request gets a typed answer, no prototype is written,
 * the venue still balances to the unit, and memory stays flat.
 */
import { Agent, request } from 'node:http';
import { pathToFileURL } from 'node:url';
import WebSocket from 'ws';
import { seededRandom } from '../../src/runtime/random.ts';
import { FUZZ_ACCOUNT, type FuzzRequest, RequestFuzzer } from './fuzz_requests.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const WORKERS = 24;
/** Answers that a well-behaved server may give; 500 is none of them. */
const TYPED = new Set([200, 400, 404, 405, 413, 415, 422, 429]);
/** Megabytes by which the heap may grow after the first fifth. */
const MAX_GROWTH_MB = 96;

export interface FuzzReport {
  readonly requests: number;
  /** Answers by status; frames count as "frame". */
  readonly answers: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  /** Heap growth after the first fifth of the requests, megabytes. */
  readonly heapGrowthMb: number;
}

function send(url: URL, agent: Agent, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: url.hostname,
        port: url.port,
        path,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        timeout: 20_000,
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer in 20 s')));
    call.on('error', reject);
    call.end(body);
  });
}

/** A socket whose every message is followed by a ping; the pong proves that the message did not hang it. */
class FrameProbe {
  readonly #socket: WebSocket;
  #resume: (() => void) | undefined;
  #closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (raw) => {
      if (String(raw) === '{"channel":"pong"}') this.#resume?.();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#resume?.();
    });
  }

  static open(url: string): Promise<FrameProbe> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.once('open', () => resolve(new FrameProbe(socket)));
      socket.once('error', reject);
    });
  }

  async send(text: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#socket.send(text);
    this.#socket.send('{"method":"ping"}');
    await answered;
    if (this.#closed) throw new Error('the socket was closed');
  }

  close(): void {
    this.#socket.terminate();
  }
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

class Run {
  readonly answers: Record<string, number> = {};
  readonly problems: string[] = [];
  readonly #world: VenueWorld;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: WORKERS });

  constructor(world: VenueWorld) {
    this.#world = world;
    this.#url = new URL(world.server.url);
  }

  async one(fuzzed: FuzzRequest, probe: FrameProbe): Promise<void> {
    try {
      if (fuzzed.kind === 'frame') {
        await probe.send(fuzzed.text);
        this.#count('frame');
        return;
      }
      const { status, text } = await send(this.#url, this.#agent, fuzzed.path, fuzzed.body);
      this.#count(String(status));
      if (!TYPED.has(status)) this.#problem(`${status} ${text.slice(0, 80)}`, fuzzed);
      if (status === 200) JSON.parse(text);
    } catch (error) {
      this.#problem(String(error), fuzzed);
    }
  }

  #count(key: string): void {
    this.answers[key] = (this.answers[key] ?? 0) + 1;
  }

  #problem(what: string, fuzzed: FuzzRequest): void {
    if (this.problems.length < 20) this.problems.push(`${what} for ${JSON.stringify(fuzzed).slice(0, 2000)}`);
  }

  /** What must hold at the end, whatever was sent. */
  verdict(): void {
    if (({} as { polluted?: unknown }).polluted !== undefined) this.problems.push('a prototype was written');
    const { difference } = this.#world.venue.conservation();
    if (difference !== 0n) this.problems.push(`the venue is off by ${difference} micro-USD`);
    this.#agent.destroy();
  }
}

/** Sends `requests` fuzzed requests of a seed and reports. */
export async function fuzz(requests: number, seed: string): Promise<FuzzReport> {
  const world = await startVenueWorld({
    blockMs: 5,
    limits: { messagesPerMinute: 1e9, users: 1e6, subscriptions: 1e6, connections: 1e6, pendingPosts: 1e6 },
  });
  await world.deposit(FUZZ_ACCOUNT, 1_000_000);
  world.venue.control.setActionBudget(FUZZ_ACCOUNT, -1_000_000_000);
  const { types, channels } = world;
  const fuzzer = new RequestFuzzer(seededRandom(seed), types, channels, Date.now());
  const run = new Run(world);
  let left = requests;
  let baseline = 0;
  const worker = async () => {
    let probe = await FrameProbe.open(world.server.websocketUrl);
    for (let count = 1; left > 0; count++) {
      left--;
      if (left === Math.floor(requests * 0.8)) baseline = heapMb();
      await run.one(fuzzer.next(), probe);
      if (count % 500 !== 0) continue;
      // Subscriptions pile up on a socket; a new one now and then keeps the load that of a client.
      probe.close();
      probe = await FrameProbe.open(world.server.websocketUrl);
    }
    probe.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  run.verdict();
  await world.close();
  return {
    requests,
    answers: run.answers,
    problems: run.problems,
    heapGrowthMb: Math.round(heapMb() - baseline),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , count = '1000000', seed = '1'] = process.argv;
  const report = await fuzz(Number(count), seed);
  console.log(JSON.stringify(report, null, 2));
  process.exitCode = report.problems.length === 0 && report.heapGrowthMb <= MAX_GROWTH_MB ? 0 : 1;
}
