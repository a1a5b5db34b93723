import { describe, expect, it } from 'vitest';
import type { Fill } from '../domain/episodes/fill.ts';
import { CoinTable } from '../domain/listed_coin.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import { lots, type MicroUsd, microUsd, type Ticks, ticks } from '../domain/money.ts';
import { fillsOf, flowsOf } from '../hyperliquid/venue_history.ts';
import { type AccountState, type Past, Replay } from './replay.ts';

const START = 20_000 * DAY_MS;
const HOUR = 3_600_000;
const USD = 1_000_000;

const fillAt = (time: number, size: number, price: number, start: number, fee: number): Fill => ({
  time,
  coin: 1,
  tradeId: time,
  orderId: time,
  size: lots(size),
  price: ticks(price),
  startPosition: lots(start),
  fee: microUsd(fee),
  closedPnl: null,
  maker: false,
  twapId: null,
  cause: 'order',
});

/** Prices of 100 USD a coin until the third day, then 110: one lot is worth its price in micro-USD. */
const markAt = (_coin: number, time: number): Ticks =>
  ticks(time < START + 2 * DAY_MS ? 100 * USD : 110 * USD);

/** 1,000 USD in, 2 coins bought at 100 with a fee of 1, 3 USD of funding received, 1 sold at 110 with a fee of 1. */
const past = (more: Partial<Past> = {}): Past => ({
  from: START - DAY_MS,
  flows: [{ time: START, amount: (1_000 * USD) as MicroUsd }],
  takeovers: [],
  fills: [
    fillAt(START + HOUR + 5, 2, 100 * USD, 0, USD),
    fillAt(START + 3 * DAY_MS + 5, -1, 110 * USD, 2, USD),
  ],
  fundings: [{ time: START + 4 * HOUR, coin: 1, amount: (3 * USD) as MicroUsd }],
  state: {
    time: START + 5 * DAY_MS + 10 * HOUR,
    cash: (1_000 - 200 - 1 + 3 + 110 - 1) * USD,
    equity: 1_021 * USD,
    unrealised: 10 * USD,
    positions: new Map([[1, 1]]),
  },
  checks: [],
  markAt,
  ...more,
});

const fresh = () => new TraderHistory({ slippageBp: () => 2 });

describe('a past played into a record', () => {
  it('begins empty, and every day reconciles', () => {
    const history = fresh();
    const result = new Replay(history, past()).run();
    expect(result).toMatchObject({ emptyBefore: true, equityBefore: 0 });
    const rows = [...history.days.values()];
    expect(rows.reduce((sum, row) => sum + row.pnl, 0)).toBe(21 * USD);
    expect(rows.reduce((sum, row) => sum + row.flows, 0)).toBe(1_000 * USD);
    for (const row of rows) expect(Math.abs(row.residual || 0)).toBeLessThan(1);
    // The first day: 2 coins at 100 cost a fee of 1 and were paid 3.
    expect(history.days.get(20_000)?.return).toBeCloseTo(0.002, 9);
    expect(history.days.get(20_001)?.return).toBeCloseTo(20 / 1_002, 9);
  });

  it('gives the same record in two parts as in one', () => {
    const whole = fresh();
    new Replay(whole, past()).run();
    const parts = fresh();
    const all = past();
    const border = START + 2 * DAY_MS;
    const state: AccountState = {
      time: border,
      cash: (1_000 - 200 - 1 + 3) * USD,
      equity: 1_022 * USD,
      unrealised: 20 * USD,
      positions: new Map([[1, 2]]),
    };
    new Replay(parts, { ...all, fills: all.fills.slice(0, 1), state }).run();
    const second = new Replay(parts, {
      ...all,
      flows: [],
      fundings: [],
      fills: all.fills.slice(1),
      from: border,
    }).run();
    expect(second.equityBefore).toBe(1_022 * USD);
    const pnl = (of: TraderHistory) => [...of.days.values()].map((row) => [row.day, row.pnl, row.episodes]);
    expect(pnl(parts).filter(([, , n]) => n !== undefined)).toEqual(pnl(whole));
  });

  it('says when something is missing: a transfer, a fill, a wrong account value', () => {
    expect(new Replay(fresh(), past({ flows: [] })).run().emptyBefore).toBe(false);
    const one = past();
    expect(new Replay(fresh(), { ...one, fills: one.fills.slice(1) }).run().emptyBefore).toBe(false);
    const checks = [
      { time: START + 10 * HOUR, equity: 1_002 * USD },
      { time: START + 11 * HOUR, equity: 1_500 * USD },
    ];
    expect(new Replay(fresh(), past({ checks })).run()).toMatchObject({ checked: 2, failed: 1 });
  });
});

