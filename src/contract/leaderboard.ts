/**
 * The leaderboard: two boards over five windows. Metrics here are statistics (float64), not money to reckon with, so
 * they are numbers; an unknown one is null, never 0.
 */
import { z } from 'zod';
import {
  FURTHER_METRICS,
  type FurtherMetric,
  isFurther,
  METRIC_ALIASES,
  METRIC_NAMES,
  METRICS,
  type MetricKind,
  type MetricName,
  MOST_FURTHER_FILTERS,
  metricNamed,
  noMetric,
} from '../domain/board_metrics.ts';
import { BOARD_METRICS, BOARD_WINDOWS, BOARDS, type BoardMetric } from '../domain/boards.ts';
import { addressSchema, countSchema, cursorSchema, limitSchema, timeSchema } from './values.ts';

const boardSchema = z.enum(BOARDS).default('copy').meta({
  description: 'copy: what a follower would have earned; classic: the weighted score of the original design',
});
const windowSchema = z.enum(BOARD_WINDOWS).default('90d');

const FILTER = /^([a-zA-Z]+):(-?\d+(?:\.\d+)?)?:(-?\d+(?:\.\d+)?)?$/;

export interface MetricFilter {
  readonly metric: MetricName;
  readonly least?: number;
  readonly most?: number;
}

/** @returns the filter, or what is wrong with it. */
function parseFilter(text: string): MetricFilter | string {
  const [, name, least, most] = FILTER.exec(text) ?? [];
  if (name === undefined || (least === undefined && most === undefined))
    return `"${text.slice(0, 40)}" is not metric:least:most with one bound at least, for example winRate:0.5:`;
  const metric = metricNamed(name);
  if (metric === undefined) return noMetric(name);
  return {
    metric,
    ...(least === undefined ? {} : { least: Number(least) }),
    ...(most === undefined ? {} : { most: Number(most) }),
  };
}

/** "winRate:0.5:,drawdown::0.2" as filters. */
const filterSchema = z
  .string()
  .max(600)
  .transform((text, context): MetricFilter[] => {
    const filters: MetricFilter[] = [];
    const refuse = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    for (const part of text.split(',')) {
      const filter = parseFilter(part);
      if (typeof filter === 'string') return refuse(filter);
      filters.push(filter);
    }
    const further = new Set(filters.map(({ metric }) => metric).filter(isFurther));
    return further.size > MOST_FURTHER_FILTERS
      ? refuse(`names ${further.size} metrics that are not in every answer; at most ${MOST_FURTHER_FILTERS}`)
      : filters;
  })
  .meta({
    description: `metric:least:most, bounds inclusive, either may be empty; several joined by commas, of which at most ${MOST_FURTHER_FILTERS} metrics that are not in every answer`,
  });

const sortSchema = z
  .enum([...METRIC_NAMES, ...METRIC_ALIASES], { error: ({ input }) => noMetric(String(input)) })
  .transform((name) => metricNamed(name) as MetricName);

/** "sortino,calmar": those that are not in every answer anyway, each once, in the order of the list. */
const metricsSchema = z
  .string()
  .max(1_000)
  .transform((text, context): FurtherMetric[] => {
    const named = new Set<MetricName>();
    for (const name of text.split(',')) {
      const metric = metricNamed(name);
      if (metric === undefined) {
        context.addIssue({ code: 'custom', message: noMetric(name) });
        return z.NEVER;
      }
      named.add(metric);
    }
    return FURTHER_METRICS.filter((metric) => named.has(metric));
  })
  .meta({
    description:
      'Metrics that items carry beside those of every answer, joined by commas; what is sorted and filtered by is there anyway',
  });

