/** What the operations of the leaderboard do. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type LeaderboardExplanation,
  type LeaderboardItem,
  type LeaderboardPage,
  type LeaderboardProgress,
  reasonSchema,
} from '../contract/leaderboard.ts';
import { type FurtherMetric, storedName } from '../domain/board_metrics.ts';
import { type BoardPlace, WINDOW_DAYS } from '../domain/boards.ts';
import type { Cache } from '../jobs/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import { readRankHistory } from '../store/rank_history.ts';
import {
  type BoardDetail,
  readBoardDetails,
  readDailySeries,
  readHistoryView,
  readProgress,
  readTraderMetrics,
  type TraderMetrics,
} from '../store/read_leaderboard.ts';
import { readTrader } from '../store/read_traders.ts';
import { readDetails } from '../store/trader_details.ts';
import { BoardReplacedError } from './board_columns.ts';
import type { BoardEntry, BoardQuery, BoardStanding, Boards, OpenBoard } from './boards.ts';
import { listingMark, type Place, readCursor, writeCursor } from './cursor.ts';
import { ApiError } from './errors.ts';
import { measuredDecayOf } from './measured_decay.ts';
import type { Call, Handlers } from './routes.ts';
import { entityOf, episodeMetricsOf, episodesOf } from './trader_look.ts';

const CACHE_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const ACTIVE_MS = 7 * DAY_MS;
const PACE_MS = 5 * 60_000;
const LEAST_PACE_MS = 5_000;
/** Many may look at the progress; it is counted this often. */
const PROGRESS_KEPT_MS = 2_000;
/** What the price did after a trader's changes is read this often, however many look. */
const DRIFT_KEPT_MS = 60_000;
const RANKS_SHOWN_MS = 30 * DAY_MS;
/** Boards that may be replaced while a page of them is made. */
const MOST_REPLACED = 3;

export interface LeaderboardHandlerOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly boards: Boards;
  readonly cache: Cache;
}

const explanationSchema = z.object({
  gates: z.array(reasonSchema),
  reasonsFor: z.array(reasonSchema),
  against: z.array(reasonSchema),
});
/** What the Trader page shows beyond that; absent in what an older version stored. */
const lookSchema = z.object({
  checks: z.array(reasonSchema.extend({ passed: z.boolean() })).default([]),
  decay: z.array(z.object({ delayMs: z.number(), netBp: z.number() })).default([]),
});
const totalsSchema = z.object({
  totals: z
    .object({
      days: z.number(),
      gains: z.number(),
      losses: z.number(),
      turnover: z.number(),
      slippage: z.number(),
      impact: z.number().nullable(),
      holdMs: z.number().nullable(),
    })
    .nullable()
    .default(null),
});
const NO_EXPLANATION = { gates: [], reasonsFor: [], against: [] };

const storedMetricsSchema = z.record(
  z.string(),
  z.object({ value: z.number().nullable(), absent: z.string().nullable(), n: z.int().nonnegative() }),
);

const NO_EVIDENCE: LeaderboardItem['evidence'] = {
  level: 'none',
  percentile: null,
  posteriorSharpe: null,
  posteriorDeviation: null,
  positiveMonth: null,
  proven: false,
};

const evidenceOf = (standing: Pick<BoardStanding, 'evidence' | 'proven'>): LeaderboardItem['evidence'] => ({
  ...standing.evidence,
  proven: standing.proven,
});

/** Equity of 1 at the start, compounded. */
function curveOf(returns: readonly number[]): number[] {
  let value = 1;
  return returns.map((r) => {
    value *= 1 + Math.max(-1, r);
    return Number(value.toFixed(6));
  });
}

/** Metrics that the board's columns do not hold, of one trader: as exact as those that are sorted by. */
function shownMetrics(stored: unknown, metrics: readonly FurtherMetric[]): Record<string, number | null> {
  if (metrics.length === 0) return {};
  const known = storedMetricsSchema.parse(stored);
  return Object.fromEntries(
    metrics.map((metric) => {
      const value = Math.fround(known[storedName(metric)]?.value ?? Number.NaN);
      return [metric, Number.isFinite(value) ? value : null];
    }),
  );
}

function itemOf(entry: BoardEntry, detail: BoardDetail, shown: readonly FurtherMetric[]): LeaderboardItem {
  return {
    rank: entry.rank === 0 ? null : entry.rank,
    address: detail.address,
    days: entry.days,
    metrics: { ...shownMetrics(detail.metrics, shown), ...entry.metrics },
    ...explanationSchema.parse(detail.explanation),
    evidence: evidenceOf(entry),
    curve: curveOf(detail.copyReturns),
  };
}

