/**
 * Fuzzes the simulator over real sockets. As a program: `node --expose-gc --import tsx test/simulator/fuzz.ts
 * [requests] [seed]` (1,000,000 by default; about half an hour). Every request over /info, /exchange, /ws, the
 * control port and below HTTP gets a typed answer of its own, no prototype is written, the venue still balances to
 * the unit, and memory stays flat. Ctrl-C ends it early with the report of what was sent.
 */

import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import type { MicroUsd } from '../../src/domain/money.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { LEVERS } from '../../src/simulator/faults/levers.ts';
import { FUZZ_ACCOUNT, FUZZ_ACTION_TYPES, FUZZ_AGENT, FUZZ_OTHER } from './fuzz_actions.ts';
import { patiently } from './fuzz_patience.ts';
import { FrameProbe } from './fuzz_probe.ts';
import { type FuzzRequest, RequestFuzzer } from './fuzz_requests.ts';
import {
  type ControlledVenue,
  startControlledVenue,
  startVenueWorld,
  type VenueWorld,
} from './venue_world.ts';

const USD = 1_000_000;
const WORKERS = 24;
/** Requests of a worker after which its socket, with its subscriptions, is a new one. */
const RENEWED_AFTER = 60;
/** Requests after which the account's resting orders are cancelled. */
const TIDIED_EVERY = 1_000;
/** Answers that a well-behaved server may give; 500 is none of them. 408 is for a client that was stopped half-way. */
const TYPED = new Set([200, 400, 403, 404, 405, 408, 409, 413, 415, 422, 429]);
/** Megabytes by which the heap may grow after the first fifth. */
const MAX_GROWTH_MB = 96;

export interface FuzzReport {
  readonly requests: number;
  /** Answers by entry point and status, or by kind of frame. */
  readonly answers: Readonly<Record<string, number>>;
  /** What was asked for and how often it was accepted: types of /info and /exchange, channels, control routes. */
  readonly accepted: Readonly<Record<string, number>>;
  /** Types, actions, channels and levers of which none was. */
  readonly neverAccepted: readonly string[];
  readonly problems: readonly string[];
  /** Heap growth after the first fifth of the requests, megabytes. */
  readonly heapGrowthMb: number;
}

type HttpFuzz = Extract<FuzzRequest, { method: string }>;

interface HttpReply {
  readonly status: number;
  readonly text: string;
}

function send(url: URL, agent: Agent, fuzzed: HttpFuzz, tries = 3): Promise<HttpReply> {
  return patiently((resolve, reject) => {
    const call = request(
      {
        host: url.hostname,
        port: url.port,
        path: fuzzed.path,
        method: fuzzed.method,
        agent,
        headers: { 'content-type': fuzzed.contentType, 'content-length': Buffer.byteLength(fuzzed.body) },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection may be closed by the server's timeout just as it is used again: the client's to repeat.
      if (call.reusedSocket && error.code === 'ECONNRESET' && tries > 1)
        send(url, agent, fuzzed, tries - 1).then(resolve, reject);
      else reject(error);
    });
    call.end(fuzzed.body);
  });
}

