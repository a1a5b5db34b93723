import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderFills } from '../episodes/chain.ts';
import type { Fill } from '../episodes/fill.ts';
import { lots, microUsd, ticks } from '../money.ts';
import { DAY_MS, dayOf, loadDayRow, storeDayRow } from './day.ts';
import { TraderHistory } from './history.ts';
import { modifiedDietz, venueDrawdown } from './returns.ts';
import { exposureMetrics, markedWinRate, seriesMetrics, tradeMetrics } from './trader_metrics.ts';
import vectors from './vectors.json' with { type: 'json' };
import { reconciled, windowOf } from './window.ts';

const DAY0 = 20_000 * DAY_MS;
const usd = (amount: number) => microUsd(Math.round(amount * 1e6));
const history = () => new TraderHistory({ slippageBp: () => 2 });

let trade = 0;
const fill = (time: number, size: number, price: number, start: number, more: Partial<Fill> = {}): Fill => ({
  time,
  coin: 1,
  tradeId: ++trade,
  orderId: trade,
  size: lots(size),
  price: ticks(price),
  startPosition: lots(start),
  fee: usd(0),
  closedPnl: null,
  maker: false,
  twapId: null,
  cause: 'order',
  ...more,
});
const equity = (h: TraderHistory, time: number, value: number, unrealised: number | null = 0) =>
  h.equity({ time, equity: usd(value), unrealised: unrealised === null ? null : usd(unrealised) });

