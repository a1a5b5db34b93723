/** Random requests for every entry point: mostly well-formed with strange values, some broken in every way. */
import type { Random } from '../../src/runtime/random.ts';
import { LEVERS } from '../../src/simulator/faults/levers.ts';
import { fuzzedEnvelope } from './fuzz_actions.ts';
import { Draw } from './fuzz_values.ts';

/** What a request is about, for the report: "info meta", "exchange order", "ws bbo", "control venue/oracle". */
export type FuzzRequest = { readonly about: string } & (
  | {
      readonly kind: 'http' | 'control';
      readonly method: string;
      readonly path: string;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly kind: 'frame'; readonly text: string; readonly binary: boolean }
  /** Bytes that are no request at all, or half of one. */
  | { readonly kind: 'raw'; readonly text: string }
);

type Make = () => unknown;

const JSON_TYPE = 'application/json';
const RAW: readonly string[] = [
  'garbage\r\n\r\n',
  'GET\r\n\r\n',
  'POST /info HTTP/9.9\r\n\r\n',
  'POST /info HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
  'POST /info HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{',
  'POST /info HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  `POST /info HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
  'GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: short\r\nsec-websocket-version: 13\r\n\r\n',
  'GET /elsewhere HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
];

/** A drawn name for the report; drawn values need not be texts. */
const named = (value: unknown): string => (typeof value === 'string' ? value : typeof value);

/** What the venue knows, and so what good values are drawn from. */
export interface Known {
  readonly types: readonly string[];
  readonly channels: readonly string[];
  readonly addresses: readonly string[];
  /** Ids of some resting orders of the account in whose name requests are signed. */
  readonly openOrders: () => readonly number[];
  /** ms */
  readonly firstNonce: number;
}

export class RequestFuzzer {
  readonly #draw: Draw;
  readonly #known: Known;
  #nonce: number;

  constructor(random: Random, known: Known) {
    this.#draw = new Draw(random, () => this.#nonce, known);
    this.#known = known;
    this.#nonce = known.firstNonce;
  }

  next(): FuzzRequest {
    const d = this.#draw;
    const draw = d.int(1000);
    if (draw < 330) return this.#http('/info', this.#info());
    if (draw < 680) return this.#http('/exchange', this.#exchange());
    if (draw < 690)
      return this.#http(d.pick(['/', '/info/', '/ws', '/%00', '/explorer', '/..']), this.#info());
    if (draw < 692) return { kind: 'raw', about: 'raw', text: d.pick(RAW) };
    if (draw < 760) return this.#control();
    const [about, message] = this.#message();
    return { kind: 'frame', about, text: this.#text(message), binary: d.chance(0.02) };
  }

  #http(path: string, body: Record<string, unknown>): FuzzRequest {
    const d = this.#draw;
    const what = path === '/exchange' ? (body['action'] as { type?: unknown } | null)?.type : body['type'];
    return {
      kind: 'http',
      about: `${path.slice(1)} ${named(what)}`,
      method: d.rarely(() => d.pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']), 'POST'),
      path,
      contentType: d.rarely(() => d.pick(['text/plain', '', 'application/x-www-form-urlencoded']), JSON_TYPE),
      body: this.#text(body),
    };
  }

  /** Mostly JSON, sometimes cut short, sometimes with a polluting key put in. */
  #text(value: unknown): string {
    const d = this.#draw;
    const text = JSON.stringify(value) ?? 'undefined';
    const draw = d.int(1000);
    if (draw < 20) return text.slice(0, d.int(text.length + 1));
    if (draw < 50)
      return text.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
    if (draw < 55) return '['.repeat(d.int(2000));
    return text;
  }

  #coin = (): string => this.#draw.pick(['BTC', 'ETH', 'SOL', 'xyz:XYZ100', 'PURR/USDC', '@1', 'NOPE']);
  #interval = (): string => this.#draw.pick(['1m', '1h', '1M', '1w', '7m']);

