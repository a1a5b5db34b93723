/** What calculate-leaderboard writes: metrics per trader and window, published boards, ranks over time. */
import { writeBoardBytes } from './board_bytes.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { publishNews } from './news.ts';
import { dropPartitionsBefore, ensureDayPartitions, utcDay } from './partitions.ts';

/** One trader in one window (days; 0 is the whole record). Null is unknown. */
export interface LeaderboardRow {
  readonly traderId: number;
  readonly windowDays: number;
  readonly accountAgeDays: number | null;
  readonly totalVolume: number | null;
  readonly winRate: number | null;
  readonly averageRiskRatio: number | null;
  readonly maxDrawdown: number | null;
  readonly maxProfit: number | null;
  readonly maxLoss: number | null;
  readonly traderScore: number | null;
  readonly classicRank: number | null;
  readonly copyScore: number | null;
  readonly copyRank: number | null;
  readonly percentile: number | null;
  readonly posteriorSharpe: number | null;
  readonly posteriorDeviation: number | null;
  readonly positiveMonth: number | null;
  readonly evidence: string;
  readonly proven: boolean;
  readonly gates: number;
  /** Plain JSON. */
  readonly explanation: unknown;
  readonly metrics: unknown;
  readonly features: unknown;
  readonly recordVersion: number;
  readonly asOfDay: number;
  readonly computedAt: number;
}

/** Column and type of each field. */
const COLUMNS: readonly (readonly [keyof LeaderboardRow, string, string])[] = [
  ['traderId', 'trader_id', 'int8'],
  ['windowDays', 'window_days', 'int2'],
  ['accountAgeDays', 'account_age_days', 'float8'],
  ['totalVolume', 'total_volume', 'float8'],
  ['winRate', 'win_rate', 'float8'],
  ['averageRiskRatio', 'average_risk_ratio', 'float8'],
  ['maxDrawdown', 'max_drawdown', 'float8'],
  ['maxProfit', 'max_profit', 'float8'],
  ['maxLoss', 'max_loss', 'float8'],
  ['traderScore', 'trader_score', 'float8'],
  ['classicRank', 'classic_rank', 'int4'],
  ['copyScore', 'copy_score', 'float8'],
  ['copyRank', 'copy_rank', 'int4'],
  ['percentile', 'percentile', 'float8'],
  ['posteriorSharpe', 'posterior_sharpe', 'float8'],
  ['posteriorDeviation', 'posterior_deviation', 'float8'],
  ['positiveMonth', 'positive_month', 'float8'],
  ['evidence', 'evidence', 'text'],
  ['proven', 'proven', 'boolean'],
  ['gates', 'gates', 'int4'],
  ['explanation', 'explanation', 'jsonb'],
  ['metrics', 'metrics', 'jsonb'],
  ['features', 'features', 'jsonb'],
  ['recordVersion', 'record_version', 'int8'],
  ['asOfDay', 'as_of_day', 'int4'],
  ['computedAt', 'computed_at', 'int8'],
];
const NAMES = COLUMNS.map(([, column]) => column).join(', ');
const ROWS_PER_STATEMENT = 1_000;

const UPSERT = `INSERT INTO leaderboard_metrics (${NAMES})
  SELECT * FROM unnest(${COLUMNS.map(([, , type], i) => `$${i + 1}::${type}[]`).join(', ')})
  ON CONFLICT (window_days, trader_id) DO UPDATE SET ${COLUMNS.slice(2)
    .map(([, column]) => `${column} = excluded.${column}`)
    .join(', ')}`;

/** Stores rows in full. */
export async function writeLeaderboardRows(tx: Queryable, rows: readonly LeaderboardRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const batch = rows.slice(from, from + ROWS_PER_STATEMENT);
    const values = COLUMNS.map(([field, , type]) =>
      batch.map((row) => (type === 'jsonb' ? JSON.stringify(row[field]) : row[field])),
    );
    await tx.query(UPSERT, values, 'write_leaderboard_metrics');
  }
}

export interface StoredFeatures {
  readonly traderId: number;
  readonly windowDays: number;
  readonly features: Readonly<Record<string, number | null>>;
  readonly recordVersion: number;
}

/** Features as they were computed on a day: what a process that starts need not compute again. */
export async function readFeatures(db: Queryable, asOfDay: number): Promise<StoredFeatures[]> {
  const { rows } = await db.query<{
    trader_id: number;
    window_days: number;
    features: Record<string, number | null>;
    record_version: number;
  }>(
    `SELECT trader_id, window_days, features, record_version FROM leaderboard_metrics WHERE as_of_day = $1`,
    [asOfDay],
  );
  return rows.map((row) => ({
    traderId: row.trader_id,
    windowDays: row.window_days,
    features: row.features,
    recordVersion: row.record_version,
  }));
}

/** What changes of a trader whenever anybody's record does. */
export interface StoredStanding {
  readonly traderId: number;
  readonly traderScore: number | null;
  readonly classicRank: number | null;
  readonly copyScore: number | null;
  readonly copyRank: number | null;
  readonly evidence: {
    readonly level: string;
    readonly percentile: number | null;
    readonly posteriorSharpe: number | null;
    readonly posteriorDeviation: number | null;
    readonly positiveMonth: number | null;
  };
  readonly proven: boolean;
}

