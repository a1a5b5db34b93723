/**
 * One worker at work on the rotation through one egress IP, until its time is up: urgent requests as fast as the
 * budget lets them, other requests and then turns evenly paced behind them. Nothing that goes wrong with one trader stops the others, and
 * nothing that goes wrong with the venue or the database ends the sweep: it waits and goes on.
 */
import { setMaxListeners } from 'node:events';
import type { InfoClient } from '../hyperliquid/transport.ts';
import type { WeightLedger } from '../hyperliquid/weight/ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError, errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { type Claimed, Intake } from './intake.ts';
import { Backoff, CATCH_UP_MS, POLL_WEIGHT, spacingMs } from './pace.ts';
import { type CoinSource, expectedWeight, type PollAnswer, pollAccount } from './poll.ts';
import { type PollResult, ResultBuffer } from './result_buffer.ts';
import { RunLease } from './run_lease.ts';
import type { TrackingStore } from './tracking_store.ts';

export interface SweepOptions {
  readonly store: TrackingStore;
  readonly info: InfoClient;
  /** Of the egress: gives the polls of all its runs their places in time. */
  readonly ledger: Pick<WeightLedger, 'place'>;
  readonly coins: CoinSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** Instance and host. */
  readonly worker: string;
  /** Name of the egress IP whose budget this is. */
  readonly egress: string;
  /** Most traders claimed at a time. */
  readonly pageSize: number;
  /** Polls of weight 2 that the budget carries in a minute. */
  readonly pollsPerMinute: number;
  /** Told of every poll, for metrics: kind is "request" or "turn"; outcome "ok" or an error code. */
  readonly observe?: (kind: string, outcome: string) => void;
  /** Default 20 s. */
  readonly leaseMs?: number;
  /** Default 15 s. */
  readonly minAgeMs?: number;
}

/** Summary of a sweep, for the history of tasks. */
export interface SweepReport {
  readonly polled: number;
  readonly requests: number;
  readonly snapshots: number;
  /** By error code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Results that came after their lease had expired. */
  readonly voided: number;
  /** Positions that could not be taken in. */
  readonly unread: number;
  readonly leasesLost: number;
}

/** Answers may take two seconds before fewer than the budget's ten polls a second are under way. */
const POLLS_AT_ONCE = 24;
/** Places asked for ahead, so that a ledger that answers slowly costs none. */
const PLACES_AHEAD = 2;
const URGENT_AT_ONCE = 4;
const LOOK_FOR_REQUESTS_MS = 500;
const NOTHING_TO_CLAIM_MS = 1_000;
const CLAIM_RETRY_MS = 1_000;
/** Of the end: answers under way may still come, then results are stored. */
const LAST_ANSWERS_MS = 400;
const LAST_WRITE_MS = 1_500;
/** A poll is given up after failing so often while others succeeded. */
const TRIES = 3;
const REQUEST_RETRY_MS = 60_000;

/** Sweeps until `endAt` (clock.monotonic()) or the signal. Never throws for what the venue or the database do. */
export async function sweep(options: SweepOptions, endAt: number, signal: AbortSignal): Promise<SweepReport> {
  const one = new Sweep(options, endAt, signal);
  return one.run();
}

class Sweep {
  readonly #options: SweepOptions;
  readonly #endAt: number;
  readonly #backoff = new Backoff();
  readonly #lease: RunLease;
  readonly #intake: Intake;
  readonly #buffer: ResultBuffer;
  /** Aborts waiting; requests under way get a moment longer. */
  readonly #ending = new AbortController();
  readonly #cut = new AbortController();
  #bell = new AbortController();
  /** Through each, one at a time goes to wait for its place. */
  readonly #gates: Promise<unknown>[] = Array.from({ length: PLACES_AHEAD }, async () => undefined);
  #counts = { polled: 0, requests: 0, snapshots: 0, voided: 0, unread: 0 };
  readonly #failed: Record<string, number> = {};

