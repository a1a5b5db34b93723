/**
 * Records out of which no number comes: constant returns, one day, no capital. What is published of them is a number or
 * null with a reason, in every window; never Infinity, NaN, or a 0 that nobody measured. And 2,000 fills of one block,
 * in any order and twice, are one record.
 */
import { describe, expect, it } from 'vitest';
import { orderFills } from '../domain/episodes/chain.ts';
import type { Fill } from '../domain/episodes/fill.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import type { Metric } from '../domain/metrics/trader_metrics.ts';
import { WINDOWS } from '../domain/metrics/window.ts';
import { lots, microUsd, ticks } from '../domain/money.ts';
import { Board } from './board.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { evidenceOf, NO_EVIDENCE } from './evidence.ts';
import type { Explanation } from './reasons.ts';
import { compute, leaderboardRow } from './standings.ts';
import { surroundingsOf } from './surroundings.ts';

const TODAY = 20_000;
const none = { firstDay: 0, returns: [] };
const context = { now: TODAY * DAY_MS, terms: DEFAULT_COPY_TERMS, bitcoin: none, ether: none };

function fillAt(time: number, id: number, size: number, startPosition: number, price = 10_000): Fill {
  return {
    time,
    coin: 1,
    tradeId: id,
    orderId: id,
    size: lots(size),
    price: ticks(price),
    startPosition: lots(startPosition),
    fee: microUsd(10),
    closedPnl: null,
    maker: false,
    twapId: null,
    cause: 'order',
  };
}

/** A round trip every day at noon that wins a little, and account values in USD of each midnight, the newest today. */
function record(values: readonly number[], trades = true): TraderHistory {
  const history = new TraderHistory({ slippageBp: () => 2 });
  const first = TODAY - values.length + 1;
  values.forEach((usd, i) => {
    const midnight = (first + i) * DAY_MS;
    history.equity({ time: midnight, equity: Math.round(usd * 1e6), unrealised: 0 });
    if (!trades || i === values.length - 1) return;
    history.fill(fillAt(midnight + DAY_MS / 2, 2 * i, 100, 0));
    history.fill(fillAt(midnight + DAY_MS / 2 + 60_000, 2 * i + 1, -100, 100, 10_001));
  });
  return history;
}

const many = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));
const published = (history: TraderHistory, window: (typeof WINDOWS)[number]) =>
  compute(history, window, context, true, surroundingsOf(undefined, undefined));
const metricsOf = (history: TraderHistory, window: (typeof WINDOWS)[number]) =>
  published(history, window).metrics as Readonly<Record<string, Metric>>;

const RECORDS: Readonly<Record<string, () => TraderHistory>> = {
  'nothing at all': () => new TraderHistory({ slippageBp: () => 2 }),
  'a hundred days without a change': () => record(many(101, () => 1_000)),
  'the same gain every day': () => record(many(101, (i) => 1_000 * 1.01 ** i)),
  'no trade at all': () =>
    record(
      many(101, () => 1_000),
      false,
    ),
  'one day': () => record([1_000, 1_010]),
  'one account value': () => record([1_000]),
  'no capital': () => record(many(101, () => 0)),
  'a debt': () => record(many(101, () => -5)),
  'everything lost on the first day': () => record([1_000, ...many(100, () => 0)]),
  'gains only': () => record(many(101, (i) => 1_000 + i * i)),
};

