/** Backstop takeovers of the simulated venue, read back through the client and played into a record. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import type { Episode } from '../../src/domain/episodes/episode.ts';
import { episodeNet } from '../../src/domain/episodes/episode.ts';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { TraderHistory } from '../../src/domain/metrics/history.ts';
import { type MicroUsd, type Ticks, ticks } from '../../src/domain/money.ts';
import type { InfoRequest } from '../../src/hyperliquid/info/request.ts';
import type { InfoClient } from '../../src/hyperliquid/transport.ts';
import { readPast } from '../../src/ranking/history_reader.ts';
import { Replay } from '../../src/ranking/replay.ts';
import { venueInfo } from '../../src/simulator/exchange/venue_info.ts';
import { ALICE, BOB, CAROL, TestVenue } from '../../src/simulator/venue/test_venue.ts';

const HOUR = 3_600_000;
const USD = 1e6;
const ETH = 1;
const coins = new CoinTable([
  { id: 1, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 5 },
  { id: 2, dex: '', name: 'ETH', symbol: 'ETH', sizeDecimals: 4 },
]);

let bench: TestVenue;
beforeEach(() => {
  bench = new TestVenue();
  for (const who of [ALICE, BOB, CAROL]) for (const asset of [0, ETH]) bench.lever(who, 25, true, asset);
});

interface Told {
  /** As on a venue whose backstop leaves no fill. */
  readonly silent?: boolean;
  readonly markAt?: (coin: number, time: number) => Ticks | null;
}

async function recordOf(who: Address, { silent = false, markAt = () => null }: Told = {}) {
  const handlers = new Map(
    venueInfo({ query: bench.venue.query, now: () => bench.venue.time, recentTrades: 10 }),
  );
  const info: InfoClient = {
    ask: async <Answer>({ body, schema }: InfoRequest<Answer>) => {
      const answer = await handlers.get(body.type)?.(body);
      const rows = JSON.parse(JSON.stringify(answer)) as { dir?: string }[];
      const told =
        silent && Array.isArray(rows) ? rows.filter(({ dir }) => !dir?.startsWith('Liquidated')) : rows;
      return schema.parse(told) as Answer;
    },
  };
  const past = await readPast(
    {
      info,
      coins,
      signal: new AbortController().signal,
      keeper: { load: async () => undefined, keep: async () => undefined },
      archive: { before: async () => [] },
      mode: async () => 'default',
    },
    who,
    0,
  );
  const episodes: Episode[] = [];
  const history = new TraderHistory({ slippageBp: () => 1, onEpisode: (one) => void episodes.push(one) });
  const result = new Replay(history, {
    from: bench.venue.time - 240 * HOUR,
    fills: past.fills.rows,
    fundings: past.fundings.rows,
    flows: past.flows.rows,
    takeovers: past.takeovers.rows,
    state: past.state,
    checks: past.checks,
    markAt,
  }).run();
  return { past, history, episodes, result };
}

const sum = (history: TraderHistory, of: 'blowUps' | 'liquidations' | 'pnl' | 'residual') =>
  [...history.days.values()].reduce((total, row) => total + row[of], 0);