describe('time-weighted return with flows', () => {
  it('gives the reference case: -0.775 %, where naive growth says +48.7 %', () => {
    const h = history();
    const at = (hour: number) => DAY0 + hour * 3_600_000;
    equity(h, at(0), 1_000);
    equity(h, at(1), 1_050);
    h.flow(at(2), usd(1_000));
    equity(h, at(2), 2_050);
    equity(h, at(3), 2_152.5);
    h.flow(at(4), usd(-500));
    equity(h, at(4), 1_652.5);
    equity(h, at(24), 1_487.25);
    const row = h.days.get(dayOf(DAY0));
    expect(row?.return).toBeCloseTo(vectors.twr.twr, 12);
    expect((row?.pnl ?? 0) / 1e6).toBeCloseTo(vectors.twr.pnl, 9);
    expect(row?.fall).toBeCloseTo(-vectors.twr.twrDrawdown, 12);
    expect(1_487.25 / 1_000 - 1).toBeCloseTo(vectors.twr.naive, 12);
    expect(h.days.size).toBe(1);
    const dietz = modifiedDietz(1_000, 1_487.25, [
      { amount: 1_000, remaining: 0.5 },
      { amount: -500, remaining: 0.25 },
    ]);
    expect(dietz).toBeCloseTo(vectors.twr.modDietz, 12);
    const points = [
      [1_000, 0],
      [1_050, 50],
      [2_050, 50],
      [2_152.5, 152.5],
      [1_652.5, 152.5],
      [1_487.25, -12.75],
    ].map(([value, pnl]) => ({ equity: value ?? 0, pnl: pnl ?? 0 }));
    // The venue compares with the account value at each start: here 152.5 of profit lost from 2,152.5.
    expect(venueDrawdown(points.slice(0, 4).concat(points.slice(5)))).toBeCloseTo(
      -vectors.twr.hlUiDrawdown,
      10,
    );
  });

  it('counts a deposit at the start of its sub-period and a withdrawal at its end', () => {
    const h = history();
    equity(h, DAY0, 1_000);
    h.flow(DAY0 + 1, usd(1_000));
    equity(h, DAY0 + DAY_MS, 2_100);
    expect(h.days.get(20_000)?.return).toBeCloseTo(0.05, 12);
    h.flow(DAY0 + DAY_MS + 1, usd(-1_000));
    equity(h, DAY0 + 2 * DAY_MS, 1_205);
    expect(h.days.get(20_001)?.return).toBeCloseTo(0.05, 12);
  });

  it('puts fees, slippage and turnover over the capital of their sub-period', () => {
    const h = history();
    equity(h, DAY0, 1_000);
    h.fill(fill(DAY0 + 1, 200, 1_000_000, 0, { fee: usd(0.5) }));
    equity(h, DAY0 + 2, 999.5);
    h.flow(DAY0 + 3, usd(1_000.5));
    h.fill(fill(DAY0 + 4, -200, 1_000_000, 200, { fee: usd(1) }));
    equity(h, DAY0 + DAY_MS, 1_999);
    const row = h.days.get(20_000);
    expect(row?.feeReturn).toBeCloseTo(0.5 / 1_000 + 1 / 2_000, 12);
    expect(row?.turnover).toBeCloseTo(200 / 1_000 + 200 / 2_000, 12);
    expect(row?.slippageReturn).toBeCloseTo(0.04 / 1_000 + 0.04 / 2_000, 12);
    const { net, gross } = windowOf(h, 20_000, 20_000).series;
    expect((gross[0] ?? 0) - (net[0] ?? 0)).toBeCloseTo(row?.feeReturn ?? Number.NaN, 12);
  });

  it('tells the impact in the slippage apart, but not of a day that was stored without it', () => {
    const costs = { slippageBp: () => 2, impactBp: () => 1.5 };
    const h = new TraderHistory(costs);
    equity(h, DAY0, 1_000);
    h.fill(fill(DAY0 + 1, 200, 1_000_000, 0));
    equity(h, DAY0 + 2, 1_000);
    const [row] = [...h.days.values()];
    expect(row?.slippageReturn).toBeCloseTo(0.04 / 1_000, 12);
    expect(row?.impactReturn).toBeCloseTo(0.03 / 1_000, 12);
    if (row === undefined) throw new Error('no day');
    const { impactReturn, ...older } = storeDayRow(row);
    expect(loadDayRow({ ...older, impactReturn }).impactReturn).toBe(row.impactReturn);
    const stored = JSON.parse(JSON.stringify(older)) as ReturnType<typeof storeDayRow>;
    const again = TraderHistory.restore(costs, h.snapshot(), [loadDayRow(stored)]);
    again.fill(fill(DAY0 + 3, 200, 1_000_000, 200));
    equity(again, DAY0 + DAY_MS, 1_000);
    again.fill(fill(DAY0 + DAY_MS + 1, -400, 1_000_000, 400));
    equity(again, DAY0 + 2 * DAY_MS, 1_000);
    const { impact, slippage } = windowOf(again, 20_000, 20_001).series;
    expect(impact).toEqual([Number.NaN, expect.closeTo(0.06 / 1_000, 12)]);
    expect(slippage[0]).toBeCloseTo(0.08 / 1_000, 12);
  });

  it("falls by the exchange's formula from the end of any day, and from where the window begins", () => {
    const lived = (...values: number[]) => {
      const h = history();
      values.forEach((value, day) => {
        equity(h, DAY0 + day * DAY_MS, value);
      });
      return seriesMetrics(windowOf(h, 20_000, 20_000 + values.length)).venueDrawdown;
    };
    expect(lived(1_000, 1_200, 900, 1_500)).toEqual({ value: 0.25, absent: null, n: 3 });
    expect(lived(1_000, 700, 900).value).toBeCloseTo(0.3, 12);
    expect(lived(1_000, 1_100).value).toBe(0);
    expect(lived(1_000)).toEqual({ value: null, absent: 'NO_RETURNS', n: 0 });
  });

  it('has no return below 50 dollars of capital, and loses at most everything', () => {
    const h = history();
    equity(h, DAY0, 40);
    equity(h, DAY0 + DAY_MS, 80);
    equity(h, DAY0 + 2 * DAY_MS, -30);
    expect(h.days.get(20_000)?.return).toBeNaN();
    expect(h.days.get(20_001)?.return).toBe(-1);
    expect(h.days.get(20_001)?.blowUps).toBe(1);
    h.flow(DAY0 + 2.5 * DAY_MS, usd(500));
    equity(h, DAY0 + 3 * DAY_MS, 480);
    expect(h.chain.lives).toBe(2);
  });

  it('checks the identity of every day and calls two failures in a hundred days unreconciled', () => {
    const h = history();
    equity(h, DAY0, 1_000);
    h.fill(fill(DAY0 + 1, 100, 1_000_000, 0, { fee: usd(0.05) }));
    h.funding(DAY0 + 2, 1, usd(-1));
    equity(h, DAY0 + DAY_MS, 1_000 - 1.05 + 30, 30);
    expect(reconciled(windowOf(h, 20_000, 20_000).totals)).toBe(true);
    equity(h, DAY0 + 2 * DAY_MS, 1_200, 30);
    expect(reconciled(windowOf(h, 20_000, 20_001).totals)).toBe(false);
    const unknown = history();
    equity(unknown, DAY0, 1_000, null);
    equity(unknown, DAY0 + DAY_MS, 1_000, null);
    expect(reconciled(windowOf(unknown, 20_000, 20_001).totals)).toBeNull();
  });
});

