/** What calculate-leaderboard writes: metrics per trader and window, and the published boards. */
import { openSlot, writeBoardBytes } from './board_bytes.ts';
import type { Queryable, Transaction } from './database.ts';
import { publishNews } from './news.ts';

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
const SCORES_PER_STATEMENT = 20_000;

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

/** Of one window; null: not active. */
export interface ClassicScores {
  readonly windowDays: number;
  readonly traders: readonly number[];
  readonly scores: readonly (number | null)[];
}

/** Brings `trader_score` of stored rows up to date; rows that say it already are not touched. @throws StoreError */
export async function writeClassicScores(
  db: Queryable,
  { windowDays, ...all }: ClassicScores,
): Promise<void> {
  for (let from = 0; from < all.traders.length; from += SCORES_PER_STATEMENT) {
    const to = from + SCORES_PER_STATEMENT;
    await db.query(
      `UPDATE leaderboard_metrics m SET trader_score = u.score
       FROM unnest($2::int8[], $3::float8[]) AS u (trader_id, score)
       WHERE m.window_days = $1 AND m.trader_id = u.trader_id AND m.trader_score IS DISTINCT FROM u.score`,
      [windowDays, all.traders.slice(from, to), all.scores.slice(from, to)],
      'write_classic_scores',
    );
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

export interface PublishedBoard {
  readonly windowDays: number;
  /** On the board, and of these with a rank on the copy board. */
  readonly traders: number;
  readonly copyRanked: number;
  readonly parts: readonly Uint8Array[];
}

export interface Publication {
  /** Greater than the last one's. */
  readonly version: number;
  /** What the input was. */
  readonly watermark: string;
  /** ms UTC. */
  readonly computedAt: number;
  /** What a reader finds behind the parts of every window. */
  readonly shared: readonly Uint8Array[];
  /** Each is asked for when the one before is stored. */
  readonly boards: Iterable<PublishedBoard>;
}

/**
 * Publishes the boards of all windows in place of those before: readers see all of them at once, and are told.
 * @throws StoreError
 */
export async function publishBoards(tx: Transaction, publication: Publication): Promise<void> {
  const { version, watermark, computedAt } = publication;
  const slot = await openSlot(tx);
  const sharedBytes = await writeBoardBytes(tx, { slot }, publication.shared);
  await tx.query('DELETE FROM leaderboard_snapshots');
  for (const { windowDays, traders, copyRanked, parts } of publication.boards) {
    const ownBytes = await writeBoardBytes(tx, { slot, windowDays }, parts);
    await tx.query(
      `INSERT INTO leaderboard_snapshots (window_days, version, watermark, computed_at, slot, bytes, traders, copy_ranked)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [windowDays, version, watermark, computedAt, slot, ownBytes + sharedBytes, traders, copyRanked],
    );
  }
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
