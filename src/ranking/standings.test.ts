import { expect, it } from 'vitest';
import { FURTHER_METRICS, METRIC_NAMES, metricOfStored, SAME_METRICS } from '../domain/board_metrics.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import type { Metric } from '../domain/metrics/trader_metrics.ts';
import { WINDOWS } from '../domain/metrics/window.ts';
import { lots, microUsd, ticks } from '../domain/money.ts';
import { Board } from './board.ts';
import { DEFAULT_COPY_TERMS } from './copy_returns.ts';
import { compute, leaderboardRow } from './standings.ts';
import { surroundingsOf } from './surroundings.ts';

const TODAY = 20_000;
const DAY_MS = 86_400_000;
const market = { firstDay: 0, returns: [] };
const context = { now: TODAY * DAY_MS, terms: DEFAULT_COPY_TERMS, bitcoin: market, ether: market };

it('computes nothing that a board cannot be sorted by, and a board is sorted by nothing that is not computed', () => {
  const history = new TraderHistory({ slippageBp: () => 1 });
  for (const window of WINDOWS) {
    const { metrics } = compute(history, window, context, null, surroundingsOf(undefined, undefined));
    const stored = Object.keys(metrics as object);
    expect(stored.filter((name) => metricOfStored(name) === undefined)).toEqual([]);
    const named = new Set(stored.map(metricOfStored));
    expect(FURTHER_METRICS.filter((metric) => !named.has(metric))).toEqual([]);
    expect(Object.keys(SAME_METRICS).filter((name) => !stored.includes(name))).toEqual([]);
    expect(stored).toHaveLength(FURTHER_METRICS.length + Object.keys(SAME_METRICS).length);
    expect([...named].filter((name) => !METRIC_NAMES.some((known) => known === name))).toEqual([]);
  }
});

it('shows the win rate of the window, and gates by that of 90 days', () => {
  const history = new TraderHistory({ slippageBp: () => 1 });
  const fill = (time: number, id: number, size: number, price: number) =>
    history.fill({
      time,
      coin: 1,
      tradeId: id,
      orderId: id,
      size: lots(size),
      price: ticks(price),
      startPosition: lots(size > 0 ? 0 : -size),
      fee: microUsd(0),
      closedPnl: null,
      maker: false,
      twapId: null,
      cause: 'order',
    });
  // A round trip a day for 40 days: the older 30 lose, the newest ten win.
  for (let day = 40; day > 0; day--) {
    const noon = (TODAY - day) * DAY_MS + DAY_MS / 2;
    history.equity({ time: noon - DAY_MS / 2, equity: 1e9, unrealised: 0 });
    fill(noon, 2 * day, 100, 10_000);
    fill(noon + 60_000, 2 * day + 1, -100, day > 10 ? 9_990 : 10_010);
  }
  history.equity({ time: TODAY * DAY_MS, equity: 1e9, unrealised: 0 });
  const winRates = (window: 7 | 90) => {
    const computed = compute(history, window, context, null, surroundingsOf(undefined, undefined));
    const board = new Board(4);
    board.set(0, computed.features);
    const { winRate } = computed.metrics as Readonly<Record<string, Metric>>;
    const identity = { traderId: 1, windowDays: window, recordVersion: 1, asOfDay: TODAY, computedAt: 0 };
    const row = leaderboardRow(identity, computed);
    return [board.winRate[0], row.winRate, winRate?.value, computed.features.winRate];
  };
  expect(winRates(7)).toEqual([1, 1, 1, 0.25]);
  expect(winRates(90)).toEqual([0.25, 0.25, 0.25, 0.25]);
});
