/** The data behind the fixture server: traders and trades that move four times a second, from one seed. */
import type { Stats } from '../../src/contract/stats.ts';
import type { TraderDetail, TraderList, TraderRow } from '../../src/contract/traders.ts';
import type { Trade } from '../../src/contract/trades.ts';
import type { ServerMessage } from '../../src/contract/updates.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { FixturePositions } from './fixture_positions.ts';

type TraderFrame = Extract<ServerMessage, { type: 'traders' }>;

export interface FixtureTick {
  readonly trades: Trade[];
  readonly traders: TraderFrame;
}

const COINS: readonly (readonly [string, number, number])[] = [
  ['BTC', 64_213, 5],
  ['ETH', 3_412.5, 4],
  ['SOL', 151.23, 2],
  ['HYPE', 38.412, 2],
  ['DOGE', 0.16123, 0],
  ['kPEPE', 0.010234, 0],
  ['AVAX', 27.41, 2],
  ['xyz:CL', 71.32, 3],
  ['xyz:XYZ100', 24_661, 4],
];

const random = seededRandom('fixture');
const hex = (digits: number): string => {
  let text = '';
  while (text.length < digits) text += random.int(16).toString(16);
  return text;
};
const cell = (value: number) => ({
  v: String(value),
  state: value === 0 ? ('zero' as const) : ('ok' as const),
});

export class FixtureWorld {
  version = '';
  /** Name of a service that stopped reporting. */
  silent: string | null = null;
  /** Gaps in the feed of the last day. */
  gaps = 1;
  readonly rows: TraderRow[] = [];
  readonly book = new FixturePositions();
  readonly #byAddress = new Map<string, TraderRow>();
  readonly #trades: Trade[] = [];
  readonly #listeners = new Set<(tick: FixtureTick) => void>();
  #timer: NodeJS.Timeout | null = null;
  #count = 1_284_112;
  readonly #startedAt = Date.now() - 7_854_000;

