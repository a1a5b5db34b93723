/**
 * Who must be polled after a gap of the feed: everybody whose position it made stale, page by page out of the book, so
 * that a coin with hundreds of thousands of holders holds nothing up. Pure.
 */
import { STALE } from '../domain/change_columns.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { POLL_PRIORITY, type PollRequest } from '../store/audits.ts';
import type { PositionBook } from './position_book.ts';

/** Requests of one page: some ms of the database's time. */
const PAGE = 500;
/** Slots looked at for one page: about a ms. */
const LOOKED_AT = 100_000;

export interface GapPage {
  readonly polls: readonly PollRequest[];
  /** Coins (by id) that are done with this page, up to gaps that end by then (exchange time, ms). */
  readonly done: ReadonlyMap<number, number>;
}

export interface GapPollsParts {
  readonly book: PositionBook;
  readonly coins: CoinTable;
  /** Watched traders (by id): they are asked for first. */
  readonly watched: () => ReadonlySet<number>;
}

/** One walk through all slots, for all coins that were due when it began. */
interface Pass {
  readonly coins: ReadonlyMap<number, number>;
  next: number;
  readonly end: number;
}

export class GapPolls {
  readonly #parts: GapPollsParts;
  /** By coin: end of the newest gap. */
  #due = new Map<number, number>();
  #pass: Pass | undefined;

  constructor(parts: GapPollsParts) {
    this.#parts = parts;
  }

  /** To be told after the gap was stored. */
  add(coin: number, gapEnd: number): void {
    this.#due.set(coin, Math.max(gapEnd, this.#due.get(coin) ?? 0));
  }

  /** The next page, which may ask for nobody; undefined when nobody is left. */
  next(): GapPage | undefined {
    if (this.#pass !== undefined) return this.#walk(this.#pass);
    if (this.#due.size === 0) return undefined;
    // Slots that are made from now on belong to trades after the gap.
    this.#pass = { coins: this.#due, next: 0, end: this.#parts.book.pairs.size };
    this.#due = new Map();
    const polls = this.#ofWatched(this.#pass.coins);
    return { polls, done: new Map() };
  }

  #walk(pass: Pass): GapPage {
    const polls: PollRequest[] = [];
    const until = Math.min(pass.end, pass.next + LOOKED_AT);
    while (pass.next < until && polls.length < PAGE) {
      const poll = this.#pollOf(pass.next++, pass.coins);
      if (poll !== undefined) polls.push(poll);
    }
    if (pass.next < pass.end) return { polls, done: new Map() };
    this.#pass = undefined;
    return { polls, done: pass.coins };
  }

  #ofWatched(coins: ReadonlyMap<number, number>): PollRequest[] {
    const { book, watched } = this.#parts;
    const slots = [...watched()].flatMap((trader) => [...book.slotsOf(trader)]);
    return slots.flatMap((slot) => this.#pollOf(slot, coins) ?? []);
  }

  /** One that an audit has found right since needs no other. */
  #pollOf(slot: number, among: ReadonlyMap<number, number>): PollRequest | undefined {
    const { book, coins, watched } = this.#parts;
    const coin = book.pairs.coinOf(slot);
    if (!among.has(coin) || book.knownOf(slot) !== STALE || book.state(slot).size === 0) return undefined;
    const dex = coins.byId(coin)?.dex;
    if (dex === undefined) return undefined;
    const traderId = book.pairs.traderOf(slot);
    const priority = watched().has(traderId) ? POLL_PRIORITY.watchedAnomaly : POLL_PRIORITY.stale;
    return { traderId, dex, priority, reason: 'feed gap' };
  }
}
