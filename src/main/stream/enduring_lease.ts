/**
 * A lease that outlives its database session. When the session breaks (the database restarts, the network is cut) the
 * lease is taken again; if nobody had it in between, its holder goes on with all that it kept in memory meanwhile.
 */
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { StoreError } from '../../store/errors.ts';
import type { Lease } from '../../store/leases.ts';

const RETRY_MS = 500;

export interface EnduringLeaseOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** One attempt to take the lease; undefined while somebody holds it. */
  readonly take: () => Promise<Lease | undefined>;
}

export class EnduringLease implements Lease {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly #options: EnduringLeaseOptions;
  readonly #abort = new AbortController();
  #held: Lease;

  constructor(held: Lease, options: EnduringLeaseOptions) {
    this.name = held.name;
    this.signal = this.#abort.signal;
    this.#options = options;
    this.#held = held;
    this.#watch(held);
  }

  get token(): number {
    return this.#held.token;
  }

  /** @throws StoreError, retryable while the lease is being taken again; `STORE_LEASE_LOST` when it is gone. */
  async check(tx: Queryable): Promise<void> {
    this.signal.throwIfAborted();
    try {
      await this.#held.check(tx);
    } catch (error) {
      this.signal.throwIfAborted();
      if (error instanceof StoreError && error.code === 'STORE_LEASE_LOST') {
        throw new StoreError('STORE_CONNECTION', 'the lease is being taken again', {
          cause: error,
          retryable: true,
        });
      }
      throw error;
    }
  }

  async release(): Promise<void> {
    this.#lose('released');
    await this.#held.release();
  }

  #watch(held: Lease): void {
    held.signal.addEventListener('abort', () => void this.#takeAgain(held.token), { once: true });
  }

  async #takeAgain(token: number): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.signal.aborted) {
      try {
        const again = await this.#options.take();
        if (this.signal.aborted) {
          // Given up while it was being taken: nobody would give this one back.
          await again?.release();
          return;
        }
        if (again?.token === token + 1) {
          this.#held = again;
          this.#watch(again);
          log.info(
            { lease: this.name, token: again.token },
            'the lease is ours again: nobody had it meanwhile',
          );
          return;
        }
        if (again !== undefined) {
          await again.release();
          this.#lose('another holder had it meanwhile');
        } else if ((await this.#storedToken()) !== token) this.#lose('another holder has taken over');
      } catch (error) {
        log.debug({ error: errorMessage(error) }, 'cannot take the lease again yet');
      }
      await clock.sleep(RETRY_MS, this.signal).catch(() => undefined);
    }
  }

  async #storedToken(): Promise<number | undefined> {
    const { rows } = await this.#options.database.query<{ token: number }>(
      'SELECT token FROM leases WHERE name = $1',
      [this.name],
    );
    return rows[0]?.token;
  }

  #lose(why: string): void {
    if (this.signal.aborted) return;
    this.#abort.abort(new StoreError('STORE_LEASE_LOST', `lease ${this.name} lost: ${why}`));
  }
}
