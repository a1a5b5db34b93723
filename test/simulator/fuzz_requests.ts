/** Random requests for every entry point: mostly well-formed with strange values, some broken in every way. */
import { createRequire } from 'node:module';
import type { Random } from '../../src/runtime/random.ts';
import { actionHash } from '../../src/simulator/signing/action_hash.ts';
import { addressOf } from '../../src/simulator/signing/recover.ts';
import { agentDigest, toHex } from '../../src/simulator/signing/typed_data.ts';

interface Curve {
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
}
const curve = createRequire(import.meta.url)('secp256k1') as Curve;
const KEY = new Uint8Array(32).fill(0x61);
/** The account in whose name the signed requests are made. */
export const FUZZ_ACCOUNT = addressOf(curve.publicKeyCreate(KEY, false));

export type FuzzRequest =
  | { readonly kind: 'http'; readonly path: string; readonly body: string }
  | { readonly kind: 'frame'; readonly text: string };

type Make = () => unknown;

const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  1.5,
  1e21,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  '',
  '0',
  '-1',
  '0.00000001',
  '99999999999999999999',
  '1e5',
  'NaN',
  'BTC',
  'xyz:XYZ100',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '💥',
  '0x',
  `0x${'f'.repeat(40)}`,
  [],
  {},
  [[]],
  [null],
  { __proto__: null },
];

export class RequestFuzzer {
  readonly #random: Random;
  readonly #types: readonly string[];
  readonly #channels: readonly string[];
  #nonce: number;

  /** @param types of /info, @param channels of /ws, @param firstNonce of signed requests, ms */
  constructor(random: Random, types: readonly string[], channels: readonly string[], firstNonce: number) {
    this.#random = random;
    this.#types = types;
    this.#channels = channels;
    this.#nonce = firstNonce;
  }

  next(): FuzzRequest {
    const draw = this.#random.next();
    if (draw < 0.35) return this.#http('/info', this.#info());
    if (draw < 0.7) return this.#http('/exchange', this.#exchange());
    if (draw < 0.72) return this.#http(this.#pick(['/', '/info/', '/ws', '/%00', '/explorer']), this.#info());
    return { kind: 'frame', text: this.#text(this.#message()) };
  }

  #http(path: string, body: unknown): FuzzRequest {
    return { kind: 'http', path, body: this.#text(body) };
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.int(list.length)] as T;
  }

  /** Mostly JSON, sometimes cut short, sometimes with a polluting key put in. */
  #text(value: unknown): string {
    const text = JSON.stringify(value) ?? 'undefined';
    const draw = this.#random.next();
    if (draw < 0.03) return text.slice(0, this.#random.int(text.length + 1));
    if (draw < 0.06)
      return text.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
    if (draw < 0.07) return '['.repeat(this.#random.int(2000));
    return text;
  }

  /** A good value most of the time. */
  #or(good: Make): unknown {
    return this.#random.next() < 0.85 ? good() : this.#pick(STRANGE);
  }

  #address = (): string => this.#pick([FUZZ_ACCOUNT, `0x${'7'.repeat(40)}`, FUZZ_ACCOUNT.toUpperCase()]);
  #coin = (): string => this.#pick(['BTC', 'ETH', 'SOL', 'xyz:XYZ100', 'PURR/USDC', '@1', 'NOPE']);
  #time = (): number => this.#pick([0, 1, this.#nonce, this.#nonce - 3_600_000, 2 ** 52]);
  #oid = (): unknown => this.#pick([1, 1_000_000 + this.#random.int(500), `0x${'ab'.repeat(16)}`]);

  #info(): unknown {
    const request: Record<string, unknown> = { type: this.#or(() => this.#pick(this.#types)) };
    const fields: Record<string, Make> = {
      user: this.#address,
      coin: this.#coin,
      dex: () => this.#pick(['', 'xyz', 'nope']),
      startTime: this.#time,
      endTime: this.#time,
      oid: this.#oid,
      req: () => ({
        coin: this.#or(this.#coin),
        interval: this.#or(() => this.#pick(['1m', '1h', '1M', '1w'])),
        startTime: this.#or(this.#time),
        endTime: this.#or(this.#time),
      }),
      nSigFigs: () => this.#pick([2, 3, 4, 5, null]),
      mantissa: () => this.#pick([1, 2, 5, null]),
      users: () => [this.#address()],
      builder: this.#address,
      vaultAddress: this.#address,
      id: () => this.#random.int(60),
      aggregateByTime: () => true,
    };
    for (const [name, make] of Object.entries(fields))
      if (this.#random.next() < 0.8) request[name] = this.#or(make);
    return request;
  }

  #price = (): string =>
    this.#pick([
      '113000',
      '100000',
      '120000',
      '4300',
      '1',
      '0',
      '0.1',
      '113000.5',
      '99999999999',
      '0.000001',
    ]);
  #size = (): string =>
    this.#pick(['0.001', '0.01', '1', '1000', '0', '0.00001', '123456789', '0.000000001']);

