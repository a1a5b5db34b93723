/** What a sweep does next: urgent requests, then requests and the rotation by turns, pages claimed ahead of need. */
import { parseAddress } from '../domain/address.ts';
import { FIRST_DEX } from '../domain/coin.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ClaimedRequest, ClaimedTurn, TrackingLease } from '../store/tracking_turns.ts';
import { isUrgent, type Poll } from './poll.ts';
import { isLeaseLost, type RunLease } from './run_lease.ts';
import type { TrackingStore } from './tracking_store.ts';

/** Requests that one run holds at most: the rest wait where others see them. */
const REQUESTS_AHEAD = 16;
/**
 * A page is what the run takes in this time: what it holds waits for it alone, and a trader must not wait longer for
 * having been claimed by one of many.
 */
const PAGE_MS = 2_000;
/** As measured over this: long enough that the burst after a change of runs does not look like a rate. */
const RATE_MS = 10_000;
const SMALLEST_PAGE = 3;
/**
 * For each request that is not urgent the rotation gets one turn, so that half of the polls are its own however many
 * requests wait: one gap of a large coin makes hundreds of thousands. What it could not take (its page was empty) it
 * gets afterwards, up to this many.
 */
const MOST_OWED = 8;

/** A poll with the lease that claimed it. */
export interface Claimed {
  readonly poll: Poll;
  readonly lease: TrackingLease;
  /** How often it failed while others succeeded. */
  tries: number;
  /** Answers that the venue had given when it was last tried. */
  successesBefore: number;
}

export interface IntakeOptions {
  readonly store: TrackingStore;
  readonly lease: RunLease;
  /** Traders of one page at most. */
  readonly pageSize: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** A trader that had its turn less than this ago is left in peace. */
  readonly minAgeMs: number;
  /** Something is there to be done or to be claimed. */
  readonly changed: () => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #requests: Claimed[] = [];
  readonly #turns: Claimed[] = [];
  /** When turns were taken, within RATE_MS. */
  readonly #taken: number[] = [];
  /** Turns that requests went before. */
  #owed = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** A request that money waits for. */
  nextUrgent(): Claimed | undefined {
    const [first] = this.#requests;
    return first !== undefined && isUrgent(first.poll) ? this.#requests.shift() : undefined;
  }

  /** An urgent request, else a request or a turn, as the rotation's share demands. */
  next(): Claimed | undefined {
    const urgent = this.nextUrgent();
    if (urgent !== undefined) return urgent;
    const isTurn = this.#turns.length > 0 && (this.#owed > 0 || this.#requests.length === 0);
    return isTurn ? this.#nextTurn() : this.#nextRequest();
  }

  #nextRequest(): Claimed | undefined {
    const request = this.#requests.shift();
    if (request !== undefined) this.#owed = Math.min(MOST_OWED, this.#owed + 1);
    return request;
  }

  #nextTurn(): Claimed | undefined {
    const turn = this.#turns.shift();
    if (turn === undefined) return undefined;
    this.#owed = Math.max(0, this.#owed - 1);
    this.#taken.push(this.#options.clock.monotonic());
    if (this.#isLow()) this.#options.changed();
    return turn;
  }

  /** To be tried again before anything else of its kind. */
  putBack(claimed: Claimed): void {
    (claimed.poll.request === undefined ? this.#turns : this.#requests).unshift(claimed);
    this.#sortRequests();
    this.#options.changed();
  }

  /** What was claimed is void. */
  clear(): void {
    this.#requests.length = 0;
    this.#turns.length = 0;
  }

  /** Claims a page when less than half of one is left. Resolves to whether there was anything to claim. */
  async claimPage(): Promise<boolean> {
    const { store, minAgeMs } = this.#options;
    if (!this.#isLow()) return true;
    const limit = this.#page();
    const claimed = await this.#claim((lease) => store.claimTurns(lease, { limit, minAgeMs }), turnOf);
    this.#turns.push(...claimed);
    if (claimed.length > 0) this.#options.changed();
    return claimed.length > 0;
  }

  #page(): number {
    const { clock, pageSize } = this.#options;
    const since = clock.monotonic() - RATE_MS;
    while (this.#taken[0] !== undefined && this.#taken[0] <= since) this.#taken.shift();
    const taken = Math.ceil((this.#taken.length * PAGE_MS) / RATE_MS);
    return Math.min(pageSize, Math.max(SMALLEST_PAGE, taken));
  }

  #isLow(): boolean {
    return this.#turns.length <= this.#page() / 2;
  }

  async claimRequests(): Promise<void> {
    const room = REQUESTS_AHEAD - this.#requests.length;
    if (room <= 0) return;
    const { store } = this.#options;
    const claimed = await this.#claim((lease) => store.claimRequests(lease, room), requestOf);
    this.#requests.push(...claimed);
    this.#sortRequests();
    if (claimed.length > 0) this.#options.changed();
  }

  #sortRequests(): void {
    this.#requests.sort((a, b) => (a.poll.request?.priority ?? 0) - (b.poll.request?.priority ?? 0));
  }

  async #claim<Row>(
    ask: (lease: TrackingLease) => Promise<Row[]>,
    pollOf: (row: Row) => Poll,
  ): Promise<Claimed[]> {
    const { lease: held } = this.#options;
    const lease = await held.get();
    try {
      const rows = await ask(lease);
      if (!held.isCurrent(lease)) return [];
      return rows.map((row) => ({ poll: pollOf(row), lease, tries: 0, successesBefore: 0 }));
    } catch (error) {
      if (isLeaseLost(error)) held.lost(lease);
      throw error;
    }
  }
}

const accountOf = (row: Pick<ClaimedTurn, 'traderId' | 'address' | 'mode' | 'wantsMode'>) => ({
  traderId: row.traderId,
  address: parseAddress(`0x${row.address.toString('hex')}`),
  mode: row.mode,
  wantsMode: row.wantsMode,
});

/** A trader whose positions are not written yet is looked for on the first dex. */
const turnOf = (row: ClaimedTurn): Poll => ({
  ...accountOf(row),
  dexs: row.dexs.length === 0 ? [FIRST_DEX] : row.dexs,
  claimedAt: row.claimedAt,
});

const requestOf = (row: ClaimedRequest): Poll => ({
  ...accountOf(row),
  dexs: [row.dex],
  request: { dex: row.dex, priority: row.priority, reason: row.reason, isTurn: row.onlyDex },
});
