/** Every recorded answer of the real /exchange, against the simulator's answer to the same action over HTTP. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signL1Action } from '@nktkas/hyperliquid/signing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from './client.ts';
import { testAccount } from './clients/driver.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/data/http');

interface RecordedOrder {
  readonly b: boolean;
  readonly p: string;
  readonly s: string;
  readonly r: boolean;
  readonly t: object;
  readonly c?: string;
}
interface Action {
  readonly type: string;
  readonly orders?: readonly RecordedOrder[];
  readonly cancels?: readonly { readonly o?: number }[];
}
interface Pair {
  readonly request: { readonly action?: Action };
  readonly status: number;
  readonly response: unknown;
}

function recorded(): (readonly [string, readonly Pair[]])[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).flatMap((source) =>
    readdirSync(join(FOLDER, source))
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const pairs = JSON.parse(readFileSync(join(FOLDER, source, file), 'utf8')) as Pair[];
        return [`${source}/${file}`, pairs.filter(({ request }) => request.action !== undefined)] as const;
      })
      .filter(([, pairs]) => pairs.length > 0),
  );
}

const recordings = recorded();
const isDeploy = ([, pairs]: readonly [string, readonly Pair[]]) =>
  pairs.some(({ request }) => request.action?.type === 'perpDeploy');

/** Asset, order ids and wallets are each world's own; the rest of an answer must be the same to the letter. */
const neutral = (response: unknown): unknown =>
  JSON.parse(
    JSON.stringify(response)
      .replace(/asset=\d+/g, 'asset=N')
      .replace(/"oid":\d+/g, '"oid":1')
      .replace(/0x[0-9a-f]{40}(?![0-9a-f])/g, '0xwallet'),
  );

/** The recorded action, its keys in the order that is signed, on BTC, far below the market, with a value on the same side of the minimum of 10 USD. */
function translated(action: Action, oids: ReadonlyMap<number, number>): object {
  return {
    type: action.type,
    ...(action.orders === undefined
      ? {}
      : {
          orders: action.orders.map(({ b, p, s, r, t, c }) => ({
            a: 0,
            b,
            p: '90000',
            s: Number(p) * Number(s) < 10 ? '0.00006' : '0.00012',
            r,
            t,
            ...(c === undefined ? {} : { c }),
          })),
          grouping: 'na',
        }),
    ...(action.cancels === undefined
      ? {}
      : {
          cancels: action.cancels.map((cancel) =>
            cancel.o === undefined ? { ...cancel, asset: 0 } : { a: 0, o: oids.get(cancel.o) ?? cancel.o },
          ),
        }),
  };
}

const oidIn = (response: unknown): number | undefined => {
  const found = /"oid":(\d+)/.exec(JSON.stringify(response))?.[1];
  return found === undefined ? undefined : Number(found);
};

describe.skipIf(recordings.length === 0)('recorded answers of /exchange (../shared/data/http)', () => {
  const account = testAccount(0x71);
  const stranger = testAccount(0x72);
  let world: VenueWorld;
  let nonce = Date.now();
  beforeAll(async () => {
    world = await startVenueWorld();
    await world.deposit(account.address, 10_000);
  });
  afterAll(() => world.close());

  async function send(action: object, wallet: unknown) {
    const used = nonce++;
    const signature = await signL1Action({
      wallet: wallet as never,
      action: action as never,
      nonce: used,
      isTestnet: true,
    });
    return post(world.server.url, '/exchange', { action, nonce: used, signature });
  }

  it.each(recordings.filter((one) => !isDeploy(one)))('%s', async (file, pairs) => {
    const oids = new Map<number, number>();
    for (const { request, status, response } of pairs) {
      const unknownKey = file.includes('InvalidAuth');
      const answer = await send(translated(request.action as Action, oids), unknownKey ? stranger : account);
      expect(answer.status).toBe(status);
      const own: unknown = JSON.parse(answer.text);
      expect(neutral(own)).toEqual(neutral(response));
      const [theirs, ours] = [oidIn(response), oidIn(own)];
      if (theirs !== undefined && ours !== undefined) oids.set(theirs, ours);
    }
  });

  it.each(recordings.filter(isDeploy))('%s is refused as not served: docs/SIMULATOR.md', async (_, pairs) => {
    for (const { request } of pairs) expect((await send(request.action as Action, account)).status).toBe(422);
  });
});