  #order(): unknown {
    return {
      a: this.#or(() => this.#pick([0, 1, 5, 3, 110_000, 100_000, 10_000, 99_999])),
      b: this.#or(() => this.#random.next() < 0.5),
      p: this.#or(this.#price),
      s: this.#or(this.#size),
      r: this.#or(() => this.#random.next() < 0.3),
      t: this.#or(() =>
        this.#random.next() < 0.7
          ? { limit: { tif: this.#or(() => this.#pick(['Gtc', 'Ioc', 'Alo', 'FrontendMarket'])) } }
          : {
              trigger: {
                isMarket: this.#random.next() < 0.5,
                triggerPx: this.#or(this.#price),
                tpsl: this.#pick(['tp', 'sl']),
              },
            },
      ),
      ...(this.#random.next() < 0.3 ? { c: this.#or(() => `0x${'ab'.repeat(16)}`) } : {}),
    };
  }

  #orders = (): unknown[] => Array.from({ length: this.#random.int(4) }, () => this.#order());

  #action(): Record<string, unknown> {
    const asset = () => this.#or(() => this.#pick([0, 1, 2, 110_000]));
    const makers: readonly (() => Record<string, unknown>)[] = [
      () => ({
        type: 'order',
        orders: this.#or(this.#orders),
        grouping: this.#or(() => this.#pick(['na', 'normalTpsl', 'positionTpsl'])),
      }),
      () => ({ type: 'order', orders: this.#orders(), grouping: 'na' }),
      () => ({
        type: 'cancel',
        cancels: [{ a: asset(), o: this.#or(() => 1_000_000 + this.#random.int(500)) }],
      }),
      () => ({
        type: 'cancelByCloid',
        cancels: [{ asset: asset(), cloid: this.#or(() => `0x${'ab'.repeat(16)}`) }],
      }),
      () => ({ type: 'modify', oid: this.#or(this.#oid), order: this.#order() }),
      () => ({ type: 'batchModify', modifies: [{ oid: this.#or(this.#oid), order: this.#order() }] }),
      () => ({
        type: 'updateLeverage',
        asset: asset(),
        isCross: this.#random.next() < 0.5,
        leverage: this.#or(() => this.#random.int(60)),
      }),
      () => ({
        type: 'updateIsolatedMargin',
        asset: asset(),
        isBuy: true,
        ntli: this.#or(() => this.#random.int(2e9) - 1e9),
      }),
      () => ({ type: 'scheduleCancel', time: this.#or(this.#time) }),
      () => ({
        type: 'twapOrder',
        twap: { a: asset(), b: true, s: this.#or(this.#size), r: false, m: this.#or(() => 30), t: true },
      }),
      () => ({ type: 'twapCancel', a: asset(), t: this.#or(() => 1) }),
      () => ({ type: 'createSubAccount', name: this.#or(() => 'fuzz') }),
      () => ({
        type: 'subAccountTransfer',
        subAccountUser: this.#or(this.#address),
        isDeposit: true,
        usd: this.#or(() => 5),
      }),
      () => ({
        type: 'vaultTransfer',
        vaultAddress: this.#or(this.#address),
        isDeposit: true,
        usd: this.#or(() => 5),
      }),
      () => ({
        type: 'createVault',
        name: 'v',
        description: this.#or(() => 'd'),
        initialUsd: this.#or(() => 1e8),
        nonce: this.#nonce,
      }),
      () => ({ type: 'reserveRequestWeight', weight: this.#or(() => this.#random.int(1000)) }),
      () => ({ type: 'agentSetAbstraction', abstraction: this.#or(() => this.#pick(['i', 'u', 'p'])) }),
      () => ({ type: this.#or(() => this.#pick(['noop', 'claimRewards', 'fly', 'usdSend', 'setReferrer'])) }),
    ];
    return this.#pick(makers)();
  }

  /** Signed as the venue will read it when it can be read at all; else the signature is of something else. */
  #exchange(): unknown {
    const action = this.#action();
    const nonce = this.#or(() => this.#nonce++);
    const envelope: Record<string, unknown> = { action: this.#or(() => action), nonce };
    envelope['signature'] = this.#or(() =>
      this.#sign(action, Number.isSafeInteger(nonce) ? Number(nonce) : 0),
    );
    if (this.#random.next() < 0.05) envelope['vaultAddress'] = this.#or(this.#address);
    if (this.#random.next() < 0.05) envelope['expiresAfter'] = this.#or(this.#time);
    return envelope;
  }

  #sign(action: object, nonce: number): unknown {
    let hash: Uint8Array;
    try {
      hash = actionHash(action, Math.max(0, nonce), null, null);
    } catch {
      hash = new Uint8Array(32).fill(1);
    }
    const { signature, recid } = curve.ecdsaSign(agentDigest('a', hash), KEY);
    return { r: toHex(signature.subarray(0, 32)), s: toHex(signature.subarray(32)), v: 27 + recid };
  }

  #message(): unknown {
    const subscription = (): unknown => ({
      type: this.#or(() => this.#pick(this.#channels)),
      coin: this.#or(this.#coin),
      user: this.#or(this.#address),
      interval: this.#or(() => '1m'),
      dex: this.#or(() => this.#pick(['', 'xyz'])),
    });
    const makers: readonly Make[] = [
      () => ({ method: 'ping' }),
      () => ({ method: 'subscribe', subscription: this.#or(subscription) }),
      () => ({ method: 'unsubscribe', subscription: this.#or(subscription) }),
      () => ({
        method: 'post',
        id: this.#or(() => this.#random.int(1000)),
        request: { type: this.#or(() => 'info'), payload: this.#info() },
      }),
      () => ({ method: 'post', id: 1, request: { type: 'action', payload: this.#exchange() } }),
      () => ({ method: this.#or(() => 'fly') }),
    ];
    return this.#pick(makers)();
  }
}
