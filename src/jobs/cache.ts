/** A cache of JSON values with a time to live: in this process, or in Redis for all machines. Losing it costs time only. */
import type { Redis } from 'ioredis';
import type { Clock } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';

export interface Cache {
  /** Undefined when absent, expired, or the cache is away. */
  get<T>(key: string): Promise<T | undefined>;
  /** Keeps a JSON value for `ttlMs`. */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** The cached value, else what `load` gives; callers of one process that ask at once share one load. */
  getOrLoad<T>(key: string, ttlMs: number, load: () => Promise<T>): Promise<T>;
}

abstract class LoadingCache implements Cache {
  readonly #loading = new Map<string, Promise<unknown>>();

  abstract get<T>(key: string): Promise<T | undefined>;
  abstract set(key: string, value: unknown, ttlMs: number): Promise<void>;
  abstract delete(key: string): Promise<void>;

  getOrLoad<T>(key: string, ttlMs: number, load: () => Promise<T>): Promise<T> {
    const running = this.#loading.get(key);
    if (running !== undefined) return running as Promise<T>;
    const started = (async () => {
      const cached = await this.get<T>(key);
      if (cached !== undefined) return cached;
      const value = await load();
      await this.set(key, value, ttlMs);
      return value;
    })().finally(() => this.#loading.delete(key));
    this.#loading.set(key, started);
    return started;
  }
}

interface Entry {
  /** JSON, so that a caller who changes what it got changes nobody else's. */
  readonly json: string;
  readonly expiresAt: number;
}

/** Forgets what was used least recently beyond `maxEntries`. */
export class MemoryCache extends LoadingCache {
  readonly #clock: Clock;
  readonly #maxEntries: number;
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, maxEntries = 10_000) {
    super();
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= this.#clock.monotonic()) return undefined;
    this.#entries.set(key, entry);
    return JSON.parse(entry.json) as T;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    this.#entries.delete(key);
    this.#entries.set(key, { json: JSON.stringify(value), expiresAt: this.#clock.monotonic() + ttlMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }
}

/** A Redis that is away makes every value absent and nothing fail. */
export class RedisCache extends LoadingCache {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #log: Logger;

  constructor(options: { readonly redis: Redis; readonly namespace: string; readonly log: Logger }) {
    super();
    this.#redis = options.redis;
    this.#prefix = `autotrade:${options.namespace}:cache:`;
    this.#log = options.log;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const json = await this.#attempt(() => this.#redis.get(this.#prefix + key));
    return json === null || json === undefined ? undefined : (JSON.parse(json) as T);
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    const px = Math.max(1, Math.ceil(ttlMs));
    await this.#attempt(() => this.#redis.set(this.#prefix + key, JSON.stringify(value), 'PX', px));
  }

  async delete(key: string): Promise<void> {
    await this.#attempt(() => this.#redis.del(this.#prefix + key));
  }

  async #attempt<T>(command: () => Promise<T>): Promise<T | undefined> {
    try {
      return await command();
    } catch (error) {
      this.#log.debug({ error: errorMessage(error) }, 'the cache does not answer');
      return undefined;
    }
  }
}