/** What a follower may say of himself; absent is the standard. */
const termsShape = {
  equity: z.coerce.number().min(10).max(1e9).optional().meta({
    description:
      'Your equity in USD (default 1000): impact grows with its root, and whoever needs more to be copied, or carries less, is left out of the copy board',
  }),
  takerBp: z.coerce.number().min(0).max(50).optional().meta({
    description: 'Your taker fee in basis points, for the copy board (default 4.5)',
  }),
  latencyMs: z.coerce.number().int().min(0).max(3_600_000).optional().meta({
    description: 'How late your copy comes, ms, for the copy board (default 1500)',
  }),
};

export const leaderboardQuerySchema = z.strictObject({
  board: boardSchema,
  window: windowSchema,
  sort: sortSchema.optional().meta({ description: "A metric. Default: the board's own score" }),
  order: z.enum(['asc', 'desc']).default('desc'),
  filter: filterSchema.optional(),
  metrics: metricsSchema.optional(),
  ...termsShape,
  limit: limitSchema(50, 200),
  cursor: cursorSchema.optional(),
});

const statistic = (description: string) => z.number().nullable().meta({ description });

/** What the number of each kind is given in; '' says itself. */
const IN: Readonly<Record<MetricKind, string>> = {
  ratio: '',
  share: 'fraction',
  return: 'fraction',
  usd: 'USD',
  pnl: 'USD',
  bp: 'basis points',
  duration: 'ms',
  days: 'days',
  count: '',
  leverage: 'times equity',
};

/** Definition and unit of a metric, as the API speaks of it. */
export const metricText = (metric: MetricName): string => {
  const { meaning, kind, onBoards } = METRICS[metric];
  return [
    meaning,
    ...(IN[kind] === '' ? [] : [IN[kind]]),
    ...(onBoards === undefined ? [] : [onBoards]),
  ].join('; ');
};

const statisticOf = (metric: MetricName) => statistic(metricText(metric));
type Statistic = ReturnType<typeof statistic>;

const boardMetricsSchema = z.object({
  ...(Object.fromEntries(BOARD_METRICS.map((metric) => [metric, statisticOf(metric)])) as Record<
    BoardMetric,
    Statistic
  >),
  ...(Object.fromEntries(FURTHER_METRICS.map((metric) => [metric, statisticOf(metric).optional()])) as Record<
    FurtherMetric,
    z.ZodOptional<Statistic>
  >),
});

export const reasonSchema = z
  .object({ code: z.string(), text: z.string().meta({ description: 'In plain words' }) })
  .meta({ id: 'Reason' });

/** none: not enough to rank. weak, moderate, strong: chance of a real edge below 80 %, from 80 %, from 95 %. */
const evidenceSchema = z
  .object({
    level: z.enum(['none', 'weak', 'moderate', 'strong']),
    percentile: statistic('Among eligible traders, 0 to 100'),
    posteriorSharpe: statistic('Annualised Sharpe ratio of a follower that is believed'),
    posteriorDeviation: statistic('Its standard deviation'),
    positiveMonth: statistic('Probability that 30 days of copying end above zero'),
    proven: z.boolean().meta({ description: 'Statistically real at a false discovery rate of 10 %' }),
  })
  .meta({ id: 'Evidence' });

const historySchema = z
  .object({
    state: z.enum(['none', 'complete', 'truncated']).meta({
      description: 'truncated: fills are known from completeSince on only',
    }),
    completeSince: timeSchema.nullable().meta({ description: 'null: from the first fill on, or no history' }),
    through: timeSchema.nullable().meta({ description: 'Read up to here' }),
    fills: countSchema,
    reconciled: z
      .boolean()
      .nullable()
      .meta({ description: 'Fills, funding and transfers explain the account value' }),
  })
  .meta({ id: 'TraderHistory' });

const leaderboardItemSchema = z.object({
  rank: countSchema.nullable().meta({ description: "Place by the board's own score, 1 is best" }),
  address: addressSchema,
  days: countSchema.meta({ description: 'Days with a copy-adjusted return' }),
  metrics: boardMetricsSchema.meta({
    description: 'Those of every answer, and of the others those that were asked for',
  }),
  gates: z
    .array(reasonSchema)
    .meta({ description: 'What keeps the trader off the copy board; empty: eligible' }),
  evidence: evidenceSchema,
  reasonsFor: z.array(reasonSchema),
  against: z.array(reasonSchema),
  curve: z.array(z.number()).meta({ description: 'Copy-adjusted equity of 1 at the start, day by day' }),
});
export type LeaderboardItem = z.infer<typeof leaderboardItemSchema>;

