/**
 * The live tape and the traders that it touches: follows the committed trades by their sequence number while anybody
 * listens, and costs nothing while nobody does. Both are views of now: at a rate beyond what a person can read,
 * the newest are shown and the others counted.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Queryable } from '../../store/database.ts';
import type { NewsListener } from '../../store/news.ts';
import { readTradersById } from '../../store/read_traders.ts';
import { readTradesAfter, type TradeView } from '../../store/read_trades.ts';
import type { StatsCollector } from '../stats.ts';
import { tradeRow, traderRow } from '../views.ts';
import type { UpdatesHub } from './hub.ts';

const TRADES_PER_FRAME = 100;
const TRADERS_PER_FRAME = 100;
/** Frames at most this often, however often the store commits. */
const TRADES_EVERY_MS = 100;
const TRADERS_EVERY_MS = 500;
/** Of the traders touched between two frames, how many are remembered. */
const MAX_TOUCHED = 5_000;

export interface TapeOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly news: Pick<NewsListener, 'subscribe'>;
  readonly hub: UpdatesHub;
  readonly stats: StatsCollector;
}

export class Tape {
  readonly #options: TapeOptions;
  readonly #unsubscribe: () => void;
  readonly #timer: Timer;
  /** Sequence number that the tape has reached; undefined while nobody listens. */
  #seq: number | undefined;
  #nextTradesAt = 0;
  readonly #touched = new Set<number>();
  #skippedTraders = 0;
  #shownTraders: number | undefined;
  #failing = false;

  constructor(options: TapeOptions) {
    this.#options = options;
    this.#unsubscribe = options.news.subscribe('trades', () => this.#followTrades());
    this.#timer = options.clock.every(TRADERS_EVERY_MS, () => void this.#showTraders(), { background: true });
  }

  stop(): void {
    this.#unsubscribe();
    this.#timer.cancel();
  }

  /** Called for every commit of trades and once a second; calls never overlap. */
  async #followTrades(): Promise<void> {
    const { hub, clock, stats, db } = this.#options;
    if (hub.listeners('trades') + hub.listeners('traders') === 0) {
      this.#seq = undefined;
      return;
    }
    const wait = this.#nextTradesAt - clock.monotonic();
    if (wait > 0) await clock.sleep(wait);
    this.#nextTradesAt = clock.monotonic() + TRADES_EVERY_MS;
    this.#seq ??= Math.max(0, (stats.current?.trades.total ?? 0) - TRADES_PER_FRAME);
    const trades = await readTradesAfter(db, this.#seq, TRADES_PER_FRAME);
    const last = trades.at(-1);
    if (last === undefined) return;
    const skipped = last.seq - this.#seq - trades.length;
    this.#seq = last.seq;
    for (const trade of trades) this.#touch(trade);
    hub.publish('trades', { type: 'trades', items: trades.map(tradeRow), skipped: Math.max(0, skipped) });
  }

  #touch(trade: TradeView): void {
    for (const id of [trade.buyerId, trade.sellerId]) {
      if (this.#touched.size < MAX_TOUCHED) this.#touched.add(id);
      else if (!this.#touched.has(id)) this.#skippedTraders++;
    }
  }

  async #showTraders(): Promise<void> {
    const { hub, stats, db, log } = this.#options;
    const total = stats.current?.traders.total ?? 0;
    const known = this.#shownTraders ?? total;
    if (hub.listeners('traders') === 0) {
      this.#touched.clear();
      this.#shownTraders = undefined;
      return;
    }
    if (this.#touched.size === 0 && total === known) return;
    const ids = [...this.#touched];
    this.#touched.clear();
    const wanted = ids.slice(-TRADERS_PER_FRAME);
    const skipped = ids.length - wanted.length + this.#skippedTraders;
    this.#skippedTraders = 0;
    this.#shownTraders = total;
    try {
      const rows = await readTradersById(db, wanted);
      this.#failing = false;
      hub.publish('traders', {
        type: 'traders',
        items: rows.map(traderRow),
        fresh: Math.max(0, total - known),
        total,
        skipped,
      });
    } catch (error) {
      if (!this.#failing) log.warn({ error: errorMessage(error) }, 'cannot read the traders that changed');
      this.#failing = true;
    }
  }
}