describe.each(Object.entries(RECORDS))('%s', (_, make) => {
  it.each(WINDOWS)('in a window of %s days is a number, or null with its reason', (window) => {
    const computed = published(make(), window);
    for (const [name, { value, absent }] of Object.entries(computed.metrics as Record<string, Metric>)) {
      expect({ name, finite: value === null || Number.isFinite(value) }).toEqual({ name, finite: true });
      expect({ name, told: absent !== null }).toEqual({ name, told: value === null });
    }
    for (const [name, value] of Object.entries(computed.features))
      expect({ name, infinite: Math.abs(value) === Number.POSITIVE_INFINITY }).toEqual({
        name,
        infinite: false,
      });
    const identity = { traderId: 1, windowDays: 90, recordVersion: 1, asOfDay: TODAY, computedAt: 0 };
    const { explanation, metrics, features, ...columns } = leaderboardRow(identity, computed);
    for (const value of Object.values(columns)) expect(value === null || Number.isFinite(value)).toBe(true);
    const { gates, reasonsFor, against, checks } = explanation as Explanation & {
      checks: readonly { text: string }[];
    };
    for (const { text } of [...gates, ...reasonsFor, ...against, ...checks])
      expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('is on no board of a follower, without evidence and with a score that sorts', () => {
    const board = new Board(1);
    board.set(0, published(make(), null).features);
    board.rank();
    expect(board.copyRanked).toBe(0);
    expect(evidenceOf(board, 0, -1)).toEqual(NO_EVIDENCE);
    expect(Number.isNaN(board.copyScore[0])).toBe(false);
    expect(Number.isNaN(board.classicScore[0])).toBe(false);
  });
});

describe('the reasons', () => {
  const absences = (make: () => TraderHistory, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, metricsOf(make(), null)[name]?.absent]));
  const of = (name: string) => RECORDS[name] as () => TraderHistory;

  it('of a constant series are that it is constant and has neither loss nor fall', () => {
    for (const name of ['a hundred days without a change', 'the same gain every day'])
      expect(
        absences(of(name), ['sharpe', 'smoothedSharpe', 'skew', 'excessKurtosis', 'sortino', 'calmar']),
      ).toEqual({
        sharpe: 'CONSTANT_RETURNS',
        smoothedSharpe: 'CONSTANT_RETURNS',
        skew: 'CONSTANT_RETURNS',
        excessKurtosis: 'CONSTANT_RETURNS',
        sortino: 'NO_DOWNSIDE',
        calmar: 'NO_DRAWDOWN',
      });
  });

  it('of a constant series say nothing of costs in units of its deviation', () => {
    const { features, explanation } = published(of('a hundred days without a change')(), null);
    const { costDrag, costSharpe, stressedT, sharpe, copySpread } = features;
    expect({ costDrag, costSharpe, stressedT, sharpe }).toEqual({
      costDrag: Number.NaN,
      costSharpe: Number.NaN,
      stressedT: Number.NaN,
      sharpe: Number.NaN,
    });
    expect(copySpread).toBe(0);
    const { gates, against } = explanation as Explanation;
    const codes = [...gates, ...against].map(({ code }) => code);
    expect(codes.filter((code) => code === 'COSTDRAG' || code === 'costs')).toEqual([]);
  });

  it('of one day are that it is short', () => {
    expect(absences(of('one day'), ['sharpe', 'volatility', 'sortino', 'calmar', 'annualGrowth'])).toEqual({
      sharpe: 'SHORT_HISTORY',
      volatility: 'SHORT_HISTORY',
      sortino: 'SHORT_HISTORY',
      calmar: 'SHORT_HISTORY',
      annualGrowth: 'SHORT_HISTORY',
    });
    expect(metricsOf(of('one day')(), null)['totalReturn']?.value).toBeCloseTo(0.01, 12);
  });

  it('of no capital are that there are no returns, though it traded', () => {
    for (const name of ['no capital', 'a debt']) {
      const metrics = metricsOf(of(name)(), null);
      for (const one of ['totalReturn', 'sharpe', 'maxDrawdown', 'volatility', 'ulcer', 'valueAtRisk'])
        expect([name, one, metrics[one]?.absent]).toEqual([name, one, 'NO_RETURNS']);
      for (const one of ['turnoverPerDay', 'turnoverPerYear'])
        expect([name, one, metrics[one]?.absent]).toEqual([name, one, 'NO_CAPITAL']);
      expect(metrics['volumeUsd']?.value).toBeGreaterThan(0);
    }
  });

  it('of wins alone and of no trade are that there is nothing to divide by', () => {
    const wins = absences(of('gains only'), ['profitFactor', 'payoff', 'sortino']);
    expect(wins).toEqual({ profitFactor: 'NO_LOSSES', payoff: 'NO_LOSSES', sortino: 'NO_DOWNSIDE' });
    const idle = absences(of('no trade at all'), ['winRate', 'expectancyBp', 'makerRatio', 'loserAddShare']);
    expect(idle).toEqual({
      winRate: 'NO_EPISODES',
      expectancyBp: 'NO_EPISODES',
      makerRatio: 'NO_VOLUME',
      loserAddShare: 'NO_EPISODES',
    });
  });
});

it('2,000 fills of one block are one record, in reverse and with pages that came twice', () => {
  const time = (TODAY - 1) * DAY_MS + 5;
  const inOrder = many(2_000, (i) => i).map((i) =>
    fillAt(time, i, i % 2 === 0 ? 3 : -2, Math.floor(i / 2) + (i % 2 === 0 ? 0 : 3), 10_000 + (i % 7)),
  );
  const told = (fills: readonly Fill[]) => {
    const history = new TraderHistory({ slippageBp: () => 2 });
    history.equity({ time: time - 1, equity: 1e9, unrealised: 0 });
    for (const fill of orderFills(fills).fills) history.fill(fill);
    history.equity({ time: TODAY * DAY_MS, equity: 1e9, unrealised: 0 });
    expect(history.book.gaps).toBe(0);
    return { size: history.book.size(1), metrics: metricsOf(history, null) };
  };
  const want = told(inOrder);
  expect(want.size).toBe(1_000);
  expect(want.metrics['volumeUsd']?.n).toBe(2_000);
  expect(told([...inOrder.slice(500).reverse(), ...inOrder.slice(0, 1_500)])).toEqual(want);
});
