/**
 * The control interface: JSON over HTTP on a port of its own, on 127.0.0.1, off unless asked for. It adds and
 * removes faults, moves the venue's levers, restarts the venue and tells the truth that no client can see.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Address, isAddress } from '../../domain/address.ts';
import { DomainError } from '../../domain/errors.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Venue } from '../venue/types.ts';
import { listen } from '../wire/listen.ts';
import { LEVERS } from './levers.ts';
import type { FaultPlan } from './plan.ts';
import { SENTINELS } from './sentinels.ts';

/** How long an idle connection is kept. */
const KEEP_ALIVE_MS = 75_000;
const MAX_BODY_BYTES = 64 * 1024;

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly plan: FaultPlan;
  readonly log: Logger;
  /** Absent for a replay or a tape: then the levers answer 409. */
  readonly venue?: Venue;
  /** Drops every WebSocket connection without a close frame. */
  readonly dropConnections: () => void;
  /** What is true of each trader of the population: kind, expected skill, links. */
  readonly population?: () => unknown;
  /** Shifts the venue's clock against the real one, ms. Blocks pause while it has to wait for time to catch up. */
  readonly setSkew?: (ms: number) => void;
}

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

class ControlRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const restartRequest = z.strictObject({
  /** How long nothing answers, ms. */
  downMs: z.number().int().min(0).max(3_600_000).default(1000),
  /** Signers whose nonce sets are lost; the others keep theirs. */
  pruneSigners: z
    .array(z.string().regex(/^0x[0-9a-fA-F]{40}$/))
    .max(1000)
    .default([]),
  /** After it, only post-only orders are taken this long, ms. */
  postOnlyMs: z.number().int().min(0).max(3_600_000).default(0),
});

type Answer = (options: ControlOptions, body: unknown, rest: string) => unknown;

function venueOf(options: ControlOptions): Venue {
  if (options.venue === undefined)
    throw new ControlRefused(409, 'a replay or tape has no venue behind it; use the venue market');
  return options.venue;
}

function restart(options: ControlOptions, body: unknown): unknown {
  const { downMs, pruneSigners, postOnlyMs } = restartRequest.parse(body);
  const { plan, venue } = options;
  plan.add({ kind: 'refuse-connect', name: 'restart', forMs: downMs });
  plan.add({ kind: 'http-status', name: 'restart', status: 502, forMs: downMs });
  options.dropConnections();
  for (const signer of pruneSigners) venue?.control.pruneNonces(signer.toLowerCase() as Address);
  if (postOnlyMs > 0) venue?.control.postOnlyUntil(venue.time + downMs + postOnlyMs);
  return { restarted: true };
}

function pullLever(options: ControlOptions, body: unknown, name: string): unknown {
  const found = LEVERS.get(name);
  if (found === undefined)
    throw new ControlRefused(404, `no lever ${name}; there are: ${[...LEVERS.keys()].join(', ')}`);
  found.run(venueOf(options).control, body);
  return { queued: name };
}

/** Positions of a user as they are now: no weight, no lag, no faults. */
function truth(options: ControlOptions, _: unknown, user: string): unknown {
  const venue = venueOf(options);
  if (user !== '') {
    if (!isAddress(user.toLowerCase())) throw new ControlRefused(400, `${user} is no address`);
    const account = user.toLowerCase() as Address;
    return venue.query.dexNames().map((dex) => [dex, venue.query.clearinghouseState(account, dex)]);
  }
  const report = Object.entries(venue.conservation()).map(([name, value]) => [name, String(value)]);
  return { time: venue.time, height: venue.height, conservation: Object.fromEntries(report) };
}

const ROUTES: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['GET faults', ({ plan }) => plan.list()],
  ['POST faults', ({ plan }, body) => ({ id: plan.add(body as never) })],
  [
    'DELETE faults',
    ({ plan }, _, id) => {
      if (id === '') plan.clear();
      else if (!plan.remove(Number(id))) throw new ControlRefused(404, `no fault ${id}`);
      return { removed: id === '' ? 'all' : Number(id) };
    },
  ],
  [
    'GET sentinels',
    () => Object.fromEntries([...SENTINELS].map(([digits, rule]) => [`0xfa17${digits}`, rule])),
  ],
  ['POST venue', pullLever],
  ['POST restart', restart],
  [
    'POST drop-sockets',
    ({ dropConnections }) => {
      dropConnections();
      return { dropped: true };
    },
  ],
  [
    'POST clock',
    ({ setSkew }, body) => {
      const { skewMs } = z
        .strictObject({ skewMs: z.number().int().min(-86_400_000).max(86_400_000) })
        .parse(body);
      if (setSkew === undefined)
        throw new ControlRefused(409, 'only the venue market has a clock of its own');
      setSkew(skewMs);
      return { skewMs };
    },
  ],
  ['GET truth', truth],
  [
    'GET population',
    ({ population }) => {
      if (population === undefined)
        throw new ControlRefused(409, 'nobody has a past here; set SIMULATOR_TRADERS');
      return population();
    },
  ],
]);

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) throw new ControlRefused(413, 'body too long');
  }
  if (text === '') return {};
  // A browser cannot send this type to another origin without asking first, and nobody answers that question.
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ControlRefused(415, 'send Content-Type: application/json');
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlRefused(400, 'the body is not JSON');
  }
}

async function answer(options: ControlOptions, request: IncomingMessage): Promise<unknown> {
  const [, first = '', rest = ''] = (request.url ?? '/').split('/');
  if (request.headers.origin !== undefined) throw new ControlRefused(403, 'not for browsers');
  const route = ROUTES.get(`${request.method} ${first}`);
  if (route === undefined) throw new ControlRefused(404, `there is: ${[...ROUTES.keys()].join(', ')}`);
  return route(options, await bodyOf(request), rest);
}

function statusOf(error: unknown): number {
  if (error instanceof ControlRefused) return error.status;
  return error instanceof z.ZodError || error instanceof DomainError ? 400 : 500;
}

async function handle(
  options: ControlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    body = await answer(options, request);
  } catch (error) {
    status = statusOf(error);
    const message = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    body = { error: message };
    if (status === 500) options.log.error({ err: error }, 'control request failed');
  }
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Starts the control interface. @throws ConfigError PORT_IN_USE */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  const server = createServer((request, response) => void handle(options, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.port, options.host, 'SIMULATOR_CONTROL_PORT');
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