  #info(): Record<string, unknown> {
    const d = this.#draw;
    const request: Record<string, unknown> = { type: d.or(() => d.pick(this.#known.types)) };
    const fields: Record<string, Make> = {
      user: d.address,
      coin: this.#coin,
      dex: () => d.pick(['', 'xyz', 'nope']),
      startTime: () => d.time(),
      endTime: () => d.time(),
      oid: () => d.pick([1, 1_000_000 + d.int(5000), d.cloid()]),
      req: () => ({
        coin: d.or(this.#coin),
        interval: d.or(this.#interval),
        startTime: d.time(),
        endTime: d.time(),
      }),
      nSigFigs: () => d.pick([2, 3, 4, 5, null]),
      mantissa: () => d.pick([1, 2, 5, null]),
      users: () => Array.from({ length: d.int(4) }, d.address),
      builder: d.address,
      vaultAddress: d.address,
      id: () => d.int(60),
      aggregateByTime: () => true,
      reversed: () => true,
    };
    for (const [name, make] of Object.entries(fields)) if (d.chance(0.9)) request[name] = d.or(make);
    return request;
  }

  #exchange = (): Record<string, unknown> => fuzzedEnvelope(this.#draw, this.#nonce++);

  #message(): [about: string, message: unknown] {
    const d = this.#draw;
    const subscription = (): Record<string, unknown> => ({
      type: d.or(() => d.pick(this.#known.channels)),
      coin: d.or(this.#coin),
      user: d.or(d.address),
      interval: d.or(this.#interval),
      ...(d.chance(0.5) ? { dex: d.or(() => d.pick(['', 'xyz', 'nope'])) } : {}),
      ...(d.chance(0.2) ? { nSigFigs: d.or(() => 5), mantissa: d.or(() => 2), fast: d.or(() => true) } : {}),
    });
    const subscribing = (method: string): [string, unknown] => {
      const wanted = subscription();
      return [`ws ${method} ${named(wanted['type'])}`, { method, subscription: d.or(() => wanted) }];
    };
    const id = d.or(() => d.int(1000));
    switch (d.int(8)) {
      case 0:
        return ['ws ping', { method: 'ping' }];
      case 1:
      case 2:
      case 3:
        return subscribing('subscribe');
      case 4:
        return subscribing('unsubscribe');
      case 5: {
        const payload = this.#info();
        const request = { type: d.or(() => 'info'), payload: d.or(() => payload) };
        return ['ws post info', { method: 'post', id, request }];
      }
      case 6: {
        const payload = this.#exchange();
        return ['ws post action', { method: 'post', id, request: { type: 'action', payload } }];
      }
      default:
        return ['ws other', d.pick([{ method: d.or(() => 'fly') }, [], 7, null, 'text'])];
    }
  }

  #control(): FuzzRequest {
    const d = this.#draw;
    const lever = d.pick([...LEVERS.keys()]);
    const routes: readonly (readonly [method: string, path: string, body: Make])[] = [
      ['POST', `venue/${d.rarely(() => '__proto__', lever)}`, () => this.#leverArguments(lever)],
      ['POST', `venue/${lever}`, () => this.#leverArguments(lever)],
      ['POST', 'faults', () => this.#faultRule()],
      ['DELETE', d.pick(['faults', `faults/${d.int(50)}`, 'faults/x']), () => ({})],
      ['GET', d.pick(['faults', 'sentinels', 'population']), () => ({})],
      ['GET', d.pick(['truth', `truth/${d.address()}`, 'truth/%00']), () => ({})],
      ['POST', 'restart', () => ({ downMs: d.or(() => 1), pruneSigners: d.or(() => [d.address()]) })],
      ['POST', 'drop-sockets', () => ({})],
      ['POST', 'clock', () => ({ skewMs: d.or(() => d.int(10_000) - 5000) })],
      [d.pick(['PUT', 'GET', 'POST']), d.pick(['', 'nothing', '__proto__', 'venue']), () => ({})],
    ];
    const [method, path, body] = d.pick(routes);
    return {
      kind: 'control',
      about: `control ${method} ${path.startsWith('venue') ? path : path.split('/')[0]}`,
      method,
      path: `/${path}`,
      contentType: d.rarely(() => 'text/plain', JSON_TYPE),
      body: this.#text(d.or(body)),
    };
  }

  #leverArguments(lever: string): unknown {
    const d = this.#draw;
    const user = d.or(d.address);
    const symbol = d.or(() => d.pick(['BTC', 'ETH', 'xyz:TSLA', `N${d.int(20)}`, 'NOPE']));
    const px = d.or(() => d.pick(['113000', '4300.5', '0', '0.00000001', '999999999999999']));
    const halted = d.or(() => d.chance(0.5));
    const usd = d.or(() => d.pick([1, 1000, 9_000_000_000, 0]));
    const table = d.or(() => d.pick([3, 51, 56, 99]));
    const count = d.or(() => 1 + d.int(3));
    const all: Readonly<Record<string, unknown>> = {
      deposit: { user, usd },
      oracle: { symbol, px },
      halt: { symbol, halted },
      'halt-all': { halted },
      'post-only-until': { time: d.time() },
      delist: { symbol, ...(d.chance(0.5) ? { px } : {}) },
      list: {
        dex: d.or(() => d.pick(['', 'xyz', 'nope'])),
        name: d.or(() => `N${d.int(20)}`),
        szDecimals: d.or(() => d.int(7)),
        maxLeverage: d.or(() => 1 + d.int(50)),
        marginTableId: table,
        oraclePx: px,
      },
      'margin-table': { symbol, marginTableId: table },
      'open-interest-cap': { symbol, usd: d.rarely(() => null, usd) },
      liquidate: { user, method: d.or(() => d.pick(['market', 'backstop'])) },
      adl: { user, symbol, ...(d.chance(0.5) ? { sz: d.or(() => d.pick(['0.1', '0', '-1'])) } : {}) },
      'expire-agent': { agent: user },
      'prune-nonces': { signer: user },
      'refuse-next': { user, level: d.or(() => d.pick(['action', 'item'])), text: d.or(() => 'no'), count },
      'partial-fill-next': { user, symbol, sz: d.or(() => d.pick(['0.1', '0', '5'])), count },
      'action-budget': { user, used: d.or(() => d.int(20_000)) },
    };
    return all[lever];
  }

  #faultRule(): unknown {
    const d = this.#draw;
    return {
      kind: d.or(() =>
        d.pick(['drop-frame', 'timeout', 'html', 'slow', 'half-open', 'close-socket', 'schema-drift']),
      ),
      ...(d.chance(0.5) ? { stage: d.or(() => 'before') } : {}),
      ...(d.chance(0.5) ? { share: d.or(() => 0.5) } : {}),
      ...(d.chance(0.3) ? { delayMs: d.or(() => 5), drift: d.or(() => 'null'), code: d.or(() => 1011) } : {}),
      // Rules end by themselves, or their list would be what grows.
      forMs: d.int(100),
    };
  }
}
