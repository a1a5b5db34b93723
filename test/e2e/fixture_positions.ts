/** Positions, their changes, account values and the system report of the fixture server. */
import type { AccountValue } from '../../src/contract/account_value.ts';
import type { CoinList } from '../../src/contract/coins.ts';
import type { ChangeKind, Position, PositionChange } from '../../src/contract/positions.ts';
import type { System } from '../../src/contract/system.ts';
import type { ChangeFilter, ServerMessage } from '../../src/contract/updates.ts';
import { seededRandom } from '../../src/runtime/random.ts';

const COINS = [
  ['BTC', 64_213],
  ['ETH', 3_412.5],
  ['SOL', 151.23],
  ['HYPE', 38.412],
  ['xyz:CL', 71.32],
] as const;
const KNOWN = ['exact', 'exact', 'exact', 'estimated', 'stale', 'quarantined'] as const;

const random = seededRandom('positions');
const cell = (value: number | string) => ({ v: String(value), state: 'ok' as const });
const decimal = (value: number): string => String(Number(value.toFixed(4)));

type Send = (message: ServerMessage) => void;

interface Follower {
  readonly channel: string;
  readonly filter: ChangeFilter;
  readonly send: Send;
  /** Last offset that it was told of. */
  upto: number;
}

export const channelOf = (filter: ChangeFilter): string => `changes:${JSON.stringify(filter)}`;

const matches = (change: PositionChange, filter: ChangeFilter): boolean =>
  (filter.trader === undefined || filter.trader === change.trader) &&
  (filter.coin === undefined || filter.coin === change.coin) &&
  (filter.kinds === undefined || filter.kinds.includes(change.kind));

const kindOf = (before: number, after: number): ChangeKind => {
  if (before === 0) return 'opened';
  if (after === 0) return 'closed';
  if (before > 0 !== after > 0) return 'flipped';
  return Math.abs(after) > Math.abs(before) ? 'increased' : 'reduced';
};

export class FixturePositions {
  readonly #book = new Map<string, Map<string, Position>>();
  readonly #log: PositionChange[] = [];
  readonly #followers = new Set<Follower>();
  #offset = 18_400;

