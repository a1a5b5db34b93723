import type { Database } from '../../src/store/database.ts';
import type { TrackedSnapshot } from '../../src/store/tracking_results.ts';

/** Puts coins BTC (id 1) and xyz:CL (id 2) and traders 1..count in the database, as the stream role would. */
export async function populate(
  database: Database,
  count: number,
  address: (traderId: number) => Uint8Array = addressBytes,
): Promise<void> {
  await database.query(`INSERT INTO coins VALUES (1, '', 'BTC', 5, 40, false, 0, NULL, NULL),
    (2, 'xyz', 'CL', 2, 10, false, 0, NULL, NULL) ON CONFLICT DO NOTHING`);
  for (let first = 1; first <= count; first += 1_000) {
    const ids = Array.from({ length: Math.min(1_000, count - first + 1) }, (_, i) => first + i);
    await database.query(
      `INSERT INTO traders SELECT id, address, 0, 0, 1, 1, 1, 1, NULL FROM unnest($1::int8[], $2::bytea[]) AS u (id, address)`,
      [ids, ids.map((id) => Buffer.from(address(id)))],
    );
  }
}

/** 0x00…0<id> */
function addressBytes(traderId: number): Uint8Array {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32BE(traderId, 16);
  return bytes;
}

/** The trader has had a position in these coins. */
export async function givePositions(database: Database, traderId: number, coinIds: readonly number[]) {
  for (const coinId of coinIds) {
    await database.query(`INSERT INTO positions VALUES ($1, $2, 1, 1, 1, 0, 0, 0, 'estimated', NULL, 0)`, [
      traderId,
      coinId,
    ]);
  }
}

export const snapshotOf = (traderId: number, more: Partial<TrackedSnapshot> = {}): TrackedSnapshot => ({
  traderId,
  dex: '',
  stateTime: 1_700_000_000_000,
  requestedAt: 1_700_000_000_000,
  receivedAt: 1_700_000_000_100,
  accountValueUsd: '100.5',
  notionalUsd: '10',
  marginUsedUsd: '1',
  withdrawableUsd: '99',
  rawUsd: '90',
  mode: null,
  purpose: 'sweep',
  positions: [
    {
      coinId: 1,
      size: '-1.5',
      entryPrice: '100',
      leverage: 20,
      isolated: true,
      unrealisedUsd: '-3.25',
      liquidationPrice: null,
    },
  ],
  unread: [],
  complete: true,
  ...more,
});
