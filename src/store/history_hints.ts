/** What the venue's own leaderboard says of accounts: only for the order in which pasts are read. */
import type { Database } from './database.ts';

export interface HistoryHint {
  readonly address: string;
  readonly accountValueUsd: number;
  readonly monthVolumeUsd: number;
  readonly monthReturn: number;
}

/** Replaces all hints. */
export async function replaceHints(
  database: Database,
  hints: readonly HistoryHint[],
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('DELETE FROM history_hints');
    await tx.query(
      `INSERT INTO history_hints
       SELECT decode(substr(address, 3), 'hex'), value, volume, roi, $5::int8
       FROM unnest($1::text[], $2::float8[], $3::float8[], $4::float8[]) AS u (address, value, volume, roi)
       ON CONFLICT DO NOTHING`,
      [
        hints.map((hint) => hint.address),
        hints.map((hint) => hint.accountValueUsd),
        hints.map((hint) => hint.monthVolumeUsd),
        hints.map((hint) => hint.monthReturn),
        now,
      ],
      'replace_history_hints',
    );
  });
}
