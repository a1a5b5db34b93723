/** Positions, their changes, account values and the system report of the fixture server. */
import type { ChangeKind, Position, PositionChange } from '../../src/contract/positions.ts';
import type { ChangeFilter, ServerMessage } from '../../src/contract/updates.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { SystemReport } from '../../src/web/api/system_report.ts';

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
}

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

  /** Newest first. */
  events(trader: string): PositionChange[] {
    return this.#log.filter((change) => change.trader === trader).reverse();
  }

  place(): { epoch: number; offset: number } {
    return { epoch: 1, offset: this.#offset };
  }

  /** @returns the way to stop. */
  follow(id: string, filter: ChangeFilter, send: Send): () => void {
    const channel = `changes:${JSON.stringify(filter)}`;
    const follower = { channel, filter, send };
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

  /** One change of one trader at `time`, sent to those who follow it. */
  change(trader: string, time: number): void {
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
      committedAt: time + 60 + random.int(180),
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
    for (const { channel, filter, send } of this.#followers) {
      if (!matches(change, filter)) continue;
      const { epoch, offset } = change;
      send({ type: 'changes', channel, epoch, after: offset - 1, upto: offset, items: [change] });
    }
  }
}

/** Audits of two weeks, with a day in the middle that nobody looked. */
export function accountValues(now: number): { time: number; accountValueUsd: string }[] {
  const walk = seededRandom('values');
  let value = 48_200;
  return Array.from({ length: 336 }, (_, hour) => {
    value *= 1 + (walk.next() - 0.485) / 45;
    return { time: now - (336 - hour) * 3_600_000, accountValueUsd: value.toFixed(2) };
  }).filter((_, hour) => hour < 150 || hour > 174);
}

export function systemReport(traders: number): SystemReport {
  const shares = [0.31, 0.22, 0.14, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.02];
  return {
    tracking: {
      positions: 3_418,
      known: { exact: 2_904, estimated: 431, stale: 71, quarantined: 12 },
      changesPerSecond: cell(6.4),
      commitLagMs: { p50: cell(142), p99: cell(281) },
      drift: cell(3.1),
      auditSuccess: cell(0.9984),
    },
    sweep: {
      bins: shares.map((share, index) => ({
        upToMs: index === shares.length - 1 ? null : (index + 1) * 30_000,
        traders: Math.round(share * traders),
      })),
      oldestMs: cell(412_000),
      p95Ms: cell(238_000),
    },
    queues: [{ name: 'autotrade', waiting: 3, active: 1, delayed: 2, failed: 0, oldestMs: 840 }],
    tasks: [
      {
        name: 'track-traders-batch',
        everyMs: 75_000,
        lastStartedAt: Date.now() - 31_000,
        lastDurationMs: 28_400,
        lastOutcome: 'succeeded',
        lastError: null,
      },
      {
        name: 'calculate-leaderboard',
        everyMs: 600_000,
        lastStartedAt: Date.now() - 202_000,
        lastDurationMs: 1_840,
        lastOutcome: 'failed',
        lastError: 'no metrics yet',
      },
    ],
  };
}
