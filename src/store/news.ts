/**
 * News: what moved, sent with NOTIFY in the writing transaction and so seen exactly when its rows are. News is a
 * hint, tables are the truth: a reader also looks once a second and after every reconnect, so that a lost
 * notification costs at most that second.
 */
import pg from 'pg';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Secret } from '../runtime/secret.ts';
import { clientConfig, type Queryable } from './database.ts';

/** The PostgreSQL channel of all news. */
const CHANNEL = 'news';
const LOOK_EVERY_MS = 1_000;
const RECONNECT_CAP_MS = 5_000;
/** The listening connection is asked whether it still lives this often; a half-open socket is silent for ever. */
const PROBE_EVERY_MS = 10_000;

/** A place in a log. */
export interface LogPosition {
  readonly epoch: number;
  readonly offset: number;
}

/** Why a reader is woken: news of its topic (with the last offset written), the second's look, a reconnect. */
export type Wake =
  | { readonly reason: 'news'; readonly upTo: LogPosition }
  | { readonly reason: 'look' | 'reconnect' };

/** Announces that `topic` has rows up to `upTo`, visible when the transaction commits. Topic: [a-z_]+. */
export const publishNews = (tx: Queryable, topic: string, upTo: LogPosition): Promise<void> =>
  publishAllNews(tx, [[topic, upTo]]);

/** As `publishNews` for several topics in one round trip. */
export async function publishAllNews(
  tx: Queryable,
  news: readonly (readonly [topic: string, upTo: LogPosition])[],
): Promise<void> {
  if (news.length === 0) return;
  const payloads = news.map(([topic, { epoch, offset }]) => JSON.stringify({ topic, epoch, offset }));
  await tx.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload', [CHANNEL, payloads]);
}

export interface NewsListener {
  /**
   * Calls `wake` for news of the topic, once a second, and after each reconnect. Calls never overlap for one
   * subscription when `wake` returns a promise: what arrives meanwhile is merged into one further call.
   * Returns the function that ends the subscription.
   */
  subscribe(topic: string, wake: (why: Wake) => void | Promise<void>): () => void;
  /** True while the LISTEN connection stands; readers still look once a second when it does not. */
  readonly connected: boolean;
  close(): Promise<void>;
}

export interface NewsListenerOptions {
  readonly url: Secret;
  readonly applicationName: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** Starts listening; returns at once and connects (and reconnects, for ever) behind. */
export function listenNews(options: NewsListenerOptions): NewsListener {
  return new Listener(options);
}

class Subscription {
  readonly topic: string;
  readonly #wake: (why: Wake) => void | Promise<void>;
  readonly #log: Logger;
  #running = false;
  #next: Wake | undefined;

  constructor(topic: string, wake: (why: Wake) => void | Promise<void>, log: Logger) {
    this.topic = topic;
    this.#wake = wake;
    this.#log = log;
  }

  offer(why: Wake): void {
    // A look never displaces news that waits; news replaces older news, which it includes.
    if (this.#next === undefined || why.reason !== 'look') this.#next = why;
    if (!this.#running) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#next !== undefined) {
      const why = this.#next;
      this.#next = undefined;
      try {
        await this.#wake(why);
      } catch (error) {
        // The next look tries again.
        this.#log.warn({ topic: this.topic, error: String(error) }, 'a reader of news failed');
      }
    }
    this.#running = false;
  }
}

class Listener implements NewsListener {
  readonly #options: NewsListenerOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #look: Timer;
  readonly #probe: Timer;
  #client: pg.Client | undefined;
  #retry: Timer | undefined;
  #attempt = 0;
  #closed = false;
  connected = false;

  constructor(options: NewsListenerOptions) {
    this.#options = options;
    this.#look = options.clock.every(LOOK_EVERY_MS, () => this.#offerAll({ reason: 'look' }), {
      background: true,
    });
    this.#probe = options.clock.every(PROBE_EVERY_MS, () => this.#ask(), { background: true });
    void this.#connect();
  }

  subscribe(topic: string, wake: (why: Wake) => void | Promise<void>): () => void {
    const subscription = new Subscription(topic, wake, this.#options.log);
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#look.cancel();
    this.#probe.cancel();
    this.#retry?.cancel();
    this.#subscriptions.clear();
    const client = this.#client;
    this.#client = undefined;
    this.connected = false;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...clientConfig(this.#options), query_timeout: 5_000 });
    this.#client = client;
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', (message) => this.#receive(message.payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      this.#options.log.warn({ error: String(error), attempt: this.#attempt }, 'cannot listen for news');
      this.#lost(client);
      return;
    }
    if (this.#client !== client) return;
    this.connected = true;
    this.#attempt = 0;
    this.#offerAll({ reason: 'reconnect' });
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.connected = false;
    client.end().catch(() => undefined);
    if (this.#closed) return;
    // Full jitter: all roles lose the database at the same moment.
    const ceiling = Math.min(RECONNECT_CAP_MS, 100 * 2 ** this.#attempt++);
    const wait = this.#options.random.next() * ceiling;
    this.#retry = this.#options.clock.after(wait, () => void this.#connect(), { background: true });
  }

  #ask(): void {
    const client = this.#client;
    if (client === undefined || !this.connected) return;
    client.query('SELECT 1').catch(() => this.#lost(client));
  }

  #receive(payload: string | undefined): void {
    const news = parseNews(payload);
    if (news === undefined) {
      this.#options.log.warn({ payload: payload?.slice(0, 200) }, 'news that cannot be read');
      return;
    }
    for (const subscription of this.#subscriptions) {
      if (subscription.topic === news.topic) subscription.offer({ reason: 'news', upTo: news.upTo });
    }
  }

  #offerAll(why: Wake): void {
    for (const subscription of this.#subscriptions) subscription.offer(why);
  }
}

function parseNews(payload: string | undefined): { topic: string; upTo: LogPosition } | undefined {
  try {
    const { topic, epoch, offset } = JSON.parse(payload ?? '') as Record<string, unknown>;
    if (typeof topic !== 'string' || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(offset))
      return undefined;
    return { topic, upTo: { epoch: epoch as number, offset: offset as number } };
  } catch {
    return undefined;
  }
}
