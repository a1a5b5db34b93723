/**
 * The rotation in virtual time: the real sweeps, their pacing and the real shared ledger over models of the database,
 * of the ledger's store and of a venue that enforces its limit under both kinds of window. Same seed, same figures.
 */
import { setImmediate } from 'node:timers/promises';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { recentTrades } from '../../src/hyperliquid/info/recent_trades.ts';
import type { AskOptions, InfoClient } from '../../src/hyperliquid/transport.ts';
import { WeightBudget } from '../../src/hyperliquid/weight/budget.ts';
import {
  UNSETTLED_MS,
  WEIGHT_LANES,
  type WeightLane,
  type WeightReserve,
} from '../../src/hyperliquid/weight/ledger.ts';
import { Places } from '../../src/hyperliquid/weight/places.ts';
import { SharedWeightLedger, type WeightBackend } from '../../src/jobs/weight/ledger.ts';
import { pressing } from '../../src/main/pressing_ledger.ts';
import { weightReserve } from '../../src/main/weight_ledger.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { MinuteWindow } from '../../src/simulator/wire/limits.ts';
import { StoreError } from '../../src/store/errors.ts';
import type { TrackingLease } from '../../src/store/tracking_turns.ts';
import { sweep } from '../../src/tracking/sweep.ts';
import type { TrackingStore } from '../../src/tracking/tracking_store.ts';
import { wireState } from './venue.ts';

/** Shortest and longest, ms; uniform between. */
export type Span = readonly [number, number];

export interface RotationPlan {
  readonly seed: string;
  readonly workers: number;
  readonly traders: number;
  /** Of a request to the venue, one way. */
  readonly wireMs: Span;
  /** Of a step of the ledger or the database, one way. */
  readonly storeMs: Span;
  /** From the end of a run's interval to the next run at work. */
  readonly handOverMs: Span;
  readonly reserve?: WeightReserve;
  /** The feed has lost its coins: so many gaps to be closed, a few at once as the feed does, each with so many trades. */
  readonly reconnect?: { readonly at: number; readonly coins: number; readonly rows: number };
  /** There are always more requests that are not urgent, as after a gap of a coin that everybody holds. */
  readonly backlog?: boolean;
  /** Urgent polls asked for per minute. */
  readonly urgentPerMinute?: number;
  /** Worker number n is frozen or dead from then on (ms): nothing of it moves. */
  readonly stops?: { readonly worker: number; readonly at: number };
}

export interface RotationFigures {
  readonly statesPerMinute: number;
  /** Answers 429 under each kind of window. */
  readonly refused: { readonly sliding: number; readonly fixed: number };
  readonly mostWeightInAMinute: number;
  /** Longest time between two states of one trader, ms. */
  readonly longestWaitMs: number;
  /** Longest time from an urgent request to its answer, ms. */
  readonly longestUrgentMs: number;
  /** Gaps that were closed, and that were recorded because no weight came free in time. */
  readonly gaps: { readonly closed: number; readonly recorded: number };
}

const INTERVAL_MS = 75_000;
const MARGIN_MS = 1_000;
const LIMIT = 1200;
const STEP_MS = 10;
/** As the stream's feed and its leader ask. */
const CLOSING_AT_ONCE = 4;
const CLOSING_WAIT_MS = 5_000;

interface Turn {
  readonly id: number;
  lastTurnAt: number;
  runId: number | undefined;
}

const account = (id: number) => ({
  traderId: id,
  address: Buffer.from(id.toString(16).padStart(40, '0'), 'hex'),
  dexs: [],
  mode: null,
  wantsMode: false,
});

