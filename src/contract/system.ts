/** What an operator needs to see beyond the statistics: sweep, tasks, queues, gaps, drift. */
import { z } from 'zod';
import { knownSchema } from './positions.ts';
import { weightSchema } from './stats.ts';
import { addressSchema, cellSchema, coinSchema, countSchema, decimalSchema, timeSchema } from './values.ts';

export const taskRunSchema = z
  .object({
    task: z.string(),
    startedAt: timeSchema,
    durationMs: countSchema.nullable(),
    outcome: z.enum(['running', 'succeeded', 'failed', 'timed_out', 'stopped', 'lost']),
    attempt: countSchema,
    worker: z.string(),
    result: z.unknown(),
    error: z.string().nullable(),
  })
  .meta({ id: 'TaskRun' });
export type TaskRun = z.infer<typeof taskRunSchema>;

export const queueSchema = z
  .object({
    queue: z.string(),
    waiting: countSchema,
    active: countSchema,
    delayed: countSchema,
    failed: countSchema,
  })
  .meta({ id: 'Queue' });
export type QueueDepth = z.infer<typeof queueSchema>;

/** A span of exchange time in which trades of a coin may be missing. */
export const feedGapSchema = z
  .object({
    coin: coinSchema,
    from: timeSchema,
    to: timeSchema,
    reason: z.string(),
    recordedAt: timeSchema,
  })
  .meta({ id: 'FeedGap' });
export type FeedGap = z.infer<typeof feedGapSchema>;

/** A difference between our book and the venue that an audit found. */
export const driftSchema = z
  .object({
    trader: addressSchema,
    coin: coinSchema,
    bookSize: decimalSchema,
    venueSize: decimalSchema,
    known: knownSchema.meta({ description: 'How the book had known it' }),
    cause: z.string(),
    at: timeSchema.meta({ description: "The venue's time of the audited state" }),
    recordedAt: timeSchema,
  })
  .meta({ id: 'Drift' });
export type Drift = z.infer<typeof driftSchema>;

export const sweepSchema = z
  .object({
    tracked: countSchema.meta({ description: 'Traders audited at least once' }),
    never: countSchema,
    oldestAt: timeSchema.nullable().meta({ description: 'Longest ago that a tracked trader was audited' }),
    p95AgeMs: cellSchema.meta({
      description: 'Age of the last audit that 95 % of tracked traders are within',
    }),
    ages: z
      .array(z.object({ upToMs: countSchema.nullable(), traders: countSchema }))
      .meta({ description: 'Histogram of ages; the last bin is open' }),
    waiting: countSchema.meta({ description: 'Polls asked for before the rotation' }),
    asOf: timeSchema,
  })
  .meta({ id: 'Sweep' });
export type Sweep = z.infer<typeof sweepSchema>;

const quantilesSchema = z
  .object({ p50: cellSchema, p99: cellSchema })
  .meta({ id: 'Quantiles', description: 'ms, over the last five minutes' });

/** What the services measured of themselves lately. */
const figuresSchema = z
  .object({
    lag: z
      .object({
        commit: quantilesSchema.meta({ description: "A trade's exchange time to its commit" }),
        send: quantilesSchema.meta({
          description: "Commit of a position change to its frame on this server's update streams",
        }),
        total: quantilesSchema.meta({ description: 'Exchange time of a position change to that frame' }),
      })
      .meta({ description: 'Exchange and server clocks both matter where the exchange time does' }),
    changesPerSecond: cellSchema.meta({ description: 'Position changes written, over the last minute' }),
    tracking: z.object({
      polls: cellSchema.meta({ description: 'Polls of accounts in the last hour' }),
      successRate: cellSchema.meta({ description: 'Of these, those that brought an answer, 0 to 1' }),
    }),
    refused: cellSchema.meta({ description: 'HTTP 429 answers of the venue in the last hour' }),
    book: z.object({
      pairs: cellSchema.meta({
        description: 'Trader and coin pairs in the position book, closed ones included',
      }),
      open: cellSchema.meta({ description: 'Open positions in the position book' }),
    }),
  })
  .meta({ id: 'Figures' });
export type Figures = z.infer<typeof figuresSchema>;

export const systemSchema = z
  .object({
    serverTime: timeSchema,
    weight: z.array(weightSchema),
    figures: figuresSchema,
    sweep: sweepSchema,
    known: z
      .array(z.object({ known: knownSchema, positions: countSchema }))
      .meta({ description: 'Open positions by how they are known' }),
    tasks: z.array(taskRunSchema).meta({ description: 'Last run of each task' }),
    queues: z.array(queueSchema).nullable().meta({ description: 'null: the queue does not answer' }),
    gaps: z.array(feedGapSchema).meta({ description: 'Newest 50' }),
    drift: z.array(driftSchema).meta({ description: 'Newest 50' }),
    audits: z.object({
      lastDay: countSchema.meta({ description: 'Account snapshots of the last 24 h' }),
      driftLastDay: countSchema,
      driftPer100k: cellSchema,
    }),
  })
  .meta({ id: 'System' });
export type System = z.infer<typeof systemSchema>;
