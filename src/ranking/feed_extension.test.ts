import { describe, expect, it } from 'vitest';
import type { Fill } from '../domain/episodes/fill.ts';
import { DAY_MS } from '../domain/metrics/day.ts';
import { TraderHistory } from '../domain/metrics/history.ts';
import { lots, type MicroUsd, microUsd, type Ticks, ticks } from '../domain/money.ts';
import { extendByFeed, type Seen, type SeenFill } from './feed_extension.ts';
import { type AccountState, Replay } from './replay.ts';

const START = 20_000 * DAY_MS;
const HOUR = 3_600_000;
const USD = 1_000_000;
const BORDER = START + 2 * DAY_MS;

/** Takers pay 4.5 bp: 0.045 USD of 100. */
const fillAt = (time: number, size: number, price: number, start: number): Fill => ({
  time,
  coin: 1,
  tradeId: time,
  orderId: time,
  size: lots(size),
  price: ticks(price * USD),
  startPosition: lots(start),
  fee: microUsd(Math.round(Math.abs(size) * price * USD * 4.5e-4)),
  closedPnl: null,
  maker: false,
  twapId: null,
  cause: 'order',
});
const seenOf = ({ time, coin, tradeId, size, price, maker }: Fill): SeenFill => ({
  time,
  coin,
  tradeId,
  size,
  price,
  maker,
});
const markAt = (_coin: number, time: number): Ticks => ticks((time < BORDER ? 100 : 110) * USD);
const fresh = () => new TraderHistory({ slippageBp: () => 2 });

/** 1,000 USD in, 2 coins bought at 100 before the border; after it 1 is sold at 110 and funding of 1 bp is paid. */
const before = fillAt(START + HOUR, 2, 100, 0);
const after = fillAt(BORDER + HOUR, -1, 110, 2);
const funding = { time: BORDER + 2 * HOUR, coin: 1, rate: 1e-4 };
const paid = -110 * USD * 1e-4;
const deposit = { time: START, amount: (1_000 * USD) as MicroUsd };
const cashAtBorder = 1_000 * USD - 200 * USD - before.fee;
const cashAtEnd = cashAtBorder + 110 * USD - after.fee + paid;

const stateAt = (time: number, cash: number, size: number, entry: number): AccountState => ({
  time,
  cash,
  equity: cash + size * 110 * USD,
  unrealised: size * (110 - entry) * USD,
  positions: new Map([[1, size]]),
});
const END = stateAt(BORDER + DAY_MS + HOUR, cashAtEnd, 1, 100);

function recordAtBorder() {
  const history = fresh();
  const state = stateAt(BORDER, cashAtBorder, 2, 100);
  new Replay(history, {
    from: START - DAY_MS,
    fills: [before],
    fundings: [],
    takeovers: [],
    flows: [deposit],
    state,
    checks: [],
    markAt,
  }).run();
  return { history, cash: cashAtBorder };
}

const seen = (more: Partial<Seen> = {}): Seen => ({
  from: BORDER,
  fills: [seenOf(after)],
  funding: [funding],
  state: END,
  markAt,
  ...more,
});

describe('a record carried on by the feed', () => {
  it('is what the venue would have told, to the micro-dollar', () => {
    const carried = extendByFeed(recordAtBorder(), seen());
    if (typeof carried === 'string') throw new Error(carried);
    const asked = recordAtBorder().history;
    new Replay(asked, {
      from: BORDER,
      fills: [after],
      fundings: [{ time: funding.time, coin: 1, amount: microUsd(paid) }],
      takeovers: [],
      flows: [],
      state: END,
      checks: [],
      markAt,
    }).run();
    expect([...carried.history.days.values()]).toEqual([...asked.days.values()]);
    expect(carried.cash).toBe(cashAtEnd);
    expect(carried.history.lastFill).toBe(after.time);
  });

  it('knows what this trader pays: a rebate is not charged as a fee', () => {
    const cheap = recordAtBorder();
    for (const row of cheap.history.days.values()) row.fees = -row.fees;
    const state = stateAt(END.time, cashAtBorder + 110 * USD + after.fee + paid, 1, 100);
    expect(extendByFeed(cheap, seen({ state }))).toMatchObject({ cash: state.cash });
  });

  it('is refused where a trade is missing', () => {
    expect(extendByFeed(recordAtBorder(), seen({ fills: [] }))).toBe('POSITIONS');
  });

  it('is refused where money came or went', () => {
    const state = { ...END, cash: END.cash + 25 * USD, equity: END.equity + 25 * USD };
    expect(extendByFeed(recordAtBorder(), seen({ state }))).toBe('MONEY');
  });
});
