/**
 * The weight ledger in Redis, for many machines: one atomic script per step, by the Redis server's clock.
 *
 * A Redis that lost its data (restarted without persistence, emptied) has forgotten what was spent: the script
 * notices by a missing mark and then admits nothing for one window.
 */
import type { Redis } from 'ioredis';
import type { WeightBackend, WeightRules } from './ledger.ts';

/**
 * KEYS: charges (sorted set; member "number:lane:weight", score: the ms from which it no longer counts), counter,
 * mark. ARGV: weight, lane, limit, ms that it counts, window ms, reserves in order of lanes.
 * Returns {charge, retryAfterMs}: charge '' when refused, retryAfterMs -1 when it can never fit.
 */
const ADMIT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local weight, lane, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local since = redis.call('GET', KEYS[3])
if not since then
  redis.call('SET', KEYS[3], now)
  since = now
end
local blind = tonumber(since) + tonumber(ARGV[5]) - now
if blind > 0 then return {'', blind} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local charges = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local used, total = {}, 0
for i = 1, #charges, 2 do
  local _, chargeLane, chargeWeight = string.match(charges[i], '^(%d+):(%d+):(%d+)$')
  used[tonumber(chargeLane)] = (used[tonumber(chargeLane)] or 0) + tonumber(chargeWeight)
  total = total + tonumber(chargeWeight)
end
local kept, keptWhole = 0, 0
for before = 0, lane - 1 do
  local reserve = tonumber(ARGV[6 + before])
  kept = kept + math.max(0, reserve - (used[before] or 0))
  keptWhole = keptWhole + reserve
end
if total + weight + kept <= limit then
  local charge = redis.call('INCR', KEYS[2]) .. ':' .. lane .. ':' .. weight
  redis.call('ZADD', KEYS[1], now + 1 + tonumber(ARGV[4]), charge)
  return {charge, 0}
end
if weight + keptWhole > limit then return {'', -1} end
local freed, wait = 0, 1
for i = 1, #charges, 2 do
  freed = freed + tonumber(string.match(charges[i], ':(%d+)$'))
  wait = tonumber(charges[i + 1]) - now
  if total + weight + kept - freed <= limit then break end
end
return {'', wait}
`;

/** KEYS: charges. ARGV: charge, window ms, actual weight or ''. */
const SETTLE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local prefix, weight = string.match(ARGV[1], '^(%d+:%d+:)(%d+)$')
redis.call('ZREM', KEYS[1], ARGV[1])
if ARGV[3] ~= '' then weight = ARGV[3] end
redis.call('ZADD', KEYS[1], now + 1 + tonumber(ARGV[2]), prefix .. weight)
return 0
`;

/**
 * KEYS: next place. ARGV: spacing ms, burst ms. Returns ms until the place as text (numbers would be cut to integers).
 */
const PLACE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local place = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now - tonumber(ARGV[2]))
local nextAt = place + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.3f', nextAt), 'PX', math.max(3600000, math.ceil(nextAt - now)))
return string.format('%.3f', math.max(0, place - now))
`;

/** KEYS: charges. Returns the members that count. */
const USED = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
`;

export interface RedisWeightOptions {
  readonly redis: Redis;
  /** Names the network, in a Redis that several installations share; simulated worlds have budgets of their own. */
  readonly namespace: string;
  /** Name of the egress IP: all processes with one name share one budget. */
  readonly egress: string;
  readonly rules: WeightRules<string>;
}

export function redisWeightBackend(options: RedisWeightOptions): WeightBackend {
  const { redis, rules } = options;
  // One hash slot on a Redis cluster.
  const base = `autotrade:{${options.namespace}:weight:${options.egress}}`;
  const charges = `${base}:charges`;
  const reserves = rules.lanes.map((lane) => rules.reserve[lane] ?? 0);
  return {
    async admit(weight, lane) {
      const keys = [charges, `${base}:counter`, `${base}:mark`];
      const countsMs = rules.windowMs + rules.unsettledMs;
      const numbers = [weight, lane, rules.limit, countsMs, rules.windowMs, ...reserves];
      const answer = (await redis.eval(ADMIT, keys.length, ...keys, ...numbers)) as [string, number];
      const [charge, retryAfterMs] = answer;
      if (charge !== '') return { charge };
      return { charge: undefined, retryAfterMs: retryAfterMs === -1 ? undefined : retryAfterMs };
    },
    async settle(charge, actual) {
      await redis.eval(SETTLE, 1, charges, charge, rules.windowMs, actual ?? '');
    },
    async place(spacingMs, burstMs) {
      return Number(await redis.eval(PLACE, 1, `${base}:place`, spacingMs, burstMs));
    },
    async used() {
      const members = (await redis.eval(USED, 1, charges)) as string[];
      const used = rules.lanes.map(() => 0);
      for (const member of members) {
        const [, lane = 0, weight = 0] = member.split(':').map(Number);
        used[lane] = (used[lane] ?? 0) + weight;
      }
      return used;
    },
  };
}