async function progressNow(db: Database, clock: Clock): Promise<LeaderboardProgress> {
  const now = clock.now();
  const view = await readProgress(db, { activeAfter: now - ACTIVE_MS, readAfter: now - PACE_MS });
  const { firstReadAt, readLately, ...counts } = view;
  // Right after the first start the pace is that of the time since then.
  const minutes = Math.min(PACE_MS, Math.max(LEAST_PACE_MS, now - (firstReadAt ?? now))) / 60_000;
  const perMinute = readLately / minutes;
  const left = Math.max(0, view.wanted - view.backfilled);
  return {
    ...counts,
    perMinute,
    expectedMs: left === 0 ? 0 : perMinute > 0 ? Math.ceil((left / perMinute) * 60_000) : null,
  };
}

type Query = Call<'getLeaderboard'>['query'];

/** @throws BoardReplacedError when a column of the board is needed that can no longer be had. */
async function pageOf(
  { db, boards }: LeaderboardHandlerOptions,
  query: Query,
  board: OpenBoard | undefined,
): Promise<LeaderboardPage> {
  const version = board?.header.version ?? 0;
  const windowDays = WINDOW_DAYS[query.window];
  const { board: name, window, sort, order, filter, equity, takerBp, latencyMs } = query;
  const mark = listingMark([name, window, sort, order, filter, equity, takerBp, latencyMs]);
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor, mark);
  const asked = boardQuery(query, place && boardPlace(place));
  const columns = board === undefined ? undefined : await boards.columnsFor(windowDays, board, asked);
  const { entries, cursor } = board?.page({ ...asked, ...(columns && { columns }) }) ?? {
    entries: [],
    cursor: null,
  };
  const shown = (query.metrics ?? []).filter((metric) => !columns?.has(metric));
  const details = await readBoardDetails(db, windowDays, {
    traderIds: entries.map((entry) => entry.trader),
    metrics: shown.length > 0,
  });
  const ranked = board?.ranked(query.board, termsOf(query));
  return {
    board: query.board,
    window: query.window,
    version,
    computedAt: board?.header.computedAt ?? null,
    ranked: ranked ?? 0,
    items: entries.flatMap((entry) => {
      const detail = details.get(entry.trader);
      return detail === undefined ? [] : [itemOf(entry, detail, shown)];
    }),
    nextCursor: cursor === null ? null : writeCursor(mark, cursorPlace(cursor)),
  };
}

/** Undefined where the query says nothing of the follower. */
function termsOf({
  equity,
  takerBp,
  latencyMs,
}: Pick<Query, 'equity' | 'takerBp' | 'latencyMs'>): BoardQuery['terms'] {
  if (equity === undefined && takerBp === undefined && latencyMs === undefined) return undefined;
  return {
    ...(equity === undefined ? {} : { equityUsd: equity }),
    ...(takerBp === undefined ? {} : { takerBp }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
  };
}

const termsPart = (query: Query): Pick<BoardQuery, 'terms'> => {
  const terms = termsOf(query);
  return terms === undefined ? {} : { terms };
};

const cursorPlace = ({ version, trader, behind }: BoardPlace): Place => ({
  value: `${version} ${trader}`,
  id: behind,
});

function boardPlace({ value, id }: Place): BoardPlace {
  const [version = 0, trader = 0] = value.split(' ').map(Number);
  return { version, trader, behind: id };
}

const boardQuery = (query: Query, cursor: BoardPlace | undefined): BoardQuery => ({
  board: query.board,
  ascending: query.order === 'asc',
  limit: query.limit,
  ...(query.sort === undefined ? {} : { sort: query.sort }),
  ...(query.filter === undefined ? {} : { filters: query.filter }),
  ...(cursor === undefined ? {} : { cursor }),
  ...termsPart(query),
});

/** Pages of one version never change. @throws BoardReplacedError */
async function newestPage(options: LeaderboardHandlerOptions, call: Call<'getLeaderboard'>) {
  const { query, request, reply } = call;
  const board = await options.boards.newest(WINDOW_DAYS[query.window]);
  const version = board?.header.version ?? 0;
  const key = createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);
  if (version === 0) return pageOf(options, query, board);
  const etag = `"${version}-${key}"`;
  const page = await options.cache.getOrLoad(`leaderboard:${version}:${key}`, CACHE_MS, () =>
    pageOf(options, query, board),
  );
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (request.headers['if-none-match'] === etag) reply.code(304);
  return page;
}