/** How far the record has come, at the weight that the venue allows. */
export const progressSchema = z.object({
  traders: countSchema.meta({ description: 'Known traders' }),
  seeded: countSchema.meta({ description: 'Whose account has been seen: positions and equity' }),
  wanted: countSchema.meta({ description: 'Traders active enough to be worth a history' }),
  backfilled: countSchema.meta({ description: 'Whose history has been read' }),
  judged: countSchema.meta({ description: 'Who stand on the boards of 90 days, eligible or not' }),
  evidenced: countSchema.meta({ description: 'Eligible on the copy board of 90 days' }),
  perMinute: z.number().nonnegative().meta({ description: 'Histories read a minute of late' }),
  expectedMs: z.number().nonnegative().nullable().meta({
    description: 'Until all that are wanted have been read, at this pace; null: none has been read of late',
  }),
});
export type LeaderboardProgress = z.infer<typeof progressSchema>;

export const leaderboardSchema = z.object({
  board: z.enum(BOARDS),
  window: z.enum(BOARD_WINDOWS),
  version: countSchema.meta({ description: 'Grows with every computation; 0: none yet' }),
  computedAt: timeSchema.nullable(),
  ranked: countSchema.meta({ description: 'Traders on this board' }),
  items: z.array(leaderboardItemSchema),
  nextCursor: cursorSchema.nullable(),
});
export type LeaderboardPage = z.infer<typeof leaderboardSchema>;

export const explainQuerySchema = z.strictObject({ window: windowSchema, ...termsShape });

const placeSchema = z.object({ rank: countSchema, of: countSchema, score: z.number() }).nullable();

const metricSchema = z.object({
  value: z.number().nullable(),
  absent: z.string().nullable().meta({ description: 'Why there is no value' }),
  n: countSchema.meta({ description: 'Observations behind it: episodes, days or fills' }),
});

const followerSchema = z
  .object({
    equityUsd: z.number(),
    takerBp: z.number(),
    latencyMs: z.number(),
    place: placeSchema.meta({ description: 'On the copy board ranked for these terms' }),
    scale: statistic("Your equity over the leader's"),
    reproduced: statistic(
      'Share of its notional that your equity reproduces after lot sizes and the $10 minimum, of positions as they were held',
    ),
    outcome: z
      .object({
        gross: z.number().meta({ description: 'What the leader earned before fees' }),
        net: z.number().meta({ description: 'What you keep: gross less all of the following' }),
        fees: z.number(),
        spread: z.number(),
        impact: z
          .number()
          .nullable()
          .meta({ description: 'Grows with the root of your equity; null: not told apart from the spread' }),
        delay: z.number().meta({ description: 'What the delay takes of the gains' }),
      })
      .nullable()
      .meta({ description: 'Sums of daily returns over the window, fractions of your equity' }),
    copyRatio: statistic("net over gross; null where the leader's gross return is not positive"),
    curve: z
      .array(z.object({ delayMs: countSchema, copyRatio: z.number().nullable() }))
      .meta({ description: 'copyRatio at delays of 0, 1, 3, 10 and 60 seconds' }),
  })
  .meta({ id: 'FollowerFigures' });

const episodeSchema = z
  .object({
    dex: z.string(),
    coin: z.string(),
    long: z.boolean(),
    openTime: timeSchema,
    closeTime: timeSchema,
    entryUsd: z.number().meta({ description: 'Everything entered, price times size' }),
    netUsd: z.number().meta({ description: 'After fees and funding' }),
    feesUsd: z.number(),
    fundingUsd: z.number(),
    adds: countSchema,
    fault: z.string().nullable().meta({ description: 'Why it is not in the statistics' }),
    liquidated: z.boolean(),
  })
  .meta({ id: 'Episode' });

