/** The state of the whole system in one answer: what Overview and System show. */
import { z } from 'zod';
import { cellSchema, countSchema, logPlaceSchema, timeSchema } from './values.ts';

export const networkSchema = z.enum(['simulator', 'mainnet', 'testnet']);
export type Network = z.infer<typeof networkSchema>;

/**
 * waiting: for another service; standby: ready to take over; degraded: works, but something that it needs does not;
 * backoff: ended, restarts soon; failed: given up; blocked: what it needs has failed; silent: it has not reported in
 * time, so nothing is known about it now.
 */
export const serviceStateSchema = z.enum([
  'waiting',
  'starting',
  'ready',
  'standby',
  'degraded',
  'backoff',
  'failed',
  'blocked',
  'stopping',
  'stopped',
  'silent',
]);
export type ServiceState = z.infer<typeof serviceStateSchema>;

export const serviceSchema = z
  .object({
    name: z.string().meta({ description: 'Role, or role@instance' }),
    role: z.string(),
    host: z.string(),
    pid: z.int().nullable(),
    state: serviceStateSchema,
    startedAt: timeSchema.nullable(),
    uptimeMs: countSchema.nullable(),
    restarts: countSchema,
    memoryBytes: countSchema.nullable(),
    reportedAt: timeSchema.nullable().meta({ description: 'Last sign of life' }),
    message: z.string().nullable().meta({ description: 'What it says of itself, or why it ended' }),
  })
  .meta({ id: 'Service' });
export type Service = z.infer<typeof serviceSchema>;

/** `live`: every connection is up and data is fresh. `degraded`: some. `down`: none. `unknown`: no report. */
export const feedStateSchema = z.enum(['live', 'degraded', 'down', 'unknown']);
export type FeedState = z.infer<typeof feedStateSchema>;

export const feedSchema = z
  .object({
    state: feedStateSchema,
    lastTradeAt: timeSchema.nullable().meta({ description: 'Exchange time of the newest committed trade' }),
    dataAgeMs: countSchema.nullable().meta({ description: 'Age of the newest message of the venue' }),
    connections: countSchema.nullable(),
    connectionsUp: countSchema.nullable(),
    subscriptions: countSchema.nullable(),
    reconnects: countSchema.nullable(),
    duplicates: countSchema.nullable().meta({ description: 'Repeated trades dropped' }),
    lagMs: cellSchema.meta({ description: 'Trade time to commit, p50 of the last report, ms' }),
    gapsLastDay: countSchema.meta({ description: 'Feed gaps recorded in the last 24 h' }),
  })
  .meta({ id: 'Feed' });
export type Feed = z.infer<typeof feedSchema>;

const weightLaneSchema = z.object({ lane: z.string(), used: countSchema });

/** API weight of one egress IP in the last minute. */
export const weightSchema = z
  .object({
    egress: z.string(),
    used: countSchema.nullable().meta({ description: 'null: no report' }),
    limit: countSchema,
    windowMs: countSchema,
    lanes: z.array(weightLaneSchema),
    asOf: timeSchema.nullable(),
  })
  .meta({ id: 'Weight' });
export type Weight = z.infer<typeof weightSchema>;

export const statsSchema = z
  .object({
    serverTime: timeSchema,
    version: z.string(),
    network: networkSchema,
    simulated: z.boolean().meta({ description: 'The exchange behind these numbers is our simulator' }),
    world: z.string().meta({ description: 'World id that the database is stamped with' }),
    traders: z.object({
      total: countSchema,
      newLastMinute: countSchema,
      newLastHour: countSchema,
      perMinute: cellSchema.meta({ description: 'Discovery rate over the last 5 minutes' }),
    }),
    trades: z.object({
      total: countSchema.meta({ description: 'Trades committed since the database was created' }),
      perSecond: cellSchema.meta({ description: 'Committed trades per second over the last 10 s' }),
    }),
    coins: z.object({ listed: countSchema }),
    feed: feedSchema,
    weight: z.array(weightSchema),
    log: logPlaceSchema
      .nullable()
      .meta({ description: 'Head of the event log, null before its first epoch' }),
    services: z.array(serviceSchema),
  })
  .meta({ id: 'Stats' });
export type Stats = z.infer<typeof statsSchema>;