describe('a sample of the account value', () => {
  /** Everything but the account's size: 2 coins at 100 from the first hour on, 1,002 USD in all. */
  const failures = (time: number, equity: number, prices = markAt) => {
    const one = past({ checks: [{ time, equity: equity * USD }], markAt: prices });
    return new Replay(fresh(), one).run().failed;
  };
  const MINUTE = 60_000;
  it('is believed to a dollar or ten basis points where nothing is held', () => {
    expect(failures(START + 30 * MINUTE, 1_000.9)).toBe(0);
    expect(failures(START + 30 * MINUTE, 1_001.1)).toBe(1);
  });
  it('may differ by what a price moves within that hour, one part in a hundred of what is held at least', () => {
    const quiet = START + 20 * HOUR + 30 * MINUTE;
    expect(failures(quiet, 1_002 + 2.9)).toBe(0);
    // Two parts in a hundred: five were allowed whatever the price did.
    expect(failures(quiet, 1_002 + 4.9)).toBe(1);
    const lively = (coin: number, time: number): Ticks =>
      time > START + 21 * HOUR - 1 && time < START + 22 * HOUR ? ticks(101.5 * USD) : markAt(coin, time);
    expect(failures(quiet, 1_002 + 4.9, lively)).toBe(0);
    expect(failures(quiet, 1_002 + 7.9, lively)).toBe(1);
  });
  it('may differ by five parts in a hundred at most, also where the price jumped or the hour is not over', () => {
    const jump = START + 2 * DAY_MS - 30 * MINUTE;
    expect(failures(jump, 1_002 + 10.9)).toBe(0);
    expect(failures(jump, 1_002 + 11.1)).toBe(1);
    const one = past();
    const state = { ...one.state, time: one.state.time + 30 * MINUTE };
    const late = (time: number) =>
      new Replay(fresh(), { ...one, state, checks: [{ time, equity: (1_021 + 6) * USD }] }).run().failed;
    expect(late(state.time - 31 * MINUTE)).toBe(1);
    expect(late(state.time - 29 * MINUTE)).toBe(0);
  });
});

describe('the venue in our terms', () => {
  const coins = new CoinTable([{ id: 7, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 5 }]);
  const wire = {
    coin: 'BTC',
    px: '79146.0',
    sz: '0.001',
    side: 'A' as const,
    time: 5,
    startPosition: '0.00093',
    dir: 'Long > Short',
    closedPnl: '0.046128',
    oid: 1,
    crossed: false,
    fee: '0.019785',
    tid: 2,
    feeToken: 'USDC',
  };

  it('takes a fill exactly and leaves spot out', () => {
    const { rows, unread } = fillsOf(
      [wire, { ...wire, coin: '@107' }, { ...wire, coin: 'NEW' }],
      '0x1',
      coins,
    );
    expect(unread).toBe(1);
    expect(rows).toEqual([
      expect.objectContaining({
        coin: 7,
        size: -100,
        price: 791_460,
        startPosition: 93,
        fee: 19_785,
        maker: true,
      }),
    ]);
  });

  it('calls a fill a liquidation of its owner only', () => {
    const liquidation = { liquidatedUser: '0xAB', markPx: '1', method: 'market' };
    const causes = (user: string) =>
      fillsOf([{ ...wire, liquidation }], user, coins).rows.map((one) => one.cause);
    expect(causes('0xab')).toEqual(['liquidation']);
    expect(causes('0xcd')).toEqual(['order']);
  });

  it('counts a kind of transfer that is new instead of guessing', () => {
    const update = (delta: { type: string } & Record<string, unknown>) => ({ time: 1, hash: '0x', delta });
    const taken = flowsOf(
      [
        update({ type: 'deposit', usdc: '100.5' }),
        update({ type: 'withdraw', usdc: '10', fee: '1' }),
        update({
          type: 'send',
          user: '0x1',
          destination: '0x2',
          sourceDex: '',
          destinationDex: '',
          amount: '5',
          usdcValue: '5',
          fee: '0',
        }),
        update({
          type: 'send',
          user: '0x1',
          destination: '0x1',
          sourceDex: '',
          destinationDex: 'spot',
          amount: '7',
          usdcValue: '7',
          fee: '0',
        }),
        update({
          type: 'send',
          user: '0x1',
          destination: '0x1',
          sourceDex: '',
          destinationDex: 'xyz',
          amount: '9',
          usdcValue: '9',
          fee: '0',
        }),
        update({ type: 'liquidation' }),
        update({ type: 'lottery', usdc: '1000' }),
      ],
      '0x1',
    );
    expect(taken.rows.map((one) => one.amount / 1e6)).toEqual([100.5, -11, -5, -7]);
    expect(taken.unread).toBe(1);
  });
});
