/**
 * Starts services in dependency order, restarts what crashes, gives up on what keeps crashing, and stops everything
 * in reverse order. Knows nothing of real processes: children come from a launcher, time from a clock.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { EXIT_CONFIG } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import {
  backoffMs,
  type ChildReport,
  dependencyOrder,
  describeExit,
  type Ended,
  MAX_RESTARTS,
  type ServiceSpec,
  type ServiceState,
  type ServiceStatus,
  STABLE_MS,
} from './service.ts';

/** A running process group. Signals reach every process of the group. */
export interface Child {
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
}

export interface ChildEvents {
  ready(): void;
  report(report: ChildReport): void;
  /** Not ready yet for a reason that is not its own, such as an absent database: that is no crash. */
  waiting(reason: string): void;
  /** Exactly once, when the process is gone. */
  ended(ended: Ended): void;
}

/** Starts a process. Events come later, never during the call. */
export type Launch = (spec: ServiceSpec, restarts: number, events: ChildEvents) => Child;

export interface SupervisorOptions {
  readonly services: readonly ServiceSpec[];
  readonly launch: Launch;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every change of state. */
  readonly onChange?: (status: ServiceStatus) => void;
  /** Told once when nothing runs and nothing will start again; `misconfigured` names a service that ended with 78. */
  readonly onNothingLeft?: (misconfigured: ServiceStatus | undefined) => void;
}

/** SIGKILL comes this long after the stop began, or at least MIN_GRACE_MS after the service's own signal. */
const STOP_GRACE_MS = 5_000;
const MIN_GRACE_MS = 2_000;
/** A ready child that has not reported for this long hangs: it is killed and restarted. */
const SILENCE_MS = 30_000;