export class VirtualRotation {
  /** From 0, where sums of fractions of ms are exact enough. */
  readonly clock = new ManualClock(0);
  readonly #plan: RotationPlan;
  readonly #random: Random;
  readonly #budget: WeightBudget;
  readonly #places = new Places();
  readonly #store: TrackingStore;
  readonly #turns: Turn[];
  readonly #runs = new Map<number, number>();
  readonly #urgent: { readonly id: number; readonly at: number }[] = [];
  readonly #arrivals: { readonly at: number; readonly weight: number }[] = [];
  readonly #states: { readonly at: number; readonly id: number }[] = [];
  readonly #windows = {
    sliding: new MinuteWindow(LIMIT, 'sliding'),
    fixed: new MinuteWindow(LIMIT, 'fixed'),
  };
  readonly #refused = { sliding: 0, fixed: 0 };
  readonly #urgentAt = new Map<number, number>();
  readonly #gaps = { closed: 0, recorded: 0 };
  #longestUrgentMs = 0;
  #nextRun = 1;
  #nextOfBacklog: number;

  constructor(plan: RotationPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#budget = new WeightBudget({ limit: LIMIT, windowMs: 60_000, reserve: this.#reserve });
    this.#turns = Array.from({ length: plan.traders }, (_, i) => ({
      id: i + 1,
      lastTurnAt: 0,
      runId: undefined,
    }));
    // Other traders than those of the rotation, whose waits are measured.
    this.#nextOfBacklog = plan.traders + 1;
    this.#store = this.#modelStore();
  }

  /** Runs for so long. @returns figures of the span after `warmUpMs`. */
  async run(warmUpMs: number, measuredMs: number): Promise<RotationFigures> {
    const { workers, urgentPerMinute = 0 } = this.#plan;
    const end = warmUpMs + measuredMs;
    const ledgers = Array.from({ length: workers }, () => this.#ledger());
    for (let tick = 0; tick < end; tick += INTERVAL_MS) {
      // One worker gets the run and invites the others.
      const first = this.#random.int(workers);
      const begin = tick + this.#between(this.#plan.handOverMs);
      for (let worker = 0; worker < workers; worker++) {
        const from = worker === first ? begin : begin + this.#between([20, 400]);
        this.clock.after(from, () => this.#sweep(worker, ledgers[worker], tick + INTERVAL_MS - MARGIN_MS));
      }
    }
    const { reconnect } = this.#plan;
    if (reconnect !== undefined) this.clock.after(reconnect.at, () => this.#closeGaps(reconnect));
    if (urgentPerMinute > 0) {
      this.clock.every(60_000 / urgentPerMinute, () =>
        this.#urgent.push({ id: 1 + this.#random.int(this.#plan.traders), at: this.clock.monotonic() }),
      );
    }
    while (this.clock.monotonic() < end) {
      await this.clock.advance(STEP_MS);
      await setImmediate();
    }
    return this.#figures(warmUpMs, end);
  }

  get #reserve(): WeightReserve {
    return this.#plan.reserve ?? weightReserve(LIMIT);
  }

  /** What the stream process asks, over its own ledger. */
  #closeGaps({ coins, rows }: { readonly coins: number; readonly rows: number }): void {
    const ledger = pressing(this.#ledger(), { limit: LIMIT, log: silentLogger });
    const { weight, maxWeight = weight, surcharge } = recentTrades('BTC');
    const cost = weight + (surcharge?.(new Array(rows)) ?? 0);
    let left = coins;
    const closer = async () => {
      while (left-- > 0) {
        try {
          const grant = await ledger.acquire(maxWeight, 'repairs', { maxWaitMs: CLOSING_WAIT_MS });
          await this.#delay(this.#plan.wireMs);
          this.#arrive(cost);
          await this.#delay(this.#plan.wireMs);
          await grant.settle(cost);
          this.#gaps.closed++;
        } catch {
          this.#gaps.recorded++;
        }
      }
    };
    for (let i = 0; i < CLOSING_AT_ONCE; i++) void closer();
  }

  #between([least, most]: Span): number {
    return least + this.#random.int(most - least + 1);
  }

  #delay(span: Span): Promise<void> {
    return this.clock.sleep(this.#between(span));
  }

  #sweep(worker: number, ledger: SharedWeightLedger<WeightLane> | undefined, endAt: number): void {
    if (ledger === undefined) return;
    const coins = { table: new CoinTable(), refresh: async () => undefined };
    const { clock } = this;
    void sweep(
      {
        store: this.#storeOf(worker),
        info: this.#infoOf(worker, ledger),
        ledger,
        coins,
        clock,
        log: silentLogger,
        worker: `worker ${worker}`,
        egress: 'default',
        pageSize: 50,
        pollsPerMinute: LIMIT / 2,
      },
      endAt,
      new AbortController().signal,
    );
  }

  #isStopped(worker: number): boolean {
    const { stops } = this.#plan;
    return stops !== undefined && stops.worker === worker && this.clock.monotonic() >= stops.at;
  }

  /** Whatever a stopped worker waits for never comes. */
  async #unlessStopped<T>(worker: number, value: Promise<T>): Promise<T> {
    const result = await value;
    return this.#isStopped(worker) ? new Promise(() => undefined) : result;
  }

  #storeOf(worker: number): TrackingStore {
    return new Proxy(this.#store, {
      get: (store, name: keyof TrackingStore) => {
        const method = store[name] as (...given: unknown[]) => Promise<unknown>;
        // Its timers go on here: they must not renew what it holds.
        return (...given: unknown[]) =>
          this.#isStopped(worker)
            ? new Promise(() => undefined)
            : this.#unlessStopped(worker, method(...given));
      },
    });
  }

  #ledger(): SharedWeightLedger<WeightLane> {
    const { storeMs } = this.#plan;
    const now = () => this.clock.monotonic();
    const step = async <T>(decide: () => T): Promise<T> => {
      await this.#delay(storeMs);
      const decided = decide();
      await this.#delay(storeMs);
      return decided;
    };
    const backend: WeightBackend = {
      admit: (weight, lane) =>
        step(() => {
          const answer = this.#budget.admit(weight, WEIGHT_LANES[lane] ?? 'history', now());
          if (answer.granted) return { charge: String(answer.id) };
          const { retryAt } = answer;
          return { charge: undefined, retryAfterMs: retryAt === undefined ? undefined : retryAt - now() };
        }),
      settle: (charge, actual) => step(() => this.#budget.settle(Number(charge), now(), actual)),
      place: (spacingMs, burstMs) => step(() => this.#places.take(spacingMs, burstMs, now())),
      used: () => step(() => Object.values(this.#budget.usedByLane(now()))),
    };
    const rules = {
      lanes: WEIGHT_LANES,
      limit: LIMIT,
      windowMs: 60_000,
      reserve: this.#reserve,
      unsettledMs: UNSETTLED_MS,
    };
    return new SharedWeightLedger({ backend, rules, clock: this.clock, log: silentLogger });
  }

  #infoOf(worker: number, ledger: SharedWeightLedger<WeightLane>): InfoClient {
    return {
      ask: async (request, options: AskOptions) => {
        const grant = await ledger.acquire(request.weight, options.lane, options);
        await this.#unlessStopped(worker, this.#delay(this.#plan.wireMs));
        this.#arrive(request.weight);
        await this.#delay(this.#plan.wireMs);
        const answer = wireState([]) as never;
        this.#states.push({
          at: this.clock.monotonic(),
          id: Number.parseInt(String(request.body['user']).slice(2), 16),
        });
        await grant.settle(request.weight);
        return answer;
      },
    };
  }

  #arrive(weight: number): void {
    const now = this.clock.monotonic();
    this.#arrivals.push({ at: now, weight });
    for (const kind of ['sliding', 'fixed'] as const) {
      if (!this.#windows[kind].take(now, weight)) this.#refused[kind]++;
    }
  }

  #fromBacklog(most: number) {
    const kind = { dex: '', priority: 4, reason: 'feed gap', onlyDex: false };
    const next = () => ({ ...account(this.#nextOfBacklog++), ...kind });
    return Array.from({ length: this.#plan.backlog ? most : 0 }, next);
  }

  #modelStore(): TrackingStore {
    const now = () => this.clock.monotonic();
    const step = async <T>(work: () => T): Promise<T> => {
      await this.#delay(this.#plan.storeMs);
      const done = work();
      await this.#delay(this.#plan.storeMs);
      return done;
    };
    const lives = (runId: number | undefined) =>
      runId !== undefined && (this.#runs.get(runId) ?? Number.NEGATIVE_INFINITY) > now();
    const hold = ({ runId, leaseMs }: TrackingLease) => {
      if (!lives(runId)) throw new StoreError('STORE_LEASE_LOST', 'expired');
      this.#runs.set(runId, now() + leaseMs);
    };
    return {
      beginRun: ({ leaseMs }) =>
        step(() => {
          const runId = this.#nextRun++;
          this.#runs.set(runId, now() + leaseMs);
          return runId;
        }),
      holdRun: (lease) => step(() => hold(lease)),
      endRun: (runId) => step(() => void this.#runs.delete(runId)),
      claimTurns: (lease, { limit, minAgeMs }) =>
        step(() => {
          hold(lease);
          const due = this.#turns
            .filter(
              (one) => !lives(one.runId) && (one.lastTurnAt === 0 || one.lastTurnAt <= now() - minAgeMs),
            )
            .sort((a, b) => a.lastTurnAt - b.lastTurnAt || a.id - b.id)
            .slice(0, limit);
          for (const one of due) one.runId = lease.runId;
          return due.map((one) => ({ ...account(one.id), claimedAt: now() }));
        }),
      claimRequests: (lease, limit) =>
        step(() => {
          hold(lease);
          const urgent = this.#urgent.splice(0, limit).map(({ id, at }) => {
            this.#urgentAt.set(id, at);
            return { ...account(id), dex: '', priority: 0, reason: 'urgent', onlyDex: false };
          });
          return [...urgent, ...this.#fromBacklog(limit - urgent.length)];
        }),
      reserveSnapshotIds: (count) => step(() => Array.from({ length: count }, (_, i) => i)),
      storeResults: (lease, { turns, requests }) =>
        step(() => {
          hold(lease);
          for (const { traderId } of turns) {
            const turn = this.#turns[traderId - 1];
            if (turn?.runId !== lease.runId) continue;
            turn.runId = undefined;
            turn.lastTurnAt = now();
          }
          for (const { traderId } of requests) {
            const at = this.#urgentAt.get(traderId) ?? now();
            this.#longestUrgentMs = Math.max(this.#longestUrgentMs, now() - at);
          }
        }),
    };
  }

  #figures(from: number, to: number): RotationFigures {
    const inSpan = this.#states.filter((one) => one.at >= from && one.at < to).length;
    return {
      statesPerMinute: (inSpan * 60_000) / (to - from),
      refused: this.#refused,
      mostWeightInAMinute: this.#mostInAMinute(),
      longestWaitMs: this.#longestWait(to),
      longestUrgentMs: this.#longestUrgentMs,
      gaps: this.#gaps,
    };
  }

  #mostInAMinute(): number {
    let most = 0;
    let weight = 0;
    let first = 0;
    for (const one of this.#arrivals) {
      weight += one.weight;
      for (let old = this.#arrivals[first]; old !== undefined && old.at <= one.at - 60_000; ) {
        weight -= old.weight;
        first++;
        old = this.#arrivals[first];
      }
      most = Math.max(most, weight);
    }
    return most;
  }

  #longestWait(end: number): number {
    const last = new Map<number, number>();
    let longest = 0;
    for (const { id, at } of this.#states) {
      longest = Math.max(longest, at - (last.get(id) ?? at));
      last.set(id, at);
    }
    // Nor may the next one be overdue.
    for (const { id } of this.#turns) longest = Math.max(longest, end - (last.get(id) ?? 0));
    return longest;
  }
}