describe('an account that the backstop takes', () => {
  it.each([false, true])('loses all that it had in one liquidation; without a fill: %s', async (silent) => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.venue.control.setOracle('BTC', '108900');
    bench.step();
    bench.pass(2 * HOUR);
    const { past, history, episodes, result } = await recordOf(ALICE, { silent });
    expect(past.fills.rows).toHaveLength(silent ? 1 : 2);
    expect(result.emptyBefore).toBe(true);
    expect(episodes.map((one) => [one.fault, one.liquidated, episodeNet(one)])).toEqual([
      [null, true, -100_000 * USD],
    ]);
    expect(history.liquidations).toBe(1);
    expect(sum(history, 'liquidations')).toBe(1);
    expect(sum(history, 'blowUps')).toBe(1);
    expect(sum(history, 'pnl')).toBe(-100_000 * USD);
    expect(Math.abs(sum(history, 'residual'))).toBeLessThan(1);
  });

  it.each([false, true])(
    'of two coins at once is one liquidation, and a deposit begins another life; without fills: %s',
    async (silent) => {
      bench.trade(ALICE, BOB, '113080', '12');
      bench.trade(ALICE, BOB, '4305.9', '150', ETH);
      bench.venue.control.setOracle('BTC', '107200');
      bench.venue.control.setOracle('ETH', '4130');
      bench.step();
      bench.pass(HOUR);
      bench.venue.control.deposit(ALICE, (5_000 * USD) as MicroUsd);
      bench.step();
      bench.trade(BOB, ALICE, '107500', '0.1');
      bench.pass(HOUR);
      const { past, history, episodes, result } = await recordOf(ALICE, { silent });
      expect(
        past.takeovers.rows.map(({ positions, unfilled }) => [positions.length, unfilled.length]),
      ).toEqual([[2, silent ? 2 : 0]]);
      expect(result.emptyBefore).toBe(true);
      const lost = episodes.map((one) => episodeNet(one));
      expect(lost.length).toBe(2);
      expect(lost.reduce((all, one) => all + one, 0)).toBe(-100_000 * USD);
      expect(history.liquidations).toBe(1);
      expect(history.chain.lives).toBe(2);
      expect(Math.abs(sum(history, 'residual'))).toBeLessThan(1);
    },
  );

  it.each([false, true])(
    'of a long and a short loses all, by the marks or nearly so; without fills: %s',
    async (silent) => {
      bench.trade(ALICE, BOB, '113080', '12');
      bench.trade(BOB, ALICE, '4305.9', '150', ETH);
      bench.venue.control.setOracle('BTC', '107200');
      bench.venue.control.setOracle('ETH', '4480');
      bench.step();
      bench.pass(HOUR);
      const { history, episodes, result } = await recordOf(ALICE, { silent });
      expect(history.liquidations).toBe(1);
      expect(episodes.map(({ liquidated }) => liquidated)).toEqual([true, true]);
      expect(Math.abs(sum(history, 'residual'))).toBeLessThan(1);
      const lost = -episodes.reduce((all, one) => all + episodeNet(one), 0);
      if (!silent) {
        expect(result.emptyBefore).toBe(true);
        expect(lost).toBe(100_000 * USD);
      } else expect(Math.abs(lost / USD - 100_000)).toBeLessThan(0.05 * 1_900_000);
    },
  );

  it('keeps the rest where only an isolated position goes: the loss is an estimate within the rules', async () => {
    bench.lever(ALICE, 20, false);
    bench.trade(ALICE, BOB, '113080', '5');
    bench.trade(ALICE, BOB, '4305.9', '10', ETH);
    bench.venue.control.setOracle('BTC', '108200');
    bench.step();
    bench.pass(HOUR);
    const before = (5 * 113_080) / 20;
    for (const off of [1, 1.001, 0.5]) {
      const markAt = (coin: number) => (coin === 2 ? ticks(Math.round(off * 430_590)) : null);
      const { history, episodes } = await recordOf(ALICE, { silent: true, markAt });
      const [episode] = episodes;
      expect(episode).toMatchObject({ liquidated: true, fault: null });
      expect(history.liquidations).toBe(1);
      const lost = -episodeNet(episode as Episode) / USD;
      // At mark, and what the liquidator may keep at most.
      expect(lost).toBeGreaterThanOrEqual(5 * (113_080 - 108_200));
      expect(lost).toBeLessThan(5 * (113_080 - 108_200) + 5 * 108_200 * 0.1112 + 400);
      if (off === 1) expect(lost).toBeCloseTo(before, -3);
    }
  });

  it('forgives what is owed beyond the account: the loss is the account', async () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.venue.control.setOracle('BTC', '100000');
    bench.step();
    bench.pass(HOUR);
    const { history, result } = await recordOf(ALICE);
    expect(result.emptyBefore).toBe(true);
    expect(history.liquidations).toBe(1);
    expect(Math.abs(sum(history, 'residual'))).toBeLessThan(1);
  });

  it('is not seen in a liquidation by market orders, whose fills say all', async () => {
    bench.trade(ALICE, BOB, '113080', '20');
    bench.order(CAROL, { b: true, p: '109500', s: '10' });
    bench.venue.control.setOracle('BTC', '109300');
    bench.step();
    bench.pass(HOUR);
    const { past, history, result } = await recordOf(ALICE);
    expect(past.takeovers).toEqual({ rows: [], unread: 0 });
    expect(result.emptyBefore).toBe(true);
    expect(history.liquidations).toBe(1);
    expect((await recordOf(CAROL)).history.liquidations).toBe(0);
  });
});