async function getLeaderboard(options: LeaderboardHandlerOptions, call: Call<'getLeaderboard'>) {
  for (let replaced = 0; ; replaced++) {
    try {
      return await newestPage(options, call);
    } catch (error) {
      if (!(error instanceof BoardReplacedError) || replaced >= MOST_REPLACED) throw error;
      await options.boards.refresh();
    }
  }
}

async function traderIdOf(db: Database, address: string): Promise<number> {
  const view = await readTrader(db, address.toLowerCase());
  if (view === undefined) throw new ApiError('NOT_FOUND', 'No trade of this address has been seen.');
  return view.traderId;
}

const placeOf = (rank: number | null, of: number | undefined, score: number | null) =>
  rank === null || of === undefined || score === null ? null : { rank, of, score };

async function explainTrader(
  options: LeaderboardHandlerOptions,
  { params, query }: Call<'explainTrader'>,
): Promise<LeaderboardExplanation> {
  const { db, boards, cache, clock } = options;
  const id = await traderIdOf(db, params.address);
  const [stored, history, series, entity, details, measuredDecay, board] = await Promise.all([
    readTraderMetrics(db, id, WINDOW_DAYS[query.window]),
    readHistoryView(db, id),
    readDailySeries(db, id),
    entityOf(db, id, WINDOW_DAYS[query.window]),
    readDetails(db, [id]),
    cache.getOrLoad(`measured-decay:${id}`, DRIFT_KEPT_MS, () => measuredDecayOf(db, id, clock.now())),
    boards.newest(WINDOW_DAYS[query.window]),
  ]);
  const known = {
    totals: stored === undefined ? null : totalsSchema.parse(stored.explanation).totals,
    details: details.get(id),
  };
  const standing = standingParts(stored, board, board?.standingOf(id));
  return {
    address: params.address.toLowerCase(),
    window: query.window,
    ...standing,
    metrics: { ...standing.metrics, ...episodeMetricsOf(known.details) },
    history: {
      state: history?.state ?? 'none',
      completeSince: history?.completeSince ?? null,
      through: history?.through ?? null,
      fills: history?.fills ?? 0,
      reconciled: history?.reconciled ?? null,
    },
    series: {
      day: [...(series?.day ?? [])],
      ownReturn: [...(series?.ownReturn ?? [])],
      copyReturn: [...(series?.copyReturn ?? [])],
      pnlUsd: (series?.pnl ?? []).map((x) => x / 1e6),
      equityUsd: (series?.equity ?? []).map((x) => x / 1e6),
    },
    measuredDecay,
    follower: board?.follower(id, known, termsOf(query) ?? {}) ?? null,
    episodes: await episodesOf(db, known.details),
    entity,
  };
}

function standingParts(
  stored: TraderMetrics | undefined,
  board: OpenBoard | undefined,
  standing: BoardStanding | undefined,
) {
  const { copyRanked, classicRanked } = board?.header ?? {};
  return {
    computedAt: stored?.computedAt ?? null,
    copy: placeOf(standing?.copyRank ?? null, copyRanked, standing?.copyScore ?? null),
    classic: placeOf(standing?.classicRank ?? null, classicRanked, standing?.classicScore ?? null),
    evidence: standing === undefined ? NO_EVIDENCE : evidenceOf(standing),
    ...(stored === undefined
      ? { ...NO_EXPLANATION, checks: [], decay: [], metrics: {} }
      : {
          ...explanationSchema.parse(stored.explanation),
          ...lookSchema.parse(stored.explanation),
          metrics: storedMetricsSchema.parse(stored.metrics),
        }),
  };
}

export const createLeaderboardHandlers = (
  options: LeaderboardHandlerOptions,
): Pick<Handlers, 'getLeaderboard' | 'getLeaderboardProgress' | 'explainTrader' | 'getRankHistory'> => ({
  getLeaderboard: (call) => getLeaderboard(options, call),
  getLeaderboardProgress: () =>
    options.cache.getOrLoad('leaderboard:progress', PROGRESS_KEPT_MS, () =>
      progressNow(options.db, options.clock),
    ),
  explainTrader: (call) => explainTrader(options, call),
  getRankHistory: async ({ params, query }) => ({
    points: await readRankHistory(options.db, {
      traderId: await traderIdOf(options.db, params.address),
      windowDays: WINDOW_DAYS[query.window],
      board: query.board,
      from: query.from ?? options.clock.now() - RANKS_SHOWN_MS,
    }),
  }),
});