interface Entry {
  readonly spec: ServiceSpec;
  state: ServiceState;
  child: Child | undefined;
  report: ChildReport | undefined;
  startedAt: number | null;
  readyAt: number | null;
  restarts: number;
  /** Restarts since the last stable readiness. */
  streak: number;
  misconfigured: boolean;
  note: string;
  lastExit: string | null;
  timer: Timer | undefined;
  /** Why we killed it ourselves, to be told at its end. */
  killReason: string | undefined;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #entries: readonly Entry[];
  readonly #byName: ReadonlyMap<string, Entry>;
  #stopStartedAt: number | undefined;
  #stopped: (() => void) | undefined;
  #stopping: Promise<void> | undefined;
  #toldNothingLeft = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#entries = dependencyOrder(options.services).map((spec) => ({
      spec,
      state: 'waiting',
      child: undefined,
      report: undefined,
      startedAt: null,
      readyAt: null,
      restarts: 0,
      streak: 0,
      misconfigured: false,
      note: '',
      lastExit: null,
      timer: undefined,
      killReason: undefined,
    }));
    this.#byName = new Map(this.#entries.map((entry) => [entry.spec.name, entry]));
  }

  /** Launches what has no dependencies; the rest follows as they become ready. */
  start(): void {
    this.#advance();
  }

  status(): ServiceStatus[] {
    return this.#entries.map((entry) => this.#statusOf(entry));
  }

  /** Stops everything, dependants first; resolves when no child is left. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      this.#stopped = resolve;
      this.#stopStartedAt = this.#options.clock.monotonic();
      for (const entry of this.#entries) if (entry.child === undefined) this.#settle(entry, 'stopped', '');
      this.#advanceStop();
    });
    return this.#stopping;
  }

  /** SIGKILL to everything, now: for a second Ctrl-C. */
  kill(): void {
    for (const entry of this.#entries) entry.child?.signal('SIGKILL');
  }

  #statusOf(entry: Entry): ServiceStatus {
    const missing = entry.state === 'ready' ? this.#missing(entry) : [];
    return {
      name: entry.spec.name,
      role: entry.spec.role,
      state: entry.state,
      degraded: missing.length > 0,
      pid: entry.child?.pid ?? null,
      startedAt: entry.child ? entry.startedAt : null,
      restarts: entry.restarts,
      rssBytes: entry.child ? (entry.report?.rssBytes ?? null) : null,
      eventLoopLagMs: entry.child ? (entry.report?.eventLoopLagMs ?? null) : null,
      note: missing.length > 0 ? missing.join(', ') : entry.note || (entry.report?.detail ?? ''),
      lastExit: entry.lastExit,
    };
  }

  /** Dependencies that are not ready, in words. */
  #missing(entry: Entry): string[] {
    return entry.spec.dependsOn
      .map((name) => this.#byName.get(name))
      .filter((dependency) => dependency !== undefined && dependency.state !== 'ready')
      .map((dependency) => `${dependency?.spec.name} is ${dependency?.state}`);
  }

  /** Moves every service that can move; called after each change, until nothing changes. */
  #advance(): void {
    if (this.#stopStartedAt !== undefined) {
      this.#advanceStop();
      return;
    }
    for (const entry of this.#entries) {
      if (entry.state !== 'waiting' && entry.state !== 'blocked') continue;
      const dependencies = entry.spec.dependsOn.map((name) => this.#byName.get(name));
      const lost = dependencies.find((other) => other?.state === 'failed' || other?.state === 'blocked');
      if (lost) this.#settle(entry, 'blocked', `${lost.spec.name} is ${lost.state}`);
      else if (dependencies.every((other) => other?.state === 'ready')) this.#launch(entry);
      else this.#settle(entry, 'waiting', this.#missing(entry).join(', '));
    }
    this.#checkNothingLeft();
  }

  #checkNothingLeft(): void {
    const over = this.#entries.every(({ state }) => state === 'failed' || state === 'blocked');
    if (!over || this.#toldNothingLeft || this.#entries.length === 0) return;
    this.#toldNothingLeft = true;
    const misconfigured = this.#entries.find((entry) => entry.misconfigured);
    this.#options.onNothingLeft?.(misconfigured && this.#statusOf(misconfigured));
  }

  #settle(entry: Entry, state: ServiceState, note: string): void {
    if (entry.state === state && entry.note === note) return;
    const changed = entry.state !== state;
    entry.state = state;
    entry.note = note;
    if (state !== 'backoff' && state !== 'starting' && state !== 'stopping' && state !== 'ready')
      this.#disarm(entry);
    if (changed) this.#options.onChange?.(this.#statusOf(entry));
  }

  #disarm(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
  }

  #arm(entry: Entry, ms: number, fn: () => void): void {
    this.#disarm(entry);
    entry.timer = this.#options.clock.after(ms, fn);
  }

  #launch(entry: Entry): void {
    entry.startedAt = this.#options.clock.now();
    entry.readyAt = null;
    entry.report = undefined;
    entry.killReason = undefined;
    let child: Child | undefined;
    const current = () => child !== undefined && entry.child === child;
    child = this.#options.launch(entry.spec, entry.restarts, {
      ready: () => {
        if (current()) this.#ready(entry);
      },
      report: (report) => {
        if (current()) this.#reported(entry, report);
      },
      waiting: (reason) => {
        if (current() && entry.state === 'starting') this.#awaitReady(entry, reason);
      },
      ended: (ended) => {
        if (current()) this.#ended(entry, ended);
      },
    });
    entry.child = child;
    this.#awaitReady(entry, '');
  }

  #awaitReady(entry: Entry, note: string): void {
    const limit = entry.spec.readyTimeoutMs;
    this.#arm(entry, limit, () => this.#giveUpOn(entry, `not ready after ${Math.round(limit / 1000)} s`));
    this.#settle(entry, 'starting', note);
  }

  #giveUpOn(entry: Entry, reason: string): void {
    entry.killReason = reason;
    entry.child?.signal('SIGKILL');
  }

  #ready(entry: Entry): void {
    if (entry.state !== 'starting') return;
    entry.readyAt = this.#options.clock.monotonic();
    this.#watch(entry);
    this.#settle(entry, 'ready', '');
    this.#advance();
  }

  #reported(entry: Entry, report: ChildReport): void {
    entry.report = report;
    if (entry.state === 'ready') this.#watch(entry);
  }

  #watch(entry: Entry): void {
    this.#arm(entry, SILENCE_MS, () => this.#giveUpOn(entry, `no sign of life for ${SILENCE_MS / 1000} s`));
  }

  #ended(entry: Entry, ended: Ended): void {
    this.#disarm(entry);
    entry.child = undefined;
    const reason = entry.killReason ?? ended.reason;
    entry.lastExit = describeExit({ ...ended, reason });
    if (this.#stopStartedAt !== undefined) this.#settle(entry, 'stopped', '');
    else this.#afterCrash(entry, ended);
    this.#advance();
  }

  /** Any end that nobody asked for is a crash, exit code 0 included. */
  #afterCrash(entry: Entry, ended: Ended): void {
    const { clock, random } = this.#options;
    const cause = entry.lastExit ?? '';
    if (ended.code === EXIT_CONFIG) {
      entry.misconfigured = true;
      this.#settle(entry, 'failed', cause);
      return;
    }
    if (entry.readyAt !== null && clock.monotonic() - entry.readyAt >= STABLE_MS) entry.streak = 0;
    // A service that ends while something it needs is away is not to blame: it waits, and the count stands still.
    if (this.#missing(entry).length > 0) {
      entry.restarts += 1;
      this.#settle(entry, 'waiting', this.#missing(entry).join(', '));
      return;
    }
    if (entry.streak >= MAX_RESTARTS) {
      this.#settle(entry, 'failed', `crashed ${MAX_RESTARTS + 1} times in a row; last: ${cause}`);
      return;
    }
    entry.streak += 1;
    entry.restarts += 1;
    const delay = backoffMs(entry.streak, random.next());
    this.#arm(entry, delay, () => {
      entry.timer = undefined;
      this.#settle(entry, 'waiting', '');
      this.#advance();
    });
    this.#settle(entry, 'backoff', `restart ${entry.streak} of ${MAX_RESTARTS} in ${delay} ms; ${cause}`);
  }

  /** Signals every service whose dependants are all gone. */
  #advanceStop(): void {
    const now = this.#options.clock.monotonic();
    const elapsed = now - (this.#stopStartedAt ?? now);
    for (const entry of [...this.#entries].reverse()) {
      if (entry.child === undefined || entry.state === 'stopping') continue;
      const dependants = this.#entries.filter((other) => other.spec.dependsOn.includes(entry.spec.name));
      if (dependants.some((other) => other.child !== undefined)) continue;
      this.#arm(entry, Math.max(MIN_GRACE_MS, STOP_GRACE_MS - elapsed), () =>
        this.#giveUpOn(entry, 'did not stop in time'),
      );
      this.#settle(entry, 'stopping', '');
      entry.child.signal(entry.spec.stopSignal);
    }
    if (this.#entries.every((entry) => entry.child === undefined)) this.#stopped?.();
  }
}
