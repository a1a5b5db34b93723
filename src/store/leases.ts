/**
 * Leases with fencing tokens: who may act alone (the stream role, the copier of one account).
 *
 * The session's advisory lock decides who holds, so a holder that dies is followed at once. The token rises with
 * every change of holder and is checked inside each guarded transaction, so a holder that froze and was replaced
 * cannot write when it wakes. A holder whose process is frozen keeps its session: when its beat is older than
 * STALE_MS, the next one ends that session and takes over.
 */
import pg from 'pg';
import type { Clock, Timer } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Secret } from '../runtime/secret.ts';
import { clientConfig, type Queryable } from './database.ts';
import { StoreError, storeError } from './errors.ts';

const BEAT_EVERY_MS = 2_000;
const STALE_MS = 15_000;
const RETRY_MS = 500;
/** Of attempts that fail, while the database is away. */
const LOG_EVERY = 60;

export interface Lease {
  readonly name: string;
  /** Rises with every change of holder. */
  readonly token: number;
  /** Aborted when the lease is lost or released. */
  readonly signal: AbortSignal;
  /**
   * To be called in every guarded transaction, before its writes: holds off a takeover until it ends.
   * @throws StoreError `STORE_LEASE_LOST` when another holder has taken over.
   */
  check(tx: Queryable): Promise<void>;
  /** Gives the lease up; the next holder gets it at once. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly url: Secret;
  readonly name: string;
  /** Who asks: the instance's name and pid, for people. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** Waits until the lease is ours; survives database restarts while waiting. Rejects only when aborted. */
export async function acquireLease(options: LeaseOptions): Promise<Lease> {
  let reported = false;
  let failures = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const lease = await tryAcquireLease(options);
      if (lease !== undefined && options.signal?.aborted !== true) return lease;
      // Won while the wait was being ended: nobody would give it back.
      await lease?.release();
      if (!reported) options.log.info({ lease: options.name }, 'waiting: another holder has the lease');
      reported = true;
      failures = 0;
    } catch (error) {
      if (failures++ % LOG_EVERY === 0) {
        options.log.warn(
          { lease: options.name, error: errorMessage(error) },
          'cannot ask for the lease; trying again',
        );
      }
    }
    await options.clock.sleep(RETRY_MS, options.signal);
  }
}

/** One attempt: the lease, or undefined while a live holder has it. @throws StoreError */
export async function tryAcquireLease(options: LeaseOptions): Promise<Lease | undefined> {
  const client = new pg.Client({
    ...clientConfig({
      url: options.url,
      log: options.log,
      applicationName: `lease ${options.name}`,
      statementTimeoutMs: 5_000,
    }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const token = await claim(client, options);
    if (token !== undefined) return new HeldLease(client, token, options);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw storeError(error);
  }
  await client.end().catch(() => undefined);
  return undefined;
}

const NOW_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::int8';

async function claim(client: pg.Client, options: LeaseOptions): Promise<number | undefined> {
  const lock = await client.query<{ got: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 1)) AS got',
    [`lease:${options.name}`],
  );
  if (lock.rows[0]?.got !== true) {
    await endStaleHolder(client, options);
    return undefined;
  }
  // The UPDATE waits for guarded transactions of the former holder that are past their check.
  const { rows } = await client.query<{ token: number }>(
    `WITH beat AS (
       INSERT INTO lease_beats (name, beat_at) VALUES ($1, ${NOW_MS})
       ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at)
     INSERT INTO leases (name, token, holder, backend_pid, acquired_at)
     VALUES ($1, 1, $2, pg_backend_pid(), ${NOW_MS})
     ON CONFLICT (name) DO UPDATE SET token = leases.token + 1, holder = excluded.holder,
       backend_pid = excluded.backend_pid, acquired_at = excluded.acquired_at
     RETURNING token`,
    [options.name, options.holder],
  );
  return rows[0]?.token;
}

async function endStaleHolder(client: pg.Client, options: LeaseOptions): Promise<void> {
  const { rows } = await client.query<{ holder: string; ended: boolean }>(
    `SELECT l.holder, pg_terminate_backend(l.backend_pid) AS ended
     FROM leases l JOIN lease_beats b USING (name) JOIN pg_stat_activity a ON a.pid = l.backend_pid
     WHERE l.name = $1 AND b.beat_at < ${NOW_MS} - $2 AND a.application_name = $3`,
    [options.name, STALE_MS, `lease ${options.name}`],
  );
  for (const row of rows) {
    options.log.warn(
      { lease: options.name, holder: row.holder },
      'the holder stopped beating: its session was ended',
    );
  }
}

class HeldLease implements Lease {
  readonly name: string;
  readonly token: number;
  readonly signal: AbortSignal;
  readonly #client: pg.Client;
  readonly #abort = new AbortController();
  readonly #options: LeaseOptions;
  readonly #beat: Timer;
  #beating = false;

  constructor(client: pg.Client, token: number, options: LeaseOptions) {
    this.name = options.name;
    this.token = token;
    this.signal = this.#abort.signal;
    this.#client = client;
    this.#options = options;
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('its session ended'));
    this.#beat = options.clock.every(BEAT_EVERY_MS, () => void this.#sendBeat(), { background: true });
  }

  async check(tx: Queryable): Promise<void> {
    if (this.signal.aborted) throw this.signal.reason;
    const { rowCount } = await tx.query(
      'SELECT 1 FROM leases WHERE name = $1 AND token = $2 FOR SHARE',
      [this.name, this.token],
      'lease_check',
    );
    if (rowCount === 1) return;
    this.#lose('another holder has taken over');
    throw this.signal.reason;
  }

  async release(): Promise<void> {
    this.#lose('released');
    await this.#client.end().catch(() => undefined);
  }

  async #sendBeat(): Promise<void> {
    if (this.#beating || this.signal.aborted) return;
    this.#beating = true;
    try {
      await this.#client.query(`UPDATE lease_beats SET beat_at = ${NOW_MS} WHERE name = $1`, [this.name]);
    } catch (error) {
      this.#lose(errorMessage(error));
      this.#client.end().catch(() => undefined);
    } finally {
      this.#beating = false;
    }
  }

  #lose(why: string): void {
    if (this.signal.aborted) return;
    this.#beat.cancel();
    if (why !== 'released')
      this.#options.log.warn({ lease: this.name, token: this.token, why }, 'lease lost');
    this.#abort.abort(
      new StoreError('STORE_LEASE_LOST', `lease ${this.name} (token ${this.token}) lost: ${why}`),
    );
  }
}
