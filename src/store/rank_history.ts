/** Where traders stood over time: everybody on a board, in pages, each time that ranks are noted. */
import { copyRows, rowSource } from './binary_copy.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { dropPartitionsBefore, ensureDayPartitions, utcDay } from './partitions.ts';

/** Traders on a page: with their five arrays they fill a page of 8 KiB. */
const PER_PAGE = 320;
/** rank_history: from before there were pages. */
const TABLES = ['rank_history', 'rank_pages', 'rank_times'] as const;

/** The traders on either board of a window, ascending by id. Rank 0: not on that board. */
export interface NotedRanks {
  readonly windowDays: number;
  /** ms UTC. */
  readonly time: number;
  readonly copyRanked: number;
  readonly classicRanked: number;
  readonly traders: Uint32Array;
  readonly copyRanks: Uint32Array;
  readonly copyScores: Float32Array;
  readonly classicRanks: Uint32Array;
  readonly classicScores: Float32Array;
}

/** Makes the partitions that ranks of a time need; call it before the transaction. */
export async function prepareRankHistory(database: Database, time: number): Promise<void> {
  for (const table of TABLES.slice(1)) await ensureDayPartitions(database, table, [utcDay(time)]);
}

/** Notes where everybody stands. @throws StoreError, also when ranks of this time are noted already. */
export async function noteRanks(tx: Transaction, ranks: NotedRanks): Promise<void> {
  const { windowDays, time, traders } = ranks;
  await tx.query(
    'INSERT INTO rank_times (window_days, time, copy_ranked, classic_ranked) VALUES ($1, $2, $3, $4)',
    [windowDays, time, ranks.copyRanked, ranks.classicRanked],
  );
  const pages = Math.ceil(traders.length / PER_PAGE);
  const rows = rowSource(8, pages, (copy, page) => {
    const from = page * PER_PAGE;
    const to = Math.min(traders.length, from + PER_PAGE);
    copy.int8(traders[from] as number);
    copy.int8(time);
    copy.int2(windowDays);
    copy.int8Array(traders, from, to);
    copy.int4Array(ranks.copyRanks, from, to);
    copy.float4Array(ranks.copyScores, from, to);
    copy.int4Array(ranks.classicRanks, from, to);
    copy.float4Array(ranks.classicScores, from, to);
  });
  await copyRows(
    tx,
    'rank_pages (first_trader, time, window_days, traders, copy_ranks, copy_scores, classic_ranks, classic_scores)',
    rows,
  );
}

/** When ranks were noted last, ms UTC; undefined: never. */
export async function readLastNoted(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.query<{ time: number | null }>('SELECT max(time) AS time FROM rank_times');
  return rows[0]?.time ?? undefined;
}

/** Retention; returns the partitions dropped. */
export async function dropRanksBefore(database: Database, beforeMs: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const table of TABLES) dropped.push(...(await dropPartitionsBefore(database, table, beforeMs)));
  return dropped;
}

export interface RankHistoryPoint {
  readonly time: number;
  readonly rank: number | null;
  readonly of: number;
  readonly score: number | null;
}

/** The newest points of so many notings are looked at. */
const MOST_TIMES = 5_000;

/** Where a trader stood, oldest first: a point for each change of its rank. Empty when it was never on the board. */
export async function readRankHistory(
  db: Queryable,
  query: {
    readonly traderId: number;
    readonly windowDays: number;
    readonly board: 'copy' | 'classic';
    readonly from: number;
  },
): Promise<RankHistoryPoint[]> {
  const { board } = query;
  const { rows } = await db.query<RankHistoryPoint>(
    `SELECT * FROM (
       (SELECT t.time, nullif(p.${board}_ranks[p.place], 0) AS rank, t.${board}_ranked AS of,
          CASE WHEN p.${board}_ranks[p.place] > 0 THEN p.${board}_scores[p.place]::float8 END AS score
        FROM rank_times t
        LEFT JOIN LATERAL (
          SELECT array_position(page.traders, $1::int8) AS place, page.${board}_ranks, page.${board}_scores
          FROM (SELECT traders, ${board}_ranks, ${board}_scores FROM rank_pages r
            WHERE r.window_days = t.window_days AND r.time = t.time AND r.first_trader <= $1
            ORDER BY r.first_trader DESC LIMIT 1) page) p ON true
        WHERE t.window_days = $2 AND t.time >= $3
        ORDER BY t.time DESC LIMIT ${MOST_TIMES})
       UNION ALL
       (SELECT time, ${board}_rank, ${board}_ranked, ${board}_score FROM rank_history
        WHERE trader_id = $1 AND window_days = $2 AND time >= $3
        ORDER BY time DESC LIMIT ${MOST_TIMES})) points
     ORDER BY time`,
    [query.traderId, query.windowDays, query.from],
  );
  const changes = rows.filter((row, k) => row.rank !== (k === 0 ? null : (rows[k - 1]?.rank ?? null)));
  return changes.slice(-MOST_TIMES);
}
