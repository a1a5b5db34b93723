/** Every recorded real answer against the simulator's answer to the same request type. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/domain/address.ts';
import type { MicroUsd } from '../../src/domain/money.ts';
import { SimulatedWorld } from '../../src/simulator/agents/world.ts';
import { venueInfo } from '../../src/simulator/exchange/venue_info.ts';
import type { Action, OrderWire } from '../../src/simulator/venue/actions.ts';
import { COIN_SEEDS, marginTiersOf } from '../../src/simulator/venue/coin_table.ts';
import type { InfoHandler } from '../../src/simulator/wire/backend.ts';
import { differences, shapeOf } from './shapes.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/data/http');
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);

interface Pair {
  readonly file: string;
  readonly url?: string;
  readonly request: { type?: string; [field: string]: unknown };
  readonly response: unknown;
}

function recordedPairs(): Pair[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).flatMap((source) =>
    readdirSync(join(FOLDER, source))
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) =>
        (JSON.parse(readFileSync(join(FOLDER, source, file), 'utf8')) as Pair[]).map((pair) => ({
          ...pair,
          file: `${source}/${file}`,
        })),
      ),
  );
}

/** Differences that stand, by the path where they appear, with the reason; docs/SIMULATOR.md lists them too. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^(meta|metaAndAssetCtxs).*\.(marginTables|collateralToken|marginTableId)/, 'newer than the recording'],
  [
    /^meta\w*(\[\])?\.universe\[\]\.(onlyIsolated|marginMode|growthMode|isDelisted|lastGrowth)/,
    'only where true',
  ],
  [/^l2Book\.(spread|time)/, 'older recording'],
  [
    /^(openOrders|frontendOpenOrders)\[\](\.children\[\])?\.(origSz|cloid|reduceOnly|tif)/,
    'newer or optional',
  ],
  [/^userFills\w*\[\]\.(twapId|feeToken|cloid|builderFee|liquidation)/, 'newer or optional'],
  [/^userFills\w*\[\]\.tid/, 'older recording'],
  [
    /^clearinghouseState(\.(crossMaint|time)|.*\.(cumFunding|maxLeverage|maxTradeSzs))/,
    'recording of 2023; maxTradeSzs is gone',
  ],
  [/^historicalOrders\[\]\.order\.tif/, 'null for triggers, of which the recording has none'],
  [/^userRateLimit\.nRequestsSurplus/, 'newer than the recording'],
  [/^perpDex(s|Limits)/, 'fields added after the recording'],
  [/^userFunding\[\]\.delta\.nSamples: null/, 'the recording holds sums of several hours, rows are null'],
  [/^userNonFundingLedgerUpdates\[\]\.delta\.(vault|nonce):/, 'kinds that the recorded account had not'],
  [/^delegatorHistory: nothing/, 'no staking here'],
];

/** Gives the account what few traders have: spot money, an agent, a bracket that waits, funding, a vault's share. */
function enrich({ venue, advanceTo }: Pick<SimulatedWorld, 'venue' | 'advanceTo'>, user: Address): void {
  const leader = parseAddress(`0x${'1e'.repeat(20)}`);
  for (const account of [user, leader]) venue.control.deposit(account, 1_000_000_000_000 as MicroUsd);
  advanceTo(venue.time + 100);
  let nonce = venue.time;
  const act = (signer: Address, action: Action): unknown => {
    let data: unknown;
    venue.submit({ signer, action, nonce: nonce++, vaultAddress: null, expiresAfter: null }, (answer) => {
      if (answer.status === 'err') throw new Error(`${action.type}: ${answer.response}`);
      data = answer.response.data;
    });
    advanceTo(venue.time + 100);
    return data;
  };
  const px = (share: number) =>
    String(Number((Number(venue.query.assetCtx('ETH')?.markPx) * share).toPrecision(4)));
  const entry = (p: string, tif: 'Gtc' | 'Ioc'): OrderWire => ({
    ...{ a: 1, b: true, p, s: '1', r: false },
    t: { limit: { tif } },
  });
  const exit = (tpsl: 'tp' | 'sl', triggerPx: string): OrderWire => ({
    ...{ a: 1, b: false, p: triggerPx, s: '1', r: true },
    t: { trigger: { isMarket: true, triggerPx, tpsl } },
  });
  act(user, { type: 'usdClassTransfer', amount: '10', toPerp: false });
  act(user, { type: 'approveAgent', agentAddress: parseAddress(`0x${'a9'.repeat(20)}`), agentName: 'bot' });
  act(user, { type: 'order', orders: [entry(px(1.05), 'Ioc')], grouping: 'na' });
  const bracket = [entry(px(0.8), 'Gtc'), exit('sl', px(0.7)), exit('tp', px(1.3))];
  act(user, { type: 'order', orders: bracket, grouping: 'normalTpsl' });
  const made = act(leader, { type: 'createVault', name: 'v', description: '', initialUsd: 1e9, nonce });
  act(user, { type: 'vaultTransfer', vaultAddress: made as Address, isDeposit: true, usd: 1e8 });
  advanceTo(venue.time + HOUR);
}

const pairs = recordedPairs().filter(({ request }) => typeof request.type === 'string');