describe('metrics of a window', () => {
  it('answer null with a reason where nothing is known', () => {
    const w = windowOf(history(), 0, 10);
    for (const [name, m] of Object.entries({
      ...tradeMetrics(w),
      ...seriesMetrics(w),
      ...exposureMetrics(w),
    })) {
      if (['volumeUsd', 'liquidations', 'blowUps'].includes(name)) expect(m.value).toBe(0);
      else expect({ name, value: m.value }).toEqual({ name, value: null });
      if (m.value === null) expect(m.absent).not.toBeNull();
    }
  });

  it('count episodes, holds, makers, wash trades and hidden losers', () => {
    const h = history();
    equity(h, DAY0, 1_000);
    h.fill(fill(DAY0 + 1_000, 10, 1_000_000, 0, { maker: true }));
    h.fill(fill(DAY0 + 61_000, -10, 1_100_000, 10));
    h.fill(fill(DAY0 + 100_000, 10, 1_000_000, 0));
    h.fill(fill(DAY0 + 101_000, -10, 1_000_050, 10));
    h.fill(fill(DAY0 + 200_000, 10, 1_000_000, 0));
    h.mark(DAY0 + 300_000, 1, ticks(900_000));
    equity(h, DAY0 + DAY_MS, 1_000, -1);
    const w = windowOf(h, 20_000, 20_000);
    const t = tradeMetrics(w);
    expect(t.winRate.value).toBe(1);
    expect(t.profitFactor).toEqual({ value: null, absent: 'NO_LOSSES', n: 2 });
    expect(markedWinRate(h, w).value).toBeCloseTo(2 / 3, 12);
    expect(t.washShare.value).toBeCloseTo(20.0005 / 51.0005, 3);
    expect(t.makerRatio.value).toBeCloseTo(10 / 51.0005, 6);
    expect(t.fastWinShare.value).toBeGreaterThan(0);
    expect(t.shortHoldMs.value).toBeCloseTo(1_000, -2);
    expect(exposureMetrics(w).leverageInMarket.value).toBeGreaterThan(0.008);
    expect(w.totals.leverages.total).toBeCloseTo(w.totals.inMarket, 3);
  });

  it('finds what is undone at once, in however many pieces it was filled', () => {
    const washed = (...fills: readonly (readonly [ms: number, size: number, price?: number])[]): number => {
      let h = history();
      let position = 0;
      for (const [ms, size, price = 1_000_000] of fills) {
        h.fill(fill(DAY0 + ms, size, price, position));
        position += size;
        // A record that is stored between two pieces knows the first.
        const stored = JSON.parse(JSON.stringify(h.snapshot())) as ReturnType<typeof h.snapshot>;
        h = TraderHistory.restore({ slippageBp: () => 2 }, stored, h.days.values());
      }
      return tradeMetrics(windowOf(h, 20_000, 20_000)).washShare.value ?? Number.NaN;
    };
    const ten = Array.from({ length: 10 }, (_, i) => i);
    const bought = ten.map((i) => [10 * i, 1] as const);
    const sold = ten.map((i) => [1_000 + 10 * i, -1] as const);
    expect(washed(...bought, ...sold)).toBe(1);
    expect(washed([0, 10], ...sold)).toBe(1);
    expect(washed(...bought, [1_000, -10])).toBe(1);
    expect(washed(...sold.map(([ms, size]) => [ms, -size] as const), [1_500, -10])).toBe(1);
    // Bought in three pieces, of which the first is too old and the third too dear.
    expect(washed([0, 3], [1_500, 2], [1_600, 1, 1_000_200], [2_001, -6])).toBeCloseTo(4 / 12, 4);
    // Pieces are undone once only, and each piece has its own two seconds.
    expect(washed([0, 1], [100, -1], [200, -1])).toBeCloseTo(2 / 3, 12);
    expect(washed([0, 1], [1_500, 1], [3_000, 1], [4_500, -3])).toBeCloseTo(2 / 6, 12);
  });

  it('counts a liquidation once, whatever it took to close what was held', () => {
    const h = history();
    const hold = (ms: number, coin: number, size: number) =>
      h.fill(fill(DAY0 + ms, size, 1_000_000, 0, { coin }));
    const forced = (ms: number, coin: number, size: number, start: number) =>
      h.fill(fill(DAY0 + ms, size, 900_000, start, { coin, cause: 'liquidation' }));
    hold(0, 1, 100);
    hold(0, 2, 50);
    // A fifth of the first meets three makers, the second position goes with it, the rest after the cooldown.
    forced(10_000, 1, -10, 100);
    forced(10_000, 1, -5, 90);
    forced(10_000, 1, -5, 85);
    forced(10_000, 2, -50, 50);
    forced(40_000, 1, -40, 80);
    forced(95_000, 1, -40, 40);
    expect(h.liquidations).toBe(1);
    expect(h.lastLiquidation).toBe(DAY0 + 95_000);
    // A minute later it is another one, of a record that was stored in between as well.
    hold(100_000, 1, 10);
    const stored = JSON.parse(JSON.stringify(h.snapshot())) as ReturnType<typeof h.snapshot>;
    const again = TraderHistory.restore({ slippageBp: () => 2 }, stored, h.days.values());
    again.fill(fill(DAY0 + 155_001, -10, 900_000, 10, { cause: 'liquidation' }));
    expect(again.liquidations).toBe(2);
    expect(tradeMetrics(windowOf(again, 20_000, 20_000)).liquidations.value).toBe(2);
  });

  it('cuts the record at the first day whose fills are known', () => {
    const h = history();
    for (let d = 0; d <= 5; d++) equity(h, DAY0 + d * DAY_MS, 1_000 + d);
    expect(windowOf(h, 0, 20_004).complete).toBe(true);
    h.completeSince = DAY0 + 2.5 * DAY_MS;
    const w = windowOf(h, 0, 20_004);
    expect(w.complete).toBe(false);
    expect(w.knownFrom).toBe(20_003);
  });
});

describe('pages out of order', () => {
  it('holds the same rows when fills came out of order and twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(40_000)), { maxLength: 40 }),
        fc.infiniteStream(fc.nat()),
        (steps, keys) => {
          let position = 0;
          let time = DAY0;
          const fills: Fill[] = [];
          for (const [size, wait] of steps) {
            if (size === 0) continue;
            time += wait;
            fills.push(fill(time, size, 1_000_000 + wait, position));
            position += size;
          }
          const feed = (list: readonly Fill[]) => {
            const h = history();
            for (const one of list) h.fill(one);
            return h.days.get(20_000);
          };
          const mixed = [...fills, ...fills]
            .map((one) => ({ one, key: keys.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const got = feed(orderFills(mixed).fills);
          const want = feed(fills);
          expect(got?.volume).toBe(want?.volume);
          expect(got?.fills).toBe(want?.fills);
          // Inside one millisecond another order may be as good a chain: the cash is the same.
          expect(got?.broken).toBe(want?.broken);
        },
      ),
    );
  });
});
