/** The weight ledger of this machine's egress IP, shared by every role on it: in Redis where there is one, else PostgreSQL. */
import { Redis } from 'ioredis';
import {
  UNSETTLED_MS,
  VENUE_WEIGHT_LIMITS,
  WEIGHT_LANES,
  type WeightLane,
  type WeightLedger,
  type WeightReserve,
} from '../hyperliquid/weight/ledger.ts';
import { SharedWeightLedger, type WeightRules } from '../jobs/weight/ledger.ts';
import { postgresWeightBackend } from '../jobs/weight/postgres_backend.ts';
import { redisWeightBackend } from '../jobs/weight/redis_backend.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Database } from '../store/database.ts';

/** The venue's rule; our own simulated venue grants what it is told to, and the budget follows it. */
export const weightLimitOf = (config: {
  readonly NETWORK: string;
  readonly SIMULATOR_REST_WEIGHT_PER_MINUTE: number;
}): number =>
  config.NETWORK === 'simulator' ? config.SIMULATOR_REST_WEIGHT_PER_MINUTE : VENUE_WEIGHT_LIMITS.limit;

/** Part of a budget that polls would use up, left to the histories while some are wanted. */
export const HISTORY_SHARE = 0.25;
/** Two requests of the history lane with the largest surcharge: it must always be able to ask something. */
const HISTORY_LEAST = 240;

/** One question that closes a gap of the feed, as much as it may cost. */
const REPAIR = 30;
const REPAIR_SHARE = 0.025;

/**
 * Kept free by every process on the address. For repairs: a gap is closed, or the list of coins read, within seconds
 * or not at all. For the sweep: histories never take more than their share of a window that is not full yet. Orders
 * keep nothing while nothing is armed.
 */
export function weightReserve(limit: number): WeightReserve {
  const repairs = Math.min(REPAIR, Math.floor(limit * REPAIR_SHARE));
  const sweep = Math.floor(VENUE_WEIGHT_LIMITS.limit * (1 - HISTORY_SHARE));
  return { repairs, sweep: Math.max(0, Math.min(sweep, limit - repairs - HISTORY_LEAST)) };
}

export interface WeightLedgerOptions {
  readonly database: Database;
  readonly redisUrl: Secret | undefined;
  /** Names the world in a Redis that several installations share. */
  readonly namespace: string;
  /** Name of the egress IP (WORKER_EGRESS). */
  readonly egress: string;
  /** Weight that the venue grants the IP in a minute: see weightLimitOf. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OpenWeightLedger {
  readonly ledger: WeightLedger;
  close(): Promise<void>;
}

export function openWeightLedger(options: WeightLedgerOptions): OpenWeightLedger {
  const { database, redisUrl, egress, clock, log } = options;
  const rules: WeightRules<WeightLane> = {
    lanes: WEIGHT_LANES,
    limit: options.limit,
    windowMs: VENUE_WEIGHT_LIMITS.windowMs,
    reserve: weightReserve(options.limit),
    unsettledMs: UNSETTLED_MS,
  };
  if (redisUrl === undefined) {
    const backend = postgresWeightBackend(database, egress, rules);
    return { ledger: new SharedWeightLedger({ backend, rules, clock, log }), close: async () => undefined };
  }
  const redis = new Redis(redisUrl.reveal(), { maxRetriesPerRequest: 1 });
  redis.on('error', (error) => log.warn({ error: error.message }, 'Redis connection lost'));
  const backend = redisWeightBackend({ redis, namespace: options.namespace, egress, rules });
  return {
    ledger: new SharedWeightLedger({ backend, rules, clock, log }),
    close: async () => void (await redis.quit().catch(() => redis.disconnect())),
  };
}