/** The first line of what the server says to these bytes before it closes. */
function sendRaw(url: URL, bytes: string): Promise<string> {
  return patiently((resolve, reject) => {
    let text = '';
    const socket = connect(Number(url.port), url.hostname, () => socket.end(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
  });
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

class Run {
  readonly answers: Record<string, number> = {};
  readonly accepted: Record<string, number> = {};
  readonly problems: string[] = [];
  readonly #world: VenueWorld;
  readonly #control: ControlledVenue;
  readonly #urls: { readonly http: URL; readonly control: URL };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 * WORKERS });

  constructor(world: VenueWorld, control: ControlledVenue) {
    this.#world = world;
    this.#control = control;
    this.#urls = { http: new URL(world.server.url), control: new URL(control.url) };
  }

  async one(fuzzed: FuzzRequest, probe: FrameProbe): Promise<void> {
    try {
      if (fuzzed.kind === 'frame') this.#frame(fuzzed.about, await probe.send(fuzzed.text, fuzzed.binary));
      else if (fuzzed.kind === 'raw') this.#raw(await sendRaw(this.#urls.http, fuzzed.text));
      else await this.#http(fuzzed, this.#urls[fuzzed.kind]);
    } catch (error) {
      this.#problem(String(error), fuzzed);
    }
  }

  async #http(fuzzed: HttpFuzz, url: URL): Promise<void> {
    const { status, text } = await send(url, this.#agent, fuzzed);
    this.#count(this.answers, `${fuzzed.kind} ${status}`);
    if (!TYPED.has(status)) this.#problem(`${status} ${text.slice(0, 80)}`, fuzzed);
    if (status !== 200 || fuzzed.method === 'OPTIONS') return;
    const answer = JSON.parse(text) as { status?: unknown } | null;
    if (!fuzzed.path.startsWith('/exchange')) this.#count(this.accepted, fuzzed.about);
    else if (answer?.status === 'ok') this.#count(this.accepted, fuzzed.about);
    else if (answer?.status === 'err') this.#count(this.answers, 'http 200 err');
    else this.#problem(`untyped answer ${text.slice(0, 80)}`, fuzzed);
  }

  #frame(about: string, answer: { channel: string }): void {
    this.#count(this.answers, `frame ${answer.channel}`);
    if (answer.channel !== 'error') this.#count(this.accepted, about);
  }

  /** Closing without a word is right where not even a request line came. */
  #raw(line: string): void {
    this.#count(this.answers, `raw ${line === '' ? 'closed' : line.split(' ')[1]}`);
  }

  #count(counts: Record<string, number>, key: string): void {
    counts[key] = (counts[key] ?? 0) + 1;
  }

  #problem(what: string, fuzzed: FuzzRequest): void {
    if (this.problems.length < 20) this.problems.push(`${what} for ${JSON.stringify(fuzzed).slice(0, 2000)}`);
  }

  /** What must hold at the end, whatever was sent. */
  verdict(): void {
    if (({} as { polluted?: unknown }).polluted !== undefined) this.problems.push('a prototype was written');
    for (const { venue } of [this.#world, this.#control]) {
      const { difference } = venue.conservation();
      if (difference !== 0n) this.problems.push(`a venue is off by ${difference} micro-USD`);
    }
    this.problems.push(...this.#control.failures);
    this.#agent.destroy();
  }
}

/** The account trades enough to have what only heavy accounts may have, and has a sub-account and a vault. */
async function enrich(world: VenueWorld): Promise<string[]> {
  const account = world.venue.state.accounts.get(FUZZ_ACCOUNT);
  if (account === undefined) throw new Error('the account was not funded');
  account.cumulativeVolume = 2_000_000 * USD;
  const addresses: string[] = [FUZZ_ACCOUNT, FUZZ_ACCOUNT, FUZZ_OTHER, FUZZ_AGENT];
  const vault = { type: 'createVault', name: 'v', description: '', initialUsd: 1000 * USD, nonce: 1 };
  for (const action of [{ type: 'createSubAccount', name: 'sub' }, vault]) {
    const answer = await world.act(FUZZ_ACCOUNT, action);
    if (answer.status === 'err') throw new Error(answer.response);
    addresses.push(String(answer.response.data));
  }
  return addresses;
}

/** A thousand resting orders in every frame of every subscription, 200 times a second, are more than one reads. */
async function cancelEverything(world: VenueWorld): Promise<void> {
  const open = world.venue.state.accounts.get(FUZZ_ACCOUNT)?.open.values() ?? [];
  const cancels = [...open].map((order) => ({ a: order.market.assetId, o: order.oid }));
  if (cancels.length > 0) await world.act(FUZZ_ACCOUNT, { type: 'cancel', cancels });
}

/** Ids of the account's oldest resting orders. */
function someOpenOrders(world: VenueWorld): number[] {
  const ids: number[] = [];
  for (const id of world.venue.state.accounts.get(FUZZ_ACCOUNT)?.open.keys() ?? []) {
    if (ids.push(id) === 20) break;
  }
  return ids;
}

function neverAccepted(world: VenueWorld, accepted: Readonly<Record<string, number>>): string[] {
  const wanted = [
    ...world.types.map((type) => `info ${type}`),
    ...FUZZ_ACTION_TYPES.map((type) => `exchange ${type}`),
    ...world.channels.map((channel) => `ws subscribe ${channel}`),
    ...[...LEVERS.keys()].map((lever) => `control POST venue/${lever}`),
  ];
  return wanted.filter((about) => accepted[about] === undefined);
}

async function startWorld(): Promise<VenueWorld> {
  const world = await startVenueWorld({
    blockMs: 5,
    limits: {
      ...{
        messagesPerMinute: 1e9,
        users: 1e6,
        subscriptions: 1e6,
        connections: 1e6,
        pendingPosts: 1e6,
        newConnectionsPerMinute: 1e9,
      },
      // A client that was stopped for a while must not find its sockets dropped.
      idleTimeoutMs: 1e9,
    },
  });
  for (const account of [FUZZ_ACCOUNT, FUZZ_OTHER]) await world.deposit(account, 10_000_000);
  world.venue.control.setActionBudget(FUZZ_ACCOUNT, -1_000_000_000);
  return world;
}

/** Sends `requests` fuzzed requests of a seed, or those until `signal`, and reports. */
export async function fuzz(requests: number, seed: string, signal?: AbortSignal): Promise<FuzzReport> {
  const world = await startWorld();
  const control = await startControlledVenue();
  const addresses = await enrich(world);
  const known = {
    ...{ types: world.types, channels: world.channels, addresses, firstNonce: Date.now() },
    openOrders: () => someOpenOrders(world),
  };
  const fuzzer = new RequestFuzzer(seededRandom(seed), known);
  const run = new Run(world, control);
  let left = requests;
  let baseline = 0;
  const worker = async () => {
    let probe = await FrameProbe.open(world.server.websocketUrl);
    for (let count = 1; left > 0 && signal?.aborted !== true; count++) {
      left--;
      if (left === Math.floor(requests * 0.8)) baseline = heapMb();
      // It trades its money away, and withdraws and sends it.
      if (left % 5000 === 0) world.venue.control.deposit(FUZZ_ACCOUNT, (100_000 * USD) as MicroUsd);
      if (left % 10_000 === 0) process.stderr.write(`${left} left, heap ${Math.round(heapMb())} MB\n`);
      if (left % TIDIED_EVERY === 0) await cancelEverything(world);
      await run.one(fuzzer.next(), probe);
      if (count % RENEWED_AFTER !== 0 && probe.isOpen) continue;
      // Subscriptions pile up on a socket; a new one now and then keeps the load that of a client.
      probe.close();
      probe = await FrameProbe.open(world.server.websocketUrl);
    }
    probe.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  run.verdict();
  await control.close();
  await world.close();
  const { answers, accepted, problems } = run;
  return {
    requests: requests - left,
    answers,
    accepted,
    neverAccepted: neverAccepted(world, accepted),
    problems,
    heapGrowthMb: Math.round(heapMb() - baseline),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , count = '1000000', seed = '1'] = process.argv;
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const report = await fuzz(Number(count), seed, interrupted.signal);
  console.log(JSON.stringify(report, null, 2));
  process.exitCode = report.problems.length === 0 && report.heapGrowthMb <= MAX_GROWTH_MB ? 0 : 1;
}