/** Brings the stored standings of a window up to date; those that were as given already are not touched. */
export async function updateStandings(
  tx: Queryable,
  windowDays: number,
  standings: readonly StoredStanding[],
  computedAt: number,
): Promise<void> {
  for (let from = 0; from < standings.length; from += ROWS_PER_STATEMENT) {
    const batch = standings.slice(from, from + ROWS_PER_STATEMENT);
    await tx.query(
      `UPDATE leaderboard_metrics m SET trader_score = u.trader_score, classic_rank = u.classic_rank,
         copy_score = u.copy_score, copy_rank = u.copy_rank, evidence = u.evidence, percentile = u.percentile,
         posterior_sharpe = u.posterior_sharpe, posterior_deviation = u.posterior_deviation,
         positive_month = u.positive_month, proven = u.proven, computed_at = $2
       FROM unnest($3::int8[], $4::float8[], $5::int4[], $6::float8[], $7::int4[], $8::text[], $9::float8[],
         $10::float8[], $11::float8[], $12::float8[], $13::boolean[])
         AS u (trader_id, trader_score, classic_rank, copy_score, copy_rank, evidence, percentile, posterior_sharpe,
           posterior_deviation, positive_month, proven)
       WHERE m.window_days = $1 AND m.trader_id = u.trader_id
         AND (m.trader_score, m.classic_rank, m.copy_score, m.copy_rank, m.evidence, m.proven)
           IS DISTINCT FROM (u.trader_score, u.classic_rank, u.copy_score, u.copy_rank, u.evidence, u.proven)`,
      [
        windowDays,
        computedAt,
        batch.map((one) => one.traderId),
        batch.map((one) => one.traderScore),
        batch.map((one) => one.classicRank),
        batch.map((one) => one.copyScore),
        batch.map((one) => one.copyRank),
        batch.map((one) => one.evidence.level),
        batch.map((one) => one.evidence.percentile),
        batch.map((one) => one.evidence.posteriorSharpe),
        batch.map((one) => one.evidence.posteriorDeviation),
        batch.map((one) => one.evidence.positiveMonth),
        batch.map((one) => one.proven),
      ],
      'update_standings',
    );
  }
}

export interface PublishedBoard {
  readonly windowDays: number;
  readonly version: number;
  readonly watermark: string;
  readonly computedAt: number;
  readonly parts: readonly Uint8Array[];
}

/** Publishes boards: readers see all of them at once, and are told. */
export async function publishBoards(tx: Transaction, boards: readonly PublishedBoard[]): Promise<void> {
  for (const board of boards) {
    await tx.query(
      `INSERT INTO leaderboard_snapshots (window_days, version, watermark, computed_at, parts)
       VALUES ($1, $2, $3, $4, 0)
       ON CONFLICT (window_days) DO UPDATE SET version = excluded.version, watermark = excluded.watermark,
         computed_at = excluded.computed_at`,
      [board.windowDays, board.version, board.watermark, board.computedAt],
    );
    const parts = await writeBoardBytes(tx, board.windowDays, board.parts);
    await tx.query('UPDATE leaderboard_snapshots SET parts = $2 WHERE window_days = $1', [
      board.windowDays,
      parts,
    ]);
  }
  const version = boards[0]?.version ?? 0;
  await publishNews(tx, 'leaderboard', { epoch: 0, offset: version });
}

export interface BoardHead {
  readonly windowDays: number;
  readonly version: number;
  readonly watermark: string;
  readonly computedAt: number;
}

/** Published boards without their bytes. */
export async function readBoardHeads(db: Queryable): Promise<BoardHead[]> {
  const { rows } = await db.query<{
    window_days: number;
    version: number;
    watermark: string;
    computed_at: number;
  }>(
    'SELECT window_days, version, watermark, computed_at FROM leaderboard_snapshots',
    [],
    'read_board_heads',
  );
  return rows.map((row) => ({
    windowDays: row.window_days,
    version: row.version,
    watermark: row.watermark,
    computedAt: row.computed_at,
  }));
}

/** The bytes of a published board, all of one version; undefined when there is none. */
export async function readBoardBytes(db: Queryable, windowDays: number): Promise<ArrayBuffer | undefined> {
  const { rows } = await db.query<{ bytes: Buffer }>(
    'SELECT bytes FROM leaderboard_snapshot_parts WHERE window_days = $1 ORDER BY part',
    [windowDays],
  );
  if (rows.length === 0) return undefined;
  const whole = Buffer.concat(rows.map((row) => row.bytes));
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length) as ArrayBuffer;
}

export interface RankMoment {
  readonly windowDays: number;
  readonly time: number;
  readonly copyRanked: number;
  readonly classicRanked: number;
}

/** Makes the partition that ranks of a time need; call it before the transaction. */
export const prepareRankHistory = (database: Database, time: number): Promise<void> =>
  ensureDayPartitions(database, 'rank_history', [utcDay(time)]);

/** Notes where everybody stands whose place is not the one last noted. */
export async function noteRanks(tx: Queryable, moment: RankMoment): Promise<void> {
  await tx.query(
    `WITH moved AS (
       UPDATE leaderboard_metrics SET noted_copy_rank = copy_rank, noted_classic_rank = classic_rank
       WHERE window_days = $1
         AND (noted_copy_rank, noted_classic_rank) IS DISTINCT FROM (copy_rank, classic_rank)
       RETURNING trader_id, copy_rank, copy_score, classic_rank, trader_score)
     INSERT INTO rank_history (trader_id, window_days, time, copy_rank, copy_ranked, copy_score, classic_rank,
       classic_ranked, classic_score)
     SELECT trader_id, $1, $2, copy_rank, $3, copy_score, classic_rank, $4, trader_score FROM moved
     ON CONFLICT DO NOTHING`,
    [moment.windowDays, moment.time, moment.copyRanked, moment.classicRanked],
    'note_ranks',
  );
}

/** Retention of ranks over time; returns the partitions dropped. */
export const dropRanksBefore = (database: Database, beforeMs: number): Promise<string[]> =>
  dropPartitionsBefore(database, 'rank_history', beforeMs);
