/** What a sweep does next: requests before the rotation, pages claimed ahead of need. */
import { parseAddress } from '../domain/address.ts';
import { FIRST_DEX } from '../domain/coin.ts';
import type { Database } from '../store/database.ts';
import {
  type ClaimedRequest,
  type ClaimedTurn,
  claimRequests,
  claimTurns,
  type TrackingLease,
} from '../store/tracking_turns.ts';
import { isUrgent, type Poll } from './poll.ts';
import { isLeaseLost, type RunLease } from './run_lease.ts';

/** Requests that one run holds at most: the rest wait where others see them. */
const REQUESTS_AHEAD = 16;

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
  readonly database: Database;
  readonly lease: RunLease;
  /** Traders of one page. */
  readonly pageSize: () => number;
  /** A trader that had its turn less than this ago is left in peace. */
  readonly minAgeMs: number;
  /** Something is there to be done. */
  readonly arrived: () => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #requests: Claimed[] = [];
  readonly #turns: Claimed[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** A request that money waits for. */
  nextUrgent(): Claimed | undefined {
    const [first] = this.#requests;
    return first !== undefined && isUrgent(first.poll) ? this.#requests.shift() : undefined;
  }

  /** A request, else a turn. */
  next(): Claimed | undefined {
    return this.#requests.shift() ?? this.#turns.shift();
  }

  /** To be tried again before anything else of its kind. */
  putBack(claimed: Claimed): void {
    (claimed.poll.request === undefined ? this.#turns : this.#requests).unshift(claimed);
    this.#options.arrived();
  }

  /** What was claimed is void. */
  clear(): void {
    this.#requests.length = 0;
    this.#turns.length = 0;
  }

  /** Claims a page when less than half of one is left. Resolves to whether there was anything to claim. */
  async claimPage(): Promise<boolean> {
    const { database, pageSize, minAgeMs } = this.#options;
    const size = pageSize();
    if (this.#turns.length > size / 2) return true;
    const claimed = await this.#claim(
      (lease) => claimTurns(database, lease, { limit: size, minAgeMs }),
      turnOf,
    );
    this.#turns.push(...claimed);
    if (claimed.length > 0) this.#options.arrived();
    return claimed.length > 0;
  }

  async claimRequests(): Promise<void> {
    const room = REQUESTS_AHEAD - this.#requests.length;
    if (room <= 0) return;
    const { database } = this.#options;
    const claimed = await this.#claim((lease) => claimRequests(database, lease, room), requestOf);
    this.#requests.push(...claimed);
    this.#requests.sort((a, b) => (a.poll.request?.priority ?? 0) - (b.poll.request?.priority ?? 0));
    if (claimed.length > 0) this.#options.arrived();
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
});

const requestOf = (row: ClaimedRequest): Poll => ({
  ...accountOf(row),
  dexs: [row.dex],
  request: { dex: row.dex, priority: row.priority, reason: row.reason, isTurn: row.onlyDex },
});