  constructor(traders = 1_200) {
    for (let i = 0; i < traders; i++) this.#discover(Date.now() - random.int(80_000_000));
    for (let i = 0; i < 4_000; i++) {
      const trader = this.rows[random.int(60)];
      if (trader) this.book.change(trader.address, Date.now() - (4_000 - i) * 150_000);
    }
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), 250);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  onTick(run: (tick: FixtureTick) => void): () => void {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  hello(): ServerMessage {
    const { serverTime, network, simulated, world, log, version } = this.stats();
    return { type: 'hello', serverTime, version, network, simulated, world, log, pingEveryMs: 10_000 };
  }

  recent(limit: number): Trade[] {
    return this.#trades.slice(-limit).reverse();
  }

  detail(address: string): TraderDetail | null {
    const row = this.#byAddress.get(address);
    return row === undefined ? null : { ...row, coins: COINS.slice(0, row.coinCount).map(([coin]) => coin) };
  }

  /** @returns false for an unknown address. */
  watch(address: string, watched: boolean): boolean {
    const row = this.#byAddress.get(address);
    if (row !== undefined) row.watched = watched;
    return row !== undefined;
  }

  list(query: URLSearchParams): TraderList {
    const sort = query.get('sort') ?? 'lastSeen';
    const descending = (query.get('order') ?? 'desc') === 'desc';
    const value = (row: TraderRow): number | string =>
      sort === 'trades'
        ? row.tradeCount
        : sort === 'notional'
          ? Number(row.notionalUsd)
          : sort === 'address'
            ? row.address
            : sort === 'firstSeen'
              ? row.firstSeenAt
              : row.lastSeenAt;
    const start = query.get('search') ?? '';
    const rows = this.rows
      .filter((row) => row.address.startsWith(start))
      .sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (descending ? -1 : 1));
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    const next = from + limit < rows.length ? String(from + limit) : null;
    return { items: rows.slice(from, from + limit), nextCursor: next, total: this.rows.length };
  }

  stats(): Stats {
    const now = Date.now();
    const service = (name: string, index: number, state: Stats['services'][number]['state'] = 'ready') => ({
      name,
      role: name,
      host: 'localhost',
      pid: 4_210 + index * 7,
      state: name === this.silent ? ('silent' as const) : state,
      startedAt: this.#startedAt + index * 400,
      uptimeMs: now - this.#startedAt - index * 400,
      restarts: name === 'stream' ? 1 : 0,
      memoryBytes: 61_000_000 + index * 23_500_000,
      reportedAt: now - 300,
      message: null,
    });
    return {
      serverTime: now,
      version: this.version,
      network: 'simulator',
      simulated: true,
      world: 'fixture',
      traders: {
        total: this.rows.length,
        newLastMinute: 14,
        newLastHour: 812,
        perMinute: cell(Number((12 + random.next() * 4).toFixed(1))),
      },
      trades: { total: this.#count, perSecond: cell(Number((18 + random.next() * 8).toFixed(1))) },
      coins: { listed: 42, active: COINS.length },
      feed: {
        state: 'live',
        lastTradeAt: now - 240,
        dataAgeMs: 180 + random.int(500),
        connections: 2,
        connectionsUp: 2,
        subscriptions: 42,
        reconnects: 1,
        duplicates: 61,
        lagMs: cell(184),
        gapsLastDay: this.gaps,
      },
      weight: [
        {
          egress: 'default',
          used: 742,
          limit: 1_200,
          windowMs: 60_000,
          lanes: [
            { lane: 'audit', used: 212 },
            { lane: 'sweep', used: 510 },
            { lane: 'history', used: 20 },
          ],
          asOf: now,
        },
      ],
      log: this.book.place(),
      services: ['database', 'simulator', 'stream', 'worker', 'scheduler', 'api'].map((name, i) =>
        service(name, i),
      ),
    } as Stats;
  }

  #discover(at: number): TraderRow {
    const row: TraderRow = {
      address: `0x${hex(40)}`,
      firstSeenAt: at - random.int(3_600_000),
      lastSeenAt: at,
      tradeCount: 1 + random.int(900),
      notionalUsd: (random.next() ** 4 * 4_000_000).toFixed(2),
      coinCount: 1 + random.int(COINS.length),
      lastTrackedAt: random.next() < 0.3 ? null : at - random.int(600_000),
      watched: false,
    };
    this.rows.push(row);
    this.#byAddress.set(row.address, row);
    return row;
  }

  #trade(now: number): Trade {
    const [coin, base, decimals] = COINS[random.int(COINS.length)] ?? ['BTC', 1, 5];
    const size = (random.next() * (2_000 / base)).toFixed(decimals);
    const price = Number((base * (1 + (random.next() - 0.5) / 500)).toPrecision(5));
    this.#count += 1;
    const pick = () => this.rows[random.int(this.rows.length)]?.address ?? '';
    return {
      coin,
      tradeId: this.#count,
      time: now,
      price: String(price),
      size,
      notionalUsd: (price * Number(size)).toFixed(6),
      side: random.next() < 0.5 ? 'buy' : 'sell',
      buyer: pick(),
      seller: pick(),
    };
  }

  #tick(): void {
    const now = Date.now();
    const trades = Array.from({ length: 3 + random.int(4) }, () => this.#trade(now - random.int(200)));
    this.#trades.push(...trades);
    const fresh = random.next() < 0.3 ? [this.#discover(now)] : [];
    const touched = new Map<string, TraderRow>();
    for (const trade of trades) {
      for (const address of [trade.buyer, trade.seller]) {
        const row = this.#byAddress.get(address);
        if (row === undefined) continue;
        row.lastSeenAt = trade.time;
        row.tradeCount += 1;
        row.notionalUsd = (Number(row.notionalUsd) + Number(trade.notionalUsd)).toFixed(2);
        touched.set(address, { ...row });
      }
    }
    for (const row of fresh) touched.set(row.address, row);
    const traders: TraderFrame = {
      type: 'traders',
      items: [...touched.values()],
      fresh: fresh.length,
      total: this.rows.length,
      skipped: 0,
    };
    for (const run of this.#listeners) run({ trades, traders });
    const mover = this.rows[random.int(60)];
    if (mover) this.book.change(mover.address, now);
  }
}