/** Wallets that are taken for one owner's. */
const entitySchema = z
  .object({
    members: z.array(
      z.object({
        address: addressSchema,
        links: z.array(z.string()).meta({ description: 'subAccount, vaultLeader, transfer, twin, ring' }),
        netPnlUsd: z.number().nullable(),
        grossUsd: z.number().meta({ description: 'Open positions at entry prices' }),
      }),
    ),
    netPnlUsd: z
      .number()
      .nullable()
      .meta({ description: 'Of all members whose past is read, in the window' }),
    net: z.array(z.object({ dex: z.string(), coin: z.string(), netUsd: z.number(), grossUsd: z.number() })),
    oneSided: z.number().nullable().meta({
      description: 'Net over gross exposure: 1 is one-sided, near 0 is hedged; null when flat',
    }),
  })
  .meta({ id: 'Entity' });

export const explainSchema = z.object({
  address: addressSchema,
  window: z.enum(BOARD_WINDOWS),
  computedAt: timeSchema.nullable(),
  copy: placeSchema,
  classic: placeSchema,
  evidence: evidenceSchema,
  gates: z.array(reasonSchema),
  reasonsFor: z.array(reasonSchema),
  against: z.array(reasonSchema),
  history: historySchema,
  metrics: z.record(z.string(), metricSchema).meta({
    description:
      "Every metric by its name: of the window, or of the newest 100 closed positions where these are needed themselves; `sharpe` is the trader's own, which the boards call ownSharpe",
  }),
  series: z
    .object({
      day: z.array(countSchema).meta({ description: 'Days since 1970-01-01 UTC, oldest first' }),
      ownReturn: z.array(z.number()).meta({ description: 'Time-weighted, fraction' }),
      copyReturn: z.array(z.number()).meta({ description: 'Of a follower after costs, fraction' }),
      pnlUsd: z.array(z.number()),
      equityUsd: z.array(z.number()),
    })
    .meta({ description: 'The whole record by day, for curve and calendar' }),
  checks: z
    .array(reasonSchema.extend({ passed: z.boolean() }).meta({ id: 'GateCheck' }))
    .meta({ description: 'All gates: what was measured and the limit, passed or not' }),
  decay: z.array(z.object({ delayMs: countSchema, netBp: z.number() })).meta({
    description: 'What a follower keeps of each unit traded, after costs, by the delay: basis points',
  }),
  measuredDecay: z
    .array(
      z.object({
        offsetMs: countSchema.meta({ description: 'After the change of position' }),
        driftBp: statistic(
          'Move of the price in the direction of the position, after it grew minus after it shrank: what a round trip so late missed, basis points; null: not known',
        ),
        n: countSchema.meta({ description: 'Changes with a traded price both then and after the offset' }),
      }),
    )
    .meta({
      description:
        'Measured on the newest 200 changes whose trades are kept; the last trade stands for the price',
    }),
  follower: followerSchema.nullable().meta({
    description: 'What copying would be for you, a whole copy assumed; null while no board is published',
  }),
  episodes: z.array(episodeSchema).meta({ description: 'The newest closed positions, newest first' }),
  entity: entitySchema.nullable(),
});
export type LeaderboardExplanation = z.infer<typeof explainSchema>;

export const rankHistoryQuerySchema = z.strictObject({
  board: boardSchema,
  window: windowSchema,
  from: z.coerce.number().pipe(timeSchema).optional().meta({ description: 'ms UTC; default 30 days ago' }),
});

export const rankHistorySchema = z.object({
  points: z.array(
    z.object({
      time: timeSchema,
      rank: countSchema.nullable().meta({ description: 'null: not on the board then' }),
      of: countSchema,
      score: z.number().nullable(),
    }),
  ),
});
export type RankHistory = z.infer<typeof rankHistorySchema>;