describe.skipIf(pairs.length === 0)('shapes of recorded answers (../shared/data/http)', () => {
  let handlers: ReadonlyMap<string, InfoHandler>;
  let busiest: Address;
  let lastOid: number;
  const report: string[] = [];

  beforeAll(() => {
    const world = new SimulatedWorld({
      seed: 'shapes',
      startTime: START,
      coins: COIN_SEEDS,
      makers: { makers: 2, perCoin: 1, levels: 2, periodMs: 600_000, capital: 20_000_000_000_000 },
      takers: { traders: 60, actsPerDay: 800 },
    });
    const fills = new Map<Address, number>();
    const oids = new Map<Address, number>();
    world.venue.onBlock((events) => {
      for (const fill of events.fills)
        fills.set(fill.user, (fills.get(fill.user) ?? 0) + (fill.crossed ? 1 : 0));
      for (const { order } of events.orders) oids.set(order.user, order.oid);
    });
    world.advanceTo(START + 2 * HOUR);
    const ranked = [...fills].sort((a, b) => b[1] - a[1]).map(([user]) => user);
    busiest =
      ranked.find((user) =>
        world.venue.query.frontendOpenOrders(user, '').some((order) => order.isTrigger),
      ) ?? (ranked[0] as Address);
    lastOid = oids.get(busiest) ?? 0;
    enrich({ venue: world.venue, advanceTo: (time) => world.advanceTo(time) }, busiest);
    handlers = venueInfo({ query: world.venue.query, now: () => world.venue.time, recentTrades: 50 });
  });

  afterAll(() => {
    if (report.length > 0) console.log(`differences that stand:\n${[...new Set(report)].join('\n')}`);
  });

  /** The request with the world's own accounts, coins and times in place of the recorded ones. */
  function translated(request: Pair['request'], response: unknown): Record<string, unknown> {
    const unknownOrder = (response as { status?: string } | null)?.status === 'unknownOid';
    return {
      ...request,
      ...('user' in request ? { user: busiest } : {}),
      ...('coin' in request ? { coin: 'BTC' } : {}),
      ...('startTime' in request ? { startTime: START, endTime: null } : {}),
      ...('oid' in request ? { oid: unknownOrder ? 1 : lastOid } : {}),
      ...(request.type === 'candleSnapshot'
        ? { req: { coin: 'BTC', interval: '1m', startTime: START } }
        : {}),
    };
  }

  it.each(pairs.map((pair) => [`${pair.file} ${pair.request.type}`, pair] as const))('%s', (_, pair) => {
    const { request, response } = pair;
    const type = String(request.type);
    const handler = handlers.get(type);
    expect(handler, `no answer for ${type}`).toBeDefined();
    const answer = JSON.parse(JSON.stringify(handler?.(translated(request, response)) ?? null));
    const found = differences(shapeOf(response, type), shapeOf(answer, type), type);
    const known = found.map((line) => KNOWN.find(([pattern]) => pattern.test(line)));
    for (const [index, line] of found.entries())
      if (known[index] !== undefined) report.push(`${line} (${known[index][1]})`);
    expect(found.filter((_line, index) => known[index] === undefined)).toEqual([]);
  });
});

describe.skipIf(pairs.length === 0)('the coin table, against recorded metadata', () => {
  interface Meta {
    readonly universe: readonly {
      name: string;
      szDecimals: number;
      maxLeverage: number;
      marginTableId?: number;
    }[];
    readonly marginTables?: readonly (readonly [
      number,
      { readonly marginTiers: readonly { lowerBound: string; maxLeverage: number }[] },
    ])[];
  }
  const metas = pairs
    .filter(({ request }) => request.type === 'meta' || request.type === 'metaAndAssetCtxs')
    // The test network has tables of its own.
    .filter(({ url }) => url?.includes('testnet') !== true)
    .map(({ response }) => (Array.isArray(response) ? response[0] : response) as Meta);
  const withTables = metas.filter(({ marginTables }) => marginTables !== undefined);

  it('has the decimals, leverage and margin table of each real coin', () => {
    expect(withTables.length).toBeGreaterThan(0);
    // The recordings are of different months, between which the venue changed some.
    const real = new Map<string, object[]>();
    for (const { universe } of withTables)
      for (const { name, szDecimals, maxLeverage, marginTableId } of universe)
        real.set(name, [...(real.get(name) ?? []), { szDecimals, maxLeverage, marginTableId }]);
    const compared = COIN_SEEDS.flatMap(({ dex, name, szDecimals, maxLeverage, marginTableId }) => {
      const coins = real.get(dex === '' ? name : `${dex}:${name}`);
      if (coins === undefined) return [];
      expect(coins, name).toContainEqual({ szDecimals, maxLeverage, marginTableId });
      return [name];
    });
    expect(compared.length).toBeGreaterThan(60);
  });

  it('has the tiers of each real margin table', () => {
    const tables = new Map(withTables.flatMap(({ marginTables }) => marginTables ?? []));
    const used = new Set(COIN_SEEDS.map(({ marginTableId }) => marginTableId).filter((id) => id > 50));
    for (const id of used)
      expect(
        marginTiersOf(id)?.map(({ lowerBoundUsd, maxLeverage }) => [lowerBoundUsd, maxLeverage]),
        `table ${id}`,
      ).toEqual(
        tables.get(id)?.marginTiers.map(({ lowerBound, maxLeverage }) => [Number(lowerBound), maxLeverage]),
      );
  });
});
