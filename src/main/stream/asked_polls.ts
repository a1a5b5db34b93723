/** Who is to be polled because of what the trades showed; what an audit asks for is its own. */
import { type ChangeColumns, ESTIMATED, STALE } from '../../domain/change_columns.ts';
import type { CoinTable } from '../../domain/listed_coin.ts';
import { POLL_PRIORITY, type PollRequest } from '../../store/audits.ts';
import type { PositionBook } from '../../tracking/position_book.ts';
import type { TraderDexs } from '../../tracking/trader_dexs.ts';
import { UnseededPolls } from '../../tracking/unseeded_polls.ts';

export interface AskedPollsOptions {
  readonly book: PositionBook;
  readonly coins: CoinTable;
  readonly dexs: TraderDexs;
  readonly isWatched: (trader: number) => boolean;
}

export class AskedPolls {
  readonly #options: AskedPollsOptions;
  readonly #unseeded = new UnseededPolls();

  constructor(options: AskedPollsOptions) {
    this.#options = options;
  }

  seeded(trader: number, dex: string): void {
    this.#unseeded.seeded(trader, dex);
  }

  /** The holder of one position; nobody where the dex of its coin is not known. */
  of(slot: number, priority: number, reason: string): PollRequest[] {
    const { book, coins, isWatched } = this.#options;
    const traderId = book.pairs.traderOf(slot);
    const dex = coins.byId(book.pairs.coinOf(slot))?.dex;
    const first = isWatched(traderId) ? POLL_PRIORITY.watchedAnomaly : priority;
    return dex === undefined ? [] : [{ traderId, dex, priority: first, reason }];
  }

  /** Active traders that no snapshot vouches for yet, and holders of slots that only another audit can tell about. */
  since(changes: ChangeColumns, doubtful: readonly number[], now: number): PollRequest[] {
    const polls: PollRequest[] = [];
    for (let at = 0; at < changes.length; at++) {
      const slot = changes.slot[at] as number;
      if (this.#isUnseeded(changes, at, now))
        polls.push(...this.of(slot, POLL_PRIORITY.unseeded, 'unseeded'));
    }
    for (const slot of doubtful) polls.push(...this.of(slot, POLL_PRIORITY.ambiguous, 'same_millisecond'));
    return polls;
  }

  #isUnseeded(changes: ChangeColumns, at: number, now: number): boolean {
    // The first change of a position that should have been followed before: no gap has asked for its audit.
    const isNewAndStale = changes.known[at] === STALE && changes.episode[at] === 1;
    if (changes.known[at] !== ESTIMATED && !isNewAndStale) return false;
    const { book, coins, dexs } = this.#options;
    const slot = changes.slot[at] as number;
    const trader = book.pairs.traderOf(slot);
    const dex = coins.byId(book.pairs.coinOf(slot))?.dex;
    if (dex === undefined) return false;
    if (!isNewAndStale && dexs.get(trader, dex) !== undefined) return false;
    return this.#unseeded.ask(trader, dex, now);
  }
}
