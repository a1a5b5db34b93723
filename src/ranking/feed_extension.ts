/**
 * A record carried on by what the feed has shown since the venue was last asked. Pure. Trades are exact; fees are at
 * the trader's own rates, funding at the venue's hourly ones. It holds only if the account value that came in by the
 * rotation is explained to the dollar (or ten basis points): a deposit or a missed trade is never guessed at.
 */
import type { Fill } from '../domain/episodes/fill.ts';
import { type DayRow, dayOf } from '../domain/metrics/day.ts';
import { type Lots, lots, type MicroUsd, microUsd, type Ticks } from '../domain/money.ts';
import type { FundingPayment } from '../hyperliquid/venue_history.ts';
import type { TraderRecord } from './record.ts';
import { type AccountState, type MarkAt, type Past, Replay } from './replay.ts';

/** Base tier of the venue, fractions of notional: what a trader pays is measured against it. */
const TAKER = 4.5e-4;
const MAKER = 1.5e-4;
const FEE_DAYS = 30;
/** Part of a step that money may differ by, micro-USD or fraction of the account. */
const LEAST_DIFFERENCE = 1e6;
const DIFFERENCE = 1e-3;

/** A trade that the feed showed, from the trader's side. */
export interface SeenFill {
  readonly time: number;
  readonly coin: number;
  readonly tradeId: number;
  /** Signed. */
  readonly size: Lots;
  readonly price: Ticks;
  readonly maker: boolean;
}

/** A rate that was paid: longs pay `rate` of their position's value. */
export interface SeenFunding {
  readonly time: number;
  readonly coin: number;
  readonly rate: number;
}

export interface Seen {
  /** The record reaches up to here, ms UTC. */
  readonly from: number;
  readonly fills: readonly SeenFill[];
  /** Of every coin held in between, oldest first. */
  readonly funding: readonly SeenFunding[];
  readonly state: AccountState;
  readonly markAt: MarkAt;
  /** See Past. */
  readonly onFill?: Past['onFill'];
}

/** POSITIONS: trades do not lead from the record to what is held; MONEY: the account value is not explained. */
export type NotExplained = 'POSITIONS' | 'MONEY';

/** Carries the record on in place. A refusal leaves it half changed: it is not to be used then. */
export function extendByFeed(record: TraderRecord, seen: Seen): TraderRecord | NotExplained {
  const { history } = record;
  const fills = chained(record, seen);
  if (fills === null) return 'POSITIONS';
  const past = {
    from: seen.from,
    fills,
    fundings: payments(record, seen),
    flows: [],
    takeovers: [],
    state: seen.state,
    checks: [],
    markAt: seen.markAt,
    ...(seen.onFill === undefined ? {} : { onFill: seen.onFill }),
  };
  const { cashBefore } = new Replay(history, past).run();
  const allowed = Math.max(LEAST_DIFFERENCE, DIFFERENCE * Math.abs(seen.state.equity));
  if (!(Math.abs(cashBefore - record.cash) <= allowed)) return 'MONEY';
  return { history, cash: seen.state.cash };
}

/** The trades as fills; null when they do not lead to what is held. */
function chained({ history }: TraderRecord, { fills, state }: Seen): Fill[] | null {
  const rate = feeFactor(history.days, dayOf(state.time));
  const sizes = new Map<number, number>();
  const size = (coin: number): number => sizes.get(coin) ?? history.book.size(coin);
  const out = fills.map((fill): Fill => {
    const startPosition = size(fill.coin);
    sizes.set(fill.coin, startPosition + fill.size);
    const notional = Math.abs(fill.size) * fill.price;
    return {
      ...fill,
      // Trades of a coin in one block come of one order.
      orderId: fill.time,
      startPosition: lots(startPosition),
      fee: microUsd(Math.round(notional * rate * (fill.maker ? MAKER : TAKER))),
      closedPnl: null,
      twapId: null,
      cause: 'order',
    };
  });
  const held = [...history.book.openPositions()].map(({ coin }) => coin);
  for (const coin of new Set([...sizes.keys(), ...held, ...state.positions.keys()])) {
    if (size(coin) !== (state.positions.get(coin) ?? 0)) return null;
  }
  return out;
}

/** What the trader paid of late over what the base tier would have paid; 1 when it has not traded. */
function feeFactor(days: ReadonlyMap<number, DayRow>, today: number): number {
  let paid = 0;
  let base = 0;
  for (const row of days.values()) {
    if (row.day < today - FEE_DAYS) continue;
    paid += row.fees;
    base += row.makerVolume * MAKER + (row.volume - row.makerVolume) * TAKER;
  }
  return base > 0 ? paid / base : 1;
}

/** Funding of what was held at each payment, at the price of that hour. */
function payments({ history }: TraderRecord, { fills, funding, markAt }: Seen): FundingPayment[] {
  const sizes = new Map<number, number>();
  let next = 0;
  const out: FundingPayment[] = [];
  for (const { time, coin, rate } of [...funding].sort((a, b) => a.time - b.time)) {
    for (let fill = fills[next]; fill !== undefined && fill.time <= time; fill = fills[++next]) {
      sizes.set(fill.coin, (sizes.get(fill.coin) ?? history.book.size(fill.coin)) + fill.size);
    }
    const held = sizes.get(coin) ?? history.book.size(coin);
    const price = markAt(coin, time);
    if (held === 0 || price === null) continue;
    out.push({ time, coin, amount: microUsd(Math.round(-held * price * rate)) as MicroUsd });
  }
  return out;
}