  positions(trader: string): Position[] {
    return [...(this.#book.get(trader)?.values() ?? [])].sort((a, b) => a.coin.localeCompare(b.coin));
  }

  /** Changes how all positions of a trader are known: no event says so. */
  mark(trader: string, known: Position['known']): void {
    const held = this.#book.get(trader) ?? new Map<string, Position>();
    for (const [coin, position] of held) held.set(coin, { ...position, known });
  }

  /** Newest first. */
  events(trader: string): PositionChange[] {
    return this.#log.filter((change) => change.trader === trader).reverse();
  }

  place(): { epoch: number; offset: number } {
    return { epoch: 1, offset: this.#offset };
  }

  /** @returns the way to stop. */
  follow(id: string, filter: ChangeFilter, send: Send): () => void {
    const channel = channelOf(filter);
    const follower: Follower = { channel, filter, send, upto: this.#offset };
    send({ type: 'followed', id, channel, filter });
    send({
      type: 'snapshot',
      channel,
      at: this.place(),
      positions: filter.trader === undefined ? null : this.positions(filter.trader),
      recent: this.#log.filter((change) => matches(change, filter)).slice(-100),
    });
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** One change of one trader at `time`, committed `delayMs` later, sent to those who follow it. */
  change(trader: string, time: number, delayMs = 60 + random.int(180)): void {
    const [coin, base] = COINS[random.int(COINS.length)] ?? COINS[0];
    const book = this.#book.get(trader) ?? new Map<string, Position>();
    this.#book.set(trader, book);
    const held = book.get(coin);
    const before = Number(held?.size ?? 0);
    const step = ((0.2 + random.next()) * 30_000) / base;
    const after = before !== 0 && random.next() < 0.3 ? 0 : before + (random.next() < 0.5 ? -step : step);
    const price = Number((base * (1 + (random.next() - 0.5) / 100)).toPrecision(5));
    const known = KNOWN[random.int(KNOWN.length)] ?? 'exact';
    const change: PositionChange = {
      epoch: 1,
      offset: ++this.#offset,
      trader,
      coin,
      kind: kindOf(before, after),
      cause: 'trades',
      sizeBefore: decimal(before),
      sizeAfter: decimal(after),
      price: String(price),
      notionalUsd: decimal(Math.abs(after - before) * price),
      realisedPnlUsd:
        Math.abs(after) < Math.abs(before)
          ? cell(decimal((random.next() - 0.45) * 800))
          : { v: null, state: 'na' },
      known,
      tradeIds: [this.#offset],
      exchangeTime: time,
      receivedAt: time + 40,
      committedAt: time + delayMs,
    };
    if (after === 0) book.delete(coin);
    else book.set(coin, this.#position(change, held));
    this.#log.push(change);
    if (this.#log.length > 20_000) this.#log.splice(0, 10_000);
    this.#tell(change);
  }

  #position(change: PositionChange, held: Position | undefined): Position {
    return {
      coin: change.coin,
      size: change.sizeAfter,
      entryPrice:
        change.known === 'estimated'
          ? { v: null, state: 'unknown', reason: 'never seeded' }
          : cell(change.price ?? '0'),
      realisedPnlUsd: cell(decimal((random.next() - 0.4) * 2_000)),
      known: change.known,
      openedAt: held?.openedAt ?? change.exchangeTime,
      changedAt: change.exchangeTime,
      verifiedAt: change.known === 'exact' ? change.exchangeTime - 4_000 : null,
    };
  }

  #tell(change: PositionChange): void {
    for (const follower of this.#followers) {
      const { channel, filter, send, upto: after } = follower;
      if (!matches(change, filter)) continue;
      const { epoch, offset } = change;
      follower.upto = offset;
      send({ type: 'changes', channel, epoch, after, upto: offset, items: [change] });
    }
  }
}

/** Audits of two weeks, with a day in the middle that nobody looked. */
export function accountValue(now: number): AccountValue {
  const walk = seededRandom('values');
  let value = 48_200;
  const points = Array.from({ length: 336 }, (_, hour) => {
    value *= 1 + (walk.next() - 0.485) / 45;
    return { time: now - (336 - hour) * 3_600_000, accountValueUsd: value.toFixed(2), notionalUsd: '0' };
  }).filter((_, hour) => hour < 150 || hour > 174);
  return { from: now - 30 * 86_400_000, to: now, series: [{ dex: '', covers: 'dex', points }] };
}

const task = (name: string, agoMs: number, durationMs: number, error: string | null) => ({
  task: name,
  startedAt: Date.now() - agoMs,
  durationMs,
  outcome: error === null ? ('succeeded' as const) : ('failed' as const),
  attempt: error === null ? 1 : 3,
  worker: 'worker',
  result: null,
  error,
});

/** Decimals as the real venue gives them. */
export const COIN_LIST: CoinList = {
  items: [
    ['BTC', 5],
    ['ETH', 4],
    ['SOL', 2],
    ['HYPE', 2],
    ['xyz:CL', 3],
  ].map(([coin, sizeDecimals]) => ({
    coin: String(coin),
    sizeDecimals: Number(sizeDecimals),
    maxLeverage: 20,
    delisted: false,
  })),
};

export function systemReport(traders: number, someone: string): System {
  const now = Date.now();
  const shares = [0.31, 0.22, 0.14, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.02];
  return {
    serverTime: now,
    weight: [],
    figures: {
      lag: {
        commit: { p50: cell(142), p99: cell(381) },
        send: { p50: cell(9), p99: cell(41) },
        total: { p50: cell(156), p99: cell(402) },
      },
      changesPerSecond: cell('31.4'),
      tracking: { polls: cell(1_284), successRate: cell('0.9977') },
      refused: { v: '0', state: 'zero' },
      book: { pairs: cell(9_120), open: cell(3_418) },
    },
    sweep: {
      tracked: traders - 41,
      never: 41,
      oldestAt: now - 412_000,
      p95AgeMs: cell(238_000),
      ages: shares.map((share, index) => ({
        upToMs: index === shares.length - 1 ? null : (index + 1) * 30_000,
        traders: Math.round(share * (traders - 41)),
      })),
      waiting: 7,
      asOf: now,
    },
    known: [
      { known: 'exact', positions: 2_904 },
      { known: 'estimated', positions: 431 },
      { known: 'stale', positions: 71 },
      { known: 'quarantined', positions: 12 },
    ],
    tasks: [
      task('track-traders-batch', 31_000, 28_400, null),
      task('calculate-leaderboard', 202_000, 1_840, 'no metrics yet'),
    ],
    queues: [{ queue: 'autotrade', waiting: 3, active: 1, delayed: 2, failed: 0 }],
    gaps: [
      {
        coin: 'BTC',
        from: now - 7_210_000,
        to: now - 7_204_000,
        reason: 'reconnect',
        recordedAt: now - 7_203_000,
      },
    ],
    drift: [
      {
        trader: someone,
        coin: 'ETH',
        bookSize: '1.5',
        venueSize: '1.25',
        known: 'exact',
        cause: 'missed_trades',
        at: now - 900_000,
        recordedAt: now - 899_000,
      },
    ],
    audits: { lastDay: 31_204, driftLastDay: 1, driftPer100k: cell(3.2) },
  };
}