  constructor(options: SweepOptions, endAt: number, signal: AbortSignal) {
    this.#options = options;
    this.#endAt = endAt;
    const { store, clock, log, worker, egress } = options;
    this.#lease = new RunLease({
      store,
      clock,
      log,
      worker,
      egress,
      leaseMs: options.leaseMs ?? 20_000,
      lost: () => this.#intake.clear(),
    });
    this.#intake = new Intake({
      store,
      lease: this.#lease,
      pageSize: options.pageSize,
      clock,
      minAgeMs: options.minAgeMs ?? 15_000,
      changed: () => this.#ring(),
    });
    this.#buffer = new ResultBuffer({
      store,
      lease: this.#lease,
      clock,
      log,
      stored: (results) => this.#stored(results),
      voided: (count) => {
        this.#counts.voided += count;
      },
      refused: (result, code) => {
        this.#fail(code);
        const trader = result.turn?.traderId ?? result.request?.traderId;
        log.error({ trader, code }, 'the database refuses the state of a trader; it is left out');
      },
    });
    for (const one of [this.#ending.signal, this.#cut.signal, this.#bell.signal]) setMaxListeners(0, one);
    signal.addEventListener('abort', () => this.#end(signal.reason), { once: true });
    if (signal.aborted) this.#end(signal.reason);
  }

  async run(): Promise<SweepReport> {
    const { clock } = this.#options;
    const over = new AppError('TRACKING_ENDED', 'the run ends');
    const timer = clock.after(this.#endAt - clock.monotonic(), () => this.#end(over));
    await this.#quietly(() => this.#intake.claimRequests());
    const workers = [
      this.#keepRequests(),
      this.#keepPages(),
      ...Array.from({ length: URGENT_AT_ONCE }, () => this.#work(() => this.#takeUrgent())),
      ...Array.from({ length: POLLS_AT_ONCE }, (_, i) => this.#work(() => this.#takeNext(i % PLACES_AHEAD))),
    ];
    await Promise.all(workers);
    timer.cancel();
    await this.#buffer.end(LAST_WRITE_MS);
    await this.#lease.end();
    return { ...this.#counts, failed: this.#failed, leasesLost: this.#lease.losses };
  }

  #end(reason: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort(reason);
    this.#options.clock.after(LAST_ANSWERS_MS, () => this.#cut.abort(reason));
  }

  get #over(): boolean {
    return this.#ending.signal.aborted;
  }

  async #sleep(ms: number, also?: AbortSignal): Promise<void> {
    const { signal } = this.#ending;
    const until = also === undefined ? signal : AbortSignal.any([signal, also]);
    await this.#options.clock.sleep(ms, until).catch(() => undefined);
  }

  /** Wakes those that wait for something to do. */
  #ring(): void {
    const bell = this.#bell;
    this.#bell = new AbortController();
    setMaxListeners(0, this.#bell.signal);
    bell.abort(new AppError('TRACKING_WORK', 'there is work'));
  }

  async #keepRequests(): Promise<void> {
    while (!this.#over) {
      const claimed = await this.#quietly(() => this.#intake.claimRequests());
      await this.#sleep(claimed ? LOOK_FOR_REQUESTS_MS : CLAIM_RETRY_MS);
    }
  }

  async #keepPages(): Promise<void> {
    while (!this.#over) {
      let found = false;
      const asked = await this.#quietly(async () => {
        found = await this.#intake.claimPage();
      });
      if (!asked) await this.#sleep(CLAIM_RETRY_MS);
      else await this.#sleep(found ? LOOK_FOR_REQUESTS_MS : NOTHING_TO_CLAIM_MS, this.#bell.signal);
    }
  }

  /** A database or ledger that is away is waited for. */
  async #quietly(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#options.log.warn(
        { error: errorMessage(error) },
        'cannot claim polls or their places; trying again',
      );
      return false;
    }
  }

  async #work(take: () => Promise<Claimed | undefined>): Promise<void> {
    for (let claimed = await take(); claimed !== undefined; claimed = await take()) {
      // Claimed under a lease that has expired since: another has it.
      if (this.#lease.isCurrent(claimed.lease)) await this.#poll(claimed);
    }
  }

  /** What money waits for goes as soon as there is weight; the others make room for it afterwards. */
  async #takeUrgent(): Promise<Claimed | undefined> {
    while (!this.#over) {
      const wait = this.#backoff.wait(this.#options.clock.monotonic());
      const claimed = wait > 0 ? undefined : this.#intake.nextUrgent();
      if (claimed !== undefined) {
        void this.#quietly(async () => void (await this.#placeOf(claimed)));
        return claimed;
      }
      await this.#sleep(wait > 0 ? wait : LOOK_FOR_REQUESTS_MS, wait > 0 ? undefined : this.#bell.signal);
    }
    return undefined;
  }

  #takeNext(gate: number): Promise<Claimed | undefined> {
    const next = Promise.resolve(this.#gates[gate]).then(() => this.#nextInItsPlace());
    this.#gates[gate] = next;
    return next;
  }

  /** All others leave evenly spaced, those of other runs on the address included. */
  async #nextInItsPlace(): Promise<Claimed | undefined> {
    const { clock } = this.#options;
    while (!this.#over) {
      const pause = this.#backoff.wait(clock.monotonic());
      const claimed = pause > 0 ? undefined : this.#intake.next();
      if (claimed === undefined) {
        await this.#sleep(
          pause > 0 ? pause : LOOK_FOR_REQUESTS_MS,
          pause > 0 ? undefined : this.#bell.signal,
        );
        continue;
      }
      let wait = 0;
      const placed = await this.#quietly(async () => {
        wait = await this.#placeOf(claimed);
      });
      await this.#sleep(placed ? wait : CLAIM_RETRY_MS);
      if (placed && this.#over) await this.#quietly(async () => void (await this.#placeOf(claimed, -1)));
      if (placed) return this.#over ? undefined : claimed;
      if (this.#lease.isCurrent(claimed.lease)) this.#intake.putBack(claimed);
    }
    return undefined;
  }

  /** @param times -1: gives it back, it will not be used. */
  #placeOf({ poll }: Claimed, times = 1): Promise<number> {
    const { ledger, pollsPerMinute } = this.#options;
    const polls = expectedWeight(poll) / POLL_WEIGHT;
    return ledger.place(spacingMs(pollsPerMinute) * polls * times, CATCH_UP_MS);
  }

  async #poll(claimed: Claimed): Promise<void> {
    const { info, coins, clock } = this.#options;
    const { poll } = claimed;
    const maxWaitMs = Math.max(1, this.#endAt - clock.monotonic());
    try {
      const answer = await pollAccount(poll, { info, coins, clock, signal: this.#cut.signal, maxWaitMs });
      this.#backoff.succeeded();
      this.#observe(claimed, 'ok');
      await this.#buffer.add(resultOf(claimed, answer));
    } catch (error) {
      await this.#failedPoll(claimed, error);
    }
  }

  async #failedPoll(claimed: Claimed, error: unknown): Promise<void> {
    const code = error instanceof AppError ? error.code : 'UNEXPECTED';
    // The end of the run, not of the poll: others will take it.
    if (code === 'WEIGHT_EXHAUSTED' || this.#cut.signal.aborted) return;
    this.#observe(claimed, code);
    this.#fail(code);
    const { log, clock } = this.#options;
    if (error instanceof AppError && error.retryable) {
      this.#backoff.failed(clock.monotonic(), code === 'VENUE_RATE_LIMITED');
      const { successes } = this.#backoff;
      // Only while others succeed is it about this trader.
      if (successes > claimed.successesBefore) claimed.tries++;
      claimed.successesBefore = successes;
      if (claimed.tries < TRIES) {
        if (this.#lease.isCurrent(claimed.lease)) this.#intake.putBack(claimed);
        return;
      }
    }
    log.warn(
      { trader: claimed.poll.address, error: errorMessage(error), code },
      'a trader could not be polled',
    );
    await this.#buffer.add(failureOf(claimed, code));
  }

  #observe(claimed: Claimed, outcome: string): void {
    const request = claimed.poll.request !== undefined;
    this.#counts.polled++;
    if (request) this.#counts.requests++;
    this.#options.observe?.(request ? 'request' : 'turn', outcome);
  }

  #fail(code: string): void {
    this.#failed[code] = (this.#failed[code] ?? 0) + 1;
  }

  #stored(results: readonly PollResult[]): void {
    for (const { snapshots } of results) {
      this.#counts.snapshots += snapshots.length;
      for (const { traderId, dex, unread } of snapshots) {
        if (unread.length === 0) continue;
        this.#counts.unread += unread.length;
        const positions = unread.slice(0, 5);
        this.#options.log.warn({ trader: traderId, dex, positions }, 'positions that cannot be taken in');
      }
    }
  }
}

function resultOf({ poll, lease }: Claimed, answer: PollAnswer): PollResult {
  const { traderId, request, claimedAt } = poll;
  const dexs = answer.snapshots.map((one) => one.dex);
  const turn = { traderId, error: null, ...(claimedAt !== undefined && { answered: { dexs, claimedAt } }) };
  return {
    lease,
    snapshots: answer.snapshots,
    ...(answer.mode === undefined ? {} : { mode: { traderId, mode: answer.mode } }),
    ...(request === undefined
      ? { turn }
      : { request: { traderId, dex: request.dex, retryAfterMs: null, isTurn: request.isTurn } }),
  };
}

function failureOf({ poll, lease }: Claimed, code: string): PollResult {
  const { traderId, request } = poll;
  return {
    lease,
    snapshots: [],
    ...(request === undefined
      ? { turn: { traderId, error: code } }
      : { request: { traderId, dex: request.dex, retryAfterMs: REQUEST_RETRY_MS, isTurn: false } }),
  };
}
