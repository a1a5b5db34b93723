/**
 * The venue's limits per client IP: REST weight, WebSocket connections, subscriptions, users, messages and
 * in-flight posts. Every figure is a setting; the defaults are what the venue was last seen to enforce.
 */
import type { Clock } from '../../runtime/clock.ts';

export interface LimitSettings {
  /** REST weight per 60 s, shared by /info, /exchange and WebSocket posts. */
  readonly restWeight: number;
  /** The venue does not publish its algorithm: any 60 s, or whole minutes of the clock. */
  readonly restWindow: 'sliding' | 'fixed';
  readonly connections: number;
  readonly newConnectionsPerMinute: number;
  readonly subscriptions: number;
  /** Distinct users in user-specific subscriptions, over all connections of the IP. */
  readonly users: number;
  readonly messagesPerMinute: number;
  readonly pendingPosts: number;
  /** A closed socket's subscriptions, users and connection stay counted this long. */
  readonly releaseDelayMs: number;
  /** A connection to which nothing was sent for this long is dropped without a close frame. */
  readonly idleTimeoutMs: number;
  /** A connection with more unsent bytes than this is dropped: it does not read. */
  readonly maxBufferedBytes: number;
}

export const VENUE_LIMITS: LimitSettings = {
  restWeight: 1200,
  restWindow: 'sliding',
  connections: 15,
  newConnectionsPerMinute: 30,
  subscriptions: 1000,
  users: 15,
  messagesPerMinute: 2000,
  pendingPosts: 100,
  releaseDelayMs: 2000,
  idleTimeoutMs: 60_000,
  maxBufferedBytes: 64 * 1024 * 1024,
};

const MINUTE_MS = 60_000;

/** An amount spent per minute: over any 60 s (sliding) or per whole minute since start (fixed). */
export class MinuteWindow {
  readonly #limit: number;
  readonly #kind: 'sliding' | 'fixed';
  #entries: { at: number; amount: number }[] = [];
  #head = 0;
  #used = 0;

  constructor(limit: number, kind: 'sliding' | 'fixed') {
    this.#limit = limit;
    this.#kind = kind;
  }

  /** Spends `amount` if it fits; a refused amount is not counted. */
  take(now: number, amount: number): boolean {
    if (this.used(now) + amount > this.#limit) return false;
    this.add(now, amount);
    return true;
  }

  /** Spends `amount` even beyond the limit: surcharges known only after the answer. */
  add(now: number, amount: number): void {
    if (amount === 0) return;
    const last = this.#entries.at(-1);
    if (last !== undefined && last.at === now) last.amount += amount;
    else this.#entries.push({ at: now, amount });
    this.#used += amount;
  }

  used(now: number): number {
    const expired = (at: number) =>
      this.#kind === 'sliding'
        ? at <= now - MINUTE_MS
        : Math.floor(at / MINUTE_MS) < Math.floor(now / MINUTE_MS);
    for (let entry = this.#entries[this.#head]; entry !== undefined && expired(entry.at); ) {
      this.#used -= entry.amount;
      this.#head++;
      entry = this.#entries[this.#head];
    }
    if (this.#head > 1024) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return this.#used;
  }
}

/** What one client IP has in use. */
export class IpLedger {
  readonly weight: MinuteWindow;
  readonly #messages: MinuteWindow;
  readonly #connects: MinuteWindow;
  readonly #settings: LimitSettings;
  readonly #clock: Clock;
  readonly #users = new Map<string, number>();
  #connections = 0;
  #subscriptions = 0;
  #pendingPosts = 0;

  constructor(settings: LimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.weight = new MinuteWindow(settings.restWeight, settings.restWindow);
    this.#messages = new MinuteWindow(settings.messagesPerMinute, 'sliding');
    this.#connects = new MinuteWindow(settings.newConnectionsPerMinute, 'sliding');
  }

  takeWeight(amount: number): boolean {
    return this.weight.take(this.#clock.monotonic(), amount);
  }

  addWeight(amount: number): void {
    this.weight.add(this.#clock.monotonic(), amount);
  }

  usedWeight(): number {
    return this.weight.used(this.#clock.monotonic());
  }

  takeMessage(): boolean {
    return this.#messages.take(this.#clock.monotonic(), 1);
  }

  /** undefined when the connection may open, else the venue's reason. */
  openConnection(): string | undefined {
    const { connections, newConnectionsPerMinute } = this.#settings;
    if (this.#connections >= connections) return `Cannot open more than ${connections} connections.`;
    if (!this.#connects.take(this.#clock.monotonic(), 1))
      return `Cannot open more than ${newConnectionsPerMinute} new connections per minute.`;
    this.#connections++;
    return undefined;
  }

  closeConnection(): void {
    this.#connections--;
  }

  /** undefined when the subscription may be added, else the venue's error text. */
  addSubscription(user: string | undefined): string | undefined {
    const { subscriptions, users } = this.#settings;
    if (this.#subscriptions >= subscriptions)
      return `Cannot subscribe to more than ${subscriptions} channels.`;
    if (user !== undefined) {
      const held = this.#users.get(user) ?? 0;
      if (held === 0 && this.#users.size >= users) return `Cannot track more than ${users} total users.`;
      this.#users.set(user, held + 1);
    }
    this.#subscriptions++;
    return undefined;
  }

  removeSubscription(user: string | undefined): void {
    this.#subscriptions--;
    if (user === undefined) return;
    const held = (this.#users.get(user) ?? 0) - 1;
    if (held > 0) this.#users.set(user, held);
    else this.#users.delete(user);
  }

  takePost(): boolean {
    if (this.#pendingPosts >= this.#settings.pendingPosts) return false;
    this.#pendingPosts++;
    return true;
  }

  releasePost(): void {
    this.#pendingPosts--;
  }
}

/** All client IPs seen. */
export class Limits {
  readonly settings: LimitSettings;
  readonly #clock: Clock;
  readonly #ledgers = new Map<string, IpLedger>();

  constructor(settings: LimitSettings, clock: Clock) {
    this.settings = settings;
    this.#clock = clock;
  }

  of(ip: string): IpLedger {
    let ledger = this.#ledgers.get(ip);
    if (ledger === undefined) {
      ledger = new IpLedger(this.settings, this.#clock);
      this.#ledgers.set(ip, ledger);
    }
    return ledger;
  }
}
