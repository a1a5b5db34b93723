/** The time in which one process of a role is the active one: it waits for the lease, acts, and ends with it. */
import { AppError } from '../runtime/errors.ts';
import type { Database } from '../store/database.ts';
import { acquireLease, type Lease, type LeaseOptions, tryAcquireLease } from '../store/leases.ts';
import { EnduringLease } from './stream/enduring_lease.ts';

export interface TenureOptions extends Omit<LeaseOptions, 'signal'> {
  readonly database: Database;
}

export class Tenure {
  /** Rejects when the lease is lost or the work cannot begin; resolves when stopped. */
  readonly ended: Promise<void>;
  readonly #options: LeaseOptions;
  readonly #database: Database;
  readonly #stop = new AbortController();
  #settle: { resolve: () => void; reject: (reason: unknown) => void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  #lease: Lease | undefined;

  constructor({ database, ...options }: TenureOptions) {
    this.#database = database;
    this.#options = { ...options, holder: `${options.holder} pid ${process.pid}`, signal: this.#stop.signal };
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // The role's runner listens to it later; a rejection before that is not unhandled.
    this.ended.catch(() => undefined);
  }

  /** Resolves when `work` has begun, or when this process stands by and will begin it later. */
  async begin(work: () => Promise<void>): Promise<void> {
    const lease = await tryAcquireLease(this.#options);
    if (lease !== undefined) return this.#act(lease, work);
    this.#options.log.info({ lease: this.#options.name }, 'standby: another process is active');
    void this.#wait(work);
  }

  /** Says that the end of the lease is wanted from now on, and ends the wait for it. */
  stopping(): void {
    this.#stop.abort(new AppError('STOPPING', 'the role stops'));
    this.#settle.resolve();
  }

  async release(): Promise<void> {
    await this.#lease?.release();
  }

  async #wait(work: () => Promise<void>): Promise<void> {
    try {
      await this.#act(await acquireLease(this.#options), work);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#settle.reject(error);
    }
  }

  /** A lease that was won when the role was stopping already is given back, and no work begins. */
  async #act(lease: Lease, work: () => Promise<void>): Promise<void> {
    if (this.#stop.signal.aborted) return lease.release();
    this.#hold(lease);
    await work();
  }

  /** A database that was away does not end the tenure; only another holder does. */
  #hold(first: Lease): void {
    const options = this.#options;
    const lease = new EnduringLease(first, {
      database: this.#database,
      clock: options.clock,
      log: options.log,
      take: () => tryAcquireLease(options),
    });
    this.#lease = lease;
    lease.signal.addEventListener('abort', () => this.#settle.reject(lease.signal.reason), { once: true });
  }
}
